//! `audit`.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use tipstat::internals::audit::{self, AuditReport, CheckedAudit};
use tipstat::internals::files;
use tipstat::{Error, Result};

use super::printer::Printer;

/// Work out what a reader of public files can know of suppressed counts
///
/// Reads the public files of releases, of this office or of others, and attacks all of them together: every way in which counts
/// add up is an equation, and every suppressed count an unknown whole number. A cell is safe if two tables that agree with
/// everything published put it at both ends of the interval that must stay possible. It is unsafe if a combination of published
/// figures narrows it more. What is neither shown to be safe nor unsafe counts as unsafe. `tipstat explain audit/unsafe` has the
/// rule.
#[derive(Debug, clap::Args)]
pub struct AuditArgs {
    /// Folders of releases, which are attacked together
    #[arg(required = true, value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// Write `audit.json` and `certificates.parquet` into this folder
    #[arg(long, value_name = "DIR", conflicts_with_all = ["check", "why"])]
    pub out: Option<PathBuf>,
    /// Replace the folder of `--out`
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Check the certificates of this folder, by addition only
    #[arg(long, value_name = "DIR", conflicts_with = "why")]
    pub check: Option<PathBuf>,
    /// Explain what is known of a cell, and how it follows: `--why "REF_AREA=KHM, SEX=F"`
    #[arg(long, value_name = "CELL")]
    pub why: Option<String>,
    /// How many findings are listed
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub show: usize,
}

/// Audits releases.
pub fn audit(args: &AuditArgs, printer: &Printer) -> Result<ExitCode> {
    if let Some(folder) = &args.check {
        let checked = audit::check_certificates(&args.folders, &folder.join(audit::CERTIFICATES))?;
        return check(&checked, printer);
    }
    let found = audit::audit(&args.folders)?;
    if let Some(key) = &args.why {
        printer.answer(&found.why(key)?);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(folder) = &args.out {
        found.write(folder, args.force.into())?;
    }
    if printer.is_json() {
        printer.json(&found.to_json());
    } else {
        printer.answer(&found.describe(args.show));
    }
    if found.is_passed() { Ok(ExitCode::SUCCESS) } else { Err(refusal(&found, args)) }
}

/// Makes the error of releases that show too much.
fn refusal(found: &AuditReport, args: &AuditArgs) -> Error {
    let (cells, differences) = (found.cells(), found.differences());
    let numbers = |verdicts: audit::Verdicts| format!("{} unsafe, {} undecided", verdicts.r#unsafe, verdicts.undecided);
    let what = "readers can work out more of suppressed counts than the policy allows, or no certificate shows that they cannot";
    let folders: Vec<String> = args.folders.iter().map(|folder| files::shown(folder)).collect();
    Error::refused("audit/unsafe", what)
        .with("suppressed cells", numbers(cells))
        .with("differences", numbers(differences))
        .hint(format!("`tipstat audit {} --why \"CELL\"` shows how one of them follows", folders.join(" ")))
        .hint("publish fewer tables or coarser levels, or a policy with `method = \"round\"`")
}

/// Reports the check of certificates.
fn check(checked: &CheckedAudit, printer: &Printer) -> Result<ExitCode> {
    let CheckedAudit { shown, open, tables, faults } = checked;
    if printer.is_json() {
        printer.json(&json!({ "shown": shown, "open": open, "tables": tables, "faults": faults }));
    } else {
        printer.answer(&format!(
            "{tables} tables agree with everything published\n{shown} cells are shown to be safe or harmless\n\
             {open} cells are unsafe or undecided\n{} faults\n",
            faults.len()
        ));
    }
    if faults.is_empty() && *open == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let error = Error::refused("audit/certificates", "the certificates do not show that all cells are safe")
        .with("unsafe or undecided", open.to_string());
    let error = faults.iter().take(5).fold(error, |error, fault| error.with("fault", fault.clone()));
    Err(error.hint("run `tipstat audit DIR... --out AUDIT --force`, and check the new certificates"))
}
