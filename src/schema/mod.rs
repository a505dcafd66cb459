//! What `schemas/` holds: record types, profiles, packs, regions, crosswalks, and the registry that finds them.

mod audit;
mod breaks;
mod check;
mod codelist;
mod coverage;
mod crosswalk;
mod diff;
mod export;
mod keys;
mod load;
mod pack;
mod population;
mod profile;
mod record;
mod records;
mod region;
mod registry;
mod table;

pub use audit::check;
pub use breaks::{Break, Breaks};
pub use check::{Check, Values};
pub use codelist::load_codelist;
pub(crate) use coverage::is_declarable;
pub use coverage::{Coverage, Declared};
pub use crosswalk::Crosswalk;
pub use diff::{Change, Changes, Class, diff};
pub use export::{Form, export};
pub(crate) use keys::MapKind;
pub use keys::check_keys;
pub use pack::{Pack, PackCode, PackList, PackType};
pub use population::Populations;
pub use profile::{DateOrder, Ignore, Map, Numbers, Profile, QuotedLines, Series};
pub use record::{Derived, Field, FieldType, Identifiers, OnInvalid, Parts, Record, SubjectOf, Sum, Unit};
pub use records::Records;
pub use region::Region;
pub use registry::{Kind, Override, Registry};

pub(crate) use load::parse;

use crate::error::Result;

/// Makes the rules that record types define known by name.
pub fn load_rules(registry: &Registry) -> Result<()> {
    registry.names(Kind::Records)?.iter().try_for_each(|name| Record::load(registry, name).map(drop))
}
