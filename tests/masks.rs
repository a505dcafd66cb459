//! Records that stand for an interval: never read as 0, as 5 or as nothing.

use proptest::prelude::*;
use tipstat::internals::aggregate::Cube;

use crate::support::{Bench, counted, drafts, exact};

fn most(cube: &Cube, codes: &[&str]) -> u64 {
    let nodes: Vec<u16> = codes.iter().zip(&cube.dimensions).map(|(code, d)| d.find(code).unwrap() as u16).collect();
    cube.upper(cube.cell(&nodes))
}

/// 40 women and one group of 0 to 4; 30 men: 40 to 44 women, 30 men, 70 to 74 persons.
#[test]
fn bounds_of_masks_add_up() {
    let text = "area,year,sex,age,count\nKHM,2022,F,Y_GE18,40\nKHM,2022,F,Y_GE18,<5\nKHM,2022,M,Y_GE18,30\n";
    let (record, base) = counted(text, None);
    let drafts = drafts(&record, &base, &["victims-by-profile"]);
    let cube = &drafts[0].cube;
    for (sex, least, greatest) in [("F", 40, 44), ("M", 30, 30), ("_T", 70, 74)] {
        let codes: Vec<&str> = cube
            .dimensions
            .iter()
            .map(|d| match d.dimension.as_str() {
                "REF_AREA" => "KHM",
                "TIME_PERIOD" => "2022",
                "SEX" => sex,
                _ => "Y_GE18",
            })
            .collect();
        assert_eq!((exact(cube, &codes), most(cube, &codes)), (least, greatest), "{sex}");
    }
}

/// The same through a release: the bounds hold the interval, and the value the exact count, and shares have bounds too.
#[test]
fn a_release_tells_the_interval() {
    let bench = Bench::new()
        .file("in.csv", "area,year,sex,age,count\nKHM,2022,F,Y_GE18,40\nKHM,2022,F,Y_GE18,<5\nKHM,2022,M,Y_GE18,30\n")
        .file("tipstat.toml", "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\n[tables]\npacks = [\"victims-by-profile\"]\n");
    bench.run("run").succeeds();
    let table = std::fs::read_to_string(bench.path("out/release/tables/victims-by-profile.csv")).unwrap();
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|heading| *heading == name).unwrap();
    let row = |indicator: &str, sex: &str, age: &str| -> Vec<String> {
        let rows = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let mut found = rows.filter(|row| {
            row[column("INDICATOR")] == indicator
                && row[column("REF_AREA")] == "KHM"
                && row[column("TIME_PERIOD")] == "2022"
                && row[column("SEX")] == sex
                && row[column("AGE")] == age
        });
        let row = found.next().unwrap_or_else(|| panic!("no row {indicator} {sex} {age} in\n{table}"));
        ["OBS_VALUE", "OBS_STATUS", "LOWER_BOUND", "UPPER_BOUND"].map(|name| row[column(name)].to_owned()).to_vec()
    };
    assert_eq!(row("DETV_N", "F", "Y_GE18"), ["", "Q", "40", "44"]);
    assert_eq!(row("DETV_N", "M", "Y_GE18"), ["30", "A", "", ""]);
    assert_eq!(row("DETV_N", "_T", "_T"), ["", "Q", "70", "74"]);
    // Men are 30 of 70 to 74: 40.5405 to 42.8572 percent, rounded outwards.
    assert_eq!(row("DETV_PROFILE_PT", "M", "Y_GE18"), ["", "Q", "40.5405", "42.8572"]);
}

/// What a mask hides in its source is not found in the release: a group of 0 to 4 alone is suppressed like any other.
#[test]
fn a_small_mask_is_protected_like_a_small_count() {
    let bench = Bench::new()
        .file("in.csv", "area,year,sex,age,count\nKHM,2022,F,Y_GE18,1-3\nKHM,2022,M,Y_GE18,30\nKHM,2022,F,Y0T17,25\nKHM,2022,M,Y0T17,40\n")
        .file("tipstat.toml", "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\n[tables]\npacks = [\"victims-by-profile\"]\n");
    bench.run("run").succeeds().says("audit by interval propagation: 0 unsafe");
    let table = std::fs::read_to_string(bench.path("out/release/tables/victims-by-profile.csv")).unwrap();
    for line in table.lines().filter(|line| line.contains(",KHM,2022,F,Y_GE18,") && line.contains(",DETV_N,")) {
        assert!(!line.contains(",1,3,"), "{line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Least and greatest counts of every cell equal naive sums of the bounds that were written.
    #[test]
    fn every_cell_has_the_sums_of_its_bounds(
        rows in prop::collection::vec((0..2usize, 0..2usize, 0..3usize, 1..9u64, 1..9u64), 1..40)
    ) {
        let (sexes, ages) = (["F", "M"], ["Y0T17", "Y_GE18"]);
        let mut text = "area,year,sex,age,count\n".to_owned();
        let mut sums = std::collections::BTreeMap::new();
        for (sex, age, kind, a, b) in rows {
            let (count, least, greatest) = match kind {
                0 => (a.to_string(), a, a),
                1 => (format!("<{}", a + 1), 0, a),
                _ => (format!("{}-{}", a.min(b), a.max(b)), a.min(b), a.max(b)),
            };
            text.push_str(&format!("KHM,2022,{},{},{count}\n", sexes[sex], ages[age]));
            for key in [(sexes[sex], ages[age]), (sexes[sex], "_T"), ("_T", ages[age]), ("_T", "_T")] {
                let sum: &mut (u64, u64) = sums.entry(key).or_default();
                *sum = (sum.0 + least, sum.1 + greatest);
            }
        }
        let (record, base) = counted(&text, None);
        let drafts = drafts(&record, &base, &["victims-by-profile"]);
        let cube = &drafts[0].cube;
        for ((sex, age), (least, greatest)) in sums {
            let codes: Vec<&str> = cube.dimensions.iter().map(|d| match d.dimension.as_str() {
                "REF_AREA" => "KHM",
                "TIME_PERIOD" => "2022",
                "SEX" => sex,
                _ => age,
            }).collect();
            prop_assert_eq!((exact(cube, &codes), most(cube, &codes)), (least, greatest), "{} {}", sex, age);
        }
    }
}

/// Country A does not collect the dimension and its sources are masked: the cells show that, and hold no zero.
#[test]
fn masked_sources_do_not_make_zeros_of_what_is_not_collected() {
    let bench = Bench::new()
        .file("a.csv", "area,year,sex,age,count\nTHA,2022,F,Y_GE18,<5\nTHA,2022,M,Y_GE18,<30\n")
        .file("b.csv", "area,year,sex,age,disability,count\nKHM,2022,F,Y_GE18,PD,40\nKHM,2022,M,Y_GE18,PWD,60\n")
        .file(
            "tipstat.toml",
            "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"*.csv\"\n[tables]\npacks = [\"victims-by-disability\"]\n",
        );
    bench.run("run").succeeds();
    let table = std::fs::read_to_string(bench.path("out/release/tables/victims-by-disability.csv")).unwrap();
    for code in ["_K", "PD", "PWD"] {
        let row = format!("DETV_N,THA,_T,{code},_T,_T,,L,");
        assert!(table.contains(&row), "{row} is not in\n{table}");
    }
}

/// Releases of masked records alone are made, whatever the masks are: a lower bound of zero is not a secret.
#[test]
fn releases_of_masks_alone_are_made() {
    let bench = Bench::new().file(
        "tipstat.toml",
        "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\n[tables]\npacks = [\"victims-by-profile\"]\n",
    );
    let mut state = 154u64;
    for _ in 0..25 {
        let mut text = "area,year,sex,age,count\n".to_owned();
        for area in ["THA", "KHM"] {
            for sex in ["F", "M"] {
                for age in ["Y0T17", "Y_GE18"] {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let count = ["<5", "<10", "1-3", "12", "40", "≤20", "3"][(state >> 40) as usize % 7];
                    text.push_str(&format!("{area},2022,{sex},{age},{count}\n"));
                }
            }
        }
        bench.write("in.csv", &text);
        let ran = bench.run("run --force");
        assert_eq!(ran.code, Some(0), "{text}\n{}", ran.stderr);
        ran.says("audit by interval propagation: 0 unsafe");
    }
}
