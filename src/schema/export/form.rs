//! The forms in which a schema can be written.

use super::json::{frictionless, json_schema, list_frictionless, list_json_schema};
use super::markdown;
use crate::error::{Error, Result};
use crate::schema::codelist::load_codelist;
use crate::schema::{Record, Registry, SchemaKind};

/// A form in which a schema is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportForm {
    /// JSON Schema, draft 2020-12.
    JsonSchema,
    /// Frictionless Table Schema.
    Frictionless,
    /// A page for a reader.
    Markdown,
}

/// Writes a record type or a code list in another form; the two forms of data are JSON.
///
/// # Errors
/// The schema is not there, or is of a kind that has no such form.
pub fn export(registry: &Registry, kind: SchemaKind, name: &str, form: ExportForm) -> Result<String> {
    let value = match (kind, form) {
        (SchemaKind::Records, ExportForm::Markdown) => return Ok(markdown::record(&Record::load(registry, name)?)),
        (SchemaKind::Records, ExportForm::JsonSchema) => json_schema(&Record::load(registry, name)?),
        (SchemaKind::Records, ExportForm::Frictionless) => frictionless(&Record::load(registry, name)?),
        (SchemaKind::Codelists, ExportForm::Markdown) => {
            return Ok(markdown::codelist(&load_codelist(registry, name)?));
        }
        (SchemaKind::Codelists, ExportForm::JsonSchema) => list_json_schema(&load_codelist(registry, name)?),
        (SchemaKind::Codelists, ExportForm::Frictionless) => list_frictionless(&load_codelist(registry, name)?),
        _ => {
            return Err(Error::failed(format!("a {} has no such form: it can be shown as `toml` only", kind.noun()))
                .with("valid", "`toml` for everything; `json-schema`, `frictionless` and `markdown` for record types and code lists")
                .hint(format!("`tipstat schema show {name}` shows the file")));
        }
    };
    let mut text = serde_json::to_string_pretty(&value)
        .map_err(|cause| Error::failed("cannot write the schema as JSON").because(cause))?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn value(kind: SchemaKind, name: &str, form: ExportForm) -> Value {
        serde_json::from_str(&export(&Registry::built_in(), kind, name, form).unwrap()).unwrap()
    }

    #[test]
    fn a_record_is_an_object_of_codes() {
        let victim = value(SchemaKind::Records, "victim", ExportForm::JsonSchema);
        assert_eq!(victim["required"], json!(["area", "year", "sex", "age"]));
        assert_eq!(victim["properties"]["sex"]["enum"], json!(["_U", "_X", "_N", "F", "M", "_O"]));
        assert_eq!(victim["properties"]["form"]["anyOf"][0]["anyOf"][0]["type"], "array");
        assert_eq!(victim["properties"]["wg_see"]["enum"], json!(["1", "2", "3", "4", ""]));
        assert_eq!(victim["properties"]["year"]["anyOf"][0]["minimum"], 1990);
        assert!(victim["properties"]["citizenship_group"].is_null(), "a derived field is in no file");
    }

    #[test]
    fn columns_have_constraints() {
        let victim = value(SchemaKind::Records, "victim", ExportForm::Frictionless);
        let fields = victim["fields"].as_array().unwrap();
        let field = |name: &str| fields.iter().find(|field| field["name"] == name).unwrap();
        assert_eq!(field("sex")["constraints"]["required"], true);
        assert_eq!(field("sex")["constraints"]["enum"][3], "F");
        assert!(field("form")["constraints"]["pattern"].as_str().unwrap().contains("|SEX|"));
        assert_eq!(victim["missingValues"], json!([""]));
    }

    #[test]
    fn lists_are_enumerations_with_labels() {
        let sex = value(SchemaKind::Codelists, "CL_SEX", ExportForm::JsonSchema);
        assert_eq!(sex["enum"][3], "F");
        assert_eq!(sex["x-labels"]["F"]["fr"], "femmes");
        let sex = value(SchemaKind::Codelists, "CL_SEX", ExportForm::Frictionless);
        assert_eq!(sex["categories"][3], json!({ "value": "F", "label": "female" }));
    }

    #[test]
    fn pages_can_be_read() {
        let registry = Registry::built_in();
        let page = export(&registry, SchemaKind::Records, "victim", ExportForm::Markdown).unwrap();
        assert!(page.contains("| `sex` | Sex | yes |") && page.contains("| `F` |  | female | femmes |"));
        assert!(page.contains("## Checks across fields") && page.contains("check/years-in-order"));
        assert_eq!(page.matches("### CL_AREA@1").count(), 1, "a list of several fields stands there once");
        let page = export(&registry, SchemaKind::Codelists, "CL_SEX", ExportForm::Markdown).unwrap();
        assert!(page.contains("| `F` |  | female | femmes | mujeres |"));
    }

    #[test]
    fn other_kinds_have_no_other_form() {
        let error = export(&Registry::built_in(), SchemaKind::Packs, "BRA", ExportForm::Markdown).unwrap_err();
        assert!(error.to_string().contains("`toml` only") && error.details().count() == 1);
    }
}
