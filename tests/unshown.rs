//! No message shows a value of a record, also where the value is short, or in the place of a heading.

use crate::support::{Bench, CANARY, HEADER};

#[test]
fn a_surname_of_two_letters_is_not_shown() {
    // The columns of the second record are shifted by one.
    let records = format!("{HEADER}KHM,2022,F,Y_GE18\nKHM,LI,Wu,O'B\nKHM,2022,X,31x9\n");
    let bench = Bench::new().file("in.csv", records);
    for format in ["human", "json"] {
        let ran = bench.run(&format!("validate in.csv --schema victim --format {format}"));
        for surname in ["LI", "Wu", "O'B"] {
            assert!(!ran.stdout.contains(&format!("`{surname}`")), "{}", ran.stdout);
        }
        // What cannot be a name is shown, where the schema says that the field may be.
        ran.says("`X`").says("`31x9`").says("characters (not shown)").code_is(1);
    }
}

/// Records with a further column, which no layout knows.
fn with_note(header: &str, rows: usize) -> Bench {
    Bench::new().file("in.csv", format!("{header}{}", "KHM,2022,F,Y_GE18,open\n".repeat(rows)))
}

#[test]
fn a_record_that_is_glued_to_the_header_is_not_shown() {
    let glued = format!("area,year,sex,age,case_noteKHM,2022,F,Y0T17,{CANARY}\n");
    for rows in [0, 1, 30] {
        let bench = with_note(&glued, rows);
        for command in ["validate in.csv --schema victim", "validate in.csv --schema victim --format json"] {
            let ran = bench.run(command);
            assert!(!ran.stdout.contains("case_note") && !ran.stdout.contains("Y0T17"), "{}", ran.stdout);
            if !command.contains("json") {
                ran.says("column 5").says("file/unknown-column");
            }
        }
        bench.run("run");
        bench.run("ingest in.csv --schema victim --out store --max-rejects 100%");
    }
    with_note(&glued, 30).run("schema infer in.csv").fails(
        2,
        "error: the header is twice as wide as the records: a record may be glued to it\n  --> in.csv:1\n   \
             = found: 9 headings, and at most 5 cells a record\nhint: put a line end after the last heading\n",
    );
}

#[test]
fn a_heading_that_may_be_a_value_is_not_shown() {
    for heading in ["1987-05-03", "20 22", "\"note\n1987\""] {
        let ran = with_note(&format!("area,year,sex,age,{heading}\n"), 30).run("validate in.csv --schema victim");
        ran.says("column 5");
        assert!(!["1987", "20 22"].iter().any(|text| ran.stdout.contains(text)), "{}", ran.stdout);
    }
    // A quotation mark that is not closed takes a record into the heading.
    let quoted = format!("area,year,sex,age,\"note\nKHM,2022,F,Y_GE18,{CANARY}\"\n");
    with_note(&quoted, 30).run("validate in.csv --schema victim");
    // A heading is one.
    with_note("area,year,sex,age,case_note\n", 30).run("validate in.csv --schema victim").says("`case_note`");
}

#[test]
fn a_name_near_a_required_heading_is_not_shown() {
    let ran = Bench::new().file("in.csv", "Aria,2022,F,31\nAria,2022,F,30\n").run("validate in.csv --schema victim");
    assert!(!ran.stderr.contains("Aria"), "{}", ran.stderr);
    ran.refuses("hint: is it column 1? Its heading is nearly the same");
}
