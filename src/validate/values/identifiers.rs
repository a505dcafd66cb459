//! Columns that hold direct identifiers, recognised by their values.
//!
//! Only columns that the layout does not know are looked at: a known one becomes codes, and what is not a code is never
//! shown or stored. One batch is looked at, so a few cells in a large file can pass; they are not read then either.

use std::collections::BTreeMap;

use crate::ingest::{Form, RawBatch};

/// So many cells of one kind are no accident.
const ENOUGH: usize = 3;

/// One cell in so many.
const SHARE: usize = 20;

/// Dates of birth lie far apart; dates of what an office did do not.
const YEARS: u32 = 25;

/// The first unknown column that looks like a direct identifier, with what it looks like.
pub(crate) fn suspicious(batch: &RawBatch, unknown: &[usize]) -> Option<(usize, &'static str)> {
    let mut signs: BTreeMap<usize, Signs> = BTreeMap::new();
    let mut records = batch.records();
    while records.advance().is_some() {
        for &column in unknown {
            if let Ok(text) = std::str::from_utf8(records.cell(column)) {
                signs.entry(column).or_default().add(text);
            }
        }
    }
    signs.into_iter().find_map(|(column, signs)| Some((column, signs.found()?)))
}

/// Returns whether most records of a batch are as wide as the header. A record that is glued to the header makes it wider.
pub(crate) fn fits(batch: &RawBatch, columns: usize) -> bool {
    if matches!(batch.form, Form::Json(_)) {
        return true;
    }
    let (mut all, mut even) = (0, 0);
    let mut records = batch.records();
    while records.advance().is_some() {
        all += 1;
        even += usize::from(records.len() == columns);
    }
    all > 0 && 2 * even > all
}

/// Returns whether a heading may be a value: it looks like a direct identifier, is not a word, or is on multiple lines.
pub(crate) fn may_be_value(heading: &str) -> bool {
    is_personal(heading) || heading.contains(char::is_control) || !heading.contains(char::is_alphabetic)
}

/// What speaks for direct identifiers in one column.
#[derive(Debug, Default)]
pub(crate) struct Signs {
    filled: usize,
    seen: BTreeMap<&'static str, usize>,
    years: Option<(u32, u32)>,
}

impl Signs {
    /// Looks at one cell.
    pub fn add(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.filled += 1;
        if let Some(kind) = kind(text) {
            *self.seen.entry(kind).or_default() += 1;
        }
        if let Some(year) = year_of_date(text) {
            *self.seen.entry(BIRTH).or_default() += 1;
            let (first, last) = self.years.unwrap_or((year, year));
            self.years = Some((first.min(year), last.max(year)));
        }
    }

    /// What the column looks like, if there are enough signs of it.
    pub fn found(&self) -> Option<&'static str> {
        let far_apart = self.years.is_some_and(|(first, last)| last - first >= YEARS);
        let many = |count: usize| count >= ENOUGH && count * SHARE >= self.filled;
        let mut seen = self.seen.iter().filter(|(kind, count)| many(**count) && (**kind != BIRTH || far_apart));
        seen.next().map(|(kind, _)| *kind)
    }
}

/// Returns whether a single text looks like a direct identifier; a full date may be one.
pub(crate) fn is_personal(text: &str) -> bool {
    kind(text).is_some() || year_of_date(text).is_some()
}

const BIRTH: &str = "full dates of birth";

fn kind(text: &str) -> Option<&'static str> {
    if is_email(text) {
        Some("e-mail addresses")
    } else if is_phone(text) {
        Some("telephone numbers")
    } else if is_document(text) {
        Some("numbers of passports or identity cards")
    } else if is_coordinate(text) {
        Some("geographic coordinates")
    } else {
        None
    }
}

fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    let dotted = host.rsplit_once('.').is_some_and(|(host, end)| !host.is_empty() && end.len() >= 2);
    !name.is_empty() && dotted && !text.contains(char::is_whitespace)
}

/// Eight to fifteen digits that begin with `+` or `0`, or are grouped as numbers to be dialled are.
fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let only = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-() ./".contains(&byte));
    let dialled = text.starts_with('+') || text.starts_with('0') || text.contains(['(', ' ', '-']);
    only && dialled && (8..=15).contains(&digits) && year_of_date(text).is_none() && !is_coordinate(text)
}

/// One to three letters and six to ten digits, or digits with a check letter.
fn is_document(text: &str) -> bool {
    let plain: Vec<u8> = text.bytes().filter(|byte| !b" -.".contains(byte)).collect();
    let letters = plain.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let digits = plain[letters..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = plain.len() - letters - digits;
    let tail = rest == 0 || (rest == 1 && plain[plain.len() - 1].is_ascii_uppercase());
    (1..=3).contains(&letters) && (6..=10).contains(&digits) && tail
        || letters == 0 && (7..=9).contains(&digits) && rest == 1 && tail
}

/// A number within 180 degrees with at least four decimals.
fn is_coordinate(text: &str) -> bool {
    let Some((whole, decimals)) = text.trim_start_matches('-').split_once('.') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(decimals) && decimals.len() >= 4 && whole.parse::<u32>().is_ok_and(|degrees| degrees <= 180)
}

/// The year of what looks like a full date: `1987-05-03`, `03/05/1987`, `3.5.1987`. A day that does not exist looks like one
/// too, because it may name a person as well.
fn year_of_date(text: &str) -> Option<u32> {
    let text = text.split(['T', ' ']).next()?;
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    let number =
        |text: &str, largest: u32| text.parse::<u32>().ok().filter(|n| (1..=largest).contains(n) && text.len() <= 2);
    let year = |text: &str| text.parse::<u32>().ok().filter(|year| text.len() == 4 && (1850..=2100).contains(year));
    if let (Some(year), Some(_), Some(_)) = (year(a), number(b, 12), number(c, 31)) {
        return Some(year);
    }
    let (year, first, second) = (year(c)?, number(a, 31)?, number(b, 31)?);
    (first <= 12 || second <= 12).then_some(year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_told_from_other_values() {
        for (text, expected) in [
            ("maria.lopez@mail.example", Some("e-mail addresses")),
            ("+855 12 345 678", Some("telephone numbers")),
            ("020 7946 0958", Some("telephone numbers")),
            ("X1234567", Some("numbers of passports or identity cards")),
            ("12345678Z", Some("numbers of passports or identity cards")),
            ("-11.56213", Some("geographic coordinates")),
            ("2021", None),
            ("2021-05-03", None),
            ("1", None),
            ("100234", None),
            ("Case Management", None),
            ("0.51", None),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn dates_are_seen_in_any_order() {
        for text in ["1987-05-03", "23/05/1987", "05/23/1987", "3.5.1987", "30/02/1987"] {
            assert_eq!(year_of_date(text), Some(1987), "{text}");
        }
        assert_eq!(year_of_date("5/87"), None);
    }
}
