//! The digest of a row, which is the sum of the parts of its values.

use crate::model::Interval;

/// The part that the value of one field has in the digest of a row, which is the sum of its parts: no one chooses rows so
/// that their digests meet.
pub(crate) fn mixed(field: usize, value: u64) -> u64 {
    let mut x = value ^ (field as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The part of how many victims the row stands for.
pub(crate) fn digest_of_value(value: Interval) -> u64 {
    mixed(1 << 20, value.lower).wrapping_add(mixed(1 << 21, value.upper.unwrap_or(u64::MAX)))
}
