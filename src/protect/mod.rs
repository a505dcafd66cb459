//! The airlock between what is confidential and what may leave the house.
//!
//! All tables of a release are protected together, because tables that share cells unmask each other. The method is
//! cell suppression: small counts are blanked, then further cells, until an attacker who knows everything that would be
//! published, and the policy, can no longer tell that a blanked group is small. The attacker is part of the
//! program and runs again over the finished release; what it finds refuses the release.

mod attack;
mod evaluate;
mod policy;
mod protected;
mod public;
mod reduce;
mod round;
mod silence;
mod suppress;
mod system;
mod unasked;

pub use attack::attack;
pub use policy::{Method, Policy};
pub use protected::{Audit, Change, Observation, Protected, ProtectedTable, Rounding, SafeCounts, Size, protect};
pub use public::publish;
pub use round::{Rounded, RoundingKey, publish_rounded, round};
pub use suppress::{Pattern, Side, suppress};
pub use system::{Constraint, System};
pub use unasked::NotSeen;

#[cfg(test)]
mod tests;
