//! Known bounds of a count that is not shown.

/// The whole numbers from `lower` to `upper`, both included; no upper bound where nothing bounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    /// The least possible value.
    pub lower: u64,
    /// The greatest possible value, if there is one.
    pub upper: Option<u64>,
}

impl Interval {
    /// A value that is known.
    pub fn exact(value: u64) -> Self {
        Self { lower: value, upper: Some(value) }
    }

    /// A value that may be any number.
    pub fn open() -> Self {
        Self { lower: 0, upper: None }
    }

    /// Returns whether the interval holds a value.
    pub fn contains(self, value: u64) -> bool {
        self.lower <= value && self.upper.is_none_or(|upper| value <= upper)
    }

    /// Returns whether the interval holds only one value.
    pub fn is_exact(self) -> bool {
        self.upper == Some(self.lower)
    }

    /// Returns the numbers that both hold; none where there are none.
    pub fn and(self, other: Self) -> Option<Self> {
        let lower = self.lower.max(other.lower);
        let upper = self.upper.into_iter().chain(other.upper).min();
        upper.is_none_or(|upper| lower <= upper).then_some(Self { lower, upper })
    }

    /// Returns the numbers from the least to the greatest of both.
    pub fn hull(self, other: Self) -> Self {
        let upper = self.upper.zip(other.upper).map(|(a, b)| a.max(b));
        Self { lower: self.lower.min(other.lower), upper }
    }

    /// Returns the larger of both bounds at each end.
    pub fn larger(self, other: Self) -> Self {
        let upper = self.upper.zip(other.upper).map(|(a, b)| a.max(b));
        Self { lower: self.lower.max(other.lower), upper }
    }

    /// The bounds of a sum: lower bounds add up, and so do upper ones. Too large a sum is none.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let upper = match (self.upper, other.upper) {
            (Some(a), Some(b)) => Some(a.checked_add(b)?),
            _ => None,
        };
        Some(Self { lower: self.lower.checked_add(other.lower)?, upper })
    }
}

#[cfg(test)]
mod tests {
    use super::Interval;

    #[test]
    fn an_interval_without_upper_bound_contains_all_above() {
        let open = Interval { lower: 3, upper: None };
        assert!(open.contains(3) && open.contains(u64::MAX) && !open.contains(2));
        assert!(Interval::exact(3).contains(3) && !Interval::exact(3).contains(4));
    }

    /// `<5` + 7 + `1-3` is between 0 + 7 + 1 and 4 + 7 + 3.
    #[test]
    fn sums_of_masks_add_their_bounds() {
        let mask = |lower, upper| Interval { lower, upper: Some(upper) };
        let sum = [mask(0, 4), Interval::exact(7), mask(1, 3)]
            .into_iter()
            .try_fold(Interval::exact(0), |a, b| a.checked_add(b));
        assert_eq!(sum, Some(mask(8, 14)));
        assert_eq!(mask(0, 4).checked_add(Interval::open()), Some(Interval::open()));
        assert_eq!(Interval::exact(u64::MAX).checked_add(Interval::exact(1)), None);
    }
}
