//! The reader `ods`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: tipstat::fuzzing::begin(), |bytes| tipstat::fuzzing::ods(bytes));
