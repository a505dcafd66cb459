//! What all documents that the program writes have in common.

use serde::Serialize;

use crate::files;

/// Begins the last entry of a document that bears the digest of all that precedes that digest.
const CHECKSUM: &str = "\n  \"checksum\": \"";

/// Ends such a document.
const END: &str = "\"\n}\n";

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

/// Writes a value as the text of a file whose last entry is a checksum, so that damage is seen.
pub(super) fn checked_json(value: &impl Serialize) -> Vec<u8> {
    add_checksum(&json(value))
}

/// Adds a checksum to the text of a JSON object.
pub(super) fn add_checksum(text: &[u8]) -> Vec<u8> {
    let text = text.trim_ascii_end();
    let body = text.strip_suffix(b"}").unwrap_or(text).trim_ascii_end();
    let mut bytes = body.to_vec();
    if !body.ends_with(b"{") {
        bytes.push(b',');
    }
    bytes.extend_from_slice(CHECKSUM.as_bytes());
    let digest = files::digest_of(&bytes);
    bytes.extend_from_slice(digest.as_bytes());
    bytes.extend_from_slice(END.as_bytes());
    bytes
}

/// Returns whether a text is the same byte for byte as when its checksum was added. One without a checksum is not: earlier
/// versions wrote none, and a damaged one may have lost it.
pub(super) fn is_unchanged(bytes: &[u8]) -> bool {
    let unchanged = || {
        let rest = bytes.strip_suffix(END.as_bytes())?;
        let (before, digest) = rest.split_at_checked(rest.len().checked_sub(64)?)?;
        Some(before.ends_with(CHECKSUM.as_bytes()) && files::digest_of(before).as_bytes() == digest)
    };
    unchanged().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_changed_byte_is_seen() {
        for value in [serde_json::json!({}), serde_json::json!({"a": [1, {"b": "x\n"}], "checksum": "none"})] {
            let written = checked_json(&value);
            assert!(is_unchanged(&written));
            let read: serde_json::Value = serde_json::from_slice(&written).unwrap();
            assert_eq!(read["checksum"].as_str().unwrap().len(), 64);
            assert_eq!(read["a"], value["a"]);
            for at in 0..written.len() {
                for change in [1, 0x20, 0x80] {
                    let mut changed = written.clone();
                    changed[at] ^= change;
                    assert!(!is_unchanged(&changed), "byte {at}");
                }
                assert!(
                    !is_unchanged(&written[..at]) && !is_unchanged(&[&written[..at], b" ", &written[at..]].concat())
                );
            }
            assert!(!is_unchanged(&json(&value)) && !is_unchanged(&[&*written, b"\n"].concat()));
        }
    }
}
