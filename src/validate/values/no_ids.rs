//! Texts in a column of person ids that are no id: persons who share one of them are not one person.

use std::collections::BTreeSet;

use super::id_shapes::{is_long, is_object, is_rounded, is_shaped, without_midnight};
use super::words::folded;
use crate::error::Result;
use crate::schema::{Crosswalk, Registry};

/// The crosswalk that holds the words.
const CROSSWALK: &str = "WORDS--NO_ID";

/// Room for the letters of a word on the stack.
const ROOM: usize = 64;

/// What a text in a column of person ids is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdKind {
    /// An id.
    Id,
    /// A long number with zeros after the digits that a spreadsheet keeps: an id, or what was left of several.
    LongId,
    /// A word or a sign for no id.
    NoId,
    /// What a spreadsheet shows where a formula found no value, or an empty date.
    Error,
    /// A number with fewer digits than the id had: its format, or a spreadsheet, has rounded it.
    Rounded,
    /// An object with fields of its own.
    Object,
}

/// The words for no id.
#[derive(Debug)]
pub(crate) struct NoIds {
    /// The letters of each word, without what makes no difference.
    words: BTreeSet<Box<[u8]>>,
    /// The length of the longest word in bytes.
    longest: usize,
    /// Errors in lower case. One that ends with a colon is followed by a number.
    errors: BTreeSet<String>,
}

impl NoIds {
    /// Loads the words of the schemas.
    ///
    /// # Errors
    /// There is no such crosswalk.
    pub fn load(registry: &Registry) -> Result<Self> {
        let pairs = Crosswalk::load(registry, CROSSWALK)?.pairs;
        let (errors, words): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(_, target)| target == "ERROR");
        let words: BTreeSet<Box<[u8]>> = words.iter().map(|(text, _)| letters(text)).collect();
        // Accents, blanks and punctuation may stand between the letters.
        let longest = 2 * words.iter().map(|word| word.len()).max().unwrap_or_default();
        Ok(Self { words, longest, errors: errors.iter().map(|(text, _)| text.to_lowercase()).collect() })
    }

    /// Returns what a text is.
    pub fn kind(&self, text: &[u8]) -> IdKind {
        if !Self::may_be_doubtful(text) {
            return if self.is_no_id(text) { IdKind::NoId } else { IdKind::Id };
        }
        match text {
            _ if is_object(text) => IdKind::Object,
            _ if self.is_error(text) => IdKind::Error,
            _ if is_rounded(text) => IdKind::Rounded,
            _ if is_long(text) => IdKind::LongId,
            _ if self.is_no_id(text) => IdKind::NoId,
            _ => IdKind::Id,
        }
    }

    /// Returns whether a text is a word or a sign for no id. Nearly every id ends with a digit other than zero.
    #[inline]
    pub fn is_no_id(&self, text: &[u8]) -> bool {
        // Without a branch a byte, of which none can be foreseen in ids of random digits.
        let is_digit = |byte: &u8| byte.wrapping_sub(b'1') < 9;
        let ends_with_digit =
            text.last_chunk().is_some_and(|end: &[u8; 8]| end.iter().fold(false, |any, byte| any | is_digit(byte)));
        !ends_with_digit && !text.iter().any(is_digit) && self.is_word(text)
    }

    /// Returns, from the first and the last bytes of a cell without blanks around it, whether it may be something else than an id or
    /// a word.
    #[inline]
    pub fn may_be_doubtful(cell: &[u8]) -> bool {
        // `Err:502`: what follows begins with a digit, but for that and numbers below zero. Marks are compared before digits, of
        // which one in ten is the same by chance.
        let is_code = matches!(cell, [.., b':' | b'.' | b' ', b'5', _, _]);
        match cell {
            // Nearly every id begins with a letter, or it is a plain number.
            [first, ..] if first.is_ascii_alphabetic() => is_code,
            [b'#', second, ..] => !second.is_ascii_digit(),
            [b'{' | b'[', ..] => true,
            [b'0'..=b'9', b'.' | b',' | b'E' | b'e' | b'/', ..] => true,
            _ if is_code => true,
            [b'-', b'1', b'.', b'#', ..] => true,
            [b'-', ..] => is_shaped(cell),
            [first, ..] if !first.is_ascii_digit() => false,
            [b'1', b'8' | b'9', b'0' | b'7' | b'9', b'0' | b'4' | b'9', b'-', ..]
            | [.., b'1', b'8' | b'9', b'0' | b'7' | b'9', b'0' | b'4' | b'9'] => true,
            // A date of nothing with its time, half a day without a date, and the end of all days.
            [.., b':', b'0', b'0'] | [.., b'A' | b'a', b'M' | b'm'] => true,
            [.., slash, b'9', b'9', b'9', b'9'] if *slash == b'/' => true,
            [_, _] | [_, _, _] | [_, _, b'.' | b',', b'0'] => is_shaped(cell),
            [first, second, third, ..] if (first == second) & (first == third) => {
                is_long(cell) || is_shaped(cell) || cell.starts_with(b"0001-")
            }
            _ => is_long(cell),
        }
    }

    fn is_error(&self, text: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(text) else { return false };
        let lower = text.to_lowercase();
        if self.errors.contains(lower.as_str()) || self.errors.contains(without_midnight(&lower)) {
            return true;
        }
        // `Err:502` and `Err. 502` are written in both ways, and with a blank before the colon.
        if let Some((word, number)) = lower.rsplit_once([':', '.', ' '])
            && number.len() == 3
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            return self.errors.contains(&format!("{}:", word.trim_end_matches([':', '.', ' '])));
        }
        // Every spreadsheet writes its errors in the language of its user.
        let Some(rest) = lower.strip_prefix('#').filter(|rest| !rest.starts_with(|c: char| c.is_ascii_digit())) else {
            return false;
        };
        let before = rest.split('/').next().unwrap_or_default();
        let is_short = !before.is_empty() && before.chars().count() <= 2 && before.chars().all(char::is_alphabetic);
        rest.ends_with(['!', '?'])
            || is_short && before.len() < rest.len() && !rest.contains(|c: char| c.is_ascii_digit())
    }

    fn is_word(&self, text: &[u8]) -> bool {
        if text.iter().all(|byte| *byte == b'0' || byte.is_ascii_punctuation() || *byte == b' ') {
            return true;
        }
        if text.len() > self.longest {
            return false;
        }
        if text.is_ascii() && text.len() <= ROOM {
            let (mut plain, mut length) = ([0; ROOM], 0);
            for byte in text.iter().filter(|byte| byte.is_ascii_alphanumeric() || matches!(**byte, b'/' | b'\\')) {
                plain[length] = byte.to_ascii_lowercase();
                length += 1;
            }
            return self.words.contains(&plain[..length]);
        }
        std::str::from_utf8(text).is_ok_and(|text| {
            let letters = letters(text);
            letters.is_empty() || self.words.contains(&letters) || self.words.contains(first_of_equal(&letters))
        })
    }
}

/// The letters of a text in lower case and without accents. A slash is one: `S/N` is a word, and `SN` may be initials. So is the
/// sign of degrees, with which `n°` is written.
fn letters(text: &str) -> Box<[u8]> {
    let kept: String = folded(text).filter(|c| c.is_alphanumeric() || matches!(c, '/' | '\\' | '°')).collect();
    kept.into_bytes().into()
}

/// Returns the first letter of a text whose letters are all the same, such as zeros of another script, and else nothing.
fn first_of_equal(letters: &[u8]) -> &[u8] {
    let text = std::str::from_utf8(letters).unwrap_or_default();
    let length = text.chars().next().map_or(0, char::len_utf8);
    let (first, rest) = letters.split_at(length);
    if rest.chunks(length.max(1)).all(|next| next == first) { first } else { &[] }
}

#[cfg(test)]
mod tests {
    use super::super::id_shapes::is_placeholder;
    use super::*;

    #[test]
    fn marks_for_no_id_have_forms() {
        for id in [
            "-1",
            "-99",
            "-1234",
            "-99999999",
            "77",
            "88",
            "99",
            "999",
            "777",
            "9999999",
            "1111",
            "-99.0",
            "-1,0",
            "999.0",
            "99.0",
            "1970-01-01",
            "1/1/1970",
        ] {
            assert!(is_placeholder(id.as_bytes()) && NoIds::may_be_doubtful(id.as_bytes()), "{id}");
        }
        for id in ["98", "87", "997", "990", "1110", "1119"] {
            assert!(is_shaped(id.as_bytes()) && !is_placeholder(id.as_bytes()), "{id}");
        }
        for id in [
            "",
            "-",
            "9",
            "8",
            "11",
            "66",
            "100",
            "111",
            "1000",
            "989",
            "9a9",
            "99a",
            "-a",
            "-12345",
            "A99",
            "0000",
            "1970-01-02",
            "9999-12-30",
            "21970",
            "100.0",
            "98.5",
            ".0",
            "99.0.0",
        ] {
            assert!(!is_shaped(id.as_bytes()), "{id}");
        }
        // A cell of any length is looked at once.
        assert!(!is_shaped(&[b"9", &b".0".repeat(1 << 20)[..]].concat()));
    }

    /// Every short text of some bytes that matter: digits anywhere make an id, and so does no sign or word.
    #[test]
    fn the_short_way_to_an_id_is_the_long_way() {
        let words = NoIds::load(&Registry::built_in()).unwrap();
        let bytes = b"0159:. EaA-#/";
        for number in 0..bytes.len().pow(4) {
            let digit = |at: u32| bytes[number / bytes.len().pow(at) % bytes.len()];
            let end: Vec<u8> = (0..4).map(digit).collect();
            for start in [&b""[..], b"KH", b"KH-0000", b"1aaaaaaaaaaa"] {
                let id = [start, &end].concat();
                let has_digit = id.iter().any(|byte| (b'1'..=b'9').contains(byte));
                assert_eq!(words.is_no_id(&id), !has_digit && words.is_word(&id), "{id:?}");
                if id[0].is_ascii_alphabetic() {
                    let is_code = b":. ".contains(&id[id.len() - 4]) && id[id.len() - 3] == b'5';
                    assert_eq!(NoIds::may_be_doubtful(&id), is_code, "{id:?}");
                }
            }
        }
    }

    #[test]
    fn words_in_ten_languages_are_no_ids() {
        let words = NoIds::load(&Registry::built_in()).unwrap();
        let kind = |text: &str| words.kind(text.as_bytes());
        for text in [
            "unknown",
            "N/A",
            "n/d",
            "N/D",
            "s/n",
            "S/D",
            "na",
            "NULL",
            "nan",
            "-",
            "000",
            "?",
            "***",
            "0",
            "x",
            "XXX",
            "no aplica",
            "NO APLICA",
            "anonymous",
            "anónimo",
            "anonimo",
            "not available",
            "no id",
            "No-ID",
            "TBD",
            "pending",
            "Sin número",
            "SIN NUMERO",
            "не указано",
            "неизвестно",
            "Н/Д",
            "未知",
            "غير معروف",
            "não informado",
            "keine Angabe",
            "sconosciuto",
            "inconnu",
            "none given",
            "(none)",
            "[missing]",
        ] {
            assert_eq!(kind(text), IdKind::NoId, "{text}");
        }
        for text in
            ["#N/A", "#n/a", "#REF!", "#NAME?", "#DIV/0!", "#¡DIV/0!", "#NV", "#Н/Д", "#ДЕЛ/0!", "Err:502", "#VALEUR!"]
        {
            assert_eq!(kind(text), IdKind::Error, "{text}");
            assert!(NoIds::may_be_doubtful(text.as_bytes()), "{text}");
        }
        for text in [
            "#WAARDE!",
            "#NAAM?",
            "#VÄRDEFEL!",
            "#SAKNAS!",
            "#ARG!",
            "#PUUTTUU!",
            "#HIÁNYZIK",
            "#YOK",
            "#BAŞV!",
            "#I/T",
            "#DESBORDAMIENTO!",
            "#N/A N/A",
            "#Δ/Υ",
            "Err: 502",
            "Err.502",
            "Err. 502",
            "Erreur :502",
            "12:00:00 AM",
            "0001-01-01",
            "0001-01-01T00:00:00",
            "1/0/00",
            "-1.#IND",
            "1.#QNAN",
            "Fehler:502",
            "Fout:502",
            "Błąd:502",
            "Erro:502",
            "Ошибка:522",
            "1900-01-00",
            "00/01/1900",
            "0/1/1900",
            "1899-12-30",
            "30/12/1899",
            "1900-01-01",
            "1899-12-30 00:00:00",
            "1899-12-30T00:00:00.000",
            "30/12/1899 0:00",
            "[object Object]",
        ] {
            assert_eq!(kind(text), IdKind::Error, "{text}");
        }
        for text in [
            "\\N",
            "NaT",
            "'",
            "=\"\"",
            "\"",
            "idem",
            "see above",
            "ID",
            "Total",
            "Infinity",
            "-inf",
            "Loading...",
            "—",
            "«»",
            "n°",
            "N°",
            "0x0",
            "0-Jan-00",
            "០",
            "٠٠٠",
            "००",
            "０",
            "〇",
            "()",
            "+",
        ] {
            assert_eq!(kind(text), IdKind::NoId, "{text}");
        }
        for text in ["{}", "{\"a\":1}", "{'a': 1}", "{a: 1}", "[{\"a\":1}]"] {
            assert_eq!(kind(text), IdKind::Object, "{text}");
        }
        for text in [
            "202000000000000000",
            "20200000000000000000",
            "1234567890123450",
            "202,000,000,000,000,000",
            "000123456789012345000",
            "202\u{a0}000\u{a0}000\u{a0}000\u{a0}000\u{a0}000",
            "202\u{202f}000\u{202f}000\u{202f}000\u{202f}000\u{202f}000",
        ] {
            assert_eq!(kind(text), IdKind::LongId, "{text}");
        }
        for text in ["1.23457E11", "1.2E11", "1,2e11"] {
            assert_eq!(kind(text), IdKind::Rounded, "{text}");
        }
        for text in ["2.02E+19", "1E+20", "1,23457E+16", "2.0200000000000000001e+19"] {
            assert_eq!(kind(text), IdKind::Rounded, "{text}");
            assert!(NoIds::may_be_doubtful(text.as_bytes()), "{text}");
        }
        for text in [
            "p1",
            "n",
            "{3F2504E0-4F89-41D3-9A0C-0305E82C3301}",
            "case:502",
            "12:05:00",
            "1900-17",
            "B-1899",
            "123.0",
            "100000000000000",
            "123456789012345678",
            "3f00000000000000",
            "SN",
            "ND",
            "A0",
            "Ana",
            "#1",
            "#12",
            "#A",
            "E1",
            "Err",
            "5E10",
            "5E+",
            "1.5",
            "E+10",
            "12E+3",
            "case 502",
            "KH.502",
            "12:30:00 AM",
            "1.5.17",
            "០១",
            "998",
            "-99",
            "1970-01-01",
        ] {
            assert_eq!(kind(text), IdKind::Id, "{text}");
        }
    }
}
