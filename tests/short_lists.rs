//! Lists of figures that hold fewer persons than their total leaves: a code that is not listed may have them. Every expected
//! number is computed by hand.

use crate::support::{Bench, figure_profile, rows, value_or_bounds};

const FIELDS: [&str; 9] =
    ["area", "year", "subject", "sex", "age", "form", "citizenship", "citizenship_group", "value"];

/// Figures of Cambodia in 2020 by `form citizenship group`, and the values of some cells of a table.
fn cells(figures: &[(&str, u64)], table: &str, cells: &[&str]) -> Vec<String> {
    let line = |(codes, value): &(&str, u64)| {
        format!("KHM,2020,VICTIMS,_T,_T,{},{value}\n", codes.split(' ').collect::<Vec<_>>().join(","))
    };
    let bench =
        Bench::new().file("in.csv", FIELDS.join(",") + "\n" + &figures.iter().map(line).collect::<String>()).file(
            "schemas/profiles/fig.toml",
            figure_profile(&FIELDS) + "[[map]]\nfield = \"unit\"\nconstant = \"NUMBER\"\n",
        );
    bench.run(&format!("combine in.csv --profile fig --schemas schemas --tables {table} --out out -q")).succeeds();
    let found = rows(&bench.path(&format!("out/tables/{table}.csv")));
    let cell = |cell: &&str| {
        let (measure, code) = cell.split_once(' ').unwrap();
        let row = found.iter().find(|row| {
            let dimension = ["CITIZENSHIP", "ORIGIN", "FORM"].into_iter().find(|name| row.contains_key(*name)).unwrap();
            row["INDICATOR"] == measure
                && row["REF_AREA"] == "KHM"
                && row[dimension] == code
                && ["SEX", "AGE"].iter().all(|name| row.get(*name).is_none_or(|code| code == "_T"))
                && row["TIME_PERIOD"] == if table == "flows" { "_T" } else { "2020" }
        });
        row.map_or("no row".to_owned(), value_or_bounds)
    };
    cells.iter().map(cell).collect()
}

/// The publisher says that the citizenship of nobody is unknown, and lists 50 of 100 victims.
#[test]
fn an_origin_that_is_not_listed_may_have_the_rest() {
    let figures = [("_T _T _T", 100), ("_T KHM _T", 30), ("_T THA _T", 20), ("_T _U _T", 0)];
    let shown = ["DETV_N _K", "DETV_N M49_142", "DETV_N THA", "FLOW_ORIGIN_PT KHM", "FLOW_TRANSREGIONAL_N _T"];
    let right = ["[50, 100]", "[50, 100]", "20", "[30, 60]", "[0, 50]"];
    assert_eq!(cells(&figures, "flows", &shown), right);
    let shown = ["DETV_N _K", "DETV_N DOM", "DETV_CITIZENSHIP_PT DOM"];
    assert_eq!(cells(&figures, "victims-by-citizenship", &shown), ["[50, 100]", "30", "[30, 60]"]);
}

/// All groups are listed, and with the unknown they are 60 of 100.
#[test]
fn parts_and_unknown_that_are_fewer_than_the_total_leave_the_known_open() {
    let figures = [("_T _T _T", 100), ("_T _T DOM", 30), ("_T _T CROSS", 20), ("_T _T NOCIT", 0), ("_T _T _U", 10)];
    let shown = ["DETV_N _K", "DETV_CITIZENSHIP_PT DOM", "DETV_CITIZENSHIP_PT CROSS"];
    assert_eq!(cells(&figures, "victims-by-citizenship", &shown), ["[50, 90]", "[33.3333, 60]", "[22.2222, 40]"]);
    // A person may have several forms, so 30 to 90 have a known one.
    let figures =
        [("_T _T _T", 100), ("FG_SEXUAL _T _T", 30), ("FG_LABOUR _T _T", 20), ("FG_OTHER _T _T", 0), ("_U _T _T", 10)];
    let shown = ["DETV_N _K", "DETV_FORM_PT FG_SEXUAL"];
    assert_eq!(cells(&figures, "victims-by-form", &shown), ["[30, 90]", "[33.3333, 100]"]);
    // Where they are the total, everything is exact.
    let figures = [("_T _T _T", 60), ("_T _T DOM", 30), ("_T _T CROSS", 20), ("_T _T NOCIT", 0), ("_T _T _U", 10)];
    let shown = ["DETV_N _K", "DETV_CITIZENSHIP_PT DOM"];
    assert_eq!(cells(&figures, "victims-by-citizenship", &shown), ["50", "60"]);
}
