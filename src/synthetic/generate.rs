//! Records one after another, and the faults of some of them.

use std::io::Write;

use super::drawing::PreparedModel;
use super::draws::Draws;
use super::layout::Writer;
use super::model::Model;
use crate::error::{Error, Result};
use crate::validate::Layout;

/// What is generated.
#[derive(Clone, Debug)]
pub struct GenerateRequest {
    /// How many records.
    pub records: u64,
    /// Where the stream of draws begins.
    pub seed: u64,
    /// True if some records are spoilt on purpose.
    pub messy: bool,
    /// The reporting areas, or all of the model.
    pub areas: Vec<String>,
}

/// Writes synthetic records in a layout.
pub fn generate(output: &mut dyn Write, model: &Model, layout: &Layout, request: &GenerateRequest) -> Result<()> {
    if layout.profile.is_table() {
        return Err(Error::failed("records cannot be written in this layout: a row of it is not one record")
            .at(format!("profiles/{}.toml", layout.profile.id))
            .hint("take a layout of records, or leave `--profile` out"));
    }
    let model = model.clone().within(&request.areas)?;
    let mut draws = Draws::new(request.seed);
    let mut faults = Draws::new(request.seed ^ 0x6d65_7373_795f_7265);
    let mut drawing = PreparedModel::new(&model)?;
    let mut writer = Writer::new(layout, &model, &drawing);
    let mut csv = Vec::with_capacity(1 << 16);
    writer.header(&mut csv);
    for number in 0..request.records {
        drawing.draw(&mut draws, number);
        let start = csv.len();
        writer.row(&mut csv, &drawing);
        if request.messy {
            spoil(&mut csv, start, &mut faults, layout);
        }
        if csv.len() > 1 << 15 {
            flush(output, &mut csv)?;
        }
    }
    flush(output, &mut csv)
}

fn flush(output: &mut dyn Write, csv: &mut Vec<u8>) -> Result<()> {
    output.write_all(csv).map_err(|cause| Error::failed("cannot write the records").because(cause))?;
    csv.clear();
    Ok(())
}

/// Spoils about one record in sixty, as real files are spoilt.
fn spoil(csv: &mut Vec<u8>, start: usize, draws: &mut Draws, layout: &Layout) {
    if !draws.happens(16_000) {
        return;
    }
    let delimiter = Writer::delimiter(layout);
    let cells = csv[start..].iter().filter(|&&byte| byte == delimiter).count() as u64 + 1;
    match draws.below(5) {
        // A cell too many, as a delimiter in a text makes it.
        0 => csv.insert(csv.len() - 1, delimiter),
        // The line is cut off.
        1 => {
            let cut = csv[start..].iter().position(|&byte| byte == delimiter).unwrap_or(0);
            csv.truncate(start + cut);
            csv.push(b'\n');
        }
        // The record was entered twice.
        2 => csv.extend_from_within(start..),
        // A code that no list has.
        3 => make_unknown(csv, start, delimiter, draws.below(cells)),
        // Spaces around a value.
        _ => {
            let at = csv[start..].iter().position(|&byte| byte == delimiter).unwrap_or(0);
            csv.insert(start + at, b' ');
        }
    }
}

/// Puts a code that no list has into a cell of the record that begins at `start`.
fn make_unknown(csv: &mut Vec<u8>, start: usize, delimiter: u8, cell: u64) {
    let mut ends = csv[start..].iter().enumerate().filter(|(_, byte)| **byte == delimiter || **byte == b'\n');
    let begin = match cell {
        0 => start,
        cell => ends.nth(cell as usize - 1).map_or(start, |(at, _)| start + at + 1),
    };
    let end = begin + csv[begin..].iter().position(|byte| *byte == delimiter || *byte == b'\n').unwrap_or(0);
    csv.splice(begin..end, *b"??");
}
