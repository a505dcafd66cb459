//! The status of a published figure: its flag, in a column of its own or next to the value, and what it says of the value.

use super::row::Row;
use crate::model::{Codelist, Interval, ObsStatus};
use crate::validate::values::number;

impl Row<'_> {
    /// A figure with its flag in one cell, as in `12 b`, or a flag that stands for a value which is not there, as in `:`.
    pub(super) fn flagged(&self, cell: &[u8]) -> Option<(Interval, u16)> {
        let status = self.plan().status.as_ref()?;
        let list = self.plan().record.fields[status.field].codes();
        let has_value = |code: u16| ObsStatus::find(list.id_of(code)).is_none_or(ObsStatus::has_value);
        if let Some(&code) = status.words.get(cell) {
            return (!has_value(code)).then_some((Interval::open(), code));
        }
        let at = cell.iter().rposition(|byte| *byte == b' ')?;
        let code = *status.words.get(&cell[at + 1..])?;
        let value = number::interval(&cell[..at], self.plan().numbers, self.plan().record.decimals())?;
        Some((value, code))
    }

    /// The status of a figure, by its flag and its value. What is confidential or missing has no exact value, whatever the
    /// cell says; a value between bounds is one that its publisher masks.
    pub(super) fn settle_status(&mut self, field: usize) {
        let list = self.plan().record.fields[field].codes();
        let present = self.codes[field] as u16;
        let plain = self.plan().record.fields[field].default == Some(present) || !Codelist::is_known(present);
        let code = self.flag.filter(|_| plain).unwrap_or(present);
        let flagged = ObsStatus::find(list.id_of(code)).unwrap_or(ObsStatus::Normal);
        let open = self.value == Interval::open();
        let status = match flagged {
            status if !status.has_value() => {
                if self.value.is_exact() || status != ObsStatus::Suppressed && !open {
                    self.value = Interval::open();
                    self.found(self.rules().no_value_by_flag, None, None);
                }
                status
            }
            _ if open => ObsStatus::Missing,
            _ if !self.value.is_exact() => ObsStatus::Suppressed,
            status => status,
        };
        if let Some(code) = list.find(status.id()) {
            self.codes[field] = code.into();
        }
    }
}
