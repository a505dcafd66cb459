//! Words of yes and no, several maps of one set, columns that are not understood, and headings in another case.

use crate::support::{Bench, store_rows};

/// A profile with one map for each of three yes/no columns of forms, and the maps that every record needs.
fn three_columns(maps: &str) -> String {
    let required: String = ["area", "year", "sex", "age"]
        .map(|field| format!("[[map]]\nfield = \"{field}\"\ncolumn = \"{field}\"\nrequired = true\n"))
        .concat();
    format!(
        "id = \"register\"\ntitle = \"Register\"\nsource = \"test\"\nrecord = \"victim@1\"\nmissing = [\"\"]\n{required}{maps}"
    )
}

/// The forms that a file with three columns of answers gives.
fn forms(maps: &str, answers: &[&str]) -> Vec<String> {
    let rows: String = answers.iter().map(|answers| format!("KHM,2022,F,17,{answers}\n")).collect();
    let bench = Bench::new()
        .file("mine/profiles/register.toml", three_columns(maps))
        .file("in.csv", format!("area,year,sex,age,Sexual,Laboral,Otra\n{rows}"));
    bench.run("schema check --schemas mine").succeeds();
    bench.run("ingest in.csv --profile register --schemas mine --out store -q").succeeds();
    store_rows(&bench.path("store"), &["form"])
}

const EACH: &str = "[[map]]\nfield = \"form\"\ncolumn = \"Sexual\"\ncodes = { \"Sí\" = \"SEX\" }\n\
    [[map]]\nfield = \"form\"\ncolumn = \"Laboral\"\ncodes = { \"Sí\" = \"LAB\" }\n\
    [[map]]\nfield = \"form\"\ncolumn = \"Otra\"\ncodes = { \"Sí\" = \"OTH\" }\n";

/// A no in one column says nothing of the others: all three maps are read, in any spelling of the answer.
#[test]
fn several_maps_of_a_set_unite() {
    let answers = ["No,No,Sí", "No,Sí,No", "Sí,Sí,No", "SI,NO,si", "No,No,No", ",,", "Desconocido,Sí,"];
    assert_eq!(forms(EACH, &answers), ["OTH", "LAB", "SEX;LAB", "SEX;OTH", "_U", "_U", "LAB"]);
}

/// Other words for no are named by the profile: `=no` is an answer and no value.
#[test]
fn a_profile_names_its_own_word_for_no() {
    let maps = EACH.replace("\"Sí\" = ", "\"2\" = \"=no\", \"1\" = ");
    assert_eq!(forms(&maps, &["2,2,1", "1,1,2", "2,2,2"]), ["OTH", "SEX;LAB", "_U"]);
    // The usual words for no still hold, next to a yes and next to names.
    let maps = EACH.replace("\"Sí\" = ", "\"tal vez\" = \"=no\", \"Sí\" = ");
    assert_eq!(
        forms(&maps, &["No,No,Sí", "tal vez,NO,SI", "Sí,no,TAL VEZ", "No,tal vez,0"]),
        ["OTH", "OTH", "SEX", "_U"]
    );
    let maps = EACH.replace("\"Sí\" = ", "\"Ausente\" = \"=no\", \"Forzado\" = \"BEG\", \"Presente\" = ");
    assert_eq!(forms(&maps, &["No,Ausente,Presente", "Forzado,No,Presente", "No,No,No"]), ["OTH", "BEG;OTH", "_U"]);
}

/// Conditions and constants unite as well; what holds for all records applies only where the file has nothing.
#[test]
fn constants_with_conditions_unite() {
    let maps = "[[map]]\nfield = \"form\"\nconstant = \"SEX\"\nwhen = { Sexual = [\"Sí\"] }\n\
        [[map]]\nfield = \"form\"\nconstant = \"LAB\"\nwhen = { Laboral = [\"Sí\"] }\n\
        [[map]]\nfield = \"form\"\nconstant = \"OTH\"\n";
    assert_eq!(forms(maps, &["Sí,Sí,", "No,Sí,", "No,No,"]), ["SEX;LAB", "LAB", "OTH"]);
    // Flags and a column of names are maps of one field too.
    let maps = "[[map]]\nfield = \"form\"\nflags = { Sexual = [\"SEX\"] }\n\
        [[map]]\nfield = \"form\"\ncolumn = \"Otra\"\n";
    assert_eq!(forms(maps, &["Sí,,LAB", "No,,LAB", "X,,"]), ["SEX;LAB", "LAB", "SEX"]);
}

/// Two columns of one code: the no of the first leaves the answer to the second.
#[test]
fn a_no_leaves_the_answer_to_the_next_column() {
    let maps = "[[map]]\nfield = \"disability\"\ncolumn = \"Sexual\"\ncodes = { \"Sí\" = \"PD\" }\n\
        [[map]]\nfield = \"disability\"\ncolumn = \"Laboral\"\ncodes = { \"Sí\" = \"PWD\" }\n";
    let bench = Bench::new().file("mine/profiles/register.toml", three_columns(maps)).file(
        "in.csv",
        "area,year,sex,age,Sexual,Laboral\nKHM,2022,F,17,No,Sí\nKHM,2022,F,17,Sí,No\nKHM,2022,F,17,No,No\n",
    );
    bench.run("ingest in.csv --profile register --schemas mine --out store -q").succeeds();
    assert_eq!(store_rows(&bench.path("store"), &["disability"]), ["PWD", "PD", "_U"]);
}

/// Numbers, spreadsheets and eight languages: a flag in words is a flag.
#[test]
fn flags_are_read_in_words() {
    let header =
        "yearOfRegistration,gender,ageBroad,citizenship,CountryOfExploitation,isForcedLabour,isSexualExploit\n";
    for (yes, no) in [
        ("1", "0"),
        ("1.0", "0.0"),
        ("TRUE", "FALSE"),
        ("True", "False"),
        ("Yes", "No"),
        ("oui", "non"),
        ("Sí", "No"),
        ("SI", "NO"),
        ("نعم", "لا"),
        ("да", "нет"),
        ("是", "否"),
        ("Sim", "Não"),
        ("Ja", "Nein"),
        ("X", ""),
        ("x", " "),
        ("Yes", "Unknown"),
    ] {
        let row = format!("2019,Woman,48+,KHM,THA,{yes},{no}\n2019,Woman,48+,KHM,THA,{no},{yes}\n");
        let bench = Bench::new().file("in.csv", format!("{header}{row}"));
        let ran = bench.run("validate in.csv --profile ctdc-synthetic");
        assert!(!ran.succeeds().stdout.contains("cell/not-a-flag"), "{yes}: {}", ran.stdout);
        bench.run("ingest in.csv --profile ctdc-synthetic --out store -q").succeeds();
        assert_eq!(store_rows(&bench.path("store"), &["form"]), ["LAB", "SEX"], "{yes} and {no}");
    }
}

/// Records of one country with these citizenships, each so often.
fn citizenships(texts: &[(&str, usize)]) -> String {
    let rows: String = texts.iter().map(|(text, count)| format!("KEN,2022,F,17,{text}\n").repeat(*count)).collect();
    format!("area,year,sex,age,citizenship\n{rows}")
}

const RUN: &str = "[release]\nid = \"r\"\ntitle = \"R\"\n[[input]]\npath = \"*.csv\"\n[tables]\npacks = [\"victims-by-citizenship\"]\n";

/// 60 of 100 victims have a citizenship that is not understood: the other 40 are not published as all of them.
#[test]
fn a_column_that_is_not_understood_is_an_error() {
    let bench = Bench::new().file("in.csv", citizenships(&[("Uganda", 60), ("KEN", 40)])).file("tipstat.toml", RUN);
    let message = "error[limit/not-understood]: the column `citizenship` was not understood: 60.0 percent of its filled cells\n  \
        --> in.csv:1, column 5\n   \
         = field: `citizenship`\n   \
         = rule: cell/recoded-unknown\n   \
         = limit: 5 percent of the filled cells\n\
         hint: `tipstat schema infer in.csv --out PROFILE.toml` drafts codes for the words of the column\n\
         hint: `tipstat validate` with `--unresolved values.csv` lists the words; if they may stay unknown, pass \
         `--max-not-understood citizenship=100%`\n";
    for command in ["run", "validate in.csv", "ingest in.csv --out store"] {
        let ran = bench.run(command);
        assert!(ran.stderr.ends_with(message), "{command}: {}", ran.stderr);
        assert_eq!(ran.code, Some(1));
        assert!(!ran.stderr.contains("Uganda") && !ran.stdout.contains("Uganda"));
    }
    assert!(!bench.path("out/release").exists() && !bench.path("store").exists());
    for flags in
        ["--max-not-understood citizenship=60%", "--max-not-understood 60", "--max-not-understood 1%,citizenship=60%"]
    {
        bench
            .run(&format!("validate in.csv {flags}"))
            .succeeds()
            .says("not understood in `citizenship` (field `citizenship`): 60.0 percent");
    }
    assert_eq!(bench.run("validate in.csv --max-not-understood 59.9%").code, Some(1));
    let limits = "[limits]\nmax_not_understood = { all = \"1%\", citizenship = \"60%\" }\n";
    bench.write("tipstat.toml", format!("{RUN}{limits}"));
    bench.run("run").succeeds();
    assert_eq!(bench.run("run --force --max-not-understood 5%").code, Some(1), "the flag comes before the run file");
    bench.write("tipstat.toml", format!("{RUN}[limits]\nmax_not_understood = {{ citizenshp = \"60%\" }}\n"));
    bench.run("run --force").fails(
        2,
        "error: `max_not_understood` names the field `citizenshp`, and victim@1 has no such field with codes\n\
         hint: did you mean `citizenship`?\n",
    );
}

/// Only filled cells count; what the source itself calls unknown is understood; a column may be empty.
#[test]
fn only_filled_cells_are_judged() {
    let judged = |texts: &[(&str, usize)]| Bench::new().file("in.csv", citizenships(texts)).run("validate in.csv").code;
    assert_eq!(judged(&[("KEN", 95), ("Uganda", 5)]), Some(0));
    assert_eq!(judged(&[("KEN", 94), ("Uganda", 6)]), Some(1));
    assert_eq!(judged(&[("KEN", 94), ("Uganda", 6), ("", 1000)]), Some(1), "empty cells do not thin out the others");
    assert_eq!(judged(&[("_U", 90), ("_N", 5), ("Uganda", 5)]), Some(0));
    assert_eq!(judged(&[("", 100)]), Some(0));
    assert_eq!(judged(&[("", 100), ("??", 1)]), Some(0), "a single cell is a slip of the pen");
    assert_eq!(judged(&[("", 100), ("??", 2)]), Some(1));
}

/// A row that stands for many persons weighs as many: a single cell can be most of the file.
#[test]
fn cells_weigh_as_many_persons_as_their_record() {
    let bench = Bench::new().file("tipstat.toml", RUN);
    let header = "area,year,sex,age,citizenship,count\n";
    let two = "KEN,2022,F,17,Uganda,60\nKEN,2022,F,17,KEN,40\n";
    bench.write("in.csv", format!("{header}{two}"));
    let message = "error[limit/not-understood]: the column `citizenship` was not understood: 60.0 percent of its filled cells, weighed by the number of persons\n";
    for command in ["run", "validate in.csv", "ingest in.csv --out store"] {
        let ran = bench.run(command);
        assert!(ran.code == Some(1) && ran.stderr.contains(message), "{command}: {}", ran.stderr);
    }
    assert!(!bench.path("out/release").exists() && !bench.path("store").exists());
    bench.run("validate in.csv --max-not-understood 60").succeeds().says(
        "not understood in `citizenship` (field `citizenship`): 60.0 percent of the filled cells, weighed by the number of persons\n",
    );
    bench.run("validate in.csv --max-not-understood 59").refuses("= limit: 59 persons\n");
    let judged = |rows: &str, flags: &str| {
        bench.write("in.csv", format!("{header}{rows}"));
        bench.run(&format!("validate in.csv {flags}")).code
    };
    let ones = "KEN,2022,F,17,KEN,1\n".repeat(96);
    assert_eq!(judged(&format!("{ones}{}", "KEN,2022,F,17,Uganda,1000\n".repeat(4)), ""), Some(1), "4 of 100 rows");
    assert_eq!(judged(&format!("{ones}{}", "KEN,2022,F,17,Uganda,1\n".repeat(4)), ""), Some(0), "4 of 100 persons");
    assert_eq!(judged("KEN,2022,F,17,Uganda,5\nKEN,2022,F,17,KEN,95\n", ""), Some(0));
    // Few rows of few persons that are not understood are few, however many rows there are.
    assert_eq!(judged(&format!("KEN,2022,F,17,KEN,1000\n{}", "KEN,2022,F,17,Uganda,1\n".repeat(20)), ""), Some(0));
    // One cell of one person in a nearly empty column is a slip of the pen; one of two persons is not.
    let empty = "KEN,2022,F,17,,1\n".repeat(100);
    assert_eq!(judged(&format!("{empty}KEN,2022,F,17,??,1\n"), ""), Some(0));
    assert_eq!(judged(&format!("{empty}KEN,2022,F,17,??,2\n"), ""), Some(1));
    // A mask is at most its upper bound.
    assert_eq!(judged(&format!("{empty}KEN,2022,F,17,??,<3\n"), ""), Some(1));
    assert_eq!(judged("KEN,2022,F,17,Uganda,<6\nKEN,2022,F,17,KEN,95\n", ""), Some(0));
    // What is rejected hides nothing, and a zero declares something and has no part in it.
    let huge = "XXXX,2022,F,17,KEN,100000\n";
    assert_eq!(judged(&format!("{huge}{two}"), "--max-rejects 100%"), Some(1));
    assert_eq!(judged("THA,2022,F,17,Uganda,0\nKEN,2022,F,17,KEN,10\n", ""), Some(0));
}

/// Flags, own lists and columns of figures are weighed as well, and so are the shares of a release.
#[test]
fn every_kind_of_map_is_weighed() {
    let report = |header: &str, rows: &str| -> serde_json::Value {
        let bench = Bench::new().file("in.csv", format!("{header}\n{rows}"));
        let ran = bench.run("validate in.csv --max-not-understood 100% --format json");
        serde_json::from_str(&ran.succeeds().stdout).unwrap()
    };
    let header = "area,year,sex,age,form,race,wg_see,wg_hear,wg_walk,wg_cog,wg_self,wg_comm,count";
    let rows =
        "BRA,2022,F,17,SEX;x,verde,1,bad,1,1,1,1,7\nBRA,2022,F,17,SEX,BRANCA,1,1,1,1,1,1,5\nBRA,2022,F,17,,,,,,,,,3\n";
    let found = report(header, rows);
    let column = |name: &str| {
        let report = found[0]["columns"].as_array().unwrap().iter().find(|column| column["column"] == name).unwrap();
        (report["filled"].as_u64().unwrap(), report["not_understood"].as_u64().unwrap())
    };
    assert_eq!([column("sex"), column("form"), column("race")], [(15, 0), (12, 7), (12, 7)]);
    assert_eq!([column("wg_hear"), column("wg_walk")], [(12, 7), (12, 0)]);
    let field = |name: &str| {
        let report = found[0]["fields"].as_array().unwrap().iter().find(|field| field["field"] == name).unwrap();
        ["records", "unknown", "not_understood"].map(|key| report[key].as_u64().unwrap())
    };
    assert_eq!((field("form"), field("race")), ([15, 3, 7], [15, 3, 7]));

    let limits = "[limits]\nmax_not_understood = \"100%\"\n";
    let rows = "KEN,2022,F,17,KEN,900\nKEN,2022,F,17,Uganda,600\nKEN,2022,F,17,,100\n";
    let bench = Bench::new()
        .file("in.csv", format!("area,year,sex,age,citizenship,count\n{rows}"))
        .file("tipstat.toml", format!("{RUN}{limits}"));
    bench.run("run").succeeds();
    let manifest = std::fs::read_to_string(bench.path("out/release/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let fields = manifest["legibility"].as_array().unwrap();
    let field = fields.iter().find(|field| field["field"] == "citizenship").unwrap();
    assert_eq!((&field["unknown"], &field["not_understood"]), (&"5 to 10 percent".into(), &"35 to 40 percent".into()));
}

/// A bad file does not hide behind good ones, nor behind a store to which it is added.
#[test]
fn each_file_is_judged_by_itself() {
    let bench = Bench::new()
        .file("a.csv", citizenships(&[("KEN", 1000)]))
        .file("b.csv", citizenships(&[("Uganda", 3), ("UGA", 2)]));
    let ran = bench.run("validate a.csv b.csv");
    assert!(ran.stderr.contains("--> b.csv:1, column 5"), "{}", ran.stderr);
    bench.run("ingest a.csv --out store -q").succeeds();
    assert_eq!(bench.run("ingest b.csv --out store --append -q").code, Some(1));
    assert_eq!(store_rows(&bench.path("store"), &["citizenship"]).len(), 1000);
    // Two columns of one file: both are named, the worse one first.
    let rows: String =
        (0..20).map(|row| format!("KEN,2022,F,17,{},x\n", if row < 10 { "Uganda" } else { "KEN" })).collect();
    let bench = Bench::new().file("in.csv", format!("area,year,sex,age,citizenship,form\n{rows}"));
    let ran = bench.run("validate in.csv");
    assert!(ran.stderr.contains("the column `form` was not understood: all of its filled cells"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("= also: `citizenship` of in.csv (field `citizenship`): 50.0 percent"),
        "{}",
        ran.stderr
    );
}

/// Every kind of map is judged: flags, scales, own lists, dates of birth and bands that straddle 18.
#[test]
fn every_kind_of_map_is_judged() {
    let refusal = |header: &str, row: &str, flags: &str| {
        let bench = Bench::new().file("in.csv", format!("{header}\n{}", format!("{row}\n").repeat(20)));
        let ran = bench.run(&format!("validate in.csv {flags}"));
        assert_eq!(ran.code, Some(1), "{header}: {}", ran.stdout);
        let lines = ran.stderr.lines().filter(|line| line.contains("limit/not-understood") || line.contains("= "));
        lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>().join("\n")
    };
    let flags = refusal(
        "CountryOfExploitation,yearOfRegistration,gender,ageBroad,isForcedLabour,isSexualExploit",
        "THA,2019,Woman,48+,maybe,Yes",
        "--profile ctdc-synthetic",
    );
    assert!(
        flags.contains("`isForcedLabour` was not understood: all") && flags.contains("rule: cell/not-a-flag"),
        "{flags}"
    );
    assert!(!flags.contains("isSexualExploit"), "{flags}");
    let scale =
        refusal("area,year,sex,age,wg_see,wg_hear,wg_walk,wg_cog,wg_self,wg_comm", "KEN,2022,F,17,1,1,bad,1,1,1", "");
    assert!(scale.contains("`wg_walk` was not understood: all") && scale.contains("field: `disability`"), "{scale}");
    let national = refusal("area,year,sex,age,race", "BRA,2022,F,17,verde", "");
    assert!(
        national.contains("`race` was not understood: all") && national.contains("rule: cell/not-in-pack"),
        "{national}"
    );
    // Ages are printable, so the band is named.
    let band = refusal("area,year,sex,age", "BRA,2022,F,9-20", "");
    assert!(band.contains("rule: cell/straddles\n= most frequent: `9-20`"), "{band}");
    let born = refusal(
        "org_ShippingCountry,cas_IncomingReferralDate,prs_Gender,prs_Birthdate",
        "KH,2023-05-04,Feminine,around 2005",
        "--profile htcds",
    );
    assert!(born.contains("`prs_Birthdate` was not understood: all") && born.contains("field: `age`"), "{born}");
}

/// Records that are coded a column at a time and records that are read one by one are counted alike.
#[test]
fn both_ways_of_reading_count_the_same() {
    let header = "area,year,sex,age,form,citizenship,race,note\n";
    let mut rows = String::new();
    for row in 0..3000usize {
        let pick = |texts: &[&str], by: usize| texts[row / by % texts.len()].to_owned();
        rows.push_str(&format!(
            "{},2022,{},{},{},{},{},n\n",
            pick(&["BRA", "KEN", "BRA", "FRA"], 3),
            pick(&["F", "F", "M", "_U", "F", "?"], 17),
            pick(&["17", "18", "_U", "Y_GE18"], 5),
            pick(&["SEX", "LAB", "", "SEX;LAB", "_U", "x", "SEX;x"], 2),
            pick(&["BRA", "KEN", "", "_N", "Uganda", "KEN", "KEN", "_X"], 7),
            pick(&["", "BRANCA", "BRA_PRETA", "_U", "verde", " ", "BRANCA"], 1),
        ));
    }
    let report = |rows: &str| -> serde_json::Value {
        let bench = Bench::new().file("in.csv", format!("{header}{rows}"));
        let ran = bench.run("validate in.csv --max-rejects 100% --max-not-understood 100% --format json");
        let report: serde_json::Value = serde_json::from_str(&ran.succeeds().stdout).unwrap();
        serde_json::json!([report[0]["columns"], report[0]["fields"]])
    };
    let plain = report(&rows);
    assert_eq!(plain, report(&rows.replace(",n\n", ",\"n\"\n")));
    // Against a naive count of the column of citizenships.
    let cells: Vec<&str> = rows.lines().map(|line| line.split(',').nth(5).unwrap()).collect();
    let count = |wanted: &dyn Fn(&str) -> bool| cells.iter().filter(|cell| wanted(cell)).count();
    let column = &plain[0].as_array().unwrap().iter().find(|column| column["field"] == "citizenship").unwrap().clone();
    assert_eq!(column["filled"], count(&|cell| !cell.is_empty()));
    assert_eq!(column["not_understood"], count(&|cell| cell == "Uganda"));
    let field = plain[1].as_array().unwrap().iter().find(|field| field["field"] == "citizenship").unwrap().clone();
    assert_eq!(field["unknown"], count(&|cell| cell.is_empty() || cell.starts_with('_')));
    assert_eq!((&field["not_understood"], &field["records"]), (&column["not_understood"], &3000.into()));
}

/// The release separates what the source does not know from what was not understood, by rounded shares only.
#[test]
fn a_release_says_why_values_are_unknown() {
    let classes = |texts: &[(&str, usize)]| {
        let limits = "[limits]\nmax_not_understood = \"100%\"\n";
        let bench = Bench::new().file("in.csv", citizenships(texts)).file("tipstat.toml", format!("{RUN}{limits}"));
        bench.run("run").succeeds();
        let manifest = std::fs::read_to_string(bench.path("out/release/manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        let citizenship = manifest["legibility"]
            .as_array()
            .unwrap()
            .iter()
            .find(|citizenship| citizenship["field"] == "citizenship")
            .unwrap();
        let texts =
            [&citizenship["unknown"], &citizenship["not_understood"]].map(|text| text.as_str().unwrap().to_owned());
        let report = std::fs::read_to_string(bench.path("out/release/report.html")).unwrap();
        assert!(report.contains("Unknown at the source") && texts.iter().all(|text| report.contains(text)));
        // A store says the same when tables are made of it later.
        bench.run("ingest in.csv --out store -q --max-not-understood 100%").succeeds();
        bench.run("tabulate store --out later --tables victims-by-citizenship").succeeds();
        let later = std::fs::read_to_string(bench.path("later/manifest.json")).unwrap();
        let later: serde_json::Value = serde_json::from_str(&later).unwrap();
        assert_eq!(later["legibility"], manifest["legibility"]);
        texts
    };
    let [few, lost] = ["10 to 12 percent", "38 to 40 percent"].map(str::to_owned);
    assert_eq!(classes(&[("KEN", 1325), ("", 150), ("_U", 125), ("Uganda", 1025)]), [few, lost]);
    // The step is as wide as the number of records allows.
    let [few, lost] = ["4 to 5 percent", "20 to 21 percent"].map(str::to_owned);
    assert_eq!(classes(&[("KEN", 3750), ("", 240), ("Uganda", 1060)]), [few, lost]);
    let hidden = "not shown: the sources are too small";
    assert_eq!(classes(&[("KEN", 60), ("", 30), ("Uganda", 9)]), [hidden, hidden]);
}

/// `Form` for `form` is read and reported; before, the forms of all records counted as not collected.
#[test]
fn headings_are_read_in_any_case() {
    let bench = Bench::new().file("in.csv", "Area,YEAR,Sex,age,Form\nKHM,2022,F,17,SEX\n");
    let ran = bench.run("ingest in.csv --out store");
    ran.succeeds().says("warning[file/heading-case]  1  `Form`  line 1").says("warning[file/heading-case]  1  `YEAR`");
    assert!(!ran.stdout.contains("file/unknown-column"), "{}", ran.stdout);
    assert_eq!(store_rows(&bench.path("store"), &["area", "year", "sex", "form"]), ["KHM|2022|F|SEX"]);
    // Below a title, with another delimiter, in letters with accents, in lines of JSON and in a workbook.
    let maps = "[[map]]\nfield = \"form\"\ncolumn = \"Fin de la explotación\"\n[ignore]\ncolumns = [\"Nota\"]\n[drop]\ncolumns = [\"Nombre\"]\n";
    let header = "AREA;year;Sex;AGE;FIN DE LA EXPLOTACIÓN;nota;nombre";
    let json = "{\"AREA\":\"KHM\",\"year\":2022,\"Sex\":\"F\",\"AGE\":17,\"fin de la Explotación\":\"SEX\"}\n";
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, (name, value)) in header.split(';').zip(["KHM", "2022", "F", "17", "SEX", "", ""]).enumerate() {
        sheet.write_string(0, column as u16, name).unwrap();
        sheet.write_string(1, column as u16, value).unwrap();
    }
    let bench = Bench::new()
        .file("mine/profiles/register.toml", three_columns(maps))
        .file("in.csv", format!("Register of 2022\n\n{header}\nKHM;2022;F;17;SEX;x;y\n"))
        .file("in.jsonl", json)
        .file("in.xlsx", book.save_to_buffer().unwrap());
    for file in ["in.csv", "in.jsonl", "in.xlsx"] {
        bench.run(&format!("ingest {file} --profile register --schemas mine --out {file}-store -q")).succeeds();
        let store = bench.path(&format!("{file}-store"));
        assert_eq!(store_rows(&store, &["area", "year", "sex", "age", "form"]), ["KHM|2022|F|Y17|SEX"], "{file}");
    }
}

/// The spelling of the layout comes first; two other spellings of one heading are refused; a hint weighs case last.
#[test]
fn headings_that_differ_in_case_alone_are_told_apart() {
    let bench = Bench::new().file("in.csv", "area,year,sex,age,form,Form\nKHM,2022,F,17,SEX,LAB\n");
    bench.run("ingest in.csv --out store").succeeds().says("file/unknown-column]  1  `Form`");
    assert_eq!(store_rows(&bench.path("store"), &["form"]), ["SEX"]);
    let bench = Bench::new().file("in.csv", "area,year,sex,age,FORM,Form\nKHM,2022,F,17,SEX,LAB\n");
    bench.run("validate in.csv").fails(
        1,
        "error[file/repeated-column]: two columns have the same name in another case\n  --> in.csv:1, columns 5 and 6\n\
         hint: rename or remove one of them\n",
    );
    let bench = Bench::new().file("in.csv", "area,yearr,YEAAR,sex,age\nKHM,2022,2022,F,17\n");
    let ran = bench.run("validate in.csv");
    assert!(ran.stderr.contains("hint: is it column 2? Its heading is nearly the same"), "{}", ran.stderr);
    // Names of an office are refused in any case, and dropped in any case where a profile knows them.
    let bench = Bench::new().file("in.csv", "area,year,sex,age,NOMBRE\nKHM,2022,F,17,x\n");
    assert_eq!(bench.run("validate in.csv").code, Some(1));
}

/// Filters and conditions read a text in any spelling: nothing would say that a total was counted as a victim.
#[test]
fn filters_and_conditions_are_read_in_any_spelling() {
    let ingested = |more: &str, texts: &[&str]| {
        let rows: String = texts.iter().map(|text| format!("KHM,2022,F,17,{text}\n")).collect();
        let bench = Bench::new()
            .file("mine/profiles/register.toml", three_columns(more))
            .file("in.csv", format!("area,year,sex,age,tipo\n{rows}"));
        let ran = bench.run("ingest in.csv --profile register --schemas mine --out store");
        (bench, ran)
    };
    let totals = ["Total", "TOTAL", " total ", "\u{a0}Tótal", "parcial"];
    let (_, ran) = ingested("[skip]\ntipo = [\"Total\"]\n", &totals);
    ran.succeeds().says("1 records read, 1 accepted").says("warning[record/passed-over]  4");
    let (_, ran) = ingested("[only]\ntipo = [\"Total\"]\n", &totals);
    ran.succeeds().says("4 records read, 4 accepted").says("warning[record/passed-over]  1");
    let stateless = "[[map]]\nfield = \"citizenship\"\nconstant = \"XXA\"\nwhen = { tipo = [\"apátrida\"] }\n";
    let (bench, ran) = ingested(stateless, &["apátrida", "Apátrida", "APATRIDA", "no"]);
    ran.succeeds();
    assert_eq!(store_rows(&bench.path("store"), &["citizenship"]), ["XXA", "XXA", "XXA", "_U"]);
    // A sign and the case of a single letter distinguish values, and so does a profile that names both spellings.
    let (_, ran) = ingested("[skip]\ntipo = [\"<18\", \"T\"]\n", &["<18", "18", "18+", "T", "t"]);
    ran.succeeds().says("3 records read, 3 accepted");
    let told_apart = "[[map]]\nfield = \"citizenship\"\nconstant = \"XXA\"\nwhen = { tipo = [\"nr\"] }\n\
        [[map]]\nfield = \"citizenship\"\nconstant = \"VNM\"\nwhen = { tipo = [\"NR\"] }\n";
    let (bench, ran) = ingested(told_apart, &["nr", "NR"]);
    ran.succeeds();
    assert_eq!(store_rows(&bench.path("store"), &["citizenship"]), ["XXA", "VNM"]);
}

/// One area, or one year, that is unreadable does not pass among many that are not.
#[test]
fn each_area_and_year_is_judged_by_itself() {
    let rows = |area: &str, year: u16, citizenship: &str, count: usize| {
        format!("{area},{year},F,17,{citizenship}\n").repeat(count)
    };
    let header = "area,year,sex,age,citizenship\n";
    let read = |rows: &[String], flags: &str| {
        let bench = Bench::new().file("in.csv", format!("{header}{}", rows.concat()));
        bench.run(&format!("validate in.csv {flags}"))
    };
    let many = [rows("THA", 2021, "THA", 900), rows("VNM", 2022, "VNM", 900)].concat();
    // 25 of 1,840 records: 1.4 percent of the column.
    let bad = [many.clone(), rows("KHM", 2021, "khm people", 25), rows("KHM", 2022, "KHM", 15)];
    read(&bad, "").fails(
        1,
        "error[limit/not-understood]: the field `citizenship` was not understood for more than half of the persons of the \
         area `KHM`\n  --> in.csv\n\
         hint: `tipstat validate` with `--unresolved values.csv` lists the words; if they may stay unknown, pass \
         `--max-not-understood citizenship=100%`\n",
    );
    read(&bad, "--max-not-understood citizenship=70%").succeeds();
    read(&[many.clone(), rows("KHM", 2020, "khm people", 25), rows("KHM", 2022, "KHM", 30)], "").fails(
        1,
        "error[limit/not-understood]: the field `citizenship` was not understood for more than half of the persons of the \
         year `2020`\n  --> in.csv\n\
         hint: `tipstat validate` with `--unresolved values.csv` lists the words; if they may stay unknown, pass \
         `--max-not-understood citizenship=100%`\n",
    );
    // Few persons, half of them, and cells that are empty or say that nothing is known.
    read(&[many.clone(), rows("KHM", 2021, "khm people", 19)], "").succeeds();
    read(&[many.clone(), rows("KHM", 2021, "khm people", 20), rows("KHM", 2022, "KHM", 20)], "").succeeds();
    read(&[many.clone(), rows("KHM", 2021, "khm people", 11), rows("KHM", 2021, "", 60)], "").succeeds();
    // The same where the area is far away in the file, and where a record stands for many persons.
    let far = [rows("KHM", 2021, "khm people", 25), rows("THA", 2021, "THA", 30_000), rows("KHM", 2022, "KHM", 10)];
    read(&far, "").code_is(1);
    let far = [rows("KHM", 2021, "khm people", 25), rows("THA", 2021, "THA", 30_000), rows("KHM", 2022, "KHM", 30)];
    read(&far, "").succeeds();
    let counted = format!("{header}{many}{}", rows("KHM", 2021, "khm people", 1)).replace('\n', ",1\n");
    let counted = counted.replacen("citizenship,1", "citizenship,count", 1).replace("khm people,1", "khm people,40");
    let bench = Bench::new().file("in.csv", counted);
    bench.run("validate in.csv").code_is(1);
}

/// `Area` is the area already, so it is not offered for the age.
#[test]
fn a_column_that_is_read_is_not_offered_for_another_one() {
    let bench = Bench::new().file("in.csv", "Area,YEAR,sex,Edad,form\nKHM,2020,F,20,SEX\n");
    let ran = bench.run("validate in.csv --schema victim");
    assert!(ran.stderr.contains("the required column `age` is missing"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("nearly the same"), "{}", ran.stderr);
}
