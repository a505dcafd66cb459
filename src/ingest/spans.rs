//! Merged cells of OpenDocument sheets, of which the library that reads them says nothing.
//!
//! Only the tags of rows and cells are looked at. What cannot be understood is no merged cell.

use memchr::{memchr, memmem};

/// A merged cell that holds something: its first and last row, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MergedSpan {
    pub first: u32,
    pub last: u32,
}

/// Finds the merged cells of one sheet in the `content.xml` of a workbook.
pub(super) fn merged(content: &[u8], sheet: &str) -> Vec<MergedSpan> {
    let mut found = Vec::new();
    let (mut at, mut row, mut is_sheet) = (0, 0u32, false);
    let mut repeated = 1;
    while let Some(start) = memchr(b'<', &content[at..]).map(|step| at + step + 1) {
        let Some(end) = memchr(b'>', &content[start..]).map(|step| start + step) else { break };
        let tag = &content[start..end];
        at = end + 1;
        let is_empty = tag.ends_with(b"/");
        match tag.split(|byte| byte.is_ascii_whitespace() || *byte == b'/').next().unwrap_or_default() {
            b"table:table" => {
                is_sheet = attribute(tag, b"table:name") == Some(sheet.as_bytes());
                row = 0;
            }
            b"table:table-row" => {
                repeated = number(tag, b"table:number-rows-repeated");
                row = row.saturating_add(if is_empty { repeated } else { 0 });
            }
            b"" if tag == b"/table:table-row" => row = row.saturating_add(repeated),
            b"table:table-cell" if is_sheet && !is_empty => {
                let rows = number(tag, b"table:number-rows-spanned");
                if rows > 1 || number(tag, b"table:number-columns-spanned") > 1 {
                    found.push(MergedSpan { first: row, last: row.saturating_add(rows - 1) });
                }
            }
            _ => {}
        }
    }
    found
}

fn attribute<'a>(tag: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let begin = memmem::find(tag, name)? + name.len();
    let value = tag.get(begin..)?.strip_prefix(b"=\"")?;
    value.get(..memchr(b'"', value)?)
}

/// A number that is 1 where nothing is said.
fn number(tag: &[u8], name: &[u8]) -> u32 {
    let text = attribute(tag, name).and_then(|value| std::str::from_utf8(value).ok());
    text.and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_cells_have_rows() {
        let cell = |more: &str| format!("<table:table-cell{more}><text:p>x</text:p></table:table-cell>");
        let spanned = cell(" table:number-columns-spanned=\"1\" table:number-rows-spanned=\"3\"");
        let empty = "<table:table-cell table:number-rows-spanned=\"2\"/>";
        let sheet = format!(
            "<table:table-row table:number-rows-repeated=\"2\">{plain}</table:table-row><table:table-row/>\
             <table:table-row>{plain}{empty}</table:table-row><table:table-row>{spanned}</table:table-row>",
            plain = cell("")
        );
        let content = format!(
            "<x><table:table table:name=\"A\">{sheet}</table:table><table:table table:name=\"B\"><table:table-row>{plain}\
             </table:table-row></table:table></x>",
            plain = cell("")
        );
        assert_eq!(merged(content.as_bytes(), "A"), [MergedSpan { first: 4, last: 6 }]);
        assert_eq!(merged(content.as_bytes(), "B"), []);
        assert_eq!(merged(b"<table:table table:name=\"A\"><table:table-row", "A"), []);
    }
}
