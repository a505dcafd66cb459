//! The only user of `std::fs`: reading, digests, and outputs that appear whole or not at all.
//!
//! `RELIABILITY.md` says what is promised. `disk` makes every change, `lock` sees to one writer an output, `stage` is where an
//! output is made, and `publish` puts it into its place.

mod apart;
mod cell;
mod change;
mod digested;
mod disk;
#[cfg(debug_assertions)]
mod fault;
mod heal;
mod live;
mod lock;
mod mark;
mod name;
mod path;
mod pattern;
mod plain;
mod publish;
mod read;
mod stage;
mod system;

pub use std::fs::File;

pub use apart::{Meeting, meeting};
pub use cell::CsvWriter;
pub use digested::{Digested, Digests, digests, sha256_of};
pub use disk::DiskFile;
pub use heal::current;
pub use live::{abandon, placed};
pub use mark::{begins_with, is_marked};
pub use name::{is_device, is_name};
pub use pattern::FilePattern;
pub use plain::{is_link, list_plain, read_plain};
pub(crate) use plain::{is_stage, refuse_unending};
pub use publish::{
    FileOutput, Previous, Published, Readers, publish_file, publish_folder, publish_together, unprotected,
};
pub(crate) use publish::{exists_already, foreign, is_litter};
pub use stage::Stage;

pub use change::{link_or_copy, make_closed, nameless, remove};
pub use path::{is_within, parent, resolved, shown, slashed};
pub use read::{
    Stamp, digest, digest_of, digest_of_start, exists, failure, is_folder, list, open, read, read_text, read_within,
    size, stamp,
};
