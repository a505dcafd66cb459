//! The text of a drafted profile.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::column::{ColumnContent, ColumnSample, SHARED};
use super::flags::{flags, is_flag};
use super::headings::{HeadingMeaning, OWN_NAME, is_of_bands};
use super::profile_head::head;
use super::study::{Active, StudiedColumn, Study, quoted};
use super::text::{DraftText, DraftedFile, Need};
use super::words::{doubtful_missing, own_words, words};
use crate::error::Result;
use crate::schema::{Field, FieldType, Unit};
use crate::validate::normal;

/// Writes the profile: what is certain as lines, what is guessed as comments. Returns the fields that columns give as well.
pub(super) fn profile(study: &Study<'_>) -> Result<(DraftedFile, Vec<String>)> {
    let mut out = head(study);
    missing(study, &mut out)?;
    let read = read(study);
    let mut taken: BTreeSet<usize> = read.keys().copied().collect();
    let mut maps = DraftText::default();
    for (at, known) in study.columns.iter().enumerate().filter(|(_, known)| !is_flag(known)) {
        match &known.meaning {
            HeadingMeaning::Sure(field, how) => {
                let is_other = read.get(field).is_some_and(|first| *first != at);
                let other = || is_other.then_some("another column is read as this field already");
                let doubt = unfit(study, known, *field, how).or_else(other);
                maps.append(map(study, known, *field, Reason { how, doubt })?);
            }
            HeadingMeaning::Guess(field) => {
                let doubt = fits(&study.record.fields[*field], known.content);
                let doubt = doubt.unwrap_or(match study.record.fields[*field].kind {
                    FieldType::Person => {
                        "a case may have several victims, and records with one id may become one person"
                    }
                    _ => "the heading may be that of something else",
                });
                let reason = Reason { how: "a heading that may be of this field", doubt: Some(doubt) };
                maps.append(map(study, known, *field, reason)?);
            }
            HeadingMeaning::Near(field, heading) => {
                let how = &format!("near the heading `{heading}`");
                let doubt = Some("the heading is only near a known one");
                maps.append(map(study, known, *field, Reason { how, doubt })?);
            }
            HeadingMeaning::Person | HeadingMeaning::Birth | HeadingMeaning::Nothing => {}
        }
    }
    let birth = birth(study, &read, &mut maps);
    if birth.is_some() {
        taken.extend(study.record.field("age"));
    }
    likely(study, &taken, &mut maps)?;
    taken.extend(flags(study, &mut maps)?);
    lacking(study, &taken, &mut out);
    out.append(maps);
    totals(study, &mut out);
    unread(study, birth, &mut out);
    let fields = taken.iter().map(|field| study.record.fields[*field].id.clone()).collect();
    Ok((out.finish(), fields))
}

/// By what a column is read as a field, and why it is not.
#[derive(Clone, Copy)]
struct Reason<'a> {
    how: &'a str,
    doubt: Option<&'a str>,
}

/// Reads the age from a date of birth, where no column has the age itself. Returns the column.
fn birth(study: &Study<'_>, read: &BTreeMap<usize, usize>, out: &mut DraftText) -> Option<usize> {
    let age = study.record.field("age").filter(|age| !read.contains_key(age))?;
    let event = &study.columns[*read.get(&study.record.role("time")?)?];
    let at = study.columns.iter().position(|known| known.meaning == HeadingMeaning::Birth)?;
    let known = &study.columns[at];
    let _ = write!(
        out,
        "\n# Of the date of birth only the age is kept; {}.\n[[map]]\nfield = \"{}\"\ncolumn = {}\nborn_before = {}\n",
        about(&known.column, known.content),
        study.record.fields[age].id,
        quoted(&known.column.heading),
        quoted(&event.column.heading),
    );
    Some(at)
}

/// Columns that no heading explains and that may give a field that every record needs.
fn likely(study: &Study<'_>, taken: &BTreeSet<usize>, out: &mut DraftText) -> Result<()> {
    let lacks = |id: &str| study.record.field(id).filter(|field| !taken.contains(field));
    if let Some(year) = study.record.role("time").filter(|year| !taken.contains(year)) {
        let dates =
            |known: &&StudiedColumn| known.content == ColumnContent::Dates && known.meaning == HeadingMeaning::Nothing;
        for known in study.columns.iter().filter(dates) {
            let reason = Reason { how: "its dates", doubt: Some("the heading does not say which date it is") };
            out.append(map(study, known, year, reason)?);
        }
    }
    // In many languages one word means sex and gender.
    if let (Some(sex), Some(gender)) = (lacks("sex"), study.record.field("gender")) {
        let is = |known: &&StudiedColumn| matches!(known.meaning, HeadingMeaning::Sure(field, _) if field == gender);
        for known in study.columns.iter().filter(is) {
            let doubt = Some("the column may hold gender, and sex is never made of it without a decision");
            out.append(map(study, known, sex, Reason { how: "a heading that may be of this field", doubt })?);
        }
    }
    Ok(())
}

/// Why a column with a known heading is not read as its field.
fn unfit(study: &Study<'_>, known: &StudiedColumn, field: usize, how: &str) -> Option<&'static str> {
    let field = &study.record.fields[field];
    let is_shared = known.column.different().is_none_or(|different| (different as u64) < known.column.filled);
    let is_doubtful = field.kind == FieldType::Person && how != OWN_NAME && is_shared;
    fits(field, known.content)
        .or(codes_of_bands(known, field))
        .or(is_doubtful.then_some("records share an id, so it may be one of a case with several victims"))
}

/// Why whole numbers are no ages: below a heading of bands, or where all are as low as codes, they may number the bands.
fn codes_of_bands(known: &StudiedColumn, field: &Field) -> Option<&'static str> {
    let (different, highest) = known.column.numbers().filter(|_| field.age_bands)?;
    let is_whole = matches!(known.content, ColumnContent::Ages | ColumnContent::Flags | ColumnContent::Numbers);
    let is_low = highest < 15 && different == highest as usize || different == highest as usize + 1 && highest < 12;
    let is_code = is_of_bands(&known.column.heading) || is_low && known.column.filled > 50;
    (is_whole && is_code).then_some("the numbers may be codes of age bands and not ages")
}

/// The column that each field is read from: of several the one with the field's own name, or else with the most words in its
/// heading, because `country of detection` says more than `country`.
fn read(study: &Study<'_>) -> BTreeMap<usize, usize> {
    let mut read: BTreeMap<usize, (bool, usize, usize)> = BTreeMap::new();
    for (at, known) in study.columns.iter().enumerate() {
        let HeadingMeaning::Sure(field, how) = &known.meaning else { continue };
        if is_new_list(study, *field) {
            continue;
        }
        if unfit(study, known, *field, how).is_some() {
            continue;
        }
        let rank = (how == OWN_NAME, normal(&known.column.heading).split(' ').count());
        let best = read.entry(*field).or_insert((rank.0, rank.1, at));
        if rank > (best.0, best.1) {
            *best = (rank.0, rank.1, at);
        }
    }
    read.into_iter().map(|(field, (.., at))| (field, at)).collect()
}

/// Returns whether a field needs a country's list that is drafted together with the profile and is not checked.
fn is_new_list(study: &Study<'_>, field: usize) -> bool {
    let field = &study.record.fields[field];
    let has_list = study.pack.iter().flat_map(|pack| &pack.lists).any(|list| list.field == field.id);
    study.inquiry.active >= Active::Certain && field.kind == FieldType::Pack && !has_list
}

/// The texts of the file that are known to mean asked and not known.
fn missing(study: &Study<'_>, out: &mut DraftText) -> Result<()> {
    let read = |known: &&StudiedColumn| match known.meaning {
        HeadingMeaning::Sure(field, _) => has_words(&study.record.fields[field]),
        HeadingMeaning::Birth => true,
        _ => is_flag(known),
    };
    let field = |known: &StudiedColumn| match known.meaning {
        HeadingMeaning::Sure(field, _) => Some(&study.record.fields[field]),
        _ => None,
    };
    let coded = study.columns.iter().filter_map(|known| Some((known, field(known)?)));
    let doubtful = doubtful_missing(study, coded)?;
    let mut texts = BTreeSet::new();
    for known in study.columns.iter().filter(read) {
        texts.extend(known.column.missing_words().filter(|text| !doubtful.contains(text)));
        // Of a figure an empty cell may be the total: each map decides it.
        texts.extend(Some("").filter(|_| known.column.empty > 0 && study.record.unit == Unit::Person));
    }
    let start = if study.inquiry.active >= Active::Certain { "" } else { "# " };
    if !texts.is_empty() {
        let texts: Vec<_> = texts.into_iter().map(quoted).collect();
        let _ =
            writeln!(out, "{start}missing = [{}]   # texts that seem to mean asked and not known", texts.join(", "));
    }
    if !doubtful.is_empty() {
        let texts: Vec<_> = doubtful.into_iter().map(quoted).collect();
        let _ = writeln!(out, "# ? {} may mean that nothing is known, and is a code as well.", texts.join(", "));
    }
    Ok(())
}

/// Fields that every record needs and no column gives.
fn lacking(study: &Study<'_>, taken: &BTreeSet<usize>, out: &mut DraftText) {
    for (index, field) in study.record.fields.iter().enumerate() {
        let is_stated = field.role.as_deref() == Some("area") && study.inquiry.active >= Active::Certain;
        if !field.required || taken.contains(&index) || is_stated && study.record.unit == Unit::Person {
            continue;
        }
        out.push_str("\n");
        if let Some(area) = study.inquiry.area.filter(|_| field.role.as_deref() == Some("area")) {
            // The run file does not name the country of published figures.
            let _ = writeln!(
                out,
                "# As named by the user.\n[[map]]\nfield = \"{}\"\nconstant = {}",
                field.id,
                quoted(area)
            );
            continue;
        }
        out.ask(Need::Required, format!("no column was recognised as `{}` ({})", field.id, field.title));
        let _ = writeln!(
            out,
            "# ? No column was recognised as `{}` ({}), which every record needs.",
            field.id, field.title
        );
        if field.role.as_deref() == Some("area") && study.record.unit == Unit::Person {
            out.push_str("#   Where all records are of one country, pass `--area ISO3`.\n");
        }
        let _ = writeln!(out, "# [[map]]\n# field = \"{}\"\n# column = \"...\"", field.id);
        if study.record.unit == Unit::Figure && field.kind == FieldType::Code {
            let _ = writeln!(out, "# Where all figures have one code: `constant = \"...\"` in place of `column`.");
        }
    }
}

/// Why a column cannot be read as a field as it stands.
fn fits(field: &Field, content: ColumnContent) -> Option<&'static str> {
    match (field.kind, content) {
        (_, ColumnContent::Empty) => Some("the column is empty"),
        (FieldType::Year, ColumnContent::Years | ColumnContent::Dates) => None,
        (FieldType::Year, _) => Some("most cells are no years"),
        (FieldType::Count | FieldType::Value, content) if content.is_number() => None,
        (FieldType::Count | FieldType::Value, _) => Some("most cells are no numbers"),
        (FieldType::Code, ColumnContent::Dates) if field.age_bands => {
            Some("the column holds full dates: `born_before` names the column of the event, and only the age is kept")
        }
        (FieldType::Code | FieldType::Set | FieldType::Pack, ColumnContent::Dates) => {
            Some("the column holds full dates")
        }
        (FieldType::Code, ColumnContent::Sets(_)) => Some("cells hold several values, and the field takes one"),
        _ => None,
    }
}

/// Returns whether texts of the field may be named: its values are codes and not pseudonyms, numbers or years.
fn has_words(field: &Field) -> bool {
    matches!(field.kind, FieldType::Code | FieldType::Set | FieldType::Pack)
}

/// One map; where there is a doubt, all of it is a comment.
fn map(study: &Study<'_>, known: &StudiedColumn, field: usize, reason: Reason<'_>) -> Result<DraftText> {
    let is_new = is_new_list(study, field);
    let field = &study.record.fields[field];
    let mut text = DraftText::default();
    let _ = writeln!(text, "[[map]]\nfield = \"{}\"\ncolumn = {}", field.id, quoted(&known.column.heading));
    if field.required {
        text.push_str("required = true\n");
    }
    if has_words(field) {
        let separator = match known.content {
            ColumnContent::Sets(separator) if field.kind != FieldType::Code => Some(separator),
            _ => None,
        };
        if let Some(separator) = separator {
            let _ = writeln!(text, "separator = {}", quoted(separator));
        }
        blank(study, known, field, &mut text);
        text.append(if field.kind == FieldType::Pack {
            own_words(study, known, field, separator)
        } else {
            words(study, known, field, separator)?
        });
    }
    let mut out = DraftText::default();
    let _ = writeln!(out, "\n# By {}; {}.", reason.how, about(&known.column, known.content));
    let unchecked = "its list is drafted as a country pack: check that first";
    match reason.doubt.or(is_new.then_some(unchecked)) {
        None => out.append(text),
        Some(doubt) => {
            let need = if field.required { Need::Required } else { Need::Useful };
            out.ask(need, format!("column {} may be `{}`: {doubt}", quoted(&known.column.heading), field.id));
            let _ = writeln!(out, "# ? Not read: {doubt}.");
            out.append_commented(text.without_questions());
        }
    }
    Ok(out)
}

/// What an empty cell of a published figure may mean: in most tables the total, in some unknown. Without a decision the
/// figure is rejected.
fn blank(study: &Study<'_>, known: &StudiedColumn, field: &Field, out: &mut DraftText) {
    let total = field.codelist.as_ref().is_some_and(|list| list.find("_T").is_some());
    if study.record.unit == Unit::Figure && known.column.empty > 0 && total {
        out.ask(Need::Required, format!("column {} has empty cells: total or unknown?", quoted(&known.column.heading)));
        out.push_str(
            "# ? codes.\"\" = \"_T\"   # an empty cell: the total, or \"_U\" where it means unknown; decide it\n",
        );
    }
}

/// What a column holds, by numbers only.
pub(super) fn about(column: &ColumnSample, content: ColumnContent) -> String {
    let different = match column.different() {
        Some(1) => "1 different text".to_owned(),
        Some(count) => format!("{count} different texts"),
        None => "too many different texts to count".to_owned(),
    };
    let count = |count: u64| match count {
        0 => "none".to_owned(),
        1..SHARED => format!("fewer than {SHARED}"),
        count => count.to_string(),
    };
    format!("{}, {different}, cells filled: {}, empty: {}", content.name(), count(column.filled), count(column.empty))
}

/// Rows of totals, which are no records.
fn totals(study: &Study<'_>, out: &mut DraftText) {
    if study.record.unit == Unit::Figure {
        return;
    }
    let total = |known: &StudiedColumn| {
        let word = known.column.total()?;
        Some(format!("{} = [{}]", quoted(&known.column.heading), quoted(word)))
    };
    let Some(line) = study.columns.iter().find_map(total) else { return };
    let start = if study.inquiry.active >= Active::Certain { "" } else { "# " };
    let _ = write!(out, "\n# Rows of totals are no records.\n{start}[skip]\n{start}{line}\n");
}

/// Columns that name persons, by their headings only, and columns that nothing reads.
fn unread(study: &Study<'_>, birth: Option<usize>, out: &mut DraftText) {
    let nothing = |known: &&StudiedColumn| known.meaning == HeadingMeaning::Nothing && !is_flag(known);
    let others: Vec<&StudiedColumn> = study.columns.iter().filter(nothing).collect();
    let quotes = |columns: &[&StudiedColumn]| {
        columns.iter().map(|known| quoted(&known.column.heading)).collect::<Vec<_>>().join(", ")
    };
    if !others.is_empty() {
        out.push_str(
            "\n# ? Columns that no field is known for. They are reported as unknown until they are mapped or ignored:\n",
        );
        if study.record.unit == Unit::Figure {
            out.push_str("# A file is refused if one of them separates figures of the same cell.\n");
        }
        for known in &others {
            let heading = quoted(&known.column.heading);
            let _ = writeln!(out, "#   {heading}: {}", about(&known.column, known.content));
        }
        let _ = writeln!(out, "# [ignore]\n# columns = [{}]", quotes(&others));
    }
    let is_dropped = |at: usize, known: &StudiedColumn| match known.meaning {
        HeadingMeaning::Person => true,
        HeadingMeaning::Birth => birth != Some(at),
        _ => false,
    };
    let persons = study.columns.iter().enumerate().filter(|(at, known)| is_dropped(*at, known));
    let persons: Vec<&StudiedColumn> = persons.map(|(_, known)| known).collect();
    if persons.is_empty() {
        return;
    }
    if study.inquiry.active >= Active::Certain {
        out.push_str(
            "\n# Columns that seem to name persons. Nothing of them is read. The best way is to leave them out where the file is\n\
             # made.\n",
        );
        let _ = writeln!(out, "[drop]\ncolumns = [{}]", quotes(&persons));
        return;
    }
    out.push_str(
        "\n# ? Columns that seem to name persons. The best way is to leave them out where the file is made; until then a\n\
         # file with them is refused, or they are dropped unread by these lines. Of a date of birth the age can be kept\n\
         # instead: `born_before` in `tipstat explain profiles`.\n",
    );
    let _ = writeln!(out, "# [drop]\n# columns = [{}]", quotes(&persons));
}
