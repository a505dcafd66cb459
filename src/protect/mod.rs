//! The airlock between what is confidential and what may leave the organisation.
//!
//! All tables of a release are protected together, because tables that share cells unmask each other. The method is
//! cell suppression: small counts are suppressed, then further cells, until an attacker who knows everything that would be
//! published, and the policy, can no longer infer that a suppressed count is small. The attacker is part of the
//! program and runs again over the finished release; what it finds refuses the release.

mod audit;
mod lines;
mod pattern;
mod policy;
mod round;
mod rule;
mod safe;
mod silence;
mod tables;

pub use audit::{Audit, attack};
pub use pattern::{Constraint, CountSystem, Pattern, System, suppress};
pub use policy::{Method, Policy, UnitFields};
pub use round::{Came, Draw, PlaceUnits, Rounded, RoundingKey, Unsealed, publish_rounded, round};
pub use rule::BoundKind;
pub use safe::{SafeCounts, are_safe_together, protect};
pub use tables::{NotSeen, Observation, Protected, ProtectedTable, Rounding, RoundingChange, Size, publish};

#[cfg(test)]
mod tests;
