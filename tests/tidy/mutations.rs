//! The test of the test: each change breaks a rule of the architecture, and the rules find it.

use super::broken;
use super::house::House;

/// Adds a line to a source.
fn with(name: &str, line: &str) -> House {
    changed(name, |text| format!("{text}\n{line}\n"))
}

fn changed(name: &str, change: impl FnOnce(&str) -> String) -> House {
    House::read().changed(name, change)
}

#[track_caller]
fn finds(house: House, expected: &str) {
    let found = broken(&house);
    assert!(found.iter().any(|found| found.contains(expected)), "{found:?}");
}

#[test]
fn an_import_by_a_relative_path_is_followed() {
    finds(with("aggregate/cube", "use super::super::pipeline::Config;"), "`crate::pipeline::Config`");
}

#[test]
fn an_import_inside_a_list_is_followed() {
    let import = "use crate::{error::{Error, Result}, pipeline::{self, Config}};";
    finds(with("aggregate/cube", import), "`crate::pipeline::Config`");
}

#[test]
fn the_doors_for_other_programs_are_closed_to_the_rooms() {
    finds(with("aggregate/cube", "use crate::internals::pipeline::Config;"), "`crate::internals::pipeline::Config`");
    finds(with("aggregate/cube", "use crate::Release;"), "`crate::Release`");
}

#[test]
fn a_path_inside_a_function_or_a_macro_is_followed() {
    finds(with("store/read", "fn f() { crate::pipeline::run(); }"), "`crate::pipeline::run`");
    finds(with("store/read", "fn f() { vec![crate::pipeline::run()]; }"), "`crate::pipeline::run`");
    finds(with("store/read", "use crate::protect as guard; fn f() { guard::protect(); }"), "`crate::protect::protect`");
}

#[test]
fn a_confidential_type_that_is_serialised_is_found() {
    let derive = |text: &str| {
        text.replace(
            "#[derive(Clone)]\npub(in crate::protect) struct Linked",
            "#[derive(Clone, serde::Serialize)]\npub(in crate::protect) struct Linked",
        )
    };
    finds(changed("protect/pattern/linked", derive), "`Linked` has `Serialize`");
    let other = |text: &str| {
        text.replace(
            "#[derive(Clone)]\npub(in crate::protect) struct Linked",
            "#[derive(Clone)]\n#[derive(S)]\npub(in crate::protect) struct Linked",
        )
    };
    finds(changed("protect/pattern/linked", other), "`Linked` has `S`");
    finds(with("pipeline/run", "impl serde::Serialize for Cube {}"), "`Cube` has `Serialize`");
}

#[test]
fn a_confidential_type_that_is_displayed_is_found() {
    finds(with("aggregate/rows", "impl Display for Cube {}"), "`Cube` has `Display`");
}

#[test]
fn a_file_written_outside_its_room_is_found() {
    let write = "use std::fs; fn f() { fs::write(\"a\", \"b\"); }";
    finds(with("disseminate/csv", write), "disseminate/csv names `std::fs::write`");
    finds(with("disseminate/csv", "use std::{fs as f, io};"), "disseminate/csv names `std::fs`");
    finds(with("disseminate/csv", "use std::*;"), "names all of `std::*`");
}

#[test]
fn a_crate_under_another_name_is_found() {
    finds(with("protect/policy", "use polars as p;"), "protect/policy names `polars`");
    finds(with("protect/policy", "extern crate polars as p;"), "protect/policy names `polars`");
    finds(with("protect/policy", "#[derive(polars::Frame)] struct A;"), "protect/policy names `polars::Frame`");
}

#[test]
fn a_clock_or_a_stream_in_the_library_is_found() {
    let clock = "use std::time; fn f() { time::Instant::now(); }";
    finds(with("pipeline/run", clock), "pipeline/run names `std::time::Instant::now`");
    finds(with("pipeline/run", "use std::io; fn f() { io::stdout(); }"), "pipeline/run names `std::io::stdout`");
    finds(with("pipeline/run", "fn f() { eprintln!(); }"), "pipeline/run calls `eprintln!`");
}

#[test]
fn a_confidential_type_under_another_name_is_found() {
    let renamed = |text: &str| text.replace("Cube", "Counts");
    finds(changed("aggregate/cube", renamed), "named `Cube`");
    let unmarked = |text: &str| text.replace("confidential!(Cube);", "");
    finds(changed("aggregate/cube", unmarked), "named `Cube`");
}

#[test]
fn an_auditor_that_trusts_the_protector_is_found() {
    finds(with("audit/relations", "use crate::protect::Policy;"), "audit/relations trusts `protect::Policy`");
    finds(with("audit/rule", "fn f() { crate::aggregate::count(); }"), "audit/rule trusts `aggregate::count`");
}

#[test]
fn a_crate_without_a_door_is_found() {
    let mut house = House::read().clone();
    house.crates.insert("reqwest".to_owned());
    finds(house, "the crate `reqwest` has no door");
}
