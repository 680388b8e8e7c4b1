//! The door for leads (reliability, rows 3 and 35): nothing forged, nothing twice, all of a batch or nothing.

use std::thread;

use chrono::Duration;
use fastrand::Rng;
use leadbox::hub::intake::sign;
use leadbox::wire::intake::{MOST_ITEMS, SIGNATURE_WINDOW};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::hub::{Ask, Reply, Rig, both, item};

fn post(source: &str, body: &[u8], signature: Option<&str>) -> Ask {
    let ask = Ask::new("POST", &format!("/v1/intake/{source}")).body("application/json", body);
    match signature {
        Some(signature) => ask.header("leadbox-signature", signature),
        None => ask,
    }
}

/// One of the many ways to be wrong about a post that was signed rightly.
fn forged(rig: &Rig, rng: &mut Rng, other: &SecretString, taken: &(Vec<u8>, String)) -> Ask {
    let body = item(&format!("f{}", rng.u32(..)), "Spain").to_string().into_bytes();
    let now = rig.now();
    let right = sign(&rig.secret, now, &body);
    let (time, code) = right.split_once(',').unwrap();
    let flipped = |mut bytes: Vec<u8>, rng: &mut Rng, from: usize| {
        let at = rng.usize(from..bytes.len());
        bytes[at] ^= 1 << rng.u8(..7);
        bytes
    };
    match rng.u8(..14) {
        0 => post("web", &flipped(body.clone(), rng, 0), Some(&right)),
        // In its digits: bit 5 makes another case of the same digit, which is no other code.
        1 => {
            let at = rng.usize("v1=".len()..code.len());
            let other = if &code[at..=at] == "0" { "1" } else { "0" };
            post("web", &body, Some(&format!("{time},{}{other}{}", &code[..at], &code[at + 1..])))
        }
        2 => {
            let off = rng.i64(1..SIGNATURE_WINDOW);
            post("web", &body, Some(&format!("t={},{code}", now.timestamp() - off)))
        }
        3 => post("web", &body, Some(&sign(other, now, &body))),
        4 => post("other", &body, Some(&right)),
        5 => post("nowhere", &body, Some(&right)),
        6 => post("nowhere", &body, Some(&sign(&SecretString::from(String::new()), now, &body))),
        7 => {
            let at = now - Duration::seconds(SIGNATURE_WINDOW + rng.i64(1..100_000));
            post("web", &body, Some(&sign(&rig.secret, at, &body)))
        }
        8 => {
            let at = now + Duration::seconds(SIGNATURE_WINDOW + rng.i64(1..100_000));
            post("web", &body, Some(&sign(&rig.secret, at, &body)))
        }
        9 => post("web", &taken.0, Some(&taken.1)),
        10 => post("web", &body, None),
        // Two headers, of which one is right.
        11 => post("web", &body, Some(&right)).header("leadbox-signature", sign(other, now, &body)),
        12 => {
            let cut = rng.usize(..body.len());
            post("web", &body[..cut], Some(&right))
        }
        _ => {
            let odd = [
                String::new(),
                "t=,v1=".into(),
                time.into(),
                code.into(),
                format!("{time},{time},{code}"),
                format!("{time};{code}"),
                format!("{time},{code},v2=00"),
                format!("{time},{}", code.replace("v1", "v0")),
                format!("t=+{},{code}", now.timestamp()),
                format!("t={}.0,{code}", now.timestamp()),
                format!("t=-9223372036854775808,{code}"),
                format!("t=99999999999999999999,{code}"),
                format!("{time},v1=+{}", &code["v1=0".len()..]),
                format!("{right}00"),
                format!("{time}{}", ",v1=00".repeat(2_000)),
                format!("{time}{}", format!(",{}", code.replace(char::is_alphabetic, "0")).repeat(5)),
            ];
            post("web", &body, Some(rng.choice(&odd).unwrap()))
        }
    }
}

#[test]
fn of_a_thousand_forged_or_replayed_posts_none_is_taken() {
    both(|rig, _| {
        let made = rig.as_who("rev", Ask::new("POST", "/v1/sources").json(&json!({ "name": "other" }))).ok();
        let other = SecretString::from(made["secret"].as_str().unwrap().to_owned());
        let body = item("genuine", "Spain").to_string().into_bytes();
        let signature = sign(&rig.secret, rig.now(), &body);
        rig.ask(post("web", &body, Some(&signature))).ok();
        let before = rig.contents();
        let mut rng = Rng::with_seed(35);
        let taken = (body, signature);
        for number in 0..1_000 {
            let reply = rig.ask(forged(rig, &mut rng, &other, &taken));
            assert_eq!(reply.must_be_problem(401)["at"], "Leadbox-Signature", "{number}: {}", reply.text);
        }
        assert_eq!(rig.contents(), before);
    });
}

#[test]
fn a_post_is_not_taken_again_for_as_long_as_its_time_is_believed() {
    both(|rig, _| {
        for ahead in [-SIGNATURE_WINDOW, 0, SIGNATURE_WINDOW] {
            // At the beginning of a second and later in the middle of others, so that the hub's clock and the whole seconds
            // of the signature differ the most.
            rig.pass(Duration::milliseconds(1_000 - i64::from(rig.now().timestamp_subsec_millis())));
            let body = item(&format!("a{}", ahead + SIGNATURE_WINDOW), "Spain").to_string().into_bytes();
            let ask = rig.signed(&body, rig.now() + Duration::seconds(ahead));
            rig.ask(ask.clone()).ok();
            let before = rig.contents();
            rig.pass(Duration::milliseconds(500));
            for _ in 0..2 * SIGNATURE_WINDOW + 3 {
                rig.ask(ask.clone()).must_be_problem(401);
                rig.pass(Duration::seconds(1));
            }
            assert_eq!(rig.contents(), before);
        }
    });
}

#[test]
fn with_two_codes_a_post_is_the_same_post_with_either() {
    both(|rig, _| {
        let body = item("rotating", "Spain").to_string().into_bytes();
        let old = sign(&rig.secret, rig.now(), &body);
        let made = rig.as_who("rev", Ask::new("POST", "/v1/sources").json(&json!({ "name": "web" }))).ok();
        let secret = SecretString::from(made["secret"].as_str().unwrap().to_owned());
        let new = sign(&secret, rig.now(), &body);
        let (_, new_code) = new.split_once(',').unwrap();
        let set = |secret: SecretString| {
            use secrecy::ExposeSecret;
            rig.write(move |work| {
                let sql = "UPDATE intake_source SET secret = ?1 WHERE name = 'web'";
                Ok(work.tx.execute(sql, &[secret.expose_secret().into()])?)
            });
        };
        set(rig.secret.clone());
        rig.ask(post("web", &body, Some(&format!("{old},{new_code}")))).ok();
        // Whoever listened tries the other code once the other secret holds.
        set(secret);
        for signature in [&new, &format!("{new},v1={}", "0".repeat(64)), &old] {
            rig.ask(post("web", &body, Some(signature))).must_be_problem(401);
        }
    });
}

#[test]
fn the_same_item_is_taken_once_also_by_twenty_at_once() {
    both(|rig, _| {
        let item = item("twice", "Spain");
        let answers: Vec<Value> = thread::scope(|scope| {
            let posts: Vec<_> = (0..20).map(|_| scope.spawn(|| rig.post(&item).ok())).collect();
            posts.into_iter().map(|post| post.join().unwrap()).collect()
        });
        let firsts = answers.iter().filter(|answer| answer["items"][0]["is_repeat"] == false).count();
        assert_eq!(firsts, 1, "{answers:?}");
        let bare = |answer: &Value| {
            let mut item = answer["items"][0].clone();
            item.as_object_mut().unwrap().remove("is_repeat");
            item
        };
        assert!(answers.iter().all(|answer| bare(answer) == bare(&answers[0])), "{answers:?}");
        let log = rig.number("SELECT n FROM head");
        assert_eq!(rig.number("SELECT count(*) FROM lead"), 1);
        rig.post(&item).ok();
        assert_eq!(rig.number("SELECT n FROM head"), log, "nothing happens twice");

        let mut changed = item.clone();
        changed["person"]["title"] = json!("CEO");
        let reply = rig.post(&changed);
        let problem = reply.must_be_problem(422);
        assert_eq!(problem["type"], "urn:leadbox:problem:key-reused");
        assert_eq!(problem["at"], "/items/0/key");
    });
}

fn batch(items: Vec<Value>) -> Value {
    json!({ "items": items })
}

#[test]
fn a_batch_is_taken_as_a_whole_or_not_at_all() {
    both(|rig, _| {
        let good = |from: usize, to: usize| (from..to).map(|n| item(&format!("b{n}"), "Spain")).collect::<Vec<_>>();
        rig.post(&batch(good(0, 3))).ok();
        // What is noted of a signature goes with the rest of a post that is refused.
        let refused = |mut items: Vec<Value>, bad: Value, status: u16, at: &str| {
            let before = rig.contents();
            items.push(bad);
            let reply: Reply = rig.post(&batch(items));
            assert_eq!(reply.must_be_problem(status)["at"], at, "{}", reply.text);
            assert_eq!(rig.contents(), before, "{at}");
        };
        refused(good(3, 20), json!({ "key": "k" }), 400, "/items/17/id");
        refused(good(3, 20), json!({ "id": "x" }), 400, "/items/17/key");
        refused(good(3, 20), json!({ "key": "b0-1", "id": "somebody else" }), 422, "/items/17/key");
        refused(good(3, 20), json!({ "key": "b3-1", "id": "twice in a batch" }), 422, "/items/17/key");
        refused(
            good(3, 20),
            json!({ "key": "k", "id": "i", "person": { "email": "x".repeat(1_001) } }),
            400,
            "/items/17/person/email",
        );
        refused(vec![], json!({ "key": "k", "id": "i".repeat(201) }), 400, "/items/0/id");
        let far = json!({ "key": "k", "id": "i", "activities": [{ "kind": "form", "at": "+262142-12-31T23:59:59Z" }] });
        refused(good(3, 9), far, 400, "/items/6/activities/0/at");
        let too_many = (0..MOST_ITEMS).map(|n| json!({ "key": format!("m{n}"), "id": format!("m{n}") })).collect();
        refused(too_many, json!({ "key": "one more", "id": "one more" }), 400, "/items");
        // The whole of it passes, a repeat within it too.
        let mut items = good(3, 6);
        items.push(item("b3", "Spain"));
        let taken = rig.post(&batch(items)).ok();
        let repeats: Vec<&Value> = taken["items"].as_array().unwrap().iter().map(|item| &item["is_repeat"]).collect();
        assert_eq!(repeats, [false, false, false, true]);
        assert_eq!(rig.number("SELECT count(*) FROM lead"), 6);
    });
}

#[test]
fn texts_that_one_of_the_databases_would_not_index_are_refused_by_both() {
    both(|rig, _| {
        // Of letters that do not compress, so that an index of PostgreSQL's would really be too long.
        let mut rng = Rng::with_seed(1);
        let mut text = |bytes: usize| (0..bytes).map(|_| rng.alphanumeric()).collect::<String>();
        let mut longest = item("long", "Spain");
        longest["key"] = json!(text(200));
        longest["id"] = json!(text(200));
        for field in ["first_name", "last_name", "email"] {
            longest["person"][field] = json!(text(1_000));
        }
        for field in ["name", "domain"] {
            longest["company"][field] = json!(text(1_000));
        }
        longest["activities"][0]["id"] = json!(text(200));
        longest["message"] = json!(text(16 * 1024));
        rig.post(&longest).ok();
    });
}
