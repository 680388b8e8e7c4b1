//! Taking back that two records were united (F37).

use serde_json::{Value, json};

use crate::commands::Desk;
use crate::hub::{Ask, Reply, Rig, both, item};

/// A lead, and another record of the same person by another id, which knows a phone number that the first one lacks.
fn twins(rig: &Rig) -> i64 {
    let mut first = item("own", "Spain");
    first["person"]["phone"] = Value::Null;
    let lead = rig.post(&first).ok()["items"][0]["lead"].as_i64().unwrap();
    let mut twin = item("own", "Spain");
    twin["key"] = json!("twin-1");
    twin["id"] = json!("twin");
    twin["extras"] = json!({ "plan": "Pro" });
    twin["activities"] = json!([{ "kind": "page_visit", "id": "seen-by-twin", "text": "/pricing" }]);
    assert_eq!(rig.post(&twin).ok()["items"][0]["lead"], lead);
    lead
}

fn unmerge(rig: &Rig, who: &str, lead: i64, from: &str) -> Reply {
    let order = json!({ "order": "unmerge", "from": from, "why": "two people of one name" });
    rig.as_who(who, Ask::new("POST", &format!("/v1/leads/{lead}/orders")).json(&order))
}

fn state(rig: &Rig, lead: i64) -> Value {
    rig.as_who("rev", Ask::get(&format!("/v1/leads/{lead}"))).ok()
}

#[test]
fn the_younger_record_is_a_lead_again_and_what_it_filled_is_taken_out() {
    both(|rig, _| {
        let lead = twins(rig);
        let before = state(rig, lead);
        assert_eq!(before["lead"]["person"]["phone"], "+34 600 000 000");
        assert_eq!(before["trail"].as_array().unwrap().len(), 2);
        let after = unmerge(rig, "mia", lead, "web:twin").ok();
        assert_eq!((&after["lead"]["person"]["phone"], &after["lead"]["extras"]["plan"]), (&Value::Null, &Value::Null));
        assert_eq!(after["owner"], before["owner"], "whose it is stays");
        let last = after["history"].as_array().unwrap().iter().find(|it| it["what"]["kind"] == "unmerged").unwrap();
        assert_eq!((&last["what"]["from"], &last["actor"]["name"]), (&json!("web:twin"), &json!("mia")));
        assert_eq!(after["trail"].as_array().unwrap().len(), 1);

        let twin = rig.number("SELECT id FROM lead WHERE external_id = 'twin'");
        let parted = state(rig, twin);
        assert_eq!(
            (&parted["lead"]["person"]["phone"], &parted["lead"]["extras"]["plan"]),
            (&json!("+34 600 000 000"), &json!("Pro"))
        );
        assert_eq!(parted["trail"][0]["external_id"], "seen-by-twin");
        assert_eq!(parted["history"][0]["what"]["kind"], "captured");
        // What comes by its name is its own from now on, and the two are not united again.
        let mut again = item("own", "Spain");
        again["key"] = json!("twin-2");
        again["id"] = json!("twin");
        assert_eq!(rig.post(&again).ok()["items"][0]["lead"], twin);
        assert_eq!(rig.number("SELECT count(*) FROM lead WHERE merged_into IS NOT NULL"), 0);
        let waits = state(rig, twin);
        assert!(!waits["lead"].to_string().contains("both have the address"), "{waits}");
        // The history folds to what is kept, and the log is whole.
        assert_eq!(rig.as_who("aud", Ask::get("/v1/audit")).ok()["is_whole"], true);
        assert_eq!(unmerge(rig, "mia", lead, "web:twin").must_be_problem(422)["at"], "/from");
    });
}

#[test]
fn what_came_later_and_cannot_be_told_apart_forbids_it_in_words() {
    both(|rig, _| {
        let refused = |rig: &Rig, lead: i64| {
            let before = rig.contents();
            let told =
                unmerge(rig, "rev", lead, "web:twin").must_be_problem(422)["detail"].as_str().unwrap().to_owned();
            assert_eq!(rig.contents(), before, "nothing half-done");
            told
        };
        let lead = twins(rig);
        let attempt = json!({ "kind": "attempted", "channel": "phone", "outcome": "voicemail" });
        assert_eq!(rig.push("ana", &rig.op(lead, &attempt)).ok()["outcome"], "applied");
        let told = refused(rig, lead);
        assert!(told.contains("person.phone came from web:twin"), "{told}");
        let mut again = item("own", "Spain");
        again["key"] = json!("twin-2");
        again["id"] = json!("twin");
        again["person"]["title"] = json!("CEO");
        rig.post(&again).ok();
        let told = refused(rig, lead);
        assert!(told.contains("told of again since"), "{told}");
    });
}

#[test]
fn marketing_and_revenue_operations_do_it_and_nobody_else() {
    both(|rig, _| {
        let lead = twins(rig);
        for who in ["ana", "max", "aud"] {
            unmerge(rig, who, lead, "web:twin").must_be_problem(403);
        }
        assert_eq!(
            unmerge(rig, "rev", lead, "web:nobody").must_be_problem(422)["detail"].as_str().unwrap(),
            "no record “web:nobody” was united with this lead; web:twin was"
        );
        let desk = Desk::of(rig, "mia");
        let told = desk.ok(&["team", "unmerge", &lead.to_string(), "--from", "web:twin", "--why", "two people"]);
        assert!(told.starts_with(&format!("hub:{lead}: ")), "{told}");
    });
}
