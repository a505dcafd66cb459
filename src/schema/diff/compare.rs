//! Two schemas of one kind, compared.

use super::change::Changes;
use super::side::SchemaSide;
use super::{codes, rules};
use crate::error::{Error, Result};
use crate::schema::{Registry, SchemaKind};

/// Compares two schemas; each is a name of the registry, or the path of a TOML file.
///
/// # Errors
/// One of them is not there, cannot be read as what it is, or both are of different kinds.
pub fn diff(registry: &Registry, previous: &str, current: &str) -> Result<Changes> {
    let [a, b] = [SchemaSide::find(registry, previous)?, SchemaSide::find(registry, current)?];
    if a.kind != b.kind {
        return Err(Error::failed("the two are of different kinds")
            .with("found", format!("a {} and a {}", a.kind.noun(), b.kind.noun()))
            .hint("compare two record types, two code lists, two profiles or two packs"));
    }
    let mut out = Vec::new();
    match a.kind {
        SchemaKind::Records => rules::records(&a.table, &b.table, &mut out),
        SchemaKind::Profiles => rules::profiles(&a.table, &b.table, &mut out),
        SchemaKind::Packs => rules::packs(&a.table, &b.table, &mut out),
        _ => {
            let lists = [codes::load(registry, &a)?, codes::load(registry, &b)?];
            codes::compare([&a.table, &b.table], &lists, &mut out);
        }
    }
    out.sort_by_key(|change| std::cmp::Reverse(change.class));
    Ok(Changes { kind: a.kind, names: [a.name, b.name], changes: out })
}

#[cfg(test)]
mod tests {
    use toml::Table;

    use super::super::change::{Change, Class};
    use super::*;

    type Compare = fn(&Table, &Table, &mut Vec<Change>);

    /// Returns the changes between two files, as `class: subject: what`.
    fn changes(compare: Compare, a: &str, b: &str) -> Vec<String> {
        let table = |text: &str| -> Table { toml::from_str(text).unwrap() };
        let mut out = Vec::new();
        compare(&table(a), &table(b), &mut out);
        out.iter().map(|change| format!("{}: {} {}", change.class.name(), change.subject, change.what)).collect()
    }

    const SEX: &str = "[[field]]\nid = \"sex\"\ntype = \"code\"\ncodelist = \"CL_SEX@1\"\non_invalid = \"reject\"\n";

    #[test]
    fn fields_of_record_types() {
        let next = |text: &str| changes(rules::records, SEX, text);
        assert_eq!(next(SEX), [""; 0]);
        assert_eq!(next(&format!("{SEX}pooled = true\nrequired = false\n")), [""; 0]);
        assert_eq!(next(&format!("{SEX}required = true\n")), ["breaking: field `sex` `required` is new"]);
        assert_eq!(next(&format!("{SEX}[[field]]\nid = \"age\"\n")), ["compatible: field `age` is new and optional"]);
        assert_eq!(
            next(&format!("{SEX}[[field]]\nid = \"age\"\nrequired = true\n")),
            ["breaking: field `age` is new and required"]
        );
        assert_eq!(next(""), ["breaking: field `sex` is gone"]);
        assert_eq!(
            next(&SEX.replace("CL_SEX@1", "CL_SEX@2")),
            ["needs crosswalk: field `sex` `codelist` was `CL_SEX@1` and is `CL_SEX@2`"]
        );
        assert_eq!(
            next(&SEX.replace("reject", "unknown")),
            ["breaking: field `sex` `on_invalid` was `reject` and is `unknown`"]
        );
        assert_eq!(next(&SEX.replace("\"code\"", "\"set\"")), ["breaking: field `sex` `type` was `code` and is `set`"]);
    }

    #[test]
    fn years_and_checks_of_record_types() {
        let year = |first: u16| format!("[[field]]\nid = \"year\"\nfirst = {first}\nlast = 2049\n");
        assert!(changes(rules::records, &year(1990), &year(1980))[0].starts_with("compatible"));
        assert!(changes(rules::records, &year(1990), &year(2000))[0].starts_with("needs crosswalk"));
        let check = |severity: &str| format!("[[check]]\nid = \"check/a\"\nseverity = \"{severity}\"\n");
        assert_eq!(changes(rules::records, "", &check("warning")), ["compatible: `check/a` is new and warns"]);
        assert_eq!(changes(rules::records, "", &check("error")), ["breaking: `check/a` is new and rejects records"]);
        assert!(changes(rules::records, &check("warning"), &check("error"))[0].starts_with("breaking"));
    }

    #[test]
    fn maps_of_profiles() {
        let map = "record = \"victim@1\"\n[[map]]\nfield = \"sex\"\ncolumn = \"sexo\"\ncodes = { Mujer = \"F\" }\n";
        let next = |text: &str| changes(rules::profiles, map, text);
        assert_eq!(
            next(&map.replace("\"F\" }", "\"F\", Varon = \"M\" }")),
            ["compatible: map of `sex`, `codes` `Varon` is new: `M`"]
        );
        assert_eq!(
            next(&map.replace("\"F\"", "\"M\"")),
            ["needs crosswalk: map of `sex`, `codes` `Mujer` was `F` and is `M`"]
        );
        assert_eq!(
            next(&map.replace("sexo", "genero")),
            ["needs crosswalk: map of `sex` `column` was `sexo` and is `genero`"]
        );
        assert_eq!(next(&map.replace("victim@1", "victim@2")).len(), 1);
        assert!(next(&map.replace("victim@1", "figure@1"))[0].starts_with("breaking"));
        assert_eq!(
            next(&format!("{map}[[map]]\nfield = \"sex\"\ncolumn = \"x\"\n")),
            ["needs crosswalk: map of `sex (2)` is used where others are missing"]
        );
        assert!(changes(rules::profiles, "[drop]\ncolumns = [\"name\"]\n", "")[0].starts_with("breaking"));
    }

    #[test]
    fn lists_of_packs() {
        let pack = "[[list]]\nfield = \"race\"\ncodes = [{ code = \"A\", en = \"a\", words = [\"x\"] }]\n";
        let next = |text: &str| changes(rules::packs, pack, text);
        assert_eq!(
            next(&pack.replace("\"A\"", "\"B\"")),
            [
                "needs crosswalk: list of `race`, code `A` is gone; `B` has its label",
                "compatible: list of `race`, code `B` is new"
            ]
        );
        assert!(next(&pack.replace("\"x\"", "\"x\", \"y\""))[0].starts_with("compatible"));
        assert!(next(&pack.replace("\"x\"", "\"y\""))[0].starts_with("needs crosswalk"));
        assert_eq!(next(&format!("collection_prohibited = [\"race\"]\n{pack}")).len(), 1);
    }

    #[test]
    fn codes_of_lists() {
        let rows =
            |text: &str| crate::schema::table::rows(&format!("code,parent,en,fr,es,ar,zh,ru\n{text}"), "x").unwrap();
        let changes = |a: &str, b: &str| -> Vec<String> {
            let mut out = Vec::new();
            codes::compare([&Table::new(), &Table::new()], &[rows(a), rows(b)], &mut out);
            out.iter().map(|change| format!("{}: {} {}", change.class.name(), change.subject, change.what)).collect()
        };
        let list = "G,,group,,,,,\nA,G,one,,,,,\n";
        assert_eq!(changes(list, &format!("{list}B,G,two,,,,,\n")), ["compatible: code `B` is new"]);
        assert_eq!(
            changes(list, "G,,group,,,,,\nA,,one,un,,,,\n"),
            ["needs crosswalk: code `A` was below `G` and is at the top", "compatible: code `A` has a label in `fr`"]
        );
        assert_eq!(
            changes(list, "G,,group,,,,,\nZ,G,one,,,,,\n"),
            ["needs crosswalk: code `A` is gone; `Z` has its label", "compatible: code `Z` is new"]
        );
        assert_eq!(changes(list, "A,G,one,,,,,\nG,,group,,,,,\n").len(), 1);
    }

    #[test]
    fn built_in_schemas_equal_themselves_and_differ_by_kind() {
        let registry = Registry::built_in();
        for name in ["victim", "CL_AGE_BAND@1", "registro-es", "BRA"] {
            let found = diff(&registry, name, name).unwrap();
            assert!(found.changes.is_empty() && found.class().is_none(), "{name}");
        }
        assert_eq!(diff(&registry, "victim", "figure").unwrap().class(), Some(Class::Breaking));
        assert!(diff(&registry, "victim", "CL_SEX").unwrap_err().to_string().contains("different kinds"));
        assert!(diff(&registry, "victom@1", "victim").unwrap_err().hints().any(|hint| hint.contains("victim@1")));
        // A list that extends another one has the codes of both.
        let ages = diff(&registry, "CL_AGE", "CL_AGE_BAND").unwrap();
        assert!(ages.changes.iter().all(|change| !change.what.starts_with("is gone")), "{:?}", ages.changes);
    }
}
