//! `report.html`: every number is that of the tables, bars are as long as their numbers, and each language is whole.

use std::collections::BTreeMap;

use crate::support::{Bench, rows};

const RUN: &str = "[release]\nid = \"small\"\ntitle = \"T\"\nsynthetic = true\n[[input]]\npath = \"in.csv\"\n";

/// Two countries, three years, and groups that are suppressed.
fn records() -> String {
    let mut text = "area,year,sex,age,form,citizenship,count\n".to_owned();
    for (area, other, size) in [("KHM", "VNM", 300), ("FRA", "DZA", 1200)] {
        for year in 2020..=2022 {
            for (at, (sex, age)) in [("F", 20), ("F", 12), ("M", 40), ("M", 9), ("_U", 30)].into_iter().enumerate() {
                let count = size / (at + 1) + 7 * (year - 2019);
                text.push_str(&format!("{area},{year},{sex},{age},SEX,{area},{count}\n"));
                text.push_str(&format!("{area},{year},{sex},{age},LAB;SEX,{other},{}\n", 2 + at));
                text.push_str(&format!("{area},{year},{sex},{age},LAB,{other},{}\n", count / 3));
            }
        }
    }
    text
}

fn release(packs: &str, language: &str) -> Bench {
    let tables = format!("[tables]\npacks = [{packs}]\nlanguages = [\"{language}\"]\n");
    let bench = Bench::new().file("in.csv", records()).file("run.toml", format!("{RUN}{tables}"));
    bench.run("run run.toml --out out -q").succeeds();
    bench
}

fn report(bench: &Bench) -> String {
    std::fs::read_to_string(bench.path("out/release/report.html")).unwrap()
}

/// The text of a piece of HTML, without its tags.
fn text(html: &str) -> String {
    let mut out = String::new();
    let mut is_tag = false;
    for c in html.chars() {
        match c {
            '<' => is_tag = true,
            '>' => is_tag = false,
            c if !is_tag => out.push(c),
            _ => {}
        }
    }
    out.replace('\u{202f}', "").replace("&amp;", "&").replace("&#39;", "'").replace("&lt;", "<").trim().to_owned()
}

/// The content of each element of a name.
fn elements<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let pieces = html.split(&*open).skip(1).filter(|piece| piece.starts_with([' ', '>']));
    pieces.filter_map(|piece| Some(&piece[piece.find('>')? + 1..piece.find(&*close)?])).collect()
}

/// The rows of a table: the name of each, and its cells.
fn lines(table: &str) -> Vec<(String, Vec<String>)> {
    let body = elements(table, "tbody")[0];
    let line = |row: &str| (text(elements(row, "th")[0]), elements(row, "td").iter().map(|cell| text(cell)).collect());
    elements(body, "tr").into_iter().map(line).collect()
}

fn section<'a>(html: &'a str, table: &str) -> &'a str {
    let start = html.find(&format!("id=\"h-{table}\"")).unwrap();
    &html[start..start + html[start..].find("</section>").unwrap()]
}

/// What the report prints for a row of a table.
fn printed(row: &BTreeMap<String, String>) -> String {
    let is_count = row["UNIT_MEASURE"] == "NUMBER";
    match (&*row["OBS_STATUS"], &*row["OBS_VALUE"]) {
        ("L", _) => "·".to_owned(),
        ("O" | "M", _) => "–".to_owned(),
        (_, "") => "interval".to_owned(),
        (_, value) if is_count && !value.contains('.') => value.to_owned(),
        (_, value) => {
            let value: f64 = value.parse().unwrap();
            if value != 0.0 && value.abs() < 1.0 { format!("{value:.2}") } else { format!("{value:.1}") }
        }
    }
}

#[test]
fn every_number_of_the_main_tables_is_that_of_the_files() {
    let bench = release("\"victims-detected\", \"victims-by-form\", \"victims-by-citizenship\"", "en");
    let html = report(&bench);
    let labels: BTreeMap<(String, String), String> = rows(&bench.path("out/release/labels.csv"))
        .into_iter()
        .map(|row| ((row["DIMENSION"].clone(), row["en"].clone()), row["CODE"].clone()))
        .collect();
    let mut compared = 0;
    for (table, dimension, period, measures) in [
        ("victims-detected", "REF_AREA", "2022", &["DETV_N", "DETV_IX", "DETV_CH_PT", "DETV_MEAN"][..]),
        ("victims-by-form", "FORM", "_T", &["DETV_N", "DETV_FORM_PT"]),
        ("victims-by-citizenship", "CITIZENSHIP", "_T", &["DETV_N", "DETV_CITIZENSHIP_PT"]),
    ] {
        let published = rows(&bench.path(&format!("out/release/tables/{table}.csv")));
        let main = elements(section(&html, table), "table")[0];
        for (name, cells) in lines(main) {
            let code = &labels[&(dimension.to_owned(), name.clone())];
            for (measure, cell) in measures.iter().zip(&cells) {
                let row = published.iter().find(|row| {
                    let is_total = |other: &str| other == dimension || row.get(other).is_none_or(|code| code == "_T");
                    row["INDICATOR"] == *measure
                        && row[dimension] == *code
                        && row["TIME_PERIOD"] == period
                        && (dimension == "REF_AREA" || row["REF_AREA"] == "M49_001")
                        && ["FORM", "SEX", "CITIZENSHIP"].into_iter().all(is_total)
                });
                let expected = row.map_or(String::new(), printed);
                if expected == "interval" {
                    assert!(cell.starts_with('['), "{table} {name} {measure}: {cell}");
                } else {
                    assert_eq!(*cell, expected, "{table} {name} {measure}");
                }
                compared += usize::from(!expected.is_empty());
            }
        }
    }
    assert!(compared >= 28, "{compared}");
}

#[test]
fn bars_are_as_long_as_their_numbers() {
    let html = report(&release("\"victims-by-form\"", "en"));
    let main = elements(section(&html, "victims-by-form"), "table")[0];
    let body = elements(main, "tbody")[0];
    let width = |row: &str| -> Option<f64> {
        let at = row.find("<rect class=\"bar\" width=\"")?;
        row[at..].split('"').nth(3)?.parse().ok()
    };
    let bars: Vec<(f64, f64)> = elements(body, "tr")
        .into_iter()
        .filter_map(|row| Some((text(elements(row, "td")[0]).parse().ok()?, width(row)?)))
        .collect();
    assert!(bars.len() >= 2, "{bars:?}");
    let longest = bars.iter().map(|(number, _)| *number).fold(0.0, f64::max);
    for (number, width) in bars {
        assert!((width - number / longest * 160.0).abs() <= 0.06, "{number}: {width} of {longest}");
    }
    // Totals are no bars.
    let total = elements(body, "tr").into_iter().find(|row| text(elements(row, "th")[0]) == "total").unwrap();
    assert!(!total.contains("<rect"), "{total}");
}

#[test]
fn the_order_is_that_of_the_global_report() {
    let bench = release("\"glotip\", \"sdg-16-2-2\", \"crc-by-form\"", "en");
    let html = report(&bench);
    let ids: Vec<&str> = html.split("id=\"h-").skip(1).map(|piece| piece.split('"').next().unwrap()).collect();
    assert_eq!(ids[..3], ["victims-detected", "victims-by-profile", "victims-by-form"]);
    let place =
        |id: &str| ids.iter().position(|known| *known == id).unwrap_or_else(|| panic!("{id} is not in {ids:?}"));
    assert!(place("flows") > place("victims-rate") && place("sdg-detv") > place("flows"), "{ids:?}");
    assert_eq!(ids.last(), Some(&"crc-by-form"));
    // Every table of the release has a section, a caption and a link to its files.
    for entry in std::fs::read_dir(bench.path("out/release/tables")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(html.contains(&format!("href=\"tables/{name}\"")), "{name}");
    }
    let captions = elements(&html, "caption").len();
    assert!(captions > ids.len(), "{captions} of {}", ids.len());
    // Heads of columns and rows are marked for those who hear the page.
    assert_eq!(html.matches("<table").count(), html.matches("<thead").count());
    let heads = html.matches("<th").count() - html.matches("<thead").count();
    assert_eq!(heads, html.matches(" scope=\"").count());
}

/// In each language only names, codes and marked English texts are in other letters.
#[test]
fn a_report_is_in_one_language() {
    for language in ["ar", "zh", "ru"] {
        let html = report(&release("\"glotip\", \"victims-by-income\"", language));
        assert!(html.contains(&format!("<html lang=\"{language}\"")), "{language}");
        assert_eq!(html.contains("dir=\"rtl\""), language == "ar");
        let mut rest = html[html.find("<body").unwrap()..].to_owned();
        for (open, close) in [
            ("<span lang=\"en\"", "</span>"),
            ("<bdi", "</bdi>"),
            ("<code", "</code>"),
            ("<a href=\"tables/", "</a>"),
            ("<h1", "</h1>"),
        ] {
            while let Some(start) = rest.find(open) {
                let end = start + rest[start..].find(close).unwrap() + close.len();
                rest.replace_range(start..end, " ");
            }
        }
        let words = text(&rest);
        let latin = |word: &&str| word.len() > 3 && word.chars().all(|c| c.is_ascii_lowercase());
        let sentences: Vec<&str> = words.split_whitespace().filter(latin).collect();
        let names = ["small", "tipstat"];
        let others: Vec<&&str> = sentences.iter().filter(|word| !names.contains(word)).collect();
        assert!(others.is_empty(), "{language}: {others:?}");
    }
}

/// An interval that says something is drawn to both bounds, one that says nothing is a mark, and both are printed outwards.
#[test]
fn intervals_are_drawn_to_both_bounds() {
    let line = |category: &str, value: &str| {
        let dimension = if category == "Total" { "Total" } else { "by form of exploitation" };
        format!("KHM,Detected trafficking victims,{dimension},{category},Total,Total,2020,Counts,{value}\n")
    };
    let published = "Iso3_code,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,txtVALUE\n".to_owned()
        + &line("Total", "300")
        + &line("Sexual exploitation", "<50")
        + &line("Forced labour", "200");
    let bench = Bench::new().file("in.csv", published);
    bench.run("combine in.csv --profile unodc-glotip --tables victims-by-form --out out -q").succeeds();
    let html = std::fs::read_to_string(bench.path("out/report.html")).unwrap();
    let main = elements(section(&html, "victims-by-form"), "table")[0];
    let row = |name: &str| {
        let all = elements(elements(main, "tbody")[0], "tr");
        all.into_iter().find(|row| text(elements(row, "th")[0]) == name).unwrap_or_else(|| panic!("{name}: {main}"))
    };
    let sexual = row("sexual exploitation");
    assert_eq!(text(elements(sexual, "td")[0]), "[0, 49]");
    // 49 of 249, the longest bound: 200 of labour are known, and 49 more may be.
    assert!(sexual.contains("<rect class=\"span\"") && !sexual.contains("<rect class=\"bar\""), "{sexual}");
}
