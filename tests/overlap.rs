//! Two packages report one country: each year comes from one of them, and no year is lost.

use crate::support::{Bench, Row, figure_profile, rows, value_or_bounds};

/// Records of KHM and THA, so many a year.
fn records(lines: &[(&str, u32, usize)]) -> String {
    let rows: String = lines.iter().map(|(area, year, count)| format!("{area},{year},F,20\n").repeat(*count)).collect();
    format!("area,year,sex,age\n{rows}")
}

fn run_file(name: &str) -> String {
    format!(
        "[release]\nid = \"{name}\"\ntitle = \"x\"\nsynthetic = true\n[[input]]\npath = \"{name}.csv\"\n\
         [tables]\npacks = [\"victims-detected\"]\n"
    )
}

fn value(rows: &[Row], area: &str, year: &str) -> String {
    let is = |row: &&Row| row["REF_AREA"] == area && row["TIME_PERIOD"] == year && row["INDICATOR"] == "DETV_N";
    rows.iter().find(is).map_or("none".to_owned(), |row| row["OBS_VALUE"].clone())
}

/// The older package holds KHM 2019 and 2020 and THA 2020; the newer one KHM 2020, which was corrected, and 2021. Of KHM the
/// first year stays, the second is the corrected one, and the region loses no victims.
#[test]
fn a_newer_release_takes_the_place_of_its_own_years_only() {
    let bench = Bench::new()
        .file("old.csv", records(&[("KHM", 2019, 30), ("KHM", 2020, 40), ("THA", 2020, 100)]))
        .file("new.csv", records(&[("KHM", 2020, 45), ("KHM", 2021, 50)]))
        .file("old.toml", run_file("old"))
        .file("new.toml", run_file("new"));
    bench.run("run old.toml --out old -q").succeeds();
    bench.run("run new.toml --out new -q").succeeds();
    bench
        .run("combine new old --tables victims-detected --out no")
        .refuses("error[combine/overlap]: two packages report `KHM` for 2020\n   = first: new\n   = second: old\n");
    bench
        .run("combine new old --tables victims-detected --overlap first --out out")
        .succeeds()
        .says("reported by an earlier package already, and left out: KHM 2020 (of old)\n");
    let table = rows(&bench.path("out/tables/victims-detected.csv"));
    let values = |area: &str| ["2019", "2020", "2021", "_T"].map(|year| value(&table, area, year));
    assert_eq!(values("KHM"), ["30", "45", "50", "125"]);
    assert_eq!(value(&table, "M49_035", "2020"), "145");
    let sources = rows(&bench.path("out/sources.csv"));
    let of_country: Vec<String> = sources
        .iter()
        .filter(|row| row["REF_AREA"] == "KHM")
        .map(|row| format!("{} {} {}-{}", row["REF_AREA"], row["PACKAGE"], row["FIRST_YEAR"], row["LAST_YEAR"]))
        .collect();
    assert_eq!(of_country, ["KHM new 2020-2021", "KHM old 2019-2019"]);
    // In the other order the older one stands for the year that both report.
    bench.run("combine old new --tables victims-detected --overlap first --out other -q").succeeds();
    let table = rows(&bench.path("other/tables/victims-detected.csv"));
    assert_eq!(["2019", "2020", "2021"].map(|year| value(&table, "KHM", year)), ["30", "40", "50"]);
}

/// Stores are packages as well, and years that are apart are no overlap.
#[test]
fn stores_of_other_years_are_no_overlap() {
    let bench = Bench::new()
        .file("a.csv", records(&[("KHM", 2019, 30)]))
        .file("b.csv", records(&[("KHM", 2020, 40)]))
        .file("a.toml", run_file("a"));
    bench.run("run a.toml --out a -q").succeeds();
    bench.run("ingest b.csv --out b -q").succeeds();
    bench.run("combine a b --tables victims-detected --synthetic --out out").succeeds();
    let table = rows(&bench.path("out/tables/victims-detected.csv"));
    assert_eq!(["2019", "2020", "_T"].map(|year| value(&table, "KHM", year)), ["30", "40", "70"]);
}

/// A person whose year is unknown is in the total of all years, whatever other releases are added.
#[test]
fn a_person_of_an_unknown_year_is_in_the_total_of_all_years() {
    let unknown = "KHM,_U,F,20\n".repeat(30);
    let bench = Bench::new()
        .file("a.csv", format!("{}{unknown}", records(&[("KHM", 2020, 100)])))
        .file("b.csv", records(&[("KHM", 2021, 50)]))
        .file("a.toml", run_file("a"))
        .file("b.toml", run_file("b"));
    bench.run("run a.toml --out a -q").succeeds();
    bench.run("run b.toml --out b -q").succeeds();
    bench.run("combine a b --tables victims-detected --out out -q").succeeds();
    let table = rows(&bench.path("out/tables/victims-detected.csv"));
    assert_eq!(["2020", "2021", "_T"].map(|year| value(&table, "KHM", year)), ["100", "50", "180"]);
}

/// One store or release under two names is one package.
#[test]
fn a_package_that_is_named_twice_is_refused() {
    let bench = Bench::new().file("a.csv", records(&[("KHM", 2019, 30)])).file("a.toml", run_file("a"));
    bench.run("run a.toml --out a -q").succeeds();
    bench.run("ingest a.csv --out b -q").succeeds();
    for twice in ["b b", "b ./b", "a a", "a a/release"] {
        bench
            .run(&format!("combine {twice} --tables victims-detected --synthetic --overlap first --out out"))
            .refuses("error[store/already-there]: the same package is named twice\n");
    }
}

/// Cambodia's release has 60 women and 40 men of 2019. Figures of 2020 say 90 victims and 70 women: the other 20 are not known
/// the sex.
#[test]
fn a_year_of_which_a_code_is_not_reported_is_no_zero_of_all_years() {
    let fields = ["area", "year", "subject", "sex", "unit", "value"];
    let women = "KHM,2019,F,20\n".repeat(60);
    let men = "KHM,2019,M,20\n".repeat(40);
    let bench = Bench::new()
        .file("a.csv", format!("area,year,sex,age\n{women}{men}"))
        .file("sch/profiles/fig.toml", figure_profile(&fields))
        .file(
            "b.csv",
            "area,year,subject,sex,unit,value\nKHM,2020,VICTIMS,_T,NUMBER,90\nKHM,2020,VICTIMS,F,NUMBER,70\n",
        );
    bench.run("ingest a.csv --out st -q").succeeds();
    bench.run("tabulate st --tables victims-by-profile --synthetic --out a -q").succeeds();
    bench.run("combine a b.csv --profile fig --schemas sch --tables victims-by-profile --out out -q").succeeds();
    let table = rows(&bench.path("out/tables/victims-by-profile.csv"));
    let shows = |measure: &str, year: &str, sex: &str| {
        let is = |row: &&Row| {
            (&*row["INDICATOR"], &*row["TIME_PERIOD"], &*row["SEX"], &*row["AGE"]) == (measure, year, sex, "_T")
        };
        table.iter().filter(|row| row["REF_AREA"] == "KHM").find(is).map_or("no row".into(), value_or_bounds)
    };
    let all_years = ["_T", "F", "_K", "M"].map(|sex| shows("DETV_N", "_T", sex));
    assert_eq!(all_years, ["190", "130", "[100, 190]", "[40, 130]"]);
    // 130 of 170 to 190.
    assert_eq!(shows("DETV_SEX_PT", "_T", "F"), "[68.421, 76.4706]");
}

/// Of 90 victims of 2020 nobody knows the citizenship: they may have any, also one that Cambodia's release does not list.
#[test]
fn a_year_of_figures_without_citizenships_leaves_them_open() {
    let fields = ["area", "year", "subject", "citizenship", "unit", "value"];
    let figures = "KHM,2020,VICTIMS,_T,NUMBER,90\nVNM,2020,VICTIMS,LAO,NUMBER,30\nVNM,2020,VICTIMS,_T,NUMBER,30\n";
    let records = "KHM,2019,F,20,KHM\n".repeat(100);
    let bench = Bench::new()
        .file("a.csv", format!("area,year,sex,age,citizenship\n{records}"))
        .file("sch/profiles/fig.toml", figure_profile(&fields))
        .file("b.csv", format!("{}\n{figures}", fields.join(",")));
    bench.run("ingest a.csv --out st -q").succeeds();
    bench.run("tabulate st --tables flows,victims-detected --synthetic --out a -q").succeeds();
    bench.run("combine a b.csv --profile fig --schemas sch --tables flows --out out -q").succeeds();
    let table = rows(&bench.path("out/tables/flows.csv"));
    let shows = |measure: &str, area: &str, origin: &str| {
        let is = |row: &&Row| (&*row["INDICATOR"], &*row["REF_AREA"], &*row["ORIGIN"]) == (measure, area, origin);
        table.iter().find(is).map_or("no row".into(), value_or_bounds)
    };
    assert_eq!(shows("ORIGINS_N", "KHM", "_T"), "[1, 91]");
    assert_eq!(shows("DETV_N", "M49_035", "LAO"), "[30, 120]");
    assert_eq!(shows("DESTINATIONS_N", "M49_035", "LAO"), "[1, 2]");
    // 100 of 100 to 190.
    assert_eq!(shows("FLOW_ORIGIN_PT", "KHM", "M49_142"), "[52.6315, 100]");
}
