//! Cells of other formats as delimited text.

/// The first whole number whose digits a spreadsheet does not all keep.
pub(super) const SPREADSHEET: f64 = 1e15;

/// The first whole number that stands for others as well in 64 bits.
pub(super) const DOUBLE: f64 = (1u64 << f64::MANTISSA_DIGITS) as f64;

/// The same in 32 bits.
pub(super) const SINGLE: f64 = (1u64 << f32::MANTISSA_DIGITS) as f64;

/// The same in 16 bits.
pub(super) const HALF: f64 = 2048.0;

/// A number as a person would write it: whole ones without decimals.
///
/// From `inexact` on a whole number may have been another one. It is written with an exponent, so that it is not a
/// count, a code or an id.
pub(super) fn number(value: f64, inexact: f64) -> String {
    if value.abs() >= inexact { exponent(value) } else { value.to_string() }
}

/// A number as spreadsheets write those that are too long for them: `2.02E+19`.
fn exponent(value: f64) -> String {
    format!("{value:E}").replacen('E', "E+", 1).replacen("E+-", "E-", 1)
}

/// A truth value in words: as a number it would be an age, a year or a count.
pub(super) fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// A date without the time of its beginning, which a format writes that has no dates without a time.
pub(super) fn without_midnight(text: &str) -> &str {
    let Some((day, time)) = text.split_once('T') else { return text };
    let is_midnight = time.strip_prefix("00:00:00").is_some_and(|rest| rest.bytes().all(|byte| b".0".contains(&byte)));
    if is_midnight { day } else { text }
}

/// One cell of delimited text, on one line.
pub(super) fn quote(bytes: &mut Vec<u8>, text: &str) {
    if !text.contains([',', '"', '\n', '\r']) {
        bytes.extend_from_slice(text.as_bytes());
        return;
    }
    bytes.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => bytes.extend_from_slice(b"\"\""),
            b'\n' | b'\r' => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    bytes.push(b'"');
}
