//! What the clocks leave behind: outcomes that no edit changes, and who let them wait.

use serde_json::Value;

use crate::support::Env;
use crate::tool::{at, one};

fn show(env: &Env, now: &str) -> Value {
    serde_json::from_str(at(env, now, &["show", "x1", "--json"]).out.trim()).unwrap()
}

fn clock<'a>(shown: &'a Value, name: &str) -> &'a Value {
    shown["clocks"].as_array().unwrap().iter().find(|clock| clock["clock"] == name).unwrap()
}

/// From now on the office is open from 13:00 to 17:00.
fn open_at_noon(env: &Env) {
    let day = "[\"13:00-17:00\"]";
    let week = ["mon", "tue", "wed", "thu", "fri"].map(|name| format!("{name} = {day}\n")).concat();
    env.write(
        "config.toml",
        format!("[rep]\nname = \"ana\"\nzone = \"UTC\"\n[policy]\ncalendar = \"noon\"\n[calendars.noon]\nzone = \"UTC\"\n{week}"),
    );
}

#[test]
fn an_edit_of_the_calendar_changes_nothing_that_was() {
    let env = Env::new().with_leads(1);
    // An MQL at 8:01, due an hour after opening.
    assert_eq!(at(&env, "2026-11-20T09:40:00Z", &["accept", "x1"]).code, 0);
    let before = show(&env, "2026-11-20T10:30:00Z");
    assert_eq!(clock(&before, "first_contact")["left_seconds"], -1800);
    open_at_noon(&env);
    // Whatever writes next takes the new hours over.
    assert_eq!(at(&env, "2026-11-20T11:00:00Z", &["next"]).code, 0);
    let adopted = show(&env, "2026-11-20T11:00:00Z");
    let after = show(&env, "2026-11-20T13:30:00Z");
    for shown in [&before, &adopted, &after] {
        let answer = clock(shown, "acceptance");
        assert_eq!((answer["met"].as_bool(), answer["left_seconds"].as_i64()), (Some(true), Some(1200)));
        assert_eq!(answer["due"], "2026-11-20T10:00:00Z");
        assert_eq!(shown["handoff"]["closed"][0]["calendar"], before["handoff"]["closed"][0]["calendar"]);
        assert_eq!(clock(shown, "first_contact")["due"], "2026-11-20T10:00:00Z", "it was due before the edit");
    }
    assert_eq!(clock(&adopted, "first_contact")["left_seconds"], -3600);
    assert_eq!(clock(&after, "first_contact")["left_seconds"], -5400, "an hour on the old hours, half on the new");
    let text = at(&env, "2026-11-20T13:30:00Z", &["show", "x1"]).out;
    assert!(text.contains("met with 20:00 left, done Fri 2026-11-20 09:40"), "{text}");
    assert!(text.contains("1h 30m over"), "{text}");
    assert!(text.contains("still missing      a first contact"), "{text}");
}

#[test]
fn the_wait_is_split_between_the_system_and_the_rep() {
    let env = Env::new();
    let header = "id,first name,last name,email,company,mql date,assigned date";
    let row = "x1,Maya,Chen,maya@northwind.example,Northwind,2026-11-20T09:00:00Z,2026-11-20T09:10:00Z";
    env.write("leads.csv", format!("{header}\n{row}\n"));
    env.ok(&["import", "leads.csv"]);
    let waited =
        |shown: &Value| ["lead_seconds", "rep_seconds", "system_seconds"].map(|key| shown["waited"][key].as_i64());
    let shown = one(&env, &["next"]);
    assert_eq!(waited(&shown), [Some(3600), Some(3000), Some(600)]);
    assert_eq!(clock(&shown, "first_contact")["started"], "2026-11-20T09:00:00Z", "by the anchor mql_converted");
    env.ok(&["log", "x1", "-c", "phone", "-o", "voicemail"]);
    let later = show(&env, "2026-11-23T12:00:00Z");
    assert_eq!(waited(&later), [Some(3600), Some(3000), Some(600)], "until the first contact");
    assert_eq!(clock(&later, "first_contact")["met"], true);
    assert_eq!(later["missing"], serde_json::json!(["personal_touch"]));
    env.write("config.toml", "[rep]\nname = \"ana\"\nzone = \"UTC\"\n[policy.sla]\nanchor = \"assigned\"\n");
    let moved = show(&env, "2026-11-23T12:00:00Z");
    assert_eq!(clock(&moved, "first_contact")["started"], "2026-11-20T09:00:00Z", "a closed clock stays as it was");
}

#[test]
fn a_black_hole_and_the_automatic_answer_are_shown() {
    let env = Env::new().with_leads(1);
    env.ok(&["next"]);
    let shown = show(&env, "2026-11-23T10:00:00Z");
    assert_eq!(shown["black_hole"]["seconds"], (3 * 24 + 2) * 3600 - 60);
    assert_eq!(shown["black_hole"]["working_seconds"], 9 * 3600);
    assert_eq!(shown["auto_response"], Value::Null, "it came before opening, but on a working day");
    let early = show(&env, "2026-11-20T12:00:00Z");
    assert_eq!(early["black_hole"], Value::Null);
    env.write("night.csv", "id,first name,last name,company,mql date\nn1,Kim,Lee,Acme,2026-11-19T20:00:00Z\n");
    env.ok(&["import", "night.csv"]);
    env.ok(&["log", "x1", "-c", "phone", "-o", "no_answer"]);
    let night = one(&env, &["next"]);
    assert_eq!(night["auto_response"]["due"], "2026-11-19T20:15:00Z");
    assert_eq!(night["auto_response"]["sent"], Value::Null);
}

#[test]
fn what_time_will_have_noted_is_told_alike_by_every_command_and_written_nowhere() {
    let env = Env::new().with_leads(2);
    let recycling = "[rep]\nname = \"ana\"\nzone = \"UTC\"\n[policy.touches]\nshortfall = \"recycle\"\n";
    env.write("config.toml", recycling);
    env.ok(&["next"]);
    env.ok(&["accept", "x1"]);
    let before = show(&env, "2026-12-04T09:59:59Z");
    assert_eq!(before["stage"], "accepted");
    assert_eq!(before["handoff"]["shortfall_at"], Value::Null);
    for _ in 0..2 {
        let then = "2026-12-04T10:00:01Z";
        let shown = show(&env, then);
        let listed: Value = serde_json::from_str(&at(&env, then, &["list", "--tab", "done", "--json"]).out).unwrap();
        for told in [&shown, &listed] {
            assert_eq!((&told["stage"], &told["tab"]), (&"recycled".into(), &"done".into()), "{told}");
        }
        assert_eq!(shown["handoff"]["stage"], "recycled");
        let codes: Vec<_> =
            shown["events"].as_array().unwrap().iter().map(|event| event["what"]["type"].clone()).collect();
        assert_eq!(codes.len(), 3, "{codes:?}");
        let status: Value = serde_json::from_str(&at(&env, then, &["status", "--json"]).out).unwrap();
        assert_eq!(status["engaged"], Value::Null, "nothing is owed any more");
        assert!(at(&env, then, &["show", "x1"]).out.contains("stage: recycled"));
    }
    assert_eq!(show(&env, crate::support::NOW)["events"].as_array().unwrap().len(), 1, "nothing of it was kept");
}
