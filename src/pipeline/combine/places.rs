//! The places of packages: which are named twice, which bear no signature, and the stores among them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files::{self, Stage};
use crate::pipeline::once::{SharedRecords, once, refuse_mix};
use crate::pipeline::open_store::StoredRecords;
use crate::pipeline::release::release_of;
use crate::schema::{Registry, Unit};

/// Returns whether a package is among those that need no signature. Its run's folder may be named instead.
pub(super) fn is_named(unsigned: &[PathBuf], place: &Path) -> bool {
    let resolved = |place: &Path| files::resolved(&release_of(place).unwrap_or_else(|| place.to_path_buf()));
    let place = resolved(place);
    unsigned.iter().any(|named| resolved(named) == place)
}

/// Refuses packages that cannot bear a signature, where one is asked for: whoever can write into the folder of a signed
/// release could put a store in its place.
pub(super) fn refuse_unsigned(packages: &[PathBuf], unsigned: &[PathBuf]) -> Result<()> {
    if let Some(named) = unsigned.iter().find(|named| !is_named(packages, named)) {
        return Err(Error::failed("`--unsigned` names no package of the command")
            .at(files::shown(named))
            .hint("name it among the packages as well"));
    }
    match packages.iter().find(|place| release_of(place).is_none() && !is_named(unsigned, place)) {
        Some(place) => {
            let named = files::shown(place);
            Err(Error::refused("release/signature", "the package is not a release, so it has no signature")
                .at(&*named)
                .hint(format!("where it is your own, pass `--unsigned {named}`"))
                .hint("make a release of a store with `tipstat tabulate`, and have it signed"))
        }
        None => Ok(()),
    }
}

/// Refuses a release or a store that is named twice.
pub(super) fn refuse_twice(places: &[&PathBuf]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for place in places {
        let folder = release_of(place).unwrap_or_else(|| (*place).clone());
        if !seen.insert(files::resolved(&folder)) {
            return Err(Error::refused("store/already-there", "the same package is named twice")
                .at(files::shown(place))
                .hint("leave one of them out: its victims would be counted twice"));
        }
    }
    Ok(())
}

/// Opens the stores among the packages. A record of two stores counts once, and stores of one country must have one key.
///
/// # Errors
/// A store cannot be read, or persons of one country are under different keys.
pub(super) fn stores(
    registry: &Registry,
    places: &[&PathBuf],
    scratch: &Stage,
) -> Result<(BTreeMap<PathBuf, StoredRecords>, SharedRecords)> {
    let mut opened = Vec::new();
    for place in places.iter().filter(|place| files::is_folder(&files::current(place)) && release_of(place).is_none()) {
        opened.push(StoredRecords::open(registry, place, None)?);
    }
    // Each country may have its own key: its persons are compared with those of no other country.
    let mut by_area: BTreeMap<(String, u64), Vec<&StoredRecords>> = BTreeMap::new();
    let persons = |store: &&StoredRecords| store.record.unit == Unit::Person;
    for store in opened.iter().filter(persons) {
        let Some(area) = store.record.role("area") else { continue };
        let mut areas = BTreeSet::new();
        for (_, part) in &store.parts {
            areas.extend(part.values(&store.record, &[area])?.concat());
        }
        for area in areas {
            by_area.entry((store.record.name(), area)).or_default().push(store);
        }
    }
    by_area.values().try_for_each(|stores| refuse_mix(stores).map(drop))?;
    let mut by_record: BTreeMap<String, Vec<StoredRecords>> = BTreeMap::new();
    let mut out = BTreeMap::new();
    let mut common = SharedRecords::default();
    for store in opened {
        match store.record.unit {
            Unit::Person => by_record.entry(store.record.name()).or_default().push(store),
            Unit::Figure => drop(out.insert(store.place.clone(), store)),
        }
    }
    for (at, mut stores) in by_record.into_values().enumerate() {
        // A folder of its own for each record type. It must last as long as the stores, whose files are read from it later.
        let shared = once(&mut stores, scratch, &at.to_string())?;
        common.repeated |= shared.repeated;
        common.conflicts.extend(shared.conflicts);
        out.extend(stores.into_iter().map(|store| (store.place.clone(), store)));
    }
    Ok((out, common))
}
