//! Who gets what (reliability, row 33): every route × every identity × every relation to a lead, from one table.

use std::collections::BTreeSet;

use chrono::Duration;
use leadbox::hub::http::ROUTES;
use leadbox::wire::bridge::RecordOrder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::hub::{Ask, POLICY, Rig, both, item, person};

/// Those who ask. The last four have no token, one that was revoked, one that ran out, and one of somebody who left.
const WHO: [&str; 9] = ["ana", "max", "mia", "rev", "aud", "nobody", "revoked", "expired", "left"];

/// The leads: ana's own, her team's, another team's, none at all, and one that was united with another.
const LEADS: [&str; 5] = ["own", "team's", "other's", "absent", "merged"];

/// What everybody of [`WHO`] gets: a status, or one for each of [`LEADS`]. `200-` is an answer that was refused in words.
struct Line {
    route: &'static str,
    expected: [&'static str; 9],
}

/// Nobody loses a lead by time.
const STAYING: &str = r#"
[[escalation.steps]]
name = "no activity"
on = "no_activity"
do = ["flag"]
"#;

const OUT: &str = "401";

const fn line(route: &'static str, people: [&'static str; 5]) -> Line {
    let [rep, manager, marketing, revops, auditor] = people;
    Line { route, expected: [rep, manager, marketing, revops, auditor, OUT, OUT, OUT, OUT] }
}

const ALL_SEEN: &str = "200 200 200 404 404";

#[rustfmt::skip]
const TABLE: &[Line] = &[
    //                                     rep                    manager                marketing  revops    auditor
    line("GET /v1/me",                    ["200",                 "200",                 "200",     "200",    "200"]),
    line("GET /v1/policy",                ["200",                 "200",                 "200",     "200",    "200"]),
    line("PUT /v1/policy",                ["403",                 "403",                 "403",     "200",    "403"]),
    line("GET /v1/people",                ["403",                 "200",                 "200",     "200",    "200"]),
    line("POST /v1/people",               ["403",                 "403",                 "403",     "200",    "403"]),
    line("PUT /v1/people/{id}",           ["403",                 "403",                 "403",     "200",    "403"]),
    line("POST /v1/people/{id}/tokens",   ["403",                 "403",                 "403",     "200",    "403"]),
    line("PUT /v1/people/{id}/availability", ["404",              "200",                 "403",     "200",    "403"]),
    line("GET /v1/people/{id}/feeds",     ["403",                 "403",                 "403",     "200",    "403"]),
    line("PUT /v1/people/{id}/feeds",     ["403",                 "403",                 "403",     "200",    "403"]),
    line("GET /v1/teams",                 ["403",                 "200",                 "200",     "200",    "200"]),
    line("PUT /v1/teams",                 ["403",                 "403",                 "403",     "200",    "403"]),
    line("GET /v1/tokens",                ["403",                 "403",                 "403",     "200",    "403"]),
    line("DELETE /v1/tokens/{id}",        ["403",                 "403",                 "403",     "200",    "403"]),
    line("POST /v1/sources",              ["403",                 "403",                 "403",     "200",    "403"]),
    line("GET /v1/changes",               ["200",                 "200",                 "200",     "200",    "200"]),
    line("GET /v1/leads/{id}",            ["200 404 404 404 404", "200 200 404 404 404", ALL_SEEN,  ALL_SEEN, ALL_SEEN]),
    line("GET /v1/leads/{id}/route",      ["200 404 404 404 404", "200 200 404 404 404", ALL_SEEN,  ALL_SEEN, ALL_SEEN]),
    line("POST /v1/leads/{id}/orders",    ["403",                 "200 200 404 404 404", "403",     ALL_SEEN, "403"]),
    line("GET /v1/queues",                ["200",                 "200",                 "403",     "403",    "403"]),
    line("POST /v1/queues/{queue}/claim", ["200",                 "200",                 "403",     "403",    "403"]),
    line("POST /v1/ops",                  ["200 200- 200- 200- 200-", "200 200 200- 200- 200-", "403", "403", "403"]),
    // Of answers, each sees the own ones only.
    line("GET /v1/ops/{id}",              ["200 404 404 404 404", "404",                 "403",     "403",    "403"]),
    line("POST /v1/route/simulate",       ["403",                 "200",                 "403",     "200",    "403"]),
    line("GET /v1/board",                 ["403",                 "200",                 "200",     "200",    "200"]),
    line("GET /v1/board/leads",           ["403",                 "200",                 "200",     "200",    "200"]),
    line("GET /v1/incidents",             ["403",                 "200",                 "200",     "200",    "200"]),
    line("GET /v1/bridge",                ["403",                 "200",                 "200",     "200",    "200"]),
    line("POST /v1/bridge/writes/{id}",   ["403",                 "200 200 404 404 404", "403",     ALL_SEEN, "403"]),
    line("POST /v1/bridge/records/retry", ["403",                 "403",                 "403",     "200",    "403"]),
    line("POST /v1/bridge/records/drop",  ["403",                 "403",                 "403",     "200",    "403"]),
    line("GET /v1/alerts",                ["200",                 "200",                 "200",     "200",    "200"]),
    // Of alerts, each sees the own ones only: this one is ana's.
    line("POST /v1/alerts/{id}/seen",     ["200",                 "404",                 "404",     "404",    "404"]),
    line("GET /v1/stream",                ["200",                 "200",                 "200",     "200",    "200"]),
    line("GET /v1/audit",                 ["403",                 "403",                 "403",     "200",    "200"]),
    line("GET /metrics",                  ["403",                 "200",                 "200",     "200",    "200"]),
    // Whoever signs is let in, and nobody else, whatever token they have.
    Line { route: "POST /v1/intake/{source}", expected: [OUT; 9] },
    Line { route: "GET /healthz", expected: ["200"; 9] },
    Line { route: "GET /readyz", expected: ["200"; 9] },
    Line { route: "GET /v1/openapi.json", expected: ["200"; 9] },
];

/// The leads of [`LEADS`], and an answer that was given to each of the first three by its owner.
struct Cast {
    leads: [i64; 5],
    receipts: [Uuid; 5],
}

impl Cast {
    fn enter(rig: &Rig) -> Self {
        let own = rig.lead("own", "Spain");
        let team = rig.lead("team", "Italy");
        let other = rig.lead("other", "Brazil");
        // The same person, told of by an id that was not known: united with ana's.
        let mut twin = item("own", "Spain");
        twin["key"] = json!("twin");
        twin["id"] = json!("twin");
        assert_eq!(rig.post(&twin).ok()["items"][0]["lead"], own);
        let merged = rig.number("SELECT id FROM lead WHERE merged_into IS NOT NULL");
        rig.write(move |work| {
            let alert = "INSERT INTO alert (lead, recipient, category, body, at) VALUES (?1, 'ana', 'x', ?2, 0)";
            let body = json!({
                "pointer": "L-1", "category": "sla_breach_warning", "history": ["asked"], "action": "act",
                "available": { "until": "2026-11-21T10:00:00Z", "left": 60 }, "is_urgent": false,
            });
            work.tx.execute(alert, &[own.into(), body.to_string().into()])?;
            Ok(())
        });
        let leads = [own, team, other, 99_999, merged];
        let receipt = |(lead, who): (i64, &str)| {
            let op = rig.op(lead, &json!({ "kind": "resumed" }));
            assert_eq!(rig.push(who, &op).ok()["outcome"], "applied");
            op["id"].as_str().unwrap().parse().unwrap()
        };
        let given = [(own, "ana"), (team, "cy"), (other, "bo")].map(receipt);
        Self { leads, receipts: [given[0], given[1], given[2], Uuid::now_v7(), Uuid::now_v7()] }
    }
}

fn tokens(rig: &mut Rig) {
    for name in ["revoked", "expired", "left"] {
        rig.as_who("rev", Ask::new("POST", "/v1/people").json(&json!(person(name, "revops", None, None)))).ok();
    }
    let (revoked, left) = (rig.make_token("revoked"), rig.make_token("left"));
    let ask = Ask::new("POST", "/v1/people/expired/tokens").json(&json!({ "days": 1 }));
    let expired = rig.as_who("rev", ask).ok()["token"].as_str().unwrap().to_owned();
    let id = rig.number("SELECT id FROM token WHERE person = 'revoked'");
    // They held.
    for token in [&revoked, &left, &expired] {
        rig.ask(Ask::get("/v1/tokens").token(token)).ok();
    }
    rig.as_who("rev", Ask::new("DELETE", &format!("/v1/tokens/{id}"))).ok();
    let mut gone = person("left", "revops", None, None);
    gone.is_active = false;
    rig.as_who("rev", Ask::new("PUT", "/v1/people/left").json(&json!(gone))).ok();
    rig.pass(Duration::days(1));
    for (name, token) in [("revoked", revoked), ("left", left), ("expired", expired)] {
        rig.tokens.insert(name.into(), token);
    }
}

/// Something about this lead that a CRM would not have; its number.
pub fn unwritten(rig: &Rig, lead: i64) -> i64 {
    let key = Uuid::new_v4();
    let event = json!({
        "id": key, "seq": 1, "at": rig.now(), "actor": { "role": "rep", "name": "ana" }, "what": { "kind": "resumed" },
    });
    rig.write(move |work| {
        work.tx.execute(
            "INSERT INTO bridge_write (source, external_id, lead, key, what, event, base, done, state, not_before, attempts, why, at)
             VALUES ('crm', ?1, ?2, ?3, 'resumed', ?4, '{}', 0, 'parked', 0, 1, 'they closed it', 0)",
            &[key.to_string().into(), lead.into(), key.into_bytes().into(), event.to_string().into()],
        )?;
        Ok(())
    });
    rig.number("SELECT max(id) FROM bridge_write")
}

/// A record of a CRM's that could not be taken in.
pub fn untaken(rig: &Rig) -> RecordOrder {
    let record = Uuid::new_v4().to_string();
    let id = record.clone();
    rig.write(move |work| {
        work.tx.execute(
            "INSERT INTO bridge_untaken (source, external_id, why, since, tried_at, tries, look_at)
             VALUES ('crm', ?1, 'too long', 0, 0, 1, 9)",
            &[id.as_str().into()],
        )?;
        Ok(())
    });
    RecordOrder { source: "crm".into(), record: Some(record) }
}

/// What is asked: of the lead with this place in [`LEADS`], where it is of a lead.
fn ask(rig: &Rig, cast: &Cast, route: &str, place: usize) -> Ask {
    let (method, path) = route.split_once(' ').unwrap();
    let id = match path {
        "/v1/ops/{id}" => cast.receipts[place].to_string(),
        "/v1/leads/{id}" | "/v1/leads/{id}/route" | "/v1/leads/{id}/orders" => cast.leads[place].to_string(),
        "/v1/bridge/writes/{id}" => unwritten(rig, cast.leads[place]).to_string(),
        "/v1/alerts/{id}/seen" => rig.number("SELECT min(id) FROM alert WHERE category = 'x'").to_string(),
        "/v1/tokens/{id}" => {
            rig.make_token("cy");
            rig.number("SELECT max(id) FROM token").to_string()
        }
        _ => "cy".into(),
    };
    let which = if path == "/v1/board/leads" { "?rep=cy" } else { "" };
    let path = path.replace("{id}", &id).replace("{source}", "web").replace("{queue}", "inbound");
    let ask = Ask::new(method, &(path + which));
    let body: Value = match route {
        "PUT /v1/policy" => return ask.body("application/toml", format!("{POLICY}\n{STAYING}")),
        "POST /v1/people" => json!(person(&format!("new-{}", Uuid::new_v4().simple()), "rep", None, None)),
        "PUT /v1/people/{id}" => json!(person("cy", "rep", Some("emea"), Some("Italy"))),
        "POST /v1/people/{id}/tokens" => json!({}),
        "PUT /v1/teams" => json!({ "team": "emea", "manager": "max" }),
        "PUT /v1/people/{id}/feeds" => json!({ "feeds": [{ "place": "/srv/cy.ics", "kind": "away" }] }),
        "POST /v1/sources" => json!({ "name": "another" }),
        "POST /v1/leads/{id}/orders" => json!({ "order": "nudge", "why": "they wait" }),
        "PUT /v1/people/{id}/availability" => json!({ "paused": null }),
        "POST /v1/bridge/writes/{id}" => json!({ "order": "drop", "why": "they are right" }),
        "POST /v1/bridge/records/retry" | "POST /v1/bridge/records/drop" => json!(untaken(rig)),
        "POST /v1/route/simulate" => json!({ "since": rig.now(), "policy": POLICY }),
        "POST /v1/queues/{queue}/claim" => json!({ "lead": rig.lead(&Uuid::new_v4().simple().to_string(), "Norway") }),
        "POST /v1/ops" => rig.op(cast.leads[place], &json!({ "kind": "resumed" })),
        "POST /v1/intake/{source}" => item("stranger", "Spain"),
        _ => return ask,
    };
    ask.json(&body)
}

#[test]
fn everybody_gets_what_the_table_says_and_nothing_else() {
    both(|rig, _| {
        let mut wrong = Vec::new();
        // A day passes in here, which is to take no lead away.
        rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", format!("{POLICY}\n{STAYING}"))).ok();
        let cast = Cast::enter(rig);
        tokens(rig);
        let mut asked = 0;
        for line in TABLE {
            for (who, expected) in WHO.iter().zip(line.expected) {
                let expected: Vec<&str> = expected.split(' ').collect();
                let of_lead = ["/leads/", "/ops", "/writes/"].iter().any(|part| line.route.contains(part));
                let mut answers = Vec::new();
                for (place, relation) in LEADS.iter().enumerate().take(if of_lead { LEADS.len() } else { 1 }) {
                    let mut ask = ask(rig, &cast, line.route, place);
                    if let Some(token) = rig.tokens.get(*who) {
                        ask = ask.token(token);
                    }
                    let (got, text) = answer(rig, line.route, ask);
                    asked += 1;
                    let expected = expected[if expected.len() > 1 { place } else { 0 }];
                    if got != expected {
                        wrong.push(format!("{} as {who} of {relation}: {got}, not {expected}: {text}", line.route));
                    }
                    answers.push((got, text.replace(&cast.leads[place].to_string(), "N")));
                }
                // Of two that are not for one's eyes nobody can say which is there.
                let hidden = |(got, _): &&(String, String)| got == "404" || got == "200-";
                let told: BTreeSet<&String> = answers.iter().filter(hidden).map(|(_, text)| text).collect();
                if told.len() > 1 {
                    wrong.push(format!("{} as {who}: told apart by {told:?}", line.route));
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
        println!("{asked} asked");
    });
}

/// The status, with `-` where the hub refused in words; and the words, without what differs each time.
fn answer(rig: &Rig, route: &str, ask: Ask) -> (String, String) {
    if route == "GET /v1/stream" {
        return (rig.begin(ask).status().as_u16().to_string(), String::new());
    }
    let mut reply = rig.ask(ask);
    if reply.status != 200 {
        reply.must_be_problem(reply.status);
    }
    let is_refused = reply.json["outcome"] == "refused";
    for field in ["instance", "id"] {
        reply.json.as_object_mut().map(|all| all.remove(field));
    }
    // A receipt's id is what was asked for.
    let detail = reply.json["detail"].as_str().unwrap_or_default().split(" id ").next().unwrap().to_owned();
    let text = format!("{} {detail} {}", reply.json["type"], reply.json["why"]);
    (format!("{}{}", reply.status, if is_refused { "-" } else { "" }), text)
}

#[test]
fn no_route_is_missing_in_the_table() {
    let routes: BTreeSet<String> = ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let table: BTreeSet<String> = TABLE.iter().map(|line| line.route.to_owned()).collect();
    assert_eq!(routes, table);
    assert_eq!(TABLE.len(), ROUTES.len(), "each of them once");
}
