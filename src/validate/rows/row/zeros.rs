//! Where a file of persons holds what a zero needs.

use crate::schema::Unit;
use crate::validate::plan::{Plan, Take};
use crate::validate::values::Conditions;

/// Where a file of persons holds what a zero needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct ZeroColumns<'a> {
    /// The columns of the count, unless each series has its own.
    pub number: Option<&'a [(Conditions, usize)]>,
    /// The column of person ids.
    pub person: Option<usize>,
    /// The fields of the area and the year.
    pub fields: [usize; 2],
}

impl<'a> ZeroColumns<'a> {
    /// Returns nothing where no row can be a zero: without counts, and in files of figures, where zero is a number.
    pub fn of(plan: &'a Plan) -> Option<Self> {
        if !plan.counts || plan.record.unit != Unit::Person {
            return None;
        }
        let number = plan.takes.iter().find_map(|(_, take)| match take {
            Take::Number(sources) => Some(sources.as_slice()),
            _ => None,
        });
        let person = plan.takes.iter().find_map(|(_, take)| match take {
            Take::Person(column) => Some(*column),
            _ => None,
        });
        Some(Self { number, person, fields: [plan.area, plan.time?] })
    }
}
