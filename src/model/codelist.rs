//! A code list: an ordered set of codes with labels and parents.

use std::collections::HashMap;

use crate::error::{Error, Result};

/// The six UN languages, in the order of the label columns.
pub const LANGUAGES: [&str; 6] = ["en", "fr", "es", "ar", "zh", "ru"];

/// Why a value is not known. The three are kept apart: most sources report only the first two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// `_U`: asked, and not known.
    Unknown,
    /// `_X`: not collected by the source.
    NotCollected,
    /// `_N`: the person did not answer.
    Refused,
}

impl Missing {
    /// All three, in the order of their codes.
    pub const ALL: [Self; 3] = [Self::Unknown, Self::NotCollected, Self::Refused];

    /// The SDMX code.
    pub fn id(self) -> &'static str {
        match self {
            Self::Unknown => "_U",
            Self::NotCollected => "_X",
            Self::Refused => "_N",
        }
    }

    /// Returns the one of an SDMX code.
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|missing| missing.id() == id)
    }

    /// The index of the code in every list.
    pub fn code(self) -> u16 {
        self as u16
    }
}

/// One code.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// The id, such as `Y0T17`.
    pub id: Box<str>,
    /// The code that contains this one.
    pub parent: Option<u16>,
    /// Labels in [`LANGUAGES`] order.
    pub labels: [Option<Box<str>>; 6],
}

/// A versioned list of codes. The codes 0, 1 and 2 are always `_U`, `_X` and `_N`; known codes begin at 3.
#[derive(Clone, Debug)]
pub struct Codelist {
    /// The id, such as `CL_SEX`.
    pub id: String,
    /// The version.
    pub version: u32,
    /// What it is.
    pub title: String,
    /// Where it comes from.
    pub source: String,
    /// True if the source was seen.
    pub verified: bool,
    /// Names of the levels, the coarsest first.
    pub levels: Vec<String>,
    /// Codes that only some sources ask for, such as `_O` of sex.
    pub asked_by_some: Vec<u16>,
    /// Codes that have a row only where they occur.
    pub where_present: Vec<u16>,
    /// Further sets of codes that make up a code, next to the codes below it that the list itself has.
    pub partitions: Vec<(u16, Vec<u16>)>,
    /// Sets of codes by which sources divide the same persons, each in its own way.
    pub divisions: Vec<Vec<u16>>,
    codes: Vec<Code>,
    index: HashMap<Box<str>, u16>,
}

impl Codelist {
    /// The first code that says something.
    pub const FIRST_KNOWN: u16 = 3;

    /// The codes of a set that count, one bit a code: the known ones, or the missing ones where none is known.
    ///
    /// `_U` next to a known code means that the source holds a further value that was not understood. The person is known
    /// and not unknown, so that `_T = _K + _U` holds for sets too.
    pub fn counted(bits: u64) -> u64 {
        let known = bits >> Self::FIRST_KNOWN << Self::FIRST_KNOWN;
        if known == 0 { bits } else { known }
    }

    /// An empty list that holds the missing codes only.
    pub fn new(id: &str, version: u32) -> Self {
        let mut list = Self {
            id: id.into(),
            version,
            title: String::new(),
            source: String::new(),
            verified: true,
            levels: Vec::new(),
            asked_by_some: Vec::new(),
            where_present: Vec::new(),
            partitions: Vec::new(),
            divisions: Vec::new(),
            codes: Vec::new(),
            index: HashMap::new(),
        };
        for missing in Missing::ALL {
            list.push(Code { id: missing.id().into(), ..Code::default() }).expect("three different ids");
        }
        list
    }

    /// Adds a code and returns its index.
    pub fn push(&mut self, code: Code) -> Result<u16> {
        let index = u16::try_from(self.codes.len())
            .map_err(|_| Error::refused("schema/check", format!("`{}` has more than 65,536 codes", self.id)))?;
        if self.index.contains_key(&code.id) {
            let what = format!("`{}` holds the code `{}` twice", self.id, code.id);
            return Err(Error::refused("schema/check", what));
        }
        self.index.insert(code.id.clone(), index);
        self.codes.push(code);
        Ok(index)
    }

    /// Puts a code below another.
    pub(crate) fn set_parent(&mut self, code: u16, parent: u16) {
        self.codes[code as usize].parent = Some(parent);
    }

    /// The index of a code.
    pub fn find(&self, id: &str) -> Option<u16> {
        self.index.get(id).copied()
    }

    /// The code at an index.
    pub fn code(&self, index: u16) -> &Code {
        &self.codes[index as usize]
    }

    /// The id of a code.
    pub fn id_of(&self, index: u16) -> &str {
        &self.codes[index as usize].id
    }

    /// The number of codes, the missing ones included.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Returns whether the list holds no known code, as a list that comes from country packs may.
    pub fn is_empty(&self) -> bool {
        self.codes.len() == usize::from(Self::FIRST_KNOWN)
    }

    /// The codes that say something, with their indices.
    pub fn known(&self) -> impl Iterator<Item = (u16, &Code)> {
        self.codes.iter().enumerate().skip(Self::FIRST_KNOWN.into()).map(|(index, code)| (index as u16, code))
    }

    /// Returns whether an index is a known code.
    pub fn is_known(index: u16) -> bool {
        index >= Self::FIRST_KNOWN
    }

    /// Returns whether only some sources ask for a code, or for one that contains it. Where the published figures of an area
    /// and year have no such code, that is not a zero. In tables of records it is one, unless `[[coverage]]` names the codes that
    /// were asked for.
    pub fn is_asked_by_some(&self, code: u16) -> bool {
        self.asked_by_some.contains(&code) || self.ancestors(code).any(|up| self.asked_by_some.contains(&up))
    }

    /// Returns how deep a code is: 0 for a code without a parent.
    pub fn depth(&self, index: u16) -> usize {
        self.ancestors(index).count()
    }

    /// Finds a code, or the group of one that is not specified further: `FG_SEXUAL_U` is of the group `FG_SEXUAL`. Returns whether it
    /// is the group.
    pub fn find_or_group(&self, id: &str) -> Option<(u16, bool)> {
        let code = self.find(id).map(|code| (code, false));
        code.or_else(|| Some((self.find(id.strip_suffix("_U")?)?, true)))
    }

    /// The codes that contain this one, the nearest first.
    pub fn ancestors(&self, index: u16) -> impl Iterator<Item = u16> {
        std::iter::successors(self.codes[index as usize].parent, |&code| self.codes[code as usize].parent)
    }

    /// Returns the number of the division to which a code, or one above it, belongs.
    pub fn division(&self, index: u16) -> Option<usize> {
        let holds = |division: &Vec<u16>| {
            division.contains(&index) || self.ancestors(index).any(|above| division.contains(&above))
        };
        self.divisions.iter().position(holds)
    }

    /// Returns whether one of two codes contains the other, or they are equal.
    pub fn nested(&self, a: u16, b: u16) -> bool {
        a == b || self.ancestors(a).any(|code| code == b) || self.ancestors(b).any(|code| code == a)
    }

    /// Refuses a cycle of parents.
    pub(crate) fn check(&self) -> Result<()> {
        // The last code from which a code was reached. A walk ends where an earlier one went on, so that no code is passed
        // twice, however long the chains of parents are.
        let mut reached: Vec<Option<u16>> = vec![None; self.codes.len()];
        for (index, code) in self.known() {
            let path = std::iter::once(index).chain(self.ancestors(index));
            for code_above in path {
                match reached[usize::from(code_above)].replace(index) {
                    None => {}
                    Some(earlier) if earlier != index => break,
                    Some(_) => {
                        return Err(Error::refused(
                            "schema/check",
                            format!("`{}` has a cycle of parents at `{}`", self.id, code.id),
                        ));
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ages() -> Codelist {
        let mut list = Codelist::new("CL_AGE", 1);
        let minor = list.push(Code { id: "Y0T17".into(), ..Code::default() }).unwrap();
        let band = list.push(Code { id: "Y9T17".into(), parent: Some(minor), ..Code::default() }).unwrap();
        list.push(Code { id: "Y_GE18".into(), ..Code::default() }).unwrap();
        assert_eq!(list.depth(band), 1);
        list
    }

    #[test]
    fn missing_codes_come_first_in_every_list() {
        let list = ages();
        for missing in Missing::ALL {
            assert_eq!(list.find(missing.id()), Some(missing.code()));
        }
        assert_eq!(list.known().count(), 3);
    }

    #[test]
    fn nested_means_that_one_contains_the_other() {
        let list = ages();
        let [minor, band, adult] = ["Y0T17", "Y9T17", "Y_GE18"].map(|id| list.find(id).unwrap());
        assert!(list.nested(band, minor) && list.nested(minor, band) && list.nested(band, band));
        assert!(!list.nested(band, adult));
    }

    #[test]
    fn a_cycle_and_a_repeated_code_are_refused() {
        let mut list = ages();
        assert!(list.push(Code { id: "Y0T17".into(), ..Code::default() }).is_err());
        let [minor, band] = ["Y0T17", "Y9T17"].map(|id| list.find(id).unwrap());
        assert!(list.check().is_ok());
        list.set_parent(minor, band);
        assert!(list.check().is_err());
    }

    /// A chain of all codes that a list may hold: to follow the parents of each anew takes 2,000,000,000 steps.
    #[test]
    fn a_long_chain_is_checked_once() {
        let mut list = Codelist::new("CL_CHAIN", 1);
        for code in 0..65_533 {
            list.push(Code { id: format!("C{code}").into(), ..Code::default() }).unwrap();
        }
        (3..65_535).for_each(|code| list.set_parent(code, code + 1));
        assert!(list.check().is_ok());
        list.set_parent(65_535, 40_000);
        assert!(list.check().unwrap_err().to_string().contains("a cycle of parents"));
    }
}
