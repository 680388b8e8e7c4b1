//! What a CRM has no time for now, and what it stumbles over: put off, and nothing else with it.

use std::time::SystemTime;

use chrono::Duration;
use leadbox::hub::bridge::{Bridge, worker};
use leadbox::hub::outgoing::SecretFrom;
use leadbox::source::SourceError;
use serde_json::json;

use crate::desk::{Desk, accept};
use crate::echoes::{PEOPLE, rounds, shop, source, stage};
use crate::hub::{Ask, Rig, both};
use crate::hubspot::{Fault, Habits, Hubspot};
use crate::moody::{Call, Mood};
use crate::place::Place;

fn busy(rig: &Rig, seconds: i64) -> SourceError {
    SourceError::Throttled { source_name: "crm".into(), until: rig.now() + Duration::seconds(seconds) }
}

fn stumbles() -> SourceError {
    SourceError::Protocol { source_name: "crm".into(), why: "a page of a gateway".into() }
}

/// An account that tells everything at once.
fn quick() -> Hubspot {
    let hubspot = shop();
    hubspot.habits(|habits| *habits = Habits::tame());
    hubspot
}

/// A lead of ana's.
fn lead(hubspot: &Hubspot, name: &str) -> String {
    let email = format!("{0}@{0}.example", name.to_lowercase());
    hubspot.lead(&format!("{name} Byron"), &email, "501").lead
}

/// So much is to be fetched as a whole still.
fn to_look_at(rig: &Rig) -> i64 {
    rig.number("SELECT count(*) FROM bridged WHERE look_at IS NOT NULL")
}

#[test]
fn details_that_it_has_no_time_for_wait_at_every_hub_and_nothing_waits_with_them() {
    both(|rig, place| {
        let (hubspot, mood) = (quick(), Mood::default());
        let mut desk = Desk::new(rig, &PEOPLE, mood.of(source(&hubspot)));
        let ada = lead(&hubspot, "Ada");
        mood.say(Call::Detail, busy(rig, 360));
        rounds(&mut desk, &hubspot, 1, 60);
        desk.must_stand(&ada, "assigned", Some("ana"));
        assert_eq!((mood.times(Call::Detail), to_look_at(rig)), (1, 1));
        assert_eq!(desk.state("rev")["failed"], serde_json::Value::Null, "it answers all the same");
        // What is answered goes out, and what changes comes in.
        desk.answer("ana", &ada, &accept());
        rounds(&mut desk, &hubspot, 1, 1);
        assert_eq!(stage(&hubspot, &ada), "attempting-stage-id");
        let bea = hubspot.lead("Bea Byron", "bea@bea.example", "502").lead;
        rounds(&mut desk, &hubspot, 2, 60);
        desk.must_stand(&bea, "assigned", Some("cy"));
        // Meanwhile there is nothing to do, and nothing is written each second.
        let commits = rig.hub.pulse().counts().commits;
        assert!(!desk.round(0).is_ours && !desk.round(0).is_ours);
        assert_eq!(rig.hub.pulse().counts().commits, commits);
        // Another hub takes over, and knows of it.
        rig.run(worker::end(&rig.hub, &desk.bridges)).unwrap();
        let beside = rig.beside(place);
        let mut second = Desk::beside(&beside, &PEOPLE, mood.of(source(&hubspot)));
        rounds(&mut second, &hubspot, 1, 60);
        assert_eq!((mood.times(Call::Detail), to_look_at(rig)), (1, 2));
        rounds(&mut second, &hubspot, 3, 60);
        assert_eq!((mood.times(Call::Detail), to_look_at(rig)), (3, 0), "when it has time they are fetched");
    });
}

#[test]
fn what_became_of_them_is_asked_when_it_has_time_and_writing_does_not_wait_for_that() {
    let rig = Rig::new(&Place::sqlite());
    let (hubspot, mood) = (quick(), Mood::default());
    let mut desk = Desk::new(&rig, &PEOPLE, mood.of(source(&hubspot)));
    let [ada, bea] = ["Ada", "Bea"].map(|name| lead(&hubspot, name));
    rounds(&mut desk, &hubspot, 3, 60);
    mood.say(Call::Reconcile, busy(&rig, 1_200));
    hubspot.delete("leads", &bea);
    let asked = mood.times(Call::Reconcile);
    rounds(&mut desk, &hubspot, 10, 60);
    assert_eq!(mood.times(Call::Reconcile), asked + 1);
    desk.answer("ana", &ada, &accept());
    rounds(&mut desk, &hubspot, 1, 1);
    assert_eq!(stage(&hubspot, &ada), "attempting-stage-id");
    desk.must_stand(&bea, "assigned", Some("ana"));
    // It was not taken for an answer.
    rounds(&mut desk, &hubspot, 12, 60);
    desk.must_stand(&bea, "recycled", None);
}

#[test]
fn a_record_whose_whole_cannot_be_had_comes_behind_the_others_and_is_asked_for_again() {
    let rig = Rig::new(&Place::sqlite());
    let (hubspot, mood) = (quick(), Mood::default());
    let mut desk = Desk::new(&rig, &PEOPLE, mood.of(source(&hubspot)));
    let [ada, bea] = ["Ada", "Bea"].map(|name| lead(&hubspot, name));
    mood.say(Call::Detail, stumbles());
    rounds(&mut desk, &hubspot, 2, 60);
    let waits = rig.rows("SELECT external_id FROM bridged WHERE look_at IS NOT NULL");
    assert_eq!((mood.times(Call::Detail), waits.len()), (2, 1), "{ada} {bea} {waits:?}");
    rounds(&mut desk, &hubspot, 8, 60);
    assert_eq!((mood.times(Call::Detail), to_look_at(&rig)), (2, 1), "not at once");
    rounds(&mut desk, &hubspot, 2, 60);
    assert_eq!((mood.times(Call::Detail), to_look_at(&rig)), (3, 0));
}

#[test]
fn what_cannot_be_planned_now_is_tried_again_alone() {
    let rig = Rig::new(&Place::sqlite());
    let (hubspot, mood) = (quick(), Mood::default());
    let mut desk = Desk::new(&rig, &PEOPLE, mood.of(source(&hubspot)));
    let [ada, bea] = ["Ada", "Bea"].map(|name| lead(&hubspot, name));
    rounds(&mut desk, &hubspot, 3, 60);
    mood.say(Call::Plan, stumbles());
    [&ada, &bea].into_iter().for_each(|lead| drop(desk.answer("ana", lead, &accept())));
    rounds(&mut desk, &hubspot, 1, 0);
    assert_eq!([stage(&hubspot, &ada), stage(&hubspot, &bea)], ["new-stage-id", "attempting-stage-id"]);
    let why = rig.rows("SELECT why FROM bridge_write WHERE state = 'waiting' AND attempts = 1 AND steps IS NULL");
    assert!(format!("{why:?}").contains("a page of a gateway"), "{why:?}");
    rounds(&mut desk, &hubspot, 1, 60);
    assert_eq!(stage(&hubspot, &ada), "attempting-stage-id");
    assert_eq!((desk.writes("parked"), desk.writes("waiting"), mood.times(Call::Plan)), (0, 0, 3));
}

#[test]
fn asked_to_wait_when_something_is_planned_nobody_sends_or_reads_until_then() {
    both(|rig, place| {
        let (hubspot, mood) = (quick(), Mood::default());
        let mut desk = Desk::new(rig, &PEOPLE, mood.of(source(&hubspot)));
        let ada = lead(&hubspot, "Ada");
        rounds(&mut desk, &hubspot, 3, 60);
        mood.say(Call::Plan, busy(rig, 300));
        desk.answer("ana", &ada, &accept());
        rounds(&mut desk, &hubspot, 1, 1);
        let why = desk.state("rev")["failed"].as_str().unwrap().to_owned();
        assert!(why.contains("asks to wait until"), "{why}");
        let pulls = mood.times(Call::Pull);
        rounds(&mut desk, &hubspot, 2, 60);
        // A hub that takes over waits, too; and none writes meanwhile.
        rig.run(worker::end(&rig.hub, &desk.bridges)).unwrap();
        let beside = rig.beside(place);
        let mut second = Desk::beside(&beside, &PEOPLE, mood.of(source(&hubspot)));
        rounds(&mut second, &hubspot, 2, 60);
        assert_eq!((mood.times(Call::Pull), mood.times(Call::Plan)), (pulls, 1));
        assert_eq!(beside.hub.pulse().counts().writes, 0);
        assert_eq!(stage(&hubspot, &ada), "new-stage-id");
        rounds(&mut second, &hubspot, 1, 60);
        assert_eq!((stage(&hubspot, &ada).as_str(), mood.times(Call::Plan)), ("attempting-stage-id", 2));
        assert_eq!(desk.state("rev")["failed"], serde_json::Value::Null);
    });
}

#[test]
fn a_person_who_did_something_about_it_need_not_wait() {
    both(|rig, _| {
        let (hubspot, mood) = (quick(), Mood::default());
        let mut desk = Desk::new(rig, &PEOPLE, mood.of(source(&hubspot)));
        rounds(&mut desk, &hubspot, 3, 60);
        mood.say(Call::Pull, busy(rig, 40_000));
        rounds(&mut desk, &hubspot, 3, 60);
        let pulls = mood.times(Call::Pull);
        let retry = |who: &str, crm: &str| {
            let order = json!({ "source": crm });
            rig.as_who(who, Ask::new("POST", "/v1/bridge/records/retry").json(&order)).status
        };
        assert_eq!([retry("max", "crm"), retry("rev", "another")], [403, 404]);
        rounds(&mut desk, &hubspot, 3, 60);
        assert_eq!(mood.times(Call::Pull), pulls, "it waits as it was asked to");
        assert_eq!(retry("rev", "crm"), 200);
        rounds(&mut desk, &hubspot, 1, 1);
        assert_eq!(mood.times(Call::Pull), pulls + 1);
        assert_eq!(desk.state("rev")["failed"], serde_json::Value::Null);
    });
}

#[test]
fn a_hub_that_starts_with_other_settings_or_a_newer_secret_asks_at_once() {
    both(|rig, _| {
        let (hubspot, mood) = (quick(), Mood::default());
        let mut desk = Desk::new(rig, &PEOPLE, mood.of(source(&hubspot)));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crm.secret");
        let secret = std::fs::File::create(&path).unwrap();
        let mut bridge = Bridge { secret: SecretFrom::File(path), ..(*desk.bridges.all[0]).clone() };
        let wait = |desk: &mut Desk<'_>| {
            secret.set_modified(SystemTime::from(rig.now() - Duration::days(1))).unwrap();
            rounds(desk, &hubspot, 1, 60);
            mood.say(Call::Pull, busy(rig, 40_000));
            rounds(desk, &hubspot, 1, 60);
            mood.times(Call::Pull)
        };
        desk.started_with(bridge.clone(), mood.of(source(&hubspot)));
        let pulls = wait(&mut desk);
        let must_ask = |desk: &mut Desk<'_>, bridge: &Bridge, asks: usize, before: usize| {
            desk.started_with(bridge.clone(), mood.of(source(&hubspot)));
            rounds(desk, &hubspot, 1, 1);
            assert_eq!(mood.times(Call::Pull) - before, asks);
        };
        must_ask(&mut desk, &bridge, 0, pulls);
        // Where it stands in the file, and who is who there, is no other way of asking.
        bridge.settings.place = leadbox::reading::Place::whole("other.toml");
        bridge.people.clear();
        must_ask(&mut desk, &bridge, 0, pulls);
        bridge.settings.url = "http://127.0.0.1:2".into();
        must_ask(&mut desk, &bridge, 1, pulls);
        let pulls = wait(&mut desk);
        must_ask(&mut desk, &bridge, 0, pulls);
        secret.set_modified(SystemTime::from(rig.now() + Duration::seconds(1))).unwrap();
        must_ask(&mut desk, &bridge, 1, pulls);
        // What is kept of it tells neither.
        let kept = format!("{:?}", rig.rows("SELECT settings FROM bridge"));
        assert!(!kept.contains("127.0.0.1") && !kept.contains("secret"), "{kept}");
    });
}

#[test]
fn where_it_cannot_be_reached_for_a_plan_reading_goes_on() {
    let rig = Rig::new(&Place::sqlite());
    let (hubspot, mood) = (quick(), Mood::default());
    let mut desk = Desk::new(&rig, &PEOPLE, mood.of(source(&hubspot)));
    let ada = lead(&hubspot, "Ada");
    rounds(&mut desk, &hubspot, 3, 60);
    desk.answer("ana", &ada, &accept());
    let bea = hubspot.lead("Bea Byron", "bea@bea.example", "502").lead;
    mood.say(Call::Plan, SourceError::Unreachable { source_name: "crm".into(), why: "a line that broke".into() });
    rounds(&mut desk, &hubspot, 1, 60);
    desk.must_stand(&bea, "assigned", Some("cy"));
    assert_eq!(stage(&hubspot, &ada), "new-stage-id");
    rounds(&mut desk, &hubspot, 1, 60);
    assert_eq!((stage(&hubspot, &ada).as_str(), desk.writes("waiting")), ("attempting-stage-id", 0));
}

#[test]
fn who_owns_what_is_told_as_far_as_it_was_read_before_it_asked_to_wait() {
    let rig = Rig::new(&Place::sqlite());
    let hubspot = quick();
    hubspot.leads(250, "503", 0);
    hubspot.order("search", 1, Fault::Say(423, Some(600)));
    let desk = Desk::new(&rig, &PEOPLE, source(&hubspot));
    let found = rig.run(desk.bridges.all[0].strangers(source(&hubspot).as_mut(), Vec::new())).unwrap();
    assert_eq!((found.open, found.is_part, found.owners), (200, true, vec![("Zoe Zed".to_owned(), 200)]));
}
