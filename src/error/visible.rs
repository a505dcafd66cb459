//! Foreign text as it may be shown: nothing in it commands a terminal or changes what is read.

use std::borrow::Cow;
use std::fmt::Write;

/// Returns whether a character is invisible, or changes how others are shown: controls and terminal escapes, marks of
/// bidirectional text, line ends and invisible characters. Joiners stay, because scripts such as Persian need them.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Returns a text with hidden characters escaped, such as `\u{1b}`. Every foreign value is shown like this.
///
/// ```
/// assert_eq!(tipstat::internals::error::visible("a\u{1b}[31mb\n\u{202e}c"), r"a\u{1b}[31mb\n\u{202e}c");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// Returns lines of text with hidden characters escaped, the ends of lines aside.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c == '\n')
}

/// Returns a JSON text with hidden characters escaped as JSON does it, so that it means the same. Outside of strings it has
/// none but ends of lines.
pub fn visible_json(text: &str) -> Cow<'_, str> {
    let is_escaped = |c: char| is_hidden(c) && c != '\n';
    if !text.contains(is_escaped) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_escaped(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(out, "\\u{unit:04x}");
            });
        } else {
            out.push(c);
        }
    }
    out.into()
}

fn escaped(text: &str, keeps: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_escaped = |c: char| is_hidden(c) && !keeps(c);
    if !text.contains(is_escaped) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_escaped(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escaped_and_others_stay() {
        assert_eq!(visible("año de detección, 年, می‌خواهم"), "año de detección, 年, می‌خواهم");
        assert_eq!(
            visible("\u{9b}31m\u{7f}\u{200f}\u{2066}x\u{feff}\t"),
            r"\u{9b}31m\u{7f}\u{200f}\u{2066}x\u{feff}\t"
        );
        assert_eq!(visible_lines("one\ntwo\r\u{1b}"), "one\ntwo\\r\\u{1b}");
    }

    #[test]
    fn json_means_the_same() {
        let text = "a\u{202e}b\u{e0041}\u{9b}\u{1b}";
        let json = serde_json::to_string_pretty(&[text]).unwrap();
        let shown = visible_json(&json);
        assert!(!shown.contains(|c| is_hidden(c) && c != '\n'), "{shown}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), [text]);
    }
}
