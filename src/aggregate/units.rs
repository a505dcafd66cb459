//! Units: the distinct combinations of the codes of some fields, each with the number of persons that have it.

use std::collections::BTreeMap;
use std::io::Write;

use super::{Breakdown, CountMeasure, CountRequest, Dimension, Microdata, Several};
use crate::confidential::confidential;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::schema::{Field, FieldType, Record};
use crate::store::{CodePlaces, CountRows, CountWriter, NumberColumns};

/// One field of units: the values that occur, as text and as codes.
#[derive(Clone, Debug)]
struct UnitField {
    field: usize,
    heading: String,
    labels: Vec<String>,
    values: Vec<u64>,
    /// For each unit, the place of its value among these.
    places: Vec<u16>,
}

impl UnitField {
    /// Returns the place of a value, which is added where it is new.
    fn place(&mut self, text: &str, value: u64) -> u16 {
        let place = self.values.iter().position(|known| *known == value).unwrap_or_else(|| {
            self.labels.push(text.to_owned());
            self.values.push(value);
            self.values.len() - 1
        });
        place as u16
    }
}

/// All units of a store.
#[derive(Clone)]
pub struct Units {
    columns: Vec<UnitField>,
    counts: Vec<u64>,
}

confidential!(Units);

impl Units {
    /// Counts the units of some fields, which are in ascending order.
    ///
    /// # Errors
    /// A file cannot be read, or a source masks small counts, so that a unit has bounds and no count.
    pub fn read(microdata: &Microdata<'_>, fields: &[usize], control: &Control) -> Result<Self> {
        let record = microdata.record;
        let values = microdata.values(fields)?;
        let mut dimensions = Vec::new();
        for &field in fields {
            let values = values.get(&field).map_or(&[][..], Vec::as_slice);
            let breakdown = Breakdown::recorded(record, field, &record.present(field, values));
            let set = record.fields[field].kind == FieldType::Set;
            let several = if set { Several::Sets } else { Several::Each };
            dimensions.push(Dimension::of(&breakdown, &record.fields[field].id, several, values)?);
        }
        let tables = [(0..dimensions.len()).collect()];
        let request = CountRequest {
            record,
            parts: microdata.parts,
            dimensions: &dimensions,
            tables: &tables,
            measure: CountMeasure::Victims,
            memory: microdata.memory,
        };
        let plan = request.plan()?;
        if plan.is_masked() {
            return Err(Error::refused(
                "policy/rounding",
                "a source masks small counts, so its records cannot be rounded",
            )
            .hint("suppress instead: set `method = \"suppress\"` in the policy"));
        }
        let mut columns: Vec<UnitField> = Vec::new();
        for (dimension, &field) in dimensions.iter().zip(fields) {
            let labels = dimension.nodes.clone();
            let values = labels.iter().map(|text| value(&record.fields[field], text)).collect();
            columns.push(UnitField { field, heading: dimension.id.clone(), labels, values, places: Vec::new() });
        }
        let mut counts = Vec::new();
        plan.count(control, &mut |cells| {
            columns.iter_mut().zip(cells.nodes).for_each(|(column, places)| column.places.extend(places));
            counts.extend(cells.lower);
            Ok(())
        })?;
        Ok(Self { columns, counts })
    }

    /// Returns the number of units.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Returns whether there are no units.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Returns how many persons have each unit.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Returns the places of the fields of a unit: numbers that are the same where the values are.
    pub fn places(&self, unit: usize) -> Vec<u16> {
        self.columns.iter().map(|column| column.places[unit]).collect()
    }

    /// Returns the position of a field among the columns.
    pub fn position(&self, field: usize) -> Option<usize> {
        self.columns.iter().position(|column| column.field == field)
    }

    /// Returns the values of a column, by their places.
    pub fn values(&self, column: usize) -> &[u64] {
        &self.columns[column].values
    }

    /// Returns the number of columns.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Returns the field of a column.
    pub fn field(&self, column: usize) -> usize {
        self.columns[column].field
    }

    /// Returns a keyed digest of all units and their counts.
    pub fn digest(&self, key: &[u8; 32]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(key);
        let mut text = |text: &str| {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        };
        for column in &self.columns {
            text(&column.heading);
            column.places.iter().for_each(|&place| text(&column.labels[usize::from(place)]));
        }
        self.counts.iter().for_each(|count| text(&count.to_string()));
        hasher.finalize().into()
    }

    /// Returns the codes of a unit as labels, in the order of the columns.
    pub fn texts(&self, unit: usize) -> Vec<&str> {
        self.columns.iter().map(|column| column.labels[usize::from(column.places[unit])].as_str()).collect()
    }

    /// Returns the headings of the columns.
    pub fn headings(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.heading.as_str()).collect()
    }

    /// Makes units of codes as text. Fields are in ascending order.
    ///
    /// # Errors
    /// A value is not a code of its field, or a row has another number of values than there are fields.
    pub fn of(record: &Record, fields: &[usize], rows: &[(Vec<&str>, u64)]) -> Result<Self> {
        let unknown = || Error::failed("a unit has a code that its list does not have");
        let heading = |&field: &usize| UnitField {
            field,
            heading: record.fields[field].id.clone(),
            labels: Vec::new(),
            values: Vec::new(),
            places: Vec::new(),
        };
        let mut units = Self { columns: fields.iter().map(heading).collect(), counts: Vec::new() };
        let mut known = vec![BTreeMap::new(); fields.len()];
        for (labels, count) in rows {
            if labels.len() != fields.len() {
                return Err(unknown());
            }
            for ((column, known), text) in units.columns.iter_mut().zip(&mut known).zip(labels) {
                if !known.contains_key(text) {
                    let field = &record.fields[column.field];
                    let is_code = |text: &str| field.codes().find(text).is_some();
                    let set = field.kind == FieldType::Set;
                    if !(if set { text.split(';').all(is_code) } else { is_code(text) }) {
                        return Err(unknown());
                    }
                    known.insert(*text, column.place(text, value(field, text)));
                }
                column.places.push(known[text]);
            }
            units.counts.push(*count);
        }
        Ok(units)
    }

    /// Sets the count of each unit.
    pub fn set_counts(&mut self, counts: &[u64]) {
        self.counts = counts.to_vec();
    }

    /// Keeps some units.
    pub fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let kept: Vec<usize> = (0..self.len()).filter(|&unit| keep(unit)).collect();
        for column in &mut self.columns {
            column.places = kept.iter().map(|&unit| column.places[unit]).collect();
        }
        self.counts = kept.iter().map(|&unit| self.counts[unit]).collect();
    }

    /// Adds the units of others, which have the same fields.
    pub fn append(&mut self, others: &Self) {
        for (column, other) in self.columns.iter_mut().zip(&others.columns) {
            let places = other.labels.iter().zip(&other.values).map(|(text, &value)| column.place(text, value));
            let places: Vec<u16> = places.collect();
            column.places.extend(other.places.iter().map(|&place| places[usize::from(place)]));
        }
        self.counts.extend(&others.counts);
    }

    /// Adds a unit without records.
    pub fn push(&mut self, places: &[u16]) {
        self.columns.iter_mut().zip(places).for_each(|(column, &place)| column.places.push(place));
        self.counts.push(0);
    }

    /// Writes the units with other counts as a base. Units of 0 are left out, and values that then do not occur.
    pub fn write(&self, record: &Record, counts: &[u64], output: impl Write + Send) -> Result<u64> {
        let kept: Vec<usize> = (0..self.len()).filter(|&unit| counts[unit] > 0).collect();
        let (mut lists, mut places) = (Vec::new(), Vec::new());
        for column in &self.columns {
            let mut labels = Vec::new();
            let mut new = vec![None; column.labels.len()];
            let each = kept.iter().map(|&unit| {
                let at = usize::from(column.places[unit]);
                *new[at].get_or_insert_with(|| {
                    labels.push(column.labels[at].clone());
                    labels.len() as u16 - 1
                })
            });
            places.push(CodePlaces::Each(each.collect()));
            lists.push((column.heading.clone(), labels));
        }
        let name = record.name();
        let about = [("tipstat.record", name.as_str()), ("tipstat.caveat", &record.caveat)];
        let mut writer = CountWriter::new(output, lists, NumberColumns::Store, &about)?;
        writer.write(CountRows { places, lower: kept.iter().map(|&unit| counts[unit]).collect(), upper: None })?;
        writer.finish()
    }
}

/// Returns the value that a text of recorded codes stands for.
fn value(field: &Field, text: &str) -> u64 {
    let code = |id: &str| u64::from(field.codes().find(id).expect("a code that was read"));
    if field.kind == FieldType::Set { text.split(';').map(|id| 1 << code(id)).sum() } else { code(text) }
}
