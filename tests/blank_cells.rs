//! Empty cells are read column by column as others are. A file with a condition on its rows is read record by record: both give
//! the same store and the same findings.

use crate::support::{Bench, Random, store_rows};

const COLUMNS: [&str; 8] = ["area", "year", "sex", "age", "form", "citizenship", "migratory_status", "disability"];

/// Cells of each column: codes, empty cells, multiple values, and values that mean nothing.
const CELLS: [&[&str]; 8] = [
    &["KHM", "KHM", "THA", "VNM", "KHM", "THA", ""],
    &["2019", "2020", "2020", "2021", ""],
    &["F", "M", "", "_U", "_O", "x"],
    &["17", "30", "", "Y0T17", "_U", "-4"],
    &["SEX", "LAB", "SEX;LAB", "", ";", "SEX;x", "_U"],
    &["KHM", "THA", "", "_U", "XXA", "nowhere"],
    &["NAT_RES", "REFUGEE", "", "", "ASYLUM"],
    &["PWD", "", "", "_X"],
];

/// Records: most are filled, some are empty in many columns, and a few in all of them.
fn records(random: &mut Random, count: usize) -> String {
    let mut text = format!("{},person_id,always\n", COLUMNS.join(","));
    for _ in 0..count {
        let filled = random.of(&[10, 10, 7, 3, 0]);
        let cell = |cells: &'static [&'static str]| if random.below(10) < filled { random.of(cells) } else { "" };
        let mut cells: Vec<&str> = CELLS.iter().copied().map(cell).collect();
        // Of a row without any cell that is read, the other file reads one more.
        if cells.iter().all(|cell| cell.is_empty()) {
            cells[2] = "F";
        }
        let person = if random.below(3) == 0 { String::new() } else { format!("p{}", random.below(60)) };
        text.push_str(&format!("{},{person},a\n", cells.join(",")));
    }
    text
}

fn profile(id: &str, more: &str) -> String {
    let mut text = format!("id = \"{id}\"\ntitle = \"p\"\nsource = \"p\"\nrecord = \"victim@1\"\n{more}");
    for column in COLUMNS.iter().chain(&["person_id"]) {
        text.push_str(&format!("[[map]]\nfield = \"{column}\"\ncolumn = \"{column}\"\n"));
    }
    text
}

/// What is said of each field, and the rows of the store.
fn ingested(text: &str, profile: &str) -> (Vec<String>, Vec<String>, String) {
    let bench = Bench::new().file("in.csv", text).file("s/profiles/p.toml", profile);
    let ran = bench.run("ingest in.csv --schemas s --profile p --out st --max-rejects 100% --max-not-understood 100%");
    ran.succeeds();
    let lines = ran.stdout.lines().chain(ran.stderr.lines()).filter(|line| !line.contains("always"));
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    assert!(lines.iter().any(|line| line.contains("cell/recoded-unknown")), "{lines:?}");
    let run = std::fs::read(bench.path("st/run.json")).unwrap();
    let run: serde_json::Value = serde_json::from_slice(&run).unwrap();
    let input = &run["runs"][0]["inputs"][0];
    let fields = format!("{}\n{}", input["columns"], input["fields"]);
    assert!(fields.contains("\"filled\""), "{fields}");
    (lines, store_rows(&bench.path("st"), &COLUMNS), fields)
}

#[test]
fn empty_cells_are_read_in_columns_as_they_are_one_by_one() {
    for seed in 1..6 {
        let text = records(&mut Random::new(seed), 3000);
        let in_columns = ingested(&text, &profile("p", "[drop]\ncolumns = [\"always\"]\n"));
        let one_by_one = ingested(&text, &profile("p", "[skip]\nalways = [\"b\"]\n"));
        assert!(in_columns.1.len() > 100, "{}", in_columns.1.len());
        assert_eq!(in_columns.1, one_by_one.1, "seed {seed}");
        assert_eq!(in_columns.0, one_by_one.0, "seed {seed}");
        assert_eq!(in_columns.2, one_by_one.2, "seed {seed}");
    }
}
