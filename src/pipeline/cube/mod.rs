//! Every table of a store at once. Confidential: nothing here is protected.

mod count;
mod job;
mod kept;
mod requested;
mod store;

pub use job::{CubeJob, CubeMade};
pub use requested::CubeRequest;
pub use store::CubeStore;
