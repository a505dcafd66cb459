//! Outputs before they are made: what they would replace, and whether they meet an input.
//!
//! There may be no second copy of a file of records, so `--force` replaces nothing but what bears the program's own mark.

use std::path::{Path, PathBuf};

use super::intake::kept_files;
use super::parts::{RUN, is_known, is_parquet, listed, read_run_mark};
use super::release::{MANIFEST, SUMS, own_files};
use crate::error::{Error, Result};
use crate::files::{self, Meeting, Stage};

/// Kind of an output. It shows whether the program wrote a previous one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// A release: its manifest names its files.
    Release,
    /// A store, or the restricted folder of a run: `run.json` lists its files.
    Store,
    /// A store to which records are added: it is opened and compared before.
    Added,
    /// Rejected records: their note names them.
    Rejected,
    /// A folder of cubes: each file bears the mark.
    Cubes,
    /// Bases that are kept, known by their names. The folder is added to and never replaced.
    Kept,
    /// A Parquet file: its metadata bear the mark.
    Parquet,
    /// A text that begins with this.
    Text(String),
}

/// What happens to outputs that exist already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// They stay, and the command is refused.
    Keep,
    /// They are replaced, if the program made them.
    Replace,
}

/// An output of a command.
#[derive(Clone, Debug)]
pub struct Output<'a> {
    /// Where.
    pub path: &'a Path,
    /// What.
    pub made: OutputKind,
}

impl<'a> Output<'a> {
    /// Names an output.
    pub fn new(path: &'a Path, made: OutputKind) -> Self {
        Self { path, made }
    }
}

/// What a command reads.
#[derive(Clone, Debug, Default)]
pub struct CommandInputs {
    /// Files and folders in which nothing is made.
    pub read: Vec<PathBuf>,
    /// The folder of schemas, in which a draft may be made, but which is not replaced.
    pub schemas: Option<PathBuf>,
}

impl CommandInputs {
    /// Names what is read; a schemas folder may be among it.
    pub fn new<P: Into<PathBuf>>(read: impl IntoIterator<Item = P>, schemas: Option<&Path>) -> Self {
        Self { read: read.into_iter().map(Into::into).collect(), schemas: schemas.map(Path::to_path_buf) }
    }
}

/// Refuses outputs that are, hold or are inside an input or another output, that are inside a release or a store, and that
/// would replace what is not the program's. Returns a stage for each of the others, which no other run writes until it is dropped.
/// The folder of bases that are kept has none: it is not replaced.
///
/// # Errors
/// An output exists already and is to be kept, or it is refused, or another run is writing it.
pub fn claim_outputs(outputs: &[Output<'_>], inputs: &CommandInputs, existing: Existing) -> Result<Vec<Stage>> {
    refuse_meeting(outputs, inputs)?;
    let claim = |output: &Output<'_>| {
        let stage = Stage::next_to(output.path)?;
        if output.made == OutputKind::Added || !files::exists(output.path) {
            return Ok(stage);
        }
        if existing == Existing::Keep {
            let error = Error::refused("release/exists", "the output exists already and was left as it is");
            return Err(error
                .at(files::shown(output.path))
                .hint("choose another place, or pass `--force` to replace it"));
        }
        check_replaced(output.path, &output.made)?;
        Ok(stage)
    };
    outputs.iter().filter(|output| output.made != OutputKind::Kept).map(claim).collect()
}

/// Refuses outputs that meet an input, another output, or a release or store that exists.
pub(super) fn refuse_meeting(outputs: &[Output<'_>], inputs: &CommandInputs) -> Result<()> {
    for (at, output) in outputs.iter().enumerate() {
        let refused = |meeting: Meeting, what: &str, other: &Path| {
            let how = match meeting {
                Meeting::Same => "is",
                Meeting::Within => "is inside",
                Meeting::Around => "holds",
            };
            Err(Error::refused("release/exists", format!("the output {how} {what}"))
                .at(files::shown(output.path))
                .with(if what == "another output" { "output" } else { "input" }, files::shown(other))
                .hint("choose another place"))
        };
        for input in inputs.read.iter().filter(|input| *input != Path::new("-")) {
            if let Some(meeting) = files::meeting(output.path, input) {
                return refused(meeting, "an input", input);
            }
        }
        if let Some(folder) = &inputs.schemas {
            match files::meeting(output.path, folder) {
                None | Some(Meeting::Within) => {}
                Some(meeting) => return refused(meeting, "the folder of schemas", folder),
            }
        }
        for other in &outputs[..at] {
            if let Some(meeting) = files::meeting(output.path, other.path) {
                return refused(meeting, "another output", other.path);
            }
        }
        let place = files::resolved(output.path);
        let is_there = |folder: &Path, names: [&str; 2]| names.iter().all(|name| files::exists(&folder.join(name)));
        for folder in place.ancestors().skip(1) {
            let release = is_there(folder, [MANIFEST, "datapackage.json"]) || is_there(folder, [MANIFEST, SUMS]);
            if release || is_there(folder, [RUN, super::parts::STORE]) {
                let what = if release { "a release, which" } else { "a store, which" };
                return Err(Error::refused(
                    "release/exists",
                    format!("the output is inside {what} would no longer match its list of files"),
                )
                .at(files::shown(output.path))
                .hint("choose another place"));
            }
        }
    }
    Ok(())
}

/// Refuses to replace what does not bear the program's own mark.
pub(super) fn check_replaced(path: &Path, made: &OutputKind) -> Result<()> {
    let foreign = |what: &str| {
        Err(Error::refused("release/exists", format!("what is there is {what}, so it is not replaced"))
            .at(files::shown(path))
            .hint("choose another place, or remove it yourself"))
    };
    let noun = match made {
        OutputKind::Release => "no release",
        OutputKind::Store | OutputKind::Added => "no store",
        OutputKind::Rejected => "no folder of rejected records",
        OutputKind::Cubes | OutputKind::Kept => "no folder of cubes",
        OutputKind::Parquet => "no Parquet file that the program wrote",
        OutputKind::Text(_) => "not a file of this kind",
    };
    if files::is_link(path) {
        return foreign("a link");
    }
    let is_marked = match made {
        OutputKind::Parquet => files::is_marked(path),
        OutputKind::Text(start) => files::begins_with(path, start),
        _ => files::is_folder(path),
    };
    if !is_marked {
        return foreign(noun);
    }
    if matches!(made, OutputKind::Parquet | OutputKind::Text(_)) {
        return Ok(());
    }
    let there = files::list_plain(path)?;
    let mut there = there.iter().filter(|path| !files::is_litter(path)).map(|path| files::slashed(path)).peekable();
    if there.peek().is_none() {
        return Ok(());
    }
    let marked = |name: &String| is_parquet(name) && files::is_marked(&path.join(name));
    let stranger = match made {
        OutputKind::Release => {
            let Some(files) = own_files(path) else { return foreign(noun) };
            there.find(|name| !files.contains(name))
        }
        OutputKind::Store => {
            let Some(run) = files::exists(&path.join(RUN)).then(|| read_run_mark(path)).transpose()?.flatten() else {
                return foreign(noun);
            };
            if !run["confidential"].is_string() {
                return foreign(noun);
            }
            let parts = listed(&run, path).unwrap_or_default();
            let listed = |name: &String| {
                name.strip_prefix("store/").is_some_and(|file| parts.iter().any(|part| part.file == file))
            };
            let is_of_run = |name: &String| {
                name != "base.parquet" && !name.starts_with("cubes/") && is_known(name, Path::new(name))
            };
            there.find(|name| !is_of_run(name) && !listed(name) && !marked(name))
        }
        OutputKind::Rejected => {
            let Some(kept) = kept_files(path)? else { return foreign(noun) };
            let mut changed = kept.iter().filter(|(_, unchanged)| !**unchanged).map(|(name, _)| name);
            if let Some(name) = changed.next() {
                return Err(Error::refused(
                    "release/exists",
                    "rejected records were corrected, or kept by an earlier version, so they are not replaced",
                )
                .at(files::shown(&path.join(name)))
                .hint("feed the corrected records with `--append`, or choose another folder with `--quarantine`"));
            }
            there.find(|name| !kept.contains_key(name))
        }
        OutputKind::Cubes => there.find(|name| !marked(name)),
        OutputKind::Added | OutputKind::Kept | OutputKind::Parquet | OutputKind::Text(_) => None,
    };
    stranger.map_or(Ok(()), |name| Err(files::foreign(path, &name)))
}
