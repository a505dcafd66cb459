//! What each figure of a release is and how it was computed, in the languages of the release.

use super::about::About;
use crate::error::Result;
use crate::files::CsvWriter;
use crate::indicators::Indicator;
use crate::protect::Protected;

/// Writes a row for each measure: its formula, its unit, and its title and note in each requested language.
pub(super) fn csv(protected: &Protected, about: &About<'_>) -> Result<Vec<u8>> {
    let mut writer = CsvWriter::new(Vec::new());
    let mut head: Vec<String> =
        ["TABLE", "INDICATOR", "RECORD", "FORMULA", "UNIT_MEASURE", "SERIES", "UNIVERSE", "PARAGRAPH"]
            .map(str::to_owned)
            .into();
    for language in about.languages {
        head.extend(["TABLE_TITLE", "TITLE", "NOTE"].map(|name| format!("{name}_{language}")));
    }
    writer.row(&head).map_err(super::csv::problem)?;
    for table in protected.tables() {
        let indicator = table.indicator();
        let universe: Vec<String> =
            indicator.universe.iter().map(|(dimension, code)| format!("{dimension}={code}")).collect();
        for measure in &indicator.measures {
            let mut row = vec![
                indicator.id.clone(),
                measure.id.clone(),
                about.record(table).name(),
                measure.formula.to_string(),
                measure.unit.clone(),
                measure.series.clone().unwrap_or_default(),
                universe.join(";"),
                indicator.paragraph.clone(),
            ];
            for language in about.languages {
                let words = [&indicator.title, &measure.title, &indicator.note];
                row.extend(words.map(|text| Indicator::text(text, language).to_owned()));
            }
            writer.row(&row).map_err(super::csv::problem)?;
        }
    }
    writer.finish().map_err(super::csv::problem)
}
