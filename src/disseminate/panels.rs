//! Which areas a regional figure rests on. A comparison of years rests on the same ones in both, or a change of who reports
//! would look like one of what they report; all shares of one dimension rest on the same ones, or a part could exceed its
//! whole.

use crate::error::Result;
use crate::files::CsvWriter;
use crate::protect::Protected;

/// Writes a row for each region, year and measure that compares years, is a share, or divides by a population: the number of its
/// areas and their codes.
pub(super) fn csv(protected: &Protected) -> Result<Vec<u8>> {
    let mut writer = CsvWriter::new(Vec::new());
    let head = ["TABLE", "INDICATOR", "REF_AREA", "TIME_PERIOD", "N_AREAS", "AREAS"];
    writer.row(head).map_err(super::csv::problem)?;
    for table in protected.tables() {
        let areas = &table.dimensions()[0];
        let Some(time) = table.dimensions().iter().find(|of| of.dimension == "TIME_PERIOD") else { continue };
        for (measure, panel) in table.panels() {
            let area = |node: u16| areas.nodes[usize::from(node)].code.as_str();
            let members: Vec<&str> = panel.members.iter().map(|&member| area(member)).collect();
            let row = [
                table.indicator().id.as_str(),
                &table.indicator().measures[*measure].id,
                area(panel.nodes[0]),
                &time.nodes[usize::from(panel.nodes[1])].code,
                &members.len().to_string(),
                &members.join(";"),
            ];
            writer.row(row).map_err(super::csv::problem)?;
        }
    }
    writer.finish().map_err(super::csv::problem)
}
