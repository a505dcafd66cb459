//! The kinds of schema files, a folder each.

/// The folders of `schemas/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaKind {
    /// Record types.
    Records,
    /// Code lists.
    Codelists,
    /// Code-to-code maps.
    Crosswalks,
    /// Publishers' layouts.
    Profiles,
    /// Countries' own lists.
    Packs,
    /// Region schemes.
    Regions,
    /// Populations and other denominators.
    Reference,
    /// Tables.
    Indicators,
    /// Disclosure rules.
    Policies,
    /// Models of synthetic records.
    Synthetic,
}

impl SchemaKind {
    /// All kinds, in the order of the folders.
    pub const ALL: [Self; 10] = [
        Self::Records,
        Self::Codelists,
        Self::Crosswalks,
        Self::Profiles,
        Self::Packs,
        Self::Regions,
        Self::Reference,
        Self::Indicators,
        Self::Policies,
        Self::Synthetic,
    ];

    /// The folder's name.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Codelists => "codelists",
            Self::Crosswalks => "crosswalks",
            Self::Profiles => "profiles",
            Self::Packs => "packs",
            Self::Regions => "regions",
            Self::Reference => "reference",
            Self::Indicators => "indicators",
            Self::Policies => "policies",
            Self::Synthetic => "synthetic",
        }
    }

    /// What one file of the folder is called.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Records => "record type",
            Self::Codelists => "code list",
            Self::Crosswalks => "crosswalk",
            Self::Profiles => "profile",
            Self::Packs => "country pack",
            Self::Regions => "region scheme",
            Self::Reference => "edition of populations",
            Self::Indicators => "indicator",
            Self::Policies => "policy",
            Self::Synthetic => "synthetic model",
        }
    }
}
