//! Blanks at the ends of a cell: white space, controls, and invisible characters.
//!
//! All formats use this one rule, so that a cell of no-break spaces is empty in each of them.

/// Returns whether a character shows nothing: white space, a control, or one that Unicode lists as ignorable by default
/// (`Default_Ignorable_Code_Point`), and the blank of Braille.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Returns a cell without the blanks at its ends. Nearly every cell begins and ends with a visible character of ASCII.
#[inline]
pub(crate) fn trimmed(cell: &[u8]) -> &[u8] {
    match cell {
        [] | [0x21..=0x7e] | [0x21..=0x7e, .., 0x21..=0x7e] => cell,
        _ => trimmed_of_any(cell),
    }
}

fn trimmed_of_any(cell: &[u8]) -> &[u8] {
    match cell.trim_ascii() {
        cell @ ([] | [0x21..=0x7e] | [0x21..=0x7e, .., 0x21..=0x7e]) => cell,
        cell => std::str::from_utf8(cell).map_or(cell, |text| trimmed_text(text).as_bytes()),
    }
}

/// Returns a text without the blanks at its ends.
pub(crate) fn trimmed_text(text: &str) -> &str {
    text.trim_matches(is_blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_trimmed_at_both_ends() {
        let blanks = [
            " ",
            "\t",
            "\r\n",
            "\0",
            "\u{7f}",
            "\u{85}",
            "\u{a0}",
            "\u{ad}",
            "\u{200b}",
            "\u{200c}",
            "\u{202f}",
            "\u{2060}",
            "\u{2800}",
            "\u{3000}",
            "\u{3164}",
            "\u{feff}",
            "\u{e0020}",
        ];
        for blank in blanks {
            assert_eq!(trimmed(blank.as_bytes()), b"", "{blank:?}");
            assert_eq!(trimmed(format!("{blank} {blank}").as_bytes()), b"", "{blank:?}");
            for text in ["p1", "é", "a\u{a0}b", "未知", "-"] {
                assert_eq!(trimmed(format!("{blank}{text} {blank}").as_bytes()), text.as_bytes(), "{blank:?}");
            }
        }
        for text in ["", "a", "ab", "a b", "é", "\u{fffd}", "กำ", "हिन्दी", "x\u{301}"] {
            assert_eq!(trimmed(text.as_bytes()), text.as_bytes());
        }
        assert_eq!(trimmed(b" \xff\xfe "), b"\xff\xfe");
    }
}
