//! The ledger of one store, as it was and as it will be.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::file::{AreaYear, Ledger, PublishedRelease};
use crate::aggregate::{AreaYearKey, prints};
use crate::error::Result;
use crate::files;
use crate::schema::Record;
use crate::store::Part;

/// The ledger of one store, as it was and as it will be.
pub(super) struct Book {
    pub path: PathBuf,
    /// The folder of the store.
    pub root: PathBuf,
    pub parts: Vec<Part>,
    /// The digest of the file, where there is one.
    pub digest: Option<String>,
    /// The ledger as it was, which a draft leaves in its place.
    pub before: Option<Ledger>,
    pub next: Ledger,
}

impl Book {
    /// Returns what is known of an area and year.
    pub fn entry(&self, place: &AreaYearKey) -> Option<&AreaYear> {
        self.find(place).ok().map(|at| &self.next.areas[at])
    }

    /// Returns where an area and year is in the ledger, or where it belongs.
    pub fn find(&self, (area, year): &AreaYearKey) -> std::result::Result<usize, usize> {
        self.next.areas.binary_search_by(|entry| (&entry.area, &entry.year).cmp(&(area, year)))
    }

    /// Returns the areas and years for which the store has records.
    pub fn places(&self, record: &Record) -> Result<BTreeSet<AreaYearKey>> {
        let mut fields: Vec<usize> = ["area", "time"].into_iter().filter_map(|role| record.role(role)).collect();
        fields.sort_unstable();
        Ok(prints(&self.parts, record, &fields, &[0; 32])?.into_keys().collect())
    }

    pub fn salt(&self) -> [u8; 32] {
        let digest = files::digest_of(self.next.salt.as_bytes());
        let mut salt = [0; 32];
        salt.copy_from_slice(&digest.as_bytes()[..32]);
        salt
    }

    /// Adds a release, once, and returns its place in the list.
    pub fn add(&mut self, release: PublishedRelease) -> usize {
        let known = self.next.releases.iter().position(|known| *known == release);
        known.unwrap_or_else(|| {
            self.next.releases.push(release);
            self.next.releases.len() - 1
        })
    }

    pub fn put(&mut self, entry: AreaYear) {
        match self.find(&entry.place()) {
            Ok(at) => self.next.areas[at] = entry,
            Err(at) => self.next.areas.insert(at, entry),
        }
    }
}
