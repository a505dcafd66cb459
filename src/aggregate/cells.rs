//! The cells of one table, in the order of their keys, as they are returned.

use super::Dimension;
use super::dense::Width;
use super::sorted::MergedRuns;
use crate::confidential::confidential;
use crate::error::Result;

/// The number of cells that are returned together.
pub(super) const AT_ONCE: usize = 1 << 17;

/// Some cells of one table, in ascending order. Confidential.
pub struct Cells {
    /// The number of the table.
    pub table: usize,
    /// For each of its dimensions the node of each cell.
    pub nodes: Vec<Vec<u16>>,
    /// The lower bound of each count.
    pub lower: Vec<u64>,
    /// The upper bound, where a source is masked. Elsewhere both are the same.
    pub upper: Option<Vec<u64>>,
}

confidential!(Cells);

impl Cells {
    /// Returns no cells yet of a table.
    pub(super) fn new(table: usize, dimensions: usize, width: Width) -> Self {
        Self { table, nodes: vec![Vec::new(); dimensions], lower: Vec::new(), upper: width.has_bounds().then(Vec::new) }
    }

    /// Returns no cells of the same table.
    fn emptied(&self) -> Self {
        let upper = self.upper.as_ref().map(|_| Vec::new());
        Self { table: self.table, nodes: vec![Vec::new(); self.nodes.len()], lower: Vec::new(), upper }
    }

    /// Returns the number of cells.
    pub fn len(&self) -> usize {
        self.lower.len()
    }

    /// Returns whether there are no cells.
    pub fn is_empty(&self) -> bool {
        self.lower.is_empty()
    }
}

/// Packed nodes of a table's cells. The last dimension is the least significant.
#[derive(Clone, Debug)]
pub(super) struct Radix {
    sizes: Vec<u64>,
}

impl Radix {
    /// Returns the radix of a table, or nothing where its cells cannot be numbered with 64 bits.
    pub fn of(dimensions: &[Dimension], table: &[usize]) -> Option<Self> {
        let sizes: Vec<u64> = table.iter().map(|&dimension| dimensions[dimension].nodes.len().max(1) as u64).collect();
        sizes.iter().try_fold(1u64, |all, &size| all.checked_mul(size))?;
        Some(Self { sizes })
    }

    /// The keys of all combinations of nodes.
    pub fn keys<'a>(&self, nodes: impl Iterator<Item = &'a [u16]>, keys: &mut Vec<u64>, next: &mut Vec<u64>) {
        keys.clear();
        keys.push(0);
        for (nodes, &size) in nodes.zip(&self.sizes) {
            next.clear();
            next.extend(keys.iter().flat_map(|key| nodes.iter().map(move |&node| key * size + u64::from(node))));
            std::mem::swap(keys, next);
        }
    }
}

/// Gathers the cells of one table and returns them in batches.
pub(super) struct Emitter<'a, 'b> {
    cells: Cells,
    radix: Radix,
    /// The nodes of the last key but for its last dimension, and that part of the key.
    last: Option<(u64, Vec<u16>)>,
    /// Counts to subtract, because a person was counted twice.
    twice: Option<(MergedRuns<'a>, Option<super::sorted::PackedCell>)>,
    take: &'b mut dyn FnMut(Cells) -> Result<()>,
}

impl<'a, 'b> Emitter<'a, 'b> {
    pub fn new(
        cells: Cells,
        radix: Radix,
        twice: Option<MergedRuns<'a>>,
        take: &'b mut dyn FnMut(Cells) -> Result<()>,
    ) -> Result<Self> {
        let twice = match twice {
            Some(mut merged) => {
                let first = merged.next()?;
                Some((merged, first))
            }
            None => None,
        };
        Ok(Self { cells, radix, last: None, twice, take })
    }

    /// Adds the next cell. Keys ascend.
    pub fn push(&mut self, key: u64, mut lower: u64, mut upper: u64) -> Result<()> {
        if let Some((merged, waiting)) = &mut self.twice
            && let Some(twice) = waiting.filter(|twice| twice.key == key)
        {
            lower -= twice.lower;
            upper -= twice.lower;
            *waiting = merged.next()?;
        }
        let Some((&size, front)) = self.radix.sizes.split_last() else {
            self.cells.lower.push(lower);
            if let Some(all) = &mut self.cells.upper {
                all.push(upper);
            }
            return Ok(());
        };
        let (prefix, node) = (key / size, key % size);
        if self.last.as_ref().is_none_or(|(last, _)| *last != prefix) {
            let mut rest = prefix;
            let mut nodes = vec![0; front.len()];
            for (node, size) in nodes.iter_mut().zip(front).rev() {
                *node = (rest % size) as u16;
                rest /= size;
            }
            self.last = Some((prefix, nodes));
        }
        let (_, nodes) = self.last.as_ref().expect("it was just set");
        let (last, columns) = self.cells.nodes.split_last_mut().expect("as many columns as dimensions");
        columns.iter_mut().zip(nodes).for_each(|(column, &node)| column.push(node));
        last.push(node as u16);
        self.cells.lower.push(lower);
        if let Some(all) = &mut self.cells.upper {
            all.push(upper);
        }
        if self.cells.lower.len() == AT_ONCE { self.hand_on() } else { Ok(()) }
    }

    fn hand_on(&mut self) -> Result<()> {
        let next = self.cells.emptied();
        (self.take)(std::mem::replace(&mut self.cells, next))
    }

    /// Hands on the last cells.
    pub fn end(mut self) -> Result<()> {
        if self.cells.is_empty() { Ok(()) } else { self.hand_on() }
    }
}
