//! Push and pull (reliability, rows 3, 4 and 9): an answer is taken once, and whoever pulls comes to the hub's word.

use std::collections::BTreeMap;
use std::thread;

use chrono::Duration;
use fastrand::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::hub::{Ask, POLICY, Rig, both, person};

pub fn attempted(note: &str) -> Value {
    json!({ "kind": "attempted", "channel": "phone", "outcome": "no_answer", "note": note })
}

fn accepted() -> Value {
    json!({ "kind": "accepted", "implicit": false })
}

#[test]
fn an_answer_happens_once_however_often_it_is_sent() {
    both(|rig, _| {
        let lead = rig.lead("own", "Spain");
        let before = rig.number("SELECT n FROM head");
        let op = rig.op(lead, &accepted());
        let receipts: Vec<Value> = thread::scope(|scope| {
            let pushes: Vec<_> = (0..20).map(|_| scope.spawn(|| rig.push("ana", &op).ok())).collect();
            pushes.into_iter().map(|push| push.join().unwrap()).collect()
        });
        assert_eq!(receipts[0]["outcome"], "applied");
        assert!(receipts.iter().all(|receipt| *receipt == receipts[0]));
        assert_eq!(rig.number("SELECT n FROM head"), before + 1);
        let again = rig.as_who("ana", Ask::get(&format!("/v1/ops/{}", op["id"].as_str().unwrap()))).ok();
        assert_eq!(again, receipts[0]);

        // The time of sending is another one each time, and what was seen is no part of the answer.
        rig.pass(Duration::minutes(5));
        let mut later = op.clone();
        later["sent_at"] = json!(rig.now());
        assert_eq!(rig.push("ana", &later).ok(), receipts[0]);

        let contents = rig.contents();
        for (field, value) in [("made_at", json!(rig.now())), ("lead", json!(lead + 1)), ("what", attempted("x"))] {
            let mut altered = op.clone();
            altered[field] = value;
            let reply = rig.push("ana", &altered);
            assert_eq!(reply.must_be_problem(422)["type"], "urn:leadbox:problem:key-reused", "{field}");
        }
        // Nor does anybody get at another's receipt by its id, or an event of the hub's own by that event's.
        rig.push("bo", &op).must_be_problem(422);
        rig.push("max", &op).must_be_problem(422);
        let mut of_the_hub = op.clone();
        let event = rig.rows("SELECT id FROM log WHERE n = 1")[0].bytes(0).unwrap().to_vec();
        of_the_hub["id"] = json!(Uuid::from_slice(&event).unwrap());
        rig.push("ana", &of_the_hub).must_be_problem(422);
        assert_eq!(rig.contents(), contents);
    });
}

#[test]
fn answers_of_twenty_threads_stand_in_one_order_without_gaps() {
    both(|rig, _| {
        let lead = rig.lead("own", "Spain");
        rig.push("ana", &rig.op(lead, &accepted())).ok();
        let before = rig.number("SELECT n FROM head");
        thread::scope(|scope| {
            for thread in 0..20 {
                let rig = &*rig;
                scope.spawn(move || {
                    for number in 0..5 {
                        rig.push("ana", &rig.op(lead, &json!({ "kind": "resumed" }))).ok();
                        assert!(number < 5 && thread < 20);
                    }
                });
            }
        });
        assert_eq!(rig.number("SELECT n FROM head"), before + 100);
        let seqs = rig.rows(&format!("SELECT seq FROM log WHERE lead = {lead} ORDER BY n"));
        let seqs: Vec<i64> = seqs.iter().map(|row| row.int(0).unwrap()).collect();
        assert_eq!(seqs, (1..=i64::try_from(seqs.len()).unwrap()).collect::<Vec<_>>());
    });
}

#[test]
fn what_only_the_hub_decides_no_rep_can_push() {
    both(|rig, _| {
        let lead = rig.lead("own", "Spain");
        for what in [
            json!({ "kind": "captured" }),
            json!({ "kind": "assigned", "to": "bo" }),
            json!({ "kind": "rerouted", "to": "bo", "why": "x" }),
            json!({ "kind": "contact_kept", "channel": "phone", "outcome": "no_answer" }),
            json!({ "kind": "scored", "total": 100 }),
            json!({ "kind": "preflight_passed" }),
            json!({ "kind": "recycled", "cause": "exhausted" }),
            json!({ "kind": "breached", "clock": "x", "window": 1 }),
            json!({ "kind": "undone", "event": Uuid::now_v7() }),
            json!({ "kind": "overridden", "why": "x" }),
            json!({ "kind": "reopened", "why": "x" }),
            json!({ "kind": "became_opportunity" }),
        ] {
            let before = rig.number("SELECT n FROM head");
            assert_eq!(rig.push("ana", &rig.op(lead, &what)).ok()["outcome"], "refused", "{what}");
            assert_eq!(rig.number("SELECT n FROM head"), before);
        }
    });
}

#[test]
fn a_clock_that_is_off_changes_neither_the_order_nor_what_is_true() {
    both(|rig, _| {
        let lead = rig.lead("own", "Spain");
        let assigned_at = rig.now();
        rig.push("ana", &rig.op(lead, &accepted())).ok();
        rig.pass(Duration::hours(2));
        let now = rig.now();
        let hours = Duration::hours;
        // When it was made and sent by the laptop's clock, and when it then was.
        for (made, sent, expected) in [
            (now - hours(1), now, now - hours(1)),
            // Off by less than a day: taken out.
            (now - hours(24), now - hours(23), now - hours(1)),
            (now + hours(22), now + hours(23), now - hours(1)),
            // Off by more: not believed, and then neither before the lead came nor after now.
            (now - hours(49), now - hours(48), assigned_at),
            (now + hours(47), now + hours(48), now),
            // Sent before it was made.
            (now - hours(1), now - hours(3), now - hours(1)),
            (now + hours(1), now, now),
            ("1900-01-01T00:00:00Z".parse().unwrap(), now, assigned_at),
            ("9999-12-31T23:59:59Z".parse().unwrap(), "9999-12-31T23:59:59Z".parse().unwrap(), now),
        ] {
            let mut op = rig.op(lead, &json!({ "kind": "resumed" }));
            (op["made_at"], op["sent_at"]) = (json!(made), json!(sent));
            assert_eq!(rig.push("ana", &op).ok()["outcome"], "applied", "{op}");
            // What followed from it by time stands behind it.
            let at = rig.number("SELECT at FROM log WHERE what LIKE '%resumed%' ORDER BY n DESC LIMIT 1");
            assert_eq!(at, expected.timestamp_millis(), "made {made}, sent {sent}");
        }
        let before = rig.contents();
        for time in ["-262143-01-01T00:00:00Z", "+262142-12-31T23:59:59Z", "1899-12-31T23:59:59Z"] {
            for field in ["made_at", "sent_at"] {
                let mut op = rig.op(lead, &json!({ "kind": "resumed" }));
                op[field] = json!(time);
                assert_eq!(rig.push("ana", &op).must_be_problem(400)["at"], format!("/{field}"));
            }
            let mut late = attempted("x");
            late["next"] = json!({ "at": time, "what": "call" });
            rig.push("ana", &rig.op(lead, &late)).must_be_problem(400);
            rig.push("ana", &rig.op(lead, &json!({ "kind": "deferred", "until": time, "why": "x" })))
                .must_be_problem(400);
        }
        rig.push("ana", &rig.op(lead, &attempted("a\0b"))).must_be_problem(400);
        rig.push("ana", &rig.op(lead, &attempted(&"x".repeat(17_000)))).must_be_problem(400);
        assert_eq!(rig.contents(), before);
    });
}

#[test]
fn of_a_lead_that_went_elsewhere_a_contact_is_kept_and_all_else_refused() {
    both(|rig, _| {
        let lead = rig.lead("own", "Spain");
        // Made offline, while the lead was still theirs.
        let (accept, contact) = (rig.op(lead, &accepted()), rig.op(lead, &attempted("they were out")));
        let mut cy = person("cy", "rep", Some("emea"), Some("Italy"));
        cy.takes.territories.push("Spain".into());
        rig.as_who("rev", Ask::new("PUT", "/v1/people/cy").json(&json!(cy))).ok();
        let mut ana = person("ana", "rep", Some("emea"), Some("Spain"));
        ana.paused = Some("at the dentist's".into());
        rig.as_who("rev", Ask::new("PUT", "/v1/people/ana").json(&json!(ana))).ok();
        let (mine, theirs) = (cursor(rig, "ana"), cursor(rig, "cy"));
        until(rig, lead, "cy");
        let stage =
            |rig: &Rig| rig.as_who("cy", Ask::get(&format!("/v1/leads/{lead}"))).ok()["handoff"]["stage"].clone();
        let before = stage(rig);
        let reply = rig.push("ana", &accept).ok();
        assert_eq!(reply["outcome"], "refused");
        assert!(reply["why"].as_str().unwrap().contains("went to cy meanwhile"), "{reply}");
        assert_eq!(rig.push("ana", &contact).ok()["outcome"], "kept");
        assert_eq!(stage(rig), before, "who holds it now still owes an answer");
        // Ana is told that it left, cy that it came; her manager saw it all along.
        let page = pull(rig, "ana", Some(&mine), 500);
        assert_eq!(page["gone"][0]["id"], lead, "{page}");
        assert_eq!(page["leads"], json!([]));
        let page = pull(rig, "cy", Some(&theirs), 500);
        assert_eq!(page["leads"][0]["id"], lead, "{page}");
        let kept =
            page["leads"][0]["history"].as_array().unwrap().iter().any(|event| event["what"]["kind"] == "contact_kept");
        assert!(kept, "{page}");
        // However many of them she sends, they are no touches of his and close no clock of his.
        for n in 0..12 {
            let mut reached = rig.op(lead, &attempted(&format!("again {n}")));
            reached["what"]["outcome"] = json!("reached");
            rig.push("ana", &reached).ok();
        }
        let handoff = rig.as_who("cy", Ask::get(&format!("/v1/leads/{lead}"))).ok()["handoff"].clone();
        // Without any they are not told.
        assert_eq!((&handoff["stage"], &handoff["touches"]), (&before, &Value::Null), "{handoff}");
        assert_eq!((&handoff["first_attempt_at"], &handoff["connected_at"]), (&Value::Null, &Value::Null));
        // And long after she can have heard that it left, they are none of it.
        rig.pass(Duration::days(8));
        let reply = rig.push("ana", &rig.op(lead, &attempted("weeks later"))).ok();
        assert_eq!(reply["outcome"], "refused", "{reply}");
        let why = reply["why"].as_str().unwrap();
        assert!(why.contains("to cy more than seven days before this contact, so it is not kept"), "{why}");
        // One who never held it is told as if it were not there.
        for what in [accepted(), attempted("x")] {
            let reply = rig.push("bo", &rig.op(lead, &what)).ok();
            assert_eq!(
                (reply["outcome"].as_str(), reply["why"].as_str()),
                (Some("refused"), Some(&*format!("the hub has no lead {lead}")))
            );
        }
    });
}

#[test]
fn what_is_no_contact_by_the_rules_is_not_kept_for_one_either() {
    both(|rig, _| {
        let lead = rig.lead("own", "Spain");
        let handoff = |rig: &Rig| rig.as_who("max", Ask::get(&format!("/v1/leads/{lead}"))).ok()["handoff"].clone();
        rig.push("ana", &rig.op(lead, &accepted())).ok();
        let before = handoff(rig);
        let mut mismatched = attempted("x");
        mismatched["outcome"] = json!("sent");
        let mut uncalled = attempted("x");
        uncalled["next"] = json!({ "at": rig.now() - Duration::days(1), "what": "call" });
        let head = rig.number("SELECT n FROM head");
        for what in [mismatched, uncalled] {
            let reply = rig.push("ana", &rig.op(lead, &what));
            assert!(reply.status == 400 || reply.json["outcome"] == "refused", "{what}: {}", reply.text);
        }
        assert_eq!(rig.number("SELECT n FROM head"), head);
        // A time that cannot be is a fact at most: between what the lead is here for and now, and it moves nothing.
        let mut early = rig.op(lead, &attempted("x"));
        early["what"]["at"] = json!(rig.now() - Duration::days(30));
        let mut distant = rig.op(lead, &attempted("x"));
        (distant["made_at"], distant["sent_at"]) = (json!("9999-12-31T00:00:00Z"), json!("9999-12-31T00:00:00Z"));
        distant["what"]["at"] = json!("1900-01-01T00:00:00Z");
        for op in [early, distant] {
            assert_eq!(rig.push("ana", &op).ok()["outcome"], "kept", "{op}");
            let what = rig.rows("SELECT what FROM log WHERE what LIKE '%contact_kept%' ORDER BY n DESC LIMIT 1");
            let what: Value = serde_json::from_str(what[0].text(0).unwrap()).unwrap();
            assert_eq!(what["at"], json!(crate::hub::start()), "{what}");
        }
        let mut after = handoff(rig);
        after["seq"] = before["seq"].clone();
        assert_eq!(after, before);
    });
}

#[test]
fn a_lead_that_waits_in_a_queue_is_answered_by_nobody_and_whoever_watches_it_is_asked_to_take_it() {
    both(|rig, _| {
        let lead = rig.lead("own", "Spain");
        // Nobody else can take it.
        let queue = format!("SELECT coalesce(queue, '') FROM lead WHERE id = {lead}");
        for _ in 0..100 {
            if rig.rows(&queue)[0].text(0).unwrap() == "inbound" {
                break;
            }
            rig.pass(Duration::minutes(30));
            rig.run(leadbox::hub::clockwork::tick(&rig.hub)).unwrap();
        }
        let state = |rig: &Rig| rig.as_who("max", Ask::get(&format!("/v1/leads/{lead}"))).ok();
        let before = state(rig);
        assert_eq!((&before["owner"], &before["queue"]), (&Value::Null, &json!("inbound")));
        let reply = rig.push("max", &rig.op(lead, &accepted())).ok();
        assert_eq!(
            (&reply["outcome"], &reply["why"]),
            (&json!("refused"), &json!("nobody holds this lead: take it, then answer it"),)
        );
        assert_eq!(state(rig), before);
        // A contact is kept all the same, and moves nothing.
        assert_eq!(rig.push("max", &rig.op(lead, &attempted("they called"))).ok()["outcome"], "kept");
        let after = state(rig);
        assert_eq!(after["handoff"]["stage"], before["handoff"]["stage"]);
        assert_eq!(after["handoff"]["touches"]["count"], before["handoff"]["touches"]["count"]);
        let alerts = rig.as_who("max", Ask::get("/v1/alerts")).ok();
        let asked: Vec<&str> =
            alerts["alerts"].as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect();
        assert!(asked.contains(&"take it, or give it to somebody"), "{asked:?}");
        assert!(asked.iter().all(|action| !action.contains("given to you")), "{asked:?}");
        let order = json!({ "order": "take", "why": "it waits" });
        rig.as_who("max", Ask::new("POST", &format!("/v1/leads/{lead}/orders")).json(&order)).ok();
        assert_eq!(rig.push("max", &rig.op(lead, &accepted())).ok()["outcome"], "applied");
    });
}

#[test]
fn an_answer_of_one_who_read_another_history_is_not_taken() {
    both(|rig, _| {
        let lead = rig.lead("own", "Spain");
        let mut op = rig.op(lead, &accepted());
        let cursor = cursor(rig, "ana");
        let before = rig.contents();
        for bad in ["other.1.0000000000000000".to_owned(), format!("{cursor}0"), String::new()] {
            op["after"] = json!(bad);
            let reply = rig.push("ana", &op);
            let problem = reply.must_be_problem(410);
            let told = (&problem["type"], &problem["at"]);
            assert_eq!(told, (&json!("urn:leadbox:problem:cursor"), &json!("/after")), "{bad}");
        }
        assert_eq!(rig.contents(), before, "nothing is done");
        op["after"] = json!(cursor);
        let receipt = rig.push("ana", &op).ok();
        assert_eq!(receipt["outcome"], "applied");
        // What is known is told again, whatever was read meanwhile.
        op["after"] = json!("other.1.0000000000000000");
        assert_eq!(rig.push("ana", &op).ok(), receipt);
        op.as_object_mut().unwrap().remove("after");
        assert_eq!(rig.push("ana", &op).ok(), receipt);
    });
}

/// Lets time pass until this person holds the lead.
fn until(rig: &Rig, lead: i64, who: &str) {
    for _ in 0..100 {
        rig.pass(Duration::minutes(30));
        rig.run(leadbox::hub::clockwork::tick(&rig.hub)).unwrap();
        let owner =
            rig.rows(&format!("SELECT owner FROM lead WHERE id = {lead}"))[0].opt_text(0).unwrap().map(str::to_owned);
        if owner.as_deref() == Some(who) {
            return;
        }
    }
    panic!("{who} never got lead {lead}");
}

fn pull(rig: &Rig, who: &str, after: Option<&str>, limit: i64) -> Value {
    let after = after.map(|cursor| format!("&after={cursor}")).unwrap_or_default();
    rig.as_who(who, Ask::get(&format!("/v1/changes?limit={limit}{after}"))).ok()
}

#[test]
fn a_page_in_lines_says_the_same() {
    both(|rig, _| {
        let lines = |after: Option<&str>| {
            let after = after.map(|cursor| format!("&after={cursor}")).unwrap_or_default();
            let reply = rig.as_who("ana", Ask::get(&format!("/v1/changes?limit=2&form=lines{after}")));
            assert_eq!((reply.status, &reply.headers["content-type"]), (200, &"application/x-ndjson".parse().unwrap()));
            let mut lines = reply.text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            let mut page = lines.next().unwrap();
            let count = page["leads"].take().as_u64().unwrap();
            let leads = (0..count).map(|_| {
                let mut lead = lines.next().unwrap();
                for part in ["lead", "trail", "handoff", "history"] {
                    lead[part] = lines.next().unwrap();
                }
                lead
            });
            page["leads"] = leads.collect();
            assert_eq!((lines.next(), reply.text.ends_with('\n')), (None, true));
            page
        };
        for name in ["one", "two", "three"] {
            let lead = rig.lead(name, "Spain");
            rig.push("ana", &rig.op(lead, &attempted("in\ntwo\r\nlines \u{2028}“or” more"))).ok();
        }
        let mut after: Option<String> = None;
        for leads in [2, 1, 0] {
            let page = lines(after.as_deref());
            assert_eq!(page, pull(rig, "ana", after.as_deref(), 2));
            assert_eq!(page["leads"].as_array().unwrap().len(), leads);
            after = Some(page["next"].as_str().unwrap().to_owned());
        }
    });
}

fn cursor(rig: &Rig, who: &str) -> String {
    pull(rig, who, None, 500)["next"].as_str().unwrap().to_owned()
}

/// What a laptop has that pulled these pages.
#[derive(Default)]
struct Laptop {
    leads: BTreeMap<i64, Value>,
    after: Option<String>,
}

impl Laptop {
    /// Pulls a page; says whether there is more.
    fn pull(&mut self, rig: &Rig, who: &str, limit: i64) -> bool {
        let page = pull(rig, who, self.after.as_deref(), limit);
        for gone in page["gone"].as_array().unwrap() {
            self.leads.remove(&gone["id"].as_i64().unwrap());
        }
        for lead in page["leads"].as_array().unwrap() {
            self.leads.insert(lead["id"].as_i64().unwrap(), lead.clone());
        }
        self.after = Some(page["next"].as_str().unwrap().to_owned());
        page["more"] == true
    }
}

#[test]
fn page_by_page_one_comes_to_the_same_as_at_once_while_the_hub_changes() {
    both(|rig, _| {
        let mut rng = Rng::with_seed(9);
        let who = ["ana", "cy", "bo", "max", "aud"];
        let mut laptops: Vec<Laptop> = who.iter().map(|_| Laptop::default()).collect();
        let countries = ["Spain", "Italy", "Brazil", "Nowhere"];
        for round in 0..60 {
            match rng.u8(..6) {
                0..3 => {
                    rig.lead(&format!("r{round}"), rng.choice(countries).unwrap());
                }
                3 => {
                    let leads = rig.rows("SELECT id, owner FROM lead WHERE owner IS NOT NULL ORDER BY id");
                    if let Some(row) = rng.choice(&leads) {
                        let owner = row.text(1).unwrap().to_owned();
                        rig.push(&owner, &rig.op(row.int(0).unwrap(), &json!({ "kind": "resumed" }))).ok();
                    }
                }
                4 => {
                    rig.pass(Duration::minutes(20));
                    rig.run(leadbox::hub::clockwork::tick(&rig.hub)).unwrap();
                }
                _ => {}
            }
            let at = rng.usize(..who.len());
            laptops[at].pull(rig, who[at], rng.i64(1..4));
        }
        assert!(rig.number("SELECT count(*) FROM departure") > 0, "leads went elsewhere meanwhile");
        let mut seen = 0;
        for (who, laptop) in who.iter().zip(&mut laptops) {
            while laptop.pull(rig, who, 2) {}
            let mut whole = Laptop::default();
            assert!(!whole.pull(rig, who, 500));
            seen += whole.leads.len();
            assert_eq!(laptop.leads, whole.leads, "{who}");
            assert_eq!(laptop.after, whole.after, "{who}");
        }
        assert!(seen > 30, "only {seen}");
    });
}

#[test]
fn a_cursor_that_this_hub_never_gave_begins_from_the_start() {
    both(|rig, _| {
        rig.lead("own", "Spain");
        let cursor = cursor(rig, "ana");
        let [epoch, n, hash] = cursor.split('.').collect::<Vec<_>>().try_into().unwrap();
        let next = n.parse::<i64>().unwrap() + 1;
        for bad in [
            format!("{epoch}.{next}.{hash}"),
            format!("other.{n}.{hash}"),
            format!("{epoch}.-1.{hash}"),
            format!("{epoch}.{n}.{}", "0".repeat(hash.len())),
            format!("{epoch}.{n}"),
            n.to_owned(),
            String::new(),
        ] {
            let reply = rig.as_who("ana", Ask::get(&format!("/v1/changes?after={bad}")));
            let problem = reply.must_be_problem(410);
            assert_eq!(
                (&problem["type"], &problem["at"]),
                (&json!("urn:leadbox:problem:cursor"), &json!("after")),
                "{bad}"
            );
        }
        let page = pull(rig, "ana", Some(&cursor), 500);
        assert_eq!((&page["gone"], &page["leads"]), (&json!([]), &json!([])));
    });
}

#[test]
fn whoever_listens_hears_that_the_rules_changed() {
    both(|rig, _| {
        let mut stream = rig.begin(Ask::get("/v1/stream").token(&rig.tokens["ana"]));
        let mut hear = || rig.run(stream.chunk()).unwrap().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(hear().is_some_and(|text| text.contains("changed")), "the first word comes at once");
        let policy = POLICY.replace("version = \"t\"", "version = \"u\"");
        rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", policy)).ok();
        while !hear().expect("the stream ended").contains("changed") {}
        let page = pull(rig, "ana", None, 1);
        assert!(page["policy"].as_str().unwrap().starts_with('u'), "{page}");
    });
}
