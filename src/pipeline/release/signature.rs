//! Who made a release: signatures of its manifest by the tool minisign, and which areas a key may speak for.
//!
//! The manifest names every other file by its digest, so its signature covers the release. Nothing is signed here and no
//! secret key is read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use minisign_verify::{PublicKey, Signature};
use serde::Deserialize;

use super::manifest::MANIFEST;
use crate::error::{Error, Result, suggest};
use crate::model::Codelist;
use crate::schema::parse;
use crate::{files, limits};

/// The signature next to `manifest.json`, as minisign names it.
pub(in crate::pipeline) const SIGNATURE: &str = "manifest.json.minisig";

/// A public key of minisign.
#[derive(Clone, Debug)]
pub struct SignerKey {
    id: String,
    key: PublicKey,
}

impl SignerKey {
    /// Reads the file of a public key, such as `minisign.pub`.
    ///
    /// # Errors
    /// It cannot be read, or holds no public key. A secret key is refused, and nothing of it is kept.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(&files::read_text(path)?, &files::shown(path))
    }

    /// Takes the key from a text: the two lines of a file, or the line of the key alone.
    fn parse(text: &str, place: &str) -> Result<Self> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        let line = lines.rfind(|line| !line.is_empty() && !line.starts_with("untrusted comment:")).unwrap_or_default();
        // A secret key is three times as long, and names its algorithms after `Ed`.
        if line.len() > 100 && line.starts_with("RW") {
            return Err(Error::failed("this is a secret key: it was not used")
                .at(place)
                .hint("name the public key, which `minisign -G` wrote as `minisign.pub`")
                .hint("keep the secret key where only its owner reads it"));
        }
        match (PublicKey::from_base64(line), id_of(line)) {
            (Ok(key), Some(id)) => Ok(Self { id, key }),
            _ => Err(Error::failed("the file holds no public key of minisign")
                .at(place)
                .hint("a public key has two lines. The second one begins with `RW`")),
        }
    }

    /// Returns the id of the key, as minisign prints it.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Returns the id of the key that a line of a key or a signature names: eight bytes after the two of the algorithm.
fn id_of(line: &str) -> Option<String> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bits: u128 = 0;
    for byte in line.as_bytes().get(..16)? {
        bits = bits << 6 | u128::from(digit(*byte)?);
    }
    // Sixteen digits are twelve bytes: two of the algorithm, eight of the id, two of what follows.
    let id = (bits >> 16) as u64;
    Some(format!("{:016X}", id.swap_bytes()))
}

/// Returns which of some keys signed the manifest of a release.
///
/// # Errors
/// There is no signature, it cannot be read, it is of another key, or it is not of this manifest.
pub(in crate::pipeline) fn signer<'a>(
    folder: &Path,
    manifest: &[u8],
    keys: impl IntoIterator<Item = &'a SignerKey>,
) -> Result<&'a SignerKey> {
    let path = folder.join(SIGNATURE);
    let wrong = |what: &str| Error::refused("release/signature", what.to_owned()).at(files::shown(&path));
    if !files::exists(&path) {
        return Err(Error::refused("release/signature", "the release bears no signature")
            .at(files::shown(folder))
            .hint(format!(
                "its publisher makes `{SIGNATURE}` with `minisign -S -m {MANIFEST}`: put it next to `{MANIFEST}`"
            )));
    }
    let text = String::from_utf8_lossy(&files::read_plain(&path, limits::SIGNATURE)?).into_owned();
    let (signature, id) = match (Signature::decode(&text), text.lines().nth(1).and_then(id_of)) {
        (Ok(signature), Some(id)) => (signature, id),
        _ => {
            return Err(wrong("the signature cannot be read")
                .hint(format!("its publisher makes it anew with `minisign -S -m {MANIFEST}`")));
        }
    };
    let mut known = Vec::new();
    for key in keys {
        known.push(key.id.as_str());
        if key.id != id {
            continue;
        }
        return match key.key.verify(manifest, &signature, false) {
            Ok(()) => Ok(key),
            Err(minisign_verify::Error::UnexpectedAlgorithm) => Err(wrong("the signature is of an outdated kind")
                .with("key", id)
                .hint(format!("its publisher makes it anew with `minisign -S -H -m {MANIFEST}`"))),
            Err(_) => Err(wrong("the signature is not that of this manifest")
                .with("key", id)
                .hint("do not use the release: it was changed after it was signed, or the signature is of another one")
                .hint("get it again from its publisher")),
        };
    }
    let error = wrong("the release is signed with another key").with("found", id);
    let error = if known.len() <= 5 { error.with("expected", known.join(", ")) } else { error };
    Err(error.hint("ask the publisher which key is right, by another way than the one on which the release came"))
}

/// Keys and the areas that each may speak for.
#[derive(Clone, Debug)]
pub struct Keyring {
    keys: Vec<(SignerKey, Areas)>,
}

/// The areas that a key may speak for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pipeline) enum Areas {
    /// Every area.
    All,
    /// These.
    Some(BTreeSet<String>),
}

impl Areas {
    /// Refuses an area that the key may not speak for.
    pub fn check(&self, area: &str, key: &str, folder: &Path) -> Result<()> {
        match self {
            Self::Some(areas) if !areas.contains(area) => {
                let areas: Vec<&str> = areas.iter().map(String::as_str).collect();
                Err(Error::refused(
                    "release/key-not-allowed",
                    "the release reports an area that its key may not speak for",
                )
                .at(files::shown(folder))
                .with("area", area.to_owned())
                .with("key", format!("{key}, for {}", areas.join(", ")))
                .hint("ask the publisher why the area is in the release, or leave the package out")
                .hint("where the key may speak for it, add the area to the keyring: `tipstat explain signatures`"))
            }
            _ => Ok(()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureFile {
    key: Vec<WrittenKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKey {
    /// For people only.
    #[serde(default, rename = "name")]
    _name: Option<String>,
    /// The file of the public key, relative to the keyring.
    #[serde(default)]
    file: Option<PathBuf>,
    /// Or the key itself.
    #[serde(default)]
    public_key: Option<String>,
    areas: Vec<String>,
}

/// The file of a keyring in its folder.
const KEYRING: &str = "keyring.toml";

impl Keyring {
    /// Returns the file of a keyring, where its folder is named.
    pub fn file(path: &Path) -> PathBuf {
        if files::is_folder(path) { path.join(KEYRING) } else { path.to_path_buf() }
    }

    /// Reads a keyring: a TOML file, or a folder with `keyring.toml`.
    ///
    /// # Errors
    /// It cannot be read, a key is not a public key or occurs twice, or an area is not one of the code list.
    pub fn read(path: &Path, areas: &Codelist) -> Result<Self> {
        let path = Self::file(path);
        let place = files::shown(&path);
        let text = files::read_text(&path)
            .map_err(|error| error.hint("`tipstat explain signatures` shows what a keyring holds"))?;
        let written: SignatureFile = parse(&text, &place)?;
        let mut keys: Vec<(SignerKey, Areas)> = Vec::new();
        for (number, entry) in written.key.into_iter().enumerate() {
            let at = format!("{place}, key {}", number + 1);
            let key = match (&entry.file, &entry.public_key) {
                (Some(file), None) => SignerKey::read(&files::parent(&path).join(file))?,
                (None, Some(text)) => SignerKey::parse(text, &at)?,
                _ => {
                    return Err(Error::failed("a key is named by `file` or by `public_key`").at(at));
                }
            };
            if keys.iter().any(|(known, _)| known.id == key.id) {
                return Err(Error::failed("the keyring names a key twice").at(at).with("key", key.id));
            }
            let named = match entry.areas.as_slice() {
                [all] if all == "*" => Areas::All,
                [] => {
                    return Err(Error::failed("the keyring does not say which areas the key may speak for")
                        .at(at)
                        .hint("`areas = [\"KHM\"]`, or `areas = [\"*\"]` for every area"));
                }
                named => {
                    if let Some(wrong) = named.iter().find(|code| areas.find(code).is_none()) {
                        let known: Vec<&str> = areas.known().map(|(_, code)| &*code.id).collect();
                        return Err(Error::failed(format!("`{wrong}` is not an area of {}", areas.id))
                            .at(at)
                            .hint(suggest(wrong, &known)));
                    }
                    Areas::Some(named.iter().cloned().collect())
                }
            };
            keys.push((key, named));
        }
        if keys.is_empty() {
            return Err(Error::failed("the keyring holds no key").at(place));
        }
        Ok(Self { keys })
    }

    /// Returns the id of the key that signed a release, and the areas for which it may speak.
    pub(in crate::pipeline) fn signer(&self, folder: &Path, manifest: &[u8]) -> Result<(&str, &Areas)> {
        let key = signer(folder, manifest, self.keys.iter().map(|(key, _)| key))?;
        let areas = self.keys.iter().find(|(known, _)| known.id == key.id).map(|(_, areas)| areas);
        Ok((&key.id, areas.expect("one of the keys")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and its id as the documentation of minisign prints them.
    #[test]
    fn a_key_is_named_by_its_id() {
        let line = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
        for text in [line.to_owned(), format!("untrusted comment: minisign public key E7620F1842B4E81F\r\n{line}\r\n")]
        {
            assert_eq!(SignerKey::parse(&text, "a.pub").unwrap().id(), "E7620F1842B4E81F");
        }
        for text in ["", "RWQ", "untrusted comment: x", &line.replace("RWQ", "RWz"), &line[..50]] {
            assert!(SignerKey::parse(text, "a.pub").is_err(), "{text}");
        }
        let secret = format!("untrusted comment: minisign encrypted secret key\nRWRTY0Iy{}\n", "A".repeat(204));
        assert!(SignerKey::parse(&secret, "a.key").unwrap_err().to_string().contains("secret key"));
    }
}
