//! Other rules, tried on the leads of the past (F51).

use chrono::Duration;
use serde_json::{Value, json};

use crate::commands::Desk;
use crate::hub::{Ask, POLICY, Rig, both, person};

fn simulate(rig: &Rig, who: &str, days: i64, policy: &str) -> Value {
    let body = json!({ "since": rig.now() - Duration::days(days), "policy": policy });
    rig.as_who(who, Ask::new("POST", "/v1/route/simulate").json(&body)).ok()
}

/// Spain's leads are for the whole team.
fn for_emea() -> String {
    POLICY.replace("[[routing.rules]]\nname = \"territory\"", "[[routing.rules]]\nname = \"emea\"\nteam = \"emea\"\nwhen = { country = [\"Spain\"] }\noverflow = \"inbound\"\n\n[[routing.rules]]\nname = \"territory\"")
}

fn counts(told: &Value, what: &str) -> Vec<(String, u64, u64)> {
    let one = |sum: &Value| {
        (sum["name"].as_str().unwrap().to_owned(), sum["old"].as_u64().unwrap(), sum["new"].as_u64().unwrap())
    };
    told[what].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn the_same_rules_change_nothing_and_send_leads_where_they_went() {
    both(|rig, _| {
        for n in 0..6 {
            rig.lead(&format!("a{n}"), ["Spain", "Brazil", "Norway"][n % 3]);
            rig.pass(Duration::hours(5));
        }
        let told = simulate(rig, "rev", 3, POLICY);
        assert_eq!((&told["leads"], &told["as_it_was"], &told["changed"]), (&json!(6), &json!(6), &json!(0)), "{told}");
        assert_eq!(told["diffs"], json!([]));
        let rules = counts(&told, "rules");
        assert_eq!(rules, [("everybody".into(), 2, 2), ("territory".into(), 4, 4)]);
        assert_eq!(counts(&told, "queues")[0].0, "inbound");
    });
}

#[test]
fn loads_are_reckoned_along_so_that_a_new_rule_spreads_what_the_old_one_heaped_up() {
    both(|rig, _| {
        // One that was hers before the period counts among what she has in hand.
        rig.lead("before", "Spain");
        rig.pass(Duration::days(3));
        let leads: Vec<i64> = (0..4)
            .map(|n| {
                rig.pass(Duration::minutes(1));
                rig.lead(&format!("a{n}"), "Spain")
            })
            .collect();
        // The Monday is not over, and nothing was taken away.
        let told = simulate(rig, "rev", 1, &for_emea());
        assert_eq!(told["leads"], 4, "{told}");
        let to: Vec<&str> = leads
            .iter()
            .filter_map(|id| told["diffs"].as_array().unwrap().iter().find(|it| it["lead"] == *id))
            .map(|it| it["new"]["to"].as_str().unwrap())
            .collect();
        assert_eq!(to, ["cy", "ana", "cy", "ana"], "she had one from before: {told}");
        assert_eq!(counts(&told, "people"), [("ana".into(), 4, 2), ("cy".into(), 0, 2)]);
        let why = told["diffs"][0]["why"].as_str().unwrap();
        assert!(why.contains("emea") && why.contains("Spain"), "{why}");
        assert_eq!(rig.number("SELECT count(*) FROM log WHERE what LIKE '%rerouted%'"), 0, "it changes nothing");
    });
}

#[test]
fn caps_hold_and_what_was_closed_makes_room() {
    both(|rig, _| {
        let mut ana = person("ana", "rep", Some("emea"), Some("Spain"));
        ana.takes.open_cap = Some(1);
        rig.as_who("rev", Ask::new("PUT", "/v1/people/ana").json(&json!(ana))).ok();
        let first = rig.lead("one", "Spain");
        let second = rig.lead("two", "Spain");
        let reject = json!({ "kind": "rejected", "code": "budget", "note": "no money" });
        assert_eq!(rig.push("ana", &rig.op(first, &reject)).ok()["outcome"], "applied");
        let third = rig.lead("three", "Spain");
        let told = simulate(rig, "rev", 1, POLICY);
        assert_eq!((&told["leads"], &told["as_it_was"]), (&json!(3), &json!(3)), "{told}");
        // Without the rule nobody gets any of them.
        let nobody = POLICY.split("[[routing.rules]]").next().unwrap().to_owned()
            + "[[routing.rules]]\nname = \"all wait\"\nqueue = \"inbound\"\n";
        let told = simulate(rig, "rev", 1, &nobody);
        assert_eq!(told["changed"], 3);
        let old: Vec<(&Value, &Value)> =
            told["diffs"].as_array().unwrap().iter().map(|it| (&it["lead"], &it["old"]["to"])).collect();
        assert_eq!(
            old,
            [(&json!(first), &json!("ana")), (&json!(second), &Value::Null), (&json!(third), &json!("ana"))]
        );
    });
}

#[test]
fn a_manager_is_told_of_the_own_teams_leads_only() {
    both(|rig, _| {
        let own = rig.lead("own", "Spain");
        rig.lead("other", "Brazil");
        let told = simulate(rig, "max", 1, &for_emea());
        assert_eq!((&told["leads"], &told["changed"]), (&json!(1), &json!(1)), "{told}");
        assert_eq!(told["diffs"][0]["lead"], own);
        assert!(!told.to_string().contains("Brazil") && !told.to_string().contains("\"bo\""), "{told}");
    });
}

#[test]
fn a_period_that_is_too_long_or_not_begun_and_a_wrong_policy_are_refused_in_words() {
    both(|rig, _| {
        let ask = |days: i64, policy: &str| {
            let body = json!({ "since": rig.now() - Duration::days(days), "policy": policy });
            rig.as_who("rev", Ask::new("POST", "/v1/route/simulate").json(&body))
        };
        let long = ask(93, POLICY);
        assert!(long.must_be_problem(400)["detail"].as_str().unwrap().contains("92 days at the most"), "{}", long.text);
        assert_eq!(ask(-2, POLICY).must_be_problem(400)["at"], "/since");
        let wrong = ask(1, "[routing]\nrule = 1\n");
        let told = wrong.must_be_problem(400)["detail"].as_str().unwrap().to_owned();
        assert!(told.contains("policy.toml:2") && told.contains("rules"), "{told}");
    });
}

#[test]
fn the_command_prints_the_table_and_names_the_file_with_the_mistake() {
    both(|rig, _| {
        rig.pass(chrono::Utc::now() - rig.now());
        rig.lead("own", "Spain");
        let desk = Desk::of(rig, "rev");
        let policy = desk.file("new.toml", &for_emea());
        let told = desk.ok(&["route", "simulate", "--since", "1d", "--policy", &policy]);
        assert!(told.contains("1 lead was routed; the rules in force, asked again, send all of them"), "{told}");
        assert!(told.contains("with the new rules 1 would go another way"), "{told}");
        assert!(told.contains("→") && told.contains("emea: "), "{told}");
        assert_eq!(desk.json(&["route", "simulate", "--policy", &policy])["changed"], 1);
        let wrong = desk.file("wrong.toml", "[routing]\nrule = 1\n");
        let (code, _, error) = desk.run(&["route", "simulate", "--policy", &wrong]);
        assert_eq!(code, 5, "{error}");
        assert!(error.contains("wrong.toml:2"), "{error}");
        let (code, _, error) = desk.run(&["route", "simulate", "--since", "soon", "--policy", &policy]);
        assert_eq!(code, 2, "{error}");
    });
}
