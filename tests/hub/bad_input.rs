//! Whatever is sent, the answer is a problem document, nothing is half-done, and nothing that is nobody's business
//! gets out (reliability, row 30).

use leadbox::hub::http::ROUTES;
use leadbox::wire::MOST_BYTES;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::hub::{Ask, POLICY, Reply, Rig, both, item, person};
use crate::matrix::untaken;

/// A body that is right for a route, where it takes one.
fn right(rig: &Rig, lead: i64, route: &str) -> Option<(&'static str, Value)> {
    let json = "application/json";
    Some(match route {
        "POST /v1/intake/{source}" => (json, item("another", "Spain")),
        "POST /v1/sources" => (json, json!({ "name": "another" })),
        "PUT /v1/policy" => ("application/toml", json!(format!("{POLICY}# and more\n"))),
        "POST /v1/people" => (json, json!(person("zed", "rep", Some("emea"), None))),
        "PUT /v1/people/{id}" => (json, json!(person("cy", "rep", Some("emea"), None))),
        "POST /v1/people/{id}/tokens" => (json, json!({ "label": "x", "days": 3 })),
        "POST /v1/route/simulate" => (json, json!({ "since": rig.now(), "policy": "" })),
        "PUT /v1/people/{id}/feeds" => (json, json!({ "feeds": [{ "place": "/srv/cy.ics", "kind": "away" }] })),
        "PUT /v1/teams" => (json, json!({ "team": "emea", "manager": "max" })),
        "POST /v1/queues/{queue}/claim" => (json, json!({ "lead": rig.lead("waiting", "Norway") })),
        "POST /v1/ops" => (json, rig.op(lead, &json!({ "kind": "resumed" }))),
        "POST /v1/bridge/records/retry" | "POST /v1/bridge/records/drop" => (json, json!(untaken(rig))),
        _ => return None,
    })
}

fn who(route: &str) -> &'static str {
    if route.ends_with("/v1/ops") || route.contains("/v1/ops/") || route.contains("/claim") { "ana" } else { "rev" }
}

/// Asks with a body of that kind, as one who may, signed where that is asked for.
fn ask(rig: &Rig, route: &str, media: &str, body: &[u8]) -> Reply {
    let (method, path) = route.split_once(' ').unwrap();
    if path.contains("/intake/") {
        let signature = leadbox::hub::intake::sign(&rig.secret, rig.now(), body);
        return rig.ask(Ask::new(method, "/v1/intake/web").body(media, body).header("leadbox-signature", signature));
    }
    rig.as_who(
        who(route),
        Ask::new(method, &path.replace("{id}", "cy").replace("{queue}", "inbound")).body(media, body),
    )
}

/// Bodies that no route understands.
fn nonsense() -> Vec<(&'static str, Vec<u8>)> {
    let deep = |open: &str, close: &str| [open.repeat(50_000), close.repeat(50_000)].concat().into_bytes();
    vec![
        ("nothing", vec![]),
        ("a word", b"hello".to_vec()),
        ("null", b"null".to_vec()),
        ("a number", b"7".to_vec()),
        ("a list", b"[]".to_vec()),
        ("an open list", b"[".repeat(100_000)),
        ("lists in lists", deep("[", "]")),
        ("objects in objects", deep("{\"a\":", "}")),
        ("items in items", deep("{\"items\":[", "]}")),
        ("deep TOML", [&b"a = "[..], &deep("[", "]")].concat()),
        ("dotted TOML", [&b"a"[..], &b".a".repeat(100_000), b" = 1"].concat()),
        ("invalid UTF-8", b"{\"name\": \"\xff\xfe\"}".to_vec()),
        ("a NUL", b"{\"name\": \"\0\"}".to_vec()),
        ("half a surrogate", br#"{"name": "\ud800"}"#.to_vec()),
        ("unknown fields", br#"{"nonsense": 1}"#.to_vec()),
        ("two values", b"{} {}".to_vec()),
        ("an endless number", [b"1".repeat(100_000), b"e99999".to_vec()].concat()),
    ]
}

/// The same object with one field of another kind.
fn spoilt(value: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let Value::Object(fields) = value else { return all };
    for (name, field) in fields {
        for bad in [json!([[[]]]), json!({ "x": {} }), json!(1e300), json!(-1), json!(9_223_372_036_854_775_808_u64)] {
            let mut object = value.clone();
            // Of some fields a number is right.
            if field.is_number() && bad.is_number() && bad == json!(-1) {
                continue;
            }
            object[name] = bad.clone();
            all.push((format!("{name}: {bad}"), object));
        }
        let mut object = value.clone();
        object[name] = json!("\0");
        all.push((format!("{name}: NUL"), object));
    }
    let mut object = value.clone();
    object["no_such_field"] = json!(1);
    all.push(("one field more".into(), object));
    all
}

#[test]
fn no_body_whatever_is_in_it_makes_more_than_a_problem() {
    both(|rig, _| {
        let lead = rig.lead("own", "Spain");
        let mut asked = 0;
        for route in ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)) {
            let Some((media, body)) = right(rig, lead, &route) else { continue };
            let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
            // So much is more than one token is let do.
            for who in ["rev", "ana"] {
                let token = rig.make_token(who);
                rig.tokens.insert(who.into(), token);
            }
            let rig = &*rig;
            let before = rig.contents();
            let refused = |what: &str, media: &str, body: &[u8], statuses: &[u16]| {
                let reply = ask(rig, &route, media, body);
                assert!(statuses.contains(&reply.status), "{route}, {what}: {} {}", reply.status, reply.text);
                reply.must_be_problem(reply.status);
            };
            for (what, nonsense) in nonsense() {
                // A policy may be empty, and a token may be asked for without a word.
                if what == "nothing" && media == "application/toml" {
                    continue;
                }
                refused(what, media, &nonsense, &[400]);
                asked += 1;
            }
            if media == "application/json" {
                for cut in 1..text.len() {
                    refused("truncated", media, &text.as_bytes()[..cut], &[400]);
                    asked += 1;
                }
                for (what, spoilt) in spoilt(&body) {
                    refused(&what, media, spoilt.to_string().as_bytes(), &[400]);
                    asked += 1;
                }
                let twice = format!("{{{0},{0}}}", &text[1..text.len() - 1]);
                refused("every field twice", media, twice.as_bytes(), &[400]);
            }
            for wrong in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "", "\u{e9}"] {
                refused("another kind", wrong, text.as_bytes(), &[415]);
                asked += 1;
            }
            refused("too much", media, &vec![b' '; MOST_BYTES + 1], &[413]);
            assert_eq!(rig.contents(), before, "{route}");
            // It was the body: the right one passes.
            assert_eq!(ask(rig, &route, media, text.as_bytes()).status, 200, "{route}");
        }
        println!("{asked} bodies");
    });
}

#[test]
fn no_address_whatever_is_in_it_makes_more_than_a_problem() {
    both(|rig, _| {
        rig.lead("own", "Spain");
        let before = rig.contents();
        let refused = |ask: Ask, statuses: &[u16], what: &str| {
            let reply = rig.as_who("rev", ask);
            assert!(statuses.contains(&reply.status), "{what}: {} {}", reply.status, reply.text);
            reply.must_be_problem(reply.status);
        };
        let ids = [
            "0",
            "-1",
            "x",
            "1.5",
            "1e3",
            "9223372036854775808",
            "-9223372036854775809",
            "%00",
            "%FF%FE",
            "%C3%A9",
            "'--",
            "..%2F..",
            "%7B%7D",
            "00000000-0000-0000-0000-00000000000g",
            "1%20OR%201=1",
        ];
        for route in ROUTES.iter().filter(|route| route.path.contains('{')) {
            let name = format!("{} {}", route.method, route.path);
            for id in ids {
                let path = route.path.replace("{id}", id).replace("{source}", id).replace("{queue}", id);
                let ask = Ask::new(route.method, &path);
                let (ask, statuses): (Ask, &[u16]) = match name.as_str() {
                    "POST /v1/intake/{source}" => (ask.json(&item("x", "Spain")), &[400, 401]),
                    "PUT /v1/people/{id}" => (ask.json(&json!(person("cy", "rep", None, None))), &[400]),
                    "POST /v1/people/{id}/tokens" => (ask.json(&json!({})), &[400, 404]),
                    "PUT /v1/people/{id}/feeds" => (ask.json(&json!({ "feeds": [] })), &[400, 404]),
                    "POST /v1/queues/{queue}/claim" => (ask.json(&json!({})), &[400, 403]),
                    "PUT /v1/people/{id}/availability" => (ask.json(&json!({ "paused": null })), &[400, 404]),
                    "POST /v1/leads/{id}/orders" => {
                        (ask.json(&json!({ "order": "nudge", "why": "they wait" })), &[400, 404])
                    }
                    "POST /v1/bridge/writes/{id}" => (ask.json(&json!({ "order": "retry" })), &[400, 404]),
                    // Revenue operations answer no leads.
                    "GET /v1/ops/{id}" => (ask, &[400, 403]),
                    _ => (ask, &[400, 404]),
                };
                refused(ask, statuses, &format!("{name} with {id}"));
            }
        }
        for query in [
            "after",
            "after=",
            "after=.",
            "after=x.1",
            "after=.-1",
            "after=%00",
            "after=%FF",
            "after=a&after=b",
            "limit=",
            "limit=x",
            "limit=0",
            "limit=-1",
            "limit=501",
            "limit=9223372036854775808",
            "limit=1&limit=1",
            "limit=1.0",
            "nonsense=1",
            "form=",
            "form=csv",
            "form=lines&form=page",
            "after=99999999999999999999.1",
        ] {
            refused(Ask::get(&format!("/v1/changes?{query}")), &[400, 410], query);
        }
        for path in ["/", "/v1", "/v1/", "/v2/me", "/v1/me/", "/v1//me", "/v1/leads", "/%00", "/v1/LEADS/1", "/../etc"]
        {
            refused(Ask::get(path), &[404], path);
        }
        for route in ROUTES {
            let path = route.path.replace("{id}", "1").replace("{source}", "web");
            for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
                if !ROUTES.iter().any(|other| other.path == route.path && other.method == method) {
                    refused(Ask::new(method, &path), &[405], &format!("{method} {path}"));
                }
            }
        }
        assert_eq!(rig.contents(), before);
    });
}

#[test]
fn odd_ways_to_show_a_token_are_none() {
    let place = crate::place::Place::sqlite();
    let rig = Rig::new(&place);
    let token = rig.tokens["rev"].clone();
    let other = &rig.tokens["ana"];
    for header in
        ["", "Bearer", "Bearer ", "Basic x", &token, &format!("Bearer {token}x"), &format!("Bearer {token} x")]
    {
        rig.ask(Ask::get("/v1/me").header("authorization", header)).must_be_problem(401);
    }
    rig.ask(Ask::get("/v1/me").header("authorization", b"Bearer \xff")).must_be_problem(401);
    let two = Ask::get("/v1/me").token(&token).token(other);
    rig.ask(two).must_be_problem(401);
    rig.ask(Ask::get(&format!("/v1/me?token={token}"))).must_be_problem(401);
    rig.ask(Ask::get("/v1/me").header("authorization", format!("bearer {token}"))).ok();
}

#[test]
fn people_and_tokens_that_make_no_sense_are_refused() {
    both(|rig, _| {
        let before = rig.contents();
        let good = json!(person("zed", "rep", None, None));
        let with = |field: &str, value: Value| {
            let mut person = good.clone();
            person[field] = value;
            person
        };
        for bad in [
            with("id", json!("")),
            with("id", json!("Zed")),
            with("id", json!("team emea")),
            with("id", json!("*")),
            with("id", json!("z".repeat(65))),
            with("name", json!(" ")),
            with("name", json!("z".repeat(1_001))),
            with("team", json!("")),
            with("team", json!("z".repeat(10_000))),
            with("email", json!("a\0b")),
            with("paused", json!("a\0b")),
            with("role", json!("system")),
            with("role", json!("god")),
            with("takes", json!({ "weight": -1 })),
            with("takes", json!({ "territories": ["a\0b"] })),
        ] {
            rig.as_who("rev", Ask::new("POST", "/v1/people").json(&bad)).must_be_problem(400);
        }
        for bad in [
            json!({ "days": 0 }),
            json!({ "days": 3651 }),
            json!({ "label": "a\0b" }),
            json!({ "label": "é".repeat(201) }),
        ] {
            rig.as_who("rev", Ask::new("POST", "/v1/people/ana/tokens").json(&bad)).must_be_problem(400);
        }
        let known = json!(person("ana", "revops", None, None));
        rig.as_who("rev", Ask::new("POST", "/v1/people").json(&known)).must_be_problem(409);
        rig.as_who("rev", Ask::new("PUT", "/v1/people/zed").json(&good)).must_be_problem(404);
        rig.as_who("rev", Ask::new("POST", "/v1/people/zed/tokens").json(&json!({}))).must_be_problem(404);
        assert_eq!(rig.contents(), before);
    });
}

#[test]
fn nothing_secret_is_in_any_answer_but_the_one_that_makes_it() {
    both(|rig, _| {
        use secrecy::ExposeSecret;
        let lead = rig.lead("own", "Spain");
        let mut secrets: Vec<String> = rig.tokens.values().cloned().collect();
        secrets.push(rig.secret.expose_secret().to_owned());
        for route in ROUTES.iter().filter(|route| route.method == "GET" && !route.path.ends_with("/stream")) {
            for who in ["ana", "rev", "aud"] {
                let path = route.path.replace("/ops/{id}", &format!("/ops/{}", Uuid::now_v7()));
                let path = path.replace("{id}", &lead.to_string());
                let reply = rig.as_who(who, Ask::get(&path));
                for secret in &secrets {
                    assert!(!reply.text.contains(&secret[4..]), "{path} as {who}");
                }
            }
        }
    });
}
