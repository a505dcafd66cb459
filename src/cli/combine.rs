//! `combine`.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use tipstat::Result;
use tipstat::internals::error::visible;
use tipstat::internals::pipeline::{self, Combination, Combine, Keyring, Limit, Overlap, Reading, ReleaseConfig};
use tipstat::internals::schema::load_codelist;

use super::columns::counted;
use super::common::CommonArgs;
use super::printer::Printer;
use super::progress;
use super::release_args::{TablesArgs, places, release_request};
use super::{schemas, summary};

#[derive(Debug, clap::Args)]
pub struct CombineArgs {
    /// Releases, stores (records are protected first), or with `--profile` files of published figures
    #[arg(required = true)]
    pub packages: Vec<PathBuf>,
    /// Read packages that are files in this layout
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Combine only releases that are signed with a key of this ring, each for the areas for which its key may speak: a file,
    /// or a folder with `keyring.toml`; `tipstat explain signatures` shows how one is written
    #[arg(long, value_name = "DIR|FILE")]
    pub keyring: Option<PathBuf>,
    /// Accept this package without a signature, such as your own store
    #[arg(long, value_name = "PACKAGE", requires = "keyring")]
    pub unsigned: Vec<PathBuf>,
    /// Treat a country and year that two packages report
    #[arg(long, value_enum, value_name = "HOW", default_value = "refuse")]
    pub overlap: OverlapArg,
    /// Use only these years; the first one is the base of indices
    #[arg(long, value_name = "FIRST-LAST", value_parser = years)]
    pub years: Option<[u16; 2]>,
    /// Use only areas that report the total of a table in the year, so that no part is above its whole
    #[arg(long)]
    pub only_with_total: bool,
    /// Accept this many rejected figures of a file: a number, or a percentage such as 0.5%
    #[arg(long, value_name = "N|P%", default_value = "5%", env = "TIPSTAT_MAX_REJECTS")]
    pub max_rejects: Limit,
    #[command(flatten)]
    pub tables: TablesArgs,
}

/// What happens where two packages report the same country and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OverlapArg {
    /// Refuse to combine them
    Refuse,
    /// Use the package that is named first, for that year
    First,
}

fn years(text: &str) -> Result<[u16; 2], String> {
    let wrong = || format!("`{text}` is not two years such as `2017-2020`");
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let [first, last] = [first, last].map(|year| year.trim().parse::<u16>().map_err(|_| wrong()));
    let [first, last] = [first?, last?];
    // `2017-20` is not a span in the wrong order.
    if first > last && last >= 1900 {
        return Err(format!("the first year of `{text}` comes after the last: `{last}-{first}`?"));
    }
    if first == 0 || first > last { Err(wrong()) } else { Ok([first, last]) }
}

/// Makes a release of several countries' packages.
pub fn combine(args: CombineArgs, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let default = ReleaseConfig::new("combined", "Detected victims, several countries");
    let (mut request, _) = release_request(args.tables, common, printer, default)?;
    let (registry, profile) = schemas::with_profile(request.registry, args.profile)?;
    request.registry = registry;
    request.inputs.read.extend(args.keyring.as_deref().map(Keyring::file));
    let areas = load_codelist(&request.registry, "CL_AREA@1")?;
    let job = Combine {
        packages: places(&args.packages)?,
        profile,
        keyring: args.keyring.map(|path| Keyring::read(&path, &areas)).transpose()?,
        unsigned: args.unsigned,
        request,
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

fn combined(made: &Combination) -> String {
    let mut out = String::new();
    if made.synthetic {
        summary::synthetic(&mut out);
    }
    for input in &made.inputs {
        out.push_str(&summary::one(input));
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
        if source.areas.is_empty() {
            out.push_str(
                "  warning[combine/no-figure]: none of its figures belongs to a table, so no region holds it: it does not collect \
                 what the tables need; tables without that dimension, such as `victims-by-profile`, have its totals\n",
            );
        }
    }
    if made.repeated {
        summary::repeated(&mut out);
    }
    summary::conflicts(&mut out, &made.conflicts);
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
            "not-additive.csv: {}, used as reported",
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
    summary::remarks(&mut out, &made.skipped, &made.differences);
    summary::not_seen(&mut out, &made.not_seen);
    summary::areas_without_region(&mut out, &made.areas_without_region);
    summary::against_coverage(&mut out, &made.against_coverage);
    summary::ledger(&mut out, &made.ledger);
    summary::placed(&mut out, &made.placed, &made.manifest_sha256);
    out
}
