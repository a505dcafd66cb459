//! A cube that is made, and what it holds.

use super::requested::CubeRequest;
use super::store::CubeStore;
use crate::aggregate::CountMeasure;
use crate::schema::Registry;

/// A cube that is made.
#[derive(Clone, Debug)]
pub struct CubeJob {
    /// The schemas.
    pub registry: Registry,
    /// The store.
    pub store: CubeStore,
    /// The tables.
    pub request: CubeRequest,
    /// What is counted.
    pub measure: CountMeasure,
    /// Bytes of memory that may be used.
    pub memory: u64,
}

/// What a cube holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CubeMade {
    /// Its tables.
    pub tables: usize,
    /// Its cells.
    pub cells: u64,
    /// Files of the store that were counted, because nothing of them was kept.
    pub counted: usize,
    /// Files whose base was kept.
    pub kept: usize,
}
