//! A lead of which there is more than anybody reads: what is kept, and that whoever reads it goes on.

use leadbox::handoff::event::{EventKind, HandoverStep};
use leadbox::hub::db::Scope;
use leadbox::hub::leads;
use serde_json::{Value, json};

use crate::hub::{Ask, Rig, both, item};

/// The same person once more, with so many page visits.
fn visits(name: &str, key: &str, many: usize) -> Value {
    let mut again = item(name, "Spain");
    again["key"] = json!(key);
    let visit = |n: usize| json!({ "kind": "page_visit", "id": format!("v{n}"), "at": "2026-11-19T10:00:00Z" });
    again["activities"] = (0..many).map(visit).collect();
    again
}

fn taken(rig: &Rig, item: &Value) -> Value {
    rig.post(item).ok()["items"][0].clone()
}

#[test]
fn what_is_known_takes_up_no_room_and_what_is_new_comes_in() {
    both(|rig, _| {
        rig.lead("much", "Spain");
        assert_eq!(taken(rig, &visits("much", "a", 1_200))["left_out"], Value::Null);
        assert_eq!(taken(rig, &visits("much", "b", 1_201))["left_out"], Value::Null);
        assert_eq!(rig.number("SELECT count(*) FROM activity"), 1_202);
        // One more than there is room for; and then only what is new is not kept.
        assert_eq!(taken(rig, &visits("much", "c", 2_001))["left_out"], 2);
        let mut strong = visits("much", "d", 2_001);
        strong["activities"].as_array_mut().unwrap().push(json!({ "kind": "form", "id": "f", "text": "call me" }));
        assert_eq!(taken(rig, &strong)["left_out"], 2);
        assert_eq!(rig.number("SELECT count(*) FROM activity"), 2_001);
        assert_eq!(rig.number("SELECT count(*) FROM activity WHERE external_id = 'f'"), 1);
    });
}

#[test]
fn whoever_fills_in_a_form_again_and_again_adds_nothing_to_a_trail_that_is_full() {
    both(|rig, _| {
        let lead = rig.lead("held", "Spain");
        assert_eq!(taken(rig, &visits("held", "a", 2_500))["left_out"], 501);
        let before = (rig.number("SELECT n FROM head"), rig.number("SELECT count(*) FROM activity"));
        for n in 0..3 {
            let mut otherwise = visits("held", &format!("again {n}"), 0);
            otherwise["person"]["phone"] = json!(format!("+34 600 000 00{}", n + 1));
            assert_eq!(taken(rig, &otherwise)["left_out"], 1);
        }
        assert_eq!((rig.number("SELECT n FROM head"), rig.number("SELECT count(*) FROM activity")), before);
        let state = rig.as_who("ana", Ask::get(&format!("/v1/leads/{lead}"))).ok();
        assert_eq!(state["lead"]["person"]["phone"], "+34 600 000 000");
    });
}

/// Has so many things happen to a lead, each told in so many letters.
fn happen(rig: &Rig, lead: i64, many: usize, letters: usize) {
    rig.write(move |work| {
        let mut case = leads::load(work.tx, lead, &Scope::System)?;
        for _ in 0..many {
            let what = EventKind::HandedOver { step: HandoverStep::Context, what: "x".repeat(letters) };
            work.happen(&mut case, what)?;
        }
        let trail = leads::trail(work.tx, lead)?;
        work.save(&mut case, &trail)
    });
}

#[test]
fn of_a_lead_with_a_long_history_the_newest_is_told() {
    both(|rig, _| {
        let (many, long) = (rig.lead("many", "Spain"), rig.lead("long", "Spain"));
        happen(rig, many, 1_100, 1);
        happen(rig, long, 600, 10_000);
        let page = rig.as_who("ana", Ask::get("/v1/changes")).ok();
        let told = |lead: i64| {
            let state = page["leads"].as_array().unwrap().iter().find(|state| state["id"] == lead).unwrap().clone();
            let seqs: Vec<i64> =
                state["history"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()).collect();
            assert!(seqs.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{seqs:?}");
            assert_eq!(json!(seqs.last()), state["handoff"]["seq"]);
            (seqs.len(), state["history"].to_string().len())
        };
        assert_eq!(told(many).0, 1_000);
        let (events, bytes) = told(long);
        assert!((300..500).contains(&events) && bytes < 5 * 1024 * 1024, "{events} {bytes}");
    });
}
