//! What a cell means: words of publishers' dictionaries, parts that are not understood, required fields, truth values, dates.
//! Tests of publishers' dictionaries are skipped, and say so, where the files are not at hand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::support::{Bench, counted, drafts, exact, real_data, store_rows};

/// The cells of a sheet of a workbook.
fn sheet(path: &PathBuf, name: &str) -> Vec<Vec<String>> {
    use calamine::Reader;
    let mut book = calamine::open_workbook_auto(path).unwrap();
    let range = book.worksheet_range(name).unwrap();
    let (top, left) = range.start().unwrap();
    assert_eq!((top, left), (0, 0), "{name}");
    range.rows().map(|row| row.iter().map(|cell| cell.to_string().trim().to_owned()).collect()).collect()
}

/// Records that differ from a usual one in one word, and the fields that must know the word.
struct Words<'a> {
    profile: &'a str,
    usual: BTreeMap<String, String>,
    records: Vec<BTreeMap<String, String>>,
    /// The field of each record that the word is about, the word, and whether it means something.
    about: Vec<(&'a str, String, bool)>,
}

impl<'a> Words<'a> {
    fn new(profile: &'a str, usual: &[(&str, &str)]) -> Self {
        let usual = usual.iter().map(|(column, cell)| ((*column).to_owned(), (*cell).to_owned())).collect();
        Self { profile, usual, records: Vec::new(), about: Vec::new() }
    }

    fn add(&mut self, column: &str, field: &'a str, word: &str, known: bool) {
        let mut record = self.usual.clone();
        record.insert(column.to_owned(), word.to_owned());
        self.records.push(record);
        self.about.push((field, word.to_owned(), known));
    }

    /// Reads all records: each is accepted, nothing is found in any cell, and each word has a code of its field.
    #[track_caller]
    fn check(&self) -> BTreeMap<(&'a str, String), String> {
        let columns: std::collections::BTreeSet<&String> = self.records.iter().flat_map(BTreeMap::keys).collect();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&columns).unwrap();
        for record in &self.records {
            writer.write_record(columns.iter().map(|column| record.get(*column).map_or("", String::as_str))).unwrap();
        }
        let bench = Bench::new().file("in.csv", writer.into_inner().unwrap());
        let ran = bench.run(&format!("ingest in.csv --profile {} --out store --format json", self.profile));
        let report: serde_json::Value = serde_json::from_str(&ran.succeeds().stdout).unwrap();
        let text = report.to_string();
        assert!(!text.contains("\"cell/"), "{text}");
        let fields: std::collections::BTreeSet<&str> = self.about.iter().map(|(field, ..)| *field).collect();
        let mut found = BTreeMap::new();
        for field in fields {
            let codes = store_rows(&bench.path("store"), &[field]);
            assert_eq!(codes.len(), self.records.len());
            for ((map, word, known), code) in self.about.iter().zip(codes) {
                if *map == field {
                    assert_eq!(code != "_U", *known, "{}: `{word}` of `{field}` is {code}", self.profile);
                    found.insert((field, word.clone()), code);
                }
            }
        }
        found
    }
}

/// Every code of the dictionary of the k-anonymised dataset, and every country of its look-up.
#[test]
fn ctdc_kanon_knows_every_word_of_its_dictionary() {
    let (Some(book), Some(regions)) =
        (real_data("ctdc/ctdc_kanon_data_dictionary_20210825.xlsx"), real_data("ctdc/ctdc_region_lookup_20210825.csv"))
    else {
        return;
    };
    let mut lookups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut name = String::new();
    for row in sheet(&book, "Lookups ").into_iter().skip(1) {
        if !row[0].is_empty() {
            name.clone_from(&row[0]);
        }
        if !row[1].is_empty() && row[1] != "Code" {
            lookups.entry(name.to_lowercase()).or_default().push(row[1].clone());
        }
    }
    let everywhere = lookups.remove("").unwrap();
    assert_eq!(everywhere, ["-99", "Unknown"]);
    let mut countries = lookups["country"].clone();
    countries.extend(sheet(&book, "Region").into_iter().skip(1).map(|row| row[0].clone()));
    countries.extend(crate::support::rows(&regions).iter().map(|row| row["ISO2"].clone()));
    countries.retain(|code| !code.is_empty());
    countries.sort();
    countries.dedup();
    assert!(countries.len() > 240, "{}", countries.len());
    lookups.insert("country".into(), countries);

    let usual = [
        ("yearOfRegistration", "2015"),
        ("gender", "Female"),
        ("ageBroad", "18--20"),
        ("majorityStatus", "Adult"),
        ("citizenship", "KH"),
        ("CountryOfExploitation", "TH"),
    ];
    let mut words = Words::new("ctdc-kanon", &usual);
    let is_known = |word: &str| !["-99", "Unknown", "00", "0"].contains(&word);
    let mut flags = 0;
    // Concatenated columns repeat the flags.
    let is_read = |row: &Vec<String>| !row[0].is_empty() && !row[0].ends_with("Concatenated");
    for row in sheet(&book, "Main").into_iter().skip(1).filter(is_read) {
        let (variable, lookup) = (row[0].as_str(), row[4].to_lowercase());
        let fields: &[&'static str] = match variable {
            "gender" => &["sex", "gender"],
            "ageBroad" | "majorityStatus" => &["age"],
            "citizenship" => &["citizenship"],
            "CountryOfExploitation" => &["area"],
            name if name.starts_with("meansOfControl") => &["control"],
            name if name.starts_with("typeOfLabour") => &["labour_sector"],
            name if name.starts_with("typeOfSex") => &["sexual_type"],
            name if name.starts_with("recruiterRelation") => &["recruiter"],
            name if name.starts_with("is") && name != "isAbduction" => &["form"],
            // Not read: what they say is in no field, or in another column.
            "yearOfRegistration"
            | "Datasource"
            | "majorityStatusAtExploit"
            | "MajorityEntry"
            | "isAbduction"
            | "RecruiterRelationship" => &[],
            other => panic!("the dictionary has a variable that the test does not know: {other}"),
        };
        let values: Vec<String> = match (&lookup[..], fields) {
            (_, []) => lookups.get(&lookup).cloned().unwrap_or_default(),
            ("", _) => ["0", "1"].map(str::to_owned).to_vec(),
            (lookup, _) => lookups[lookup].clone(),
        };
        // What a `1` means is nothing where the kind is not specified, or is one of labour that stays with its form.
        let says_nothing = ["NotSpecified", "Unknown", "Begging", "IllicitActivities"];
        let silent = fields.is_empty() || says_nothing.iter().any(|end| variable.ends_with(end));
        for word in values.iter().chain(&everywhere) {
            for field in if silent { &["area"][..] } else { fields } {
                words.add(variable, field, word, silent || is_known(word));
                // The other column of the age would replace it.
                let other = [("majorityStatus", "ageBroad"), ("ageBroad", "majorityStatus")];
                if let Some((_, other)) = other.iter().find(|(name, _)| *name == variable) {
                    words.records.last_mut().unwrap().insert((*other).to_owned(), String::new());
                }
                flags += usize::from(lookup.is_empty() && word == "1");
            }
        }
    }
    assert!(flags > 40, "{flags}");
    let found = words.check();
    let code = |field, word: &str| found[&(field, word.to_owned())].as_str();
    assert_eq!(code("sex", "Transgender/NonConforming"), "_O");
    assert_eq!(code("gender", "Transgender/NonConforming"), "TRANS_NC");
    for (word, country) in [
        ("00", "_U"),
        ("NA", "NAM"),
        ("AN", "ANT"),
        ("ZR", "COD"),
        ("YU", "SCG"),
        ("TB", "CHN"),
        ("TP", "TLS"),
        ("Y1", "XKX"),
        ("Y2", "MNE"),
        ("Y3", "SRB"),
    ] {
        assert_eq!((code("citizenship", word), code("area", word)), (country, country), "{word}");
    }
}

/// The dictionary of the victim-perpetrator dataset has variables only; its words are in the file itself.
#[test]
fn ctdc_vp_knows_every_word_of_its_dictionary_and_file() {
    let (Some(dictionary), Some(file)) =
        (real_data("ctdc/CTDC_VPsynthetic_dictionary.csv"), real_data("ctdc/CTDC_VPsynthetic_condensed.csv"))
    else {
        return;
    };
    let registry = tipstat::internals::schema::Registry::built_in();
    let profile = tipstat::internals::schema::Profile::load(&registry, "ctdc-vp").unwrap();
    let named: Vec<String> = crate::support::rows(&dictionary).iter().map(|row| row["name"].clone()).collect();
    for name in named.iter().filter(|name| !name.is_empty()) {
        assert!(profile.knows(name), "{name}");
    }
    let rows = crate::support::rows(&file);
    let usual =
        [("yearRegister", "2019"), ("gender", "Female"), ("majorityStatus", "Adult"), ("UN_COE_Region", "Asia")];
    let mut words = Words::new("ctdc-vp", &usual);
    for (column, field) in [
        ("yearRegister", "year"),
        ("gender", "sex"),
        ("majorityStatus", "age"),
        ("UN_COE_Region", "area"),
        ("UN_COO_Region", "citizenship"),
        ("isForcedLabour", "form"),
        ("isSexualExploit", "form"),
        ("IP_Relation", "recruiter"),
    ] {
        let different: std::collections::BTreeSet<&String> = rows.iter().map(|row| &row[column]).collect();
        for word in different {
            // Ranges of years are no year.
            words.add(column, field, word, !(word.is_empty() || column == "yearRegister" && word.contains('-')));
        }
    }
    words.check();
}

/// Every value name and label of HTCDS, and forced criminality, which systems add to its list of forms.
#[test]
fn htcds_knows_every_word_of_its_standard() {
    let Some(standard) = real_data("htcds/HTCDS_HTCDS_Field_Standards_2.0.ods") else { return };
    let table = sheet(&standard, "Field_Standards");
    let at = |heading: &str| table[0].iter().position(|cell| cell.contains(heading)).unwrap();
    let (name, names, labels) = (at("including Prefix"), at("Value Names"), at("Value Labels"));
    let usual = [
        ("org_ShippingCountry", "KH"),
        ("cas_IncomingReferralDate", "2021-05-17"),
        ("prs_Gender", "Feminine"),
        ("prs_Birthdate", "2000-01-31"),
        ("prs_Citizenship", "VN"),
    ];
    let mut words = Words::new("htcds", &usual);
    let fields = BTreeMap::from([
        ("prs_Gender", &["sex", "gender"][..]),
        ("vic_TraffickingStatus", &["identification"]),
        ("vic_RelationshipToTrafficker", &["recruiter"]),
        ("vic_MethodOfRecruitment", &["channel"]),
        ("vic_MethodsOfControl", &["control"]),
        ("vic_TypeOfExploitation", &["form"]),
        ("vic_ForcedLabourIndustry", &["labour_sector"]),
        ("vic_TypeOfSexExploitation", &["sexual_type"]),
    ]);
    let mut seen = 0;
    for row in table.iter().filter(|row| fields.contains_key(row[name].as_str())) {
        seen += 1;
        let texts = row[names].lines().chain(row[labels].lines()).map(str::trim).filter(|word| !word.is_empty());
        for word in texts {
            // Not a victim is not a record of this record type: it is rejected by a rule of its own.
            if !["NotAVictimOfTrafficking", "Not a victim of trafficking"].contains(&word) {
                let known = !["NonSpecifiedUnknown", "Not Specified/Unknown"].contains(&word);
                fields[row[name].as_str()].iter().for_each(|field| words.add(&row[name], field, word, known));
            }
        }
    }
    assert_eq!(seen, fields.len());
    assert!(words.records.len() > 130, "{}", words.records.len());
    for word in ["ForcedCriminality", "Forced criminality", "TypeOfExploitationForcedCriminality"] {
        words.add("vic_TypeOfExploitation", "form", word, true);
    }
    let found = words.check();
    assert_eq!(found[&("form", "ForcedCriminality".to_owned())], "CRIM");
    assert_eq!(found[&("labour_sector", "Education".to_owned())], "ISIC_P");
}

/// Words of the codebook of February 2024.
#[test]
fn ctdc_synthetic_knows_the_words_of_its_codebook() {
    let usual = [
        ("yearOfRegistration", "2022"),
        ("gender", "Woman"),
        ("ageBroad", "18—20"),
        ("CountryOfExploitation", "THA"),
        ("citizenship", "KHM"),
    ];
    let mut words = Words::new("ctdc-synthetic", &usual);
    for gender in ["Woman", "Man", "Trans/Transgender/NonConforming", "Transgender/NonConforming"] {
        words.add("gender", "sex", gender, true);
        words.add("gender", "gender", gender, true);
    }
    for dash in ["-", "--", "–", "—"] {
        for (from, to) in [(0, 8), (9, 17), (18, 20), (21, 23), (24, 26), (27, 29), (30, 38), (39, 47)] {
            words.add("ageBroad", "age", &format!("{from}{dash}{to}"), true);
        }
    }
    words.add("ageBroad", "age", "48+", true);
    for (column, field) in [
        ("isForcedLabour", "form"),
        ("typeOfLabourHospitality", "labour_sector"),
        ("sectorOfLabourHospitality", "labour_sector"),
        ("typeOfSexPornography", "sexual_type"),
        ("sectorOfSexPornography", "sexual_type"),
        ("meansWithholdDocs", "control"),
        ("recruiterRelationOther", "recruiter"),
    ] {
        words.add(column, field, "1", true);
        words.add(column, field, "", false);
        words.add(column, field, "NULL", false);
    }
    let found = words.check();
    assert_eq!(found[&("sex", "Trans/Transgender/NonConforming".to_owned())], "_O");
    // The release of 2021 has another layout, which was not seen: the profile claims nothing of it.
    let profile =
        tipstat::internals::schema::Profile::load(&tipstat::internals::schema::Registry::built_in(), "ctdc-synthetic")
            .unwrap();
    assert!(!profile.title.contains("2021"), "{}", profile.title);
}

const FORMS: &str = "area,year,sex,age,form\n";

/// A part that is not understood stays as `_U` next to the known parts, in any order.
#[test]
fn a_part_of_a_set_that_is_not_understood_stays_unknown() {
    let cells = ["SEX", "SEX;romance scams", "romance scams;SEX;LAB", "romance scams", "", "SEX;_N", "_X", "SEX;"];
    let text: String = cells.iter().map(|cell| format!("KHM,2022,F,17,{cell}\n")).collect();
    let bench = Bench::new().file("in.csv", format!("{FORMS}{text}"));
    bench.run("ingest in.csv --out store --max-rejects 100% --max-not-understood 100% -q").code_is(0);
    let rows = store_rows(&bench.path("store"), &["form"]);
    assert_eq!(rows, ["SEX", "_U;SEX", "_U;SEX;LAB", "_U", "_U", "_U;SEX", "_X", "SEX"]);
}

/// A person with a known form and one that is not understood is known: counted in the form and in `_K`, not in `_U`.
#[test]
fn a_person_with_a_known_part_is_not_unknown() {
    let rows =
        [("SEX", 40), ("SEX;romance scams", 30), ("romance scams", 20), ("SEX;LAB", 15), ("romance scams;LAB", 12)];
    let text: String = rows.iter().map(|(cell, count)| format!("KHM,2022,F,17,{cell}\n").repeat(*count)).collect();
    let (record, base) = counted(&format!("{FORMS}{text}"), None);
    let drafts = drafts(&record, &base, &["victims-by-form"]);
    let count = |form: &str| exact(&drafts[0].cube, &["KHM", "2022", form, "_T"]);
    assert_eq!([count("_T"), count("_K"), count("_U")], [117, 97, 20]);
    assert_eq!(count("_T"), count("_K") + count("_U"));
    assert_eq!([count("FG_SEXUAL"), count("FG_LABOUR"), count("FG_OTHER")], [85, 27, 0]);

    // The release: shares over what is known, and an attacker who finds no contradiction and nothing narrow.
    let bench = Bench::new().file("records.csv", format!("{FORMS}{text}")).file(
        "tipstat.toml",
        "[release]\nid = \"x\"\ntitle = \"x\"\nsynthetic = true\n[limits]\nmax_rejects = \"100%\"\nmax_not_understood = \"100%\"\n\
         [[input]]\npath = \"records.csv\"\nschema = \"victim\"\n[tables]\npacks = [\"victims-by-form\"]\n",
    );
    bench.run("run").says("audit by interval propagation: 0 unsafe");
    let table = crate::support::rows(&bench.path("out/release/tables/victims-by-form.csv"));
    let value = |indicator: &str, form: &str| {
        let row = table.iter().find(|row| {
            (row["INDICATOR"].as_str(), row["REF_AREA"].as_str(), row["TIME_PERIOD"].as_str())
                == (indicator, "KHM", "2022")
                && (row["FORM"].as_str(), row["SEX"].as_str()) == (form, "_T")
        });
        row.unwrap_or_else(|| panic!("{indicator} {form}"))["OBS_VALUE"].clone()
    };
    let indicators: std::collections::BTreeSet<&str> = table.iter().map(|row| row["INDICATOR"].as_str()).collect();
    assert_eq!((value("DETV_N", "_K").as_str(), value("DETV_N", "_U").as_str()), ("97", "20"), "{indicators:?}");
    let share = indicators.iter().find(|name| name.ends_with("_PT")).expect("a share");
    let shown_share: f64 = value(share, "FG_SEXUAL").parse().unwrap();
    assert!((shown_share - 100.0 * 85.0 / 97.0).abs() < 0.01, "{shown_share}");
}

/// The ways in which a cube counts persons with several values.
#[test]
fn cubes_count_a_set_with_an_unknown_part() {
    let text =
        "KHM,2022,F,17,SEX\nKHM,2022,F,17,SEX;x\nKHM,2022,F,17,x\nKHM,2022,F,17,SEX;LAB\nKHM,2022,F,17,SEX;LAB;x\n";
    let bench = Bench::new().file("in.csv", format!("{FORMS}{text}"));
    bench.run("ingest in.csv --out store --max-rejects 100% --max-not-understood 100% -q").code_is(0);
    let cells = |dims: &str| -> Vec<(String, u64)> {
        let file = format!("{}.parquet", dims.replace(':', "-"));
        bench.run(&format!("cube store --dims {dims} --out {file}")).succeeds();
        let prefix = format!("{dims}|");
        let cells = crate::support::cube_cells(&bench.path(&file)).into_iter();
        cells.filter_map(|(key, (count, _))| Some((key.strip_prefix(&prefix)?.to_owned(), count))).collect()
    };
    let counts_of = |pairs: &[(&str, u64)]| -> Vec<(String, u64)> {
        let mut pairs: Vec<_> = pairs.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect();
        pairs.sort();
        pairs
    };
    assert_eq!(cells("form"), counts_of(&[("LAB", 2), ("SEX", 4), ("_U", 1)]));
    assert_eq!(cells("form:first"), counts_of(&[("SEX", 4), ("_U", 1)]));
    assert_eq!(cells("form:mix"), counts_of(&[("MIX", 2), ("SEX", 2), ("_U", 1)]));
    // A set as it was recorded keeps what is not known of it, and so does a base.
    let sets = [("SEX", 1), ("_U;SEX", 1), ("_U", 1), ("SEX;LAB", 1), ("_U;SEX;LAB", 1)];
    assert_eq!(cells("form:sets"), counts_of(&sets));
}

/// What is not mapped is not collected, and a required field cannot be that without a word.
#[test]
fn a_required_field_that_nothing_gives_is_refused() {
    let profile = |maps: &[(&str, &str)], more: &str| {
        let map = |(field, how): &(&str, &str)| format!("[[map]]\nfield = \"{field}\"\n{how}\n");
        let maps: String = maps.iter().map(map).collect();
        format!("id = \"own\"\ntitle = \"x\"\nsource = \"x\"\nrecord = \"victim@1\"\n{maps}{more}")
    };
    let all = [
        ("area", "column = \"pais\""),
        ("year", "column = \"anio\""),
        ("sex", "column = \"sexo\""),
        ("age", "column = \"edad\""),
    ];
    let bench = Bench::new().file("in.csv", "pais,anio,sexo,edad\nKHM,2022,F,17\nnot a country,x,y,z\n");
    for missing in 0..all.len() {
        let field = all[missing].0;
        let maps: Vec<_> = all.iter().filter(|(other, _)| *other != field).copied().collect();
        bench.write("mine/profiles/own.toml", profile(&maps, ""));
        let ran =
            bench.run("validate in.csv --schemas mine --profile own --max-rejects 100% --max-not-understood 100%");
        ran.refuses(&format!("error[file/required-field]: no column gives the required field `{field}`"));
        assert!(!ran.stdout.contains("records read"), "{}", ran.stdout);
        let ran = bench.run("schema check --schemas mine");
        if field == "area" {
            // A run may name the country of a file that does not.
            ran.succeeds();
            bench.run("validate in.csv --schemas mine --profile own --area KHM --max-rejects 100% --max-not-understood 100%").succeeds();
        } else {
            ran.refuses(&format!("no map gives the field `{field}`, which every record of victim@1 needs"));
            // Stated, it is stated.
            let line = format!(
                "validate in.csv --schemas mine --profile own --set {field}=_X --max-rejects 100% --max-not-understood 100%"
            );
            bench.run(&line).succeeds();
        }
    }
    // A column that the profile does not insist on, and that the file does not have, is the same case.
    bench.write("mine/profiles/own.toml", profile(&all, ""));
    bench.run("validate in.csv --schemas mine --profile own --max-rejects 100% --max-not-understood 100%").succeeds();
    bench.write("short.csv", "pais,anio,sexo\nKHM,2022,F\n");
    let ran = bench.run("validate short.csv --schemas mine --profile own");
    ran.refuses("no column gives the required field `age`")
        .refuses("the profile reads `age` from `edad`, which is not in the header");
    bench.write("mine/profiles/own.toml", profile(&all[..1], ""));
    let ran = bench.run("validate in.csv --schemas mine --profile own");
    ran.refuses("no column gives the required fields `year`, `sex`, `age`");
    // Of figures all required fields too, in each of several columns of figures.
    let figures = |series: &str| {
        format!(
            "id = \"own\"\ntitle = \"x\"\nsource = \"x\"\nrecord = \"figure@1\"\n\
             [[map]]\nfield = \"area\"\nconstant = \"KHM\"\n[[map]]\nfield = \"year\"\ncolumn = \"anio\"\n\
             [[map]]\nfield = \"unit\"\nconstant = \"NUMBER\"\n{series}"
        )
    };
    bench.write("figures.csv", "anio,a,b\n2022,100,40\n");
    let both = "[[series]]\ncolumn = \"a\"\ncodes = { subject = \"VICTIMS\" }\n[[series]]\ncolumn = \"b\"\ncodes = { sex = \"F\" }\n";
    bench.write("mine/profiles/own.toml", figures(both));
    bench
        .run("validate figures.csv --schemas mine --profile own")
        .refuses("no column gives the required field `subject`");
    bench.run("schema check --schemas mine").refuses("no map gives the field `subject`");
    bench.write("mine/profiles/own.toml", figures(&both.replace("{ sex", "{ subject = \"VICTIMS\", sex")));
    bench.run("validate figures.csv --schemas mine --profile own").succeeds();
}

/// A truth value is not an age, a year or a number in any format. It is a flag.
#[test]
fn truth_values_are_flags_and_nothing_else() {
    let profile = "id = \"own\"\ntitle = \"x\"\nsource = \"x\"\nrecord = \"victim@1\"\nmissing = [\"\"]\n\
        [[map]]\nfield = \"area\"\nconstant = \"KHM\"\n[[map]]\nfield = \"year\"\nconstant = \"2022\"\n\
        [[map]]\nfield = \"sex\"\ncolumn = \"sex\"\n[[map]]\nfield = \"age\"\ncolumn = \"age\"\n\
        [[map]]\nfield = \"count\"\ncolumn = \"count\"\n\
        [[map]]\nfield = \"form\"\nflags = { sexual = [\"SEX\"], labour = [\"LAB\"] }\n";
    let bench = Bench::new().file("mine/profiles/own.toml", profile);
    bench.write(
        "in.jsonl",
        "{\"sex\":\"F\",\"age\":17,\"count\":12,\"sexual\":true,\"labour\":false}\n\
         {\"sex\":\"F\",\"age\":false,\"count\":1,\"sexual\":true,\"labour\":true}\n\
         {\"sex\":\"F\",\"age\":true,\"count\":1,\"sexual\":false,\"labour\":true}\n\
         {\"sex\":\"F\",\"age\":17,\"count\":true,\"sexual\":false,\"labour\":true}\n",
    );
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in ["sex", "age", "count", "sexual", "labour"].into_iter().enumerate() {
        sheet.write(0, column as u16, heading).unwrap();
    }
    for (row, (age, count)) in [(Some(17), Some(12)), (None, Some(1)), (Some(17), None)].into_iter().enumerate() {
        let row = row as u32 + 1;
        sheet.write(row, 0, "F").unwrap();
        match age {
            Some(age) => sheet.write(row, 1, age).unwrap(),
            None => sheet.write(row, 1, true).unwrap(),
        };
        match count {
            Some(count) => sheet.write(row, 2, count).unwrap(),
            None => sheet.write(row, 2, true).unwrap(),
        };
        sheet.write(row, 3, true).unwrap();
        sheet.write(row, 4, false).unwrap();
    }
    book.save(bench.path("in.xlsx")).unwrap();
    let columns: [(&str, arrow::array::ArrayRef); 5] = [
        ("sex", std::sync::Arc::new(arrow::array::StringArray::from(vec!["F"]))),
        ("age", std::sync::Arc::new(arrow::array::BooleanArray::from(vec![true]))),
        ("count", std::sync::Arc::new(arrow::array::Int64Array::from(vec![1]))),
        ("sexual", std::sync::Arc::new(arrow::array::BooleanArray::from(vec![true]))),
        ("labour", std::sync::Arc::new(arrow::array::BooleanArray::from(vec![false]))),
    ];
    let batch = arrow::array::RecordBatch::try_from_iter(columns).unwrap();
    let file = std::fs::File::create(bench.path("in.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bench.write("in.csv", "sex,age,count,sexual,labour\nF,TRUE,1,1,0\nF,false,1,1,0\nF,17,12,1,0\n");
    for (file, rejected, accepted) in [("in.jsonl", 3, 1), ("in.xlsx", 2, 1), ("in.parquet", 1, 0), ("in.csv", 2, 1)] {
        let ran = bench
            .run(&format!("validate {file} --schemas mine --profile own --max-rejects 100% --max-not-understood 100%"));
        ran.says(&format!("{} records read, {accepted} accepted, {rejected} rejected", accepted + rejected));
        if accepted > 0 {
            let store = format!("store-{}", file.replace('.', "-"));
            bench
                .run(&format!("ingest {file} --schemas mine --profile own --max-rejects 100% --max-not-understood 100% --out {store} -q"))
                .succeeds();
            assert_eq!(store_rows(&bench.path(&store), &["age", "form", "count"]), ["Y17|SEX|12"], "{file}");
        }
    }
}

/// The age on the day of the event, from dates of birth in several spellings.
fn ages(dates: &str, births: &[&str]) -> (Vec<String>, String) {
    let profile = format!(
        "id = \"own\"\ntitle = \"x\"\nsource = \"x\"\nrecord = \"victim@1\"\nmissing = [\"\"]\n{dates}\n\
         [[map]]\nfield = \"area\"\nconstant = \"KHM\"\n[[map]]\nfield = \"year\"\ncolumn = \"referred\"\n\
         [[map]]\nfield = \"sex\"\nconstant = \"F\"\n\
         [[map]]\nfield = \"age\"\ncolumn = \"born\"\nborn_before = \"referred\"\n"
    );
    let text: String = births.iter().map(|birth| format!("{birth},2021-04-01\n")).collect();
    let bench = Bench::new().file("mine/profiles/own.toml", profile).file("in.csv", format!("born,referred\n{text}"));
    bench.run("schema check --schemas mine").succeeds();
    let ran = bench
        .run("ingest in.csv --schemas mine --profile own --out store --max-rejects 100% --max-not-understood 100%");
    (store_rows(&bench.path("store"), &["age"]), format!("{}{}", ran.stdout, ran.stderr))
}

/// Days that do not exist give no age, and day and month are not exchanged without a word.
#[test]
fn dates_are_days_of_the_calendar_in_a_stated_order() {
    let births = ["2003-05-03", "30/02/2003", "2003-02-29", "03/05/2003", "23/05/2003", "05/23/2003", "2003", "", "x"];
    // 3 May and 5 March are 17 and 18 on 1 April: a child or an adult.
    let (found, messages) = ages("", &births);
    assert_eq!(found, ["Y17", "_U", "_U", "_U", "Y17", "Y17", "_U", "_U", "_U"]);
    assert!(messages.contains("cell/not-a-date") && messages.contains("cell/date-order"), "{messages}");
    let (found, messages) = ages("dates = \"dmy\"", &births);
    assert_eq!(found, ["Y17", "_U", "_U", "Y17", "Y17", "_U", "_U", "_U", "_U"]);
    assert!(!messages.contains("cell/date-order"), "{messages}");
    let (found, _) = ages("dates = \"mdy\"", &births);
    assert_eq!(found, ["Y17", "_U", "_U", "Y18", "_U", "Y17", "_U", "_U", "_U"]);
    let (found, _) = ages("dates = \"ymd\"", &births);
    assert_eq!(found, ["Y17", "_U", "_U", "_U", "_U", "_U", "_U", "_U", "_U"]);
    // Born in the year of the event: not one year old. Born after it: no age.
    assert_eq!(ages("", &["2021", "2021-04-01", "2021-04-02", "2022"]).0, ["Y0", "Y0", "_U", "_U"]);
}

/// A year within a date is read from days that exist only.
#[test]
fn a_year_comes_from_a_day_that_exists() {
    let bench = Bench::new().file(
        "in.csv",
        "area,year,sex,age\nKHM,2021-02-28,F,17\nKHM,2021-02-30,F,17\nKHM,03/05/2021,F,17\nKHM,31/04/2021,F,17\n",
    );
    let ran = bench.run("validate in.csv --max-rejects 100% --max-not-understood 100%");
    ran.succeeds().says("4 records read, 2 accepted, 2 rejected").says("error[cell/not-a-date]  2  `year`");
    // An order that no date can be read in has no effect, and is refused.
    let profile = "id = \"own\"\ntitle = \"x\"\nsource = \"x\"\nrecord = \"repatriation@1\"\ndates = \"dmy\"\n\
        [[map]]\nfield = \"area\"\nconstant = \"KHM\"\n[[map]]\nfield = \"year\"\nconstant = \"2021\"\n";
    bench.write("mine/profiles/own.toml", profile);
    bench.run("schema check --schemas mine").refuses("`dates` says how dates are written, and no map reads any");
}

/// A flag that is not understood says no more than an empty one: next to the codes of other flags and maps it is not kept.
#[test]
fn a_flag_that_is_not_understood_counts_as_missing() {
    let profile = "id = \"own\"\ntitle = \"x\"\nsource = \"x\"\nrecord = \"victim@1\"\nmissing = [\"\"]\n\
        [[map]]\nfield = \"area\"\nconstant = \"KHM\"\n[[map]]\nfield = \"year\"\nconstant = \"2022\"\n\
        [[map]]\nfield = \"sex\"\ncolumn = \"sex\"\n[[map]]\nfield = \"age\"\nconstant = \"Y17\"\n\
        [[map]]\nfield = \"form\"\nflags = { sexual = [\"SEX\"], labour = [\"LAB\"] }\n\
        [[map]]\nfield = \"form\"\nflags = { begging = [\"BEG\"] }\n";
    let bench = Bench::new().file("mine/profiles/own.toml", profile).file(
        "in.csv",
        "sex,sexual,labour,begging\nF,1,0,0\nF,1,perhaps,0\nF,1,0,perhaps\nF,perhaps,0,0\nF,0,0,0\nF,,,\nF,0,perhaps,1\n",
    );
    bench.run("ingest in.csv --schemas mine --profile own --out store --max-rejects 100% --max-not-understood 100% -q");
    let rows = store_rows(&bench.path("store"), &["form"]);
    assert_eq!(rows, ["SEX", "SEX", "SEX", "_U", "_U", "_U", "BEG"]);
}

/// A draft reads years from dates, and proposes the order of day and month that the file shows.
#[test]
fn a_draft_proposes_the_order_of_dates() {
    let rows = |dates: &[&str]| {
        let row = |date: &&str| format!("KHM,{date},F,17\n").repeat(12);
        format!("area,year,sex,age\n{}", dates.iter().map(row).collect::<String>())
    };
    for (dates, expected) in [
        (&["23/05/2021", "03/05/2021"][..], Some("# dates = \"dmy\"   # days above 12 come first")),
        (&["05/23/2021", "03/05/2021"], Some("# dates = \"mdy\"   # days above 12 come second")),
        (&["05/23/2021", "23/05/2021"], Some("# ? dates = \"dmy\"   # or \"mdy\": days above 12")),
        (&["03/05/2021"], Some("# ? dates = \"dmy\"   # or \"mdy\": no date")),
        (&["2021-05-03", "2021-05-23"], None),
    ] {
        let bench = Bench::new().file("in.csv", rows(dates));
        let ran = bench.run("schema infer in.csv");
        let draft = &ran.succeeds().stdout;
        assert_eq!(draft.contains("dates = "), expected.is_some(), "{draft}");
        assert!(expected.is_none_or(|expected| draft.contains(expected)), "{draft}");
        assert!(draft.contains("\ncolumn = \"year\""), "{draft}");
    }
}
