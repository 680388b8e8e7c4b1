//! The command line as users and scripts meet it: the contracts of import, of the gate, of business time, and the exit
//! codes.

mod support;

use serde_json::{Value, json};
use support::{Env, leads_csv};

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

/// Opens the next lead and returns its number.
fn next(env: &Env) -> String {
    id(&env.json(&["next"])[0])
}

#[test]
fn an_import_says_what_became_of_each_row_and_repeats_without_harm() {
    let env = Env::new();
    let file = env.write("leads.csv", leads_csv(3));
    let file = file.to_str().unwrap();
    let first = env.json(&["import", file]);
    assert_eq!(first.last().unwrap(), &json!({"read":3,"added":3,"updated":0,"unchanged":0,"rejected":0,"errors":[]}));
    assert_eq!(env.json(&["import", file])[0]["unchanged"], 3);
    let lead = next(&env);
    env.ok(&["reject", &lead, "--reason", "budget"]);
    env.write("leads.csv", leads_csv(3).replace("VP Sales", "CEO"));
    assert_eq!(env.json(&["import", file])[0]["updated"], 3);
    let shown = &env.json(&["show", &lead])[0];
    assert_eq!((&shown["stage"], &shown["title"]), (&json!("rejected"), &json!("CEO")), "news comes in, the act stays");
    assert_eq!(env.json(&["list", "-n", "0"]).len(), 2);
}

#[test]
fn a_wrong_row_is_named_and_strict_is_all_or_nothing() {
    let env = Env::new();
    let text = leads_csv(3).replace("2026-11-20T08:02:00Z", "the day before");
    let file = env.write("leads.csv", text);
    let file = file.to_str().unwrap();
    let strict = env.run(&["import", file, "--strict", "--json"]);
    assert_eq!(strict.code, 1);
    assert_eq!(env.json(&["list"]), [] as [Value; 0]);
    let report = &env.json(&["import", file])[0];
    assert_eq!((&report["read"], &report["added"], &report["rejected"]), (&json!(3), &json!(2), &json!(1)));
    let error = &report["errors"][0];
    assert_eq!((error["line"].as_u64(), error["column"].as_str()), (Some(3), Some("mql date")));
    assert!(
        error["file"].as_str().unwrap().ends_with("leads.csv")
            && error["reason"].as_str().unwrap().contains("the day before")
    );
}

#[test]
fn any_usual_encoding_and_delimiter_comes_in() {
    let env = Env::new();
    let text = leads_csv(2).replace("Maya", "Zoë").replace('\n', "\r\n");
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin1: Vec<u8> = text.replace(',', ";").chars().map(|c| c as u8).collect();
    for (name, bytes) in [("a.csv", utf16), ("b.csv", latin1), ("c.csv", [b"\xef\xbb\xbf", text.as_bytes()].concat())] {
        let file = env.write(name, bytes);
        assert_eq!(env.json(&["import", file.to_str().unwrap()])[0]["added"], 2, "{name}");
    }
    let names: Vec<_> =
        env.json(&["list", "-n", "0"]).iter().map(|lead| lead["name"].as_str().unwrap().to_owned()).collect();
    assert!(names.len() == 6 && names.iter().all(|name| name.starts_with("Zoë")), "{names:?}");
}

#[test]
fn next_holds_the_gate_until_a_disposition() {
    let env = Env::new().with_leads(3);
    let first = next(&env);
    assert_eq!(next(&env), first, "the same lead until a disposition is given");
    let whole = &env.json(&["show", &first])[0];
    assert_eq!((&whole["whole"], &whole["engaged"], &whole["owes"]), (&json!(true), &json!(true), &json!("answer")));
    assert!(whole["record"]["person"]["email"].is_string());
    let other = env.json(&["list"]).iter().map(id).find(|lead| *lead != first).unwrap();
    let summary = &env.json(&["show", &other])[0];
    assert_eq!(summary["whole"], json!(false));
    assert!(summary.get("record").is_none() && !summary.to_string().contains("@northwind"), "{summary}");
    for args in [vec!["accept", &other], vec!["reject", &other, "-r", "budget"], vec!["snooze", &first, "-u", "+2h"]] {
        assert_eq!(env.run(&args).code, 3, "{args:?}");
    }
    assert!(env.run(&["accept", &other]).err.contains(&format!("{first} is open and owes a disposition")));
    env.ok(&["accept", &first]);
    let second = next(&env);
    assert_ne!(second, first);
    assert_eq!(env.json(&["show", &first]).len(), 1);
    assert_eq!(env.run(&["show", &first]).code, 0);
}

#[test]
fn skips_are_budgeted_and_undo_gives_back() {
    let env = Env::new().with_leads(5);
    for _ in 0..3 {
        let lead = next(&env);
        env.ok(&["skip", &lead, "--reason", "in a meeting"]);
    }
    let lead = next(&env);
    assert_eq!(env.run(&["skip", &lead, "--reason", "again"]).code, 3);
    env.ok(&["undo"]);
    assert_ne!(next(&env), lead, "the lead that was skipped last is in front again");
    assert_eq!(env.run(&["undo", "--json"]).code, 0);
    let late = env.command(&["undo"]).env("LEADBOX_NOW", "2026-11-20T10:00:11Z").output().unwrap();
    assert_eq!(late.status.code(), Some(3));
}

#[test]
fn every_disposition_asks_for_what_it_needs() {
    let env = Env::new().with_leads(6);
    let lead = next(&env);
    for args in [
        vec!["reject", &lead, "-r", "boring"],
        vec!["reject", &lead, "-r", "duplicate"],
        vec!["reject", &lead, "-r", "bad_data"],
        vec!["log", &lead, "-c", "email", "-o", "voicemail"],
        vec!["defer", &lead, "-u", "2027-05-01T09:00:00Z", "-w", "next year"],
        vec!["qualify", &lead, "--problem", "p", "--authority", "a", "--next-step", "n"],
    ] {
        assert_eq!(env.run(&args).code, 3, "{args:?}");
    }
    for args in [
        vec!["log", &lead, "-c", "fax", "-o", "reached"],
        vec!["defer", &lead, "-u", "whenever", "-w", "x"],
        vec!["reject", &lead],
        vec!["dance"],
    ] {
        assert_eq!(env.run(&args).code, 2, "{args:?}");
    }
    env.ok(&["log", &lead, "-c", "phone", "-o", "reached", "--note", "wants a demo", "--cited", "pricing page"]);
    let shown = &env.json(&["show", &lead])[0];
    assert_eq!((&shown["stage"], &shown["handoff"]["accepted_implicitly"]), (&json!("connected"), &json!(true)));
    env.ok(&[
        "qualify",
        &lead,
        "--problem",
        "loses leads",
        "--authority",
        "is the VP",
        "--next-step",
        "demo on Tuesday",
    ]);
    assert_eq!(env.json(&["show", &lead])[0]["stage"], "sql");
    let lead = next(&env);
    env.ok(&["reject", &lead, "-r", "duplicate", "--evidence", "L-1"]);
    let lead = next(&env);
    env.ok(&["defer", &lead, "--until", "tomorrow 9am", "--why", "asked for Saturday"]);
    assert_eq!(env.json(&["list", "--tab", "deferred"])[0]["returns_at"], "2026-11-21T09:00:00Z");
}

#[test]
fn failures_have_stable_codes_and_say_where() {
    let env = Env::new();
    assert_eq!(env.run(&["show", "nobody"]).code, 4);
    assert_eq!(env.run(&["import", "absent.csv"]).code, 1);
    assert_eq!(env.run(&["undo"]).code, 3);
    let file = env.write("leads.csv", leads_csv(1));
    assert_eq!(env.run(&["import", file.to_str().unwrap(), "--map", "nosuch"]).code, 5);
    env.write("config.toml", "[rep]\nname = \"ana\"\nzoen = \"UTC\"\n");
    let broken = env.run(&["list"]);
    assert_eq!(broken.code, 5);
    assert!(broken.err.contains("config.toml:3:1") && broken.err.contains("zone"), "{}", broken.err);
    env.write("config.toml", "[keys]\naccept = \"r\"\n");
    let conflict = env.run(&["config", "check"]);
    assert!(
        conflict.code == 5 && conflict.err.contains("config.toml:2") && conflict.err.contains("reject"),
        "{}",
        conflict.err
    );
    let as_json = env.run(&["list", "--json"]);
    assert_eq!(as_json.code, 0, "a key conflict is the app's matter: {}", as_json.err);
}

#[test]
fn lists_and_searches_print_one_lead_a_line() {
    let env = Env::new().with_leads(4);
    assert_eq!(env.json(&["list"]).len(), 4);
    assert_eq!(env.json(&["list", "--tab", "new", "-n", "2"]).len(), 2);
    assert_eq!(env.json(&["list", "--tab", "done"]).len(), 0);
    let found = env.json(&["search", "chen2"]);
    assert_eq!((found.len(), &found[0]["external_id"]), (1, &json!("x2")));
    assert_eq!(env.json(&["search", "maya", "tab:new"]).len(), 4);
    assert_eq!(env.run(&["search", "cat:Q"]).code, 2);
    let status = env.ok(&["status"]);
    assert!(status.contains("4 new"), "{status}");
}

#[test]
fn foreign_text_reaches_the_terminal_inert() {
    let env = Env::new();
    let csv = "id,first name,last name,email,company\nx1,Ma\u{1b}[2Jya,\u{202e}Chen,maya@x.example,=cmd()\n";
    let file = env.write("leads.csv", csv);
    env.ok(&["import", file.to_str().unwrap()]);
    for args in [vec!["list"], vec!["next"], vec!["show", "L-1"], vec!["search", "chen"], vec!["outbox"]] {
        let out = env.ok(&args);
        assert!(!out.contains(['\u{1b}', '\u{202e}']), "{args:?}: {out:?}");
    }
    let exported = env.ok(&["export"]);
    assert!(exported.contains("'=cmd()") && !exported.contains("\"=cmd()"), "{exported}");
}

#[test]
fn what_was_done_leaves_by_export_once() {
    let env = Env::new().with_leads(3);
    let lead = next(&env);
    env.ok(&["reject", &lead, "-r", "budget"]);
    let later = |args: &[&str]| {
        let output = env.command(args).env("LEADBOX_NOW", "2026-11-20T10:05:00Z").output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(later(&["export", "--format", "jsonl"]).lines().count(), 3);
    let handed = later(&["export", "--format", "jsonl", "--pending"]);
    assert_eq!(handed.lines().count(), 1);
    assert!(handed.contains("\"rejected\""));
    assert_eq!(later(&["export", "--format", "jsonl", "--pending"]), "");
    for format in ["csv", "hubspot", "salesforce"] {
        assert_eq!(later(&["export", "--format", format]).lines().count(), 4, "{format}");
    }
    let file = env.path("out.csv");
    later(&["export", file.to_str().unwrap()]);
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&file).unwrap());
    assert_eq!(mode & 0o777, 0o600);
}

const CALENDARS: &str = r#"
[calendars.berlin]
zone = "Europe/Berlin"
mon = ["09:00-12:00", "13:00-17:30"]
tue = ["09:00-17:00"]
wed = ["00:00-24:00"]
thu = ["09:00-17:00"]
fri = ["22:00-02:00"]
holidays = ["2026-12-25"]
overrides = { "2026-12-24" = ["09:00-12:00"], "2026-12-31" = [] }
"#;

fn sla(env: &Env, command: &str, args: &[&str]) -> Value {
    let file = env.write("cal.toml", CALENDARS);
    let fixed = ["sla", command, "--calendar", file.to_str().unwrap(), "--name", "berlin"];
    env.json(&[&fixed[..], args].concat()).remove(0)
}

#[test]
fn due_times_follow_the_calendar() {
    let env = Env::new();
    // Monday 11:30 in Berlin: half an hour, then lunch.
    let due = sla(&env, "due", &["--start", "2026-11-23T11:30:00+01:00", "--budget", "1h30m"]);
    assert_eq!(due["due"], "2026-11-23T13:00:00Z");
    assert_eq!(due["due_local"], "2026-11-23T14:00:00+01:00");
    assert_eq!(due["mode"], "business");
    assert_eq!(
        due["spent"],
        json!([
            {"from":"2026-11-23T10:30:00Z","to":"2026-11-23T11:00:00Z","seconds":1800},
            {"from":"2026-11-23T12:00:00Z","to":"2026-11-23T13:00:00Z","seconds":3600}
        ])
    );
    let wall = sla(&env, "due", &["--start", "2026-11-23T10:00:00Z", "--budget", "300", "--mode", "wall"]);
    assert_eq!(wall["due"], "2026-11-23T10:05:00Z");
    let same_day = sla(&env, "due", &["--start", "2026-11-23T08:00:00Z", "--budget", "5m", "--mode", "same_day"]);
    assert_eq!(same_day["due"], "2026-11-23T16:30:00Z");
    let open =
        sla(&env, "due", &["--start", "2026-11-23T09:00:00Z", "--budget", "1h", "--pause", "2026-11-23T09:20:00Z/"]);
    assert_eq!((&open["due"], &open["remaining_seconds"]), (&Value::Null, &json!(2400)));
}

#[test]
fn elapsed_time_is_working_time() {
    let env = Env::new();
    let elapsed = |from: &str, to: &str| sla(&env, "elapsed", &["--from", from, "--to", to])["working_seconds"].clone();
    assert_eq!(elapsed("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"), json!(27_000));
    assert_eq!(elapsed("2026-11-24T00:00:00Z", "2026-11-23T00:00:00Z"), json!(0));
    assert_eq!(
        elapsed("2026-12-24T00:00:00Z", "2026-12-25T00:00:00Z"),
        json!(3 * 3600),
        "an override beats the weekday"
    );
    assert_eq!(
        elapsed("2026-12-25T00:00:00Z", "2026-12-26T12:00:00Z"),
        json!(0),
        "a holiday closes the night shift too"
    );
}

#[test]
fn a_calendar_that_makes_no_sense_is_an_error_with_its_line() {
    let env = Env::new();
    for (line, text) in [
        (2, "[calendars.x]\nzone = \"Mars/Olympus\"\nmon = [\"09:00-17:00\"]\n"),
        (3, "[calendars.x]\nzone = \"UTC\"\nmon = [\"25:00-26:00\"]\n"),
        (1, "[calendars.x]\nzone = \"UTC\"\nmon = []\n"),
    ] {
        let file = env.write("bad.toml", text);
        let args = [
            "sla",
            "due",
            "--calendar",
            file.to_str().unwrap(),
            "--name",
            "x",
            "--start",
            "2026-11-23T09:00:00Z",
            "--budget",
            "5m",
        ];
        let ran = env.run(&args);
        assert_eq!(ran.code, 5, "{text}: {}", ran.err);
        assert!(ran.err.contains(&format!("bad.toml:{line}")), "{text}: {}", ran.err);
    }
}

#[test]
fn the_program_describes_itself() {
    let env = Env::new();
    let man = env.ok(&["man"]);
    for command in ["import", "reject", "sla", "doctor"] {
        assert!(man.contains(command), "{command}");
        assert!(!env.ok(&[command, "--help"]).is_empty());
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(env.ok(&["completions", shell]).contains("leadbox"));
    }
    assert!(env.ok(&["config", "path"]).contains("config.toml"));
    assert_eq!(env.run(&["config", "init"]).code, 1, "an existing file is left as it is");
    env.ok(&["doctor"]);
}
