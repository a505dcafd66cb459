//! The key by which records are rounded.

use std::path::Path;

use crate::error::{Error, Result};
use crate::files::{self, Readers, Stage};
use crate::protect::{Policy, RoundingKey};

/// Digits of a key: 256 bits.
const DIGITS: usize = 64;

/// The fingerprint of the sample's key, which is public.
const PUBLIC: &str = "942a578017bcd942";

/// Reads a key of rounding from a file.
///
/// # Errors
/// The file cannot be read, or holds no key.
pub fn rounding_key(path: &Path) -> Result<RoundingKey> {
    rounding_secret(&files::read_text(path)?, &files::shown(path))
}

/// Reads a key of rounding from a text, such as a variable of the environment. Lines that begin with `#` are remarks.
///
/// # Errors
/// The text holds no 256 bits as hexadecimal digits.
pub fn rounding_secret(text: &str, place: &str) -> Result<RoundingKey> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let digits: String = lines.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect();
    if digits.len() < DIGITS || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(Error::refused(
            "policy/rounding-key",
            "this is not a key of rounding: it needs 64 hexadecimal digits",
        )
        .at(place)
        .hint("make one: `tipstat key new KEY`"));
    }
    Ok(RoundingKey::derive(digits.to_ascii_lowercase().as_bytes()))
}

/// Makes a new key of rounding, which only its owner can read.
///
/// # Errors
/// The file exists, or cannot be written, or the system has no random numbers.
pub fn new_rounding_key(path: &Path) -> Result<()> {
    let stage = Stage::next_to(path)?;
    if files::exists(path) {
        return Err(Error::refused("release/exists", "the key exists already and was left as it is")
            .at(files::shown(path))
            .hint("a key is never replaced, because releases that it rounded need it: choose another name"));
    }
    let mut bytes = [0u8; DIGITS / 2];
    getrandom::fill(&mut bytes)
        .map_err(|cause| Error::failed("the system gave no random numbers").with("cause", cause.to_string()))?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let output = files::FileOutput { path, readers: Readers::Owner, previous: files::Previous::Kept };
    output.write(&stage, |out| {
        let text =
            format!("# tipstat: key of rounding. Confidential: who has it can compute the true counts.\n{digits}\n");
        out.write_all(text.as_bytes()).map_err(|cause| Error::failed("cannot write the key").because(cause))
    })
}

/// Returns the key, which the policy needs.
pub(super) fn required(key: Option<RoundingKey>, policy: &Policy) -> Result<RoundingKey> {
    key.ok_or_else(|| no_key(format!("the policy `{}` rounds, and no key is named", policy.id)))
}

/// Refuses the sample's key, which is public. It is for synthetic records only.
pub(super) fn refuse_public(key: &RoundingKey) -> Result<()> {
    if key.fingerprint() == PUBLIC {
        return Err(no_key("this is the sample's key, which is public, and the records are not synthetic".to_owned()));
    }
    Ok(())
}

fn no_key(what: String) -> Error {
    Error::refused("policy/rounding-key", what)
        .hint("make a key, and keep it with the records: `tipstat key new KEY`")
        .hint("then pass `--rounding-key-file FILE`, or set `rounding_key_file` under `[release]` of the run file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_256_bits() {
        let digits = "0123456789abcdef".repeat(4);
        assert!(rounding_secret(&format!("# remark\n{digits}\n"), "x").is_ok());
        for wrong in ["", "secret", &digits[1..], &"g".repeat(64), &format!("# {digits}")] {
            let error = rounding_secret(wrong, "x").unwrap_err();
            assert!(error.to_string().contains("64 hexadecimal digits"), "{error}");
        }
    }

    #[test]
    fn the_key_of_the_sample_is_for_synthetic_records_only() {
        let text = include_str!("../../sample-data/rounding.key");
        let key = rounding_secret(text, "x").unwrap();
        let policy = Policy::load(&crate::schema::Registry::built_in(), "default").unwrap();
        assert_eq!(key.fingerprint(), PUBLIC);
        assert!(refuse_public(&key).is_err());
        assert!(required(Some(key), &policy).is_ok());
        assert!(required(None, &policy).is_err());
    }
}
