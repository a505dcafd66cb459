//! By what a file is known again, so that its records are not counted twice.

/// What is the same in a file and in its copies: its bytes, compressed or not, and the sheet that was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity {
    digest: String,
    /// Two sheets of one workbook hold other records.
    sheet: Option<String>,
}

impl Identity {
    /// Makes one of what a report says of a file; nothing where it has no records or no digest is known.
    pub fn new(digest: &str, unpacked: Option<&str>, sheet: Option<&str>, records: u64) -> Option<Self> {
        let digest = unpacked.unwrap_or(digest).to_owned();
        (records > 0 && !digest.is_empty()).then(|| Self { digest, sheet: sheet.map(str::to_owned) })
    }
}
