//! All cells of a release as one system: a variable for each population, a constraint for each way in which
//! populations add up.

/// How some cells add up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Constraint {
    /// The total.
    pub parent: u32,
    /// Its parts, ascending.
    pub children: Vec<u32>,
    /// Whether the parts exclude each other.
    pub partition: bool,
}

/// What every reader knows about a release: which cells there are, how they add up, and which zeros are hidden.
/// It holds no count.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// Whether the cell is in no table: a reader knows that it exists, as the overlap of groups does.
    pub hidden: Vec<bool>,
    /// Whether a hidden cell is a difference of cells, such as a total without one of its codes, which must not be known to be
    /// small.
    pub difference: Vec<bool>,
    /// Whether no table has a line for the cell, although it is in one. It is protected as if there were a line.
    pub left_out: Vec<bool>,
    /// Whether a zero in this cell would be hidden; if not, a suppressed cell is at least 1.
    pub hides_zero: Vec<bool>,
    /// How detailed a cell is: 0 for the grand total. Details are missed least.
    pub detail: Vec<u32>,
    /// The constraints.
    pub constraints: Vec<Constraint>,
    /// Constraints that a cell is a part of.
    pub(super) part_of: CellLists,
    /// Constraints that a cell is the total of.
    pub(super) total_of: CellLists,
}

/// A list for each cell, all in one.
#[derive(Clone, Debug, Default)]
pub(super) struct CellLists {
    start: Vec<usize>,
    items: Vec<u32>,
}

impl CellLists {
    /// Lists of so many cells from pairs of a cell and an item, which come twice in the same order.
    fn new<I: Iterator<Item = (u32, u32)>>(cells: usize, pairs: impl Fn() -> I) -> Self {
        let mut start = vec![0; cells + 1];
        pairs().for_each(|(cell, _)| start[cell as usize + 1] += 1);
        for cell in 0..cells {
            start[cell + 1] += start[cell];
        }
        let mut next = start.clone();
        let mut items = vec![0; start[cells]];
        for (cell, item) in pairs() {
            items[next[cell as usize]] = item;
            next[cell as usize] += 1;
        }
        Self { start, items }
    }

    /// The list of a cell.
    pub fn of(&self, cell: usize) -> &[u32] {
        &self.items[self.start[cell]..self.start[cell + 1]]
    }
}

/// No variable: the cell cannot hold anybody.
pub(in crate::protect) const NONE: u32 = u32::MAX;

impl System {
    /// A system of cells and constraints; for trials and tests.
    pub fn new(hides_zero: Vec<bool>, detail: Vec<u32>, constraints: Vec<Constraint>) -> Self {
        let numbered = || constraints.iter().enumerate().map(|(index, constraint)| (index as u32, constraint));
        let total_of =
            CellLists::new(hides_zero.len(), || numbered().map(|(index, relation)| (relation.parent, index)));
        let part_of = CellLists::new(hides_zero.len(), || {
            numbered().flat_map(|(index, relation)| relation.children.iter().map(move |&cell| (cell, index)))
        });
        let none = vec![false; hides_zero.len()];
        Self {
            hidden: none.clone(),
            difference: none.clone(),
            left_out: none,
            hides_zero,
            detail,
            constraints,
            part_of,
            total_of,
        }
    }

    /// The number of cells.
    pub fn len(&self) -> usize {
        self.hides_zero.len()
    }

    /// Returns whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.hides_zero.is_empty()
    }
}
