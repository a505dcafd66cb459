//! Texts as cells of CSV that a spreadsheet shows and never computes.

use std::borrow::Cow;
use std::io::{self, Write};

/// A text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe before it. A number stays one.
fn harmless(text: &str) -> Cow<'_, str> {
    const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(BEGINNINGS) && !is_number(text) { format!("'{text}").into() } else { text.into() }
}

/// Returns whether a text is a number with a sign, such as `-0.5` or `-2e-7`.
fn is_number(text: &str) -> bool {
    let is_written_so = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    is_written_so && text.parse::<f64>().is_ok()
}

fn push(line: &mut String, text: &str) {
    let text = harmless(text);
    if text.contains([',', '"', '\n', '\r']) {
        line.extend(["\"", &text.replace('"', "\"\""), "\""]);
    } else {
        line.push_str(&text);
    }
}

/// The writer of every CSV file that people open: no cell of it is a formula.
pub struct CsvWriter<W: Write> {
    out: W,
    line: String,
}

impl<W: Write> CsvWriter<W> {
    /// Begins a file.
    pub fn new(out: W) -> Self {
        Self { out, line: String::new() }
    }

    /// Writes a row.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) -> io::Result<()> {
        self.line.clear();
        for (at, text) in cells.into_iter().enumerate() {
            if at > 0 {
                self.line.push(',');
            }
            push(&mut self.line, text.as_ref());
        }
        self.line.push('\n');
        self.out.write_all(self.line.as_bytes())
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> String {
        let mut out = String::new();
        push(&mut out, text);
        out
    }

    #[test]
    fn a_formula_is_a_text() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("@SUM(A1,\"x\")"), "\"'@SUM(A1,\"\"x\"\")\"");
        assert_eq!(cell("\tx"), "'\tx");
        assert_eq!(cell("＝1"), "'＝1");
        assert_eq!(cell("-1+cmd"), "'-1+cmd");
        assert_eq!(cell("-inf"), "'-inf");
        assert_eq!(cell("a-b"), "a-b");
    }

    #[test]
    fn a_number_stays_a_number() {
        for number in ["-5", "+7", "-0.5", "-2e-7", "12"] {
            assert_eq!(cell(number), number);
        }
    }

    #[test]
    fn rows_are_quoted_where_they_must_be() {
        let mut writer = CsvWriter::new(Vec::new());
        writer.row(["CODE", "en"]).unwrap();
        writer.row(["a,b", "say \"x\"\nand y"]).unwrap();
        writer.row(["", "=x"]).unwrap();
        assert_eq!(writer.finish().unwrap(), b"CODE,en\n\"a,b\",\"say \"\"x\"\"\nand y\"\n,'=x\n");
    }
}
