//! Ids of more digits than a spreadsheet keeps.

use crate::validate::values::{KEPT, beyond_kept};

/// What an id looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdForm {
    Plain,
    /// More digits than a spreadsheet keeps.
    Long,
    /// The same, with so many zeros in the place of the others.
    Zeros(u8),
}

impl IdForm {
    pub fn of(id: &[u8]) -> Self {
        if id.len() <= KEPT || !id[0].is_ascii_digit() || id.iter().any(u8::is_ascii_alphabetic) {
            return Self::Plain;
        }
        let (mut more, mut zeros) = (0u8, 0u8);
        for digit in beyond_kept(id) {
            more = more.saturating_add(1);
            zeros = zeros.saturating_add(u8::from(*digit == b'0'));
        }
        match more {
            0 => Self::Plain,
            _ if zeros == more => Self::Zeros(more),
            _ => Self::Long,
        }
    }
}

/// Different ids of more digits than a spreadsheet keeps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Longs {
    pub ids: u64,
    pub rounded: u64,
    /// The zeros at the end of all rounded ones.
    pub zeros: u64,
}

impl Longs {
    pub fn add(&mut self, form: IdForm) {
        if let IdForm::Zeros(zeros) = form {
            self.rounded += 1;
            self.zeros += u64::from(zeros);
        }
        self.ids += u64::from(matches!(form, IdForm::Long | IdForm::Zeros(_)));
    }

    pub fn append(&mut self, later: &Self) {
        self.ids += later.ids;
        self.rounded += later.rounded;
        self.zeros += later.zeros;
    }
}

/// Records whose ids have zeros in the place of digits that a spreadsheet does not keep.
#[derive(Clone, Copy, Debug, Default)]
pub struct LongIds {
    records: u64,
    line: Option<u64>,
}

impl LongIds {
    /// Adds a record of such an id.
    pub fn add(&mut self, line: u64) {
        self.records += 1;
        self.line.get_or_insert(line);
    }

    /// Returns the line of the first one, where there are two records and more.
    pub fn line(&self) -> Option<u64> {
        self.line.filter(|_| self.records >= 2)
    }
}
