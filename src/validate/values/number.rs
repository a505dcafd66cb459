//! Numbers as publishers write them: with separators, or masked so that a small one is not shown.

use crate::model::Interval;
use crate::schema::Numbers;

/// Reads a number or a mask in units of ten to the minus `decimals`.
///
/// # Definition
/// `12` is [12, 12]; `<5` is [0, 4]; `≤5` and `<=5` are [0, 5]; `1-3` is [1, 3]; `>9` is [10, ∞) and `≥9`, `9+` are
/// [9, ∞). A bound with decimals is not a whole number, so `<0.5` is [0, 0.5].
///
/// # Errors
/// `None` for anything else: a sign, an exponent, a group of other than three digits.
pub(crate) fn interval(cell: &[u8], numbers: Numbers, decimals: u32) -> Option<Interval> {
    let text = std::str::from_utf8(cell).ok()?.trim();
    let one = 10u64.pow(decimals);
    let value = |text: &str| number(text.trim(), numbers, decimals);
    let whole = |text: &str| !text.contains(numbers.decimal);
    if let Some(value) = value(text) {
        return Some(Interval::exact(value));
    }
    let bounded = |upper: u64| Some(Interval { lower: 0, upper: Some(upper) });
    let open = |lower: u64| Some(Interval { lower, upper: None });
    for (sign, or_equal) in [("<=", true), ("≤", true), ("<", false)] {
        if let Some(rest) = text.strip_prefix(sign) {
            let bound = value(rest)?;
            return bounded(if or_equal || !whole(rest) { bound } else { bound.checked_sub(one)? });
        }
    }
    for (sign, or_equal) in [(">=", true), ("≥", true), (">", false)] {
        if let Some(rest) = text.strip_prefix(sign) {
            let bound = value(rest)?;
            return open(if or_equal || !whole(rest) { bound } else { bound.checked_add(one)? });
        }
    }
    if let Some(rest) = text.strip_suffix('+') {
        return open(value(rest)?);
    }
    let (from, to) = text.split_once(['-', '–', '—'])?;
    let (lower, upper) = (value(from)?, value(to)?);
    // Masks are of small numbers; two years are no mask.
    (lower <= upper && upper < 1000 * one).then_some(Interval { lower, upper: Some(upper) })
}

/// What the decimal mark of a number may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecimalMark {
    /// It comes before decimals.
    Decimal,
    /// It may group thousands as well: exactly three digits follow it, and one to three come before it.
    Either,
}

/// Returns what the decimal mark of a number, a mask or a number with a flag may be.
pub(crate) fn mark(cell: &[u8], numbers: Numbers) -> Option<DecimalMark> {
    let text = std::str::from_utf8(cell).ok()?;
    let text = text.trim_start_matches(['<', '>', '=', '≤', '≥', ' ']);
    let end = text.find([' ', '+', '-', '–', '—']).unwrap_or(text.len());
    let (whole, fraction) = text[..end].split_once(numbers.decimal)?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let groups = fraction.len() == 3 && whole.len() <= 3 && !whole.starts_with('0');
    Some(if groups { DecimalMark::Either } else { DecimalMark::Decimal })
}

/// How often the numbers of a column bear a mark that may group thousands, and how often one that cannot.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    /// Numbers that are read otherwise if the mark groups thousands.
    pub either: u64,
    /// The line of the first of them.
    pub line: u64,
    /// Numbers in which the mark comes before decimals.
    pub decimal: u64,
}

impl Marks {
    pub(crate) fn add(&mut self, mark: DecimalMark, line: u64) {
        match mark {
            DecimalMark::Decimal => self.decimal += 1,
            DecimalMark::Either => {
                self.line = if self.either == 0 { line } else { self.line };
                self.either += 1;
            }
        }
    }

    /// Adds those of the following lines.
    pub fn append(&mut self, later: &Self) {
        self.line = if self.either == 0 { later.line } else { self.line };
        self.either += later.either;
        self.decimal += later.decimal;
    }

    /// Returns whether nothing in the column says what the mark is.
    pub fn are_ambiguous(&self) -> bool {
        self.either > 0 && self.decimal == 0
    }
}

fn number(text: &str, numbers: Numbers, decimals: u32) -> Option<u64> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = match text.split_once(numbers.decimal) {
        Some((_, fraction)) if decimals == 0 || !digits(fraction) || fraction.len() > decimals as usize => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    let mut plain = String::with_capacity(whole.len());
    match numbers.thousands {
        Some(separator) if whole.contains(separator) => {
            for (index, group) in whole.split(separator).enumerate() {
                let length = if index == 0 { 1..=3 } else { 3..=3 };
                if !digits(group) || !length.contains(&group.len()) {
                    return None;
                }
                plain.push_str(group);
            }
        }
        _ => plain.push_str(whole),
    }
    if !digits(&plain) {
        return None;
    }
    let whole = plain.parse::<u64>().ok()?.checked_mul(10u64.pow(decimals))?;
    let fraction = format!("{fraction:0<width$}", width = decimals as usize);
    whole.checked_add(if fraction.is_empty() { 0 } else { fraction.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(u64, Option<u64>)> {
        interval(text.as_bytes(), Numbers { decimal: '.', thousands: Some(',') }, 0).map(|i| (i.lower, i.upper))
    }

    #[test]
    fn masks_are_intervals() {
        assert_eq!(read("<5"), Some((0, Some(4))));
        assert_eq!(read("< 5"), Some((0, Some(4))));
        assert_eq!(read("≤10"), Some((0, Some(10))));
        assert_eq!(read("1-3"), Some((1, Some(3))));
        assert_eq!(read("1–3"), Some((1, Some(3))));
        assert_eq!(read(">9"), Some((10, None)));
        assert_eq!(read("9+"), Some((9, None)));
    }

    #[test]
    fn three_digits_after_a_mark_may_be_thousands() {
        let numbers = Numbers { decimal: ',', thousands: None };
        for text in ["1,000", "12,345", "999,999", "<1,000", "≥ 2,500", "1,000+", "1,000 b"] {
            assert_eq!(mark(text.as_bytes(), numbers), Some(DecimalMark::Either), "{text}");
        }
        for text in ["1,5", "0,125", "1234,567", "12,3456", "<0,500", "5,80 e"] {
            assert_eq!(mark(text.as_bytes(), numbers), Some(DecimalMark::Decimal), "{text}");
        }
        for text in ["", "12", "1.000", ":", "1,000,000", ",500", "a,bcd", "n,123"] {
            assert_eq!(mark(text.as_bytes(), numbers), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_whole_or_not_at_all() {
        assert_eq!(read("26,539"), Some((26_539, Some(26_539))));
        for wrong in
            ["", "-1", "1e3", "1.5", "26,53", "2653,9", ",5", "<", "<0", "5-", "3-1", "five", "1 2", "2020-2021"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        let decimal = |text: &str| interval(text.as_bytes(), Numbers { decimal: ',', thousands: Some('.') }, 3);
        assert_eq!(decimal("1.234,5"), Some(Interval::exact(1_234_500)));
        assert_eq!(decimal("0,12345"), None);
        // A whole bound counts whole things; a bound with decimals does not.
        let rate = |text: &str| interval(text.as_bytes(), Numbers::default(), 1).map(|i| (i.lower, i.upper));
        assert_eq!(rate("<5"), Some((0, Some(40))));
        assert_eq!(rate("<0.5"), Some((0, Some(5))));
    }
}
