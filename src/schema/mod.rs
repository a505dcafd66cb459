//! What `schemas/` holds: record types, profiles, packs, regions, crosswalks, and the registry that finds them.

mod breaks;
mod codelist;
mod constraint;
mod coverage;
mod crosswalk;
mod diff;
mod export;
mod field;
mod keys;
mod kind;
mod lint;
mod load;
mod pack;
mod population;
mod profile;
mod record;
mod records;
mod region;
mod registry;
mod table;

pub use breaks::{Break, Breaks};
pub use codelist::load_codelist;
pub use constraint::{Check, Values};
pub(crate) use coverage::is_declarable;
pub use coverage::{Coverage, Declared};
pub use crosswalk::Crosswalk;
pub use diff::{Change, Changes, Class, diff};
pub use export::{ExportForm, export};
pub use field::{ComparedSide, Derived, Field, FieldType, OnInvalid};
pub(crate) use keys::MapKind;
pub use keys::check_keys;
pub use kind::SchemaKind;
pub use lint::check;
pub use pack::{Pack, PackCode, PackList, PackType};
pub use population::Populations;
pub use profile::{DateOrder, Ignore, Map, Numbers, Profile, QuotedLines, Series};
pub use record::{Identifiers, Parts, Record, SubjectOf, Sum, Unit};
pub use records::{Records, load_rules};
pub use region::Region;
pub use registry::{Override, Registry};

pub(crate) use load::{OneOrMore, parse};
