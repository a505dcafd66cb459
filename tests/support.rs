//! A folder to work in, the program to run in it, and the rule that no run may show a confidential value.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A value of sensitive cells in many inputs. No output of any run may hold it.
pub const CANARY: &str = "Xq7canary";

/// Returns the text of a JSON object with the checksum that the program writes at the end of its own. One that is there is
/// replaced.
pub fn with_checksum(text: &str) -> String {
    let body = text.split("\n  \"checksum\":").next().unwrap().trim_end();
    let body = body.strip_suffix('}').unwrap_or(body).trim_end().trim_end_matches(',');
    let comma = if body.ends_with('{') { "" } else { "," };
    let start = format!("{body}{comma}\n  \"checksum\": \"");
    format!("{start}{}\"\n}}\n", blake3::hash(start.as_bytes()).to_hex())
}

/// The project's own folder.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A temporary folder with files and the program.
pub struct Bench {
    folder: tempfile::TempDir,
}

/// What a run of the program did.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Bench {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        name.split('/').fold(self.folder.path().to_path_buf(), |path, part| path.join(part))
    }

    /// Writes a file.
    pub fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.write(name, bytes);
        self
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Writes a policy that suppresses and hides all zeros, for `--schemas own`: no built-in one does.
    pub fn with_hidden_zeros(self) -> Self {
        let policy = "id = \"hidden\"\ntitle = \"x\"\nsource = \"test\"\nverified = true\nthreshold = 5\nfloor = 5\n\
            [zeros]\nhidden = [\"*\"]\n";
        self.file("own/policies/hidden.toml", policy)
    }

    /// Copies the sample's records and run file.
    pub fn with_sample(self) -> Self {
        for path in files_below(&project().join("sample-data")) {
            if !path.starts_with("expected") {
                self.write(&slashed(&path), fs::read(project().join("sample-data").join(&path)).unwrap());
            }
        }
        self
    }

    /// The program, in the folder and without any setting of the caller's.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tipstat"));
        command.args(line.split_whitespace()).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIPSTAT_")) {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program and checks what no run may do.
    pub fn run(&self, line: &str) -> Ran {
        self.finish(self.command(line))
    }

    /// Runs the program with a text on its standard input.
    pub fn run_with_input(&self, line: &str, input: &str) -> Ran {
        use std::io::Write;
        let mut command = self.command(line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        self.check(child.wait_with_output().unwrap())
    }

    fn finish(&self, mut command: Command) -> Ran {
        self.check(command.output().unwrap())
    }

    fn check(&self, output: std::process::Output) -> Ran {
        let ran = Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        let folder = self.folder.path().to_string_lossy();
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains(CANARY), "a confidential value was shown:\n{text}");
            assert!(!text.contains(&*folder), "a local path was shown:\n{text}");
            assert!(!text.contains("panicked") && !text.contains("because of a defect"), "{text}");
        }
        ran
    }
}

impl Ran {
    /// Checks the exit code and stderr without progress, and without the last hint, which an error has where no other one names a
    /// command.
    #[track_caller]
    pub fn fails(&self, code: i32, message: &str) -> &Self {
        let is_explained = |line: &str| {
            line.starts_with("hint: `tipstat ")
                && (line.ends_with("` describes the rule and the ways out")
                    || line.contains("` again once it is corrected"))
        };
        let lines = self.stderr.lines().filter(|line| !line.starts_with("tipstat: ") && !is_explained(line));
        let shown: String = lines.map(|line| format!("{line}\n")).collect();
        assert_eq!(shown, message);
        assert_eq!(self.code, Some(code));
        self
    }

    /// Checks that the program refused, and that it said this among other things.
    #[track_caller]
    pub fn refuses(&self, message: &str) -> &Self {
        assert!(self.stderr.contains(message), "`{message}` is not in:\n{}", self.stderr);
        self.code_is(1)
    }

    #[track_caller]
    pub fn code_is(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn succeeds(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text), "`{text}` is not in:\n{}", self.stdout);
        self
    }
}

/// Files below a folder, relative to it, sorted.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    fn walk(folder: &Path, prefix: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries {
            let entry = entry.unwrap();
            let name = prefix.join(entry.file_name());
            if entry.path().is_dir() { walk(&entry.path(), &name, found) } else { found.push(name) }
        }
    }
    let mut found = Vec::new();
    walk(folder, Path::new(""), &mut found);
    found.sort();
    found
}

/// A relative path with `/`.
pub fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>().join("/")
}

/// Names and bytes of all files of a folder.
pub fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = files_below(folder);
    assert!(!files.is_empty(), "nothing in {}", folder.display());
    files.into_iter().map(|path| (slashed(&path), fs::read(folder.join(&path)).unwrap())).collect()
}

/// A header of the record type's own columns that are required.
pub const HEADER: &str = "area,year,sex,age\n";

/// Records of one area, a run file, and a folder to run it in.
pub fn small_run() -> Bench {
    let mut records = HEADER.to_owned();
    for (count, row) in [
        (60, "KHM,2022,F,Y0T17\n"),
        (80, "KHM,2022,F,Y_GE18\n"),
        (70, "KHM,2022,M,Y_GE18\n"),
        (40, "KHM,2022,M,Y0T17\n"),
    ] {
        records.push_str(&row.repeat(count));
    }
    Bench::new().file("records.csv", records).file("tipstat.toml", RUN_FILE)
}

/// A run file for [`small_run`].
pub const RUN_FILE: &str = "[release]\nid = \"small\"\ntitle = \"A small release\"\nsynthetic = true\n\n\
    [[input]]\npath = \"records.csv\"\nschema = \"victim\"\n\n[tables]\npacks = [\"victims-by-profile\"]\n";

/// Microdata of a text, in a folder that vanishes with them.
pub struct Counted {
    record: std::sync::Arc<tipstat::internals::schema::Record>,
    parts: Vec<tipstat::internals::store::Part>,
    _bench: Bench,
}

impl Counted {
    pub fn microdata(&self) -> tipstat::internals::aggregate::Microdata<'_> {
        tipstat::internals::aggregate::Microdata { record: &self.record, parts: &self.parts, memory: 1 << 30 }
    }

    /// All victims.
    pub fn total(&self) -> u64 {
        let measure = tipstat::internals::aggregate::CountMeasure::Victims;
        let none = std::collections::BTreeMap::new();
        let tables = vec![Vec::new()];
        let request = tipstat::internals::aggregate::CountWithTotals {
            microdata: &self.microdata(),
            values: &none,
            tables,
            measure,
        };
        request.count(&tipstat::Control::default()).unwrap()[0].lower(0)
    }
}

/// Microdata of a text in some layout.
pub fn counted(text: &str, profile: Option<&str>) -> (std::sync::Arc<tipstat::internals::schema::Record>, Counted) {
    use tipstat::Control;
    use tipstat::internals::pipeline::{Job, Reading, ingest};
    let bench = Bench::new().file("in.csv", text);
    let registry = tipstat::internals::schema::Registry::built_in();
    let layout = tipstat::internals::validate::Layout::load(
        &registry,
        &tipstat::internals::validate::Description { profile, ..Default::default() },
    )
    .unwrap();
    let record = std::sync::Arc::clone(&layout.record);
    let stage = tipstat::internals::files::Stage::within(&bench.path("stage")).unwrap();
    let jobs = [Job { path: bench.path("in.csv"), layout }];
    let ingested = ingest(&jobs, &stage, &Reading::default(), &Control::default()).unwrap();
    assert_eq!(ingested.totals()[2], 0, "{:?}", ingested.inputs);
    let part = |path: &PathBuf| {
        // The stage vanishes at the end of this function, the bench does not.
        let kept = bench.path(&path.file_name().unwrap().to_string_lossy());
        fs::copy(path, &kept).unwrap();
        tipstat::internals::store::Part::open(&kept).unwrap()
    };
    let parts = ingested.parts.iter().map(part).collect();
    (std::sync::Arc::clone(&record), Counted { record, parts, _bench: bench })
}

/// Exact cubes of some tables; they are confidential, and so stay within the test.
pub fn drafts(
    _record: &tipstat::internals::schema::Record,
    base: &Counted,
    tables: &[&str],
) -> Vec<tipstat::internals::indicators::Draft> {
    let registry = tipstat::internals::schema::Registry::built_in();
    let names: Vec<_> = tables.iter().map(ToString::to_string).collect();
    let indicators = tipstat::internals::indicators::select(&registry, &names).unwrap();
    let regions = tipstat::internals::schema::Region::load(&registry, "M49").unwrap();
    let coverage = tipstat::internals::schema::Coverage::default();
    let microdata = base.microdata();
    let source = tipstat::internals::indicators::RecordSource::new(&registry, &regions, microdata, &coverage);
    tipstat::internals::indicators::draft(&source, &indicators, &tipstat::Control::default()).unwrap().tables
}

/// The exact count of the cell with these codes.
pub fn exact(cube: &tipstat::internals::aggregate::Cube, codes: &[&str]) -> u64 {
    let nodes: Vec<u16> = codes
        .iter()
        .zip(&cube.dimensions)
        .map(|(code, d)| d.find(code).unwrap_or_else(|| panic!("{} has no {code}", d.dimension)) as u16)
        .collect();
    cube.lower(cube.cell(&nodes))
}

/// The cells of a cube by `table|node|node`, each with its bounds.
pub fn cube_cells(file: &Path) -> std::collections::BTreeMap<String, (u64, u64)> {
    use arrow::array::AsArray;
    use arrow::datatypes::UInt64Type;
    use arrow::util::display::{ArrayFormatter, FormatOptions};
    let file = std::fs::File::open(file).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut cells = std::collections::BTreeMap::new();
    for batch in reader {
        let batch = batch.unwrap();
        let options = FormatOptions::default().with_null("none");
        let schema = batch.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let texts: Vec<_> =
            batch.columns().iter().map(|array| ArrayFormatter::try_new(array, &options).unwrap()).collect();
        let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<UInt64Type>().clone();
        let (lower, upper) = (number("lower"), number("upper"));
        for row in 0..batch.num_rows() {
            let text = |at: usize| texts[at].value(row).to_string();
            let table = text(0);
            let mut key = table.clone();
            for (at, name) in names.iter().enumerate().take(names.len() - 3).skip(1) {
                if table.split('*').any(|dimension| dimension == *name) {
                    key = format!("{key}|{}", text(at));
                } else {
                    assert_eq!(text(at), "_T");
                }
            }
            let bounds = (lower.value(row), upper.value(row));
            let exact = if bounds.0 == bounds.1 { bounds.0.to_string() } else { "none".to_owned() };
            assert_eq!(text(names.len() - 3), exact);
            assert!(cells.insert(key, bounds).is_none(), "a cell occurs twice");
        }
    }
    cells
}

/// One row of a table: its cells by column.
pub type Row = std::collections::BTreeMap<String, String>;

/// The value of a row, or its bounds where it is an interval, or else its status.
pub fn value_or_bounds(row: &Row) -> String {
    match row["OBS_STATUS"].as_str() {
        "A" => row["OBS_VALUE"].clone(),
        "Q" => format!("[{}, {}]", row["LOWER_BOUND"], row["UPPER_BOUND"]),
        other => other.to_owned(),
    }
}

/// A profile of published figures, named `fig`, that maps each of these fields to the column of its name.
pub fn figure_profile(fields: &[&str]) -> String {
    let mut profile = "id = \"fig\"\ntitle = \"f\"\nsource = \"f\"\nrecord = \"figure@1\"\n".to_owned();
    for field in fields {
        profile.push_str(&format!("[[map]]\nfield = \"{field}\"\ncolumn = \"{field}\"\n"));
    }
    profile
}

/// The rows of a CSV file with a header.
pub fn rows(file: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let head = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| head.iter().zip(&record).map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// Some columns of all files of a store, a row each, in the order of the files' names: `KHM|2022|F`.
pub fn store_rows(store: &Path, columns: &[&str]) -> Vec<String> {
    use arrow::util::display::{ArrayFormatter, FormatOptions};
    let mut files: Vec<_> = files_below(store).into_iter().filter(|path| slashed(path).starts_with("store/")).collect();
    files.sort();
    let mut rows = Vec::new();
    for file in files {
        let file = std::fs::File::open(store.join(file)).unwrap();
        let reader =
            parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        for batch in reader {
            let batch = batch.unwrap();
            let options = FormatOptions::default();
            let texts: Vec<_> = columns
                .iter()
                .map(|name| ArrayFormatter::try_new(batch.column_by_name(name).unwrap(), &options).unwrap())
                .collect();
            for row in 0..batch.num_rows() {
                let cells: Vec<String> =
                    texts.iter().map(|text| text.value(row).to_string().trim_end_matches(".0").to_owned()).collect();
                rows.push(cells.join("|"));
            }
        }
    }
    rows
}

/// Says that a test did not run because something is missing: on the screen, and in the file that `TIPSTAT_SKIPPED` names, so
/// that `.ci/run` can decide whether it should have run.
pub fn skipped(missing: &str) {
    eprintln!("skipped: there is no {missing}");
    if let Some(path) = std::env::var_os("TIPSTAT_SKIPPED") {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let mut list = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        list.write_all(format!("{test}: no {missing}\n").as_bytes()).unwrap();
    }
}

/// Returns a file or folder of the real data, or says that the test is skipped: `TIPSTAT_REAL_DATA` names where they are.
pub fn real_data(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("TIPSTAT_REAL_DATA") else {
        skipped("real data (`TIPSTAT_REAL_DATA` names their folder)");
        return None;
    };
    Some(name.split('/').fold(PathBuf::from(folder), |path, part| path.join(part)))
}

/// A generator of numbers that a seed decides, the same everywhere.
pub struct Random(u64);

impl Random {
    /// Returns the generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns the next number, from 0 to just below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    /// Returns one of these values.
    pub fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}
