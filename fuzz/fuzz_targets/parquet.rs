//! The reader `parquet`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: tipstat::fuzzing::begin(), |bytes| tipstat::fuzzing::parquet(bytes));
