//! Numbers as publishers write them: with separators, or masked so that a small one is not told.

use crate::model::Interval;
use crate::schema::Numbers;

/// Reads a number or a mask in units of ten to the minus `decimals`.
///
/// # Definition
/// `12` is [12, 12]; `<5` is [0, 4]; `≤5` and `<=5` are [0, 5]; `1-3` is [1, 3]; `>9` is [10, ∞) and `≥9`, `9+` are
/// [9, ∞). A bound with decimals is not a whole number, so `<0.5` is [0, 0.5].
///
/// # Errors
/// `None` for anything else: a sign, an exponent, a group of other than three digits.
pub(super) fn interval(cell: &[u8], numbers: Numbers, decimals: u32) -> Option<Interval> {
    let text = std::str::from_utf8(cell).ok()?.trim();
    let one = 10u64.pow(decimals);
    let value = |text: &str| number(text.trim(), numbers, decimals);
    let whole = |text: &str| !text.contains(numbers.decimal);
    if let Some(value) = value(text) {
        return Some(Interval::exact(value));
    }
    let bounded = |upper: u64| Some(Interval { lower: 0, upper: Some(upper) });
    let open = |lower: u64| Some(Interval { lower, upper: None });
    for (sign, or_equal) in [("<=", true), ("≤", true), ("<", false)] {
        if let Some(rest) = text.strip_prefix(sign) {
            let bound = value(rest)?;
            return bounded(if or_equal || !whole(rest) { bound } else { bound.checked_sub(one)? });
        }
    }
    for (sign, or_equal) in [(">=", true), ("≥", true), (">", false)] {
        if let Some(rest) = text.strip_prefix(sign) {
            let bound = value(rest)?;
            return open(if or_equal || !whole(rest) { bound } else { bound.checked_add(one)? });
        }
    }
    if let Some(rest) = text.strip_suffix('+') {
        return open(value(rest)?);
    }
    let (from, to) = text.split_once(['-', '–', '—'])?;
    let (lower, upper) = (value(from)?, value(to)?);
    // Masks are of small numbers; two years are no mask.
    (lower <= upper && upper < 1000 * one).then_some(Interval { lower, upper: Some(upper) })
}

fn number(text: &str, numbers: Numbers, decimals: u32) -> Option<u64> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = match text.split_once(numbers.decimal) {
        Some((_, fraction)) if decimals == 0 || !digits(fraction) || fraction.len() > decimals as usize => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    let mut plain = String::with_capacity(whole.len());
    match numbers.thousands {
        Some(separator) if whole.contains(separator) => {
            for (index, group) in whole.split(separator).enumerate() {
                let length = if index == 0 { 1..=3 } else { 3..=3 };
                if !digits(group) || !length.contains(&group.len()) {
                    return None;
                }
                plain.push_str(group);
            }
        }
        _ => plain.push_str(whole),
    }
    if !digits(&plain) {
        return None;
    }
    let whole = plain.parse::<u64>().ok()?.checked_mul(10u64.pow(decimals))?;
    let fraction = format!("{fraction:0<width$}", width = decimals as usize);
    whole.checked_add(if fraction.is_empty() { 0 } else { fraction.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(u64, Option<u64>)> {
        interval(text.as_bytes(), Numbers { decimal: '.', thousands: Some(',') }, 0).map(|i| (i.lower, i.upper))
    }

    #[test]
    fn masks_are_intervals() {
        assert_eq!(read("<5"), Some((0, Some(4))));
        assert_eq!(read("< 5"), Some((0, Some(4))));
        assert_eq!(read("≤10"), Some((0, Some(10))));
        assert_eq!(read("1-3"), Some((1, Some(3))));
        assert_eq!(read("1–3"), Some((1, Some(3))));
        assert_eq!(read(">9"), Some((10, None)));
        assert_eq!(read("9+"), Some((9, None)));
    }

    #[test]
    fn numbers_are_read_whole_or_not_at_all() {
        assert_eq!(read("26,539"), Some((26_539, Some(26_539))));
        for wrong in
            ["", "-1", "1e3", "1.5", "26,53", "2653,9", ",5", "<", "<0", "5-", "3-1", "five", "1 2", "2020-2021"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        let decimal = |text: &str| interval(text.as_bytes(), Numbers { decimal: ',', thousands: Some('.') }, 3);
        assert_eq!(decimal("1.234,5"), Some(Interval::exact(1_234_500)));
        assert_eq!(decimal("0,12345"), None);
        // A whole bound counts whole things; a bound with decimals does not.
        let rate = |text: &str| interval(text.as_bytes(), Numbers::default(), 1).map(|i| (i.lower, i.upper));
        assert_eq!(rate("<5"), Some((0, Some(40))));
        assert_eq!(rate("<0.5"), Some((0, Some(5))));
    }
}
