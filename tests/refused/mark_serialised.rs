//! Must not compile: a type with this trait is marked as confidential.

#[path = "../../src/confidential.rs"]
pub mod confidential;

pub struct Counts(pub u64);

impl serde::Serialize for Counts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

confidential::confidential!(Counts);
