//! Every command that the help, an explain page, the text of a rule or the README prints does what it says.
//!
//! Commands run as they are printed, in the order of their text, in one folder with the files that they name. What is
//! written in capitals is a place for the reader's own name and is filled in.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Bench, Ran, project};

/// What a reader puts in the place of a word in capitals.
const FILLED: [(&str, &str); 8] = [
    ("FILE", "file.csv"),
    ("DIR/0001-cases.csv", "made/0001-file.csv"),
    ("NAME", "ctdc-kanon"),
    ("KEY", "rounding.key"),
    ("STORE", "store"),
    ("DIR", "made"),
    ("RULE", "cell/missing"),
    ("DIMENSIONS", "area,sex"),
];

/// Commands that are not run, and why.
const SKIPPED: [(&str, &str); 3] = [
    ("cargo run --release -- run sample-data/tipstat.toml", "it builds the program; `sample` runs the same file"),
    ("tipstat start FILE", "it overwrites no run file, and there is one; tests of its own run it"),
    ("tipstat start registro.xlsx --area ECU", "the same"),
];

/// A command, where it is printed, and the exit code that it may have.
struct Printed {
    place: String,
    command: String,
}

/// Commands of a text: lines of blocks of code, and spans that begin with `tipstat`.
fn commands(place: &str, text: &str) -> Vec<Printed> {
    let mut out = Vec::new();
    let mut add = |command: &str| {
        let command = command.split(" #").next().unwrap_or_default();
        let command = command.split_whitespace().collect::<Vec<_>>().join(" ");
        out.push(Printed { place: place.to_owned(), command });
    };
    let joined = text.replace("\\\n", " ");
    let mut fenced = false;
    let mut prose = String::new();
    for line in joined.lines() {
        let is_fence = line.trim_start().starts_with("```");
        let is_code = fenced || line.starts_with("    ");
        fenced ^= is_fence;
        let line_ = line.trim_start();
        if is_code && !is_fence {
            if line_.starts_with("tipstat ") || line_.starts_with("cargo run") {
                add(line_);
            }
            // What a remark of a block names.
            prose.push_str(line.split_once(" #").map_or("", |(_, remark)| remark));
        } else if !is_fence {
            prose.push_str(line);
        }
        prose.push('\n');
    }
    for span in prose.split('`').skip(1).step_by(2).filter(|span| span.starts_with("tipstat ")) {
        add(span);
    }
    out
}

/// The commands with their help, each as words.
fn subcommands(bench: &Bench) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut at = 0;
    while at < out.len() {
        let help = bench.run(&format!("{} --help", out[at]));
        let list = help.succeeds().stdout.split("Commands:\n").nth(1).unwrap_or_default().to_owned();
        for line in list.lines().take_while(|line| line.starts_with("  ")) {
            let name = line.split_whitespace().next().unwrap_or_default();
            let is_name = line.starts_with("  ") && !line.starts_with("   ") && name != "help";
            if is_name {
                out.push(format!("{} {name}", out[at]).trim().to_owned());
            }
        }
        at += 1;
    }
    out
}

/// Everything that the pages name: records, a register, packages of three countries, a folder of own schemas.
fn world() -> Bench {
    let ctdc = std::fs::read(project().join("sample-data/records/ngo-ctdc-layout.csv")).unwrap();
    let readme = std::fs::read_to_string(project().join("README.md")).unwrap();
    let run_file = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned();
    let packs = std::fs::read_to_string(project().join("src/cli/pages/packs.md")).unwrap();
    let blocks: Vec<&str> = packs.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let begins = blocks.iter().find(|block| block.starts_with("area =")).unwrap();
    let list = blocks.iter().find(|block| block.contains("INDIGENA")).unwrap();
    let register: String = (0..40)
        .map(|at| {
            format!("MEX,2022,{},{},{}\n", ["Mujer", "Hombre"][at % 2], 10 + at, ["pueblo indígena", "mestizo"][at % 2])
        })
        .collect();
    let portal = "Iso3_code,Country,Region,Subregion,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,txtVALUE,Source\n";
    let figures: String = ["KHM", "THA", "VNM"]
        .iter()
        .flat_map(|area| (2017..=2021).map(move |year| (area, year)))
        .map(|(area, year)| {
            format!("{area},x,Asia,South-eastern Asia,Detected trafficking victims,Total,Total,Total,Total,{year},Counts,80,x\n")
        })
        .collect();
    let bench = Bench::new()
        .file("file.csv", &ctdc)
        .file("records/a.csv", &ctdc)
        .file("tipstat.toml", run_file)
        .file("register.csv", format!("pais,año,sexo,edad,etnia\n{register}"))
        .file("mine/packs/MEX.toml", format!("{begins}\n{list}"))
        .file("unodc.csv", format!("{portal}{figures}"))
        .file("data_glotip.csv", format!("{portal}{figures}"));
    for (area, folder) in [("KHM", "khm"), ("THA", "tha"), ("LAO", "laos")] {
        let rows: String = (2020..2023)
            .flat_map(|year| (0..30).map(move |age| (year, age)))
            .fold("area,year,sex,age,form\n".to_owned(), |rows, (year, age)| {
                rows + &format!("{area},{year},F,{},SEX\n", 10 + age)
            });
        bench.write(&format!("{folder}.csv"), rows);
        bench.write(
            &format!("{folder}.toml"),
            format!(
                "[release]\nid = \"{folder}\"\ntitle = \"x\"\nsynthetic = true\n[[input]]\npath = \"{folder}.csv\"\n\
                 [tables]\npacks = [\"victims-detected\", \"victims-by-profile\"]\n"
            ),
        );
    }
    for (name, bytes) in crate::support::contents(&project().join("tests/trust")) {
        bench.write(&name, &bytes);
        if name == "keys/khm.pub" {
            bench.write("khm.pub", bytes);
        }
    }
    bench.run("run khm.toml --out khm -q").succeeds();
    bench.run("run tha.toml --out tha -q").succeeds();
    bench.run("ingest laos.csv --out laos-store -q").succeeds();
    bench.run("ingest file.csv --profile ctdc-kanon --out store --max-rejects 100% -q").succeeds();
    bench
}

/// A command with the reader's own names, without the name of the program; nothing where it cannot be run.
fn filled(command: &str) -> String {
    let fill = |word: &str| {
        let known = FILLED.iter().find(|(name, _)| *name == word);
        known.map_or(word.to_owned(), |(_, shown)| (*shown).to_owned())
    };
    command.trim_start_matches("tipstat ").split(' ').map(fill).collect::<Vec<_>>().join(" ")
}

/// Removes what an earlier command has written to the place that this one names.
fn make_room(bench: &Bench, line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    if words.contains(&"--append") {
        return;
    }
    let outputs = ["--out", "--pack-out", "--quarantine", "--unresolved", "--rejects"];
    let named = words.windows(2).filter(|pair| outputs.contains(&pair[0])).map(|pair| pair[1]);
    let of_run = (words[0] == "run" && !words.contains(&"--out")).then_some("out");
    let of_key = (words[0] == "key" && words.len() > 2).then(|| words[2]);
    for name in named.chain(of_run).chain(of_key) {
        let path = bench.path(name);
        let _ = std::fs::remove_dir_all(&path);
        let _ = std::fs::remove_file(&path);
    }
}

/// Corrects the rejected records that a command feeds again: a record that is right stands for all of them.
fn correct(bench: &Bench, line: &str) {
    let Some(file) = line.split(' ').find(|word| word.contains("/0001-")) else { return };
    let text = std::fs::read_to_string(bench.path(file)).unwrap();
    let header = text.lines().next().unwrap();
    let source = std::fs::read_to_string(bench.path("file.csv")).unwrap();
    bench.write(file, format!("{header}\n{}\n", source.lines().nth(1).unwrap()));
}

#[test]
fn every_printed_command_runs() {
    let bench = world();
    let read = |name: &str| std::fs::read_to_string(project().join(name)).unwrap();
    let mut all = commands("README.md", &read("README.md"));
    // The page on packs ends with a profile, as the one on profiles makes it.
    for page in ["indicators", "profiles", "packs", "exchange", "signatures", "layouts", "quarantine"] {
        let shown = bench.run(&format!("explain {page}"));
        all.extend(commands(&format!("explain {page}"), &shown.succeeds().stdout));
    }
    for command in subcommands(&bench) {
        let help = bench.run(&format!("{command} --help"));
        all.extend(commands(&format!("{command} --help"), &help.succeeds().stdout));
    }
    let rules: toml::Value = toml::from_str(&read("src/finding/rules.toml")).unwrap();
    for rule in rules["rule"].as_array().unwrap() {
        all.extend(commands(rule["id"].as_str().unwrap(), rule["text"].as_str().unwrap()));
    }
    let mut seen = BTreeSet::new();
    let mut ran: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for Printed { place, command } in &all {
        if SKIPPED.iter().any(|(skipped, _)| skipped == command) || !seen.insert((place, command)) {
            continue;
        }
        let line = filled(command);
        make_room(&bench, &line);
        correct(&bench, &line);
        let Ran { code, stderr, .. } = bench.run(&line);
        // A validation says no where the file has errors, a comparison where two versions differ, and an audit where readers can
        // work out too much.
        let says_no = ["validate", "schema diff", "profile diff", "audit"].iter().any(|name| line.starts_with(name));
        let as_printed = code == Some(0) || (says_no && code == Some(1));
        if !as_printed {
            wrong.push(format!("{place}: `{command}` ends with {code:?}\n{stderr}"));
        }
        *ran.entry(place).or_default() += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (place, least) in [
        ("README.md", 15),
        ("explain exchange", 3),
        ("explain packs", 6),
        ("explain profiles", 4),
        ("explain quarantine", 2),
    ] {
        assert!(ran.get(place).is_some_and(|count| *count >= least), "{place}: {ran:?}");
    }
    for (skipped, why) in SKIPPED {
        assert!(all.iter().any(|printed| printed.command == skipped), "`{skipped}` is printed nowhere ({why})");
    }
}
