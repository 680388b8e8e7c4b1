//! Every disposition: what it needs, what it does, how it is refused.

use serde_json::Value;

use crate::support::Env;
use crate::tool::{fails, one};

fn env() -> Env {
    Env::new().with_leads(1)
}

/// The last event of what was printed.
fn event(done: &Value) -> Value {
    done["events"].as_array().unwrap().last().unwrap()["what"].clone()
}

#[test]
fn accepting_is_told_as_an_event() {
    let env = env();
    let done = one(&env, &["accept", "x1"]);
    assert_eq!((done["lead"].as_str(), done["stage"].as_str()), (Some("L-1"), Some("accepted")));
    let event = &done["events"][0];
    assert_eq!((event["seq"].as_u64(), event["at"].as_str()), (Some(1), Some("2026-11-20T10:00:00Z")));
    assert_eq!((event["actor"]["name"].as_str(), event["what"]["kind"].as_str()), (Some("ana"), Some("accepted")));
    assert_eq!(event["id"].as_str().unwrap().len(), 36);
    fails(&env, 3, "it is accepted already", &["accept", "x1"]);
}

#[test]
fn every_reason_rejects_with_what_it_asks_for_and_not_without() {
    // Code, finer codes, whether evidence is asked for.
    let reasons: [(&str, &[&str], bool); 11] = [
        ("wrong_persona", &[], false),
        ("out_of_territory", &[], true),
        ("bad_data", &["email", "phone", "company"], false),
        ("duplicate", &[], true),
        ("competitor", &["is_competitor", "chose_competitor"], false),
        ("budget", &[], false),
        ("timing_premature", &[], false),
        ("wrong_product_fit", &[], false),
        ("not_a_buyer", &["student", "job_seeker", "vendor"], false),
        ("existing_customer", &[], false),
        ("other", &[], true),
    ];
    let needing = Env::new().with_leads(1);
    let env = Env::new().with_leads(20);
    let mut number = 0;
    for (code, subs, evidence) in reasons {
        let bare = ["reject", "x1", "-r", code];
        if evidence || !subs.is_empty() {
            fails(&needing, 3, code, &bare);
        }
        if !subs.is_empty() {
            fails(&needing, 3, subs[0], &[&bare[..], &["--sub", "nonsense"]].concat());
        }
        let all: Vec<Option<&str>> =
            if subs.is_empty() { vec![None] } else { subs.iter().copied().map(Some).collect() };
        for sub in all {
            number += 1;
            let lead = format!("x{number}");
            let mut args = vec!["reject", &lead, "--reason", code];
            args.extend(sub.into_iter().flat_map(|sub| ["--sub", sub]));
            args.extend(evidence.then_some(["--evidence", "L-12, the older one"]).into_iter().flatten());
            let done = one(&env, &args);
            assert_eq!((done["stage"].as_str(), event(&done)["code"].as_str()), (Some("rejected"), Some(code)));
            assert_eq!(event(&done)["sub"].as_str(), sub);
        }
    }
    let listed = env.json(&["list", "--tab", "done", "-n", "0"]);
    assert_eq!(listed.len(), number);
}

#[test]
fn unknown_reasons_and_acts_on_closed_leads_are_refused() {
    let env = env();
    fails(&env, 3, "the reasons are wrong_persona", &["reject", "x1", "-r", "boring"]);
    fails(&env, 2, "--reason", &["reject", "x1"]);
    let done = one(&env, &["reject", "x1", "-r", "Wrong Title"]);
    assert_eq!(event(&done)["code"], "wrong_persona", "aliases are understood");
    for act in
        [&["accept", "x1"][..], &["reject", "x1", "-r", "budget"], &["log", "x1", "-c", "phone", "-o", "reached"]]
    {
        fails(&env, 3, "it is rejected", act);
    }
}

#[test]
fn each_channel_has_its_outcomes_and_a_contact_accepts_the_lead() {
    let outcomes = ["reached", "voicemail", "no_answer", "auto_reply", "wrong_number"];
    let allowed: [(&str, [bool; 5]); 5] = [
        ("phone", [true, true, true, false, true]),
        ("email", [true, false, true, true, false]),
        ("message", [true, false, true, true, false]),
        ("linkedin", [true, false, true, true, false]),
        ("video", [true, false, true, false, false]),
    ];
    let env = Env::new().with_leads(25);
    let mut number = 0;
    for (channel, may) in allowed {
        for (outcome, may) in outcomes.into_iter().zip(may) {
            number += 1;
            let lead = format!("x{number}");
            let args = ["log", &lead, "--channel", channel, "--outcome", outcome, "--json"];
            let ran = env.run(&args);
            if !may {
                assert_eq!(ran.code, 3, "{channel} {outcome}: {}", ran.out);
                continue;
            }
            let done: Value = serde_json::from_str(&ran.out).unwrap();
            assert_eq!(done["events"][0]["what"]["implicit"], true, "{channel} {outcome}");
            assert_eq!(
                (event(&done)["channel"].as_str(), event(&done)["outcome"].as_str()),
                (Some(channel), Some(outcome))
            );
            let stage = if outcome == "reached" { "connected" } else { "attempted" };
            assert_eq!(done["stage"], stage, "{channel} {outcome}");
        }
    }
    fails(&env, 2, "phone, email, message, linkedin, video", &["log", "x1", "-c", "fax", "-o", "reached"]);
    fails(&env, 2, "voicemail", &["log", "x1", "-c", "phone", "-o", "shrug"]);
}

#[test]
fn a_contact_keeps_its_time_note_citation_and_next_step() {
    let env = env();
    let done = one(
        &env,
        &[
            "log",
            "x1",
            "-c",
            "e-mail",
            "-o",
            "no answer",
            "--at",
            "2026-11-20T10:30:00+01:00",
            "--note",
            "sent the deck",
            "--cited",
            "pricing page",
            "--next-at",
            "mon 9:00",
            "--next-what",
            "call",
        ],
    );
    let event = event(&done);
    assert!(event["at"].as_str().unwrap().starts_with("2026-11-20T09:30:00"), "{event}");
    assert_eq!((event["note"].as_str(), event["cited"].as_str()), (Some("sent the deck"), Some("pricing page")));
    assert_eq!(event["next"]["what"], "call");
    let shown = env.ok(&["show", "x1"]);
    assert!(shown.contains("made Fri Nov 20, 09:30"), "told later than it was made:\n{shown}");
    assert!(event["next"]["at"].as_str().unwrap().starts_with("2026-11-23T09:00:00"), "{event}");
    let future = ["log", "x1", "-c", "phone", "-o", "reached", "--at", "2026-11-20T10:00:01Z"];
    fails(&env, 3, "must be in the past", &future);
    fails(&env, 2, "RFC 3339", &["log", "x1", "-c", "phone", "-o", "reached", "--at", "yesterday"]);
}

#[test]
fn the_eighth_touch_exhausts_a_lead() {
    let env = env();
    for touch in 1..=8 {
        let done = one(&env, &["log", "x1", "-c", "phone", "-o", "no_answer"]);
        assert_eq!(done["stage"], if touch < 8 { "attempted" } else { "recycled" }, "touch {touch}");
    }
    assert_eq!(one(&env, &["show", "x1"])["handoff"]["recycled"], "exhausted");
}

#[test]
fn a_deferral_takes_natural_dates_and_rfc_3339_and_is_capped() {
    for (until, means) in [
        ("tomorrow 9am", "2026-11-21T09:00:00"),
        ("+3d", "2026-11-23"),
        ("next tuesday 14:30", "2026-11-24T14:30:00"),
        ("2026-12-01T08:00:00+01:00", "2026-12-01T07:00:00"),
    ] {
        let env = env();
        let done = one(&env, &["defer", "x1", "--until", until, "--why", "budget in the new year"]);
        assert_eq!(done["stage"], "deferred");
        assert!(event(&done)["until"].as_str().unwrap().starts_with(means), "{until}: {}", event(&done));
        assert_eq!(env.json(&["list", "--tab", "deferred"]).len(), 1);
    }
    let env = env();
    let defer = |until| ["defer", "x1", "-u", until, "-w", "later"];
    fails(&env, 3, "30 days at the most", &defer("2027-02-01T09:00:00Z"));
    fails(&env, 3, "in the future", &defer("2026-11-20T09:00:00Z"));
    fails(&env, 2, "is not a date", &defer("when hell freezes"));
    fails(&env, 2, "--why", &["defer", "x1", "-u", "+3d"]);
    fails(&env, 3, "explanation", &["defer", "x1", "-u", "+3d", "-w", " "]);
    env.ok(&defer("+3d"));
    env.ok(&defer("+4d"));
    fails(&env, 3, "deferred 2 times already", &defer("+5d"));
}

#[test]
fn a_deferred_lead_comes_back_when_its_time_has_come() {
    let env = env();
    env.ok(&["defer", "x1", "-u", "2026-11-23T09:00:00Z", "-w", "away"]);
    assert!(one(&env, &["next"]).is_null());
    let back = crate::tool::at(&env, "2026-11-23T09:00:00Z", &["next", "--json"]);
    let back: Value = serde_json::from_str(&back.out).unwrap();
    assert_eq!((back["id"].as_str(), back["stage"].as_str()), (Some("L-1"), Some("assigned")));
}

#[test]
fn an_sql_needs_a_conversation_and_its_three_parts() {
    let env = env();
    let parts = ["--problem", "slow follow-up", "--authority", "she signs", "--next-step", "demo on Monday"];
    let qualify = [&["qualify", "x1"][..], &parts].concat();
    fails(&env, 3, "needs a conversation", &qualify);
    env.ok(&["log", "x1", "-c", "phone", "-o", "reached"]);
    fails(&env, 2, "--next-step", &["qualify", "x1", "--problem", "a", "--authority", "b"]);
    fails(&env, 3, "confirmed problem", &["qualify", "x1", "--problem", "", "--authority", "b", "--next-step", "c"]);
    let done = one(&env, &[&qualify[..], &["--next-at", "mon 9am"]].concat());
    assert_eq!((done["stage"].as_str(), event(&done)["kind"].as_str()), (Some("sql"), Some("qualified")));
    assert_eq!(event(&done)["authority"], "she signs");
}

#[test]
fn a_snooze_hides_the_lead_until_its_time() {
    let env = Env::new().with_leads(2);
    env.ok(&["snooze", "x1", "-u", "+2h"]);
    assert_eq!(one(&env, &["next"])["external_id"], "x2");
    assert_eq!(env.json(&["list", "--tab", "deferred"])[0]["returns_at"], "2026-11-20T12:00:00Z");
}

#[test]
fn the_five_exit_codes_and_their_errors_as_json() {
    let env = env();
    env.write("bad.toml", "[rep]\nname = \"ana\"\ncolour = 3\n");
    env.ok(&["accept", "x1"]);
    for (code, args) in [
        (1, &["export", "nowhere/out.csv"][..]),
        (2, &["frobnicate"]),
        (2, &["list", "--tab", "nonsense"]),
        (2, &["search", "nonsense:3"]),
        (3, &["accept", "x1"]),
        (4, &["show", "L-99"]),
        (4, &["accept", "nobody"]),
        (4, &["score", "explain", "nobody"]),
        (5, &["list", "--config", "bad.toml"]),
        (5, &["config", "check", "--config", "none.toml"]),
    ] {
        let plain = env.run(args);
        assert_eq!((plain.code, plain.out.as_str()), (code, ""), "{args:?}: {}", plain.err);
        // Before the command as well as after.
        for args in [[args, &["--json"]].concat(), [&["--json"], args].concat()] {
            let ran = env.run(&args);
            assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{args:?}");
            let error: Value = serde_json::from_str(&ran.err).unwrap();
            assert_eq!((crate::tool::keys(&error), error["exit"].as_i64()), (vec!["error", "exit"], Some(code.into())));
            assert!(!error["error"].as_str().unwrap().is_empty());
        }
    }
    fails(&env, 5, "bad.toml:3", &["list", "--config", "bad.toml"]);
}

#[test]
fn leads_are_named_by_number_id_or_source_and_id() {
    let env = env();
    for name in ["L-1", "l-1", "1", "x1", "generic:x1"] {
        assert_eq!(one(&env, &["show", name])["id"], "L-1", "{name}");
    }
    fails(&env, 4, "there is no lead “other:x1”", &["show", "other:x1"]);
}

#[test]
fn what_was_recorded_is_told_as_it_was_understood() {
    let env = Env::new().with_leads(4);
    let said = |args: &[&str]| env.ok(args);
    assert_eq!(said(&["accept", "x1"]), "L-1: accepted. `leadbox undo` takes it back within 10 s.\n");
    let deferred = said(&["defer", "x2", "-u", "next monday 9am", "-w", "call then"]);
    assert!(deferred.contains("deferred (until ") && deferred.contains("09:00 · “call then”)"), "{deferred}");
    let contacted = said(&["log", "x3", "-c", "phone", "-o", "no answer"]);
    assert!(contacted.contains("accepted (by making contact), contact (phone, no answer)"), "{contacted}");
    let rejected = said(&["reject", "x4", "-r", "competitor", "--sub", "is_competitor"]);
    assert!(rejected.contains("rejected (competitor · is competitor)"), "{rejected}");
}

#[test]
fn a_refusal_names_the_option_that_is_missing() {
    let env = env();
    fails(&env, 3, "(answer with --evidence)", &["reject", "x1", "-r", "duplicate"]);
    fails(&env, 3, "; name it with --sub", &["reject", "x1", "-r", "bad_data"]);
}
