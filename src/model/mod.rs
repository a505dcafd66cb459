//! The vocabulary: code lists, hierarchies, keys, intervals and observation status. No input or output.

mod bound;
mod codelist;
mod interval;
mod key;
mod status;

pub use bound::{lower_at, nearest_at, printed, upper_at};
pub use codelist::{Code, Codelist, LANGUAGES, Missing};
pub use interval::Interval;
pub use key::{Key, KeyHasher, KeyLayout};
pub use status::{ConfStatus, ObsStatus};
