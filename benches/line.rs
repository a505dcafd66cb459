//! The stages one by one, and the whole line, on generated records.
//!
//! `cargo bench` prints records a second. These machines are shared, so only ratios within one run mean anything.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tipstat::Control;
use tipstat::internals::aggregate::Microdata;
use tipstat::internals::files::{FileOutput, Previous, Readers, Stage};
use tipstat::internals::indicators::{RecordSource, draft, select};
use tipstat::internals::pipeline::{CommandInputs, Config, Job, Reading, RunRequest, ingest, run, validate_files};
use tipstat::internals::schema::{Region, Registry};
use tipstat::internals::store::Part;
use tipstat::internals::synthetic::{GenerateRequest, Model, generate};
use tipstat::internals::validate::{Description, Layout};

const SIZES: [u64; 2] = [100_000, 1_000_000];

fn records(folder: &Path, size: u64, layout: &Layout) -> PathBuf {
    let path = folder.join(format!("{size}.csv"));
    let model = Model::load(&Registry::built_in(), "victim").expect("the model is built in");
    let request = GenerateRequest { records: size, seed: 1, messy: false, areas: Vec::new() };
    FileOutput { path: &path, readers: Readers::All, previous: Previous::Replaced }
        .write(&Stage::next_to(&path).unwrap(), |out| generate(out, &model, layout, &request))
        .expect("the disk has room");
    path
}

fn stages(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let registry = Registry::built_in();
    let layout = Layout::load(&registry, &Description::default()).expect("the record type is built in");
    let indicators = select(&registry, &[]).expect("tables are built in");
    let regions = Region::load(&registry, "M49").expect("the scheme is built in");
    let mut group = criterion.benchmark_group("line");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    for size in SIZES {
        let path = records(folder.path(), size, &layout);
        let jobs = [Job { path: path.clone(), layout: layout.clone() }];
        group.throughput(Throughput::Elements(size));
        group.bench_function(BenchmarkId::new("validate", size), |bencher| {
            bencher.iter(|| {
                let done = validate_files(&jobs, None, &Reading::default(), &Control::default());
                assert_eq!(black_box(done).expect("the file is there").totals()[0], size);
            });
        });

        let stage = Stage::within(folder.path()).expect("a stage");
        let ingested = ingest(&jobs, &stage, &Reading::default(), &Control::default()).expect("the file is there");
        let parts: Vec<_> = ingested.parts.iter().map(|path| Part::open(path).expect("the store")).collect();
        let coverage = tipstat::internals::schema::Coverage::default();
        group.bench_function(BenchmarkId::new("aggregate", size), |bencher| {
            bencher.iter(|| {
                let microdata = Microdata { record: &layout.record, parts: &parts, memory: 1 << 30 };
                let source = RecordSource::new(&registry, &regions, microdata, &coverage);
                draft(&source, &indicators, &Control::default()).expect("the tables fit")
            });
        });

        let text = format!(
            "[release]\nid = \"bench\"\ntitle = \"bench\"\nsynthetic = true\n[[input]]\npath = '{}'\n",
            path.display()
        );
        let config = folder.path().join("tipstat.toml");
        FileOutput { path: &config, readers: Readers::All, previous: Previous::Replaced }
            .write(&Stage::next_to(&config).unwrap(), |out| {
                out.write_all(text.as_bytes()).map_err(|cause| tipstat::Error::failed("bench").because(cause))
            })
            .expect("the disk has room");
        let whole = RunRequest {
            config: Config::read(&config).expect("the run file"),
            registry: Registry::built_in(),
            out: folder.path().join("out"),
            force: true,
            dry_run: false,
            reason: None,
            max_rejects: None,
            reading: Reading::default(),
            inputs: CommandInputs::default(),
        };
        group.bench_function(BenchmarkId::new("run", size), |bencher| {
            bencher.iter_batched(
                || (),
                |()| run(&whole, &Control::default()).expect("the run"),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
