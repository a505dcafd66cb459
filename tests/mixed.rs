//! Countries of one region that arrive as a release, as a store and as published figures: what the region says is the sum of all
//! of them, whichever came how.

use crate::support::{Bench, Row, rows};

const AREAS: [&str; 5] = ["KHM", "THA", "VNM", "LAO", "MMR"];
const YEARS: [u16; 3] = [2019, 2020, 2021];
/// Citizenships, and the names that a publisher gives them.
const CITIZENSHIPS: [(&str, &str); 4] =
    [("CHN", "China"), ("NGA", "Nigeria"), ("PHL", "Philippines"), ("_", "Nationals")];
const FIGURES: &str = "Iso3_code,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,txtVALUE\n";

/// How the victims and the proceedings of a country arrive.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Arrival {
    Release,
    Store,
    Figures,
    /// Figures without the total of the table.
    FiguresWithoutTotal,
}

/// A stream of numbers that a seed decides.
struct Draws(u64);

impl Draws {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What one country reports of one year. No number is small.
struct Reported {
    area: &'static str,
    year: u16,
    /// In the order of [`CITIZENSHIPS`].
    victims: Vec<u64>,
    /// Prosecuted only, and convicted as well.
    persons: [u64; 2],
}

fn reported(draws: &mut Draws) -> Vec<Reported> {
    let mut out = Vec::new();
    for area in AREAS {
        for year in YEARS {
            // Every country reports some year.
            if draws.below(3) > 0 || year == 2020 {
                let victims = CITIZENSHIPS.iter().map(|_| 20 + draws.below(80)).collect();
                out.push(Reported { area, year, victims, persons: [20 + draws.below(60), 20 + draws.below(60)] });
            }
        }
    }
    out
}

fn citizenship<'a>(area: &'a str, code: &'a str) -> &'a str {
    if code == "_" { area } else { code }
}

fn records(all: &[Reported], area: &str) -> [String; 2] {
    let (mut victims, mut persons) =
        ("area,year,sex,age,citizenship,count\n".to_owned(), "area,year,stage,sex,age,count\n".to_owned());
    for one in all.iter().filter(|one| one.area == area) {
        for ((code, _), count) in CITIZENSHIPS.iter().zip(&one.victims) {
            victims.push_str(&format!("{area},{},F,20,{},{count}\n", one.year, citizenship(area, code)));
        }
        for (stage, count) in ["PROSECUTED", "PROSECUTED;CONVICTED"].iter().zip(one.persons) {
            persons.push_str(&format!("{area},{},{stage},M,30,{count}\n", one.year));
        }
    }
    [victims, persons]
}

fn figures(all: &[Reported], area: &str, with_total: bool) -> String {
    let mut text = String::new();
    for one in all.iter().filter(|one| one.area == area) {
        let mut add = |subject: &str, dimension: &str, category: &str, count: u64| {
            text.push_str(&format!(
                "{area},{subject},{dimension},{category},Total,Total,{},Counts,{count}\n",
                one.year
            ));
        };
        if with_total {
            add("Detected trafficking victims", "Total", "Total", one.victims.iter().sum());
        }
        for ((_, name), &count) in CITIZENSHIPS.iter().zip(&one.victims) {
            add("Detected trafficking victims", "by citizenship", name, count);
        }
        add("Persons prosecuted", "Total", "Total", one.persons.iter().sum());
        add("Persons convicted", "Total", "Total", one.persons[1]);
    }
    text
}

/// Returns a row of a table, as value, status and number of areas.
fn cell(table: &[Row], measure: &str, at: &[(&str, &str)]) -> String {
    let is_it = |row: &&Row| row["INDICATOR"] == measure && at.iter().all(|(name, code)| row[*name] == *code);
    let Some(row) = table.iter().find(is_it) else { return "no row".to_owned() };
    format!("{} {} of {}", row["OBS_VALUE"], row["OBS_STATUS"], row["N_AREAS"])
}

fn ratio(above: u64, below: u64) -> String {
    let rounded = (above as f64 / below as f64 * 1e4).round() / 1e4;
    format!("{rounded}")
}

#[test]
fn every_country_counts_in_its_region_however_it_arrives() {
    const ARRIVALS: [Arrival; 4] = [Arrival::Release, Arrival::Store, Arrival::Figures, Arrival::FiguresWithoutTotal];
    for seed in 0..6 {
        let mut draws = Draws(seed * 7919 + 1);
        let all = reported(&mut draws);
        let arrivals = AREAS.map(|area| (area, ARRIVALS[draws.below(4) as usize]));
        let bench = Bench::new();
        let mut packages = Vec::new();
        let mut published = FIGURES.to_owned();
        for (area, arrival) in arrivals {
            let [victims, persons] = records(&all, area);
            for (name, schema, text) in [("v", "victim", victims), ("p", "justice", persons)] {
                bench.write(&format!("{area}-{name}.csv"), text);
                let store = format!("{area}-{name}-store");
                if matches!(arrival, Arrival::Release | Arrival::Store) {
                    bench.run(&format!("ingest {area}-{name}.csv --schema {schema} --out {store} -q")).succeeds();
                }
                match arrival {
                    Arrival::Release => {
                        let tables = if name == "v" {
                            "flows,victims-detected,victims-by-citizenship"
                        } else {
                            "proceedings-by-stage,proceedings-ratios"
                        };
                        let out = format!("{area}-{name}-release");
                        bench.run(&format!("tabulate {store} --tables {tables} --synthetic --out {out} -q")).succeeds();
                        packages.push(out);
                    }
                    Arrival::Store => packages.push(store),
                    Arrival::Figures | Arrival::FiguresWithoutTotal => {}
                }
            }
            if matches!(arrival, Arrival::Figures | Arrival::FiguresWithoutTotal) {
                published.push_str(&figures(&all, area, arrival == Arrival::Figures));
            }
        }
        if published.len() > FIGURES.len() {
            bench.write("published.csv", &published);
            packages.push("published.csv".to_owned());
        }
        let combined = |tables: &str, kind: &str| {
            let of_kind = packages.iter().filter(|name| !name.contains(if kind == "v" { "-p-" } else { "-v-" }));
            let packages = of_kind.cloned().collect::<Vec<_>>().join(" ");
            let out = tables.replace(',', "-");
            bench
                .run(&format!("combine {packages} --profile unodc-glotip --tables {tables} --synthetic --out {out} -q"))
                .succeeds();
            out
        };
        let table = |out: &str, name: &str| rows(&bench.path(&format!("{out}/tables/{name}.csv")));
        let what = |what: &str| format!("{seed} {arrivals:?} {what}");

        let out = combined("proceedings-ratios", "p");
        let ratios = table(&out, "proceedings-ratios");
        for year in YEARS {
            let of_year: Vec<&Reported> = all.iter().filter(|one| one.year == year).collect();
            let [alone, convicted] = [0, 1].map(|at| of_year.iter().map(|one| one.persons[at]).sum::<u64>());
            let expected = format!("{} A of {}", ratio(alone + convicted, convicted), of_year.len());
            let at = [("REF_AREA", "M49_035"), ("TIME_PERIOD", &*year.to_string())];
            assert_eq!(cell(&ratios, "PROSECUTED_CONVICTED_RO", &at), expected, "{}", what("ratio"));
            for one in of_year {
                let expected = format!("{} A of 1", ratio(one.persons.iter().sum(), one.persons[1]));
                let at = [("REF_AREA", one.area), ("TIME_PERIOD", &*year.to_string())];
                assert_eq!(cell(&ratios, "PROSECUTED_CONVICTED_RO", &at), expected, "{}", what(one.area));
            }
        }

        let out = combined("flows,victims-detected", "v");
        let flows = table(&out, "flows");
        let sum = |at: usize| all.iter().map(|one| one.victims[at]).sum::<u64>();
        let asia = [("REF_AREA", "M49_035"), ("ORIGIN", "_T")];
        for (measure, expected) in [
            ("FLOW_DOMESTIC_N", sum(3)),
            ("FLOW_SUBREGION_N", sum(2)),
            ("FLOW_REGION_N", sum(0)),
            ("FLOW_TRANSREGIONAL_N", sum(1)),
        ] {
            assert_eq!(cell(&flows, measure, &asia), format!("{expected} A of 5"), "{}", what(measure));
        }
        let detected = table(&out, "victims-detected");
        let total = |area: &str| {
            arrivals.iter().any(|(other, arrival)| *other == area && *arrival != Arrival::FiguresWithoutTotal)
        };
        let with_total: Vec<&Reported> = all.iter().filter(|one| total(one.area)).collect();
        let all_years = arrivals.iter().any(|(_, arrival)| matches!(arrival, Arrival::Release | Arrival::Store));
        for period in YEARS.map(|year| year.to_string()).into_iter().chain(["_T".to_owned()]) {
            let is_in = |one: &&&Reported| period == "_T" || one.year.to_string() == period;
            let in_period: Vec<_> = with_total.iter().filter(is_in).collect();
            let sum: u64 = in_period.iter().flat_map(|one| &one.victims).sum();
            let mut areas: Vec<&str> = in_period.iter().map(|one| one.area).collect();
            areas.dedup();
            let at = [("REF_AREA", "M49_035"), ("TIME_PERIOD", &*period)];
            let found = cell(&detected, "DETV_N", &at);
            if areas.is_empty() || (period == "_T" && !all_years) {
                assert_eq!(found, "no row", "{}", what(&period));
            } else {
                assert_eq!(found, format!("{sum} A of {}", areas.len()), "{}", what(&period));
            }
        }
    }
}

/// A store counts also where the requested tables show no count, and nothing contradicts itself where a person is in two stages.
#[test]
fn a_store_counts_in_tables_of_rates_alone() {
    let records =
        "area,year,stage,sex,age,count\nKHM,2020,PROSECUTED;CONVICTED,F,20,100\nKHM,2020,PROSECUTED,M,20,60\n";
    let published = "VNM,Persons prosecuted,Total,Total,Total,Total,2020,Counts,50\n\
        VNM,Persons convicted,Total,Total,Total,Total,2020,Counts,20\n";
    let bench = Bench::new().file("in.csv", records).file("published.csv", format!("{FIGURES}{published}"));
    bench.run("ingest in.csv --schema justice --out store -q").succeeds();
    let combined = bench
        .run("combine store published.csv --profile unodc-glotip --tables proceedings-ratios --synthetic --out out -q");
    assert!(!combined.succeeds().stdout.contains("contradict"), "{}", combined.stdout);
    let table = rows(&bench.path("out/tables/proceedings-ratios.csv"));
    for (area, expected) in [("M49_035", "1.75 A of 2"), ("KHM", "1.6 A of 1"), ("VNM", "2.5 A of 1")] {
        for period in ["2020", "_T"] {
            let at = [("REF_AREA", area), ("TIME_PERIOD", period)];
            assert_eq!(cell(&table, "PROSECUTED_CONVICTED_RO", &at), expected, "{area} {period}");
        }
    }
    // A rate of victims has no table of counts next to it either.
    let victims = "area,year,sex,age,count\nKHM,2020,F,20,100\n";
    let published = "VNM,Detected trafficking victims,Total,Total,Total,Total,2020,Counts,50\n";
    bench.write("victims.csv", victims);
    bench.write("published.csv", format!("{FIGURES}{published}"));
    bench.run("ingest victims.csv --out victims -q").succeeds();
    let packages = "victims published.csv --profile unodc-glotip";
    bench.run(&format!("combine {packages} --tables victims-rate --synthetic --out rates -q")).succeeds();
    let table = rows(&bench.path("rates/tables/victims-rate.csv"));
    let at = [("REF_AREA", "M49_035"), ("TIME_PERIOD", "2020"), ("SEX", "_T"), ("AGE", "_T")];
    assert!(cell(&table, "DETV_RATE", &at).ends_with(" A of 2"), "{}", cell(&table, "DETV_RATE", &at));
}

/// The total of a country that does not collect the form belongs to the total of its region, whatever else is requested.
#[test]
fn a_region_does_not_depend_on_the_tables_that_are_requested() {
    let bench = Bench::new()
        .file("fra.csv", "area,year,sex,age,count\nFRA,2020,F,Y0T17,100\n")
        .file("deu.csv", "area,year,sex,age,form,count\nDEU,2020,F,Y0T17,SEX,50\n");
    for area in ["fra", "deu"] {
        bench.run(&format!("ingest {area}.csv --out {area} -q")).succeeds();
    }
    for (tables, out) in [("crc-by-form", "one"), ("crc-by-form,crc-by-age-band", "more")] {
        bench.run(&format!("combine fra deu --tables {tables} --synthetic --out {out} -q")).succeeds();
        let table = rows(&bench.path(&format!("{out}/tables/crc-by-form.csv")));
        let figure = |area: &str, form: &str| {
            cell(&table, "DETV_N", &[("REF_AREA", area), ("FORM", form), ("SEX", "_T"), ("AGE", "Y0T17")])
        };
        assert_eq!([figure("FRA", "_T"), figure("M49_155", "_T")], ["100 A of 1", "150 A of 2"], "{tables}");
        assert_eq!(
            [figure("FRA", "_K"), figure("M49_155", "_K"), figure("M49_155", "FG_SEXUAL")],
            [" L of 0", "50 A of 1", "50 A of 1"]
        );
    }
    // A table of one form says nothing of a country that does not collect it.
    let ran = bench.run("combine fra deu --tables sdg-detvsx --synthetic --out none -q --override tests-of-one-store");
    assert_eq!(ran.succeeds().stdout.matches("warning[combine/no-figure]: none").count(), 1, "{}", ran.stdout);
    let report = std::fs::read_to_string(bench.path("none/report.html")).unwrap();
    assert!(report.contains("fra: none of its figures belongs to a table"));
}

/// A table without years next to figures of a year: nothing says that the persons are others.
#[test]
fn figures_of_all_years_are_not_added_to_those_of_a_year() {
    let published = "FRA,Detected trafficking victims,Total,Total,Total,Total,2020,Counts,100\n\
        FRA,Detected trafficking victims,by citizenship,Nationals,Total,Total,2020,Counts,100\n";
    let bench = Bench::new()
        .file("fra.csv", "area,year,sex,age,citizenship,count\nFRA,2020,F,Y_GE18,FRA,100\n")
        .file("published.csv", format!("{FIGURES}{published}"));
    bench.run("ingest fra.csv --out store -q").succeeds();
    bench.run("tabulate store --tables flows --synthetic --out release -q").succeeds();
    let line = "published.csv --profile unodc-glotip --tables flows --synthetic";
    for package in ["store", "release"] {
        bench.run(&format!("combine {package} {line} --out no")).refuses("error[combine/overlap]");
        bench.run(&format!("combine {package} {line} --overlap first --out {package}-first -q")).succeeds();
        let flows = rows(&bench.path(&format!("{package}-first/tables/flows.csv")));
        let row =
            flows.iter().find(|row| row["INDICATOR"] == "DETV_N" && row["REF_AREA"] == "FRA" && row["ORIGIN"] == "FRA");
        let row = row.unwrap();
        let bounds = ["OBS_STATUS", "LOWER_BOUND", "UPPER_BOUND"].map(|column| row[column].as_str());
        assert_eq!(bounds, ["Q", "100", "200"], "{package}");
    }
}

/// A release without a table is none.
#[test]
fn nothing_is_made_of_figures_that_no_table_can_use() {
    let published = "VNM,Persons prosecuted,Total,Total,Total,Total,2020,Counts,50\n\
        KHM,Persons convicted,Total,Total,Total,Total,2020,Counts,20\n";
    let bench = Bench::new().file("published.csv", format!("{FIGURES}{published}"));
    let line = "combine published.csv --profile unodc-glotip --tables proceedings-ratios --only-with-total --out out";
    bench.run(line).refuses("error[combine/nothing]");
    assert!(!bench.path("out").exists());
}

/// Of persons whose age is unknown the form is not zero because no child and no adult was detected.
#[test]
fn what_a_zero_implies_says_nothing_of_others() {
    let bench = Bench::new()
        .file("a.csv", "area,year,sex,age,form,count\nDEU,2020,F,_U,LAB,35\n")
        .file("b.csv", "area,year,sex,age,form,citizenship,count\nVNM,2020,F,_U,SEX,VNM,12\n");
    for name in ["a", "b"] {
        bench.run(&format!("ingest {name}.csv --out {name} -q")).succeeds();
    }
    let tables = "victims-by-nationality-and-form,victims-by-profile";
    bench.run(&format!("tabulate a --tables {tables} --synthetic --out release -q")).succeeds();
    // The release has no table of forms. The store counts its forms in one.
    for (package, known) in [("release", "12 A of 1"), ("a", "47 A of 2")] {
        bench.run(&format!("combine b {package} --tables {tables} --synthetic --out out --force -q")).succeeds();
        let table = rows(&bench.path("out/tables/victims-by-nationality-and-form.csv"));
        let cell = |form: &str, age: &str| {
            let at = [("REF_AREA", "M49_001"), ("CITIZENSHIP", "_T"), ("FORM", form), ("SEX", "_T"), ("AGE", age)];
            cell(&table, "DETV_N", &at)
        };
        assert_eq!(cell("_T", "_U"), "47 A of 2", "{package}");
        assert_eq!([cell("_K", "_T"), cell("_K", "_U")], [known, known], "{package}");
    }
}

/// A combined release without a row of a year still says that its source reports the year.
#[test]
fn a_year_that_a_table_does_not_show_is_no_zero_of_all_years() {
    let published = "FRA,Detected trafficking victims,by form of exploitation,Forced labour,Total,Total,2020,Counts,20\n\
        FRA,Detected trafficking victims,Total,Total,Total,Total,2021,Counts,148\n";
    let bench = Bench::new()
        .file("tha.csv", "area,year,sex,age,count\nTHA,2020,F,Y_GE18,50\nTHA,2021,F,Y_GE18,50\n")
        .file("published.csv", format!("{FIGURES}{published}"));
    bench.run("ingest tha.csv --out tha -q").succeeds();
    let line = "--tables victims-detected --synthetic";
    bench.run(&format!("combine published.csv --profile unodc-glotip {line} --out first -q")).succeeds();
    bench.run(&format!("combine tha published.csv --profile unodc-glotip {line} --out direct -q")).succeeds();
    bench.run(&format!("combine first tha {line} --out again -q --override tests-of-one-store")).succeeds();
    for out in ["direct", "again"] {
        let table = rows(&bench.path(&format!("{out}/tables/victims-detected.csv")));
        let is_it =
            |row: &&Row| row["INDICATOR"] == "DETV_N" && row["REF_AREA"] == "M49_001" && row["TIME_PERIOD"] == "_T";
        let row = table.iter().find(is_it).unwrap();
        assert_eq!([&*row["OBS_STATUS"], &*row["UPPER_BOUND"]], ["Q", ""], "{out}: {row:?}");
    }
}

/// A table of sexual exploitation alone says nothing of other forms, and neither does one of migrants of others.
#[test]
fn a_table_of_one_code_is_no_list_of_codes() {
    let records = "area,year,sex,age,form,migratory_status,labour_sector,count\n\
        CHN,2021,F,20,LAB,MS_NOMIGRANT,ISIC_A,80\nCHN,2021,F,20,SEX,MS_MIGRANT,,20\nCHN,2021,F,20,BEG,MS_NOMIGRANT,,100\n";
    let bench = Bench::new()
        .file("chn.csv", records)
        .file("vnm.csv", "area,year,sex,age,form,migratory_status,count\nVNM,2021,F,20,SEX,MS_MIGRANT,50\n");
    for name in ["chn", "vnm"] {
        bench.run(&format!("ingest {name}.csv --out {name} -q")).succeeds();
    }
    for (at, (tables, table, dimension, code, [count, share])) in [
        ("sdg-detvsx", "victims-by-form", "FORM", "FG_SEXUAL", [20.0, 10.0]),
        ("sdg-detvsx,victims-detected", "victims-by-form", "FORM", "FG_SEXUAL", [20.0, 10.0]),
        ("sdg-detvsx,sdg-detvfl,sdg-detv", "victims-by-form", "FORM", "FG_SEXUAL", [20.0, 10.0]),
        ("cmw-by-profile", "victims-by-migratory-status", "MIGRATORY_STATUS", "MS_MIGRANT", [20.0, 10.0]),
        ("victims-by-labour-sector,victims-detected", "victims-by-form", "FORM", "FG_LABOUR", [80.0, 40.0]),
    ]
    .into_iter()
    .enumerate()
    {
        let override_ = "--override tests-of-one-store";
        bench.run(&format!("tabulate chn --tables {tables} --synthetic --out r{at} -q {override_}")).succeeds();
        let line = format!("combine r{at} vnm --tables {table} --synthetic --out out{at} -q {override_}");
        bench.run(&line).succeeds();
        let found = rows(&bench.path(&format!("out{at}/tables/{table}.csv")));
        let holds = |row: &Row, truth: f64| {
            let number = |column: &str| row[column].parse::<f64>().ok();
            match number("OBS_VALUE") {
                Some(value) => (value - truth).abs() < 0.001,
                None => {
                    number("LOWER_BOUND").unwrap_or(0.0) <= truth
                        && number("UPPER_BOUND").is_none_or(|upper| truth <= upper)
                }
            }
        };
        let mut seen = 0;
        for row in found.iter().filter(|row| row["REF_AREA"] == "CHN" && row[dimension] == code) {
            let is_all = ["SEX", "AGE"].iter().all(|name| row.get(*name).is_none_or(|code| code == "_T"));
            let is_share = row["INDICATOR"].ends_with("FORM_PT") || row["INDICATOR"].ends_with("STATUS_PT");
            if row["INDICATOR"] == "DETV_N" && is_all {
                assert!(holds(row, count), "{tables}: {row:?}");
                seen += 1;
            } else if is_share && is_all && row["OBS_STATUS"] != "L" && row["OBS_STATUS"] != "O" {
                assert!(holds(row, share), "{tables}: {row:?}");
            }
        }
        assert!(seen > 0, "{tables}: {found:?}");
        for row in found
            .iter()
            .filter(|row| row["REF_AREA"] == "CHN" && row[dimension] == "_K" && row["INDICATOR"] == "DETV_N")
        {
            let is_all = ["SEX", "AGE"].iter().all(|name| row.get(*name).is_none_or(|code| code == "_T"));
            assert!(!is_all || holds(row, 200.0), "{tables}: {row:?}");
        }
    }
}
