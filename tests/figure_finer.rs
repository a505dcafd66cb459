//! Figures of codes below the nodes of a table: their group is not a zero. Every expected number is computed by hand in a
//! comment.

use crate::support::{Bench, Row, figure_profile, real_data, rows, value_or_bounds};

const FIELDS: [&str; 10] =
    ["area", "year", "subject", "sex", "age", "form", "citizenship_group", "unit", "status", "value"];

/// Combines figures, each as `AREA VALUE` with codes of `sex=`, `age=`, `form=` and `citizenship_group=` between them, of 2020
/// or of a `year=`.
fn combined(lines: &[&str], table: &str) -> Vec<Row> {
    rows(&bench(lines, table).path(&format!("out/tables/{table}.csv")))
}

fn bench(lines: &[&str], table: &str) -> Bench {
    let mut text = FIELDS.join(",") + "\n";
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let given = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        let cell = |name: &str| match name {
            "area" => words[0],
            "year" => given("year").unwrap_or("2020"),
            "subject" => "VICTIMS",
            "unit" => "NUMBER",
            "status" => "",
            "value" => words[words.len() - 1],
            other => given(other).unwrap_or("_T"),
        };
        text.push_str(&(FIELDS.map(cell).join(",") + "\n"));
    }
    let bench = Bench::new().file("sch/profiles/fig.toml", figure_profile(&FIELDS)).file("in.csv", text);
    let line = format!("combine in.csv --profile fig --schemas sch --tables {table} --out out -q");
    bench.run(&line).succeeds();
    bench.run("verify out").succeeds();
    bench
}

/// The value of the one row with these codes, or its bounds, or its status; and the number of its areas.
fn shows(rows: &[Row], measure: &str, at: &str) -> String {
    let at: Vec<(&str, &str)> = at.split(' ').map(|code| code.split_once('=').unwrap()).collect();
    let is = |row: &&Row| {
        row["INDICATOR"] == measure
            && at.iter().all(|(name, code)| row[*name] == *code)
            && ["SEX", "AGE", "FORM", "CITIZENSHIP"].iter().all(|name| {
                at.iter().any(|(dimension, _)| dimension == name) || row.get(*name).is_none_or(|code| code == "_T")
            })
    };
    let found: Vec<&Row> = rows.iter().filter(is).collect();
    let [row] = found[..] else { return format!("{} rows", found.len()) };
    format!("{} of {}", value_or_bounds(row), row["N_AREAS"])
}

#[test]
fn citizens_of_a_union_are_cross_border() {
    let domestic = "DEU citizenship_group=DOM 33";
    for (others, count, share) in [
        // Citizens of the Union and of other countries are all that are not German.
        (vec!["DEU citizenship_group=CROSS_EU 22", "DEU citizenship_group=CROSS_NONEU 44"], "66", "33.3333"),
        // Africa is one of five regions; 66 is all that the total leaves.
        (vec!["DEU citizenship_group=CROSS_002 66"], "66", "33.3333"),
    ] {
        let lines: Vec<&str> = ["DEU 99", domestic].into_iter().chain(others).collect();
        let rows = combined(&lines, "victims-by-citizenship");
        assert_eq!(shows(&rows, "DETV_N", "REF_AREA=DEU CITIZENSHIP=CROSS"), format!("{count} of 1"));
        assert_eq!(shows(&rows, "DETV_CITIZENSHIP_PT", "REF_AREA=DEU CITIZENSHIP=DOM"), format!("{share} of 1"));
    }
}

/// 44 of 99 are of no country of the Union, and others may be of another one of it.
#[test]
fn a_code_that_figures_alone_have_is_enough_for_a_table() {
    let rows = combined(&["DEU 99", "DEU citizenship_group=CROSS_NONEU 44"], "victims-by-citizenship");
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=DEU CITIZENSHIP=CROSS"), "[44, 99] of 1");
}

/// Up to 4 citizens of the Union are of another country.
#[test]
fn a_masked_figure_below_a_group_may_be_of_persons() {
    let rows =
        combined(&["KEN citizenship_group=CROSS_EU <5", "KEN citizenship_group=DOM 15"], "victims-by-citizenship");
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=KEN CITIZENSHIP=_K"), "[15, ] of 1");
    assert_eq!(shows(&rows, "DETV_CITIZENSHIP_PT", "REF_AREA=KEN CITIZENSHIP=DOM"), "[0, 100] of 1");
    let total = ["KEN 17", "KEN citizenship_group=CROSS_EU <5", "KEN citizenship_group=DOM 15"];
    let rows = combined(&total, "victims-by-citizenship");
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=KEN CITIZENSHIP=_K"), "[15, 17] of 1");
}

/// The one stateless person may be a child.
#[test]
fn a_masked_part_of_another_dimension_may_be_of_persons() {
    let lines = [
        "IND citizenship_group=DOM 2",
        "IND citizenship_group=NOCIT 1",
        "IND age=Y0T17 citizenship_group=DOM <5",
        "IND age=Y0T17 citizenship_group=NOCIT <5",
        "IND age=Y_GE18 citizenship_group=DOM <5",
    ];
    let rows = combined(&lines, "crc-by-age-band");
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=IND AGE=_K CITIZENSHIP=_K"), "[0, 3] of 1");
}

/// 90 persons of 2019, of whom neither sex nor age is reported, and two women of 2020.
#[test]
fn a_year_that_reports_another_dimension_is_not_nobody() {
    let lines = [
        "IND year=2019 citizenship_group=DOM 50",
        "IND year=2019 citizenship_group=CROSS 40",
        "IND year=2019 citizenship_group=NOCIT 0",
        "IND year=2019 citizenship_group=_U 0",
        "IND year=2020 sex=F age=Y_GE18 1",
        "IND year=2020 sex=F age=Y0T17 1",
    ];
    let rows = combined(&lines, "crc-by-age-band");
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=IND SEX=F AGE=Y0T17"), "[1, 91] of 1");
}

/// A French child of unknown citizenship, and no other, is one child in each table.
#[test]
fn a_total_that_follows_from_its_parts_is_in_every_table() {
    let lines =
        ["FRA age=Y0T17 citizenship_group=DOM 0", "FRA age=Y0T17 citizenship_group=_U 1", "KHM age=Y0T17 2", "DEU 1"];
    for table in ["crc-by-age-band", "victims-by-age-band"] {
        let rows = combined(&lines, table);
        assert_eq!(shows(&rows, "DETV_N", "REF_AREA=FRA AGE=Y0T17"), "1 of 1", "{table}");
        assert_eq!(shows(&rows, "DETV_N", "REF_AREA=M49_001 AGE=Y0T17"), "3 of 2", "{table}");
    }
}

/// The person whose form is not known is a man: it takes nothing from the women.
#[test]
fn persons_of_an_unknown_form_may_be_outside_a_table() {
    let rows =
        combined(&["KEN form=_U 1", "KEN sex=F 1", "KEN sex=F form=CRIM <5", "KEN sex=F form=_U 0"], "cedaw-by-form");
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=KEN SEX=F FORM=_K"), "[0, 1] of 1");
}

/// 20 and 5 children are more than the 10 that the group has, and with 140 adults more than all.
#[test]
fn a_group_that_the_codes_in_it_contradict_is_listed() {
    let lines = ["KHM 150", "KHM age=Y0T17 10", "KHM age=Y0T14 20", "KHM age=Y15T17 5", "KHM age=Y_GE18 140"];
    let bench = bench(&lines, "victims-by-profile");
    let rows = rows(&bench.path("out/not-additive.csv"));
    let shown = |row: &Row| {
        ["REF_AREA", "TIME_PERIOD", "DIMENSION", "OF", "TOTAL_UPPER", "PARTS_LOWER"].map(|name| row[name].clone())
    };
    let found: Vec<_> = rows.iter().map(shown).collect();
    let all = ["KHM", "2020", "AGE", "", "150", "165"];
    assert_eq!(found, [["KHM", "2020", "AGE", "AGE=Y0T17", "10", "25"], all]);
}

#[test]
fn a_form_below_a_group_is_no_zero_of_the_group() {
    let lines = ["KHM 150", "KHM form=FG_SEXUAL 100", "KHM form=LAB 50"];
    let rows = combined(&lines, "victims-by-form");
    // A person may have several forms, and more of the group than forced labour: 50 to 150 of 100 to 150.
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=KHM FORM=FG_LABOUR"), "[50, 150] of 1");
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=KHM FORM=_K"), "[100, 150] of 1");
    assert_eq!(shows(&rows, "DETV_FORM_PT", "REF_AREA=KHM FORM=FG_SEXUAL"), "[66.6666, 100] of 1");
}

#[test]
fn both_tables_of_forms_have_the_same_areas() {
    let lines = ["KHM form=SEX 100", "KHM form=LAB 50", "THA form=FG_SEXUAL 30", "THA form=FG_LABOUR 50"];
    for table in ["victims-by-form", "victims-by-form-detail"] {
        let rows = combined(&lines, table);
        // SEX is the only form of its group: 100 + 30.
        assert_eq!(shows(&rows, "DETV_N", "REF_AREA=M49_035 FORM=FG_SEXUAL"), "130 of 2", "{table}");
    }
}

#[test]
fn a_detail_below_a_form_is_no_zero_of_the_form() {
    let rows = combined(&["THA 60", "THA form=PROST 30", "THA form=BEG 25"], "victims-by-form-detail");
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=THA FORM=SEX"), "[30, 60] of 1");
    // 25 of 30 to 60.
    assert_eq!(shows(&rows, "DETV_FORM_PT", "REF_AREA=THA FORM=FG_OTHER"), "[41.6666, 83.3334] of 1");
}

#[test]
fn bands_that_make_up_an_age_group_are_its_sum() {
    let lines = ["KHM 150", "KHM age=Y0T8 20", "KHM age=Y9T17 30", "KHM age=Y_GE18 100"];
    let rows = combined(&lines, "victims-by-profile");
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=KHM AGE=Y0T17"), "50 of 1");
}

#[test]
fn overlapping_bands_are_not_added_up() {
    let lines = ["KHM 150", "KHM age=Y0T9 20", "KHM age=Y5T14 30", "KHM age=Y_GE18 100"];
    let rows = combined(&lines, "victims-by-profile");
    // At least 30, at most 150 - 100.
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=KHM AGE=Y0T17"), "[30, 50] of 1");
}

/// Each year for itself: at least 7 of 2020 and the 20 of 2021 are below 9 years old.
#[test]
fn a_table_of_all_years_adds_up_what_each_year_reports() {
    let lines = [
        "KHM year=2020 150",
        "KHM year=2020 age=Y5 7",
        "KHM year=2020 age=Y9T17 20",
        "KHM year=2021 150",
        "KHM year=2021 age=Y0T8 20",
        "KHM year=2021 age=Y9T17 30",
    ];
    let rows = combined(&lines, "victims-by-age-band");
    // Of 2020 there are 150 - 20 at most.
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=KHM AGE=Y0T8"), "[27, 150] of 1");
    let rows = combined(&lines, "victims-by-profile");
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=KHM TIME_PERIOD=2020 AGE=Y0T17"), "[27, 150] of 1");
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=KHM TIME_PERIOD=2021 AGE=Y0T17"), "50 of 1");
}

/// A group and a part of it in another year: 3 and 4 children, of 7 and 4 persons.
#[test]
fn a_year_with_a_part_only_counts_in_the_group_of_all_years() {
    let lines = ["KEN year=2020 age=Y0T17 3", "KEN year=2020 age=Y_GE18 4"];
    let rows = combined(&[&lines[..], &["KEN year=2021 4", "KEN year=2021 age=Y0T4 4"]].concat(), "crc-by-age-band");
    // The total of 2021 shows that there are no other children.
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=KEN AGE=Y0T17"), "7 of 1");
    // Two bands that make up the group: 3 and 4.
    let bands = ["KEN year=2021 age=Y0T14 3", "KEN year=2021 age=Y15T17 1", "KEN year=2021 age=Y_GE18 0"];
    let rows = combined(&[&lines[..], &bands[..]].concat(), "crc-by-age-band");
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=KEN AGE=Y0T17"), "7 of 1");
    // Citizens of no country of the Union are some of the citizens of other countries: 2 and at least 8 of at least 16.
    let others = ["KEN year=2020 citizenship_group=CROSS 2", "KEN year=2021 citizenship_group=CROSS_NONEU 8"];
    let domestic = ["KEN year=2020 citizenship_group=DOM 3", "KEN year=2021 citizenship_group=DOM 3"];
    let rows = combined(&[others, domestic].concat(), "victims-by-nationality");
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=KEN CITIZENSHIP=CROSS"), "[10, ] of 1");
    assert_eq!(shows(&rows, "DETV_CITIZENSHIP_PT", "REF_AREA=KEN CITIZENSHIP=DOM"), "[0, 37.5] of 1");
}

/// What Malta's own site publishes: of 12 in 2020, 3 are Maltese, 2 of the Union and 7 of other countries.
#[test]
fn malta_is_not_all_domestic() {
    let Some(file) = real_data("national/national_MLT.csv") else { return };
    let bench = Bench::new().file("in.csv", std::fs::read(file).unwrap());
    bench.run("combine in.csv --profile sdg-national-mlt --tables victims-by-citizenship --out out -q").succeeds();
    let rows = rows(&bench.path("out/tables/victims-by-citizenship.csv"));
    // 2 and 7 are all that are not Maltese: 3 of 12.
    assert_eq!(shows(&rows, "DETV_N", "REF_AREA=MLT TIME_PERIOD=2020 CITIZENSHIP=CROSS"), "9 of 1");
    assert_eq!(shows(&rows, "DETV_CITIZENSHIP_PT", "REF_AREA=MLT TIME_PERIOD=2020 CITIZENSHIP=DOM"), "25 of 1");
}

/// Of 2021 only those of 15 to 17 years are reported by form: of younger children nothing is known.
#[test]
fn a_form_of_which_only_some_ages_are_reported_leaves_the_others_open() {
    let lines = [
        "KHM year=2020 age=Y0T17 form=FG_LABOUR citizenship_group=CROSS 0",
        "KHM year=2021 age=Y15T17 form=FG_OTHER 4",
        "KHM year=2021 age=Y_GE18 form=FG_LABOUR 4",
    ];
    let rows = combined(&lines, "victims-by-nationality-and-form");
    let value_of = |form: &str, group: &str| {
        shows(&rows, "DETV_N", &format!("REF_AREA=KHM AGE=Y0T17 FORM={form} CITIZENSHIP={group}"))
    };
    assert_eq!(value_of("FG_LABOUR", "CROSS"), "[0, ] of 1");
    assert_eq!(value_of("FG_LABOUR", "_K"), "[0, ] of 1");
    assert_eq!(value_of("FG_OTHER", "_T"), "[4, ] of 1");
}

/// Organs are a part of the other forms, so a group of 0 was reported without them: 7 + 1 + 6 of 14.
#[test]
fn a_group_is_no_smaller_than_its_codes() {
    let lines = ["ARM 14", "ARM form=FG_SEXUAL 7", "ARM form=FG_LABOUR 1", "ARM form=ORG 6", "ARM form=FG_OTHER 0"];
    let found = combined(&lines, "victims-by-form");
    assert_eq!(shows(&found, "DETV_N", "REF_AREA=ARM FORM=FG_OTHER"), "[6, 14] of 1");
    assert_eq!(shows(&found, "DETV_N", "REF_AREA=ARM FORM=_K"), "[7, 14] of 1");
}

/// Other purposes of the SDG series have no organs in them. A person may have both, so 5 and 2 are 5 to 7; 0 organs leave 5; and
/// without a figure of organs the group has no end but the total.
#[test]
fn other_purposes_and_organs_make_up_the_other_forms() {
    for (organs, expected) in [(Some("2"), "[5, 7] of 1"), (Some("0"), "5 of 1"), (None, "[5, 40] of 1")] {
        let mut lines = vec!["ARM 40".to_owned(), "ARM form=OTHER_THAN_ORG 5".to_owned()];
        lines.extend(organs.map(|organs| format!("ARM form=ORG {organs}")));
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let found = combined(&lines, "victims-by-form");
        assert_eq!(shows(&found, "DETV_N", "REF_AREA=ARM FORM=FG_OTHER"), expected, "{organs:?}");
    }
}
