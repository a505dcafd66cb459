//! Ages and bands of ages, in the spellings that publishers use.

use super::age_words::band;
use super::target::Target;
use crate::finding::Rule;
use crate::model::Codelist;

/// No person is known to be older.
pub(super) const OLDEST: u32 = 120;

/// What stands between two ages: a hyphen, two of them, and the dashes that word processors make of them.
const DASHES: [&str; 4] = ["-", "--", "–", "—"];

/// The bands of a code list, to find the narrowest that holds a band of a source.
#[derive(Clone, Debug)]
pub(crate) struct Bands {
    known: Vec<(u16, (u32, u32))>,
    straddles: Rule,
    except: Vec<Box<str>>,
}

impl Bands {
    /// The bands of a list, as its ids name them.
    pub fn new(list: &Codelist) -> Self {
        let known = list.known().filter_map(|(index, code)| Some((index, of_code(&code.id)?))).collect();
        Self { known, straddles: Rule::named("cell/straddles"), except: Vec::new() }
    }

    /// The same, but for texts that have another meaning.
    pub fn without<'a>(mut self, texts: impl Iterator<Item = &'a str>) -> Self {
        self.except = texts.map(Into::into).collect();
        self
    }

    /// The spellings of the list's own bands, which are those that sources use most.
    pub fn texts(&self) -> impl Iterator<Item = (String, Target)> {
        self.known.iter().flat_map(move |&(_, (from, to))| {
            let texts = match to {
                u32::MAX => vec![format!("{from}+"), format!("Y_GE{from}")],
                _ if from == to => vec![from.to_string()],
                _ => DASHES.iter().map(|dash| format!("{from}{dash}{to}")).chain([format!("Y{from}T{to}")]).collect(),
            };
            texts.into_iter().map(move |text| (text, self.narrowest(from, to)))
        })
    }

    /// What any age or band means.
    pub fn get(&self, text: &[u8]) -> Option<Target> {
        let text = std::str::from_utf8(text).ok()?;
        if self.except.iter().any(|other| **other == *text) {
            return None;
        }
        let (from, to) = parse(text).or_else(|| band(text))?;
        Some(self.narrowest(from, to))
    }

    fn narrowest(&self, from: u32, to: u32) -> Target {
        let holding = self.known.iter().filter(|(_, (low, high))| *low <= from && to <= *high);
        let found = holding.min_by_key(|(_, (low, high))| high - low);
        found.map_or(Target::Refused(self.straddles), |(index, _)| Target::Code(*index))
    }
}

/// Returns whether a field of ages reads a text by itself.
pub(crate) fn is_age(text: &str) -> bool {
    parse(text).or_else(|| band(text)).is_some()
}

/// The ages of a code: `Y9T17`, `Y_GE18`, `Y27`.
fn of_code(id: &str) -> Option<(u32, u32)> {
    let rest = id.strip_prefix('Y')?;
    if let Some(from) = rest.strip_prefix("_GE") {
        return Some((from.parse().ok()?, u32::MAX));
    }
    match rest.split_once('T') {
        Some((from, to)) => Some((from.parse().ok()?, to.parse().ok()?)),
        None => rest.parse().ok().map(|age| (age, age)),
    }
}

/// The ages of a text: `27`, `9-17`, `18+`, `Y9T17`, `Y_GE18`.
fn parse(text: &str) -> Option<(u32, u32)> {
    // A number with a zero before it or a sign is none that anybody writes for an age.
    let age = |text: &str| {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
        text.parse::<u32>().ok().filter(|age| plain && *age <= OLDEST)
    };
    if let Some(age) = age(text) {
        return Some((age, age));
    }
    if let Some(from) = text.strip_suffix('+').or(text.strip_prefix("Y_GE")) {
        return Some((age(from)?, u32::MAX));
    }
    let parted = text.strip_prefix('Y').and_then(|rest| rest.split_once('T'));
    let dash = || {
        let at = text.find(|c: char| !c.is_ascii_digit())?;
        let (from, rest) = text.split_at(at);
        let to = |dash: &&'static str| rest.strip_prefix(*dash).filter(|to| age(to).is_some());
        Some((from, DASHES.iter().find_map(to)?))
    };
    let (from, to) = parted.or_else(dash)?;
    let (from, to) = (age(from)?, age(to)?);
    (from < to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn bands_are_read_in_all_spellings() {
        for text in ["9-17", "9--17", "9–17", "9—17", "Y9T17"] {
            assert_eq!(parse(text), Some((9, 17)), "{text}");
        }
        assert_eq!(
            (parse("27"), parse("18+"), parse("Y_GE18")),
            (Some((27, 27)), Some((18, u32::MAX)), Some((18, u32::MAX)))
        );
        for text in
            ["", "-", "17-9", "9-9", "09-17", "+9", "9-", "-9", "121", "9-121", "9---17", "9 -17", "Y", "YT", "+"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
