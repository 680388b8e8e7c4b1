//! Alerts from the hub's clock to the rep's screen (F72, R81-R83), over HTTP.

use chrono::Duration;
use leadbox::app::effect::Ask as AppAsk;
use leadbox::app::msg::{AlertLine, Reply};
use leadbox::handoff::alert::Category;
use serde_json::{Value, json};

use crate::hub::{Ask, Rig, both};
use crate::reconcile::Laptop;

fn tick(rig: &Rig, minutes: i64) {
    rig.pass(Duration::minutes(minutes));
    rig.run(leadbox::hub::clockwork::tick(&rig.hub)).unwrap();
}

fn alerts(laptop: &mut Laptop, rig: &Rig) -> Vec<AlertLine> {
    let Reply::Alerts(lines) = laptop.answer(AppAsk::Alerts, rig.now()) else { panic!() };
    lines
}

fn listed(rig: &Rig, who: &str) -> Vec<Value> {
    rig.as_who(who, Ask::get("/v1/alerts")).ok()["alerts"].as_array().unwrap().clone()
}

/// Lets time pass until this person is asked to decide something.
fn until_told(rig: &Rig, who: &str) {
    for _ in 0..200 {
        tick(rig, 2);
        if !listed(rig, who).is_empty() {
            return;
        }
    }
    panic!("{who} is never told");
}

#[test]
fn an_alert_comes_to_the_rep_s_screen_and_the_hub_hears_that_it_was_seen() {
    both(|rig, _| {
        let lead = rig.lead("own", "Spain");
        let mut ana = Laptop::new(rig, "ana");
        ana.sync(rig.now());
        assert_eq!(alerts(&mut ana, rig), []);
        until_told(rig, "ana");
        assert!(ana.sync(rig.now()).changed);
        let lines = alerts(&mut ana, rig);
        let line = &lines[0];
        assert_eq!((line.notice.category, line.is_new), (Category::SlaBreachWarning, true));
        assert!(!line.notice.action.is_empty() && !line.notice.history.is_empty() && line.notice.until > rig.now());
        let there = &listed(rig, "ana")[0];
        assert_eq!((&there["lead"], &there["seen_at"]), (&json!(lead), &Value::Null));
        let pointer = there["pointer"].as_str().unwrap();
        assert!(!pointer.contains("Maya") && !pointer.contains('@'), "{pointer}");
        // Nobody else's.
        assert_eq!(listed(rig, "bo"), [] as [Value; 0]);

        let ids = lines.iter().map(|line| line.notice.id).collect();
        ana.answer(AppAsk::SeeAlerts(ids), rig.now());
        ana.sync(rig.now());
        assert_eq!(listed(rig, "ana")[0]["seen_at"], json!(rig.now()));
        assert!(alerts(&mut ana, rig).iter().all(|line| !line.is_new));

        // A lead that went elsewhere asks nothing of whoever had it, there nor here.
        let order = json!({ "order": "reassign", "to": "cy", "why": "ana is away" });
        rig.as_who("max", Ask::new("POST", &format!("/v1/leads/{lead}/orders")).json(&order)).ok();
        ana.sync(rig.now());
        assert_eq!((alerts(&mut ana, rig), listed(rig, "ana")), (Vec::new(), Vec::new()));
    });
}

#[test]
fn a_manager_is_asked_in_the_same_way() {
    both(|rig, _| {
        rig.lead("own", "Spain");
        let mut max = Laptop::new(rig, "max");
        until_told(rig, "max");
        max.sync(rig.now());
        let lines = alerts(&mut max, rig);
        assert!(lines.iter().any(|line| line.is_new && !line.notice.action.is_empty()), "{lines:?}");
    });
}

#[test]
fn of_a_lead_that_goes_to_a_queue_everybody_hears_once_what_is_true_then() {
    both(|rig, _| {
        let sue = crate::hub::person("sue", "manager", Some("emea"), None);
        rig.as_who("rev", Ask::new("POST", "/v1/people").json(&json!(sue))).ok();
        let token = rig.make_token("sue");
        rig.tokens.insert("sue".into(), token);
        // What max and sue are asked at the moment at which nobody has a lead any more, and which steps the log tells then.
        let asked = |rig: &Rig, name: &str| {
            let lead = rig.lead(name, "Spain");
            let is_queued =
                format!("SELECT count(*) FROM lead WHERE id = {lead} AND owner IS NULL AND queue = 'inbound'");
            assert!((0..30).any(|_| {
                tick(rig, 1);
                rig.number(&is_queued) == 1
            }));
            let told = ["max", "sue"].map(|who| {
                let told =
                    listed(rig, who).into_iter().filter(|told| told["lead"] == lead && told["at"] == json!(rig.now()));
                told.map(|told| told["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            });
            let told_by = |deed: &str| {
                rig.number(&format!(
                    "SELECT count(*) FROM log WHERE lead = {lead} AND what LIKE '%escalated%' AND what LIKE '%/{deed}\"%'"
                ))
            };
            (told, ["alert_manager", "reroute", "to_queue"].map(told_by))
        };
        let take = "take it, or give it to somebody";
        let adopt = |monitor: &str, deeds: &str| {
            let step =
                format!("\n[[escalation.steps]]\nname = \"late\"\non = \"acceptance\"\nwindow = 1\ndo = [{deeds}]\n");
            let policy = crate::hub::POLICY.replace(r#"{ role = "manager" }"#, monitor) + &step;
            rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", policy)).ok();
        };
        // Nobody else may take it: the way to the next one ends in the queue as well.
        for (n, deed) in ["to_queue", "reroute"].into_iter().enumerate() {
            let deeds = format!(r#""alert_manager", "{deed}""#);
            // Managers watch the queue; then max directs the team, and sue watches the queue.
            for (m, monitor) in [r#"{ role = "manager" }"#, r#""sue""#].into_iter().enumerate() {
                adopt(monitor, &deeds);
                // One step, whoever was asked and for whichever reason.
                let logged = if deed == "reroute" { [0, 1, 0] } else { [0, 0, 1] };
                assert_eq!(asked(rig, &format!("n{n}{m}")), ([vec![take.to_owned()], vec![take.to_owned()]], logged));
            }
        }
    });
}

#[test]
fn alerts_are_read_page_by_page() {
    both(|rig, _| {
        for n in 0..3 {
            rig.lead(&format!("n{n}"), "Spain");
        }
        until_told(rig, "ana");
        let all = listed(rig, "ana");
        let (mut after, mut read) = (0, Vec::new());
        loop {
            let page = rig.as_who("ana", Ask::get(&format!("/v1/alerts?after={after}&limit=1"))).ok();
            read.extend(page["alerts"].as_array().unwrap().clone());
            after = page["next"].as_i64().unwrap();
            if page["more"] == false {
                break;
            }
        }
        assert_eq!(read, all);
        for bad in ["limit=0", "limit=201", "after=x", "nonsense=1"] {
            rig.as_who("ana", Ask::get(&format!("/v1/alerts?{bad}"))).must_be_problem(400);
        }
    });
}

#[test]
fn one_alert_that_cannot_be_read_hides_no_other() {
    both(|rig, _| {
        for n in 0..3 {
            rig.lead(&format!("n{n}"), "Spain");
        }
        until_told(rig, "ana");
        let all = listed(rig, "ana");
        let broken = all[0]["id"].as_i64().unwrap();
        rig.write(move |work| Ok(work.tx.execute("UPDATE alert SET body = '{}' WHERE id = ?1", &[broken.into()])?));
        assert!(all.len() > 1);
        assert_eq!(listed(rig, "ana"), all[1..]);
    });
}

/// A hub whose queues are watched by `monitor`.
fn watched_by(rig: &Rig, monitor: &str) {
    let policy = crate::hub::POLICY.replace(r#"{ role = "manager" }"#, monitor);
    assert_ne!(policy, crate::hub::POLICY);
    rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", policy)).ok();
}

#[test]
fn what_waits_in_a_queue_is_told_to_those_who_watch_it_and_to_no_others() {
    both(|rig, _| {
        rig.as_who(
            "rev",
            Ask::new("POST", "/v1/people").json(&json!(crate::hub::person("sue", "manager", Some("amer"), None))),
        )
        .ok();
        let token = rig.make_token("sue");
        rig.tokens.insert("sue".into(), token);
        let lead = rig.lead("far", "Norway");
        let state = &rig.rows(&format!("SELECT owner, team, queue FROM lead WHERE id = {lead}"))[0];
        assert_eq!((state.opt_text(0).unwrap(), state.opt_text(1).unwrap()), (None, None));
        assert_eq!(state.opt_text(2).unwrap(), Some("inbound"));
        until_told(rig, "max");
        for who in ["max", "sue"] {
            let told = &listed(rig, who)[0];
            assert_eq!((&told["lead"], &told["is_pointer"]), (&json!(lead), &json!(true)), "{who}");
            assert_eq!(told["history"], json!([]));
        }
        assert_eq!((listed(rig, "rev"), listed(rig, "ana")), (Vec::new(), Vec::new()));
        // On the laptop it is a pointer to the team's screen.
        let mut max = Laptop::new(rig, "max");
        max.sync(rig.now());
        let lines = alerts(&mut max, rig);
        assert_eq!((lines[0].lead, lines[0].name.as_str()), (None, format!("hub:{lead}").as_str()));

        // One person watches it from now on.
        watched_by(rig, r#""sue""#);
        let before = listed(rig, "max").len();
        let other = rig.lead("further", "Norway");
        for _ in 0..100 {
            tick(rig, 2);
        }
        assert!(listed(rig, "sue").iter().any(|alert| alert["lead"] == other));
        assert!(listed(rig, "max").iter().all(|alert| alert["lead"] != other), "{before}");
        // Whoever takes it is the one who knows about it now.
        let order = json!({ "order": "take", "why": "it waits" });
        rig.as_who("sue", Ask::new("POST", &format!("/v1/leads/{lead}/orders")).json(&order)).ok();
        assert!(listed(rig, "max").iter().all(|alert| alert["lead"] != lead));
    });
}

#[test]
fn whoever_was_told_of_a_lead_in_a_queue_hears_that_it_was_taken_and_nobody_else_does() {
    both(|rig, _| {
        let new = crate::hub::person("sue", "manager", Some("amer"), None);
        rig.as_who("rev", Ask::new("POST", "/v1/people").json(&json!(new))).ok();
        let token = rig.make_token("sue");
        rig.tokens.insert("sue".into(), token);
        let lead = rig.lead("far", "Norway");
        until_told(rig, "max");
        let mut max = Laptop::new(rig, "max");
        max.sync(rig.now());
        assert!(!alerts(&mut max, rig).is_empty());
        let order = json!({ "order": "take", "why": "it waits" });
        rig.as_who("sue", Ask::new("POST", &format!("/v1/leads/{lead}/orders")).json(&order)).ok();
        assert!(max.sync(rig.now()).changed);
        assert_eq!(alerts(&mut max, rig), []);
        let gone = |rig: &Rig, who: &str| rig.as_who(who, Ask::get("/v1/changes")).ok()["gone"].clone();
        let told = json!([{ "id": lead, "why": "it no longer waits in a queue", "at": rig.now() }]);
        assert_eq!(gone(rig, "max"), told);
        assert_eq!((gone(rig, "sue"), gone(rig, "ana")), (json!([]), json!([])));
    });
}

#[test]
fn a_lead_that_is_back_in_its_queue_has_not_gone_from_those_who_watch_it() {
    both(|rig, _| {
        // Of no team, so that what she had is no team's either.
        let new = crate::hub::person("kim", "rep", None, None);
        rig.as_who("rev", Ask::new("POST", "/v1/people").json(&json!(new))).ok();
        let token = rig.make_token("kim");
        rig.tokens.insert("kim".into(), token);
        let lead = rig.lead("far", "Norway");
        until_told(rig, "max");
        let since = |rig: &Rig, after: &str| rig.as_who("max", Ask::get(&format!("/v1/changes{after}"))).ok();
        let place = format!("?after={}", since(rig, "")["next"].as_str().unwrap());
        let claim = json!({ "lead": lead });
        rig.as_who("kim", Ask::new("POST", "/v1/queues/inbound/claim").json(&claim)).ok();
        assert_eq!(since(rig, &place)["gone"][0]["id"], lead);
        // Left unanswered it is back after a while.
        let waits = format!("SELECT count(*) FROM lead WHERE id = {lead} AND owner IS NULL AND team IS NULL");
        let is_back = (0..200).any(|_| {
            tick(rig, 10);
            rig.number(&waits) == 1
        });
        assert!(is_back && rig.number(&format!("{waits} AND queue = 'inbound'")) == 1);
        assert_eq!(since(rig, &place)["gone"], json!([]));
    });
}

#[test]
fn where_a_team_s_manager_has_left_another_is_told() {
    both(|rig, _| {
        rig.lead("own", "Spain");
        let mut max = crate::hub::person("max", "manager", Some("emea"), None);
        max.is_active = false;
        rig.as_who("rev", Ask::new("PUT", "/v1/people/max").json(&json!(max))).ok();
        until_told(rig, "rev");
    });
}
