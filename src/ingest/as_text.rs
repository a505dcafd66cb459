//! Cells of other formats as delimited text.

/// A number as a person would write it: whole ones without decimals.
pub(super) fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { value.to_string() }
}

/// A truth value in words: as a number it would be an age, a year or a count.
pub(super) fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
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
