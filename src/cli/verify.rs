//! `verify`.

use std::path::PathBuf;
use std::process::ExitCode;

use tipstat::internals::error::visible;
use tipstat::internals::pipeline::{self, Difference, SignerKey, Verified};
use tipstat::{Error, Result};

use super::printer::Printer;
use super::{schemas, summary};

/// Compare a release with its manifest
///
/// Every file must be in the manifest with its digest, and no other file may be there. This shows that the release is whole
/// and as its manifest describes it. It does not show who made it: whoever changes a table can write a new manifest. Compare
/// the digest of the manifest, which is printed, with the one that the publisher announces, or check the publisher's
/// signature with `--key`. `tipstat explain signatures` says how a release is signed. Schemas that took the place of built-in
/// ones, such as a policy with a lower threshold, are named.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// Folder of a release
    pub folder: PathBuf,
    /// Require a signature of this public key, made by minisign, in `manifest.json.minisig`
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

/// Says who signed a release, or that nothing shows who made it.
fn signature(verified: &Verified) -> String {
    match (&verified.signed_by, verified.has_signature) {
        (Some(id), _) => format!("signature:  of the key {id}\n"),
        (None, true) => "signature:  not checked: pass the publisher's key with `--key FILE`\n".to_owned(),
        (None, false) => {
            "signature:  none: compare the digest of the manifest with the one that its publisher announces\n"
                .to_owned()
        }
    }
}

/// Compares a release with its manifest.
pub fn verify(args: &VerifyArgs, printer: &Printer) -> Result<ExitCode> {
    let key = args.key.as_deref().map(SignerKey::read).transpose()?;
    let verified = pipeline::verify(&args.folder, key.as_ref())?;
    if !verified.overrides.is_empty() {
        let names = schemas::named(&verified.overrides);
        printer.warn(&format!("the release was made with schemas that replace built-in ones: {names}"));
    }
    if printer.is_json() {
        printer.json(&verified);
    } else if verified.differences.is_empty() {
        let mut out =
            format!("release `{}`: {} files, all as the manifest says\n", visible(&verified.release), verified.files);
        summary::digest(&mut out, &verified.manifest_sha256);
        if let Some(digest) = &verified.previous_sha256 {
            out.push_str(&format!(
                "previous:   SHA-256 {digest}\n            it is still in the place of this release: the next `tipstat run` replaces it\n"
            ));
        }
        out.push_str(&signature(&verified));
        printer.answer(&out);
    }
    if verified.differences.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let error =
        Error::refused("release/differs", format!("the release `{}` is not what its manifest says", verified.release));
    let error = verified.differences.iter().fold(error, |error, difference| match difference {
        Difference::Changed { path } => error.with("changed", path),
        Difference::Missing { path } => error.with("missing", path),
        Difference::Unknown { path } => error.with("not in the manifest", path),
    });
    Err(error
        .at(tipstat::internals::files::shown(&args.folder))
        .hint("do not use it; get the release again from its publisher"))
}
