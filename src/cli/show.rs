//! `schema`, `profile`, `indicator` and `explain`: looking at what the program knows.

use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use serde_json::json;
use tipstat::internals::finding::Rule;
use tipstat::internals::indicators::{Indicator, select};
use tipstat::internals::pipeline::{Tables, UserFile};
use tipstat::internals::protect::Policy;
use tipstat::internals::schema::{self, ExportForm, Profile, Record, Records, Registry, SchemaKind};
use tipstat::internals::synthetic::Model;
use tipstat::{Error, Result};

use super::columns::align;
use super::common::CommonArgs;
use super::infer::InferArgs;
use super::printer::Printer;
use super::schemas;
use super::{diff, infer, pages};

#[derive(Debug, Subcommand)]
pub enum SchemaCommand {
    /// List everything that schemas hold
    List,
    /// Show a record type, code list, region scheme, pack, profile, table or policy, or the keys of a file
    Show {
        /// Its name, with or without a version; run-file, profile, pack, indicator or policy for the keys of such a file
        name: String,
        /// Show it in this form
        #[arg(long = "as", value_enum, value_name = "FORM", default_value = "toml")]
        form: FormArg,
    },
    /// Compare two versions of a record type, code list, profile or pack; exit code 0 if nothing has to be done
    Diff {
        /// The older one: a name, or the path of a TOML file
        a: String,
        /// The newer one
        b: String,
    },
    /// Draft a profile, and a country pack, from a file; nothing is applied
    Infer(InferArgs),
    /// Check that all schemas fit together
    Check,
}

/// The forms in which a schema is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormArg {
    /// TOML, as in the file
    Toml,
    /// JSON Schema: draft 2020-12, and draft 7 for keys of a file
    JsonSchema,
    /// Frictionless Table Schema
    Frictionless,
    /// A page of Markdown
    Markdown,
}

#[derive(Debug, Subcommand)]
pub enum IndicatorCommand {
    /// List all tables
    List,
    /// Show the definition of a table, with its formulas
    Show {
        /// Its name
        name: String,
        /// Show its labels in this language
        #[arg(long, value_name = "LANGUAGE", default_value = "en")]
        language: String,
        /// Show the file as it is
        #[arg(long)]
        toml: bool,
    },
    /// Check that dimensions and codes exist, and that shares are of known values
    Check {
        /// Tables or packs; without any, all
        names: Vec<String>,
        /// Check against this record type, instead of the one that each names
        #[arg(long, value_name = "NAME[@V]")]
        schema: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum LookCommand {
    /// List all profiles
    List,
    /// Show a profile
    Show {
        /// Its name
        name: String,
    },
}

/// `schema list|show|diff|infer|check`.
pub fn schema(command: SchemaCommand, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let registry = schemas::announced(common, printer)?;
    match command {
        SchemaCommand::List => {
            let mut rows = Vec::new();
            for kind in SchemaKind::ALL {
                for name in registry.names(kind)? {
                    rows.push((kind, name));
                }
            }
            if printer.is_json() {
                let rows: Vec<_> =
                    rows.iter().map(|(kind, name)| json!({ "kind": kind.noun(), "name": name })).collect();
                printer.json(&rows);
            } else {
                let rows: Vec<_> = rows.into_iter().map(|(kind, name)| vec![kind.noun().to_owned(), name]).collect();
                printer.answer(&align(&rows));
            }
        }
        SchemaCommand::Show { name, form } => show_any(&registry, &name, form, printer)?,
        SchemaCommand::Diff { a, b } => return diff::diff(&registry, &a, &b, printer),
        SchemaCommand::Infer(command) => return infer::infer(&command, &registry, common, printer),
        SchemaCommand::Check => {
            let mut checked = schema::check(&registry)?;
            let mut records = Records::new(&registry);
            for name in registry.names(SchemaKind::Indicators)? {
                // Every table has a record type with its dimensions.
                let table = Indicator::load(&registry, &name)?;
                table.check(records.load(&table.record)?)?;
                checked += 1;
            }
            for name in registry.names(SchemaKind::Policies)? {
                Policy::load(&registry, &name)?;
                checked += 1;
            }
            for name in registry.names(SchemaKind::Synthetic)? {
                let model = Model::load(&registry, &name)?;
                model.check(records.load(&model.record)?)?;
                checked += 1;
            }
            if printer.is_json() {
                printer.json(&json!({ "checked": checked, "digest": registry.digest()? }));
            } else {
                printer.answer(&format!("{checked} schemas fit together; digest {}\n", registry.digest()?));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show_any(registry: &Registry, name: &str, form: FormArg, printer: &Printer) -> Result<()> {
    if let Some(file) = UserFile::ALL.into_iter().find(|file| file.name() == name) {
        return show_keys(file, form, printer);
    }
    for kind in SchemaKind::ALL {
        if registry.names(kind)?.iter().any(|known| known == name || known.split('@').next() == Some(name)) {
            return match export_form(form) {
                None => show(registry, kind, name, printer),
                Some(form) => {
                    let text = schema::export(registry, kind, name, form)?;
                    print_export(name, form, &text, printer);
                    Ok(())
                }
            };
        }
    }
    let mut all = Vec::new();
    for kind in SchemaKind::ALL {
        all.extend(registry.names(kind)?);
    }
    let error = Error::failed(format!("no schema bears the name `{name}`"));
    let known = all.iter().map(String::as_str);
    Err(match tipstat::internals::error::nearest(name, known) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("`tipstat schema list` names them all"),
    })
}

/// Prints the keys of a kind of file as JSON Schema.
fn show_keys(file: UserFile, form: FormArg, printer: &Printer) -> Result<()> {
    if form != FormArg::JsonSchema {
        let name = file.name();
        return Err(Error::failed(format!("`{name}` is a kind of file, and is shown as JSON Schema only"))
            .hint(format!("`tipstat schema show {name} --as json-schema`")));
    }
    printer.document(&file.json_schema());
    Ok(())
}

/// Returns the form into which a schema is exported, or nothing for its file itself.
fn export_form(form: FormArg) -> Option<ExportForm> {
    match form {
        FormArg::Toml => None,
        FormArg::JsonSchema => Some(ExportForm::JsonSchema),
        FormArg::Frictionless => Some(ExportForm::Frictionless),
        FormArg::Markdown => Some(ExportForm::Markdown),
    }
}

/// Prints a schema that was exported.
fn print_export(name: &str, form: ExportForm, text: &str, printer: &Printer) {
    if form == ExportForm::Markdown && printer.is_json() {
        printer.json(&json!({ "name": name, "markdown": text }));
    } else {
        printer.document(text);
    }
}

/// Prints the file of a schema unchanged, because its reader may want to copy it.
fn show(registry: &Registry, kind: SchemaKind, name: &str, printer: &Printer) -> Result<()> {
    let files = registry.source(kind, name)?;
    if printer.is_json() {
        let rows: Vec<_> = files.iter().map(|(file, text)| json!({ "file": file, "text": text })).collect();
        printer.json(&rows);
        return Ok(());
    }
    let mut out = String::new();
    for (file, text) in &files {
        if files.len() > 1 {
            out.push_str(&format!("# {file}\n"));
        }
        out.push_str(text);
        if !text.ends_with('\n') {
            out.push('\n');
        }
    }
    printer.document(&out);
    Ok(())
}

/// `policy list|show`.
pub fn policy(command: LookCommand, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let registry = schemas::announced(common, printer)?;
    match command {
        LookCommand::Show { name } => {
            let text = Policy::load(&registry, &name)?.describe();
            if printer.is_json() {
                printer.json(&json!({ "name": name, "text": text }));
            } else {
                printer.document(&text);
            }
        }
        LookCommand::List => {
            let names = registry.names(SchemaKind::Policies)?;
            let policies: Result<Vec<Policy>> = names.iter().map(|name| Policy::load(&registry, name)).collect();
            let policies = policies?;
            if printer.is_json() {
                let rows: Vec<_> = policies.iter().map(|one| json!({ "name": one.id, "title": one.title })).collect();
                printer.json(&rows);
            } else {
                let rows: Vec<_> = policies.into_iter().map(|one| vec![one.id, one.title]).collect();
                printer.answer(&align(&rows));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `profile list|show`.
pub fn profile(command: LookCommand, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let registry = schemas::announced(common, printer)?;
    match command {
        LookCommand::Show { name } => show(&registry, SchemaKind::Profiles, &name, printer)?,
        LookCommand::List => {
            let mut rows = Vec::new();
            for name in registry.names(SchemaKind::Profiles)? {
                rows.push(vec![name.clone(), Profile::load(&registry, &name)?.title]);
            }
            list(&rows, printer);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `indicator list|show|check`.
pub fn indicator(command: IndicatorCommand, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let registry = schemas::announced(common, printer)?;
    match command {
        IndicatorCommand::Show { name, toml: true, .. } => show(&registry, SchemaKind::Indicators, &name, printer)?,
        IndicatorCommand::Show { name, language, toml: false } => {
            let table = Indicator::load(&registry, &name)?;
            let record = Record::load(&registry, &table.record)?;
            Tables { languages: vec![language.clone()], ..Tables::default() }.check()?;
            let page = table.page(&record, &language);
            if printer.is_json() {
                printer.json(&json!({ "table": table.id, "language": language, "text": page }));
            } else {
                if !table.languages().any(|known| known == language) {
                    printer.note(&format!("the table has no title in `{language}`: the English one is shown"));
                }
                printer.answer(&page);
            }
        }
        IndicatorCommand::Check { names, schema } => {
            let tables = select(&registry, &names)?;
            let mut records = Records::new(&registry);
            for table in &tables {
                table.check(records.load(schema.as_deref().unwrap_or(&table.record))?)?;
            }
            let counted = schema.map_or("the record types that they name".to_owned(), |schema| format!("`{schema}`"));
            printer.note(&format!("{} tables can be counted from {counted}", tables.len()));
        }
        IndicatorCommand::List => {
            let mut rows = Vec::new();
            for name in registry.names(SchemaKind::Indicators)? {
                let table = Indicator::load(&registry, &name)?;
                let title = table.title.get("en").cloned().unwrap_or_default();
                rows.push(vec![name, table.record, table.packs.join(", "), table.catalogue, title]);
            }
            list(&rows, printer);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(rows: &[Vec<String>], printer: &Printer) {
    if printer.is_json() { printer.json(&rows) } else { printer.answer(&align(rows)) }
}

/// `explain`.
pub fn explain(rule: Option<&str>, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    schema::load_rules(&schemas::announced(common, printer)?)?;
    let Some(id) = rule else {
        let rules = Rule::all().map(|rule| vec![rule.id().to_owned(), rule.title().to_owned()]);
        let pages = pages::ALL.iter().map(|page| vec![page.name.to_owned(), page.title.to_owned()]);
        let rows: Vec<_> = rules.chain(pages).collect();
        list(&rows, printer);
        return Ok(ExitCode::SUCCESS);
    };
    if let Some(page) = pages::ALL.iter().find(|page| page.name == id) {
        if printer.is_json() {
            printer.json(&json!({ "page": page.name, "title": page.title, "text": page.text }));
        } else {
            printer.answer(page.text);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let Some(rule) = Rule::find(id) else {
        let known: Vec<_> = Rule::all().map(Rule::id).chain(pages::ALL.iter().map(|page| page.name)).collect();
        let error = Error::failed(format!("there is no rule `{id}`"));
        return Err(match tipstat::internals::error::nearest(id, known.iter().copied()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("`tipstat explain` lists all rules"),
        });
    };
    if printer.is_json() {
        printer.json(&json!({ "rule": rule.id(), "title": rule.title(), "text": rule.text() }));
    } else {
        printer.answer(&format!("{}: {}\n\n{}\n", rule.id(), rule.title(), rule.text()));
    }
    Ok(ExitCode::SUCCESS)
}
