//! Names of areas, dimensions and codes as numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Numbers of names.
#[derive(Clone, Debug, Default)]
pub(super) struct NameNumbers {
    pub numbers: BTreeMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl NameNumbers {
    pub fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let text: Arc<str> = text.into();
        let number = self.texts.len() as u32;
        self.numbers.insert(text.clone(), number);
        self.texts.push(text);
        number
    }

    pub fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }
}
