//! Persons and areas that are in no region.

use crate::support::{Bench, Row, rows};

fn bench(records: &str) -> Bench {
    let config = "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\n\
        [tables]\npacks = [\"flows\", \"victims-by-citizenship\"]\n";
    Bench::new().file("in.csv", format!("area,year,sex,age,citizenship,count\n{records}")).file("tipstat.toml", config)
}

/// The value of an area, or its bounds.
#[track_caller]
fn bounds(bench: &Bench, table: &str, measure: &str, at: &[(&str, &str)]) -> (f64, f64) {
    let rows = rows(&bench.path(table));
    let is = |row: &&Row| row["INDICATOR"] == measure && at.iter().all(|(name, code)| row[*name] == *code);
    let row = rows.iter().find(is).unwrap_or_else(|| panic!("no {measure} {at:?}"));
    let number = |name: &str| row[name].parse::<f64>().unwrap_or_else(|_| panic!("{measure} {at:?}: {row:?}"));
    if row["OBS_VALUE"].is_empty() {
        (number("LOWER_BOUND"), number("UPPER_BOUND"))
    } else {
        (number("OBS_VALUE"), number("OBS_VALUE"))
    }
}

/// Kosovo is in no region of M49. Its citizens come from beyond every other area. It is not known of the persons detected there
/// whether they come from its region, so each flow of the world has bounds, and all flows together hold its cross-border total.
#[test]
fn flows_of_an_area_in_no_region_have_bounds() {
    let bench = bench(
        "DEU,2020,F,20,NGA,50\nDEU,2020,F,20,XKX,250\nXKX,2020,F,20,NGA,40\nXKX,2020,F,20,XKX,30\nFRA,2020,F,20,DEU,60\n",
    );
    bench.run("run -q").succeeds();
    bench.run("combine out/release --tables flows,victims-by-citizenship --out all -q").succeeds();
    for folder in ["out/release", "all"] {
        let table = format!("{folder}/tables/flows.csv");
        let flow = |area: &str, measure: &str| bounds(&bench, &table, measure, &[("REF_AREA", area), ("ORIGIN", "_T")]);
        let flows = ["FLOW_SUBREGION_N", "FLOW_REGION_N", "FLOW_TRANSREGIONAL_N"];
        assert_eq!(flows.map(|name| flow("DEU", name)), [(0.0, 0.0), (0.0, 0.0), (300.0, 300.0)], "{folder}");
        assert_eq!(flows.map(|name| flow("XKX", name)), [(0.0, 40.0); 3], "{folder}");
        assert_eq!(flows.map(|name| flow("M49_001", name)), [(60.0, 100.0), (0.0, 40.0), (300.0, 340.0)], "{folder}");
        assert_eq!(flow("M49_001", "FLOW_DOMESTIC_N"), (30.0, 30.0), "{folder}");
        for area in ["DEU", "FRA", "XKX", "M49_155", "M49_001"] {
            let group = [("REF_AREA", area), ("TIME_PERIOD", "_T"), ("CITIZENSHIP", "CROSS")];
            let (cross, _) = bounds(&bench, &format!("{folder}/tables/victims-by-citizenship.csv"), "DETV_N", &group);
            let sum = flows
                .map(|measure| flow(area, measure))
                .into_iter()
                .fold((0.0, 0.0), |sum, measure| (sum.0 + measure.0, sum.1 + measure.1));
            assert!(sum.0 <= cross && cross <= sum.1, "{folder} {area}: {cross} and {sum:?}");
        }
    }
}

/// `R150` (Europe) in Germany may be Germany: both tables count these persons as known, and neither
/// calls them domestic or foreign. So the share of own citizens is one number, of records and of figures.
#[test]
fn two_tables_mean_the_same_by_known() {
    let records = "DEU,2020,F,20,DEU,50\nDEU,2020,F,20,R150,100\nNGA,2020,F,20,NGA,30\nNGA,2020,F,20,R150,30\nNGA,2020,F,20,_U,15\nFRA,2020,F,20,R019009,20\n";
    let bench = bench(records);
    bench.run("run -q").succeeds();
    bench.run("combine out/release --tables flows,victims-by-citizenship --out all -q").succeeds();
    let figures: String = records
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{},VICTIMS,NUMBER,{},{}\n", cells[0], cells[1], cells[4], cells[5])
        })
        .collect();
    let totals = "DEU,2020,VICTIMS,NUMBER,_T,150\nNGA,2020,VICTIMS,NUMBER,_T,75\nFRA,2020,VICTIMS,NUMBER,_T,20\n";
    bench.write("f.csv", format!("area,year,subject,unit,citizenship,value\n{figures}{totals}"));
    bench.run("ingest f.csv --schema figure --out figures -q").succeeds();
    bench.run("combine figures --tables flows,victims-by-citizenship --out of-figures -q").succeeds();
    for folder in ["out/release", "all", "of-figures"] {
        let [citizenship, flows] =
            ["victims-by-citizenship", "flows"].map(|name| format!("{folder}/tables/{name}.csv"));
        let group = |measure: &str, area: &str, code: &str| {
            bounds(&bench, &citizenship, measure, &[("REF_AREA", area), ("TIME_PERIOD", "2020"), ("CITIZENSHIP", code)])
        };
        let origin = |measure: &str, area: &str, code: &str| {
            bounds(&bench, &flows, measure, &[("REF_AREA", area), ("ORIGIN", code)])
        };
        for (area, known) in [("DEU", 150.0), ("NGA", 60.0), ("FRA", 20.0)] {
            assert_eq!(group("DETV_N", area, "_K"), (known, known), "{folder} {area}");
            assert_eq!(origin("DETV_N", area, "_K"), (known, known), "{folder} {area}");
        }
        let third = (33.3333, 33.3333);
        assert_eq!(
            [group("DETV_CITIZENSHIP_PT", "DEU", "DOM"), origin("FLOW_ORIGIN_PT", "DEU", "DEU")],
            [third; 2],
            "{folder}"
        );
        assert_eq!(group("DETV_N", "DEU", "_OWN"), (100.0, 100.0), "{folder}");
        // Seen from Nigeria, Europe is foreign.
        let half = (50.0, 50.0);
        assert_eq!(
            [group("DETV_CITIZENSHIP_PT", "NGA", "DOM"), origin("FLOW_ORIGIN_PT", "NGA", "NGA")],
            [half; 2],
            "{folder}"
        );
        assert_eq!(group("DETV_N", "NGA", "CROSS"), (30.0, 30.0), "{folder}");
    }
}

/// Persons whose area is not known are in the world's counts and shares, and in no panel. A region that is made of the release
/// leaves them out and says so.
#[test]
fn persons_of_an_unknown_area_are_named() {
    let config = "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\n[tables]\npacks = [\"victims-detected\"]\n";
    let bench = Bench::new()
        .file("in.csv", "area,year,sex,age,count\nDEU,2020,F,20,50\nFRA,2020,F,20,30\n_U,2020,F,20,20\nDEU,2021,F,20,50\nFRA,2021,F,20,30\n")
        .file("tipstat.toml", config);
    bench.run("run -q").succeeds().says("warning[coverage/area-unknown]");
    bench
        .run("tabulate out/restricted --id x --title x --tables victims-detected --out again -q")
        .succeeds()
        .says("warning[coverage/area-unknown]");
    let world = |folder: &str, measure: &str, year: &str| {
        let table = format!("{folder}/tables/victims-detected.csv");
        bounds(&bench, &table, measure, &[("REF_AREA", "M49_001"), ("TIME_PERIOD", year)]).0
    };
    assert_eq!(world("out/release", "DETV_N", "2020"), 100.0);
    assert_eq!(world("out/release", "DETV_CH_PT", "2021"), 0.0);
    for package in ["out/release", "out/restricted"] {
        bench
            .run(&format!("combine {package} --tables victims-detected --out all --force -q"))
            .succeeds()
            .says("persons whose area is not known");
        assert!(
            std::fs::read_to_string(bench.path("all/manifest.json"))
                .unwrap()
                .contains("persons whose area is not known")
        );
        let table = rows(&bench.path("all/tables/victims-detected.csv"));
        let of_europe = table
            .iter()
            .find(|row| row["INDICATOR"] == "DETV_N" && row["REF_AREA"] == "M49_155" && row["TIME_PERIOD"] == "2020");
        assert_eq!(of_europe.unwrap()["OBS_VALUE"], "80");
    }
}

/// Built-in schemes hold every area, and a scheme of a user that leaves one out is followed and said.
#[test]
fn areas_that_no_region_holds_are_named() {
    let records = "SCG,2005,F,20,_U,1000\nFRA,2005,M,30,_U,200\nKHM,2005,M,30,_U,200\n";
    let scheme = "code,parent,en\nW,,All\nA,W,A\nKHM,A,\nFRA,A,\n";
    let bench = bench(records).file("own.csv", scheme);
    let store = |name: &str| bench.run(&format!("ingest in.csv --out {name} -q")).succeeds().code;
    let world = |folder: &str, code: &str| {
        let at = [("REF_AREA", code), ("TIME_PERIOD", "2005"), ("CITIZENSHIP", "_T")];
        bounds(&bench, &format!("{folder}/tables/victims-by-citizenship.csv"), "DETV_N", &at)
    };
    for (at, (regions, code)) in
        [("GLOTIP@2016", "GLO16_W"), ("GLOTIP@2018", "GLO_W"), ("SDG@1", "SDG_1")].iter().enumerate()
    {
        store(&format!("s{at}"));
        let ran = bench.run(&format!("tabulate s{at} --tables victims-by-citizenship --regions {regions} --out r{at}"));
        ran.succeeds();
        assert!(!ran.stdout.contains("area-without-region"), "{}", ran.stdout);
        assert_eq!(world(&format!("r{at}"), code), (1400.0, 1400.0), "{regions}");
    }
    store("store");
    let warning = "warning[coverage/area-without-region]: no region of the scheme holds SCG: ";
    bench.run("tabulate store --tables victims-by-citizenship --regions own.csv --out own").succeeds().says(warning);
    bench.run("combine own --tables victims-by-citizenship --regions own.csv --out all").succeeds().says(warning);
    bench.write(
        "tipstat.toml",
        std::fs::read_to_string(bench.path("tipstat.toml"))
            .unwrap()
            .replace("[tables]", "[tables]\nregions = \"own.csv\""),
    );
    bench.run("run").says(warning);
    for folder in ["own", "all"] {
        assert_eq!(world(folder, "A"), (400.0, 400.0), "{folder}");
        for file in ["manifest.json", "report.html"] {
            let text = std::fs::read_to_string(bench.path(&format!("{folder}/{file}"))).unwrap();
            assert!(text.contains("own (own scheme) holds SCG"), "{folder}/{file}");
        }
    }
}

/// 40 persons from some country of Africa have 1 to 40 citizenships, or share that of the Nigerians; stateless persons are one code.
/// The number of countries of victims detected somewhere in Europe is not known.
#[test]
fn a_region_is_one_citizenship_or_more() {
    let records = "KHM,2020,F,20,R002,40\nKHM,2020,F,20,XXA,20\nTHA,2020,F,20,NGA,50\nTHA,2020,F,20,R002,12\n\
         THA,2020,F,20,R019009,10\nLAO,2020,F,20,XXA,30\nVNM,2020,F,20,VNM,30\nR150,2020,F,20,NGA,40\n";
    let bench = bench(records);
    bench.run("run -q").succeeds();
    bench.run("combine out/release --tables flows --out all -q").succeeds();
    bench.run("combine out/restricted/store --tables flows --out of-store -q").succeeds();
    for folder in ["out/release", "all", "of-store"] {
        let table = format!("{folder}/tables/flows.csv");
        let origins = |area: &str| bounds(&bench, &table, "ORIGINS_N", &[("REF_AREA", area), ("ORIGIN", "_T")]);
        let areas = ["KHM", "THA", "LAO", "VNM"].map(origins);
        assert_eq!(areas, [(2.0, 41.0), (2.0, 23.0), (1.0, 1.0), (1.0, 1.0)], "{folder}");
        // NGA, VNM and stateless persons for certain, and at least one of America or Oceania. Of 52 of Africa each may have another citizenship.
        assert_eq!(origins("M49_035"), (4.0, 65.0), "{folder}");
    }
    let of_origin = |area: &str, origin: &str| {
        let at = [("REF_AREA", area), ("ORIGIN", origin)];
        bounds(&bench, "out/release/tables/flows.csv", "DESTINATIONS_N", &at)
    };
    assert_eq!(["NGA", "_T", "VNM"].map(|origin| of_origin("M49_001", origin)), [(2.0, 41.0), (5.0, 44.0), (1.0, 1.0)]);
    assert_eq!(of_origin("M49_035", "NGA"), (1.0, 1.0));
}

/// An own scheme lacks Germany, and the area of some persons is not known. The scheme's root has them, and Germany is in no sum. The
/// root is one line: with a total of all areas besides, it was two lines of different counts.
#[test]
fn an_area_without_region_is_in_no_sum_with_unknown_areas() {
    let scheme = "code,parent,en\nOW,,All\nOA,OW,A\nOB,OW,B\nFRA,OA,\nCHN,OB,\nITA,OA,\n";
    let config = "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\n\
        [tables]\npacks = [\"victims-detected\"]\nregions = \"own.csv\"\n";
    let (germany, unknown) = ("DEU,2021,F,20,20\n", "_U,2021,F,20,15\n");
    // The root of the release, and of `combine`, which leaves out persons whose area is not known.
    for (records, roots) in [
        (format!("FRA,2021,F,20,40\nCHN,2021,F,20,30\n{germany}{unknown}"), [Some("85"), Some("70")]),
        (format!("FRA,2021,F,20,40\nCHN,2021,F,20,30\n{germany}"), [Some("70"), Some("70")]),
        (format!("FRA,2021,F,20,40\nITA,2021,F,20,30\n{germany}{unknown}"), [Some("85"), None]),
        (format!("FRA,2021,F,20,40\n{germany}{unknown}"), [Some("55"), None]),
        (format!("{germany}{unknown}"), [None, None]),
    ] {
        let bench = Bench::new()
            .file("in.csv", format!("area,year,sex,age,count\n{records}"))
            .file("own.csv", scheme)
            .file("tipstat.toml", config);
        bench.run("run -q").succeeds();
        bench.run("combine out/release --regions own.csv --tables victims-detected --out all -q").succeeds();
        for (folder, root) in ["out/release", "all"].into_iter().zip(roots) {
            let all = rows(&bench.path(&format!("{folder}/tables/victims-detected.csv")));
            let is = |row: &&Row| row["INDICATOR"] == "DETV_N" && row["TIME_PERIOD"] == "2021";
            let mut areas: Vec<&str> = all.iter().filter(is).map(|row| row["REF_AREA"].as_str()).collect();
            let number = areas.len();
            areas.sort_unstable();
            areas.dedup();
            assert_eq!(areas.len(), number, "{folder}: a line is there twice\n{records}");
            let found = all.iter().filter(is).find(|row| row["REF_AREA"] == "OW").map(|row| row["OBS_VALUE"].as_str());
            assert_eq!(found, root, "{folder}\n{records}");
            assert!(!areas.contains(&"_T"), "{folder}: {areas:?}");
        }
    }
}
