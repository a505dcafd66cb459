//! What the format of a cell shows of its number, where that is another text: `007`, `<5`, `12-17`, or `-` for zero.

use super::blanks::trimmed_text;

/// Numbers have no more digits than this.
pub(super) const DIGITS: usize = 15;

/// A format of numbers with a section that shows more than the number.
#[derive(Clone, Debug)]
pub(super) struct NumberFormat {
    sections: Vec<FormatSection>,
}

#[derive(Clone, Debug, Default)]
struct FormatSection {
    /// The sign of a comparison, and the number to compare with.
    condition: Option<(String, f64)>,
    parts: Vec<FormatPart>,
    /// Whether it is about texts.
    is_of_texts: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FormatPart {
    /// A character that stands for itself.
    Text(char),
    /// A digit that is shown even where the number has none there.
    Zero,
    /// Any other digit, or a mark between digits.
    Digit,
}

impl NumberFormat {
    /// Reads a format. Nothing where it shows dates, shares or fractions, or numbers as they are.
    pub fn read(code: &str) -> Option<Self> {
        let mut sections = vec![FormatSection::default()];
        let mut chars = code.chars().peekable();
        while let Some(c) = chars.next() {
            let section = sections.last_mut()?;
            match c {
                ';' => sections.push(FormatSection::default()),
                '0' => section.parts.push(FormatPart::Zero),
                '#' | '.' | ',' => section.parts.push(FormatPart::Digit),
                '"' => section.parts.extend(chars.by_ref().take_while(|c| *c != '"').map(FormatPart::Text)),
                '\\' => section.parts.extend(chars.next().map(FormatPart::Text)),
                // Room for a character, and a character that fills the cell.
                '_' | '*' => drop(chars.next()),
                '[' => {
                    let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                    let sign = inside.find(|c| !"<>=".contains(c)).unwrap_or(inside.len());
                    if sign > 0 {
                        section.condition = Some((inside[..sign].to_owned(), inside[sign..].parse().ok()?));
                    } else if inside.chars().all(|c| "hHmMsS".contains(c)) {
                        return None;
                    }
                }
                'G' | 'g'
                    if "eneral".chars().all(|c| chars.next_if(|next| next.eq_ignore_ascii_case(&c)).is_some()) =>
                {
                    section.parts.push(FormatPart::Digit);
                }
                '@' => section.is_of_texts = true,
                '%' | '?' => return None,
                c if c.is_ascii_alphabetic() => return None,
                c => section.parts.push(FormatPart::Text(c)),
            }
        }
        let format = Self { sections };
        let is_other = |section: &FormatSection| {
            let zeros = section.parts.iter().filter(|part| **part == FormatPart::Zero).count();
            let has_text = section.parts.iter().any(|part| matches!(part, FormatPart::Text(_)));
            !section.is_of_texts && (has_text || zeros > 1 && section.parts.len() == zeros)
        };
        format.sections.iter().any(is_other).then_some(format)
    }

    /// Returns what is shown of a number, if it is not the number.
    pub fn shown(&self, value: f64) -> Option<String> {
        let section = if self.sections.iter().any(|section| section.condition.is_some()) {
            self.sections.iter().find(|section| section.holds(value))?
        } else if value < 0.0 {
            // Signs and parentheses are those of the number.
            return None;
        } else {
            self.sections.get(if value == 0.0 { 2 } else { 0 }).or(self.sections.first())?
        };
        if section.is_of_texts { None } else { section.shown(value) }
    }
}

impl FormatSection {
    fn holds(&self, value: f64) -> bool {
        let Some((sign, number)) = &self.condition else { return true };
        match sign.as_str() {
            "<" => value < *number,
            "<=" => value <= *number,
            ">" => value > *number,
            ">=" => value >= *number,
            "=" => value == *number,
            _ => value != *number,
        }
    }

    fn shown(&self, value: f64) -> Option<String> {
        let plain = value.to_string();
        let is_digit = |part: &FormatPart| !matches!(part, FormatPart::Text(_));
        let zeros = self.parts.iter().filter(|part| **part == FormatPart::Zero).count();
        let is_padded = zeros > 1 && !self.parts.contains(&FormatPart::Digit);
        if is_padded && value.fract() == 0.0 && (0.0..10f64.powi(DIGITS as i32)).contains(&value) {
            let text = self.padded(value, zeros);
            return (text != plain).then_some(text);
        }
        let first = self.parts.iter().position(is_digit);
        let last = self.parts.iter().rposition(is_digit);
        let text = |parts: &[FormatPart]| -> String {
            parts.iter().filter_map(|part| if let FormatPart::Text(c) = part { Some(*c) } else { None }).collect()
        };
        let shown = match first.zip(last) {
            Some((first, last)) => text(&self.parts[..first]) + &plain + &text(&self.parts[last + 1..]),
            None => text(&self.parts),
        };
        (!reads_as(&shown, value)).then(|| trimmed_text(&shown).to_owned())
    }

    /// A whole number with zeros before it, and with what stands between its digits.
    fn padded(&self, value: f64, zeros: usize) -> String {
        let digits = format!("{value:0zeros$.0}");
        let (mut rest, mut out, mut is_first) = (digits.as_str(), String::new(), true);
        for part in &self.parts {
            let FormatPart::Zero = part else {
                out.extend(if let FormatPart::Text(c) = part { Some(*c) } else { None });
                continue;
            };
            // Digits for which there is no zero stand before the others.
            let length = if is_first { rest.len() + 1 - zeros } else { 1 };
            out.push_str(&rest[..length]);
            (rest, is_first) = (&rest[length..], false);
        }
        out
    }
}

/// Returns whether a text says of a number what it is: with marks between its digits, rounded, with a currency or a word behind
/// it. Signs that compare, bounds, words before the number, and texts without a digit say something else.
fn reads_as(text: &str, value: f64) -> bool {
    let text = trimmed_text(text);
    let is_digit = |c: char| c.is_ascii_digit();
    let (Some(first), Some(last)) = (text.find(is_digit), text.rfind(is_digit)) else { return text.is_empty() };
    let (before, number, after) = (&text[..first], &text[first..=last], &text[last + 1..]);
    let is_sign = |c: char| value < 0.0 && matches!(c, '-' | '−' | '–');
    let is_harmless = |c: char| is_sign(c) || !c.is_alphanumeric() && !"<>≤≥≦≧⩽⩾~≈±+-−–—=/:".contains(c);
    let is_plain = |text: &str| text.chars().all(|c| is_digit(c) || c.is_whitespace() || ".,'’".contains(c));
    let is_number = match number.split_once(['E', 'e']) {
        Some((number, power)) => is_plain(number) && is_plain(power.trim_start_matches(['+', '-'])),
        None => is_plain(number),
    };
    let is_word = after.split_whitespace().count() <= 1 && after.chars().all(|c| c.is_alphabetic() || is_harmless(c));
    is_number && before.chars().all(is_harmless) && is_word
}

/// Returns whether the text of a cell is another one than its number.
pub(super) fn shows_more(text: &str, value: f64) -> bool {
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | ' ' | '/')).collect();
    let is_plain = digits.len() > 1 && digits.len() <= 2 * DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    let has_zeros = is_plain && digits.starts_with('0') && text.starts_with('0') && digits.parse() == Ok(value);
    has_zeros || !reads_as(text, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(code: &str, value: f64) -> Option<String> {
        NumberFormat::read(code)?.shown(value)
    }

    #[test]
    fn formats_with_zeros_show_them() {
        for (code, value, text) in [
            ("00", 1.0, "01"),
            ("0000", 7.0, "0007"),
            ("000\\-000", 12345.0, "012-345"),
            ("000-000", 1_234_567.0, "1234-567"),
            ("\"P\"000", 7.0, "P007"),
            ("0000\"x\"", 7.0, "0007x"),
            ("[Red]000;[Blue]0", 42.0, "042"),
        ] {
            assert_eq!(shown(code, value).as_deref(), Some(text), "{code}");
        }
        assert_eq!(shown("00", 12.0), None);
    }

    #[test]
    fn formats_with_a_meaning_show_it() {
        for (code, value, text) in [
            ("\"<\"0", 5.0, "<5"),
            ("<0", 5.0, "<5"),
            ("[<5]\"<5\";0", 4.0, "<5"),
            ("[<5]\"under 5\";General", 4.0, "under 5"),
            ("\"<\"General", 5.0, "<5"),
            ("0\"-17\"", 12.0, "12-17"),
            ("0+", 18.0, "18+"),
            ("\"under \"0", 5.0, "under 5"),
            ("#,##0;;\"-\"", 0.0, "-"),
            ("_(* #,##0_);_(* \\(#,##0\\);_(* \"-\"_);_(@_)", 0.0, "-"),
        ] {
            assert_eq!(shown(code, value).as_deref(), Some(text), "{code}");
        }
    }

    #[test]
    fn other_formats_show_numbers_as_they_are() {
        for code in [
            "0",
            "General",
            "0.00",
            "#,##0",
            "0%",
            "yyyy",
            "00.0",
            "@",
            "0.00E+00",
            "mm:ss",
            "[h]:mm",
            "00\"",
            "#00",
            "0\" years\"",
            "[$€-407] #,##0.00",
            "$0",
            "0.0 \"kg\"",
            "# ?/?",
            "0;[Red]-0",
            "0_);(0)",
            "\"x\"@",
            "#,##0;;",
            ";;;",
        ] {
            assert_eq!(shown(code, 3.5), None, "{code}");
        }
        assert_eq!([shown("#,##0;;\"-\"", 5.0), shown("0;(0)", -5.0), shown("[<5]\"<5\";0", 5.0)], [None, None, None]);
        for (text, value) in [
            ("5", 5.0),
            ("1.234,50 €", 1234.5),
            ("5,2", 5.24),
            ("12 %", 0.12),
            ("-5", -5.0),
            ("1,2E+05", 120_000.0),
            ("", 5.0),
            ("#5", 5.0),
        ] {
            assert!(!shows_more(text, value), "{text}");
        }
        for (text, value) in
            [("<5", 5.0), ("12-17", 12.0), ("-", 0.0), ("-5", 5.0), ("5 or less", 5.0), ("07", 7.0), ("1/2", 0.5)]
        {
            assert!(shows_more(text, value), "{text}");
        }
    }
}
