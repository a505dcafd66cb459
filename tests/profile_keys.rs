//! Every key of every kind of map, for every type of field, has an effect or is refused.

use tipstat::Control;
use tipstat::internals::files::Stage;
use tipstat::internals::pipeline::{Job, Reading, ingest};
use tipstat::internals::schema::{Map, Profile, Registry};
use tipstat::internals::validate::{Description, Layout};

use crate::support::{Bench, store_rows};

/// A field of each type: its record type, and three of its codes, where it has any.
const FIELDS: [(&str, &str, &str, [&str; 3]); 8] = [
    ("code", "victim", "citizenship", ["KHM", "THA", "PHL"]),
    ("age", "victim", "age", ["Y0T17", "Y_GE18", "Y9T17"]),
    ("set", "victim", "form", ["SEX", "LAB", "BEG"]),
    ("year", "victim", "exploitation_year", ["2018", "2019", "2020"]),
    ("pack", "victim", "race", ["USA_WHITE", "USA_ASIAN", "USA_BLACK"]),
    ("count", "victim", "count", ["", "", ""]),
    ("person", "victim", "person_id", ["", "", ""]),
    ("value", "figure", "value", ["", "", ""]),
];

const KINDS: [&str; 5] = ["column", "flags", "constant", "scale", "born_before"];
const KEYS: [&str; 5] = ["required", "codes", "crosswalk", "separator", "when"];

/// A map of a kind, without the key and with it.
fn maps(kind: &str, field: &str, [a, b, c]: [&str; 3], key: &str) -> [String; 2] {
    let head = format!("[[map]]\nfield = \"{field}\"\n");
    let keys = match kind {
        "column" => "column = \"X\"\n".to_owned(),
        "flags" => format!("flags = {{ F = [\"{a}\"], G = [\"{b}\"] }}\n"),
        "constant" => format!("constant = \"{a}\"\n"),
        "scale" => "scale = [\"S\"]\n".to_owned(),
        _ => "column = \"X\"\nborn_before = \"E\"\n".to_owned(),
    };
    let codes = |lo: &str, hi: &str| format!("codes = {{ lo = \"{lo}\", hi = \"{hi}\", \"17\" = \"{c}\" }}\n");
    let added = match key {
        "required" => "required = true\n".to_owned(),
        "codes" => codes(b, a),
        "crosswalk" => "crosswalk = \"WORDS--T\"\n".to_owned(),
        "separator" => "separator = \"+\"\n".to_owned(),
        _ => "when = { K = [\"x\"] }\n".to_owned(),
    };
    // A scale has codes in any case: others have another effect.
    let basis = if kind == "scale" { format!("{head}{keys}{}", codes(a, b)) } else { format!("{head}{keys}") };
    let with =
        if key == "codes" && kind == "scale" { format!("{head}{keys}{added}") } else { format!("{basis}{added}") };
    [basis, with]
}

/// Records whose cells can mean something in every way.
fn text(record: &str, kind: &str, [a, b, _]: [&str; 3], key: &str) -> String {
    let x = match (kind, key) {
        ("born_before", _) => ["2002-01-01", "2003-05-05", "1990-01-01"].map(str::to_owned),
        (_, "separator") => [a.to_owned(), format!("{a}+{b}"), format!("{b}+{a}")],
        _ if a.is_empty() => ["5", "6", "5"].map(str::to_owned),
        _ => [a.to_owned(), "lo".to_owned(), "hi".to_owned()],
    };
    // A column that is needed and not there.
    let name = if key == "required" { "Y" } else { "X" };
    let header = if record == "figure" { "area,year,subject,unit,sex" } else { "area,year,sex" };
    let cells = if record == "figure" { "USA,2020,VICTIMS,NUMBER" } else { "USA,2020" };
    let mut out = format!("{header},K,F,G,S,E,{name}\n");
    for (sex, (k, (f, s))) in
        ["F", "M", "_O"].into_iter().zip(["x", "y", "x"].into_iter().zip([("1", "lo"), ("0", "hi"), ("1", "lo")]))
    {
        let at = usize::from(k == "y") + 2 * usize::from(sex == "_O");
        out.push_str(&format!("{cells},{sex},{k},{f},1,{s},2020-06-01,{}\n", x[at.min(2)]));
    }
    out
}

/// What becomes of the records: what is stored and found, or the refusal. `None` where the profile itself is refused.
fn outcome(bench: &Bench, record: &str, map: &str, text: &str) -> Option<String> {
    let others = match record {
        "figure" => &["area", "year", "subject", "unit", "sex"][..],
        _ => &["area", "year", "sex"],
    };
    let mut profile = format!("id = \"p\"\ntitle = \"p\"\nsource = \"p\"\nrecord = \"{record}@1\"\n");
    for field in others {
        profile.push_str(&format!("[[map]]\nfield = \"{field}\"\ncolumn = \"{field}\"\n"));
    }
    if record == "victim" && !map.contains("field = \"age\"") {
        profile.push_str("[[map]]\nfield = \"age\"\nconstant = \"Y_GE18\"\n");
    }
    bench.write("s/profiles/p.toml", profile + map);
    bench.write("in.csv", text);
    let registry = Registry::with_folder(bench.path("s")).unwrap();
    let layout = match Layout::load(&registry, &Description { profile: Some("p"), ..Description::default() }) {
        Ok(layout) => layout,
        Err(error) => {
            assert_eq!(error.rule(), Some("schema/check"), "{error}");
            return None;
        }
    };
    let columns: Vec<String> = layout.record.coded().map(|(_, field)| field.id.clone()).collect();
    let number = if record == "figure" { ["lower", "upper"] } else { ["count", "count_upper"] };
    let columns: Vec<&str> = columns.iter().map(String::as_str).chain(number).collect();
    let stage = Stage::within(&bench.path("stage")).unwrap();
    let read = ingest(&[Job { path: bench.path("in.csv"), layout }], &stage, &Reading::default(), &Control::default());
    Some(match read {
        Ok(read) => {
            let found: Vec<_> = read.inputs[0]
                .findings
                .iter()
                .map(|finding| (finding.rule, finding.column.clone(), finding.count))
                .collect();
            format!("{:?} {found:?} {:?}", read.totals(), store_rows(stage.path(), &columns))
        }
        Err(error) => error.to_string(),
    })
}

#[test]
fn every_key_has_an_effect_or_is_refused() {
    let bench = Bench::new();
    let mut effects = Vec::new();
    for (r#type, record, field, codes) in FIELDS {
        bench.write(
            "s/crosswalks/WORDS--T.toml",
            format!(
                "id = \"WORDS--T\"\nsource = \"x\"\nverified = true\n[map]\nlo = \"{}\"\nhi = \"{}\"\n",
                codes[0], codes[1]
            ),
        );
        for kind in KINDS {
            let mut keys = Vec::new();
            for key in KEYS {
                let [without, with] = maps(kind, field, codes, key);
                let text = text(record, kind, codes, key);
                let Some(changed) = outcome(&bench, record, &with, &text) else { continue };
                let basis = outcome(&bench, record, &without, &text).expect("a key cannot make a map right");
                assert_ne!(basis, changed, "`{key}` with `{kind}` is ignored for a field of the type {type}");
                keys.push(key);
            }
            let suits = outcome(&bench, record, &maps(kind, field, codes, "when")[0], "area\n").is_some();
            if suits {
                effects.push(format!("{type} {kind}: {}", keys.join(" ")));
            }
        }
    }
    let expected = "code column: required codes crosswalk separator when\n\
        code constant: when\n\
        code scale: codes when\n\
        age column: required codes crosswalk separator when\n\
        age constant: when\n\
        age scale: codes when\n\
        age born_before: required when\n\
        set column: required codes crosswalk separator when\n\
        set flags: when\n\
        set constant: when\n\
        set scale: codes when\n\
        year column: required codes crosswalk separator when\n\
        year constant: when\n\
        pack column: required separator\n\
        count column: required when\n\
        person column: required\n\
        value column: required when";
    assert_eq!(effects.join("\n"), expected);
}

/// The keys that a type of a profile reads, as it names them where it refuses another one.
fn keys_of<T: serde::de::DeserializeOwned>(text: &str) -> Vec<String> {
    let Err(error) = toml::from_str::<T>(&format!("{text}no_such_key = 1\n")) else { panic!("an unknown key is read") };
    let message = error.message().to_owned();
    let list = message.split_once("expected one of ").unwrap_or_else(|| panic!("{message}")).1;
    let mut keys: Vec<String> = list.split(", ").map(|key| key.trim_matches('`').to_owned()).collect();
    keys.sort();
    keys
}

/// A key that is added to a map or to a profile is named here, and tested: above if it is a key of a map, and by a test of
/// its own if it is a key of a profile.
#[test]
fn every_key_is_known_to_these_tests() {
    let sorted = |mut keys: Vec<&'static str>| {
        keys.sort_unstable();
        keys
    };
    assert_eq!(keys_of::<Map>("field = \"sex\"\n"), sorted([&["field"][..], &KINDS, &KEYS].concat()));
    let profile = [
        "id",
        "title",
        "source",
        "record",
        "delimiter",
        "encoding",
        "sheet",
        "quoted_lines",
        "missing",
        "declares",
        "meanings",
        "exclusive",
        "numbers",
        "dates",
        "map",
        "levels",
        "series",
        "skip",
        "only",
        "exact",
        "ignore",
        "drop",
    ];
    let head = "id = \"p\"\ntitle = \"p\"\nsource = \"p\"\nrecord = \"victim@1\"\n";
    assert_eq!(keys_of::<Profile>(head), sorted(profile.to_vec()));
}

/// Keys of a profile that say nothing, or two things.
#[test]
fn keys_that_say_nothing_are_refused() {
    let head = "id = \"p\"\ntitle = \"p\"\nsource = \"p\"\n";
    let victim = "record = \"victim@1\"\n";
    let figure = "record = \"figure@1\"\n";
    let map = |field: &str, rest: &str| format!("[[map]]\nfield = \"{field}\"\n{rest}\n");
    let sex = map("sex", "column = \"Sex\"");
    let bench = Bench::new();
    for (profile, message) in [
        (format!("{victim}exclusive = [\"FORM\"]\n"), "`exclusive` says something of published figures only"),
        (format!("{figure}exclusive = [\"FROM\"]\n"), "`figure@1` has no dimension `FROM`"),
        (format!("{victim}delimiter = \"€\"\n"), "cannot separate fields"),
        (format!("{victim}[numbers]\ndecimal = \",\"\nthousands = \",\"\n"), "two different signs"),
        (format!("{victim}[skip]\nA = []\n"), "`[skip]`: `A` names no text"),
        (format!("{victim}[only]\nA = []\n"), "`[only]`: `A` names no text"),
        (format!("{victim}[only]\nA = [\"x\"]\n[skip]\nA = [\"y\"]\n"), "both in `[only]` and in `[skip]`"),
        (format!("{victim}[ignore]\nprefixes = [\"\"]\n"), "an empty prefix leaves every column out"),
        (format!("{victim}{sex}[ignore]\ncolumns = [\"Sex\"]\n"), "`Sex` is read by a map and named in `[ignore]`"),
        (format!("{victim}{sex}[drop]\ncolumns = [\"Sex\"]\n"), "`Sex` is read by a map and named in `[drop]`"),
        (victim.to_owned() + &map("sex", "column = \"S\"\nwhen = { A = [] }"), "the map never applies"),
        (victim.to_owned() + &map("form", "flags = { A = [] }"), "a yes in `A` adds no code"),
        (victim.to_owned() + &map("sex", "constant = \"F;M\""), "has one code"),
        (victim.to_owned() + &map("sex", "constant = \"=area\""), "`=area` stands for no code in `constant`"),
        (victim.to_owned() + &map("sex", "scale = [\"A\"]"), "`scale` needs `codes`"),
        (victim.to_owned() + &map("sex", "column = \"S\"\nborn_before = \"E\""), "`born_before` cannot give a field"),
        (victim.to_owned() + &map("sex", "flags = { A = [\"F\"] }"), "`flags` cannot give a field of the type `code`"),
        (victim.to_owned() + &map("count", "constant = \"5\""), "`constant` cannot give a field of the type `count`"),
        (victim.to_owned() + &map("sex", "column = \"S\"\nconstant = \"F\""), "and one only"),
        (victim.to_owned() + &map("sex", ""), "and one only"),
        (
            format!("{figure}{}[[series]]\ncolumn = \"A\"\n", map("value", "column = \"V\"")),
            "a map of `value` is ignored",
        ),
        (
            victim.to_owned()
                + &map("area", "column = \"A\"\ncrosswalk = [\"NAMES--CL_AREA\", \"NAMES--CL_CITIZENSHIP\"]"),
            "only one crosswalk may be `normalised`",
        ),
    ] {
        bench.write("s/profiles/p.toml", format!("{head}{profile}"));
        bench.run("schema check --schemas s").refuses(message);
        if !message.contains("normalised") {
            // A run refuses it too.
            bench.write("in.csv", "area\nKHM\n");
            bench.run("validate in.csv --schemas s --profile p").refuses(message);
        }
    }
    // A country's own codes depend on the area of each record, so they cannot be set for all.
    bench.write("in.csv", "area,year,sex,age\nUSA,2020,F,17\n");
    let ran = bench.run("validate in.csv --set race=USA_WHITE");
    ran.code_is(2);
    assert!(ran.stderr.contains("the field `race` cannot be set for all records"), "{}", ran.stderr);
}

/// The first of multiple crosswalks comes before the others.
#[test]
fn crosswalks_hold_in_their_order() {
    let crosswalk =
        |id: &str, code: &str| format!("id = \"{id}\"\nsource = \"x\"\nverified = true\n[map]\nword = \"{code}\"\n");
    let map = |names: &str| {
        format!(
            "id = \"p\"\ntitle = \"p\"\nsource = \"p\"\nrecord = \"victim@1\"\n[[map]]\nfield = \"area\"\ncolumn = \"area\"\n\
             [[map]]\nfield = \"year\"\ncolumn = \"year\"\n[[map]]\nfield = \"age\"\ncolumn = \"age\"\n\
             [[map]]\nfield = \"sex\"\ncolumn = \"sex\"\ncrosswalk = {names}\n"
        )
    };
    let bench = Bench::new()
        .file("s/crosswalks/A--S.toml", crosswalk("A--S", "F"))
        .file("s/crosswalks/B--S.toml", crosswalk("B--S", "M"))
        .file("in.csv", "area,year,sex,age\nKHM,2020,word,17\n");
    for (names, sex) in [("[\"A--S\", \"B--S\"]", "F"), ("[\"B--S\", \"A--S\"]", "M")] {
        bench.write("s/profiles/p.toml", map(names));
        bench.run("ingest in.csv --schemas s --profile p --out store --force -q").succeeds();
        assert_eq!(store_rows(&bench.path("store"), &["sex"]), [sex]);
    }
}
