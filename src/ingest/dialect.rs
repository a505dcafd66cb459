//! How a file is written.

/// How a file is written, as far as a layout says it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dialect<'a> {
    /// What separates fields.
    pub delimiter: Option<u8>,
    /// How the text is encoded.
    pub encoding: Option<&'static encoding_rs::Encoding>,
    /// The sheet of a workbook; the first one that has the header, where nothing is said.
    pub sheet: Option<&'a str>,
    /// Whether lines within a quoted cell are its text even where each of them looks like a record.
    pub quoted_text: bool,
}
