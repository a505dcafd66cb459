//! The figures of a publisher's files, as numbers of persons.

use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::exchange::{Figure, Figures, Subject};
use crate::files;
use crate::indicators::Counting;
use crate::model::{Interval, ObsStatus};
use crate::pipeline::open_store::StoredRecords;
use crate::schema::Record;
use crate::validate::looks_like_year;

/// Returns a note of figures that are the number of their year, as if typed into the wrong cell.
pub(super) fn like_years(rows: &[(Subject, Figure<'_>)]) -> Option<String> {
    let dated = rows.iter().filter_map(|(_, figure)| Some((figure.area, figure.year?, figure.value)));
    let like: BTreeSet<String> = dated
        .filter(|&(_, year, value)| looks_like_year(value, 1, year))
        .map(|(area, year, _)| format!("{area} {year}"))
        .collect();
    let named = like.into_iter().collect::<Vec<_>>().join(", ");
    (!named.is_empty()).then(|| format!("figures that are the number of their year are used as reported: {named}"))
}

/// The numbers of persons that a store of figures reports of countries.
pub(super) struct ReportedFigures<'a> {
    pub rows: Vec<(Subject, Figure<'a>)>,
    /// Figures whose value is missing or not a whole number.
    pub lacking: Vec<(Subject, Figure<'a>)>,
    /// What publishers flag as something else than a normal value.
    pub marks: Vec<(Subject, Figure<'a>, ObsStatus)>,
    /// How many of them are not whole numbers.
    pub partial: u64,
}

/// Reads the numbers of persons of a store of figures.
pub(super) fn reported<'a>(figure: &'a Record, opened: &StoredRecords) -> Result<ReportedFigures<'a>> {
    let fields: Vec<usize> = figure.coded().map(|(index, _)| index).collect();
    let field = |id: &str| {
        let at = fields.iter().position(|&index| figure.fields[index].id == id);
        at.ok_or_else(|| Error::failed(format!("`{}` has no field `{id}`", figure.name())))
    };
    let (subject, unit, status) = (field("subject")?, field("unit")?, field("status").ok());
    let text = |at: usize, code: u16| figure.fields[fields[at]].codes().id_of(code);
    let mut out = ReportedFigures { rows: Vec::new(), lacking: Vec::new(), marks: Vec::new(), partial: 0 };
    // Figures in another unit, such as a share in percent.
    let mut others = Vec::new();
    let mut seen: BTreeSet<Vec<FigureRow>> = BTreeSet::new();
    for (_, part) in &opened.parts {
        let rows = part.figures(figure, &fields)?;
        if opened.parts.len() > 1 && !rows.is_empty() {
            let mut all: Vec<FigureRow> = rows.iter().map(|row| (row.codes.clone(), row.bounds.map(bits))).collect();
            all.sort_unstable();
            if !seen.insert(all) {
                return Err(Error::refused("store/already-there", "two of the files report the same figures")
                    .at(files::shown(&opened.place))
                    .hint("leave one of them out, such as the workbook next to the same table as CSV"));
            }
        }
        for row in rows {
            let flag = status.and_then(|at| ObsStatus::find(text(at, row.codes[at]))).unwrap_or(ObsStatus::Normal);
            // A confidential figure is known to exist, and nothing else is known of it.
            let open = Some([0.0, f64::INFINITY]).filter(|_| flag == ObsStatus::Suppressed);
            let bounds = row.bounds.or(open);
            let subject = text(subject, row.codes[subject]);
            let Some(meant) = figure.subjects.iter().find(|meant| meant.code == subject) else { continue };
            let kind = meant.codes.iter().map(|(dimension, code)| (dimension.as_str(), code.as_str()));
            let codes = fields.iter().enumerate().filter_map(|(position, &index)| {
                Some((figure.fields[index].dimension.as_deref()?, text(position, row.codes[position])))
            });
            let value = bounds.map(|[lower, upper]| Interval {
                lower: lower as u64,
                upper: upper.is_finite().then_some(upper as u64),
            });
            let reported = Figure::of(kind.chain(codes), value.unwrap_or(Interval::open()))
                .filter(|reported| Figures::is_country(figure, reported.area));
            let Some(reported) = reported else { continue };
            let subject = Subject { record: meant.record.clone(), counting: Counting::Victims };
            // A rate is not a number of persons.
            if text(unit, row.codes[unit]) != "NUMBER" {
                if value != Some(Interval::exact(0)) {
                    others.push((subject, reported));
                }
                continue;
            }
            let is_part = |bound: &f64| bound.is_finite() && bound.fract() != 0.0;
            let is_partial = bounds.is_some_and(|bounds| bounds.iter().any(is_part));
            out.partial += u64::from(is_partial);
            if flag != ObsStatus::Normal {
                out.marks.push((subject.clone(), reported.clone(), flag));
            }
            let to = if is_partial || value.is_none() { &mut out.lacking } else { &mut out.rows };
            to.push((subject, reported));
        }
    }
    // A cell with a reported share and no count has at least one person, and it is not known how many.
    let missing: Vec<_> = {
        let key =
            |(subject, figure): &(Subject, Figure<'a>)| (subject.clone(), figure.area, figure.year, figure.at.clone());
        let numbers: BTreeSet<_> = if others.is_empty() { BTreeSet::new() } else { out.rows.iter().map(key).collect() };
        others.into_iter().filter(|other| !numbers.contains(&key(other))).collect()
    };
    out.lacking.extend(missing);
    Ok(out)
}

/// A figure of a file in a form that can be sorted: its codes and its bounds.
type FigureRow = (Vec<u16>, Option<[u64; 2]>);

fn bits(bounds: [f64; 2]) -> [u64; 2] {
    bounds.map(f64::to_bits)
}
