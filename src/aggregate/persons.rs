//! Different persons, each once in every cell, however many records they have.
//!
//! Records of one person are brought together: noted by pseudonym, spread over buckets, and spilled to the disk when
//! they are many. All different records of a person are counted, and how often that counts the person twice in a
//! cell is counted separately for each table and subtracted at the end.

use std::io::{Read, Seek, SeekFrom, Write};

use rayon::prelude::*;

use super::budget::Budget;
use super::count::{Runs, radix};
use super::request::CountRequest;
use super::rows::{RecordRun, RowWeights, RunConsumer};
use super::sorted::PackedRun;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::files::{self, File};
use crate::store::Part;

/// Pseudonyms are spread evenly, so a bucket of a thousand millions of persons fits in memory.
const BUCKETS: usize = 1 << 10;

/// Bytes of a pseudonym.
const NAME: usize = 16;

/// Records that bear a pseudonym.
#[derive(Debug)]
pub(super) struct Persons<'a> {
    request: &'a CountRequest<'a>,
    groups: &'a [(&'a Part, usize)],
    budget: &'a Budget,
    control: &'a Control,
    /// Bytes of a note: the pseudonym, and two bytes for each dimension.
    size: usize,
    buckets: Vec<Vec<u8>>,
    held: u64,
    aside: Option<File>,
    /// For each time that notes were spilled, where each bucket begins, and the end.
    begins: Vec<Vec<u64>>,
}

/// Records of some persons, those of one person next to each other, and the places of persons with multiple records.
type Together = (RecordRun, Vec<(usize, usize)>);

impl<'a> Persons<'a> {
    /// Notes the persons of a store.
    pub fn read(
        request: &'a CountRequest<'a>,
        groups: &'a [(&'a Part, usize)],
        budget: &'a Budget,
        control: &'a Control,
    ) -> Result<Self> {
        let size = NAME + 2 * request.dimensions.len();
        let buckets = vec![Vec::new(); BUCKETS];
        let mut out =
            Self { request, groups, budget, control, size, buckets, held: 0, aside: None, begins: Vec::new() };
        for window in groups.chunks(budget.window) {
            control.go_on()?;
            let window = window.par_iter().filter(|(part, _)| part.has_persons()).map(|(part, group)| {
                let rows = RecordRun::read(part, request.record, request.dimensions, *group)?;
                Ok((rows, part.persons(*group)?))
            });
            for (rows, names) in window.collect::<Result<Vec<_>>>()? {
                for (row, name) in names.iter().enumerate() {
                    let Some(name) = name else { continue };
                    let bucket = &mut out.buckets[*name as usize % BUCKETS];
                    bucket.extend_from_slice(&name.to_be_bytes());
                    rows.codes.iter().for_each(|codes| bucket.extend_from_slice(&codes.get(row).to_be_bytes()));
                    out.held += size as u64;
                }
                if out.held > budget.persons {
                    out.spill().map_err(problem)?;
                }
            }
        }
        Ok(out)
    }

    fn spill(&mut self) -> std::io::Result<()> {
        let file = match &mut self.aside {
            Some(file) => file,
            None => self.aside.insert(files::nameless()?),
        };
        let mut at = file.seek(SeekFrom::End(0))?;
        let mut begins = vec![at];
        for bucket in &mut self.buckets {
            file.write_all(bucket)?;
            at += bucket.len() as u64;
            begins.push(at);
            *bucket = Vec::new();
        }
        self.begins.push(begins);
        self.held = 0;
        Ok(())
    }

    /// Calls back with all rows: those without a pseudonym as they are, the others once for each person.
    ///
    /// `twice` receives how often that counts a person twice in a cell.
    pub fn each(&self, mut twice: Option<&mut Runs>, take: RunConsumer<'_>) -> Result<()> {
        let Self { request, budget, control, .. } = *self;
        for window in self.groups.chunks(budget.window) {
            control.go_on()?;
            let nameless = window.par_iter().map(|(part, group)| self.nameless(part, *group));
            take(&nameless.collect::<Result<Vec<_>>>()?)?;
        }
        let mut bucket = 0;
        while bucket < BUCKETS {
            control.go_on()?;
            let (mut notes, mut bytes) = (Vec::new(), 0);
            while bucket < BUCKETS && (notes.is_empty() || bytes < budget.persons) {
                let of_bucket = self.bucket(bucket).map_err(problem)?;
                budget.allows(of_bucket.len() as u64)?;
                bytes += of_bucket.len() as u64;
                notes.push(of_bucket);
                bucket += 1;
            }
            let together: Vec<Together> = notes.into_par_iter().map(|notes| self.together(&notes)).collect();
            if let Some(twice) = &mut twice {
                // As many tables at once as there are threads, so that what they hold stays within their share.
                for first in (0..request.tables.len()).step_by(rayon::current_num_threads()) {
                    let last = request.tables.len().min(first + rayon::current_num_threads());
                    let of_tables = (first..last).into_par_iter().map(|table| self.again(table, &together));
                    for (runs, made) in
                        twice.by_table[first..last].iter_mut().zip(of_tables.collect::<Result<Vec<_>>>()?)
                    {
                        runs.extend(made);
                    }
                    twice.bound(budget.persons)?;
                }
            }
            let rows: Vec<RecordRun> = together.into_iter().map(|(rows, _)| rows).collect();
            take(&rows)?;
        }
        Ok(())
    }

    fn bucket(&self, bucket: usize) -> std::io::Result<Vec<u8>> {
        let mut notes = Vec::new();
        if let Some(mut file) = self.aside.as_ref() {
            for begins in &self.begins {
                file.seek(SeekFrom::Start(begins[bucket]))?;
                file.take(begins[bucket + 1] - begins[bucket]).read_to_end(&mut notes)?;
            }
        }
        notes.extend_from_slice(&self.buckets[bucket]);
        Ok(notes)
    }

    /// Returns the different records of each person of a bucket.
    fn together(&self, notes: &[u8]) -> Together {
        let mut notes: Vec<&[u8]> = notes.chunks_exact(self.size).collect();
        notes.sort_unstable();
        notes.dedup();
        let mut rows = RecordRun::empty(self.request.dimensions, notes.len());
        let mut several = Vec::new();
        for person in notes.chunk_by(|a, b| a[..NAME] == b[..NAME]) {
            if person.len() > 1 {
                several.push((rows.len, rows.len + person.len()));
            }
            for note in person {
                for (codes, class) in rows.codes.iter_mut().zip(note[NAME..].chunks_exact(2)) {
                    codes.push(u16::from_be_bytes([class[0], class[1]]));
                }
            }
            rows.len += person.len();
        }
        (rows, several)
    }

    /// Returns how often each cell of a table holds a person again.
    fn again(&self, table: usize, together: &[Together]) -> Result<Vec<PackedRun>> {
        let request = self.request;
        let table = &request.tables[table];
        let radix = radix(request.dimensions, table)?;
        let (mut keys, mut spare, mut of_person) = (Vec::new(), Vec::new(), Vec::new());
        let (mut again, mut runs) = (Vec::new(), Vec::new());
        for (rows, several) in together {
            for &(start, end) in several {
                of_person.clear();
                for row in start..end {
                    let nodes = table.iter().map(|&dimension| {
                        let class = rows.codes[dimension].get(row);
                        &request.dimensions[dimension].classes[usize::from(class)][..]
                    });
                    radix.keys(nodes, &mut keys, &mut spare);
                    of_person.extend_from_slice(&keys);
                }
                of_person.sort_unstable();
                again.extend(of_person.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]));
                if again.len() >= self.budget.sorting {
                    runs.push(PackedRun::of_keys(&mut again));
                    again.clear();
                }
            }
        }
        if !again.is_empty() {
            runs.push(PackedRun::of_keys(&mut again));
        }
        Ok(runs)
    }

    /// Returns the rows of a row group that bear no pseudonym.
    fn nameless(&self, part: &Part, row_group: usize) -> Result<RecordRun> {
        let request = self.request;
        let rows = RecordRun::read(part, request.record, request.dimensions, row_group)?;
        if !part.has_persons() {
            return Ok(rows);
        }
        let names = part.persons(row_group)?;
        let mut out = RecordRun::empty(request.dimensions, 0);
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for row in names.iter().enumerate().filter(|(_, name)| name.is_none()).map(|(row, _)| row) {
            out.codes.iter_mut().zip(&rows.codes).for_each(|(to, from)| to.push(from.get(row)));
            let weight = rows.weight(row);
            lower.push(weight.0);
            upper.push(weight.1);
            out.len += 1;
        }
        out.weights = match rows.weights {
            RowWeights::Ones => RowWeights::Ones,
            RowWeights::Exact(_) => RowWeights::Exact(lower),
            RowWeights::Bounds(..) => RowWeights::Bounds(lower, upper),
        };
        Ok(out)
    }
}

fn problem(cause: std::io::Error) -> Error {
    Error::failed("cannot spill persons to the disk")
        .hint("`TMPDIR` (`TEMP` on Windows) names the folder for temporary files. It needs some 40 bytes a record.")
        .because(cause)
}
