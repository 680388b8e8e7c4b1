//! HubSpot's double behind a hub: what comes back late is our own word or an old one, and is told apart from what somebody
//! else decides.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::DateTime;
use leadbox::source::Source;
use leadbox::source::files::RecordMapping;
use leadbox::source::hubspot::{self, HubspotSource, KEY, Mappings};
use secrecy::SecretString;
use serde_json::json;

use crate::desk::{Desk, accept, call, reject};
use crate::hub::{Ask, Rig, both};
use crate::hubspot::{Account, Habits, Hubspot};
use crate::place::Place;

/// How HubSpot calls the hub's people. Its Zoe is none of them.
pub const PEOPLE: [(&str, &str); 2] = [("ana", "Ana Ruiz"), ("cy", "Cy Ode")];

/// An account with the real one's habits, where search learns late of what was written.
pub fn shop() -> Hubspot {
    let hubspot = Hubspot::start(Account::professional());
    hubspot.habits(|habits| *habits = Habits { lag: 20, ..Habits::real() });
    hubspot.owner(502, "cy@example.com", "Cy", "Ode");
    hubspot.owner(503, "zoe@example.com", "Zoe", "Zed");
    for kind in ["calls", "notes"] {
        hubspot.property(kind, KEY, "string", true);
    }
    hubspot
}

pub fn source(hubspot: &Hubspot) -> Box<dyn Source> {
    let (clock, token) = (hubspot.clock(), hubspot.token());
    let passing = Arc::clone(&clock);
    let mapping = |file, text: &str| RecordMapping::parse(file, text).unwrap();
    let account = hubspot::Account {
        name: "crm".into(),
        url: hubspot.url.clone(),
        token: Arc::new(move || Ok(SecretString::from(token.clone()))),
        owner: None,
        mode: None,
        mappings: Mappings {
            leads: mapping("crm-hubspot-leads.toml", hubspot::LEADS),
            contacts: mapping("crm-hubspot-contacts.toml", hubspot::CONTACTS),
        },
        scores: Vec::new(),
        asked_every: 1,
        clock: Arc::new(move || DateTime::from_timestamp_millis(clock.load(Ordering::SeqCst)).unwrap()),
        wait: Arc::new(move |wait| {
            passing.fetch_add(i64::try_from(wait.as_millis()).unwrap(), Ordering::SeqCst);
            Box::pin(std::future::ready(()))
        }),
    };
    Box::new(HubspotSource::new(account).unwrap())
}

/// So many rounds, so many seconds apart.
pub fn rounds(desk: &mut Desk<'_>, hubspot: &Hubspot, many: usize, seconds: i64) {
    for _ in 0..many {
        hubspot.advance(seconds);
        desk.round(seconds);
    }
}

pub fn owner(hubspot: &Hubspot, lead: &str) -> String {
    hubspot.value("leads", lead, "hubspot_owner_id").unwrap_or_default()
}

pub fn stage(hubspot: &Hubspot, lead: &str) -> String {
    hubspot.value("leads", lead, "hs_pipeline_stage").unwrap()
}

#[test]
fn what_search_tells_late_moves_nothing_back() {
    let (rig, hubspot) = (Rig::new(&Place::sqlite()), shop());
    let mut desk = Desk::new(&rig, &PEOPLE, source(&hubspot));
    let lead = hubspot.lead("Ada Byron", "ada@byron.example", "501").lead;
    rounds(&mut desk, &hubspot, 10, 10);
    desk.must_stand(&lead, "assigned", Some("ana"));
    desk.answer("ana", &lead, &accept());
    desk.answer("ana", &lead, &call("no luck"));
    rounds(&mut desk, &hubspot, 2, 2);
    desk.answer("ana", &lead, &reject());
    // Whatever search tells meanwhile, in whichever order.
    for seconds in [1, 2, 3, 5, 8, 13, 21, 34] {
        rounds(&mut desk, &hubspot, 3, seconds);
        desk.must_stand(&lead, "rejected", Some("ana"));
    }
    assert_eq!(stage(&hubspot, &lead), "unqualified-stage-id");
    assert_eq!(desk.times(&lead, "moved_at_source"), 0, "{:?}", desk.history(&lead));
    assert_eq!((hubspot.ids("calls").len(), hubspot.ids("notes").len()), (1, 1));
    assert_eq!((desk.writes("parked"), desk.writes("waiting")), (0, 0));
}

#[test]
fn an_old_state_that_comes_after_a_new_one_is_not_believed() {
    let (rig, hubspot) = (Rig::new(&Place::sqlite()), shop());
    hubspot.habits(|habits| habits.is_lag_uneven = false);
    let mut desk = Desk::new(&rig, &PEOPLE, source(&hubspot));
    let lead = hubspot.lead("Ada Byron", "ada@byron.example", "501").lead;
    rounds(&mut desk, &hubspot, 10, 10);
    // Search tells of both edits only when it is written already, and of the second one after the whole was looked at.
    for name in ["Ada B.", "Ada Byron, Countess"] {
        hubspot.edit("leads", &lead, &[("hs_lead_name", name)]);
        hubspot.advance(6);
        rig.pass(chrono::Duration::seconds(6));
    }
    desk.answer("ana", &lead, &accept());
    rounds(&mut desk, &hubspot, 12, 1);
    // Whoever is started anew remembers nothing of what a connector told.
    rig.run(leadbox::hub::bridge::worker::end(&rig.hub, &desk.bridges)).unwrap();
    let mut desk = Desk::beside(&rig, &PEOPLE, source(&hubspot));
    rounds(&mut desk, &hubspot, 40, 1);
    desk.must_stand(&lead, "accepted", Some("ana"));
    assert_eq!(desk.times(&lead, "moved_at_source"), 0, "{:?}", desk.history(&lead));
    // What somebody does then counts, also if it is just that.
    hubspot.edit("leads", &lead, &[("hs_pipeline_stage", "new-stage-id")]);
    rounds(&mut desk, &hubspot, 10, 10);
    desk.must_stand(&lead, "assigned", Some("ana"));
}

#[test]
fn an_owner_is_followed_both_ways_and_an_old_one_is_not_believed() {
    let (rig, hubspot) = (Rig::new(&Place::sqlite()), shop());
    let mut desk = Desk::new(&rig, &PEOPLE, source(&hubspot));
    let lead = hubspot.lead("Ada Byron", "ada@byron.example", "501").lead;
    rounds(&mut desk, &hubspot, 10, 10);
    let give = |to: &str| {
        let order = json!({ "order": "reassign", "to": to, "why": "a holiday" });
        let path = format!("/v1/leads/{}/orders", desk.lead(&lead));
        rig.as_who("max", Ask::new("POST", &path).json(&order)).ok();
    };
    give("cy");
    rounds(&mut desk, &hubspot, 1, 1);
    assert_eq!(owner(&hubspot, &lead), "502");
    // Back and forth within the time in which search still tells of the first one.
    let give = |to: &str| {
        let order = json!({ "order": "reassign", "to": to, "why": "a holiday" });
        let path = format!("/v1/leads/{}/orders", desk.lead(&lead));
        rig.as_who("max", Ask::new("POST", &path).json(&order)).ok();
    };
    give("ana");
    give("cy");
    for _ in 0..20 {
        rounds(&mut desk, &hubspot, 1, 4);
        desk.must_stand(&lead, "assigned", Some("cy"));
    }
    assert_eq!(owner(&hubspot, &lead), "502");
    assert_eq!((desk.writes("parked"), desk.writes("dropped")), (0, 0));
    // Now somebody there decides.
    hubspot.reassign("leads", &lead, "501");
    rounds(&mut desk, &hubspot, 10, 10);
    desk.must_stand(&lead, "assigned", Some("ana"));
    assert_eq!(owner(&hubspot, &lead), "501", "that is not written back");
    hubspot.reassign("leads", &lead, "503");
    rounds(&mut desk, &hubspot, 10, 10);
    desk.must_stand(&lead, "recycled", None);
    assert_eq!(owner(&hubspot, &lead), "503");
}

#[test]
fn one_that_waits_for_its_data_goes_to_whoever_owns_it_there_when_they_are_complete() {
    let (rig, hubspot) = (Rig::new(&Place::sqlite()), shop());
    let mut desk = Desk::new(&rig, &PEOPLE, source(&hubspot));
    let ada = hubspot.lead("Ada Byron", "ada@gmail.com", "501");
    rounds(&mut desk, &hubspot, 10, 10);
    desk.must_stand(&ada.lead, "data_completion", None);
    // Both at once, before anybody asks.
    hubspot.edit("contacts", &ada.contact, &[("email", "ada@byron.example")]);
    hubspot.reassign("leads", &ada.lead, "502");
    rounds(&mut desk, &hubspot, 10, 10);
    desk.must_stand(&ada.lead, "assigned", Some("cy"));
    assert_eq!((owner(&hubspot, &ada.lead).as_str(), desk.times(&ada.lead, "rerouted")), ("502", 0));
    assert_eq!(rig.number("SELECT count(*) FROM bridge_write"), 0);
}

#[test]
fn of_two_records_of_one_person_both_hear_what_was_done() {
    both(|rig, _| {
        let hubspot = shop();
        let mut desk = Desk::new(rig, &PEOPLE, source(&hubspot));
        // The person came by a form before, and is known by it.
        let form = rig.lead("ada", "Spain");
        let first = hubspot.lead("Maya Chenada", "ada@ada.example", "501").lead;
        let second = hubspot.create("leads", &[("hs_lead_name", "again"), ("hs_pipeline_stage", "new-stage-id")]);
        let contact = hubspot.linked("leads", &first, "contacts").remove(0);
        hubspot.edit("leads", &second, &[("hubspot_owner_id", "501")]);
        hubspot.link("leads", &second, "contacts", &contact);
        rounds(&mut desk, &hubspot, 10, 10);
        assert_eq!((desk.lead(&first), desk.lead(&second)), (form, form));
        desk.answer("ana", &first, &accept());
        desk.answer("ana", &first, &call("no luck"));
        rounds(&mut desk, &hubspot, 20, 10);
        for lead in [&first, &second] {
            assert_eq!(stage(&hubspot, lead), "attempting-stage-id");
        }
        assert_eq!(hubspot.ids("calls").len(), 2, "each record has its own, by a key of its own");
        must_stay_known(rig, &hubspot, &mut desk, [&first, &second]);
        // One of them goes: the lead stands for the other.
        hubspot.archive("leads", &second);
        rounds(&mut desk, &hubspot, 10, 100);
        desk.must_stand(&first, "attempted", Some("ana"));
        hubspot.archive("leads", &first);
        rounds(&mut desk, &hubspot, 10, 100);
        desk.must_stand(&first, "recycled", None);
    });
}

/// What we wrote is our own word, also when it is told long after it is forgotten how it was written.
fn must_stay_known(rig: &Rig, hubspot: &Hubspot, desk: &mut Desk<'_>, records: [&str; 2]) {
    let passed = chrono::Duration::days(100);
    hubspot.advance(passed.num_seconds());
    rig.pass(passed);
    rig.run(leadbox::hub::tidy::tick(&rig.hub)).unwrap();
    assert_eq!(rig.number("SELECT count(*) FROM bridge_write"), 0);
    let looked = hubspot.count("calls/search");
    records.into_iter().for_each(|lead| hubspot.edit("leads", lead, &[("hs_lead_name", "told again")]));
    rounds(desk, hubspot, 10, 10);
    assert!(hubspot.count("calls/search") > looked, "they are told again with all that was done");
    let own = rig.number("SELECT count(*) FROM activity WHERE external_id LIKE 'leadbox:%'");
    assert_eq!(own, 0, "it stands in the log, and is nobody's news");
}

#[test]
fn whom_it_cannot_be_given_to_there_does_their_work_all_the_same() {
    let (rig, hubspot) = (Rig::new(&Place::sqlite()), shop());
    let people = [("ana", "Nobody There"), ("cy", "Cy Ode")];
    let mut desk = Desk::new(&rig, &people, source(&hubspot));
    let ada = hubspot.lead("Ada Byron", "ada@byron.example", "503");
    hubspot.edit("contacts", &ada.contact, &[("country", "Spain")]);
    rounds(&mut desk, &hubspot, 10, 10);
    desk.must_stand(&ada.lead, "assigned", Some("ana"));
    let write = desk.state("max")["unwritten"][0].clone();
    assert_eq!(write["what"], "given to ana");
    assert!(write["why"].as_str().unwrap().contains("Nobody There"), "{write}");
    desk.answer("ana", &ada.lead, &accept());
    rounds(&mut desk, &hubspot, 10, 10);
    assert_eq!(stage(&hubspot, &ada.lead), "attempting-stage-id");
    assert_eq!((owner(&hubspot, &ada.lead).as_str(), desk.writes("parked")), ("503", 1));
    // Given to another one, the first gift matters no more.
    let order = json!({ "order": "reassign", "to": "cy", "why": "a holiday" });
    rig.as_who("max", Ask::new("POST", &format!("/v1/leads/{}/orders", desk.lead(&ada.lead))).json(&order)).ok();
    assert_eq!((desk.writes("parked"), desk.writes("dropped")), (0, 1));
    rounds(&mut desk, &hubspot, 10, 10);
    assert_eq!(owner(&hubspot, &ada.lead), "502");
    desk.must_stand(&ada.lead, "assigned", Some("cy"));
    assert_eq!(desk.times(&ada.lead, "moved_at_source"), 0, "{:?}", desk.history(&ada.lead));
}
