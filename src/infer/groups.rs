//! Headings of groups: cells above the header, each merged over the columns of its group.

use super::column::{ColumnContent, ColumnSample};

/// Returns the heading above each column. A merged cell has its text in its first column, so a heading also belongs to the
/// columns of yes and no that follow without one.
pub(super) fn groups(above: &[String], columns: &[ColumnSample]) -> Vec<Option<String>> {
    let is_answer = |column: &ColumnSample| matches!(column.content(), ColumnContent::Flags | ColumnContent::Answers);
    let mut group: Option<String> = None;
    columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let heading = above.get(at).filter(|heading| !heading.is_empty());
            group = match heading {
                Some(heading) => Some(heading.clone()),
                None => group.take().filter(|_| is_answer(column) && at > 0 && is_answer(&columns[at - 1])),
            };
            group.clone()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_holds_for_the_columns_of_yes_and_no_behind_it() {
        let column = |cells: &[&str]| {
            let mut column = ColumnSample::new("x");
            cells.iter().for_each(|cell| column.add(cell.as_bytes()));
            column
        };
        let columns = [column(&["a"]), column(&["1"]), column(&["0"]), column(&["2020"]), column(&["1"])];
        let above = ["Register", "Form", ""].map(str::to_owned);
        let found = groups(&above, &columns);
        let found: Vec<_> = found.iter().map(Option::as_deref).collect();
        assert_eq!(found, [Some("Register"), Some("Form"), Some("Form"), None, None]);
    }
}
