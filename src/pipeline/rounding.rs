//! Tables of rounded counts, and the key by which they are rounded.

use std::io::Write;
use std::path::Path;

use super::ledger::{Books, Request};
use super::limit::MEMORY;
use crate::aggregate::{Breakdown, Microdata, Units};
use crate::control::{Control, Event};
use crate::error::{Error, Result};
use crate::files::{self, Readers, Stage};
use crate::indicators::{self, Counting, Drafts, Indicator, Source, draft};
use crate::protect::{Draw, Policy, RoundingKey, SafeCounts, publish_rounded, round};
use crate::store::Part;

/// Digits of a key: 256 bits.
const DIGITS: usize = 64;

/// The fingerprint of the sample's key, which everybody knows.
const PUBLIC: &str = "942a578017bcd942";

/// Reads a key of rounding from a file.
///
/// # Errors
/// The file cannot be read, or holds no key.
pub fn rounding_key(path: &Path) -> Result<RoundingKey> {
    rounding_secret(&files::read_text(path)?, &files::shown(path))
}

/// Reads a key of rounding from a text, such as a variable of the environment. Lines that begin with `#` are remarks.
///
/// # Errors
/// The text holds no 256 bits as hexadecimal digits.
pub fn rounding_secret(text: &str, place: &str) -> Result<RoundingKey> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let digits: String = lines.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect();
    if digits.len() < DIGITS || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(Error::refused(
            "policy/rounding-key",
            "this is no key of rounding: it needs 64 hexadecimal digits",
        )
        .at(place)
        .hint("make one: `tipstat key new KEY`"));
    }
    Ok(RoundingKey::derive(digits.to_ascii_lowercase().as_bytes()))
}

/// Makes a new key of rounding, which only its owner can read.
///
/// # Errors
/// The file exists, or cannot be written, or the system has no random numbers.
pub fn new_rounding_key(path: &Path) -> Result<()> {
    let stage = Stage::beside(path)?;
    if files::exists(path) {
        return Err(Error::refused("release/exists", "the key exists already and was left as it is")
            .at(files::shown(path))
            .hint("a key is never replaced, because releases that it rounded need it: choose another name"));
    }
    let mut bytes = [0u8; DIGITS / 2];
    getrandom::fill(&mut bytes)
        .map_err(|cause| Error::failed("the system gave no random numbers").with("cause", cause.to_string()))?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    files::write_file(&stage, path, Readers::Owner, false, |out| {
        let text =
            format!("# tipstat: key of rounding. Confidential: who has it can compute the true counts.\n{digits}\n");
        out.write_all(text.as_bytes()).map_err(|cause| Error::failed("cannot write the key").because(cause))
    })
}

/// Returns the key, which must be there and, for records that are not synthetic, must not be the sample's.
pub(super) fn required(key: Option<RoundingKey>, policy: &Policy, is_synthetic: bool) -> Result<RoundingKey> {
    let no_key = |what: String| {
        Error::refused("policy/rounding-key", what)
            .hint("make a key, and keep it with the records: `tipstat key new KEY`")
            .hint("then pass `--rounding-key-file FILE`, or set `rounding_key_file` under `[release]` of the run file")
    };
    let key = key.ok_or_else(|| no_key(format!("the policy `{}` rounds, and no key is named", policy.id)))?;
    if !is_synthetic && key.fingerprint() == PUBLIC {
        return Err(no_key("this is the sample's key, which is public, and the records are not synthetic".to_owned()));
    }
    Ok(key)
}

/// Returns whether tables can be rounded, or why not.
pub(super) fn is_possible(drafts: &Drafts) -> std::result::Result<(), &'static str> {
    match () {
        () if drafts.tables.iter().any(|table| table.indicator.counting == Counting::Persons) => {
            Err("some tables count different persons, which do not add up")
        }
        () if drafts.tables.iter().any(|table| table.cube.is_masked()) => {
            Err("some sources mask small counts, so that records are intervals")
        }
        () => Ok(()),
    }
}

/// Rounds the records of tables, and counts the tables anew over the rounded records. `drafts` are the tables with true counts.
pub(super) fn round_records(
    source: &Source<'_>,
    request: &Request<'_>,
    drafts: &Drafts,
    by: (&RoundingKey, &mut Books),
    scratch: &Stage,
    control: &Control,
) -> Result<SafeCounts> {
    let (key, books) = by;
    let Request { policy, record, tables, .. } = *request;
    is_possible(drafts).map_err(|why| {
        Error::refused("policy/rounding", format!("the records cannot be rounded: {why}"))
            .hint("leave these tables or sources out, or set `method = \"suppress\"` in the policy")
    })?;
    let fields = books.fields(request)?;
    let units = Units::read(&source.microdata, &fields, control)?;
    control.tell(Event::Stage("round"));
    let drawing = books.plan(request, units, key)?;
    let dimensions: Vec<&[Breakdown]> = drafts.tables.iter().map(|draft| &*draft.cube.dimensions).collect();
    let later = later(source, tables, &fields)?;
    let later: Vec<&[Breakdown]> = later.iter().map(Vec::as_slice).collect();
    let draw = Draw { tables: &dimensions, later: &later, policy, key, number: &drawing.number, effort: 100 };
    let mut rounded = round(drawing.units.clone(), record, &draw, control)?;
    books.rounded(request, &drawing, &rounded, key)?;
    rounded.extend(&drawing.kept);
    if rounded.is_empty() {
        return Err(Error::refused(
            "policy/rounding",
            "no area and year reaches the threshold, and all are rounded to zero",
        )
        .hint("there is nothing to publish: wait for more records"));
    }
    // It vanishes at the end of this function: a stage is put into place with all that is in it.
    let scratch = Stage::within(scratch.path())?;
    let mut file = scratch.create("0001.parquet")?;
    rounded.write(record, &mut file)?;
    file.flush().map_err(|cause| Error::failed("cannot write the rounded counts").because(cause))?;
    let parts = [Part::open(&scratch.file("0001.parquet")?)?];
    let microdata = Microdata { record, parts: &parts, memory: MEMORY };
    publish_rounded(draft(&Source { microdata, ..*source }, tables, control)?, &rounded, drafts, policy)
}

/// Returns the dimensions of the tables that a later release of the same records may have, over units of some fields.
fn later(source: &Source<'_>, tables: &[Indicator], units: &[usize]) -> Result<Vec<Vec<Breakdown>>> {
    let record = source.microdata.record;
    let is_later = |table: &Indicator| {
        table.counting == Counting::Victims
            && indicators::fields(record, std::slice::from_ref(table))
                .is_ok_and(|fields| fields.iter().all(|field| units.contains(field)))
            && tables.iter().all(|requested| requested.id != table.id)
    };
    let all = indicators::select(source.registry, &[])?.into_iter().filter(|table| table.record == record.id);
    indicators::dimensions(source, &all.filter(is_later).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_256_bits() {
        let digits = "0123456789abcdef".repeat(4);
        assert!(rounding_secret(&format!("# remark\n{digits}\n"), "x").is_ok());
        for wrong in ["", "secret", &digits[1..], &"g".repeat(64), &format!("# {digits}")] {
            let error = rounding_secret(wrong, "x").unwrap_err();
            assert!(error.to_string().contains("64 hexadecimal digits"), "{error}");
        }
    }

    #[test]
    fn the_key_of_the_sample_is_for_synthetic_records_only() {
        let text = include_str!("../../sample-data/rounding.key");
        let key = rounding_secret(text, "x").unwrap();
        let policy = Policy::load(&crate::schema::Registry::built_in(), "default").unwrap();
        assert_eq!(key.fingerprint(), PUBLIC);
        assert!(required(Some(key.clone()), &policy, true).is_ok());
        assert!(required(Some(key), &policy, false).is_err());
        assert!(required(None, &policy, true).is_err());
    }
}
