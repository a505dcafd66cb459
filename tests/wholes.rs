//! Parts that countries report without the whole in which they lie, and flags that reach a region.

use std::collections::BTreeMap;

use crate::support::{Bench, Row, real_data, rows};

const FORMS: &str = "victims-by-form";
const HEADER: &str = "area,year,subject,unit,form,sex,value,status\n";

/// Combines figures into a table. A row is `area year form sex value status`, with `-` for an empty cell.
fn combined(figures: &[&str], table: &str, flags: &str) -> Bench {
    let row = |name: &&str| {
        let [area, year, form, sex, value, status] = name.split(' ').collect::<Vec<_>>()[..] else { panic!("{name}") };
        format!("{area},{year},VICTIMS,NUMBER,{form},{sex},{value},{status}\n").replace('-', "")
    };
    let bench = Bench::new().file("in.csv", HEADER.to_owned() + &figures.iter().map(row).collect::<String>());
    bench.run("ingest in.csv --schema figure --out store -q").succeeds();
    bench.run(&format!("combine store --tables {table} --out out -q {flags}")).succeeds();
    bench
}

/// Value, status, number of areas and of those without the whole, of the count of an area in 2020.
#[track_caller]
fn count(bench: &Bench, area: &str, form: &str, sex: &str) -> String {
    let rows = rows(&bench.path("out/tables/victims-by-form.csv"));
    let is = |row: &&Row| {
        row["INDICATOR"] == "DETV_N"
            && row["REF_AREA"] == area
            && row["TIME_PERIOD"] == "2020"
            && row["FORM"] == form
            && row["SEX"] == sex
    };
    let Some(row) = rows.iter().find(is) else { return "no row".to_owned() };
    let cells = ["OBS_VALUE", "OBS_STATUS", "N_AREAS", "AREAS_WITHOUT_TOTAL"].map(|name| row[name].as_str());
    cells.join(" ").trim().to_owned()
}

/// Thailand reports women by form and all persons, and not how many women. So 65 women of one form are more than 40 women.
const WITHOUT_WOMEN: [&str; 6] = [
    "KHM 2020 _T _T 100 -",
    "KHM 2020 _T F 40 -",
    "KHM 2020 FG_SEXUAL F 20 -",
    "KHM 2020 FG_SEXUAL _T 30 -",
    "THA 2020 _T _T 90 -",
    "THA 2020 FG_SEXUAL F 45 -",
];

#[test]
fn a_part_above_a_whole_that_is_no_total_is_flagged_and_can_be_left_out() {
    let bench = combined(&WITHOUT_WOMEN, FORMS, "");
    assert_eq!(count(&bench, "M49_035", "_T", "F"), "40 A 1");
    assert_eq!(count(&bench, "M49_035", "FG_SEXUAL", "F"), "65 A 2 1");
    assert_eq!(count(&bench, "KHM", "FG_SEXUAL", "F"), "20 A 1");
    let bench = combined(&WITHOUT_WOMEN, FORMS, "--only-with-total");
    assert_eq!(count(&bench, "M49_035", "_T", "_T"), "190 A 2");
    assert_eq!(count(&bench, "M49_035", "_T", "F"), "40 A 1");
    assert_eq!(count(&bench, "M49_035", "FG_SEXUAL", "F"), "20 A 1");
}

/// A source that contradicts itself is flagged and listed, and its release can be combined again.
#[test]
fn a_part_above_its_own_total_is_listed() {
    let figures =
        ["KHM 2020 _T _T 10 -", "KHM 2020 FG_SEXUAL _T 30 -", "THA 2020 _T _T 5 -", "THA 2020 FG_SEXUAL _T 5 -"];
    for flags in ["", "--only-with-total"] {
        let bench = combined(&figures, FORMS, flags);
        assert_eq!(count(&bench, "M49_035", "FG_SEXUAL", "_T"), "35 A 2 1");
        assert_eq!(count(&bench, "M49_035", "_T", "_T"), "15 A 2");
        let listed = rows(&bench.path("out/not-additive.csv"));
        let of_year = |row: &&Row| row["TIME_PERIOD"] == "2020" && row["PART"] == "FORM=FG_SEXUAL";
        let listed: Vec<&Row> = listed.iter().filter(of_year).collect();
        let [row] = listed[..] else { panic!("{listed:?}") };
        let cells = ["REF_AREA", "DIMENSION", "OF", "TOTAL_UPPER", "PARTS_LOWER"].map(|name| row[name].as_str());
        assert_eq!(cells, ["KHM", "FORM", "", "10", "30"]);
        bench.run("combine out --tables victims-by-form --out twice -q").succeeds();
    }
}

/// An estimate of one country makes the region's count one, a provisional figure too, and a break comes before both.
#[test]
fn what_is_flagged_of_a_country_is_flagged_of_its_region() {
    for (flags, region) in
        [(["E", "-"], "E"), (["-", "P"], "P"), (["P", "E"], "E"), (["E", "B"], "B"), (["-", "-"], "A")]
    {
        let [one, other] = flags;
        let figures = [&*format!("KHM 2020 _T _T 10 {one}"), &format!("THA 2020 _T _T 20 {other}")];
        let bench = combined(&figures, "victims-detected", "");
        bench.run("combine out --tables victims-detected --out again -q").succeeds();
        // A region of the region's release has the same flag.
        for folder in ["out", "again"] {
            let table = rows(&bench.path(&format!("{folder}/tables/victims-detected.csv")));
            let of_region = table.iter().find(|row| row["INDICATOR"] == "DETV_N" && row["REF_AREA"] == "M49_035");
            let of_region = of_region.unwrap();
            let cells = ["OBS_VALUE", "OBS_STATUS"].map(|name| of_region[name].as_str());
            assert_eq!(cells, ["30", region], "{folder} {flags:?}");
        }
    }
}

/// Without Thailand zero victims in forced labour are left: a ratio of zero persons is none, and not 0.
#[test]
fn a_ratio_without_one_area_has_no_value_where_nothing_is_left() {
    let figures = [
        "THA 2020 _T _T 60 -",
        "THA 2020 FG_LABOUR _T 60 -",
        "THA 2020 FG_LABOUR F 30 -",
        "THA 2020 FG_LABOUR M 30 -",
        "KHM 2020 _T _T 30 -",
        "KHM 2020 FG_LABOUR _T 0 -",
        "KHM 2020 FG_LABOUR F 0 -",
        "KHM 2020 FG_LABOUR M 0 -",
        "KHM 2020 FG_SEXUAL _T 30 -",
    ];
    let bench = combined(&figures, FORMS, "");
    let table = rows(&bench.path("out/tables/victims-by-form.csv"));
    let row = table.iter().find(|row| {
        row["INDICATOR"] == "DETV_FORM_SEX_PT"
            && row["REF_AREA"] == "M49_035"
            && row["TIME_PERIOD"] == "2020"
            && row["FORM"] == "FG_LABOUR"
            && row["SEX"] == "F"
    });
    let cells = ["OBS_VALUE", "N_AREAS", "MIN_WITHOUT_ONE", "MAX_WITHOUT_ONE"].map(|name| row.unwrap()[name].as_str());
    assert_eq!(cells, ["50", "2", "", ""]);
}

/// In the portal's file no regional part is above a whole that the table shows, unless the row says so.
#[test]
fn the_portal_s_file_has_no_part_above_its_whole() {
    let Some(data) = real_data("unodc") else { return };
    let bench = Bench::new();
    std::fs::copy(data.join("data_glotip_20230530.csv"), bench.path("in.csv")).unwrap();
    for (flags, may_exceed) in [("", true), ("--only-with-total", false)] {
        let tables = "victims-by-form,victims-by-profile";
        bench
            .run(&format!("combine in.csv --profile unodc-glotip --tables {tables} --out out --force -q {flags}"))
            .succeeds();
        let mut found = [0, 0];
        let contradicted: Vec<String> =
            rows(&bench.path("out/not-additive.csv")).iter().map(|row| row["REF_AREA"].clone()).collect();
        for (table, dimensions) in [("victims-by-form", ["FORM", "SEX"]), ("victims-by-profile", ["SEX", "AGE"])] {
            let mut cells: BTreeMap<[String; 4], (f64, f64, bool)> = BTreeMap::new();
            for row in
                rows(&bench.path(&format!("out/tables/{table}.csv"))).iter().filter(|row| row["INDICATOR"] == "DETV_N")
            {
                let number = |name: &str| row[name].parse::<f64>().ok();
                let bounds = match row["OBS_STATUS"].as_str() {
                    "Q" => (number("LOWER_BOUND").unwrap_or(0.0), number("UPPER_BOUND").unwrap_or(f64::INFINITY)),
                    _ => match number("OBS_VALUE") {
                        Some(value) => (value, value),
                        None => continue,
                    },
                };
                let key = ["REF_AREA", "TIME_PERIOD", dimensions[0], dimensions[1]].map(|name| row[name].clone());
                cells.insert(key, (bounds.0, bounds.1, !row["AREAS_WITHOUT_TOTAL"].is_empty()));
            }
            for (part, (lower, _, is_flagged)) in &cells {
                for at in [&[2][..], &[3], &[2, 3]] {
                    for whole in ["_K", "_T"] {
                        let mut key = part.clone();
                        at.iter().for_each(|&d| key[d] = whole.to_owned());
                        let is_part = at
                            .iter()
                            .all(|&d| part[d] != "_T" && (whole == "_T" || !["_K", "_U"].contains(&&*part[d])));
                        let Some((_, upper, _)) = cells.get(&key).filter(|_| is_part) else { continue };
                        if lower > upper {
                            assert!(is_flagged, "{part:?} is {lower}, above {upper} of {key:?}");
                            found[usize::from(part[0].len() == 3)] += 1;
                        }
                    }
                }
            }
        }
        // Without areas that lack a whole, only contradictions of the source remain.
        assert!(found[1] > 0 && (may_exceed || found[0] <= found[1]), "{flags}: {found:?}");
        assert!(!contradicted.is_empty());
    }
}
