//! What a file says, and does not say: of its rows, its dates and its delimiter.

use super::*;

#[test]
fn a_row_speaks_of_the_columns_that_its_file_has() {
    let field = |group, name| Part::Field(group, name);
    let told = |mapping: &str, table: &str| {
        let (arrivals, errors, _) = import(mapping, table).unwrap();
        assert_eq!(errors, []);
        arrivals.into_iter().map(|arrival| Vec::from_iter(arrival.told.unwrap().parts().cloned())).collect::<Vec<_>>()
    };
    let mapping = r#"
id = "id"
optional = true
[lead]
owner = ["rep", "owner"]
message = { template = "{asked}[ at {place}]" }
mql_at = "mql"
stage = { column = "stage", default = "" }
stage_since = "since"
[lead.trigger]
kind = [{ column = "form", default = "" }, { value = "webinar" }]
[lead.attribution]
source = { value = "fair" }
[score.parts]
"pricing" = { axis = "intent", points = "p" }
"#;
    let wide = [
        field("", "message"),
        field("", "owner"),
        field("attribution", "source"),
        field("stage", "canonical"),
        field("trigger", "kind"),
        Part::Points(Axis::Intent, "pricing".into()),
        Part::Extra("shoe".into()),
    ];
    assert_eq!(told(mapping, "id,owner,place,stage,form,p,shoe\n1,,,,,,\n")[0], wide);
    assert_eq!(told(mapping, "id\n1\n")[0], [field("attribution", "source")], "a fallback is no word of the file");
    let json = "[{\"id\":1,\"shoe\":null},{\"id\":2,\"p\":null},{\"id\":3,\"a\":{\"b\":1}},{\"id\":4,\"a\":null}]";
    let rows =
        told("id = \"id\"\noptional = true\n[score.parts]\npricing = { axis = \"intent\", points = \"p\" }\n", json);
    let extra = |name: &str| Part::Extra(name.to_owned());
    assert_eq!(rows[0], [extra("shoe")]);
    assert_eq!(rows[1], [Part::Points(Axis::Intent, "pricing".into())]);
    assert_eq!((&rows[2][..], &rows[3][..]), (&[extra("a.b")][..], &[extra("a"), extra("a.b")][..]));
}

#[test]
fn a_second_file_speaks_of_the_leads_that_it_names() {
    let folder = Folder::with(&[
        ("leads.csv", "id,email\n1,a@x.example\n2,b@x.example\n"),
        ("map.toml", "join = { column = \"who\", with = \"id\" }\n[lead]\nstage = \"stage\"\n"),
        ("won.csv", "who,stage\n1,sql\n"),
    ]);
    let (leads, won, map) = (folder.path("leads.csv"), folder.path("won.csv"), folder.path("map.toml"));
    let request = Request { activities: Some(&won), activities_map: map.to_str(), ..Request::new(&leads) };
    let (arrivals, ..) = all(FileImport::open(&request).unwrap());
    let told = |n: usize| arrivals[n].told.as_ref().unwrap().has_field("stage", "canonical");
    assert_eq!((told(0), told(1)), (true, false));
}

#[test]
fn the_delimiter_can_be_said() {
    let table = "id:at:who\n1:10:30:Ana\n";
    assert!(import("id = \"id\"\n", table).is_err(), "it cannot be found");
    let table = "id!at!who, and where\n1!2026-11-20 10:30!Ana, Rome\n";
    let map = "delimiter = \"!\"\nid = \"id\"\n[lead]\nmql_at = \"at\"\n[lead.person]\nname = \"who, and where\"\n";
    let arrival = one(map, table);
    assert_eq!(arrival.lead.person.name.as_deref(), Some("Ana, Rome"));
    for wrong in ["", "ab", "a", "\\n", "é"] {
        let said = mistake(&format!("id = \"id\"\ndelimiter = \"{wrong}\"\n"));
        assert!(said.starts_with("2:13: a delimiter is one character"), "{wrong}: {said}");
    }
}

#[test]
fn a_file_says_itself_whether_the_day_comes_first() {
    let map = "id = \"id\"\ndates = [\"%m/%d/%Y %H:%M\", \"%m/%d/%Y\"]\n[lead]\nmql_at = \"at\"\n";
    let read = |rows: &[&str]| {
        let rows: String = rows.iter().enumerate().map(|(n, row)| format!("{n},{row}\n")).collect();
        let (arrivals, errors, _) = import(map, &format!("id,at\n{rows}")).unwrap();
        let days = arrivals.iter().map(|it| it.lead.mql_at.unwrap().format("%F").to_string());
        (days.collect::<Vec<_>>(), errors)
    };
    assert_eq!(read(&["03/04/2026", "25/12/2026 14:05"]).0, ["2026-04-03", "2026-12-25"], "the day");
    assert_eq!(read(&["03/04/2026", "12/25/2026"]).0, ["2026-03-04", "2026-12-25"], "the month");
    assert_eq!(read(&["03/04/2026"]).0, ["2026-03-04"], "the mapping says it");
    let (days, errors) = read(&["12/25/2026", "25/12/2026"]);
    assert_eq!(days, ["2026-12-25"]);
    assert!(errors[0].reason.contains("`dates` of the mapping"), "{}", errors[0]);
}

#[test]
fn salesforce_exports_of_any_country_need_no_mapping() {
    let folder = Folder::with(&[
        (
            "leads.csv",
            "Id,LastName,Company,Status,LeadSource,CreatedDate\n1,A,N,New,Web,01/02/2026 14:05\n2,B,N,New,Web,25/12/2025 09:00\n",
        ),
        ("tasks.csv", "Id,WhoId,Subject,Status,ActivityDate\nt,1,call,Done,05/02/2026\nu,1,call,Done,31/01/2026\n"),
    ]);
    let (leads, tasks) = (folder.path("leads.csv"), folder.path("tasks.csv"));
    let (arrivals, errors, _) =
        all(FileImport::open(&Request { activities: Some(&tasks), ..Request::new(&leads) }).unwrap());
    assert_eq!(errors, []);
    let day = |time: Option<crate::handoff::Time>| time.unwrap().format("%F").to_string();
    assert_eq!(arrivals.iter().map(|it| day(it.lead.created_at)).collect::<Vec<_>>(), ["2026-02-01", "2025-12-25"]);
    let trail: Vec<String> = arrivals[0].trail.iter().map(|it| day(it.at)).collect();
    assert_eq!(trail, ["2026-02-05", "2026-01-31"]);
}
