//! Rounding: `cargo bench --bench rounding -- [STORE TABLE,... [KEY]]`.
//!
//! Prints one line of JSON: processor-bound seconds of the rounding, and how far the counts of all tables are from the true ones.
//! Without arguments it reads the sample's records and makes all tables of three packs. Every group counts once, in however many
//! tables it is printed. Confidential for real records: the largest change is printed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;
use tipstat::Control;
use tipstat::internals::aggregate::{Breakdown, Cube, Microdata, NodeKind, Units, countable};
use tipstat::internals::indicators::{Drafts, RecordSource, draft, select};
use tipstat::internals::pipeline::{Config, Job, Reading, ingest};
use tipstat::internals::protect::{Draw, Method, Policy, RoundingKey, round};
use tipstat::internals::schema::{Coverage, Record, Region, Registry};
use tipstat::internals::store::Part;
use tipstat::internals::validate::Layout;

/// The bar for the sample: mean, 95th percentile, largest change, share of large counts that move by more than 5 percent.
const BAR: [f64; 4] = [2.7, 7.0, 35.0, 1.5];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let registry = Registry::built_in();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let record = Record::load(&registry, "victim").expect("the record type is built in");
    let (parts, tables) = match arguments.as_slice() {
        [store, tables, ..] => {
            let mut files: Vec<PathBuf> = std::fs::read_dir(PathBuf::from(store).join("store"))
                .expect("a store")
                .map(|entry| entry.expect("an entry").path())
                .collect();
            files.sort();
            (files, tables.clone())
        }
        _ => (sample(&registry, folder.path()), "glotip,resolution-79-154,sdg-16-2-2".to_owned()),
    };
    let parts: Vec<Part> = parts.iter().map(|path| Part::open(path).expect("a file of a store")).collect();
    let names: Vec<String> = tables.split(',').map(str::to_owned).collect();
    let mut indicators = select(&registry, &names).expect("tables");
    indicators.retain(|table| table.record == "victim");
    let regions = Region::load(&registry, "M49").expect("the regions are built in");
    let coverage = Coverage::default();
    let microdata = Microdata { record: &record, parts: &parts, memory: 2 << 30 };
    let source = RecordSource { registry: &registry, regions: &regions, microdata, coverage: &coverage };
    let before = draft(&source, &indicators, &Control::default()).expect("tables");
    let policy = Policy::load(&registry, "default").expect("the policy is built in");
    let policy = Policy { method: Method::Round, ..policy };
    let key = RoundingKey::derive(arguments.get(2).map_or("bench", String::as_str).as_bytes());
    let start = Instant::now();
    let units = Units::read(&microdata, &countable(&record, &parts), &Control::default()).expect("units");
    let dimensions: Vec<&[Breakdown]> = before.tables.iter().map(|draft| &*draft.cube.dimensions).collect();
    let mut others = select(&registry, &[]).expect("tables");
    others.retain(|table| table.record == "victim" && indicators.iter().all(|of| of.id != table.id));
    let later = tipstat::internals::indicators::dimensions(&source, &others).expect("tables");
    let later: Vec<&[Breakdown]> = later.iter().map(Vec::as_slice).collect();
    let draw = Draw { tables: &dimensions, later: &later, policy: &policy, key: &key, number: "1", effort: 100 };
    let rounded = round(units, &record, &draw, &Control::default()).expect("rounded units");
    let seconds = start.elapsed().as_secs_f64();
    let base = folder.path().join("rounded.parquet");
    rounded.write(&record, std::fs::File::create(&base).expect("the disk has room")).expect("the disk has room");
    let parts = [Part::open(&base).expect("a base")];
    let after = draft(
        &RecordSource { microdata: Microdata { parts: &parts, ..microdata }, ..source },
        &indicators,
        &Control::default(),
    );
    let after = after.expect("tables");
    let (truth, printed) = (groups(&before), groups(&after));
    let of = |name: &String| printed.get(name).copied().unwrap_or(0);
    let mut changes: Vec<(u64, u64)> =
        truth.iter().filter(|(_, count)| **count > 0).map(|(name, &count)| (count, count.abs_diff(of(name)))).collect();
    changes.sort_unstable_by_key(|(_, change)| *change);
    let mean = |of: &[(u64, u64)]| of.iter().map(|(_, change)| change).sum::<u64>() as f64 / of.len().max(1) as f64;
    let large: Vec<_> = changes.iter().filter(|(count, _)| *count >= 100).collect();
    let moved = large.iter().filter(|(count, change)| 20 * change > *count).count();
    let figures = [
        mean(&changes),
        changes[changes.len() * 95 / 100].1 as f64,
        changes.last().expect("counts").1 as f64,
        100.0 * moved as f64 / large.len().max(1) as f64,
    ];
    let sizes = [(1, 9), (10, 49), (50, 199), (200, u64::MAX)].map(|(lower, upper)| {
        let of: Vec<_> = changes.iter().filter(|(count, _)| (lower..=upper).contains(count)).copied().collect();
        json!({ "from": lower, "counts": of.len(), "mean": mean(&of) })
    });
    let result = json!({
        "groups": truth.len(), "not_zero": changes.len(), "seconds": seconds, "mean": figures[0], "p95": figures[1], "max": figures[2],
        "large_moved_percent": figures[3], "printed_1_to_4": printed.values().filter(|count| (1..5).contains(*count)).count(),
        "sizes": sizes,
    });
    writeln!(std::io::stdout(), "{result}").expect("standard output");
    if arguments.len() < 2 {
        assert!(figures.iter().zip(BAR).all(|(figure, bar)| *figure <= bar), "the bar of the sample is {BAR:?}");
    }
}

/// Reads the sample's records, and returns the files of their store.
fn sample(registry: &Registry, folder: &std::path::Path) -> Vec<PathBuf> {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/tipstat.toml");
    let config = Config::read(&file).expect("the sample's run file");
    let mut jobs = Vec::new();
    for input in &config.inputs {
        let layout = Layout::load(registry, &input.description()).expect("a layout of the sample");
        let paths = config.files(input).expect("files of the sample");
        jobs.extend(paths.into_iter().map(|path| Job { path, layout: layout.clone() }));
    }
    let stage = tipstat::internals::files::Stage::within(folder).expect("a stage");
    let ingested = ingest(&jobs, &stage, &Reading::default(), &Control::default()).expect("the records are good");
    let kept = folder.join("kept");
    let names = ingested.parts.iter().map(|path| path.strip_prefix(stage.path()).expect("in the stage").to_owned());
    let names: Vec<PathBuf> = names.collect();
    tipstat::internals::files::publish_folder(stage.path(), &kept, tipstat::internals::files::Readers::Owner, true)
        .expect("the disk has room");
    names.into_iter().map(|name| kept.join(name)).collect()
}

/// The counts of all groups by their codes, without totals.
fn groups(drafts: &Drafts) -> BTreeMap<String, u64> {
    let name = |cube: &Cube, cell: usize| {
        let nodes = cube.nodes(cell);
        let codes = nodes.iter().zip(&cube.dimensions).filter_map(|(&node, of)| {
            let node = &of.nodes[usize::from(node)];
            (node.kind != NodeKind::Total).then(|| format!("{}={}", of.dimension, node.code))
        });
        let mut codes: Vec<String> = codes.collect();
        codes.sort();
        codes.join(",")
    };
    let cubes = drafts.tables.iter().map(|draft| &draft.cube);
    cubes.flat_map(|cube| (0..cube.len()).map(move |cell| (name(cube, cell), cube.lower(cell)))).collect()
}
