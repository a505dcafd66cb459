//! How large a foreign file may be, and what it may unpack to. Each limit of a reader is in this file.
//!
//! A reader compares a size with its limit before it makes room for it, because a failed allocation ends the program. A
//! file above a limit is refused with `file/too-large`. Real files of records stay far below: the largest workbook has
//! 1,048,576 rows, and writers of Parquet make pages of one mebibyte.

/// Bytes of a workbook, which is read into memory.
pub(crate) const WORKBOOK: u64 = 1 << 30;

/// Bytes of all parts of a workbook together, once they are unpacked.
pub(crate) const WORKBOOK_UNPACKED: u64 = 1 << 32;

/// Bytes to which any workbook may unpack.
pub(crate) const WORKBOOK_FREE: u64 = 1 << 26;

/// A larger workbook may unpack to this many times its size on top.
pub(crate) const WORKBOOK_RATIO: u64 = 200;

/// Parts of a workbook.
pub(crate) const WORKBOOK_PARTS: usize = 1 << 16;

/// Cells of any OpenDocument sheet, repeated ones included.
pub(crate) const SHEET_CELLS: u64 = 1 << 23;

/// A larger OpenDocument sheet may have one cell more for this many bytes of its text.
pub(crate) const SHEET_BYTES_A_CELL: u64 = 16;

/// The number of a formula that cells of any Excel sheet share.
pub(crate) const SHARED_FORMULAS: u64 = 1 << 20;

/// Columns of a sheet: more than a workbook can have.
pub(crate) const SHEET_COLUMNS: u32 = 1 << 14;

/// Bytes that the cells of any workbook may take in memory.
pub(crate) const SHEET_FREE: u64 = 1 << 28;

/// Those of a larger workbook may take this many times the bytes of its parts on top.
pub(crate) const SHEET_RATIO: u64 = 8;

/// Bytes of text that rows of a sheet are handed on in.
pub(crate) const SHEET_BATCH: usize = 1 << 22;

/// Bytes of the end of a Parquet file, which lists its row groups.
pub(crate) const FOOTER: u64 = 1 << 26;

/// Levels of groups within groups of a Parquet file.
pub(crate) const DEPTH: usize = 16;

/// Columns of a Parquet file, nested ones included.
pub(crate) const COLUMNS: usize = 1 << 14;

/// Rows of a row group. Writers end a group after 100,000 to 64 million rows.
pub(crate) const GROUP_ROWS: i64 = 1 << 26;

/// Bytes of the head of a page of a Parquet file.
pub(crate) const PAGE_HEAD: usize = 1 << 20;

/// Bytes of a page of a Parquet file, unpacked.
pub(crate) const PAGE: i64 = 1 << 28;

/// Bytes to which any page may unpack.
pub(crate) const PAGE_FREE: i64 = 1 << 26;

/// A larger page may be this many times its packed size.
pub(crate) const PAGE_RATIO: i64 = 1000;

/// Bytes of a value of fixed length.
pub(crate) const FIXED: i32 = 1 << 12;

/// Bytes that the rows of a Parquet file may take at once.
pub(crate) const BATCH: u64 = 1 << 27;

/// Values of a list column in one row group, weighed by the length of the longest: bytes.
pub(crate) const LISTS: u64 = 1 << 28;

/// Bytes of `manifest.json`, run files, profiles and other files that describe something.
pub(crate) const NOTE: u64 = 1 << 26;

/// Bytes of `run.json`, which names each file that was read with its findings.
pub(crate) const RUN: u64 = 1 << 28;

/// Bytes of `ledger.json`, which has each rounded unit.
pub(crate) const LEDGER: u64 = 1 << 30;

/// Bytes of a formula, its operators, and its levels of parentheses.
pub(crate) const FORMULA: usize = 1 << 12;
pub(crate) const FORMULA_JOINS: usize = 1 << 8;
pub(crate) const FORMULA_DEPTH: usize = 1 << 5;

/// Bytes of a word for which a similar one is looked up: the comparison takes memory for each pair of letters.
pub(crate) const WORD: usize = 1 << 8;

/// Bytes of a table of a release as CSV.
pub(crate) const TABLE: u64 = 1 << 30;

/// Dimensions of a table of a release next to area and time. Figures are compared for each set of them, so each dimension more
/// doubles the time and the memory that a row takes.
pub(crate) const DIMENSIONS: usize = 8;

/// Rows of a table of a release, each times its sets of dimensions.
pub(crate) const ROW_SETS: u64 = 1 << 24;

/// Bytes of a signature, which takes some hundred.
pub(crate) const SIGNATURE: u64 = 1 << 16;

/// The largest number in `run.json`: records, lines, rows. No sum of those that fit the file is beyond 64 bits.
pub(crate) const COUNT: u64 = 1 << 36;
