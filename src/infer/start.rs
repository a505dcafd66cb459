//! The first draft of everything that a release needs: the run file, profiles, and a country's lists.

use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

use super::draft::{SchemaDrafts, infer};
use super::study::{Active, DRAFT, Inquiry, quoted};
use super::text::{DraftText, DraftedFile, Need};
use crate::control::Control;
use crate::error::Result;
use crate::files;
use crate::indicators::Indicator;
use crate::schema::{Profile, Record, Registry, SchemaKind};
use crate::validate::{Description, Layout};

/// What a user starts from.
#[derive(Clone, Copy, Debug)]
pub struct StartRequest<'a> {
    /// The files.
    pub files: &'a [PathBuf],
    /// The country of all records.
    pub area: Option<&'a str>,
    /// The sheet of workbooks.
    pub sheet: Option<&'a str>,
    /// The encoding of texts that are not UTF-8.
    pub encoding: Option<&'a str>,
    /// What of the drafts is active.
    pub active: Active,
}

/// Everything that was drafted.
pub struct StartDrafts {
    /// The run file; none where all files are published figures.
    pub run_file: Option<DraftedFile>,
    /// Profiles by name.
    pub profiles: Vec<(String, DraftedFile)>,
    /// Country packs by country.
    pub packs: Vec<(String, String)>,
    /// What was found in each file.
    pub files: Vec<StartedFile>,
    /// Whether a file lies outside the folder of the run file.
    pub outside: bool,
}

/// How a file is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartedLayout {
    /// A profile that was drafted.
    Drafted(String),
    /// A profile of the program.
    Known(String),
    /// Columns named as the record type names its fields.
    Fields,
}

/// A file that was looked at.
pub struct StartedFile {
    /// The file, as the user named it.
    pub file: PathBuf,
    /// How it is read.
    pub layout: StartedLayout,
    /// What was drafted of it.
    pub drafts: SchemaDrafts,
}

/// Looks at files and drafts what a release of them needs.
///
/// # Errors
/// A file cannot be read or has no header, or the country is not known.
pub fn start(registry: &Registry, request: &StartRequest<'_>, control: &Control) -> Result<StartDrafts> {
    let mut started = StartDrafts {
        run_file: None,
        profiles: Vec::new(),
        packs: Vec::new(),
        files: Vec::new(),
        outside: request.files.iter().any(|file| leads_out(file)),
    };
    for file in request.files {
        let name = free_name(registry, &started, file)?;
        let inquiry = Inquiry {
            file,
            sheet: request.sheet,
            encoding: request.encoding,
            record: None,
            area: request.area,
            name: &name,
            active: request.active,
        };
        let mut drafts = infer(registry, &inquiry, control)?;
        let layout = known_layout(registry, &drafts)?.unwrap_or(StartedLayout::Drafted(name.clone()));
        if layout == StartedLayout::Drafted(name.clone()) {
            started.profiles.push((name, std::mem::take(&mut drafts.profile)));
            if let Some((area, pack)) = drafts.pack.take().and_then(|pack| Some((pack.area?, pack.text))) {
                let is_known = registry.names(SchemaKind::Packs)?.contains(&area);
                if !is_known && !started.packs.iter().any(|(known, _)| *known == area) {
                    started.packs.push((area, pack));
                }
            }
        }
        started.files.push(StartedFile { file: file.clone(), layout, drafts });
    }
    let records: Vec<&StartedFile> = started.files.iter().filter(|file| !file.drafts.figures).collect();
    if !records.is_empty() {
        started.run_file = Some(run_file(registry, request, &records, &started.profiles)?);
    }
    Ok(started)
}

/// The layout of a file that the program reads as it is.
fn known_layout(registry: &Registry, drafts: &SchemaDrafts) -> Result<Option<StartedLayout>> {
    let layout = Layout::load(registry, &Description { schema: Some("victim"), ..Description::default() })?;
    if let Some(name) = layout.fitting(&drafts.header) {
        return Ok(Some(StartedLayout::Known(name)));
    }
    let is_named = !drafts.figures && Profile::identity(&layout.record).fits(&drafts.header);
    Ok(is_named.then_some(StartedLayout::Fields))
}

/// A name for the profile of a file that no other profile has.
fn free_name(registry: &Registry, started: &StartDrafts, file: &Path) -> Result<String> {
    let name = profile_name(file);
    let built_in = registry.names(SchemaKind::Profiles)?;
    let is_free = |name: &String| !built_in.contains(name) && !started.profiles.iter().any(|(other, _)| other == name);
    let mut names = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name}-{number}")));
    Ok(names.find(is_free).unwrap_or(name))
}

/// Returns a name for the profile of a file: that of the file, in small Latin letters, digits and hyphens.
pub fn profile_name(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = name.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if name.is_empty() { "draft".into() } else { name }
}

/// Returns whether a path leads out of the folder from which the program was started.
fn leads_out(file: &Path) -> bool {
    file.is_absolute() || file.components().any(|part| part == Component::ParentDir)
}

/// Writes the run file: the inputs, and tables of the fields that they have.
fn run_file(
    registry: &Registry,
    request: &StartRequest<'_>,
    inputs: &[&StartedFile],
    profiles: &[(String, DraftedFile)],
) -> Result<DraftedFile> {
    let start = DRAFT.trim_end_matches("tipstat");
    let mut out = DraftText::default();
    let _ = writeln!(
        out,
        "{start}tipstat start`. It is not checked. `tipstat run` reads it, and `tipstat explain` describes rules and topics."
    );
    if !profiles.is_empty() {
        out.push_str("schemas = \"schemas\"            # the folder with the drafted profiles\n");
    }
    let _ = write!(
        out,
        "\n[release]\nid = {}\ntitle = \"Detected victims of trafficking in persons\"\n\
         policy = \"default\"             # no count below 10 is published; `tipstat policy list` names others\n\
         # draft = true                 # every page then says that it is not for publication\n",
        quoted(&profile_name(&inputs[0].file))
    );
    for input in inputs {
        one_input(request, input, &mut out);
    }
    let packs: Vec<String> = tables(registry, inputs)?.iter().map(|table| quoted(table)).collect();
    let _ = write!(out, "\n[tables]\npacks = [\n");
    packs.chunks(4).for_each(|line| out.push_str(&format!("  {},\n", line.join(", "))));
    out.push_str("]\nlanguages = [\"en\"]             # also fr, es, ar, ru, zh\n");
    Ok(out.finish())
}

fn one_input(request: &StartRequest<'_>, input: &StartedFile, out: &mut DraftText) {
    // Signs of patterns in the name of a file are no pattern.
    let path: String = files::slashed(&input.file)
        .chars()
        .map(|c| if matches!(c, '[' | ']' | '*' | '?') { format!("[{c}]") } else { c.to_string() })
        .collect();
    let _ = write!(out, "\n[[input]]\npath = {}\n", quoted(&path));
    let _ = match &input.layout {
        StartedLayout::Drafted(name) | StartedLayout::Known(name) => writeln!(out, "profile = {}", quoted(name)),
        StartedLayout::Fields => writeln!(out, "schema = \"victim\""),
    };
    let is_known = input.layout != StartedLayout::Fields && matches!(input.layout, StartedLayout::Known(_));
    if is_known || input.drafts.fields.iter().any(|field| field == "area") {
        return;
    }
    let _ = match request.area {
        Some(area) => writeln!(out, "area = {}", quoted(area)),
        None => {
            out.ask(Need::Required, "which country do the records come from? ISO 3166-1 alpha-3, such as ECU");
            writeln!(out, "area = \"...\"                  # ? the country, such as ECU: no column has it")
        }
    };
}

/// Tables of victims with dimensions that the inputs have, none of them with more than two besides area and year.
fn tables(registry: &Registry, inputs: &[&StartedFile]) -> Result<Vec<String>> {
    let record = Record::load(registry, "victim")?;
    let has = |id: &str| {
        let read = |input: &&StartedFile| match input.layout {
            StartedLayout::Drafted(_) => input.drafts.fields.iter().any(|field| field == id),
            // What a layout of the program has, its tables show; others stay empty.
            StartedLayout::Known(_) => ["sex", "age", "form", "citizenship"].contains(&id),
            StartedLayout::Fields => input.drafts.header.iter().any(|heading| heading == id),
        };
        inputs.iter().any(read)
    };
    let is_known = |dimension: &String| {
        let Some(field) = record.dimension(dimension) else { return false };
        let definition = &record.fields[field];
        match record.derived.iter().find(|(derived, _)| *derived == field) {
            Some(_) => has("citizenship"),
            None => {
                definition.role.as_deref() == Some("area")
                    || definition.role.as_deref() == Some("time")
                    || has(&definition.id)
            }
        }
    };
    let mut found = Vec::new();
    for name in registry.names(SchemaKind::Indicators)?.into_iter().filter(|name| name.starts_with("victims-")) {
        let table = Indicator::load(registry, &name)?;
        let is_of_victims = table.record.split('@').next() == Some("victim");
        let dimensions: Vec<&String> = table.all_dimensions().collect();
        if is_of_victims && dimensions.len() <= 4 && dimensions.into_iter().all(is_known) {
            found.push(name);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_called_like_its_file() {
        assert_eq!(profile_name(Path::new("a/Registro 2024.csv")), "registro-2024");
        assert_eq!(profile_name(Path::new("-")), "draft");
    }

    #[test]
    fn a_file_in_or_below_the_folder_does_not_lead_out() {
        assert!(!leads_out(Path::new("a/b.csv")) && leads_out(Path::new("../b.csv")) && leads_out(Path::new("/b.csv")));
    }
}
