//! One file is looked at, and drafts are written.

use std::collections::BTreeMap;

use super::column::{ColumnContent, ColumnSample};
use super::headings::{HeadingMeaning, Headings, KNOWN};
use super::study::{Inquiry, StudiedColumn, Study};
use super::{pack, profile};
use crate::control::{Control, Event};
use crate::error::{Error, Result};
use crate::files;
use crate::finding::Rule;
use crate::ingest::{self, Dialect, Form, Input, RequiredColumns, Source};
use crate::schema::{FieldType, Pack, Record, Registry};
use crate::validate::is_personal;

/// So many records are looked at.
const MOST_RECORDS: u64 = 100_000;

/// What was drafted. Confidential until it is checked: headings and texts come from the file.
pub struct SchemaDrafts {
    /// The profile, as TOML.
    pub profile: String,
    /// The country pack, as TOML, where a column may be of race, ethnicity or another list of the country's own.
    pub pack: Option<String>,
    /// How many records were looked at.
    pub records: u64,
}

/// Reads a file without a layout, and drafts one.
///
/// # Errors
/// The file cannot be read, has no header, or the record type or the pack is not there.
pub fn infer(registry: &Registry, inquiry: &Inquiry<'_>, control: &Control) -> Result<SchemaDrafts> {
    let record = Record::load(registry, inquiry.record)?;
    let pack = own_pack(&record, inquiry.area)?;
    let headings = Headings::new(&record, pack.as_ref());
    let file = files::shown(inquiry.file);
    control.tell(Event::Input(file.clone(), files::size(inquiry.file)));
    let known = record.fields.iter().map(|field| &field.id).chain(KNOWN.headings.values().flatten());
    let known = known.chain(pack.iter().flat_map(|pack| pack.columns.keys())).map(String::as_str);
    let required = RequiredColumns { columns: known.collect(), required: Vec::new() };
    let encoding = inquiry.encoding.map(ingest::encoding).transpose()?;
    let dialect = Dialect { delimiter: None, encoding, sheet: inquiry.sheet, quoted_text: false };
    let listener = control.clone();
    let progress = move |bytes| listener.tell(Event::Bytes(bytes));
    let mut source = Source::open(Input::open(inquiry.file)?, &file, dialect, &required, progress)?;
    let mut columns: Vec<ColumnSample> = source.header().iter().map(|heading| ColumnSample::new(heading)).collect();
    let (mut records, mut widest) = (0, 0);
    let mut notes: BTreeMap<Rule, u64> = BTreeMap::new();
    while records < MOST_RECORDS
        && let Some(batch) = source.next_batch()?
    {
        control.go_on()?;
        batch.notes.iter().for_each(|note| *notes.entry(note.rule).or_default() += 1);
        let mut lines = batch.records();
        while records < MOST_RECORDS && lines.advance().is_some() {
            columns.iter_mut().enumerate().for_each(|(index, column)| column.add(lines.cell(index)));
            records += 1;
            widest = widest.max(lines.len());
        }
    }
    require_header(&columns, &headings, &record, &file)?;
    let is_delimited = matches!(source.form(), Form::Delimited(_));
    // A record that is glued to the header makes it twice as wide, or one column less.
    if is_delimited && records > 0 && columns.len() > widest && columns.len() + 1 >= 2 * widest {
        return Err(Error::failed("the header is twice as wide as the records: a record may be glued to it")
            .at(format!("{file}:1"))
            .with("found", format!("{} headings, and at most {widest} cells a record", columns.len()))
            .hint("put a line end after the last heading"));
    }
    let delimiter = match source.form() {
        Form::Delimited(delimiter) => Some(char::from(delimiter)).filter(|c| *c != ',' && source.sheet().is_none()),
        Form::Json(_) => None,
    };
    let study = |column: ColumnSample| {
        let meaning = match (headings.find(&record, &column.heading), column.identifier()) {
            (HeadingMeaning::Sure(field, how), Some(_)) if record.fields[field].kind == FieldType::Person => {
                HeadingMeaning::Sure(field, how)
            }
            // A date of detection is no date of birth, though it may lie as far back.
            (HeadingMeaning::Sure(field, how), Some(_)) if column.content() == ColumnContent::Dates => {
                HeadingMeaning::Sure(field, how)
            }
            (_, Some(_)) => HeadingMeaning::Person,
            (meaning, None) => meaning,
        };
        StudiedColumn { content: column.content(), column, meaning }
    };
    let columns = columns.into_iter().filter(|column| !column.heading.is_empty()).map(study).collect();
    let study = Study { registry, inquiry, pack, columns, records, notes, delimiter, record };
    Ok(SchemaDrafts { profile: profile::profile(&study)?, pack: pack::pack(&study), records })
}

/// The pack of the country; a country without one can get its first.
fn own_pack(record: &Record, area: Option<&str>) -> Result<Option<Pack>> {
    let Some(area) = area else { return Ok(None) };
    let list = record.role("area").map(|index| record.fields[index].codes());
    if list.is_some_and(|list| list.find(area).is_none()) {
        return Err(Error::failed(format!("`{area}` is not a country"))
            .hint("use ISO 3166-1 alpha-3, for instance `BRA`; `tipstat schema list` names the packs"));
    }
    Ok(record.packs.iter().find(|pack| pack.area == area).cloned())
}

/// Refuses a first line that looks like a record: it would be printed as headings. A known heading is one, also where it
/// is repeated below, as in files that were put one after another.
fn require_header(columns: &[ColumnSample], headings: &Headings, record: &Record, place: &str) -> Result<()> {
    let known = |column: &ColumnSample| matches!(headings.find(record, &column.heading), HeadingMeaning::Sure(..));
    let value = |column: &ColumnSample| is_personal(&column.heading) || column.repeats_its_heading() && !known(column);
    match columns.iter().position(value) {
        Some(index) => Err(Error::failed("the first line looks like a record and not like headings")
            .at(format!("{place}:1, column {}", index + 1))
            .hint("put a line of headings above the records, or name the right sheet with `--sheet`")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::study::quoted;
    use super::*;

    /// A value of a person, which no draft may hold.
    const CANARY: &str = "Xq7canary";

    fn drafts(text: &str, area: Option<&str>) -> Result<SchemaDrafts> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("in.csv");
        let input = files::FileOutput { path: &file, readers: files::Readers::All, previous: files::Previous::Kept };
        input.write(&files::Stage::beside(&file).unwrap(), |out| {
            out.write_all(text.as_bytes()).map_err(|cause| Error::failed("cannot write").because(cause))
        })?;
        let inquiry = Inquiry { file: &file, sheet: None, encoding: None, record: "victim", area, name: "draft" };
        infer(&Registry::built_in(), &inquiry, &Control::default())
    }

    #[test]
    fn certain_lines_are_active_and_guesses_are_comments() {
        let rows = "KHM,2022,Mujer,17\nKHM,2022,Hombr,18+\n".repeat(12);
        let draft = drafts(&format!("area,anio,sexo,edad\n{rows}"), None).unwrap();
        let text = &draft.profile;
        assert_eq!(draft.records, 24);
        assert!(text.contains("\nfield = \"sex\"\ncolumn = \"sexo\"\nrequired = true\n"), "{text}");
        assert!(text.contains("\n# codes.\"Mujer\" = \"F\"   # a known word\n"), "{text}");
        assert!(text.contains("\n# ? codes.\"Hombr\" = \"M\"   # nearest label\n"), "{text}");
        assert!(!text.contains("codes.\"17\"") && draft.pack.is_none(), "ages are read by themselves");
    }

    #[test]
    fn persons_and_rare_texts_are_not_named() {
        let mut text = "sexo,nombre,telefono,nota,contacto\n".to_owned();
        for row in 0..30 {
            // Shared names in a column of persons, and in one that no field is known for.
            text.push_str(&format!("F,{CANARY},+34 600 000 {row:03},{CANARY},a{row}@mail.example\n"));
        }
        text.push_str(&format!("{CANARY},,,,\n").repeat(9));
        let draft = drafts(&text, None).unwrap().profile;
        assert!(!draft.contains(CANARY) && !draft.contains("+34") && !draft.contains("mail.example"), "{draft}");
        assert!(draft.contains("# [drop]\n# columns = [\"nombre\", \"telefono\", \"contacto\"]"), "{draft}");
        assert!(draft.contains("# columns = [\"nota\"]"), "{draft}");
        assert!(draft.contains("# Texts that are not named here: 1. Those that mean no code are rejected."), "{draft}");
    }

    #[test]
    fn a_file_without_headings_is_refused() {
        let error = drafts("KHM,2022,F,17\nKHM,2021,M,18\n", None).err().unwrap();
        assert!(error.to_string().contains("looks like a record"));
        assert!(drafts("area,sex\nKHM,F\narea,sex\nPHL,M\n", None).is_ok());
        assert!(drafts(&format!("{CANARY}@mail.example,sex\nx,F\n"), None).is_err());
    }

    #[test]
    fn flags_dates_and_near_headings_wait_for_a_person() {
        let rows = "2022-01-03,1,0,F\n2022-05-06,0,1,M\n".repeat(10);
        let draft =
            drafts(&format!("year of detection,isForcedCriminalActivity,beg,sxe\n{rows}"), None).unwrap().profile;
        assert!(
            draft.contains("field = \"year\"\ncolumn = \"year of detection\""),
            "a year is read from dates: {draft}"
        );
        assert!(draft.contains("# flags = { \"isForcedCriminalActivity\" = [\"CRIM\"] }"), "{draft}");
        assert!(draft.contains("# flags = { \"beg\" = [\"BEG\"] }"), "{draft}");
        assert_eq!(draft.lines().filter(|line| line.starts_with("[[map]]")).count(), 1, "{draft}");
    }

    #[test]
    fn a_pack_is_drafted_from_columns_of_race() {
        let rows = "MEX,Afrodescendiente\nMEX,indígena\nMEX,INDÍGENA\n".repeat(10);
        let text = format!("area,etnia\n{rows}MEX,{CANARY}\nMEX,No consta\n");
        let pack = drafts(&text, None).unwrap().pack.unwrap();
        let pack: Pack = toml::from_str(&pack).unwrap();
        assert_eq!((pack.area.as_str(), pack.title.as_str()), ("MEX", "Mexico"));
        let codes: Vec<_> = pack.lists[0].codes.iter().map(|code| (code.code.as_str(), code.words.len())).collect();
        assert_eq!(codes, [("AFRODESCENDIENTE", 1), ("INDIGENA", 2)]);
        assert_eq!(pack.columns["etnia"], "ethnicity");
        let nowhere = drafts(&text.replace("MEX", "?"), None).unwrap().pack.unwrap();
        assert!(nowhere.contains("area = \"XXX\""));
        assert!(drafts(&text, Some("ZZZ")).is_err());
    }

    #[test]
    fn words_that_the_pack_does_not_know_are_told() {
        let rows = "BRA,BRANCA\nBRA,BRA_PRETA\nBRA,Pardo\nBRA,pardos\n".repeat(10);
        let draft = drafts(&format!("area,cor\n{rows}"), Some("BRA")).unwrap().profile;
        let reported: Vec<_> = draft.lines().filter(|line| line.contains("is no word of the pack")).collect();
        assert_eq!(reported, ["# ? \"pardos\" is no word of the pack; `PARDA` is near."]);
    }

    #[test]
    fn texts_of_a_file_cannot_leave_their_quotes() {
        assert_eq!(quoted("a\"b\\c\n[drop]"), "\"a\\\"b\\\\c\\u000A[drop]\"");
        let rows = "\"F\n[ignore]\",2022\n".repeat(12);
        let draft = drafts(&format!("sexo,\"an\"\"io\"\n{rows}"), None).unwrap().profile;
        assert!(toml::from_str::<toml::Table>(&draft).is_ok(), "{draft}");
    }
}
