//! What a text means to a field.

use crate::finding::Rule;

/// What a text of a source means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A code of the field's list.
    Code(u16),
    /// The reporting area's own code.
    Area,
    /// An answer that gives no value: the source says no.
    No,
    /// It is known and refused, by a rule.
    Refused(Rule),
}
