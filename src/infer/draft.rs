//! One file is looked at, and drafts are written.

use super::column::{ColumnContent, ColumnSample};
use super::figures;
use super::groups::groups;
use super::headings::{HeadingMeaning, Headings, is_of_birth};
use super::sample::{FileSample, KnownColumns};
use super::study::{Inquiry, StudiedColumn, Study};
use super::text::DraftedFile;
use super::{pack, profile};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::files;
use crate::schema::{FieldType, Pack, Record, Registry};
use crate::validate::is_personal;

/// What was drafted. Confidential until it is checked: headings and texts come from the file.
pub struct SchemaDrafts {
    /// The profile.
    pub profile: DraftedFile,
    /// The country pack, as TOML, where a column may be of race, ethnicity or another list of the country's own.
    pub pack: Option<CountryDraft>,
    /// How many records were looked at.
    pub records: u64,
    /// The record type of the profile.
    pub record: String,
    /// Whether the rows look like published figures.
    pub figures: bool,
    /// Fields that columns give.
    pub fields: Vec<String>,
    /// How many columns there are, and how many of them name persons and are dropped unread.
    pub columns: [usize; 2],
    /// The sheet of a workbook, and how many others hold anything.
    pub sheet: Option<(String, usize)>,
    /// The line or row of the header, counted from 1.
    pub header_line: u64,
    /// All headings.
    pub header: Vec<String>,
}

/// A drafted country pack.
pub struct CountryDraft {
    /// The country, where it is known.
    pub area: Option<String>,
    /// The pack, as TOML.
    pub text: String,
}

/// Reads a file without a layout, and drafts one.
///
/// # Errors
/// The file cannot be read, has no header, or the record type or the pack is not there.
pub fn infer(registry: &Registry, inquiry: &Inquiry<'_>, control: &Control) -> Result<SchemaDrafts> {
    let victim = Record::load(registry, inquiry.record.unwrap_or("victim"))?;
    let pack = own_pack(&victim, inquiry.area)?;
    let figure = if inquiry.record.is_none() { Some(Record::load(registry, "figure")?) } else { None };
    let types: Vec<&Record> = [Some(&victim), figure.as_ref()].into_iter().flatten().collect();
    let sample = FileSample::read(registry, inquiry, &KnownColumns::new(&types, pack.as_ref()), control)?;
    let (record, figures) = match figure {
        Some(figure) if figures::are_figures(&sample.columns) => (figure, true),
        _ => (victim, false),
    };
    let headings = Headings::new(&record, pack.as_ref());
    require_header(&sample, &headings, &record, &files::shown(inquiry.file))?;
    let header: Vec<String> = sample.columns.iter().map(|column| column.heading.clone()).collect();
    let columns = header.len();
    let group = groups(&sample.above, &sample.columns);
    let named = sample.columns.into_iter().zip(group).filter(|(column, _)| !column.heading.is_empty());
    let study = Study {
        registry,
        inquiry,
        pack,
        columns: named.map(|(column, group)| studied(column, group, &headings, &record)).collect(),
        records: sample.records,
        notes: sample.notes,
        delimiter: sample.delimiter,
        guessed: sample.guessed,
        sheet: sample.sheet.as_ref().filter(|(_, others)| *others > 0).map(|(sheet, _)| sheet.clone()),
        record,
    };
    let (profile, fields) = profile::profile(&study)?;
    let persons = study.columns.iter().filter(|known| known.meaning == HeadingMeaning::Person).count();
    Ok(SchemaDrafts {
        profile,
        pack: pack::pack(&study),
        records: study.records,
        record: study.record.name(),
        figures,
        fields,
        columns: [columns, persons],
        sheet: sample.sheet,
        header_line: sample.header_line,
        header,
    })
}

/// What a column is, by its heading and by what it holds.
fn studied(column: ColumnSample, group: Option<String>, headings: &Headings, record: &Record) -> StudiedColumn {
    let content = column.content();
    let is_date = content == ColumnContent::Dates;
    let meaning = match (headings.find(record, &column.heading), column.identifier()) {
        // An age can be made of a date or a year of birth, and of nothing else.
        (HeadingMeaning::Person | HeadingMeaning::Nothing | HeadingMeaning::Near(..), _)
            if is_of_birth(&column.heading) && (is_date || content == ColumnContent::Years) =>
        {
            HeadingMeaning::Birth
        }
        (HeadingMeaning::Sure(field, how), Some(_)) if record.fields[field].kind == FieldType::Person => {
            HeadingMeaning::Sure(field, how)
        }
        // A date of detection is not a date of birth, though it may lie as far back.
        (HeadingMeaning::Sure(field, how), Some(_)) if is_date => HeadingMeaning::Sure(field, how),
        (_, Some(_)) => HeadingMeaning::Person,
        (meaning, None) => meaning,
    };
    let field = group.and_then(|heading| match headings.find(record, &heading) {
        HeadingMeaning::Sure(field, _) => Some(field),
        _ => None,
    });
    let group = field.filter(|field| record.fields[*field].kind == FieldType::Set);
    StudiedColumn { content, column, meaning, group }
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
fn require_header(sample: &FileSample, headings: &Headings, record: &Record, place: &str) -> Result<()> {
    let known = |column: &ColumnSample| matches!(headings.find(record, &column.heading), HeadingMeaning::Sure(..));
    let value = |column: &ColumnSample| is_personal(&column.heading) || column.repeats_its_heading() && !known(column);
    match sample.columns.iter().position(value) {
        Some(index) => Err(Error::failed("the first line looks like a record and not like headings")
            .at(format!("{place}:{}, column {}", sample.header_line, index + 1))
            .hint("put a line of headings above the records, or name the right sheet with `--sheet`")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::study::{Active, quoted};
    use super::*;

    /// A value of a person, which no draft may hold.
    const CANARY: &str = "Xq7canary";

    fn drafts(text: &str, area: Option<&str>) -> Result<SchemaDrafts> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("in.csv");
        let input = files::FileOutput { path: &file, readers: files::Readers::All, previous: files::Previous::Kept };
        input.write(&files::Stage::next_to(&file).unwrap(), |out| {
            out.write_all(text.as_bytes()).map_err(|cause| Error::failed("cannot write").because(cause))
        })?;
        let inquiry = Inquiry {
            file: &file,
            sheet: None,
            encoding: None,
            record: Some("victim"),
            area,
            name: "draft",
            active: Active::Columns,
        };
        infer(&Registry::built_in(), &inquiry, &Control::default())
    }

    #[test]
    fn certain_lines_are_active_and_guesses_are_comments() {
        let rows = "KHM,2022,Mujer,17\nKHM,2022,Hombr,18+\n".repeat(12);
        let draft = drafts(&format!("area,anio,sexo,edad\n{rows}"), None).unwrap();
        let text = &draft.profile.text;
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
        let draft = drafts(&text, None).unwrap().profile.text;
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
            drafts(&format!("year of detection,isForcedCriminalActivity,beg,sxe\n{rows}"), None).unwrap().profile.text;
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
        let pack = drafts(&text, None).unwrap().pack.unwrap().text;
        let pack: Pack = toml::from_str(&pack).unwrap();
        assert_eq!((pack.area.as_str(), pack.title.as_str()), ("MEX", "Mexico"));
        let codes: Vec<_> = pack.lists[0].codes.iter().map(|code| (code.code.as_str(), code.words.len())).collect();
        assert_eq!(codes, [("AFRODESCENDIENTE", 1), ("INDIGENA", 2)]);
        assert_eq!(pack.columns["etnia"], "ethnicity");
        let nowhere = drafts(&text.replace("MEX", "?"), None).unwrap().pack.unwrap().text;
        assert!(nowhere.contains("area = \"XXX\""));
        assert!(drafts(&text, Some("ZZZ")).is_err());
    }

    #[test]
    fn words_that_the_pack_does_not_know_are_told() {
        let rows = "BRA,BRANCA\nBRA,BRA_PRETA\nBRA,Pardo\nBRA,pardos\n".repeat(10);
        let draft = drafts(&format!("area,cor\n{rows}"), Some("BRA")).unwrap().profile.text;
        let reported: Vec<_> = draft.lines().filter(|line| line.contains("is no word of the pack")).collect();
        assert_eq!(reported, ["# ? \"pardos\" is no word of the pack; `PARDA` is near."]);
    }

    #[test]
    fn texts_of_a_file_cannot_leave_their_quotes() {
        assert_eq!(quoted("a\"b\\c\n[drop]"), "\"a\\\"b\\\\c\\u000A[drop]\"");
        let rows = "\"F\n[ignore]\",2022\n".repeat(12);
        let draft = drafts(&format!("sexo,\"an\"\"io\"\n{rows}"), None).unwrap().profile.text;
        assert!(toml::from_str::<toml::Table>(&draft).is_ok(), "{draft}");
    }
}
