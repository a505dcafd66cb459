//! Reads a release of any office, and counts the published and the suppressed cells of each table.
//!
//! ```sh
//! cargo run --release --example suppressed -- sample-data/expected
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use tipstat::Release;
use tipstat::arrow::array::AsArray;
use tipstat::arrow::compute::cast;
use tipstat::arrow::datatypes::DataType;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "sample-data/expected".into());
    // Every file is compared with its digest first.
    let release = Release::read(folder)?;
    for table in release.tables() {
        let batch = table.to_arrow()?;
        let statuses = batch.column_by_name("OBS_STATUS").ok_or("a table without a status")?;
        let statuses = cast(statuses, &DataType::Utf8)?;
        let statuses = statuses.as_string::<i32>();
        let suppressed = statuses.iter().filter(|status| *status == Some("Q")).count();
        println!("{}: {} observations, {suppressed} suppressed", table.name(), batch.num_rows());
    }
    Ok(())
}
