//! Rounded releases: every relation holds in print, small counts are multiples of the base, and the key stays secret.

use std::collections::BTreeMap;
use std::path::Path;

use tipstat::Control;
use tipstat::internals::aggregate::{Breakdown, Units, countable};
use tipstat::internals::indicators::{Counting, Draft, Drafts, RecordSource, dimensions, draft, fields, select};
use tipstat::internals::protect::{Draw, Method, Policy, RoundingKey, publish_rounded, round};
use tipstat::internals::schema::{Coverage, Record, Region, Registry};
use tipstat::internals::store::Part;

use crate::support::{Bench, Counted, Random, Row, contents, counted, drafts, rows};

/// A key that is not the sample's.
pub const KEY: &str = "1f00c7a1d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9010203";

/// The default policy with the method `round`.
const POLICY: &str = "id = \"rounded\"\ntitle = \"x\"\nsource = \"test\"\nverified = true\nthreshold = 10\nfloor = 5\nmethod = \"round\"\n";

pub const FORMS: [&str; 6] = ["SEX", "LAB", "SEX;LAB", "BEG", "DOM", "_U"];

/// Random records of three areas and two years, most of them alone in their combination of codes.
pub fn records(random: &mut Random, count: u64) -> String {
    let mut text = "area,year,sex,age,form,citizenship,migratory_status,count\n".to_owned();
    for _ in 0..count {
        let area = random.of(&["KHM", "THA", "FRA"]);
        let year = random.of(&["2021", "2022"]);
        let sex = random.of(&["F", "F", "M", "_O", "_U"]);
        let age = random.of(&["Y0T17", "Y9T17", "Y_GE18", "30", "_U"]);
        let form = random.of(&FORMS);
        let citizenship = random.of(&["KHM", "THA", "FRA", "LAO", "NGA", "_U"]);
        let status = random.of(&["", "FOR_IRREG", "NAT_RES"]);
        let count = random.of(&[1, 1, 1, 1, 2, 4, 12, 30]);
        text += &format!("{area},{year},{sex},{age},{form},{citizenship},{status},{count}\n");
    }
    text
}

/// Tables before and after rounding.
pub struct Rounded {
    pub before: Drafts,
    pub after: Drafts,
    pub units: tipstat::internals::protect::Rounded,
    pub truth: Units,
    policy: Policy,
}

/// Rounds the tables of some records over their own fields, which is quicker than what a release does.
pub fn rounded(record: &Record, base: &Counted, tables: &[&str], key: u8, effort: u64) -> Rounded {
    rounded_over(record, base, tables, key, effort, false)
}

/// Rounds the tables of some records as a release does: over all fields, and with all tables in mind that may come later.
pub fn released(record: &Record, base: &Counted, tables: &[&str], key: u8, effort: u64) -> Rounded {
    rounded_over(record, base, tables, key, effort, true)
}

fn rounded_over(record: &Record, base: &Counted, tables: &[&str], key: u8, effort: u64, all_fields: bool) -> Rounded {
    let registry = Registry::built_in();
    let names: Vec<_> = tables.iter().map(ToString::to_string).collect();
    let indicators = select(&registry, &names).unwrap();
    let regions = Region::load(&registry, "M49").unwrap();
    let coverage = Coverage::default();
    let microdata = base.microdata();
    let source = RecordSource::new(&registry, &regions, microdata, &coverage);
    let before = draft(&source, &indicators, &Control::default()).unwrap();
    let mut all = fields(record, &indicators).unwrap();
    all.extend(["area", "time"].into_iter().filter_map(|role| record.role(role)));
    all.sort_unstable();
    all.dedup();
    let mut later = Vec::new();
    if all_fields {
        all = countable(record, microdata.parts);
        let mut others = select(&registry, &[]).unwrap();
        others.retain(|table| table.record == record.id && tables.iter().all(|requested| *requested != table.id));
        others.retain(|table| table.counting == Counting::Victims);
        later = dimensions(&source, &others).unwrap();
    }
    let later: Vec<&[Breakdown]> = later.iter().map(Vec::as_slice).collect();
    let units = Units::read(&microdata, &all, &Control::default()).unwrap();
    let policy = Policy { method: Method::Round, ..Policy::load(&registry, "default").unwrap() };
    let requested: Vec<&[Breakdown]> = before.tables.iter().map(|draft| &*draft.cube.dimensions).collect();
    let key = RoundingKey::derive(&[key]);
    let draw = Draw { tables: &requested, later: &later, policy: &policy, key: &key, number: "1", effort };
    let truth = units.clone();
    let rounded = round(units, record, &draw, &Control::default()).unwrap();
    let bench = Bench::new();
    let file = std::fs::File::create(bench.path("0001.parquet")).unwrap();
    rounded.write(record, file).unwrap();
    let parts = [Part::open(&bench.path("0001.parquet")).unwrap()];
    let source =
        RecordSource { microdata: tipstat::internals::aggregate::Microdata { parts: &parts, ..microdata }, ..source };
    let after = draft(&source, &indicators, &Control::default()).unwrap();
    Rounded { before, after, units: rounded, truth, policy }
}

/// The counts of a table by the codes of its dimensions: `REF_AREA=KHM,SEX=F`, without totals.
pub fn cells(drafts: &Drafts, table: &str) -> BTreeMap<BTreeMap<String, String>, u64> {
    cells_of(drafts.tables.iter().find(|draft| draft.indicator.id == table).unwrap())
}

/// The counts of one table by the codes of its dimensions.
fn cells_of(draft: &Draft) -> Cells {
    let cube = &draft.cube;
    let code = |nodes: &[u16], d: usize| cube.dimensions[d].nodes[usize::from(nodes[d])].code.clone();
    let key = |cell: usize| {
        let nodes = cube.nodes(cell);
        (0..nodes.len()).map(|d| (cube.dimensions[d].dimension.clone(), code(&nodes, d))).collect()
    };
    (0..cube.len()).map(|cell| (key(cell), cube.lower(cell))).collect()
}

pub type Cells = BTreeMap<BTreeMap<String, String>, u64>;

/// Checks that over a dimension the parts add up to the whole in every cell; with `cover` they may exceed it.
fn add_up(cells: &Cells, dimension: &str, whole: &str, parts: &[&str], cover: bool) -> usize {
    let mut checked = 0;
    for (key, &count) in cells.iter().filter(|(key, _)| key.get(dimension).is_some_and(|code| code == whole)) {
        let part = |code: &&&str| {
            let mut key = key.clone();
            key.insert(dimension.to_owned(), (**code).to_owned());
            cells.get(&key).copied()
        };
        let found: Vec<u64> = parts.iter().filter_map(|code| part(&code)).collect();
        if found.is_empty() {
            continue;
        }
        let sum: u64 = found.iter().sum();
        let holds = if cover { sum >= count && found.iter().all(|part| *part <= count) } else { sum == count };
        assert!(holds, "{key:?}: {count} and {found:?}");
        checked += 1;
    }
    checked
}

/// All sums, universes, derivations and overlaps that link these tables, in 200 random releases.
#[test]
fn every_relation_holds_in_print() {
    let tables = [
        "victims-by-profile",
        "victims-by-form",
        "victims-by-citizenship",
        "flows",
        "sdg-detv",
        "sdg-detvfl",
        "victims-by-migratory-status",
    ];
    let mut random = Random::new(17);
    let mut checked = [0; 6];
    for release in 0..200u8 {
        let count = 4 + random.below(30);
        let (record, base) = counted(&records(&mut random, count), None);
        let Rounded { before, after, units, policy, .. } = rounded(&record, &base, &tables, release, 3);
        if after.tables.iter().all(|draft| (0..draft.cube.len()).all(|cell| draft.cube.lower(cell) == 0)) {
            continue;
        }
        let names: Vec<&str> = after.tables.iter().map(|draft| draft.indicator.id.as_str()).collect();
        for table in &names {
            let printed = cells(&after, table);
            assert!(printed.values().all(|&count| count == 0 || count >= 5), "{table}");
            for dimension in ["SEX", "AGE", "FORM", "CITIZENSHIP", "ORIGIN", "MIGRATORY_STATUS"] {
                checked[0] += add_up(&printed, dimension, "_T", &["_K", "_U", "_X", "_N"], false);
            }
            checked[0] += add_up(&printed, "SEX", "_K", &["F", "M", "_O"], false);
            checked[1] += add_up(&printed, "TIME_PERIOD", "_T", &["2021", "2022"], false);
            checked[1] += add_up(&printed, "REF_AREA", "M49_035", &["KHM", "THA"], false);
            checked[2] += add_up(&printed, "FORM", "_K", &["FG_SEXUAL", "FG_LABOUR", "FG_OTHER"], true);
            // Totals of an area and year are exact from the threshold on.
            let truth = cells(&before, table);
            for (key, &count) in &truth {
                let is_total = |(dimension, code): (&String, &String)| match dimension.as_str() {
                    "REF_AREA" => code.len() == 3,
                    "TIME_PERIOD" => code != "_T",
                    _ => code == "_T",
                };
                if !key.iter().all(is_total) || !key.contains_key("TIME_PERIOD") {
                    continue;
                }
                let shown = printed.get(key).copied().unwrap_or(0);
                assert!(if count >= 10 { shown == count } else { shown % 5 == 0 && shown.abs_diff(count) < 5 });
                checked[3] += 1;
            }
        }
        let (all, labour) = (cells(&after, "sdg-detv"), cells(&after, "sdg-detvfl"));
        for (key, &part) in &labour {
            let mut key = key.clone();
            key.remove("FORM");
            let whole = all.get(&key).or_else(|| {
                let fewer: BTreeMap<_, _> = key.clone().into_iter().filter(|(d, _)| d != "FORM").collect();
                all.get(&fewer)
            });
            assert!(part <= *whole.unwrap(), "{key:?}");
            checked[4] += 1;
        }
        // Domestic victims of an area are those whose origin it is.
        let (citizens, flows) = (cells(&after, "victims-by-citizenship"), cells(&after, "flows"));
        let shown: Vec<&String> = flows.keys().next().unwrap().keys().collect();
        for (key, &domestic) in citizens.iter().filter(|(key, _)| key["CITIZENSHIP"] == "DOM") {
            let is_told = |(d, code): (&String, &String)| d == "CITIZENSHIP" || code == "_T" || shown.contains(&d);
            if key["REF_AREA"].len() != 3 || !key.iter().all(is_told) {
                continue;
            }
            let code = |d: &str| match d {
                "ORIGIN" => key["REF_AREA"].clone(),
                d => key.get(d).map_or("_T", String::as_str).to_owned(),
            };
            let codes: BTreeMap<_, _> = shown.iter().map(|d| ((*d).clone(), code(d))).collect();
            let Some(&origin) = flows.get(&codes) else { continue };
            assert_eq!(domestic, origin, "{key:?}");
            checked[5] += 1;
        }
        // The program's own relations, among them those of overlaps.
        publish_rounded(after, &units, &before, &policy).unwrap();
    }
    assert!(checked.iter().all(|&checked| checked > 200), "{checked:?}");
}

/// A run of random records by the method `round`.
pub fn bench(count: u64) -> Bench {
    let run = "[release]\nid = \"rounded\"\ntitle = \"Rounded\"\npolicy = \"rounded\"\n[[input]]\npath = \"records.csv\"\n\
        schema = \"victim\"\n[tables]\npacks = [\"victims-by-form-and-profile\", \"flows\", \"victims-by-citizenship\"]\n";
    Bench::new()
        .file("records.csv", records(&mut Random::new(3), count))
        .file("schemas/policies/rounded.toml", POLICY)
        .file("tipstat.toml", run)
        .file("rounding.key", KEY)
        .file("other.key", KEY.replace("1f00", "2e11"))
}

/// The counts of a release by table and row, without the rest.
fn counts(release: &Path) -> BTreeMap<String, f64> {
    let definitions = rows(&release.join("definitions.csv"));
    let is_count = |row: &&Row| {
        let definition = definitions
            .iter()
            .find(|definition| definition["TABLE"] == row["TABLE"] && definition["INDICATOR"] == row["INDICATOR"]);
        definition.is_some_and(|definition| definition["FORMULA"] == "count")
    };
    let mut found = BTreeMap::new();
    for table in ["victims-by-form-and-profile", "flows", "victims-by-citizenship"] {
        let lines = rows(&release.join(format!("tables/{table}.csv")));
        for row in lines.iter().filter(|row| is_count(row) && !row["OBS_VALUE"].is_empty()) {
            found.insert(name(table, row), row["OBS_VALUE"].parse().unwrap());
        }
    }
    found
}

fn name(table: &str, row: &Row) -> String {
    let codes = ["INDICATOR", "REF_AREA", "TIME_PERIOD", "SEX", "AGE", "FORM", "CITIZENSHIP", "ORIGIN"];
    codes.iter().fold(table.to_owned(), |name, code| name + "|" + row.get(*code).map_or("", String::as_str))
}

/// The same key gives the same bytes at any number of threads; another key gives others; every cell is shown.
#[test]
fn the_key_decides_and_nothing_else() {
    let bench = bench(90);
    let run = |out: &str, key: &str, threads: u8| {
        let line =
            format!("run --schemas schemas --rounding-key-file {key} --threads {threads} --out {out} --no-progress");
        bench.run(&line).succeeds().says("all shown; small counts are multiples of 5");
        bench.path(out).join("release")
    };
    let (one, four, other) =
        (run("one", "rounding.key", 1), run("four", "rounding.key", 4), run("other", "other.key", 2));
    assert_eq!(contents(&one), contents(&four));
    // A release is replaced, and nothing else is left alongside.
    let again = "run --schemas schemas --rounding-key-file rounding.key --out one --force --no-progress";
    bench.run(again).succeeds();
    assert_eq!(contents(&one), contents(&four));
    let mut left: Vec<_> =
        std::fs::read_dir(bench.path("one")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["release", "restricted"]);
    let (counts, moved) = (counts(&one), counts(&other));
    assert!(counts.values().all(|&count| count == 0.0 || count >= 5.0));
    // How much another key moves at which size: `rounding_attack`.
    assert_ne!(counts, moved);
    for table in ["flows", "victims-by-form-and-profile"] {
        let lines = rows(&one.join(format!("tables/{table}.csv")));
        assert!(lines.iter().all(|row| row["OBS_STATUS"] != "Q" && row["CONF_STATUS"] == "F"), "{table}");
        assert!(lines.iter().all(|row| row["LOWER_BOUND"].is_empty() && row["UPPER_BOUND"].is_empty()), "{table}");
    }
}

/// No public file holds the key, nor how far a count may be from the true one.
#[test]
fn public_files_hold_neither_key_nor_largest_change() {
    let bench = bench(90);
    bench.run("run --schemas schemas --rounding-key-file rounding.key --no-progress").succeeds();
    let release = bench.path("out/release");
    for (name, bytes) in contents(&release) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(KEY) && !text.contains(&KEY[..16]), "{name}");
        let bytes_of_key: Vec<u8> =
            (0..32).map(|at| u8::from_str_radix(&KEY[2 * at..2 * at + 2], 16).unwrap()).collect();
        assert!(!bytes.windows(32).any(|part| part == bytes_of_key), "{name}");
        assert!(!text.to_lowercase().contains("max_change") && !text.contains("maximum change"), "{name}");
    }
    let manifest = std::fs::read_to_string(release.join("manifest.json")).unwrap();
    for text in ["\"method\": \"rounding\"", "\"base\": 5", "\"mean_change\"", "\"p95_change\""] {
        assert!(manifest.contains(text), "{text}");
    }
    let package = std::fs::read_to_string(release.join("datapackage.json")).unwrap();
    assert!(package.contains("\"sdc\": \"rounded:5\""));
    let lines = rows(&release.join("rounding.csv"));
    assert!(lines.iter().all(|row| row["SDC"] == "rounded:5") && !lines.is_empty());
    bench.run("verify out/release").succeeds();
}

/// The rows of a Parquet file, as texts.
fn parquet_rows(file: &Path) -> Vec<Row> {
    use arrow::util::display::{ArrayFormatter, FormatOptions};
    let file = std::fs::File::open(file).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.unwrap();
        let (schema, options) = (batch.schema(), FormatOptions::default());
        let texts: Vec<_> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        let row = |row: usize| {
            schema
                .fields()
                .iter()
                .zip(&texts)
                .map(|(field, text)| (field.name().clone(), text.value(row).to_string()))
                .collect()
        };
        rows.extend((0..batch.num_rows()).map(row));
    }
    rows
}

/// No public file holds true small counts where they are counted, but by chance, nor the largest change.
#[test]
fn public_files_hold_no_true_small_count_in_its_place() {
    const TABLES: [&str; 3] = ["victims-by-form-and-profile", "flows", "victims-by-citizenship"];
    let bench = bench(90);
    bench.run("run --schemas schemas --rounding-key-file rounding.key --no-progress").succeeds();
    let release = bench.path("out/release");
    let (record, base) = counted(&std::fs::read_to_string(bench.path("records.csv")).unwrap(), None);
    let truth: BTreeMap<String, Cells> =
        drafts(&record, &base, &TABLES).iter().map(|draft| (draft.indicator.id.clone(), cells_of(draft))).collect();
    let (mut small, mut equal, mut largest) = (0, Vec::new(), 0.0f64);
    for table in TABLES {
        for form in ["csv", "parquet"] {
            let file = release.join(format!("tables/{table}.{form}"));
            let lines = if form == "csv" { rows(&file) } else { parquet_rows(&file) };
            assert!(!lines.is_empty());
            for row in lines.iter().filter(|row| row["INDICATOR"].ends_with("_N") && !row["OBS_VALUE"].is_empty()) {
                let names = truth[table].keys().next().unwrap().keys();
                let key: BTreeMap<String, String> =
                    names.map(|heading| (heading.clone(), row[heading.as_str()].clone())).collect();
                let Some(&count) = truth[table].get(&key) else { continue };
                let printed: f64 = row["OBS_VALUE"].parse().unwrap();
                largest = largest.max((printed - count as f64).abs());
                if (1..10).contains(&count) {
                    small += 1;
                    assert!(row["LOWER_BOUND"].is_empty() && row["UPPER_BOUND"].is_empty(), "{row:?}");
                    // A true 5 may be printed as 5, which does not say that it is one. Of other counts a group is right by chance
                    // where one of its units carries what is not a multiple of 5.
                    if count != 5 && printed == count as f64 {
                        equal.push(row.clone());
                    }
                }
            }
        }
    }
    assert!(small > 300 && equal.len() * 20 < small && largest >= 5.0, "{small} {largest} {equal:?}");
    // Other files have no row of a small group, whatever the form of the file is.
    let finest = truth["victims-by-form-and-profile"].iter().filter(|(_, count)| (1..10).contains(*count));
    let groups: Vec<(Vec<&str>, String)> = finest
        .filter(|(key, _)| key.values().all(|code| !code.starts_with("_T") && !code.starts_with("M49")))
        .map(|(key, count)| (key.values().map(String::as_str).collect(), count.to_string()))
        .collect();
    assert!(groups.len() > 30);
    let mut files = 0;
    for (name, bytes) in contents(&release).iter().filter(|(name, _)| !name.starts_with("tables/")) {
        let text = String::from_utf8_lossy(bytes);
        files += 1;
        for line in text.split(['\n', '{']).flat_map(|line| line.split("<tr")) {
            let words: Vec<&str> = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
            let found = groups.iter().find(|(codes, count)| {
                words.contains(&count.as_str()) && codes.iter().all(|code| words.contains(code))
            });
            assert!(found.is_none(), "{name}: {line}");
        }
    }
    assert!(files > 5);
    let changes = rows(&release.join("rounding.csv"));
    // A limit has steps, so it names no change.
    let steps = |column: &str, least: f64| {
        let limits: Vec<f64> = changes.iter().map(|row| row[column].parse().unwrap()).collect();
        assert!(!limits.is_empty() && limits.iter().all(|limit| *limit >= least && limit.log2().fract() == 0.0));
    };
    steps("MEAN_CHANGE_AT_MOST", 0.5);
    steps("P95_CHANGE_AT_MOST", 1.0);
    let small = changes.iter().filter(|row| row["PRINTED_TO"].parse::<u64>().is_ok_and(|upper| upper < 50));
    assert!(small.map(|row| row["P95_CHANGE_AT_MOST"].parse::<u64>().unwrap()).all(|limit| limit >= 4));
    let names: Vec<&str> = changes[0].keys().map(String::as_str).collect();
    assert!(names.iter().all(|name| !name.contains("MAX") && !name.contains("LARGEST")), "{names:?}");
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(release.join("manifest.json")).unwrap()).unwrap();
    let keys: Vec<&String> = manifest["audit"]["rounded"].as_object().unwrap().keys().collect();
    assert!(keys.iter().all(|key| ["base", "mean_change", "p95_change"].contains(&key.as_str())), "{keys:?}");
}

#[test]
fn rounding_needs_a_key_and_exact_counts_of_victims() {
    let bench = bench(60);
    bench
        .run("run --schemas schemas --no-progress")
        .refuses("error[policy/rounding-key]: the policy `rounded` rounds, and no key is named")
        .refuses("`tipstat key new KEY`");
    bench.write("short.key", "0123");
    bench.run("run --schemas schemas --rounding-key-file short.key").refuses("it needs 64 hexadecimal digits");
    let sample = std::fs::read(crate::support::project().join("sample-data/rounding.key")).unwrap();
    bench.write("sample.key", sample);
    bench.run("run --schemas schemas --rounding-key-file sample.key").refuses("which is public");
    bench.write("records.csv", "area,year,sex,age,count\nKHM,2022,F,Y_GE18,40\nKHM,2022,F,Y_GE18,<5\n");
    bench
        .run("run --schemas schemas --rounding-key-file rounding.key")
        .refuses("error[policy/rounding]: the records cannot be rounded: some sources mask small counts");
    bench.write("records.csv", "area,year,sex,age,count\nKHM,2022,F,Y_GE18,1\n");
    bench
        .run("run --schemas schemas --rounding-key-file rounding.key --out few")
        .refuses("no area and year reaches the threshold, and all are rounded to zero");
    bench.write("schemas/policies/rounded.toml", POLICY.replace("threshold = 10", "threshold = 10\nbase = 11"));
    bench.run("run --schemas schemas --rounding-key-file rounding.key").refuses("error[policy/base]");
}

/// UNODC's class `<5` is not a protection: the policy of this name rounds.
#[test]
fn unodc_rounds_to_multiples_of_five() {
    let bench = bench(60);
    let shown = bench.run("policy show unodc");
    shown.succeeds().says("(`method = \"round\"`)").says("Small counts are multiples of 5; 1 to 4 is never printed.");
    shown.says("exact from 5 on").says("That class is no protection");
    let run = std::fs::read_to_string(bench.path("tipstat.toml")).unwrap();
    bench.write("tipstat.toml", run.replace("policy = \"rounded\"", "policy = \"unodc\""));
    bench
        .run("run --no-progress")
        .refuses("error[policy/rounding-key]: the policy `unodc` rounds, and no key is named");
    let made = bench.run("run --rounding-key-file rounding.key --no-progress");
    made.succeeds().says("all shown; small counts are multiples of 5");
    let release = bench.path("out/release");
    let counts = counts(&release);
    assert!(counts.values().any(|&count| count == 5.0) && counts.values().all(|&count| count == 0.0 || count >= 5.0));
    // A compressed file may hold these two bytes by chance.
    for (name, bytes) in contents(&release).iter().filter(|(name, _)| name.ends_with(".csv")) {
        assert!(!String::from_utf8_lossy(bytes).contains("<5"), "{name}");
    }
    bench.write("records.csv", "area,year,sex,age,count\nKHM,2022,F,Y_GE18,40\nKHM,2022,F,Y_GE18,<5\n");
    bench
        .run("run --rounding-key-file rounding.key --out masked")
        .refuses("the records cannot be rounded: some sources mask");
}

#[test]
fn a_new_key_is_secret_and_never_replaced() {
    let bench = Bench::new();
    bench.run("key new my.key").succeeds();
    let key = std::fs::read_to_string(bench.path("my.key")).unwrap();
    bench.run("key new my.key").refuses("the key exists already and was left as it is");
    bench.run("key new other.key").succeeds();
    assert_eq!(std::fs::read_to_string(bench.path("my.key")).unwrap(), key);
    let digits = |text: &str| text.lines().last().unwrap().to_owned();
    let other = std::fs::read_to_string(bench.path("other.key")).unwrap();
    assert!(digits(&key).len() == 64 && digits(&key) != digits(&other));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(bench.path("my.key")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
