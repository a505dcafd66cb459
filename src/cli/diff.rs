//! `schema diff`: what changed between two versions, and what it asks.

use std::process::ExitCode;

use serde_json::json;
use tipstat::Result;
use tipstat::internals::schema::{self, Change, Class, Registry};

use super::columns::align;
use super::printer::Printer;

/// Prints each change with its class, and the class of all together; the exit code is 0 where nothing has to be done.
pub fn diff(registry: &Registry, a: &str, b: &str, printer: &Printer) -> Result<ExitCode> {
    let found = schema::diff(registry, a, b)?;
    let class = found.class();
    let overall = class.map_or("equal", Class::name);
    if printer.is_json() {
        let changes: Vec<_> = found
            .changes
            .iter()
            .map(|change| json!({ "class": change.class.name(), "subject": change.subject, "change": change.what }))
            .collect();
        let [from, to] = &found.names;
        let kind = found.kind.noun();
        printer.json(&json!({ "kind": kind, "from": from, "to": to, "changes": changes, "class": overall }));
    } else {
        let row = |change: &Change| vec![change.class.name().to_owned(), change.subject.clone(), change.what.clone()];
        let rows: Vec<_> = found.changes.iter().map(row).collect();
        printer.answer(&format!("{}{overall}\n", align(&rows)));
    }
    Ok(if class.is_none_or(|class| class == Class::Compatible) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
