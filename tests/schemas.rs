//! Schemas that are compared, shown in other forms, drafted from files, and explained.

use tipstat::internals::schema::{Registry, load_codelist};

use crate::support::{Bench, CANARY, project};

#[test]
fn versions_are_compared_and_the_heaviest_change_decides() {
    let list = std::fs::read_to_string(project().join("schemas/codelists/CL_SEX@1.csv")).unwrap();
    let head = std::fs::read_to_string(project().join("schemas/codelists/CL_SEX@1.toml")).unwrap();
    let bench = Bench::new()
        .file("own/CL_SEX@2.toml", head.replace("version = 1", "version = 2"))
        .file("own/CL_SEX@2.csv", format!("{list}X,,intersex,intersexe,,,,\n"));
    bench.run("schema diff CL_SEX CL_SEX@1").succeeds().says("equal\n");
    let ran = bench.run("schema diff CL_SEX@1 own/CL_SEX@2.toml");
    ran.succeeds().says("compatible  code `X`  is new\ncompatible\n");
    bench.write("own/CL_SEX@2.csv", list.replace("M,,male,", "MALE,,male,"));
    let ran = bench.run("schema diff CL_SEX@1 own/CL_SEX@2.toml --format json");
    assert_eq!(ran.code, Some(1));
    ran.says("\"class\": \"needs crosswalk\"").says("is gone; `MALE` has its label");
    // A folder of one's own is laid over the built-in schemas.
    bench.write("mine/codelists/CL_SEX@2.toml", head.replace("version = 1", "version = 2"));
    bench.write("mine/codelists/CL_SEX@2.csv", list);
    bench.run("schema diff CL_SEX@1 CL_SEX@2 --schemas mine").succeeds().says("equal\n");
}

#[test]
fn record_types_profiles_and_packs_are_compared() {
    let victim = std::fs::read_to_string(project().join("schemas/records/victim@1.toml")).unwrap();
    let bench = Bench::new().file("v2.toml", victim.replacen("required = true\n", "", 1)).file("x.toml", "a = 1\n");
    bench.run("schema diff victim v2.toml").succeeds().says("`required` is gone\ncompatible\n");
    let ran = bench.run("schema diff v2.toml victim");
    assert_eq!(ran.code, Some(1));
    ran.says("breaking  field `area`  `required` is new\nbreaking\n");
    assert_eq!(bench.run("schema diff ctdc-kanon ctdc-synthetic").code, Some(1));
    assert_eq!(bench.run("schema diff BRA USA").code, Some(1));
    bench.run("schema diff victim BRA").fails(
        2,
        "error: the two are of different kinds\n   = found: a record type and a country pack\n\
         hint: compare two record types, two code lists, two profiles or two packs\n",
    );
    bench.run("schema diff victim x.toml").fails(
        2,
        "error: the file is not a record type, code list, profile or pack\n  --> x.toml\n\
         hint: `tipstat schema list` shows schemas of each kind to compare it with\n",
    );
    bench.run("schema diff victim none.toml").fails(
        2,
        "error: cannot read the file: there is no such file\n  --> none.toml\nhint: check the name and the folder\n",
    );
}

#[test]
fn schemas_are_shown_in_other_forms() {
    let bench = Bench::new();
    for form in ["json-schema", "frictionless"] {
        for name in ["victim", "figure", "CL_FORM"] {
            let ran = bench.run(&format!("schema show {name} --as {form}"));
            assert!(serde_json::from_str::<serde_json::Value>(&ran.succeeds().stdout).is_ok());
        }
    }
    bench.run("schema show victim --as markdown").succeeds().says("| `sex` | Sex | yes |");
    bench.run("schema show CL_FORM --as markdown").succeeds().says("| `DOM` | `FG_LABOUR` | domestic servitude |");
    bench.run("schema show victim --as markdown --format json").succeeds().says("\"markdown\": \"# Detected");
    bench.run("schema show BRA").succeeds().says("area = \"BRA\"");
    bench.run("schema show BRA --as markdown").fails(
        2,
        "error: a country pack has no such form: it can be shown as `toml` only\n   = valid: `toml` for everything; \
         `json-schema`, `frictionless` and `markdown` for record types and code lists\n\
         hint: `tipstat schema show BRA` shows the file\n",
    );
}

/// A small Spanish register, with a column of names and a rare text.
fn register() -> String {
    let mut text = "pais,anio_deteccion,sexo,edad,fines,nacionalidad,nombre,etnia\n".to_owned();
    for row in 0..120 {
        let sex = if row % 3 == 0 { "Hombre" } else { "Mujer" };
        let form = ["Explotación sexual", "Trabajo forzoso+Mendicidad", "Mendicidad"][row % 3];
        let (age, people) = (14 + row % 30, ["indígena", "Afrodescendiente"][row % 2]);
        text.push_str(&format!("ESP,{},{sex},{age},{form},Colombia,{CANARY},{people}\n", 2019 + row % 4));
    }
    text.push_str(&format!("ESP,2022,{CANARY},17,Mendicidad,Colombia,,\n"));
    text
}

#[test]
fn a_draft_loads_and_reads_its_file_once_it_is_checked() {
    let bench = Bench::new().file("registro.csv", register());
    let ran = bench.run("schema infer registro.csv --out own/profiles/registro.toml --pack-out own/packs/ESP.toml");
    ran.succeeds();
    assert_eq!(ran.stdout, "");
    let draft = std::fs::read_to_string(bench.path("own/profiles/registro.toml")).unwrap();
    let pack = std::fs::read_to_string(bench.path("own/packs/ESP.toml")).unwrap();
    assert!(!draft.contains(CANARY) && !pack.contains(CANARY), "{draft}\n{pack}");
    for line in [
        "separator = \"+\"",
        "crosswalk = \"NAMES--CL_CITIZENSHIP\"   # resolves 1 of 1 different texts",
        "# codes.\"Mujer\" = \"F\"   # a known word",
        "# codes.\"Trabajo forzoso\" = \"LAB\"   # a known word",
        "# columns = [\"nombre\"]",
    ] {
        assert!(draft.lines().any(|found| found == line), "`{line}` is not in:\n{draft}");
    }
    assert!(pack.contains("area = \"ESP\"") && pack.contains("code = \"AFRODESCENDIENTE\""), "{pack}");
    bench.run("schema check --schemas own").succeeds();
    bench.run("profile show registro --schemas own").succeeds().says("column = \"sexo\"");
    // Unchanged it names no person's column, so the file is refused: nothing was decided by the program.
    let ran = bench.run("validate registro.csv --profile registro --schemas own");
    assert!(ran.code == Some(1) && ran.stderr.contains("file/direct-identifier"), "{}", ran.stderr);
    // A person takes the marks of what is likely away.
    let checked: Vec<_> = draft
        .lines()
        .map(|line| {
            let is_suggestion =
                ["# codes.", "# [drop]", "# columns = [\"nombre\"]"].iter().any(|start| line.starts_with(start));
            if is_suggestion { &line[2..] } else { line }
        })
        .collect();
    bench.write("own/profiles/registro.toml", checked.join("\n"));
    bench.run("schema check --schemas own").succeeds();
    let ran = bench.run("validate registro.csv --profile registro --schemas own --max-rejects 1");
    ran.succeeds().says("121 records read, 120 accepted, 1 rejected");
}

#[test]
fn drafts_are_not_replaced_and_show_nothing_on_stderr() {
    let bench = Bench::new().file("registro.csv", register());
    bench.run("schema infer registro.csv --out draft.toml").succeeds();
    bench.run("schema infer registro.csv --out draft.toml").fails(
        1,
        "error[release/exists]: the output exists already and was left as it is\n  --> draft.toml\n\
         hint: choose another place, or pass `--force` to replace it\n",
    );
    let ran = bench.run("schema infer registro.csv --out draft.toml --force");
    assert!(!ran.succeeds().stderr.contains("Mujer"));
    bench.run("schema infer registro.csv --quiet").succeeds().says("id = \"registro\"").says("field = \"sex\"");
    bench.run("schema infer registro.csv --format json").succeeds().says("\"records\": 121");
    bench.write("records.csv", "KHM,2022,F,17\nPHL,2022,F,17\nKHM,2022,F,17\n");
    bench.run("schema infer records.csv -q").fails(
        2,
        "error: the first line looks like a record and not like headings\n  --> records.csv:1, column 1\n\
         hint: put a line of headings above the records, or name the right sheet with `--sheet`\n",
    );
    bench.run("schema infer registro.csv --pack Spain -q").fails(
        2,
        "error: `Spain` is not a country\nhint: use ISO 3166-1 alpha-3, for instance `BRA`; `tipstat schema list` names the packs\n",
    );
}

/// The records of another encoding are read where the encoding is named, and their values are not shown otherwise.
#[test]
fn another_encoding_is_named() {
    let mut bytes = b"pa\xeds;sexo\n".to_vec();
    bytes.extend(b"ESP;var\xf3n\n".repeat(12));
    let bench = Bench::new().file("in.csv", bytes);
    let ran = bench.run("schema infer in.csv --encoding windows-1252 -q");
    ran.succeeds().says("# codes.\"varón\" = \"M\"").says("encoding = \"windows-1252\"").says("delimiter = \";\"");
}

#[test]
fn pages_are_explained() {
    let bench = Bench::new();
    bench.run("explain packs").succeeds().says("# A country pack in twenty minutes");
    bench.run("explain profiles").succeeds().says("born_before");
    let ran = bench.run("explain");
    ran.succeeds().says("cell/not-in-codelist");
    let pages = ["packs", "profiles", "quarantine", "signatures"];
    assert!(pages.iter().all(|page| ran.stdout.contains(&format!("\n{page} "))), "{}", ran.stdout);
    bench.run("explain pack").fails(2, "error: there is no rule `pack`\nhint: did you mean `packs`?\n");
}

/// Title lines above headings in any spelling do not stop a draft.
#[test]
fn a_draft_finds_the_headings_below_titles() {
    let rows = "Paraguay,2022,Mujer,17,Explotación sexual\n".repeat(12);
    let bench = Bench::new()
        .file("in.csv", format!("Ministerio\nRegistro de 2022\n\nPaís,Año,Sexo,Edad,Fin de explotación\n{rows}"));
    let ran = bench.run("schema infer in.csv");
    ran.succeeds().says("column = \"País\"").says("column = \"Edad\"").says("from 12 records");
}

/// A publisher who reports one of the other forms next to "other" does not count it in both. So no profile of figures has a form
/// and a group that holds it: the group without the form is a code of its own.
#[test]
fn profiles_of_figures_have_no_form_next_to_its_group() {
    let list = load_codelist(&Registry::built_in(), "CL_FORM_FIGURE").unwrap();
    let mut profiles = 0;
    for entry in std::fs::read_dir(project().join("schemas/profiles")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let text = std::fs::read_to_string(project().join("schemas/profiles").join(&name)).unwrap();
        if !text.contains("record = \"figure") {
            continue;
        }
        profiles += 1;
        let profile: toml::Table = text.parse().unwrap();
        let all = |key: &str| profile.get(key).and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let is_form = |map: &toml::Value| map.get("field").and_then(toml::Value::as_str) == Some("form");
        let codes =
            |table: &toml::Value| table.get("codes").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        let mapped =
            all("map").into_iter().filter(is_form).flat_map(|map| codes(&map).into_iter().map(|(_, code)| code));
        let series = all("series").into_iter().filter_map(|series| codes(&series).get("form").cloned());
        let used: Vec<String> = mapped.chain(series).filter_map(|code| Some(code.as_str()?.to_owned())).collect();
        for form in &used {
            let above = list.find(form).into_iter().flat_map(|form| list.ancestors(form));
            for group in above.map(|group| list.id_of(group)) {
                assert!(!used.iter().any(|used| used == group), "{name}: {form} is in {group}");
            }
        }
    }
    assert!(profiles > 5, "{profiles}");
}
