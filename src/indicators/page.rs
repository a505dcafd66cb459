//! A definition as a page for a reader.

use std::fmt::Write;

use super::{Counting, Indicator};
use crate::model::LANGUAGES;
use crate::schema::Record;

impl Indicator {
    /// The definition in a language as plain text: what is counted, by which dimensions, and the formula of each measure.
    pub fn page(&self, record: &Record, language: &str) -> String {
        let mut out = String::new();
        let line = |out: &mut String, name: &str, text: &str| {
            if !text.is_empty() {
                let _ = writeln!(out, "{name:<12}{text}");
            }
        };
        let _ = writeln!(out, "{}\n", Self::text(&self.title, language));
        let note = Self::text(&self.note, language);
        if !note.is_empty() {
            let _ = writeln!(out, "{note}\n");
        }
        line(&mut out, "table", &self.id);
        line(&mut out, "packs", &self.packs.join(", "));
        line(&mut out, "catalogue", &self.catalogue);
        line(&mut out, "asked for", &format!("A/RES/79/154, paragraphs {}", self.paragraph));
        let counted = match self.counting {
            Counting::Victims => format!("records of {}: {}", record.name(), record.title),
            Counting::Persons => format!("different persons in records of {}: {}", record.name(), record.title),
        };
        line(&mut out, "counts", &counted);
        for (dimension, code) in &self.universe {
            line(&mut out, "only", &format!("{dimension} = {code}"));
        }
        out.push_str("\ndimensions\n");
        for dimension in &self.dimensions {
            let title = record.dimension(dimension).map_or("", |field| record.fields[field].title.as_str());
            let level = self.levels.get(dimension).map(|level| format!(" (level or scheme: {level})"));
            let _ = writeln!(out, "  {dimension:<20}{title}{}", level.unwrap_or_default());
        }
        out.push_str("\nmeasures\n");
        for measure in &self.measures {
            let _ = writeln!(out, "  {} ({})", measure.id, measure.unit);
            let _ = writeln!(out, "    {}", Self::text(&measure.title, language));
            let _ = writeln!(out, "    = {}", measure.formula);
            if measure.all_years {
                out.push_str("    regions: only countries that report in all years\n");
            }
            if let Some(series) = &measure.series {
                let _ = writeln!(out, "    series of the global SDG database: {series}");
            }
        }
        let _ = writeln!(out, "\n{}", record.caveat);
        out
    }

    /// The languages in which it has a title.
    pub fn languages(&self) -> impl Iterator<Item = &'static str> {
        LANGUAGES.into_iter().filter(|language| self.title.contains_key(*language))
    }
}
