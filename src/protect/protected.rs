//! Tables that may be published, and the audit that says so.

use std::collections::HashSet;

use rayon::prelude::*;

use super::Policy;
use super::attack::attack;
use super::suppress::{Pattern, Side, conceded, is_unsafe, suppress};
use super::system::{Linked, NONE, System, link};
use crate::aggregate::{Breakdown, Cube, NodeKind};
use crate::error::{Error, Result};
use crate::indicators::{Draft, Drafts, Formula, Indicator, Panel, Seen, Setting, Shown, Uncollected, evaluate};
use crate::model::{Missing, ObsStatus};

/// One row of a released table.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Index of the measure.
    pub measure: usize,
    /// Index of the node in each dimension.
    pub nodes: Vec<u16>,
    /// The value; none where it is suppressed, not collected or not defined.
    pub value: Option<f64>,
    /// Why there is a value, or none.
    pub status: ObsStatus,
    /// For a suppressed value, the least that a reader can infer.
    pub lower: Option<f64>,
    /// For a suppressed value, the most that a reader can infer; none where nothing bounds it.
    pub upper: Option<f64>,
    /// Reporting areas that contribute.
    pub areas: Option<u32>,
    /// Share of the people of whom the dimensions of a share are known.
    pub known_share: Option<f64>,
    /// Share of the largest contributing area.
    pub top_area_share: Option<f64>,
    /// Of a region's figure, the share of its population that lives in the contributing areas.
    pub coverage: Option<f64>,
    /// Of a region's ratio, the least and the greatest that it becomes without one of its areas.
    pub without_one: Option<[f64; 2]>,
}

/// A table that may be published.
#[derive(Debug)]
pub struct ProtectedTable {
    indicator: Indicator,
    dimensions: Vec<Breakdown>,
    observations: Vec<Observation>,
    panels: Vec<(usize, Panel)>,
}

/// What the attacker found in a finished release. It holds no count of persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Different groups that the tables show.
    pub cells: usize,
    /// Sums that link them.
    pub constraints: usize,
    /// Groups that are blank, for whatever reason.
    pub blank: usize,
    /// Blank groups that the attacker can narrow more than the policy allows.
    pub unsafe_cells: usize,
}

/// All tables of a release, protected together. Only [`protect`] makes one.
#[derive(Debug)]
pub struct Protected {
    tables: Vec<ProtectedTable>,
    policy: Option<Policy>,
    audit: Audit,
    masked: bool,
}

impl Protected {
    /// The tables, in the order of their names.
    pub fn tables(&self) -> &[ProtectedTable] {
        &self.tables
    }

    /// The policy that was applied; none where the tables are made of figures that are public already.
    pub fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// Whether some counts rest on sources that mask small ones, so that they are intervals whatever the policy says.
    pub fn is_masked(&self) -> bool {
        self.masked
    }

    /// What the attacker found.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }
}

impl ProtectedTable {
    /// The definition.
    pub fn indicator(&self) -> &Indicator {
        &self.indicator
    }

    /// The dimensions.
    pub fn dimensions(&self) -> &[Breakdown] {
        &self.dimensions
    }

    /// The rows, in the order of measure and key.
    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// For measures that compare years, the index of the measure and the areas on which it rests.
    pub fn panels(&self) -> &[(usize, Panel)] {
        &self.panels
    }
}

/// Protects all tables of a release together and audits the result.
///
/// # Errors
/// The attacker can still narrow a suppressed cell more than the policy allows: the release is refused.
pub fn protect(drafts: Drafts, policy: &Policy, setting: &Setting<'_>) -> Result<Protected> {
    policy.check()?;
    one_counting(&drafts)?;
    let linked = link(&drafts, policy, Cube::count)?;
    let masked = drafts.tables.iter().any(|draft| draft.cube.is_masked());
    let (audit, shown) = if masked {
        bounded(&drafts, policy, linked.clone())?
    } else {
        let pattern = suppress(&linked.system, &linked.counts, &linked.implied, policy, None, Side::Most)?;
        let audit = audit(&linked.system, &pattern.published, policy, Side::Most)?;
        let exact = pattern.published.iter().zip(&pattern.intervals);
        let shown: Vec<Shown<u64>> = exact
            .map(|(value, interval)| Shown { value: *value, lower: Some(interval.lower), upper: interval.upper })
            .collect();
        (audit, shown)
    };
    if audit.unsafe_cells > 0 {
        return Err(Error::refused(
            "policy/disclosure",
            "the attacker could narrow suppressed cells; nothing was published",
        )
        .with("found", format!("{} of {} blank cells", audit.unsafe_cells, audit.blank))
        .hint("ask for fewer tables, or coarser levels, and report this"));
    }
    let reporting = Reporting::of(&drafts, &linked.cells, &shown);
    let silent = drafts.not_collected.into_iter().map(uncollected);
    let tables: Result<Vec<_>> = drafts
        .tables
        .into_par_iter()
        .enumerate()
        .map(|(table, draft)| finish(draft, &linked.cells[table], &shown, &reporting, setting))
        .collect();
    let mut tables = tables?;
    tables.extend(silent);
    tables.sort_by(|a, b| a.indicator.id.cmp(&b.indicator.id));
    Ok(Protected { tables, policy: Some(policy.clone()), audit, masked })
}

impl Protected {
    /// Tables of figures that are public already: sums and formulas over them tell nothing that they do not.
    pub(super) fn of_public(tables: Vec<ProtectedTable>, masked: bool) -> Self {
        let rows = || tables.iter().flat_map(|table| &table.observations);
        let blank = rows().filter(|row| row.status == ObsStatus::Suppressed).count();
        let audit = Audit { cells: rows().count(), constraints: 0, blank, unsafe_cells: 0 };
        Self { tables, policy: None, audit, masked }
    }
}

/// Refuses tables of victims beside tables of persons: a reader knows that there are no more persons than victims, and the
/// attacker does not know that yet.
fn one_counting(drafts: &Drafts) -> Result<()> {
    let mut of = drafts.tables.iter().map(|table| table.indicator.counting);
    let first = of.next();
    if of.all(|counting| Some(counting) == first) {
        return Ok(());
    }
    Err(Error::refused("policy/disclosure", "some tables count victims and some different persons")
        .hint("make a release of each: side by side they tell more than each is protected for"))
}

/// Protects counts of which some are known by their bounds only.
///
/// Publishing such a cell tells its least and its greatest possible count. Each of the two adds up over the tables like a
/// count, so each is protected like one, and a cell is published only where both may be. Whether a blank holds nobody for
/// certain cannot be told from its least count, so there no zero is conceded to the attacker.
fn bounded(drafts: &Drafts, policy: &Policy, mut least: Linked) -> Result<(Audit, Vec<Shown<u64>>)> {
    let most = link(drafts, policy, Cube::most)?;
    for (implied, hides) in least.implied.iter_mut().zip(&mut least.system.hides_zero) {
        *implied |= !std::mem::replace(hides, true);
    }
    let mut allowed: Option<Vec<bool>> = None;
    loop {
        let below = suppress(&least.system, &least.counts, &least.implied, policy, allowed.as_deref(), Side::Least)?;
        let shown = |pattern: &Pattern| pattern.published.iter().map(Option::is_some).collect::<Vec<_>>();
        let above = suppress(&most.system, &most.counts, &most.implied, policy, Some(&shown(&below)), Side::Most)?;
        let (below_shown, above_shown) = (shown(&below), shown(&above));
        if below_shown != above_shown {
            // What one of the two has blanked stays blank in both, so that this ends.
            allowed = Some(above_shown);
            continue;
        }
        let (one, other) = (
            audit(&least.system, &below.published, policy, Side::Least)?,
            audit(&most.system, &above.published, policy, Side::Most)?,
        );
        let audit = Audit { unsafe_cells: one.unsafe_cells + other.unsafe_cells, ..other };
        let cells = below.published.iter().zip(&above.published).zip(below.intervals.iter().zip(&above.intervals));
        let shown = cells.map(|((lower, upper), (below, above))| match (lower, upper) {
            (Some(lower), Some(upper)) => {
                Shown { value: (lower == upper).then_some(*lower), lower: Some(*lower), upper: Some(*upper) }
            }
            _ => Shown { value: None, lower: Some(below.lower), upper: above.upper },
        });
        return Ok((audit, shown.collect()));
    }
}

/// Attacks what would be published, from nothing but that.
fn audit(system: &System, published: &[Option<u64>], policy: &Policy, side: Side) -> Result<Audit> {
    let intervals = attack(system, published)?;
    let least = conceded(system, published)?;
    let blanks = (0..system.len()).filter(|&cell| published[cell].is_none() && !system.hidden[cell]);
    let unsafe_cells = blanks.clone().filter(|&cell| is_unsafe(policy, side, least[cell], intervals[cell]));
    Ok(Audit {
        cells: system.hidden.iter().filter(|hidden| !**hidden).count(),
        constraints: system.constraints.len(),
        blank: blanks.count(),
        unsafe_cells: unsafe_cells.count(),
    })
}

/// Rows of one table: its measures, evaluated on protected counts.
fn finish(
    draft: Draft,
    cells: &[u32],
    shown: &[Shown<u64>],
    reporting: &Reporting,
    setting: &Setting<'_>,
) -> Result<ProtectedTable> {
    let Draft { indicator, cube } = draft;
    let existing: Vec<usize> = (0..cube.len()).filter(|&cell| cells[cell] != NONE).collect();
    let uncollected: Vec<bool> = existing.iter().map(|&cell| is_uncollected(&cube, cell)).collect();
    let seen: Vec<Seen> = existing
        .iter()
        .zip(&uncollected)
        .map(|(&cell, uncollected)| {
            let nodes = cube.nodes(cell);
            let present = !uncollected && reporting.reports(&cube.dimensions, &nodes);
            Seen { nodes, shown: shown[cells[cell] as usize], present }
        })
        .collect();
    let at = |nodes: &[u16]| {
        let variable = cells[cube.cell(nodes)];
        (variable != NONE).then(|| shown[variable as usize])
    };
    let rows = Rows { seen: &seen, uncollected: &uncollected, unsaid: &[], at: &at };
    observe(indicator, cube.dimensions.clone(), &rows, setting)
}

/// The cells of a table, and what is to be said of them.
pub(super) struct Rows<'a> {
    /// The cells.
    pub seen: &'a [Seen],
    /// Which of them nobody collects; empty where all are collected.
    pub uncollected: &'a [bool],
    /// Of which of them no figure is shown that rests on their own count; empty where all are shown.
    pub unsaid: &'a [bool],
    /// What is public of the cell with these nodes.
    pub at: &'a dyn Fn(&[u16]) -> Option<Shown<u64>>,
}

/// Evaluates the measures of a table on what is public.
pub(super) fn observe(
    indicator: Indicator,
    dimensions: Vec<Breakdown>,
    rows: &Rows<'_>,
    setting: &Setting<'_>,
) -> Result<ProtectedTable> {
    let countries = dimensions[0].countries();
    let is = |of: &[bool], cell: usize| of.get(cell).copied().unwrap_or(false);
    let (mut observations, mut panels) = (Vec::new(), Vec::new());
    for (measure, definition) in indicator.measures.iter().enumerate() {
        let evaluated = evaluate(definition, &dimensions, rows.seen, setting)?;
        panels.extend(evaluated.panels.into_iter().map(|panel| (measure, panel)));
        let rests = definition.formula.any(|of| of.is_count() || matches!(of, Formula::Areas(..)));
        for value in evaluated.values.into_iter().filter(|value| !rests || !is(rows.unsaid, value.cell)) {
            let cell = &rows.seen[value.cell];
            let status = match value.shown.value {
                _ if is(rows.uncollected, value.cell) => ObsStatus::NotCollected,
                _ if value.undefined => ObsStatus::Missing,
                Some(_) => ObsStatus::Normal,
                None => ObsStatus::Suppressed,
            };
            let blank = status == ObsStatus::Suppressed;
            let below = &countries[usize::from(cell.nodes[0])];
            let total = value.shown.value.filter(|_| definition.formula.is_count());
            observations.push(Observation {
                measure,
                nodes: cell.nodes.clone(),
                value: value.shown.value.filter(|_| status == ObsStatus::Normal),
                status,
                lower: value.shown.lower.filter(|_| blank),
                upper: value.shown.upper.filter(|_| blank),
                areas: Some(value.areas),
                known_share: value.known_share,
                top_area_share: total.and_then(|total| largest(below, &cell.nodes, total, rows.at)),
                coverage: value.coverage,
                without_one: value.without_one,
            });
        }
    }
    Ok(ProtectedTable { indicator, dimensions, observations, panels })
}

/// The largest country's share of a regional count, where what is published tells it.
fn largest(countries: &[u16], nodes: &[u16], total: f64, at: &dyn Fn(&[u16]) -> Option<Shown<u64>>) -> Option<f64> {
    if total <= 0.0 || countries.len() < 2 {
        return None;
    }
    let mut cell = nodes.to_vec();
    let shown: Vec<_> = countries
        .iter()
        .filter_map(|&country| {
            cell[0] = country;
            at(&cell)
        })
        .collect();
    let largest = shown.iter().filter_map(|shown| shown.value).max()?;
    let certain = shown.iter().all(|shown| shown.upper.is_some_and(|upper| upper <= largest));
    certain.then(|| (largest as f64 / total * 1e6).round() / 1e6)
}

/// The rows of a table that tells nothing: for each area, that the dimension is not collected. That is not confidential.
fn uncollected(of: Uncollected) -> ProtectedTable {
    let Uncollected { indicator, dimensions, missing } = of;
    let node = |of: &Breakdown| {
        let known = of.nodes.iter().position(|node| node.kind == NodeKind::Known);
        let total = of.nodes.iter().position(|node| node.kind == NodeKind::Total);
        if of.dimension == missing { known } else { total }.unwrap_or(0) as u16
    };
    let rest: Vec<u16> = dimensions.iter().skip(1).map(node).collect();
    let mut observations = Vec::new();
    for measure in 0..indicator.measures.len() {
        for area in 0..dimensions[0].nodes.len() as u16 {
            observations.push(Observation {
                measure,
                nodes: std::iter::once(area).chain(rest.iter().copied()).collect(),
                value: None,
                status: ObsStatus::NotCollected,
                lower: None,
                upper: None,
                areas: None,
                known_share: None,
                top_area_share: None,
                coverage: None,
                without_one: None,
            });
        }
    }
    ProtectedTable { indicator, dimensions, observations, panels: Vec::new() }
}

/// Whether a country does not collect a dimension in the period: then a zero would say something that is not known.
fn is_uncollected(cube: &Cube, cell: usize) -> bool {
    let nodes = cube.nodes(cell);
    let is_country = matches!(cube.dimensions[0].nodes[usize::from(nodes[0])].kind, NodeKind::Code(_));
    if !is_country || cube.most(cell) != 0 {
        return false;
    }
    (1..nodes.len()).any(|d| {
        let breakdown = &cube.dimensions[d];
        let says = matches!(
            breakdown.nodes[usize::from(nodes[d])].kind,
            NodeKind::Code(_) | NodeKind::Residual(_) | NodeKind::Known
        );
        let Some(not_collected) = breakdown.find(Missing::NotCollected.id()) else { return false };
        if !says || breakdown.find("_K").is_none() {
            return false;
        }
        // The same area and period, everything else summed.
        let mut all: Vec<u16> = nodes
            .iter()
            .zip(&cube.dimensions)
            .enumerate()
            .map(|(i, (&node, of))| if i == 0 || of.find("_K").is_none() { node } else { 0 })
            .collect();
        let everybody = cube.cell(&all);
        all[d] = not_collected as u16;
        let uncollected = cube.cell(&all);
        // Where sources are masked, both bounds are those of the same records.
        cube.most(everybody) > 0
            && cube.most(uncollected) == cube.most(everybody)
            && cube.count(uncollected) == cube.count(everybody)
    })
}

/// Which areas are known to have detected anybody in which period, from all tables of a release.
struct Reporting {
    known: HashSet<(String, String)>,
}

impl Reporting {
    fn of(drafts: &Drafts, cells: &[Vec<u32>], shown: &[Shown<u64>]) -> Self {
        let mut known = HashSet::new();
        for (draft, cells) in drafts.tables.iter().zip(cells) {
            let cube = &draft.cube;
            let time = period(&cube.dimensions);
            let totals: Vec<Option<usize>> = cube
                .dimensions
                .iter()
                .map(|of| of.nodes.iter().position(|node| node.kind == NodeKind::Total))
                .collect();
            for area in 0..cube.dimensions[0].nodes.len() as u16 {
                for period in 0..time.map_or(1, |at| cube.dimensions[at].nodes.len()) as u16 {
                    let nodes: Vec<u16> = (0..cube.dimensions.len())
                        .map(|d| match d {
                            0 => area,
                            _ if Some(d) == time => period,
                            // Of a table of which everybody has one code, that code.
                            _ => totals[d].unwrap_or(0) as u16,
                        })
                        .collect();
                    let variable = cells[cube.cell(&nodes)];
                    let some = variable != NONE && shown[variable as usize].lower.is_some_and(|lower| lower > 0);
                    if some {
                        known.insert(name(&cube.dimensions, &nodes));
                    }
                }
            }
        }
        Self { known }
    }

    fn reports(&self, dimensions: &[Breakdown], nodes: &[u16]) -> bool {
        self.known.contains(&name(dimensions, nodes))
    }
}

/// The dimension of time.
fn period(dimensions: &[Breakdown]) -> Option<usize> {
    dimensions.iter().position(|of| of.dimension == "TIME_PERIOD")
}

/// The codes of a cell's area and period.
fn name(dimensions: &[Breakdown], nodes: &[u16]) -> (String, String) {
    let code = |d: usize| dimensions[d].nodes[usize::from(nodes[d])].code.clone();
    (code(0), period(dimensions).map_or("_T".to_owned(), code))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::aggregate::Microdata;
    use crate::files::Stage;
    use crate::indicators::{Source, draft, select};
    use crate::pipeline::{Config, Control, Job, Reading, ingest};
    use crate::schema::{Region, Registry};
    use crate::store::Part;
    use crate::validate::Layout;

    /// The sample's tables with exact counts.
    fn sample() -> Drafts {
        drafts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data").join("tipstat.toml"))
    }

    fn drafts(file: &Path) -> Drafts {
        let registry = Registry::built_in();
        let config = Config::read(file).unwrap();
        let mut jobs = Vec::new();
        for input in &config.inputs {
            let layout = Layout::load(&registry, &input.description()).unwrap();
            jobs.extend(config.files(input).unwrap().into_iter().map(|path| Job { path, layout: layout.clone() }));
        }
        let folder = tempfile::tempdir().unwrap();
        let stage = Stage::within(folder.path()).unwrap();
        let ingested = ingest(&jobs, &stage, &Reading::default(), &Control::default()).unwrap();
        let parts: Vec<_> = ingested.parts.iter().map(|path| Part::open(path).unwrap()).collect();
        let record = &jobs[0].layout.record;
        let indicators = select(&registry, &config.tables.packs).unwrap();
        let regions = Region::load(&registry, "M49").unwrap();
        let microdata = Microdata { record, parts: &parts, memory: 1 << 30 };
        draft(&Source { registry: &registry, regions: &regions, microdata }, &indicators, &|| Ok(())).unwrap()
    }

    /// With the complements the attacker narrows nothing; with the small counts alone blanked it finds many of them, and
    /// with a single complement published again it finds something.
    #[test]
    fn the_attacker_finds_what_complements_hide() {
        let policy = Policy::load(&Registry::built_in(), "default").unwrap();
        let linked = link(&sample(), &policy, Cube::count).unwrap();
        let pattern = suppress(&linked.system, &linked.counts, &linked.implied, &policy, None, Side::Most).unwrap();
        let safe = audit(&linked.system, &pattern.published, &policy, Side::Most).unwrap();
        assert_eq!(safe.unsafe_cells, 0);
        assert!(safe.blank > 0 && safe.blank < safe.cells / 2);

        let is_complement = |cell: usize| pattern.published[cell].is_none() && linked.counts[cell] >= policy.threshold;
        let mut bare = pattern.published.clone();
        for cell in (0..bare.len()).filter(|&cell| is_complement(cell)) {
            bare[cell] = Some(linked.counts[cell]);
        }
        let found = audit(&linked.system, &bare, &policy, Side::Most).unwrap();
        assert!(found.unsafe_cells * 2 > found.blank, "{found:?}");

        let mut complements = (0..linked.system.len()).filter(|&cell| is_complement(cell));
        for cell in complements.by_ref().step_by(97).take(12) {
            let mut one = pattern.published.clone();
            one[cell] = Some(linked.counts[cell]);
            assert!(
                audit(&linked.system, &one, &policy, Side::Most).unwrap().unsafe_cells > 0,
                "cell {cell} need not be blank"
            );
        }
    }

    /// Three countries, everybody with one form: 200 + 71 + 17 persons of 288 with a known form in the region, so nobody
    /// has two. In one country 40 + 60 of 100 are published, so the hidden third form is 0 there. Each country's own sums
    /// leave it at 0 to 11; the attacker must see what the region tells, and the pattern must not let it happen.
    #[test]
    fn a_region_without_overlap_has_none_in_its_countries() {
        let folder = tempfile::tempdir().unwrap();
        let mut text = "area,year,sex,age,form\n".to_owned();
        for (count, row) in [
            (40, "KHM,2022,F,17,SEX\n"),
            (60, "KHM,2022,F,17,LAB\n"),
            (130, "PHL,2022,F,17,SEX\n"),
            (5, "PHL,2022,F,17,LAB\n"),
            (8, "PHL,2022,F,17,BEG\n"),
            (30, "THA,2022,F,17,SEX\n"),
            (6, "THA,2022,F,17,LAB\n"),
            (9, "THA,2022,F,17,BEG\n"),
        ] {
            text.push_str(&row.repeat(count));
        }
        let run = "[release]\nid = \"x\"\ntitle = \"x\"\n[[input]]\npath = \"in.csv\"\n[tables]\npacks = [\"victims-by-form\"]\n";
        for (name, text) in [("in.csv", text.as_str()), ("tipstat.toml", run)] {
            crate::files::write_file(&folder.path().join(name), true, |out| {
                out.write_all(text.as_bytes()).map_err(|cause| Error::failed("test").because(cause))
            })
            .unwrap();
        }
        let drafts = drafts(&folder.path().join("tipstat.toml"));
        let policy = Policy::load(&Registry::built_in(), "default").unwrap();
        let linked = link(&drafts, &policy, Cube::count).unwrap();
        let cube = &drafts.tables[0].cube;
        let nodes: Vec<u16> = ["KHM", "_T", "FG_OTHER", "_T"]
            .iter()
            .zip(&cube.dimensions)
            .map(|(code, d)| d.find(code).unwrap() as u16)
            .collect();
        let hidden = linked.cells[0][cube.cell(&nodes)] as usize;
        assert_eq!(linked.counts[hidden], 0);

        let naive: Vec<_> = (0..linked.system.len())
            .map(|cell| {
                let count = linked.counts[cell];
                let zero = count == 0 && (!linked.system.hides_zero[cell] || linked.implied[cell]);
                (!linked.system.hidden[cell] && (count >= 10 || zero)).then_some(count)
            })
            .collect();
        assert_eq!(attack(&linked.system, &naive).unwrap()[hidden].upper, Some(0));

        let pattern = suppress(&linked.system, &linked.counts, &linked.implied, &policy, None, Side::Most).unwrap();
        assert!(pattern.published[hidden].is_none());
        assert!(pattern.intervals[hidden].upper.is_none_or(|upper| upper >= 10), "{:?}", pattern.intervals[hidden]);
    }

    #[test]
    fn a_wider_policy_blanks_more() {
        let drafts = sample();
        let blank = |threshold: u64| {
            let policy = Policy { threshold, ..Policy::load(&Registry::built_in(), "default").unwrap() };
            let linked = link(&drafts, &policy, Cube::count).unwrap();
            let pattern = suppress(&linked.system, &linked.counts, &linked.implied, &policy, None, Side::Most).unwrap();
            assert_eq!(
                audit(&linked.system, &pattern.published, &policy, Side::Most).unwrap().unsafe_cells,
                0,
                "{threshold}"
            );
            pattern.published.iter().zip(&linked.counts).filter(|(shown, count)| shown.is_none() && **count > 0).count()
        };
        assert!(blank(20) > blank(5));
        assert!(blank(5) > 0);
    }
}
