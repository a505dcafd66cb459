//! The first lines of a drafted profile: what to check, the file's form, and the order of its dates.

use std::fmt::Write;

use super::study::{Active, DRAFT, Study, quoted};
use super::text::{DraftText, Need};
use crate::files;

pub(super) fn head(study: &Study<'_>) -> DraftText {
    let name = study.inquiry.name;
    let file = quoted(&files::shown(study.inquiry.file));
    let command = study.inquiry.command();
    let mut out = DraftText::default();
    let start = DRAFT.trim_end_matches("tipstat");
    let likely = match study.inquiry.active {
        Active::Columns => "Lines `# codes.\"text\" = \"CODE\"` are likely: take the `# ` away where they are right.",
        Active::Certain => "Lines `codes.\"text\" = \"CODE\"` are words that the program knows.",
        Active::Likely => "Lines that end with `likely, not checked` were guessed: `--yes` made them active.",
    };
    let _ = write!(
        out,
        "{start}{command}` from {} records of {file}.\n\
         #:schema ../json/profile.json\n\
         # It is not checked, and confidential until it is: headings and texts come from the file.\n\
         #\n\
         # What to check:\n\
         # 1. Is each `column` the `field` that stands above it? Headings can mislead.\n\
         # 2. {likely}\n\
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
        "id = {id}\ntitle = {title}\nsource = \"drafted from a file by `{command}`; not checked\"\nrecord = {record}\n",
        id = quoted(name),
        title = quoted(&format!("{name} (draft)")),
        record = quoted(&study.record.name()),
    );
    if let Some(delimiter) = study.delimiter {
        let _ = writeln!(out, "delimiter = {}", quoted(&delimiter.to_string()));
    }
    for (key, value) in
        [("encoding", study.inquiry.encoding), ("sheet", study.inquiry.sheet.or(study.sheet.as_deref()))]
    {
        if let Some(value) = value {
            let _ = writeln!(out, "{key} = {}", quoted(value));
        }
    }
    if let Some(guessed) = study.guessed.as_deref().filter(|_| study.inquiry.encoding.is_none()) {
        out.ask(Need::Useful, format!("the encoding {guessed} is a guess"));
        let _ = writeln!(out, "encoding = {}   # a guess: look at words with accents", quoted(guessed));
    }
    dates(study, &mut out);
    out
}

/// The order of day and month, where dates of the file have the year last.
fn dates(study: &Study<'_>, out: &mut DraftText) {
    let orders: Vec<[bool; 2]> = study.columns.iter().filter_map(|known| known.column.days_above_12()).collect();
    if orders.is_empty() {
        return;
    }
    let any = |at: usize| orders.iter().any(|order| order[at]);
    let (order, why) = match (any(0), any(1)) {
        (true, false) => ("dmy", "days above 12 come first in dates of the file"),
        (false, true) => ("mdy", "days above 12 come second in dates of the file"),
        (true, true) => ("", "or \"mdy\": days above 12 come first in some dates and second in others"),
        (false, false) => ("", "or \"mdy\": no date of the file shows the order of day and month"),
    };
    let _ = match order {
        "" => {
            out.ask(Need::Useful, "the order of day and month is not certain");
            writeln!(out, "# ? dates = \"dmy\"   # {why}")
        }
        order if study.inquiry.active >= Active::Certain => writeln!(out, "dates = \"{order}\"   # {why}"),
        order => writeln!(out, "# dates = \"{order}\"   # {why}"),
    };
}
