//! Names of columns.

/// Returns the column of a dimension.
pub(super) fn dimension(d: usize) -> String {
    format!("d{d}")
}

/// Returns the column that says whether the area is in no region, so that nothing says which cells a leaf is.
pub(super) fn nowhere(leaf: usize) -> String {
    format!("c{leaf}_nowhere")
}

/// Returns the column that says whether a leaf is the row's own cell.
pub(super) fn same(leaf: usize) -> String {
    format!("c{leaf}_same")
}

/// Returns the column of the node to which a leaf moves in a dimension.
pub(super) fn moved(leaf: usize, dimension: usize) -> String {
    format!("x{leaf}_{dimension}")
}

/// Returns the column that says whether a list of codes may not hold all persons of a leaf.
pub(super) fn open(leaf: &str) -> String {
    format!("{leaf}_open")
}
