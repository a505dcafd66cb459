//! `demo`: the sample, for whoever has the program and nothing else.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use tipstat::internals::files::{self, FileOutput, Previous, Readers, Stage};
use tipstat::{Error, Result};

use super::common::CommonArgs;
use super::printer::Printer;
use super::run::{self, RunArgs};

/// The records of the sample, by file.
const RECORDS: [(&str, &[u8]); 3] = [
    ("national-2021-2023.csv", include_bytes!("../../sample-data/records/national-2021-2023.csv")),
    ("ngo-ctdc-layout.csv", include_bytes!("../../sample-data/records/ngo-ctdc-layout.csv")),
    ("registro.csv", include_bytes!("../../sample-data/records/registro.csv")),
];

/// Its run file.
const RUN_FILE: &str = include_str!("../../sample-data/tipstat.toml");

#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Write into this folder, which must be empty or new
    #[arg(default_value = "tipstat-demo")]
    pub dir: PathBuf,
}

/// The options of `run` by themselves, with what the environment says of them.
#[derive(Debug, Parser)]
struct Alone {
    #[command(flatten)]
    run: RunArgs,
}

/// Writes the sample into a folder and makes its release.
pub fn demo(args: &DemoArgs, common: &CommonArgs, printer: &Printer) -> Result<ExitCode> {
    let (config, out) = (args.dir.join("tipstat.toml"), args.dir.join("out"));
    let command = ["run".as_ref(), config.as_os_str(), "--out".as_ref(), out.as_os_str()];
    let Ok(Alone { run }) = Alone::try_parse_from(command) else {
        return Err(Error::failed("a variable of the environment, such as TIPSTAT_MAX_REJECTS, has no valid value"));
    };
    unpack(&args.dir, &config)?;
    printer.note(&format!("the sample is in {}: synthetic records of nine countries", files::shown(&args.dir)));
    let code = run::run(run, common, printer)?;
    let [config, out] = [&config, &out].map(|path| files::shown(path));
    printer.note(&format!("next: change {config}, then `tipstat run {config} --out {out} --force`"));
    Ok(code)
}

/// Writes the files of the sample: the records first, then the run file.
fn unpack(folder: &Path, config: &Path) -> Result<()> {
    if files::exists(folder) && !(files::is_folder(folder) && files::list(folder)?.is_empty()) {
        return Err(Error::refused("release/exists", "the folder of the sample is not empty, and was left as it is")
            .at(files::shown(folder))
            .hint("name a new folder: `tipstat demo NAME`"));
    }
    let records = folder.join("records");
    let stage = Stage::next_to_all(&[&records, config])?;
    for (name, bytes) in RECORDS {
        stage.write(&format!("records/{name}"), bytes)?;
    }
    files::publish_folder(&stage.file("records")?, &records, Readers::All, Previous::Kept)?;
    let output = FileOutput { path: config, readers: Readers::All, previous: Previous::Kept };
    output.write(&stage, |out| {
        // The schema for editors is not where the line says.
        let text: String =
            RUN_FILE.lines().filter(|line| !line.starts_with("#:schema")).flat_map(|line| [line, "\n"]).collect();
        out.write_all(text.as_bytes()).map_err(|cause| Error::failed("cannot write the run file").because(cause))
    })
}
