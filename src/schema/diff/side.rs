//! One of two schemas that are compared.

use std::path::{Path, PathBuf};

use toml::Table;

use crate::error::{Error, Result};
use crate::files;
use crate::schema::codelist::CodelistHeader;
use crate::schema::record::RecordText;
use crate::schema::{Pack, Profile, Registry, SchemaKind, parse};

/// One of the two schemas.
pub(super) struct SchemaSide {
    pub kind: SchemaKind,
    pub name: String,
    /// Where the file is, if it is not in the registry.
    pub path: Option<PathBuf>,
    pub table: Table,
}

/// Kinds that can be compared.
const KINDS: [SchemaKind; 4] = [SchemaKind::Records, SchemaKind::Codelists, SchemaKind::Profiles, SchemaKind::Packs];

impl SchemaSide {
    pub fn find(registry: &Registry, name: &str) -> Result<Self> {
        if name.ends_with(".toml") || name.contains(['/', '\\']) {
            return Self::read(Path::new(name));
        }
        let mut known = Vec::new();
        for kind in KINDS {
            if let Ok((name, text)) = registry.text(kind, name) {
                let table = table(kind, &text, &format!("{}/{name}.toml", kind.folder()))?;
                return Ok(Self { kind, name, path: None, table });
            }
            known.extend(registry.names(kind)?);
        }
        let error = Error::failed(format!("no record type, code list, profile or pack bears the name `{name}`"));
        Err(match crate::error::nearest(name, known.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("`tipstat schema list` names them all. A file is named with its ending `.toml`."),
        })
    }

    fn read(path: &Path) -> Result<Self> {
        let place = files::shown(path);
        let text = files::read_text(path)?;
        let table: Table = parse(&text, &place)?;
        let kind = kind_of(&table).ok_or_else(|| {
            Error::failed("the file is not a record type, code list, profile or pack")
                .at(&*place)
                .hint("`tipstat schema list` shows schemas of each kind to compare it with")
        })?;
        let table = self::table(kind, &text, &place)?;
        Ok(Self { kind, name: place, path: Some(path.to_path_buf()), table })
    }
}

/// Reads the text in the form of its kind first, so that a wrong key is reported with its line.
fn table(kind: SchemaKind, text: &str, place: &str) -> Result<Table> {
    match kind {
        SchemaKind::Records => parse::<RecordText>(text, place).map(drop)?,
        SchemaKind::Profiles => parse::<Profile>(text, place).map(drop)?,
        SchemaKind::Packs => parse::<Pack>(text, place).map(drop)?,
        _ => parse::<CodelistHeader>(text, place).map(drop)?,
    }
    parse(text, place)
}

/// Returns the kind of a file outside the registry, by keys that no other kind has.
fn kind_of(table: &Table) -> Option<SchemaKind> {
    let has = |key: &str| table.contains_key(key);
    match () {
        () if has("field") => Some(SchemaKind::Records),
        () if has("record") => Some(SchemaKind::Profiles),
        () if has("levels") && has("translation") => Some(SchemaKind::Codelists),
        () if has("area") => Some(SchemaKind::Packs),
        () => None,
    }
}
