//! Publishers' layouts, each with a made-up file that holds its traps.

use crate::support::{Bench, store_rows};

fn stored(profile: &str, text: &str, columns: &[&str], more: &str) -> Vec<String> {
    let bench = Bench::new().file("in.csv", text);
    bench.run(&format!("ingest in.csv --profile {profile} --out store --max-rejects 100% -q {more}")).succeeds();
    store_rows(&bench.path("store"), columns)
}

/// The terms of use as the first heading, `-99` and empty cells, alpha-2 codes, and the majority where the band is missing.
#[test]
fn the_k_anonymised_layout() {
    let text = "\"By using this data you agree to the Terms of Use\",yearOfRegistration,gender,ageBroad,majorityStatus,citizenship,\
        isForcedLabour,isSexualExploit,isOtherExploit,typeOfLabourAgriculture,typeOfLabourConstruction,meansOfControlThreats,\
        meansOfControlUsesChildren,recruiterRelationFamily,CountryOfExploitation\n\
        0,2010,Female,9--17,Minor,NA,1,0,-99,1,0,0,1,1,KH\n\
        1,2011,Male,-99,Adult,,0,0,0,-99,-99,0,0,0,NA\n\
        2,-99,Female,48+,Minor,KH,-99,-99,-99,,,,,,-99\n";
    let columns = [
        "area",
        "year",
        "sex",
        "gender",
        "age",
        "age_reference",
        "citizenship",
        "form",
        "labour_sector",
        "control",
        "recruiter",
    ];
    assert_eq!(
        stored("ctdc-kanon", text, &columns, ""),
        [
            "KHM|2010|F|WOMAN|Y9T17|AT_REGISTRATION|NAM|LAB|AGRICULTURE|USES_CHILDREN|FAMILY",
            // No flag of a group says yes, so nothing is known of the group.
            "NAM|2011|M|MAN|Y_GE18|AT_REGISTRATION|_U|_U|_U|_U|_U",
            "_U|_U|F|WOMAN|Y_GE48|AT_REGISTRATION|KHM|_U|_U|_U|_U",
        ]
    );
    let bench = Bench::new().file("in.csv", text);
    bench
        .run("validate in.csv --profile ctdc-kanon")
        .says("warning[record/contradiction]  1  `majorityStatus`  ")
        .says("line 4");
}

/// One-or-empty flags, alpha-3 codes, three kinds of dash, and both spellings of a heading.
#[test]
fn the_synthetic_layout() {
    for (dash, documents) in [("-", "meansWithholdDocs"), ("–", "meansWithholdDocuments"), ("—", "meansWithholdDocs")]
    {
        let text = format!(
            "yearOfRegistration,gender,ageBroad,citizenship,CountryOfExploitation,traffickMonths,{documents},meansThreats,isForcedLabour,\
             isSexualExploit,isOtherExploit,recruiterRelationFriend\n\
             2019,Trans/Transgender/NonConforming,9{dash}17,KHM,THA,0{dash}12,1,,,1,,1\n2020,Woman,48+,,THA,25+,,,,,,\n"
        );
        let columns = ["area", "sex", "gender", "age", "citizenship", "form", "control", "recruiter"];
        assert_eq!(
            stored("ctdc-synthetic", &text, &columns, ""),
            ["THA|_O|TRANS_NC|Y9T17|KHM|SEX|WITHHOLDS_DOCUMENTS|FRIEND", "THA|F|WOMAN|Y_GE48|_U|_U|_U|_U"]
        );
    }
}

/// Regions instead of countries, ranges of years, and sets of relations; a citizen of a region may be a domestic victim.
#[test]
fn the_victim_perpetrator_layout() {
    let text = "yearRegister,gender,majorityStatus,isForcedLabour,isSexualExploit,UN_COO_Region,UN_COE_Region,IP_Exploiter,IP_Relation\n\
        2019,Female,Minor,1,,Asia,Europe,1,FamilyIntimatePartner;StrangerUnknownOther\n\
        2014-2018,Male,Adult,,,Americas/Oceania,Americas/Oceania,,\n";
    let columns = ["area", "year", "sex", "age", "form", "citizenship", "citizenship_group", "recruiter"];
    assert_eq!(
        stored("ctdc-vp", text, &columns, ""),
        [
            "R150|2019|F|Y0T17|LAB|R142|CROSS_142|STRANGER_OTHER;FAMILY_PARTNER",
            "R019009|_U|M|Y_GE18|_U|R019009|_OWN|_U"
        ]
    );
}

/// Names of values, their labels, and the names with the field in front; a date of birth becomes an age; of two citizenships
/// the reporting country's is counted; a person who is not a victim is not a record.
#[test]
fn the_case_data_standard() {
    let text = "org_ShippingCountry,cas_IncomingReferralDate,prs_Gender,prs_Birthdate,prs_Citizenship,vic_TypeOfExploitation,\
        vic_MethodsOfControl,vic_MethodOfRecruitment,vic_ForcedLabourIndustry,vic_TraffickingStatus\n\
        KH,2023-05-04,Feminine,2005-05-05,KH,ForcedLabour;SexualExploitation,MethodsOfControlDebtBondage;Physical abuse,\
        ThroughOnlineSocialNetworks,I_AccommodationAndFoodServiceActivities,ActualVictimOfTrafficking\n\
        KH,2023-05-05,Masculine,2005-05-05,VN;KH,Forced labour,DebtBondage,At work,,Possible victim of trafficking\n\
        KH,2023-05-05,NonConforming,1990-01-01,Vietnamese,ForcedBegging,,,,NotAVictimOfTrafficking\n";
    let columns = [
        "area",
        "year",
        "sex",
        "gender",
        "age",
        "citizenship",
        "form",
        "control",
        "channel",
        "labour_sector",
        "identification",
    ];
    assert_eq!(
        stored("htcds", text, &columns, ""),
        [
            "KHM|2023|F|WOMAN|Y17|KHM|SEX;LAB|DEBT_BONDAGE;PHYS_ABUSE|SOCIAL_NETWORK|ISIC_I|IDENTIFIED",
            "KHM|2023|M|MAN|Y18|KHM|LAB|DEBT_BONDAGE|WORKPLACE|_U|PRESUMED",
        ]
    );
    let bench = Bench::new()
        .file("in.csv", "prs_FirstName,org_ShippingCountry,cas_IncomingReferralDate,prs_Gender,prs_Birthdate\n");
    let ran = bench.run("validate in.csv --profile htcds");
    assert!(ran.stderr.starts_with("tipstat: read in.csv\nerror[file/direct-identifier]"), "{}", ran.stderr);
}

/// The unused lines of a form bear a number and nothing else: they are no records.
#[test]
fn numbered_lines_of_a_form_are_no_victims() {
    let lines: String = (1..=50).map(|n| format!("{n},,,,\n")).collect();
    let text = format!(
        "No.,cas_IncomingReferralDate,prs_Gender,prs_Birthdate,vic_TypeOfExploitation\n{lines}51,2023-05-04,,,\n"
    );
    let bench = Bench::new().file("in.csv", text);
    let ran = bench.run("validate in.csv --profile htcds --area KHM --max-rejects 100%");
    ran.succeeds().says("51 records read, 1 accepted, 50 rejected").says("error[record/empty]");
}

/// A dense table of groups: totals and empty groups are no records; forms are joined by commas and ampersands; of two
/// nationalities the British one is counted; the year is given by the user.
#[test]
fn the_referral_mechanism() {
    let text = "First responder type,First responder,Exploitation type,Age at exploitation,Gender,Nationality,People\n\
        Local Authority,Local Authority,Total,Total,Total,Total,515\n\
        Local Authority,Local Authority,Criminal,Child (17 or under),Male,Total,13\n\
        Local Authority,Local Authority,Criminal,Child (17 or under),Male,UK,12\n\
        Local Authority,Local Authority,\"Labour, Domestic & Criminal\",Adult (18 or over),Female,Albanian Greek,1\n\
        Local Authority,Local Authority,Sexual & Labour,Adult (18 or over),Female,Sudanese South Sudanese,2\n\
        Local Authority,Local Authority,Sexual,Adult (18 or over),Female,Turkish UK,3\n\
        Local Authority,Local Authority,Sexual,Not specified or unknown,Other,Albanian Unknown,4\n\
        Local Authority,Local Authority,Sexual,Adult (18 or over),Female,Albanian,0\n";
    let columns = ["area", "year", "sex", "age", "age_reference", "form", "citizenship", "identification", "count"];
    assert_eq!(
        stored("uk-nrm", text, &columns, "--set year=2022"),
        [
            "GBR|2022|M|Y0T17|AT_EXPLOITATION|CRIM|GBR|REFERRED|12",
            "GBR|2022|F|Y_GE18|AT_EXPLOITATION|LAB;DOM;CRIM|ALB|REFERRED|1",
            "GBR|2022|F|Y_GE18|AT_EXPLOITATION|SEX;LAB|SDN|REFERRED|2",
            "GBR|2022|F|Y_GE18|AT_EXPLOITATION|SEX|GBR|REFERRED|3",
            "GBR|2022|_O|_U|AT_EXPLOITATION|SEX|ALB|REFERRED|4",
        ]
    );
    let bench = Bench::new().file("in.csv", text);
    bench
        .run("validate in.csv --profile uk-nrm --set yeer=2022")
        .fails(2, "error: victim@1 has no field `yeer`\nhint: did you mean `year`?\n");
    bench
        .run("validate in.csv --profile uk-nrm --set year=2022")
        .succeeds()
        .says("5 records read")
        .says("record/passed-over]  3");
}
