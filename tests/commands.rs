//! The commands that look at something, and the manners of all of them.

use crate::support::{Bench, HEADER};

#[test]
fn schemas_fit_together() {
    Bench::new().run("schema check").succeeds().says("schemas fit together");
}

#[test]
fn lists_and_shows() {
    let bench = Bench::new();
    bench.run("schema list").succeeds().says("record type").says("victim@1").says("GLOTIP@2016");
    bench.run("schema show CL_SEX").succeeds().says("F,,female,femmes");
    bench.run("schema show M49").succeeds().says("KHM,M49_035");
    bench.run("profile list").succeeds().says("ctdc-kanon");
    bench.run("profile show ctdc-kanon").succeeds().says("CountryOfExploitation");
    bench.run("indicator list").succeeds().says("victims-by-form");
    bench.run("indicator show victims-by-form").succeeds().says("= 100 * count / count[FORM=_K]");
    bench.run("indicator show victims-by-form --toml").succeeds().says("formula = \"100 * count / count[FORM=_K]\"");
    bench.run("indicator show victims-by-form --language ar").succeeds().says("شكل الاستغلال");
    bench.run("explain cell/not-in-codelist").succeeds().says("Nothing is guessed");
    bench.run("completions bash").succeeds().says("tipstat");
    bench.run("man").succeeds().says(".TH");
}

#[test]
fn wrong_names_offer_the_nearest() {
    let bench = Bench::new();
    bench
        .run("schema show CL_SEXX")
        .fails(2, "error: no schema bears the name `CL_SEXX`\nhint: did you mean `CL_SEX@1`?\n");
    bench
        .run("explain cell/not-in-codelists")
        .fails(2, "error: there is no rule `cell/not-in-codelists`\nhint: did you mean `cell/not-in-codelist`?\n");
    bench.run("--format json explain nothing").fails(
        2,
        "{\"error\":{\"message\":\"there is no rule `nothing`\",\"rule\":null,\"place\":null,\"details\":[],\
         \"hints\":[\"`tipstat explain` lists all rules\"]}}\n",
    );
}

/// Every rule of the registry explains itself.
#[test]
fn every_rule_has_a_text() {
    for rule in tipstat::internals::finding::Rule::all() {
        assert!(rule.text().len() > 60 && !rule.title().ends_with('.'), "{}", rule.id());
        assert_eq!(tipstat::internals::finding::Rule::find(rule.id()), Some(rule));
    }
}

#[test]
fn a_users_schema_hides_the_built_in_one() {
    let layout = "id = \"mine\"\ntitle = \"my layout\"\nsource = \"me\"\nrecord = \"victim@1\"\n\
        missing = [\"\"]\n[[map]]\nfield = \"area\"\ncolumn = \"land\"\ncrosswalk = \"ISO2--CL_AREA\"\n\
        [[map]]\nfield = \"year\"\ncolumn = \"jahr\"\n[[map]]\nfield = \"sex\"\ncolumn = \"sex\"\n\
        [[map]]\nfield = \"age\"\ncolumn = \"alter\"\n";
    let bench = Bench::new()
        .file("own/profiles/mine.toml", layout)
        .file("in.csv", "land;jahr;sex;alter\nNA;2022;F;17\n;2022;F;9-17\nDE;2022;M;18+\n");
    let ran = bench.run("validate in.csv --schemas own --profile mine");
    ran.succeeds().says("3 records read, 3 accepted").says("fields are separated by `;`");
    bench.run("schema check --schemas own").succeeds();
    bench.write("own/profiles/mine.toml", layout.replace("\"area\"", "\"aera\""));
    bench.run("schema check --schemas own").fails(
        1,
        "error[schema/check]: `victim@1` has no field `aera`\n  --> profiles/mine.toml\n\
         hint: `tipstat explain profiles` shows what each key does\n",
    );
}

#[test]
fn standard_input_is_a_file_like_others() {
    let ran = Bench::new().run_with_input("validate -", &format!("{HEADER}KHM,2022,F,17\n"));
    ran.succeeds().says("-: 1 records read, 1 accepted");
}

#[test]
fn ingest_makes_a_store_once() {
    let bench = Bench::new().file("in.csv", format!("{HEADER}KHM,2022,F,17\nKHM,2022,?,17\n"));
    bench.run("ingest in.csv --out store --max-rejects 1 -q").succeeds();
    assert!(bench.path("store/store/0001.parquet").is_file() && bench.path("store/rejects.parquet").is_file());
    bench.run("ingest in.csv --out store").fails(
        1,
        "error[release/exists]: the output exists already and was left as it is\n  --> store\n\
         hint: choose another place, or pass `--force` to replace it\n",
    );
    bench.run("ingest in.csv --out other --max-rejects 0");
    assert!(!bench.path("other").exists(), "a refused ingest leaves nothing");
}

#[test]
fn rejects_tell_where_and_why_and_not_what() {
    let bench = Bench::new().file("in.csv", format!("{HEADER}KHM,2022,F,17\nKHM,2022,{},17\n", crate::support::CANARY));
    bench.run("validate in.csv --rejects rejects.parquet");
    let bytes = std::fs::read(bench.path("rejects.parquet")).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("cell/not-in-codelist") && !text.contains(crate::support::CANARY));
}

#[test]
fn generated_records_are_the_same_for_the_same_seed() {
    let bench = Bench::new();
    for name in ["a.csv", "b.csv"] {
        bench.run(&format!("generate records --records 500 --seed 7 --messy --out {name}")).succeeds();
    }
    bench.run("generate records --records 500 --seed 8 --messy --out c.csv").succeeds();
    let read = |name| std::fs::read(bench.path(name)).unwrap();
    assert_eq!(read("a.csv"), read("b.csv"));
    assert_ne!(read("a.csv"), read("c.csv"));
    let ran = bench.run("generate records --records 500 --seed 7 --messy --out -");
    assert_eq!(ran.stdout.as_bytes(), read("a.csv"));
}

/// Records that are not spoilt pass in every layout.
#[test]
fn generated_records_are_valid_in_every_layout() {
    let bench = Bench::new();
    let registry = tipstat::internals::schema::Registry::built_in();
    let mut layouts = 0;
    for name in registry.names(tipstat::internals::schema::SchemaKind::Profiles).unwrap() {
        let profile = tipstat::internals::schema::Profile::load(&registry, &name).unwrap();
        if !profile.record.starts_with("victim") || profile.is_table() {
            let ran = bench.run(&format!("generate records --records 1 --profile {name} --out {name}.csv"));
            assert_eq!(ran.code, Some(2), "{}", ran.stderr);
            continue;
        }
        layouts += 1;
        bench.run(&format!("generate records --records 2000 --profile {name} --out {name}.csv")).succeeds();
        let ran = bench.run(&format!("validate {name}.csv --profile {name}"));
        ran.succeeds().says("2 000 records read, 2 000 accepted, 0 rejected, 0 duplicates");
        assert!(!ran.stdout.contains("recoded") && !ran.stdout.contains("not-in-pack"), "{}", ran.stdout);
    }
    assert_eq!(layouts, 4);
}

/// A seed gives the same bytes in every version, messy or not: whoever made trial data can make it again.
#[test]
fn generated_records_stay_the_same_over_versions() {
    let sample = std::fs::read(crate::support::project().join("sample-data/records/national-2021-2023.csv")).unwrap();
    let bench = Bench::new();
    bench.run("generate records --records 7200 --seed 79 --areas GBR,NGA,UKR --messy --out sample.csv").succeeds();
    assert!(std::fs::read(bench.path("sample.csv")).unwrap() == sample);
    for (profile, digest) in [
        ("ctdc-kanon", "44bd896305a8a4e8"),
        ("ctdc-synthetic", "e855b49deca25c41"),
        ("ctdc-vp", "9e66e2e3b2b2b50a"),
        ("registro-es", "310873a5d4b59d77"),
    ] {
        let out = format!("{profile}.csv");
        bench
            .run(&format!("generate records --records 2000 --seed 7 --messy --profile {profile} --out {out}"))
            .succeeds();
        let bytes = std::fs::read(bench.path(&out)).unwrap();
        assert_eq!(tipstat::internals::files::digest_of(&bytes)[..16], *digest, "{profile}");
    }
}
