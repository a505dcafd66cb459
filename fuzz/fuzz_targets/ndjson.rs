//! The reader `ndjson`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: tipstat::fuzzing::begin(), |bytes| tipstat::fuzzing::ndjson(bytes));
