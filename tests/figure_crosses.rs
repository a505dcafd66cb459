//! Cells that figures report by more dimensions than a table has, or not at all: no table takes them for zero.

use crate::support::{Bench, Row, figure_profile, rows, value_or_bounds};

const FIELDS: [&str; 10] =
    ["area", "year", "subject", "sex", "age", "form", "citizenship", "citizenship_group", "unit", "value"];

/// Combines figures of France in 2016, each written `SEX AGE FORM CITIZENSHIP GROUP VALUE`, into tables.
fn combined(lines: &[&str], tables: &str) -> Bench {
    let mut text = FIELDS.join(",") + "\n";
    for line in lines {
        let (codes, value) = line.rsplit_once(' ').unwrap();
        text.push_str(&format!("FRA,2016,VICTIMS,{},NUMBER,{value}\n", codes.replace(' ', ",")));
    }
    let bench = Bench::new().file("sch/profiles/fig.toml", figure_profile(&FIELDS)).file("in.csv", text);
    bench.run(&format!("combine in.csv --profile fig --schemas sch --tables {tables} --out out -q")).code_is(0);
    bench
}

/// What a table prints of all years or of 2016 in a cell; other dimensions are totals.
fn shows(bench: &Bench, table: &str, measure: &str, at: &[(&str, &str)]) -> String {
    let is = |row: &&Row| {
        let code = |name: &str| at.iter().find(|(dimension, _)| *dimension == name).map_or("_T", |(_, code)| *code);
        row["INDICATOR"] == measure
            && row["REF_AREA"] == "FRA"
            && row.get("TIME_PERIOD").is_none_or(|year| year == "2016" || year == "_T")
            && ["SEX", "AGE", "FORM", "CITIZENSHIP"]
                .iter()
                .all(|name| row.get(*name).is_none_or(|code_found| code_found == code(name)))
    };
    let found = rows(&bench.path(&format!("out/tables/{table}.csv")));
    found.iter().find(is).map_or("no row".into(), value_or_bounds)
}

/// One domestic victim, and 4 women who crossed a border: the domestic one is one of 5 or more.
#[test]
fn a_code_that_only_a_cross_reports_is_no_zero() {
    let bench = combined(&["_T _T _T _T DOM 1", "F _T _T _T CROSS 4"], "victims-by-citizenship,victims-by-nationality");
    for table in ["victims-by-citizenship", "victims-by-nationality"] {
        let at = |code| shows(&bench, table, "DETV_N", &[("CITIZENSHIP", code)]);
        assert_eq!(["_K", "DOM"].map(at), ["[5, ]", "1"], "{table}");
        assert_eq!(shows(&bench, table, "DETV_CITIZENSHIP_PT", &[("CITIZENSHIP", "DOM")]), "[0, 20]", "{table}");
    }
    let bench =
        combined(&["_T _T FG_SEXUAL _T _T 1", "F _T FG_LABOUR _T _T 4"], "victims-by-form-detail,victims-by-form");
    for table in ["victims-by-form-detail", "victims-by-form"] {
        assert_eq!(shows(&bench, table, "DETV_N", &[("FORM", "_K")]), "[4, ]", "{table}");
    }
}

/// A citizen of Argentina, and 4 women of Germany: the table by citizenship has a place for the Germans, and the groups hold
/// them.
#[test]
fn a_citizenship_that_only_a_cross_reports_is_no_zero() {
    let lines = ["_T _T _T ARG _T 1", "F _T _T DEU _T 4", "_T _T _T _T _T 9"];
    let bench = combined(&lines, "victims-by-citizenship,victims-by-nationality,flows");
    for table in ["victims-by-citizenship", "victims-by-nationality"] {
        let at = |code| shows(&bench, table, "DETV_N", &[("CITIZENSHIP", code)]);
        assert_eq!(["_T", "_K", "CROSS"].map(at), ["9", "[5, 9]", "[5, ]"], "{table}");
    }
    let of_region = |code| {
        let found = rows(&bench.path("out/tables/flows.csv"));
        let is = |row: &&Row| row["REF_AREA"] == "FRA" && row["INDICATOR"] == "FLOW_ORIGIN_PT" && row["ORIGIN"] == code;
        found.iter().find(is).map_or("no row".into(), value_or_bounds)
    };
    // One of 5 to 9 is a citizen of Argentina.
    assert_eq!(of_region("ARG"), "[11.1111, 20]");

    let bench = combined(&["_T _T _T _T DOM 1", "F _T _T _T NOCIT 4"], "victims-by-citizenship");
    assert_eq!(shows(&bench, "victims-by-citizenship", "DETV_N", &[("CITIZENSHIP", "_K")]), "[5, ]");
}

/// Of 2016 no total is known, so nothing is known of its citizens either.
#[test]
fn a_year_whose_total_is_missing_is_no_zero() {
    let bench = Bench::new().file("sch/profiles/fig.toml", figure_profile(&FIELDS));
    for missing in [":", "7.5"] {
        let lines = ["_T,2016", "KHM,2017", "FRA,2017"].map(|line| {
            let (citizenship, year) = line.split_once(',').unwrap();
            let value = if year == "2016" { missing } else { "3" };
            format!("IND,{year},VICTIMS,_T,_T,_T,{citizenship},_T,NUMBER,{value}\n")
        });
        bench.write("in.csv", FIELDS.join(",") + "\n" + &lines.concat());
        bench.run("combine in.csv --profile fig --schemas sch --tables flows --out out -q --force").code_is(0);
        let found = rows(&bench.path("out/tables/flows.csv"));
        let value_of = |measure: &str, code: &str| {
            let is = |row: &&Row| row["REF_AREA"] == "IND" && row["INDICATOR"] == measure && row["ORIGIN"] == code;
            found.iter().find(is).map_or("no row".into(), value_or_bounds)
        };
        assert_eq!(value_of("DETV_N", "_K"), "[6, ]", "{missing}");
        assert_eq!(value_of("FLOW_ORIGIN_PT", "KHM"), "[0, 100]", "{missing}");
    }
}

/// Of the victims who crossed a border for another form nothing is known: they are in no total.
#[test]
fn a_missing_cell_of_a_cross_is_in_no_total() {
    let known = ["_T _T FG_SEXUAL _T NOCIT 2", "_T _T _U _T NOCIT 0", "_T _T FG_SEXUAL _T _U 1", "_T _T _U _T _U 0"];
    for missing in ["_T _T FG_SEXUAL _T CROSS :", "_T _T FG_SEXUAL _T CROSS 1.5"] {
        let lines = [&known[..], &[missing, "_T _T _T _T _T 9"]].concat();
        let bench = combined(&lines, "victims-detected,victims-by-citizenship,victims-by-nationality-and-form");
        assert_eq!(shows(&bench, "victims-detected", "DETV_N", &[]), "9", "{missing}");
        // No citizenship follows, so that nothing belongs to the table; in the cross the others stay as they are.
        assert!(!bench.path("out/tables/victims-by-citizenship.csv").exists(), "{missing}");
        let at = |code| {
            let at = [("CITIZENSHIP", code), ("FORM", "FG_SEXUAL")];
            shows(&bench, "victims-by-nationality-and-form", "DETV_N", &at)
        };
        assert_eq!(at("NOCIT"), "2", "{missing}");
        assert!(!["0", "2", "3"].contains(&at("_K").as_str()), "{missing}: {}", at("_K"));
    }
}

/// The ages add up to 8 victims and the citizenships to 5.
#[test]
fn a_total_that_two_dimensions_contradict_holds_both() {
    let ages = ["_T Y0T17 _T _T _T 6", "_T Y_GE18 _T _T _T 2", "_T _U _T _T _T 0"];
    let origins = ["_T _T _T FRA _T 4", "_T _T _T KHM _T 1", "_T _T _T _U _T 0"];
    let bench = combined(&[ages, origins].concat(), "sdg-detv,victims-detected");
    for table in ["sdg-detv", "victims-detected"] {
        assert_eq!(shows(&bench, table, "DETV_N", &[]), "[5, 8]", "{table}");
    }
    let found = rows(&bench.path("out/not-additive.csv"));
    let key_of = |row: &Row| ["DIMENSION", "TOTAL_LOWER", "PARTS_LOWER"].map(|name| row[name].clone());
    assert!(found.iter().any(|row| key_of(row) == ["CITIZENSHIP", "8", "5"].map(String::from)), "{found:?}");
}

/// Forms of 1 known and no unknown victim, and 4 women in forced labour: the forms are not all, and no total follows from them.
#[test]
fn a_list_with_its_unknowns_is_not_whole_where_a_cross_has_more() {
    let tables = "victims-by-form,victims-by-form-detail";
    let bench = combined(&["_T _T FG_SEXUAL _T _T 1", "_T _T _U _T _T 0", "F _T FG_LABOUR _T _T 4"], tables);
    for table in tables.split(',') {
        let at = |code| shows(&bench, table, "DETV_N", &[("FORM", code)]);
        assert_eq!(["_T", "_K"].map(at), ["no row", "[4, ]"], "{table}");
        assert_eq!(shows(&bench, table, "DETV_FORM_PT", &[("FORM", "FG_SEXUAL")]), "[0, 25]", "{table}");
    }
    let lines = ["_T _T _T _T DOM 0", "_T _T _T _T CROSS 0", "_T _T _T _T _U 0", "_T Y0T17 _T _T NOCIT 2"];
    let bench = combined(&lines, "victims-by-citizenship");
    let at = |code| shows(&bench, "victims-by-citizenship", "DETV_N", &[("CITIZENSHIP", code)]);
    assert_eq!(["_T", "_K"].map(at), ["no row", "[2, ]"]);
    let lines = ["_T _T _T FRA _T 1", "_T _T _T _U _T 0", "F _T _T KHM _T 4"];
    let bench = combined(&lines, "victims-by-citizenship");
    assert_eq!(shows(&bench, "victims-by-citizenship", "DETV_N", &[("CITIZENSHIP", "_K")]), "[5, ]");
}

/// Of 5 sexually exploited victims no cross has the age or the sex: it is not that of the 3 in forced labour.
#[test]
fn a_cross_that_lacks_a_reported_code_is_not_whole() {
    let forms = ["_T _T FG_SEXUAL _T _T 5", "_T _T FG_LABOUR _T _T 3", "_T _T _T _T _T 8"];
    let ages = ["_T Y0T17 FG_LABOUR _T _T 2", "_T Y_GE18 FG_LABOUR _T _T 1"];
    let unknown = ["_T Y0T17 _U _T _T 0", "_T Y_GE18 _U _T _T 0"];
    let tables = "crc-by-form,sdg-detv";
    for lines in [[&forms[..], &ages, &unknown].concat(), [&forms[..], &ages].concat()] {
        let bench = combined(&lines, tables);
        let at = |form| shows(&bench, "crc-by-form", "DETV_N", &[("AGE", "Y0T17"), ("FORM", form)]);
        assert_eq!(at("FG_LABOUR"), "2");
        assert!(at("_K").starts_with("[2, "), "{}", at("_K"));
        assert_eq!(shows(&bench, "sdg-detv", "DETV_N", &[("AGE", "Y0T17")]), "no row");
    }
    // Where the cross has all 3, none are left.
    let bench = combined(&[&forms[1..2], &ages].concat(), tables);
    assert_eq!(shows(&bench, "crc-by-form", "DETV_N", &[("AGE", "Y0T17"), ("FORM", "_K")]), "2");
}

/// The forms are of 6 victims or more and the sexes of 5: the sixth may have another sex.
#[test]
fn forms_of_more_victims_leave_the_sexes_open() {
    let sexes = ["F _T _T _T _T 2", "M _T _T _T _T 3"];
    for (form, known) in [("6", "[5, ]"), ("<10", "[5, ]"), ("5", "5")] {
        let form = format!("_T _T FG_SEXUAL _T _T {form}");
        let bench = combined(&[&sexes[..], &[&form]].concat(), "victims-by-profile");
        assert_eq!(shows(&bench, "victims-by-profile", "DETV_N", &[("SEX", "_K")]), known, "{form}");
    }
}

/// Forms of 1 victim and none unknown, next to 4 children: the total holds both, and is listed.
#[test]
fn a_total_is_no_less_than_what_other_figures_have() {
    let lines = ["_T _T FG_SEXUAL _T _T 1", "_T _T _U _T _T 0", "_T Y0T17 _T _T _T 4"];
    let bench = combined(&lines, "victims-detected,sdg-detv");
    for table in ["victims-detected", "sdg-detv"] {
        assert_eq!(shows(&bench, table, "DETV_N", &[]), "[1, 4]", "{table}");
    }
    let found = rows(&bench.path("out/not-additive.csv"));
    let key_of = |row: &Row| ["DIMENSION", "TOTAL_LOWER", "PARTS_LOWER"].map(|name| row[name].clone());
    assert!(found.iter().any(|row| key_of(row) == ["FORM", "4", "1"].map(String::from)), "{found:?}");
}

/// Of 8 victims the form of none is unknown, and one form of 1 is listed: the others may have any form.
#[test]
fn known_persons_are_no_fewer_than_the_unknown_leave() {
    let lines = ["_T _T FG_SEXUAL _T _T 1", "_T _T _U _T _T 0", "_T _T _T _T _T 8"];
    let bench = combined(&lines, "victims-by-form-detail");
    let at = |measure, code| shows(&bench, "victims-by-form-detail", measure, &[("FORM", code)]);
    assert_eq!(at("DETV_N", "_K"), "[1, 8]");
    assert_eq!(at("DETV_FORM_PT", "FG_SEXUAL"), "[12.5, 100]");
    // Without the unknown, the other 7 are.
    let bench = combined(&[lines[0], lines[2]], "victims-by-form-detail");
    assert_eq!(shows(&bench, "victims-by-form-detail", "DETV_N", &[("FORM", "_K")]), "1");
}

/// What follows from a cross of three dimensions is a list like others: it lacks the second form, which no cross has.
#[test]
fn sums_of_a_cross_of_three_dimensions_lack_what_others_have() {
    let ages = ["Y0T17", "Y_GE18", "_U"];
    let cross = ages.iter().flat_map(|age| {
        ["FG_LABOUR", "_U"].into_iter().flat_map(move |form| {
            ["DOM", "_U"].map(|group| {
                let number = u8::from((*age, form, group) == ("Y0T17", "FG_LABOUR", "DOM"));
                format!("_T {age} {form} _T {group} {number}")
            })
        })
    });
    let cross: Vec<String> = cross.collect();
    for (other, total) in [("<5", "[1, 5]"), ("4", "[4, ]")] {
        let other = format!("_T _T FG_SEXUAL _T _T {other}");
        let lines: Vec<&str> = cross.iter().map(String::as_str).chain([other.as_str()]).collect();
        let bench = combined(&lines, "victims-by-form,victims-by-profile");
        assert_eq!(shows(&bench, "victims-by-form", "DETV_N", &[("FORM", "_K")]), total);
        // No age of all forms follows.
        assert!(!bench.path("out/tables/victims-by-profile.csv").exists());
    }
}

/// A cross lists two ages, and another figure has persons of a third one that is finer than those of a table.
#[test]
fn a_finer_code_that_a_cross_lacks_is_no_zero() {
    let lines = ["_T Y15T17 FG_SEXUAL FRA _T 1", "_T Y_GE18 FG_LABOUR POL _T 1"];
    let known = |lines: &[&str]| {
        let bench = combined(lines, "victims-by-nationality-and-form");
        let at = [("AGE", "_K"), ("FORM", "FG_LABOUR"), ("CITIZENSHIP", "CROSS")];
        shows(&bench, "victims-by-nationality-and-form", "DETV_N", &at)
    };
    assert_eq!(known(&lines), "1");
    for age in ["Y0T14", "Y15T17", "Y0T17"] {
        for sex in ["_T", "M"] {
            let other = format!("{sex} {age} FG_LABOUR _T _T 1");
            let expected = if (sex, age) == ("_T", "Y0T17") { "[1, 2]" } else { "[1, ]" };
            assert_eq!(known(&[lines[0], lines[1], &other]), expected, "{other}");
        }
    }
}

/// The citizenship of some women is not told. That makes no total of a list of citizenships, and of no form that is not in the
/// list a zero.
#[test]
fn citizens_of_an_unknown_number_make_no_total() {
    let lines = ["_T _T FG_OTHER DEU _T 1", "F _T _T _U _T <10"];
    let bench = combined(&lines, "victims-by-form,victims-by-nationality-and-form");
    for table in ["victims-by-form", "victims-by-nationality-and-form"] {
        let at = |form, sex| shows(&bench, table, "DETV_N", &[("FORM", form), ("SEX", sex)]);
        assert_eq!(["FG_LABOUR", "FG_OTHER", "_K"].map(|form| at(form, "_T")), ["no row"; 3], "{table}");
        assert_eq!(at("FG_LABOUR", "F"), "no row", "{table}");
        assert_eq!(at("_T", "F"), "[0, ]", "{table}");
    }
}
