use proptest::prelude::*;

use super::*;
use crate::handoff::Time;
use crate::handoff::disposition::Rejection;
use crate::handoff::lead::{Company, LeadKey, Person};
use crate::handoff::state::Stage;
use crate::source::files::{FileImport, Request};

fn now() -> Time {
    "2026-11-20T09:00:00Z".parse().unwrap()
}

fn lead(source: &str, id: &str) -> Lead {
    Lead { key: LeadKey { source: source.into(), external_id: id.into() }, ..Lead::default() }
}

fn written(format: Format, leads: &[(Lead, Handoff)]) -> String {
    let mut out = Vec::new();
    let mut exporter = Exporter::new(format, &mut out).unwrap();
    for (number, (lead, handoff)) in leads.iter().enumerate() {
        exporter
            .write(&ExportRow { id: LeadId(number as i64 + 1), lead, is_whole: true, handoff, handed: &[] })
            .unwrap();
    }
    exporter.finish().unwrap();
    String::from_utf8(out).unwrap()
}

/// The cells of a written file, by column.
fn cells(text: &str) -> Vec<std::collections::HashMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

fn rejected(mut lead: Lead, code: &str) -> (Lead, Handoff) {
    lead.person.name = Some("Ana María López".into());
    let mut handoff = Handoff::arrived(&lead, now());
    handoff.stage = Stage::Rejected;
    handoff.seq = 2;
    handoff.rejection = Some(Rejection {
        code: code.into(),
        sub: Some("email".into()),
        evidence: None,
        note: Some("=bounced, twice".into()),
    });
    (lead, handoff)
}

#[test]
fn each_crm_gets_its_own_words_and_only_its_own_ids() {
    let rows = [rejected(lead("hubspot", "901"), "timing_premature"), rejected(lead("salesforce", "00Q1"), "bad_data")];
    let hubspot = cells(&written(Format::HubSpot, &rows));
    let of = |row: usize, name: &str| hubspot[row][name].clone();
    assert_eq!((of(0, "Record ID"), of(1, "Record ID")), ("901".into(), String::new()));
    assert_eq!((of(0, "Lead Status"), of(1, "Lead Status")), ("Bad Timing".into(), "Unqualified".into()));
    assert_eq!((of(0, "First Name"), of(0, "Last Name")), ("Ana María".into(), "López".into()));
    assert_eq!(of(1, "Leadbox Rejection Reason"), "bad_data/email");
    assert_eq!(of(1, "Leadbox Note"), "'=bounced, twice");
    let salesforce = cells(&written(Format::Salesforce, &rows));
    assert_eq!((salesforce[0]["Id"].as_str(), salesforce[1]["Id"].as_str()), ("", "00Q1"));
    assert_eq!(salesforce[1]["Status"], "Closed - Not Converted");
    assert_eq!(salesforce[1]["Company"], "[not provided]");
}

#[test]
fn what_was_not_touched_changes_no_status_there() {
    let mut known = lead("hubspot", "7");
    known.stage.raw = Some("Connected".into());
    known.stage.canonical = Some(Stage::Connected);
    let handoff = Handoff::arrived(&known, now());
    let rows = [(known, handoff)];
    assert_eq!(cells(&written(Format::HubSpot, &rows))[0]["Lead Status"], "");
    assert_eq!(cells(&written(Format::Salesforce, &rows))[0]["Status"], "");
}

#[test]
fn json_lines_hold_everything_as_it_is() {
    let row = rejected(lead("list", "=1"), "other");
    let text = written(Format::JsonLines, std::slice::from_ref(&row));
    let line: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
    assert_eq!(line["id"], "L-1");
    assert_eq!(serde_json::from_value::<Lead>(line["lead"].clone()).unwrap(), row.0);
    assert_eq!(serde_json::from_value::<Handoff>(line["handoff"].clone()).unwrap(), row.1);
}

fn word() -> impl Strategy<Value = Option<String>> {
    prop::option::of("[=+@'a-zA-Z0-9äöü€ -]{1,12}").prop_map(|text| {
        let text = text.map(|text| text.trim().to_owned());
        text.filter(|text| !text.is_empty())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_cell_of_any_file_is_live(name in ".{0,20}", phone in "[+0-9 ()-]{0,12}|.{0,6}", note in ".{0,20}") {
        let mut lead = lead("hubspot", &name);
        lead.person.phone = Some(phone);
        lead.company.name = Some(note.clone());
        lead.extras.insert(name.clone(), note.clone());
        let (lead, mut handoff) = rejected(lead, &note);
        handoff.rejection.as_mut().unwrap().note = Some(name);
        for format in [Format::Csv, Format::HubSpot, Format::Salesforce] {
            let text = written(format, &[(lead.clone(), handoff.clone())]);
            for row in csv::Reader::from_reader(text.as_bytes()).records() {
                for cell in &row.unwrap() {
                    prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell:?}");
                    prop_assert!(!cell.starts_with(['\t', '\r', '\n']), "{cell:?}");
                }
            }
        }
    }

    #[test]
    fn the_full_csv_comes_back_as_it_was(
        id in "[a-z0-9=+-]{1,8}", first in word(), last in word(), email in word(), phone in word(), company in word(), consent: bool,
    ) {
        let mut lead = lead("some-crm", &id);
        lead.person = Person { first_name: first, last_name: last, email, phone, do_not_call: consent, ..Person::default() };
        lead.company = Company { name: company, ..Company::default() };
        let handoff = Handoff::arrived(&lead, now());
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), written(Format::Csv, &[(lead.clone(), handoff)])).unwrap();
        let mut import = FileImport::open(&Request::new(file.path())).unwrap();
        prop_assert_eq!(import.mapping(), "leadbox.toml (shipped)");
        let batch = import.next_batch(10).unwrap().unwrap();
        prop_assert_eq!(&batch.errors, &[]);
        let read = &batch.arrivals[0].lead;
        prop_assert_eq!((&read.key, &read.person, &read.company), (&lead.key, &lead.person, &lead.company));
    }
}
