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
}

impl Fault {
    /// Returns the message: `damaged` where the file is damaged.
    pub fn error(self, damaged: Error, place: &str) -> Error {
        match self {
            Self::Damaged(None) => damaged.at(place),
            Self::Damaged(Some(cause)) => damaged.at(place).because(cause),
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
