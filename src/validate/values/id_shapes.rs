//! Forms of what stands in a column of person ids: marks for no id, and numbers that a spreadsheet has rounded.

/// So many digits of a number does a spreadsheet keep.
pub(in crate::validate) const KEPT: usize = 15;

/// Texts that some programs write for a day that is not known.
const NO_DAYS: [&[u8]; 6] = [b"1970-01-01", b"01/01/1970", b"1/1/1970", b"9999-12-31", b"31/12/9999", b"12/31/9999"];

/// Returns an id without the decimal that programs add which know no whole numbers with gaps: they write `-99.0`.
#[inline]
fn whole(id: &[u8]) -> &[u8] {
    match id {
        [whole @ .., b'.' | b',', b'0'] => whole,
        _ => id,
    }
}

/// Returns whether an id has the form of a mark for no id: a short number below zero, one digit that is repeated, or a day of
/// nothing.
pub(in crate::validate) fn is_placeholder(id: &[u8]) -> bool {
    let whole = whole(id);
    is_shaped(id) && (id[0] == b'-' || NO_DAYS.contains(&id) || whole.iter().all(|byte| *byte == id[0]))
}

/// Returns whether an id has the form of a mark for no id, or that of a number next to one: `998` next to `999`.
#[inline]
pub(in crate::validate) fn is_shaped(id: &[u8]) -> bool {
    let id = whole(id);
    match id {
        [b'-', first @ b'0'..=b'9', rest @ ..] => {
            rest.iter().all(|byte| byte == first) || rest.len() < 4 && rest.iter().all(u8::is_ascii_digit)
        }
        [b'1', b'9', b'7', b'0', b'-', ..] | [b'9', b'9', b'9', b'9', b'-', ..] => NO_DAYS.contains(&id),
        [.., b'1', b'9', b'7', b'0'] | [.., b'/', b'9', b'9', b'9', b'9'] if NO_DAYS.contains(&id) => true,
        [first @ b'1'..=b'9', stem @ .., b'0'..=b'9'] if stem.iter().all(|byte| byte == first) => match stem.len() {
            0 => matches!(id, [b'7'..=b'9', b'7'..=b'9']),
            1 => *first >= b'7',
            more => more < 32,
        },
        _ => false,
    }
}

/// Returns a date without a time of zero, in any form of it.
pub(super) fn without_midnight(text: &str) -> &str {
    let Some((day, time)) = text.split_once([' ', 't']) else { return text };
    let is_zero = time.starts_with('0') && time.bytes().all(|byte| b"0:.".contains(&byte));
    if is_zero { day } else { text }
}

/// Returns whether a text is an object with fields, as JSON, Python and Parquet write one. An id in braces has no colon.
pub(super) fn is_object(text: &[u8]) -> bool {
    let inside = text.strip_prefix(b"[").unwrap_or(text);
    inside.strip_prefix(b"{").is_some_and(|inside| inside.contains(&b':') || inside.starts_with(b"}"))
}

/// Returns whether a text is a number as spreadsheets and other programs write one that is too long for them: `2.02E+19`.
pub(super) fn is_rounded(text: &[u8]) -> bool {
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let Some(at) = text.iter().position(|byte| matches!(byte, b'E' | b'e')) else { return false };
    let (mantissa, exponent) = (&text[..at], &text[at + 1..]);
    let is_exponent = |sign: &[u8]| exponent.strip_prefix(sign).is_some_and(digits);
    match mantissa {
        [first, b'.' | b',', rest @ ..] => {
            first.is_ascii_digit() && digits(rest) && [&b""[..], b"+", b"-"].iter().any(|sign| is_exponent(sign))
        }
        // Without a sign it may be an id.
        [first] => first.is_ascii_digit() && is_exponent(b"+"),
        _ => false,
    }
}

/// Returns whether a text is a whole number with more digits than a spreadsheet keeps, and with zeros in the place of the others.
/// Marks between groups of digits make no difference.
#[inline]
pub(super) fn is_long(text: &[u8]) -> bool {
    if text.len() <= KEPT || !text.ends_with(b"0") {
        return false;
    }
    let mut rest = text;
    while let Some(first) = rest.first() {
        rest = match rest {
            // No-break space, narrow no-break space, thin space, and an apostrophe of Switzerland.
            [0xC2, 0xA0, rest @ ..] | [0xE2, 0x80, 0xAF | 0x89 | 0x99, rest @ ..] => rest,
            [_, rest @ ..] if first.is_ascii_digit() || b",. '".contains(first) => rest,
            _ => return false,
        };
    }
    let mut others = beyond_kept(text).peekable();
    others.peek().is_some() && others.all(|byte| *byte == b'0')
}

/// Returns the digits of a number after those that a spreadsheet keeps.
pub(in crate::validate) fn beyond_kept(number: &[u8]) -> impl Iterator<Item = &u8> {
    let digits = number.iter().filter(|byte| byte.is_ascii_digit());
    digits.skip_while(|byte| **byte == b'0').skip(KEPT)
}
