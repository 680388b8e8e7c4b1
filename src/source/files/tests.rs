//! Mappings as a user meets them: what they make of a row, and what is said about mistakes.

use std::path::PathBuf;

use super::*;
use crate::handoff::activity::{ActivityKind, Direction};
use crate::handoff::arrival::Part;
use crate::handoff::lead::{Lead, TriggerKind};
use crate::handoff::score::{Axis, Category};
use crate::handoff::state::Stage;

mod told;

/// A folder with these files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn all(mut import: FileImport) -> (Vec<Arrival>, Vec<RowError>, Totals) {
    let (mut arrivals, mut errors) = (Vec::new(), Vec::new());
    while let Some(batch) = import.next_batch(2).unwrap() {
        arrivals.extend(batch.arrivals);
        errors.extend(batch.errors);
    }
    (arrivals, errors, import.totals())
}

/// Imports a table by a mapping; both are given as text.
fn import(mapping: &str, table: &str) -> Result<(Vec<Arrival>, Vec<RowError>, Totals), ImportError> {
    let folder = Folder::with(&[("map.toml", mapping), ("leads.csv", table)]);
    let map = folder.path("map.toml").display().to_string();
    let leads = folder.path("leads.csv");
    FileImport::open(&Request { map: Some(&map), ..Request::new(&leads) }).map(all)
}

fn one(mapping: &str, table: &str) -> Arrival {
    let (mut arrivals, errors, _) = import(mapping, table).unwrap();
    assert_eq!(errors, []);
    arrivals.remove(0)
}

/// What is said about a mapping, without the folder.
fn mistake(mapping: &str) -> String {
    let error = import(mapping, "id,name\n1,x\n").err().unwrap().to_string();
    error.rsplit_once("map.toml:").map_or(error.clone(), |(_, rest)| rest.to_owned())
}

const TABLE: &str = "\
Key,Given,Family,Mail,Firm,Tech,Fit,Act,State,Why,Made,Hot,Form,Score at,Consent,Region,Campaign
k1,Ana,López,ana@acme.example,Acme,\"rust; sql\",30,25.4,Won,,20.11.2026 09:30,H,Request a Demo,2026-11-19,no,EMEA,q4
";

const MAPPING: &str = r#"
source = "fair"
id = "Key"
zone = "Europe/Berlin"
dates = ["%d.%m.%Y %H:%M"]
drop = ["Campaign"]

[lead]
created_at = "Made"
stage = { column = "State", map = { Won = "opportunity", Lost = "rejected" } }
stage_reason = "Why"
category = { column = "Hot", map = { H = "A" } }

[lead.person]
first_name = "Given"
last_name = "Family"
name = { template = "{Given} {Family}[ of {Why}]" }
email = ["Mail", "Given"]
do_not_call = { column = "Consent", map = { no = "true", yes = "false" } }

[lead.company]
name = "Firm"
tech = "Tech"
provided_by = { value = "the fair's list" }

[lead.trigger]
kind = { column = "Form", map = { "*demo*" = "demo" }, default = "manual" }
what = "Form"
threshold = { value = "65" }

[lead.routing]
rule = { template = "territory {Region}" }

[lead.preflight]
business_email = { value = "yes" }

[lead.extras]
place = "Region"

[score]
fit = "Fit"
behavior = { column = "Act", scale = 2 }

[activity.form]
kind = { column = "Form", map = { "*demo*" = "demo_request" } }
text = { template = "sent “{Form}”" }
at = "Score at"

[activity.never]
when = { column = "State", is = ["Lost"] }
kind = { value = "note" }
text = "State"
"#;

#[test]
fn a_mapping_fills_every_kind_of_field() {
    let arrival = one(MAPPING, TABLE);
    let Lead { key, person, company, stage, .. } = &arrival.lead;
    assert_eq!((key.source.as_str(), key.external_id.as_str()), ("fair", "k1"));
    assert_eq!(person.name.as_deref(), Some("Ana López"), "an empty group is left out");
    assert_eq!((person.email.as_deref(), person.do_not_call), (Some("ana@acme.example"), true));
    assert_eq!(company.tech, ["rust", "sql"]);
    assert_eq!(company.provided_by.as_deref(), Some("the fair's list"));
    assert_eq!((stage.canonical, stage.raw.as_deref()), (Some(Stage::Opportunity), Some("Won")));
    assert_eq!(arrival.lead.created_at, "2026-11-20T08:30:00Z".parse().ok());
    assert_eq!(arrival.lead.category, Some(Category::A));
    let trigger = arrival.lead.trigger.as_ref().unwrap();
    assert_eq!(
        (trigger.kind, trigger.what.as_str(), trigger.threshold),
        (TriggerKind::Demo, "Request a Demo", Some(65))
    );
    assert_eq!(arrival.lead.routing.as_ref().unwrap().rule, "territory EMEA");
    assert!(arrival.lead.preflight[0].passed);
    let score = arrival.lead.score.as_ref().unwrap();
    assert_eq!((score.total, score.fit, score.behavior), (81, Some(30), Some(51)));
    let parts: Vec<_> = score.parts.iter().map(|part| (part.axis, part.label.as_str())).collect();
    assert_eq!(parts, [(Axis::Behavior, "Act"), (Axis::Fit, "Fit")], "the largest first");
    assert_eq!(score.model.as_deref(), Some("fair"));
    assert_eq!(arrival.lead.extras.keys().collect::<Vec<_>>(), ["place"], "all columns are taken or dropped");
    assert_eq!(arrival.trail.len(), 1);
    let form = &arrival.trail[0];
    assert_eq!((form.kind, form.direction), (ActivityKind::DemoRequest, Direction::Inbound));
    assert_eq!((form.text.as_str(), form.external_id.as_str()), ("sent “Request a Demo”", "form"));
}

#[test]
fn columns_that_nothing_takes_are_kept_unless_one_says_so() {
    let table = "id,note,junk\n1,keep me,\n";
    let extras = |mapping| one(mapping, table).lead.extras.into_iter().collect::<Vec<_>>();
    assert_eq!(extras("id = \"id\""), [("note".to_owned(), "keep me".to_owned())]);
    assert_eq!(extras("id = \"id\"\nrest = \"drop\""), []);
    assert_eq!(extras("id = \"id\"\ndrop = [\"Note\"]"), []);
    assert_eq!(extras("id = \"id\"\nnull = [\"KEEP ME\"]"), []);
}

#[test]
fn single_contributions_make_the_score() {
    let mapping = "id = \"id\"\n[score]\ntotal = \"all\"\n[score.parts]\n\"pricing page\" = { axis = \"intent\", points = \"p\" }\n\"careers page\" = { axis = \"intent\", points = \"c\" }\n";
    let (arrivals, _, _) = import(mapping, "id,all,p,c\n1,140,20,-5\n2,,20,\n3,,,\n").unwrap();
    let scores: Vec<_> = arrivals.iter().map(|arrival| arrival.lead.score.clone()).collect();
    let of = |row: usize| scores[row].as_ref().map(|score| (score.total, score.intent, score.parts.len()));
    assert_eq!((of(0), of(1), of(2)), (Some((100, Some(15), 2)), Some((20, Some(20), 1)), None));
}

#[test]
fn a_stage_or_score_that_makes_no_sense_is_told_without_a_mapping_too() {
    let folder = Folder::with(&[(
        "leads.csv",
        "email,stage,score,fit\na@x.example,New,71,good\nb@x.example,Pending review,50,\nc@x.example,,many,\n\
         d@x.example,SQL,,\n",
    )]);
    let (arrivals, errors, _) = all(FileImport::open(&Request::new(&folder.path("leads.csv"))).unwrap());
    let stages: Vec<_> = arrivals.iter().map(|arrival| arrival.lead.stage.canonical).collect();
    assert_eq!(stages, [Some(Stage::Assigned), Some(Stage::Sql)]);
    let told: Vec<_> = errors.iter().map(|error| (error.line, error.column.as_deref())).collect();
    assert_eq!(told, [(3, Some("stage")), (4, Some("score"))]);
    assert!(errors[0].reason.starts_with("“Pending review” is not a stage that is known"), "{}", errors[0].reason);
}

#[test]
fn bad_rows_are_told_and_the_rest_goes_in() {
    let mapping = r#"
id = "id"
[lead]
created_at = "made"
stage = { column = "stage", map = { new = "assigned" } }
[lead.person]
do_not_call = "quiet"
[score]
total = "points"
"#;
    let table = "id,made,stage,quiet,points\n\
        1,2026-02-30,new,no,5\n\
        2,2026-02-03,newish,no,5\n\
        ,2026-02-03,new,no,5\n\
        4,2026-02-03,new,perhaps,5\n\
        5,2026-02-03,new,no,many\n\
        6,2026-02-03,new\n\
        7,2096-02-03,sql,,\n";
    let (arrivals, errors, totals) = import(mapping, table).unwrap();
    assert_eq!(arrivals.len(), 1, "a date to come is no fault, nor is one of our own words");
    assert_eq!(arrivals[0].lead.stage.canonical, Some(Stage::Sql));
    let told: Vec<_> = errors.iter().map(|error| (error.line, error.column.as_deref())).collect();
    let expected =
        [(2, Some("made")), (3, Some("stage")), (4, Some("id")), (5, Some("quiet")), (6, Some("points")), (7, None)];
    assert_eq!(told, expected);
    assert!(errors[0].reason.contains("“2026-02-30” is not a date"), "{}", errors[0].reason);
    assert!(errors[1].reason.contains("“newish”") && errors[1].reason.contains("“new”"), "{}", errors[1].reason);
    assert_eq!((totals.read, totals.rejected), (7, 6));
}

#[test]
fn mistakes_in_a_mapping_are_told_by_place_with_a_hint() {
    for (mapping, told) in [
        ("id = \"id\"\nsuorce = \"x\"", "2:1: there is no key `suorce` at the top; did you mean `source`?"),
        (
            "id = \"id\"\n[lead.person]\nemial = \"name\"",
            "3:1: there is no key `emial` in `lead.person`; did you mean `email`?",
        ),
        (
            "id = \"id\"\n[lead]\nstage = { column = \"name\", map = { x = \"asigned\" } }",
            "3:40: “asigned” is not possible here; did you mean “assigned”?",
        ),
        (
            "id = \"id\"\n[lead]\nstage = { value = \"later\" }",
            "3:19: “later” is not possible here; there are “captured”",
        ),
        ("id = \"id\"\nzone = \"Europe/Berln\"", "2:8: there is no zone “Europe/Berln”; did you mean “Europe/Berlin”?"),
        ("id = \"id\"\ndates = [\"%d.%Q\"]", "2:10: “%d.%Q” is not a date format; give a pattern"),
        ("id = 4", "1:6: `id` is an integer here; give a text in quotes"),
        ("source = \"x\"", "1:1: there is no `id`; say which column"),
        ("id = \"id\"\n[lead.person]\nname = { template = \"{name\" }", "3:21: a `{` of the template is never closed"),
        ("id = { column = \"id\", value = \"x\" }", "1:6: `id` must come from one thing"),
        ("id = \"id\"\nid = \"x\"", "this is not valid TOML"),
        ("id = \"id\"\n[lead.person]\nname = \"Nmae\"", "3:8: "),
        ("id = \"id\"\n[activity.x]\ntext = \"name\"", "the activity `x` has no `kind`"),
        ("join = { column = \"id\", with = \"fax\" }", "1:32: rows cannot be joined with “fax”"),
    ] {
        assert!(mistake(mapping).contains(told), "{}", mistake(mapping));
    }
    let missing = import("id = \"id\"\n[lead.person]\nname = \"Town\"", "id,Name\n1,x\n").err().unwrap().to_string();
    assert!(missing.ends_with("has no column “Town”; its columns are “id”, “Name”"), "{missing}");
    let near = import("id = \"Leed ID\"", "Lead ID\n1\n").err().unwrap().to_string();
    assert!(near.ends_with("has no column “Leed ID”; did you mean “Lead ID”? its columns are “Lead ID”"), "{near}");
}

#[test]
fn a_second_file_adds_activities_and_facts() {
    let folder = Folder::with(&[
        ("leads.csv", "id,email\n1,Ana@A.example\n2,bo@b.example\n1,ana@a.example\n"),
        (
            "leads.toml",
            "source = \"fair\"\nid = \"id\"\nactivities = \"calls.toml\"\n[lead.person]\nemail = \"email\"\n",
        ),
        (
            "calls.toml",
            "join = { column = \"who\", with = \"email\" }\nskip = { column = \"gone\", is = [\"yes\"] }\n\
             [lead]\nstage = { column = \"now\", default = \"\" }\nstage_since = \"at\"\n\
             [activity.call]\nkind = { value = \"call\" }\nat = \"at\"\ntext = \"said\"\n",
        ),
        (
            "calls.csv",
            "who,at,said,now,gone\nana@a.example,2026-01-02,hello,,\nANA@a.example,2026-01-03,,sql,\n\
             nobody@c.example,2026-01-03,hm,,\nbo@b.example,tomorrow,x,,\nbo@b.example,2026-01-03,x,,yes\n,2026-01-03,x,,\n",
        ),
    ]);
    let (leads, calls) = (folder.path("leads.csv"), folder.path("calls.csv"));
    let map = folder.path("leads.toml").display().to_string();
    let request = Request { map: Some(&map), activities: Some(&calls), ..Request::new(&leads) };
    let (arrivals, errors, totals) = all(FileImport::open(&request).unwrap());
    assert_eq!(errors.iter().map(|error| (error.line, error.column.as_deref())).collect::<Vec<_>>(), [(5, Some("at"))]);
    assert!(errors[0].file.ends_with("calls.csv"));
    assert_eq!(totals.activities.unwrap(), JoinTotals { read: 6, rejected: 1, skipped: 1, matched: 2, unmatched: 2 });
    // The lead that comes twice is told of the second file twice, so that whichever counts is whole.
    for row in [0, 2] {
        assert_eq!(arrivals[row].lead.stage.canonical, Some(Stage::Sql));
        assert_eq!(arrivals[row].lead.stage.since, "2026-01-03T00:00:00Z".parse().ok());
        let texts: Vec<_> = arrivals[row].trail.iter().map(|call| call.text.as_str()).collect();
        assert_eq!(texts, ["hello", "call"], "a call of which nobody wrote anything was still made");
        assert_ne!(arrivals[row].trail[0].external_id, arrivals[row].trail[1].external_id);
    }
    assert_eq!(arrivals[0].trail, arrivals[2].trail, "the same content has the same id");
    assert_eq!((arrivals[1].trail.len(), arrivals[1].lead.stage.canonical), (0, None));
}

#[test]
fn json_lines_and_arrays_are_read_as_tables_are() {
    let mapping = "id = \"id\"\n[lead.person]\nemail = \"person.email\"\ndo_not_call = \"quiet\"\n[lead.company]\ntech = \"tech\"\n[score]\ntotal = \"score\"\n";
    let lines = "{\"id\":1,\"person\":{\"email\":\"a@a.example\"},\"tech\":[\"x\",\"y\"],\"score\":7.6}\n\n\
        {\"id\":\"2\",\"quiet\":true,\"late\":{\"key\":null,\"other\":\"seen\"}}\n[1]\n{\"id\":3,\n";
    let (arrivals, errors, totals) = import(mapping, lines).unwrap();
    assert_eq!((arrivals.len(), totals.read), (2, 4));
    assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), [4, 5]);
    assert_eq!(arrivals[0].lead.person.email.as_deref(), Some("a@a.example"));
    assert_eq!((arrivals[0].lead.company.tech.len(), arrivals[0].lead.score.as_ref().unwrap().total), (2, 8));
    assert!(arrivals[1].lead.person.do_not_call);
    assert_eq!(arrivals[1].lead.extras["late.other"], "seen");

    let array = "\n[\n{\"id\":1,\"person\":{\"email\":\"}],{\\\"\"}},\n  {\"id\":2,\"quiet\":\"maybe\"}\n, 5 ]";
    let (arrivals, errors, _) = import(mapping, array).unwrap();
    assert_eq!(arrivals[0].lead.person.email.as_deref(), Some("}],{\""));
    assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), [4, 5]);
}

#[test]
fn a_column_that_json_rows_begin_to_have_late_is_still_read() {
    let mut lines: String = (0..200).map(|n| format!("{{\"id\":{n}}}\n")).collect();
    lines.push_str("{\"late\":\"x\",\"id\":200,\"mail\":\"z@z.example\"}\n");
    let (arrivals, errors, _) = import("id = \"id\"\n[lead.person]\nemail = \"mail\"", &lines).unwrap();
    assert_eq!((arrivals.len(), errors.len()), (201, 0));
    assert_eq!(arrivals[200].lead.person.email.as_deref(), Some("z@z.example"));
    assert_eq!(arrivals[200].lead.extras["late"], "x");
}

#[test]
fn json_that_is_nested_without_end_is_one_bad_row() {
    let deep = format!("{{\"id\":1}}\n{}\n{{\"id\":2}}\n", "{\"a\":".repeat(100_000));
    let (arrivals, errors, _) = import("id = \"id\"", &deep).unwrap();
    assert_eq!((arrivals.len(), errors.len(), errors[0].line), (2, 1, 2));
}

fn detected(header: &str) -> Result<String, String> {
    let folder = Folder::with(&[("my leads.csv", header)]);
    let path = folder.path("my leads.csv");
    let import = FileImport::open(&Request::new(&path)).map_err(|error| error.to_string())?;
    Ok(import.mapping().trim_end_matches(".toml (shipped)").to_owned())
}

#[test]
fn a_file_is_known_by_its_columns() {
    for (header, mapping) in [
        (
            "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,Create Date,Associated Company",
            "hubspot",
        ),
        ("Id,IsDeleted,LastName,FirstName,Company,LeadSource,Status", "salesforce"),
        (
            "Lead ID,First Name,Last Name,Company / Account,Email,Lead Source,Lead Status,Lead Owner",
            "salesforce-report",
        ),
        ("mql_id,first_contact_date,landing_page_id,origin", "olist"),
        ("E-Mail,Vorname,Nachname,Firma", "generic"),
        ("name,company", "generic"),
    ] {
        assert_eq!(detected(&format!("{header}\n")).as_deref(), Ok(mapping), "{header}");
    }
    let none = detected("colour,shape\nred,round\n").unwrap_err();
    assert!(
        none.contains("no column looks like a lead's id, e-mail or name") && none.contains("“colour”, “shape”"),
        "{none}"
    );
    assert!(none.contains("docs/mapping.md") && none.contains("--map"), "{none}");
}

#[test]
fn an_ordinary_list_needs_no_mapping() {
    let folder = Folder::with(&[
        (
            "fair.csv",
            "E-Mail;First Name;Company;Phone;Stage;Score;Created\nana@a.example;Ana;Acme;'+49 30 1;new;n/a;20.11.2026\n",
        ),
        (
            "calls.jsonl",
            "{\"email\":\"ANA@a.example\",\"type\":\"Phone call\",\"date\":\"2026-11-20\",\"notes\":\"asked for a price\"}\n",
        ),
    ]);
    let (leads, calls) = (folder.path("fair.csv"), folder.path("calls.jsonl"));
    let (arrivals, errors, _) =
        all(FileImport::open(&Request { activities: Some(&calls), ..Request::new(&leads) }).unwrap());
    assert_eq!(errors, []);
    let Arrival { lead, trail, .. } = &arrivals[0];
    assert_eq!((lead.key.source.as_str(), lead.key.external_id.as_str()), ("generic", "ana@a.example"));
    assert_eq!(lead.person.phone.as_deref(), Some("+49 30 1"), "a spreadsheet's apostrophe is no part of the number");
    assert_eq!((lead.stage.canonical, lead.stage.raw.as_deref()), (Some(Stage::Assigned), Some("new")));
    assert_eq!((lead.score.as_ref(), lead.created_at.is_some()), (None, true));
    assert_eq!((trail[0].kind, trail[0].text.as_str()), (ActivityKind::Call, "asked for a price"));
}

#[test]
fn a_hubspot_export_with_words_of_its_own_still_comes_in() {
    let table = "Record ID,First Name,Last Name,Email,Lead Status,Lifecycle Stage,Create Date,Recent Conversion,Recent Conversion Date\n\
        1,Ana,López,a@a.example,ATTEMPTED_TO_CONTACT,Lead,2026-11-01 10:00,Talk to sales: demo,2026-11-02 11:00\n\
        2,Bo,Berg,b@b.example,Parked,Marketing Qualified Lead,2026-11-01 10:00,,\n\
        3,Cem,Can,c@c.example,Parked,,2026-11-01 10:00,,\n";
    let folder = Folder::with(&[("contacts.csv", table)]);
    let (arrivals, errors, _) = all(FileImport::open(&Request::new(&folder.path("contacts.csv"))).unwrap());
    assert_eq!(errors, []);
    let stage = |row: usize| (arrivals[row].lead.stage.canonical, arrivals[row].lead.stage.raw.as_deref());
    assert_eq!(stage(0), (Some(Stage::Attempted), Some("ATTEMPTED_TO_CONTACT")));
    assert_eq!(stage(1), (Some(Stage::Assigned), Some("Marketing Qualified Lead")));
    assert_eq!(stage(2), (None, Some("Parked")), "an unknown word is kept, and nobody is dropped for it");
    assert_eq!(arrivals[0].trail[0].kind, ActivityKind::DemoRequest);
    assert_eq!(arrivals[0].lead.trigger.as_ref().unwrap().kind, TriggerKind::Demo);
}

#[test]
fn every_shipped_mapping_is_sound_and_known_by_name() {
    for name in shipped_mappings() {
        let mapping = shipped::load(name, None).unwrap();
        assert!(mapping.join.is_none() || !mapping.trail.is_empty(), "{name}");
        assert!(name.starts_with("generic") || !mapping.detect.is_empty(), "{name}");
    }
    let unknown = shipped::load("hubspott", None).err().unwrap().to_string();
    assert!(unknown.contains("“hubspot”"), "{unknown}");
    let folder = Folder::with(&[("a.csv", "id\n1\n")]);
    let leads = folder.path("a.csv");
    let wrong =
        FileImport::open(&Request { map: Some("olist-deals"), ..Request::new(&leads) }).err().unwrap().to_string();
    assert!(wrong.contains("is for a file of activities"), "{wrong}");
}

#[test]
fn a_file_that_is_empty_or_only_a_header_is_no_accident() {
    assert!(matches!(import("id = \"id\"", ""), Err(ImportError::Empty { .. })));
    assert!(matches!(import("id = \"id\"", "\u{FEFF}\n \n"), Err(ImportError::Empty { .. })));
    let (arrivals, errors, totals) = import("id = \"id\"", "id,name\n").unwrap();
    assert_eq!((arrivals.len(), errors.len(), totals.read), (0, 0, 0));
}

#[test]
fn the_worked_example_of_the_reference_works() {
    let reference = include_str!("../../../docs/mapping.md");
    let block = |language: &str| {
        let (_, rest) = reference.split_once(&format!("```{language}\n")).unwrap();
        rest.split_once("```").unwrap().0
    };
    let (arrivals, errors, _) = import(block("toml"), block("csv")).unwrap();
    assert_eq!(errors, []);
    let told = |row: usize| {
        let lead = &arrivals[row].lead;
        let trigger = lead.trigger.as_ref().unwrap();
        (lead.key.external_id.as_str(), trigger.kind, trigger.what.as_str(), lead.category)
    };
    assert_eq!(told(0), ("A-17", TriggerKind::Pricing, "Price list", Some(Category::A)));
    assert_eq!(told(1), ("A-18", TriggerKind::Webinar, "visited the stand", Some(Category::C)));
    assert_eq!(arrivals[0].lead.mql_at, "2026-11-20T08:30:00Z".parse().ok());
    assert_eq!(arrivals[0].trail[0].text, "3 visits to the stand");
}
