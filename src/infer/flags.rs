//! Columns of yes and no that are no field: each may add a code to one.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::codes::{FieldWords, Guess};
use super::column::ColumnContent;
use super::headings::{HeadingMeaning, plain};
use super::profile::about;
use super::study::{Active, StudiedColumn, Study, quoted};
use super::text::{DraftText, Need};
use crate::error::Result;
use crate::schema::FieldType;

/// Returns whether a column is one of yes and no that is not a field by itself.
pub(super) fn is_flag(known: &StudiedColumn) -> bool {
    let is_answer = matches!(known.content, ColumnContent::Flags | ColumnContent::Answers);
    let is_free = match known.meaning {
        HeadingMeaning::Nothing => true,
        HeadingMeaning::Near(..) | HeadingMeaning::Guess(_) => known.group.is_some(),
        _ => false,
    };
    is_answer && is_free
}

/// Writes the maps of flags, and returns the fields that they give: those below a common heading, then the others as guesses.
pub(super) fn flags(study: &Study<'_>, out: &mut DraftText) -> Result<Vec<usize>> {
    let mut groups: BTreeMap<usize, Vec<&StudiedColumn>> = BTreeMap::new();
    let mut others = Vec::new();
    for known in study.columns.iter().filter(|known| is_flag(known)) {
        match known.group {
            Some(field) => groups.entry(field).or_default().push(known),
            None => others.push(known),
        }
    }
    let mut given = Vec::new();
    for (field, columns) in groups {
        if grouped(study, field, &columns, out)? {
            given.push(field);
        }
    }
    guessed(study, &others, out);
    Ok(given)
}

/// The columns below one heading, which names the field. Returns whether one of them is read.
fn grouped(study: &Study<'_>, field: usize, columns: &[&StudiedColumn], out: &mut DraftText) -> Result<bool> {
    let field = &study.record.fields[field];
    let words = FieldWords::new(study.registry, &study.record, field, field.codes())?;
    let mut lines = DraftText::default();
    let mut read = 0;
    for known in columns {
        let heading = quoted(&known.column.heading);
        let _ = writeln!(lines, "# {heading}: {}.", about(&known.column, known.content));
        let name = known.column.heading.rsplit('/').next().unwrap_or_default();
        let ask = |lines: &mut DraftText| {
            let what = format!("which code of `{}` does a yes in {heading} add?", field.id);
            lines.ask(Need::Useful, what);
        };
        let _ = match words.guess(name) {
            Guess::Own => {
                read += 1;
                writeln!(lines, "flags.{heading} = [{}]   # the code itself", quoted(name))
            }
            Guess::Known(code, how) => {
                read += 1;
                writeln!(lines, "flags.{heading} = [\"{code}\"]   # {how}")
            }
            Guess::Likely(code, how) if study.inquiry.active == Active::Likely => {
                read += 1;
                writeln!(lines, "flags.{heading} = [\"{code}\"]   # likely, not checked: {how}")
            }
            Guess::Likely(code, how) | Guess::Near(code, how) => {
                ask(&mut lines);
                writeln!(lines, "# ? flags.{heading} = [\"{code}\"]   # {how}")
            }
            Guess::Missing | Guess::Nothing => {
                ask(&mut lines);
                writeln!(lines, "# ? flags.{heading} = [\"...\"]   # no code of `{}` is near", field.id)
            }
        };
    }
    let mut text = DraftText::default();
    let _ = writeln!(text, "[[map]]\nfield = \"{}\"", field.id);
    text.append(lines);
    let count = columns.len();
    let _ = writeln!(out, "\n# By the heading above {count} columns of yes and no.");
    if read > 0 {
        out.append(text)
    } else {
        out.append_commented(text)
    }
    Ok(read > 0)
}

/// Columns of yes and no without a common heading.
fn guessed(study: &Study<'_>, columns: &[&StudiedColumn], out: &mut DraftText) {
    if columns.is_empty() {
        return;
    }
    out.push_str(
        "\n# ? Columns of yes and no. Which code of which field does a yes add? Put those of one field together:\n",
    );
    for known in columns {
        let heading = quoted(&known.column.heading);
        match flag(study, &known.column.heading) {
            Some((field, code)) if study.inquiry.active == Active::Likely => {
                let _ = writeln!(
                    out,
                    "# Likely, not checked: the heading bears the label of the code.\n\
                     [[map]]\nfield = \"{field}\"\nflags = {{ {heading} = [\"{code}\"] }}"
                );
            }
            found => {
                let (field, code) = found.unwrap_or(("...".into(), "...".into()));
                out.ask(Need::Useful, format!("which code of which field does a yes in {heading} add?"));
                let _ = writeln!(out, "# [[map]]\n# field = \"{field}\"\n# flags = {{ {heading} = [\"{code}\"] }}");
            }
        }
    }
}

/// The field and code whose id or label a heading bears, such as `isForcedLabour`.
fn flag(study: &Study<'_>, heading: &str) -> Option<(String, String)> {
    let heading = plain(heading);
    let bears = |text: &str| {
        let text = plain(text);
        heading == text || heading.strip_prefix("is").is_some_and(|rest| rest == text)
    };
    let sets = study.record.fields.iter().filter(|field| field.kind == FieldType::Set);
    let mut found = sets.filter_map(|field| {
        let list = field.codelist.as_deref()?;
        let fitting =
            list.known().filter(|(_, code)| bears(&code.id) || code.labels.iter().flatten().any(|l| bears(l)));
        let (_, code) = fitting.max_by_key(|(index, _)| list.depth(*index))?;
        Some((field.id.clone(), code.id.to_string()))
    });
    found.next()
}
