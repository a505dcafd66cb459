//! Counting alone, on rows that are in memory: `cargo bench --bench cube -- STORE DIM,... K [ROUNDS]`.
//!
//! Prints one line of JSON: the seconds that one pass over all codes takes, and counting all tables; the quickest of
//! some rounds, on as many threads as `RAYON_NUM_THREADS` says. On one thread seconds are processor seconds. Without
//! arguments it makes records of its own, so that it runs everywhere.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use tipstat::Control;
use tipstat::internals::aggregate::{CountMeasure, CountRequest};
use tipstat::internals::files::{FileOutput, Previous, Readers, Stage, publish_folder};
use tipstat::internals::pipeline::{CubeJob, CubeRequest, CubeStore, Reading, ingest};
use tipstat::internals::schema::Registry;
use tipstat::internals::synthetic::{Model, generate};
use tipstat::internals::validate::{Description, Layout};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let registry = Registry::built_in();
    let (store, dims, order) = match arguments.as_slice() {
        [store, dims, order, ..] => (PathBuf::from(store), dims.as_str(), order.parse().expect("a number")),
        _ => {
            let layout = Layout::load(&registry, &Description::default()).expect("the record type is built in");
            let model = Model::load(&registry, "victim").expect("the model is built in");
            let request = tipstat::internals::synthetic::GenerateRequest {
                records: 100_000,
                seed: 1,
                messy: false,
                areas: Vec::new(),
            };
            let path = folder.path().join("records.csv");
            FileOutput { path: &path, readers: Readers::All, previous: Previous::Replaced }
                .write(&Stage::next_to(&path).unwrap(), |out| generate(out, &model, &layout, &request))
                .expect("the disk has room");
            let stage = Stage::within(folder.path()).expect("a stage");
            let jobs = [tipstat::internals::pipeline::Job { path, layout }];
            ingest(&jobs, &stage, &Reading::default(), &Control::default()).expect("the records are good");
            let store = folder.path().join("kept");
            publish_folder(stage.path(), &store, Readers::Owner, Previous::Replaced).expect("the disk has room");
            (store, "area,year,sex,age,form,citizenship,income", 3)
        }
    };
    let rounds: u32 = arguments.get(3).map_or(3, |rounds| rounds.parse().expect("a number"));
    let store = CubeStore::open(&registry, &store, Some("victim")).expect("a store");
    let wanted =
        CubeRequest { dimensions: dims.split(',').map(str::to_owned).collect(), max_order: order, tables: Vec::new() };
    let job = CubeJob { registry, store, request: wanted, measure: CountMeasure::Victims, memory: 8 << 30 };
    job.with_request(|request: &CountRequest<'_>| {
        let plan = request.plan()?;
        let rows = plan.load()?;
        let (mut pass, mut count, mut cells) = (f64::MAX, f64::MAX, 0);
        for _ in 0..rounds {
            let start = Instant::now();
            black_box(rows.iter().map(|rows| rows.pass()).sum::<u64>());
            pass = pass.min(start.elapsed().as_secs_f64());
            let start = Instant::now();
            cells = 0;
            // Looking at the store and planning is part of counting.
            request.plan()?.count_loaded(&rows, &mut |found| {
                cells += black_box(found).len();
                Ok(())
            })?;
            count = count.min(start.elapsed().as_secs_f64());
        }
        let rows: usize = rows.iter().map(|rows| rows.len()).sum();
        let threads = std::env::var("RAYON_NUM_THREADS").unwrap_or_else(|_| "all".to_owned());
        #[allow(clippy::print_stdout)]
        {
            println!(
                "{{\"rows\": {rows}, \"cells\": {cells}, \"pass\": {pass}, \"count\": {count}, \"threads\": \"{threads}\"}}"
            );
        }
        Ok(())
    })
    .expect("the store is counted");
}
