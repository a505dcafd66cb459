//! The codes that the texts of a column suggest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::codes::{FieldWords, Guess, crosswalk};
use super::column::ColumnContent;
use super::headings::is_missing;
use super::study::{Active, StudiedColumn, Study, quoted};
use super::text::{DraftText, Need};
use crate::error::{Result, nearest};
use crate::schema::{Field, OnInvalid};
use crate::validate::normal;

/// Writes the crosswalk and the codes of a column.
pub(super) fn words(
    study: &Study<'_>,
    known: &StudiedColumn,
    field: &Field,
    separator: Option<&str>,
) -> Result<DraftText> {
    let mut out = DraftText::default();
    let Some(list) = field.codelist.as_deref() else { return Ok(out) };
    let all: Vec<_> = known.column.parts(separator).into_keys().collect();
    let meant: Vec<&str> = all.iter().copied().filter(|text| !is_missing(text)).collect();
    // Whole names of countries may be read by a crosswalk; words of one column are written out.
    let found = if known.column.different().is_some() { crosswalk(study.registry, list, &meant)? } else { None };
    if let Some(found) = &found {
        // A crosswalk never reads a text that could be two places, so what it resolves is certain.
        let is_active = found.resolved == meant.len()
            || study.inquiry.active >= Active::Certain && 2 * found.resolved > meant.len();
        let (start, name, count) = (if is_active { "" } else { "# " }, quoted(&found.name), meant.len());
        let _ = writeln!(out, "{start}crosswalk = {name}   # resolves {} of {count} different texts", found.resolved);
    }
    let words = FieldWords::new(study.registry, &study.record, field, list)?;
    let named = known.column.named(separator);
    let unnamed = all.len() - named.len();
    let texts = named.iter().map(|(text, _)| *text);
    let texts = texts.filter(|text| !found.as_ref().is_some_and(|found| found.resolves(text)));
    let guesses: Vec<_> = texts.map(|text| (text, words.guess_among(text, &all))).collect();
    let active = study.inquiry.active;
    let is_open = |guess: &Guess| match guess {
        Guess::Likely(..) => active < Active::Likely,
        Guess::Near(..) | Guess::Nothing => true,
        _ => false,
    };
    let open = guesses.iter().filter(|(_, guess)| is_open(guess)).count();
    let need = if field.on_invalid == OnInvalid::Reject { Need::Required } else { Need::Useful };
    let mut question = Some(format!(
        "column {} has {open} {} without a certain code of `{}`",
        quoted(&known.column.heading),
        if open == 1 { "value" } else { "values" },
        field.id
    ));
    for (text, guess) in &guesses {
        if is_open(guess)
            && let Some(question) = question.take()
        {
            out.ask(need, question);
        }
        let text = quoted(text);
        let _ = match guess {
            Guess::Own | Guess::Missing => Ok(()),
            Guess::Known(code, how) if active >= Active::Certain => {
                writeln!(out, "codes.{text} = \"{code}\"   # {how}")
            }
            Guess::Known(code, how) => writeln!(out, "# codes.{text} = \"{code}\"   # {how}"),
            Guess::Likely(code, how) if active == Active::Likely => {
                writeln!(out, "codes.{text} = \"{code}\"   # likely, not checked: {how}")
            }
            Guess::Likely(code, how) | Guess::Near(code, how) => {
                writeln!(out, "# ? codes.{text} = \"{code}\"   # {how}")
            }
            Guess::Nothing => writeln!(out, "# ? codes.{text} = \"...\"   # no code of {} is near", list.id),
        };
    }
    let resolved = found.is_some_and(|found| found.resolved == meant.len());
    if unnamed > 0 && !resolved && !matches!(known.content, ColumnContent::Ages | ColumnContent::Bands) {
        let refused = if need == Need::Required { "rejected" } else { "read as not known" };
        let _ = writeln!(out, "# Texts that are not named here: {unnamed}. Those that mean no code are {refused}.");
    }
    Ok(out)
}

/// What the country's pack does not know among the texts of a column; a profile has no codes for such a field.
pub(super) fn own_words(study: &Study<'_>, known: &StudiedColumn, field: &Field, separator: Option<&str>) -> DraftText {
    let mut out = DraftText::default();
    out.push_str("# The codes are those of the country's pack: see `tipstat explain packs`.\n");
    let lists = study.pack.iter().flat_map(|pack| &pack.lists);
    let mut codes = lists.filter(|list| list.field == field.id).flat_map(|list| &list.codes).peekable();
    if codes.peek().is_none() {
        return out;
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
    out
}

/// Words for missing that mean a code in one of the columns, such as `NA` for Namibia.
pub(super) fn doubtful_missing<'a>(
    study: &Study<'_>,
    columns: impl Iterator<Item = (&'a StudiedColumn, &'a Field)>,
) -> Result<BTreeSet<&'a str>> {
    let mut doubtful = BTreeSet::new();
    for (known, field) in columns {
        let Some(list) = field.codelist.as_deref() else { continue };
        let words: Vec<&str> = known.column.missing_words().collect();
        if words.is_empty() {
            continue;
        }
        let texts: Vec<&str> = known.column.parts(None).into_keys().collect();
        let crosswalk = crosswalk(study.registry, list, &texts)?;
        let means = |text: &&str| {
            list.find(text).is_some() || crosswalk.as_ref().is_some_and(|crosswalk| crosswalk.resolves(text))
        };
        doubtful.extend(words.into_iter().filter(means));
    }
    Ok(doubtful)
}
