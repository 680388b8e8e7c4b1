//! The real Tryton behind a hub: a lead's way in, to a desk, and back.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use chrono::{Duration, Utc};
use leadbox::source::Source;
use leadbox::source::files::RecordMapping;
use leadbox::source::tryton::{Account, MAPPING, TrytonSource};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::desk::{Desk, accept, call, reject};
use crate::hub::{Ask, Rig};
use crate::place::Place;
use crate::tryton::{DATABASE, NewLead, PASSWORD, SERVICE, Tryton};

/// How Tryton calls the hub's people. Its Cara Voss is none of them.
pub const PEOPLE: [(&str, &str); 2] = [("ana", "Ana Lima"), ("cy", "Ben Okafor")];

/// One server for all cases, and one case at a time: each looks at all leads.
pub fn alone(case: impl FnOnce(&Tryton)) {
    static SERVER: LazyLock<Option<Tryton>> = LazyLock::new(Tryton::start);
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(tryton) = SERVER.as_ref() else { return };
    tryton.clear();
    case(tryton);
}

/// The connector with the credential of a service; `url` is Tryton itself, or a line to it.
pub fn source(url: &str) -> Box<dyn Source> {
    // Leads go by country, which is each office's own affair where it stands.
    let mapping = MAPPING.replacen("[lead.person]\n", "[lead.person]\ncountry = \"reference\"\n", 1);
    let account = Account {
        name: "crm".into(),
        url: url.to_owned(),
        database: DATABASE.into(),
        user: SERVICE.into(),
        password: Arc::new(|| Ok(SecretString::from(PASSWORD.to_owned()))),
        mapping: RecordMapping::parse("crm-tryton.toml", &mapping).unwrap(),
        of_all: true,
        asked_every: 60,
        clock: Arc::new(Utc::now),
    };
    Box::new(TrytonSource::new(account).unwrap())
}

/// A lead of somebody in that country; its id.
pub fn add(tryton: &Tryton, name: &str, country: &str, employee: Option<i64>) -> String {
    let email = format!("{}@{0}.example", name.to_lowercase());
    let whole = format!("Maya {name}");
    let lead = NewLead { name: &whole, email: &email, employee, ..NewLead::default() };
    let id = tryton.create_lead(&lead);
    tryton.write(id, json!({ "reference": country }));
    id.to_string()
}

pub fn employee(tryton: &Tryton, record: &str) -> Option<String> {
    let lead = tryton.lead(record.parse().unwrap(), &["employee.rec_name"]).unwrap();
    lead["employee."]["rec_name"].as_str().map(str::to_owned)
}

fn state(tryton: &Tryton, record: &str) -> String {
    tryton.state(record.parse().unwrap()).unwrap()
}

fn notes(tryton: &Tryton, record: &str) -> Vec<String> {
    tryton.notes(record.parse().unwrap())
}

#[test]
fn marketings_lead_is_routed_answered_and_all_of_it_is_written_there_once() {
    alone(|tryton| {
        let rig = Rig::new(&Place::sqlite());
        let mut desk = Desk::new(&rig, &PEOPLE, source(&tryton.url()));
        let (worked, refused) = (add(tryton, "Byron", "Spain", None), add(tryton, "Keller", "Spain", None));
        desk.settle();
        desk.must_stand(&worked, "assigned", Some("ana"));
        let flag = desk.rig.rows(&format!("SELECT what FROM log WHERE lead = {}", desk.lead(&worked)));
        assert!(format!("{flag:?}").contains("crm says “lead”"), "{flag:?}");
        assert_eq!(employee(tryton, &worked).as_deref(), Some("Ana Lima"), "the rules' choice is written there");
        let at_hand = rig.as_who("ana", Ask::get("/v1/changes")).ok();
        assert_eq!(at_hand["leads"].as_array().unwrap().len(), 2, "{at_hand}");

        desk.answer("ana", &worked, &accept());
        desk.answer("ana", &worked, &call("call me in March"));
        desk.answer("ana", &refused, &accept());
        desk.answer("ana", &refused, &reject());
        desk.settle();
        assert_eq!((state(tryton, &worked).as_str(), state(tryton, &refused).as_str()), ("opportunity", "lost"));
        let reason = tryton.lost_reason(refused.parse().unwrap()).unwrap();
        assert!(reason.starts_with("budget") && reason.ends_with("not before 2028"), "{reason}");
        let told = notes(tryton, &worked);
        assert!(told.len() == 1 && told[0].contains("call me in March") && told[0].contains("By: ana"), "{told:?}");
        assert_eq!(notes(tryton, &refused).len(), 1);
        // What comes back is our own word, and no news.
        desk.round(700);
        desk.settle();
        for record in [&worked, &refused] {
            assert_eq!(desk.times(record, "moved_at_source") + desk.times(record, "rerouted"), 0);
            assert_eq!(desk.times(record, "completed"), 0, "{:?}", desk.history(record));
        }
        assert_eq!((desk.writes("parked"), desk.writes("dropped")), (0, 0));
        desk.must_stand(&refused, "rejected", Some("ana"));
    });
}

#[test]
fn whoever_owns_it_there_has_it_here_and_nothing_is_written() {
    alone(|tryton| {
        let rig = Rig::new(&Place::sqlite());
        let mut desk = Desk::new(&rig, &PEOPLE, source(&tryton.url()));
        let (ben, cara) = (tryton.employee("ben"), tryton.employee("cara"));
        // By the rules this one would be ana's.
        let bens = add(tryton, "Byron", "Spain", Some(ben));
        let closed = add(tryton, "Lost", "Spain", None);
        tryton.lose(closed.parse().unwrap(), "no");
        let elsewhere = add(tryton, "Elsewhere", "Spain", Some(cara));
        tryton.press(elsewhere.parse().unwrap(), "opportunity");
        let begun = add(tryton, "Begun", "Spain", Some(ben));
        tryton.press(begun.parse().unwrap(), "opportunity");
        desk.settle();
        desk.must_stand(&bens, "assigned", Some("cy"));
        let routing = desk.rig.rows(&format!("SELECT record FROM lead WHERE id = {}", desk.lead(&bens)));
        let record: Value = serde_json::from_str(routing[0].text(0).unwrap()).unwrap();
        assert_eq!((&record["routing"]["rule"], &record["routing"]["pinned"]), (&json!("owner in crm"), &json!(true)));
        desk.must_stand(&begun, "accepted", Some("cy"));
        assert_eq!((desk.find(&closed), desk.find(&elsewhere)), (None, None), "these are none of the hub's");
        assert_eq!(desk.rig.number("SELECT count(*) FROM bridge_write"), 0);
        // Told again, it is nothing.
        desk.round(700);
        assert_eq!(desk.times(&bens, "assigned"), 1);
    });
}

#[test]
fn when_the_clock_takes_it_away_the_owner_there_follows() {
    alone(|tryton| {
        let rig = Rig::new(&Place::sqlite());
        let mut desk = Desk::new(&rig, &PEOPLE, source(&tryton.url()));
        let cy =
            json!({ "id": "cy", "name": "cy", "role": "rep", "team": "emea", "takes": { "territories": ["Spain"] } });
        rig.as_who("rev", Ask::new("PUT", "/v1/people/cy").json(&cy)).ok();
        let record = add(tryton, "Byron", "Spain", None);
        desk.settle();
        let first = desk.stands(&record).1.unwrap();
        let there = |who: &str| PEOPLE.iter().find(|(id, _)| *id == who).map(|(_, named)| (*named).to_owned());
        assert_eq!(employee(tryton, &record), there(&first));
        desk.tick(Duration::minutes(90));
        let (stage, second) = desk.stands(&record);
        assert!(stage == "assigned" && second.as_deref() != Some(&first), "{second:?} {:?}", desk.history(&record));
        desk.settle();
        assert_eq!(employee(tryton, &record), there(&second.clone().unwrap()));
        // Who has it now answers, and that is no conflict with what we wrote.
        desk.answer(&second.unwrap(), &record, &accept());
        desk.settle();
        assert_eq!((state(tryton, &record).as_str(), desk.writes("parked")), ("opportunity", 0));
    });
}

#[test]
fn what_somebody_does_there_counts_here() {
    alone(|tryton| {
        let rig = Rig::new(&Place::sqlite());
        let mut desk = Desk::new(&rig, &PEOPLE, source(&tryton.url()));
        let names = ["Lost", "Given", "Away", "Deleted", "Edited"];
        let records = names.map(|name| add(tryton, name, "Spain", None));
        let [lost, given, away, deleted, edited] = &records;
        desk.settle();
        tryton.lose(lost.parse().unwrap(), "went elsewhere");
        tryton.set_employee(given.parse().unwrap(), Some(tryton.employee("ben")));
        tryton.set_employee(away.parse().unwrap(), Some(tryton.employee("cara")));
        tryton.delete(deleted.parse().unwrap());
        tryton.write(edited.parse().unwrap(), json!({ "comment": "wants two robots" }));
        desk.round(700);
        desk.settle();
        desk.must_stand(lost, "rejected", Some("ana"));
        desk.must_stand(given, "assigned", Some("cy"));
        desk.must_stand(away, "recycled", None);
        desk.must_stand(deleted, "recycled", None);
        desk.must_stand(edited, "assigned", Some("ana"));
        let left = rig.as_who("ana", Ask::get("/v1/changes")).ok();
        assert!(left.to_string().contains("wants two robots"), "{left}");
        assert_eq!(desk.times(edited, "completed"), 1, "she hears of it");
        let why = rig.rows("SELECT why FROM departure WHERE person = 'ana' ORDER BY lead");
        let why: Vec<&str> = why.iter().map(|row| row.text(0).unwrap()).collect();
        assert!(why.contains(&"given to cy in crm") && why.contains(&"given to Cara Voss in crm"), "{why:?}");
        assert!(why.contains(&"crm: no longer to be seen there"), "{why:?}");
        assert_eq!(employee(tryton, away).as_deref(), Some("Cara Voss"), "nothing is written over what they decided");
        assert_eq!(rig.number("SELECT count(*) FROM bridge_write WHERE what <> 'assigned'"), 0);
        // It comes back to one of ours.
        tryton.set_employee(away.parse().unwrap(), Some(tryton.employee("ana")));
        desk.settle();
        desk.must_stand(away, "assigned", Some("ana"));
    });
}

#[test]
fn a_conflict_is_shown_and_decided_by_a_person_and_holds_nobody_else_back() {
    alone(|tryton| {
        let rig = Rig::new(&Place::sqlite());
        let mut desk = Desk::new(&rig, &PEOPLE, source(&tryton.url()));
        let (record, other) = (add(tryton, "Byron", "Spain", None), add(tryton, "Keller", "Spain", None));
        desk.settle();
        // Both decide before either hears of the other.
        desk.answer("ana", &record, &accept());
        desk.answer("ana", &record, &call("on the phone"));
        desk.answer("ana", &other, &accept());
        tryton.lose(record.parse().unwrap(), "went elsewhere");
        desk.round(1);
        assert_eq!((desk.writes("parked"), state(tryton, &other).as_str()), (1, "opportunity"));
        assert_eq!(state(tryton, &record), "lost", "nothing is written over it");
        desk.must_stand(&record, "rejected", Some("ana"));
        let told = desk.state("max");
        let write = &told["unwritten"][0];
        assert_eq!((&told["parked"], &write["what"], &write["by"]), (&json!(1), &json!("accepted"), &json!("ana")));
        assert!(write["why"].as_str().unwrap().contains("“lost”"), "{told}");
        let trail = rig.as_who("ana", Ask::get(&format!("/v1/leads/{}", desk.lead(&record)))).ok().to_string();
        assert!(trail.contains(r#""kind":"unwritten""#) && trail.contains("“lost”"), "{trail}");
        assert!(!trail.contains("what they did"), "it is nothing that the prospect did: {trail}");
        let refused = |who: &str| rig.as_who(who, Ask::get("/v1/board")).ok()["refused"].clone();
        assert_eq!(refused("max"), json!({ "crm": 1 }));
        let metrics = rig.as_who("max", Ask::get("/metrics")).text;
        assert!(metrics.contains("leadbox_bridge_parked{source=\"crm\"} 1\n"), "{metrics}");
        // The call is a fact, and waits for nobody.
        desk.settle();
        assert!(notes(tryton, &record).iter().any(|note| note.contains("on the phone")));
        assert_eq!(desk.writes("parked"), 1);
        desk.order("max", &write["id"], json!({ "order": "drop", "why": "they are right" }));
        desk.settle();
        assert_eq!((desk.writes("parked"), state(tryton, &record).as_str()), (0, "lost"));
        assert_eq!(refused("max"), json!({}));
    });
}

#[test]
fn what_was_refused_is_written_again_when_a_person_says_so() {
    alone(|tryton| {
        let rig = Rig::new(&Place::sqlite());
        let mut desk = Desk::new(&rig, &PEOPLE, source(&tryton.url()));
        let record = add(tryton, "Byron", "Spain", None);
        desk.settle();
        desk.answer("ana", &record, &accept());
        desk.answer("ana", &record, &reject());
        // Another colleague cancels it, and takes that back.
        tryton.press(record.parse().unwrap(), "cancel");
        desk.round(1);
        desk.settle();
        assert_eq!(desk.writes("parked"), 2);
        tryton.press(record.parse().unwrap(), "lead");
        desk.settle_reading();
        let refused = desk.state("rev")["unwritten"].clone();
        let id = |what: &str| refused.as_array().unwrap().iter().find(|one| one["what"] == what).unwrap()["id"].clone();
        desk.order("rev", &id("rejected"), json!({ "order": "retry" }));
        desk.settle();
        assert_eq!(
            (state(tryton, &record).as_str(), desk.writes("parked"), notes(tryton, &record).len()),
            ("lost", 1, 1)
        );
        // The acceptance would come behind the rejection by now.
        let path = format!("/v1/bridge/writes/{}", id("accepted"));
        let told = rig.as_who("rev", Ask::new("POST", &path).json(&json!({ "order": "retry" })));
        assert!(told.status == 422 && told.text.contains("drop this"), "{}", told.text);
    });
}
