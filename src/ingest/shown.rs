//! Cells of workbooks that show another text than the value that the library reads: errors of OpenDocument, which keeps
//! a zero as their value, and numbers whose format puts zeros before them, such as `007`.
//!
//! Only tags and what is between them are looked at. What cannot be understood shows its value.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::Arc;

use memchr::{memchr, memmem};

use crate::limits;

type Parts = zip::ZipArchive<Cursor<Arc<[u8]>>>;

/// What a workbook says of how its cells look.
pub(super) enum Looks {
    /// The `content.xml` of OpenDocument, and what its sheets show, by their names.
    OpenDocument(Vec<u8>, BTreeMap<String, ShownTexts>),
    /// The parts of Excel, and the styles that show zeros before a number.
    Excel(Parts, BTreeMap<usize, String>),
}

impl Looks {
    /// Reads what a workbook says.
    ///
    /// # Errors
    /// It is no archive, or its `content.xml` cannot be unpacked.
    pub fn of(bytes: Arc<[u8]>) -> Result<Self, zip::result::ZipError> {
        let mut parts = zip::ZipArchive::new(Cursor::new(bytes))?;
        // A copy of what OpenDocument says is a fraction of its rows.
        if parts.index_for_name("content.xml").is_some() {
            let content = unpacked(&mut parts, "content.xml")?;
            let shown = ShownTexts::of_open_document(&content);
            return Ok(Self::OpenDocument(content, shown));
        }
        let styles = unpacked(&mut parts, "xl/styles.xml").map(|styles| padded_styles(&styles));
        Ok(Self::Excel(parts, styles.unwrap_or_default()))
    }

    /// Returns the `content.xml` of OpenDocument.
    pub fn content(&self) -> &[u8] {
        if let Self::OpenDocument(content, _) = self { content } else { &[] }
    }

    /// Returns the cells of a sheet that show something else than their value.
    pub fn shown(&mut self, sheet: &str) -> ShownTexts {
        match self {
            Self::OpenDocument(_, shown) => shown.remove(sheet).unwrap_or_default(),
            // Nearly no workbook has such a style, and then its sheets are read once.
            Self::Excel(_, styles) if styles.is_empty() => ShownTexts::default(),
            Self::Excel(parts, styles) => {
                let mut part = |name: &str| unpacked(parts, name).unwrap_or_default();
                let [book, relations] = ["xl/workbook.xml", "xl/_rels/workbook.xml.rels"].map(&mut part);
                let sheet = part_of(sheet, &book, &relations).map(|name| part(&name)).unwrap_or_default();
                ShownTexts::of_excel(&sheet, styles)
            }
        }
    }
}

fn unpacked(parts: &mut Parts, name: &str) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut bytes = Vec::new();
    parts.by_name(name)?.take(limits::WORKBOOK_UNPACKED).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Numbers have no more digits than this.
const DIGITS: usize = 15;

/// The last row of a run of equal rows, and the texts of its cells by their first and last column.
type ShownRun = (u32, Vec<(u32, u32, String)>);

/// Texts of the cells of a sheet that show something else than their value.
#[derive(Debug, Default)]
pub(super) struct ShownTexts {
    /// By the first row of each run.
    rows: BTreeMap<u32, ShownRun>,
}

impl ShownTexts {
    /// Returns the text of a cell, if it is not its value.
    pub fn get(&self, row: u32, column: u32) -> Option<&str> {
        let (_, (last, cells)) = self.rows.range(..=row).next_back()?;
        let mut here = cells.iter().filter(|_| *last >= row);
        here.find(|(first, last, _)| (*first..=*last).contains(&column)).map(|(.., text)| text.as_str())
    }

    fn add(&mut self, rows: [u32; 2], columns: [u32; 2], text: String) {
        let (_, cells) = self.rows.entry(rows[0]).or_insert((rows[1], Vec::new()));
        cells.push((columns[0], columns[1], text));
    }

    /// Finds them in the `content.xml` of an OpenDocument workbook, by the names of its sheets.
    pub fn of_open_document(content: &[u8]) -> BTreeMap<String, Self> {
        let (mut all, mut out, mut name) = (BTreeMap::new(), Self::default(), None);
        let (mut rows, mut column) = ([0u32, 0], 0u32);
        let mut tags = Tags { bytes: content, at: 0 };
        while let Some(tag) = tags.next() {
            match tag.name() {
                b"table:table" => {
                    all.extend(name.take().map(|name| (name, std::mem::take(&mut out))));
                    (name, rows) = (tag.attribute(b"table:name").map(unescaped), [0, 0]);
                }
                b"table:table-row" => {
                    let repeated = tag.number(b"table:number-rows-repeated");
                    (rows, column) = ([rows[1], rows[1].saturating_add(repeated)], 0);
                }
                b"table:table-cell" | b"table:covered-table-cell" => {
                    let first = column;
                    column = column.saturating_add(tag.number(b"table:number-columns-repeated"));
                    let is_text = tag.attribute(b"office:value-type").is_none_or(|kind| kind == b"string");
                    if tag.is_empty() || is_text {
                        continue;
                    }
                    let is_error = tag.attribute(b"calcext:value-type") == Some(b"error");
                    let text = tags.text_until(b"/", tag.name());
                    let is_other = || {
                        let value = tag.attribute(b"office:value").and_then(|value| std::str::from_utf8(value).ok());
                        value.is_some_and(|value| is_padded(&text, value))
                    };
                    if looks_like_error(&text) || is_other() {
                        out.add([rows[0], rows[1] - 1], [first, column - 1], text);
                    } else if is_error {
                        out.add([rows[0], rows[1] - 1], [first, column - 1], "#ERROR!".to_owned());
                    }
                }
                _ => {}
            }
        }
        all.extend(name.map(|name| (name, out)));
        all
    }

    /// Finds them in a sheet of an Excel workbook whose styles are those of [`padded_styles`].
    pub fn of_excel(sheet: &[u8], styles: &BTreeMap<usize, String>) -> Self {
        let mut out = Self::default();
        let (mut row, mut column) = (0u32, 0u32);
        let mut tags = Tags { bytes: sheet, at: 0 };
        while let Some(tag) = tags.next() {
            match tag.local_name() {
                b"row" => {
                    let number = tag.attribute(b"r").and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
                    (row, column) = (number.unwrap_or(row.saturating_add(1)), 0);
                }
                b"c" => {
                    let place = tag.attribute(b"r").and_then(place);
                    (column, row) = place.unwrap_or((column.saturating_add(1), row));
                    let style = tag.attribute(b"s").and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
                    let pattern = style.and_then(|style: usize| styles.get(&style));
                    let is_number = tag.attribute(b"t").is_none_or(|kind| kind == b"n");
                    let (Some(pattern), true, false) = (pattern, is_number, tag.is_empty()) else { continue };
                    let Some(value) = tags.value_within(tag.name()) else { continue };
                    if let (Some(text), Some(row), Some(column)) =
                        (padded(value, pattern), row.checked_sub(1), column.checked_sub(1))
                    {
                        out.add([row, row], [column, column], text);
                    }
                }
                _ => {}
            }
        }
        out
    }
}

/// Returns the styles of an Excel workbook that show whole numbers with zeros before them, each with its format.
pub(super) fn padded_styles(styles: &[u8]) -> BTreeMap<usize, String> {
    let (mut formats, mut out) = (BTreeMap::new(), BTreeMap::new());
    let (mut is_cells, mut at) = (false, 0);
    for tag in (Tags { bytes: styles, at: 0 }) {
        let id = || tag.attribute(b"numFmtId");
        match tag.local_name() {
            b"numFmt" => {
                let code = tag.attribute(b"formatCode").and_then(|code| std::str::from_utf8(code).ok());
                if let (Some(id), Some(pattern)) = (id(), code.and_then(pattern)) {
                    formats.insert(id, pattern);
                }
            }
            b"cellXfs" => is_cells = true,
            b"xf" if is_cells => {
                if let Some(pattern) = id().and_then(|id| formats.get(id)) {
                    out.insert(at, pattern.clone());
                }
                at += 1;
            }
            _ if tag.bytes.starts_with(b"/") && tag.bytes.ends_with(b"cellXfs") => is_cells = false,
            _ => {}
        }
    }
    out
}

/// Returns the part of an Excel workbook that holds a sheet.
pub(super) fn part_of(sheet: &str, book: &[u8], relations: &[u8]) -> Option<String> {
    let named = |tag: &Tag<'_>| {
        let is_sheet = tag.local_name() == b"sheet" && unescaped(tag.attribute(b"name")?) == sheet;
        is_sheet.then(|| tag.attribute(b"r:id").map(<[u8]>::to_vec))?
    };
    let id = Tags { bytes: book, at: 0 }.find_map(|tag| named(&tag))?;
    let of_id = |tag: &Tag<'_>| (tag.attribute(b"Id") == Some(&id)).then(|| tag.attribute(b"Target").map(unescaped))?;
    let target = Tags { bytes: relations, at: 0 }.find_map(|tag| of_id(&tag))?;
    Some(target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned))
}

/// The zeros of a format and what stands between them: `000-000`. Nothing where a format shows numbers as they are.
fn pattern(code: &str) -> Option<String> {
    let code = unescaped(code.as_bytes());
    let positive = code.split(';').next().unwrap_or_default();
    let mut out = String::new();
    let mut chars = positive.chars();
    while let Some(c) = chars.next() {
        match c {
            '0' | '-' | ' ' | '/' => out.push(c),
            '\\' => out.push(chars.next()?),
            '"' => out.extend(chars.by_ref().take_while(|c| *c != '"')),
            // A colour or a condition.
            '[' => chars.by_ref().take_while(|c| *c != ']').for_each(drop),
            _ => return None,
        }
    }
    (out.matches('0').count() > 1).then_some(out)
}

/// Returns a whole number in a format, if it shows something else than the number.
fn padded(value: &str, pattern: &str) -> Option<String> {
    let number: f64 = value.trim().parse().ok()?;
    if number.fract() != 0.0 || !(0.0..10f64.powi(DIGITS as i32)).contains(&number) {
        return None;
    }
    let places = pattern.matches('0').count();
    let digits = format!("{number:0places$.0}");
    let mut rest = digits.as_str();
    let mut out = String::new();
    let mut is_first = true;
    for c in pattern.chars() {
        if c != '0' {
            out.push(c);
            continue;
        }
        // Digits for which there is no zero stand before the others.
        let length = if is_first { rest.len() + 1 - places } else { 1 };
        out.push_str(&rest[..length]);
        (rest, is_first) = (&rest[length..], false);
    }
    (out != format!("{number:.0}")).then_some(out)
}

/// Tells whether a text shows a whole number with zeros before it.
fn is_padded(text: &str, value: &str) -> bool {
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | ' ' | '/')).collect();
    let is_plain = digits.len() > 1 && digits.len() <= 2 * DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plain && digits.starts_with('0') && text.starts_with('0') && digits.parse::<f64>().ok() == value.parse().ok()
}

/// Tells whether a text of a number is what a spreadsheet shows where a formula found no value: `#N/A`, or `Err:502` in the
/// language of its user. `#5` may be a number in a format.
fn looks_like_error(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix('#') {
        return rest.starts_with(|c: char| !c.is_ascii_digit());
    }
    let is_error = |(word, number): (&str, &str)| {
        word.len() > 1
            && word.chars().all(char::is_alphabetic)
            && number.len() == 3
            && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    text.split_once(':').is_some_and(is_error)
}

/// Column and row of a place such as `AB12`, each counted from 1.
fn place(text: &[u8]) -> Option<(u32, u32)> {
    let letters = text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let add = |sum: u32, byte: &u8| sum.checked_mul(26)?.checked_add(u32::from(byte - b'A') + 1);
    let column = text[..letters].iter().try_fold(0u32, add)?;
    Some((column, std::str::from_utf8(&text[letters..]).ok()?.parse().ok()?))
}

/// A text without the references that stand for signs of markup.
fn unescaped(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let signs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    signs.iter().fold(text.into_owned(), |text, (name, sign)| text.replace(name, sign))
}

/// A tag without its brackets.
#[derive(Clone, Copy)]
struct Tag<'a> {
    bytes: &'a [u8],
}

impl<'a> Tag<'a> {
    /// Returns the name with its prefix; nothing for the end of an element.
    fn name(&self) -> &'a [u8] {
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
        &self.bytes[..self.bytes.iter().position(is_end).unwrap_or(self.bytes.len())]
    }

    fn local_name(&self) -> &'a [u8] {
        let name = self.name();
        memchr(b':', name).map_or(name, |at| &name[at + 1..])
    }

    fn is_empty(&self) -> bool {
        self.bytes.ends_with(b"/")
    }

    fn attribute(&self, name: &[u8]) -> Option<&'a [u8]> {
        let mut at = 0;
        loop {
            at += memmem::find(&self.bytes[at..], name)? + name.len();
            let is_name = self.bytes[..at - name.len()].last().is_some_and(u8::is_ascii_whitespace);
            if let (true, [b'=', quote @ (b'"' | b'\''), rest @ ..]) = (is_name, &self.bytes[at..]) {
                return rest.get(..memchr(*quote, rest)?);
            }
        }
    }

    /// Returns a number of repetitions, which is 1 where nothing is said.
    fn number(&self, name: &[u8]) -> u32 {
        let text = self.attribute(name).and_then(|value| std::str::from_utf8(value).ok());
        text.and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
    }
}

/// The tags of a part, one after another.
struct Tags<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        let start = self.at + memchr(b'<', self.bytes.get(self.at..)?)? + 1;
        let end = start + memchr(b'>', &self.bytes[start..])?;
        self.at = end + 1;
        Some(Tag { bytes: &self.bytes[start..end] })
    }
}

impl<'a> Tags<'a> {
    /// Returns the text up to the end of an element, without that of remarks. Long texts show no number and no error.
    fn text_until(&mut self, slash: &[u8], name: &[u8]) -> String {
        let (mut text, mut is_remark) = (Vec::new(), false);
        loop {
            let start = self.at;
            let Some(tag) = self.next() else { break };
            let before = &self.bytes[start..self.at - tag.bytes.len() - 2];
            if !is_remark && text.len() <= 4 * DIGITS {
                text.extend_from_slice(before);
            }
            if tag.bytes.strip_prefix(slash) == Some(name) {
                break;
            }
            is_remark = tag.name() == b"office:annotation" && !tag.is_empty()
                || is_remark && tag.bytes != b"/office:annotation";
        }
        unescaped(text.trim_ascii())
    }

    /// Returns the text of the value within a cell of Excel, and passes the cell.
    fn value_within(&mut self, cell: &[u8]) -> Option<&'a str> {
        loop {
            let tag = self.next()?;
            if tag.bytes.strip_prefix(b"/") == Some(cell) {
                return None;
            }
            if tag.local_name() == b"v" && !tag.is_empty() {
                let end = self.at + memchr(b'<', &self.bytes[self.at..])?;
                return std::str::from_utf8(&self.bytes[self.at..end]).ok();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_with_zeros_show_them() {
        for (code, value, text) in [
            ("00", "1", "01"),
            ("0000", "7", "0007"),
            ("000\\-000", "12345", "012-345"),
            ("000-000", "1234567", "1234-567"),
            ("&quot;P&quot;000", "7", "P007"),
            ("[Red]000;[Blue]0", "42.0", "042"),
        ] {
            assert_eq!(padded(value, &pattern(code).unwrap()).as_deref(), Some(text), "{code}");
        }
        assert_eq!(padded("12", &pattern("00").unwrap()), None);
        for code in ["0", "General", "0.00", "#,##0", "0%", "yyyy", "00.0", "@", "0.00E+00", "mm:ss", "00\"", "#00"] {
            assert!(pattern(code).is_none_or(|pattern| padded("3.5", &pattern).is_none()), "{code}");
        }
        assert_eq!(place(b"AB12"), Some((28, 12)));
    }

    #[test]
    fn rows_beyond_the_last_number_are_read() {
        let sheet = b"<row r=\"4294967295\"/><row><c s=\"1\"><v>7</v></c></row>";
        let shown = ShownTexts::of_excel(sheet, &BTreeMap::from([(1, "00".to_owned())]));
        assert_eq!(shown.get(u32::MAX - 1, 0), Some("07"));
    }

    #[test]
    fn cells_of_open_document_show_errors_and_zeros() {
        let cell = |attributes: &str, text: &str| {
            format!("<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>")
        };
        let float = |value: &str, text: &str| {
            cell(&format!("office:value-type=\"float\" office:value=\"{value}\" calcext:value-type=\"float\""), text)
        };
        let row = |cells: &str| format!("<table:table-row table:number-rows-repeated=\"2\">{cells}</table:table-row>");
        let empty = "<table:table-cell table:number-columns-repeated=\"2\"/>";
        let first = row(&format!("{empty}{}{}", float("0", "#N/A"), float("7", "0007")));
        let plain =
            [float("7", "7"), float("0.5", "0.5"), float("5", "#5"), cell("office:value-type=\"string\"", "#N/A")];
        let text = format!(
            "<table:table table:name=\"A\">{first}{}{}</table:table>",
            row(&plain.concat()),
            row(&float("1", "Err:502"))
        );
        let all = ShownTexts::of_open_document(text.as_bytes());
        let shown = &all["A"];
        let get = |row, column| shown.get(row, column);
        assert_eq!(
            [get(0, 2), get(1, 2), get(1, 3), get(4, 0)],
            [Some("#N/A"), Some("#N/A"), Some("0007"), Some("Err:502")]
        );
        assert!((0..4).all(|column| get(2, column).is_none() && get(3, column).is_none()));
        assert_eq!([get(0, 0), get(6, 0)], [None, None]);
        assert_eq!(all.len(), 1);
    }
}
