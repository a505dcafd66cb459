//! Which areas a regional figure rests on. A comparison of years rests on the same ones in both, or a change of who reports
//! would look like one of what they report; all shares of one dimension rest on the same ones, or a part could exceed its
//! whole.

use crate::error::Result;
use crate::files::CsvWriter;
use crate::protect::Protected;

/// Writes the panels of measures that compare years, are shares, or divide by a population.
///
/// # Definition
/// A line has the number of areas and their codes. One without a `KEY` is for all rows of the table, indicator, area and
/// year that no other line names. `KEY` names rows that rest on other areas, by their codes in all other dimensions
/// (`SEX=F,AGE=_T`), one after the other with `;` between them. The `TIME_PERIOD` of a table without years is `_T`.
pub(super) fn csv(protected: &Protected) -> Result<Vec<u8>> {
    let mut writer = CsvWriter::new(Vec::new());
    let head = ["TABLE", "INDICATOR", "REF_AREA", "TIME_PERIOD", "KEY", "N_AREAS", "AREAS"];
    writer.row(head).map_err(super::csv::problem)?;
    for table in protected.tables() {
        let dimensions = table.dimensions();
        let time = dimensions.iter().position(|d| d.dimension == "TIME_PERIOD");
        let code = |d: usize, node: u16| dimensions[d].nodes[usize::from(node)].code.as_str();
        let key = |row: &Vec<u16>| {
            let others = (1..dimensions.len()).filter(|&d| Some(d) != time);
            let codes: Vec<String> =
                others.map(|d| format!("{}={}", dimensions[d].dimension, code(d, row[d]))).collect();
            codes.join(",")
        };
        for (measure, panels) in table.indicator().measures.iter().zip(table.panels()) {
            for panel in panels.all().iter().filter(|panel| !(panel.members.is_empty() && panel.rows.is_empty())) {
                let members: Vec<&str> = panel.members.iter().map(|&member| code(0, member)).collect();
                let keys: Vec<String> = panel.rows.iter().map(key).collect();
                let row = [
                    table.indicator().id.as_str(),
                    &measure.id,
                    code(0, panel.nodes.0),
                    // A table without years is of all years together.
                    time.zip(panel.nodes.1).map_or("_T", |(time, year)| code(time, year)),
                    &keys.join(";"),
                    &members.len().to_string(),
                    &members.join(";"),
                ];
                writer.row(row).map_err(super::csv::problem)?;
            }
        }
    }
    writer.finish().map_err(super::csv::problem)
}
