//! Fingerprints: by which records of an area and year are known again, whatever their order and the files that hold them.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::error::Result;
use crate::model::Codelist;
use crate::schema::{Field, Record};
use crate::store::{CountColumns, Part, RowsRequest};

/// An area and a year, as their codes.
pub type AreaYearKey = (String, String);

/// Returns a keyed fingerprint of the records of each area and year: the same where every combination of codes of these fields
/// has the same counts.
///
/// Each row is hashed by the keyed hashes of its values, and hashes of rows are added up. So the order of rows does not matter,
/// nor whether a row of 2 is written as two rows.
///
/// # Errors
/// A file cannot be read.
pub fn prints(
    parts: &[Part],
    record: &Record,
    fields: &[usize],
    key: &[u8; 32],
) -> Result<BTreeMap<AreaYearKey, String>> {
    let roles = ["area", "time"]
        .map(|role| record.role(role).and_then(|has_role| fields.iter().position(|&field| field == has_role)));
    let groups = parts.iter().flat_map(|part| (0..part.row_groups()).map(move |group| (part, group)));
    let of_group = |(part, group): (&Part, usize)| -> Result<BTreeMap<[Option<u64>; 2], u128>> {
        let mut sums = BTreeMap::new();
        part.each(&RowsRequest { record, fields, row_group: group, counts: CountColumns::Read }, |chunk| {
            let hash = |(&field, values): (&usize, &[u64])| -> Vec<u128> {
                values.iter().map(|&value| hash(key, &record.fields[field].id, &text(record, field, value))).collect()
            };
            let values = fields.iter().zip(chunk.fields.iter().map(|(values, _)| &**values));
            let hashes: Vec<Vec<u128>> = values.map(hash).collect();
            let (lower, upper) = chunk.counts.unwrap_or_default();
            let [areas, years] = roles.map(|place| place.map(|at| Ranks::of(&chunk.fields[at])));
            let rank = |column: &Option<Ranks<'_>>, row: usize| column.as_ref().map_or(0, |column| column.rank(row));
            let width = years.as_ref().map_or(1, |years| years.values.len());
            let height = areas.as_ref().map_or(1, |areas| areas.values.len());
            let mut of_places: Vec<Option<u128>> = vec![None; height * width];
            for (row, (&lower, &upper)) in lower.iter().zip(upper).enumerate() {
                let hashes = hashes.iter().zip(chunk.fields);
                let sum =
                    hashes.fold(0, |sum: u128, (hashes, (_, codes))| sum.wrapping_add(hashes[usize::from(codes[row])]));
                let of_place = of_places[rank(&areas, row) * width + rank(&years, row)].get_or_insert(0);
                let lower = mixed(sum).wrapping_mul(u128::from(lower));
                // The upper count has a hash of its own.
                let upper = mixed(!sum).wrapping_mul(u128::from(upper));
                *of_place = of_place.wrapping_add(lower).wrapping_add(upper);
            }
            let value = |column: &Option<Ranks<'_>>, rank: usize| column.as_ref().map(|column| column.values[rank]);
            for (at, found) in of_places.into_iter().enumerate() {
                let Some(found) = found else { continue };
                let sum: &mut u128 = sums.entry([value(&areas, at / width), value(&years, at % width)]).or_insert(0);
                *sum = sum.wrapping_add(found);
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
        let text =
            |at: usize| place[at].zip(roles[at]).map_or(String::new(), |(value, at)| text(record, fields[at], value));
        let print = blake3::keyed_hash(key, &sum.to_le_bytes()).to_hex()[..32].to_owned();
        ((text(0), text(1)), print)
    };
    Ok(sums.into_iter().map(print).collect())
}

/// The different values of a column. A file may list one of them multiple times, so these are no more than its code list has.
struct Ranks<'a> {
    values: Vec<u64>,
    /// For each value of the file, its place among the different ones.
    ranks: Vec<usize>,
    codes: &'a [u16],
}

impl<'a> Ranks<'a> {
    fn of((listed, codes): &(Vec<u64>, &'a [u16])) -> Self {
        let mut values = listed.clone();
        values.sort_unstable();
        values.dedup();
        let ranks = listed.iter().map(|value| values.partition_point(|other| other < value)).collect();
        Self { values, ranks, codes }
    }

    fn rank(&self, row: usize) -> usize {
        self.ranks[usize::from(self.codes[row])]
    }
}

/// Returns the fields that a table can count, and that all these files hold.
pub fn countable(record: &Record, parts: &[Part]) -> Vec<usize> {
    let is_countable = |field: &usize| {
        let Field { dimension, id, .. } = &record.fields[*field];
        dimension.is_some() && parts.iter().all(|part| part.holds(id))
    };
    (0..record.fields.len()).filter(is_countable).collect()
}

/// Returns a value as it is recorded: a code, or the codes of a set.
fn text(record: &Record, field: usize, value: u64) -> String {
    let list: &Codelist = record.fields[field].codes();
    let codes = record.present(field, &[value]);
    codes.into_iter().map(|code| list.id_of(code)).collect::<Vec<_>>().join(";")
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
