//! Validates records from standard input in a publisher's layout, with progress on standard error.
//!
//! ```sh
//! cargo run --release --example validate -- ctdc-kanon < sample-data/records/ngo-ctdc-layout.csv
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::process::ExitCode;

use tipstat::{Control, Event, Validator};

fn main() -> ExitCode {
    let profile = std::env::args().nth(1).unwrap_or_else(|| "ctdc-kanon".into());
    let control = Control::listening(|event| {
        if let Event::Records { read, rejected } = event {
            eprintln!("{read} records, {rejected} rejected");
        }
    });
    match Validator::for_profile(profile).controlled_by(&control).validate("standard input", std::io::stdin()) {
        Ok(checked) => {
            for finding in checked.findings() {
                let column = finding.column.as_deref().unwrap_or("the file");
                println!("{} x {} in {column}, first in line {:?}", finding.count, finding.rule, finding.lines.first());
            }
            if checked.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("error: {error}");
            error.hints().for_each(|hint| eprintln!("help: {hint}"));
            ExitCode::from(2)
        }
    }
}
