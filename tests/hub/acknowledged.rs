//! How fast people answer what they are given, and that leads of high intent go to the fastest (R60, F45).

use chrono::Duration;
use leadbox::hub::{clockwork, tidy};
use serde_json::{Value, json};

use crate::hub::{Ask, Rig, both, item, person};

/// ana and eve take leads from Spain, and each from a country of her own.
fn two(rig: &mut Rig) {
    for (name, own, method, path) in
        [("ana", "Portugal", "PUT", "/v1/people/ana"), ("eve", "France", "POST", "/v1/people")]
    {
        let mut rep = person(name, "rep", Some("emea"), Some("Spain"));
        rep.takes.territories.push(own.into());
        rig.as_who("rev", Ask::new(method, path).json(&json!(rep))).ok();
    }
    let token = rig.make_token("eve");
    rig.tokens.insert("eve".into(), token);
}

fn answer(rig: &Rig, who: &str, lead: i64, what: &Value) {
    assert_eq!(rig.push(who, &rig.op(lead, what)).ok()["outcome"], "applied");
}

fn accepted() -> Value {
    json!({ "kind": "accepted", "implicit": false })
}

fn rejected() -> Value {
    json!({ "kind": "rejected", "code": "budget" })
}

/// So many leads from this country, each answered by this person after so many seconds.
fn answers(rig: &Rig, (who, country): (&str, &str), count: usize, seconds: i64, what: &Value) {
    for n in 0..count {
        let at = rig.now().timestamp();
        let lead = rig.lead(&format!("{who}{at}x{n}"), country);
        rig.pass(Duration::seconds(seconds));
        answer(rig, who, lead, what);
    }
}

fn median(rig: &Rig, who: &str) -> Option<i64> {
    let rows = rig.rows(&format!("SELECT median_ack FROM load WHERE person = '{who}'"));
    rows.first().and_then(|row| row.opt_int(0).unwrap())
}

fn owner(rig: &Rig, lead: i64) -> String {
    rig.rows(&format!("SELECT owner FROM lead WHERE id = {lead}"))[0].text(0).unwrap().to_owned()
}

/// A lead of which marketing says that it is an MQL: no demand of theirs.
fn flagged(rig: &Rig, name: &str) -> i64 {
    let mut item = item(name, "Spain");
    item["activities"] = json!([{ "kind": "page_visit", "text": "read about it" }]);
    rig.post(&item).ok()["items"][0]["lead"].as_i64().unwrap()
}

#[test]
fn a_lead_of_high_intent_goes_to_who_answers_fastest_and_the_others_by_the_usual_order() {
    both(|rig, place| {
        two(rig);
        // ana is slow and has nothing in hand; eve is fast and has five open leads.
        answers(rig, ("ana", "Portugal"), 5, 240, &rejected());
        answers(rig, ("eve", "France"), 5, 30, &accepted());
        assert_eq!((median(rig, "ana"), median(rig, "eve")), (Some(240), Some(30)));

        let demo = rig.lead("demo", "Spain");
        assert_eq!(owner(rig, demo), "eve");
        let basis = rig.rows(&format!("SELECT basis FROM log WHERE lead = {demo} AND what LIKE '%\"routed\"%'"));
        assert!(basis[0].text(0).unwrap().contains("\"median_ack_seconds\":30"), "it went into the decision");
        assert_eq!(owner(rig, flagged(rig, "flagged")), "ana", "who has less in hand comes first");

        // A hub that reads it all from the database decides likewise.
        let beside = rig.beside(place);
        let next = beside.lead("next", "Spain");
        assert_eq!(owner(rig, next), "eve");
        let told = beside.as_who("rev", Ask::get(&format!("/v1/leads/{next}/route"))).ok();
        let people = told["tried"].as_array().unwrap().iter().flat_map(|tried| tried["people"].as_array()).flatten();
        let ana = people.clone().find(|it| it["id"] == "ana").unwrap();
        assert_eq!(ana["why"], "acknowledges in 4m, eve in 30s", "{told}");
        assert_eq!(ana["load"]["median_ack_seconds"], 240);
        let board = rig.as_who("max", Ask::get("/v1/board")).ok();
        let people = board["teams"][0]["people"].as_array().unwrap();
        assert_eq!(people.iter().find(|it| it["id"] == "eve").unwrap()["acknowledges"], 30);
    });
}

#[test]
fn without_a_history_nobody_is_favoured_and_nobody_goes_without() {
    both(|rig, _| {
        two(rig);
        let given: Vec<String> = (0..4).map(|n| owner(rig, rig.lead(&format!("n{n}"), "Spain"))).collect();
        assert_eq!(given.iter().filter(|who| *who == "ana").count(), 2, "{given:?}");
        // One who is known stands no better and no worse than one who is not.
        answers(rig, ("eve", "France"), 5, 10, &rejected());
        assert_eq!((median(rig, "ana"), median(rig, "eve")), (None, Some(10)));
        let given: Vec<String> = (4..8).map(|n| owner(rig, rig.lead(&format!("n{n}"), "Spain"))).collect();
        assert_eq!(given.iter().filter(|who| *who == "ana").count(), 2, "{given:?}");
    });
}

#[test]
fn what_is_taken_unanswered_counts_as_silence_and_what_one_did_not_answer_oneself_counts_not_at_all() {
    both(|rig, _| {
        two(rig);
        // Answered by the manager, given away by the manager, taken from a queue: none of it says how fast she is.
        let lead = rig.lead("a", "Portugal");
        answer(rig, "max", lead, &rejected());
        let lead = rig.lead("b", "Portugal");
        let order = json!({ "order": "reassign", "to": "cy", "why": "a friend of his" });
        rig.as_who("max", Ask::new("POST", &format!("/v1/leads/{lead}/orders")).json(&order)).ok();
        let lead = rig.lead("c", "Norway");
        rig.as_who("ana", Ask::new("POST", "/v1/queues/inbound/claim").json(&json!({}))).ok();
        answer(rig, "ana", lead, &accepted());
        assert_eq!(rig.number("SELECT count(*) FROM load WHERE answers IS NOT NULL"), 0);

        for n in 0..5 {
            rig.lead(&format!("silent{n}"), "Portugal");
        }
        rig.pass(Duration::minutes(6));
        rig.run(clockwork::tick(&rig.hub)).unwrap();
        assert_eq!(median(rig, "ana"), Some(4 * 3600), "five minutes are not how fast she is");
        // Old answers count no more, also of somebody who gives no new ones.
        answers(rig, ("eve", "France"), 5, 10, &rejected());
        rig.pass(Duration::days(89));
        rig.run(tidy::tick(&rig.hub)).unwrap();
        assert_eq!(median(rig, "eve"), Some(10));
        rig.pass(Duration::days(2));
        rig.run(tidy::tick(&rig.hub)).unwrap();
        assert_eq!((median(rig, "ana"), median(rig, "eve")), (None, None));
        assert_eq!(owner(rig, rig.lead("later", "Spain")).len(), 3, "and somebody gets the next one");
    });
}

#[test]
fn working_time_counts_and_not_the_night() {
    both(|rig, _| {
        two(rig);
        // Friday at ten; answered on Monday at half past nine.
        rig.pass(Duration::minutes(418));
        let leads: Vec<i64> = (0..5).map(|n| rig.lead(&format!("n{n}"), "Portugal")).collect();
        rig.pass(Duration::days(3) - Duration::minutes(448));
        for lead in leads {
            answer(rig, "ana", lead, &accepted());
        }
        assert_eq!(median(rig, "ana"), Some(32 * 60));
    });
}
