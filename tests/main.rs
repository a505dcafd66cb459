//! The integration tests: one binary, a module for each subject.

mod bad_input;
mod commands;
mod counting;
mod oracle;
mod protection;
mod real;
mod release;
mod sample;
mod support;
mod tidy;
