//! `cube`.

use std::path::{Path, PathBuf};

use std::process::ExitCode;

use clap::ValueEnum;
use tipstat::internals::aggregate::{CountMeasure, Explained};
use tipstat::internals::files::{self, Readers};
use tipstat::internals::pipeline::{
    self, CommandInputs, CubeJob, CubeRequest, CubeStore, Existing, Output, OutputKind, claim_outputs,
};
use tipstat::{Error, Result};

use super::columns::{align, number};
use super::common::CommonArgs;
use super::printer::Printer;
use super::progress;
use super::schemas;

#[derive(Debug, clap::Args)]
pub struct CubeArgs {
    /// The folder of a store, from `ingest` or from `restricted` of a run
    pub store: Option<PathBuf>,
    /// Count by these dimensions: `sex` as recorded, `age@group` at a level of its list, `area@M49` with regions; of
    /// multiple values each counts, or choose `form:mix`, `form:first`, `form:sets`
    #[arg(long, value_name = "DIM,...", value_delimiter = ',')]
    pub dims: Vec<String>,
    /// Count tables of up to this many dimensions
    #[arg(long, value_name = "K", default_value_t = 3)]
    pub max_order: usize,
    /// Count only these tables, such as `area*sex,form*age@group`
    #[arg(long, value_name = "TABLE,...", value_delimiter = ',', conflicts_with = "max_order")]
    pub tables: Vec<String>,
    /// Count victims or different persons
    #[arg(long, value_enum, value_name = "WHAT", default_value = "victims")]
    pub measure: MeasureArg,
    /// Write all tables into a file such as `cube.parquet`, or each into a file of this folder (confidential)
    #[arg(short, long, value_name = "PATH", env = "TIPSTAT_OUT")]
    pub out: Option<PathBuf>,
    /// Use at most this much memory; the rest is spilled to disk
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = size, env = "TIPSTAT_MEMORY")]
    pub memory: u64,
    /// Keep a base of each file of the store in this folder, so that unchanged files are not counted again (confidential)
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Also write the base: each combination of codes with its count (confidential)
    #[arg(long, value_name = "FILE")]
    pub base_out: Option<PathBuf>,
    /// Start from a base, made by `--base-out` or by another engine
    #[arg(long, value_name = "FILE")]
    pub from_base: Option<PathBuf>,
    /// Set the record type, if the store does not name it
    #[arg(long, value_name = "NAME[@V]")]
    pub schema: Option<String>,
    /// Print the plan (confidential) and count nothing
    #[arg(long)]
    pub explain: bool,
    /// Print the SQL statement by which another engine makes the base
    #[arg(long)]
    pub print_sql: bool,
    /// Replace a previous output
    #[arg(long)]
    pub force: bool,
}

/// What a cube counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MeasureArg {
    /// Victims, as recorded
    Victims,
    /// Different persons, by the pseudonyms of the store
    Persons,
}

/// Counts every table of a store.
pub fn cube(args: CubeArgs, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let registry = schemas::announced(common, printer)?;
    let schema = args.schema.as_deref();
    // What is printed and not written needs no place.
    let writes = !args.print_sql && !args.explain;
    let one = args.out.as_deref().is_some_and(is_parquet);
    let base = args.base_out.as_deref().map(|path| Output::new(path, OutputKind::Parquet));
    let cubes =
        args.out.as_deref().map(|path| Output::new(path, if one { OutputKind::Parquet } else { OutputKind::Cubes }));
    let kept = args.keep.as_deref().map(|path| Output::new(path, OutputKind::Kept));
    let outputs: Vec<Output<'_>> = [base, cubes, kept].into_iter().flatten().filter(|_| writes).collect();
    let inputs = CommandInputs::new([&args.store, &args.from_base].into_iter().flatten(), common.schemas.as_deref());
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let mut stages = claim_outputs(&outputs, &inputs, existing)?.into_iter();
    let mut stage = || stages.next().expect("a stage for each output");
    let store = match (&args.store, &args.from_base) {
        (Some(_), Some(_)) => return Err(Error::failed("a store and a base are named").hint("leave one of them out")),
        (Some(path), None) => CubeStore::open(&registry, path, schema)?,
        (None, Some(path)) => CubeStore::base(&registry, path, schema)?,
        (None, None) => return Err(Error::failed("no store is named").hint("pass its folder, or `--from-base FILE`")),
    };
    let rounded = args.store.as_deref().map(pipeline::rounded_records).transpose()?.flatten();
    let request = CubeRequest { dimensions: args.dims, max_order: args.max_order, tables: args.tables };
    let measure = match args.measure {
        MeasureArg::Victims => CountMeasure::Victims,
        MeasureArg::Persons => CountMeasure::Persons,
    };
    let job = CubeJob { registry, store, request, measure, memory: args.memory };
    if args.print_sql {
        printer.document(&job.sql()?);
        return Ok(ExitCode::SUCCESS);
    }
    if args.explain {
        let plan = job.explain()?;
        if printer.is_json() {
            printer.json(&plan);
        } else {
            printer.answer(&explained(&plan));
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(releases) = rounded {
        printer.note(&format!(
            "these records were published by rounding ({}): their exact counts, and tables of these, stay in your office",
            tipstat::internals::error::visible(&releases)
        ));
    }
    let control = progress::control(common);
    if args.out.is_none() && args.base_out.is_none() {
        return Err(
            Error::failed("no output is named").hint("pass `--out FILE.parquet`, or `--out DIR` for a file a table")
        );
    }
    let base = args.base_out.as_ref().map(|path| (path, stage()));
    if let Some((_, stage)) = &base {
        job.base(stage, &control)?;
    }
    let keep = args.keep.as_deref();
    let cubes = args.out.as_ref().map(|out| {
        let stage = stage();
        let made = if one { job.file(&stage, keep, &control)? } else { job.folder(&stage, keep, &control)? };
        Ok::<_, Error>((out, stage, made))
    });
    let cubes = cubes.transpose()?;
    // Both are whole before the first is put into its place: a run that is stopped leaves neither.
    if let Some((path, stage)) = base {
        files::publish_file(&stage.file("base.parquet")?, path, args.force.into())?;
        printer.confidential(&format!("the base is in {}", files::shown(path)), path);
    }
    let Some((out, stage, made)) = cubes else { return Ok(ExitCode::SUCCESS) };
    if one {
        files::publish_file(&stage.file("cube.parquet")?, out, args.force.into())?;
    } else {
        files::publish_folder(stage.path(), out, Readers::Owner, args.force.into())?;
    }
    if keep.is_some() {
        let [counted, kept] = [made.counted, made.kept].map(|files| number(files as u64));
        printer.note(&format!("files of the store counted anew: {counted}; taken as they were kept: {kept}"));
    }
    keep.iter().for_each(|folder| printer.unprotected(folder));
    let [tables, cells] = [made.tables as u64, made.cells].map(number);
    printer.confidential(&format!("{tables} tables with {cells} cells are in {}", files::shown(out)), out);
    Ok(ExitCode::SUCCESS)
}

/// Returns whether all tables go into one file.
fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

/// Describes a plan. Numbers of rows are rounded.
fn explained(plan: &Explained) -> String {
    let mut out = format!("about {} rows", number(plan.rows));
    if plan.joined {
        out.push_str(&format!(", about {} of them different: those alike are joined first", number(plan.kinds)));
    }
    let passes = if plan.passes == 1 { "once".to_owned() } else { format!("{} times", plan.passes) };
    out.push_str(&format!("\nthe store is read {passes}\n{} cuboids are counted\n", plan.cuboids.len()));
    let rows: Vec<Vec<String>> = plan
        .cuboids
        .iter()
        .map(|cuboid| {
            let tables = if cuboid.tables == 1 { "table" } else { "tables" };
            vec![
                format!("  {}", cuboid.dimensions),
                format!("{} cells", number(cuboid.cells)),
                format!("{} {tables}", number(cuboid.tables as u64)),
            ]
        })
        .collect();
    out.push_str(&align(&rows));
    if !plan.sorted.is_empty() {
        out.push_str(&format!("{} tables are too large for that, and sorted\n", plan.sorted.len()));
        plan.sorted.iter().for_each(|table| out.push_str(&format!("  {table}\n")));
    }
    out
}

/// A size such as `512MB` or `2GiB`, in bytes.
pub fn size(text: &str) -> std::result::Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kb" => Some(1000),
        "kib" => Some(1 << 10),
        "m" | "mb" => Some(1_000_000),
        "mib" => Some(1 << 20),
        "g" | "gb" => Some(1_000_000_000),
        "gib" => Some(1 << 30),
        _ => None,
    };
    let bytes = number.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    bytes.ok_or_else(|| format!("`{text}` is not a size such as `512MB` or `2GiB`"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_have_units() {
        let sizes = ["7", "512MB", "2GiB", "1 k"].map(super::size);
        assert_eq!(sizes, [Ok(7), Ok(512_000_000), Ok(2 << 30), Ok(1000)]);
        assert!(["", "MB", "1.5GB", "3 apples", "99999999999999999999"].iter().all(|text| super::size(text).is_err()));
    }
}
