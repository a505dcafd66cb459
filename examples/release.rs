//! Makes the release of a run file and prints what its tables hold.
//!
//! ```sh
//! cargo run --release --example release -- sample-data/tipstat.toml target/example
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use tipstat::{Result, Run};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let run_file = arguments.next().unwrap_or_else(|| "sample-data/tipstat.toml".into());
    let out = arguments.next().unwrap_or_else(|| "target/example".into());

    let run = Run::read(run_file)?.into_folder(out).replacing();
    // A rehearsal does everything but write.
    let counts = run.rehearse()?;
    eprintln!("{} records: {} accepted, {} rejected", counts.read, counts.accepted, counts.rejected);

    let release = run.execute()?;
    for table in release.tables() {
        let batch = table.to_arrow()?;
        println!("{}: {} observations in {} columns", table.name(), batch.num_rows(), batch.num_columns());
    }
    println!("{}", release.caveat());
    Ok(())
}
