//! Hand-computed cases.

use tipstat::internals::indicators::{Seen, Setting, Shown, evaluate};

use crate::support::{counted, drafts, exact};

/// The worked example of the CTDC codebook (section 6): of five persons nothing is known of one. Of the four others two
/// suffer sexual exploitation (2/4), two forced labour (2/4), and one of these another form as well (1/4). With the fifth
/// in the denominator the shares would be 40, 40 and 20.
#[test]
fn shares_are_of_the_persons_whose_form_is_known() {
    let text = "area,year,sex,age,form\n\
        KHM,2022,F,17,SEX\nKHM,2022,F,30,SEX\nKHM,2022,M,30,LAB\nKHM,2022,M,30,LAB;MAR\nKHM,2022,F,30,_U\n";
    let (record, base) = counted(text, None);
    let drafts = drafts(&record, &base, &["victims-by-form"]);
    let (table, cube) = (&drafts[0].indicator, &drafts[0].cube);
    let share = table.measures.iter().find(|measure| measure.id == "DETV_FORM_PT").unwrap();
    let cells: Vec<_> = (0..cube.len())
        .map(|cell| {
            let count = Some(cube.lower(cell));
            Seen {
                nodes: cube.nodes(cell),
                shown: Shown { value: count, lower: count, upper: count },
                present: true,
                asked: true,
                is_open: false,
            }
        })
        .collect();
    let shares = evaluate(share, &cube.dimensions, &cells, &Setting::default()).unwrap();
    let count_of = |form: &str| {
        let codes = ["KHM", "2022", form, "_T"];
        let nodes: Vec<u16> =
            codes.iter().zip(&cube.dimensions).map(|(code, d)| d.find(code).unwrap() as u16).collect();
        shares.values.iter().find(|value| value.cell == cube.cell(&nodes)).unwrap()
    };
    assert_eq!(count_of("FG_SEXUAL").shown.value, Some(50.0));
    assert_eq!(count_of("FG_LABOUR").shown.value, Some(50.0));
    assert_eq!(count_of("FG_OTHER").shown.value, Some(25.0));
    assert_eq!(count_of("FG_SEXUAL").known_share, Some(0.8));
}

/// Intervals through a share: 30 of [90, 120] is between 25 % and 33.3334 %.
#[test]
fn a_share_of_an_unknown_whole_has_bounds() {
    let (record, base) = counted("area,year,sex,age,form\nKHM,2022,F,17,SEX\n", None);
    let drafts = drafts(&record, &base, &["victims-by-form"]);
    let (table, cube) = (&drafts[0].indicator, &drafts[0].cube);
    let known = cube.dimensions[2].find("_K").unwrap() as u16;
    let cells: Vec<_> = (0..cube.len())
        .map(|cell| {
            let nodes = cube.nodes(cell);
            let shown = if nodes[2] == known {
                Shown { value: None, lower: Some(90), upper: Some(120) }
            } else {
                Shown { value: Some(30), lower: Some(30), upper: Some(30) }
            };
            Seen { nodes, shown, present: true, asked: true, is_open: false }
        })
        .collect();
    let shares = evaluate(&table.measures[1], &cube.dimensions, &cells, &Setting::default()).unwrap();
    let sexual = cube.dimensions[2].find("FG_SEXUAL").unwrap() as u16;
    let row = shares.values.iter().find(|value| cells[value.cell].nodes[2] == sexual).unwrap();
    assert_eq!(row.shown, Shown { value: None, lower: Some(25.0), upper: Some(33.3334) });
    assert_eq!(row.known_share, None);
}

/// A person with several forms is one person in the total, and one in each group, also when two forms are of one group.
#[test]
fn several_forms_are_one_person() {
    let (record, base) = counted("area,year,sex,age,form\nKHM,2022,F,17,LAB;DOM;BEG\n", None);
    let drafts = drafts(&record, &base, &["victims-by-form"]);
    let count = |form| exact(&drafts[0].cube, &["KHM", "2022", form, "F"]);
    assert_eq!([count("_T"), count("_K"), count("FG_LABOUR"), count("FG_OTHER"), count("FG_SEXUAL")], [1, 1, 1, 1, 0]);
}

/// `count` is the number of victims of a record.
#[test]
fn records_that_stand_for_several_victims() {
    let (record, base) = counted("area,year,sex,age,count\nKHM,2022,F,17,40\nKHM,2022,F,30,2\nKHM,2022,M,30,1\n", None);
    let drafts = drafts(&record, &base, &["victims-by-profile"]);
    assert_eq!(base.total(), 43);
    assert_eq!(exact(&drafts[0].cube, &["KHM", "_T", "F", "_T"]), 42);
}

/// 15-19 is on both sides of 18: unknown. All dashes mean the same band.
#[test]
fn bands_of_ages() {
    let text = "area,year,sex,age\nKHM,2022,F,15-19\nKHM,2022,F,9--17\nKHM,2022,F,9—17\nKHM,2022,F,9-17\n\
        KHM,2022,F,Y9T17\nKHM,2022,F,0-17\nKHM,2022,F,48+\nKHM,2022,F,60+\nKHM,2022,F,25-40\n";
    let (record, base) = counted(text, None);
    let drafts = drafts(&record, &base, &["victims-by-age-band"]);
    let count = |age| exact(&drafts[0].cube, &["KHM", "F", age]);
    assert_eq!([count("Y0T17"), count("Y9T17"), count("Y0T17_U")], [5, 4, 1]);
    assert_eq!([count("Y_GE18"), count("Y_GE48"), count("Y_GE18_U"), count("_U")], [3, 2, 1, 1]);
}

/// Domestic is by citizenship of the reporting area; stateless persons are neither domestic nor cross-border.
#[test]
fn citizenship_as_seen_from_the_reporting_area() {
    let text = "area,year,sex,age,citizenship\nKHM,2022,F,17,KHM\nKHM,2022,F,17,VNM\nVNM,2022,F,17,KHM\n\
        KHM,2022,F,17,XXA\nKHM,2022,F,17,NGA\nKHM,2022,F,17,\nKHM,2022,F,17,XKX\n_U,2022,F,17,KHM\n";
    let (record, base) = counted(text, None);
    let drafts = drafts(&record, &base, &["victims-by-nationality"]);
    let count = |area, code| exact(&drafts[0].cube, &[area, code, "_T", "_T"]);
    assert_eq!(
        ["DOM", "CROSS", "CROSS_142", "CROSS_002", "CROSS_U", "NOCIT", "_U"].map(|c| count("KHM", c)),
        [1, 3, 1, 1, 1, 1, 1]
    );
    assert_eq!(count("VNM", "CROSS_142"), 1);
    assert_eq!(count("_U", "_U"), 1);
    // The area that is not known belongs to the world and to no region.
    assert_eq!([count("M49_035", "_T"), count("M49_001", "_T")], [7, 8]);
}

/// A person with two citizenships is counted once: by that of the reporting area where it is one of them, so that the case
/// is domestic, and else by the first one that is known.
#[test]
fn a_dual_citizen_is_one_person() {
    let text = "area,year,sex,age,citizenship\nALB,2022,F,17,ALB;GRC\nALB,2022,F,17,GRC;ALB\nALB,2022,F,17,GRC;ITA\n\
        ALB,2022,F,17,_U;GRC\nITA,2022,F,17,ALB;GRC\n";
    let (record, base) = counted(text, None);
    let drafts = drafts(&record, &base, &["victims-by-nationality"]);
    let count = |area, code| exact(&drafts[0].cube, &[area, code, "_T", "_T"]);
    assert_eq!(["_T", "_K", "DOM", "CROSS"].map(|code| count("ALB", code)), [4, 4, 2, 2]);
    assert_eq!(["_T", "DOM", "CROSS"].map(|code| count("ITA", code)), [1, 0, 1]);
    let (record, base) = counted(text, None);
    let flows = self::drafts(&record, &base, &["flows"]);
    let cube = &flows[0].cube;
    let d = cube.dimensions.iter().position(|breakdown| breakdown.dimension == "ORIGIN").unwrap();
    let count_of = |code: &str| {
        let nodes: Vec<u16> = (0..cube.dimensions.len())
            .map(|at| match at {
                0 => cube.dimensions[0].find("ALB").unwrap() as u16,
                _ if at == d => cube.dimensions[d].find(code).unwrap() as u16,
                _ => 0,
            })
            .collect();
        cube.lower(cube.cell(&nodes))
    };
    assert_eq!([count_of("ALB"), count_of("GRC")], [2, 2]);
}

/// The flags of the CTDC layout: an empty group is unknown, zeros without a yes are unknown, `NA` is Namibia.
#[test]
fn the_ctdc_layout() {
    let text = "yearOfRegistration,gender,ageBroad,majorityStatus,citizenship,CountryOfExploitation,isForcedLabour,isSexualExploit,isOtherExploit,isSexAndLabour,isForcedMarriage,isForcedMilitary,isOrganRemoval,isSlaveryAndPractices\n\
        2015,Female,9--17,Minor,NA,NA,1,0,,0,0,0,0,\n\
        2015,Male,-99,Adult,ZA,NA,0,0,0,0,0,0,0,0\n\
        ,-99,,,,-99,,,,,,,,\n\
        2015,Female,18--20,Adult,NA,NA,,,,1,,,,\n";
    let (record, base) = counted(text, Some("ctdc-kanon"));
    let drafts = drafts(&record, &base, &["victims-by-form", "victims-by-profile", "victims-by-citizenship"]);
    let table = |name: &str| &drafts.iter().find(|draft| draft.indicator.id == name).unwrap().cube;
    let form = |code| exact(table("victims-by-form"), &["NAM", "2015", code, "_T"]);
    assert_eq!(["_T", "_K", "FG_LABOUR", "FG_SEXUAL", "_U"].map(form), [3, 2, 2, 1, 1]);
    assert_eq!(exact(table("victims-by-profile"), &["NAM", "2015", "M", "Y_GE18"]), 1);
    assert_eq!(exact(table("victims-by-profile"), &["_U", "_U", "_U", "_U"]), 1);
    assert_eq!(exact(table("victims-by-citizenship"), &["NAM", "2015", "DOM"]), 2);
}

/// Race comes from the country's own list: local and full codes are the same, other countries have none.
#[test]
fn a_countrys_own_list() {
    let text = "area,year,sex,age,race\nBRA,2022,F,17,PARDA\nBRA,2022,F,17,BRA_PARDA\nBRA,2022,F,17,\nKHM,2022,F,17,\n\
        KHM,2022,F,17,PARDA\nFRA,2022,F,17,PARDA\n";
    let (record, base) = counted(text, None);
    let drafts = drafts(&record, &base, &["victims-by-race"]);
    let cube = &drafts[0].cube;
    assert_eq!(exact(cube, &["BRA", "BRA_PARDA", "_T", "_T"]), 2);
    assert_eq!(exact(cube, &["BRA", "_U", "_T", "_T"]), 1);
    // Codes are never pooled: the table has no region and no other country.
    assert_eq!(cube.dimensions[0].nodes.len(), 1);
}

/// PD is with, PWD is without.
#[test]
fn disability_codes_are_not_swapped() {
    let registro = "pais;anio_deteccion;sexo;edad;discapacidad\nBRA;2022;Mujer;17;Sí\nBRA;2022;Mujer;17;No\nBRA;2022;MUJER;17;No\n";
    let (record, base) = counted(registro, Some("registro-es"));
    let drafts = drafts(&record, &base, &["victims-by-disability"]);
    let count = |code| exact(&drafts[0].cube, &["BRA", code, "F", "_T"]);
    assert_eq!([count("PD"), count("PWD")], [1, 2]);
}
