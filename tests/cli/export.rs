//! `leadbox export`: four formats, safe cells, handing over once.

use std::os::unix::fs::PermissionsExt;

use crate::support::terminal::Terminal;
use crate::support::{Env, leads_csv};
use crate::tool::{at, fails, one};

/// When what was done at the usual time can no longer be undone.
const LATER: &str = "2026-11-20T10:01:00Z";

fn records(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn every_format_holds_every_lead_with_what_was_done() {
    let env = Env::new().with_leads(3);
    env.ok(&["reject", "x2", "-r", "budget", "--note", "2028, \"perhaps\""]);
    for (format, count) in [("csv", 4), ("hubspot", 2), ("salesforce", 2)] {
        let rows = records(&env.ok(&["export", "--format", format]));
        assert_eq!(rows.len(), count, "{format}: a header and three leads, or the one that was dealt with");
        assert!(rows[1..].iter().all(|row| row.len() == rows[0].len()), "{format}");
        assert!(
            rows[1..].iter().flatten().any(|cell| cell.contains("x2") || cell == "maya2@northwind.example"),
            "{format}"
        );
    }
    let csv = records(&env.ok(&["export"]));
    let column = |name: &str| csv[0].iter().position(|column| column == name).unwrap();
    assert_eq!(csv[2][column("rejection_reason")], "budget");
    assert_eq!(csv[2][column("rejection_note")], "2028, \"perhaps\"");
    for args in [&["export", "--format", "jsonl"][..], &["export", "--json"]] {
        let text = env.ok(args);
        let leads: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(leads.len(), 3, "{args:?}");
        assert!(leads[1].to_string().contains("2028, \\\"perhaps\\\""));
    }
}

#[test]
fn no_cell_begins_a_formula_in_any_csv() {
    let env = Env::new();
    let evil = "=cmd|'/c calc'!A0";
    env.write("leads.csv", leads_csv(1).replace("Northwind 1", evil).replace("Chen1", "@SUM(1)"));
    env.ok(&["import", "leads.csv"]);
    env.ok(&["reject", "x1", "-r", "budget", "--note", "+1+1\t=2"]);
    for format in ["csv", "hubspot", "salesforce"] {
        let text = env.ok(&["export", "--format", format]);
        assert!(text.contains("cmd|"), "{format}: the company is there");
        for cell in records(&text).iter().flatten() {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']), "{format}: {cell}");
        }
    }
    let json = env.ok(&["export", "--format", "jsonl"]);
    assert!(json.contains("\"=cmd|"), "JSON is for machines and keeps what was said");
}

#[test]
fn what_is_pending_is_handed_over_once_and_not_while_it_can_be_undone() {
    let env = Env::new().with_leads(3);
    env.ok(&["accept", "x2"]);
    assert_eq!(records(&env.ok(&["export", "--pending"])).len(), 1, "it can still be undone");
    let first = at(&env, LATER, &["export", "done.csv", "--pending", "--json"]);
    assert_eq!(first.out.trim(), r#"{"exported":1,"summaries":0,"dispositions":1,"undoable":0}"#, "{}", first.err);
    let rows = records(&std::fs::read_to_string(env.path("done.csv")).unwrap());
    assert_eq!((rows.len(), rows[1].contains(&"x2".to_owned())), (2, true));
    let again = at(&env, LATER, &["export", "--pending"]);
    assert_eq!(records(&again.out).len(), 1);
    assert_eq!(records(&env.ok(&["export"])).len(), 4, "without --pending everything is written");
    assert_eq!(env.json(&["outbox"])[0]["state"], "sent");
}

#[test]
fn what_was_handed_over_is_never_written_over() {
    let env = Env::new().with_leads(2);
    env.ok(&["accept", "x1"]);
    let export = |now, more: &[&str]| at(&env, now, &[&["export", "done.csv", "--pending"], more].concat());
    assert_eq!(export(LATER, &[]).code, 0);
    let first = std::fs::read_to_string(env.path("done.csv")).unwrap();
    assert!(first.contains("x1"), "{first}");

    let again = export(LATER, &[]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.err.contains("nothing is to be handed over") && again.err.contains("done.csv"), "{}", again.err);
    assert_eq!(std::fs::read_to_string(env.path("done.csv")).unwrap(), first);

    assert_eq!(at(&env, LATER, &["accept", "x2"]).code, 0);
    let later = "2026-11-20T10:02:00Z";
    let refused = export(later, &[]);
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains("done.csv is there already") && refused.err.contains("--force"), "{}", refused.err);
    assert_eq!(std::fs::read_to_string(env.path("done.csv")).unwrap(), first);

    let forced = export(later, &["--force"]);
    assert_eq!(forced.code, 0, "what was refused is still pending: {}", forced.err);
    let rows = records(&std::fs::read_to_string(env.path("done.csv")).unwrap());
    assert!(rows.len() == 2 && rows[1].contains(&"x2".to_owned()), "{rows:?}");
    let left: Vec<_> = std::fs::read_dir(env.path(".")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".leadbox-export-")), "{left:?}");
}

#[test]
fn what_can_still_be_undone_is_told_and_makes_no_file() {
    let env = Env::new().with_leads(2);
    env.ok(&["accept", "x1"]);
    let ran = env.run(&["export", "done.csv", "--pending"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("1 disposition is not handed over yet, since it can be"), "{}", ran.err);
    assert!(ran.err.contains("undone until 2026-11-20 10:00:"), "{}", ran.err);
    assert!(!env.path("done.csv").exists());
    assert_eq!(one(&env, &["export", "done.csv", "--pending"])["undoable"], 1);
    assert!(env.run(&["export", "--pending"]).err.contains("1 disposition is not handed over yet"));
}

#[test]
fn a_place_that_cannot_be_written_is_told_with_a_way_out() {
    let env = Env::new().with_leads(1);
    fails(&env, 1, "nowhere/out.csv cannot be written: there is no folder nowhere", &["export", "nowhere/out.csv"]);
    fails(&env, 1, "it is a folder", &["export", "data"]);
    fails(&env, 1, "leads.csv/out.csv cannot be written", &["export", "leads.csv/out.csv"]);
}

#[test]
fn a_dash_is_standard_output_a_link_stays_one_and_a_device_is_not_replaced() {
    let env = Env::new().with_leads(1);
    assert_eq!(env.ok(&["export", "-"]), env.ok(&["export"]));
    assert_eq!(env.ok(&["export", "-", "--json"]), env.ok(&["export", "--format", "jsonl"]));
    env.write("real.csv", "old");
    std::os::unix::fs::symlink("real.csv", env.path("link.csv")).unwrap();
    std::os::unix::fs::symlink("/dev/null", env.path("null.csv")).unwrap();
    env.ok(&["export", "link.csv"]);
    assert!(env.path("link.csv").is_symlink());
    assert_eq!(records(&std::fs::read_to_string(env.path("real.csv")).unwrap()).len(), 2);
    env.ok(&["export", "null.csv"]);
    assert!(env.path("null.csv").is_symlink());
}

#[test]
fn what_the_reader_did_not_take_is_not_handed_over() {
    let env = Env::new().with_leads(1);
    env.ok(&["accept", "x1"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = env.command(&["export", "--pending"]).env("LEADBOX_NOW", LATER).stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(env.json(&["outbox"])[0]["state"], "local");
}

#[test]
fn the_file_is_for_nobody_else_and_an_older_one_is_replaced_whole() {
    let env = Env::new().with_leads(2);
    env.write("out.csv", "old");
    let told = one(&env, &["export", "out.csv"]);
    assert_eq!((told["exported"].as_u64(), told["dispositions"].as_u64()), (Some(2), Some(0)));
    let file = env.path("out.csv");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(records(&std::fs::read_to_string(file).unwrap()).len(), 3);
    fails(&env, 2, "xml", &["export", "--format", "xml"]);
}

#[test]
fn the_name_of_the_file_says_its_format() {
    let env = Env::new().with_leads(1);
    env.ok(&["export", "out.jsonl"]);
    let text = std::fs::read_to_string(env.path("out.jsonl")).unwrap();
    serde_json::from_str::<serde_json::Value>(text.lines().next().unwrap()).unwrap();
}

#[test]
fn an_export_imports_again_as_the_same_leads() {
    let env = Env::new().with_leads(3);
    env.ok(&["reject", "x1", "-r", "budget", "--note", "not before 2028"]);
    env.ok(&["accept", "x2"]);
    env.ok(&["export", "out.csv"]);
    env.ok(&["export", "out.jsonl"]);
    // What happens afterwards is not taken back by an older export either, whether it was handed over or not.
    assert_eq!(at(&env, LATER, &["log", "x2", "-c", "phone", "-o", "voicemail"]).code, 0);
    let before = [env.json(&["show", "x1"]), env.json(&["show", "x2"]), env.json(&["list"])];
    for handed_over in [false, true] {
        for file in ["out.csv", "out.jsonl"] {
            let report = one(&env, &["import", file]);
            let counts = ["read", "added", "updated", "unchanged", "rejected"].map(|key| report[key].as_u64().unwrap());
            assert_eq!(counts, [2, 0, 0, 2, 0], "{file}: {report}");
            assert_eq!([env.json(&["show", "x1"]), env.json(&["show", "x2"]), env.json(&["list"])], before, "{file}");
        }
        if !handed_over {
            assert_eq!(at(&env, "2026-11-20T10:05:00Z", &["export", "--pending", "handed.csv"]).code, 0);
        }
    }
    // Another machine has the same leads, where they stood.
    for file in ["out.csv", "out.jsonl"] {
        let other = Env::new();
        other.write(file, std::fs::read(env.path(file)).unwrap());
        assert_eq!(one(&other, &["import", file])["added"], 2, "{file}");
        let (closed, taken) = (one(&other, &["show", "generic:x1"]), one(&other, &["show", "generic:x2"]));
        assert_eq!((&closed["stage"], &taken["stage"]), (&"rejected".into(), &"accepted".into()), "{file}");
        let why = &other.json(&["export"])[0]["handoff"]["rejection"]["note"];
        assert_eq!(why, "budget", "{file}: the reason, and not what was noted beside it");
        assert!(other.ok(&["export"]).contains("Chen2"), "{file}");
    }
}

#[test]
fn what_was_not_opened_leaves_as_its_summary_and_takes_nothing_away_when_it_comes_back() {
    let env = Env::new().with_leads(3);
    env.ok(&["accept", "x1"]);
    env.ok(&["next"]);
    let private =
        |text: &str| [1, 2, 3].map(|n| text.contains(&format!("maya{n}@")) || text.contains(&format!("555 010{n}")));
    for format in ["csv", "jsonl"] {
        let text = env.ok(&["export", "--format", format]);
        assert_eq!(private(&text), [true, true, false], "{format}: dealt with, open, neither");
        assert!(text.contains("Chen3") && text.contains("Northwind 3"), "{format}: the summary is there");
    }
    for format in ["hubspot", "salesforce"] {
        let text = env.ok(&["export", "--format", format]);
        assert_eq!(private(&text), [true, true, false], "{format}");
        assert!(!text.contains("Chen3"), "{format}: nothing was done with it, so there is nothing to say");
    }
    let told = one(&env, &["export", "out.csv"]);
    assert_eq!((told["exported"].as_u64(), told["summaries"].as_u64()), (Some(3), Some(1)));
    env.ok(&["import", "out.csv"]);
    for lead in ["x2", "x3"] {
        env.ok(&["accept", lead]);
    }
    assert_eq!(private(&env.ok(&["export"])), [true; 3], "what was known is known");
}

#[test]
fn what_can_still_be_undone_is_not_handed_over_with_what_cannot() {
    let env = Env::new().with_leads(1);
    env.ok(&["accept", "x1"]);
    let second = at(&env, LATER, &["reject", "x1", "-r", "budget"]);
    assert_eq!(second.code, 0, "{}", second.err);
    let first = at(&env, "2026-11-20T10:01:05Z", &["export", "--pending", "--format", "jsonl"]);
    let row: serde_json::Value = serde_json::from_str(first.out.trim()).unwrap();
    assert_eq!(row["handoff"]["stage"], "accepted", "the rejection can still be undone: {row}");
    assert_eq!(row["handed"].as_array().unwrap().len(), 1, "{row}");
    assert_eq!(at(&env, "2026-11-20T10:01:06Z", &["undo"]).code, 0);
    let then = at(&env, "2026-11-20T10:02:00Z", &["export", "--pending", "--format", "jsonl"]);
    assert_eq!(then.out, "", "what was handed over holds");
    assert_eq!(at(&env, "2026-11-20T10:02:00Z", &["reject", "x1", "-r", "budget"]).code, 0);
    let last = at(&env, "2026-11-20T10:03:00Z", &["export", "--pending", "--format", "jsonl"]);
    let row: serde_json::Value = serde_json::from_str(last.out.trim()).unwrap();
    assert_eq!(row["handoff"]["stage"], "rejected");
}

#[test]
fn a_terminal_is_shown_nothing_that_acts_on_it() {
    let env = Env::new();
    let evil = "\u{1b}]0;owned\u{7}\u{9b}31mNorth\u{202e}wind";
    env.write("leads.csv", leads_csv(1).replace("Northwind 1", evil));
    env.ok(&["import", "leads.csv"]);
    env.ok(&["accept", "x1"]);
    let file = env.ok(&["export"]);
    assert!(file.contains(evil), "a file keeps it as it is");
    for format in ["csv", "hubspot", "jsonl"] {
        let mut terminal = Terminal::start(&env, &["export", "--format", format], (200, 60));
        assert!(terminal.wait_end());
        for bad in ["\u{1b}]0;owned", "\u{9b}", "\u{202e}"] {
            assert!(!terminal.wrote(bad), "{format}: {}", terminal.screen());
        }
        assert!(terminal.wrote("North"), "{format}: {}", terminal.screen());
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_counts_as_handed_over() {
    let env = Env::new().with_leads(1);
    env.ok(&["accept", "x1"]);
    for args in [&["export", "--pending"][..], &["list"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = env.command(args).env("LEADBOX_NOW", LATER).stdout(full).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("the disk is full"), "{told}");
    }
    assert_eq!(env.json(&["outbox"])[0]["state"], "local");
}
