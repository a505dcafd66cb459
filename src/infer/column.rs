//! What one column holds: how many cells, their sort, and how often each value.

use std::collections::BTreeMap;

use super::headings::{is_missing, is_total};
use crate::validate::{Answer, Answers, Signs, is_age, is_personal};

/// A text is named in a draft if it stands there so often at least.
pub(super) const SHARED: u64 = 10;

/// A column with more different texts than this may hold anything, so none of them is named.
const MOST_NAMED: usize = 60;

/// So many different texts of a column are counted.
const MOST_KEPT: usize = 5_000;

/// What may join several values in a cell.
const SEPARATORS: [&str; 5] = [";", "|", "+", "/", ","];

/// What most cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnContent {
    Empty,
    Flags,
    /// Words or marks for yes and no.
    Answers,
    Years,
    Dates,
    Ages,
    Bands,
    Masks,
    Numbers,
    /// Several values a cell.
    Sets(&'static str),
    Texts,
}

impl ColumnContent {
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Flags => "0 and 1",
            Self::Answers => "yes and no",
            Self::Years => "years",
            Self::Dates => "full dates",
            Self::Ages => "whole numbers up to 120",
            Self::Bands => "ages and age bands",
            Self::Masks => "numbers and masks",
            Self::Numbers => "numbers",
            Self::Sets(_) => "several values a cell",
            Self::Texts => "texts",
        }
    }

    /// Returns whether the cells are counts of something.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Flags | Self::Years | Self::Ages | Self::Masks | Self::Numbers | Self::Empty)
    }
}

/// What one cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CellContent {
    Flag,
    Age,
    Year,
    Number,
    Band,
    Mask,
    Date,
    Text,
}

/// One column.
#[derive(Default)]
pub(super) struct ColumnSample {
    pub heading: String,
    pub filled: u64,
    pub empty: u64,
    cells: BTreeMap<CellContent, u64>,
    values: BTreeMap<String, u64>,
    crowded: bool,
    signs: Signs,
    /// Cells that say that nothing is known.
    missing: u64,
    /// Whether all other cells answer yes or no.
    answers: bool,
}

impl ColumnSample {
    pub fn new(heading: &str) -> Self {
        Self { heading: heading.to_owned(), ..Self::default() }
    }

    /// Looks at one cell; text that is not UTF-8 is counted and never named.
    pub fn add(&mut self, cell: &[u8]) {
        if cell.is_empty() {
            self.empty += 1;
            return;
        }
        self.filled += 1;
        let Ok(text) = std::str::from_utf8(cell) else {
            self.crowded = true;
            return;
        };
        self.signs.add(text);
        *self.cells.entry(sort(text)).or_default() += 1;
        if let Some(count) = self.values.get_mut(text) {
            *count += 1;
        } else if self.values.len() < MOST_KEPT {
            self.values.insert(text.to_owned(), 1);
        } else {
            self.crowded = true;
        }
    }

    /// Looks at the texts together, once all cells were added.
    pub fn finish(&mut self, answers: &Answers) {
        let missing = self.values.iter().filter(|(text, _)| is_missing(text));
        self.missing = missing.map(|(_, count)| count).sum();
        let is_left_out = |text: &&String| is_missing(text) || is_total(text);
        let texts: Vec<&String> = self.values.keys().filter(|text| !is_left_out(text)).collect();
        let known: Vec<Option<Answer>> = texts.iter().map(|text| Some(answers.get(text.as_bytes())?.0)).collect();
        // Letters alone are words of other columns as well: `F` and `V` are sexes.
        let is_word = |text: &&String| {
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            letters != 1 || text.eq_ignore_ascii_case("x") || text.eq_ignore_ascii_case("n")
        };
        // The total of such a column is a number.
        let strange = texts.iter().zip(&known).filter(|(_, answer)| answer.is_none());
        let strange: Vec<&str> = strange.map(|(text, _)| text.as_str()).collect();
        let is_sum = |text: &&str| matches!(sort(text), CellContent::Age | CellContent::Number | CellContent::Year);
        let is_all = match strange.as_slice() {
            [] => true,
            [sum] => is_sum(sum) && self.values[*sum] == 1 && self.filled > 20,
            _ => false,
        };
        self.answers = !self.crowded && is_all && known.contains(&Some(Answer::Yes)) && texts.iter().any(is_word);
    }

    /// The text of the column that names a row of totals.
    pub fn total(&self) -> Option<&str> {
        self.values.keys().find(|text| is_total(text)).map(String::as_str)
    }

    /// The texts that say that nothing is known. They are words of a list of the program and no values of a person.
    pub fn missing_words(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str).filter(|text| is_missing(text))
    }

    /// Of a column of whole numbers, how many different ones there are and the highest.
    pub fn numbers(&self) -> Option<(usize, u32)> {
        let numbers: Vec<u32> = self.values.keys().filter_map(|text| text.parse().ok()).collect();
        Some((numbers.len(), *numbers.iter().max()?)).filter(|_| !self.crowded)
    }

    /// What the cells say of a direct identifier.
    pub fn identifier(&self) -> Option<&'static str> {
        self.signs.found()
    }

    /// Returns whether the heading stands below itself: then it is a value, and the file has no header.
    pub fn repeats_its_heading(&self) -> bool {
        self.values.contains_key(&self.heading)
    }

    /// How many different texts there are, where they could be counted.
    pub fn different(&self) -> Option<usize> {
        (!self.crowded).then_some(self.values.len())
    }

    pub fn content(&self) -> ColumnContent {
        let count = |sorts: &[CellContent]| sorts.iter().filter_map(|sort| self.cells.get(sort)).sum::<u64>();
        let known = self.filled - self.missing;
        let are_nearly_all = |sorts: &[CellContent]| count(sorts) * 20 >= known * 19;
        use CellContent::{Age, Band, Date, Flag, Mask, Number, Year};
        match () {
            () if known == 0 => ColumnContent::Empty,
            () if count(&[Flag]) == known => ColumnContent::Flags,
            () if self.answers => ColumnContent::Answers,
            () if are_nearly_all(&[Year]) => ColumnContent::Years,
            () if are_nearly_all(&[Date]) => ColumnContent::Dates,
            () if are_nearly_all(&[Flag, Age]) => ColumnContent::Ages,
            () if are_nearly_all(&[Flag, Age, Band]) => ColumnContent::Bands,
            () if are_nearly_all(&[Flag, Age, Year, Number]) => ColumnContent::Numbers,
            () if count(&[Mask]) > 0 && are_nearly_all(&[Flag, Age, Year, Number, Mask, Band]) => ColumnContent::Masks,
            () => self.separator().map_or(ColumnContent::Texts, ColumnContent::Sets),
        }
    }

    /// Of dates whose year comes last, whether the first number of one is above 12, and the second; nothing where there
    /// are no such dates.
    pub fn days_above_12(&self) -> Option<[bool; 2]> {
        if self.content() != ColumnContent::Dates {
            return None;
        }
        let numbers = |text: &String| -> Option<[u32; 2]> {
            let parts: Vec<&str> = text.split([' ', 'T']).next()?.split(['-', '/', '.']).collect();
            let [first, second, year] = parts.as_slice() else { return None };
            (year.len() == 4).then_some([first.parse().ok()?, second.parse().ok()?])
        };
        let found: Vec<[u32; 2]> = self.values.keys().filter_map(numbers).collect();
        (!found.is_empty()).then(|| [0, 1].map(|at| found.iter().any(|numbers| numbers[at] > 12)))
    }

    /// What joins values: often enough, and at least one of the values also stands alone.
    fn separator(&self) -> Option<&'static str> {
        let joined = |separator: &&&'static str| -> u64 {
            let cells = self.values.iter().filter(|(text, _)| text.contains(**separator));
            cells.map(|(_, count)| count).sum()
        };
        let whole = |separator: &&&'static str| {
            let cells = self.values.keys().filter(|text| text.contains(**separator));
            let mut parts = cells.flat_map(|text| text.split(**separator)).map(str::trim);
            self.parts(Some(separator)).len() <= MOST_NAMED && parts.any(|part| self.values.contains_key(part))
        };
        let often = SEPARATORS.iter().filter(|separator| joined(separator) >= SHARED);
        often.filter(whole).max_by_key(joined).copied()
    }

    /// All values with how often they stand there.
    pub fn parts(&self, separator: Option<&str>) -> BTreeMap<&str, u64> {
        let mut parts = BTreeMap::new();
        for (text, count) in &self.values {
            match separator {
                Some(separator) => {
                    for part in text.split(separator).map(str::trim).filter(|part| !part.is_empty()) {
                        *parts.entry(part).or_default() += count;
                    }
                }
                None => *parts.entry(text.as_str()).or_default() += count,
            }
        }
        parts
    }

    /// The values that may be named, the most frequent first: shared by many records, of a column with few of them, and
    /// not like a direct identifier.
    pub fn named(&self, separator: Option<&str>) -> Vec<(&str, u64)> {
        let parts = self.parts(separator);
        if self.crowded || parts.len() > MOST_NAMED || self.identifier().is_some() {
            return Vec::new();
        }
        let shared = |(text, count): &(&str, u64)| *count >= SHARED && !is_personal(text);
        let mut named: Vec<_> = parts.into_iter().filter(shared).collect();
        named.sort_by_key(|(text, count)| (std::cmp::Reverse(*count), *text));
        named
    }
}

fn sort(text: &str) -> CellContent {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if matches!(text, "true" | "false") {
        return CellContent::Flag;
    }
    if digits(text) {
        return match text.parse::<u32>() {
            Ok(0 | 1) => CellContent::Flag,
            Ok(..=120) => CellContent::Age,
            Ok(1900..=2100) if text.len() == 4 => CellContent::Year,
            _ => CellContent::Number,
        };
    }
    let band = || {
        let text = text.replace(['–', '—'], "-");
        let (from, to) = text.strip_suffix('+').map(|from| (from, "")).or_else(|| text.split_once('-'))?;
        let to = to.trim_start_matches('-').trim();
        Some(digits(from.trim()) && from.trim().len() <= 3 && (to.is_empty() || digits(to) && to.len() <= 3))
    };
    let bound = text.trim_start_matches(['<', '>', '=', '≤', '≥']).trim();
    if band() == Some(true) || text.contains(char::is_alphabetic) && is_age(text) {
        CellContent::Band
    } else if bound.len() < text.len() && digits(bound) {
        CellContent::Mask
    } else if is_personal(text) && text.bytes().all(|byte| byte.is_ascii_digit() || b"-/.:TZ ".contains(&byte)) {
        CellContent::Date
    } else if text.bytes().all(|byte| byte.is_ascii_digit() || b".,' ".contains(&byte)) {
        CellContent::Number
    } else {
        CellContent::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[(&str, usize)]) -> ColumnSample {
        let mut column = ColumnSample::new("x");
        for (text, count) in values {
            (0..*count).for_each(|_| column.add(text.as_bytes()));
        }
        column
    }

    #[test]
    fn content_is_told_by_most_cells() {
        let content_of = |values: &[(&str, usize)]| column(values).content();
        assert_eq!(content_of(&[("", 5)]), ColumnContent::Empty);
        assert_eq!(content_of(&[("0", 5), ("1", 9)]), ColumnContent::Flags);
        assert_eq!(content_of(&[("false", 5), ("true", 9)]), ColumnContent::Flags);
        assert_eq!(content_of(&[("2021", 39), ("?", 1)]), ColumnContent::Years);
        assert_eq!(content_of(&[("17", 5), ("1", 9)]), ColumnContent::Ages);
        assert_eq!(content_of(&[("9-17", 5), ("18–24", 9), ("48+", 3), ("7", 1)]), ColumnContent::Bands);
        assert_eq!(content_of(&[("<5", 5), ("112", 9)]), ColumnContent::Masks);
        assert_eq!(content_of(&[("1,120", 5), ("112", 9)]), ColumnContent::Numbers);
        assert_eq!(content_of(&[("2021-05-03", 5)]), ColumnContent::Dates);
        assert_eq!(content_of(&[("a+b", 12), ("a", 9), ("b", 1)]), ColumnContent::Sets("+"));
        // The parts never stand alone, so the comma belongs to the text.
        assert_eq!(content_of(&[("labour, forced", 12), ("other", 9)]), ColumnContent::Texts);
    }

    #[test]
    fn only_shared_texts_of_columns_with_few_of_them_are_named() {
        assert_eq!(column(&[("a", 10), ("b", 9)]).named(None), [("a", 10)]);
        assert_eq!(column(&[("a+b", 9), ("a", 3)]).named(Some("+")), [("a", 12)]);
        let names: Vec<_> = (0..61).map(|n| format!("n{n}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), 20)).collect();
        assert!(column(&many).named(None).is_empty());
        assert!(column(&[("maria@mail.example", 20), ("a", 20)]).named(None).is_empty());
        assert_eq!(column(&[("X1234567", 10), ("a", 990)]).named(None), [("a", 990)]);
        let mut other = column(&[("a", 20)]);
        other.add(b"\xff");
        assert!(other.named(None).is_empty(), "a column in another encoding is not named");
    }
}
