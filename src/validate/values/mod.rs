//! One cell: what its text can mean, and what it means.

mod age_words;
mod ages;
mod answers;
mod condition;
mod dates;
mod digest;
mod extent;
mod id_shapes;
mod identifiers;
mod lookup;
mod no_ids;
pub(super) mod number;
mod target;
mod words;

pub(super) use ages::Bands;
pub(crate) use ages::is_age;
pub(crate) use answers::{Answer, Answers};
pub(super) use condition::{Condition, Conditions, are_met};
pub(super) use dates::{Date, looks_like_date};
pub(super) use digest::{digest_of_value, mixed};
pub(super) use extent::{Extents, KeyParts, UnreadFigure, UnreadTexts};
pub(super) use id_shapes::{KEPT, beyond_kept, is_placeholder, is_shaped};
pub(crate) use identifiers::{Signs, is_personal};
pub(super) use identifiers::{fits, may_be_value, suspicious};
pub(super) use lookup::{Lookup, TextTargets};
pub(super) use no_ids::{IdKind, NoIds};
pub use number::Marks;
pub(super) use target::Target;
pub(super) use words::WordTable;
pub(super) use words::folded;
pub(crate) use words::normal;
