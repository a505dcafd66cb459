//! What all documents that the program writes have in common.

use serde::Serialize;

/// Returns the program and its version.
pub(super) fn program() -> String {
    format!("tipstat {}", env!("CARGO_PKG_VERSION"))
}

/// Writes a value as the text of a file.
pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("plain data");
    bytes.push(b'\n');
    bytes
}
