//! Files of plain records with stray quotation marks, and what becomes of each of their lines.
//!
//! The files are made up line by line, so which lines are records is known without reading them.

use std::collections::BTreeSet;
use std::io::Cursor;

use super::{Content, CsvSource, Dialect, RequiredColumns};

/// A small generator, so that the test needs no crate and is the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn one<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

const NOTES: [&str; 16] = [
    "ok",
    "",
    "a b",
    " ok",
    " ",
    "5' tall",
    "\"a, b\"",
    "\"q\"",
    "\"\"",
    "\"one\ntwo\"",
    "\"one, two\nthree\"",
    "\"says \"\"no\"\"\"",
    "\" lead\ntail\"",
    "\"a,\nb\"",
    "\"first\n\nthird\"",
    "say \"hi\"",
];

/// A file, the number of its columns, and the lines that are records by themselves.
fn file(random: &mut Random) -> (String, usize, Vec<u64>) {
    let columns = 3 + random.below(4);
    let place = random.below(columns);
    let with = |cells: &[&str], note: &str| {
        let mut cells: Vec<String> = cells[..columns - 1].iter().map(ToString::to_string).collect();
        cells.insert(place, note.to_owned());
        cells
    };
    let mut rows = vec![with(&["area", "year", "sex", "age", "form"], "note")];
    for _ in 0..1 + random.below(12) {
        let age = random.below(60).to_string();
        let values = ["KHM", random.one(&["2020", "2021"]), random.one(&["F", "M"]), &age, random.one(&["SEX", "LAB"])];
        let mut cells = with(&values, random.one(&NOTES));
        match random.below(30) {
            0 => cells.push("x".to_owned()),
            1 => drop(cells.pop()),
            2 | 3 => cells.iter_mut().skip(1).for_each(|cell| cell.insert(0, ' ')),
            _ => {}
        }
        rows.push(cells);
    }
    for _ in 0..random.below(5) {
        let row = 1 + random.below(rows.len() - 1);
        let column = random.below(rows[row].len());
        let cell = &mut rows[row][column];
        match random.below(5) {
            0 | 1 => cell.insert(0, '"'),
            2 => cell.push('"'),
            3 => cell.insert_str(0, " \""),
            _ => cell.insert(random.below(cell.len() + 1), '"'),
        }
    }
    let (mut text, mut records) = (String::new(), Vec::new());
    for (at, cells) in rows.iter().enumerate() {
        if random.below(12) == 0 {
            text.push('\n');
        }
        let line = cells.join(",");
        if at > 0 && !line.contains('\n') && line.matches(',').count() + 1 == columns {
            records.push(text.matches('\n').count() as u64 + 1);
        }
        text.push_str(&line);
        text.push('\n');
    }
    (text, columns, records)
}

/// Lines on which a record begins, and those that a finding names.
fn read(text: &str) -> (usize, BTreeSet<u64>) {
    let required = RequiredColumns { columns: vec!["area", "year", "note"], required: vec!["area"] };
    let input = Box::new(Cursor::new(text.as_bytes().to_vec()));
    let mut source = CsvSource::new(input, "in.csv", Dialect::default(), &required).unwrap();
    let mut lines = BTreeSet::new();
    while let Some(batch) = source.next_batch().unwrap() {
        lines.extend(batch.notes.iter().flat_map(|note| note.line..=note.last));
        if let Content::Broken(..) = batch.content {
            lines.insert(batch.line);
        }
        let mut records = batch.records();
        while let Some((line, _)) = records.advance() {
            lines.insert(line);
        }
    }
    lines.extend(source.notes().iter().flat_map(|note| note.line..=note.last));
    (source.header().len(), lines)
}

/// Every line that is a record by itself begins a record or is named by a finding, in any dialect.
#[test]
fn no_line_is_lost_between_stray_marks() {
    let mut random = Random(14);
    for number in 0..2000 {
        let (text, columns, records) = file(&mut random);
        let delimiter = random.one(&[",", ";", "\t", "|"]);
        let end = random.one(&["\n", "\r\n", "\r"]);
        let text = text.replace(',', delimiter).replace('\n', end);
        let (header, lines) = read(&text);
        assert_eq!(header, columns, "file {number}: {text:?}");
        let lost: Vec<_> = records.iter().filter(|line| !lines.contains(line)).collect();
        assert!(lost.is_empty(), "file {number}: lines {lost:?} of {text:?}");
    }
}
