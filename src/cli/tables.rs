//! `tabulate` and `combine`.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use tipstat::Result;
use tipstat::pipeline::{self, Combination, Combine, Config, Overlap, Reading, Release, Tables, Tabulate, Tabulated};

use super::args::{CombineArgs, Common, OverlapArg, TablesArgs, TabulateArgs};
use super::printer::Printer;
use super::table::number;
use super::{progress, read, release};

/// Makes a release of stores.
pub fn tabulate(args: TabulateArgs, common: &Common, printer: &Printer) -> Result<ExitCode> {
    let (release, tables) = asked(&args.tables, "tables", "Detected victims")?;
    let TablesArgs { out, force, dry_run, .. } = args.tables;
    let stores = places(&args.stores)?;
    let job = Tabulate { stores, registry: read::registry(common)?, release, tables, out, force, dry_run };
    let made = pipeline::tabulate(&job, &progress::control(common))?;
    if printer.is_json() {
        printer.json(&made);
    } else {
        printer.answer(&tabulated(&made));
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes a release of several countries' packages.
pub fn combine(args: CombineArgs, common: &Common, printer: &Printer) -> Result<ExitCode> {
    let (release, tables) = asked(&args.tables, "combined", "Detected victims, several countries")?;
    let TablesArgs { out, force, dry_run, .. } = args.tables;
    let overlap = match args.overlap {
        OverlapArg::Refuse => Overlap::Refuse,
        OverlapArg::First => Overlap::First,
    };
    let job = Combine {
        packages: places(&args.packages)?,
        profile: args.profile,
        registry: read::registry(common)?,
        release,
        tables,
        overlap,
        years: args.years,
        reading: Reading::default(),
        max_rejects: args.max_rejects,
        out,
        force,
        dry_run,
    };
    let made = pipeline::combine(&job, &progress::control(common))?;
    if printer.is_json() {
        printer.json(&made);
    } else {
        printer.answer(&combined(&made));
    }
    Ok(ExitCode::SUCCESS)
}

fn places(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let places: Result<Vec<_>> = named.iter().map(|place| pipeline::places(&place.to_string_lossy())).collect();
    Ok(places?.concat())
}

/// What flags say of a release, and where they say nothing, what the run file says.
fn asked(args: &TablesArgs, id: &str, title: &str) -> Result<(Release, Tables)> {
    let (mut release, mut tables) = match &args.config {
        Some(path) => Config::tables(path)?,
        None => (Release::new(id, title), Tables::default()),
    };
    let set = |to: &mut String, from: &Option<String>| {
        if let Some(text) = from {
            to.clone_from(text);
        }
    };
    set(&mut release.id, &args.id);
    set(&mut release.title, &args.title);
    set(&mut release.policy, &args.policy);
    release.licence = args.licence.clone().or(release.licence);
    release.synthetic |= args.synthetic;
    for (to, from) in [(&mut tables.packs, &args.tables), (&mut tables.languages, &args.languages)] {
        if !from.is_empty() {
            to.clone_from(from);
        }
    }
    tables.regions = args.regions.clone().or(tables.regions);
    tables.populations = args.populations.clone().or(tables.populations);
    release.check()?;
    tables.check()?;
    Ok((release, tables))
}

fn tabulated(made: &Tabulated) -> String {
    let mut out = String::new();
    synthetic(&mut out, made.synthetic);
    release::audited(&mut out, made.tables.len(), &made.audit);
    release::remarks(&mut out, &made.not_collected, &made.differences);
    placed(&mut out, made.folder.as_ref(), made.replaced);
    out
}

fn combined(made: &Combination) -> String {
    let mut out = String::new();
    synthetic(&mut out, made.synthetic);
    for source in &made.sources {
        let years = source.years.map(|[first, last]| format!(", {first} to {last}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "{} ({}): {} countries{years}; small counts: {}",
            source.package,
            source.kind,
            number(source.areas.len() as u64),
            source.policy
        );
        if let Some(left_out) = &source.left_out {
            let _ = writeln!(out, "  left out: {left_out}");
        }
    }
    let _ = writeln!(out, "\n{} tables: {}", made.tables.len(), made.tables.join(", "));
    if !made.passed_over.is_empty() {
        let _ = writeln!(out, "told by an earlier package already: {}", made.passed_over.join(", "));
    }
    if made.not_additive > 0 {
        let _ = writeln!(
            out,
            "{} totals that their parts contradict are in not-additive.csv; they are used as they are told",
            number(made.not_additive as u64)
        );
    }
    release::remarks(&mut out, &made.not_told, &made.differences);
    placed(&mut out, made.folder.as_ref(), made.replaced);
    out
}

fn synthetic(out: &mut String, is: bool) {
    if is {
        out.push_str("SYNTHETIC DATA: no figure says anything about any country\n\n");
    }
}

fn placed(out: &mut String, folder: Option<&String>, replaced: bool) {
    match folder {
        Some(folder) => {
            let former = if replaced { ", in the place of a former one" } else { "" };
            let report = PathBuf::from(folder).join("report.html");
            let _ = writeln!(out, "the release is in {folder}{former}; open {}", tipstat::files::shown(&report));
        }
        None => out.push_str("nothing was written (--dry-run)\n"),
    }
}
