//! JSON Schemas of the files that users write, so that their editors complete and check the keys.
//!
//! They are made from the types that read these files. So a key that the program accepts is in the schema, and no other is.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Config;
use crate::indicators::Indicator;
use crate::protect::Policy;
use crate::schema::{Pack, Profile};

/// A kind of TOML file that users write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserFile {
    /// The file of `tipstat run`.
    RunFile,
    /// A publisher's layout.
    Profile,
    /// A country's own lists.
    Pack,
    /// A table.
    Indicator,
    /// A disclosure policy.
    Policy,
}

impl UserFile {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::RunFile, Self::Profile, Self::Pack, Self::Indicator, Self::Policy];

    /// Returns the name under which `schema show` knows the kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::RunFile => "run-file",
            Self::Profile => "profile",
            Self::Pack => "pack",
            Self::Indicator => "indicator",
            Self::Policy => "policy",
        }
    }

    /// Returns the JSON Schema. It is of draft 7, the newest that editors of TOML know.
    pub fn json_schema(self) -> String {
        let generator = SchemaSettings::draft07().into_generator();
        let schema = match self {
            Self::RunFile => generator.into_root_schema_for::<Config>(),
            Self::Profile => generator.into_root_schema_for::<Profile>(),
            Self::Pack => generator.into_root_schema_for::<Pack>(),
            Self::Indicator => generator.into_root_schema_for::<Indicator>(),
            Self::Policy => generator.into_root_schema_for::<Policy>(),
        };
        let mut schema = schema.to_value();
        one_line(&mut schema);
        let mut text = serde_json::to_string_pretty(&schema).expect("plain data");
        text.push('\n');
        text
    }
}

/// Joins the lines of descriptions, which the sources wrap, and leaves out marks that only `rustdoc` reads.
fn one_line(value: &mut Value) {
    match value {
        Value::Object(map) => {
            // The name of the type is of no use to an author of files. A key may be called `title` as well.
            map.retain(|key, value| key != "title" || !value.is_string());
            for (key, value) in map {
                match value {
                    Value::String(text) if key == "description" => {
                        *text = text.replace('\n', " ").replace("[`", "`").replace("`]", "`")
                    }
                    _ => one_line(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(one_line),
        _ => {}
    }
}
