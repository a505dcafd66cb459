//! Columns of a store, and how a set of codes is written.

use parquet::errors::ParquetError;

use crate::error::Error;
use crate::model::Codelist;

/// The column that says how many victims a row stands for, at least.
pub const COUNT: &str = "count";

/// The column that says how many victims a row stands for, at most: more than `count` where the source is masked.
pub const COUNT_UPPER: &str = "count_upper";

/// The columns of a published figure: its least and greatest possible value, and why there is none.
pub const FIGURE: [&str; 3] = ["lower", "upper", "status"];

/// The column of pseudonyms, in a store that was made with a key.
pub const PERSON: &str = "person";

/// The entry in the metadata of a file of counts with how many bytes precede its end, and their digest.
pub(super) const CHECKSUM: &str = "tipstat.checksum";

/// What separates the codes of a set.
pub(super) const SEPARATOR: char = ';';

pub(super) fn set_text(list: &Codelist, bits: u64) -> String {
    let codes = (0..list.len() as u16).filter(|code| bits >> code & 1 == 1);
    codes.map(|code| list.id_of(code)).collect::<Vec<_>>().join(";")
}

pub(super) fn set_bits(list: &Codelist, text: &str) -> Option<u64> {
    text.split(SEPARATOR).try_fold(0, |bits, id| Some(bits | 1 << list.find(id)?))
}

pub(super) fn problem(doing: &str, cause: ParquetError) -> Error {
    Error::failed(format!("cannot {doing} the store")).because(cause)
}
