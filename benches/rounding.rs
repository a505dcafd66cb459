//! Rounding: `cargo bench --no-default-features --bench rounding -- [--svg FILE] [--large] [STORE TABLE,... [KEY]]`.
//!
//! Prints one line of JSON for each list of tables: processor seconds of the rounding, and how far the counts of all tables are
//! from the true ones.
//! Without arguments it reads the sample's records, and makes all tables of three packs and those of `glotip` alone. Every group
//! counts once, in however many tables it is printed. Confidential for real records: the largest change is printed. With `--svg`
//! it measures growing lists of tables, and draws the mean change, the time and the memory against the published cells of a
//! record. With `--large` it makes records of 150 countries and 20 years, and all tables of three packs: about two million cells.
//!
//! No formula is evaluated, so the bench needs no polars: without the default features it compiles in a fraction of the time.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;
use tipstat::Control;
use tipstat::internals::aggregate::{Breakdown, Cube, Microdata, NodeKind, Units, countable};
use tipstat::internals::files::{Previous, Readers, Stage, publish_folder};
use tipstat::internals::indicators::{Counting, Drafts, RecordSource, draft, select};
use tipstat::internals::pipeline::{Config, Job, Reading, ingest};
use tipstat::internals::protect::{Draw, Method, Policy, RoundingKey, round};
use tipstat::internals::schema::{Coverage, Record, Region, Registry};
use tipstat::internals::store::Part;
use tipstat::internals::synthetic::{GenerateRequest, Model, generate};
use tipstat::internals::validate::{Description, Layout};

/// All tables of three packs.
const PACKS: &str = "glotip,resolution-79-154,sdg-16-2-2";

/// The bars for the sample: mean, 95th percentile, largest change, share of large counts that move by more than 5 percent.
const BARS: [(&str, [f64; 4]); 2] = [(PACKS, [2.7, 7.0, 35.0, 1.5]), ("glotip", [1.2, 8.0, 8.0, 1.5])];

/// Tables of one more pack at a time: more published cells a record.
const GROWING: [&str; 6] = [
    "victims-by-profile",
    "victims-by-form-and-profile",
    "glotip",
    "glotip,sdg-16-2-2",
    "glotip,victims-by-migratory-status-and-form,victims-by-location-and-form,sdg-16-2-2",
    PACKS,
];

/// Records, countries and years of the large store.
const LARGE: [u64; 3] = [100_000, 150, 20];

/// The options of the command line.
struct BenchOptions {
    svg: Option<PathBuf>,
    is_large: bool,
    /// A store, its tables and a key.
    rest: Vec<String>,
}

impl BenchOptions {
    fn read() -> Self {
        let mut rest: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
        let svg = rest.iter().position(|argument| argument == "--svg").map(|at| {
            rest.remove(at);
            PathBuf::from(rest.remove(at))
        });
        let large = rest.iter().position(|argument| argument == "--large").map(|at| rest.remove(at));
        Self { svg, is_large: large.is_some(), rest }
    }
}

fn main() {
    let options = BenchOptions::read();
    let registry = Registry::built_in();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let key = options.rest.get(2).map_or("bench", String::as_str);
    let rounding = |files: &[PathBuf], tables: &str| {
        let parts: Vec<Part> = files.iter().map(|path| Part::open(path).expect("a file of a store")).collect();
        let measured = measure(&registry, &parts, tables, key, folder.path());
        writeln!(std::io::stdout(), "{}", measured.json).expect("standard output");
        measured
    };
    let mut points = Vec::new();
    match options.rest.as_slice() {
        [store, tables, ..] => drop(rounding(&files_of(Path::new(store)), tables)),
        _ if options.svg.is_some() => {
            let files = sample(&registry, folder.path());
            points.extend(GROWING.map(|tables| rounding(&files, tables)));
        }
        _ if options.is_large => {}
        _ => {
            let files = sample(&registry, folder.path());
            for (tables, bar) in BARS {
                let figures = rounding(&files, tables).figures;
                assert!(figures.iter().zip(bar).all(|(figure, bar)| *figure <= bar), "the bar of {tables} is {bar:?}");
            }
        }
    }
    if options.is_large {
        points.push(rounding(&large(&registry, folder.path()), PACKS));
    }
    if let Some(svg) = options.svg {
        std::fs::write(svg, plots(&points)).expect("the disk has room");
    }
}

/// Returns the files of a store.
fn files_of(store: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(store.join("store")).expect("a store");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// What one rounding changed.
struct Measured {
    json: serde_json::Value,
    tables: String,
    /// Mean, 95th percentile, largest change, share of large counts that move by more than 5 percent.
    figures: [f64; 4],
    /// Published cells in which a record is counted, on average.
    cells_of_record: f64,
    seconds: f64,
    mebibytes: f64,
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
    let source = RecordSource::new(registry, &regions, microdata, &coverage);
    let before = draft(&source, &indicators, &Control::default()).expect("tables");
    let policy = Policy::load(registry, "default").expect("the policy is built in");
    let policy = Policy { method: Method::Round, ..policy };
    let key = RoundingKey::derive(secret.as_bytes());
    forget_peak();
    let start = Processor::now();
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
    let (seconds, mebibytes) = (start.seconds(), peak());
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
    let change_of = |name: &String, count: u64| count.abs_diff(printed.get(name).copied().unwrap_or(0));
    let not_zero = truth.iter().filter(|(_, count)| **count > 0);
    let mut changes: Vec<(u64, u64)> = not_zero.map(|(name, &count)| (count, change_of(name, count))).collect();
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
        "cells_of_record": cells_of_record, "seconds": seconds, "mebibytes": mebibytes, "mean": figures[0], "p95": figures[1],
        "max": figures[2], "large_moved_percent": figures[3],
        "printed_1_to_4": printed.values().filter(|count| (1..5).contains(*count)).count(),
        "sizes": sizes,
    });
    let mebibytes = mebibytes.unwrap_or(0) as f64;
    Measured { json, tables: tables.to_owned(), figures, cells_of_record, seconds, mebibytes }
}

/// The memory of the program is measured from now on, where the system can do so.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that the program had, in mebibytes, where the system says it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}

/// Processor time, and the clock where the system does not say it: other programs may be running.
struct Processor(Option<f64>, Instant);

impl Processor {
    fn now() -> Self {
        Self(Self::used(), Instant::now())
    }

    /// Seconds of all threads of the program, from ticks of a hundredth.
    fn used() -> Option<f64> {
        let all = std::fs::read_to_string("/proc/self/stat").ok()?;
        let fields: Vec<&str> = all.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
        Some((ticks(11)? + ticks(12)?) / 100.0)
    }

    fn seconds(&self) -> f64 {
        match (self.0, Self::used()) {
            (Some(before), Some(after)) => after - before,
            _ => self.1.elapsed().as_secs_f64(),
        }
    }
}

/// One figure of a measurement.
type Figure = fn(&Measured) -> f64;

/// Draws the mean change, the seconds and the memory against the published cells of a record, one below the other.
fn plots(points: &[Measured]) -> String {
    let plots: [(&str, Figure); 3] = [
        ("mean change of counts that are not zero", |measured| measured.figures[0]),
        ("processor seconds", |measured| measured.seconds),
        ("mebibytes", |measured| measured.mebibytes),
    ];
    let mut svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"900\" font-family=\"sans-serif\" \
        font-size=\"12\">\n<rect width=\"720\" height=\"900\" fill=\"white\"/>\n"
        .to_owned();
    for (at, (title, value)) in plots.into_iter().enumerate() {
        svg += &format!("<g transform=\"translate(0 {})\">\n{}</g>\n", 290 * at, plot(points, title, value));
    }
    svg + "<text x=\"370\" y=\"890\" text-anchor=\"middle\">published cells a record; hollow: 150 countries and 20 years\
        </text>\n</svg>\n"
}

/// Draws one value against the published cells of a record.
fn plot(points: &[Measured], title: &str, value: Figure) -> String {
    let highest = |figure: Figure| points.iter().map(figure).fold(1.0, f64::max) * 1.1;
    let (right, top) = (highest(|point| point.cells_of_record), highest(value));
    let at = |x: f64, y: f64| (60.0 + 620.0 * x / right, 260.0 - 220.0 * y / top);
    let mut svg = format!(
        "<path d=\"M60 40V260H680\" fill=\"none\" stroke=\"black\"/>\n<text x=\"60\" y=\"28\">{title}</text>\n"
    );
    for step in 1..=4 {
        let (x, y) = (right * f64::from(step) / 4.0, top * f64::from(step) / 4.0);
        let ((left, _), (_, up)) = (at(x, 0.0), at(0.0, y));
        svg += &format!(
            "<text x=\"{left:.0}\" y=\"278\" text-anchor=\"middle\">{x:.0}</text>\n\
             <text x=\"52\" y=\"{up:.0}\" text-anchor=\"end\">{y:.1}</text>\n"
        );
    }
    for point in points {
        let (x, y) = at(point.cells_of_record, value(point));
        let fill = if point.json["records"] == LARGE[0] { "white" } else { "black" };
        svg += &format!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{fill}\" stroke=\"black\"><title>{}: {:.2}</title></circle>\n",
            point.tables,
            value(point)
        );
    }
    svg
}

/// Makes records of many countries and years, and returns the files of their store.
fn large(registry: &Registry, folder: &Path) -> Vec<PathBuf> {
    let [records, areas, years] = LARGE;
    let layout = Layout::load(registry, &Description::default()).expect("the record type is built in");
    let model = Model::load(registry, "victim").expect("the model is built in");
    let request = GenerateRequest { records, seed: 1, messy: false, areas: Vec::new() };
    let mut text = Vec::new();
    generate(&mut text, &model, &layout, &request).expect("records");
    let text = String::from_utf8(text).expect("text");
    let record = Record::load(registry, "victim").expect("the record type is built in");
    let codes = record.fields[record.role("area").expect("areas")].codes();
    let known: Vec<&str> = codes.known().map(|(code, _)| codes.id_of(code)).filter(|id| id.len() == 3).collect();
    // Small and large countries: the number of records falls with the place of the country.
    let mut state = 154u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut lines = text.lines();
    let header = lines.next().expect("a header");
    let columns: Vec<&str> = header.split(',').collect();
    let place = |name: &str| columns.iter().position(|column| *column == name).expect("a column");
    // The lists of race and ethnicity belong to the country that is replaced.
    let (area, year) = (place("area"), place("year"));
    let kept: Vec<usize> =
        (0..columns.len()).filter(|&at| !["race", "ethnicity", "person_id"].contains(&columns[at])).collect();
    let line = |fields: &[&str]| kept.iter().map(|&at| fields[at]).collect::<Vec<_>>().join(",") + "\n";
    let mut out = line(&columns);
    for record in lines {
        let mut fields: Vec<&str> = record.split(',').collect();
        let first = draw(areas);
        fields[area] = known[(first * (1 + draw(areas)) / areas) as usize];
        let when = (2004 + draw(years)).to_string();
        fields[year] = &when;
        out += &line(&fields);
    }
    let path = folder.join("large.csv");
    std::fs::write(&path, out).expect("the disk has room");
    stored(&[Job { path, layout }], folder, "large")
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
    stored(&jobs, folder, "sample")
}

/// Reads files, and returns the files of their store.
fn stored(jobs: &[Job], folder: &Path, name: &str) -> Vec<PathBuf> {
    let stage = Stage::within(folder).expect("a stage");
    let ingested = ingest(jobs, &stage, &Reading::default(), &Control::default()).expect("the records are good");
    let kept = folder.join(name);
    let within = |path: &PathBuf| path.strip_prefix(stage.path()).expect("in the stage").to_owned();
    let names: Vec<PathBuf> = ingested.parts.iter().map(within).collect();
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
