//! The gate on the command line: one lead at a time, across processes, until it has a disposition.

use std::process::Stdio;

use crate::support::Env;
use crate::tool::{at, fails, one};

#[test]
fn next_prints_the_same_lead_whole_until_a_disposition() {
    let env = Env::new().with_leads(3);
    for _ in 0..3 {
        let lead = one(&env, &["next"]);
        assert_eq!(lead["external_id"], "x1");
        assert_eq!((lead["whole"].as_bool(), lead["engaged"].as_bool()), (Some(true), Some(true)));
        assert_eq!(lead["owes"], "answer");
        assert_eq!(lead["record"]["person"]["email"], "maya1@northwind.example");
    }
    let text = env.ok(&["next"]);
    for part in
        ["L-1  Maya Chen1, VP Sales, Northwind 1", "maya1@northwind.example", "to answer", "Say", "open: accept"]
    {
        assert!(text.contains(part), "no “{part}” in\n{text}");
    }
    env.ok(&["accept"]);
    assert_eq!(one(&env, &["next"])["external_id"], "x2");
}

#[test]
fn another_lead_shows_its_summary_and_takes_no_act() {
    let env = Env::new().with_leads(2);
    let summary = one(&env, &["show", "x2"]);
    assert_eq!(summary["whole"], false);
    assert!(summary.get("record").is_none() && summary.get("trail").is_none());
    env.ok(&["next"]);
    assert_eq!(one(&env, &["show", "x2"])["whole"], false);
    assert!(!env.ok(&["show", "x2"]).contains("maya2@northwind.example"));
    let later = "2026-11-23T10:00:00Z";
    for act in [
        &["accept", "x2"][..],
        &["reject", "x2", "-r", "budget"],
        &["log", "x2", "-c", "phone", "-o", "reached"],
        &["defer", "x2", "-u", later, "-w", "later"],
        &["snooze", "x2", "-u", later],
        &["skip", "x2", "-r", "no"],
        &["score", "explain", "x2"],
    ] {
        fails(&env, 3, "L-1 is open and owes a disposition first", act);
    }
    fails(&env, 3, "snoozed", &["snooze", "x1", "-u", later]);
    assert!(env.run(&["show", "x1"]).out.contains("maya1@northwind.example"), "the open one is whole");
}

#[test]
fn each_disposition_opens_the_gate() {
    for act in [
        &["accept"][..],
        &["reject", "-r", "budget"],
        &["log", "-c", "phone", "-o", "voicemail"],
        &["defer", "-u", "+3d", "-w", "asked for it"],
        &["skip", "-r", "in a meeting"],
    ] {
        let env = Env::new().with_leads(2);
        env.ok(&["next"]);
        let done = one(&env, act);
        assert_eq!((done["lead"].as_str(), done["engaged"].as_str()), (Some("L-1"), None), "{act:?}");
        assert_eq!(one(&env, &["next"])["external_id"], "x2", "{act:?}");
    }
}

#[test]
fn skips_are_few_a_day_and_the_budget_comes_back() {
    let env = Env::new().with_leads(6);
    for _ in 0..3 {
        env.ok(&["next"]);
        env.ok(&["skip", "-r", "in a meeting"]);
    }
    assert_eq!(one(&env, &["next"])["external_id"], "x4");
    fails(&env, 3, "all 3 skips of today are used", &["skip", "-r", "in a meeting"]);
    assert_eq!(one(&env, &["next"])["external_id"], "x4");
    let tomorrow = at(&env, "2026-11-21T10:00:00Z", &["skip", "-r", "in a meeting"]);
    assert_eq!(tomorrow.code, 0, "{}", tomorrow.err);
}

#[test]
fn only_the_open_lead_can_be_skipped_and_only_with_a_reason() {
    let env = Env::new().with_leads(1);
    fails(&env, 3, "only the open lead", &["skip", "x1", "-r", "no"]);
    env.ok(&["next"]);
    fails(&env, 3, "a skip needs a reason", &["skip", "-r", "  "]);
    fails(&env, 2, "--reason", &["skip"]);
}

#[test]
fn undo_within_ten_seconds_puts_the_lead_back_in_front() {
    let env = Env::new().with_leads(2);
    env.ok(&["next"]);
    let done = one(&env, &["reject", "-r", "budget"]);
    assert_eq!(done["undo_until"], "2026-11-20T10:00:10Z");
    let undone = at(&env, "2026-11-20T10:00:09Z", &["undo", "--json"]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    let undone: serde_json::Value = serde_json::from_str(&undone.out).unwrap();
    assert_eq!((undone["lead"].as_str(), undone["stage"].as_str()), (Some("L-1"), Some("assigned")));
    assert_eq!(undone["engaged"], "L-1");
    fails(&env, 3, "L-1 is open", &["accept", "x2"]);
    fails(&env, 3, "nothing to undo", &["undo"]);
}

#[test]
fn undo_after_ten_seconds_is_too_late() {
    let env = Env::new().with_leads(1);
    env.ok(&["accept", "x1"]);
    let late = at(&env, "2026-11-20T10:00:10Z", &["undo"]);
    assert_eq!(late.code, 3);
    assert!(late.err.contains("too late to undo"), "{}", late.err);
    assert_eq!(one(&env, &["show", "x1"])["stage"], "accepted");
}

#[test]
fn undoing_a_skip_gives_it_back() {
    let env = Env::new().with_leads(5);
    for _ in 0..5 {
        env.ok(&["next"]);
        env.ok(&["skip", "-r", "a slip"]);
        env.ok(&["undo"]);
    }
    assert_eq!(one(&env, &["next"])["external_id"], "x1");
}

#[test]
fn a_relaxed_gate_lets_pass() {
    let env = Env::new().with_leads(2);
    env.write("config.toml", "[rep]\nname = \"ana\"\nzone = \"UTC\"\n[policy.gate]\nmode = \"relaxed\"\n");
    env.ok(&["next"]);
    env.ok(&["accept", "x2"]);
    assert_eq!(one(&env, &["status"])["engaged"], "L-1");
}

#[test]
fn of_two_processes_at_once_both_are_given_the_same_lead() {
    let env = Env::new().with_leads(20);
    let all: Vec<_> = (0..4).map(|_| env.command(&["next", "--json"]).stdout(Stdio::piped()).spawn()).collect();
    for child in all {
        let output = child.unwrap().wait_with_output().unwrap();
        let lead: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(lead["external_id"], "x1");
    }
}

#[test]
fn of_two_processes_with_an_act_each_one_is_refused() {
    let env = Env::new().with_leads(2);
    env.ok(&["next"]);
    let all: Vec<_> = (0..2)
        .map(|_| env.command(&["accept", "x1"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
        .collect();
    let mut codes: Vec<_> = all.into_iter().map(|mut child| child.wait().unwrap().code()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(3)]);
    assert_eq!(env.json(&["outbox"]).len(), 1, "it is recorded once");
}

#[test]
fn the_queue_is_worked_to_its_end() {
    let env = Env::new().with_leads(2);
    for id in ["x1", "x2"] {
        assert_eq!(one(&env, &["next"])["external_id"], id);
        env.ok(&["reject", "-r", "budget"]);
    }
    assert!(one(&env, &["next"]).is_null());
    assert!(env.ok(&["next"]).contains("Nothing is owed"));
    fails(&env, 2, "no lead is open", &["accept"]);
}

#[test]
fn next_can_be_asked_of_one_tab() {
    let env = Env::new().with_leads(3);
    env.ok(&["accept", "x3"]);
    assert_eq!(one(&env, &["next", "--tab", "working"])["external_id"], "x3");
    assert_eq!(one(&env, &["next", "--tab", "new"])["external_id"], "x3", "the open one goes before");
}

#[test]
fn what_its_source_takes_back_or_closes_is_let_go_and_shown_no_further() {
    for stage in ["data_completion", "rejected"] {
        let env = Env::new().with_leads(2);
        assert_eq!(one(&env, &["next"])["external_id"], "x1");
        let told: Vec<String> = crate::support::leads_csv(2)
            .lines()
            .zip(["stage", stage, stage])
            .map(|(line, stage)| format!("{line},{stage}\n"))
            .collect();
        let file = env.write("leads.csv", told.concat());
        env.ok(&["import", file.to_str().unwrap()]);
        for (lead, address) in [("x1", "maya1@"), ("x2", "maya2@")] {
            let shown = env.run(&["show", lead]);
            assert!(shown.out.contains("by the word of its source") || shown.err.contains("by the word of its source"));
            assert!(!shown.out.contains(address), "{}", shown.out);
        }
        assert_eq!(env.json(&["next"]), [serde_json::Value::Null]);
    }
}

#[test]
fn another_configuration_is_no_way_past_an_open_lead_nor_to_more_skips() {
    let env = Env::new().with_leads(4);
    env.write("lax.toml", "[rep]\nname = \"ana\"\nzone = \"UTC\"\n[policy.gate]\nmode = \"relaxed\"\nskips = 50\n");
    env.ok(&["next"]);
    fails(&env, 3, "L-1 is open", &["--config", "lax.toml", "accept", "x2"]);
    assert_eq!(one(&env, &["--config", "lax.toml", "next"])["external_id"], "x1");
    assert_eq!(one(&env, &["--config", "lax.toml", "show", "x2"])["whole"], false);
    for _ in 0..3 {
        env.ok(&["--config", "lax.toml", "skip", "-r", "later"]);
        env.ok(&["next"]);
    }
    fails(&env, 3, "3", &["--config", "lax.toml", "skip", "-r", "later"]);
}

#[test]
fn what_a_list_closes_and_opens_again_is_still_owed() {
    let env = Env::new().with_leads(2);
    env.ok(&["next"]);
    let says = |stage: &str| {
        env.write("stages.csv", format!("id,stage\nx1,{stage}\n"));
        assert_eq!(one(&env, &["import", "stages.csv", "--source", "generic"])["updated"], 1);
    };
    says("rejected");
    assert_eq!(one(&env, &["next"])["external_id"], "x2");
    says("assigned");
    assert_eq!(one(&env, &["next"])["external_id"], "x2", "one after the other");
    env.ok(&["accept"]);
    assert_eq!(one(&env, &["status"])["engaged"], "L-1");
    fails(&env, 3, "L-1 is open", &["log", "x2", "-c", "phone", "-o", "reached"]);
}
