//! What the hub deletes of its own, and when: with a fixed clock, and never a lead or an entry of the log.

use std::collections::BTreeMap;

use chrono::{Days, Duration};
use leadbox::hub::db::Value as Sql;
use leadbox::hub::{clockwork, tidy};
use serde_json::json;

use crate::hub::{Ask, Rig, both, item};

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
            ["log", "lead", "activity", "departure", "incident"].map(|table| (table, count(rig, table))).into()
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
        assert_eq!((tick(rig), count(rig, "op")), (1, 0));
        rig.push("ana", &op).must_be_problem(422);
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
