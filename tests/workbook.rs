//! A workbook as an office keeps it, with a truth that is known: titles, a merged heading of a group, Spanish words, dates of
//! three kinds, a row of totals, a source, and a sheet of notes.

use std::collections::BTreeMap;

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use crate::sheets::ods_of;
use crate::support::CANARY;

/// A day.
pub type Day = (u16, u8, u8);

/// A cell as somebody typed it.
pub enum Cell {
    Empty,
    Text(String),
    Date(Day),
    Number(f64),
}

/// A record, and what is true of it.
pub struct Case {
    pub cells: Vec<Cell>,
    pub year: u16,
    pub sex: &'static str,
    pub age: Option<u16>,
    pub forms: Vec<&'static str>,
    pub citizenship: &'static str,
}

pub const RECORDS: usize = 1200;
pub const FORMS: [(&str, usize); 3] = [("SEX", 584), ("LAB", 479), ("OTH", 180)];
pub const HEADINGS: [&str; 9] = [
    "Nombre de la víctima",
    "Fecha de nacimiento",
    "Sexo",
    "Sexual",
    "Laboral",
    "Otra",
    "Fecha de detección",
    "Provincia",
    "Nacionalidad",
];
const TITLES: [&str; 3] =
    ["Ministerio del Interior", "Registro de víctimas de trata de personas", "Enero de 2021 a diciembre de 2023"];

/// The records. Each form has the number of yeses that [`FORMS`] names, because the factors are prime to the number of records.
pub fn cases() -> Vec<Case> {
    let factors = [7919, 6007, 4919];
    (0..RECORDS)
        .map(|at| {
            let event = (2021 + (at * 13 % 3) as u16, 1 + (at * 5 % 12) as u8, 1 + (at * 11 % 28) as u8);
            let birth = (1962 + (at * 29 % 56) as u16, 1 + (at * 7 % 12) as u8, 1 + (at * 17 % 28) as u8);
            let unknown = at % 25 == 7;
            let had_birthday = (event.1, event.2) >= (birth.1, birth.2);
            let age = event.0 - birth.0 - u16::from(!had_birthday);
            let (sex, sex_text) = match at % 10 {
                0..=3 => ("F", "Mujer"),
                4 | 5 => ("M", "Hombre"),
                6 => ("M", "H"),
                7 | 8 => ("F", "M"),
                _ if at % 20 == 9 => ("_U", "s/d"),
                _ => ("F", "Mujer"),
            };
            let yes: Vec<bool> =
                (0..3).map(|form| (at * factors[form] + form * 311) % RECORDS < FORMS[form].1).collect();
            let answer = |form: usize| match (yes[form], (at + form) % 4) {
                (true, 0) => Cell::Text("Sí".into()),
                (true, 1) => Cell::Text("SI".into()),
                (true, _) => Cell::Text("X".into()),
                (false, 0) => Cell::Text("No".into()),
                (false, 1) => Cell::Text("NO".into()),
                (false, _) => Cell::Empty,
            };
            let (citizenship, nationality) = match at % 12 {
                0..=5 => ("ECU", "Ecuatoriana"),
                6..=8 => ("COL", "Colombiana"),
                9 | 10 => ("VEN", "Venezolana"),
                _ => ("_U", "s/i"),
            };
            let province = ["Guayas", "Pichincha", "Manabí", "El Oro", "Esmeraldas"][at % 5];
            let born = match (unknown, at % 3) {
                (true, _) => Cell::Text("no sabe".into()),
                (_, 0) => Cell::Text(format!("{:02}/{:02}/{}", birth.2, birth.1, birth.0)),
                _ => Cell::Date(birth),
            };
            let cells = vec![
                Cell::Text(format!("{CANARY} {at}")),
                born,
                Cell::Text(sex_text.into()),
                answer(0),
                answer(1),
                answer(2),
                Cell::Date(event),
                Cell::Text(province.into()),
                Cell::Text(nationality.into()),
            ];
            let forms = (0..3).filter(|form| yes[*form]).map(|form| FORMS[form].0).collect();
            Case { cells, year: event.0, sex, age: (!unknown).then_some(age), forms, citizenship }
        })
        .collect()
}

/// All rows below the header: the records, a row of totals and the source.
fn below(cases: &[Case]) -> Vec<Vec<&Cell>> {
    cases.iter().map(|case| case.cells.iter().collect()).collect()
}

fn totals() -> Vec<Cell> {
    let mut row: Vec<Cell> = HEADINGS.iter().map(|_| Cell::Empty).collect();
    row[0] = Cell::Text("TOTAL".into());
    FORMS.iter().enumerate().for_each(|(at, (_, count))| row[3 + at] = Cell::Number(*count as f64));
    row
}

const SOURCE: &str = "Fuente: Ministerio del Interior, registro administrativo";
const NOTES: [&str; 3] = ["Notas", "Las formas no son excluyentes.", "Corte al 31 de diciembre de 2023."];

/// The workbook of Excel.
pub fn xlsx(cases: &[Case]) -> Vec<u8> {
    let mut book = Workbook::new();
    let day = Format::new().set_num_format("dd/mm/yyyy");
    let sheet = book.add_worksheet().set_name("Registro").unwrap();
    for (row, title) in TITLES.iter().enumerate() {
        sheet.write(row as u32, 0, *title).unwrap();
    }
    sheet.merge_range(4, 3, 4, 5, "Forma de explotación", &Format::new().set_bold()).unwrap();
    for (column, heading) in HEADINGS.iter().enumerate() {
        sheet.write(5, column as u16, *heading).unwrap();
    }
    let mut write = |row: u32, cells: &[&Cell]| {
        for (column, cell) in cells.iter().enumerate() {
            let column = column as u16;
            match cell {
                Cell::Empty => {}
                Cell::Text(text) => drop(sheet.write(row, column, text.as_str()).unwrap()),
                Cell::Number(number) => drop(sheet.write(row, column, *number).unwrap()),
                Cell::Date((year, month, of_month)) => {
                    let date = ExcelDateTime::from_ymd(*year, *month, *of_month).unwrap();
                    sheet.write_with_format(row, column, &date, &day).unwrap();
                }
            }
        }
    };
    let rows = below(cases);
    rows.iter().enumerate().for_each(|(at, cells)| write(6 + at as u32, cells));
    let end = 6 + rows.len() as u32;
    write(end, &totals().iter().collect::<Vec<_>>());
    write(end + 1, &[&Cell::Text(SOURCE.into())]);
    let notes = book.add_worksheet().set_name("Notas").unwrap();
    for (row, note) in NOTES.iter().enumerate() {
        notes.write(row as u32, 0, *note).unwrap();
    }
    book.save_to_buffer().unwrap()
}

/// The workbook of OpenDocument.
pub fn ods(cases: &[Case]) -> Vec<u8> {
    let text = |text: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
    };
    let cell = |cell: &Cell| match cell {
        Cell::Empty => "<table:table-cell/>".to_owned(),
        Cell::Text(value) => text(value),
        Cell::Number(value) => format!(
            "<table:table-cell office:value-type=\"float\" office:value=\"{value}\"><text:p>{value}</text:p></table:table-cell>"
        ),
        Cell::Date((year, month, day)) => format!(
            "<table:table-cell office:value-type=\"date\" office:date-value=\"{year}-{month:02}-{day:02}\">\
             <text:p>{day:02}/{month:02}/{year}</text:p></table:table-cell>"
        ),
    };
    let row = |cells: String| format!("<table:table-row>{cells}</table:table-row>");
    let mut rows: String = TITLES.iter().map(|title| row(text(title))).collect();
    rows.push_str(&row("<table:table-cell/>".into()));
    rows.push_str(&row(
        "<table:table-cell table:number-columns-repeated=\"3\"/><table:table-cell table:number-columns-spanned=\"3\" \
         table:number-rows-spanned=\"1\" office:value-type=\"string\"><text:p>Forma de explotación</text:p></table:table-cell>\
         <table:covered-table-cell table:number-columns-repeated=\"2\"/>"
            .to_owned(),
    ));
    rows.push_str(&row(HEADINGS.iter().map(|heading| text(heading)).collect()));
    for cells in below(cases) {
        rows.push_str(&row(cells.iter().map(|shown| cell(shown)).collect()));
    }
    rows.push_str(&row(totals().iter().map(cell).collect()));
    rows.push_str(&row(text(SOURCE)));
    let notes: String = NOTES.iter().map(|note| row(text(note))).collect();
    ods_of(&[("Registro", &rows), ("Notas", &notes)])
}

/// The codes of a record in each dimension, with those above them.
pub fn codes(case: &Case) -> BTreeMap<&'static str, Vec<String>> {
    let group = |form: &&str| match *form {
        "SEX" => "FG_SEXUAL",
        "LAB" => "FG_LABOUR",
        _ => "FG_OTHER",
    };
    let unknown = || vec!["_U".to_owned()];
    let forms: Vec<String> =
        case.forms.iter().chain(&case.forms.iter().map(group).collect::<Vec<_>>()).map(ToString::to_string).collect();
    let age = |age: u16| {
        let broad = if age < 18 { "Y0T17" } else { "Y_GE18" };
        vec![broad.to_owned(), format!("{age}")]
    };
    BTreeMap::from([
        ("REF_AREA", vec!["ECU".to_owned()]),
        ("TIME_PERIOD", vec![case.year.to_string()]),
        ("SEX", vec![case.sex.to_owned()]),
        ("AGE", case.age.map_or_else(unknown, age)),
        ("FORM", if forms.is_empty() { unknown() } else { forms }),
        ("ORIGIN", vec![case.citizenship.to_owned()]),
    ])
}

/// The fixture is what its description says.
#[test]
fn the_workbook_has_the_counts_that_it_states() {
    let cases = cases();
    for (form, count) in FORMS {
        assert_eq!(cases.iter().filter(|case| case.forms.contains(&form)).count(), count, "{form}");
    }
    assert_eq!(cases.iter().filter(|case| case.sex == "_U").count(), 60);
    assert_eq!(cases.iter().filter(|case| case.age.is_none()).count(), 48);
}
