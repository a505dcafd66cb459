//! The integration tests: one binary, a module for each subject.

mod bad_input;
mod commands;
mod counting;
mod figures;
mod layouts;
mod masks;
mod oracle;
mod persons;
mod protection;
mod real;
mod release;
mod sample;
mod schemas;
mod sources;
mod standard;
mod support;
mod tidy;
