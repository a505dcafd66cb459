//! Codes by which different sources divide the same persons: household income in the poorest 40 percent and the rest, or in halves.
//!
//! A source that asked for halves does not show who is in the poorest 40 percent, so it has neither a zero there nor a sum over both.

use std::collections::{BTreeMap, BTreeSet};

use crate::aggregate::{Cube, NodeKind};
use crate::error::{Error, Result};
use crate::model::Codelist;

/// Area and year.
pub(super) type AreaYear = (String, String);

/// Returns the division of which an area uses codes; none where it uses no code of any.
///
/// # Errors
/// It uses codes of several, which overlap.
pub(crate) fn division<'a>(
    list: &Codelist,
    codes: impl IntoIterator<Item = &'a str>,
    place: &str,
) -> Result<Option<usize>> {
    let used: BTreeSet<usize> = codes.into_iter().filter_map(|code| list.division(list.find(code)?)).collect();
    let mut used = used.into_iter();
    let (first, second) = (used.next(), used.next());
    let Some([one, other]) = first.zip(second).map(|(one, other)| [one, other]) else { return Ok(first) };
    let names = |division: usize| {
        let codes = list.divisions[division].iter().map(|&code| format!("`{}`", list.id_of(code)));
        codes.collect::<Vec<_>>().join(" and ")
    };
    let what = format!("{place} divides its persons by {}, and by {}, which overlap", names(one), names(other));
    Err(Error::refused("coverage/overlapping-codes", what)
        .with("list", list.title.clone())
        .hint("map the codes of one of the two to `_U` in the profile, or leave tables of the dimension out"))
}

/// Returns the codes of a list that belong to other divisions than one.
pub(crate) fn others(list: &Codelist, division: usize) -> impl Iterator<Item = u16> {
    list.known().map(|(code, _)| code).filter(move |&code| list.division(code).is_some_and(|other| other != division))
}

/// Reads off a table of areas by years by codes which division each area used in each year.
///
/// # Errors
/// An area used several in one year.
pub(super) fn divisions_used(cube: &Cube, list: &Codelist) -> Result<BTreeMap<AreaYear, usize>> {
    let mut codes: BTreeMap<AreaYear, BTreeSet<&str>> = BTreeMap::new();
    let last = cube.dimensions.len() - 1;
    for cell in (0..cube.len()).filter(|&cell| cube.upper(cell) > 0) {
        let nodes = cube.nodes(cell);
        let node = |d: usize| &cube.dimensions[d].nodes[usize::from(nodes[d])];
        let year = if last > 1 { &*node(1).code } else { super::reporting::ALL_YEARS };
        let is_year = last == 1 || node(1).kind != NodeKind::Total;
        if is_year && matches!(node(0).kind, NodeKind::Code(_)) && matches!(node(last).kind, NodeKind::Code(_)) {
            codes.entry((node(0).code.clone(), year.to_owned())).or_default().insert(&node(last).code);
        }
    }
    let mut used = BTreeMap::new();
    for ((area, year), codes) in codes {
        if let Some(division) = division(list, codes, &format!("{area} in {year}"))? {
            used.insert((area, year), division);
        }
    }
    Ok(used)
}
