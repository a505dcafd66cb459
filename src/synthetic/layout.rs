//! Writing a record in a publisher's layout: the profile read backwards.

use super::model::Values;
use crate::model::Codelist;
use crate::schema::{FieldType, Map};
use crate::validate::Layout;

/// Writes rows of a layout.
pub(super) struct Writer<'a> {
    layout: &'a Layout,
    columns: Vec<Column<'a>>,
    delimiter: u8,
}

enum Column<'a> {
    /// A column of a map, with its field.
    Map(&'a str, usize, &'a Map),
    /// A yes/no column, with the codes that make a yes.
    Flag(&'a str, usize, &'a [String]),
    /// A column that is not read; it stays empty.
    Ignored(&'a str),
}

impl<'a> Writer<'a> {
    /// A writer for a layout, with the columns of fields that are drawn.
    pub fn new(layout: &'a Layout, is_drawn: impl Fn(&str) -> bool) -> Self {
        let mut columns = Vec::new();
        for map in &layout.profile.maps {
            let Some(field) = layout.record.field(&map.field) else { continue };
            if !super::is_drawn(layout.record.fields[field].kind) || !is_drawn(&map.field) {
                continue;
            }
            // A column that says something about two fields is written once.
            let written = |name: &String| columns.iter().any(|c| matches!(c, Column::Map(other, ..) if other == name));
            if let Some(name) = map.column.as_ref().filter(|name| !written(name)) {
                columns.push(Column::Map(name, field, map));
            }
            columns.extend(map.flags.iter().map(|(name, codes)| Column::Flag(name, field, codes)));
        }
        columns.extend(layout.profile.ignore.columns.iter().map(|name| Column::Ignored(name)));
        Self { layout, columns, delimiter: Self::delimiter(layout) }
    }

    /// What separates fields.
    pub fn delimiter(layout: &Layout) -> u8 {
        layout.profile.delimiter.and_then(|c| u8::try_from(c).ok()).unwrap_or(b',')
    }

    /// Writes the header.
    pub fn header(&self, out: &mut Vec<u8>) {
        self.line(out, |column, cell| {
            let (Column::Map(name, ..) | Column::Flag(name, ..) | Column::Ignored(name)) = column;
            cell.push_str(name);
        });
    }

    /// Writes a row.
    pub fn row(&self, out: &mut Vec<u8>, values: &Values<'_>) {
        let codes = |field: usize| {
            let id = &self.layout.record.fields[field].id;
            values.iter().find(|(name, _)| name == id).map_or(&[][..], |(_, codes)| codes)
        };
        self.line(out, |column, cell| match column {
            Column::Ignored(_) => {}
            Column::Flag(_, field, yes) => {
                let codes = codes(*field);
                if !codes.iter().all(|code| code.starts_with('_')) {
                    cell.push(if yes.iter().all(|code| codes.contains(code)) { '1' } else { '0' });
                }
            }
            Column::Map(_, field, map) => {
                let separator = map.separators.first().map_or(";", String::as_str);
                for (index, code) in codes(*field).iter().enumerate() {
                    if index > 0 {
                        cell.push_str(separator);
                    }
                    self.cell(cell, *field, map, code);
                }
            }
        });
    }

    fn line(&self, out: &mut Vec<u8>, fill: impl Fn(&Column<'_>, &mut String)) {
        let mut cell = String::new();
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push(self.delimiter);
            }
            cell.clear();
            fill(column, &mut cell);
            let quote = cell.bytes().any(|byte| byte == self.delimiter || matches!(byte, b'"' | b'\n' | b'\r'));
            if quote {
                out.push(b'"');
                out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
                out.push(b'"');
            } else {
                out.extend_from_slice(cell.as_bytes());
            }
        }
        out.push(b'\n');
    }

    /// The publisher's word for a code, or for the nearest code above it that has one.
    fn cell(&self, cell: &mut String, field: usize, map: &Map, code: &str) {
        let layout = self.layout;
        let of = &layout.record.fields[field];
        let Some(list) = of.codelist.as_ref().filter(|_| of.kind != FieldType::Person) else {
            cell.push_str(code);
            return;
        };
        if code.starts_with('_') && code != "_O" {
            match layout.profile.missing.first() {
                Some(text) => cell.push_str(text),
                None => cell.push_str(code),
            }
            return;
        }
        let index = list.find(code).unwrap_or(Codelist::FIRST_KNOWN);
        // Ages are written as years where the layout has no bands; a group such as adults is for its later columns.
        let first = layout.profile.maps.iter().find(|other| other.field == map.field);
        let years = of.age_bands && first.is_some_and(|first| std::ptr::eq(first, map));
        let above = std::iter::once(index).chain(list.ancestors(index));
        let word = above.filter(|&at| !years || at == index || list.code(at).parent.is_some()).find_map(|at| {
            let id = list.id_of(at);
            let word = map.codes.iter().find(|(_, code)| *code == id).map(|(word, _)| word.clone());
            word.or_else(|| layout.word(map, id))
        });
        match word {
            Some(word) => cell.push_str(&word),
            None if of.age_bands => cell.push_str(code.trim_start_matches('Y')),
            None => cell.push_str(code),
        }
    }
}
