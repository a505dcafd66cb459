//! Any bytes: a reader may refuse them, and may not fall over them or lose count.

use std::io::Write;

use proptest::prelude::*;
use tipstat::Control;
use tipstat::internals::files::Stage;
use tipstat::internals::ingest::{Dialect, Input, RequiredColumns, Source};
use tipstat::internals::pipeline::{Destination, Job, Reading, ingest_store};
use tipstat::internals::schema::Registry;
use tipstat::internals::validate::{Description, Layout};

use crate::support::{Bench, HEADER};

/// Pieces from which files are made: what a table consists of, and what it should not.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec!["KHM", "2022", "F", "M", "17", "Y_GE18", "9-17", "_U", ""]),
        8 => Just(","),
        4 => prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n"]),
        2 => prop::sample::select(vec!["\"", "\"\"", ";", "\t", " ", "\0", "é", "\u{feff}", "{", "}", "[", ":"]),
    ];
    let pieces = prop::collection::vec(piece, 0..200);
    let bytes = prop::collection::vec(any::<u8>(), 0..40);
    let right = prop::sample::select(vec!["", HEADER, "{\"area\":\"KHM\",\"year\":2022,\"sex\":\"F\",\"age\":9}\n"]);
    (right, pieces, bytes)
        .prop_map(|(right, pieces, bytes)| [right.as_bytes(), pieces.concat().as_bytes(), &bytes].concat())
}

/// Reads bytes as a file; whatever comes of it, every record is accounted for.
fn read(bytes: &[u8]) -> Result<(), TestCaseError> {
    let bench = Bench::new().file("in", bytes);
    let layout = Layout::load(&Registry::built_in(), &Description::default()).unwrap();
    let mut reading = Reading::default();
    reading.options.keep = true;
    let stage = Stage::within(&bench.path("stage")).unwrap();
    let kept = Stage::within(&bench.path("kept")).unwrap();
    let to = Destination { stage: &stage, schemas: "", quarantine: Some(&kept), existing: None };
    let jobs = [Job { path: bench.path("in"), layout }];
    if let Ok(done) = ingest_store(&jobs, to, &reading, &Control::default()) {
        let [records, accepted, rejected, duplicates] = done.totals();
        prop_assert_eq!(records, accepted + rejected + duplicates);
        let rows: usize = crate::support::store_rows(stage.path(), &["area"]).len();
        prop_assert_eq!(rows as u64, accepted);
    }
    Ok(())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// A right file of each binary format.
fn binary() -> Vec<Vec<u8>> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in HEADER.trim().split(',').enumerate() {
        sheet.write_string(0, column as u16, name).unwrap();
        sheet.write_string(1, column as u16, ["KHM", "2022", "F", "17"][column]).unwrap();
    }
    let text = format!("{HEADER}KHM,2022,F,17\n");
    let bench = Bench::new().file("in.csv", &text);
    bench.run("ingest in.csv --out store -q").succeeds();
    let columns = std::fs::read(bench.path("store/store/0001.parquet")).unwrap();
    vec![
        book.save_to_buffer().unwrap(),
        columns,
        gzip(text.as_bytes()),
        zstd::encode_all(text.as_bytes(), 1).unwrap(),
        gzip(&gzip(text.as_bytes())),
    ]
}

/// Spoils some bytes of a file, or cuts it off.
fn spoil(bytes: &[u8], changes: &[(prop::sample::Index, u8)], end: Option<prop::sample::Index>) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, byte) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
    if let Some(end) = end {
        bytes.truncate(end.index(bytes.len()));
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn texts_are_read_or_refused(bytes in text()) {
        read(&bytes)?;
    }

    #[test]
    fn packed_texts_are_read_or_refused(bytes in text(), zstandard: bool, end in any::<Option<prop::sample::Index>>()) {
        let packed = if zstandard { zstd::encode_all(bytes.as_slice(), 1).unwrap() } else { gzip(&bytes) };
        read(&spoil(&packed, &[], end))?;
    }

    /// Both ways of splitting and any size of batch see the same records.
    #[test]
    fn records_do_not_depend_on_how_they_arrive(bytes in text()) {
        let required = RequiredColumns { columns: HEADER.trim().split(',').collect(), required: Vec::new() };
        let all = |input: Input| {
            let mut source = Source::open(input, "x", Dialect::default(), &required).ok()?;
            let mut out = Vec::new();
            while let Some(batch) = source.next_batch().ok()? {
                let mut records = batch.records();
                while let Some((line, _)) = records.advance() {
                    let cells: Vec<_> = (0..records.len()).map(|cell| records.cell(cell).to_vec()).collect();
                    out.push((line, cells, records.text().to_vec()));
                }
            }
            Some((source.header().to_vec(), source.encoding(), out))
        };
        /// One byte at a time.
        struct Slow(std::io::Cursor<Vec<u8>>);
        impl std::io::Read for Slow {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let length = buffer.len().min(1);
                self.0.read(&mut buffer[..length])
            }
        }
        let at_once = all(Input::Stream(Box::new(std::io::Cursor::new(bytes.clone()))));
        let slow = all(Input::Stream(Box::new(Slow(std::io::Cursor::new(bytes)))));
        prop_assert_eq!(at_once, slow);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spoilt_files_are_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        end in any::<Option<prop::sample::Index>>(),
    ) {
        static FILES: std::sync::LazyLock<Vec<Vec<u8>>> = std::sync::LazyLock::new(binary);
        for bytes in FILES.iter() {
            read(&spoil(bytes, &changes, end))?;
        }
    }
}
