//! The counts of all tables, protected together: what of them may be published.

use super::Policy;
use super::audit::{Audit, audit};
use super::pattern::{Linked, NONE, Pattern, link, suppress};
use super::rule::BoundKind;
use super::tables::Rounding;
use crate::aggregate::Cube;
use crate::error::{Error, Result};
use crate::indicators::{Drafts, Shown};

/// The counts of all tables of a release, protected together: what of them may be published, and not yet what the tables make of
/// it. Only [`protect`] makes it.
pub struct SafeCounts {
    pub(super) drafts: Drafts,
    /// For each table and each cell, its number among the counts.
    pub(super) cells: Vec<Vec<u32>>,
    /// What is published of each count.
    pub(super) shown: Vec<Shown<u64>>,
    pub(super) policy: Policy,
    pub(super) audit: Audit,
    pub(super) masked: bool,
    pub(super) rounding: Option<Rounding>,
}

impl SafeCounts {
    /// Returns the tables without figures, each with a dimension that no source collects.
    pub fn not_collected(&self) -> impl Iterator<Item = (String, String)> {
        self.drafts.not_collected.iter().map(|draft| (draft.indicator.id.clone(), draft.missing.clone()))
    }
}

/// Protects all tables of a release together and audits the result.
///
/// # Errors
/// The attacker can still narrow a suppressed cell more than the policy allows: the release is refused.
pub fn protect(drafts: Drafts, policy: &Policy) -> Result<SafeCounts> {
    policy.check()?;
    one_counting(&drafts)?;
    let linked = link(&drafts, policy, Cube::lower)?;
    let masked = drafts.tables.iter().any(|draft| draft.cube.is_masked());
    let (audit, shown) = if masked {
        bounded(&drafts, policy, linked.clone())?
    } else {
        let pattern = suppress(&linked.counts(), policy, BoundKind::Upper, None)?;
        let audit = audit(&linked.system, &pattern.published, policy, BoundKind::Upper)?;
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

/// Returns whether releases of the same records are safe together. `drafts` are the tables of all of them.
///
/// # Errors
/// The releases contradict each other.
pub fn are_safe_together(drafts: &Drafts, releases: &[&SafeCounts], policy: &Policy) -> Result<bool> {
    if one_counting(drafts).is_err() || releases.iter().any(|release| release.masked) {
        return Ok(false);
    }
    let linked = link(drafts, policy, Cube::lower)?;
    let mut published = vec![None; linked.system.len()];
    for release in releases {
        for (draft, cells) in release.drafts.tables.iter().zip(&release.cells) {
            let at = drafts.tables.iter().position(|table| table.indicator.id == draft.indicator.id);
            let numbers = at.map_or(&[][..], |at| &linked.cells[at]);
            for (&from, &to) in cells.iter().zip(numbers).filter(|(from, to)| **from != NONE && **to != NONE) {
                published[to as usize] = published[to as usize].or(release.shown[from as usize].value);
            }
        }
    }
    Ok(audit(&linked.system, &published, policy, BoundKind::Upper)?.unsafe_cells == 0)
}

/// Refuses tables of victims next to tables of persons: a reader knows that there are no more persons than victims, and the
/// attacker does not know that yet.
fn one_counting(drafts: &Drafts) -> Result<()> {
    let mut countings = drafts.tables.iter().map(|table| table.indicator.counting);
    let first = countings.next();
    if countings.all(|counting| Some(counting) == first) {
        return Ok(());
    }
    Err(Error::refused("policy/disclosure", "some tables count victims and some different persons")
        .hint("make a release of each: together they show more than each is protected for"))
}

/// Protects counts, some known by their bounds only.
///
/// A published cell shows its lower and its upper bound. Each of the two adds up over the tables like a
/// count, so each is protected like one, and a cell is published only where both may be. Its lower bound does not show whether a suppressed cell is zero for
/// certain, so there no zero is conceded to the attacker.
fn bounded(drafts: &Drafts, policy: &Policy, mut lower_linked: Linked) -> Result<(Audit, Vec<Shown<u64>>)> {
    let upper_linked = link(drafts, policy, Cube::upper)?;
    for (implied, hides) in lower_linked.implied.iter_mut().zip(&mut lower_linked.system.hides_zero) {
        *implied |= !std::mem::replace(hides, true);
    }
    let mut allowed: Option<Vec<bool>> = None;
    loop {
        let below = suppress(&lower_linked.counts(), policy, BoundKind::Lower, allowed.as_deref())?;
        let shown = |pattern: &Pattern| pattern.published.iter().map(Option::is_some).collect::<Vec<_>>();
        let above = suppress(&upper_linked.counts(), policy, BoundKind::Upper, Some(&shown(&below)))?;
        let (below_shown, above_shown) = (shown(&below), shown(&above));
        if below_shown != above_shown {
            // What one of the two has suppressed stays suppressed in both, so that this ends.
            allowed = Some(above_shown);
            continue;
        }
        let (one, other) = (
            audit(&lower_linked.system, &below.published, policy, BoundKind::Lower)?,
            audit(&upper_linked.system, &above.published, policy, BoundKind::Upper)?,
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::aggregate::Microdata;
    use crate::control::Control;
    use crate::files::{FileOutput, Previous, Readers, Stage};
    use crate::indicators::{RecordSource, draft, select};
    use crate::pipeline::{Config, Job, Reading, ingest};
    use crate::protect::attack;
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
        draft(&RecordSource::new(&registry, &regions, microdata, &coverage), &indicators, &Control::default()).unwrap()
    }

    /// With the complements the attacker narrows nothing; with the small counts alone suppressed it finds many of them, and
    /// with a single complement published again it finds something.
    #[test]
    fn the_attacker_finds_what_complements_hide() {
        let policy = Policy::load(&Registry::built_in(), "default").unwrap();
        let linked = link(&sample(), &policy, Cube::lower).unwrap();
        let pattern = suppress(&linked.counts(), &policy, BoundKind::Upper, None).unwrap();
        let safe = audit(&linked.system, &pattern.published, &policy, BoundKind::Upper).unwrap();
        assert_eq!(safe.unsafe_cells, 0);
        assert!(safe.blank > 0 && safe.blank < safe.cells / 2);

        let is_complement = |cell: usize| pattern.published[cell].is_none() && linked.counts[cell] >= policy.threshold;
        let mut bare = pattern.published.clone();
        for cell in (0..bare.len()).filter(|&cell| is_complement(cell)) {
            bare[cell] = Some(linked.counts[cell]);
        }
        let found = audit(&linked.system, &bare, &policy, BoundKind::Upper).unwrap();
        assert!(found.unsafe_cells * 2 > found.blank, "{found:?}");

        let mut complements = (0..linked.system.len()).filter(|&cell| is_complement(cell));
        for cell in complements.by_ref().step_by(97).take(12) {
            let mut one = pattern.published.clone();
            one[cell] = Some(linked.counts[cell]);
            assert!(
                audit(&linked.system, &one, &policy, BoundKind::Upper).unwrap().unsafe_cells > 0,
                "cell {cell} need not be blank"
            );
        }
    }

    /// Three countries, all persons with one form: 200 + 71 + 17 persons of 288 with a known form in the region, so no one
    /// has two. In one country 40 + 60 of 100 are published, so the hidden third form is 0 there. Each country's own sums
    /// leave it at 0 to 11; the attacker must see what the region shows, and the pattern must not let it happen.
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
            let path = folder.path().join(name);
            let input = FileOutput { path: &path, readers: Readers::All, previous: Previous::Replaced };
            let write =
                |out: &mut dyn std::io::Write| out.write_all(text.as_bytes()).map_err(|_| Error::failed("test"));
            input.write(&Stage::next_to(&path).unwrap(), write).unwrap();
        }
        let drafts = drafts(&folder.path().join("tipstat.toml"));
        let policy = Policy::load(&Registry::built_in(), "default").unwrap();
        let linked = link(&drafts, &policy, Cube::lower).unwrap();
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

        let pattern = suppress(&linked.counts(), &policy, BoundKind::Upper, None).unwrap();
        assert!(pattern.published[hidden].is_none());
        assert!(pattern.intervals[hidden].upper.is_none_or(|upper| upper >= 10), "{:?}", pattern.intervals[hidden]);
    }

    #[test]
    fn a_wider_policy_blanks_more() {
        let drafts = sample();
        let blank = |threshold: u64| {
            let policy = Policy { threshold, ..Policy::load(&Registry::built_in(), "default").unwrap() };
            let linked = link(&drafts, &policy, Cube::lower).unwrap();
            let pattern = suppress(&linked.counts(), &policy, BoundKind::Upper, None).unwrap();
            assert_eq!(
                audit(&linked.system, &pattern.published, &policy, BoundKind::Upper).unwrap().unsafe_cells,
                0,
                "{threshold}"
            );
            pattern.published.iter().zip(&linked.counts).filter(|(shown, count)| shown.is_none() && **count > 0).count()
        };
        assert!(blank(20) > blank(5));
        assert!(blank(5) > 0);
    }
}
