//! Leads that reps take from a queue themselves (F52): each lead once, and no more than one may have.

use std::collections::BTreeSet;
use std::thread;

use serde_json::{Value, json};

use crate::commands::Desk;
use crate::hub::{Ask, POLICY, Reply, Rig, both, person};

fn claim(rig: &Rig, who: &str, lead: Option<i64>) -> Reply {
    rig.as_who(who, Ask::new("POST", "/v1/queues/inbound/claim").json(&json!({ "lead": lead })))
}

fn reject(rig: &Rig, who: &str, lead: i64) {
    let what = json!({ "kind": "rejected", "code": "budget" });
    assert_eq!(rig.push(who, &rig.op(lead, &what)).ok()["outcome"], "applied");
}

#[test]
fn those_who_ask_at_once_get_different_leads_and_the_first_comes_first() {
    both(|rig, _| {
        let leads: Vec<i64> = (0..4).map(|n| rig.lead(&format!("n{n}"), "Norway")).collect();
        let rig = &*rig;
        let claimed: Vec<Value> = thread::scope(|scope| {
            let asked: Vec<_> = ["ana", "bo", "cy", "ana", "bo", "cy"]
                .into_iter()
                .map(|who| scope.spawn(move || claim(rig, who, None).json))
                .collect();
            asked.into_iter().map(|asked| asked.join().unwrap()).collect()
        });
        let got: Vec<i64> = claimed.iter().filter_map(|it| it["id"].as_i64()).collect();
        assert_eq!(got.iter().copied().collect::<BTreeSet<_>>(), leads.iter().copied().collect(), "{claimed:?}");
        assert_eq!(got.len(), leads.len(), "each once");
        for refused in claimed.iter().filter(|it| it["id"].is_null()) {
            assert_eq!(refused["detail"], "nothing waits in the queue inbound");
        }
        let first = claimed.iter().find(|it| it["id"] == leads[0]).unwrap();
        assert_eq!((&first["handoff"]["stage"], &first["queue"]), (&json!("assigned"), &Value::Null));
        let what = rig.rows("SELECT what, actor, basis FROM log WHERE what LIKE '%\"assigned\"%' ORDER BY n LIMIT 1");
        let [what, actor, basis] = [0, 1, 2].map(|column| what[0].text(column).unwrap().to_owned());
        assert!(what.contains(first["owner"].as_str().unwrap()) && actor.contains("rep"), "{what} {actor}");
        assert!(basis.contains("claimed_from"), "{basis}");
    });
}

#[test]
fn nobody_takes_more_than_they_may_have_and_an_answer_makes_room() {
    both(|rig, _| {
        let leads: Vec<i64> = (0..5).map(|n| rig.lead(&format!("n{n}"), "Norway")).collect();
        // A given one, which is not the first.
        assert_eq!(claim(rig, "ana", Some(leads[2])).ok()["id"], leads[2]);
        assert_eq!(claim(rig, "ana", None).ok()["id"], leads[0]);
        let full = claim(rig, "ana", None);
        let told = full.must_be_problem(422)["detail"].as_str().unwrap().to_owned();
        assert!(told.contains("2 open leads from the queue inbound, and 2 is the most"), "{told}");
        let queues = rig.as_who("ana", Ask::get("/v1/queues")).ok();
        assert_eq!(queues, json!([{ "name": "inbound", "waiting": 3, "held": 2, "most": 2 }]));
        reject(rig, "ana", leads[0]);
        assert_eq!(claim(rig, "ana", None).ok()["id"], leads[1]);
        // The own cap counts, whoever gave the leads.
        let mut cy = person("cy", "rep", Some("emea"), Some("Italy"));
        cy.takes.open_cap = Some(1);
        rig.as_who("rev", Ask::new("PUT", "/v1/people/cy").json(&json!(cy))).ok();
        rig.lead("italy", "Italy");
        let full = claim(rig, "cy", None);
        assert!(full.must_be_problem(422)["detail"].as_str().unwrap().contains("1 is the most"), "{}", full.text);
        // What does not wait there is not to be had, whether it is there or not.
        for lead in [leads[2], 99_999] {
            let told = claim(rig, "bo", Some(lead));
            assert!(told.must_be_problem(422)["detail"].as_str().unwrap().contains("does not wait"), "{}", told.text);
        }
    });
}

#[test]
fn a_queue_is_open_to_those_whom_the_policy_names() {
    both(|rig, _| {
        let lead = rig.lead("n", "Norway");
        let policy = POLICY.replace("open_to = [\"everybody\"]", "open_to = [\"max\", \"team EMEA\"]");
        rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", policy)).ok();
        assert_eq!(rig.as_who("bo", Ask::get("/v1/queues")).ok(), json!([]));
        let closed = claim(rig, "bo", None).must_be_problem(404)["detail"].clone();
        let none = rig.as_who("bo", Ask::new("POST", "/v1/queues/nothing/claim").json(&json!({})));
        assert_eq!(none.must_be_problem(404)["detail"], closed, "nobody can tell which queues there are");
        assert_eq!(claim(rig, "cy", Some(lead)).ok()["owner"], "cy");
    });
}

#[test]
fn the_command_takes_the_next_one_and_says_where_it_is() {
    both(|rig, _| {
        let lead = rig.lead("n", "Norway");
        let desk = Desk::of(rig, "ana");
        assert_eq!(desk.ok(&["team", "queues"]), "inbound  1 waiting, you have 0 of 2 from it\n");
        assert!(desk.ok(&["team", "claim"]).contains(&format!("hub:{lead}: ")));
        let (code, _, error) = desk.run(&["team", "claim", "inbound"]);
        assert_eq!(code, 3, "{error}");
        assert!(error.contains("nothing waits in the queue inbound"), "{error}");
        let (code, _, error) = desk.run(&["team", "claim"]);
        assert_eq!(code, 3, "{error}");
    });
}

#[test]
fn what_a_manager_may_have_at_most_holds_for_a_manager_who_claims() {
    both(|rig, _| {
        for n in 0..2 {
            rig.lead(&format!("n{n}"), "Norway");
        }
        let mut max = person("max", "manager", Some("emea"), None);
        max.takes.open_cap = Some(1);
        rig.as_who("rev", Ask::new("PUT", "/v1/people/max").json(&json!(max))).ok();
        assert_eq!(claim(rig, "max", None).ok()["owner"], "max");
        let full = claim(rig, "max", None);
        assert!(full.must_be_problem(422)["detail"].as_str().unwrap().contains("1 is the most"), "{}", full.text);
    });
}
