//! How codes add up, as `structure.csv` and `derived.csv` state it.

use std::collections::{BTreeMap, BTreeSet};

/// How children make up their parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SumKind {
    /// The parent is the sum of its children.
    Sum,
    /// A person may be in several children. None is larger than the parent, and together they are no fewer.
    Cover,
    /// The child is a part of the parent, and there may be other parts without a name.
    Part,
}

/// A parent with its children in one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CodeFamily {
    pub parent: String,
    pub children: Vec<String>,
    pub kind: SumKind,
}

/// A code of a derived dimension: in some areas, the persons of one code of its source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct DerivedCodes {
    /// The dimension that it follows from.
    source: String,
    /// The code of the source.
    from: String,
    /// The areas; none for all areas that no other line of the code names.
    areas: Option<BTreeSet<String>>,
    /// The derived code.
    code: String,
}

/// Children of a parent, each with the kind.
type Edges = BTreeMap<String, BTreeMap<String, SumKind>>;

/// The hierarchies of all dimensions.
#[derive(Clone, Debug, Default)]
pub(super) struct Structure {
    /// By record type and dimension, the parents of each code.
    parents: BTreeMap<(String, String), Edges>,
    /// By record type and derived dimension.
    derived: BTreeMap<(String, String), Vec<DerivedCodes>>,
}

impl Structure {
    /// Adds a line of `structure.csv`.
    ///
    /// # Errors
    /// Its kind is not known.
    pub fn add(
        &mut self,
        [record, dimension]: [&str; 2],
        [parent, child]: [&str; 2],
        kind: &str,
    ) -> Result<(), String> {
        let kind = match kind {
            "sum" => SumKind::Sum,
            "cover" => SumKind::Cover,
            "part" => SumKind::Part,
            other => return Err(format!("`{other}` is not a kind of sum")),
        };
        if parent == child {
            return Err(format!("the code `{child}` of {dimension} is a part of itself"));
        }
        let edges = self.parents.entry((record.to_owned(), dimension.to_owned())).or_default();
        edges.entry(child.to_owned()).or_default().insert(parent.to_owned(), kind);
        Ok(())
    }

    /// Adds a line of `derived.csv`.
    pub fn derive(&mut self, [record, dimension, code]: [&str; 3], [source, from, within]: [&str; 3]) {
        let areas = (!within.is_empty()).then(|| within.split(' ').map(str::to_owned).collect());
        let line = DerivedCodes { source: source.to_owned(), from: from.to_owned(), areas, code: code.to_owned() };
        self.derived.entry((record.to_owned(), dimension.to_owned())).or_default().push(line);
    }

    /// Adds the lines of another release.
    pub fn join(&mut self, other: &Self) {
        for (place, edges) in &other.parents {
            let known = self.parents.entry(place.clone()).or_default();
            for (child, parents) in edges {
                known.entry(child.clone()).or_default().extend(parents.clone());
            }
        }
        for (place, lines) in &other.derived {
            let known = self.derived.entry(place.clone()).or_default();
            known.extend(lines.iter().cloned());
            known.sort();
            known.dedup();
        }
    }

    fn edges(&self, record: &str, dimension: &str) -> Option<&Edges> {
        self.parents.get(&(record.to_owned(), dimension.to_owned()))
    }

    /// Returns all codes that hold a code, directly or not.
    pub fn above(&self, record: &str, dimension: &str, code: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let Some(edges) = self.edges(record, dimension) else { return found };
        let mut open = vec![code];
        while let Some(at) = open.pop() {
            for parent in edges.get(at).into_iter().flat_map(BTreeMap::keys) {
                if found.insert(parent.clone()) {
                    open.push(parent);
                }
            }
        }
        found
    }

    /// Returns how the codes of a table add up. Each code is a child of the smallest codes of the table that hold it.
    pub fn families(&self, record: &str, dimension: &str, codes: &[String]) -> Vec<CodeFamily> {
        let Some(edges) = self.edges(record, dimension) else { return Vec::new() };
        let mut families: BTreeMap<(String, bool), CodeFamily> = BTreeMap::new();
        let above: BTreeMap<&String, BTreeSet<String>> =
            codes.iter().map(|code| (code, self.above(record, dimension, code))).collect();
        for child in codes {
            let held: Vec<&String> = codes.iter().filter(|code| above[child].contains(*code)).collect();
            for parent in held.iter().filter(|code| !held.iter().any(|other| above[*other].contains(**code))) {
                // Codes that the table does not show may hold others of the parent.
                let kind = edges.get(child).and_then(|parents| parents.get(*parent)).copied().unwrap_or(SumKind::Part);
                let family = families.entry(((*parent).clone(), kind == SumKind::Part)).or_insert_with(|| CodeFamily {
                    parent: (*parent).clone(),
                    children: Vec::new(),
                    kind,
                });
                family.children.push(child.clone());
                // Where a person may have several codes in one table, the sum holds in none.
                family.kind = family.kind.max(kind);
            }
        }
        families.into_values().collect()
    }

    /// Returns whether a code has parts.
    pub fn has_parts(&self, record: &str, dimension: &str, code: &str) -> bool {
        self.edges(record, dimension).is_some_and(|edges| edges.values().any(|parents| parents.contains_key(code)))
    }

    /// Returns the dimensions that follow from another one: record type, dimension and source.
    pub fn derived(&self) -> BTreeSet<[String; 3]> {
        let lines = self.derived.iter();
        lines
            .flat_map(|((record, dimension), lines)| {
                lines.iter().map(|line| [record.clone(), dimension.clone(), line.source.clone()])
            })
            .collect()
    }

    /// Returns, for an area, the codes of the source that each code of a derived dimension stands for. A code stands for all that
    /// its parts stand for.
    pub fn sources(&self, [record, dimension, source]: &[String; 3], area: &str) -> BTreeMap<String, BTreeSet<String>> {
        let lines = self.derived.get(&(record.clone(), dimension.clone())).into_iter().flatten();
        let lines: Vec<&DerivedCodes> = lines.filter(|line| line.source == *source).collect();
        let mut named: BTreeMap<&str, &str> = BTreeMap::new();
        for line in lines.iter().filter(|line| line.areas.is_none()) {
            named.insert(&line.from, &line.code);
        }
        for line in lines.iter().filter(|line| line.areas.as_ref().is_some_and(|areas| areas.contains(area))) {
            named.insert(&line.from, &line.code);
        }
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, code) in named {
            for code in self.above(record, dimension, code).into_iter().chain([code.to_owned()]) {
                found.entry(code).or_default().insert(from.to_owned());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn structure() -> Structure {
        let mut out = Structure::default();
        for (parent, child, kind) in [
            ("_T", "_K", "sum"),
            ("_T", "_U", "sum"),
            ("_K", "FG", "cover"),
            ("_K", "LAB", "cover"),
            ("FG", "LAB", "cover"),
            ("FG", "DOM", "cover"),
        ] {
            out.add(["victim", "FORM"], [parent, child], kind).unwrap();
        }
        for (code, from, areas) in [("CROSS", "KHM", ""), ("DOM", "KHM", "KHM"), ("CROSS", "LAO", "")] {
            out.derive(["victim", "CITIZENSHIP", code], ["ORIGIN", from, areas]);
        }
        out
    }

    fn family(parent: &str, children: &[&str], kind: SumKind) -> CodeFamily {
        CodeFamily { parent: parent.into(), children: children.iter().map(|&code| code.into()).collect(), kind }
    }

    #[test]
    fn a_code_is_a_child_of_the_smallest_codes_that_hold_it() {
        let families = |codes: &[&str]| {
            structure().families("victim", "FORM", &codes.iter().map(|&code| code.to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(
            families(&["_T", "_K", "_U", "FG", "LAB", "DOM"]),
            [
                family("FG", &["LAB", "DOM"], SumKind::Cover),
                family("_K", &["FG"], SumKind::Cover),
                family("_T", &["_K", "_U"], SumKind::Sum)
            ]
        );
        assert_eq!(families(&["_K", "LAB"]), [family("_K", &["LAB"], SumKind::Cover)]);
        assert_eq!(families(&["_T", "LAB"]), [family("_T", &["LAB"], SumKind::Part)]);
    }

    #[test]
    fn a_derived_code_depends_on_the_area() {
        let place = ["victim", "CITIZENSHIP", "ORIGIN"].map(str::to_owned);
        assert_eq!(structure().derived(), [place.clone()].into());
        let sources = |area: &str| structure().sources(&place, area);
        assert_eq!(sources("KHM")["DOM"], ["KHM".to_owned()].into());
        assert_eq!(sources("KHM")["CROSS"], ["LAO".to_owned()].into());
        assert_eq!(sources("THA")["CROSS"], ["KHM", "LAO"].map(str::to_owned).into());
    }
}
