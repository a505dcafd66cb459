//! A value that is never shown.

use std::fmt;

/// A cell of a record. Neither `Debug` nor `Display` shows it, so that no message, log or panic can.
///
/// ```
/// let cell = tipstat::Sensitive::new("Jane");
/// assert_eq!(format!("{cell:?} {cell}"), "[confidential] [confidential]");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Hides a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for a computation and never for a message.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[confidential]")
    }
}

impl<T> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[confidential]")
    }
}
