//! Number formats of Excel that show more than a number.

use std::collections::BTreeMap;

use quick_xml::events::Event;

use super::number_format::NumberFormat;
use super::shown::{Events, attribute};

/// The formats of accounts that Excel itself has: they differ in currency and decimals, and show zero as a dash.
const ACCOUNTS: &str = "_(* #,##0_);_(* \\(#,##0\\);_(* \"-\"_)";

/// Returns the format that Excel itself has by a number, if it shows more than a number.
pub(super) fn own_format(id: u16) -> Option<NumberFormat> {
    if (41..=44).contains(&id) { NumberFormat::read(ACCOUNTS) } else { None }
}

/// Returns the styles of an Excel workbook that show more than a number.
pub(super) fn formats(styles: &[u8]) -> BTreeMap<usize, NumberFormat> {
    let mut formats: BTreeMap<String, NumberFormat> =
        (41..=44).filter_map(|id| Some((id.to_string(), own_format(id)?))).collect();
    let mut out = BTreeMap::new();
    let (mut is_cells, mut at) = (false, 0);
    for event in Events::of(styles) {
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                let id = || attribute(&tag, "numFmtId");
                match tag.local_name().into_inner() {
                    "numFmt" => {
                        let format = attribute(&tag, "formatCode").and_then(|code| NumberFormat::read(&code));
                        formats.extend(id().zip(format));
                    }
                    "cellXfs" => is_cells = true,
                    "xf" if is_cells => {
                        out.extend(id().and_then(|id| formats.get(&id)).map(|format| (at, format.clone())));
                        at += 1;
                    }
                    _ => {}
                }
            }
            Event::End(tag) if tag.local_name().into_inner() == "cellXfs" => is_cells = false,
            _ => {}
        }
    }
    out
}
