//! Compiles: what is protected can be read.

pub fn titles(protected: &tipstat::protect::Protected) -> usize {
    protected.tables().len()
}

pub fn shape(cube: &tipstat::aggregate::Cube) -> String {
    format!("{cube:?}")
}
