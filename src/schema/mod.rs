//! What `schemas/` holds: record types, profiles, packs, regions, crosswalks, and the registry that finds them.

mod check;
mod codelist;
mod load;
mod pack;
mod profile;
mod record;
mod region;
mod registry;
mod table;

pub use check::check;
pub use pack::Pack;
pub use profile::{Ignore, Map, Profile};
pub use record::{Derived, Field, FieldType, OnInvalid, Record};
pub use region::Region;
pub use registry::{Kind, Registry};

pub(crate) use load::parse;
pub(crate) use profile::crosswalk;
