//! `rounding.csv`: how far printed counts of a rounded release are from the true ones.

use crate::error::Result;
use crate::files::CsvWriter;
use crate::protect::Rounding;

/// The attribute of a table with rounded counts.
pub(super) fn attribute(rounding: &Rounding) -> String {
    format!("rounded:{}", rounding.base)
}

/// Writes limits of the mean and the 95th percentile of the absolute change, and how many counts hold somebody, by table and size of
/// the printed count.
///
/// Sizes with few counts have no line, and the largest change is never written: it would narrow every count.
pub(super) fn csv(rounding: &Rounding) -> Result<Vec<u8>> {
    let mut writer = CsvWriter::new(Vec::new());
    writer
        .row([
            "TABLE",
            "SDC",
            "PRINTED_FROM",
            "PRINTED_TO",
            "MEAN_CHANGE_AT_MOST",
            "P95_CHANGE_AT_MOST",
            "NOT_EMPTY_PT_AT_LEAST",
        ])
        .map_err(super::csv::problem)?;
    let attribute = attribute(rounding);
    let all = rounding.all.map(|change| ("_T", (1, None), change));
    let tables = rounding.changes.iter().map(|(table, size, change)| (table.as_str(), *size, *change));
    for (table, (lower, upper), change) in all.into_iter().chain(tables) {
        let upper = upper.map_or(String::new(), |upper| upper.to_string());
        let (mean, p95) = (format!("{:.1}", change.mean), change.p95.to_string());
        let real = change.real.map_or(String::new(), |share| share.to_string());
        writer.row([table, &attribute, &lower.to_string(), &upper, &mean, &p95, &real]).map_err(super::csv::problem)?;
    }
    writer.finish().map_err(super::csv::problem)
}
