//! Faults that tests ask for, in debug builds only: the n-th change to the disk fails, or the program stops there.
//!
//! `TIPSTAT_FAULT` holds `key=value` pairs that commas separate. `at=N,do=fail` lets the N-th change fail, `do=stop` ends the
//! program before it, and `do=wait` waits before it until the file `gate=FILE` is removed. `log=FILE` lists every change that
//! was made, and `hold=FOLDER` keeps what is removed: from both a test works out what a power cut would leave.
//! `exchange=off` and `modes=off` stand for disks that know no exchange, or no permissions, and `busy=refused` for Windows, which
//! renames no folder while a file in it is open.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// What a test asked for.
struct FaultPlan {
    at: Option<u64>,
    what: String,
    gate: PathBuf,
    hold: Option<PathBuf>,
    exchange: bool,
    #[cfg(unix)]
    modes: bool,
    busy: bool,
    /// Changes so far, and where they are listed.
    state: Mutex<(u64, Option<fs::File>)>,
}

fn plan() -> Option<&'static FaultPlan> {
    static PLAN: OnceLock<Option<FaultPlan>> = OnceLock::new();
    let read = || {
        let text = std::env::var("TIPSTAT_FAULT").ok()?;
        let pairs: BTreeMap<&str, &str> = text.split(',').filter_map(|pair| pair.split_once('=')).collect();
        let is_on = |key: &str| pairs.get(key) != Some(&"off");
        Some(FaultPlan {
            at: pairs.get("at").and_then(|at| at.parse().ok()),
            what: pairs.get("do").map(ToString::to_string).unwrap_or_default(),
            gate: pairs.get("gate").map(PathBuf::from).unwrap_or_default(),
            hold: pairs.get("hold").map(PathBuf::from),
            exchange: is_on("exchange"),
            #[cfg(unix)]
            modes: is_on("modes"),
            busy: pairs.get("busy") != Some(&"refused"),
            state: Mutex::new((0, pairs.get("log").and_then(|path| fs::File::create(path).ok()))),
        })
    };
    PLAN.get_or_init(read).as_ref()
}

/// Makes a change, unless it is the one that is to fail.
pub(super) fn watched<T>(
    change: &str,
    path: &Path,
    other: Option<&Path>,
    make: impl FnOnce() -> io::Result<T>,
) -> io::Result<T> {
    let Some(plan) = plan() else { return make() };
    let mut state = plan.state.lock().unwrap_or_else(PoisonError::into_inner);
    state.0 += 1;
    if plan.at == Some(state.0) {
        match plan.what.as_str() {
            "stop" => std::process::abort(),
            "wait" => {
                // Other threads change the disk meanwhile.
                drop(state);
                wait(&plan.gate);
                state = plan.state.lock().unwrap_or_else(PoisonError::into_inner);
            }
            _ => return Err(io::Error::other("a fault that a test asked for")),
        }
    }
    if !plan.busy && change == "rename" && path.is_dir() && has_open_files(path) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "a file in the folder is open"));
    }
    let replaced = other.filter(|other| change == "rename" && other.is_file()).zip(held());
    if let Some((other, held)) = replaced {
        fs::hard_link(other, &held)?;
        let change = DiskChange { what: "replace", path: other, file: inode(other), other: Some(&held) };
        change.list(&mut state.1)?;
    }
    let before = inode(path);
    let made = make()?;
    DiskChange { what: change, path, file: before.or_else(|| inode(path)), other }.list(&mut state.1)?;
    Ok(made)
}

/// Returns whether this process has a file in a folder open, where the system lists them.
fn has_open_files(folder: &Path) -> bool {
    let (Ok(folder), Ok(open)) = (fs::canonicalize(folder), fs::read_dir("/proc/self/fd")) else { return false };
    open.flatten().filter_map(|entry| fs::read_link(entry.path()).ok()).any(|path| path.starts_with(&folder))
}

/// A change of the disk.
struct DiskChange<'a> {
    what: &'a str,
    path: &'a Path,
    /// The number of the file that is changed.
    file: Option<u64>,
    other: Option<&'a Path>,
}

impl DiskChange<'_> {
    /// Writes the change to the log.
    fn list(&self, log: &mut Option<fs::File>) -> io::Result<()> {
        let Some(log) = log else { return Ok(()) };
        let Self { what, path, file, other } = *self;
        let parents = [Some(path), other].map(|path| path.and_then(|path| inode(super::path::parent(path))));
        let line = serde_json::json!([what, absolute(path), file, parents[0], other.map(absolute), parents[1]]);
        writeln!(log, "{line}")
    }
}

/// Waits until somebody removes the gate.
fn wait(gate: &Path) {
    let _ = fs::write(gate, "");
    while gate.exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Returns where something that is removed is kept instead.
pub(super) fn held() -> Option<PathBuf> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let hold = plan()?.hold.as_ref()?;
    Some(hold.join(format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))))
}

/// Returns whether the disk exchanges two folders.
pub(super) fn exchanges() -> bool {
    plan().is_none_or(|plan| plan.exchange)
}

/// Returns whether the disk keeps permissions.
#[cfg(unix)]
pub(super) fn keeps_modes() -> bool {
    plan().is_none_or(|plan| plan.modes)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(unix)]
fn inode(path: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    fs::symlink_metadata(path).ok().map(|kind| kind.ino())
}

#[cfg(not(unix))]
fn inode(_path: &Path) -> Option<u64> {
    None
}
