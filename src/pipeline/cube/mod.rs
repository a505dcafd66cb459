//! Every table of a store at once. Confidential: nothing here is protected.

mod count;
mod job;
mod kept;
mod store;
mod wanted;

pub use job::{CubeJob, CubeMade};
pub use store::CubeStore;
pub use wanted::CubeRequest;
