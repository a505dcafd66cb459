//! Writes an audit into a folder.

use std::path::Path;

use super::report::AuditReport;
use crate::error::{Error, Result};
use crate::files::{Previous, Published, Readers, Stage, publish_folder};

/// The file of certificates.
pub const CERTIFICATES: &str = "certificates.parquet";

/// The file with the verdicts.
const AUDIT: &str = "audit.json";

impl AuditReport {
    /// Writes the verdicts and the certificates into a folder, for the owner alone.
    ///
    /// # Errors
    /// The folder exists and is not replaced, or cannot be written.
    pub fn write(&self, folder: &Path, previous: Previous) -> Result<Published> {
        let stage = Stage::next_to(folder)?;
        let mut text = serde_json::to_vec_pretty(&self.to_json())
            .map_err(|cause| Error::failed("cannot write the audit").because(cause))?;
        text.push(b'\n');
        stage.write(AUDIT, &text)?;
        self.certificates().write(stage.create(CERTIFICATES)?, |cell| self.linked.describe(cell))?;
        publish_folder(stage.path(), folder, Readers::Owner, previous)
    }
}
