//! Must not compile: the fields of protected tables are private.

pub fn forge(other: tipstat::internals::protect::Protected) -> tipstat::internals::protect::Protected {
    tipstat::internals::protect::Protected { tables: Vec::new(), ..other }
}
