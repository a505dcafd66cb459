//! Rejected records are kept whole, corrected, fed again, and complete the first run.

use serde_json::Value;

use crate::support::{Bench, files_below, slashed, store_rows, with_checksum};

const CASES: &str = "pais;anio_deteccion;sexo;edad\nBRA;2022;Mujer;17\nBRA;2022;Xx;18\nBRA;2022;Hombre;30;más\n\
    BRA;20222;\"Mujer\";\"18\"\nBRA;2022;Hombre;44\n";

fn run_json(bench: &Bench, store: &str) -> Value {
    serde_json::from_slice(&std::fs::read(bench.path(&format!("{store}/run.json"))).unwrap()).unwrap()
}

fn totals(run: &Value) -> [u64; 4] {
    ["records", "accepted", "rejected", "corrected"].map(|key| run[key].as_u64().unwrap())
}

const COLUMNS: [&str; 4] = ["area", "year", "sex", "age"];

#[test]
fn corrected_records_complete_the_first_run() {
    let latin: Vec<u8> = CASES.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let bench = Bench::new().file("cases.csv", latin);
    let flags = "--profile registro-es --max-rejects 90%";
    bench
        .run(&format!("ingest cases.csv {flags} --encoding latin1 --out store --quarantine kept -q"))
        .succeeds()
        .says("5 records read, 2 accepted, 3 rejected");
    assert_eq!(totals(&run_json(&bench, "store")), [5, 2, 3, 0]);
    let kept = std::fs::read_to_string(bench.path("kept/0001-cases.csv")).unwrap();
    let expected =
        "\u{feff}pais;anio_deteccion;sexo;edad\nBRA;2022;Xx;18\nBRA;2022;Hombre;30;más\nBRA;20222;\"Mujer\";\"18\"\n";
    assert_eq!(kept, expected);
    let reasons = std::fs::read_to_string(bench.path("kept/reasons.csv")).unwrap();
    assert_eq!(
        reasons,
        "file,record,line_in_source,column,rule\n1,1,3,sexo,cell/not-in-codelist\n1,2,4,,record/ragged\n\
         1,3,5,anio_deteccion,cell/not-in-codelist\n"
    );
    let table = |name: &str| std::fs::read_to_string(bench.path(&format!("kept/{name}"))).unwrap();
    assert_eq!(table("files.csv"), "number,file,source,records\n1,0001-cases.csv,cases.csv,3\n");
    assert_eq!(
        table("rules.csv"),
        "rule,findings,title\ncell/not-in-codelist,2,the value is not a code of the list\n\
         record/ragged,1,the record has more or fewer fields than the header\n"
    );

    // What is said of the source's encoding does no harm to the corrected file.
    let corrected = kept.replace("Xx", "Mujer").replace(";más", "").replace("20222", "2022");
    bench.write("kept/0001-cases.csv", &corrected);
    let append = format!("ingest kept/0001-cases.csv {flags} --encoding latin1 --out store --append -q");
    bench.run(&append).succeeds().says("3 records read, 3 accepted, 0 rejected");
    let run = run_json(&bench, "store");
    assert_eq!(totals(&run), [5, 5, 0, 3]);
    assert_eq!(run["runs"].as_array().unwrap().len(), 2);
    assert_eq!(run["runs"][1]["inputs"][0]["corrects"]["file"], "cases.csv");

    // The same rows as those of a source without a fault.
    bench.write("right.csv", CASES.replace("Xx", "Mujer").replace(";más", "").replace("20222", "2022"));
    bench.run(&format!("ingest right.csv {flags} --out right -q")).succeeds();
    let sorted = |store: &str| {
        let mut rows = store_rows(&bench.path(store), &COLUMNS);
        rows.sort();
        rows
    };
    assert_eq!(sorted("store"), sorted("right"));
    let files: Vec<_> = files_below(&bench.path("store")).iter().map(|path| slashed(path)).collect();
    let expected =
        ["rejects-0001.parquet", "rejects-0002.parquet", "run.json", "store/0001.parquet", "store/0002.parquet"];
    assert_eq!(files, expected);

    // The same file a second time would be counted twice.
    bench.run(&append).fails(
        1,
        "error[store/already-there]: the same file is in the store already\n  --> kept/0001-cases.csv\n\
         hint: leave it out: its records would be counted twice\n",
    );
    assert_eq!(totals(&run_json(&bench, "store")), [5, 5, 0, 3]);
}

/// What is corrected in part goes round again.
#[test]
fn corrections_are_made_in_rounds() {
    let bench = Bench::new().file("in.csv", "area,year,sex,age\nKHM,2022,Q,17\nKHM,2022,Q,18\nKHM,2022,F,18\n");
    bench.run("ingest in.csv --out store --quarantine one --max-rejects 90% -q").succeeds();
    bench.write("one/0001-in.csv", "area,year,sex,age\nKHM,2022,F,17\nKHM,2022,Q,18\n");
    bench.run("ingest one/0001-in.csv --out store --append --quarantine two --max-rejects 90% -q").succeeds();
    assert_eq!(totals(&run_json(&bench, "store")), [3, 2, 1, 2]);
    bench.write("two/0001-0001-in.csv", "area,year,sex,age\nKHM,2022,M,18\n");
    bench.run("ingest two/0001-0001-in.csv --out store --append -q").succeeds();
    assert_eq!(totals(&run_json(&bench, "store")), [3, 3, 0, 3]);
}

#[test]
fn every_form_is_kept_as_it_is() {
    let objects = "{\"area\":\"KHM\",\"year\":2022,\"sex\":\"Q\",\"age\":17}\n{\"area\":\"KHM\",\"year\":2022,\n\
        {\"area\":\"KHM\",\"year\":2022,\"sex\":\"F\",\"age\":17}\n";
    let broken = "area,year,sex,age\r\nKHM,2022,F,17\r\nKHM,2022,\"F,17\r\n\r\nKHM,2022,M\r\n";
    let bench = Bench::new().file("lines.jsonl", objects).file("broken.csv", broken);
    bench.run("ingest lines.jsonl broken.csv --out store --quarantine kept --max-rejects 90% -q").succeeds();
    let kept = |name: &str| std::fs::read_to_string(bench.path(&format!("kept/{name}"))).unwrap();
    assert_eq!(
        kept("0001-lines.jsonl"),
        "\u{feff}{\"area\":\"KHM\",\"year\":2022,\"sex\":\"Q\",\"age\":17}\n{\"area\":\"KHM\",\"year\":2022,\n"
    );
    assert_eq!(kept("0002-broken.csv"), "\u{feff}area,year,sex,age\nKHM,2022,\"F,17\nKHM,2022,M\n");
    // Nothing is written where nothing was rejected, and a previous folder is not overwritten.
    bench.write("right.csv", "area,year,sex,age\nKHM,2022,F,17\n");
    bench.run("ingest right.csv --out other --quarantine none -q").succeeds();
    let files: Vec<_> = files_below(&bench.path("none")).iter().map(|path| slashed(path)).collect();
    assert_eq!(files, ["files.csv", "quarantine.json", "reasons.csv", "rules.csv"]);
    bench.run("ingest right.csv --out third --quarantine kept -q").fails(
        1,
        "error[release/exists]: the output exists already and was left as it is\n  --> kept\n\
         hint: choose another place, or pass `--force` to replace it\n",
    );
    assert!(!bench.path("third").exists());
}

/// A row of figures cannot be fed again for one of them alone.
#[test]
fn rows_of_several_figures_are_not_kept() {
    let registry = tipstat::internals::schema::Registry::built_in();
    let profiles = registry.names(tipstat::internals::schema::SchemaKind::Profiles).unwrap();
    let load = |name: &String| tipstat::internals::schema::Profile::load(&registry, name).unwrap();
    let profile = profiles.iter().map(load).find(|profile| !profile.series.is_empty()).expect("a profile with series");
    let header: Vec<&str> = profile.columns().collect();
    let bench = Bench::new().file("in.csv", format!("{}\n", header.join(",")));
    let ran = bench.run(&format!("ingest in.csv --profile {} --out store --quarantine kept", profile.id));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("a row of this layout holds several figures"), "{}", ran.stderr);
    assert!(!bench.path("store").exists() && !bench.path("kept").exists());
}

/// With a key the persons of a store are known by their pseudonyms; without one, that they are not compared is said.
#[test]
fn persons_of_a_store_are_found_again() {
    let first = "area,year,sex,age,person_id\nKHM,2022,F,17,A1\nKHM,2022,M,18,A2\n";
    let second = "area,year,sex,age,person_id\nKHM,2022,F,17,A1\nKHM,2023,F,18,A1\nKHM,2022,M,30,A2\n";
    let bench =
        Bench::new().file("a.csv", first).file("b.csv", second).file("key", "a secret that is hard to guess 123");
    let key = "--person-key-file key";
    bench.run(&format!("ingest a.csv {key} --out store -q")).succeeds();
    let ran = bench.run(&format!("ingest b.csv {key} --out store --append -q"));
    ran.succeeds().says("3 records read, 2 accepted, 0 rejected, 1 duplicates").says("[record/person-conflict]");
    let together = bench.run(&format!("ingest a.csv b.csv {key} --out both -q"));
    together.succeeds().says("b.csv: 3 records read, 2 accepted, 0 rejected, 1 duplicates");

    bench.run("ingest a.csv --out plain -q").succeeds();
    let ran = bench.run("ingest b.csv --out plain --append -q");
    ran.succeeds().says("3 records read, 3 accepted").says("warning[file/persons-not-compared]");
    let ran = bench.run("ingest b.csv --out plain --append --conflicts merge");
    ran.fails(
        2,
        "error: records of one person cannot be merged with those of a store\n\
         hint: ingest all files together with `--conflicts merge`, or append with `--conflicts keep`\n",
    );
}

#[test]
fn what_is_no_store_is_not_added_to() {
    let bench = Bench::new().file("in.csv", "area,year,sex,age\nKHM,2022,F,17\n").file("store/other", "x");
    for out in ["store", "nothing"] {
        let ran = bench.run(&format!("ingest in.csv --out {out} --append"));
        ran.fails(
            2,
            &format!(
                "error: the folder is not a store to which records can be added\n  --> {out}\n\
                 hint: name a folder that `tipstat ingest` made, or leave out `--append` to make one\n"
            ),
        );
    }
}

/// One line of a file in UTF-8 is damaged. Alone it would look like another encoding, in which it would be right.
#[test]
fn a_damaged_line_stays_damaged_when_it_is_fed_again() {
    let right: String = ["España", "Perú", "México"].map(|name| format!("KHM,2022,F,17,{name}\n")).concat();
    let header = "area,year,sex,age,note\n";
    let damaged = [header.as_bytes(), right.as_bytes(), b"KHM,2022,F\xe9minin,17,\n"].concat();
    let objects = [
        "{\"area\":\"KHM\",\"year\":2022,\"sex\":\"F\",\"age\":17,\"note\":\"España, Perú, México\"}\n".as_bytes(),
        b"{\"area\":\"KHM\",\"year\":2022,\"sex\":\"F\xe9minin\",\"age\":17,\"note\":null}\n",
    ]
    .concat();
    let open = [header.as_bytes(), right.as_bytes(), b"KHM,2022,\"F\xe9minin,17,\n"].concat();
    let bench = Bench::new().file("in.csv", damaged).file("in.jsonl", objects).file("open.csv", open);
    for (at, name) in ["in.csv", "in.jsonl", "open.csv"].into_iter().enumerate() {
        let flags = "--max-rejects 90%";
        let (store, kept) = (format!("store-{at}"), format!("kept-{at}"));
        bench.run(&format!("ingest {name} {flags} --out {store} --quarantine {kept} -q")).succeeds();
        let file = format!("{kept}/0001-{name}");
        let bytes = std::fs::read(bench.path(&file)).unwrap();
        assert!(bytes.starts_with(b"\xef\xbb\xbf") && bytes.contains(&0xe9), "{name}");
        let ran = bench.run(&format!("validate {file} --encoding windows-1252"));
        ran.code_is(1);
        if name != "in.jsonl" {
            ran.says("1 records read, 0 accepted, 1 rejected");
        }
        assert!(!ran.stdout.contains("windows-1252") && !ran.stdout.contains(" 1 accepted"), "{}", ran.stdout);
    }
}

/// Cells at the ends of a line that are empty are kept, also between tabs.
#[test]
fn empty_cells_at_the_ends_of_a_line_are_kept() {
    let text = "\tarea\tyear\tsex\tage\t\n1\tKHM\t2022\tQ\t17\t\n2\tKHM\t2022\tF\t17\t\n3\tKHM\t2022\tF\t\"17\t\n";
    let bench = Bench::new().file("in.csv", text);
    let ran = bench.run("ingest in.csv --out store --quarantine kept --max-rejects 90% -q");
    ran.succeeds().says("3 records read, 1 accepted, 2 rejected");
    let kept = std::fs::read_to_string(bench.path("kept/0001-in.csv")).unwrap();
    assert_eq!(kept, "\u{feff}\tarea\tyear\tsex\tage\t\n1\tKHM\t2022\tQ\t17\t\n3\tKHM\t2022\tF\t\"17\t\n");
    bench.write("kept/0001-in.csv", kept.replace('Q', "M").replace('"', ""));
    bench.run("ingest kept/0001-in.csv --out store --append -q").succeeds().says("2 records read, 2 accepted");
}

/// What a round accepted is not counted again, and what it left out or rejected can still be fed.
#[test]
fn rounds_of_corrections_count_each_record_once() {
    let header = "area,year,sex,age\n";
    let rejected = ["KHM,2022,F,xx\n", "KHM,2022,F,yy\n"];
    let start = || {
        let bench = Bench::new().file("in.csv", format!("{header}{}KHM,2022,F,18\n", rejected.concat()));
        bench.run("ingest in.csv --out store --quarantine kept --max-rejects 90% -q").succeeds();
        bench
    };
    let (one, two, bad) = ("KHM,2022,F,41\n", "KHM,2022,F,42\n", rejected[1]);
    // What the first round feeds, and what it leaves: a record that is wrong again, or none.
    for (first, after) in [(format!("{one}{bad}"), [3, 2, 1, 2]), (one.to_owned(), [3, 2, 1, 1])] {
        let bench = start();
        let feed = |rows: &str, quarantine: &str| {
            bench.write("kept/0001-in.csv", format!("{header}{rows}"));
            bench.run(&format!("ingest kept/0001-in.csv --out store --append --max-rejects 90% -q {quarantine}"))
        };
        feed(&first, "--quarantine again").succeeds();
        assert_eq!(totals(&run_json(&bench, "store")), after);
        // More than is left, and as many but of them one that is there already.
        let what = "error[store/already-there]: the file holds more records than are left to correct\n";
        let ran = feed(&format!("{one}{two}"), "");
        ran.code_is(1);
        assert!(ran.stderr.starts_with(what), "{}", ran.stderr);
        let ran = feed(&one.replace("KHM", " KHM"), "");
        ran.fails(
            1,
            "error[store/already-there]: a record of the file is in the store already, from an earlier round of corrections\n  \
             --> kept/0001-in.csv\n\
             hint: leave out what an earlier round accepted: it would be counted twice\n\
             hint: records that a round rejects are kept by themselves with `--quarantine DIR`: correct that file\n\
             hint: another person with the same codes is fed from a file in another folder\n",
        );
        assert_eq!(totals(&run_json(&bench, "store")), after);
        feed(two, "").succeeds();
        assert_eq!(totals(&run_json(&bench, "store"))[..3], [3, 3, 0]);
    }
    // From the folder of the first round: two persons with the same codes are two persons.
    let bench = start();
    bench.write("kept/0001-in.csv", format!("{header}{one}{bad}"));
    let append = "--out store --append --max-rejects 90% -q";
    bench.run(&format!("ingest kept/0001-in.csv {append} --quarantine again")).succeeds();
    bench.write("again/0001-0001-in.csv", format!("{header}{one}"));
    bench.run(&format!("ingest again/0001-0001-in.csv {append}")).succeeds();
    assert_eq!(totals(&run_json(&bench, "store")), [3, 3, 0, 3]);
    bench.write("again/0001-0001-in.csv", format!("{header}{two}"));
    bench.run(&format!("ingest again/0001-0001-in.csv {append}")).code_is(1);
}

/// A damaged note is refused, and one that names another file is a finding.
#[test]
fn a_damaged_note_is_not_passed_over() {
    let bench = Bench::new().file("in.csv", "area,year,sex,age\nKHM,2022,F,17\nKHM,2022,Q,18\n");
    bench.run("ingest in.csv --out store --quarantine kept --max-rejects 90% -q").succeeds();
    let note = std::fs::read_to_string(bench.path("kept/quarantine.json")).unwrap();
    bench.write("kept/0001-in.csv", "area,year,sex,age\nKHM,2022,M,18\n");
    for records in ["\"1\"", "-5", "2.5", "null"] {
        let damaged = note.replace("\"records\": 1", &format!("\"records\": {records}"));
        assert_ne!(damaged, note);
        bench.write("kept/quarantine.json", with_checksum(&damaged));
        let ran = bench.run("ingest kept/0001-in.csv --out store --append -q");
        ran.code_is(2);
        assert!(ran.stderr.contains("--> kept/quarantine.json"), "{}", ran.stderr);
    }
    bench.write("kept/quarantine.json", "{");
    bench.run("ingest kept/0001-in.csv --out store --append -q").code_is(2);
    let digest = blake3::hash(b"another").to_hex().to_string();
    let entry = format!("{{\"0001-in.csv\":{{\"file\":\"in.csv\",\"digest\":\"{digest}\",\"records\":1}}}}");
    bench.write("kept/quarantine.json", with_checksum(&entry));
    let ran = bench.run("ingest kept/0001-in.csv --out store --append -q");
    ran.succeeds().says("warning[file/corrects-too-many]  1");
}

/// A false note makes no record vanish: it is believed up to what the file rejected, and once.
#[test]
fn a_false_note_is_believed_up_to_what_was_rejected() {
    let header = "area,year,sex,age\n";
    let bench = Bench::new().file("in.csv", format!("{header}KHM,2022,F,17\nKHM,2022,Q,18\n"));
    bench.run("ingest in.csv --out store --quarantine kept --max-rejects 90% -q").succeeds();
    assert_eq!(totals(&run_json(&bench, "store")), [2, 1, 1, 0]);
    // Two records for one that was rejected.
    bench.write("kept/0001-in.csv", format!("{header}KHM,2022,M,18\nKHM,2022,M,19\n"));
    let ran = bench.run("ingest kept/0001-in.csv --out store --append -q");
    ran.succeeds().says("warning[file/corrects-too-many]  1");
    assert_eq!(totals(&run_json(&bench, "store")), [3, 3, 0, 1]);
    // A further file that claims to correct what is corrected: records of its own come from another folder.
    bench.write("kept/0001-in.csv", format!("{header}KHM,2022,M,40\n"));
    bench.run("ingest kept/0001-in.csv --out store --append -q").code_is(1);
    bench.write("own.csv", format!("{header}KHM,2022,M,40\n"));
    bench.run("ingest own.csv --out store --append -q").succeeds();
    assert_eq!(totals(&run_json(&bench, "store")), [4, 4, 0, 1]);
    // A note that names a file from which nothing was rejected, and one that names the file itself.
    for (name, rows) in [("a.csv", "KHM,2022,F,50\n"), ("b.csv", "KHM,2022,Q,51\nKHM,2022,F,52\n")] {
        bench.write(&format!("false/{name}"), format!("{header}{rows}"));
        let digest = blake3::hash(format!("{header}{rows}").as_bytes()).to_hex().to_string();
        let note = format!("{{\"{name}\":{{\"file\":\"x\",\"digest\":\"{digest}\",\"records\":9}}}}");
        bench.write("false/quarantine.json", with_checksum(&note));
        bench.run(&format!("ingest false/{name} --out store --append --max-rejects 90% -q")).succeeds();
    }
    assert_eq!(totals(&run_json(&bench, "store")), [7, 6, 1, 1]);
}

/// A line of `reasons.csv` repeats neither the name of the file nor what the rule says, however long they are.
#[test]
fn reasons_take_a_short_line_each() {
    let name = format!("{}.csv", "a-long-name-of-a-file".repeat(5));
    let rows = "KHM,20222,Q,??\n".repeat(1000);
    let bench = Bench::new().file(&name, format!("area,year,sex,age\nKHM,2022,F,17\n{rows}"));
    bench.run(&format!("ingest {name} --out store --quarantine kept --max-rejects 100% -q")).succeeds();
    let reasons = std::fs::read_to_string(bench.path("kept/reasons.csv")).unwrap();
    assert_eq!(reasons.lines().count(), 1 + 3 * 1000);
    let longest = reasons.lines().skip(1).map(str::len).max().unwrap();
    assert_eq!(longest, "1,1000,1002,year,cell/not-in-codelist".len());
    assert!(!reasons.contains("a-long-name"));
}
