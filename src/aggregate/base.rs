//! The base cuboid: each combination of codes that occurs, with its count.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::model::{Key, KeyHasher, KeyLayout};
use crate::schema::{FieldType, Record};
use crate::store::Part;

/// Counts of all combinations of the codes of some fields. Confidential: it cannot be serialised or displayed.
pub struct Base {
    /// The fields, in the order of the record type.
    pub fields: Vec<usize>,
    layout: KeyLayout,
    cells: Vec<(Key, Bounds)>,
}

/// The least and the greatest count that the records of a cell can have: equal where no source is masked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bounds {
    pub least: u64,
    pub most: u64,
}

impl Bounds {
    pub fn add(&mut self, other: Self) -> Result<()> {
        self.least = self.least.checked_add(other.least).ok_or_else(overflow)?;
        self.most = self.most.checked_add(other.most).ok_or_else(overflow)?;
        Ok(())
    }
}

impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Base {{ {} fields }}", self.fields.len())
    }
}

type Counts = HashMap<u128, Bounds, BuildHasherDefault<KeyHasher>>;

/// Counts all combinations in some files of a store.
///
/// # Errors
/// A file cannot be read, or a count does not fit 64 bits.
pub fn count(record: &Record, parts: &[Part], fields: &[usize]) -> Result<Base> {
    let widths: Vec<_> = fields
        .iter()
        .map(|&field| {
            let codes = record.fields[field].codes().len();
            if record.fields[field].kind == FieldType::Set { codes as u32 } else { KeyLayout::bits(codes) }
        })
        .collect();
    let layout = KeyLayout::new(&widths)?;
    let groups: Vec<_> =
        parts.iter().flat_map(|part| (0..part.row_groups()).map(move |row_group| (part, row_group))).collect();
    let counted: Result<Vec<_>> = groups
        .par_iter()
        .map(|(part, row_group)| {
            let rows = part.read(record, fields, *row_group)?;
            let mut counts = Counts::default();
            for (row, (&least, &most)) in rows.counts.iter().zip(&rows.most).enumerate() {
                let parts = rows.columns.iter().enumerate().map(|(d, codes)| layout.part(d, codes[row]));
                let key = parts.fold(0, |key, part| key | part);
                counts.entry(key).or_default().add(Bounds { least: least.into(), most: most.into() })?;
            }
            Ok(sorted(counts))
        })
        .collect();
    let merged = counted?.into_par_iter().map(Ok).reduce(|| Ok(Vec::new()), |a, b| merge(&a?, &b?));
    Ok(Base { fields: fields.to_vec(), layout, cells: merged? })
}

fn sorted(counts: Counts) -> Vec<(Key, Bounds)> {
    let mut cells: Vec<_> = counts.into_iter().map(|(key, count)| (Key(key), count)).collect();
    cells.sort_unstable();
    cells
}

/// Adds two sorted lists; addition of integers does not depend on who is merged first.
fn merge(a: &[(Key, Bounds)], b: &[(Key, Bounds)]) -> Result<Vec<(Key, Bounds)>> {
    let mut merged = Vec::with_capacity(a.len().max(b.len()));
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    loop {
        let next = match (a.peek(), b.peek()) {
            (None, None) => return Ok(merged),
            (Some(x), Some(y)) if x.0 == y.0 => {
                let (key, mut sum) = **x;
                sum.add(y.1)?;
                a.next();
                b.next();
                (key, sum)
            }
            (Some(x), Some(y)) if x.0 < y.0 => *a.next().expect("peeked"),
            (Some(_), None) => *a.next().expect("peeked"),
            _ => *b.next().expect("peeked"),
        };
        merged.push(next);
    }
}

pub(super) fn overflow() -> Error {
    Error::failed("a count is larger than 18,446,744,073,709,551,615").hint("look at the column `count` of the inputs")
}

impl Base {
    /// The number of victims, at least.
    pub fn total(&self) -> u64 {
        self.cells.iter().map(|(_, count)| count.least).sum()
    }

    /// The codes of a field that occur, for a set its codes one by one, ascending.
    pub fn present(&self, record: &Record, field: usize) -> Vec<u16> {
        let Some(dimension) = self.fields.iter().position(|&f| f == field) else { return Vec::new() };
        let mut seen = vec![false; record.fields[field].codes().len()];
        let set = record.fields[field].kind == FieldType::Set;
        for (key, _) in &self.cells {
            let value = self.layout.get(*key, dimension);
            if set {
                (0..seen.len()).filter(|code| value >> code & 1 == 1).for_each(|code| seen[code] = true);
            } else {
                seen[value as usize] = true;
            }
        }
        (0..seen.len() as u16).filter(|&code| seen[usize::from(code)]).collect()
    }

    /// Sums over all fields but some; calls back with the values of these and the count, in the order of keys.
    pub(super) fn project(&self, fields: &[usize], mut each: impl FnMut(&[u64], Bounds) -> Result<()>) -> Result<()> {
        let dimensions: Vec<_> = fields
            .iter()
            .map(|field| self.fields.iter().position(|f| f == field).expect("the base has the table's fields"))
            .collect();
        let mut counts = Counts::default();
        let mask = dimensions.iter().fold(0, |mask, &d| mask | self.layout.part(d, self.layout.get(Key(u128::MAX), d)));
        for (key, count) in &self.cells {
            counts.entry(key.0 & mask).or_default().add(*count)?;
        }
        let mut values = vec![0; dimensions.len()];
        for (key, count) in sorted(counts) {
            for (value, &dimension) in values.iter_mut().zip(&dimensions) {
                *value = self.layout.get(key, dimension);
            }
            each(&values, count)?;
        }
        Ok(())
    }
}
