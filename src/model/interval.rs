//! Known bounds of a count that is not shown.

/// The whole numbers from `lower` to `upper`, both included; no upper bound where nothing bounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// Whether a value lies within.
    pub fn contains(self, value: u64) -> bool {
        self.lower <= value && self.upper.is_none_or(|upper| value <= upper)
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
}
