//! Writing a record in a publisher's layout: the profile read backwards.

use super::drawing::{DrawnValue, PreparedModel, Symbol};
use super::model::Model;
use crate::model::Codelist;
use crate::schema::{FieldType, Map};
use crate::validate::Layout;

/// Writes rows of a layout.
pub(super) struct Writer<'a> {
    layout: &'a Layout,
    columns: Vec<LayoutColumn<'a>>,
    delimiter: u8,
    /// The cell that is written where it is not one code.
    cell: String,
}

struct LayoutColumn<'a> {
    name: &'a str,
    /// The variable that it is made from, where the model draws one.
    variable: Option<usize>,
    kind: ColumnKind<'a>,
}

enum ColumnKind<'a> {
    /// A column of a map of a field, with the publisher's word for each symbol.
    Map { field: usize, map: &'a Map, words: Vec<Option<Word>> },
    /// A yes/no column, with the codes that make a yes; `None` is a code that is never drawn.
    Flag(Vec<Option<Symbol>>),
    /// A column that is not read; it stays empty.
    Ignored,
}

/// A publisher's word for a code: looked up once, because a crosswalk may have thousands.
#[derive(Clone)]
struct Word {
    word: String,
    /// The word as the only one of a cell, quoted where it must be.
    cell: Vec<u8>,
}

impl<'a> Writer<'a> {
    /// A writer for a layout, with the columns of fields that are drawn.
    pub fn new(layout: &'a Layout, model: &Model, drawing: &PreparedModel<'_>) -> Self {
        let mut columns: Vec<LayoutColumn<'a>> = Vec::new();
        for map in &layout.profile.maps {
            let Some(field) = layout.record.field(&map.field) else { continue };
            if !is_drawn(layout.record.fields[field].kind) || !model.draws(&map.field) {
                continue;
            }
            let variable = drawing.variable(&layout.record.fields[field].id);
            // A column that says something about two fields is written once.
            let is_map = |column: &LayoutColumn<'_>| matches!(column.kind, ColumnKind::Map { .. });
            let written = |name: &String| columns.iter().any(|column| is_map(column) && column.name == name);
            if let Some(name) = map.column.as_ref().filter(|name| !written(name)) {
                let kind = ColumnKind::Map { field, map, words: vec![None; drawing.symbols.len()] };
                columns.push(LayoutColumn { name, variable, kind });
            }
            columns.extend(map.flags.iter().map(|(name, codes)| {
                let kind = ColumnKind::Flag(codes.iter().map(|code| drawing.symbols.find(code)).collect());
                LayoutColumn { name, variable, kind }
            }));
        }
        let ignored = |name: &'a String| LayoutColumn { name, variable: None, kind: ColumnKind::Ignored };
        columns.extend(layout.profile.ignore.columns.iter().map(ignored));
        Self { layout, columns, delimiter: Self::delimiter(layout), cell: String::new() }
    }

    /// What separates fields.
    pub fn delimiter(layout: &Layout) -> u8 {
        layout.profile.delimiter.and_then(|c| u8::try_from(c).ok()).unwrap_or(b',')
    }

    /// Writes the header.
    pub fn header(&self, out: &mut Vec<u8>) {
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push(self.delimiter);
            }
            write(out, column.name, self.delimiter);
        }
        out.push(b'\n');
    }

    /// Writes a row.
    pub fn row(&mut self, out: &mut Vec<u8>, drawing: &PreparedModel<'_>) {
        let Self { layout, columns, delimiter, cell } = self;
        let symbols = &drawing.symbols;
        for (index, column) in columns.iter_mut().enumerate() {
            if index > 0 {
                out.push(*delimiter);
            }
            let Some(value) = column.variable.map(|variable| drawing.value(variable)) else { continue };
            match (&mut column.kind, value) {
                (ColumnKind::Ignored, _) => {}
                (ColumnKind::Flag(yes), DrawnValue::Person(_)) => out.push(if yes.is_empty() { b'1' } else { b'0' }),
                (ColumnKind::Flag(yes), value) => {
                    if !value.codes().all(|code| symbols.get(code).starts_with('_')) {
                        let has = |meant: &Option<Symbol>| value.codes().any(|code| Some(code) == *meant);
                        out.push(if yes.iter().all(has) { b'1' } else { b'0' });
                    }
                }
                (ColumnKind::Map { field, map, .. }, DrawnValue::Person(id)) => {
                    let meta = &layout.record.fields[*field];
                    if meta.codelist.is_none() || meta.kind == FieldType::Person {
                        out.push(b'P');
                        out.extend((0..16).rev().map(|digit| b"0123456789abcdef"[(id >> (4 * digit)) as usize & 15]));
                    } else {
                        cell.clear();
                        FieldMap { layout, field: *field, map }.add_word(cell, &format!("P{id:016x}"));
                        write(out, cell, *delimiter);
                    }
                }
                (ColumnKind::Map { field, map, words }, DrawnValue::Codes(first, second)) => {
                    if let (None, Some(known)) = (second, &words[first as usize]) {
                        out.extend_from_slice(&known.cell);
                        continue;
                    }
                    for code in [Some(first), second].into_iter().flatten() {
                        words[code as usize].get_or_insert_with(|| {
                            let mut entry = Word { word: String::new(), cell: Vec::new() };
                            FieldMap { layout, field: *field, map }.add_word(&mut entry.word, symbols.get(code));
                            write(&mut entry.cell, &entry.word, *delimiter);
                            entry
                        });
                    }
                    match [Some(first), second].map(|code| words[code? as usize].as_ref()) {
                        [Some(first), Some(second)] => {
                            cell.clear();
                            cell.push_str(&first.word);
                            cell.push_str(map.separators.first().map_or(";", String::as_str));
                            cell.push_str(&second.word);
                            write(out, cell, *delimiter);
                        }
                        [first, _] => out.extend_from_slice(first.map_or(&[], |first| &first.cell)),
                    }
                }
            }
        }
        out.push(b'\n');
    }
}

/// Writes a cell, quoted where it must be.
fn write(out: &mut Vec<u8>, cell: &str, delimiter: u8) {
    if cell.bytes().any(|byte| byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r')) {
        out.push(b'"');
        out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(cell.as_bytes());
    }
}

/// The map of a field in a layout.
struct FieldMap<'a> {
    layout: &'a Layout,
    field: usize,
    map: &'a Map,
}

impl FieldMap<'_> {
    /// Adds the publisher's word for a code, or for the nearest code above it that has one.
    fn add_word(&self, cell: &mut String, code: &str) {
        let Self { layout, map, .. } = *self;
        let field = &layout.record.fields[self.field];
        let Some(list) = field.codelist.as_ref().filter(|_| field.kind != FieldType::Person) else {
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
        let years = field.age_bands && first.is_some_and(|first| std::ptr::eq(first, map));
        let above = std::iter::once(index).chain(list.ancestors(index));
        let word = above.filter(|&at| !years || at == index || list.code(at).parent.is_some()).find_map(|at| {
            let id = list.id_of(at);
            let word = map.codes.iter().find(|(_, code)| *code == id).map(|(word, _)| word.clone());
            word.or_else(|| layout.word(map, id))
        });
        match word {
            Some(word) => cell.push_str(&word),
            None if field.age_bands => cell.push_str(code.trim_start_matches('Y')),
            None => cell.push_str(code),
        }
    }
}

/// Returns whether a field is drawn at all.
fn is_drawn(kind: FieldType) -> bool {
    kind != FieldType::Count
}
