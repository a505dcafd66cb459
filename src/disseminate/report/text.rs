//! The report's own sentences, and foreign texts on their way into HTML.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use maud::{Markup, Render, html};
use serde::Deserialize;

use crate::disseminate::about::About;
use crate::disseminate::labels::index_of;
use crate::error::is_hidden;
use crate::model::printed;
use crate::schema::parse;

/// A text in the six languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ByLanguage {
    en: String,
    fr: String,
    es: String,
    ar: String,
    zh: String,
    ru: String,
}

/// The sentences of the report.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    pub synthetic: ByLanguage,
    pub facts: ByLanguage,
    pub fact_of_one: ByLanguage,
    pub main_figures: ByLanguage,
    pub citation: ByLanguage,
    pub licence: ByLanguage,
    pub contents: ByLanguage,
    pub table: ByLanguage,
    pub all_years: ByLanguage,
    pub reporting_areas: ByLanguage,
    pub areas: ByLanguage,
    pub by_year: ByLanguage,
    pub by_country: ByLanguage,
    pub year: ByLanguage,
    pub country: ByLanguage,
    pub group: ByLanguage,
    pub area: ByLanguage,
    pub chart: ByLanguage,
    pub source: ByLanguage,
    pub data: ByLanguage,
    pub uncollected: ByLanguage,
    pub wide: ByLanguage,
    pub bars: ByLanguage,
    pub signs: ByLanguage,
    pub method: ByLanguage,
    pub protection: ByLanguage,
    pub rounded: ByLanguage,
    pub hidden: ByLanguage,
    pub public: ByLanguage,
    pub masked: ByLanguage,
    pub left_out: ByLanguage,
    pub notes: ByLanguage,
    pub unknown: ByLanguage,
    pub unknown_text: ByLanguage,
    pub field: ByLanguage,
    pub unknown_at_source: ByLanguage,
    pub not_understood: ByLanguage,
    pub differences: ByLanguage,
    pub differences_text: ByLanguage,
    pub dimension: ByLanguage,
    pub source_name: ByLanguage,
    pub meaning: ByLanguage,
    pub breaks: ByLanguage,
    pub breaks_text: ByLanguage,
    pub from: ByLanguage,
    pub changed: ByLanguage,
    pub all: ByLanguage,
    pub formulas: ByLanguage,
    pub measure: ByLanguage,
    pub formula: ByLanguage,
    pub unit: ByLanguage,
    pub made_by: ByLanguage,
}

/// The sentences, which are part of the program.
pub(super) static TEXTS: LazyLock<Texts> =
    LazyLock::new(|| parse(include_str!("texts.toml"), "texts.toml").expect("texts of the report"));

/// The language of a report, and what it is about.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub about: &'a About<'a>,
    pub language: &'a str,
    /// The language among the six.
    pub index: usize,
}

impl<'a> Reader<'a> {
    pub fn new(about: &'a About<'a>) -> Self {
        let language = about.languages.first().map_or("en", String::as_str);
        Self { about, language, index: index_of(language) }
    }

    /// Returns a sentence in the language.
    pub fn say<'t>(&self, text: &'t ByLanguage) -> &'t str {
        let ByLanguage { en, fr, es, ar, zh, ru } = text;
        match self.language {
            "fr" => fr,
            "es" => es,
            "ar" => ar,
            "zh" => zh,
            "ru" => ru,
            _ => en,
        }
    }

    /// Returns a sentence with texts in the places of `{0}`, `{1}` and so on.
    pub fn fill(&self, text: &ByLanguage, parts: &[&str]) -> String {
        let mut out = self.say(text).to_owned();
        for (at, part) in parts.iter().enumerate() {
            out = out.replace(&format!("{{{at}}}"), part);
        }
        out
    }

    /// Returns a text of a schema in the language, or the English one, marked as such.
    pub fn schema_text(&self, by_language: &BTreeMap<String, String>) -> Markup {
        match by_language.get(self.language) {
            Some(text) => html! { (EscapedText(text)) },
            None => self.english(by_language.get("en").map_or("", String::as_str)),
        }
    }

    /// Returns an English text, marked as such in a report of another language.
    pub fn english(&self, text: &str) -> Markup {
        if self.language == "en" {
            html! { (EscapedText(text)) }
        } else {
            html! { span lang="en" dir="ltr" { (EscapedText(text)) } }
        }
    }
}

/// A foreign text. Hidden characters are escaped as in messages.
pub(super) struct EscapedText<'a>(pub &'a str);

impl Render for EscapedText<'_> {
    fn render_to(&self, out: &mut String) {
        for c in self.0.chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                '\n' | '\t' => out.push(c),
                c if is_hidden(c) => out.extend(c.escape_default()),
                c => out.push(c),
            }
        }
    }
}

/// Returns a number for a reader, with a thin space between groups of three digits.
pub(super) fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, decimals) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out.extend(decimals.iter().flat_map(|rest| [".", rest]));
    out
}

/// Returns the first and the last of some years; nothing where there is none.
pub(super) fn span<'y>(mut years: impl Iterator<Item = &'y str>) -> Option<String> {
    let first = years.next()?;
    Some(years.last().map_or_else(|| first.to_owned(), |last| format!("{first}–{last}")))
}

/// Returns both bounds for a reader, rounded outwards.
pub(super) fn interval(lower: Option<f64>, upper: Option<f64>) -> String {
    let [lower, upper] = printed(lower, upper).map(|bound| bound.map_or("…".to_owned(), |bound| grouped(&bound)));
    format!("[{lower}, {upper}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        for (number, expected) in
            [("7", "7"), ("999", "999"), ("1000", "1\u{202f}000"), ("-1234567.25", "-1\u{202f}234\u{202f}567.25")]
        {
            assert_eq!(grouped(number), expected);
        }
    }

    #[test]
    fn every_sentence_has_its_places_in_all_languages() {
        let table: toml::Table = toml::from_str(include_str!("texts.toml")).unwrap();
        for (name, by_language) in table {
            let texts = by_language.as_table().unwrap();
            let places = |text: &str| [0, 1].map(|at| text.contains(&format!("{{{at}}}")));
            let name_in = |language: &str| texts[language].as_str().unwrap();
            for language in ["fr", "es", "ar", "zh", "ru"] {
                assert_eq!(places(name_in(language)), places(name_in("en")), "{name} {language}");
                assert!(!name_in(language).is_empty(), "{name} {language}");
            }
        }
        assert!(!TEXTS.contents.en.is_empty());
    }
}
