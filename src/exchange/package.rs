//! What is declared of the figures of one package.

use std::collections::BTreeSet;

/// What several figures of one and the same group mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// Each bounds the same number.
    Same,
    /// One may be the whole and others its parts, or all of them parts: publishers fold several groups into one label.
    Parts,
}

/// What happens where two packages report the same country and year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// Nothing is made.
    #[default]
    Refuse,
    /// The package that was named first is used for that year.
    First,
}

/// Where figures come from.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// How it is called in the combined release.
    pub name: String,
    /// Dimensions in which no person is in two parts.
    pub exclusive: BTreeSet<String>,
    /// Dimensions whose parts make up the total: a country that reports only one of them reports nothing of the rest.
    pub complete: BTreeSet<String>,
    /// Whether its figures were counted from records: a zero of a code that only some sources ask for then says that no record
    /// has it, and not that the area asked.
    pub counted: bool,
    /// Areas of a combined release whose figures one of its packages counted from records.
    pub recorded: BTreeSet<String>,
    /// Area, year, dimension and code that the area asked for, as it declares: a zero is one.
    pub asked: BTreeSet<(String, u16, String, String)>,
}

/// How the packages of a table report the parts of a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PartTraits {
    /// A part that is not reported where another one is, is not known. In other dimensions it is zero.
    pub complete: bool,
    /// No person is in two parts.
    pub exclusive: bool,
}
