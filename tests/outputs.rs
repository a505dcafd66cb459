//! `--force` deletes no files of others: outputs that meet an input are refused, and only what bears the program's mark is
//! replaced.

use crate::support::{Bench, contents, small_run};

/// Files of records, a store, a base, a key, a folder of schemas, and a run whose input is where its release would be.
fn world() -> Bench {
    let rows = "area,year,sex,age\n".to_owned() + &"KHM,2022,F,20\n".repeat(30);
    let run = "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"release/in.csv\"\nschema = \"victim\"\n";
    let bench = Bench::new()
        .file("in.csv", &rows)
        .file("data/in.csv", &rows)
        .file("release/in.csv", &rows)
        .file("tipstat.toml", run)
        .file("key", "a secret that is hard to guess 123")
        .file("mine/lists/note.txt", "x");
    bench.run("ingest in.csv --out store -q").succeeds();
    bench.run("cube store --dims sex --base-out base.parquet -q").succeeds();
    bench
}

#[test]
fn an_output_does_not_take_the_place_of_an_input() {
    let bench = world();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("in.csv", bench.path("linked.csv")).unwrap();
        std::os::unix::fs::symlink("store", bench.path("linked")).unwrap();
        std::fs::hard_link(bench.path("in.csv"), bench.path("second.csv")).unwrap();
    }
    let before = contents(&bench.path(""));
    let (is, holds, lies) = ("the output is an input", "the output holds an input", "the output is inside");
    let mut cases = vec![
        ("validate in.csv --rejects in.csv --force", is),
        ("validate in.csv --unresolved ./new/../in.csv --force", is),
        ("validate data/*.csv --rejects data/../data/in.csv --force", is),
        ("ingest in.csv --out in.csv --force", is),
        ("ingest data/in.csv --out data --force", holds),
        ("ingest data/in.csv --out new --quarantine data --force", holds),
        ("ingest in.csv --person-key-file key --out key --force", is),
        ("ingest in.csv --schemas mine --out mine --force", "the output is the folder of schemas"),
        ("ingest store/store/0001.parquet --out store --append", holds),
        ("cube store --dims sex --out store --force", is),
        ("cube store --dims sex --out store/store/0001.parquet --force", lies),
        ("cube store/store --dims sex --out store/cube.parquet", lies),
        ("cube store --dims sex --base-out store/store/0001.parquet --force", lies),
        ("cube store --dims sex --keep store/kept --out cube.parquet", lies),
        ("cube store --dims sex --keep store --out cube.parquet", is),
        ("cube --from-base base.parquet --dims sex --out base.parquet --force", is),
        ("schema infer in.csv --out in.csv --force", is),
        ("schema infer in.csv --out new.toml --pack-out in.csv --force", is),
        ("tabulate store --tables victims-detected --out store --force", is),
        ("tabulate store --tables victims-detected --out store/new", lies),
        ("tabulate store --tables victims-detected --out . --force", holds),
        ("tabulate store --tables victims-detected --config tipstat.toml --out tipstat.toml --force", is),
        ("combine store --tables victims-detected --out store/store --force", lies),
        ("run --out . --force", holds),
        ("run --out . --dry-run", holds),
        // Two outputs of one command.
        ("validate in.csv --rejects new.parquet --unresolved new.parquet", "the output is another output"),
        ("ingest in.csv --out new --quarantine new/rejected", "the output is inside another output"),
        ("cube store --dims sex --out new.parquet --base-out new.parquet", "the output is another output"),
        ("schema infer in.csv --out new.toml --pack-out ./new.toml", "the output is another output"),
    ];
    if cfg!(unix) {
        cases.extend([
            ("validate linked.csv --rejects in.csv --force", is),
            ("validate in.csv --rejects linked.csv --force", is),
            ("validate second.csv --rejects in.csv --force", is),
            ("cube linked --dims sex --out store/new.parquet", lies),
            ("tabulate store --tables victims-detected --out linked/new", lies),
        ]);
    }
    for (command, message) in cases {
        let ran = bench.run(command);
        assert!(ran.code == Some(1) && ran.stderr.contains(message), "{command}: {:?}\n{}", ran.code, ran.stderr);
    }
    assert!(contents(&bench.path("")) == before, "a refused command changes nothing");
    // Next to an input there is room.
    bench.run("validate data/in.csv --rejects data/rejects.parquet -q").succeeds();
}

/// A folder stands for the run file or the keyring in it, and outputs may lie next to those.
#[test]
fn a_folder_that_stands_for_a_file_is_no_input() {
    let bench = small_run();
    bench.run("run . -q").succeeds();
    bench.run("tabulate out/restricted --config . --tables victims-detected --out new -q").succeeds();
    for name in ["keyring.toml", "khm.pub"] {
        bench.write(name, std::fs::read(crate::support::project().join("tests/trust/keys").join(name)).unwrap());
    }
    bench.run("combine new --keyring . --unsigned new --tables victims-detected --out all -q").succeeds();
    bench
        .run("combine new --keyring . --unsigned new --tables victims-detected --out keyring.toml --force")
        .refuses("is an input");
    bench.run("run . --force -q").succeeds();
}

/// What is confidential does not get into a release, and nothing gets into a store, by a path.
#[test]
fn an_output_does_not_lie_in_a_release_or_a_store() {
    let bench = small_run();
    bench.run("run -q").succeeds();
    bench.run("ingest records.csv --schema victim --out store -q").succeeds();
    let before = contents(&bench.path("out"));
    for command in [
        "ingest records.csv --schema victim --out out/release/store",
        "validate records.csv --schema victim --rejects out/release/tables/rejects.parquet",
        "cube store --dims sex --out out/restricted/cube.parquet",
        "tabulate store --tables victims-detected --out out/release/tables/new",
        "schema infer records.csv --out out/restricted/draft.toml",
        "generate records --records 5 --out out/release/records.csv",
    ] {
        bench.run(command).refuses("the output is inside a");
    }
    assert!(contents(&bench.path("out")) == before);
}

/// Files that look like the program's own, but were written by somebody, stay where they are.
#[test]
fn what_bears_no_mark_is_not_replaced() {
    let bench = world();
    let mine = Vec::from(*b"PAR1 mine, and not the program's \x04\x00\x00\x00PAR1");
    for name in
        ["mine.parquet", "a/mine.parquet", "b/run.json", "b/store/0001.parquet", "c/quarantine.json", "d/manifest.json"]
    {
        bench.write(name, &mine);
    }
    bench.run("generate records --records 20 --seed 7 --out generated.csv -q").succeeds();
    let generated = std::fs::read_to_string(bench.path("generated.csv")).unwrap();
    let heading = generated.lines().next().unwrap();
    bench.write("e.csv", format!("{heading}\nreal records"));
    bench.write("f.csv", "file,column,text\nmine");
    bench.write("g.toml", "id = \"mine\"\n");
    std::fs::create_dir(bench.path("h")).unwrap();
    let before = contents(&bench.path(""));
    for command in [
        "validate in.csv --rejects mine.parquet",
        "validate in.csv --unresolved f.csv",
        "cube store --dims sex --out mine.parquet",
        "cube store --dims sex --base-out mine.parquet",
        "cube store --dims sex --out a",
        "cube store --dims sex --out e.csv",
        "ingest in.csv --out a",
        "ingest in.csv --out b",
        "ingest in.csv --out data",
        "ingest in.csv --out new --quarantine c",
        "ingest in.csv --out new --quarantine data",
        "tabulate store --tables victims-detected --out d",
        "tabulate store --tables victims-detected --out data",
        "schema infer in.csv --out g.toml",
        "schema infer in.csv --out h",
        "generate records --records 20 --seed 7 --out e.csv",
        "generate records --records 20 --seed 7 --out in.csv",
    ] {
        let ran = bench.run(&format!("{command} --force"));
        assert!(ran.code == Some(1), "{command}: {:?}\n{}", ran.code, ran.stderr);
        assert!(ran.stderr.starts_with("error[release/exists]"), "{command}: {}", ran.stderr);
    }
    assert!(contents(&bench.path("")) == before, "a refused command changes nothing");
}

/// What the program wrote is replaced, and so is an empty folder.
#[test]
fn what_bears_the_mark_is_replaced() {
    let bench = world();
    bench.write(
        "wrong.csv",
        "area,year,sex,age\nKHM,2022,F,20\nKHM,2022,Q,20\n".to_owned() + &"KHM,2022,F,20\n".repeat(30),
    );
    std::fs::create_dir(bench.path("new")).unwrap();
    for command in [
        "ingest wrong.csv --out new --quarantine rejected",
        "validate wrong.csv --rejects r.parquet --unresolved u.csv --max-rejects 50%",
        "cube new --dims sex --out cube.parquet --base-out base.parquet",
        "cube new --dims sex --out cubes",
        "schema infer wrong.csv --out draft.toml",
        "tabulate new --tables victims-detected --out release",
        "generate records --records 20 --seed 7 --messy --out g.csv",
    ] {
        // The release takes no place that holds an input of somebody else.
        let command = command.replace("--out release", "--out tables");
        for _ in 0..2 {
            bench.run(&format!("{command} --force -q")).succeeds();
        }
    }
    // More records of the same seed are the program's as well.
    bench.run("generate records --records 40 --seed 7 --messy --out g.csv --force -q").succeeds();
}

/// Rejected records that somebody corrected are the only copy of that work.
#[test]
fn corrected_records_are_not_replaced() {
    let bench = Bench::new().file("in.csv", "area,year,sex,age\nKHM,2022,F,20\nKHM,2022,Q,20\n");
    let ingest = "ingest in.csv --out store --quarantine rejected --max-rejects 90% --force -q";
    bench.run(ingest).succeeds();
    bench.run(ingest).succeeds();
    bench.write("rejected/0001-in.csv", "area,year,sex,age\nKHM,2022,M,20\n");
    let before = contents(&bench.path(""));
    bench.run(ingest).fails(
        1,
        "error[release/exists]: rejected records were corrected, or kept by an earlier version, so they are not replaced\n  \
         --> rejected/0001-in.csv\n\
         hint: feed the corrected records with `--append`, or choose another folder with `--quarantine`\n",
    );
    assert!(contents(&bench.path("")) == before);
    bench.run("ingest rejected/0001-in.csv --out store --append -q").succeeds();
}

/// A later command would take such an output for what a killed run left, and move or remove it.
#[test]
fn an_output_has_no_name_of_work_in_progress() {
    let bench = world();
    let before = contents(&bench.path(""));
    let previous = ".tipstat-store.previous";
    for name in [".tipstat-commit", previous, ".tipstat-store-1-0", ".tipstat-store.lock", ".tipstat-x/store"] {
        for command in [
            format!("ingest data/in.csv --out {name}"),
            format!("ingest data/in.csv --out store --append --quarantine {name}"),
            format!("tabulate store --tables victims-detected --out {name} --force"),
            format!("cube store --dims sex --out {name}"),
            format!("cube store --dims sex --out cubes --keep {name}"),
            format!("generate records --records 20 --out {name}"),
            format!("schema infer data/in.csv --out {name}"),
            format!("key new {name}"),
        ] {
            let ran = bench.run(&command);
            ran.code_is(2);
            assert!(ran.stderr.starts_with("error: tipstat uses such names for work"), "{command}: {}", ran.stderr);
            assert!(contents(&bench.path("")) == before, "{command}");
        }
    }
}

/// A name that no rename can give is refused before any work is done.
#[test]
fn an_output_that_cannot_be_put_into_place_is_refused_at_the_start() {
    let bench = world();
    // A file that is never read: the refusal comes first.
    bench.write("broken.csv", "no,such,columns\n");
    let before = contents(&bench.path(""));
    let long = "a".repeat(256);
    for name in ["made/.", "made/./", "new/../made/.", &*long, &*format!("made/{long}"), &*format!("{long}/made")] {
        for command in [
            format!("ingest broken.csv --schema victim --out {name}"),
            format!("ingest broken.csv --schema victim --out store --append --quarantine {name}"),
            format!("validate broken.csv --schema victim --rejects {name}"),
            format!("tabulate store --tables victims-detected --out {name}"),
            format!("combine store --tables victims-detected --out {name}"),
            format!("cube store --dims sex --out {name}"),
            format!("generate records --records 20 --out {name}"),
            format!("key new {name}"),
        ] {
            let ran = bench.run(&command);
            assert!(ran.stderr.contains("so nothing was written"), "{command}: {}", ran.stderr);
            assert!(contents(&bench.path("")) == before, "{command}");
        }
    }
    // The longest name that the system allows is one.
    bench.run(&format!("ingest data/in.csv --out {} -q", &long[1..])).succeeds();
    bench.run(&format!("cube {} --dims sex --out {} -q", &long[1..], "b".repeat(255))).succeeds();
    bench.run(&format!("ingest data/in.csv --out {} --force -q", &long[1..])).succeeds();
}

#[cfg(unix)]
#[test]
fn a_link_is_not_replaced() {
    let bench = world();
    for (name, target) in [("cube.parquet", "base.parquet"), ("new", "store"), ("u.csv", "in.csv")] {
        std::os::unix::fs::symlink(target, bench.path(name)).unwrap();
    }
    let before = contents(&bench.path(""));
    for command in [
        "cube store --dims sex --out cube.parquet --force",
        "ingest data/in.csv --out new --force",
        "validate data/in.csv --unresolved u.csv --force",
    ] {
        bench.run(command).refuses("what is there is a link, so it is not replaced");
    }
    assert!(contents(&bench.path("")) == before && bench.path("new").is_symlink());
}
