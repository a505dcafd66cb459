//! Free text that stands for a code: names of countries, demonyms, in any language and any state of repair.
//!
//! A text resolves only if there is exactly one thing that it can mean; nothing is guessed by nearness.

use std::collections::HashMap;

use encoding_rs::WINDOWS_1252;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::target::Target;
use crate::error::Result;
use crate::finding::Rule;

/// What stands where a character was lost.
const LOST: char = char::REPLACEMENT_CHARACTER;

/// Texts in their normal form, with what they mean.
#[derive(Debug, Default)]
pub(crate) struct WordTable {
    known: HashMap<String, Target>,
}

/// What a text means, and whether it had to be repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WordMeaning {
    pub target: Target,
    pub damaged: bool,
}

impl WordTable {
    /// Collects texts. `pairs` stand before `labels`, and of two labels that differ in meaning neither holds.
    pub fn collect(pairs: Vec<(String, Result<Target>)>, labels: Vec<(String, Result<Target>)>) -> Result<Self> {
        let ambiguous = Target::Refused(Rule::named("cell/ambiguous"));
        let mut known: HashMap<String, Target> = HashMap::new();
        for (text, target) in labels {
            let target = target?;
            known
                .entry(normal(&text))
                .and_modify(|former| *former = if *former == target { target } else { ambiguous })
                .or_insert(target);
        }
        let mut folded: HashMap<String, Target> = HashMap::new();
        for (text, target) in pairs {
            let target = target?;
            folded
                .entry(normal(&text))
                .and_modify(|former| *former = if *former == target { target } else { ambiguous })
                .or_insert(target);
        }
        known.extend(folded);
        Ok(Self { known })
    }

    /// What a text means, if that is certain. A question mark says that its writer was not, and `#N/A` of a spreadsheet is
    /// not its writer's `n/a`.
    pub fn resolve(&self, text: &str) -> Option<WordMeaning> {
        if text.trim_start().starts_with('#') || text.contains(['?', '¿', '؟', '？']) {
            return None;
        }
        let found = |target: Target, damaged| Some(WordMeaning { target, damaged });
        let plain = normal(text);
        if let Some(&target) = self.known.get(&plain) {
            return found(target, false);
        }
        if text.contains(LOST) {
            return self.restore(&plain).and_then(|target| found(target, true));
        }
        let repaired = twice_encoded(text)?;
        self.known.get(&normal(&repaired)).and_then(|&target| found(target, true))
    }

    /// The only meaning that fits a text in which characters were lost.
    ///
    /// At the start or the end of a text anything may have been lost, a whole word too, so there nothing is restored.
    fn restore(&self, plain: &str) -> Option<Target> {
        let pattern: Vec<char> = plain.chars().collect();
        let lost = pattern.iter().filter(|c| **c == LOST).count();
        // A text that is mostly lost fits too much.
        if plain.starts_with(LOST) || plain.ends_with(LOST) || lost * 3 > pattern.len() {
            return None;
        }
        let mut meanings = self.known.iter().filter(|(word, _)| fits(&pattern, word)).map(|(_, target)| *target);
        let first = meanings.next()?;
        meanings.all(|other| other == first).then_some(first)
    }
}

/// Lower case, no accents, anything but letters and digits as one blank.
pub(crate) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.replace('&', " and ").nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        let c = without_stroke(c);
        if c.is_alphanumeric() || c == LOST {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(c);
        } else {
            gap = true;
        }
    }
    out
}

/// A few letters have no accent to lose, and are written without their stroke as often as with it.
fn without_stroke(letter: char) -> char {
    match letter {
        'ł' => 'l',
        'ø' => 'o',
        'đ' => 'd',
        'ı' => 'i',
        'ß' => 's',
        other => other,
    }
}

/// A text in lower case, without accents and signs that cannot be seen, and with single blanks within it.
pub(crate) fn folded(text: &str) -> impl Iterator<Item = char> {
    // Marks that are no accents, such as the vowels of Thai and Hindi, are letters.
    let is_left_out = |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{200b}'..='\u{200f}' | '\u{ad}' | '\u{feff}');
    // One capital, the dotted I of Turkish, becomes a letter and an accent.
    let letters = text.nfkd().flat_map(char::to_lowercase).filter(move |c| !is_left_out(*c));
    spaced(letters.map(without_stroke))
}

/// Characters with single blanks between others.
pub(crate) fn spaced(chars: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut chars = chars.skip_while(|c| c.is_whitespace()).peekable();
    std::iter::from_fn(move || {
        let next = chars.next()?;
        if !next.is_whitespace() {
            return Some(next);
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        chars.peek().map(|_| ' ')
    })
}

/// Returns whether a word fits a pattern in which a mark stands for nothing, a character or two: half a character can leave a
/// mark of its own, a space may leave one, and a ligature is two letters once it is normal.
fn fits(pattern: &[char], word: &str) -> bool {
    fn rest(pattern: &[char], word: &[char]) -> bool {
        match pattern.split_first() {
            None => word.is_empty(),
            Some((&LOST, tail)) => (0..=2).any(|length| word.len() >= length && rest(tail, &word[length..])),
            Some((c, tail)) => word.first() == Some(c) && rest(tail, &word[1..]),
        }
    }
    pattern.first().is_some_and(|first| word.starts_with(*first)) && rest(pattern, &word.chars().collect::<Vec<_>>())
}

/// UTF-8 that was read as Windows-1252 and written as UTF-8 again.
fn twice_encoded(text: &str) -> Option<String> {
    if !text.contains(['Ã', 'Â', 'Å', 'Ä', 'Ð']) {
        return None;
    }
    let (bytes, _, lost) = WINDOWS_1252.encode(text);
    let repaired = std::str::from_utf8(&bytes).ok()?;
    (!lost && repaired != text).then(|| repaired.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> WordTable {
        let code = |text: &str, code| (text.to_owned(), Ok(Target::Code(code)));
        let mut pairs = vec![
            code("hondureña", 1),
            code("hondureño", 1),
            code("Côte d’Ivoire", 2),
            code("Türkiye", 3),
            code("Georgia", 9),
        ];
        pairs.push(("Georgia".to_owned(), Ok(Target::Refused(Rule::named("cell/ambiguous")))));
        let labels = vec![code("Niger", 4), code("Nigér", 5), code("Peru", 6), code("Pera", 7)];
        WordTable::collect(pairs, labels).unwrap()
    }

    fn of(text: &str) -> Option<(Target, bool)> {
        words().resolve(text).map(|meaning| (meaning.target, meaning.damaged))
    }

    #[test]
    fn case_accents_and_punctuation_make_no_difference() {
        assert_eq!(of("HONDURENA"), Some((Target::Code(1), false)));
        assert_eq!(of("  cote-d'ivoire. "), Some((Target::Code(2), false)));
        assert_eq!(of("Atlantis"), None);
    }

    #[test]
    fn damaged_texts_resolve_where_one_meaning_fits() {
        assert_eq!(of("HONDURE\u{fffd}A"), Some((Target::Code(1), true)));
        assert_eq!(of("C\u{fffd}te d\u{fffd}Ivoire"), Some((Target::Code(2), true)));
        assert_eq!(of("TÃ¼rkiye"), Some((Target::Code(3), true)));
        // Two marks may be one letter of two bytes.
        assert_eq!(of("T\u{fffd}\u{fffd}rkiye"), Some((Target::Code(3), true)));
        // `Nigeria` may have been cut off as well as `Niger`; `Peru` and `Pera` both fit; and a doubt is not an answer.
        assert_eq!(of("PER\u{fffd}"), None);
        assert_eq!(of("P\u{fffd}r\u{fffd}a"), None);
        assert_eq!(of("Peru?"), None);
        assert_eq!(of("\u{fffd}\u{fffd}"), None);
    }

    #[test]
    fn what_can_mean_two_things_is_refused() {
        let ambiguous = Target::Refused(Rule::named("cell/ambiguous"));
        assert_eq!(of("georgia"), Some((ambiguous, false)));
        assert_eq!(of("NIGER"), Some((ambiguous, false)));
    }
}
