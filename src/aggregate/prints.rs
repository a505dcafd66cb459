//! Fingerprints: by which records of an area and year are known again, whatever their order and the files that hold them.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::error::Result;
use crate::model::Codelist;
use crate::schema::{FieldType, Record};
use crate::store::Part;

/// An area and a year, as their codes.
pub type Place = (String, String);

/// Returns a keyed fingerprint of the records of each area and year: the same where every combination of codes of these fields
/// has the same counts.
///
/// Each row is hashed by the keyed hashes of its values, and hashes of rows are added up. So the order of rows does not matter,
/// nor whether a row of 2 is written as two rows.
///
/// # Errors
/// A file cannot be read.
pub fn prints(parts: &[Part], record: &Record, fields: &[usize], key: &[u8; 32]) -> Result<BTreeMap<Place, String>> {
    let roles =
        ["area", "time"].map(|role| record.role(role).and_then(|of| fields.iter().position(|&field| field == of)));
    let groups = parts.iter().flat_map(|part| (0..part.row_groups()).map(move |group| (part, group)));
    let of_group = |(part, group): (&Part, usize)| -> Result<BTreeMap<[Option<u64>; 2], u128>> {
        let mut sums = BTreeMap::new();
        part.each(record, fields, group, true, |chunk| {
            let hash = |(&field, values): (&usize, &[u64])| -> Vec<u128> {
                values.iter().map(|&value| hash(key, &record.fields[field].id, &text(record, field, value))).collect()
            };
            let values = fields.iter().zip(chunk.fields.iter().map(|(values, _)| &**values));
            let hashes: Vec<Vec<u128>> = values.map(hash).collect();
            let (least, most) = chunk.counts.unwrap_or_default();
            for (row, (&least, &most)) in least.iter().zip(most).enumerate() {
                let code = |of: usize| usize::from(chunk.fields[of].1[row]);
                let sum =
                    hashes.iter().enumerate().fold(0, |sum: u128, (of, hashes)| sum.wrapping_add(hashes[code(of)]));
                let place = roles.map(|of| of.map(|of| chunk.fields[of].0[code(of)]));
                let of_place: &mut u128 = sums.entry(place).or_insert(0);
                let lower = mixed(sum).wrapping_mul(u128::from(least));
                // The upper count has a hash of its own.
                let upper = mixed(!sum).wrapping_mul(u128::from(most));
                *of_place = of_place.wrapping_add(lower).wrapping_add(upper);
            }
            Ok(())
        })?;
        Ok(sums)
    };
    let found: Result<Vec<_>> = groups.par_bridge().map(of_group).collect();
    let mut sums: BTreeMap<[Option<u64>; 2], u128> = BTreeMap::new();
    for (place, sum) in found?.into_iter().flatten() {
        let of_place = sums.entry(place).or_insert(0);
        *of_place = of_place.wrapping_add(sum);
    }
    let print = |(place, sum): ([Option<u64>; 2], u128)| {
        let text = |at: usize| place[at].zip(roles[at]).map_or(String::new(), |(of, at)| text(record, fields[at], of));
        let print = blake3::keyed_hash(key, &sum.to_le_bytes()).to_hex()[..32].to_owned();
        ((text(0), text(1)), print)
    };
    Ok(sums.into_iter().map(print).collect())
}

/// Returns the fields that a table can count, and that all these files hold.
pub fn countable(record: &Record, parts: &[Part]) -> Vec<usize> {
    let is_countable = |field: &usize| {
        let of = &record.fields[*field];
        of.dimension.is_some() && parts.iter().all(|part| part.holds(&of.id))
    };
    (0..record.fields.len()).filter(is_countable).collect()
}

/// Returns a value as it is recorded: a code, or the codes of a set.
pub(super) fn text(record: &Record, field: usize, value: u64) -> String {
    let list: &Codelist = record.fields[field].codes();
    if record.fields[field].kind != FieldType::Set {
        return list.id_of(value as u16).to_owned();
    }
    let codes = (0..u64::BITS as u16).filter(|code| value >> code & 1 == 1);
    codes.map(|code| list.id_of(code)).collect::<Vec<_>>().join(";")
}

fn hash(key: &[u8; 32], field: &str, text: &str) -> u128 {
    let bytes = blake3::keyed_hash(key, format!("{field}={text}").as_bytes());
    u128::from_le_bytes(bytes.as_bytes()[..16].try_into().expect("16 of 32"))
}

/// Mixes the bits of a sum, so that equal sums of different rows do not come from equal values in other rows.
fn mixed(sum: u128) -> u128 {
    let mix = |mut bits: u128| {
        bits ^= bits >> 67;
        bits = bits.wrapping_mul(0xda94_2042_e4dd_58b5_9e37_79b9_7f4a_7c15);
        bits ^ (bits >> 71)
    };
    mix(mix(mix(sum)))
}
