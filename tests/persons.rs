//! Persons: one victim in several records, and what may never be seen of any.

use crate::support::{Bench, CANARY, Random, Row, contents, rows, store_rows};

const COLUMNS: [&str; 6] = ["area", "sex", "age", "form", "citizenship", "migratory_status"];

const RECORDS: &str = "person_id,area,year,sex,age,form,citizenship,migratory_status\n\
    p1,KHM,2022,F,Y0T17,SEX,VNM,\n\
    p1,KHM,2022,F,Y9T17,LAB,VNM,\n\
    p1,KHM,2022,F,Y0T17,SEX,THA,FOR_IRREG\n\
    p2,KHM,2022,M,30,LAB,KHM,NAT_RES\n\
    p2,KHM,2022,M,30,LAB,KHM,NAT_RES\n\
    ,KHM,2022,M,30,LAB,KHM,\n\
    ,KHM,2022,M,30,LAB,KHM,\n";

/// Kept: three records of p1 are three, the repetition of p2 is one, and records without an id are never one.
/// Merged: p1 is one person with both forms, the finer age, the known status, and a citizenship that is not certain.
#[test]
fn records_of_one_person_are_kept_or_merged() {
    let bench = Bench::new().file("in.csv", RECORDS);
    let ran = bench.run("validate in.csv");
    ran.succeeds()
        .says("7 records read, 6 accepted, 0 rejected, 1 duplicates")
        .says("warning[record/person-conflict]  2")
        .says("duplicate[record/duplicate]      1");
    let ran = bench.run("ingest in.csv --conflicts merge --out store");
    ran.succeeds().says("7 records read, 4 accepted, 0 rejected, 3 duplicates");
    let mut rows = store_rows(&bench.path("store"), &COLUMNS);
    rows.sort();
    assert_eq!(
        rows,
        [
            "KHM|F|Y9T17|SEX;LAB|_U|FOR_IRREG",
            "KHM|M|Y30|LAB|KHM|NAT_RES",
            "KHM|M|Y30|LAB|KHM|_U",
            "KHM|M|Y30|LAB|KHM|_U",
        ]
    );
}

/// A person in two files is one person; neither the order of the records nor that of the files changes the store.
#[test]
fn merging_does_not_depend_on_the_order() {
    let (header, records) = RECORDS.split_once('\n').unwrap();
    let mut lines: Vec<&str> = records.lines().collect();
    let bench = Bench::new().file("in.csv", RECORDS);
    bench.run("ingest in.csv --conflicts merge --out one -q").succeeds();
    lines.reverse();
    bench.write("a.csv", format!("{header}\n{}\n", lines[..3].join("\n")));
    bench.write("b.csv", format!("{header}\n{}\n", lines[3..].join("\n")));
    let ran = bench.run("ingest a.csv b.csv --conflicts merge --out two");
    ran.succeeds().says("record/duplicate");
    assert_eq!(
        std::fs::read(bench.path("one/store/persons.parquet")).unwrap(),
        std::fs::read(bench.path("two/store/persons.parquet")).unwrap()
    );
}

/// Two offices that number their own cases from 1 have different persons under the same number.
#[test]
fn ids_of_one_office_are_not_those_of_another() {
    let header = "person_id,area,year,sex,age\n";
    let bench = Bench::new()
        .file("a.csv", format!("{header}1,KHM,2022,F,30\n"))
        .file("b.csv", format!("{header}1,KHM,2022,F,30\n1,KHM,2022,F,30\n"))
        .file(
            "tipstat.toml",
            "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"a.csv\"\nperson_scope = \"a\"\n\
             [[input]]\npath = \"b.csv\"\nperson_scope = \"b\"\n[tables]\npacks = [\"victims-by-profile\"]\n",
        );
    bench
        .run("ingest a.csv b.csv --out together")
        .succeeds()
        .says("2 records read, 0 accepted, 0 rejected, 2 duplicates");
    bench.run("run --dry-run").succeeds().says("3 records read = 2 accepted + 0 rejected + 1 duplicates");
}

/// An id that says that there is none makes no person.
#[test]
fn words_for_no_id_are_not_one_person() {
    let rows: String = ["unknown", "N/A", "-", "0", "", "Unknown", "000", "?"]
        .iter()
        .flat_map(|id| [format!("{id},KHM,2022,F,17\n"), format!("{id},KHM,2022,F,17\n")])
        .collect();
    let bench = Bench::new().file("in.csv", format!("person_id,area,year,sex,age\n{rows}"));
    bench.run("validate in.csv").succeeds().says("16 records read, 16 accepted, 0 rejected, 0 duplicates");
}

/// With a key a pseudonym is stored: the same for the same person in two files, another with another key, and never the id.
#[test]
fn a_key_makes_pseudonyms_and_no_key_makes_none() {
    let text = format!("person_id,area,year,sex,age\n{CANARY},KHM,2021,F,30\n{CANARY},KHM,2022,F,31\n,KHM,2022,F,31\n");
    let bench = Bench::new()
        .file("in.csv", text)
        .file("key", "0123456789abcdef0123\n")
        .file("other", "f".repeat(32))
        .file("short", "1234");
    let names = |line: &str, store: &str| {
        bench.run(&format!("ingest in.csv {line} --out {store} -q")).succeeds();
        for (_, bytes) in contents(&bench.path(store)) {
            assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()));
        }
        store_rows(&bench.path(store), &["person"])
    };
    let first = names("--person-key-file key", "a");
    assert_eq!(first[0], first[1]);
    assert_eq!((first[0].len(), first[2].as_str()), (32, ""));
    assert_eq!(names("--person-key-file key", "b"), first);
    assert_ne!(names("--person-key-file other", "c")[0], first[0]);
    bench.run("ingest in.csv --out d -q").succeeds();
    assert_eq!(store_rows(&bench.path("d"), &["sex"]).len(), 3);
    bench.run("ingest in.csv --person-key-file short --out e -q").fails(
        2,
        "error: the secret for pseudonyms is shorter than 16 characters\n  --> short\n\
         hint: a guessed secret shows who is in the store: use 32 random characters, and keep them\n",
    );
}

/// What looks like a direct identifier is refused by its heading in many languages, and by its values.
#[test]
fn identifiers_are_refused_at_the_door() {
    for heading in ["Apellidos", "N° de téléphone", "Дата рождения", "passport_no", "Prénom", "CPF", "E-mail"]
    {
        let heading = if heading == "N° de téléphone" { "Téléphone" } else { heading };
        let bench = Bench::new().file("in.csv", format!("area,year,sex,age,{heading}\nKHM,2022,F,17,{CANARY}\n"));
        let ran = bench.run("validate in.csv");
        assert!(ran.stderr.contains("error[file/direct-identifier]"), "{heading}: {}", ran.stderr);
        assert_eq!(ran.code, Some(1));
    }
    for (values, kind) in [
        (["a.b@mail.example", "c@mail.example", "d@x.example"], "e-mail addresses"),
        (["+855 12 345 678", "+33 6 12 34 56 78", "020 7946 0958"], "telephone numbers"),
        (["X1234567", "AB9876543", "12345678Z"], "numbers of passports or identity cards"),
        (["11.56213", "-1.28333", "48.85837"], "geographic coordinates"),
        (["1961-05-03", "1999-12-31", "03/04/2001"], "full dates of birth"),
    ] {
        let rows: String = values.iter().map(|value| format!("KHM,2022,F,17,{value}\n")).collect();
        let bench = Bench::new().file("in.csv", format!("area,year,sex,age,remark\n{rows}"));
        bench.run("validate in.csv").fails(
            1,
            &format!(
                "error[file/direct-identifier]: a column seems to hold {kind}; the file was not read\n  --> in.csv:1, column 5\n\
                 hint: remove the column where the file is made: names, contacts and identity numbers never leave the case system\n\
                 hint: where the column must stay in the file, list the headings under `[drop] columns` of a profile: then nothing of them is read\n"
            ),
        );
    }
    let bench = Bench::new().file("in.csv", "Forename,area,Surname,year,sex,age,E-mail\n");
    let ran = bench.run("validate in.csv");
    assert!(
        ran.stderr.contains("3 columns look like direct identifiers") && ran.stderr.contains("columns 1, 3, 7"),
        "{}",
        ran.stderr
    );
    // Names of other things are no names of persons.
    for heading in ["Country name", "Organisation name", "Name of the office", "formal contact", "country of birth"] {
        let bench = Bench::new().file("in.csv", format!("area,year,sex,age,{heading}\nKHM,2022,F,17,x\n"));
        bench.run("validate in.csv").succeeds();
    }
    // Dates of what an office did lie near each other.
    let rows = "KHM,2022,F,17,2021-05-03\nKHM,2022,F,17,2022-05-03\nKHM,2022,F,17,2023-05-03\n";
    let bench = Bench::new().file("in.csv", format!("area,year,sex,age,opened\n{rows}"));
    bench.run("validate in.csv").succeeds();
}

/// A hundred thousand records with names, passports and telephone numbers in odd columns and in wrong ones: no output, no
/// message and no store holds any of it.
#[test]
fn nothing_of_a_hidden_identifier_is_in_any_output() {
    let mut text = String::from("area,year,sex,age,form,citizenship,migratory_status,person_id,remark,col9,officer\n");
    for n in 0..100_000u32 {
        let secret = |kind: &str| format!("{CANARY}-{kind}{n:06}");
        let name = if n % 3 == 0 { secret("name") } else { String::new() };
        // Identifiers are rare in the odd columns, so that the door does not shut, and wrong in the known ones.
        let (form, citizenship, status) = match n % 50 {
            0 => (secret("+85512345"), "KHM".to_owned(), secret("X1234567")),
            1 => ("SEX".to_owned(), secret("passport"), "NAT_RES".to_owned()),
            _ => ("SEX".to_owned(), "KHM".to_owned(), "NAT_RES".to_owned()),
        };
        let area = if n % 1000 == 7 { secret("area") } else { "KHM".to_owned() };
        let phone = if n % 5000 == 4999 { "+855 12 345 678" } else { "" };
        text.push_str(&format!(
            "{area},2022,F,{},{form},{citizenship},{status},{},{name},{phone},{}\n",
            n % 90,
            secret("id"),
            secret("officer")
        ));
    }
    let bench = Bench::new().file("in.csv", text);
    bench.write(
        "tipstat.toml",
        "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\n[tables]\npacks = [\"victims-by-profile\", \"victims-by-form\"]\n",
    );
    // `Bench` searches what is printed for the canary.
    bench
        .run("validate in.csv --max-rejects 100% --rejects rejects.parquet --unresolved texts.csv --max-shown 50")
        .succeeds();
    bench.run("validate in.csv --max-rejects 100% --format json").succeeds();
    bench.run("run").succeeds();
    bench.run("ingest in.csv --out store --max-rejects 100%").succeeds();
    let mut searched = 0;
    for (name, bytes) in contents(bench.path("").as_path()) {
        if name == "in.csv" {
            continue;
        }
        searched += 1;
        for secret in [CANARY, "855 12 345"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{name} holds {secret}");
        }
    }
    assert!(searched > 10);
}

/// Somebody may be in two years, in two areas and under two sexes, so the parts of a table of persons add up to more than
/// their total. Such a release once ended with "the published cells contradict each other".
#[test]
fn persons_do_not_add_up() {
    let records_of = |prefix: &str, persons: std::ops::Range<u32>, rest: &[&str]| -> String {
        persons.flat_map(|n| rest.iter().map(move |row| format!("{prefix}{n:04},{row}\n"))).collect()
    };
    let records = |newcomers| {
        let rows = [
            records_of("a", 0..60, &["KHM,2020,F,20,SEX", "KHM,2021,F,20,LAB"]),
            records_of("b", 0..40, &["KHM,2020,M,20,LAB", "THA,2020,M,20,SEX"]),
            records_of("c", 0..30, &["THA,2021,F,20,SEX;LAB", "THA,2020,M,20,"]),
            records_of("d", 0..3, &["THA,2021,M,20,BEG"]),
            records_of("e", 0..newcomers, &["KHM,2021,F,20,SEX"]),
        ];
        format!("person_id,area,year,sex,age,form\n{}", rows.concat())
    };
    let table = "id = \"persons\"\ncatalogue = \"own\"\nparagraph = \"own\"\npacks = []\ncounting = \"persons\"\ndimensions = [\"REF_AREA\", \"TIME_PERIOD\", \"FORM\", \"SEX\"]\n\
                 title = { en = \"Persons\" }\n\
                 [[measure]]\nid = \"N\"\nformula = \"count\"\nunit = \"NUMBER\"\ntitle = { en = \"Persons\" }\n";
    let bench = Bench::new()
        .file("in.csv", records(12))
        .file("key", "a secret of the office, 32 letters")
        .file("own/indicators/persons.toml", table)
        .file(
            "tipstat.toml",
            "[release]\nid = \"x\"\ntitle = \"x\"\npolicy = \"default\"\n[[input]]\npath = \"in.csv\"\nschema = \"victim\"\n\
             [persons]\nkey_file = \"key\"\n[tables]\npacks = [\"persons\"]\n",
        );
    bench.run("run --schemas own -q").succeeds();
    let value = |cell: &str| {
        let is = |row: &Row| {
            ["REF_AREA", "TIME_PERIOD", "FORM", "SEX"].iter().zip(cell.split(' ')).all(|(c, v)| row[*c] == v)
        };
        let rows = rows(&bench.path("out/release/tables/persons.csv"));
        rows.iter().find(|row| is(row)).map_or("no row".to_owned(), |row| row["OBS_VALUE"].clone())
    };
    // By hand: 60 + 40 in KHM 2020; 60 + 40 + 12 in KHM; 60 + 40 + 30 + 3 + 12 in all.
    for (cell, count) in [
        ("KHM 2020 _T _T", "100"),
        ("KHM _T _T _T", "112"),
        ("M49_035 _T _T _T", "145"),
        ("M49_035 2020 _T _T", "130"),
        ("KHM _T _K _T", "112"),
    ] {
        assert_eq!(value(cell), count, "{cell}");
    }
    // Three persons beg, and no cell of theirs is shown.
    assert_eq!(value("THA 2021 FG_OTHER _T"), "");
    // Three persons came to Cambodia after 2020. The total less the count of 2020 would say so.
    bench.write("in.csv", records(3));
    bench.run("run --schemas own -q --force").succeeds();
    let shown = ["KHM 2020 _T _T", "KHM _T _T _T"].map(value);
    assert!(shown.iter().any(String::is_empty), "{shown:?}");
    // In two countries or two years one person is one, so numbers of different persons are not combined.
    let line = "combine out/restricted --schemas own --tables persons --out both -q --override a-test-of-one-store";
    bench.run(line).refuses("error[combine/persons]: the table `persons` counts different persons");
    assert!(!bench.path("both").exists());
}

/// Cells with several codes are read a column at a time, and record by record where anything else is in one of them, or where
/// there are quotation marks. Both ways give the same records, persons and findings.
#[test]
fn several_values_in_a_cell_are_the_same_within_quotation_marks() {
    const FORMS: [&str; 14] = [
        "SEX",
        "SEX;LAB",
        "LAB;SEX",
        " LAB ; SEX",
        "SEX;SEX;",
        "_U;SEX",
        "SEX;_X",
        "_U",
        "_U;_X",
        ";",
        "",
        "SEX;XYZ",
        "SEX;CHILD_MAR;MIL_CHILD",
        "LAB;DOM",
    ];
    const SECTORS: [&str; 5] = ["_U", "ISIC_A", "ISIC_A;ISIC_C", "ISIC_B; ISIC_A", ""];
    let mut random = Random::new(79);
    let (mut plain, mut quoted) = (String::new(), String::new());
    for number in 0..3000 {
        let (person, year) = (format!("p{}", random.below(400)), random.of(&["2022", "2023"]));
        let (age, reference) = (random.of(&["12", "30"]), random.of(&["AT_DETECTION", "AT_EXPLOITATION"]));
        let (form, sector) = (random.of(&FORMS), random.of(&SECTORS));
        let mut cells = [person.as_str(), "KHM", year, "F", age, reference, form, sector];
        if number == 0 {
            cells = ["person_id", "area", "year", "sex", "age", "age_reference", "form", "labour_sector"];
        }
        plain += &format!("{}\n", cells.join(","));
        quoted += &format!("\"{}\"\n", cells.join("\",\""));
    }
    for conflicts in ["keep", "merge"] {
        let [one, other] = [&plain, &quoted].map(|text| {
            let bench = Bench::new().file("in.csv", text);
            let options = "--max-rejects 100% --max-not-understood 100%";
            let ran = bench.run(&format!("ingest in.csv --conflicts {conflicts} --out store {options}"));
            ran.succeeds().says("record/duplicate").says("check/").says("cell/recoded-unknown");
            let columns = ["area", "year", "sex", "age", "age_reference", "form", "labour_sector"];
            (store_rows(&bench.path("store"), &columns), ran.stdout, ran.stderr)
        });
        assert!(
            one.0.iter().any(|row| row.contains("CHILD_MAR;")) && one.0.iter().any(|row| row.ends_with("_U;SEX|_U"))
        );
        assert!(one == other, "{}\n{}\n{}\n{}", one.1, one.2, other.1, other.2);
    }
}

/// A draft does not take the id of a case for that of a person: a case has several victims. Nor a number for a count.
#[test]
fn a_draft_leaves_the_ids_of_cases_to_its_reader() {
    let draft = |header: &str, row: &dyn Fn(usize) -> String| {
        let rows: String = (0..30).map(|at| row(at) + "\n").collect();
        let bench = Bench::new().file("in.csv", format!("{header}\n{rows}"));
        bench.run("schema infer in.csv --out s/profiles/i.toml").succeeds();
        let text = std::fs::read_to_string(bench.path("s/profiles/i.toml")).unwrap();
        (bench, text)
    };
    for heading in ["case_id", "Caso", "Aktenzeichen", "Numéro de dossier"] {
        let (bench, text) =
            draft(&format!("country,year,sex,age,form,{heading}"), &|at| format!("KHM,2020,F,17,SEX,C{}", at / 3));
        assert!(text.contains("# ? Not read: a case may have several victims"), "{heading}: {text}");
        let ran = bench.run("ingest in.csv --schemas s --profile i --out S");
        ran.succeeds().says("30 records read, 30 accepted, 0 rejected, 0 duplicates");
    }
    let (_, text) = draft("country,year,sex,age,pseudonym", &|at| format!("KHM,2020,F,17,C{}", at / 3));
    assert!(text.contains("# ? Not read: records share an id"), "{text}");
    let (_, text) = draft("country,year,sex,age,pseudonym", &|at| format!("KHM,2020,F,17,C{at}"));
    assert!(text.contains("\nfield = \"person_id\"\n"), "{text}");
    for heading in ["Total", "Cases", "quantity", "Personas"] {
        let (_, text) = draft(&format!("country,year,sex,age,{heading}"), &|at| format!("KHM,2020,F,17,{}", at + 5));
        assert!(text.contains("# ? Not read: the heading may be that of something else"), "{heading}: {text}");
        assert!(text.contains("# field = \"count\"\n"), "{heading}: {text}");
    }
    // `country of detection` says more than `country`.
    let (_, text) = draft("country,country of detection,year,sex,age", &|_| "VNM,KHM,2020,F,17".to_owned());
    assert!(text.contains("\nfield = \"area\"\ncolumn = \"country of detection\""), "{text}");
    assert!(text.contains("# field = \"area\"\n# column = \"country\""), "{text}");
}

/// Two counts of one person become an interval that holds both, in either order.
#[test]
fn merged_counts_hold_both() {
    let header = "area,year,sex,age,form,person_id,count\n";
    for (first, second, bounds) in
        [("9", "30", "9|30"), ("<5", "7", "0|7"), ("10", "10", "10|10"), ("2-4", "3-8", "2|8")]
    {
        for (a, b) in [(first, second), (second, first)] {
            let rows = format!("{header}THA,2020,F,17,SEX,p3,{a}\nTHA,2020,F,17,LAB,p3,{b}\n");
            let bench = Bench::new().file("in.csv", rows);
            bench.run("ingest in.csv --conflicts merge --out S").succeeds();
            assert_eq!(store_rows(&bench.path("S"), &["count", "count_upper"]), [bounds], "{a} and {b}");
        }
    }
}

/// Ids in a row, each in one year, are different persons: none of them is said to be in conflict with another.
#[test]
fn ids_in_a_row_are_no_conflicts() {
    for id in ["{}", "P{}", "{:05}", "10000{}", "KHM-2018-{}"] {
        let mut text = "area,year,sex,age,person_id\n".to_owned();
        for number in 1..=3000 {
            let (plain, padded) = (number.to_string(), format!("{number:05}"));
            let id = id.replace("{}", &plain).replace("{:05}", &padded);
            text.push_str(&format!("MEX,{},F,17,{id}\n", 2018 + number % 4));
        }
        let bench = Bench::new().file("in.csv", text);
        let ran = bench.run("validate in.csv");
        ran.succeeds().says("3 000 accepted, 0 rejected, 0 duplicates");
        assert!(!ran.stdout.contains("person-conflict"), "{id}");
    }
}
