//! The plain count of each cell: half of all figures, and their values are what was published. No frame is needed for them.

use super::evaluate::EvaluatedColumns;
use super::layout::FrameLayout;
use crate::indicators::value::Seen;

/// What a row of a region rests on: its countries, and how many people these have.
#[derive(Clone, Copy, Default)]
struct Members {
    number: u32,
    people: f64,
}

/// Returns the figures of a measure that is nothing but the count, where regions are not added up anew.
pub(super) fn counts(layout: &FrameLayout<'_>, cells: &[Seen]) -> Option<EvaluatedColumns> {
    let measure = layout.measure;
    if !measure.formula.is_count() || measure.all_years || layout.gathers() {
        return None;
    }
    let sizes: Vec<usize> = layout.dimensions.iter().map(|breakdown| breakdown.nodes.len()).collect();
    let size = sizes.iter().try_fold(1usize, |all, &count| all.checked_mul(count))?;
    let place = |nodes: &[u16]| nodes.iter().zip(&sizes).fold(0, |at, (&node, size)| at * size + usize::from(node));
    let step = size / sizes[0].max(1);
    let mut above: Vec<Vec<usize>> = vec![Vec::new(); sizes[0]];
    for (region, below) in layout.below.iter().enumerate() {
        below
            .iter()
            .filter(|&&country| usize::from(country) != region)
            .for_each(|&country| above[usize::from(country)].push(region));
    }
    let mut members = vec![Members::default(); size];
    let is_country = |area: u16| layout.below[usize::from(area)] == [area];
    for cell in cells.iter().filter(|cell| cell.present && is_country(cell.nodes[0])) {
        let people = layout.people(&cell.nodes).unwrap_or(0.0);
        let rest = place(&cell.nodes) - usize::from(cell.nodes[0]) * step;
        for region in &above[usize::from(cell.nodes[0])] {
            let sums = &mut members[region * step + rest];
            sums.number += 1;
            sums.people += people;
        }
    }
    let mut out = EvaluatedColumns::default();
    for (at, cell) in cells.iter().enumerate().filter(|(_, cell)| layout.keeps(&cell.nodes)) {
        let float = |count: Option<u64>| count.map(|count| count as f64);
        let (areas, coverage) = if layout.is_region(cell.nodes[0]) {
            let Members { number, people } = members[place(&cell.nodes)];
            let all = layout.region_population(&cell.nodes).filter(|&all| number > 0 && all > 0.0);
            (f64::from(number), all.map(|all| people / all))
        } else {
            (f64::from(u8::from(cell.present)), None)
        };
        out.cell.push(at);
        out.value.push(float(cell.shown.value));
        out.lower.push(Some(float(cell.shown.lower).unwrap_or(0.0)));
        out.upper.push(float(cell.shown.upper));
        out.areas.push(Some(areas));
        out.coverage.push(coverage);
    }
    let rows = out.cell.len();
    [&mut out.known, &mut out.without_lower, &mut out.without_upper]
        .into_iter()
        .for_each(|column| column.resize(rows, None));
    [&mut out.undefined, &mut out.no_person, &mut out.unreported]
        .into_iter()
        .for_each(|column| column.resize(rows, false));
    Some(out)
}
