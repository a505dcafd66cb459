//! A release that is asked for, and its place.

use std::path::PathBuf;

use serde::Serialize;

use crate::error::Result;
use crate::files::{self, Published, Readers, Stage};
use crate::pipeline::output::{CommandInputs, Output, OutputKind, check_replaced, refuse_meeting};
use crate::pipeline::{ReleaseConfig, Tables};
use crate::schema::Registry;

/// A release that is asked for.
#[derive(Clone, Debug)]
pub struct ReleaseRequest {
    /// The schemas.
    pub registry: Registry,
    /// Its id, title and policy.
    pub release: ReleaseConfig,
    /// Which tables.
    pub tables: Tables,
    /// Its folder.
    pub out: PathBuf,
    /// True if a previous release may be replaced.
    pub force: bool,
    /// True if the output is not written.
    pub dry_run: bool,
    /// Why the release is made in spite of what a ledger says, if it is.
    pub reason: Option<String>,
    /// What is read besides the stores or packages, so that the output does not take its place.
    pub inputs: CommandInputs,
}

/// Where a release was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Placement {
    /// The folder, as the user named it; none for a dry run.
    pub folder: Option<String>,
    /// True if a previous release was replaced.
    pub replaced: bool,
}

impl ReleaseRequest {
    /// Makes a stage for the release. Refuses an output that would replace anything but a previous
    /// release, or that meets an input.
    pub(in crate::pipeline) fn claim(&self, inputs: &[PathBuf]) -> Result<Stage> {
        let Self { out, force, dry_run, .. } = self;
        let mut all = self.inputs.clone();
        all.read
            .extend(inputs.iter().cloned().chain(self.tables.files()).chain(self.release.rounding_key_file.clone()));
        refuse_meeting(&[Output::new(out, OutputKind::Release)], &all)?;
        if *dry_run {
            return Stage::temporary();
        }
        let stage = Stage::next_to(out)?;
        if !files::exists(out) {
            return Ok(stage);
        }
        if !force {
            return Err(files::exists_already(out));
        }
        check_replaced(out, &OutputKind::Release)?;
        Ok(stage)
    }

    /// Puts a finished release into its place.
    pub(in crate::pipeline) fn place(&self, finished: &Stage) -> Result<Placement> {
        if self.dry_run {
            return Ok(Placement::default());
        }
        let published = files::publish_folder(finished.path(), &self.out, Readers::All, self.force.into())?;
        Ok(Placement { folder: Some(files::shown(&self.out)), replaced: published == Published::Replaced })
    }
}
