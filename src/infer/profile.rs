//! The text of a drafted profile.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::codes::{FieldWords, Guess, crosswalk};
use super::column::{ColumnContent, ColumnSample, SHARED};
use super::headings::{HeadingMeaning, OWN_NAME, is_missing, plain};
use super::study::{DRAFT, StudiedColumn, Study, quoted};
use crate::error::{Result, nearest};
use crate::files;
use crate::schema::{Field, FieldType, OnInvalid, Unit};
use crate::validate::normal;

/// Writes the profile: what is certain as lines, what is guessed as comments.
pub(super) fn profile(study: &Study<'_>) -> Result<String> {
    let mut out = head(study);
    let read = read(study);
    let taken: BTreeSet<usize> = read.keys().copied().collect();
    let mut maps = String::new();
    for (at, known) in study.columns.iter().enumerate() {
        match &known.meaning {
            HeadingMeaning::Sure(field, how) => {
                let other = || (read.get(field) != Some(&at)).then_some("another column is read as this field already");
                let doubt = unfit(study, known, *field, how).or_else(other);
                map(study, known, *field, how, doubt, &mut maps)?;
            }
            HeadingMeaning::Guess(field) => {
                let doubt = fits(&study.record.fields[*field], known.content);
                let doubt = doubt.unwrap_or(match study.record.fields[*field].kind {
                    FieldType::Person => {
                        "a case may have several victims, and records with one id may become one person"
                    }
                    _ => "the heading may be that of another number",
                });
                map(study, known, *field, "a heading that may be of this field", Some(doubt), &mut maps)?;
            }
            HeadingMeaning::Near(field, heading) => {
                let how = format!("near the heading `{heading}`");
                map(study, known, *field, &how, Some("the heading is only near a known one"), &mut maps)?;
            }
            HeadingMeaning::Person | HeadingMeaning::Nothing => {}
        }
    }
    lacking(study, &taken, &mut out);
    out.push_str(&maps);
    flags(study, &mut out);
    unread(study, &mut out);
    Ok(out)
}

/// Why a column with a known heading is not read as its field.
fn unfit(study: &Study<'_>, known: &StudiedColumn, field: usize, how: &str) -> Option<&'static str> {
    let field = &study.record.fields[field];
    let is_shared = known.column.different().is_none_or(|different| (different as u64) < known.column.filled);
    let is_doubtful = field.kind == FieldType::Person && how != OWN_NAME && is_shared;
    fits(field, known.content)
        .or(is_doubtful.then_some("records share an id, so it may be one of a case with several victims"))
}

/// The column that each field is read from: of several the one with the field's own name, or else with the most words in its
/// heading, because `country of detection` says more than `country`.
fn read(study: &Study<'_>) -> BTreeMap<usize, usize> {
    let mut read: BTreeMap<usize, (bool, usize, usize)> = BTreeMap::new();
    for (at, known) in study.columns.iter().enumerate() {
        let HeadingMeaning::Sure(field, how) = &known.meaning else { continue };
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

fn head(study: &Study<'_>) -> String {
    let name = study.inquiry.name;
    let file = quoted(&files::shown(study.inquiry.file));
    let mut out = format!(
        "{DRAFT} from {} records of {file}.\n\
         #:schema ../json/profile.json\n\
         # It is not checked, and confidential until it is: headings and texts come from the file.\n\
         #\n\
         # What to check:\n\
         # 1. Is each `column` the `field` that stands above it? Headings can mislead.\n\
         # 2. Lines `# codes.\"text\" = \"CODE\"` are likely: take the `# ` away where they are right.\n\
         # 3. Lines that begin with `# ?` are guesses: compare them with the list, then take the `# ? ` away.\n\
         # 4. Texts that stand in fewer than 10 records, or in columns with more than 60 texts, are not named here:\n\
         #    `tipstat validate FILE --profile {name} --unresolved texts.csv` lists those that mean no code.\n\
         # 5. At the end: columns that name persons, and columns that nothing reads.\n",
        study.records
    );
    for (rule, count) in &study.notes {
        let what = match (rule.id(), count) {
            ("record/quoted-lines", 1) => "quoted cell held records",
            ("record/quoted-lines", _) => "quoted cells held records",
            (_, 1) => "error is about lines",
            _ => "errors are about lines",
        };
        let names = if *count == 1 { "its" } else { "their" };
        let _ = writeln!(
            out,
            "# {count} {what}: `tipstat validate` names {names} lines (`tipstat explain {}`).",
            rule.id()
        );
    }
    let _ = write!(
        out,
        "id = {id}\ntitle = {title}\nsource = \"drafted from a file by `tipstat schema infer`; not checked\"\nrecord = {record}\n",
        id = quoted(name),
        title = quoted(&format!("{name} (draft)")),
        record = quoted(&study.record.name()),
    );
    if let Some(delimiter) = study.delimiter {
        let _ = writeln!(out, "delimiter = {}", quoted(&delimiter.to_string()));
    }
    for (key, value) in [("encoding", study.inquiry.encoding), ("sheet", study.inquiry.sheet)] {
        if let Some(value) = value {
            let _ = writeln!(out, "{key} = {}", quoted(value));
        }
    }
    dates(study, &mut out);
    missing(study, &mut out);
    out
}

/// The order of day and month, where dates of the file have the year last.
fn dates(study: &Study<'_>, out: &mut String) {
    let orders: Vec<[bool; 2]> = study.columns.iter().filter_map(|known| known.column.days_above_12()).collect();
    if orders.is_empty() {
        return;
    }
    let any = |at: usize| orders.iter().any(|order| order[at]);
    out.push_str(match (any(0), any(1)) {
        (true, false) => "# dates = \"dmy\"   # days above 12 come first in dates of the file\n",
        (false, true) => "# dates = \"mdy\"   # days above 12 come second in dates of the file\n",
        (true, true) => {
            "# ? dates = \"dmy\"   # or \"mdy\": days above 12 come first in some dates and second in others\n"
        }
        (false, false) => "# ? dates = \"dmy\"   # or \"mdy\": no date of the file shows the order of day and month\n",
    });
}

/// The texts of the file that are known to mean asked and not known.
fn missing(study: &Study<'_>, out: &mut String) {
    let coded = |known: &&StudiedColumn| matches!(known.meaning, HeadingMeaning::Sure(field, _) if has_words(&study.record.fields[field]));
    let mut texts = BTreeSet::new();
    for known in study.columns.iter().filter(coded) {
        texts.extend(known.column.named(None).into_iter().filter(|(text, _)| is_missing(text)).map(|(text, _)| text));
        // Of a figure an empty cell may be the total: each map decides it.
        texts.extend(Some("").filter(|_| known.column.empty > 0 && study.record.unit == Unit::Person));
    }
    if !texts.is_empty() {
        let texts: Vec<_> = texts.into_iter().map(quoted).collect();
        let _ = writeln!(out, "# missing = [{}]   # texts that seem to mean asked and not known", texts.join(", "));
    }
}

/// Fields that every record needs and no column gives.
fn lacking(study: &Study<'_>, taken: &BTreeSet<usize>, out: &mut String) {
    for (index, field) in study.record.fields.iter().enumerate() {
        if !field.required || taken.contains(&index) {
            continue;
        }
        let _ = write!(
            out,
            "\n# ? No column was recognised as `{}` ({}), which every record needs.\n",
            field.id, field.title
        );
        if field.role.as_deref() == Some("area") {
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

/// Whether texts of the field may be named: its values are codes and not pseudonyms, numbers or years.
fn has_words(field: &Field) -> bool {
    matches!(field.kind, FieldType::Code | FieldType::Set | FieldType::Pack)
}

/// One map; where there is a doubt, all of it is a comment.
fn map(
    study: &Study<'_>,
    known: &StudiedColumn,
    field: usize,
    how: &str,
    doubt: Option<&str>,
    out: &mut String,
) -> Result<()> {
    let field = &study.record.fields[field];
    let mut text = String::new();
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
        if field.kind == FieldType::Pack {
            own_words(study, known, field, separator, &mut text);
        } else {
            words(study, known, field, separator, &mut text)?;
        }
    }
    let _ = writeln!(out, "\n# By {how}; {}.", about(&known.column, known.content));
    match doubt {
        None => out.push_str(&text),
        Some(doubt) => {
            let _ = writeln!(out, "# ? Not read: {doubt}.");
            text.lines().for_each(|line| out.push_str(&format!("# {line}\n")));
        }
    }
    Ok(())
}

/// What an empty cell of a published figure may mean: in most tables the total, in some unknown. Without a decision the
/// figure is rejected.
fn blank(study: &Study<'_>, known: &StudiedColumn, field: &Field, out: &mut String) {
    let total = field.codelist.as_ref().is_some_and(|list| list.find("_T").is_some());
    if study.record.unit == Unit::Figure && known.column.empty > 0 && total {
        out.push_str(
            "# ? codes.\"\" = \"_T\"   # an empty cell: the total, or \"_U\" where it means unknown; decide it\n",
        );
    }
}

/// What a column holds, by numbers only.
fn about(column: &ColumnSample, content: ColumnContent) -> String {
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

/// The crosswalk and the codes that the texts of a column suggest.
fn words(
    study: &Study<'_>,
    known: &StudiedColumn,
    field: &Field,
    separator: Option<&str>,
    out: &mut String,
) -> Result<()> {
    let Some(list) = field.codelist.as_deref() else { return Ok(()) };
    let all: Vec<_> = known.column.parts(separator).into_keys().collect();
    // Whole names of countries may be read by a crosswalk; words of one column are written out.
    let found = if known.column.different().is_some() { crosswalk(study.registry, list, &all)? } else { None };
    if let Some(found) = &found {
        let certain = if found.resolved == all.len() { "" } else { "# " };
        let (name, total) = (quoted(&found.name), all.len());
        let _ = writeln!(out, "{certain}crosswalk = {name}   # resolves {} of {total} different texts", found.resolved);
    }
    let words = FieldWords::new(study.registry, &study.record, field, list)?;
    let named = known.column.named(separator);
    let mut unnamed = all.len();
    for (text, _) in named {
        unnamed -= 1;
        if found.as_ref().is_some_and(|found| found.resolves(text)) {
            continue;
        }
        match words.guess(text) {
            Guess::Own | Guess::Missing => {}
            Guess::Known(code, how) => {
                let _ = writeln!(out, "# codes.{} = \"{code}\"   # {how}", quoted(text));
            }
            Guess::Near(code, how) => {
                let _ = writeln!(out, "# ? codes.{} = \"{code}\"   # {how}", quoted(text));
            }
            Guess::Nothing => {
                let _ = writeln!(out, "# ? codes.{} = \"...\"   # no code of {} is near", quoted(text), list.id);
            }
        }
    }
    let resolved = found.is_some_and(|found| found.resolved == all.len());
    if unnamed > 0 && !resolved && !matches!(known.content, ColumnContent::Ages | ColumnContent::Bands) {
        let refused = if field.on_invalid == OnInvalid::Reject { "rejected" } else { "read as not known" };
        let _ = writeln!(out, "# Texts that are not named here: {unnamed}. Those that mean no code are {refused}.");
    }
    Ok(())
}

/// What the country's pack does not know among the texts of a column; a profile has no codes for such a field.
fn own_words(study: &Study<'_>, known: &StudiedColumn, field: &Field, separator: Option<&str>, out: &mut String) {
    out.push_str("# The codes are those of the country's pack: see `tipstat explain packs`.\n");
    let lists = study.pack.iter().flat_map(|pack| &pack.lists);
    let mut codes = lists.filter(|list| list.field == field.id).flat_map(|list| &list.codes).peekable();
    if codes.peek().is_none() {
        return;
    }
    let words: BTreeMap<String, &str> = codes
        .flat_map(|code| {
            let names = code.words.iter().chain(&code.local).chain(&code.fr).chain([&code.code, &code.en]);
            names.map(|name| (normal(name), code.code.as_str()))
        })
        .collect();
    for (text, _) in known.column.named(separator) {
        let plain = normal(text);
        // A code may stand there with its country before it.
        let is_code = field.codelist.as_ref().is_some_and(|list| list.find(text).is_some());
        if is_code || words.contains_key(&plain) || is_missing(text) {
            continue;
        }
        let near = nearest(&plain, words.keys().map(String::as_str)).and_then(|word| words.get(word));
        let near = near.map(|code| format!("; `{code}` is near")).unwrap_or_default();
        let _ = writeln!(out, "# ? {} is no word of the pack{near}.", quoted(text));
    }
}

/// Columns of 0 and 1 that are no field: each may add a code to one.
fn flags(study: &Study<'_>, out: &mut String) {
    let flags: Vec<_> = study
        .columns
        .iter()
        .filter(|known| known.content == ColumnContent::Flags && known.meaning == HeadingMeaning::Nothing)
        .map(|known| &known.column.heading)
        .collect();
    if flags.is_empty() {
        return;
    }
    out.push_str(
        "\n# ? Columns of 0 and 1. Which code of which field does a 1 add? Put those of one field together:\n",
    );
    for heading in flags {
        let (field, code) = flag(study, heading).unwrap_or(("...".into(), "...".into()));
        let _ = writeln!(out, "# [[map]]\n# field = \"{field}\"\n# flags = {{ {} = [\"{code}\"] }}", quoted(heading));
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

/// Columns that name persons, by their headings only, and columns that nothing reads.
fn unread(study: &Study<'_>, out: &mut String) {
    let headings = |wanted: &dyn Fn(&StudiedColumn) -> bool| -> Vec<String> {
        study.columns.iter().filter(|known| wanted(known)).map(|known| quoted(&known.column.heading)).collect()
    };
    let others = headings(&|known| known.meaning == HeadingMeaning::Nothing && known.content != ColumnContent::Flags);
    if !others.is_empty() {
        out.push_str(
            "\n# ? Columns that no field is known for. They are told as unknown until they are mapped or ignored:\n",
        );
        if study.record.unit == Unit::Figure {
            out.push_str("# A file is refused in which one of them tells figures of the same cell apart.\n");
        }
        let nothing =
            |known: &&StudiedColumn| known.meaning == HeadingMeaning::Nothing && known.content != ColumnContent::Flags;
        for known in study.columns.iter().filter(nothing) {
            let heading = quoted(&known.column.heading);
            let _ = writeln!(out, "#   {heading}: {}", about(&known.column, known.content));
        }
        let _ = writeln!(out, "# [ignore]\n# columns = [{}]", others.join(", "));
    }
    let persons = headings(&|known| known.meaning == HeadingMeaning::Person);
    if !persons.is_empty() {
        out.push_str(
            "\n# ? Columns that seem to name persons. The best way is to leave them out where the file is made; until then a\n\
             # file with them is refused, or they are dropped unread by these lines. Of a date of birth the age can be kept\n\
             # instead: `born_before` in `tipstat explain profiles`.\n",
        );
        let _ = writeln!(out, "# [drop]\n# columns = [{}]", persons.join(", "));
    }
}
