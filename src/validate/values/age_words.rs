//! Bands of ages in words: `15 to 17`, `75 and over`, `menores de 18`, `de 15 a 17 ans`, `до 18 лет`.
//!
//! A text is a band only where every word of it is known. `over 18` is none: its writers mean 18 or 19 as the first age.

use super::words::normal;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum WordPart {
    Age(u32),
    /// Below the age that follows.
    Under,
    /// Up to the age that follows, with it.
    UpTo,
    /// The age before it and all above.
    Over,
    /// The age before it and all below.
    Down,
    /// Between two ages.
    To,
    /// A word that joins: in some languages also the one between two ages.
    And,
}

/// Words that say nothing: units, and what stands around ages.
const NOTHING: &[&str] = &[
    "years",
    "year",
    "yrs",
    "yr",
    "yo",
    "old",
    "of",
    "age",
    "aged",
    "ages",
    "the",
    "between",
    "from",
    "anos",
    "ano",
    "de",
    "del",
    "edad",
    "entre",
    "desde",
    "los",
    "las",
    "idade",
    "ans",
    "an",
    "age",
    "ages",
    "agees",
    "jahre",
    "jahren",
    "jahr",
    "zwischen",
    "von",
    "anni",
    "anno",
    "tra",
    "eta",
    "лет",
    "года",
    "год",
    "от",
    "в",
    "возрасте",
    "سنة",
    "سنوات",
    "عاما",
    "عام",
    "من",
    "岁",
    "歲",
];

const UNDER: &[&[&str]] = &[
    &["under"],
    &["below"],
    &["less", "than"],
    &["younger", "than"],
    &["menor"],
    &["menores"],
    &["menos"],
    &["moins"],
    &["unter"],
    &["meno"],
    &["minori"],
    &["младше"],
    &["менее"],
    &["моложе"],
    &["أقل"],
    &["اقل"],
    &["دون"],
    &["未满"],
];

const UP_TO: &[&[&str]] = &[&["up", "to"], &["hasta"], &["jusqu", "a"], &["ate"], &["fino", "a"]];

const OVER: &[&[&str]] = &[
    &["over"],
    &["older"],
    &["above"],
    &["more"],
    &["plus"],
    &["mas"],
    &["mayores"],
    &["mayor"],
    &["adelante"],
    &["en", "adelante"],
    &["mais"],
    &["piu"],
    &["oltre"],
    &["alter"],
    &["daruber"],
    &["mehr"],
    &["старше"],
    &["более"],
    &["فأكثر"],
    &["وأكثر"],
    &["فاكثر"],
    &["واكثر"],
    &["فما", "فوق"],
    &["及以上"],
    &["以上"],
];

const DOWN: &[&[&str]] = &[&["under"], &["younger"], &["below"], &["less"], &["menos"], &["moins"], &["меньше"]];

const TO: &[&str] = &["to", "a", "bis", "through", "till", "until", "до", "по", "إلى", "الى", "至", "到"];

const AND: &[&str] = &["and", "or", "y", "o", "et", "ou", "e", "und", "oder", "и", "или", "و"];

/// The first and the last age that a text names.
pub(super) fn band(text: &str) -> Option<(u32, u32)> {
    if text.len() > 60 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match parts(text)?.as_slice() {
        [WordPart::Age(from), WordPart::To | WordPart::And, WordPart::Age(to)] if from < to => Some((*from, *to)),
        [WordPart::Age(from), WordPart::Over] | [WordPart::Age(from), WordPart::And, WordPart::Over] => {
            Some((*from, u32::MAX))
        }
        [WordPart::Under, WordPart::Age(to)] if *to > 0 => Some((0, to - 1)),
        [WordPart::To, WordPart::Age(to)] if *to > 0 && is_below(text) => Some((0, to - 1)),
        [WordPart::UpTo, WordPart::Age(to)] | [WordPart::Age(to), WordPart::And, WordPart::Down] => Some((0, *to)),
        [WordPart::Age(age)] => Some((*age, *age)),
        _ => None,
    }
}

/// Returns whether a text of one age means those below it: `до 18 лет` does, and `to 18` does not say whether 18 is one of them.
fn is_below(text: &str) -> bool {
    let first = text.trim_start().to_lowercase().chars().next();
    first.is_some_and(|first| first.is_alphabetic() && !matches!(first, 't' | 'a' | 'b'))
}

fn parts(text: &str) -> Option<Vec<WordPart>> {
    let mut words: Vec<String> = Vec::new();
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let length = |holds: fn(char) -> bool| rest.find(|c: char| !holds(c)).unwrap_or(rest.len());
        let end = match first {
            '0'..='9' => {
                flush(&mut words, &mut parts)?;
                let end = length(|c| c.is_ascii_digit());
                parts.push(WordPart::Age(rest[..end].parse().ok().filter(|age| *age <= super::ages::OLDEST)?));
                end
            }
            c if c.is_alphabetic() => {
                let end = length(char::is_alphabetic);
                // Chinese writes the unit without a blank before the next word.
                let word = rest[..end].trim_start_matches(['岁', '歲']);
                words.extend(Some(normal(word)).filter(|word| !word.is_empty()));
                end
            }
            '+' | '<' | '≥' | '>' | '-' | '–' | '—' => {
                flush(&mut words, &mut parts)?;
                parts.push(match first {
                    '+' => WordPart::Over,
                    '<' => WordPart::Under,
                    '-' | '–' | '—' => WordPart::To,
                    _ => return at_least(rest),
                });
                first.len_utf8()
            }
            c if c.is_whitespace() || matches!(c, '.' | ',' | '\'' | '’' | '(' | ')' | '[' | ']') => c.len_utf8(),
            _ => return None,
        };
        rest = &rest[end..];
    }
    flush(&mut words, &mut parts)?;
    Some(parts)
}

/// `≥18` and `>=18`; `>18` may be either.
fn at_least(rest: &str) -> Option<Vec<WordPart>> {
    let age = rest.strip_prefix('≥').or_else(|| rest.strip_prefix(">="))?;
    let age = age.trim().parse().ok().filter(|age| *age <= super::ages::OLDEST)?;
    Some(vec![WordPart::Age(age), WordPart::Over])
}

/// Turns the words before or behind an age into parts; nothing where one of them is not known.
fn flush(words: &mut Vec<String>, parts: &mut Vec<WordPart>) -> Option<()> {
    let all: Vec<String> = std::mem::take(words);
    let is_after = matches!(parts.last(), Some(WordPart::Age(_) | WordPart::And));
    let mut rest: &[String] = &all;
    while let Some(first) = rest.first() {
        let begins = |phrases: &[&[&str]]| {
            let fits = |phrase: &&&[&str]| rest.len() >= phrase.len() && rest.iter().zip(**phrase).all(|(a, b)| a == b);
            phrases.iter().filter(fits).map(|phrase| phrase.len()).max()
        };
        let is = |list: &[&str]| list.contains(&first.as_str());
        let (part, length) = match (is_after, begins(UNDER), begins(UP_TO), begins(OVER), begins(DOWN)) {
            (false, _, Some(length), ..) => (Some(WordPart::UpTo), length),
            (false, Some(length), ..) => (Some(WordPart::Under), length),
            (true, _, _, Some(length), _) => (Some(WordPart::Over), length),
            (true, _, _, _, Some(length)) => (Some(WordPart::Down), length),
            _ if is(TO) => (Some(WordPart::To), 1),
            _ if is(AND) => (Some(WordPart::And), 1),
            _ if is(NOTHING) => (None, 1),
            _ => return None,
        };
        parts.extend(part);
        rest = &rest[length..];
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::band;

    #[test]
    fn bands_are_read_in_words_of_several_languages() {
        for (text, first, last) in [
            ("15 to 17", 15, 17),
            ("15 - 17 years", 15, 17),
            ("de 15 a 17 años", 15, 17),
            ("entre 15 y 17", 15, 17),
            ("15 à 17 ans", 15, 17),
            ("от 15 до 17 лет", 15, 17),
            ("من 15 إلى 17 سنة", 15, 17),
            ("15至17岁", 15, 17),
            ("15 bis 17 Jahre", 15, 17),
            ("under 18", 0, 17),
            ("Under 18 years", 0, 17),
            ("below 18", 0, 17),
            ("menores de 18", 0, 17),
            ("menos de 18 años", 0, 17),
            ("moins de 18 ans", 0, 17),
            ("до 18 лет", 0, 17),
            ("младше 18", 0, 17),
            ("أقل من 18", 0, 17),
            ("未满18岁", 0, 17),
            ("unter 18 Jahren", 0, 17),
            ("<18", 0, 17),
            ("17 and under", 0, 17),
            ("hasta 17 años", 0, 17),
            ("75 and over", 75, u32::MAX),
            ("75 or older", 75, u32::MAX),
            ("75 y más", 75, u32::MAX),
            ("75 años en adelante", 75, u32::MAX),
            ("75 ans et plus", 75, u32::MAX),
            ("75 лет и старше", 75, u32::MAX),
            ("75 سنة فأكثر", 75, u32::MAX),
            ("75岁及以上", 75, u32::MAX),
            ("75 e mais", 75, u32::MAX),
            ("75 Jahre und älter", 75, u32::MAX),
            ("75 +", 75, u32::MAX),
            (">= 18", 18, u32::MAX),
            ("27 years old", 27, 27),
        ] {
            assert_eq!(band(text), Some((first, last)), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_bands() {
        for text in [
            "over 18",
            "mayores de 18",
            "plus de 18 ans",
            ">18",
            "to 18",
            "a 18",
            "18 to",
            "17 to 15",
            "18 cases",
            "year",
            "200",
            "15 to 17 to 18",
            "under",
            "-18",
            "18 months",
            "grade 5",
            "15/17",
        ] {
            assert_eq!(band(text), None, "{text}");
        }
    }
}
