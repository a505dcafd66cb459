//! `tabulate` and `combine`.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use tipstat::Result;
use tipstat::error::visible;
use tipstat::finding::Rule;
use tipstat::pipeline::{
    self, Asked, Combination, Combine, Config, Declarations, Inputs, Keyring, Overlap, Placed, Reading, Release,
    Tables, Tabulate, Tabulated,
};
use tipstat::schema::{Declared, load_codelist};

use super::args::{CombineArgs, Common, OverlapArg, TablesArgs, TabulateArgs};
use super::printer::Printer;
use super::table::counted;
use super::{progress, read, release};

/// Makes a release of stores.
pub fn tabulate(args: TabulateArgs, common: &Common, printer: &Printer) -> Result<ExitCode> {
    let (mut asked, declared) = asked(args.tables, common, printer, "tables", "Detected victims")?;
    asked.inputs.read.extend(args.coverage.clone());
    let coverage = Declarations { declared, file: args.coverage };
    let job = Tabulate { stores: places(&args.stores)?, coverage, asked };
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
    let mut asked = asked(args.tables, common, printer, "combined", "Detected victims, several countries")?.0;
    asked.inputs.read.extend(args.keyring.as_deref().map(Keyring::file));
    let areas = load_codelist(&asked.registry, "CL_AREA@1")?;
    let job = Combine {
        packages: places(&args.packages)?,
        profile: args.profile,
        keyring: args.keyring.map(|path| Keyring::read(&path, &areas)).transpose()?,
        unsigned: args.unsigned,
        asked,
        overlap: match args.overlap {
            OverlapArg::Refuse => Overlap::Refuse,
            OverlapArg::First => Overlap::First,
        },
        years: args.years,
        only_with_total: args.only_with_total,
        reading: Reading::default(),
        max_rejects: args.max_rejects,
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
    let places: Result<Vec<_>> = named.iter().map(|place| pipeline::places(place)).collect();
    Ok(places?.concat())
}

/// What flags say of a release, and where they say nothing, what the run file says.
fn asked(
    args: TablesArgs,
    common: &Common,
    printer: &Printer,
    id: &str,
    title: &str,
) -> Result<(Asked, Vec<Declared>)> {
    let (mut release, mut tables, declared) = match &args.config {
        Some(path) => Config::tables(path)?,
        None => (Release::new(id, title), Tables::default(), Vec::new()),
    };
    release.id = args.id.unwrap_or(release.id);
    release.title = args.title.unwrap_or(release.title);
    release.policy = args.policy.unwrap_or(release.policy);
    release.licence = args.licence.or(release.licence);
    release.synthetic |= args.synthetic;
    for (to, from) in [(&mut tables.packs, args.tables), (&mut tables.languages, args.languages)] {
        if !from.is_empty() {
            *to = from;
        }
    }
    tables.regions = args.regions.or(tables.regions);
    tables.populations = args.populations.or(tables.populations);
    tables.breaks = args.breaks.or(tables.breaks);
    release.check()?;
    tables.check()?;
    let registry = read::announced(common, printer)?;
    let inputs = Inputs::new(args.config.as_deref().map(Config::file), common.schemas.as_deref());
    let asked = Asked { registry, release, tables, out: args.out, force: args.force, dry_run: args.dry_run, inputs };
    Ok((asked, declared))
}

fn tabulated(made: &Tabulated) -> String {
    let mut out = String::new();
    synthetic(&mut out, made.synthetic);
    release::audited(&mut out, made.tables.len(), &made.audit);
    compared(&mut out, made.repeated, &made.conflicts);
    if made.persons_not_compared {
        out.push_str(
            "the stores were made without a person key: a person who is in two of them counts twice; \
             `tipstat ingest FILE --person-key-file FILE --out STORE` makes them comparable\n",
        );
    }
    release::remarks(&mut out, &made.not_collected, &made.differences);
    release::not_seen(&mut out, &made.not_seen);
    release::unknown_area(&mut out, made.unknown_area);
    placed(&mut out, &made.placed, &made.manifest_sha256);
    out
}

fn combined(made: &Combination) -> String {
    let mut out = String::new();
    synthetic(&mut out, made.synthetic);
    for input in &made.inputs {
        out.push_str(&read::one(input));
    }
    for source in &made.sources {
        let years = source.years.map(|[first, last]| format!(", {first} to {last}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "{} ({}): {}{years}; small counts: {}",
            visible(&source.package),
            source.kind,
            counted(source.areas.len() as u64, "country", "countries"),
            visible(&source.policy)
        );
        if let Some(key) = &source.signed_by {
            let _ = writeln!(out, "  signed with the key {key}");
        }
        if let Some(left_out) = &source.left_out {
            let _ = writeln!(out, "  left out: {}", visible(left_out));
        }
    }
    compared(&mut out, made.repeated, &made.conflicts);
    let _ = writeln!(out, "\n{}: {}", counted(made.tables.len() as u64, "table", "tables"), made.tables.join(", "));
    if !made.passed_over.is_empty() {
        let _ = writeln!(
            out,
            "reported by an earlier package already, and left out: {}",
            visible(&made.passed_over.join(", "))
        );
    }
    if made.not_additive > 0 {
        let _ = writeln!(
            out,
            "not-additive.csv: {}, used as told",
            counted(made.not_additive as u64, "total that its parts contradict", "totals that their parts contradict")
        );
    }
    if made.without_total > 0 {
        let _ = writeln!(
            out,
            "warning[figure/part-above-total]: {} on areas that report no total: see AREAS_WITHOUT_TOTAL, or pass `--only-with-total`",
            counted(made.without_total as u64, "count rests", "counts rest")
        );
    }
    release::remarks(&mut out, &made.not_told, &made.differences);
    placed(&mut out, &made.placed, &made.manifest_sha256);
    out
}

/// What the persons of several stores have in common.
fn compared(out: &mut String, repeated: bool, conflicts: &[String]) {
    if repeated {
        out.push_str("records that repeat one of another store count once\n");
    }
    if let (false, Some(rule)) = (conflicts.is_empty(), Rule::find("record/person-conflict")) {
        let _ = writeln!(
            out,
            "warning[{}]: {}\n   = stores: {}, and one named earlier\nhint: `tipstat explain {}` says what is counted",
            rule.id(),
            rule.title(),
            visible(&conflicts.join(", ")),
            rule.id()
        );
    }
}

fn synthetic(out: &mut String, is: bool) {
    if is {
        out.push_str("SYNTHETIC DATA: no figure says anything about any country\n\n");
    }
}

fn placed(out: &mut String, placed: &Placed, sha256: &str) {
    match &placed.folder {
        Some(folder) => {
            let former = if placed.replaced { ", in the place of a former one" } else { "" };
            let report = PathBuf::from(folder).join("report.html");
            let _ = writeln!(out, "the release is in {folder}{former}; open {}", tipstat::files::shown(&report));
            release::digest(out, sha256);
        }
        None => out.push_str("nothing was written (--dry-run)\n"),
    }
}
