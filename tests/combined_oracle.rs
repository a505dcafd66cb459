//! Every figure of a release that `combine` makes of several countries, against a recount of the records of all of them.
//!
//! A third of the countries comes as a release with suppressed counts, a third as a store, and a third as published figures
//! where they can report a table, else as another release. A region is the sum of the countries that report every cell which its
//! formula names. Two tables never disagree about one cell of the same countries, and no part exceeds its whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::recount::{Formula, Origin, Recount, Rule};
use crate::release_oracle::{
    Chance, POLICIES, Reported, SCHEMES, bounds, columns, counted, dimensions, fault, parts_and_wholes, records, seeds,
};
use crate::support::{Bench, Row, files_below, rows};

const PACKAGES: [[&str; 2]; 3] = [["KHM", "THA"], ["DEU", "FRA"], ["NGA", "BRA"]];

/// Tables of combined releases, and whether published figures report them.
const TABLES: [(&str, &[&str], bool); 6] = [
    ("victim@1", &["victims-by-form", "victims-by-profile", "victims-detected", "victims-rate"], true),
    ("victim@1", &["flows", "victims-by-citizenship", "cedaw-by-citizenship"], false),
    ("justice@1", &["proceedings-by-stage", "proceedings-by-form", "convictions", "proceedings-ratios"], false),
    ("victim@1", &["sdg-16-2-2", "victims-by-form"], false),
    ("victim@1", &["victims-by-race", "victims-by-ethnicity", "victims-by-profile"], false),
    ("victim@1", &["victims-by-labour-sector", "victims-by-migratory-status", "humanitarian-by-form"], false),
];

/// Sexes, and ages or forms, as published figures name them.
const SEXES: [(&str, &str); 5] = [("_T", "Total"), ("F", "Female"), ("M", "Male"), ("_O", "Other"), ("_U", "Unknown")];
const AGES: [(&str, &str); 4] =
    [("_T", "Total"), ("Y0T17", "0 to 17 years"), ("Y_GE18", "18 years or over"), ("_U", "Unknown")];
const FORMS: [(&str, &str); 3] =
    [("FG_SEXUAL", "Sexual exploitation"), ("FG_LABOUR", "Forced labour"), ("FG_OTHER", "Other forms of exploitation")];

/// The figures that a publisher would make of records: by sex and age, and by form and sex where forms are known.
fn figures(recount: &Recount) -> String {
    let mut text = "Iso3_code,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,txtVALUE\n".to_owned();
    for (other, codes) in [("AGE", &AGES[..]), ("FORM", &FORMS[..])] {
        let names = ["REF_AREA", "TIME_PERIOD", "SEX", other].map(str::to_owned);
        let cells = recount.cells(&names, &[], &std::array::from_fn::<_, 4, _>(|_| BTreeSet::new()));
        for (area, year) in cells.reports.iter().filter(|(_, year)| year != "_T") {
            for ((sex, sex_name), (code, name)) in
                SEXES.iter().flat_map(|sex| codes.iter().map(move |code| (sex, code)))
            {
                let key = [area.as_str(), year, sex, code].map(str::to_owned);
                let count = cells.count(&key)[0];
                // A sex that was not asked for has no figure.
                let asks = *sex != "_O" || count > 0;
                if cells.is_present(&key) && asks {
                    let what = if other == "AGE" { "Total,Total" } else { "by form of exploitation," };
                    let [form, age] = if other == "AGE" { ["", name] } else { [*name, "Total"] };
                    let subject = "Detected trafficking victims";
                    writeln!(text, "{area},{subject},{what}{form},{sex_name},{age},{year},Counts,{count}").unwrap();
                }
            }
        }
    }
    text
}

/// The cells of all tables by what they count.
type Seen = BTreeMap<String, (String, Row)>;

/// Compares a count with that of another table: of the same countries it is the same, and what is printed has one truth.
fn compare(
    seen: &mut Seen,
    table: &str,
    dimensions: &[String],
    universe: &[(String, String)],
    row: &Row,
) -> Option<String> {
    let mut key = counted(dimensions, universe, row);
    key.dedup();
    let key = key.join(" ");
    let (other, first) = seen.entry(key.clone()).or_insert_with(|| (table.to_owned(), row.clone()));
    if first["N_AREAS"] != row["N_AREAS"] {
        return None;
    }
    let ([lower, upper], [other_lower, other_upper]) = (bounds(first), bounds(row));
    let apart = |a: Option<f64>, b: Option<f64>| a.zip(b).is_some_and(|(a, b)| a > b);
    let differs = first["OBS_VALUE"] != row["OBS_VALUE"] || apart(lower, other_upper) || apart(other_lower, upper);
    differs.then(|| {
        let shown = |row: &Row| format!("{} [{}, {}]", row["OBS_VALUE"], row["LOWER_BOUND"], row["UPPER_BOUND"]);
        format!("{key} is {} in {other} and {} in {table}", shown(first), shown(row))
    })
}

/// Combines three packages and checks all of it; returns what is wrong, and how many figures were compared by kind.
fn check(seed: u64) -> (Vec<String>, BTreeMap<&'static str, usize>) {
    let (record, packs, has_figures) = TABLES[seed as usize % TABLES.len()];
    let scheme = SCHEMES[seed as usize % SCHEMES.len()];
    let policy = POLICIES[seed as usize % POLICIES.len()];
    let chance = &mut Chance(seed);
    (0..20).for_each(|_| _ = chance.below(2));
    let bench = Bench::new().with_hidden_zeros();
    let tables = packs.join(",");
    let mut packages = Vec::new();
    for (at, areas) in PACKAGES.iter().enumerate() {
        let kind = (at + seed as usize) % PACKAGES.len();
        let is_figures = has_figures && kind == 2;
        let mut texts = records(chance, record, areas, true, !is_figures);
        // Only some records of a year have a form, and its figure cannot show that.
        texts.truncate(if is_figures { 1 } else { 2 });
        for (file, text) in texts.iter().enumerate() {
            bench.write(&format!("{at}-{file}.csv"), text);
        }
        let name = record.split('@').next().unwrap();
        bench.write(
            &format!("{at}.toml"),
            format!(
                "[release]\nid = \"x{at}\"\ntitle = \"x\"\nsynthetic = true\npolicy = \"{policy}\"\n[[input]]\n\
                 path = \"{at}-*.csv\"\nschema = \"{name}\"\n[tables]\npacks = {packs:?}\n[limits]\nmax_rejects = \"90%\"\n"
            ),
        );
        bench.run(&format!("run {at}.toml --out {at} --schemas own -q")).succeeds();
        packages.push(match kind {
            2 if is_figures => {
                let recount = Recount::new(&[&bench.path(&format!("{at}/restricted"))], record, "M49@1");
                bench.write("figures.csv", figures(&recount));
                "figures.csv".to_owned()
            }
            1 => format!("{at}/restricted"),
            _ => format!("{at}/release"),
        });
    }
    let packages = packages.join(" ");
    let as_figures = if packages.contains("figures.csv") { "--profile unodc-glotip" } else { "" };
    bench
        .run(&format!(
            "combine {packages} {as_figures} --tables {tables} --regions {scheme} --policy {policy} --out all --schemas own -q --override tests-of-one-store"
        ))
        .succeeds();
    let release = bench.path("all");
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(release.join("manifest.json")).unwrap()).unwrap();
    let stores: Vec<_> = (0..PACKAGES.len()).map(|at| bench.path(&format!("{at}/restricted"))).collect();
    let stores: Vec<&std::path::Path> = stores.iter().map(std::path::PathBuf::as_path).collect();
    let recount = Recount::new(&stores, record, manifest["regions"].as_str().unwrap());
    let definitions = rows(&release.join("definitions.csv"));
    let (mut seen, mut faults, mut compared) = (Seen::new(), Vec::new(), BTreeMap::new());
    for file in files_below(&release.join("tables")) {
        if file.extension().is_none_or(|ending| ending != "csv") {
            continue;
        }
        let table = file.file_stem().unwrap().to_string_lossy().into_owned();
        let file = release.join("tables").join(file);
        let (dimensions, all) = (dimensions(&file), rows(&file));
        let measures: Vec<&Row> = definitions.iter().filter(|row| row["TABLE"] == table).collect();
        let universe = measures[0]["UNIVERSE"].split(';').filter_map(|part| part.trim().split_once('='));
        let universe: Vec<(String, String)> =
            universe.map(|(breakdown, code)| (breakdown.to_owned(), code.to_owned())).collect();
        let published: Vec<BTreeSet<String>> =
            dimensions.iter().map(|breakdown| all.iter().map(|row| row[breakdown].clone()).collect()).collect();
        let time = dimensions.iter().position(|breakdown| breakdown == "TIME_PERIOD");
        let years = time.iter().flat_map(|&at| &published[at]).filter(|year| year.parse::<u16>().is_ok());
        let years: Vec<String> = years.cloned().collect();
        let cells = recount.cells(&dimensions, &universe, &published);
        for measure in measures {
            let (id, formula) = (&measure["INDICATOR"], Formula::parse(&measure["FORMULA"]));
            let of_measure: Vec<&Row> = all.iter().filter(|row| row["INDICATOR"] == *id).collect();
            let flow = Origin::of_measure(id);
            for row in &of_measure {
                let key = columns(row, &dimensions);
                let is_region = !recount.members(&key[0]).is_empty();
                // These figures do not say of whom a form is not known.
                let form = row.get("FORM").map_or("", String::as_str);
                // Publishers report years one by one.
                let is_of_figures = form == "_U" || time.is_some_and(|at| key[at] == "_T");
                if has_figures && is_of_figures {
                    continue;
                }
                let rule = Rule { is_combined: true, all_years: is_region && id.contains("_ALL") };
                let areas = cells.rests_on(&formula, &key, &years, rule);
                let truth = match flow {
                    Some(origin) => cells.flow(&key[0], origin),
                    None if is_region && !formula.is_codes() => cells.of_areas(&formula, &key, &years, &areas),
                    None => cells.value(&formula, &key, &years, &[]),
                };
                let last = match () {
                    () if formula.is_whole() || flow.is_some() => 0.0,
                    () if formula.has_population() => 1e-6,
                    () => 1e-4,
                };
                let reported = match areas.len() {
                    0 => Reported::No,
                    _ if is_region => Reported::InRegion,
                    _ => Reported::ByCountry,
                };
                // Whether a code was asked for that only some sources ask for cannot be read off a suppressed count.
                let is_open =
                    key.iter().zip(&dimensions).any(|(code, dimension)| recount.is_asked_by_some(dimension, code));
                if is_open {
                    continue;
                }
                if let Some(fault) = fault(row, truth, reported, last) {
                    faults.push(format!("{id} of {table} {key:?} of {areas:?} is {fault}"));
                }
                if row["N_AREAS"] != areas.len().to_string() {
                    faults.push(format!(
                        "{id} of {table} {key:?} {} rests on {} and not on {areas:?}",
                        row["OBS_STATUS"], row["N_AREAS"]
                    ));
                }
                if formula.is_count() {
                    faults.extend(compare(&mut seen, &table, &dimensions, &universe, row));
                }
                *compared.entry(if is_region { "region" } else { "country" }).or_default() += 1;
            }
            if formula.is_count() || formula.is_share() {
                // The period of all years rests on other countries than a year where figures have no such period.
                let is_year = |row: &&Row| !has_figures || time.is_none_or(|at| row[&dimensions[at]] != "_T");
                let additive: Vec<&Row> = of_measure.iter().copied().filter(is_year).collect();
                let additive: Vec<&Row> =
                    additive.into_iter().filter(|row| row["AREAS_WITHOUT_TOTAL"].is_empty()).collect();
                faults.extend(parts_and_wholes(&recount, &table, &dimensions, &additive, formula.is_count()));
            }
        }
    }
    (faults, compared)
}

#[test]
fn every_figure_of_a_combined_release_is_right() {
    let mut failed = Vec::new();
    for seed in seeds(0..TABLES.len() as u64) {
        let (faults, compared) = check(seed);
        assert!(compared.len() == 2 && compared.values().all(|number| *number > 100), "{seed}: {compared:?}");
        if !faults.is_empty() {
            let some: Vec<&str> = faults.iter().step_by(1 + faults.len() / 12).map(String::as_str).collect();
            let table = TABLES[seed as usize % TABLES.len()].1;
            failed.push(format!(
                "seed {seed}, {table:?}: {} of {compared:?} are wrong:\n{}",
                faults.len(),
                some.join("\n")
            ));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
