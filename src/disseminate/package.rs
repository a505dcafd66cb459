//! `datapackage.json`: a Frictionless Data Package that describes the tables.

use serde_json::{Value, json};

use super::about::About;
use super::table::{MEASURES, dimensions};
use crate::protect::{Protected, ProtectedTable};

/// The description of a release.
pub(super) fn json(protected: &Protected, about: &About<'_>) -> Vec<u8> {
    let mut resources: Vec<Value> = protected.tables().iter().map(|table| resource(table, about)).collect();
    if let Some(attribute) = about.rounded {
        resources.iter_mut().for_each(|table| table["sdc"] = json!(attribute));
    }
    resources.push(json!({
        "name": "labels",
        "path": "labels.csv",
        "title": "labels of codes",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
    }));
    let mut package = json!({
        "profile": "data-package",
        "name": about.release.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_', "-"),
        "title": about.full_title(),
        "description": about.caveat,
        "tipstat": {
            "program": about.program,
            "synthetic": about.synthetic,
            "declares": about.declares,
        },
        "resources": resources,
    });
    if let Some(licence) = about.licence {
        package["licenses"] = json!([{ "name": licence }]);
    }
    let mut bytes = serde_json::to_vec_pretty(&package).expect("plain data");
    bytes.push(b'\n');
    bytes
}

fn resource(table: &ProtectedTable, about: &About<'_>) -> Value {
    let indicator = table.indicator();
    let mut fields: Vec<Value> =
        dimensions(table).iter().map(|name| json!({ "name": name, "type": "string" })).collect();
    for (name, description) in MEASURES {
        let kind = match name {
            "OBS_STATUS" | "CONF_STATUS" | "UNIT_MEASURE" => "string",
            "N_AREAS" | "AREAS_WITHOUT_TOTAL" => "integer",
            _ => "number",
        };
        fields.push(json!({ "name": name, "type": kind, "description": description }));
    }
    let title = indicator.title.get("en").map_or("", String::as_str);
    let mut resource = json!({
        "name": indicator.id,
        "path": format!("tables/{}.csv", indicator.id),
        "title": if about.synthetic { format!("SYNTHETIC DATA: {title}") } else { title.to_owned() },
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": { "fields": fields, "missingValues": [""], "primaryKey": dimensions(table) },
    });
    if let Some(note) = indicator.note.get("en") {
        resource["description"] = json!(note);
    }
    resource
}
