//! Ctrl-C: the run ends within a second, whatever it is doing, and leaves nothing half-written.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use tipstat::Error;
use tipstat::internals::files;

use super::common::CommonArgs;
use super::printer::Printer;

/// A run gets so long to end by itself, between two batches.
const GRACE: Duration = Duration::from_millis(500);

/// A terminal that takes no message gets so long.
const PATIENCE: Duration = Duration::from_millis(200);

/// The flags of all controls, and whether the user has asked to stop.
static FLAGS: Mutex<(Vec<Arc<AtomicBool>>, bool)> = Mutex::new((Vec::new(), false));

/// Set once a thread ends the process, with its message.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Sets a flag as soon as the user asks to stop.
pub fn watch(flag: Arc<AtomicBool>) {
    let mut flags = FLAGS.lock().unwrap_or_else(PoisonError::into_inner);
    flag.store(flags.1, Ordering::Relaxed);
    flags.0.push(flag);
}

/// Claims the end of the process, with its message. Where it is claimed already, the end is waited for.
pub fn claim_end() {
    if ENDING.swap(true, Ordering::SeqCst) {
        loop {
            std::thread::park();
        }
    }
}

/// Stops the run at Ctrl-C, and at the signal that ends a process.
///
/// The run is asked first. A step that does not look up in time, such as the evaluation of a formula, is cut off: what is not
/// in its place is removed, and the process ends. While outputs are put into their places it is waited for.
pub fn install(common: &CommonArgs) {
    let mut printer = Some(Printer::new(common));
    let _ = ctrlc::set_handler(move || {
        let mut placed = files::placed();
        {
            let mut flags = FLAGS.lock().unwrap_or_else(PoisonError::into_inner);
            flags.1 = true;
            flags.0.iter().for_each(|flag| flag.store(true, Ordering::Relaxed));
        }
        loop {
            std::thread::sleep(GRACE);
            if ENDING.swap(true, Ordering::SeqCst) {
                return;
            }
            if files::abandon(placed) {
                break;
            }
            // The outputs are in their places, and the run is about to report it.
            ENDING.store(false, Ordering::SeqCst);
            placed = files::placed();
        }
        if let Some(printer) = printer.take() {
            let (done, printed) = mpsc::channel();
            std::thread::spawn(move || {
                printer.error(&Error::interrupted());
                let _ = done.send(());
            });
            let _ = printed.recv_timeout(PATIENCE);
        }
        std::process::exit(130);
    });
}
