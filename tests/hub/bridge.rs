//! What could not be written to a CRM behind the hub, and what a person does about it.

use serde_json::json;

use crate::commands::Desk;
use crate::hub::{Ask, both};
use crate::matrix::{untaken, unwritten};

#[test]
fn what_was_refused_is_told_to_those_who_see_the_lead_and_decided_by_one_of_them() {
    both(|rig, _| {
        rig.hub.bridge_to([("crm".to_owned(), [].into())].into());
        let (own, other) = (rig.lead("own", "Spain"), rig.lead("other", "Brazil"));
        let (first, second) = (unwritten(rig, own), unwritten(rig, other));
        let told = rig.as_who("max", Ask::get("/v1/bridge")).ok();
        assert_eq!((&told[0]["parked"], told[0]["unwritten"].as_array().unwrap().len()), (&json!(2), 1), "{told}");
        assert_eq!(told[0]["unwritten"][0]["lead"], own);
        // The board tells of those that one can decide about.
        let refused = |who: &str| rig.as_who(who, Ask::get("/v1/board")).ok()["refused"]["crm"].clone();
        assert_eq!([refused("max"), refused("rev")], [json!(1), json!(2)]);
        let desk = Desk::of(rig, "rev");
        let token = desk.file("rev.token", &rig.tokens["rev"]);
        let at = ["--hub", &rig.url, "--token-file", &token];
        let list = desk.ok(&[&["hub", "bridge", "list"][..], &at].concat());
        assert!(list.contains("crm  it never answered") && list.contains("2 refused"), "{list}");
        assert!(list.contains(&format!("hub:{other}")) && list.contains("they closed it"), "{list}");
        let (first, second) = (first.to_string(), second.to_string());
        let again = desk.ok(&[&["hub", "bridge", "retry", &first][..], &at].concat());
        assert!(again.contains("written again"), "{again}");
        let dropped = desk.ok(&[&["hub", "bridge", "drop", &second, "--why", "they are right"][..], &at].concat());
        assert!(dropped.contains(&format!("hub:{other}")), "{dropped}");
        for (state, count) in [("waiting", 1), ("dropped", 1), ("parked", 0)] {
            let sql = format!("SELECT count(*) FROM bridge_write WHERE state = '{state}'");
            assert_eq!(rig.number(&sql), count, "{state}");
        }
        let why = rig.rows(&format!("SELECT what FROM log WHERE lead = {other} AND what LIKE '%overridden%'"));
        assert!(format!("{why:?}").contains("is not written to crm: they are right"), "{why:?}");
        // It is decided, and the log says so once.
        let again = rig
            .as_who("rev", Ask::new("POST", &format!("/v1/bridge/writes/{second}")).json(&json!({ "order": "retry" })));
        again.must_be_problem(404);
    });
}

#[test]
fn what_could_not_be_taken_in_is_told_and_tried_again_by_its_name() {
    both(|rig, _| {
        let record = untaken(rig).record.unwrap();
        let beside = rig.as_who("rev", Ask::get("/v1/bridge")).ok();
        assert_eq!(beside, json!([]), "of a CRM that is not configured any more nothing is told");
        assert!(!rig.as_who("rev", Ask::get("/metrics")).text.contains("source=\"crm\""));
        rig.hub.bridge_to([("crm".to_owned(), [].into())].into());
        let desk = Desk::of(rig, "rev");
        let token = desk.file("rev.token", &rig.tokens["rev"]);
        let at = ["--hub", &rig.url, "--token-file", &token];
        let list = desk.ok(&[&["hub", "bridge", "list"][..], &at].concat());
        assert!(list.contains("0 refused, 1 not taken in"), "{list}");
        let named = format!("crm:{record}");
        assert!(list.contains(&named) && list.contains("too long"), "{list}");
        let again = desk.ok(&[&["hub", "bridge", "retry", &named][..], &at].concat());
        assert!(again.contains(&format!("{named} is fetched and tried again")), "{again}");
        let look_at = rig.number("SELECT look_at FROM bridge_untaken");
        assert_eq!(look_at, 0, "before all others");
        let dropped = desk.ok(&[&["hub", "bridge", "drop", &named][..], &at].concat());
        assert!(dropped.contains(&format!("{named} is left out until")), "{dropped}");
        assert_eq!(rig.number("SELECT count(*) FROM bridge_untaken"), 0);
    });
}

#[test]
fn a_crm_that_asked_to_wait_is_asked_again_by_its_name() {
    both(|rig, _| {
        rig.hub.bridge_to([("crm".to_owned(), [].into())].into());
        rig.write(|work| {
            let row =
                "INSERT INTO bridge (source, waits_until, held_by, held_until) VALUES ('crm', 9000000000000, '', 0)";
            Ok(work.tx.execute(row, &[])?)
        });
        let desk = Desk::of(rig, "rev");
        let token = desk.file("rev.token", &rig.tokens["rev"]);
        let at = ["--hub", &rig.url, "--token-file", &token];
        let told = desk.ok(&[&["hub", "bridge", "retry", "crm"][..], &at].concat());
        assert_eq!(told, "crm is asked again\n");
        assert_eq!(rig.number("SELECT count(*) FROM bridge WHERE waits_until IS NULL"), 1);
        let (code, _, error) = desk.run(&[&["hub", "bridge", "retry", "other"][..], &at].concat());
        assert!(code != 0 && error.contains("no CRM of that name was asked yet"), "{error}");
        let (code, _, error) = desk.run(&[&["hub", "bridge", "retry", ":7"][..], &at].concat());
        assert!(code == 2 && error.contains("NAME:RECORD"), "{error}");
    });
}

#[test]
fn where_no_crm_is_configured_that_is_what_a_check_says() {
    let desk = Desk::new();
    let told = desk.ok(&["hub", "bridge", "check"]);
    assert!(told.contains("no CRM is configured") && told.contains("[sources.NAME]"), "{told}");
    let (code, _, error) = desk.run(&["hub", "bridge", "check", "crm"]);
    assert!(code == 2 && error.contains("there are: none"), "{error}");
}

#[test]
fn nobody_can_post_as_a_crm() {
    both(|rig, _| {
        rig.hub.bridge_to([("crm".to_owned(), [].into())].into());
        let reply = rig.as_who("rev", Ask::new("POST", "/v1/sources").json(&json!({ "name": "crm" })));
        assert_eq!(reply.must_be_problem(400)["at"], "/name");
    });
}
