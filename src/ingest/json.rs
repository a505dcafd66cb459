//! One JSON object a line: its keys are the columns.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use memchr::memchr;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::as_text::{DOUBLE, boolean, number};
use super::blanks::trimmed_text;
use super::split::InputEnd;
use crate::error::{Error, Result};
use crate::finding::Rule;

/// An object with its keys in their order, and each of them as often as it stands there.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// Returns whether a text that begins with a bracket is an array of objects and not a heading.
pub(super) fn is_array(text: &[u8]) -> bool {
    let inside = text.trim_ascii_start().get(1..).unwrap_or_default();
    matches!(inside.trim_ascii_start().first(), Some(b'{' | b']'))
}

/// The keys of the first records, in the order in which they are met.
///
/// # Errors
/// Not one of the first lines is an object.
pub(super) fn keys(start: &[u8], input_end: InputEnd, place: &str) -> Result<Vec<String>> {
    let mut keys: Vec<String> = Vec::new();
    let mut objects = 0;
    let lines: Vec<&[u8]> = start.split(|byte| *byte == b'\n').collect();
    // The last line may be cut off.
    let complete = lines.len() - usize::from(input_end == InputEnd::Ahead);
    for line in &lines[..complete] {
        let Ok(Object(entries)) = serde_json::from_slice(line) else { continue };
        objects += 1;
        let mut found = Vec::new();
        entries.iter().for_each(|(key, value)| flatten(key, value, &mut |key, _| found.push(key.to_owned())));
        for key in found {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    if objects == 0 {
        return Err(Error::refused(
            "file/not-text",
            "the file looks like JSON, and none of its first lines is an object",
        )
        .at(place)
        .hint("write one record a line: `jq -c . FILE` does so"));
    }
    Ok(keys)
}

/// An object within an object has keys with a dot between them.
fn flatten(key: &str, value: &Value, take: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(inner) if !inner.is_empty() => {
            inner.iter().for_each(|(name, value)| flatten(&format!("{}.{name}", trimmed_text(key)), value, take));
        }
        value => take(trimmed_text(key), value),
    }
}

/// Reads the lines of a batch.
pub(super) struct JsonLines<'a> {
    columns: HashMap<&'a str, usize>,
    /// Where the line begins and ends, and where the next one begins.
    line: Range<usize>,
    next: usize,
    number: u64,
    /// Lines without anything that were passed.
    blank: u64,
    broken: Option<Rule>,
    text: Vec<u8>,
    cells: Vec<Range<usize>>,
}

impl<'a> JsonLines<'a> {
    pub fn new(keys: &'a Arc<[String]>) -> Self {
        let columns = keys.iter().enumerate().map(|(at, key)| (key.as_str(), at)).collect();
        let cells = vec![0..0; keys.len()];
        Self { columns, line: 0..0, next: 0, number: 0, blank: 0, broken: None, text: Vec::new(), cells }
    }

    /// Moves to the next line that is not empty; how many lines and bytes stand before it.
    pub fn advance(&mut self, bytes: &[u8]) -> Option<(u64, u64)> {
        loop {
            let start = self.next;
            let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
            let end = memchr(b'\n', rest).map_or(bytes.len(), |at| start + at);
            let number = self.number;
            (self.line, self.next, self.number) = (start..end, end + 1, number + 1);
            if !bytes[start..end].trim_ascii().is_empty() {
                self.read(&bytes[start..end]);
                return Some((number, start as u64));
            }
            self.blank += 1;
        }
    }

    fn read(&mut self, line: &[u8]) {
        self.text.clear();
        self.cells.fill(0..0);
        self.broken = None;
        let Ok(Object(entries)) = serde_json::from_slice(line) else {
            self.broken = Some(Rule::named("record/not-json"));
            return;
        };
        let mut seen = vec![false; self.cells.len()];
        for (key, value) in &entries {
            flatten(key, value, &mut |key, value| {
                let Some(&column) = self.columns.get(key) else {
                    self.broken = self.broken.or(Some(Rule::named("record/late-key")));
                    return;
                };
                if std::mem::replace(&mut seen[column], true) {
                    self.broken = Some(Rule::named("record/not-json"));
                }
                if value.as_f64() == Some(0.0) && value.is_f64() && has_negative_exponent(line) {
                    // `1e-400` is not zero, and too small to differ from it.
                    self.broken = Some(Rule::named("record/not-json"));
                }
                let start = self.text.len();
                match exact(line, value) {
                    Some(literal) => self.text.extend_from_slice(literal.as_bytes()),
                    None => write(&mut self.text, value),
                }
                self.cells[column] = start..self.text.len();
            });
        }
    }

    pub fn blank(&self) -> u64 {
        self.blank
    }

    pub fn broken(&self) -> Option<Rule> {
        self.broken
    }

    pub fn range(&self) -> Range<usize> {
        self.line.clone()
    }

    pub fn len(&self) -> usize {
        self.cells.len()
    }

    pub fn cell(&self, column: usize) -> Option<(&[u8], usize, usize)> {
        let cell = self.cells.get(column)?;
        Some((&self.text, cell.start, cell.end))
    }
}

/// Returns whether a number of a line may be a fraction that is written with an exponent.
fn has_negative_exponent(line: &[u8]) -> bool {
    line.windows(3).any(|bytes| matches!(bytes, [digit, b'e' | b'E', b'-'] if digit.is_ascii_digit()))
}

/// Returns a number as it stands in its line, where it has decimals and more digits than are kept of it: numbers that differ
/// would be written alike, and may be ids.
fn exact<'a>(line: &'a [u8], value: &Value) -> Option<&'a str> {
    let value = value.as_f64().filter(|_| value.is_f64())?;
    let is_short = value.fract() != 0.0 && value.to_string().len() <= 16;
    if is_short || value.abs() >= DOUBLE {
        return None;
    }
    let is_number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let numbers = line.split(|byte| !is_number(byte)).filter(|text| text.len() > 16 && text.contains(&b'.'));
    let numbers = numbers.filter_map(|text| std::str::from_utf8(text).ok());
    // The library may miss the nearest number by a little.
    let is_same = |number: f64| (number - value).abs() <= 4.0 * f64::EPSILON * value.abs();
    let is_lost =
        |text: &&str| text.parse().is_ok_and(is_same) && text.trim_end_matches('0').trim_end_matches('.').len() > 16;
    numbers.into_iter().find(is_lost)
}

/// A value as a cell of a table: nothing for null, words for yes and no, `;` between several.
fn write(text: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(yes) => text.extend_from_slice(boolean(*yes).as_bytes()),
        Value::Number(value) => match value.as_f64() {
            Some(float) if !value.is_i64() && !value.is_u64() => {
                text.extend_from_slice(number(float, DOUBLE).as_bytes())
            }
            _ => text.extend_from_slice(value.to_string().as_bytes()),
        },
        Value::String(value) => text.extend_from_slice(value.as_bytes()),
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    text.push(b';');
                }
                // A value that is not there is not understood, and no other value stands for all.
                if value.is_null() {
                    text.extend_from_slice(b"null");
                }
                write(text, value);
            }
        }
        // Empty, or within an array: it is not a code of any list, and so becomes a finding.
        Value::Object(_) => text.extend_from_slice(value.to_string().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_rows() {
        let text = br#"{"area":"KHM","age":27,"form":["SEX","LAB"],"x":{"y":true,"z":null}}

{"age":9.0,"area":null}
{"area":"a","area":"b"}
{"area":"KHM","other":1}
[1]
{"area":"KHM","age":1e-400}
{"area":"KHM","form":["SEX",null]}
{"area":"e-1","age":0.0}
{"area":2020.00000000000001,"age":17.0}
{"area":0.30000000000000004,"age":0.25}
"#;
        let keys: Arc<[String]> = keys(text, InputEnd::Reached, "x").unwrap()[..5].into();
        assert_eq!(&keys[..], ["area", "age", "form", "x.y", "x.z"]);
        let mut lines = JsonLines::new(&keys);
        let mut found = Vec::new();
        while let Some((number, _)) = lines.advance(text) {
            let cells = (0..lines.len()).filter_map(|column| lines.cell(column));
            let cells: Vec<_> = cells.map(|(text, a, b)| String::from_utf8_lossy(&text[a..b]).into_owned()).collect();
            found.push((number, lines.broken().map(|rule| rule.id()), cells.join("|")));
        }
        assert_eq!(found[0], (0, None, "KHM|27|SEX;LAB|true|".into()));
        assert_eq!(found[1], (2, None, "|9|||".into()));
        assert_eq!([&found[6].2, &found[7].2], ["KHM||SEX;null||", "e-1|0|||"]);
        assert_eq!([&found[8].2, &found[9].2], ["2020.00000000000001|17|||", "0.30000000000000004|0.25|||"]);
        let broken: Vec<_> = found[2..6].iter().map(|(line, rule, _)| (*line, *rule)).collect();
        let (not_json, late) = (Some("record/not-json"), Some("record/late-key"));
        assert_eq!(broken, [(3, not_json), (4, late), (5, not_json), (6, not_json)]);
    }
}
