//! Two hubs on one database: both answer alike, news of one reach the other's callers, and time's steps are taken once.

use std::collections::BTreeMap;
use std::thread;
use std::time::Instant;

use chrono::Duration;
use leadbox::hub::clockwork;
use serde_json::json;

use crate::hub::{Ask, Rig, item, person};
use crate::place::Place;

/// Two hubs, and their database, which must outlive them.
fn two() -> Option<(Rig, Rig, Place)> {
    let place = Place::postgres()?;
    let one = Rig::new(&place);
    let other = one.beside(&place);
    Some((one, other, place))
}

/// The next words of a stream, until they have this in them; how long that took.
fn hear(rig: &Rig, stream: &mut reqwest::Response, wanted: &str) -> std::time::Duration {
    let begun = Instant::now();
    let mut said = String::new();
    while !said.contains(wanted) {
        let chunk = rig.run(tokio_timeout(stream)).unwrap_or_else(|| panic!("“{wanted}” was not said, but: {said}"));
        said += &chunk;
    }
    begun.elapsed()
}

async fn tokio_timeout(stream: &mut reqwest::Response) -> Option<String> {
    let chunk = tokio::time::timeout(std::time::Duration::from_secs(20), stream.chunk()).await.ok()?.unwrap()?;
    Some(String::from_utf8_lossy(&chunk).into_owned())
}

#[test]
fn both_answer_alike_and_hear_of_each_other_within_a_second() {
    let Some((one, other, _place)) = two() else { return };
    let mut stream = other.begin(Ask::get("/v1/stream").token(&other.tokens["ana"]));
    hear(&other, &mut stream, "data: 0");
    let lead = one.lead("own", "Spain");
    let took = hear(&other, &mut stream, &format!("data: {}", one.number("SELECT n FROM head")));
    assert!(took < std::time::Duration::from_secs(1), "{took:?}");
    for who in ["ana", "max", "bo", "aud"] {
        for path in
            [format!("/v1/leads/{lead}"), "/v1/changes".into(), "/v1/policy".into(), format!("/v1/leads/{lead}/route")]
        {
            let [a, b] = [&one, &other].map(|rig| rig.as_who(who, Ask::get(&path)));
            assert_eq!((a.status, a.json["detail"].as_str()), (b.status, b.json["detail"].as_str()));
            assert!(a.status != 200 || a.json == b.json, "{path} as {who}");
        }
    }
    // The same answer, sent to either, is one.
    let op = one.op(lead, &json!({ "kind": "accepted", "implicit": false }));
    let receipts: Vec<_> = thread::scope(|scope| {
        let pushes: Vec<_> =
            [&one, &other].into_iter().cycle().take(20).map(|rig| scope.spawn(|| rig.push("ana", &op).ok())).collect();
        pushes.into_iter().map(|push| push.join().unwrap()).collect()
    });
    assert!(receipts.iter().all(|receipt| *receipt == receipts[0]), "{receipts:?}");
    // And so is a post: the other hub knows that it was taken.
    let ask = one.signed(item("signed", "Spain").to_string().as_bytes(), one.now());
    one.ask(ask.clone()).ok();
    other.ask(ask).must_be_problem(401);
}

#[test]
fn rules_that_one_was_given_hold_at_the_other() {
    let Some((one, other, _place)) = two() else { return };
    let mut stream = other.begin(Ask::get("/v1/stream").token(&other.tokens["aud"]));
    hear(&other, &mut stream, "data: 0");
    let policy = format!("{}\n# newer\n", crate::hub::POLICY);
    let put = one.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", policy)).ok();
    // Words come in their order: what is said after the rules changed is heard after they were read.
    one.lead("after", "Spain");
    hear(&other, &mut stream, &format!("data: {}", one.number("SELECT n FROM head")));
    assert_eq!(other.as_who("rev", Ask::get("/v1/policy")).ok(), put);
}

#[test]
fn what_one_is_told_of_people_counts_at_the_other_at_once() {
    let Some((one, other, _place)) = two() else { return };
    let owner = |rig: &Rig, lead: i64| {
        let rows = rig.rows(&format!("SELECT owner FROM lead WHERE id = {lead}"));
        rows[0].opt_text(0).unwrap().map(str::to_owned)
    };
    // Each remembers who takes leads.
    for (rig, name) in [(&one, "a"), (&other, "b"), (&one, "c")] {
        let lead = rig.lead(name, "Spain");
        assert_eq!(owner(rig, lead).as_deref(), Some("ana"), "{name}");
    }
    let mut full = person("ana", "rep", Some("emea"), Some("Spain"));
    full.takes.open_cap = Some(4);
    one.as_who("rev", Ask::new("PUT", "/v1/people/ana").json(&json!(full))).ok();
    let fourth = other.lead("d", "Spain");
    assert_eq!(owner(&other, fourth).as_deref(), Some("ana"));
    // What the other gave to her counts here.
    let fifth = one.lead("e", "Spain");
    assert_ne!(owner(&one, fifth).as_deref(), Some("ana"));
}

#[test]
fn a_token_that_was_revoked_hears_no_more() {
    let Some((one, other, _place)) = two() else { return };
    let mut stream = other.begin(Ask::get("/v1/stream").token(&other.tokens["ana"]));
    hear(&other, &mut stream, "data: 0");
    let mut gone = person("ana", "rep", Some("emea"), Some("Spain"));
    one.lead("while", "Spain");
    hear(&other, &mut stream, &format!("data: {}", one.number("SELECT n FROM head")));
    gone.is_active = false;
    one.as_who("rev", Ask::new("PUT", "/v1/people/ana").json(&json!(gone))).ok();
    let lead = one.number("SELECT id FROM lead");
    one.push("max", &one.op(lead, &json!({ "kind": "resumed" }))).ok();
    let chunk = other.run(async { tokio::time::timeout(std::time::Duration::from_secs(20), stream.chunk()).await });
    assert!(matches!(chunk, Ok(Ok(None))), "the stream ends: {chunk:?}");
}

/// What time did: for each lead its events' kinds, in their order, of the hub's own doing.
fn steps(rig: &Rig) -> BTreeMap<i64, Vec<String>> {
    let mut steps: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in rig.rows("SELECT lead, what FROM log WHERE lead IS NOT NULL ORDER BY n") {
        let what: serde_json::Value = serde_json::from_str(row.text(1).unwrap()).unwrap();
        let told = ["kind", "clock", "window", "step", "to", "why"].map(|field| what[field].to_string());
        steps.entry(row.int(0).unwrap()).or_default().push(told.join(" "));
    }
    steps
}

const LEADS: usize = 200;

fn enter(rig: &Rig) {
    let items: Vec<_> = (0..LEADS).map(|n| item(&format!("t{n}"), ["Spain", "Italy", "Brazil"][n % 3])).collect();
    rig.post(&json!({ "items": items })).ok();
}

/// Ticks until nothing is due, in both of them at once.
fn race(hubs: &[&Rig]) {
    thread::scope(|scope| {
        for rig in hubs {
            scope.spawn(|| while rig.run(clockwork::tick(&rig.hub)).unwrap() > 0 {});
        }
    });
}

#[test]
fn each_step_of_the_clock_is_taken_once_and_in_order_however_many_hubs_race() {
    let Some((one, other, _place)) = two() else { return };
    // The same by one hub alone says what must come out.
    let place = Place::sqlite();
    let alone = Rig::new(&place);
    enter(&one);
    enter(&alone);
    for minutes in [20, 45, 90, 180] {
        for rig in [&one, &alone] {
            rig.pass(Duration::minutes(minutes));
        }
        race(&[&one, &other]);
        race(&[&alone]);
        let (raced, expected) = (steps(&one), steps(&alone));
        assert_eq!(raced.len(), LEADS);
        for (lead, steps) in &raced {
            let kinds =
                |steps: &[String]| steps.iter().filter(|step| step.contains("breached")).cloned().collect::<Vec<_>>();
            let breaches = kinds(steps);
            assert_eq!(breaches, kinds(&expected[lead]), "lead {lead} after {minutes} minutes");
            let mut once = breaches.clone();
            once.dedup();
            assert_eq!(once, breaches, "lead {lead}");
        }
    }
    assert!(steps(&one).values().all(|steps| steps.iter().any(|step| step.contains("breached"))), "all were due");
    assert_eq!(one.number("SELECT count(*) FROM incident"), alone.number("SELECT count(*) FROM incident"));
    assert_eq!(other.as_who("aud", Ask::get("/v1/audit")).ok()["is_whole"], true);
}

#[test]
fn what_one_hub_had_begun_when_it_went_the_other_finishes() {
    let Some((one, other, _place)) = two() else { return };
    enter(&one);
    one.pass(Duration::minutes(45));
    let due = |rig: &Rig| {
        let now = rig.now().timestamp_millis();
        rig.number(&format!("SELECT count(*) FROM lead WHERE wake_at <= {now}"))
    };
    assert_eq!(due(&other), i64::try_from(LEADS).unwrap());
    thread::scope(|scope| {
        // It goes in the middle of its tick: the future is dropped, and the hub with it.
        scope.spawn(|| {
            let one = one;
            let tick = clockwork::tick(&one.hub);
            one.run(async {
                tokio::select! {
                    done = tick => drop(done),
                    () = half_done(&other, LEADS / 4) => {}
                }
            });
        });
        scope.spawn(|| catch_up(&other));
    });
    catch_up(&other);
    assert_eq!(due(&other), 0);
    let first = steps(&other)
        .into_values()
        .map(|steps| steps.iter().filter(|step| step.contains("breached") && step.contains(" 1 ")).count());
    assert!(first.into_iter().all(|count| count >= 1), "nothing missed");
    let twice = other.number(
        "SELECT count(*) FROM (SELECT lead, clock, window_no FROM incident GROUP BY lead, clock, window_no HAVING count(*) > 1) AS twice",
    );
    assert_eq!(twice, 0, "nothing twice");
}

/// Ticks until nothing is due. Where the other hub holds the log's head for too long it is tried again, as the worker does.
fn catch_up(rig: &Rig) {
    while rig.run(clockwork::tick(&rig.hub)).map_or_else(
        |error| {
            assert!(error.to_string().contains("try again"), "{error}");
            true
        },
        |done| done > 0,
    ) {}
}

/// Comes about when so many leads were seen to.
async fn half_done(rig: &Rig, many: usize) {
    loop {
        let now = rig.now().timestamp_millis();
        let sql = format!("SELECT count(*) FROM lead WHERE wake_at > {now}");
        let read = rig.hub.read(leadbox::hub::db::Scope::System, move |tx| Ok(tx.query(&sql, &[])?[0].int(0)?));
        if read.await.unwrap() >= i64::try_from(many).unwrap() {
            return;
        }
    }
}
