//! The system against the truth, on small sets of records: whatever they are, every constraint holds for their counts, and
//! every printed interval contains its count. A constraint that is false for some records gives false bounds for others.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::pattern::{Constraint, Linked, NONE, link};
use super::{Policy, protect};
use crate::aggregate::{Cube, Microdata};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::files::{FileOutput, Previous, Readers, Stage};
use crate::indicators::{Drafts, Indicator, RecordSource, draft};
use crate::pipeline::{Job, Reading, ingest};
use crate::schema::{Coverage, Region, Registry};
use crate::store::Part;
use crate::validate::{Description, Layout};

/// A table by name, with other dimensions if some are given.
struct CountedTable {
    name: &'static str,
    dimensions: &'static [&'static str],
}

const fn table(name: &'static str, dimensions: &'static [&'static str]) -> CountedTable {
    CountedTable { name, dimensions }
}

/// What all trials share: reading it takes longer than a trial.
struct Schemas {
    registry: Registry,
    layouts: Vec<(&'static str, Layout)>,
    regions: Region,
}

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| {
    let registry = Registry::built_in();
    let layout = |record| {
        let description = Description { schema: Some(record), ..Description::default() };
        (record, Layout::load(&registry, &description).unwrap())
    };
    let layouts = ["justice", "victim"].map(layout).into();
    let regions = Region::load(&registry, "M49").unwrap();
    Schemas { registry, layouts, regions }
});

/// Counts tables of records of a type.
fn drafts(text: &str, record: &str, tables: &[CountedTable]) -> Drafts {
    let Schemas { registry, layouts, regions } = &*SCHEMAS;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.csv");
    let input = FileOutput { path: &path, readers: Readers::Owner, previous: Previous::Kept };
    let write = |out: &mut dyn std::io::Write| out.write_all(text.as_bytes()).map_err(|_| Error::failed("test"));
    input.write(&Stage::next_to(&path).unwrap(), write).unwrap();
    let layout = layouts.iter().find(|(name, _)| *name == record).unwrap().1.clone();
    let stage = Stage::within(folder.path()).unwrap();
    let jobs = [Job { path, layout }];
    let ingested = ingest(&jobs, &stage, &Reading::default(), &Control::default()).unwrap();
    assert_eq!(ingested.totals()[2], 0, "no record is rejected:\n{text}");
    let parts: Vec<_> = ingested.parts.iter().map(|path| Part::open(path).unwrap()).collect();
    let load = |table: &CountedTable| {
        let mut indicator = Indicator::load(registry, table.name).unwrap();
        if !table.dimensions.is_empty() {
            indicator.dimensions = table.dimensions.iter().map(ToString::to_string).collect();
            indicator.measures.retain(|measure| measure.formula.is_count());
        }
        indicator
    };
    let indicators: Vec<Indicator> = tables.iter().map(load).collect();
    let microdata = Microdata { record: &jobs[0].layout.record, parts: &parts, memory: 1 << 28 };
    let coverage = Coverage::default();
    draft(&RecordSource::new(registry, regions, microdata, &coverage), &indicators, &Control::default()).unwrap()
}

/// Returns the first constraint that the counts of the system break.
fn broken(linked: &Linked) -> Option<&Constraint> {
    let count = |&cell: &u32| u128::from(linked.counts[cell as usize]);
    linked.system.constraints.iter().find(|Constraint { parent, children, partition }| {
        let (total, sum) = (count(parent), children.iter().map(count).sum::<u128>());
        let largest = children.iter().map(count).max().unwrap_or(0);
        !(total == sum || !partition && largest <= total && total <= sum)
    })
}

/// Checks that constraints, zeros that follow from others, and printed bounds agree with the records.
fn agrees(text: &str, record: &str, tables: &[CountedTable], policy: &Policy) -> Result<()> {
    let drafts = drafts(text, record, tables);
    for count_of in [Cube::lower, Cube::upper] {
        let linked = link(&drafts, policy, count_of)?;
        let named = |cell: &u32| {
            let place = linked.cells.iter().enumerate().find_map(|(table, cells)| {
                let at = cells.iter().position(|other| other == cell)?;
                let cube = &drafts.tables[table].cube;
                let codes = cube.nodes(at).into_iter().zip(&cube.dimensions);
                Some(
                    codes
                        .map(|(node, breakdown)| breakdown.nodes[usize::from(node)].code.clone())
                        .collect::<Vec<_>>()
                        .join(" "),
                )
            });
            format!("{} = {}", place.unwrap_or_else(|| "overlap".into()), linked.counts[*cell as usize])
        };
        if let Some(constraint) = broken(&linked) {
            let children: Vec<String> = constraint.children.iter().map(named).collect();
            panic!(
                "{} is not {} of {children:?} in\n{text}",
                named(&constraint.parent),
                if constraint.partition { "the sum" } else { "a cover" }
            );
        }
        let implied = linked.implied.iter().zip(&linked.counts);
        assert!(implied.clone().all(|(implied, count)| !implied || *count == 0), "a zero does not follow:\n{text}");
    }
    let linked = link(&drafts, policy, Cube::lower)?;
    let upper_linked = link(&drafts, policy, Cube::upper)?;
    let safe = protect(drafts, policy)?;
    for (table, cells) in linked.cells.iter().enumerate() {
        for (at, &cell) in cells.iter().enumerate().filter(|(_, cell)| **cell != NONE) {
            let (shown, cell) = (&safe.shown[cell as usize], cell as usize);
            let bounds = (linked.counts[cell], upper_linked.counts[cell]);
            let holds = shown.lower.is_none_or(|lower| lower <= bounds.0)
                && shown.upper.is_none_or(|upper| bounds.1 <= upper)
                && shown.value.is_none_or(|value| bounds == (value, value));
            assert!(holds, "cell {at} of table {table} is {bounds:?} and shows {shown:?}:\n{text}");
        }
    }
    Ok(())
}

/// Policies that differ in their zeros: those of a set, of two sets, all.
fn policy(which: usize) -> Policy {
    let name = ["default", "default", "ctdc"][which % 3];
    let mut policy = Policy::load(&SCHEMAS.registry, name).unwrap();
    if which == 1 {
        (policy.threshold, policy.zeros.hidden) = (5, vec!["*".to_owned()]);
    }
    if which == 3 {
        policy.zeros.hidden = ["FORM", "STAGE", "CHANNEL", "HUMANITARIAN"].map(str::to_owned).to_vec();
    }
    policy
}

/// Some codes of a list, joined; none is a cell without any.
fn set(codes: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::subsequence(codes.to_vec(), 0..codes.len().min(4)).prop_map(|codes| codes.join(";"))
}

fn count() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["1", "3", "9", "12", "30", "125", "<5", "2-20", "40"])
}

const AREA: &[&str] = &["KHM", "THA", "DEU", "_U"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_set_fields_of_proceedings_agree(
        rows in prop::collection::vec(
            (prop::sample::select(AREA), 2020..2022u16, set(&["PROSECUTED", "CONVICTED", "ACQUITTED"]),
             set(&["SEX", "LAB", "DOM", "FG_LABOUR", "BEG", "_U"]), count()), 1..14),
        which in 0..4usize,
    ) {
        let mut text = "area,year,stage,sex,age,form,citizenship,count\n".to_owned();
        for (area, year, stage, form, count) in rows {
            let stage = if stage.is_empty() { "CLOSED" } else { &stage };
            text.push_str(&format!("{area},{year},{stage},F,Y_GE18,{form},KHM,{count}\n"));
        }
        let tables = [table("proceedings-by-form", &[]), table("proceedings-by-stage", &[]), table("convictions", &[])];
        agrees(&text, "justice", &tables, &policy(which)).unwrap();
    }

    #[test]
    fn three_set_fields_of_victims_agree(
        rows in prop::collection::vec(
            (prop::sample::select(AREA), set(&["ICT", "GAMING", "WORKPLACE", "DATING"]), set(&["DISASTER", "CLIMATE"]),
             set(&["SEX", "LAB", "DOM", "_U"]), count()), 1..10),
        which in 0..4usize,
    ) {
        let mut text = "area,year,sex,age,channel,humanitarian,form,count\n".to_owned();
        for (area, channel, context, form, count) in rows {
            text.push_str(&format!("{area},2022,F,Y_GE18,{channel},{context},{form},{count}\n"));
        }
        let tables = [
            table("digital-by-form", &["REF_AREA", "CHANNEL", "HUMANITARIAN", "FORM"]),
            table("victims-by-form", &[]),
            table("digital-by-profile", &[]),
        ];
        agrees(&text, "victim", &tables, &policy(which)).unwrap();
    }

    #[test]
    fn origins_groups_and_universes_agree(
        rows in prop::collection::vec(
            (prop::sample::select(AREA), 2020..2022u16, prop::sample::select(vec!["F", "M", "_U"]),
             prop::sample::select(vec!["KHM", "THA", "DEU", "NGA", "XXA", "R002", "R142", "_U"]),
             set(&["SEX", "LAB", "DOM", "FG_LABOUR", "ORG", "_U"]), prop::sample::select(vec!["1", "3", "12", "40"])), 1..14),
        which in 0..3usize,
    ) {
        let mut text = "area,year,sex,age,citizenship,form,labour_sector,count\n".to_owned();
        for (at, (area, year, sex, citizenship, form, count)) in rows.into_iter().enumerate() {
            let (age, sector) = (["Y0T17", "Y_GE18", "_U"][at % 3], ["A", "I", ""][at / 3 % 3]);
            text.push_str(&format!("{area},{year},{sex},{age},{citizenship},{form},{sector},{count}\n"));
        }
        let names = [
            "flows", "victims-by-citizenship", "victims-by-nationality", "victims-by-form", "victims-by-labour-sector", "sdg-detv",
            "sdg-detvfl", "sdg-detvsx",
        ];
        agrees(&text, "victim", &names.map(|name| table(name, &[])), &policy(which)).unwrap();
    }
}

/// The overlap of a total over stages was taken for its overlap over forms: the zero of `FG_OTHER` was printed as 125.
#[test]
fn a_total_in_two_dimensions_has_an_overlap_in_each() {
    let text = "area,year,stage,sex,age,form,citizenship,count\n\
        KHM,2020,PROSECUTED;CONVICTED,F,Y_GE18,SEX,KHM,125\n\
        KHM,2020,PROSECUTED,F,Y_GE18,LAB,KHM,60\n\
        KHM,2020,CONVICTED,F,Y_GE18,LAB,KHM,55\n";
    agrees(text, "justice", &[table("proceedings-by-form", &[])], &policy(0)).unwrap();
    let text = "area,year,stage,sex,age,form,citizenship,count\nTHA,2021,PROSECUTED,M,Y0T17,LAB;SEX,KHM,30\n";
    agrees(text, "justice", &[table("proceedings-by-form", &[])], &policy(0)).unwrap();
}

/// With the zeros of both dimensions hidden, an empty row of a hidden column is no more public than the column is: before,
/// all parts of a hidden zero were shown, and so it was known.
#[test]
fn zeros_of_two_dimensions_are_hidden_together() {
    let text = "area,year,stage,sex,age,form,citizenship,count\nTHA,2021,PROSECUTED,M,Y0T17,LAB,KHM,300\n\
        THA,2021,CONVICTED,M,Y0T17,LAB,KHM,200\nTHA,2021,CONVICTED,M,Y0T17,BEG,KHM,100\n";
    let drafts = drafts(text, "justice", &[table("proceedings-by-form", &[])]);
    let linked = link(&drafts, &policy(3), Cube::lower).unwrap();
    let cube = &drafts.tables[0].cube;
    let nodes = |codes: [&str; 4]| {
        let nodes = codes.iter().zip(&cube.dimensions).map(|(code, breakdown)| breakdown.find(code).unwrap() as u16);
        linked.cells[0][cube.cell(&nodes.collect::<Vec<_>>())] as usize
    };
    // Stages other than two are empty in every form; the form `FG_SEXUAL` is empty at every stage.
    assert!(!linked.implied[nodes(["THA", "_T", "_K", "FG_SEXUAL"])]);
    assert!(!linked.implied[nodes(["THA", "_T", "CONVICTED", "FG_SEXUAL"])]);
    assert!(!linked.implied[nodes(["THA", "_T", "ACQUITTED", "FG_LABOUR"])]);
}
