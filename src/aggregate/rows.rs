//! Records as the classes of their dimensions, a column each, in as few bytes as they need.

use super::Dimension;
use crate::error::{Error, Result};
use crate::schema::Record;
use crate::store::{COUNT, CountColumns, Part, RowsRequest};

/// The classes of one dimension.
#[derive(Debug)]
pub(super) enum DimensionClasses {
    /// Of at most 256 classes.
    Narrow(Vec<u8>),
    /// Of more.
    Wide(Vec<u16>),
}

impl DimensionClasses {
    pub fn new(card: usize, rows: usize) -> Self {
        if card <= 1 << 8 { Self::Narrow(Vec::with_capacity(rows)) } else { Self::Wide(Vec::with_capacity(rows)) }
    }

    pub fn get(&self, row: usize) -> u16 {
        match self {
            Self::Narrow(codes) => codes[row].into(),
            Self::Wide(codes) => codes[row],
        }
    }

    pub fn push(&mut self, class: u16) {
        match self {
            Self::Narrow(codes) => codes.push(class as u8),
            Self::Wide(codes) => codes.push(class),
        }
    }

    fn extend(&mut self, keys: &[u16], classes: &[u16]) {
        match self {
            Self::Narrow(codes) => codes.extend(keys.iter().map(|&key| classes[usize::from(key)] as u8)),
            Self::Wide(codes) => codes.extend(keys.iter().map(|&key| classes[usize::from(key)])),
        }
    }
}

/// How many victims each row stands for.
#[derive(Debug)]
pub(super) enum RowWeights {
    /// One each.
    Ones,
    /// A number each.
    Exact(Vec<u64>),
    /// Lower and upper bounds.
    Bounds(Vec<u64>, Vec<u64>),
}

/// A run of records.
#[derive(Debug)]
pub struct RecordRun {
    pub(super) len: usize,
    pub(super) codes: Vec<DimensionClasses>,
    pub(super) weights: RowWeights,
}

impl RecordRun {
    /// No rows yet of these dimensions.
    pub(super) fn empty(dimensions: &[Dimension], rows: usize) -> Self {
        let codes = dimensions.iter().map(|dimension| DimensionClasses::new(dimension.card(), rows)).collect();
        Self { len: 0, codes, weights: RowWeights::Ones }
    }

    /// Reads one row group of a file.
    pub fn read(part: &Part, record: &Record, dimensions: &[Dimension], row_group: usize) -> Result<Self> {
        let counts = if part.is_one(row_group) { CountColumns::Left } else { CountColumns::Read };
        let mut fields: Vec<usize> = dimensions.iter().map(|dimension| dimension.field).collect();
        fields.sort_unstable();
        fields.dedup();
        let mut rows = Self::empty(dimensions, part.rows(row_group) as usize);
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        part.each(&RowsRequest { record, fields: &fields, row_group, counts }, |chunk| {
            for (dimension, codes) in dimensions.iter().zip(&mut rows.codes) {
                let at = fields.partition_point(|field| *field < dimension.field);
                let (values, keys) = &chunk.fields[at];
                let classes: Option<Vec<u16>> = values.iter().map(|&value| dimension.class_of(value)).collect();
                codes.extend(keys, &classes.ok_or_else(changed)?);
            }
            let of_counts = chunk.counts.map_or(0, |(low, _)| low.len());
            rows.len += chunk.fields.first().map_or(of_counts, |(_, keys)| keys.len());
            if let Some((low, high)) = chunk.counts {
                lower.extend_from_slice(low);
                upper.extend_from_slice(high);
            }
            Ok(())
        })?;
        if fields.is_empty() && counts == CountColumns::Left {
            rows.len = part.rows(row_group) as usize;
        }
        if rows.len as u64 != part.rows(row_group) {
            return Err(part.no_count(row_group, COUNT, "the file's end names another number of rows than there are"));
        }
        rows.weights = match counts {
            CountColumns::Left => RowWeights::Ones,
            CountColumns::Read if lower != upper => RowWeights::Bounds(lower, upper),
            CountColumns::Read if lower.iter().all(|&count| count == 1) => RowWeights::Ones,
            CountColumns::Read => RowWeights::Exact(lower),
        };
        Ok(rows)
    }

    /// Adds up all classes of all dimensions: what one look at every code costs.
    pub fn pass(&self) -> u64 {
        let sum = |codes: &DimensionClasses| match codes {
            DimensionClasses::Narrow(codes) => codes.iter().map(|&code| u64::from(code)).sum::<u64>(),
            DimensionClasses::Wide(codes) => codes.iter().map(|&code| u64::from(code)).sum(),
        };
        self.codes.iter().map(sum).sum()
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the bounds of the number of victims that a row stands for.
    pub(super) fn weight(&self, row: usize) -> (u64, u64) {
        match &self.weights {
            RowWeights::Ones => (1, 1),
            RowWeights::Exact(counts) => (counts[row], counts[row]),
            RowWeights::Bounds(lower, upper) => (lower[row], upper[row]),
        }
    }
}

fn changed() -> Error {
    Error::failed("the store changed while it was read").hint("run again when nothing writes to it")
}

/// What takes the rows that were read.
pub(super) type RunConsumer<'a> = &'a mut (dyn FnMut(&[RecordRun]) -> Result<()> + Send);
