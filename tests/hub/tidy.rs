//! What the hub deletes of its own, and when: with a fixed clock, and never a lead or an entry of the log.

use std::collections::BTreeMap;

use chrono::{Days, Duration};
use leadbox::hub::db::Value as Sql;
use leadbox::hub::{clockwork, tidy};
use serde_json::{Value, json};

use crate::hub::{Ask, Rig, both, item};
use crate::sync::attempted;

fn count(rig: &Rig, table: &str) -> i64 {
    rig.number(&format!("SELECT count(*) FROM {table}"))
}

fn tick(rig: &Rig) -> usize {
    rig.run(tidy::tick(&rig.hub)).unwrap()
}

#[test]
fn what_is_over_is_deleted_when_its_time_is_and_nothing_else() {
    both(|rig, _| {
        let lead = rig.lead("one", "Spain");
        let op = rig.op(lead, &json!({ "kind": "accepted", "implicit": false }));
        rig.push("ana", &op).ok();
        let kept = |rig: &Rig| -> BTreeMap<&str, i64> {
            ["log", "lead", "activity", "incident"].map(|table| (table, count(rig, table))).into()
        };
        let now = rig.now().timestamp_millis();
        // What is over: a message that went out, a lookup that was made; and what is not.
        rig.write(move |work| {
            for next in [None, Some(now)] {
                work.tx.execute(
                    "INSERT INTO delivery (lead, what, channel, key, state, attempts, at, until, next_at)
                     VALUES (?1, 'alerts', 'x', ?2, 'sent', 1, ?3, ?3, ?4)",
                    &[lead.into(), Sql::Bytes(vec![7; 16]), now.into(), next.into()],
                )?;
                work.tx.execute(
                    "INSERT INTO job (kind, lead, body, not_before, attempts, done_at)
                     VALUES ('enrich', ?1, '{}', ?2, 1, ?3)",
                    &[lead.into(), now.into(), next.into()],
                )?;
            }
            Ok(())
        });
        let silent = rig.lead("two", "Spain");
        rig.pass(Duration::minutes(6));
        rig.run(clockwork::tick(&rig.hub)).unwrap();
        let alerts = count(rig, "alert");
        assert!(alerts > 0, "nobody answered {silent}");
        // One of which something comes much later.
        let until = (rig.now() + Days::new(400)).to_rfc3339();
        rig.write(move |work| {
            let body = json!({ "available": { "until": until, "left": 1 } }).to_string();
            let sql = "INSERT INTO alert (lead, recipient, category, body, at) VALUES (?1, 'ana', 'x', ?2, ?3)";
            work.tx.execute(sql, &[lead.into(), body.into(), now.into()])?;
            Ok(())
        });
        let before = kept(rig);

        rig.pass(Duration::days(89));
        assert_eq!(tick(rig), 0);
        assert_eq!(rig.post(&item("one", "Spain")).ok()["items"][0]["is_repeat"], true, "its key is known");
        rig.pass(Duration::days(2));
        assert_eq!(tick(rig), 2 + 1 + 1 + usize::try_from(alerts).unwrap());
        assert_eq!(["received", "delivery", "job", "alert"].map(|table| count(rig, table)), [0, 1, 1, 1]);
        assert_eq!(tick(rig), 0, "what still waits, and what still comes, stays");

        // A receipt is there for longer than a laptop asks.
        assert_eq!(rig.push("ana", &op).ok()["outcome"], "applied");
        rig.pass(Duration::days(90));
        let departures = count(rig, "departure");
        assert!(departures > 0, "{silent} went to somebody else");
        assert_eq!(tick(rig), 1 + usize::try_from(departures).unwrap());
        assert_eq!((count(rig, "op"), count(rig, "departure")), (0, 0));
        assert_eq!(kept(rig), before);
        assert_eq!(rig.as_who("aud", Ask::get("/v1/audit")).ok()["is_whole"], true);
    });
}

#[test]
fn however_much_is_over_all_of_it_is_deleted_a_little_at_a_time() {
    both(|rig, _| {
        let now = rig.now().timestamp_millis();
        rig.write(move |work| {
            for n in 0..1_201 {
                work.tx.execute(
                    "INSERT INTO received (source, key, body_hash, response, at) VALUES ('web', ?1, ?2, '', ?3)",
                    &[format!("k{n}").into(), Sql::Bytes(vec![0; 32]), now.into()],
                )?;
                // Every other one is still to be done.
                work.tx.execute(
                    "INSERT INTO job (kind, body, not_before, attempts, done_at) VALUES ('x', '{}', ?1, 1, ?2)",
                    &[now.into(), Some(now).filter(|_| n % 2 == 0).into()],
                )?;
            }
            Ok(())
        });
        rig.pass(Duration::days(91));
        let commits = rig.hub.pulse().counts().commits;
        assert_eq!(tick(rig), 1_201 + 601);
        assert!(rig.hub.pulse().counts().commits - commits >= 3 + 3, "nobody waits for all of it");
        assert_eq!((count(rig, "received"), count(rig, "job")), (0, 600));
    });
}

#[test]
fn an_answer_that_comes_again_when_its_receipt_is_gone_was_applied_and_another_with_its_id_was_not() {
    both(|rig, _| {
        let lead = rig.lead("one", "Spain");
        let accepted = rig.op(lead, &json!({ "kind": "accepted", "implicit": false }));
        let mut called = rig.op(lead, &attempted("left a message "));
        for op in [&accepted, &called] {
            assert_eq!(rig.push("ana", op).ok()["outcome"], "applied");
        }
        rig.pass(Duration::days(181));
        tick(rig);
        assert_eq!(count(rig, "op"), 0);
        let before = rig.contents();
        for op in [&accepted, &called] {
            let receipt = rig.push("ana", op).ok();
            assert_eq!((&receipt["outcome"], &receipt["id"]), (&json!("applied"), &op["id"]));
        }
        // Said by somebody else, of another lead, or otherwise, it is none of what was applied.
        rig.push("bo", &accepted).must_be_problem(422);
        let mut other = accepted.clone();
        other["lead"] = json!(lead + 1);
        rig.push("ana", &other).must_be_problem(422);
        called["what"]["note"] = json!("spoke to them");
        rig.push("ana", &called).must_be_problem(422);
        assert_eq!(rig.contents(), before, "and nothing is done again");
    });
}

#[test]
fn who_was_away_for_longer_than_it_is_known_what_left_them_reads_from_the_start() {
    both(|rig, _| {
        let lead = rig.lead("one", "Spain");
        let page = |rig: &Rig, after: &str| rig.as_who("ana", Ask::get(&format!("/v1/changes?after={after}")));
        let whole = rig.as_who("ana", Ask::get("/v1/changes")).ok();
        assert_eq!(whole["leads"][0]["id"], lead);
        let cursor = whole["next"].as_str().unwrap().to_owned();
        // It goes to somebody else.
        rig.pass(Duration::hours(3));
        rig.run(clockwork::tick(&rig.hub)).unwrap();
        let gone = page(rig, &cursor).ok();
        assert_eq!(gone["gone"][0]["id"], lead);
        let heard = gone["next"].as_str().unwrap().to_owned();
        rig.pass(Duration::days(179));
        tick(rig);
        assert_eq!(page(rig, &cursor).ok()["gone"][0]["id"], lead, "so long it is known");
        rig.pass(Duration::days(2));
        assert!(tick(rig) > 0);
        assert_eq!(count(rig, "departure"), 0);
        assert_eq!(page(rig, &cursor).must_be_problem(410)["type"], "urn:leadbox:problem:cursor");
        assert_eq!(page(rig, &heard).ok()["gone"], json!([]), "who heard it goes on");
        assert_eq!(rig.as_who("ana", Ask::get("/v1/changes")).ok()["leads"], json!([]));
    });
}

#[test]
fn whoever_reads_from_the_start_comes_to_the_end_however_old_the_leads_are() {
    both(|rig, _| {
        let page = |after: &str| rig.as_who("ana", Ask::get(&format!("/v1/changes?limit=1{after}")));
        let next = |page: &Value| format!("&after={}", page["next"].as_str().unwrap());
        rig.lead("one", "Spain");
        let begun = next(&page("").ok());
        let old = next(&page(&begun).ok());
        rig.lead("two", "Spain");
        rig.lead("three", "Spain");
        // All that left anybody until now is forgotten.
        rig.write(|work| {
            let sql = "INSERT INTO meta (name, value) SELECT 'departures_forgotten', CAST(n AS TEXT) FROM head";
            work.tx.execute(sql, &[])?;
            Ok(())
        });
        page(&old).must_be_problem(410);
        page(&begun).must_be_problem(410);
        let (mut after, mut leads) = (String::new(), 0);
        loop {
            let page = page(&after).ok();
            leads += page["leads"].as_array().unwrap().len();
            after = next(&page);
            if page["more"] == false {
                break;
            }
        }
        assert_eq!(leads, 3);
        assert_eq!(page(&after).ok()["leads"], json!([]), "and goes on from there");
    });
}
