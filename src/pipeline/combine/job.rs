//! What is combined, and how.

use std::path::PathBuf;

use crate::exchange::Overlap;
use crate::pipeline::release::{Keyring, ReleaseRequest};
use crate::pipeline::{Limit, Reading};

/// Packages that are combined.
#[derive(Clone, Debug)]
pub struct Combine {
    /// Releases, stores of records or of figures, and files of figures.
    pub packages: Vec<PathBuf>,
    /// The layout of packages that are files.
    pub profile: Option<String>,
    /// The release that is asked for; stores of records are protected under its policy first.
    pub request: ReleaseRequest,
    /// What happens where two packages report the same country and year.
    pub overlap: Overlap,
    /// The first and the last year that are taken; all without it. Indices are of the first one.
    pub years: Option<[u16; 2]>,
    /// True if a table uses only areas that report its total in the year.
    pub only_with_total: bool,
    /// How files are read.
    pub reading: Reading,
    /// How many of their figures may be rejected.
    pub max_rejects: Limit,
    /// Whose releases are combined: with keys, every package must be a signed release.
    pub keyring: Option<Keyring>,
    /// Packages that need no signature, such as the user's own store.
    pub unsigned: Vec<PathBuf>,
}
