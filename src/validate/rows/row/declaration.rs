//! Rows that count zero persons: a count of zero declares that its area reported its year.

use super::sources::{FieldSources, direct};
use super::state::Row;
use super::zeros::ZeroColumns;
use crate::finding::Severity;
use crate::ingest::RawRecords;
use crate::model::Codelist;
use crate::schema::is_declarable;
use crate::validate::plan::{Fixed, Take};
use crate::validate::values::IdKind;

impl<'a> Row<'a> {
    /// Returns the codes of area and year that a row with a count of zero declares, and notes that it does.
    ///
    /// Nothing else of such a row is read: a row without a person has no sex and no age. A zero with a person id, or without a known
    /// area and year, declares nothing. It is left to [`Row::read`], which rejects it.
    pub fn declaration(&mut self, records: &RawRecords<'_>, series: Option<&Fixed>) -> Option<(u16, u16)> {
        let zeros: ZeroColumns<'a> = self.zeros?;
        let column = match series {
            Some(series) => series.column,
            None => {
                let sources = zeros.number?;
                // Nearly no row is a zero, so this comes first.
                if !sources.iter().any(|(_, column)| is_zero(records.cell(*column))) {
                    return None;
                }
                self.number(sources, records)?
            }
        };
        let cell = records.cell(column);
        if !is_zero(cell) || self.is_missing(cell) {
            return None;
        }
        if zeros.person.is_some_and(|column| self.plan.id_kind(records.cell(column)) != IdKind::NoId) {
            return None;
        }
        // What is not a case record has no part in how much of each field is known.
        let legibility = self.legibility.clone();
        let [area, year] = zeros.fields.map(|field| self.code_of(field, records, series));
        self.legibility = legibility;
        let is_refused = self.found.iter().any(|finding| finding.severity == Severity::Error);
        let areas = self.plan.record.fields[self.plan.area].codes();
        if is_refused || !Codelist::is_known(year) || !is_declarable(areas, areas.id_of(area)) {
            self.found.clear();
            self.unresolved.clear();
            return None;
        }
        self.found(self.rules.zero_declared, Some(column), None);
        Some((area, year))
    }

    /// Returns the codes of area and year of the record that was read, where both are known and the file can hold a zero.
    pub fn place_in_time(&self) -> Option<(u16, u16)> {
        let [area, year] = self.zeros?.fields.map(|field| self.codes[field] as u16);
        (Codelist::is_known(area) && Codelist::is_known(year)).then_some((area, year))
    }

    /// Returns the code of one field alone.
    fn code_of(&mut self, field: usize, records: &RawRecords<'_>, series: Option<&Fixed>) -> u16 {
        if let Some(fixed) = series.and_then(|series| series.values[field]) {
            return fixed as u16;
        }
        let plan = self.plan;
        let Some(at) = plan.takes.iter().position(|(index, _)| *index == field) else {
            return plan.start[field] as u16;
        };
        match &plan.takes[at].1 {
            Take::Sources(sources, otherwise) => match direct(sources, records) {
                Some(code) => code as u16,
                None => {
                    let reader = plan.first_reader[at];
                    self.sources(&FieldSources { field, reader, sources, otherwise: *otherwise }, records) as u16
                }
            },
            _ => plan.start[field] as u16,
        }
    }
}

/// Returns whether a cell is a plain zero. `<1` and `0-0` are masks, and stay refused.
fn is_zero(cell: &[u8]) -> bool {
    cell.first() == Some(&b'0') && cell.iter().all(|digit| *digit == b'0')
}

#[cfg(test)]
mod tests {
    use super::is_zero;

    #[test]
    fn only_plain_zeros_are_zeros() {
        assert!(["0", "00"].iter().all(|cell| is_zero(cell.as_bytes())));
        for cell in ["", "10", "01", "-0", "0.0", "<1", "<5", "0-0", "0,000", "zero"] {
            assert!(!is_zero(cell.as_bytes()), "{cell}");
        }
    }
}
