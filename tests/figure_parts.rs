//! Cells that are reported in parts only, in another dimension than that of their line: they are no zeros, and no part is above
//! its whole. Every expected number is computed by hand in a comment, or is that of a true table.

use std::collections::BTreeMap;

use crate::support::{Bench, Random, Row, figure_profile, rows, value_or_bounds};

const HEADER: &str = "Iso3_code,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,txtVALUE\n";
const FORMS: [(&str, &str); 3] =
    [("Sexual exploitation", "FG_SEXUAL"), ("Forced labour", "FG_LABOUR"), ("Other forms of exploitation", "FG_OTHER")];
const SEXES: [(&str, &str); 4] = [("Female", "F"), ("Male", "M"), ("Unknown", "_U"), ("Total", "_T")];

/// A figure as the portal writes it, of a form or of all together.
fn line(area: &str, year: u16, form: Option<&str>, [sex, age]: [&str; 2], value: u64) -> String {
    let (dimension, category) = form.map_or(("Total", "Total"), |form| ("by form of exploitation", form));
    format!("{area},Detected trafficking victims,{dimension},{category},{sex},{age},{year},Counts,{value}\n")
}

fn combined(lines: &[String], table: &str) -> (Bench, Vec<Row>) {
    let bench = Bench::new().file("in.csv", format!("{HEADER}{}", lines.concat()));
    bench.run(&format!("combine in.csv --profile unodc-glotip --tables {table} --out out -q")).succeeds();
    let rows = rows(&bench.path(&format!("out/tables/{table}.csv")));
    (bench, rows)
}

/// The value of the one row with these codes, or its bounds, or its status.
fn shows(rows: &[Row], measure: &str, at: &[(&str, &str)]) -> String {
    let is = |row: &&Row| row["INDICATOR"] == measure && at.iter().all(|(name, code)| row[*name] == *code);
    let found: Vec<&Row> = rows.iter().filter(is).collect();
    let [row] = found[..] else { return format!("{} rows", found.len()) };
    value_or_bounds(row)
}

/// Sexual exploitation is reported for women only, forced labour without sex: 200 of 210 are sexually exploited.
#[test]
fn a_form_reported_by_sex_only_is_no_zero_of_the_total() {
    let lines = [
        line("KHM", 2020, None, ["Total", "Total"], 210),
        line("KHM", 2020, Some("Sexual exploitation"), ["Female", "Total"], 200),
        line("KHM", 2020, Some("Forced labour"), ["Total", "Total"], 10),
    ];
    let (_bench, rows) = combined(&lines, "victims-by-form");
    let at = |form, sex| [("REF_AREA", "KHM"), ("FORM", form), ("SEX", sex)];
    assert_eq!(shows(&rows, "DETV_N", &at("_K", "_T")), "210");
    // 10 of 210.
    assert_eq!(shows(&rows, "DETV_FORM_PT", &at("FG_LABOUR", "_T")), "4.7619");
    // The 10 may be women.
    assert_eq!(shows(&rows, "DETV_N", &at("_K", "F")), "[200, 210]");
}

/// Of Cambodia's 43 at least 20 + 3 are sexually exploited, of Thailand's 10 1 + 1 are in forced labour: 23 to 43 of 25 to 45.
#[test]
fn a_zero_of_one_form_leaves_the_forms_that_are_reported_by_sex() {
    let sexual = Some("Sexual exploitation");
    let labour = Some("Forced labour");
    let lines = [
        line("KHM", 2020, None, ["Total", "Total"], 43),
        line("KHM", 2020, sexual, ["Female", "Total"], 20),
        line("KHM", 2020, sexual, ["Male", "Total"], 3),
        line("KHM", 2020, Some("Other forms of exploitation"), ["Total", "Total"], 0),
        line("THA", 2020, None, ["Total", "Total"], 10),
        line("THA", 2020, labour, ["Female", "Total"], 1),
        line("THA", 2020, labour, ["Male", "Total"], 1),
    ];
    let (_bench, rows) = combined(&lines, "victims-by-form");
    let at = |area, form, sex| [("REF_AREA", area), ("FORM", form), ("SEX", sex)];
    assert_eq!(shows(&rows, "DETV_N", &at("KHM", "_K", "_T")), "[23, 43]");
    assert_eq!(shows(&rows, "DETV_FORM_PT", &at("M49_035", "FG_SEXUAL", "F")), "95.2381");
    let share = shows(&rows, "DETV_FORM_PT", &at("M49_035", "FG_SEXUAL", "_K"));
    let bounds: Vec<f64> = share.trim_matches(['[', ']']).split(", ").map(|bound| bound.parse().unwrap()).collect();
    // 23 of 25 where all others are of no known form.
    assert!(matches!(bounds[..], [lower, upper] if lower <= 92.0 && (92.0..=100.0).contains(&upper)), "{share}");
}

/// 250 + 20 of another sex are reported by age only: they are of a known sex, and women are 50 of 320.
#[test]
fn a_code_reported_by_age_only_counts_in_the_known() {
    let lines = [
        line("KHM", 2020, None, ["Total", "Total"], 320),
        line("KHM", 2020, None, ["Female", "Total"], 50),
        line("KHM", 2020, None, ["Male", "Total"], 0),
        line("KHM", 2020, None, ["Other", "0 to 17 years"], 250),
        line("KHM", 2020, None, ["Other", "18 years or over"], 20),
    ];
    let (_bench, rows) = combined(&lines, "victims-by-profile");
    let at = |sex| [("REF_AREA", "KHM"), ("SEX", sex), ("AGE", "_T")];
    assert_eq!(shows(&rows, "DETV_N", &at("_K")), "320");
    assert_eq!(shows(&rows, "DETV_SEX_PT", &at("F")), "15.625");
}

/// Persons by form (the last is not known) and sex (women, men, not known).
type Truth = [[u64; 3]; 4];

fn sum(truth: &Truth, form: &str, sex: &str) -> u64 {
    let forms = match form {
        "_T" => 0..4,
        "_K" => 0..3,
        form => {
            let at = FORMS.iter().position(|(_, code)| *code == form).unwrap();
            at..at + 1
        }
    };
    let sexes = match sex {
        "_T" => 0..3,
        "_K" => 0..2,
        "_O" => 0..0,
        sex => {
            let at = SEXES.iter().position(|(_, code)| *code == sex).unwrap();
            at..at + 1
        }
    };
    truth[forms].iter().flat_map(|row| &row[sexes.clone()]).sum()
}

/// Reports some cells of a true table. In a line with a reported form, those forms are left out that are zero, that are
/// reported by sex (in the total of sex), or that are reported as a total of sex only.
fn report(truth: &Truth, random: &mut Random) -> Vec<(Option<usize>, usize)> {
    let odds = 2 + random.below(8);
    let mut reported = [[false; 4]; 3];
    let mut out = Vec::new();
    for form in &mut reported {
        form.iter_mut().for_each(|cell| *cell = random.below(10) < odds);
    }
    let value = |form: usize, sex: usize| sum(truth, FORMS[form].1, SEXES[sex].1);
    loop {
        let before = reported;
        for sex in 0..4 {
            if !(0..3).any(|form| reported[form][sex]) {
                continue;
            }
            for (form, reported) in reported.iter_mut().enumerate() {
                let below = sex == 3 && (0..3).any(|part| reported[part] && value(form, part) > 0);
                let open = sex < 3 && reported[3] && !(0..3).any(|part| reported[part]);
                if value(form, sex) > 0 && !below && !open {
                    reported[sex] = true;
                }
            }
        }
        if reported == before {
            break;
        }
    }
    for (form, reported) in reported.iter().enumerate() {
        out.extend((0..4).filter(|sex| reported[*sex]).map(|sex| (Some(form), sex)));
    }
    out.extend((0..4).filter(|_| random.below(10) < odds).map(|sex| (None, sex)));
    out
}

#[test]
fn what_is_printed_of_random_parts_is_true_of_the_whole() {
    let areas = ["KHM", "THA", "VNM", "DEU", "FRA"];
    let regions = [("M49_035", &areas[..3]), ("M49_155", &areas[3..])];
    let mut checked = BTreeMap::<&str, u32>::new();
    for seed in 1u64..4 {
        let mut random = Random::new(seed);
        let (mut truths, mut lines) = (BTreeMap::new(), Vec::new());
        for year in 2004..2024 {
            for area in areas {
                let cell = |random: &mut Random| if random.below(3) == 0 { 0 } else { random.below(60) };
                let truth: Truth = std::array::from_fn(|_| std::array::from_fn(|_| cell(&mut random)));
                for (form, sex) in report(&truth, &mut random) {
                    let code = form.map_or("_T", |form| FORMS[form].1);
                    let value = sum(&truth, code, SEXES[sex].1);
                    lines.push(line(area, year, form.map(|form| FORMS[form].0), [SEXES[sex].0, "Total"], value));
                }
                truths.insert((area, year.to_string()), truth);
            }
        }
        let (_bench, rows) = combined(&lines, "victims-by-form");
        for row in &rows {
            let (form, sex) = (row["FORM"].as_str(), row["SEX"].as_str());
            let below = match row["INDICATOR"].as_str() {
                "DETV_N" => None,
                "DETV_FORM_PT" => Some(("_K", sex)),
                "DETV_FORM_SEX_PT" => Some((form, "_K")),
                _ => continue,
            };
            let number = |name: &str| row[name].parse::<f64>().ok();
            let [lower, upper] = match row["OBS_STATUS"].as_str() {
                "A" => [number("OBS_VALUE"); 2],
                "Q" => [number("LOWER_BOUND"), number("UPPER_BOUND")],
                _ => continue,
            };
            let [lower, upper] = [lower.unwrap_or(0.0), upper.unwrap_or(f64::INFINITY)];
            assert!(below.is_none() || lower <= 100.0, "seed {seed}: {row:?}");
            let area = row["REF_AREA"].as_str();
            let region = regions.iter().find(|(region, _)| *region == area).map(|(_, areas)| *areas);
            let alone = [area];
            let members: &[&str] = match region {
                Some(areas) => areas,
                None if areas.contains(&area) => &alone,
                None => continue,
            };
            // The region rests on some of its countries.
            let number = row["N_AREAS"].parse::<u32>().unwrap();
            let panels = (0u32..1 << members.len()).filter(|panel| panel.count_ones() == number);
            let is_true = |panel: u32| {
                let within = members.iter().enumerate().filter(|(at, _)| panel & (1 << at) != 0);
                let truths: Vec<_> = within.map(|(_, area)| truths[&(*area, row["TIME_PERIOD"].clone())]).collect();
                let all =
                    |form: &str, sex: &str| truths.iter().map(|possible| sum(possible, form, sex)).sum::<u64>() as f64;
                let truth = match below {
                    None => all(form, sex),
                    Some((whole, sexes)) if all(whole, sexes) > 0.0 => 100.0 * all(form, sex) / all(whole, sexes),
                    Some(_) => return true,
                };
                lower - 0.0001 <= truth && truth <= upper + 0.0001
            };
            let mut panels = panels.peekable();
            assert!(panels.peek().is_none() || panels.any(is_true), "seed {seed}: {row:?}\n{:?}", {
                let mine = |line: &&String| members.iter().any(|area| line.starts_with(area));
                let year = format!(",{},", row["TIME_PERIOD"]);
                lines.iter().filter(mine).filter(|line| line.contains(&year)).collect::<Vec<_>>()
            });
            let kind = if region.is_some() { "region" } else { "country" };
            *checked.entry(kind).or_default() += 1;
        }
    }
    assert!(checked.values().all(|number| *number > 500), "{checked:?}");
}

/// Of 8 or 9 children of known sex 4 are boys; `--only-with-total` leaves out the girls, whose area reports no total of women.
#[test]
fn a_share_whose_other_part_is_left_out_has_its_bounds_in_order() {
    let fields = ["area", "year", "subject", "sex", "age", "unit", "value"];
    let lines = ["_T,_T,NUMBER,15", "F,Y0T17,NUMBER,4", "M,Y0T17,NUMBER,4", "_T,Y0T14,NUMBER,4", "_T,Y15T17,NUMBER,5"];
    let in_country: String = lines.iter().map(|line| format!("VNM,2019,VICTIMS,{line}\n")).collect();
    let other = "FRA,2019,VICTIMS,_T,_T,NUMBER,2\nFRA,2019,VICTIMS,F,_T,NUMBER,1\n";
    let bench = Bench::new()
        .file("sch/profiles/fig.toml", figure_profile(&fields))
        .file("in.csv", format!("{}\n{in_country}{other}", fields.join(",")));
    for option in ["", "--only-with-total"] {
        bench
            .run(&format!(
                "combine in.csv --profile fig --schemas sch --tables victims-by-profile --out out {option} -q --force"
            ))
            .succeeds();
        let found = rows(&bench.path("out/tables/victims-by-profile.csv"));
        let at = [("REF_AREA", "VNM"), ("TIME_PERIOD", "2019"), ("SEX", "M"), ("AGE", "Y0T17")];
        assert_eq!(shows(&found, "DETV_SEX_PT", &at), "[44.4444, 50]", "{option}");
        for row in found.iter().filter(|row| row["OBS_STATUS"] == "Q") {
            let [lower, upper] = ["LOWER_BOUND", "UPPER_BOUND"].map(|name| row[name].parse::<f64>());
            assert!(upper.is_err() || lower.unwrap_or(0.0) <= upper.unwrap(), "{row:?}");
        }
    }
}
