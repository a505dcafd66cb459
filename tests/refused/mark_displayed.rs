//! Must not compile: a type with this trait is marked as confidential.

#[path = "../../src/confidential.rs"]
pub mod confidential;

pub struct Counts(pub u64);

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

confidential::confidential!(Counts);
