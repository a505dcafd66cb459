//! Labels of every code that a release uses, in the requested languages.

use std::collections::BTreeMap;

use super::about::About;
use crate::aggregate::NodeKind;
use crate::error::Result;
use crate::files::CsvWriter;
use crate::model::LANGUAGES;
use crate::protect::{Protected, ProtectedTable};

/// Labels of the codes that every dimension has, in [`LANGUAGES`] order.
const COMMON: [(&str, [&str; 6]); 5] = [
    ("_T", ["total", "total", "total", "المجموع", "总计", "всего"]),
    ("_K", ["known", "connu", "conocido", "معروف", "已知", "известно"]),
    ("_U", ["unknown", "inconnu", "desconocido", "غير معروف", "未知", "неизвестно"]),
    ("_X", ["not collected", "non collecté", "no recopilado", "غير مجموع", "未收集", "не собирается"]),
    ("_N", ["no answer", "sans réponse", "sin respuesta", "دون إجابة", "未回答", "нет ответа"]),
];

/// The labels of the nodes of a table.
#[derive(Clone, Copy)]
pub(super) struct NodeLabels<'a> {
    pub table: &'a ProtectedTable,
    pub about: &'a About<'a>,
}

impl NodeLabels<'_> {
    /// Returns the label of a node in a language, else the English one, else the code.
    pub fn label(&self, d: usize, node: usize, language: usize) -> String {
        let breakdown = &self.table.dimensions()[d];
        let node = &breakdown.nodes[node];
        let list = || self.about.record(self.table).fields[breakdown.field].codes();
        let label = |language: usize| -> Option<String> {
            match node.kind {
                NodeKind::Code(code) => list().code(code).labels[language].as_deref().map(str::to_owned),
                NodeKind::Residual(code) => {
                    let group = list().code(code).labels[language].as_deref()?;
                    Some(format!("{group}: {}", COMMON[2].1[language]))
                }
                NodeKind::Region | NodeKind::Total if !node.code.starts_with('_') => {
                    self.about.regions.label(&node.code, language).map(str::to_owned)
                }
                _ => COMMON.iter().find(|(code, _)| *code == node.code).map(|(_, labels)| labels[language].to_owned()),
            }
        };
        let label = label(language).or_else(|| label(0)).unwrap_or_else(|| node.code.clone());
        let joined = node.joined.iter().map(|&code| {
            let labels = &list().code(code).labels;
            labels[language].as_deref().or(labels[0].as_deref()).unwrap_or_else(|| list().id_of(code)).to_owned()
        });
        [label].into_iter().chain(joined).collect::<Vec<_>>().join(" / ")
    }
}

/// Returns the index of a language among the six.
pub(super) fn index_of(language: &str) -> usize {
    LANGUAGES.iter().position(|known| *known == language).unwrap_or(0)
}

/// Writes `DIMENSION, CODE` and a label for each requested language.
pub(super) fn csv(protected: &Protected, about: &About<'_>) -> Result<Vec<u8>> {
    let mut rows: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for table in protected.tables() {
        let names = NodeLabels { table, about };
        for (d, breakdown) in table.dimensions().iter().enumerate() {
            for (index, node) in breakdown.nodes.iter().enumerate() {
                rows.entry((&breakdown.dimension, &node.code)).or_insert_with(|| {
                    about.languages.iter().map(|language| names.label(d, index, index_of(language))).collect()
                });
            }
        }
    }
    let mut writer = CsvWriter::new(Vec::new());
    let head = ["DIMENSION", "CODE"].into_iter().chain(about.languages.iter().map(String::as_str));
    writer.row(head).map_err(super::csv::problem)?;
    for ((dimension, code), labels) in rows {
        let row = [dimension, code].into_iter().chain(labels.iter().map(String::as_str));
        writer.row(row).map_err(super::csv::problem)?;
    }
    writer.finish().map_err(super::csv::problem)
}
