//! The integration tests: one binary, a module for each subject.

mod bad_input;
mod combine;
mod combine_oracle;
mod commands;
mod counting;
mod cube;
mod cube_oracle;
mod faults;
mod figures;
mod instructions;
mod layouts;
mod masks;
mod oracle;
mod persons;
mod protection;
mod quarantine;
mod real;
mod real_figures;
mod release;
mod sample;
mod schemas;
mod soup;
mod sources;
mod standard;
mod support;
mod tidy;
