//! Columns that a profile reads and a file does not have: each is named, unless another replaces it.

use crate::support::{Bench, Ran};

/// What `validate` says of one record in a file with some columns, read by a profile with some maps.
fn validated(maps: &str, columns: &[(&str, &str)], options: &str) -> Ran {
    let required: String = ["area", "year", "sex", "age"]
        .map(|field| format!("[[map]]\nfield = \"{field}\"\ncolumn = \"{field}\"\nrequired = true\n"))
        .concat();
    let profile = format!("id = \"own\"\ntitle = \"Own\"\nsource = \"test\"\nrecord = \"victim@1\"\n{required}{maps}");
    let names: String = columns.iter().map(|(name, _)| format!(",{name}")).collect();
    let cells: String = columns.iter().map(|(_, cell)| format!(",{cell}")).collect();
    let bench = Bench::new()
        .file("mine/profiles/own.toml", profile)
        .file("in.csv", format!("area,year,sex,age{names}\nKHM,2022,F,17{cells}\n"));
    let ran = bench.run(&format!("validate in.csv --profile own --schemas mine {options} --format json"));
    ran.succeeds();
    ran
}

/// The headings that `file/absent-source` names.
fn named(ran: &Ran) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = report[0]["findings"].as_array().unwrap().iter();
    let absent = findings.filter(|finding| finding["rule"] == "file/absent-source");
    let heading = |finding: &serde_json::Value| {
        assert!(finding["severity"] == "warning" && finding["column_number"].is_null(), "{finding}");
        finding["column"].as_str().unwrap().to_owned()
    };
    absent.map(heading).collect()
}

fn absent(maps: &str, columns: &[(&str, &str)]) -> Vec<String> {
    named(&validated(maps, columns, ""))
}

const FLAGS: &str =
    "[[map]]\nfield = \"form\"\nflags = { a = [\"LAB\"], b = [\"SEX\"], b2 = [\"SEX\"], c = [\"OTH\"] }\n";

#[test]
fn each_absent_flag_is_named() {
    assert_eq!(absent(FLAGS, &[("a", "1"), ("b", "0")]), ["c"]);
    assert_eq!(absent(FLAGS, &[("a", "1")]), ["b", "b2", "c"]);
    // Flags of the same codes are names of one column, and a field without any column is not collected as a whole.
    assert_eq!(absent(FLAGS, &[("a", "1"), ("b2", "0"), ("c", "0")]), [""; 0]);
    assert_eq!(absent(FLAGS, &[]), [""; 0]);
}

#[test]
fn each_absent_map_of_a_set_is_named() {
    let maps = "[[map]]\nfield = \"form\"\ncolumn = \"Sexual\"\ncodes = { \"Sí\" = \"SEX\" }\n\
        [[map]]\nfield = \"form\"\ncolumn = \"Laboral\"\ncodes = { \"Sí\" = \"LAB\" }\n";
    assert_eq!(absent(maps, &[("Sexual", "No")]), ["Laboral"]);
    assert_eq!(absent(maps, &[("Sexual", "No"), ("Laboral", "No")]), [""; 0]);
    let renamed = format!("{maps}[[map]]\nfield = \"form\"\ncolumn = \"Trabajo\"\ncodes = {{ \"Sí\" = \"LAB\" }}\n");
    assert_eq!(absent(&renamed, &[("Sexual", "No"), ("Trabajo", "No")]), [""; 0]);
}

#[test]
fn the_column_of_a_condition_is_named() {
    let maps = "[[map]]\nfield = \"citizenship\"\ncolumn = \"cit\"\nwhen = { tipo = [\"ext\"] }\n\
        [[map]]\nfield = \"citizenship\"\nconstant = \"KHM\"\nwhen = { tipo2 = [\"nac\"] }\n";
    assert_eq!(absent(maps, &[("cit", "VNM"), ("tipo2", "ext")]), ["tipo"]);
    assert_eq!(absent(maps, &[("cit", "VNM"), ("tipo", "ext")]), ["tipo2"]);
    let renamed =
        maps.to_owned() + "[[map]]\nfield = \"citizenship\"\ncolumn = \"cit\"\nwhen = { clase = [\"ext\"] }\n";
    assert_eq!(absent(&renamed, &[("cit", "VNM"), ("clase", "ext"), ("tipo2", "nac")]), [""; 0]);
}

#[test]
fn columns_of_one_code_stand_in_for_each_other() {
    let maps =
        "[[map]]\nfield = \"citizenship\"\ncolumn = \"cit\"\n[[map]]\nfield = \"citizenship\"\ncolumn = \"nat\"\n";
    assert_eq!(absent(maps, &[("nat", "VNM")]), [""; 0]);
    assert_eq!(absent(maps, &[("cit", "VNM")]), [""; 0]);
    // What the profile says of all records hides that the column is not there; what the user says is meant so.
    let constant = "[[map]]\nfield = \"citizenship\"\ncolumn = \"cit\"\n";
    let same = constant.to_owned() + "[[map]]\nfield = \"citizenship\"\nconstant = \"KHM\"\n";
    assert_eq!(absent(&same, &[]), ["cit"]);
    assert_eq!(named(&validated(constant, &[], "--set citizenship=KHM")), [""; 0]);
}

#[test]
fn counts_and_persons_are_named() {
    let maps = "[[map]]\nfield = \"count\"\ncolumn = \"n\"\n[[map]]\nfield = \"person_id\"\ncolumn = \"id\"\n";
    let mut names = absent(maps, &[]);
    names.sort();
    assert_eq!(names, ["id", "n"]);
    // The record type's own columns are all optional.
    let bench = Bench::new().file("in.csv", "area,year,sex,age\nKHM,2022,F,17\n");
    assert_eq!(named(&bench.run("validate in.csv --format json")), [""; 0]);
}

#[test]
fn an_absent_flag_is_in_the_summary() {
    let header = "yearOfRegistration,gender,ageBroad,CountryOfExploitation,isForcedLabour\n";
    let bench = Bench::new().file("in.csv", format!("{header}2020,Female,9--17,KH,1\n"));
    let ran = bench.run("validate in.csv --profile ctdc-kanon");
    ran.succeeds().says("warning[file/absent-source]  1  `isSexualExploit`      ");
}
