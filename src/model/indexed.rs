//! A column as the different values that it holds and the place of each row's value among them.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::KeyHasher;

/// Values as indices of the different ones, which are in ascending order.
#[derive(Debug)]
pub struct Indexed<T> {
    /// The different values.
    pub values: Vec<T>,
    /// For each row, which of them.
    pub rows: Vec<u32>,
}

impl<T: Copy + Ord + Into<u64>> Indexed<T> {
    /// Finds the different values of a column.
    pub fn of(column: &[T]) -> Self {
        let Some(&first) = column.first() else { return Self { values: Vec::new(), rows: Vec::new() } };
        if column.iter().all(|value| *value == first) {
            return Self { values: vec![first], rows: vec![0; column.len()] };
        }
        let mut seen: HashMap<u64, u32, BuildHasherDefault<KeyHasher>> = HashMap::default();
        let mut values = Vec::new();
        let mut rows: Vec<u32> = Vec::with_capacity(column.len());
        for value in column {
            rows.push(*seen.entry((*value).into()).or_insert_with(|| {
                values.push(*value);
                (values.len() - 1) as u32
            }));
        }
        // In the order of the values and not of the rows, so that a reader sees the order of the code list.
        let mut order: Vec<u32> = (0..values.len() as u32).collect();
        order.sort_unstable_by_key(|&at| values[at as usize]);
        let mut place = vec![0; values.len()];
        order.iter().enumerate().for_each(|(to, &from)| place[from as usize] = to as u32);
        rows.iter_mut().for_each(|row| *row = place[*row as usize]);
        Self { values: order.into_iter().map(|at| values[at as usize]).collect(), rows }
    }
}

#[cfg(test)]
mod tests {
    use super::Indexed;

    #[test]
    fn different_values_are_in_their_own_order() {
        let indexed = Indexed::of(&[7u32, 3, 7, 9, 3]);
        assert_eq!((indexed.values, indexed.rows), (vec![3, 7, 9], vec![1, 0, 1, 2, 0]));
        let same = Indexed::of(&[5u64; 3]);
        assert_eq!((same.values, same.rows), (vec![5], vec![0; 3]));
        assert!(Indexed::<u32>::of(&[]).values.is_empty());
    }
}
