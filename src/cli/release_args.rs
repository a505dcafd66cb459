//! Options of `tabulate` and `combine`: what is released, and which tables.

use std::path::PathBuf;

use tipstat::Result;
use tipstat::internals::pipeline::{
    self, CommandInputs, Config, ConfiguredTables, ReleaseConfig, ReleaseRequest, Tables,
};
use tipstat::internals::schema::Declared;

use super::common::{self, CommonArgs};
use super::printer::Printer;
use super::schemas;

/// What is released, and which tables.
#[derive(Debug, clap::Args)]
pub struct TablesArgs {
    /// Take what no flag sets from `[release]` and `[tables]` of this run file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Set the id of the release
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Set the title of the release
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Protect counts of records by this policy
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// Read the key by which a policy rounds from this file, made by `tipstat key new KEY`; the variable TIPSTAT_ROUNDING_KEY may hold it
    /// instead
    #[arg(long, value_name = "FILE", env = "TIPSTAT_ROUNDING_KEY_FILE")]
    pub rounding_key_file: Option<PathBuf>,
    /// Set the licence under which the release may be used
    #[arg(long, value_name = "TEXT")]
    pub licence: Option<String>,
    /// Mark every output as made from synthetic records
    #[arg(long)]
    pub synthetic: bool,
    /// Make these packs of tables or single tables; without any, all
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub tables: Vec<String>,
    /// Write labels in these languages
    #[arg(long, value_name = "LANGUAGE,...", value_delimiter = ',')]
    pub languages: Vec<String>,
    /// Use this scheme of regions, or a CSV file with your own: code, parent, en
    #[arg(long, value_name = "NAME[@EDITION]|FILE.csv")]
    pub regions: Option<PathBuf>,
    /// Use this edition of populations for rates, or a CSV file with your own: area, year, F_Y0T17, F_Y_GE18, M_Y0T17, M_Y_GE18
    #[arg(long, value_name = "NAME[@EDITION]|FILE.csv")]
    pub populations: Option<PathBuf>,
    /// Read breaks in series from this CSV file: REF_AREA, TIME_PERIOD (the first year of the new meaning), DIMENSION, NOTE
    #[arg(long, value_name = "FILE")]
    pub breaks: Option<PathBuf>,
    /// Write the release into this folder
    #[arg(short, long, value_name = "DIR", env = "TIPSTAT_OUT")]
    pub out: PathBuf,
    /// Replace a previous release
    #[arg(long)]
    pub force: bool,
    /// Publish in spite of what the ledger of the store says of earlier releases of the same records; the manifest names this reason
    #[arg(long = "override", value_name = "REASON", value_parser = common::reason)]
    pub reason: Option<String>,
    /// Do everything except write the output
    #[arg(long)]
    pub dry_run: bool,
}

pub fn places(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let places: Result<Vec<_>> = named.iter().map(|place| pipeline::places(place)).collect();
    Ok(places?.concat())
}

/// Returns the release that flags describe. What no flag sets comes from the run file, or else from `default`.
pub fn release_request(
    args: TablesArgs,
    common: &CommonArgs,
    printer: &Printer,
    default: ReleaseConfig,
) -> Result<(ReleaseRequest, Vec<Declared>)> {
    let configured = match &args.config {
        Some(path) => Config::tables(path)?,
        None => {
            let (tables, declared) = (Tables::default(), Vec::new());
            ConfiguredTables { release: default, tables, declared, schemas: None }
        }
    };
    let ConfiguredTables { mut release, mut tables, declared, schemas } = configured;
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
    release.rounding_key = common::rounding_key(args.rounding_key_file.as_deref())?;
    release.check()?;
    tables.check()?;
    let (registry, folder) = schemas::configured(common, schemas, printer)?;
    let files = args.config.as_deref().map(Config::file).into_iter().chain(args.rounding_key_file);
    let inputs = CommandInputs::new(files, folder.as_deref());
    let request = ReleaseRequest {
        registry,
        release,
        tables,
        out: args.out,
        force: args.force,
        dry_run: args.dry_run,
        reason: args.reason,
        inputs,
    };
    Ok((request, declared))
}
