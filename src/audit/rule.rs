//! The rule: what a reader may know of a suppressed count.

use super::bounds::CellBounds;
use super::system::{EquationSystem, Meaning, OPEN, SystemCell};

/// What must stay possible of a cell.
///
/// # Definition
/// `k` is the threshold, and `c` the size that shown zeros concede: 1 where zeros are shown, 0 where they are hidden, and of a
/// total the number of its parts that are at least 1.
///
/// - A count that is known to be at least `k` needs no protection. Neither does one with `c >= k`.
/// - Any other suppressed count must be able to be `c`, and to be at least `max(k, c + k - 1)`.
/// - A difference of counts, such as a total without one of its codes, must not be known to be from 1 to `k - 1`.
///
/// # Proof
/// Let a reader know that the counts are whole numbers, not negative, that they agree with all that is published, and which zeros
/// are shown. Two tables that agree with everything published, one with the count `c` and one with `max(k, c + k - 1)` or more, are
/// both possible to that reader, and no argument from public files can exclude either. So the reader cannot show that the count is
/// below `k`, that it is more than `c`, or that it lies in an interval of fewer than `k` numbers. The rule holds for every
/// suppressed cell, small or large. That a cell is suppressed therefore says nothing of its size, as long as the choice of cells
/// does not depend on anything else that the reader can repeat.
///
/// It guarantees nothing against readers who know records, or counts from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    /// The count can be at most `low`, and at least `high`.
    Ends { low: i64, high: i64, threshold: i64 },
    /// The difference can be 0, or at least the threshold.
    NotSmall { threshold: i64 },
}

/// What bounds alone say of a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing: both ends may be possible.
    Open,
    /// The count is known to be large, or the difference to be none or large.
    Harmless,
    /// The demand is not met.
    Broken,
}

impl Demand {
    /// Returns what must stay possible of each cell of a system, given the lower bounds that shown zeros imply.
    pub fn all<'a>(
        system: &'a EquationSystem,
        conceded: &'a [i64],
        threshold: i64,
    ) -> impl Iterator<Item = (u32, Self)> + 'a {
        let cells = system.cells.iter().zip(conceded).enumerate();
        cells.filter_map(move |(at, (cell, &conceded))| Some((at as u32, Self::of(cell, conceded, threshold)?)))
    }

    /// Returns what must stay possible of a cell; nothing of a published one.
    ///
    /// `threshold` is that of the releases, for differences, which no table shows.
    pub fn of(cell: &SystemCell, conceded: i64, threshold: i64) -> Option<Self> {
        match cell.meaning {
            Meaning::Count(_) if cell.threshold > 0 => {
                let threshold = cell.threshold;
                Some(Self::Ends { low: conceded, high: threshold.max(conceded + threshold - 1), threshold })
            }
            Meaning::Count(_) => None,
            Meaning::Overlap(..) | Meaning::Rest(..) => (threshold > 0).then_some(Self::NotSmall { threshold }),
        }
    }

    /// Returns what bounds say.
    pub fn judge(self, (lower, upper): (i64, i64)) -> Known {
        match self {
            Self::Ends { low, high, threshold } => match () {
                () if low >= threshold || lower >= threshold => Known::Harmless,
                () if lower > low || upper < high => Known::Broken,
                () => Known::Open,
            },
            Self::NotSmall { threshold } => match () {
                () if upper <= 0 || lower >= threshold => Known::Harmless,
                () if lower > 0 && upper < threshold => Known::Broken,
                () => Known::Open,
            },
        }
    }

    /// Returns what bounds of a system say of a cell.
    pub fn judge_cell(self, bounds: &CellBounds, cell: u32) -> Known {
        self.judge((bounds.lower[cell as usize], bounds.upper[cell as usize]))
    }

    /// Returns the intervals in which the count must be able to be. Of a difference one of them is enough.
    pub fn goals(self) -> [(i64, i64); 2] {
        match self {
            Self::Ends { low, high, .. } => [(0, low), (high, OPEN)],
            Self::NotSmall { threshold } => [(0, 0), (threshold, OPEN)],
        }
    }

    /// Returns whether both goals have to be met.
    pub fn needs_both(self) -> bool {
        matches!(self, Self::Ends { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_must_stay_possible() {
        let demand = Demand::Ends { low: 1, high: 10, threshold: 10 };
        assert_eq!(demand.judge((1, 10)), Known::Open);
        assert_eq!(demand.judge((1, 9)), Known::Broken);
        assert_eq!(demand.judge((2, 30)), Known::Broken);
        assert_eq!(demand.judge((10, 10)), Known::Harmless);
        let conceded = Demand::Ends { low: 3, high: 12, threshold: 10 };
        assert_eq!(conceded.judge((3, 11)), Known::Broken);
        assert_eq!(Demand::Ends { low: 12, high: 21, threshold: 10 }.judge((12, 13)), Known::Harmless);
    }

    #[test]
    fn a_difference_must_not_be_known_to_be_small() {
        let demand = Demand::NotSmall { threshold: 10 };
        assert_eq!(demand.judge((0, 0)), Known::Harmless);
        assert_eq!(demand.judge((1, 9)), Known::Broken);
        assert_eq!(demand.judge((1, 10)), Known::Open);
        assert_eq!(demand.judge((0, 3)), Known::Open);
    }
}
