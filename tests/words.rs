//! Words of yes and no, several maps of one set, columns that are not understood, and headings in another case.

use crate::support::{Bench, store_rows};

/// A profile with one map for each of three yes/no columns of forms, and the maps that every record needs.
fn three_columns(maps: &str) -> String {
    let required: String = ["area", "year", "sex", "age"]
        .map(|field| format!("[[map]]\nfield = \"{field}\"\ncolumn = \"{field}\"\nrequired = true\n"))
        .concat();
    format!(
        "id = \"register\"\ntitle = \"Register\"\nsource = \"test\"\nrecord = \"victim@1\"\nmissing = [\"\"]\n{required}{maps}"
    )
}

/// The forms that a file with three columns of answers gives.
fn forms(maps: &str, answers: &[&str]) -> Vec<String> {
    let rows: String = answers.iter().map(|answers| format!("KHM,2022,F,17,{answers}\n")).collect();
    let bench = Bench::new()
        .file("mine/profiles/register.toml", three_columns(maps))
        .file("in.csv", format!("area,year,sex,age,Sexual,Laboral,Otra\n{rows}"));
    bench.run("schema check --schemas mine").succeeds();
    bench.run("ingest in.csv --profile register --schemas mine --out store -q").succeeds();
    store_rows(&bench.path("store"), &["form"])
}

const EACH: &str = "[[map]]\nfield = \"form\"\ncolumn = \"Sexual\"\ncodes = { \"Sí\" = \"SEX\" }\n\
    [[map]]\nfield = \"form\"\ncolumn = \"Laboral\"\ncodes = { \"Sí\" = \"LAB\" }\n\
    [[map]]\nfield = \"form\"\ncolumn = \"Otra\"\ncodes = { \"Sí\" = \"OTH\" }\n";

/// A no in one column says nothing of the others: all three maps are read, in any spelling of the answer.
#[test]
fn several_maps_of_a_set_unite() {
    let answers = ["No,No,Sí", "No,Sí,No", "Sí,Sí,No", "SI,NO,si", "No,No,No", ",,", "Desconocido,Sí,"];
    assert_eq!(forms(EACH, &answers), ["OTH", "LAB", "SEX;LAB", "SEX;OTH", "_U", "_U", "LAB"]);
}

/// Other words for no are named by the profile: `=no` is an answer and no value.
#[test]
fn a_profile_names_its_own_word_for_no() {
    let maps = EACH.replace("\"Sí\" = ", "\"2\" = \"=no\", \"1\" = ");
    assert_eq!(forms(&maps, &["2,2,1", "1,1,2", "2,2,2"]), ["OTH", "SEX;LAB", "_U"]);
}

/// Conditions and constants unite as well; what holds for all records stands in only where the file says nothing.
#[test]
fn constants_with_conditions_unite() {
    let maps = "[[map]]\nfield = \"form\"\nconstant = \"SEX\"\nwhen = { Sexual = [\"Sí\"] }\n\
        [[map]]\nfield = \"form\"\nconstant = \"LAB\"\nwhen = { Laboral = [\"Sí\"] }\n\
        [[map]]\nfield = \"form\"\nconstant = \"OTH\"\n";
    assert_eq!(forms(maps, &["Sí,Sí,", "No,Sí,", "No,No,"]), ["SEX;LAB", "LAB", "OTH"]);
    // Flags and a column of names are maps of one field too.
    let maps = "[[map]]\nfield = \"form\"\nflags = { Sexual = [\"SEX\"] }\n\
        [[map]]\nfield = \"form\"\ncolumn = \"Otra\"\n";
    assert_eq!(forms(maps, &["Sí,,LAB", "No,,LAB", "X,,"]), ["SEX;LAB", "LAB", "SEX"]);
}

/// Two columns of one code: the no of the first leaves the answer to the second.
#[test]
fn a_no_leaves_the_answer_to_the_next_column() {
    let maps = "[[map]]\nfield = \"disability\"\ncolumn = \"Sexual\"\ncodes = { \"Sí\" = \"PD\" }\n\
        [[map]]\nfield = \"disability\"\ncolumn = \"Laboral\"\ncodes = { \"Sí\" = \"PWD\" }\n";
    let bench = Bench::new().file("mine/profiles/register.toml", three_columns(maps)).file(
        "in.csv",
        "area,year,sex,age,Sexual,Laboral\nKHM,2022,F,17,No,Sí\nKHM,2022,F,17,Sí,No\nKHM,2022,F,17,No,No\n",
    );
    bench.run("ingest in.csv --profile register --schemas mine --out store -q").succeeds();
    assert_eq!(store_rows(&bench.path("store"), &["disability"]), ["PWD", "PD", "_U"]);
}

/// Numbers, spreadsheets and eight languages: a flag in words is a flag.
#[test]
fn flags_are_read_in_words() {
    let header =
        "yearOfRegistration,gender,ageBroad,citizenship,CountryOfExploitation,isForcedLabour,isSexualExploit\n";
    for (yes, no) in [
        ("1", "0"),
        ("1.0", "0.0"),
        ("TRUE", "FALSE"),
        ("True", "False"),
        ("Yes", "No"),
        ("oui", "non"),
        ("Sí", "No"),
        ("SI", "NO"),
        ("نعم", "لا"),
        ("да", "нет"),
        ("是", "否"),
        ("Sim", "Não"),
        ("Ja", "Nein"),
        ("X", ""),
        ("x", " "),
        ("Yes", "Unknown"),
    ] {
        let row = format!("2019,Woman,48+,KHM,THA,{yes},{no}\n2019,Woman,48+,KHM,THA,{no},{yes}\n");
        let bench = Bench::new().file("in.csv", format!("{header}{row}"));
        let ran = bench.run("validate in.csv --profile ctdc-synthetic");
        assert!(!ran.succeeds().stdout.contains("cell/not-a-flag"), "{yes}: {}", ran.stdout);
        bench.run("ingest in.csv --profile ctdc-synthetic --out store -q").succeeds();
        assert_eq!(store_rows(&bench.path("store"), &["form"]), ["LAB", "SEX"], "{yes} and {no}");
    }
}
