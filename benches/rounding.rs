//! Rounding: `cargo bench --bench rounding -- [--svg FILE] [STORE TABLE,... [KEY]]`.
//!
//! Prints one line of JSON for each list of tables: processor-bound seconds of the rounding, and how far the counts of all tables are from the true ones.
//! Without arguments it reads the sample's records and makes all tables of three packs. Every group counts once, in however many
//! tables it is printed. Confidential for real records: the largest change is printed. With `--svg` it measures growing lists
//! of tables, and draws the mean change against the published cells of a record.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;
use tipstat::Control;
use tipstat::internals::aggregate::{Breakdown, Cube, Microdata, NodeKind, Units, countable};
use tipstat::internals::files::{Previous, Readers, Stage, publish_folder};
use tipstat::internals::indicators::{Counting, Drafts, RecordSource, TableScope, draft, select};
use tipstat::internals::pipeline::{Config, Job, Reading, ingest};
use tipstat::internals::protect::{Draw, Method, Policy, RoundingKey, round};
use tipstat::internals::schema::{Coverage, Record, Region, Registry};
use tipstat::internals::store::Part;
use tipstat::internals::validate::Layout;

/// The bar for the sample: mean, 95th percentile, largest change, share of large counts that move by more than 5 percent.
const BAR: [f64; 4] = [2.7, 7.0, 35.0, 1.5];

/// Tables of one more pack at a time: more published cells a record.
const GROWING: [&str; 6] = [
    "victims-by-profile",
    "victims-by-form-and-profile",
    "glotip",
    "glotip,sdg-16-2-2",
    "glotip,victims-by-migratory-status-and-form,victims-by-location-and-form,sdg-16-2-2",
    "glotip,resolution-79-154,sdg-16-2-2",
];

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let svg = arguments.iter().position(|argument| argument == "--svg").map(|at| {
        arguments.remove(at);
        PathBuf::from(arguments.remove(at))
    });
    let registry = Registry::built_in();
    let folder = tempfile::tempdir().expect("a temporary folder");
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
    let secret = arguments.get(2).map_or("bench", String::as_str);
    let tables: Vec<&str> = if svg.is_some() { GROWING.to_vec() } else { vec![&tables] };
    let mut points = Vec::new();
    for name in tables {
        let measured = measure(&registry, &parts, name, secret, folder.path());
        writeln!(std::io::stdout(), "{}", measured.json).expect("standard output");
        if arguments.len() < 2 && svg.is_none() {
            let is_good = measured.figures.iter().zip(BAR).all(|(figure, bar)| *figure <= bar);
            assert!(is_good, "the bar of the sample is {BAR:?}");
        }
        points.push((measured.cells_of_record, measured.figures[0], name.to_owned()));
    }
    if let Some(svg) = svg {
        std::fs::write(svg, plot(&points)).expect("the disk has room");
    }
}

/// What one rounding changed.
struct Measured {
    json: serde_json::Value,
    /// Mean, 95th percentile, largest change, share of large counts that move by more than 5 percent.
    figures: [f64; 4],
    /// Published cells in which a record is counted, on average.
    cells_of_record: f64,
}

/// Rounds the records of a store for some tables, and compares all groups with the true ones.
fn measure(registry: &Registry, parts: &[Part], tables: &str, secret: &str, folder: &Path) -> Measured {
    let record = Record::load(registry, "victim").expect("the record type is built in");
    let names: Vec<String> = tables.split(',').map(str::to_owned).collect();
    let mut indicators = select(registry, &names).expect("tables");
    indicators.retain(|table| table.record == "victim" && table.counting == Counting::Victims);
    let regions = Region::load(registry, "M49").expect("the regions are built in");
    let coverage = Coverage::default();
    let microdata = Microdata { record: &record, parts, memory: 2 << 30 };
    let source =
        RecordSource { registry, regions: &regions, microdata, coverage: &coverage, scope: TableScope::default() };
    let before = draft(&source, &indicators, &Control::default()).expect("tables");
    let policy = Policy::load(registry, "default").expect("the policy is built in");
    let policy = Policy { method: Method::Round, ..policy };
    let key = RoundingKey::derive(secret.as_bytes());
    let start = Instant::now();
    let units = Units::read(&microdata, &countable(&record, parts), &Control::default()).expect("units");
    let records: u64 = units.counts().iter().sum();
    let number = units.len();
    let dimensions: Vec<&[Breakdown]> = before.tables.iter().map(|draft| &*draft.cube.dimensions).collect();
    let mut others = select(registry, &[]).expect("tables");
    others.retain(|table| table.record == "victim" && table.counting == Counting::Victims);
    others.retain(|table| indicators.iter().all(|indicator| indicator.id != table.id));
    let later = tipstat::internals::indicators::dimensions(&source, &others).expect("tables");
    let later: Vec<&[Breakdown]> = later.iter().map(Vec::as_slice).collect();
    let draw = Draw { tables: &dimensions, later: &later, policy: &policy, key: &key, number: "1", effort: 100 };
    let rounded = round(units, &record, &draw, &Control::default()).expect("rounded units");
    let seconds = start.elapsed().as_secs_f64();
    let base = folder.join("rounded.parquet");
    rounded.write(&record, std::fs::File::create(&base).expect("the disk has room")).expect("the disk has room");
    let parts = [Part::open(&base).expect("a base")];
    let after = draft(
        &RecordSource { microdata: Microdata { parts: &parts, ..microdata }, ..source },
        &indicators,
        &Control::default(),
    );
    let after = after.expect("tables");
    let (truth, printed) = (groups(&before), groups(&after));
    let change_of = |name: &String| printed.get(name).copied().unwrap_or(0);
    let mut changes: Vec<(u64, u64)> = truth
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(name, &count)| (count, count.abs_diff(change_of(name))))
        .collect();
    changes.sort_unstable_by_key(|(_, change)| *change);
    let mean = |selected: &[(u64, u64)]| {
        selected.iter().map(|(_, change)| change).sum::<u64>() as f64 / selected.len().max(1) as f64
    };
    let large: Vec<_> = changes.iter().filter(|(count, _)| *count >= 100).collect();
    let moved = large.iter().filter(|(count, change)| 20 * change > *count).count();
    let figures = [
        mean(&changes),
        changes[changes.len() * 95 / 100].1 as f64,
        changes.last().expect("counts").1 as f64,
        100.0 * moved as f64 / large.len().max(1) as f64,
    ];
    let sizes = [(1, 9), (10, 49), (50, 199), (200, u64::MAX)].map(|(lower, upper)| {
        let bucket: Vec<_> = changes.iter().filter(|(count, _)| (lower..=upper).contains(count)).copied().collect();
        json!({ "from": lower, "counts": bucket.len(), "mean": mean(&bucket) })
    });
    let cells_of_record = truth.values().sum::<u64>() as f64 / records.max(1) as f64;
    let json = json!({
        "tables": tables, "records": records, "units": number, "groups": truth.len(), "not_zero": changes.len(),
        "cells_of_record": cells_of_record, "seconds": seconds, "mebibytes": peak(), "mean": figures[0], "p95": figures[1],
        "max": figures[2], "large_moved_percent": figures[3],
        "printed_1_to_4": printed.values().filter(|count| (1..5).contains(*count)).count(),
        "sizes": sizes,
    });
    Measured { json, figures, cells_of_record }
}

/// The most memory that the program had, in mebibytes, where the system says it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}

/// Draws the mean change against the published cells of a record.
fn plot(points: &[(f64, f64, String)]) -> String {
    let largest = |axis: fn(&(f64, f64, String)) -> f64| points.iter().map(axis).fold(1.0, f64::max) * 1.1;
    let (right, top) = (largest(|point| point.0), largest(|point| point.1));
    let at = |x: f64, y: f64| (60.0 + 620.0 * x / right, 360.0 - 320.0 * y / top);
    let mut svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"420\" font-family=\"sans-serif\" font-size=\"12\">\n\
        <path d=\"M60 40V360H680\" fill=\"none\" stroke=\"black\"/>\n\
        <text x=\"370\" y=\"410\" text-anchor=\"middle\">published cells a record</text>\n\
        <text x=\"60\" y=\"28\">mean change of counts that are not zero</text>\n"
        .to_owned();
    for step in 1..=4 {
        let (x, y) = (right * f64::from(step) / 4.0, top * f64::from(step) / 4.0);
        let ((left, _), (_, up)) = (at(x, 0.0), at(0.0, y));
        svg += &format!(
            "<text x=\"{left:.0}\" y=\"378\" text-anchor=\"middle\">{x:.0}</text>\n\
             <text x=\"52\" y=\"{up:.0}\" text-anchor=\"end\">{y:.1}</text>\n"
        );
    }
    for (cells, mean, tables) in points {
        let (x, y) = at(*cells, *mean);
        svg += &format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"><title>{tables}: {mean:.2}</title></circle>\n");
    }
    svg + "</svg>\n"
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
    let stage = Stage::within(folder).expect("a stage");
    let ingested = ingest(&jobs, &stage, &Reading::default(), &Control::default()).expect("the records are good");
    let kept = folder.join("kept");
    let names = ingested.parts.iter().map(|path| path.strip_prefix(stage.path()).expect("in the stage").to_owned());
    let names: Vec<PathBuf> = names.collect();
    publish_folder(stage.path(), &kept, Readers::Owner, Previous::Replaced).expect("the disk has room");
    names.into_iter().map(|name| kept.join(name)).collect()
}

/// The counts of all groups by their codes, without totals.
fn groups(drafts: &Drafts) -> BTreeMap<String, u64> {
    let name = |cube: &Cube, cell: usize| {
        let nodes = cube.nodes(cell);
        let codes = nodes.iter().zip(&cube.dimensions).filter_map(|(&node, breakdown)| {
            let node = &breakdown.nodes[usize::from(node)];
            (node.kind != NodeKind::Total).then(|| format!("{}={}", breakdown.dimension, node.code))
        });
        let mut codes: Vec<String> = codes.collect();
        codes.sort();
        codes.join(",")
    };
    let cubes = drafts.tables.iter().map(|draft| &draft.cube);
    cubes.flat_map(|cube| (0..cube.len()).map(move |cell| (name(cube, cell), cube.lower(cell)))).collect()
}
