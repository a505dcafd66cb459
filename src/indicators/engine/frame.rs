//! The cells of a table as a frame: a row for each cell, and what a formula needs to know of it.

use std::collections::BTreeSet;

use polars::prelude::*;

use super::layout::{FrameLayout, LeafTarget, within};
use super::names::{dimension, moved, nowhere, same};
use super::problem::problem;
use crate::error::Result;
use crate::indicators::formula::Formula;
use crate::indicators::value::Seen;

impl FrameLayout<'_> {
    /// Returns the first cell of the whole of a share.
    fn whole_of(nodes: &[u16], wholes: &[(usize, LeafTarget)]) -> Vec<u16> {
        let mut whole = nodes.to_vec();
        for (d, target) in wholes {
            if let LeafTarget::Sum(of_whole) = target {
                whole[*d] = of_whole.first().map_or(whole[*d], |&node| node as u16);
            }
        }
        whole
    }

    /// The rows.
    pub fn frame(&self, cells: &[Seen]) -> Result<LazyFrame> {
        let mut columns: Vec<Column> = (0..self.dimensions.len())
            .map(|d| {
                let nodes = cells.iter().map(|cell| u32::from(cell.nodes[d]));
                Column::new(dimension(d).as_str().into(), nodes.collect::<Vec<_>>())
            })
            .collect();
        columns.push(Column::new("cell".into(), (0..cells.len() as u64).collect::<Vec<_>>()));
        let mut numbers = |name: &str, value: &dyn Fn(&Seen) -> Option<f64>| {
            columns.push(Column::new(name.into(), cells.iter().map(value).collect::<Vec<_>>()));
        };
        let float = |count: Option<u64>| count.map(|count| count as f64);
        numbers("v", &|cell| float(cell.shown.value));
        numbers("l", &|cell| Some(float(cell.shown.lower).unwrap_or(0.0)));
        numbers("u", &|cell| float(cell.shown.upper));
        for (at, leaf) in self.leaves.iter().enumerate() {
            if let Formula::Population(choices) = &leaf.formula {
                numbers(&format!("p{at}"), &|cell| self.population(&cell.nodes, choices));
            }
        }
        numbers("people", &|cell| self.people(&cell.nodes));
        numbers("of_people", &|cell| self.region_population(&cell.nodes));
        let mut flags = |name: &str, flag: &dyn Fn(&Seen) -> bool| {
            columns.push(Column::new(name.into(), cells.iter().map(flag).collect::<Vec<_>>()));
        };
        let areas = &self.dimensions[0];
        let is_country: Vec<bool> = (0..areas.nodes.len()).map(|node| self.below[node] == [node as u16]).collect();
        let closed = self.closed();
        flags("present", &|cell| cell.present);
        // Of persons with a code for which the area asked in some years only, it knows all others: they are of these years.
        let unasked: BTreeSet<&[u16]> =
            cells.iter().filter(|cell| !cell.asked).map(|cell| cell.nodes.as_slice()).collect();
        let wholes = self.whole_targets().unwrap_or_default();
        flags("asked", &|cell| cell.asked || unasked.contains(Self::whole_of(&cell.nodes, &wholes).as_slice()));
        flags("open", &|cell| cell.is_open);
        flags("country", &|cell| is_country[usize::from(cell.nodes[0])]);
        flags("region", &|cell| self.is_region(cell.nodes[0]));
        flags("closed", &|cell| closed[usize::from(cell.nodes[0])]);
        flags("keep", &|cell| self.keeps(&cell.nodes));
        for (at, leaf) in self.leaves.iter().enumerate() {
            if within(&leaf.formula).is_some() {
                flags(&nowhere(at), &|cell| is_country[usize::from(cell.nodes[0])] && leaf.is_nowhere(cell.nodes[0]));
            }
            flags(&format!("c{at}_part"), &|cell| {
                leaf.targets.iter().all(|(d, target)| match target {
                    LeafTarget::Sum(nodes) => nodes.contains(&u32::from(cell.nodes[*d])),
                    LeafTarget::Moved(..) | LeafTarget::Each(_) => false,
                })
            });
        }
        for (at, leaf) in self.leaves.iter().enumerate() {
            flags(&same(at), &|cell| {
                leaf.targets.iter().all(|(d, target)| match target {
                    LeafTarget::Moved(by, to) => {
                        to.get(usize::from(cell.nodes[*by])).copied().flatten() == Some(u32::from(cell.nodes[*d]))
                    }
                    LeafTarget::Sum(nodes) => *nodes == [u32::from(cell.nodes[*d])],
                    LeafTarget::Each(_) => false,
                })
            });
        }
        for (at, leaf) in self.leaves.iter().enumerate() {
            for (d, target) in &leaf.targets {
                if let LeafTarget::Moved(by, to) = target {
                    let to: Vec<Option<u32>> =
                        cells.iter().map(|cell| to.get(usize::from(cell.nodes[*by])).copied().flatten()).collect();
                    columns.push(Column::new(moved(at, *d).as_str().into(), to));
                }
                if let LeafTarget::Each(nodes) = target {
                    let nodes_of = |cell: &Seen| nodes[usize::from(cell.nodes[0])].as_deref().unwrap_or_default();
                    let place = |cell: &Seen| nodes_of(cell).iter().position(|&node| node == u32::from(cell.nodes[*d]));
                    let places: Vec<Option<u32>> = cells.iter().map(|cell| place(cell).map(|at| at as u32)).collect();
                    columns.push(Column::new(moved(at, *d).as_str().into(), places));
                }
            }
        }
        Ok(DataFrame::new(cells.len(), columns).map_err(problem)?.lazy())
    }
}
