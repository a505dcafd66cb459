//! Record types of many schemas, each loaded once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Record, Registry, SchemaKind};
use crate::error::Result;

/// The record types that schemas name.
///
/// A record type reads all country packs. To load it for each schema anew takes time that grows with the product of both.
pub struct Records<'a> {
    registry: &'a Registry,
    loaded: BTreeMap<String, Record>,
}

impl<'a> Records<'a> {
    /// Starts with no record type.
    pub fn new(registry: &'a Registry) -> Self {
        Self { registry, loaded: BTreeMap::new() }
    }

    /// Returns a record type by name, and loads it the first time.
    pub fn load(&mut self, name: &str) -> Result<&Record> {
        match self.loaded.entry(name.to_owned()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(free) => Ok(free.insert(Record::load(self.registry, name)?)),
        }
    }
}

/// Makes the rules that record types define known by name.
pub fn load_rules(registry: &Registry) -> Result<()> {
    registry.names(SchemaKind::Records)?.iter().try_for_each(|name| Record::load(registry, name).map(drop))
}
