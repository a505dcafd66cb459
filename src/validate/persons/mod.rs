//! The same person twice: what stands for a person, who was read where, and which records are later ones.

mod duplicates;
mod key;
mod later;
mod ledger;
mod long_ids;
mod notes;
mod shared;
mod sorter;

pub use duplicates::{Conflicts, SeenPersons, StoredPersons};
pub use key::PersonKey;
pub(super) use key::of_name;
pub use later::{Later, Laters};
pub use long_ids::LongIds;
pub(crate) use shared::Sampling;
pub use shared::{IdCounts, IdSample, SharedId};
