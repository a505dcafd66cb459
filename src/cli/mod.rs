//! What the user typed, what it means, and the one decision about the exit code.

mod args;
mod audit;
mod columns;
mod combine;
mod common;
mod cube;
mod demo;
mod diff;
mod entry;
mod generate;
mod infer;
mod ingest;
mod key;
mod pages;
mod printer;
mod progress;
mod release_args;
mod run;
mod schemas;
mod show;
mod start;
mod stop;
mod summary;
mod tabulate;
mod verify;

pub use entry::main;
