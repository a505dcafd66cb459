//! The reader `xlsb`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: tipstat::fuzzing::begin(), |bytes| tipstat::fuzzing::xlsb(bytes));
