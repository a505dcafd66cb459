//! `audit`: what readers of public files can work out, with certificates that are checked by addition.

use serde_json::Value;

use crate::support::Bench;

/// A release by suppression of these records.
fn released(records: &str, packs: &str) -> Bench {
    let run = format!(
        "[release]\nid = \"x\"\ntitle = \"x\"\npolicy = \"plain\"\nsynthetic = true\n[[input]]\npath = \"in.csv\"\nschema = \"victim\"\n\
         [tables]\npacks = [{packs}]\nlanguages = [\"en\"]\n"
    );
    let policy = "id = \"plain\"\ntitle = \"t\"\nsource = \"s\"\nverified = false\nthreshold = 10\nfloor = 5\n\
                  method = \"suppress\"\n[zeros]\nhidden = [\"FORM\"]\n";
    let bench = Bench::new().file("in.csv", records).file("tipstat.toml", run);
    let bench = bench.file("schemas/policies/plain.toml", policy);
    bench.run("--schemas schemas run tipstat.toml -q").succeeds();
    bench
}

/// Four girls among 114 victims: nothing can be worked out.
const SAFE: &str = "area,year,sex,age,count\nKHM,2022,F,20,60\nKHM,2022,M,20,30\nKHM,2022,F,10,4\nKHM,2022,M,10,20\n";

fn json(bench: &Bench, command: &str) -> Value {
    serde_json::from_str(&bench.run(command).stdout).unwrap()
}

fn findings(bench: &Bench) -> Vec<(String, Value, Value)> {
    let found = json(bench, "audit out --format json");
    let all = found["findings"].as_array().unwrap().iter();
    all.map(|cell| (cell["cell"].as_str().unwrap().to_owned(), cell["lower"].clone(), cell["upper"].clone())).collect()
}

/// Prints a count in each line of a table that has these codes; without a count it is suppressed there.
#[track_caller]
fn reprint(bench: &Bench, table: &str, codes: &[(&str, &str)], count: Option<u64>) {
    let name = format!("out/release/tables/{table}.csv");
    let text = std::fs::read_to_string(bench.path(&name)).unwrap();
    let head: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let at = |column: &str| head.iter().position(|name| *name == column).unwrap();
    let (value, status) =
        (count.map(|count| count.to_string()).unwrap_or_default(), if count.is_some() { "A" } else { "Q" });
    let mut number = 0;
    let change = |line: &str| {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if codes.iter().all(|(column, code)| cells[at(column)] == *code) {
            number += 1;
            for (column, text) in
                [("OBS_VALUE", value.as_str()), ("OBS_STATUS", status), ("LOWER_BOUND", ""), ("UPPER_BOUND", "")]
            {
                text.clone_into(&mut cells[at(column)]);
            }
        }
        cells.join(",") + "\n"
    };
    let lines: String = text.lines().map(change).collect();
    assert!(number > 0, "no line of {table} has {codes:?}");
    bench.write(&name, lines);
}

#[test]
fn a_safe_release_has_certificates_that_hold() {
    let bench = released(SAFE, "\"victims-by-profile\"");
    let ran = bench.run("audit out --out proof");
    ran.succeeds().says(" 0 unsafe, 0 undecided");
    bench.run("audit out --check proof").succeeds().says("0 faults");
    let found: Value = serde_json::from_slice(&std::fs::read(bench.path("proof/audit.json")).unwrap()).unwrap();
    assert_eq!((&found["passed"], &found["suppressed"]["undecided"]), (&true.into(), &0.into()));
    assert!(found["suppressed"]["safe"].as_u64() >= Some(2), "{found}");
    bench.run("audit out --out proof").refuses("the output exists already");
}

/// The same bytes at any number of threads.
#[test]
fn an_audit_is_the_same_each_time() {
    let bench = released(SAFE, "\"victims-by-profile\"");
    let read = |name: &str| std::fs::read(bench.path(name)).unwrap();
    bench.run("audit out --out one --threads 1").succeeds();
    bench.run("audit out --out two --threads 4").succeeds();
    for name in ["audit.json", "certificates.parquet"] {
        assert_eq!(read(&format!("one/{name}")), read(&format!("two/{name}")));
    }
}

/// `CITIZENSHIP=DOM` in Thailand is `ORIGIN=THA` there. The release hides the 200 from Laos, because with them, the 60 that one table
/// prints and the 263 of the other, the three Cambodians would follow.
#[test]
fn two_names_of_one_group_are_one() {
    let records =
        "area,year,sex,age,citizenship,count\nTHA,2022,F,20,LAO,200\nTHA,2022,F,20,THA,60\nTHA,2022,F,20,KHM,3\n";
    let bench = released(records, "\"flows\", \"victims-by-citizenship\"");
    bench.run("audit out").succeeds();
    reprint(&bench, "flows", &[("INDICATOR", "DETV_N"), ("ORIGIN", "LAO")], Some(200));
    reprint(&bench, "flows", &[("INDICATOR", "DETV_N"), ("ORIGIN", "THA")], None);
    let found = findings(&bench);
    let origin = |code: &str| format!("REF_AREA=THA, TIME_PERIOD=2022, ORIGIN={code}");
    assert!(found.contains(&(origin("KHM"), 3.into(), 3.into())), "{found:?}");
    bench.run("audit out").refuses("readers can work out more");
    let why = bench.run(&format!("audit out --why {}", origin("KHM").replace(", ", ",")));
    why.succeeds().says("exactly 3").says("CITIZENSHIP follows from ORIGIN");
}

/// Of 108 victims 107 were in forced labour, which the release hides. With it and the 98 women, 9 of the 10 men were, and exactly one
/// victim was not.
#[test]
fn a_universe_is_part_of_the_whole() {
    let records = "area,year,sex,age,form,count\nKHM,2022,F,20,LAB,98\nKHM,2022,M,20,LAB,9\nKHM,2022,M,20,SEX,1\n";
    let bench = released(records, "\"sdg-16-2-2\"");
    bench.run("audit out").succeeds();
    for sex in ["_T", "_K"] {
        reprint(&bench, "sdg-detvfl", &[("TIME_PERIOD", "2022"), ("SEX", sex), ("AGE", "_T")], Some(107));
    }
    let found = findings(&bench);
    let men = "REF_AREA=KHM, TIME_PERIOD=2022, SEX=M, FORM=FG_LABOUR".to_owned();
    assert!(found.contains(&(men, 9.into(), 9.into())), "{found:?}");
    let all = "REF_AREA=KHM, TIME_PERIOD=2022";
    assert!(found.contains(&(format!("{all} without {all}, FORM=FG_LABOUR"), 1.into(), 1.into())), "{found:?}");
}

/// 127 victims with a known form, 126 of them with sexual exploitation, which the release hides: exactly one was not.
#[test]
fn the_rest_of_a_code_is_a_count() {
    let records = "area,year,sex,age,form,count\nKHM,2022,F,20,SEX,96\nKHM,2022,F,20,LAB,1\nKHM,2022,F,20,SEX;LAB,30\n";
    let bench = released(records, "\"victims-by-form\"");
    let all = "REF_AREA=KHM, TIME_PERIOD=2022";
    let rest = format!("{all}, FORM=_K without {all}, FORM=FG_SEXUAL");
    bench.run("audit out").succeeds();
    reprint(&bench, "victims-by-form", &[("INDICATOR", "DETV_N"), ("FORM", "FG_SEXUAL"), ("SEX", "_T")], Some(126));
    assert!(findings(&bench).contains(&(rest, 1.into(), 1.into())));
}

/// A region has domestic and cross-border victims of its countries: its citizens are no code of origin. The records of an unknown area
/// count in the world, where their citizenship is not known.
#[test]
fn regions_are_the_sums_of_what_their_countries_derive() {
    let records = "area,year,sex,age,citizenship,count\nTHA,2022,F,20,LAO,200\nTHA,2022,F,20,THA,60\nTHA,2022,F,20,KHM,30\n\
                   KHM,2022,F,20,KHM,40\nKHM,2022,F,20,THA,50\nFRA,2022,F,20,THA,20\n_U,2022,F,20,LAO,25\n";
    let bench = released(records, "\"flows\", \"victims-by-citizenship\"");
    bench.run("audit out").succeeds();
}

/// Two releases of the same records, each of which is safe alone.
#[test]
fn releases_are_audited_together() {
    let records = "area,year,sex,age,location,disability,count\n\
                   KHM,2022,F,20,_U,PD,12\nKHM,2022,M,20,R,PD,3\nKHM,2022,M,20,_U,_U,30\n";
    let one = released(records, "\"victims-by-location\"");
    let two = released(records, "\"victims-by-location\", \"victims-by-disability\"");
    for bench in [&one, &two] {
        bench.run("audit out").succeeds();
    }
    let ran = two.run(&format!("audit out {} --format json", one.path("out").display()));
    ran.code_is(1);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(found["suppressed"]["unsafe"].as_u64() > Some(0), "{found}");
}

/// Changes one line of a table of a release.
fn change(bench: &Bench, change: impl Fn(&str) -> Option<String>) {
    let path = bench.path("out/release/tables/victims-by-profile.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<String> = text.lines().map(|line| change(line).unwrap_or_else(|| line.to_owned())).collect();
    let new = lines.join("\n") + "\n";
    assert_ne!(new, text, "the change changes nothing");
    std::fs::write(path, new).unwrap();
}

/// The girls of Cambodia, whose count is suppressed.
fn is_girls(line: &str) -> bool {
    line.starts_with("victims-by-profile,DETV_N,KHM,2022,F,Y0T17,")
}

#[test]
fn a_suppressed_cell_that_is_published_is_found() {
    let bench = released(SAFE, "\"victims-by-profile\"");
    let is_women = |line: &str| line.starts_with("victims-by-profile,DETV_N,KHM,2022,F,Y_GE18,");
    let shown = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let at = cells.iter().position(|cell| *cell == "Q")?;
        Some(format!("{},60,A,F,,,{}", cells[..at - 1].join(","), cells[at + 4..].join(",")))
    };
    change(&bench, |line| if is_women(line) { shown(line) } else { None });
    let found = findings(&bench);
    let girls = "REF_AREA=KHM, TIME_PERIOD=2022, SEX=F, AGE=Y0T17".to_owned();
    assert!(found.contains(&(girls, 4.into(), 4.into())), "{found:?}");
}

#[test]
fn a_changed_number_is_a_contradiction() {
    let bench = released(SAFE, "\"victims-by-profile\"");
    let is_total = |line: &str| line.starts_with("victims-by-profile,DETV_N,KHM,2022,_T,_T,");
    change(&bench, |line| is_total(line).then(|| line.replace(",114,", ",115,")));
    bench.run("audit out").refuses("audit/contradiction");
}

#[test]
fn narrower_printed_bounds_are_found() {
    let bench = released(SAFE, "\"victims-by-profile\"");
    change(&bench, |line| {
        let cells: Vec<&str> = line.split(',').collect();
        let at = cells.iter().position(|cell| *cell == "Q").filter(|_| is_girls(line))?;
        Some(format!("{},1,9,{}", cells[..=at + 1].join(","), cells[at + 4..].join(",")))
    });
    bench.run("audit out").refuses("audit/unsafe");
}

/// Without its structure a release cannot be audited. Without the line that links two dimensions the leak is not seen, which is why
/// the structure is part of the manifest.
#[test]
fn a_release_without_its_structure_is_refused() {
    let bench = released(SAFE, "\"victims-by-profile\"");
    std::fs::remove_file(bench.path("out/release/structure.csv")).unwrap();
    let ran = bench.run("audit out");
    assert!(ran.code_is(2).stderr.contains("no structure.csv"), "{}", ran.stderr);
}

#[test]
fn certificates_do_not_hold_for_other_files() {
    let bench = released(SAFE, "\"victims-by-profile\"");
    bench.run("audit out --out proof").succeeds();
    let is_men = |line: &str| line.contains(",KHM,2022,_T,_T,") || line.contains(",KHM,2022,_K,_T,");
    change(&bench, |line| is_men(line).then(|| line.replace(",114,", ",124,")));
    assert_ne!(bench.run("audit out --check proof").code, Some(0));
}

/// What is printed of a rounded release adds up, and no count is between 0 and the base.
#[test]
fn a_rounded_release_is_audited_in_its_own_model() {
    let run = "[release]\nid = \"x\"\ntitle = \"x\"\npolicy = \"unodc\"\nrounding_key_file = \"rounding.key\"\n\
        synthetic = true\n[[input]]\npath = \"in.csv\"\nschema = \"victim\"\n\
        [tables]\npacks = [\"victims-by-profile\", \"victims-by-form\"]\nlanguages = [\"en\"]\n";
    let mut records = "area,year,sex,age,form,count\n".to_owned();
    for (at, form) in ["SEX", "LAB", "LAB;SEX", "BEG"].into_iter().enumerate() {
        for (sex, age) in [("F", 20), ("F", 12), ("M", 30), ("M", 9)] {
            records.push_str(&format!("KHM,2022,{sex},{age},{form},{}\n", 3 + 9 * at));
        }
    }
    let bench = Bench::new().file("in.csv", records).file("tipstat.toml", run);
    bench.run("key new rounding.key").succeeds();
    bench.run("run tipstat.toml -q").succeeds();
    bench.run("audit out").succeeds().says("A4");
}
