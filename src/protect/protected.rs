//! Tables that may be published, and the audit that says so.

use std::collections::BTreeSet;

use super::Policy;
use super::attack::attack;
use super::suppress::{Pattern, Side, conceded, is_unsafe, suppress};
use super::system::{Linked, System, link};
use super::unasked::NotSeen;
use crate::aggregate::{Breakdown, Cube, NodeKind};
use crate::error::{Error, Result};
use crate::indicators::{Drafts, Indicator, Panels, Shown};
use crate::model::ObsStatus;

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
    /// Of the contributing areas those that do not report each whole in which the cell lies, or a smaller one; none where there is
    /// no such area.
    pub without_total: Option<u32>,
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
    pub(super) indicator: Indicator,
    pub(super) dimensions: Vec<Breakdown>,
    pub(super) observations: Vec<Observation>,
    /// By measure.
    pub(super) panels: Vec<Panels>,
    pub(super) not_seen: BTreeSet<NotSeen>,
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

/// How rounding changed the counts of a release. It holds no count of persons.
#[derive(Clone, Debug, PartialEq)]
pub struct Rounding {
    /// Small counts are multiples of it.
    pub base: u64,
    /// The change over all counts of which the true or the printed one is not 0; none where they are few.
    pub all: Option<Change>,
    /// The change by table and size of the printed count, where enough counts are of the size.
    pub changes: Vec<(String, Size, Change)>,
}

/// Printed counts from `lower` to `upper`.
pub type Size = (u64, Option<u64>);

/// How much counts changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The mean of the absolute change, to one decimal.
    pub mean: f64,
    /// The absolute change that 95 percent of the counts do not exceed.
    pub p95: u64,
}

/// All tables of a release, protected together. Only [`SafeCounts::evaluate`] makes one, and tables of public figures.
#[derive(Debug)]
pub struct Protected {
    tables: Vec<ProtectedTable>,
    policy: Option<Policy>,
    audit: Audit,
    masked: bool,
    rounding: Option<Rounding>,
}

impl Protected {
    /// The tables, in the order of their names.
    pub fn tables(&self) -> &[ProtectedTable] {
        &self.tables
    }

    /// Areas and years that leave open whether an area asked for a code, so that comparisons of its regions are not published.
    pub fn not_seen(&self) -> Vec<NotSeen> {
        let all: BTreeSet<&NotSeen> = self.tables.iter().flat_map(|table| &table.not_seen).collect();
        all.into_iter().cloned().collect()
    }

    /// Returns whether persons are counted whose area is not known.
    pub fn has_unknown_area(&self) -> bool {
        self.tables.iter().any(|table| {
            let is_missing =
                |node: u16| matches!(table.dimensions[0].nodes[usize::from(node)].kind, NodeKind::Missing(_));
            let counts = |measure: usize| table.indicator.measures[measure].formula.is_count();
            let mut counted = table.observations.iter().filter(|row| counts(row.measure) && is_missing(row.nodes[0]));
            counted.any(|row| row.status == ObsStatus::Suppressed || row.value.is_some_and(|value| value > 0.0))
        })
    }

    /// The policy that was applied; none where the tables are made of figures that are public already.
    pub fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// Returns how rounding changed the counts; none where they are not rounded.
    pub fn rounding(&self) -> Option<&Rounding> {
        self.rounding.as_ref()
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

    /// For each measure, the areas on which its regional comparisons of years, shares and rates rest.
    pub fn panels(&self) -> &[Panels] {
        &self.panels
    }
}

/// The counts of all tables of a release, protected together: what of them may be told, and not yet what the tables make of
/// it. Only [`protect`] makes it.
pub struct SafeCounts {
    pub(super) drafts: Drafts,
    /// For each table and each cell, its number among the counts.
    pub(super) cells: Vec<Vec<u32>>,
    /// What is told of each count.
    pub(super) shown: Vec<Shown<u64>>,
    pub(super) policy: Policy,
    pub(super) audit: Audit,
    pub(super) masked: bool,
    pub(super) rounding: Option<Rounding>,
}

/// Protects all tables of a release together and audits the result.
///
/// # Errors
/// The attacker can still narrow a suppressed cell more than the policy allows: the release is refused.
pub fn protect(drafts: Drafts, policy: &Policy) -> Result<SafeCounts> {
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
    Ok(SafeCounts { drafts, cells: linked.cells, shown, policy: policy.clone(), audit, masked, rounding: None })
}

impl Protected {
    /// Evaluated tables, in the order of their names.
    pub(super) fn new(
        mut tables: Vec<ProtectedTable>,
        policy: Policy,
        audit: Audit,
        masked: bool,
        rounding: Option<Rounding>,
    ) -> Self {
        tables.sort_by(|a, b| a.indicator.id.cmp(&b.indicator.id));
        Self { tables, policy: Some(policy), audit, masked, rounding }
    }

    /// Tables of figures that are public already: sums and formulas over them tell nothing that they do not.
    pub(super) fn of_public(tables: Vec<ProtectedTable>, masked: bool) -> Self {
        let rows = || tables.iter().flat_map(|table| &table.observations);
        let blank = rows().filter(|row| row.status == ObsStatus::Suppressed).count();
        let audit = Audit { cells: rows().count(), constraints: 0, blank, unsafe_cells: 0 };
        Self { tables, policy: None, audit, masked, rounding: None }
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
    let (intervals, least) = rayon::join(|| attack(system, published), || conceded(system, published));
    let (intervals, least) = (intervals?, least?);
    let blanks = (0..system.len()).filter(|&cell| published[cell].is_none() && !system.hidden[cell]);
    let unsafe_cells = blanks.clone().filter(|&cell| is_unsafe(policy, side, least[cell], intervals[cell]));
    Ok(Audit {
        cells: system.hidden.iter().filter(|hidden| !**hidden).count(),
        constraints: system.constraints.len(),
        blank: blanks.count(),
        unsafe_cells: unsafe_cells.count(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::aggregate::Microdata;
    use crate::control::Control;
    use crate::files::Stage;
    use crate::indicators::{Source, draft, select};
    use crate::pipeline::{Config, Job, Reading, ingest};
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
        let coverage = crate::schema::Coverage::default();
        draft(
            &Source { registry: &registry, regions: &regions, microdata, coverage: &coverage },
            &indicators,
            &Control::default(),
        )
        .unwrap()
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
            crate::files::write_file(
                &Stage::beside(&folder.path().join(name)).unwrap(),
                &folder.path().join(name),
                crate::files::Readers::All,
                true,
                |out| out.write_all(text.as_bytes()).map_err(|cause| Error::failed("test").because(cause)),
            )
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
