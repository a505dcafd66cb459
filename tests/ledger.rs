//! The ledger of a store: one method and one key for its records, and rounded counts that are kept.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::{Bench, Random, Row, contents, rows};

const KEY: &str = "1f00c7a1d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9010203";

const HEADER: &str = "area,year,sex,age,form,citizenship,migratory_status,count\n";

fn policy(id: &str, more: &str) -> String {
    format!("id = \"{id}\"\ntitle = \"x\"\nsource = \"test\"\nverified = true\nthreshold = 10\nfloor = 5\n{more}\n")
}

/// Random records of an area and year, most of them alone in their combination of codes.
pub fn records(random: &mut Random, area: &str, year: &str, count: u64) -> String {
    let row = |random: &mut Random| {
        let sex = random.of(&["F", "F", "M", "_O"]);
        let age = random.of(&["Y0T17", "Y9T17", "Y_GE18", "30"]);
        let form = random.of(&["SEX", "LAB", "SEX;LAB", "BEG", "DOM", "_U"]);
        let citizenship = random.of(&["KHM", "THA", "FRA", "LAO", "NGA", "VNM", "_U"]);
        let status = random.of(&["", "FOR_IRREG", "NAT_RES"]);
        format!("{area},{year},{sex},{age},{form},{citizenship},{status},1\n")
    };
    (0..count).map(|_| row(random)).collect()
}

/// A store of two areas and two years, policies that round and suppress, and two keys.
pub fn bench() -> Bench {
    let mut random = Random::new(5);
    let mut text = HEADER.to_owned();
    for (area, year) in [("KHM", "2021"), ("KHM", "2022"), ("THA", "2021"), ("THA", "2022")] {
        text += &records(&mut random, area, year, 40);
    }
    let bench = Bench::new()
        .file("first.csv", text)
        .file("schemas/policies/rounded.toml", policy("rounded", "method = \"round\""))
        .file("schemas/policies/closed.toml", policy("closed", "method = \"round\"\nunits = \"tables\""))
        .file("schemas/policies/coarser.toml", policy("coarser", "method = \"round\"\nbase = 10"))
        .file("schemas/policies/blank.toml", policy("blank", ""))
        .file("one.key", KEY)
        .file("two.key", KEY.replace("1f00", "2e11"));
    bench.run("ingest first.csv --out store -q").succeeds();
    bench
}

/// Makes a release of the store; the line may end with further flags.
fn tabulate(tables: &str, out: &str, more: &str) -> String {
    format!("tabulate store --schemas schemas --tables {tables} --out {out} --no-progress {more}")
}

pub fn round(tables: &str, out: &str) -> String {
    tabulate(tables, out, "--policy rounded --rounding-key-file one.key")
}

fn suppress(tables: &str, out: &str) -> String {
    tabulate(tables, out, "--policy blank")
}

fn ledger(store: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(store.join("ledger.json")).unwrap()).unwrap()
}

/// The counts of a table by its codes.
fn counts(release: &Path, table: &str) -> BTreeMap<Vec<String>, String> {
    let codes = |row: &Row| {
        let names = ["INDICATOR", "REF_AREA", "TIME_PERIOD", "SEX", "AGE", "FORM", "CITIZENSHIP", "ORIGIN"];
        names.iter().map(|name| row.get(*name).cloned().unwrap_or_default()).collect::<Vec<_>>()
    };
    let rows = rows(&release.join(format!("tables/{table}.csv")));
    let rows = rows.into_iter().filter(|row| row["INDICATOR"] == "DETV_N");
    rows.map(|row| (codes(&row), row["OBS_VALUE"].clone())).collect()
}

/// Those of an area and year.
fn of(counts: &BTreeMap<Vec<String>, String>, area: &str, year: &str) -> Vec<String> {
    let found = counts.iter().filter(|(codes, _)| codes[1] == area && codes[2] == year);
    found.map(|(_, value)| value.clone()).collect()
}

const DRAWN: [&str; 2] = ["victims-by-profile", "victims-by-form"];

#[test]
fn the_same_records_by_another_method_are_refused() {
    let bench = bench();
    bench
        .run(&suppress("victims-by-profile", "one"))
        .succeeds()
        .says("note[ledger/begun]: a ledger was begun in store/ledger.json");
    let before = contents(&bench.path("store"));
    bench
        .run(&round("victims-by-profile", "two"))
        .refuses("error[ledger/method]: these records were published by another method before")
        .refuses("--> store/ledger.json")
        .refuses("before: suppressed, with exact counts, in the release `tables`")
        .refuses("the same command with `--override REASON`");
    assert!(contents(&bench.path("store")) == before && !bench.path("two").exists());
    let overridden = format!("{} --override", round("victims-by-profile", "two"));
    let why = "the first release was withdrawn";
    let output = bench.command(&overridden).arg(why).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("warning[ledger/method]: published in spite of this rule")
    );
    let manifest: Value = serde_json::from_slice(&std::fs::read(bench.path("two/manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["overridden"][0]["reason"], why);
    assert_eq!(manifest["overridden"][0]["rules"][0], "ledger/method");
    bench.run("verify two").succeeds();
    // From now on they are rounded.
    bench.run(&suppress("victims-by-form", "three")).refuses("error[ledger/method]");
    bench.run(&round("victims-by-form", "three")).succeeds();
    let coarser = tabulate("victims-by-form", "four", "--policy coarser --rounding-key-file one.key");
    bench.run(&coarser).refuses("error[ledger/method]").refuses("rounded to 5 from the threshold 10 on");
    bench.run(&format!("{coarser} --override short")).code_is(2);
}

#[test]
fn the_same_records_by_another_key_are_refused() {
    let bench = bench();
    bench.run(&round("victims-by-profile", "one")).succeeds();
    let other = round("victims-by-profile", "two").replace("one.key", "two.key");
    bench
        .run(&other)
        .refuses("error[ledger/key]: these records were rounded by another key before")
        .refuses("pass the key with which they were rounded");
    assert!(!bench.path("two").exists());
    bench.run(&format!("{other} --override key-was-lost")).succeeds().says("warning[ledger/key]");
    let drawn = ledger(&bench.path("store"))["ledger"]["areas"].as_array().unwrap().clone();
    assert!(drawn.iter().all(|entry| entry["rounded"]["draws"] == 2));
    assert_ne!(counts(&bench.path("one"), "victims-by-profile"), counts(&bench.path("two"), "victims-by-profile"));
}

/// By suppression, a count that one release suppresses may follow from the tables of another.
#[test]
fn exact_counts_in_other_tables_are_refused_unless_both_are_safe_together() {
    let bench = bench();
    bench.run(&suppress("victims-by-profile", "one")).succeeds();
    bench.run(&suppress("victims-by-profile", "again")).succeeds();
    assert_eq!(contents(&bench.path("one")), contents(&bench.path("again")));
    bench
        .run(&suppress("victims-by-profile,victims-by-form,victims-by-citizenship", "all"))
        .refuses("error[ledger/other-tables]: exact counts of the same records were published in other tables before")
        .refuses("the two releases together show counts that each of them suppresses")
        .refuses("`--override REASON`");
    bench.run(&format!("{} --override test-of-rules", suppress("victims-by-form", "all"))).succeeds();
}

#[test]
fn other_tables_are_sums_of_the_same_counts() {
    let bench = bench();
    bench.run(&round("victims-by-profile", "one")).succeeds();
    let before = ledger(&bench.path("store"));
    bench.run(&round("victims-by-form,victims-by-citizenship,flows,victims-by-profile", "two")).succeeds();
    bench.run(&round("victims-by-form", "three")).succeeds();
    let (one, two, three) = (bench.path("one"), bench.path("two"), bench.path("three"));
    assert_eq!(counts(&one, "victims-by-profile"), counts(&two, "victims-by-profile"));
    assert_eq!(counts(&two, "victims-by-form"), counts(&three, "victims-by-form"));
    let after = ledger(&bench.path("store"));
    let rounded = |manifest: &Value| {
        manifest["ledger"]["areas"].as_array().unwrap().iter().map(|area| area["rounded"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(rounded(&before), rounded(&after));
    assert_eq!(after["ledger"]["releases"].as_array().unwrap().len(), 3);
    // The same release once more changes nothing.
    let store = contents(&bench.path("store"));
    bench.run(&format!("{} --force", round("victims-by-form", "three"))).succeeds();
    assert!(contents(&bench.path("store")) == store);
}

/// Units over the fields of the first tables change less, and other fields are refused later.
#[test]
fn units_over_the_fields_of_the_tables_forbid_other_fields() {
    let bench = bench();
    let closed = |tables: &str, out: &str| tabulate(tables, out, "--policy closed --rounding-key-file one.key");
    bench.run("policy show closed --schemas schemas").succeeds().says("other tables of the same fields only");
    bench.run(&closed("victims-by-profile", "one")).succeeds();
    let fields = |bench: &Bench| ledger(&bench.path("store"))["ledger"]["fields"].as_array().unwrap().len();
    assert_eq!(fields(&bench), 4);
    // Under either policy the same counts are kept.
    bench.run(&closed("victims-detected,victims-by-profile", "two")).succeeds();
    bench.run(&round("victims-by-profile", "three")).succeeds();
    for out in ["two", "three"] {
        assert_eq!(counts(&bench.path("one"), "victims-by-profile"), counts(&bench.path(out), "victims-by-profile"));
    }
    let before = contents(&bench.path("store"));
    for line in [closed("victims-by-profile,victims-by-form", "four"), round("victims-by-form", "four")] {
        bench
            .run(&line)
            .refuses("error[ledger/fields]: the records were rounded without a field that the tables count")
            .refuses("field: form");
        assert!(contents(&bench.path("store")) == before && !bench.path("four").exists());
    }
    let line = format!("{} --override more-tables-are-needed", round("victims-by-form", "four"));
    bench.run(&line).succeeds().says("warning[ledger/fields]");
    assert!(fields(&bench) > 5);
    assert!(
        ledger(&bench.path("store"))["ledger"]["areas"]
            .as_array()
            .unwrap()
            .iter()
            .all(|entry| entry["rounded"]["draws"] == 2)
    );
    bench.run(&closed("victims-by-citizenship", "five")).succeeds();
}

/// A few late records change no figure; as many as the threshold draw the area and year anew, and no other one.
#[test]
fn an_edition_waits_or_is_drawn_anew() {
    let bench = bench();
    let edition = |out: &str| {
        let ran = bench.run(&round(&DRAWN.join(","), out));
        ran.succeeds();
        (DRAWN.map(|table| counts(&bench.path(out), table)), ran.stdout)
    };
    let append = |name: &str, count: u64, seed: u64| {
        bench.write(name, HEADER.to_owned() + &records(&mut Random::new(seed), "KHM", "2022", count));
        bench.run(&format!("ingest {name} --append --out store -q")).succeeds();
    };
    let (first, _) = edition("one");
    append("late.csv", 4, 9);
    let (second, messages) = edition("two");
    assert_eq!(first, second);
    assert!(
        messages.contains("note[ledger/waits]: 1 area and year keep their previous figures")
            && messages.contains("KHM 2022")
    );
    for (name, bytes) in contents(&bench.path("two")) {
        assert!(!String::from_utf8_lossy(&bytes).contains("ledger/waits"), "{name}");
    }
    // Four and seven are eleven.
    append("more.csv", 7, 10);
    let (third, messages) = edition("three");
    assert!(!messages.contains("ledger/"), "{messages}");
    for (before, after) in second.iter().zip(&third) {
        for place in [("KHM", "2021"), ("THA", "2021"), ("THA", "2022")] {
            assert_eq!(of(before, place.0, place.1), of(after, place.0, place.1));
        }
        assert_ne!(of(before, "KHM", "2022"), of(after, "KHM", "2022"));
    }
    let total = |cells: &BTreeMap<Vec<String>, String>| {
        let total = cells
            .iter()
            .find(|(codes, _)| codes[1..].starts_with(&["KHM".into(), "2022".into(), "_T".into(), "_T".into()]));
        total.unwrap().1.clone()
    };
    assert_eq!([total(&second[0]), total(&third[0])], ["40", "51"]);
    append("again.csv", 10, 11);
    let (_, messages) = edition("four");
    assert!(messages.contains("warning[ledger/draws]: rounded three times or more: KHM 2022 (3)"), "{messages}");
}

/// While an area and year waits, no public file shows that its records changed: not even how far figures are from the true ones.
#[test]
fn an_edition_that_waits_is_the_same_bytes() {
    let rows = |count: u64, area: &str, year: &str| {
        let cells = [("F", "Y0T17"), ("F", "Y_GE18"), ("M", "Y0T17"), ("M", "Y_GE18")];
        let row = |(sex, age): (&str, &str)| format!("{area},{year},{sex},{age},SEX,KHM,,{count}\n");
        cells.map(row).concat()
    };
    let areas = [("KHM", "2021"), ("KHM", "2022"), ("THA", "2021"), ("THA", "2022")];
    let first: String = areas.iter().map(|(area, year)| rows(30, area, year)).collect();
    let bench = bench();
    bench.write("plain.csv", HEADER.to_owned() + &first);
    bench.run("ingest plain.csv --out plain -q").succeeds();
    let edition = |out: &str| {
        let line = round("victims-by-profile", out).replace("tabulate store", "tabulate plain");
        bench.run(&format!("{line} --id same")).succeeds();
        contents(&bench.path(out))
    };
    let before = edition("one");
    let limits = std::fs::read_to_string(bench.path("one/rounding.csv")).unwrap();
    assert!(limits.contains("_T,rounded:5,1,,0.5,"), "{limits}");
    bench.write("late.csv", HEADER.to_owned() + "KHM,2022,F,Y0T17,SEX,KHM,,9\n");
    bench.run("ingest late.csv --append --out plain -q").succeeds();
    let after = edition("two");
    for ((name, bytes), (_, later)) in before.iter().zip(&after) {
        assert!(bytes == later, "{name}: {}", String::from_utf8_lossy(later));
    }
    assert_eq!(before.len(), after.len());
    // With one record more the area and year is drawn anew.
    bench.write("more.csv", HEADER.to_owned() + "KHM,2022,F,Y0T17,SEX,KHM,,1\n");
    bench.run("ingest more.csv --append --out plain -q").succeeds();
    assert!(edition("three") != after);
}

#[test]
fn records_that_went_count_like_records_that_came() {
    let bench = bench();
    bench.run(&round("victims-by-profile", "one")).succeeds();
    let text = std::fs::read_to_string(bench.path("first.csv")).unwrap();
    let without = |count: usize| {
        let mut left = count;
        let lines = text.lines().filter(|line| {
            let goes = line.starts_with("THA,2022") && left > 0;
            left -= usize::from(goes);
            !goes
        });
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    bench.write("fewer.csv", without(3));
    bench.run("ingest fewer.csv --out store --force -q").succeeds();
    bench.run(&round("victims-by-profile", "two")).succeeds().says("note[ledger/waits]: 1 area and year");
    assert_eq!(counts(&bench.path("one"), "victims-by-profile"), counts(&bench.path("two"), "victims-by-profile"));
    // An area and year that is gone altogether is published no longer.
    bench.write("none.csv", without(40));
    bench.run("ingest none.csv --out store --force -q").succeeds();
    bench.run(&round("victims-by-profile", "three")).succeeds();
    assert!(
        of(&counts(&bench.path("three"), "victims-by-profile"), "THA", "2022")
            .iter()
            .all(|value| value.is_empty() || value == "0")
    );
}

#[test]
fn a_damaged_ledger_is_refused() {
    let bench = bench();
    bench.run(&round("victims-by-profile", "one")).succeeds();
    let path = bench.path("store/ledger.json");
    let good = std::fs::read_to_string(&path).unwrap();
    for bad in [
        good.replacen("\"draws\": 1", "\"draws\": 0", 1),
        good[..good.len() / 2].to_owned(),
        String::new(),
        "{}".into(),
    ] {
        assert_ne!(bad, good);
        std::fs::write(&path, bad).unwrap();
        let line = round("victims-by-profile", "two");
        for command in
            [line.as_str(), "cube store --dims sex --out cube.parquet", &line.replacen("tabulate", "combine", 1)]
        {
            bench.run(command).refuses("error[ledger/damaged]").refuses("--> store/ledger.json");
        }
    }
    std::fs::write(&path, good).unwrap();
    bench.run(&round("victims-by-profile", "two")).succeeds();
}

#[test]
fn the_ledger_is_confidential_and_survives() {
    let bench = bench();
    bench.run(&round("victims-by-profile", "one")).succeeds();
    let path = bench.path("store/ledger.json");
    let bytes = std::fs::read(&path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    bench.write("late.csv", format!("{HEADER}KHM,2022,F,30,LAB,KHM,,1\n"));
    bench.run("ingest late.csv --append --out store -q").succeeds();
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    bench.run("ingest first.csv --out store --force -q").succeeds();
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    // Nothing of it is public.
    let ledger = ledger(&bench.path("store"));
    for (name, bytes) in contents(&bench.path("one")) {
        let text = String::from_utf8_lossy(&bytes);
        for area in ledger["ledger"]["areas"].as_array().unwrap() {
            let secrets = [area["print"].as_str().unwrap(), &area["rounded"]["sealed"].as_str().unwrap()[..32]];
            assert!(secrets.iter().all(|secret| !text.contains(secret)), "{name}");
        }
        assert!(!text.contains(KEY), "{name}");
    }
    bench.run("cube store --dims sex --out cube.parquet").succeeds();
    let messages = bench.run("cube store --dims sex --out cube.parquet --force").stderr;
    assert!(messages.contains("these records were published by rounding (tables)"), "{messages}");
}

/// An area and year of three records and one of eight have ledgers of the same form.
#[test]
fn the_ledger_holds_no_count_of_a_small_group() {
    let numbers = |count: u64| {
        let bench = bench();
        let few = records(&mut Random::new(2), "FRA", "2022", count);
        bench.write("few.csv", HEADER.to_owned() + &few);
        bench.run("ingest few.csv --append --out store -q").succeeds();
        bench.run(&round("victims-by-profile", "one")).succeeds();
        let ledger = ledger(&bench.path("store"));
        let areas = ledger["ledger"]["areas"].as_array().unwrap().clone();
        let entry = areas.into_iter().find(|area| area["area"] == "FRA").unwrap();
        for unit in entry["rounded"]["units"].as_array().unwrap() {
            assert_eq!(unit[1].as_u64().unwrap() % 5, 0);
        }
        let mut entry = entry;
        let sealed = entry["rounded"]["sealed"].as_str().unwrap().len();
        for secret in ["sealed", "units"] {
            entry["rounded"].as_object_mut().unwrap().remove(secret);
        }
        entry.as_object_mut().unwrap().remove("print");
        (entry, sealed)
    };
    assert_eq!(numbers(3), numbers(8));
}

/// `run` keeps the ledger in the restricted folder, and replaces the store around it; `combine` keeps one for each store.
#[test]
fn run_and_combine_go_through_it() {
    let run = "[release]\nid = \"rounded\"\ntitle = \"Rounded\"\npolicy = \"rounded\"\n[[input]]\npath = \"first.csv\"\n\
        schema = \"victim\"\n[tables]\npacks = [\"victims-by-profile\"]\n";
    let bench = bench().file("tipstat.toml", run);
    let line = "run --schemas schemas --rounding-key-file one.key --no-progress";
    bench.run(line).succeeds();
    let first = counts(&bench.path("out/release"), "victims-by-profile");
    let text = std::fs::read_to_string(bench.path("first.csv")).unwrap();
    bench.write("first.csv", format!("{text}KHM,2022,F,30,LAB,KHM,,1\n"));
    bench.run(&format!("{line} --force")).succeeds().says("note[ledger/waits]: 1 area and year");
    assert_eq!(first, counts(&bench.path("out/release"), "victims-by-profile"));
    let other = line.replace("one.key", "two.key");
    bench.run(&format!("{other} --force")).refuses("error[ledger/key]").refuses("--> out/restricted/ledger.json");
    bench.run(&format!("{other} --force --override key-was-lost --dry-run")).succeeds();
    bench.run(&format!("{line} --force")).succeeds();
    bench.run(&round("victims-by-form", "x").replace("tabulate store", "tabulate out/restricted")).succeeds();

    bench.run(&round("victims-by-profile", "c").replace("tabulate", "combine")).succeeds().says("note[ledger/begun]");
    bench.run(&suppress("victims-by-profile", "d").replace("tabulate", "combine")).refuses("error[ledger/method]");
    bench.run(&suppress("victims-by-profile", "d")).refuses("error[ledger/method]");
}

/// A draft says on its pages that it is one. No ledger counts it, so other tables may be published after it.
#[test]
fn a_draft_is_marked_and_not_counted_as_published() {
    let run = |tables: &str, more: &str| {
        format!(
            "[release]\nid = \"x\"\ntitle = \"Victims\"\npolicy = \"blank\"\n{more}[[input]]\npath = \"first.csv\"\n\
             schema = \"victim\"\n[tables]\npacks = [{tables}]\n"
        )
    };
    let (one, both) =
        ("\"victims-by-profile\"", "\"victims-by-profile\", \"victims-by-form\", \"victims-by-citizenship\"");
    let bench = bench().file("tipstat.toml", run(both, "draft = true\n"));
    let line = "run --schemas schemas --no-progress --force";
    bench.run(line).succeeds();
    let path = bench.path("out/restricted/ledger.json");
    assert!(!path.exists());
    for (name, bytes) in contents(&bench.path("out/release")) {
        if name.ends_with(".html") || name == "manifest.json" || name == "datapackage.json" {
            assert!(String::from_utf8_lossy(&bytes).contains("DRAFT, NOT FOR PUBLICATION: Victims"), "{name}");
        }
    }
    bench.run("combine out/release --tables victims-by-profile --out c").refuses("error[release/draft]");
    // Fewer tables in the same place, published this time.
    bench.write("tipstat.toml", run(one, ""));
    bench.run(line).succeeds();
    let before = std::fs::read(&path).unwrap();
    assert!(
        !String::from_utf8_lossy(&std::fs::read(bench.path("out/release/manifest.json")).unwrap()).contains("DRAFT")
    );
    // Now it counts, and the message says what to do; a draft is refused like a release, and changes nothing.
    for more in ["", "draft = true\n"] {
        bench.write("tipstat.toml", run(both, more));
        bench
            .run(line)
            .refuses("error[ledger/other-tables]")
            .refuses("--override \"the draft was never shown\"")
            .refuses("set `draft = true` under `[release]`");
    }
    bench.write("tipstat.toml", run(one, "draft = true\n"));
    bench.run(line).succeeds();
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
