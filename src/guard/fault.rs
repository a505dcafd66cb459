//! Why a Parquet file is not read.

use std::io;

use parquet::errors::ParquetError;

use crate::error::Error;

/// Why a Parquet file is not read.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Its bytes are not what they say.
    Damaged(Option<ParquetError>),
    /// A part is larger than its limit.
    TooLarge(&'static str),
    /// These columns may have a type that no other program knows than the one which wrote them.
    Type(Vec<String>),
}

impl Fault {
    /// Returns the message: `damaged` where the file is damaged.
    pub fn error(self, damaged: Error, place: &str) -> Error {
        match self {
            Self::Damaged(None) => damaged.at(place),
            Self::Damaged(Some(cause)) => damaged.at(place).because(cause),
            Self::Type(columns) => {
                let names: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
                let what = "a column of the Parquet file has a type that only the program knows which wrote it";
                Error::refused("file/column-type", what)
                    .at(place)
                    .with("columns", if names.is_empty() { "not known".to_owned() } else { names.join(", ") })
                    .with("type", "16 bytes each, as whole numbers of 128 bits (Int128) are written")
                    .hint("write the column as text or as a number of 64 bits: in polars `.cast(pl.String)` or `.cast(pl.Int64)`")
                    .hint("or give the file as CSV")
            }
            Self::TooLarge(what) => Error::refused("file/too-large", format!("the Parquet file holds {what}"))
                .at(place)
                .hint("write it again with smaller row groups and pages, as usual writers do, or give it as CSV"),
        }
    }
}

impl From<ParquetError> for Fault {
    fn from(cause: ParquetError) -> Self {
        Self::Damaged(Some(cause))
    }
}

impl From<io::Error> for Fault {
    fn from(cause: io::Error) -> Self {
        Self::Damaged(Some(cause.into()))
    }
}
