//! The order of the tables: that of UNODC's Global Report, then the other packs.

use crate::indicators::Indicator;

/// Packs in their order. The tables of a pack that is not listed come last.
const PACKS: [&str; 6] = ["glotip", "sdg-16-2-2", "justice", "resolution-79-154", "humanitarian", "digital"];

/// Chapters of the catalogue: victims, flows, trends, courts.
const CHAPTERS: &str = "VFTC";

/// Returns what tables are sorted by.
pub(super) fn place(indicator: &Indicator) -> (usize, usize, String, String) {
    let pack = indicator.packs.iter().filter_map(|pack| PACKS.iter().position(|known| known == pack)).min();
    let chapter = indicator.catalogue.chars().next().and_then(|chapter| CHAPTERS.find(chapter));
    let (pack, chapter) = (pack.unwrap_or(PACKS.len()), chapter.unwrap_or(CHAPTERS.len()));
    (pack, chapter, indicator.catalogue.clone(), indicator.id.clone())
}
