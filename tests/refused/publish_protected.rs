//! Compiles: what is protected can be read.

pub fn titles(protected: &tipstat::internals::protect::Protected) -> usize {
    protected.tables().len()
}

pub fn shape(cube: &tipstat::internals::aggregate::Cube) -> String {
    format!("{cube:?}")
}
