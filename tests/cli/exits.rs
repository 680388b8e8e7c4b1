//! The exit codes as they are documented, for every command: 0 done, 1 failed, 2 usage, 3 refused by the handoff's
//! rules, 4 no such lead, 5 configuration.

use clap::CommandFactory;
use leadbox::cli::args::Cli;

use crate::support::Env;

/// Every command that reads the configuration and the store, as it is called rightly while L-1 is open.
const COMMANDS: [&[&str]; 18] = [
    &["list"],
    &["next"],
    &["show"],
    &["accept"],
    &["reject", "-r", "budget"],
    &["log", "-c", "phone", "-o", "voicemail"],
    &["defer", "-u", "+3d", "-w", "asked"],
    &["qualify", "--problem", "p", "--authority", "a", "--next-step", "n"],
    &["skip", "-r", "why"],
    &["snooze", "-u", "+2h"],
    &["undo"],
    &["search", "maya"],
    &["import", "leads.csv"],
    &["export"],
    &["outbox"],
    &["divergence"],
    &["score", "explain"],
    &["status"],
];
/// Those that are about one lead.
const OF_A_LEAD: [&str; 9] = ["show", "accept", "reject", "log", "defer", "qualify", "skip", "snooze", "score"];

#[track_caller]
fn ends(env: &Env, code: i32, args: &[&str]) {
    let ran = env.run(args);
    assert_eq!(ran.code, code, "leadbox {args:?}: {}{}", ran.out, ran.err);
    assert_eq!(
        code == 0,
        !ran.err.starts_with("leadbox: ") && !ran.err.starts_with("error: "),
        "{args:?}: {}",
        ran.err
    );
    let json = env.run(&[args, &["--json"]].concat());
    if json.code != 0 {
        let told: serde_json::Value = serde_json::from_str(json.err.lines().last().unwrap_or_default()).unwrap();
        assert_eq!(told["exit"], json.code, "{args:?}: {told}");
        assert!(told["error"].as_str().is_some_and(|text| !text.is_empty()));
    }
}

/// Three leads, the first of them open.
fn env() -> Env {
    let env = Env::new().with_leads(3);
    env.ok(&["next"]);
    env
}

#[test]
fn no_command_is_missing_here() {
    let mut named: Vec<&str> = COMMANDS.iter().map(|args| args[0]).collect();
    named.extend(["sla", "config", "doctor", "completions", "man", "demo"]);
    named.extend(["hub", "login", "logout", "sync", "source", "team", "route", "audit"]);
    let mut known: Vec<String> =
        Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    named.sort_unstable();
    known.sort_unstable();
    assert_eq!(named, known);
}

#[test]
fn zero_is_done() {
    for args in COMMANDS {
        let env = env();
        match args[0] {
            "undo" => drop(env.ok(&["accept"])),
            "qualify" | "snooze" => drop(env.ok(&["log", "-c", "phone", "-o", "reached"])),
            _ => {}
        }
        // By then it is not open any more.
        let args = if ["qualify", "snooze"].contains(&args[0]) { [args, &["L-1"]].concat() } else { args.to_vec() };
        env.ok(&args);
    }
    for args in [&["config", "check"][..], &["config", "path"], &["doctor"], &["completions", "bash"], &["man"]] {
        ends(&env(), 0, args);
    }
}

#[test]
fn one_is_a_failure_of_the_surroundings() {
    let env = env();
    for args in COMMANDS {
        ends(&env, 1, &[args, &["--data-dir", "/proc/none"]].concat());
    }
    ends(&env, 1, &["doctor", "--data-dir", "/proc/none"]);
    ends(&env, 1, &["import", "none.csv"]);
    ends(&env, 1, &["export", "none/none.csv"]);
    ends(&env, 1, &["config", "init"]);
    // Nobody is signed in.
    for args in [&["sync"][..], &["logout"], &["route", "explain", "1"], &["team", "back"]] {
        ends(&env, 1, args);
    }
    // No hub listens there, and there is no token.
    ends(&env, 1, &["hub", "person", "list", "--hub", "http://127.0.0.1:1"]);
}

#[test]
fn two_is_a_command_line_that_makes_no_sense() {
    let env = env();
    for args in COMMANDS {
        ends(&env, 2, &[args, &["--none"]].concat());
    }
    for args in [
        &["none"][..],
        &["list", "cat:Z"],
        &["list", "-n", "many"],
        &["search", " "],
        &["log", "-c", "pigeon", "-o", "voicemail"],
        &["log", "-c", "phone", "-o", "voicemail", "--at", "noon"],
        &["defer", "-u", "someday", "-w", "asked"],
        &["snooze", "-u", "someday"],
        &["import"],
        &["export", "--format", "pdf"],
        &["sla", "due"],
        &["completions", "none"],
        &["demo", "--seed", "x"],
        &["demo"],
        &[],
        &["source", "check", "none"],
        &["source", "check", "--create"],
        &["source", "login", "none"],
        &["source", "remove", "none"],
        &["source", "add", "crm"],
        &["source", "add", "crm", "--kind", "salesforce", "--url", "https://x.example"],
        &["login", "ftp://hub.example", "--token-file", "config.toml"],
        &["login", "http://hub.example", "--token-file", "config.toml"],
        &["hub", "serve", "--bind", "0.0.0.0:0", "--db", "sqlite:hub.db"],
        &["hub", "serve", "--bind", "somewhere"],
    ] {
        ends(&env, 2, args);
    }
    let ran = crate::tool::at(&env, "soon", &["status"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn three_is_a_refusal_by_the_rules_of_the_handoff() {
    let env = env();
    // L-1 is open: no other lead, and no snooze of the one that is owed an answer.
    for args in COMMANDS.iter().filter(|args| OF_A_LEAD.contains(&args[0]) && !["show", "score"].contains(&args[0])) {
        ends(&env, 3, &[args, &["L-2"][..]].concat());
    }
    for args in [
        &["undo"][..],
        &["reject", "-r", "none"],
        &["reject", "-r", "bad_data"],
        &["defer", "-u", "2020-01-01T00:00:00Z", "-w", "asked"],
        &["defer", "-u", "+3d", "-w", " "],
        &["log", "-c", "phone", "-o", "voicemail", "--at", "2030-01-01T00:00:00Z"],
        &["skip", "-r", " "],
    ] {
        ends(&env, 3, args);
    }
}

#[test]
fn four_is_a_lead_that_is_not_there() {
    let env = env();
    for args in COMMANDS.iter().filter(|args| OF_A_LEAD.contains(&args[0])) {
        ends(&env, 4, &[args, &["L-99"][..]].concat());
    }
}

#[test]
fn five_is_a_configuration_mapping_or_calendar_that_is_wrong() {
    let env = env();
    env.write("bad.toml", "[keys]\nnone = \"x\"\n");
    env.write("map.toml", "nonsense = 1\n");
    for args in COMMANDS.iter().copied().chain([&["config", "check"][..], &["doctor"]]) {
        ends(&env, 5, &[args, &["--config", "bad.toml"]].concat());
    }
    ends(&env, 5, &["source", "add", "crm", "--kind", "none", "--url", "x", "--database", "d", "--user", "u"]);
    ends(&env, 5, &["import", "leads.csv", "--map", "map.toml"]);
    ends(&env, 5, &["import", "leads.csv", "--map", "none"]);
    let span = ["--calendar", "bad.toml", "--name", "none"];
    ends(&env, 5, &[&["sla", "due", "--start", crate::support::NOW, "--budget", "5m"], &span[..]].concat());
    ends(
        &env,
        5,
        &[&["sla", "elapsed", "--from", crate::support::NOW, "--to", crate::support::NOW], &span[..]].concat(),
    );
}
