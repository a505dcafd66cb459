//! Attacks on rounded releases: editions with late records, the whole cube with exact totals, and another key.

use std::collections::{BTreeMap, BTreeSet};

use tipstat::internals::aggregate::Units;

use crate::rounding::{Cells, Rounded, cells, records, released, rounded};
use crate::support::{Random, counted};

const HEADER: &str = "area,year,sex,age,form,citizenship,migratory_status,count\n";

/// The tables of the editions.
const TABLES: [&str; 4] =
    ["victims-by-form-and-profile", "victims-by-nationality-and-form", "victims-by-profile", "flows"];

/// Records of one person each, nearly all alone in their combination of codes.
fn persons(random: &mut Random, count: u64) -> Vec<String> {
    let person = |random: &mut Random| {
        let area = random.of(&["KHM", "THA"]);
        let year = random.of(&["2021", "2022"]);
        let sex = random.of(&["F", "F", "M", "_O"]);
        let age = random.of(&["Y0T17", "Y_GE18"]);
        let form = random.of(&["SEX", "LAB"]);
        let citizenship = random.of(&[
            "KHM", "THA", "LAO", "VNM", "MMR", "PHL", "IND", "BGD", "NGA", "GHA", "KEN", "FRA", "ROU", "UKR", "BRA",
            "COL",
        ]);
        let status = random.of(&["", "FOR_IRREG", "NAT_RES"]);
        format!("{area},{year},{sex},{age},{form},{citizenship},{status},1\n")
    };
    (0..count).map(|_| person(random)).collect()
}

/// The published cells in which a person is counted, of those whose codes are known by name.
fn is_in(line: &str, key: &BTreeMap<String, String>) -> bool {
    let fields: Vec<&str> = line.split(',').collect();
    let form = if fields[4] == "SEX" { "FG_SEXUAL" } else { "FG_LABOUR" };
    key.iter().all(|(dimension, code)| {
        let codes = match dimension.as_str() {
            "REF_AREA" => fields[0],
            "TIME_PERIOD" => fields[1],
            "SEX" => fields[2],
            "AGE" => fields[3],
            "FORM" => form,
            "ORIGIN" => fields[5],
            _ => "_T",
        };
        code == codes || (code == "_T" && dimension != "REF_AREA")
    })
}

/// What an attacker who compares two editions learns.
#[derive(Debug, Default)]
struct Learned {
    /// Small cells without a newcomer, and those with one: how many did not move, and how many did.
    moved: [[f64; 2]; 2],
    /// Pairs of a new and an old profile, and those in which the new one is more suspect.
    pairs: f64,
    above: f64,
}

impl Learned {
    /// The area under the curve of the membership test: 0.5 where new profiles cannot be told from old ones.
    fn auc(&self) -> f64 {
        self.above / self.pairs
    }

    /// The share of small cells without a newcomer that move, and that of cells with one.
    fn shares(&self) -> [f64; 2] {
        self.moved.map(|[still, moved]| moved / (still + moved))
    }

    fn compare(&mut self, old: &[String], late: &[String], printed: &[[Cells; 2]], truth: &[[Cells; 2]]) {
        let count = |cells: &Cells, key: &BTreeMap<String, String>| cells.get(key).copied().unwrap_or(0);
        for (printed, truth) in printed.iter().zip(truth) {
            for (key, &exact) in truth[1].iter().filter(|(_, exact)| (1..10).contains(*exact)) {
                let has_newcomer = exact != count(&truth[0], key);
                let moves = count(&printed[0], key) != count(&printed[1], key);
                self.moved[usize::from(has_newcomer)][usize::from(moves)] += 1.0;
            }
        }
        // A profile is as suspect as the cell of it that grew least: a newcomer who is printed is in each of them.
        let mut scores: BTreeMap<&str, f64> =
            old.iter().chain(late).map(|line| (line.as_str(), f64::INFINITY)).collect();
        for printed in printed {
            let grown =
                |key: &BTreeMap<String, String>| count(&printed[1], key) as f64 - count(&printed[0], key) as f64;
            let keys: BTreeSet<_> = printed[0].keys().chain(printed[1].keys()).collect();
            let keys: Vec<_> = keys.into_iter().map(|key| (key, grown(key))).collect();
            for (line, score) in &mut scores {
                let smaller =
                    keys.iter().filter(|(key, grown)| grown < score && is_in(line, key)).map(|(_, grown)| *grown);
                *score = smaller.fold(*score, f64::min);
            }
        }
        // Within an area and year, because its exact total shows how many came.
        let known: BTreeSet<&str> = old.iter().map(String::as_str).collect();
        for (new, score) in scores.iter().filter(|(line, _)| !known.contains(**line)) {
            for other in scores.iter().filter(|(line, _)| known.contains(**line) && line[..8] == new[..8]) {
                self.pairs += 1.0;
                self.above += if score > other.1 { 1.0 } else { f64::from(u8::from(score == other.1)) / 2.0 };
            }
        }
    }
}

fn all(rounded: &Rounded, after: bool) -> Vec<Cells> {
    TABLES.iter().map(|table| cells(if after { &rounded.after } else { &rounded.before }, table)).collect()
}

fn add(one: &Cells, other: &Cells) -> Cells {
    let mut sum = one.clone();
    other.iter().for_each(|(key, count)| *sum.entry(key.clone()).or_default() += count);
    sum
}

/// An edition with 5 percent late records is drawn anew: cells move whether a newcomer is in them or not, so no move proves one.
/// Keeping the old choices and rounding newcomers on top, as a comparison, is found out by the same attack.
#[test]
fn late_records_do_not_show_in_an_edition() {
    let mut random = Random::new(29);
    let (mut anew, mut on_top) = (Learned::default(), Learned::default());
    for seed in 0..3u8 {
        let (old, late) = (persons(&mut random, 1140), persons(&mut random, 60));
        let text = |parts: &[&[String]]| HEADER.to_owned() + &parts.concat().concat();
        let editions = [text(&[&old]), text(&[&old, &late]), text(&[&late])].map(|text| {
            let (record, base) = counted(&text, None);
            rounded(&record, &base, &TABLES, seed, 10)
        });
        let [first, second, newcomers] = editions;
        let truth: Vec<_> = all(&first, false).into_iter().zip(all(&second, false)).map(<[_; 2]>::from).collect();
        let before = all(&first, true);
        let printed: Vec<_> = before.iter().cloned().zip(all(&second, true)).map(<[_; 2]>::from).collect();
        anew.compare(&old, &late, &printed, &truth);
        let sums = before.iter().zip(all(&newcomers, true)).map(|(one, other)| [one.clone(), add(one, &other)]);
        on_top.compare(&old, &late, &sums.collect::<Vec<_>>(), &truth);
    }
    let [without, with] = anew.shares();
    assert!(anew.moved[1][0] + anew.moved[1][1] > 100.0 && without > with / 2.0, "{without:.2} {with:.2}");
    // The bar of 0.55 holds for the sample and this score (0.54 to 0.55), and not for stores as small as this one: rounding is
    // right on average, so what came shows in the sum of the cells.
    assert!(anew.auc() <= 0.62, "{:.3}", anew.auc());
    // The forbidden way: a small cell that moves has a newcomer, without exception, and the membership test succeeds.
    let [without, with] = on_top.shares();
    assert!(with > 8.0 * without && with > 0.1, "{without:.3} {with:.3}");
    assert!(on_top.auc() > 0.55, "{:.3}", on_top.auc());
}

const BASE: u64 = 5;
const THRESHOLD: u64 = 10;

/// The true counts that a unit of this new count can have; `carries` where it may be the one that takes the rest of its area and
/// year. A unit below the base may also carry what other units leave of a sum in the first release's tables.
fn possible(printed: u64, carries: bool) -> [u64; 2] {
    let is_possible = |count: &u64| {
        let small = printed.is_multiple_of(BASE) && printed <= (count.div_ceil(BASE) * BASE).max(BASE);
        let large = ((count + 1).saturating_sub(BASE).max(BASE)..count + BASE).contains(&printed);
        let carrier = *count < BASE && (BASE..2 * BASE).contains(&printed);
        if *count < THRESHOLD { small || carrier || carries } else { large }
    };
    let all: Vec<u64> = (0..=printed + THRESHOLD).filter(is_possible).collect();
    [all[0], *all.last().unwrap()]
}

/// The narrowest intervals of the units of one area and year that follow from all new counts and the exact total. One sum links
/// boxes, so this is the solution of both linear programmes of each unit.
fn attack(printed: &[u64], total: u64) -> Vec<[u64; 2]> {
    let odd = printed.iter().filter(|printed| !printed.is_multiple_of(BASE)).count();
    let boxes: Vec<[u64; 2]> =
        printed.iter().map(|&printed| possible(printed, odd == 1 && !printed.is_multiple_of(BASE))).collect();
    let [lower, upper] = [0, 1].map(|end| boxes.iter().map(|bounds| bounds[end]).sum::<u64>());
    let interval = |bounds: &[u64; 2]| {
        let [others_lower, others_upper] = [lower - bounds[0], upper - bounds[1]];
        [bounds[0].max(total.saturating_sub(others_upper)), bounds[1].min(total.saturating_sub(others_lower))]
    };
    boxes.iter().map(interval).collect()
}

/// New and true counts of the units of each area and year.
fn by_area_year(rounded: &Rounded) -> BTreeMap<(String, String), Vec<(u64, u64)>> {
    let named = |units: &Units| -> BTreeMap<Vec<String>, u64> {
        (0..units.len())
            .map(|unit| (units.texts(unit).iter().map(ToString::to_string).collect(), units.counts()[unit]))
            .collect()
    };
    let (truth, kept) = (named(&rounded.truth), named(&rounded.units.kept()));
    let place = |heading: &str| rounded.truth.headings().iter().position(|name| *name == heading).unwrap();
    let (area, year) = (place("area"), place("year"));
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for unit in truth.keys().chain(kept.keys()).collect::<BTreeSet<_>>() {
        let count_of = |counts: &BTreeMap<Vec<String>, u64>| counts.get(unit).copied().unwrap_or(0);
        groups.entry((unit[area].clone(), unit[year].clone())).or_default().push((count_of(&kept), count_of(&truth)));
    }
    groups
}

/// Who is given all new counts, which combinations have records at all, and the exact totals of areas and years, knows no small
/// count to within less than the base.
#[test]
fn the_whole_cube_and_exact_totals_leave_small_counts_open() {
    let mut random = Random::new(31);
    let (mut attacked, mut closed) = (0, Vec::new());
    for seed in 0..6u8 {
        let (record, base) = counted(&records(&mut random, 300), None);
        let made = rounded(&record, &base, &TABLES, seed, 3);
        for (place, units) in by_area_year(&made) {
            let total: u64 = units.iter().map(|(_, count)| count).sum();
            assert!(total >= THRESHOLD, "{place:?}");
            let printed: Vec<u64> = units.iter().map(|(printed, _)| *printed).collect();
            assert_eq!(printed.iter().sum::<u64>(), total, "{place:?}");
            for (&(printed, count), [lower, upper]) in units.iter().zip(attack(&printed, total)) {
                assert!((lower..=upper).contains(&count), "{place:?}: {printed} {count} not in {lower} to {upper}");
                if (1..THRESHOLD).contains(&count) {
                    attacked += 1;
                    if upper - lower < BASE - 1 || (printed <= BASE && lower > 0) {
                        closed.push((place.clone(), printed, count, lower, upper));
                    }
                }
            }
        }
    }
    assert!(attacked >= 300 && closed.is_empty(), "{attacked} {closed:?}");
}

/// The attack finds what there is to find: an area and year of 13 persons, 12 of them alike.
#[test]
fn the_attack_narrows_the_rest_of_a_large_unit_in_a_tiny_area_and_year() {
    // Somebody is certainly there: the larger unit has at most 12.
    assert_eq!(attack(&[8, 5], 13), [[4, 12], [1, 9]]);
    assert_eq!(attack(&[8, 7, 5], 20)[2], [0, 9]);
    assert_eq!(attack(&[0, 5, 10, 40], 55)[..2], [[0, 9], [0, 9]]);
    assert_eq!((possible(0, false), possible(5, false), possible(10, false)), ([0, 9], [0, 9], [6, 14]));
    assert_eq!((possible(6, false), possible(7, true), possible(11, false)), ([0, 10], [0, 11], [10, 15]));
}

/// The share of non-zero counts that another key moves, over all tables.
fn moved(count: u64, seed: u64, effort: u64) -> f64 {
    let tables = ["victims-by-form-and-profile", "flows", "victims-by-citizenship"];
    let (record, base) = counted(&records(&mut Random::new(40 + seed), count), None);
    let [one, other] = [1u8, 2].map(|key| released(&record, &base, &tables, 10 * seed as u8 + key, effort));
    let (mut nonzero, mut moved) = (0.0, 0.0);
    for table in tables {
        let (one, other) = (cells(&one.after, table), cells(&other.after, table));
        for (key, &count) in one.iter().filter(|(_, count)| **count > 0) {
            nonzero += 1.0;
            moved += f64::from(u8::from(other.get(key).copied().unwrap_or(0) != count));
        }
    }
    moved / nonzero
}

/// Another key moves at least half of the non-zero counts, from about 150 records on. In the smallest stores few choices are good,
/// and the search finds them under any key: the start moves more than what the search ends with.
#[test]
fn another_key_moves_half_of_the_counts_unless_the_store_is_tiny() {
    let mean = |count, effort| (0..4).map(|seed| moved(count, seed, effort)).sum::<f64>() / 4.0;
    for seed in 0..3 {
        for count in [150, 300] {
            let share = moved(count, seed, 10);
            assert!(share >= 0.5, "{count} {seed}: {share:.2}");
        }
    }
    assert!(moved(150, 4, 100) >= 0.5);
    assert!(mean(90, 10) >= 0.5);
    let (before, after) = (mean(20, 0), mean(20, 10));
    assert!(before > 0.4 && after < before / 2.0, "{before:.2} {after:.2}");
}
