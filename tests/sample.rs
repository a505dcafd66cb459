//! The sample's release: as expected byte for byte, whatever the number of threads and the order of the records.

use crate::support::{Bench, contents, project};

fn release(bench: &Bench) -> Vec<(String, Vec<u8>)> {
    contents(&bench.path("out/release"))
}

/// The sample is made again by `just sample`, which the change of any figure needs.
#[test]
fn the_release_is_the_expected_one() {
    let bench = Bench::new().with_sample();
    bench.run("run -q tipstat.toml").succeeds().says("SYNTHETIC DATA");
    let expected = contents(&project().join("sample-data").join("expected"));
    let made = release(&bench);
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&made), names(&expected));
    for ((name, made), (_, expected)) in made.iter().zip(&expected) {
        assert!(made == expected, "{name} differs from sample-data/expected");
    }
}

#[test]
fn one_two_and_eight_threads_give_the_same_bytes() {
    let bench = Bench::new().with_sample();
    bench.run("run -q --threads 1").succeeds();
    let (public, house) = (release(&bench), contents(&bench.path("out/restricted")));
    for threads in [2, 8] {
        bench.run(&format!("run -q --force --threads {threads}")).succeeds();
        assert!(release(&bench) == public, "{threads} threads");
        assert!(contents(&bench.path("out/restricted")) == house, "{threads} threads");
    }
}

/// Tables depend on the set of records, not on their order nor on the files that hold them.
#[test]
fn shuffled_and_split_inputs_give_the_same_tables() {
    let tables = |bench: &Bench| {
        let all = release(bench);
        all.into_iter().filter(|(name, _)| name.starts_with("tables/")).collect::<Vec<_>>()
    };
    let bench = Bench::new().with_sample();
    bench.run("run -q").succeeds();
    let expected = tables(&bench);

    let name = "records/national-2021-2023.csv";
    let text = std::fs::read_to_string(bench.path(name)).unwrap();
    let (header, body) = text.split_once('\n').unwrap();
    let mut lines: Vec<&str> = body.lines().collect();
    // A fixed shuffle: each line moves to a place that a multiplication picks.
    let mut order: Vec<(usize, &str)> =
        lines.iter().enumerate().map(|(at, line)| ((at * 7919) % 10_007, *line)).collect();
    order.sort_by_key(|(at, _)| *at);
    lines = order.into_iter().map(|(_, line)| line).collect();
    assert_ne!(lines[..20], body.lines().take(20).collect::<Vec<_>>()[..]);
    bench.write(name, format!("{header}\n{}\n", lines.join("\n")));
    bench.run("run -q --force").succeeds();
    assert!(tables(&bench) == expected, "a shuffled copy");

    std::fs::remove_file(bench.path(name)).unwrap();
    for (part, chunk) in lines.chunks(lines.len() / 6).enumerate() {
        bench.write(&format!("records/national-{part}.csv"), format!("{header}\n{}\n", chunk.join("\n")));
    }
    bench.run("run -q --force").succeeds();
    assert!(tables(&bench) == expected, "split into seven files");
}

#[test]
fn most_cells_of_the_main_tables_are_published() {
    let bench = Bench::new().with_sample();
    bench.run("run -q").succeeds();
    for table in ["victims-detected", "victims-by-profile", "victims-by-form", "victims-by-citizenship"] {
        let csv = std::fs::read_to_string(bench.path(&format!("out/release/tables/{table}.csv"))).unwrap();
        let counts = || csv.lines().filter(|line| line.contains(",DETV_N,"));
        let blank = counts().filter(|line| line.contains(",Q,C,")).count();
        // Zeros are no achievement: what counts is how many groups of people are shown.
        let shown = counts().filter(|line| line.contains(",A,F,") && !line.contains(",0,A,F,")).count();
        assert!(blank * 2 < shown, "{table}: {blank} counts are suppressed and {shown} shown");
    }
}

/// Whoever has the program alone gets the same release, and no file of theirs is touched.
#[test]
fn the_demo_is_the_sample() {
    let expected = contents(&project().join("sample-data").join("expected"));
    let bench = Bench::new();
    bench.run("demo new -q").succeeds().says("SYNTHETIC DATA");
    assert!(contents(&bench.path("new/out/release")) == expected);
    let before = contents(&bench.path("new"));
    bench.run("demo new -q").refuses("error[release/exists]").refuses("hint: name a new folder");
    assert!(contents(&bench.path("new")) == before);
    // What the hint at the end says works.
    bench.run("run new/tipstat.toml --out new/out --force -q").succeeds();

    let empty = Bench::new();
    empty.run("demo . -q").succeeds();
    assert!(contents(&empty.path("out/release")) == expected);
}
