//! Rounded releases say nothing of records that their counts do not say: no mark, no list and no statement.

use crate::ledger::{bench, records, round};
use crate::support::{Bench, Random, contents, rows};

const CTDC: &str = "yearOfRegistration,gender,ageBroad,majorityStatus,citizenship,CountryOfExploitation,isForcedLabour,isSexualExploit,isOtherExploit,isSexAndLabour,isForcedMarriage,isForcedMilitary,isOrganRemoval,isSlaveryAndPractices\n";

/// Records of another layout, which means something else by an age.
fn others(count: usize) -> String {
    CTDC.to_owned() + &"2022,Female,30--38,Adult,KH,KH,1,0,0,0,0,0,0,0\n".repeat(count)
}

/// The tables and panels of a release.
fn figures(bench: &Bench, release: &str) -> Vec<(String, Vec<u8>)> {
    let files = contents(&bench.path(release)).into_iter();
    files.filter(|(name, _)| name.starts_with("tables/") || name == "panels.csv").collect()
}

/// A late record of another source is not published yet, so no row of its area and year may say that there is one. From the
/// threshold on the area and year is drawn anew, and the break is marked.
#[test]
fn a_late_record_of_another_source_marks_no_break() {
    let bench = bench();
    let tables = "victims-detected,victims-by-profile";
    bench.run(&round(tables, "one")).succeeds();
    bench.write("late.csv", others(1));
    bench.run("ingest late.csv --profile ctdc-kanon --append --out store -q").succeeds();
    bench.run(&round(tables, "two")).succeeds().says("note[ledger/waits]: 1 area and year");
    assert!(figures(&bench, "one") == figures(&bench, "two"));
    bench.write("more.csv", others(9));
    bench.run("ingest more.csv --profile ctdc-kanon --append --out store -q").succeeds();
    bench.run(&round(tables, "three")).succeeds();
    let broken: Vec<_> = rows(&bench.path("three/tables/victims-detected.csv"))
        .into_iter()
        .filter(|row| row["OBS_STATUS"] == "B")
        .collect();
    assert!(broken.iter().any(|row| row["REF_AREA"] == "KHM" && row["TIME_PERIOD"] == "2022"), "{broken:?}");
    assert!(broken.iter().all(|row| row["REF_AREA"] != "THA"));
}

/// By either method, a source with fewer persons than the threshold in an area and year is not named there.
#[test]
fn few_records_of_another_source_mark_no_break() {
    let bench = Bench::new().file("few.csv", others(9)).file("many.csv", others(10));
    bench.write("in.csv", "area,year,sex,age\n".to_owned() + &"KHM,2021,F,30\nKHM,2022,F,30\n".repeat(20));
    for (file, status) in [("few", "A"), ("many", "B")] {
        bench.run(&format!("ingest in.csv --schema victim --out {file} -q")).succeeds();
        bench.run(&format!("ingest {file}.csv --profile ctdc-kanon --append --out {file} -q")).succeeds();
        bench.run(&format!("tabulate {file} --tables victims-detected --out {file}-release")).succeeds();
        let found = rows(&bench.path(&format!("{file}-release/tables/victims-detected.csv")));
        let total = |row: &&crate::support::Row| row["INDICATOR"] == "DETV_N" && row["REF_AREA"] == "KHM";
        let of_year = found.iter().filter(total).find(|row| row["TIME_PERIOD"] == "2022").unwrap();
        assert_eq!(of_year["OBS_STATUS"], status, "{file}");
    }
}

/// One record of 81 has a disability status. Where it is rounded to zero, the release says that no source reports the dimension, as
/// if the record were not there.
#[test]
fn what_is_not_collected_follows_from_rounded_counts() {
    let bench = bench();
    let text = "area,year,sex,age,form,citizenship,count\n".to_owned()
        + &records(&mut Random::new(8), "KHM", "2022", 40)
            .replace(",,1\n", ",1\n")
            .replace(",FOR_IRREG,1\n", ",1\n")
            .replace(",NAT_RES,1\n", ",1\n");
    bench.write("in.csv", text);
    bench.write("one.csv", "area,year,sex,age,form,citizenship,disability\nKHM,2022,F,30,SEX,KHM,PWD\n");
    let mut empty = 0;
    for key in 0..3 {
        bench.run("ingest in.csv one.csv --schema victim --out kept --force -q").succeeds();
        bench.write("any.key", format!("{key}").repeat(64));
        let line = round("victims-by-disability,victims-by-profile", "out");
        let line =
            line.replace("one.key", "any.key").replace("rounded", "closed").replace("tabulate store", "tabulate kept")
                + " --force --override test-of-keys";
        bench.run(&line).succeeds();
        let manifest: serde_json::Value =
            serde_json::from_slice(&std::fs::read(bench.path("out/manifest.json")).unwrap()).unwrap();
        let is_named =
            manifest["not_collected"].as_array().unwrap().iter().any(|entry| entry["table"] == "victims-by-disability");
        let found = rows(&bench.path("out/tables/victims-by-disability.csv"));
        let is_empty = found.iter().all(|row| row["OBS_STATUS"] == "L");
        assert_eq!(is_named, is_empty, "{key}");
        empty += usize::from(is_empty);
    }
    assert!(empty > 0);
}

/// Sums of rounded counts bear their attribute, also where they are summed up once more.
#[test]
fn combined_tables_have_the_attribute_of_rounded_counts() {
    let bench = bench();
    bench.run(&round("victims-by-profile", "one")).succeeds();
    bench.write("fra.csv", "area,year,sex,age\n".to_owned() + &"FRA,2022,F,30\n".repeat(20));
    bench.run("ingest fra.csv --schema victim --out fra -q").succeeds();
    bench.run("tabulate fra --tables victims-by-profile --out exact --id exact --title Exact").succeeds();
    bench.run("combine one exact --tables victims-by-profile --out both").succeeds();
    bench.run("combine both --tables victims-by-profile --out again").succeeds();
    bench.run("combine exact --tables victims-by-profile --out alone").succeeds();
    let releases =
        [("one", Some("rounded:5")), ("both", Some("rounded:5")), ("again", Some("rounded:5")), ("alone", None)];
    for (release, attribute) in releases {
        let package = std::fs::read(bench.path(&format!("{release}/datapackage.json"))).unwrap();
        let package: serde_json::Value = serde_json::from_slice(&package).unwrap();
        let table =
            package["resources"].as_array().unwrap().iter().find(|one| one["name"] == "victims-by-profile").unwrap();
        assert_eq!(table["sdc"].as_str(), attribute, "{release}");
        let parquet = std::fs::read(bench.path(&format!("{release}/tables/victims-by-profile.parquet"))).unwrap();
        let names = parquet.windows(11).any(|part| part == b"tipstat.sdc");
        assert_eq!(names, attribute.is_some(), "{release}");
    }
}
