//! Regions and populations that a user brings along as a CSV file.

use crate::support::{Bench, rows};

/// Twenty women in each of two countries, thirty in a third.
fn bench() -> Bench {
    let mut text = "area,year,sex,age\n".to_owned();
    for (area, count) in [("KHM", 20), ("THA", 20), ("NGA", 30)] {
        text.push_str(&format!("{area},2020,F,30\n").repeat(count));
    }
    let bench = Bench::new().file("in.csv", text);
    bench.run("ingest in.csv --schema victim --out store -q").succeeds();
    bench
}

fn value(bench: &Bench, table: &str, indicator: &str, area: &str) -> String {
    let found = rows(&bench.path(&format!("rel/tables/{table}.csv")));
    let row = found.iter().find(|row| {
        let total = |column: &str| row.get(column).is_none_or(|code| code == "_T");
        let is_row = row["INDICATOR"] == indicator && row["REF_AREA"] == area && row["TIME_PERIOD"] == "2020";
        is_row && total("SEX") && total("AGE")
    });
    row.map_or("no row".to_owned(), |row| format!("{} of {}", row["OBS_VALUE"], row["N_AREAS"]))
}

/// Two countries of a project of one's own, one that is in no region, and populations of one's own: 40 victims of 2,000,000
/// people are 2 in 100,000, and 20 of 800,000 are 2.5.
#[test]
fn own_regions_and_populations() {
    let bench = bench()
        .file("mekong.csv", "\u{feff}code,parent,en\nMEKONG,,Mekong countries\nKHM,MEKONG,\nTHA,MEKONG,\nLAO,MEKONG,\n")
        .file(
            "census.csv",
            "area,year,F_Y0T17,F_Y_GE18,M_Y0T17,M_Y_GE18\nKHM,2020,100000,300000,100000,300000\nTHA,2020,200000,400000,200000,400000\n",
        );
    let run = "tabulate store --tables victims-detected,victims-rate --out rel --force -q";
    bench.run(&format!("{run} --regions mekong.csv --populations census.csv")).succeeds();
    assert_eq!(value(&bench, "victims-detected", "DETV_N", "MEKONG"), "40 of 2");
    assert_eq!(value(&bench, "victims-rate", "DETV_RATE", "MEKONG"), "2 of 2");
    assert_eq!(value(&bench, "victims-rate", "DETV_RATE", "KHM"), "2.5 of 1");
    assert_eq!(value(&bench, "victims-rate", "DETV_RATE", "NGA"), " of 0");
    let manifest = std::fs::read_to_string(bench.path("rel/manifest.json")).unwrap();
    assert!(manifest.contains("\"mekong (own scheme)\"") && manifest.contains("\"census (own populations)\""));
    let labels = std::fs::read_to_string(bench.path("rel/labels.csv")).unwrap();
    assert!(labels.contains("Mekong countries"));
    assert!(!manifest.contains(&*bench.path("").to_string_lossy()));

    // A run file names them by their place next to it.
    bench.write(
        "tipstat.toml",
        "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\nschema = \"victim\"\n[tables]\n\
         packs = [\"victims-detected\"]\nregions = \"mekong.csv\"\n",
    );
    bench.run("run tipstat.toml --out out -q").succeeds();
    let found = rows(&bench.path("out/release/tables/victims-detected.csv"));
    assert!(found.iter().any(|row| row["REF_AREA"] == "MEKONG" && row["OBS_VALUE"] == "40"));
}

#[test]
fn a_scheme_that_means_nothing_is_refused() {
    let bench = bench();
    for (table, message) in [
        ("code,parent,en\nR,,x\nCambodia,R,\n", "`Cambodia` is neither an area nor the parent of one"),
        ("code,parent,en\nKHM,R,\n", "`KHM` is in `R`, which is not a region"),
        ("code,parent,en\nA,B,\nB,A,\nKHM,A,\n", "a cycle of regions"),
        ("code,parent,en\nR,,x\nKHM,R,\nKHM,R,\n", "`KHM` occurs twice"),
        ("code,parent,en\nR,,x\n", "no area is in a region"),
        ("code,parent,en\nNOR,,Nordic\nSWE,NOR,\n", "the region `NOR` has the code of a country"),
        ("code,parent,en\n_T,,x\nKHM,_T,\n", "`_T` cannot be a code"),
        ("code,parent,en\n", "the table has no row"),
        ("area;region\nKHM;R\n", "the row is not a code, its parent and labels by language"),
    ] {
        bench.write("own.csv", table);
        bench.run("tabulate store --tables victims-detected --regions own.csv --out rel -q").refuses(message);
        assert!(!bench.path("rel").exists());
    }
}

/// Tables have one total, so two regions without one lie in all of the scheme: 20 + 20 and 30 persons are 70.
#[test]
fn a_scheme_without_a_total_gets_one() {
    let bench = bench().file("own.csv", "code;parent;en\nX;;Here\nKHM;X;\nTHA;X;\nZ;;There\nNGA;Z;\n");
    bench.run("tabulate store --tables glotip --regions own.csv --out rel -q").succeeds();
    let value_of = |area: &str| value(&bench, "victims-detected", "DETV_N", area);
    assert_eq!([value_of("X"), value_of("OWN_ALL")], ["40 of 2", "70 of 3"]);
}

/// A population of zero has no rate, and what cannot be right is refused.
#[test]
fn populations_that_cannot_be_right_are_refused() {
    let bench = bench();
    for (row, message) in [
        ("KHM,2020,0,0,0,0", "the population of KHM in 2020 cannot be right"),
        ("KHM,2020,9223372036854775807,1,1,1", "the population of KHM in 2020 cannot be right"),
        ("KHM,2020,2600,5500,2700,5900", "the population of KHM in 2020 may be in thousands"),
        ("KHM,2020,1,2,3,4", "the population of KHM in 2020 may be in millions"),
        ("Cambodia,2020,1,1,1,1", "there is no area `Cambodia`"),
        ("KHM,2020,1.5,1,1,1", "the row is not an area, a year and four whole numbers"),
    ] {
        bench.write("p.csv", format!("area,year,F_Y0T17,F_Y_GE18,M_Y0T17,M_Y_GE18\n{row}\n"));
        bench.run("tabulate store --tables victims-rate --populations p.csv --out rel -q").refuses(message);
    }
    // One country of a region has no population, so the share of the others is not known.
    bench.write("p.csv", "area,year,F_Y0T17,F_Y_GE18,M_Y0T17,M_Y_GE18\nKHM,2020,100000,300000,100000,300000\n");
    bench.run("tabulate store --tables victims-rate --populations p.csv --out rel -q").succeeds();
    let found = rows(&bench.path("rel/tables/victims-rate.csv"));
    assert!(found.iter().any(|row| row["REF_AREA"] == "M49_035"));
    assert!(found.iter().all(|row| row["POP_COVERAGE"].is_empty()));
}

/// There are populations of the row's own year, of one sex and of one age group.
#[test]
fn a_population_that_does_not_exist_is_refused() {
    let bench = bench();
    for (choice, wrong) in [
        ("TIME_PERIOD=-1", "TIME_PERIOD=-1"),
        ("TIME_PERIOD=first, SEX=_T", "TIME_PERIOD=first"),
        ("SEX=F+M", "SEX=F+M"),
        ("SEX=_O", "SEX=_O"),
        ("AGE=Y0T17+Y_GE18", "AGE=Y0T17+Y_GE18"),
        ("AGE=_U", "AGE=_U"),
        ("FORM=_T", "FORM=_T"),
    ] {
        bench.write(
            "s/indicators/own.toml",
            format!(
                "id = \"own\"\ncatalogue = \"own\"\nparagraph = \"own\"\npacks = []\ndimensions = [\"REF_AREA\", \"TIME_PERIOD\"]\n\
                 title = {{ en = \"Own\" }}\n[[measure]]\nid = \"R\"\nformula = \"100000 * count / population[{choice}]\"\n\
                 unit = \"RT\"\ntitle = {{ en = \"Rate\" }}\n"
            ),
        );
        let message = format!("error[schema/check]: `R`: there are no populations of `{wrong}`\n");
        bench.run("--schemas s tabulate store --tables own --out rel --force -q").refuses(&message);
    }
}
