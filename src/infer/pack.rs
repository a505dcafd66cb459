//! The text of a drafted country pack: lists of race, ethnicity and whatever else a country records of its own.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::column::ColumnContent;
use super::draft::CountryDraft;
use super::headings::{HeadingMeaning, is_missing};
use super::study::{DRAFT, StudiedColumn, Study, quoted};
use crate::model::Codelist;
use crate::schema::FieldType;
use crate::validate::normal;

/// The area of a pack whose country is not known: no country has this code.
const NOWHERE: &str = "XXX";

/// Writes the pack; none where no column is of such a list.
pub(super) fn pack(study: &Study<'_>) -> Option<CountryDraft> {
    let mut lists = String::new();
    let mut columns = String::new();
    let mut fields: Vec<usize> = Vec::new();
    for known in &study.columns {
        let HeadingMeaning::Sure(field, _) = known.meaning else { continue };
        if study.record.fields[field].kind != FieldType::Pack {
            continue;
        }
        let id = &study.record.fields[field].id;
        let _ = writeln!(columns, "{} = \"{id}\"", quoted(&known.column.heading));
        if fields.contains(&field) {
            continue;
        }
        fields.push(field);
        list(known, id, &mut lists);
    }
    if fields.is_empty() {
        return None;
    }
    let (area, title) = area(study);
    let command = study.inquiry.command();
    let start = DRAFT.trim_end_matches("tipstat");
    let mut out = format!(
        "{start}{command}` from {} records. It is not checked, and confidential until it is.\n\
         #:schema ../json/pack.json\n\
         #\n\
         # To be checked: is each code a category of the country's own list, and is the list whole? Labels in `en` are the\n\
         # texts of the file: translate them, add `fr`, and keep the country's own word as `local`. Texts of fewer than 10\n\
         # records, and columns with more than 60 texts, are not named. May the country collect the data at all? If its law\n\
         # says no, name the field in `collection_prohibited` and take the list away.\n",
        study.records
    );
    if area == NOWHERE {
        out.push_str("# ? The country is not known: write its ISO 3166-1 alpha-3 code, and name the file after it.\n");
    }
    let _ = write!(
        out,
        "area = {}\ntitle = {}\nsource = \"drafted from a file by `{command}`; not checked\"\nverified = false\n\
         collection_prohibited = []\n\n[columns]\n{columns}{lists}",
        quoted(&area),
        quoted(&title),
    );
    Some(CountryDraft { area: Some(area).filter(|area| area != NOWHERE), text: out })
}

/// The country that was named, or the only one of the file.
fn area(study: &Study<'_>) -> (String, String) {
    let index = study.record.role("area");
    let list = index.map(|index| study.record.fields[index].codes());
    let label = |code: &str| {
        let found = list.and_then(|list| list.find(code).map(|index| list.code(index)));
        found.and_then(|code| code.labels[0].as_deref()).unwrap_or(code).to_owned()
    };
    if let Some(area) = study.inquiry.area {
        return (area.to_owned(), label(area));
    }
    let of_area =
        |known: &&StudiedColumn| matches!(known.meaning, HeadingMeaning::Sure(field, _) if Some(field) == index);
    let parts = study.columns.iter().find(of_area).map(|known| known.column.parts(None)).unwrap_or_default();
    let only = parts.keys().next().filter(|_| parts.len() == 1);
    match only.filter(|code| list.is_some_and(|list| list.find(code).is_some_and(Codelist::is_known))) {
        Some(code) => ((*code).to_owned(), label(code)),
        None => (NOWHERE.to_owned(), "a country".to_owned()),
    }
}

/// One list: each shared text becomes a code, and other writings of it become its words.
fn list(known: &StudiedColumn, field: &str, out: &mut String) {
    let (separator, r#type) = match known.content {
        ColumnContent::Sets(separator) => (Some(separator), "set"),
        _ => (None, "code"),
    };
    let _ = write!(out, "\n[[list]]\nfield = \"{field}\"\ntype = \"{type}\"\ncodes = [\n");
    let mut texts: Vec<Vec<&str>> = Vec::new();
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    for (text, _) in known.column.named(separator).into_iter().filter(|(text, _)| !is_missing(text)) {
        let at = *index.entry(normal(text)).or_insert_with(|| {
            texts.push(Vec::new());
            texts.len() - 1
        });
        texts[at].push(text);
    }
    let mut used: Vec<String> = Vec::new();
    for words in &texts {
        let code = code(&normal(words[0]), &used);
        let quotes: Vec<_> = words.iter().map(|word| quoted(word)).collect();
        let (label, words) = (&quotes[0], quotes.join(", "));
        let _ = writeln!(out, "  {{ code = \"{code}\", en = {label}, local = {label}, words = [{words}] }},");
        used.push(code);
    }
    out.push_str("]\n");
    let named: usize = texts.iter().map(Vec::len).sum();
    let left = known.column.parts(separator).len().saturating_sub(named);
    if left > 0 {
        let _ = writeln!(out, "# Texts that are not named here: {left}.");
    }
}

/// A code from a text: its Latin letters and digits, or a number where it has none.
fn code(text: &str, used: &[String]) -> String {
    let mut code: String = text
        .chars()
        .map(|c| if c == ' ' { '_' } else { c })
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    code = code.to_uppercase().chars().take(24).collect::<String>().trim_matches('_').to_owned();
    let numbered = |stem: &str| {
        let mut numbers = used.len() + 1..;
        numbers
            .find_map(|number| Some(format!("{stem}{number}")).filter(|name| !used.contains(name)))
            .unwrap_or_default()
    };
    // `SEVERAL` is the code of several answers.
    match code.as_str() {
        "" => numbered("C"),
        "SEVERAL" => numbered("SEVERAL_"),
        name if used.iter().any(|other| other == name) => numbered(&format!("{name}_")),
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn codes_are_made_of_texts() {
        let used = ["INDIGENA".to_owned()];
        assert_eq!(code("afro descendiente", &used), "AFRO_DESCENDIENTE");
        assert_eq!(code("indigena", &used), "INDIGENA_2");
        assert_eq!(code("русские", &used), "C2");
        assert_eq!(code("several", &[]), "SEVERAL_1");
    }
}
