//! What stands for a person instead of the id: a pseudonym, and its digest in an area and a time.

use xxhash_rust::xxh3::xxh3_128_with_seed;

/// A secret under which person ids are hashed. It can be neither displayed nor serialised.
#[derive(Clone)]
pub struct PersonKey([u8; 32]);

impl PersonKey {
    /// A key from a secret text of any length.
    pub fn derive(secret: &[u8]) -> Self {
        Self(blake3::derive_key("tipstat 2026-11 pseudonyms of persons", secret))
    }

    /// Returns what differs between keys, and does not help to find this one: half of a keyed digest of a constant.
    pub fn fingerprint(&self) -> String {
        // What is hashed for a person begins with a length below 2^56, and this with a letter, so neither is the other.
        let digest = blake3::keyed_hash(&self.0, b"tipstat: the fingerprint of a key of persons");
        digest.to_hex()[..32].to_owned()
    }

    /// The pseudonym of a person id: half of a digest that cannot be repeated without the key.
    pub(crate) fn name(&self, scope: &str, id: &[u8]) -> u128 {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        // The length keeps a scope apart from the id that follows it.
        hasher.update(&(scope.len() as u64).to_le_bytes()).update(scope.as_bytes()).update(id);
        let digest = hasher.finalize();
        u128::from_le_bytes(*digest.as_bytes().first_chunk().expect("a digest has 32 bytes"))
    }
}

impl std::fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonKey(..)")
    }
}

/// The digest of a pseudonym in an area and a time.
pub(crate) fn of_name(name: u128, place: u64) -> u128 {
    xxh3_128_with_seed(&name.to_le_bytes(), place)
}
