//! The registry of rules: id, severity, and the texts that `explain` prints.

use std::sync::LazyLock;

use serde::Deserialize;

/// What a broken rule does to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The record, or the file, is rejected.
    Error,
    /// The record is set aside as a repetition of another.
    Duplicate,
    /// The record is kept.
    Warning,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    severity: Severity,
    title: String,
    text: String,
}

static RULES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct File {
        rule: Vec<Entry>,
    }
    let file: File = toml::from_str(include_str!("rules.toml")).expect("rules.toml is part of the program");
    file.rule
});

/// A rule of the registry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule(u16);

impl Rule {
    /// The rule that bears this id.
    pub fn find(id: &str) -> Option<Self> {
        let index = RULES.iter().position(|rule| rule.id == id)?;
        Some(Self(u16::try_from(index).expect("fewer than 65,536 rules")))
    }

    /// A rule that the program itself names.
    pub(crate) fn named(id: &'static str) -> Self {
        Self::find(id).unwrap_or_else(|| panic!("rule `{id}` is not in rules.toml"))
    }

    /// All rules, in the order of the registry.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..RULES.len()).map(|index| Self(index as u16))
    }

    /// The id, such as `cell/not-in-codelist`.
    pub fn id(self) -> &'static str {
        &RULES[self.0 as usize].id
    }

    /// What the rule does to a record.
    pub fn severity(self) -> Severity {
        RULES[self.0 as usize].severity
    }

    /// One line.
    pub fn title(self) -> &'static str {
        &RULES[self.0 as usize].title
    }

    /// The long text.
    pub fn text(self) -> &'static str {
        RULES[self.0 as usize].text.trim()
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}
