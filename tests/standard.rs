//! The code lists, and how words and codes of others become codes of ours.

use std::collections::BTreeSet;

use tipstat::internals::model::Codelist;
use tipstat::internals::schema::{Crosswalk, Registry, SchemaKind, load_codelist};

use crate::support::Bench;

fn lists() -> Vec<Codelist> {
    let registry = Registry::built_in();
    let names = registry.names(SchemaKind::Codelists).unwrap();
    names.iter().map(|name| load_codelist(&registry, name).unwrap()).collect()
}

fn crosswalk(name: &str) -> Crosswalk {
    Crosswalk::load(&Registry::built_in(), name).unwrap()
}

/// What the resolution asks for by name, each a list with codes or a list that country packs fill.
#[test]
fn every_dimension_has_a_list() {
    let lists = lists();
    for id in [
        "CL_SEX",
        "CL_GENDER",
        "CL_AGE",
        "CL_AGE_REFERENCE",
        "CL_INCOME",
        "CL_COUNTRY_INCOME",
        "CL_MIGRATORY",
        "CL_DISABILITY",
        "CL_WG_ANSWER",
        "CL_AREA",
        "CL_CITIZENSHIP",
        "CL_FORM",
        "CL_LABOUR_SECTOR",
        "CL_ACT",
        "CL_MEANS",
        "CL_CONTROL",
        "CL_RECRUITER",
        "CL_CHANNEL",
        "CL_HUMANITARIAN",
        "CL_IDENTIFICATION",
        "CL_STAGE",
        "CL_SUBJECT",
    ] {
        let list = lists.iter().find(|list| list.id == id).unwrap_or_else(|| panic!("there is no {id}"));
        assert!(list.known().count() > 1, "{id} is empty");
    }
    for id in ["CL_RACE", "CL_ETHNICITY", "CL_PERSONAL_INCOME", "CL_TRAIT", "CL_SUBDIVISION"] {
        assert!(lists.iter().any(|list| list.id == id && list.is_empty()), "{id} comes from country packs");
    }
}

/// Numbers of years are their own labels; every other code has one in English and French, and all six or none of the rest.
#[test]
fn every_code_has_a_label_in_english_and_french() {
    for list in lists() {
        for (_, code) in list.known() {
            if code.id.starts_with('Y') && code.id[1..].parse::<u32>().is_ok() {
                continue;
            }
            assert!(code.labels[0].is_some() && code.labels[1].is_some(), "{} {}", list.id, code.id);
            assert!(code.labels.iter().all(Option::is_some), "{} {}", list.id, code.id);
        }
    }
}

/// Alpha-2 to alpha-3 to M49 and back, for every country that has all three.
#[test]
fn countries_go_around_and_come_back() {
    let two = crosswalk("ISO2--CL_AREA");
    let m49 = crosswalk("M49--CL_AREA");
    let back = |pairs: &[(String, String)], code: &str| -> Vec<String> {
        pairs.iter().filter(|(_, to)| to == code).map(|(from, _)| from.clone()).collect()
    };
    let mut around = 0;
    for (alpha2, alpha3) in &two.pairs {
        assert_eq!(back(&two.pairs, alpha3), std::slice::from_ref(alpha2));
        let numbers = back(&m49.pairs, alpha3);
        // Kosovo and Taiwan have no number of their own in M49.
        if numbers.is_empty() {
            assert!(["XKX", "TWN"].contains(&alpha3.as_str()), "{alpha3} has no M49 number");
            continue;
        }
        let distinct: BTreeSet<u32> = numbers.iter().map(|number| number.parse().unwrap()).collect();
        assert_eq!(distinct.len(), 1, "{alpha3}: {numbers:?}");
        around += 1;
    }
    assert!(around >= 245, "{around}");
    let area = lists().into_iter().find(|list| list.id == "CL_AREA").unwrap();
    for (index, code) in area.known().filter(|(_, code)| code.id.len() == 3) {
        let dissolved = ["ANT", "CSK", "DDR", "SCG", "SUN", "YUG"].contains(&&*code.id);
        assert!(dissolved || !back(&two.pairs, &code.id).is_empty(), "{} has no alpha-2", area.id_of(index));
    }
}

/// The forms that operative paragraphs of A/RES/79/154 name, each with its series of SDG indicator 16.2.2.
#[test]
fn every_form_of_the_resolution_has_an_sdg_series() {
    let form = lists().into_iter().find(|list| list.id == "CL_FORM").unwrap();
    let series = crosswalk("CL_FORM--SDG_SERIES");
    let series_of = |code: &str| {
        let mut found = series.pairs.iter().filter(|(from, _)| from == code).map(|(_, to)| to.as_str());
        (found.next().unwrap_or_else(|| panic!("{code} has no series")), found.next()).0
    };
    for (code, expected) in [
        ("PROST", "VC_HTF_DETVSX"),
        ("SEX_OTHER", "VC_HTF_DETVSX"),
        ("LAB", "VC_HTF_DETVFL"),
        ("SLAV", "VC_HTF_DETVFL"),
        ("SERV", "VC_HTF_DETVFL"),
        ("ORG", "VC_HTF_DETVOG"),
        ("FORCED_MAR", "VC_HTF_DETVOP"),
        ("CHILD_MAR", "VC_HTF_DETVOP"),
        ("EARLY_MAR", "VC_HTF_DETVOP"),
        ("ILLEGAL_ADOP", "VC_HTF_DETVOP"),
        ("CHILD_SALE", "VC_HTF_DETVOP"),
        ("SURR", "VC_HTF_DETVOP"),
        ("MIL_CHILD", "VC_HTF_DETVOP"),
        ("BEG", "VC_HTF_DETVOP"),
        ("CRIM", "VC_HTF_DETVOP"),
    ] {
        assert_eq!(series_of(code), expected, "{code}");
    }
    for (_, code) in form.known() {
        assert!(series_of(&code.id).starts_with("VC_HTF_DETV"), "{}", code.id);
    }
    let glotip = crosswalk("CL_FORM--GLOTIP");
    assert_eq!(glotip.pairs.len(), form.known().count());
}

/// The country's income group is never a code of a victim's own income.
#[test]
fn income_of_a_country_is_not_income_of_a_victim() {
    let lists = lists();
    let codes = |id: &str| -> BTreeSet<String> {
        let list = lists.iter().find(|list| list.id == id).unwrap();
        list.known().map(|(_, code)| code.id.to_string()).collect()
    };
    assert!(codes("CL_COUNTRY_INCOME").is_disjoint(&codes("CL_INCOME")));
    let record = tipstat::internals::schema::Record::load(&Registry::built_in(), "victim").unwrap();
    assert!(
        record.fields.iter().all(|field| field.codelist.as_ref().is_none_or(|list| list.id != "CL_COUNTRY_INCOME"))
    );
}

/// A layout is data: two files in a folder add a publisher, a crosswalk with its own words included.
#[test]
fn a_profile_needs_no_rust() {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.path("mine/profiles")).unwrap();
    std::fs::create_dir_all(bench.path("mine/crosswalks")).unwrap();
    bench.write(
        "mine/profiles/ministry.toml",
        "id = \"ministry\"\ntitle = \"x\"\nsource = \"x\"\nrecord = \"victim@1\"\nmissing = [\"?\"]\n\
         [[map]]\nfield = \"area\"\nconstant = \"PRY\"\n\
         [[map]]\nfield = \"year\"\ncolumn = \"Fecha\"\nrequired = true\n\
         [[map]]\nfield = \"sex\"\ncolumn = \"Sexo\"\ncodes = { Mujer = \"F\", Hombre = \"M\" }\n\
         [[map]]\nfield = \"age\"\ncolumn = \"Nacimiento\"\nborn_before = \"Fecha\"\n\
         [[map]]\nfield = \"form\"\ncolumn = \"Fin\"\nseparator = [\" y \", \", \"]\ncrosswalk = \"FINES--CL_FORM\"\n\
         [[map]]\nfield = \"count\"\ncolumn = \"Cantidad\"\n\
         [skip]\nFecha = [\"Total\"]\n[drop]\ncolumns = [\"Nombre\"]\n",
    );
    bench.write(
        "mine/crosswalks/FINES--CL_FORM.toml",
        "id = \"FINES--CL_FORM\"\nsource = \"x\"\nverified = true\nnormalised = true\n[map]\n\"explotación sexual\" = \"SEX\"\n\
         \"trabajo forzoso\" = \"LAB\"\nmendicidad = \"BEG\"\n",
    );
    // Born on 5 March 2005: 16 on the day before a birthday, 17 on it; a year alone leaves 16 or 17, which is a child.
    bench.write(
        "in.csv",
        format!(
            "Fecha,Sexo,Nacimiento,Fin,Cantidad,Nombre\n2022-03-04,Mujer,2005-03-05,Explotacion Sexual y TRABAJO FORZOSO,1,{0}\n\
             2022-03-05,Hombre,2005-03-05,mendicidad,<5,{0}\n2022,Mujer,2005,?,2,{0}\nTotal,,,,8,{0}\n",
            crate::support::CANARY
        ),
    );
    bench.run("schema check --schemas mine").succeeds();
    let ran = bench.run("validate in.csv --schemas mine --profile ministry");
    ran.succeeds()
        .says("3 records read, 3 accepted, 0 rejected")
        .says("file/identifier-dropped")
        .says("record/passed-over");
    bench.run("ingest in.csv --schemas mine --profile ministry --out store -q").succeeds();
    let rows =
        crate::support::store_rows(&bench.path("store"), &["year", "sex", "age", "form", "count", "count_upper"]);
    assert_eq!(rows, ["2022|F|Y16|SEX;LAB|1|1", "2022|M|Y17|BEG|0|4", "2022|F|Y9T17|_U|2|2"]);
}

/// The six answers of the Washington Group: 3 or 4 in one domain is a disability, and none of them only if all answered.
#[test]
fn the_washington_group_answers_become_a_status() {
    let bench = Bench::new().file(
        "in.csv",
        "area,year,sex,age,wg_see,wg_hear,wg_walk,wg_cog,wg_self,wg_comm\n\
         KHM,2022,F,17,1,1,2,1,1,1\nKHM,2022,F,17,1,,3,,,\nKHM,2022,F,17,4,4,4,4,4,4\nKHM,2022,F,17,1,2,,1,1,1\nKHM,2022,F,17,,,,,,\n",
    );
    bench.run("ingest in.csv --out store -q").succeeds();
    assert_eq!(crate::support::store_rows(&bench.path("store"), &["disability"]), ["PWD", "PD", "PD", "_U", "_U"]);
}

/// Several answers about race are one code of the country's own list, in words of its own.
#[test]
fn a_pack_knows_the_words_of_its_country() {
    let bench = Bench::new().file(
        "in.csv",
        "area,year,sex,age,race,ethnicity\nUSA,2022,F,17,WHITE;ASIAN,\nUSA,2022,F,17,Asian,\nBRA,2022,F,17,pardo,\nBRA,2022,F,17,PARDA,\n\
         FRA,2022,F,17,blanche,\nKHM,2022,F,17,,\n",
    );
    let ran = bench.run("validate in.csv");
    ran.succeeds().says("cell/collection-prohibited");
    bench.run("ingest in.csv --out store -q").succeeds();
    let rows = crate::support::store_rows(&bench.path("store"), &["race"]);
    assert_eq!(rows, ["USA_SEVERAL", "USA_ASIAN", "BRA_PARDA", "BRA_PARDA", "_X", "_X"]);
}

/// Rules across fields are data; a run can make a warning a rejection.
#[test]
fn checks_across_fields_warn_or_reject() {
    let text = "area,year,sex,age,form,labour_sector,migratory_status,citizenship,identification,means,exploitation_year\n\
        KHM,2022,F,30,SEX,ISIC_I,,,,COERCION,\n\
        KHM,2022,F,30,LAB,ISIC_I,NAT_RES,VNM,,COERCION,\n\
        KHM,2022,F,30,LAB,,STATELESS,VNM,,COERCION,\n\
        KHM,2022,F,30,LAB,,,,NOT_VICTIM,COERCION,\n\
        KHM,2022,F,30,LAB,,,,,,\n\
        KHM,2022,F,12,LAB,,,,,,\n\
        KHM,2022,F,30,LAB,,,,,COERCION,2023\n";
    let bench = Bench::new().file("in.csv", text);
    let ran = bench.run("validate in.csv --max-rejects 1");
    ran.succeeds()
        .says("7 records read, 6 accepted, 1 rejected")
        .says("warning[check/sector-without-labour]     1    line 2")
        .says("warning[check/national-of-another-area]  1    line 3")
        .says("warning[check/stateless-citizenship]     1    line 4")
        .says("error[check/not-a-victim]                1    line 5")
        .says("warning[check/means-of-adult]            1    line 6")
        .says("warning[check/years-in-order]            1    line 8");
    let ran = bench.run("validate in.csv --deny check/years-in-order --max-rejects 100%");
    ran.says("5 accepted, 2 rejected").says("error[check/years-in-order]");
    bench
        .run("validate in.csv --deny check/year-in-order")
        .fails(2, "error: there is no rule `check/year-in-order`\nhint: did you mean `check/years-in-order`?\n");
    // Rules about files and about records together come too late to reject a record.
    bench.run("validate in.csv --deny record/person-conflict").fails(
        2,
        "error: the rule `record/person-conflict` is not about a single record, so it cannot reject one\n\
         hint: rules that begin with `cell/` or `check/` can, and `record/contradiction` and `record/zero-declared`\n",
    );
    bench.run("explain check/means-of-adult").succeeds().says("Palermo Protocol");
}

/// A victim in a disaster is not outside of every humanitarian context. A reader finds such records whatever is in the cells of
/// the other records, and with quotation marks, where cells are read in another way.
#[test]
fn no_context_excludes_the_others() {
    let contexts =
        ["NONE", "DISASTER", "NONE;DISASTER", "DISASTER;ARMED_CONFLICT", "_O;NONE", "NONE;NONE", "", "_U;NONE"];
    let rows = |quote: &str| -> String {
        contexts.iter().map(|context| format!("KHM,2022,F,30,{quote}{context}{quote}\n")).collect()
    };
    for quote in ["", "\""] {
        let bench = Bench::new().file("in.csv", format!("area,year,sex,age,humanitarian\n{}", rows(quote)));
        bench
            .run("validate in.csv")
            .succeeds()
            .says("8 records read, 8 accepted")
            .says("warning[check/no-context-and-another]  2    line 4");
        bench
            .run("validate in.csv --deny check/no-context-and-another --max-rejects 100%")
            .says("6 accepted, 2 rejected");
    }
}

/// What a user sets applies where the file has nothing. It never overrides the file, and only fields with codes are set.
#[test]
fn what_is_set_for_all_records_fills_gaps_only() {
    let bench = Bench::new().file("in.csv", "area,sex,age,count\nKHM,F,17,40\nTHA,M,30,7\n,F,9,2\n");
    bench.run("ingest in.csv --set year=2022 --area FRA --out store -q").succeeds();
    let rows = crate::support::store_rows(&bench.path("store"), &["area", "year", "sex", "count"]);
    assert_eq!(rows, ["KHM|2022|F|40", "THA|2022|M|7", "FRA|2022|F|2"]);
    for (set, message) in [
        ("count=5", "error: the field `count` cannot be set for all records\n"),
        ("person_id=x", "error: the field `person_id` cannot be set for all records\n"),
        ("citizenship_group=DOM", "error: the field `citizenship_group` cannot be set for all records\n"),
        ("year=1812", "error: `1812` is not a code of CL_YEAR\n"),
        ("year=2021 --set year=2022", "error: the field `year` is set already\n"),
    ] {
        let ran = bench.run(&format!("validate in.csv --set {set}"));
        assert!(ran.stderr.starts_with(message), "{set}: {}", ran.stderr);
        assert_eq!(ran.code, Some(2));
    }
}

/// `M` is male in the code list and Mujer in a register: next to words of its own a profile accepts no single letter.
#[test]
fn a_letter_is_not_guessed_beside_words() {
    let bench = Bench::new()
        .file("in.csv", "pais;anio_deteccion;sexo;edad\nCOL;2022;Mujer;17\nCOL;2022;M;17\nCOL;2022;HOMBRE;17\n");
    let ran = bench.run("validate in.csv --profile registro-es --max-rejects 1");
    ran.succeeds()
        .says("3 records read, 2 accepted, 1 rejected")
        .says("error[cell/not-in-codelist]  1  `sexo`  ")
        .says("line 3; found `M`");
}
