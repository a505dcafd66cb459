//! Bounds of intervals, rounded so that an interval never becomes narrower.

/// From so many steps of the grid on, a double is about as coarse as the grid: rounding twice could differ from rounding once.
const FINEST: f64 = (1u64 << 51) as f64;

/// Rounds to so many decimals. A number too large to have them stays as it is.
pub fn nearest_at(number: f64, decimals: i32) -> f64 {
    match steps(number, decimals) {
        Some((steps, scale)) => steps / scale,
        None => number,
    }
}

/// Rounds a lower bound down to so many decimals. A number too large to have them stays as it is.
pub fn lower_at(bound: f64, decimals: i32) -> f64 {
    match steps(bound, decimals) {
        Some((steps, scale)) if steps / scale > bound => (steps - 1.0) / scale + 0.0,
        Some((steps, scale)) => steps / scale + 0.0,
        None => bound,
    }
}

/// Rounds an upper bound up to so many decimals.
pub fn upper_at(bound: f64, decimals: i32) -> f64 {
    -lower_at(-bound, decimals) + 0.0
}

/// Returns the nearest step of the grid, and the steps of one unit.
fn steps(number: f64, decimals: i32) -> Option<(f64, f64)> {
    let scale = 10f64.powi(decimals);
    let steps = (number * scale).round();
    (steps.abs() < FINEST).then_some((steps, scale))
}

/// Writes both bounds for a reader: one decimal, or as many as the upper bound needs to show two digits that are not zeros.
/// A bound that is not there is empty.
pub fn printed(lower: Option<f64>, upper: Option<f64>) -> [Option<String>; 2] {
    let size = upper.or(lower).map_or(0.0, f64::abs);
    let decimals = if size > 0.0 && size < 1.0 { (1 - size.log10().floor() as i32).min(9) } else { 1 };
    [lower.map(|bound| lower_at(bound, decimals).to_string()), upper.map(|bound| upper_at(bound, decimals).to_string())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bounds_are_rounded_outwards() {
        let text = |lower, upper| printed(Some(lower), Some(upper)).map(Option::unwrap_or_default).join(", ");
        assert_eq!(text(0.0, 0.0172), "0, 0.018");
        assert_eq!(text(17.04, 18.51), "17, 18.6");
        assert_eq!(text(24.5, 25.7), "24.5, 25.7");
        assert_eq!(text(33.3333, 66.6667), "33.3, 66.7");
        assert_eq!(text(-50.05, -0.04), "-50.05, -0.04");
        assert_eq!(text(-50.05, 100.01), "-50.1, 100.1");
        assert_eq!(text(3.0, 12.0), "3, 12");
        assert_eq!(text(0.0, 0.0), "0, 0");
        assert_eq!(printed(Some(2.0), None), [Some("2".to_owned()), None]);
        // What is on the grid stays there, though no double is a tenth.
        assert_eq!((lower_at(0.29, 2), upper_at(0.29, 2), upper_at(1.1, 1), lower_at(0.7, 1)), (0.29, 0.29, 1.1, 0.7));
    }

    /// Each step of a count that is larger than any real one ended, and the numbers around the limit are still bounds.
    #[test]
    fn large_bounds_stay_as_they_are() {
        assert_eq!(
            (lower_at(31_395_247_499_838.0, 4), upper_at(31_395_247_499_838.0, 4)),
            (31_395_247_499_838.0, 31_395_247_499_838.0)
        );
        for bound in [f64::MAX, f64::MIN, f64::INFINITY, 9_007_199_254_740_993.0, -9_007_199_254_740_991.0] {
            assert_eq!((lower_at(bound, 6), nearest_at(bound, 6), upper_at(bound, 6)), (bound, bound, bound));
        }
    }

    proptest! {
        #[test]
        fn bounds_of_any_size_are_rounded_outwards(bound in -9_007_199_254_740_992.0..9_007_199_254_740_992f64, exponent in 0..40i32, decimals in 0..10i32) {
            let bound = bound / 2f64.powi(exponent);
            let (low, near, high) = (lower_at(bound, decimals), nearest_at(bound, decimals), upper_at(bound, decimals));
            prop_assert!(low <= bound && bound <= high && low <= near && near <= high);
            prop_assert!(high - low <= 10f64.powi(-decimals) * 1.000001 + bound.abs() * 1e-15);
            prop_assert_eq!((lower_at(low, decimals), nearest_at(near, decimals), upper_at(high, decimals)), (low, near, high));
        }

        /// An interval as it is printed holds the interval, and is wider by less than a unit of its last digit.
        #[test]
        fn printed_intervals_hold_what_they_stand_for(a in -1e6..1e6f64, b in prop_oneof![-1e6..1e6f64, -1.0..1.0f64, 0.0..1e-4f64]) {
            let (lower, upper) = (a.min(b), a.max(b));
            let [low, high] = printed(Some(lower), Some(upper)).map(|text| text.unwrap().parse::<f64>().unwrap());
            prop_assert!(low <= lower && upper <= high, "[{lower}, {upper}] is printed as [{low}, {high}]");
            prop_assert!(lower - low < 0.1000001 && high - upper < 0.1000001);
        }

        #[test]
        fn rounding_again_changes_nothing(bound in -1e6..1e6f64, decimals in 0..7i32) {
            let (low, high) = (lower_at(bound, decimals), upper_at(bound, decimals));
            prop_assert!(low <= bound && bound <= high);
            prop_assert!(high - low <= 10f64.powi(-decimals) * 1.000001 + 1e-9);
            prop_assert_eq!((lower_at(low, decimals), upper_at(high, decimals)), (low, high));
        }
    }
}
