//! Whether the rows of a file are published figures and not case records.

use super::column::{ColumnContent, ColumnSample};
use super::headings::{is_of_sdmx, is_of_values};

/// So many columns next to the figure are the dimensions of a table. Case records have more.
const MOST_DIMENSIONS: usize = 8;

/// Returns whether the columns are those of SDMX, or a column of numbers is called a value next to few others.
pub(super) fn are_figures(columns: &[ColumnSample]) -> bool {
    let sdmx = columns.iter().filter(|column| is_of_sdmx(&column.heading)).count();
    // The last dimension of Eurostat's files is in the same heading as the years.
    let crossed = |column: &ColumnSample| column.heading.to_lowercase().ends_with("\\time_period");
    let value = |column: &&ColumnSample| is_of_values(&column.heading) && is_number(column.content());
    let has_value = columns.iter().any(|column| value(&column));
    sdmx > 1 || columns.iter().any(crossed) || has_value && columns.len() <= MOST_DIMENSIONS + 1
}

fn is_number(content: ColumnContent) -> bool {
    content.is_number() && content != ColumnContent::Empty
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are(headings: &[&str], cells: &[&str]) -> bool {
        let mut columns: Vec<ColumnSample> = headings.iter().map(|heading| ColumnSample::new(heading)).collect();
        columns.iter_mut().zip(cells).for_each(|(column, cell)| column.add(cell.as_bytes()));
        are_figures(&columns)
    }

    #[test]
    fn figures_are_told_from_records() {
        assert!(are(&["Year", "Sex", "Value"], &["2020", "F", "429"]));
        assert!(are(&["REF_AREA", "TIME_PERIOD", "OBS_VALUE"], &["KHM", "2020", "1"]));
        assert!(are(&["geo", "time_period", "n"], &["DE", "2020", "1"]));
        assert!(are(&["freq,sex,unit,geo\\TIME_PERIOD", "2019"], &["A,F,NR,DE", "12 b"]));
        assert!(!are(&["Year", "Sex", "Age"], &["2020", "F", "17"]));
        // A value in words is none, and a file of records may have one among many columns.
        assert!(!are(&["Year", "Sex", "Value"], &["2020", "F", "high"]));
        assert!(!are(
            &["a", "b", "c", "d", "e", "f", "g", "h", "i", "value"],
            &["", "", "", "", "", "", "", "", "", "4"]
        ));
    }
}
