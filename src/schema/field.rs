//! One field of a record type: what it holds, and how one is computed from others.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::codelist::load_codelist;
use super::pack::{Pack, PackList, PackType};
use super::{Region, Registry};
use crate::error::{Error, Result};
use crate::model::{Code, Codelist};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// One code of a list.
    Code,
    /// Several codes of a list.
    Set,
    /// A year; its list is made of the years from `first` to `last`.
    Year,
    /// One code of the reporting country's own list.
    Pack,
    /// How many victims the record stands for: a number, or a mask such as `<5`.
    Count,
    /// A published figure: a number with decimals, a mask such as `<5`, or nothing.
    Value,
    /// A pseudonymous person id, used for duplicates and not stored.
    Person,
}

/// What an invalid value does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnInvalid {
    /// The record is rejected.
    Reject,
    /// The field becomes `_U` and the record is kept.
    Unknown,
}

/// Columns with answers on a scale. The highest answer decides.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// The columns.
    pub columns: Vec<String>,
    /// Answer to code.
    pub codes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldText {
    id: String,
    title: String,
    r#type: FieldType,
    codelist: Option<String>,
    dimension: Option<String>,
    role: Option<String>,
    #[serde(default)]
    required: bool,
    on_invalid: OnInvalid,
    #[serde(default)]
    printable: bool,
    #[serde(default = "yes")]
    pooled: bool,
    #[serde(default)]
    age_bands: bool,
    oldest: Option<u32>,
    #[serde(default)]
    total: bool,
    #[serde(default)]
    scale: Option<Scale>,
    #[serde(default)]
    default: Option<String>,
    #[serde(default)]
    words: Option<String>,
    first: Option<u16>,
    last: Option<u16>,
    paragraph: String,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DerivedText {
    id: String,
    title: String,
    codelist: String,
    dimension: String,
    from: String,
    against: String,
    same: String,
    other: String,
    scheme: String,
    level: String,
    special: BTreeMap<String, String>,
    #[serde(default)]
    regions: BTreeMap<String, Vec<String>>,
    paragraph: String,
}

/// One field of a record type.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name, which is also the column's heading in the record type's own layout.
    pub id: String,
    /// What it is.
    pub title: String,
    /// What it holds.
    pub kind: FieldType,
    /// Its codes; none for counts and person ids.
    pub codelist: Option<Arc<Codelist>>,
    /// The SDMX dimension under which it is tabulated, if it is.
    pub dimension: Option<String>,
    /// `area` and `time` play a part of their own in tables.
    pub role: Option<String>,
    /// True if the column must exist in the record type's own layout.
    pub required: bool,
    /// What an invalid value does.
    pub on_invalid: OnInvalid,
    /// True if a short value may be shown in a message.
    pub printable: bool,
    /// True if countries may be added up.
    pub pooled: bool,
    /// True if bands of years such as `9-17` and `48+` are read as the narrowest code that holds them.
    pub age_bands: bool,
    /// The highest age that is believed where it follows from dates.
    pub oldest: Option<u32>,
    /// Columns that replace it in the record type's own layout.
    pub scale: Option<Scale>,
    /// The code where a record says nothing.
    pub default: Option<u16>,
    /// The crosswalk that holds wherever a layout has neither codes nor a crosswalk of its own for the field.
    pub words: Option<String>,
    /// The paragraph of the resolution that asks for it.
    pub paragraph: String,
}

impl Field {
    /// The code list of a field that has one.
    pub fn codes(&self) -> &Arc<Codelist> {
        self.codelist.as_ref().expect("the field has a code list")
    }

    /// Returns whether values of the field are codes that are stored.
    pub fn is_coded(&self) -> bool {
        self.codelist.is_some()
    }
}

/// One of the two fields that a derived field compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparedSide {
    /// The compared field.
    From,
    /// The field that it is compared with.
    Against,
}

/// A field that is computed from two others.
///
/// The value of `from` is compared with that of `against`. Equal values give `same`. Otherwise the region of `from` in a
/// scheme gives `<other>_<region>`, or `other` where the scheme has none. Special codes have results of their own.
/// A code that means only a region, such as `R002` (Africa), may be equal to a place inside that region: the result is its
/// special code. It differs from all places elsewhere.
#[derive(Clone, Debug)]
pub struct Derived {
    /// Index of the compared field.
    pub from: usize,
    /// Index of the field that it is compared with.
    pub against: usize,
    /// Result for each code of `from` that differs from `against`.
    pub otherwise: Vec<u16>,
    /// Result where both are equal.
    pub same: u16,
    /// Index in `against`'s list of each code of `from`, where it is there.
    pub counterpart: Vec<Option<u16>>,
    /// Result where only a region is known and both may be the same place.
    open: u16,
    /// Codes of `from` with one result, whatever `against` is.
    fixed: Vec<bool>,
    /// For each code of `from` and of `against`, the regions that may hold it.
    places: [Vec<RegionBits>; 2],
}

/// Regions of a scheme, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RegionBits {
    /// Regions that may hold the code.
    regions: u64,
    /// True if only the region is known.
    is_region: bool,
}

impl RegionBits {
    const ANYWHERE: Self = Self { regions: u64::MAX, is_region: true };
}

impl Derived {
    /// Returns the code that follows from the codes of both fields.
    #[inline]
    pub fn code(&self, from: u16, against: u16) -> u16 {
        if !Codelist::is_known(from) {
            return from;
        }
        let otherwise = self.otherwise[usize::from(from)];
        if self.fixed[usize::from(from)] {
            return otherwise;
        }
        if !Codelist::is_known(against) {
            return crate::model::Missing::Unknown.code();
        }
        if self.counterpart[usize::from(from)] == Some(against) {
            return self.same;
        }
        if self.may_hold(from, against) { self.open } else { otherwise }
    }

    /// Returns whether a code of `from` means only a region.
    pub fn is_region(&self, from: u16) -> bool {
        self.places[0][usize::from(from)].is_region && !self.fixed[usize::from(from)]
    }

    /// Returns whether a code of `from` is not a place at all, such as that of stateless persons.
    pub fn is_no_place(&self, from: u16) -> bool {
        self.fixed[usize::from(from)]
    }

    /// Returns the code for persons whose region is known only, where that region holds the place compared with.
    pub fn open(&self) -> u16 {
        self.open
    }

    /// Returns whether a code that means only a region may be a place. Both are codes of the same side.
    pub fn may_be(&self, region: u16, place: u16, side: ComparedSide) -> bool {
        let [region, place] = [region, place].map(|code| self.places[side as usize][usize::from(code)]);
        region.is_region && !place.is_region && region.regions & place.regions != 0
    }

    /// Returns whether only a region is known of one of two codes, and both may be the same place.
    #[inline]
    pub fn may_hold(&self, from: u16, against: u16) -> bool {
        let [one, other] = [self.places[0][usize::from(from)], self.places[1][usize::from(against)]];
        (one.is_region || other.is_region) && one.regions & other.regions != 0
    }
}

/// Code lists that were loaded, by name: that of areas is the list of four fields.
pub(super) type LoadedLists = BTreeMap<String, Arc<Codelist>>;

fn load_once(registry: &Registry, name: &str, lists: &mut LoadedLists) -> Result<Arc<Codelist>> {
    if let Some(list) = lists.get(name) {
        return Ok(Arc::clone(list));
    }
    let list = Arc::new(load_codelist(registry, name)?);
    lists.insert(name.to_owned(), Arc::clone(&list));
    Ok(list)
}

/// Loads a field. Lists that were loaded before are taken from `lists`.
pub(super) fn load_field(
    registry: &Registry,
    text: FieldText,
    packs: &[Pack],
    lists: &mut LoadedLists,
) -> Result<Field> {
    let problem = |what: String| Error::refused("schema/check", format!("field `{}`: {what}", text.id));
    let codelist = match (text.r#type, &text.codelist) {
        (FieldType::Count | FieldType::Value | FieldType::Person, None) => None,
        (FieldType::Year, None) => {
            let (Some(first), Some(last)) = (text.first, text.last) else {
                return Err(problem("a year needs `first` and `last`".into()));
            };
            let mut list = Codelist::new("CL_YEAR", 1);
            list.title = "Years".into();
            for year in first..=last {
                list.push(Code { id: year.to_string().into(), ..Code::default() })?;
            }
            Some(Arc::new(list))
        }
        (FieldType::Code | FieldType::Set | FieldType::Pack, Some(name)) => {
            let mut list = load_once(registry, name, lists)?;
            if text.r#type == FieldType::Pack {
                extend_by_packs(Arc::make_mut(&mut list), &text.id, packs)?;
            }
            if text.total {
                Arc::make_mut(&mut list).push(total())?;
            }
            // A set is stored as one bit a code, three of them for the missing codes.
            if text.r#type == FieldType::Set && list.len() > 64 {
                return Err(problem(format!("`{name}` has more than 61 codes, too many for a set")));
            }
            Some(list)
        }
        (FieldType::Code | FieldType::Set | FieldType::Pack, None) => {
            return Err(problem("the type needs a `codelist`".into()));
        }
        (_, Some(_)) => return Err(problem("the type has no `codelist`".into())),
    };
    let default = text.default.as_ref().map(|id| {
        let found = codelist.as_ref().and_then(|list| list.find(id));
        found.ok_or_else(|| problem(format!("the default `{id}` is not a code of its list")))
    });
    let default = default.transpose()?;
    Ok(Field {
        id: text.id,
        title: text.title,
        kind: text.r#type,
        codelist,
        dimension: text.dimension,
        role: text.role,
        required: text.required,
        on_invalid: text.on_invalid,
        printable: text.printable,
        pooled: text.pooled,
        age_bands: text.age_bands,
        oldest: text.oldest,
        scale: text.scale,
        default,
        words: text.words,
        paragraph: text.paragraph,
    })
}

/// Returns the code of the total, in figures only: records of persons have no total.
fn total() -> Code {
    let labels = ["total", "total", "total", "المجموع", "总计", "всего"];
    Code { id: "_T".into(), parent: None, labels: labels.map(|label| Some(label.into())) }
}

fn extend_by_packs(list: &mut Codelist, field: &str, packs: &[Pack]) -> Result<()> {
    for pack in packs {
        for answers in pack.lists.iter().filter(|answers| answers.field == field) {
            let id = |code: &str| format!("{}_{code}", pack.area);
            for code in &answers.codes {
                let mut labels: [Option<Box<str>>; 6] = Default::default();
                labels[0] = Some(code.en.as_str().into());
                labels[1] = code.fr.as_deref().map(Into::into);
                let parent = code.parent.as_deref().map(|parent| {
                    list.find(&id(parent)).ok_or_else(|| {
                        let what = format!("`{}` has the parent `{parent}`, which must come before it", code.code);
                        Error::refused("schema/check", what).at(format!("packs/{}.toml", pack.area))
                    })
                });
                list.push(Code { id: id(&code.code).into(), parent: parent.transpose()?, labels })?;
            }
            if answers.r#type == PackType::Set {
                let mut labels: [Option<Box<str>>; 6] = Default::default();
                labels[0] = Some("several answers".into());
                labels[1] = Some("plusieurs réponses".into());
                list.push(Code { id: id(PackList::SEVERAL).into(), parent: None, labels })?;
            }
        }
    }
    Ok(())
}

pub(super) fn load_derived(registry: &Registry, text: &DerivedText, fields: &[Field]) -> Result<(Field, Derived)> {
    let problem = |what: String| Error::refused("schema/check", format!("derived `{}`: {what}", text.id));
    let find = |id: &str| {
        let found = fields.iter().position(|field| field.id == id);
        found.filter(|&index| fields[index].is_coded()).ok_or_else(|| problem(format!("no coded field `{id}`")))
    };
    let (from, against) = (find(&text.from)?, find(&text.against)?);
    let list = load_codelist(registry, &text.codelist)?;
    let code = |id: &str| list.find(id).ok_or_else(|| problem(format!("`{}` has no code `{id}`", text.codelist)));
    let scheme = Region::load(registry, &text.scheme)?;
    let (source, target) = (fields[from].codes(), fields[against].codes());
    let mut otherwise = vec![crate::model::Missing::Unknown.code(); source.len()];
    for (index, known) in source.known() {
        let special = text.special.get(&*known.id).filter(|_| !text.regions.contains_key(&*known.id));
        otherwise[index as usize] = if let Some(special) = special {
            code(special)?
        } else {
            let region = scheme
                .at_level(&known.id, &text.level)
                .map(|region| format!("{}_{}", text.other, region.rsplit('_').next().unwrap_or_default()));
            match region.and_then(|id| list.find(&id)) {
                Some(found) => found,
                None => code(&text.other)?,
            }
        };
    }
    let places = places(text, &scheme).map_err(problem)?;
    let open = text.regions.keys().next().and_then(|region| text.special.get(region));
    let open = open.map_or(Ok(crate::model::Missing::Unknown.code()), |id| code(id))?;
    let is_special = |id: &str| text.special.contains_key(id);
    let ids = |list: &Codelist| (0..list.len() as u16).map(|index| list.id_of(index).to_owned()).collect::<Vec<_>>();
    let [sources, targets] = [source, target].map(|list| ids(list));
    let rule = Derived {
        from,
        against,
        otherwise,
        same: code(&text.same)?,
        counterpart: sources.iter().map(|id| target.find(id).filter(|_| !is_special(id))).collect(),
        open,
        fixed: sources.iter().map(|id| is_special(id) && !text.regions.contains_key(id)).collect(),
        places: [sources, targets].map(|ids| ids.iter().map(|id| places(id)).collect()),
    };
    let field = Field {
        id: text.id.clone(),
        title: text.title.clone(),
        kind: FieldType::Code,
        codelist: Some(Arc::new(list)),
        dimension: Some(text.dimension.clone()),
        role: None,
        required: false,
        on_invalid: OnInvalid::Unknown,
        printable: false,
        pooled: true,
        age_bands: false,
        oldest: None,
        scale: None,
        default: None,
        words: None,
        paragraph: text.paragraph.clone(),
    };
    Ok((field, rule))
}

/// Returns where each code may lie, by its id.
fn places<'a>(
    text: &'a DerivedText,
    scheme: &'a Region,
) -> std::result::Result<impl Fn(&str) -> RegionBits + 'a, String> {
    let mut regions: Vec<&str> = scheme.at(&text.level).collect();
    regions.sort_unstable();
    if regions.len() > 64 {
        return Err(format!("the level `{}` has more than 64 regions", text.level));
    }
    let open = text.regions.keys().next().and_then(|region| text.special.get(region));
    for (id, within) in &text.regions {
        if open.is_none() || text.special.get(id) != open {
            return Err(format!("`{id}` has regions, so `special` must give it the same code as the other regions"));
        }
        if let Some(unknown) = within.iter().find(|region| !regions.contains(&region.as_str())) {
            return Err(format!("`{unknown}` is not a region of `{}` at the level `{}`", text.scheme, text.level));
        }
    }
    let bit = move |region: &str| regions.binary_search(&region).map_or(0, |at| 1u64 << at);
    Ok(move |id: &str| match text.regions.get(id) {
        Some(within) => RegionBits { regions: within.iter().fold(0, |all, region| all | bit(region)), is_region: true },
        None if text.special.contains_key(id) => RegionBits::ANYWHERE,
        None => RegionBits { regions: scheme.at_level(id, &text.level).map_or(u64::MAX, &bit), is_region: false },
    })
}
