//! A change between two schemas, and what it asks of those who use them.

use crate::schema::SchemaKind;

/// What a change asks of those who use the schema, the lightest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Previous records and tables stay as they are.
    Compatible,
    /// Previous codes have to be carried over.
    NeedsCrosswalk,
    /// Previous files are read otherwise, or not at all.
    Breaking,
}

impl Class {
    /// The class in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::NeedsCrosswalk => "needs crosswalk",
            Self::Breaking => "breaking",
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it asks.
    pub class: Class,
    /// What has changed, such as ``field `sex` ``.
    pub subject: String,
    /// How.
    pub what: String,
}

/// All changes between two schemas of one kind.
#[derive(Clone, Debug)]
pub struct Changes {
    /// The kind of both.
    pub kind: SchemaKind,
    /// Full names of both, or their files.
    pub names: [String; 2],
    /// The changes, the heaviest first.
    pub changes: Vec<Change>,
}

impl Changes {
    /// The class of all changes together: that of the heaviest one; none where both are equal.
    pub fn class(&self) -> Option<Class> {
        self.changes.iter().map(|change| change.class).max()
    }
}
