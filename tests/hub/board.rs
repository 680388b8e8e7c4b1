//! The board: its figures are those of the leads, and everybody sees their own teams' only.

use chrono::Duration;
use leadbox::handoff::standing::standing;
use serde_json::{Value, json};

use crate::hub::{Ask, Rig, both, item, person};

fn board(rig: &Rig, who: &str) -> Value {
    rig.as_who(who, Ask::get("/v1/board")).ok()
}

/// The names of everybody on a board, team by team.
fn people(board: &Value) -> Vec<String> {
    let teams = board["teams"].as_array().unwrap().iter();
    teams.flat_map(|team| team["people"].as_array().unwrap()).map(|person| text(&person["id"])).collect()
}

fn of<'b>(board: &'b Value, who: &str) -> &'b Value {
    let teams = board["teams"].as_array().unwrap().iter();
    teams.flat_map(|team| team["people"].as_array().unwrap()).find(|person| person["id"] == who).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn ids(page: &Value) -> Vec<i64> {
    page["leads"].as_array().unwrap().iter().map(|lead| lead["id"].as_i64().unwrap()).collect()
}

fn leads(rig: &Rig, who: &str, which: &str) -> Vec<i64> {
    ids(&rig.as_who(who, Ask::get(&format!("/v1/board/leads?{which}"))).ok())
}

/// A lead that lacks what the pre-flight asks for.
fn incomplete(name: &str) -> Value {
    let mut item = item(name, "Spain");
    item["person"]["email"] = json!(format!("{name}@gmail.com"));
    item["company"] = json!({});
    item
}

#[test]
fn the_figures_are_those_of_the_leads() {
    both(|rig, _| {
        let first = rig.lead("one", "Spain");
        rig.pass(Duration::minutes(2));
        let second = rig.lead("two", "Spain");
        let others = rig.lead("three", "Brazil");

        let now = board(rig, "max");
        let ana = of(&now, "ana");
        assert_eq!([&ana["open"], &ana["today"], &ana["over"]], [&json!(2), &json!(2), &json!(0)]);
        assert_eq!(ana["next"]["what"], "acceptance");
        assert_eq!(ana["oldest"], json!(rig.now() - Duration::minutes(2)));
        assert_eq!(ana["presence"], json!({ "is": "there" }));
        assert_eq!(of(&now, "cy")["open"], 0);
        assert_eq!(of(&now, "cy")["next"], Value::Null);

        // What is late is counted without anybody having touched it, and comes first behind the figure.
        rig.pass(Duration::minutes(4));
        let now = board(rig, "rev");
        let due = |id: i64| rig.number(&format!("SELECT due_at FROM lead WHERE id = {id}"));
        let late = [first, second].into_iter().filter(|&id| due(id) <= rig.now().timestamp_millis()).count();
        assert_eq!(of(&now, "ana")["over"], late);
        assert!(late > 0, "five minutes are allowed");
        assert_eq!(leads(rig, "max", "rep=ana"), [first, second]);
        let page = rig.as_who("max", Ask::get("/v1/board/leads?rep=ana&limit=1")).ok();
        assert_eq!(ids(&page), [first]);
        let next = page["next"].as_str().unwrap();
        let page = rig.as_who("max", Ask::get(&format!("/v1/board/leads?rep=ana&limit=1&after={next}"))).ok();
        assert_eq!((ids(&page), &page["next"]), (vec![second], &Value::Null));

        // What was answered is no longer waited for; what was closed is nobody's.
        let accepted = rig.op(first, &json!({ "kind": "accepted", "implicit": false }));
        assert_eq!(rig.push("ana", &accepted).ok()["outcome"], "applied");
        let rejected = rig.op(others, &json!({ "kind": "rejected", "code": "budget" }));
        assert_eq!(rig.push("bo", &rejected).ok()["outcome"], "applied");
        let now = board(rig, "rev");
        assert_eq!(of(&now, "bo")["open"], 0);
        assert_eq!(leads(rig, "rev", "rep=bo"), Vec::<i64>::new());
        let waits = rig.number(&format!("SELECT waits_since FROM lead WHERE id = {second}"));
        assert_eq!(
            of(&now, "ana")["oldest"]
                .as_str()
                .unwrap()
                .parse::<chrono::DateTime<chrono::Utc>>()
                .unwrap()
                .timestamp_millis(),
            waits
        );
    });
}

/// What was lost before a rep had the lead is not theirs to keep: their own window is (C21, R77).
#[test]
fn the_board_and_the_inbox_tell_the_same_time_of_a_lead_that_was_given_away_late() {
    both(|rig, _| {
        let id = rig.lead("own", "Spain");
        let told = |who: &str| {
            let page = rig.as_who("max", Ask::get(&format!("/v1/board/leads?rep={who}"))).ok();
            page["leads"].as_array().unwrap().iter().find(|lead| lead["id"] == id).unwrap().clone()
        };
        let inbox = |who: &str| {
            let state = rig.as_who(who, Ask::get(&format!("/v1/leads/{id}"))).ok();
            let state: leadbox::wire::sync::LeadState = serde_json::from_value(state).unwrap();
            let (lead, handoff) = (state.lead.read().unwrap(), state.handoff.read().unwrap());
            let policy = &rig.hub.rules().config.policy;
            let deadline = standing(&lead, &handoff, policy, rig.now()).deadline.unwrap();
            json!([deadline.due, deadline.clock.code()])
        };
        let same = |who: &str| {
            let told = told(who);
            assert_eq!(json!([told["due"], told["due_what"]]), inbox(who), "{told}");
            told
        };
        same("ana");
        // Nobody contacted them in time, and then cy gets it.
        rig.pass(Duration::hours(3));
        let order = json!({ "order": "reassign", "to": "cy", "why": "ana is ill" });
        rig.as_who("max", Ask::new("POST", &format!("/v1/leads/{id}/orders")).json(&order)).ok();
        assert_eq!(same("cy")["due_what"], "acceptance");
        assert_eq!(of(&board(rig, "max"), "cy")["over"], 0);
        // Who has answered owes the contact, whenever that was due.
        let accepted = rig.op(id, &json!({ "kind": "accepted", "implicit": false }));
        assert_eq!(rig.push("cy", &accepted).ok()["outcome"], "applied");
        assert_eq!(same("cy")["due_what"], "first_contact");
        assert_eq!(of(&board(rig, "max"), "cy")["over"], 1);
    });
}

#[test]
fn everybody_sees_the_own_teams_only() {
    both(|rig, _| {
        let own = rig.lead("own", "Spain");
        let other = rig.lead("other", "Brazil");
        assert_eq!(people(&board(rig, "max")), ["ana", "cy"]);
        assert_eq!(people(&board(rig, "aud")), ["bo", "ana", "cy"]);
        assert_eq!(leads(rig, "max", "rep=ana"), [own]);
        // Another team's are told like nobody's.
        assert_eq!(leads(rig, "max", "rep=bo"), leads(rig, "max", "rep=nobody"));
        assert_eq!(leads(rig, "rev", "rep=bo"), [other]);
        rig.as_who("ana", Ask::get("/v1/board")).must_be_problem(403);
        rig.as_who("ana", Ask::get("/v1/board/leads?rep=ana")).must_be_problem(403);
        rig.as_who("ana", Ask::get("/v1/incidents")).must_be_problem(403);
    });
}

#[test]
fn who_is_not_there_is_shown_with_why_and_until_when() {
    both(|rig, _| {
        let away = |paused: Value| Ask::new("PUT", "/v1/people/ana/availability").json(&json!({ "paused": paused }));
        rig.as_who("max", away(json!("at the dentist's"))).ok();
        let ana = of(&board(rig, "max"), "ana").clone();
        assert_eq!((&ana["presence"]["is"], &ana["paused"]), (&json!("paused"), &json!("at the dentist's")));
        rig.as_who("max", away(Value::Null)).ok();
        let mut cy = person("cy", "rep", Some("emea"), Some("Italy"));
        let until = rig.now() + Duration::hours(3);
        cy.takes = serde_json::from_value(json!({
            "open_cap": 12, "daily_cap": 5,
            "away": [{ "from": rig.now() - Duration::hours(1), "to": until, "why": "at the fair" }],
        }))
        .unwrap();
        rig.as_who("rev", Ask::new("PUT", "/v1/people/cy").json(&json!(cy))).ok();
        let now = board(rig, "max");
        assert_eq!(of(&now, "ana")["presence"]["is"], "there");
        let cy = of(&now, "cy");
        assert_eq!(cy["presence"], json!({ "is": "away", "why": "at the fair", "until": until }));
        assert_eq!([&cy["open_cap"], &cy["daily_cap"]], [&json!(12), &json!(5)]);
        // At night nobody is there; the next opening is told.
        rig.pass(Duration::hours(14));
        let now = board(rig, "max");
        assert_eq!(of(&now, "ana")["presence"]["is"], "closed");
        assert!(of(&now, "ana")["presence"]["until"].is_string());
    });
}

#[test]
fn what_waits_for_data_is_listed_with_what_it_lacks() {
    both(|rig, _| {
        let taken = rig.post(&incomplete("lacking")).ok();
        let lead = taken["items"][0]["lead"].as_i64().unwrap();
        assert_eq!(taken["items"][0]["stage"], "data_completion");
        let now = board(rig, "mia");
        assert_eq!((&now["completion"]["count"], &now["completion"]["oldest"]), (&json!(1), &json!(rig.now())));
        let page = rig.as_who("mia", Ask::get("/v1/board/leads?list=completion")).ok();
        assert_eq!(ids(&page), [lead]);
        let lead = &page["leads"][0];
        let missing: Vec<String> = lead["missing"].as_array().unwrap().iter().map(|item| text(&item["item"])).collect();
        assert!(
            missing.contains(&"business_email".to_owned()) && missing.contains(&"company".to_owned()),
            "{missing:?}"
        );
        assert_eq!(lead["due_what"], "completion");
        assert!(lead["due"].as_str().unwrap() > lead["since"].as_str().unwrap());
        // It is no team's yet: managers watch it, too.
        assert_eq!(leads(rig, "max", "list=completion"), [lead["id"].as_i64().unwrap()]);
        assert_eq!(board(rig, "max")["completion"], now["completion"]);

        let order = |body: Value| Ask::new("POST", &format!("/v1/leads/{}/orders", lead["id"])).json(&body);
        for item in &missing {
            rig.as_who("mia", order(json!({ "order": "waive", "item": item, "why": "we know them" }))).ok();
        }
        assert_eq!(board(rig, "mia")["completion"]["count"], 0);
        assert_eq!(leads(rig, "rev", "rep=ana"), [lead["id"].as_i64().unwrap()]);
    });
}

#[test]
fn a_manager_completes_what_is_no_teams_yet_and_sees_no_more_of_it_than_the_board_tells() {
    both(|rig, _| {
        let taken = rig.post(&incomplete("lacking")).ok();
        let lead = taken["items"][0]["lead"].as_i64().unwrap();
        let order = |who: &str, lead: i64, body: Value| {
            rig.as_who(who, Ask::new("POST", &format!("/v1/leads/{lead}/orders")).json(&body))
        };
        rig.as_who("max", Ask::get(&format!("/v1/leads/{lead}"))).must_be_problem(404);
        order("max", lead, json!({ "order": "take", "why": "x" })).must_be_problem(404);
        let fields = json!({ "person.email": "lee@acme.example", "company.name": "Acme", "company.size": "80" });
        order("max", lead, json!({ "order": "complete", "fields": {} })).must_be_problem(400);
        let waive = json!({ "order": "waive", "item": "trigger", "why": "we know them" });
        let told = order("max", lead, waive).ok();
        assert_eq!((&told["handoff"]["stage"], &told["owner"]), (&json!("data_completion"), &json!(null)));
        assert_eq!((&told["history"], &told["trail"]), (&json!([]), &json!([])));
        assert!(!told.to_string().contains("lacking"), "it tells where it is, and nothing that it says: {told}");
        let told = order("max", lead, json!({ "order": "complete", "fields": fields })).ok();
        assert_eq!(
            (&told["owner"], told["history"].as_array().unwrap().is_empty()),
            (&json!("ana"), false),
            "it is theirs"
        );
        assert_eq!(board(rig, "max")["completion"], json!({ "count": 0, "oldest": null }));
        assert_eq!(leads(rig, "max", "rep=ana"), [lead]);
        // What another team has is not theirs to complete.
        let other = rig.lead("other", "Brazil");
        order("max", other, json!({ "order": "complete", "fields": fields })).must_be_problem(404);
    });
}

#[test]
fn when_less_is_asked_for_what_waits_is_checked_anew() {
    both(|rig, _| {
        rig.post(&incomplete("lacking")).ok();
        assert_eq!(board(rig, "max")["completion"]["count"], 1);
        let asked = format!("{}\n[preflight]\nitems = [\"names\", \"trigger\", \"dedup\"]\n", crate::hub::POLICY);
        rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", asked)).ok();
        while rig.run(leadbox::hub::clockwork::tick(&rig.hub)).unwrap() > 0 {}
        assert_eq!(board(rig, "max")["completion"]["count"], 0);
        assert_eq!(of(&board(rig, "max"), "ana")["open"], 1);
    });
}

#[test]
fn what_nobody_touches_and_what_broke_is_listed() {
    both(|rig, _| {
        let quiet = format!(
            "{}\n[[escalation.steps]]\nname = \"flag\"\non = \"no_activity\"\ndo = [\"flag\"]\n",
            crate::hub::POLICY
        );
        rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", quiet)).ok();
        let lead = rig.lead("own", "Spain");
        let other = rig.lead("other", "Brazil");
        assert_eq!(board(rig, "max")["idle"]["count"], 0);
        assert_eq!(rig.as_who("max", Ask::get("/v1/incidents")).ok()["incidents"], json!([]));
        rig.pass(Duration::hours(5));
        rig.run(leadbox::hub::clockwork::tick(&rig.hub)).unwrap();
        let now = board(rig, "max");
        assert_eq!(now["idle"]["count"], 1);
        let page = rig.as_who("max", Ask::get("/v1/board/leads?list=idle")).ok();
        assert_eq!((ids(&page), &page["leads"][0]["idle"]), (vec![lead], &json!("silent_rejection")));
        assert_eq!(leads(rig, "rev", "list=idle").len(), 2);
        // Each breach with its cause, the own team's only.
        let broke = rig.as_who("max", Ask::get("/v1/incidents")).ok();
        let lines = broke["incidents"].as_array().unwrap();
        assert!(!lines.is_empty());
        for line in lines {
            assert_eq!((&line["lead"], &line["owner"], &line["cause"]), (&json!(lead), &json!("ana"), &json!("rep")));
            assert_eq!(line["name"], "Maya Chenown");
        }
        let all = rig.as_who("aud", Ask::get("/v1/incidents")).ok();
        assert!(all["incidents"].as_array().unwrap().iter().any(|line| line["lead"] == json!(other)));
        assert_eq!(now["incidents"]["rep"], lines.len());
        let page = rig.as_who("aud", Ask::get("/v1/incidents?limit=1")).ok();
        let next = page["next"].as_str().unwrap();
        let rest = rig.as_who("aud", Ask::get(&format!("/v1/incidents?after={next}"))).ok();
        assert_eq!(1 + rest["incidents"].as_array().unwrap().len(), all["incidents"].as_array().unwrap().len());
        // A day later nobody has answered it: it is a black hole.
        rig.pass(Duration::hours(20));
        let page = rig.as_who("max", Ask::get("/v1/board/leads?list=idle")).ok();
        assert_eq!(page["leads"][0]["idle"], "black_hole");
    });
}

#[test]
fn queues_tell_what_waits_and_who_watches() {
    both(|rig, _| {
        rig.lead("nowhere", "Atlantis");
        rig.pass(Duration::minutes(3));
        rig.lead("nowhere2", "Atlantis");
        for who in ["max", "rev"] {
            let now = board(rig, who);
            let queue = &now["queues"][0];
            assert_eq!((&queue["name"], &queue["monitor"]), (&json!("inbound"), &json!("every manager")));
            assert_eq!(queue["waiting"], json!({ "count": 2, "oldest": rig.now() - Duration::minutes(3) }));
        }
        let waiting = leads(rig, "rev", "queue=inbound");
        assert_eq!(waiting.len(), 2);
        // They are no team's: any manager watches them, and takes them or gives them away; nobody answers them before.
        assert_eq!(leads(rig, "max", "queue=inbound"), waiting);
        rig.as_who("max", Ask::get(&format!("/v1/leads/{}", waiting[1]))).must_be_problem(404);
        let order = |who: &str, order: Value| {
            rig.as_who(who, Ask::new("POST", &format!("/v1/leads/{}/orders", waiting[1])).json(&order))
        };
        order("mia", json!({ "order": "take", "why": "x" })).must_be_problem(403);
        order("max", json!({ "order": "take", "why": "nobody else is there" })).ok();
        rig.as_who("max", Ask::get(&format!("/v1/leads/{}", waiting[1]))).ok();
        rig.as_who(
            "rev",
            Ask::new("POST", &format!("/v1/leads/{}/orders", waiting[0]))
                .json(&json!({ "order": "reassign", "to": "cy", "why": "they know them" })),
        )
        .ok();
        assert_eq!(board(rig, "rev")["queues"][0]["waiting"], json!({ "count": 0, "oldest": null }));
        assert_eq!(leads(rig, "max", "rep=cy"), [waiting[0]]);
    });
}

#[test]
fn what_is_asked_wrongly_is_told() {
    both(|rig, _| {
        for query in [
            "",
            "?rep=ana&queue=inbound",
            "?list=all",
            "?rep=ana&after=x",
            "?rep=ana&after=1",
            "?rep=ana&limit=0",
            "?rep=ana&limit=101",
            "?nonsense=1",
            "?rep=ana&after=9999999999999999999.1",
            "?rep=%00",
        ] {
            rig.as_who("rev", Ask::get(&format!("/v1/board/leads{query}"))).must_be_problem(400);
        }
        for query in ["?after=x", "?limit=x", "?rep=ana"] {
            rig.as_who("rev", Ask::get(&format!("/v1/incidents{query}"))).must_be_problem(400);
        }
    });
}

/// Who is given another team gets its older leads, which did not change since.
#[test]
fn a_manager_who_is_given_another_team_reads_from_the_start() {
    both(|rig, _| {
        let own = rig.lead("own", "Spain");
        let other = rig.lead("other", "Brazil");
        let pull = |after: &str| rig.as_who("max", Ask::get(&format!("/v1/changes{after}")));
        let seen = |page: &Value| -> Vec<i64> {
            page["leads"].as_array().unwrap().iter().filter_map(|lead| lead["id"].as_i64()).collect()
        };
        let page = pull("").ok();
        assert_eq!(seen(&page), [own]);
        let after = format!("?after={}", page["next"].as_str().unwrap());
        assert_eq!(seen(&pull(&after).ok()), Vec::<i64>::new());
        rig.write(|work| {
            work.tx.execute("UPDATE team SET manager = 'max' WHERE name = 'amer'", &[])?;
            Ok(())
        });
        pull(&after).must_be_problem(410);
        let mut all = seen(&pull("").ok());
        all.sort_unstable();
        assert_eq!(all, [own, other]);
    });
}
