//! Which delimiter a header uses, and what is plainly no delimited text.

/// Delimiters that are tried, in order of preference.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The delimiter that finds most of the wanted columns in a header line; the comma where all are equal.
pub fn delimiter(header: &str, wanted: &[&str]) -> u8 {
    let found = |delimiter: u8| {
        let names = super::csv::split_line(header.as_bytes(), delimiter);
        let known = names.iter().filter(|name| wanted.contains(&name.as_str())).count();
        (known, names.len())
    };
    // `max_by_key` keeps the last of equals, so the preferred one is looked at last.
    CANDIDATES.into_iter().rev().max_by_key(|&delimiter| found(delimiter)).unwrap_or(b',')
}

/// What the first bytes say the file is, if it is not delimited text in UTF-8.
pub(super) fn other_format(start: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 7] = [
        (b"PK\x03\x04", "a workbook or another ZIP file"),
        (b"PAR1", "a Parquet file"),
        (b"\x1f\x8b", "a gzip file"),
        (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
        (b"%PDF", "a PDF document"),
        (b"\x7fELF", "a program"),
    ];
    let magic = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, name)| *name);
    magic.or_else(|| {
        start.iter().take(4096).any(|&byte| byte == 0).then_some("binary data, or UTF-16 text without a mark")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_that_finds_the_columns_wins() {
        let wanted = ["area", "sex"];
        assert_eq!(delimiter("area;\"sex\";note, long", &wanted), b';');
        assert_eq!(delimiter("area\tsex", &wanted), b'\t');
        assert_eq!(delimiter("area,sex", &wanted), b',');
        assert_eq!(delimiter("nothing known", &wanted), b',');
    }

    #[test]
    fn other_formats_are_told_by_their_first_bytes() {
        assert!(other_format(b"PK\x03\x04rest").is_some());
        assert!(other_format(b"a\0r\0e\0a\0").is_some());
        assert!(other_format("año,sexo".as_bytes()).is_none());
    }
}
