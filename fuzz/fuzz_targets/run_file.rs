//! The reader `run_file`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: tipstat::fuzzing::begin(), |bytes| tipstat::fuzzing::run_file(bytes));
