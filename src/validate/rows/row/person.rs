//! Digests of persons.

use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

use crate::validate::persons::of_name;
use crate::validate::plan::Plan;

/// The codes of an area and a time as one number. Codes are below 2^16, so area and year never share one.
#[inline]
pub(in crate::validate::rows) fn place(area: u64, time: u64) -> u64 {
    area << 16 | time
}

/// Digests of a person in an area and a time, and of the person alone. The cell is neither an error nor a rounded number.
#[inline]
pub(in crate::validate::rows) fn person(plan: &Plan, cell: &[u8], place: u64) -> Option<(u128, Option<u128>)> {
    if plan.is_no_id(cell) {
        return None;
    }
    // In memory a fast digest is enough; what is stored is a keyed one that cannot be repeated without the key.
    let name = plan.options.person_key.as_ref().map(|key| key.name(&plan.person_scope, cell));
    let digest = match name {
        // A store keeps pseudonyms and no ids, and whoever adds to it must find its persons again.
        Some(name) => of_name(name, place),
        None => {
            let scope = plan.person_scope.as_bytes();
            let seed = if scope.is_empty() { seed(place) } else { xxh3_64_with_seed(scope, place) };
            // The ledger looks at no more than 64 bits.
            if plan.options.merge { xxh3_128_with_seed(cell, seed) } else { xxh3_64_with_seed(cell, seed).into() }
        }
    };
    Some((digest, name))
}

/// Returns the seed of a place. The digest of a short id is that of the id and the seed combined bit by bit, so places in a row
/// would give 100 in 2018 the digest of 101 in 2019.
#[inline]
fn seed(place: u64) -> u64 {
    let spread = place.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    spread ^ spread >> 32
}
