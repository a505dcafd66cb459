//! Stores: nothing is counted that was not written, no person twice, and of foreign files nothing is believed.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, UInt64Array};
use tipstat::internals::pipeline::CubeStore;
use tipstat::internals::schema::Registry;

use crate::support::{Bench, cube_cells, rows, store_rows, with_checksum};

const HEADER: &str = "area,year,sex,age,person_id\n";

fn copied(bench: &Bench, to: &str) {
    bench.write(to, std::fs::read(bench.path("store/store/0001.parquet")).unwrap());
}

/// A store of 30 records; every command that opens a store.
fn store() -> Bench {
    let bench = Bench::new().file("in.csv", format!("area,year,sex,age\n{}", "KHM,2022,F,20\n".repeat(30)));
    bench.run("ingest in.csv --out store -q").succeeds();
    bench.write("more.csv", "area,year,sex,age\nKHM,2021,F,20\n");
    bench
}

const COMMANDS: [&str; 5] = [
    "cube store --dims sex --out cube.parquet",
    "tabulate store --tables victims-detected --out release",
    "tabulate store/store --tables victims-detected --out release",
    "combine store --tables victims-detected --out release",
    "ingest more.csv --append --out store",
];

/// A copy, a hidden folder, what an engine has not finished, other letters: each would double the store.
#[test]
fn a_file_that_is_not_in_the_list_is_refused_by_its_name() {
    for name in [
        "store/0001 - Copy.parquet",
        "store/.hidden/0001.parquet",
        "store/_temporary/0/part-0.parquet",
        "store/0001.PARQUET",
        "0001 - Copy.parquet",
    ] {
        let bench = store();
        copied(&bench, &format!("store/{name}"));
        if name.ends_with("PARQUET") && bench.path("store/store").read_dir().unwrap().count() == 1 {
            continue; // A file system that knows no case has overwritten the file with itself.
        }
        for command in COMMANDS {
            bench.run(command).fails(
                1,
                &format!(
                    "error[store/differs]: the files of the store are not those of its `run.json`\n  --> store/{name}\n   \
                     = found: a file that is not in the list\nhint: move what does not belong there out of the store; else \
                     make it again with `tipstat ingest FILE --profile NAME --out STORE`\n"
                ),
            );
        }
    }
}

/// What the program writes itself, and what file managers leave, does no harm.
#[test]
fn other_files_do_no_harm() {
    let bench = store();
    bench.write("store/.DS_Store", "x");
    bench.write("store/store/Thumbs.db", "x");
    copied(&bench, "store/base.parquet");
    copied(&bench, "store/cubes/cube.parquet");
    for command in COMMANDS {
        bench.run(&format!("{command} -q")).succeeds();
        let _ = std::fs::remove_dir_all(bench.path("release"));
    }
}

#[test]
fn a_file_that_is_missing_or_was_changed_is_refused() {
    let bench = store();
    let file = bench.path("store/store/0001.parquet");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    for command in COMMANDS {
        bench.run(command).refuses("  --> store/store/0001.parquet\n   = found: a file of the list is missing");
    }
    bench.write("store/store/0001.parquet", &bytes[..bytes.len() - 1]);
    bench.run(COMMANDS[0]).refuses("   = found: the file was changed");

    // Every byte counts, one bit at a time.
    let registry = Registry::built_in();
    let open = || CubeStore::open(&registry, &bench.path("store"), None);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        std::fs::write(&file, &changed).unwrap();
        let error = open().expect_err("a changed file is not counted");
        assert!(error.to_string().contains("not those of its `run.json`"), "byte {at}: {error}");
    }
    std::fs::write(&file, &bytes).unwrap();
    open().unwrap();
}

/// A store that lists no files, as earlier versions made them.
#[test]
fn a_store_without_a_list_is_refused() {
    let bench = store();
    let file = bench.path("store/run.json");
    let mut run: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!((&run["parts"][0]["file"], &run["parts"][0]["rows"]), (&"0001.parquet".into(), &30.into()));
    run.as_object_mut().unwrap().shift_remove("parts");
    std::fs::write(&file, with_checksum(&serde_json::to_string_pretty(&run).unwrap())).unwrap();
    for command in COMMANDS {
        bench.run(command).fails(
            1,
            "error[store/differs]: the store does not list its files, so nothing shows whether they are all there\n  \
             --> store/run.json\nhint: it was made by an earlier version: make it again with \
             `tipstat ingest FILE --profile NAME --out STORE`\n",
        );
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(bench.run(COMMANDS[0]).code, Some(2));
}

/// The store of a run, and one to which files were added, list all of their files.
#[test]
fn runs_and_appended_files_are_listed() {
    let bench = store();
    bench.run("ingest more.csv --append --out store -q").succeeds();
    bench.run("cube store --dims year --out cube.parquet -q").succeeds();
    assert_eq!(cube_cells(&bench.path("cube.parquet"))["_T"], (31, 31));
    let bench = crate::support::small_run();
    bench.run("run -q").succeeds();
    bench.run("cube out/restricted --dims sex --out cube.parquet -q").succeeds();
    assert_eq!(cube_cells(&bench.path("cube.parquet"))["_T"], (250, 250));
    copied_within(&bench, "out/restricted/store/0001.parquet", "out/restricted/store/copy.parquet");
    bench.run("cube out/restricted --dims sex --out no.parquet").refuses("error[store/differs]");
}

fn copied_within(bench: &Bench, from: &str, to: &str) {
    bench.write(to, std::fs::read(bench.path(from)).unwrap());
}

/// A base that is kept is not used once it was changed.
#[test]
fn a_base_that_was_changed_is_counted_anew() {
    let bench = store();
    let cube = "cube store --dims sex --keep kept --out cube.parquet --force";
    bench.run(&format!("{cube} -q")).succeeds();
    let kept = bench.path("kept").read_dir().unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&kept).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&kept, bytes).unwrap();
    let ran = bench.run(cube);
    assert!(ran.succeeds().stderr.contains("counted anew: 1; taken as they were kept: 0"), "{}", ran.stderr);
    assert_eq!(cube_cells(&bench.path("cube.parquet"))["_T"], (30, 30));
}

/// Two stores under one key hold one record of A1 twice: it counts once. Her record of another year, and that of a person
/// whose age differs, are records of their own.
#[test]
fn a_record_of_two_stores_counts_once() {
    let many = |first: u32| (first..first + 40).map(|n| format!("KHM,2022,M,30,B{n}\n")).collect::<String>();
    let bench = Bench::new()
        .file("a.csv", format!("{HEADER}KHM,2022,F,17,A1\nKHM,2022,F,20,A2\n{}", many(0)))
        .file("b.csv", format!("{HEADER}KHM,2022,F,17,A1\nKHM,2023,F,17,A1\nKHM,2022,F,21,A2\n{}", many(40)))
        .file("key", "a secret that is hard to guess 123")
        .file("other", "another secret that is hard to guess");
    for (file, key, store) in [("a", "key", "a"), ("b", "key", "b"), ("a", "other", "c"), ("b", "key", "d")] {
        bench.run(&format!("ingest {file}.csv --person-key-file {key} --out {store} -q")).succeeds();
    }
    bench.run("ingest a.csv --out plain -q").succeeds();
    bench.run("ingest a.csv b.csv --person-key-file key --out both -q").succeeds();
    assert_eq!(store_rows(&bench.path("both"), &["sex"]).len(), 84);

    let tabulate = |stores: &str, out: &str| {
        bench.run(&format!("tabulate {stores} --tables victims-detected --synthetic --out {out}"))
    };
    tabulate("a b", "once")
        .succeeds()
        .says("records that repeat one of another store count once\n")
        .says(&conflict("b"));
    tabulate("both", "together").succeeds();
    let total = |out: &str| {
        let rows = rows(&bench.path(out).join("tables/victims-detected.csv"));
        let is_total = |row: &&crate::support::Row| row["TIME_PERIOD"] == "_T" && row["INDICATOR"] == "DETV_N";
        rows.iter().find(is_total).unwrap()["OBS_VALUE"].clone()
    };
    assert_eq!([total("once"), total("together")], ["84", "84"]);

    // Under another key, or none, persons cannot be compared. A store is never mixed with it.
    let hints = "make one of them again under the key of the other: \
        `tipstat ingest FILE --profile NAME --person-key-file FILE --out STORE`\n\
        hint: otherwise a person who is in both would be counted twice\n";
    tabulate("a c", "no").fails(
        1,
        "error[store/already-there]: a file was read into two of the stores\n  --> c\n   = first: a\n\
         hint: leave one of them out: its records would be counted twice\n",
    );
    tabulate("b c", "no").fails(
        1,
        &format!("error[store/other-key]: the persons of the stores are under different keys\n  --> c\n   = first: b\nhint: {hints}"),
    );
    tabulate("b plain", "no").fails(
        1,
        &format!(
            "error[store/other-key]: the persons of one store are under a key, and those of another under none\n  \
             --> plain\n   = first: b\nhint: {hints}"
        ),
    );
    bench.run("combine b c --tables victims-detected --out no").refuses("error[store/other-key]");
    assert!(!bench.path("no").exists());

    // The same holds for what is appended.
    bench.run("ingest b.csv --append --person-key-file other --out a").fails(
        1,
        "error[store/other-key]: the persons of the store are under another key\n  --> a\n\
         hint: pass the key with which the store was made: `--person-key-file FILE`\n\
         hint: without it a person who is in the store already would be counted again\n",
    );
    bench
        .run("ingest b.csv --append --out a")
        .refuses("error[store/other-key]: the persons of the store are under a key, and none is named");
    bench.run("ingest b.csv --append --person-key-file key --out a -q").succeeds();
    assert_eq!(store_rows(&bench.path("a"), &["sex"]).len(), 84);

    // Two stores without a key cannot be compared, and that is said.
    bench.run("ingest b.csv --out bare -q").succeeds();
    tabulate("plain bare", "bare-release").succeeds().says("a person who is in two of them counts twice");
}

/// The finding about persons of whom two stores have different records.
fn conflict(stores: &str) -> String {
    format!(
        "warning[record/person-conflict]: an earlier record has the same person, area and year, with other values\n   \
         = stores: {stores}, and one named earlier\nhint: `tipstat explain record/person-conflict` says what is counted\n"
    )
}

/// The fingerprint is in the store, is the same for the same key, and is not the key.
#[test]
fn a_fingerprint_tells_keys_apart() {
    let secret = "a secret that is hard to guess 123";
    let bench = Bench::new()
        .file("in.csv", format!("{HEADER}KHM,2022,F,17,A1\n"))
        .file("key", secret)
        .file("other", "another secret that is hard to guess");
    let fingerprint = |key: &str, store: &str| {
        bench.run(&format!("ingest in.csv {key} --out {store} -q")).succeeds();
        let run = std::fs::read_to_string(bench.path(store).join("run.json")).unwrap();
        assert!(!run.contains(secret));
        serde_json::from_str::<serde_json::Value>(&run).unwrap()["person_key"].clone()
    };
    let first = fingerprint("--person-key-file key", "a");
    assert_eq!(first.as_str().unwrap().len(), 32);
    assert_eq!(fingerprint("--person-key-file key", "b"), first);
    assert_ne!(fingerprint("--person-key-file other", "c"), first);
    assert!(fingerprint("", "d").is_null());
}

/// Writes a base of KHM and THA with these columns of counts.
fn base(bench: &Bench, name: &str, count: ArrayRef, upper: ArrayRef) {
    let area: ArrayRef = Arc::new(StringArray::from(vec!["KHM", "THA", "KHM", "THA"]));
    let sex: ArrayRef = Arc::new(StringArray::from(vec!["F", "F", "M", "M"]));
    let columns = [("area", area), ("sex", sex), ("count", count), ("count_upper", upper)];
    let batch = arrow::record_batch::RecordBatch::try_from_iter(columns).unwrap();
    let path = bench.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    // Two row groups of two rows; the writer says that it is this program.
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_max_row_group_row_count(Some(2))
        .set_created_by("tipstat 0.1.0".to_owned())
        .build();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// What is not a count is refused with its row group and column, whatever type the other engine chose.
#[test]
fn a_base_is_looked_at_number_by_number() {
    let int = |values: [i64; 4]| -> ArrayRef { Arc::new(Int64Array::from(values.to_vec())) };
    let float = |values: [f64; 4]| -> ArrayRef { Arc::new(Float64Array::from(values.to_vec())) };
    let big = i64::MAX;
    let cases: [(&str, ArrayRef, ArrayRef, u32, &str, &str); 9] = [
        ("fraction", float([1.0, 2.0, 5.8, 1.0]), int([9; 4]), 2, "count", "a value is no whole number"),
        ("upper", int([1; 4]), float([1.0, 2.5, 3.0, 4.0]), 1, "count_upper", "a value is no whole number"),
        (
            "nan",
            float([1.0, f64::NAN, 1.0, 1.0]),
            int([9; 4]),
            1,
            "count",
            "a value is negative, larger than 64 bits, or no number",
        ),
        (
            "huge",
            float([1.0, 1.0, 1e300, 1.0]),
            int([9; 4]),
            2,
            "count",
            "a value is negative, larger than 64 bits, or no number",
        ),
        (
            "negative",
            int([1, 1, 1, -5]),
            int([9; 4]),
            2,
            "count",
            "a value is negative, larger than 64 bits, or no number",
        ),
        ("below", int([1, 1, 7, 1]), int([9, 9, 6, 9]), 2, "count_upper", "`count_upper` is below `count`"),
        ("sum", int([1; 4]), int([big, 1, 1, 1]), 1, "count_upper", "the sum up to here is beyond 2^63"),
        ("later", int([1; 4]), int([big - 2, 2, 1, 1]), 2, "count_upper", "the sum up to here is beyond 2^63"),
        ("text", Arc::new(StringArray::from(vec!["1"; 4])), int([9; 4]), 1, "count", "the values are no numbers"),
    ];
    let bench = Bench::new();
    for (name, count, upper, group, column, found) in cases {
        base(&bench, &format!("{name}.parquet"), count, upper);
        bench.run(&format!("cube --from-base {name}.parquet --dims area,sex --out cube.parquet")).refuses(&format!(
            "error[base/not-a-count]: the column `{column}` holds what is no count\n  --> {name}.parquet, row group {group}, \
             column `{column}`\n   = found: {found}\n"
        ));
    }
    // Whole numbers are counts, whatever their type.
    let unsigned: ArrayRef = Arc::new(UInt64Array::from(vec![4u64; 4]));
    base(&bench, "good.parquet", float([1.0, 2.0, 3.0, 4.0]), unsigned);
    bench.run("cube --from-base good.parquet --dims area,sex --out cube.parquet -q").succeeds();
    assert_eq!(cube_cells(&bench.path("cube.parquet"))["_T"], (10, 16));
}

/// An engine writes a base as the files of one folder; what it has not finished is not counted.
#[test]
fn a_base_is_one_folder() {
    let ones = || -> ArrayRef { Arc::new(Int64Array::from(vec![1i64; 4])) };
    let bench = Bench::new().file("spark/_SUCCESS", "").file("spark/.part-0.parquet.crc", "x");
    base(&bench, "spark/part-0.snappy.parquet", ones(), ones());
    base(&bench, "spark/part-1.snappy.parquet", ones(), ones());
    bench.run("cube --from-base spark --dims sex --out cube.parquet -q").succeeds();
    assert_eq!(cube_cells(&bench.path("cube.parquet"))["_T"], (8, 8));
    base(&bench, "spark/_temporary/0/part-2.parquet", ones(), ones());
    bench
        .run("cube --from-base spark --dims sex --out no.parquet")
        .refuses("error[store/differs]: the folder of the base holds a file that is not part of it\n  --> spark/_temporary/0/part-2.parquet");
    // A base is not a store.
    bench.run("tabulate spark --tables victims-detected --out no").code_is(2);
}

/// The second store holds one record of the first and THA's own; the third holds nothing else. `combine` counts each once.
#[test]
fn combine_counts_a_record_of_two_stores_once() {
    let many =
        |area: &str, from: u32| (from..from + 40).map(|n| format!("{area},2022,F,20,{area}{n}\n")).collect::<String>();
    let bench = Bench::new()
        .file("a.csv", format!("{HEADER}{}", many("KHM", 0)))
        .file("b.csv", format!("{HEADER}KHM,2022,F,20,KHM7\n{}", many("THA", 0)))
        .file("c.csv", format!("{HEADER}KHM,2022,F,20,KHM8\n"))
        .file("key", "a secret that is hard to guess 123");
    for name in ["a", "b", "c"] {
        bench.run(&format!("ingest {name}.csv --person-key-file key --out {name} -q")).succeeds();
    }
    for (at, more) in ["", " --overlap first"].into_iter().enumerate() {
        let run = format!("combine a b c --tables victims-detected{more} --out out{at}");
        bench.run(&run).succeeds();
        let rows = rows(&bench.path(&format!("out{at}/tables/victims-detected.csv")));
        let value = |area: &str| {
            let is = |row: &&crate::support::Row| {
                row["REF_AREA"] == area && row["TIME_PERIOD"] == "2022" && row["INDICATOR"] == "DETV_N"
            };
            rows.iter().find(is).map_or("none".to_owned(), |row| row["OBS_VALUE"].clone())
        };
        assert_eq!(["KHM", "THA", "M49_035"].map(value), ["40", "40", "80"]);
    }
}

/// Her age differs in the second store, so both records count, and that is reported as `--append` does. What differs within one
/// store was reported when it was made.
#[test]
fn records_of_a_person_that_differ_between_stores_are_reported() {
    let many = |area: &str, age: u8| (0..40).map(|n| format!("{area},2022,F,{age},{area}{n}\n")).collect::<String>();
    let bench = Bench::new()
        .file("a.csv", format!("{HEADER}{}KHM,2022,F,30,KHM1\n", many("KHM", 20)))
        .file("b.csv", format!("{HEADER}{}KHM,2022,F,31,KHM3\n", many("THA", 20)))
        .file("c.csv", format!("{HEADER}{}THA,2022,F,30,THA1\n", many("VNM", 20)))
        .file("key", "a secret that is hard to guess 123");
    for name in ["a", "b", "c"] {
        bench.run(&format!("ingest {name}.csv --person-key-file key --out {name} -q")).succeeds();
    }
    let tables = "--tables victims-detected --synthetic";
    bench.run(&format!("tabulate a b c {tables} --out all")).succeeds().says(&conflict("b, c"));
    let ran = bench.run(&format!("tabulate a c {tables} --out apart"));
    assert!(!ran.succeeds().stdout.contains("person-conflict"), "{}", ran.stdout);
    let ran = bench.run(&format!("tabulate a b {tables} --format json --out json"));
    let made: serde_json::Value = serde_json::from_str(&ran.succeeds().stdout).unwrap();
    assert_eq!((&made["conflicts"], &made["repeated"]), (&serde_json::json!(["b"]), &false.into()));
    bench.run(&format!("combine a b {tables} --overlap first --out combined")).succeeds().says(&conflict("b"));
    bench.run("ingest b.csv --append --person-key-file key --out a").succeeds().says("warning[record/person-conflict]");
}

/// Two offices sent different files, which are coded alike: no file is counted twice.
#[test]
fn files_that_are_coded_alike_are_not_the_same_file() {
    let file = |office: &str| format!("area,year,sex,age,note\n{}", format!("KHM,2022,F,17,{office}\n").repeat(20));
    let bench = Bench::new().file("a.csv", file("office A")).file("b.csv", file("office B"));
    for name in ["a", "b"] {
        bench.run(&format!("ingest {name}.csv --out {name} -q")).succeeds();
    }
    let [a, b] = ["a", "b"].map(|name| std::fs::read(bench.path(&format!("{name}/store/0001.parquet"))).unwrap());
    assert_eq!(a, b);
    bench.run("tabulate a b --tables victims-detected --out out -q").succeeds();
    let rows = rows(&bench.path("out/tables/victims-detected.csv"));
    let total = rows.iter().find(|row| row["INDICATOR"] == "DETV_N" && row["TIME_PERIOD"] == "2022").unwrap();
    assert_eq!(total["OBS_VALUE"], "40");

    let twice = "error[store/already-there]: the same store is named twice";
    bench.run("tabulate a b a --tables victims-detected --out no").refuses(twice);
    bench.run("tabulate a a/store --tables victims-detected --out no").refuses(twice);
    // A copy of the store holds the same file.
    for file in ["run.json", "store/0001.parquet"] {
        bench.write(&format!("copy/{file}"), std::fs::read(bench.path(&format!("a/{file}"))).unwrap());
    }
    bench
        .run("tabulate a copy --tables victims-detected --out no")
        .refuses("error[store/already-there]: a file was read into two of the stores\n  --> copy\n   = first: a\n");
}

fn packed(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut out, text.as_bytes()).unwrap();
    out.finish().unwrap()
}

/// One file under two names, or packed, would be counted twice, by whatever command.
#[test]
fn a_file_that_is_read_twice_is_refused() {
    let text = format!("area,year,sex,age\n{}", "KHM,2022,F,20\n".repeat(30));
    let run =
        |path: &str| format!("[release]\nid = \"x\"\ntitle = \"x\"\n{path}[tables]\npacks = [\"victims-detected\"]\n");
    let bench = Bench::new()
        .file("r.csv", &text)
        .file("r - Copy.csv", &text)
        .file("copy.csv", &text)
        .file("r.csv.gz", packed(&text))
        .file("again.csv.zst", zstd::encode_all(text.as_bytes(), 3).unwrap())
        .file("pattern.toml", run("[[input]]\npath = \"r*.csv\"\n"))
        .file("two.toml", run("[[input]]\npath = \"r.csv\"\n[[input]]\npath = \"copy.csv\"\n"));
    let refused = |place: &str, first: &str| {
        format!(
            "error[store/already-there]: the same file is named twice\n  --> {place}\n{first}\
             hint: leave one of them out: its records would be counted twice\n"
        )
    };
    for (files, place, first) in [
        ("r.csv r.csv", "r.csv", ""),
        ("r.csv copy.csv", "copy.csv", "   = first: r.csv\n"),
        ("r.csv r.csv.gz", "r.csv.gz", "   = first: r.csv\n"),
        ("again.csv.zst r.csv.gz", "r.csv.gz", "   = first: again.csv.zst\n"),
    ] {
        bench.run(&format!("ingest {files} --out no")).fails(1, &refused(place, first));
        bench.run(&format!("validate {files}")).fails(1, &refused(place, first));
    }
    bench.run("run pattern.toml --out no").fails(1, &refused("r.csv", "   = first: r - Copy.csv\n"));
    bench.run("run two.toml --out no").fails(1, &refused("copy.csv", "   = first: r.csv\n"));
    assert!(!bench.path("no").exists() || bench.path("no").read_dir().unwrap().next().is_none());

    // The packed file is known again when it is appended, and in another store.
    bench.run("ingest r.csv.gz --out packed -q").succeeds();
    bench
        .run("ingest r.csv --append --out packed")
        .refuses("error[store/already-there]: the same file is in the store already");
    bench.run("ingest r.csv --out plain -q").succeeds();
    bench
        .run("tabulate packed plain --tables victims-detected --out twice")
        .refuses("a file was read into two of the stores");

    // Nothing is counted twice of files without a record.
    for name in ["empty.csv", "none.csv"] {
        bench.write(name, "area,year,sex,age\n");
    }
    bench.run("ingest r.csv empty.csv none.csv --out with-empty -q").succeeds();
    assert_eq!(store_rows(&bench.path("with-empty"), &["sex"]).len(), 30);
}

/// One file of a store is compared with the list of that store, however it is named.
#[test]
fn one_file_of_a_store_is_compared_with_its_list() {
    let bench = store();
    let cube = |store: &str| bench.run(&format!("cube {store} --dims sex --out cube.parquet --force"));
    let forms = ["store/store/0001.parquet", "--from-base store/store/0001.parquet", "--from-base store/store"];
    for form in forms {
        cube(form).succeeds();
        assert_eq!(cube_cells(&bench.path("cube.parquet"))["_T"], (30, 30));
    }
    // Elsewhere a file is a base.
    copied(&bench, "elsewhere.parquet");
    copied(&bench, "store/base.parquet");
    cube("--from-base elsewhere.parquet").succeeds();
    cube("--from-base store/base.parquet").succeeds();

    bench.run("ingest more.csv --out other -q").succeeds();
    copied_within(&bench, "other/store/0001.parquet", "store/store/0001.parquet");
    let what = "error[store/differs]: the files of the store are not those of its `run.json`\n  --> store/store/";
    for form in forms {
        cube(form).refuses(&format!("{what}0001.parquet\n   = found: the file was changed"));
    }
    copied_within(&bench, "elsewhere.parquet", "store/store/0001.parquet");
    for name in ["copy.parquet", ".hidden/0001.parquet"] {
        copied_within(&bench, "elsewhere.parquet", &format!("store/store/{name}"));
        for form in ["", "--from-base "] {
            cube(&format!("{form}store/store/{name}"))
                .refuses(&format!("{what}{name}\n   = found: a file that is not in the list"));
        }
        std::fs::remove_file(bench.path(&format!("store/store/{name}"))).unwrap();
    }
    std::fs::remove_file(bench.path("store/run.json")).unwrap();
    cube("store/store/0001.parquet").succeeds();
}

/// Two sheets of one workbook are two files: each is appended once.
#[test]
fn sheets_of_a_workbook_are_files_of_their_own() {
    let bench = Bench::new();
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, cases) in [("North", 20), ("South", 30)] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        for row in 0..=cases {
            let cells = if row == 0 { ["area", "year", "sex", "age"] } else { ["KHM", "2022", "F", "20"] };
            for (column, cell) in cells.into_iter().enumerate() {
                sheet.write_string(row, column as u16, cell).unwrap();
            }
        }
        let maps: String =
            ["area", "year", "sex", "age"].map(|id| format!("[[map]]\nfield = \"{id}\"\ncolumn = \"{id}\"\n")).concat();
        bench.write(
            &format!("own/profiles/{name}.toml"),
            format!(
                "id = \"{name}\"\ntitle = \"t\"\nsource = \"s\"\nrecord = \"victim@1\"\nsheet = \"{name}\"\n{maps}"
            ),
        );
    }
    book.save(bench.path("book.xlsx")).unwrap();
    let ingest = |profile: &str, out: &str| {
        bench.run(&format!("ingest book.xlsx --schemas own --profile {profile} --out {out} -q"))
    };
    ingest("North", "store").succeeds();
    ingest("South", "store --append").succeeds();
    assert_eq!(store_rows(&bench.path("store"), &["sex"]).len(), 50);
    ingest("South", "store --append").refuses("error[store/already-there]");
    ingest("North", "north").succeeds();
    ingest("South", "south").succeeds();
    bench.run("tabulate north south --schemas own --tables victims-detected --synthetic --out out -q").succeeds();
}

/// A damaged `run.json` is named, and no input of it is forgotten: it could be counted twice.
#[test]
fn a_damaged_statement_is_refused() {
    let bench = crate::support::small_run();
    bench.run("ingest records.csv --schema victim --out store -q").succeeds();
    bench.write("more.csv", "area,year,sex,age\nKHM,2022,F,20\n");
    let whole = std::fs::read_to_string(bench.path("store/run.json")).unwrap();
    let input = whole.replace("\"persons\": ", "\"persons\": 1");
    let coverage = whole.replacen('{', "{\"coverage\": 7,", 1);
    let cut = whole[..whole.len() / 2].to_owned();
    // As earlier versions wrote it.
    let without = whole.split(",\n  \"checksum\"").next().unwrap().to_owned() + "\n}\n";
    assert!(serde_json::from_str::<serde_json::Value>(&without).is_ok());
    for damaged in [&*cut, &*input, &*coverage, &*with_checksum(&input), &*with_checksum(&coverage), &*without] {
        assert_ne!(damaged, whole);
        bench.write("store/run.json", damaged);
        bench.run("tabulate store --tables victims-detected --out made -q").refuses("error[store/differs]");
        let before = crate::support::contents(&bench.path(""));
        for file in ["records.csv", "more.csv"] {
            let appended = bench.run(&format!("ingest {file} --schema victim --out store --append -q"));
            assert!(appended.code != Some(0), "{damaged}");
        }
        assert!(crate::support::contents(&bench.path("")) == before);
    }
}

/// Every changed byte is seen, be it in a name or a count that no other file confirms, in whatever document the program reads
/// again.
#[test]
fn a_changed_byte_of_a_statement_is_refused() {
    let bench = Bench::new().file("in.csv", "area,year,sex,age\nKHM,2022,F,17\nKHM,2022,Q,18\n");
    bench.run("ingest in.csv --schema victim --out store --quarantine kept --max-rejects 90% -q").succeeds();
    bench.write("kept/0001-in.csv", "area,year,sex,age\nKHM,2022,M,18\n");
    let refusal = "changed, or was written by an earlier version";
    for (file, commands) in [
        ("store/run.json", &["cube store --dims sex --out made", "ingest kept/0001-in.csv --out store --append"][..]),
        ("kept/quarantine.json", &["ingest kept/0001-in.csv --out store --append"]),
    ] {
        let written = std::fs::read(bench.path(file)).unwrap();
        let letters = (0..written.len()).filter(|&at| written[at].is_ascii_alphanumeric());
        for at in letters.step_by(7) {
            let mut changed = written.clone();
            changed[at] = if written[at] == b'1' { b'2' } else { b'1' };
            bench.write(file, &changed);
            for command in commands {
                let ran = bench.run(&format!("{command} -q"));
                let is_named = ran.stderr.contains(refusal) && ran.stderr.contains(file);
                assert!(ran.code != Some(0) && is_named, "byte {at}, {command}: {}", ran.stderr);
            }
        }
        bench.write(file, &written);
    }
    for command in ["cube store --dims sex --out made", "ingest kept/0001-in.csv --out store --append"] {
        bench.run(&format!("{command} -q")).succeeds();
    }
}

/// A base that the program wrote is refused where a byte of its counts or codes was changed. One that another engine made of it
/// is another file.
#[test]
fn a_changed_byte_of_a_base_is_refused() {
    let bench = crate::support::small_run();
    bench.run("ingest records.csv --schema victim --out store -q").succeeds();
    bench.run("cube store --dims area,sex,age --base-out base.parquet -q").succeeds();
    let cube = "cube --from-base base.parquet --dims sex --out cube.parquet --force -q";
    bench.run(cube).succeeds();
    let written = std::fs::read(bench.path("base.parquet")).unwrap();
    // Pages come first, then indices that are not read, then the end with the metadata. The checksum begins with a number.
    let text = String::from_utf8_lossy(&written).into_owned();
    let stated = text.split("tipstat.checksum").nth(1).unwrap().trim_start_matches(|c: char| !c.is_ascii_digit());
    let end: usize = stated.split(' ').next().unwrap().parse().unwrap();
    assert!(end > 100 && end < written.len(), "{end}");
    for at in (4..end).step_by(end / 30) {
        let mut changed = written.clone();
        changed[at] ^= 1;
        bench.write("base.parquet", &changed);
        bench.run(cube).refuses("error[file/damaged]");
    }
    let by = written.windows(10).position(|text| text == b"tipstat 0.").unwrap();
    let mut other = written.clone();
    other[by] = b'x';
    bench.write("base.parquet", &other);
    bench.run(cube).succeeds();
}
