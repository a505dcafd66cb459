//! Figures by citizenship, seen from the country that tells them.

use std::collections::BTreeMap;

use super::{Figures, Place, Subject};
use crate::indicators::Counting;
use crate::model::{Interval, Missing};
use crate::schema::Record;

impl Figures {
    /// Adds the figures of derived fields, such as domestic and cross-border, where a package tells only that from which
    /// they are derived. Those that it tells itself stand.
    pub fn derive<'a>(&mut self, records: impl IntoIterator<Item = &'a Record>) {
        for record in records {
            for (field, rule) in &record.derived {
                let dimensions = [*field, rule.from].map(|index| record.fields[index].dimension.clone());
                let [Some(own), Some(from)] = dimensions else { continue };
                let subject = Subject { record: record.id.clone(), counting: Counting::Victims };
                let [own, from] = [own, from].map(|name| self.names.number(&name));
                self.derive_one(record, *field, rule, &subject, [own, from]);
            }
        }
    }

    fn derive_one(
        &mut self,
        record: &Record,
        field: usize,
        rule: &crate::schema::Derived,
        subject: &Subject,
        [own, from]: [u32; 2],
    ) {
        let [list, origins, areas] = [field, rule.from, rule.against].map(|index| record.fields[index].codes());
        let groups: Vec<Vec<u32>> = self
            .groups
            .keys()
            .filter(|(of, dimensions)| of == subject && dimensions.contains(&from) && !dimensions.contains(&own))
            .map(|(_, dimensions)| dimensions.clone())
            .collect();
        for dimensions in groups {
            let at = dimensions.iter().position(|&of| of == from).unwrap_or_default();
            let mut sums: BTreeMap<Place, Interval> = BTreeMap::new();
            // The names of the dimensions are in order, and so they must stay.
            let mut new = dimensions.clone();
            new[at] = own;
            let mut order: Vec<usize> = (0..new.len()).collect();
            order.sort_by(|&a, &b| self.names.text(new[a]).cmp(self.names.text(new[b])));
            let new: Vec<u32> = order.iter().map(|&at| new[at]).collect();
            let group = self.groups[&(subject.clone(), dimensions)].clone();
            for ((area, year, codes), value) in group {
                let (Some(origin), Some(against)) =
                    (origins.find(self.names.text(codes[at])), areas.find(self.names.text(area)))
                else {
                    continue;
                };
                let code = rule.code(origin, against);
                // A group of citizenships holds those of its parts.
                let above = if Missing::ALL.iter().any(|missing| missing.code() == code) {
                    Vec::new()
                } else {
                    list.ancestors(code).collect()
                };
                for code in std::iter::once(code).chain(above) {
                    let mut codes = codes.clone();
                    codes[at] = self.names.number(list.id_of(code));
                    let codes = order.iter().map(|&at| codes[at]).collect();
                    let sum = sums.entry((area, year, codes)).or_insert(Interval::exact(0));
                    *sum = sum.checked_add(value).unwrap_or(Interval::open());
                }
            }
            let to = self.groups.entry((subject.clone(), new)).or_default();
            let told: Vec<(u32, u16)> = to.keys().map(|(area, year, _)| (*area, *year)).collect();
            for (place, value) in sums {
                if told.binary_search(&(place.0, place.1)).is_err() {
                    to.insert(place, value);
                }
            }
        }
    }
}
