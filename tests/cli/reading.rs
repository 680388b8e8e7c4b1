//! What shows leads without touching them: list, search, status, score explain, outbox, divergence.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::support::terminal::Terminal;
use crate::support::{Env, leads_csv};
use crate::tool::{at, fails, ids, keys, one, strings};

/// Leads that became MQLs within office hours: due from 10:01 on, a minute after one another.
fn env(count: usize) -> Env {
    let env = Env::new();
    env.write("leads.csv", leads_csv(count).replace("T09:", "T10:").replace("T08:", "T09:"));
    env.ok(&["import", "leads.csv"]);
    env
}

#[test]
fn list_prints_one_lead_a_line_in_the_order_of_what_is_due() {
    let env = env(4);
    env.ok(&["accept", "x2"]);
    let all = env.json(&["list"]);
    assert_eq!(strings(&all, "external_id"), ["x1", "x3", "x4", "x2"], "new ones first, then those in work");
    for key in
        ["id", "source", "external_id", "name", "company", "category", "score", "stage", "tab", "due", "left_seconds"]
    {
        assert!(keys(&all[0]).contains(&key), "no {key}");
    }
    assert_eq!(all[0]["due"], "2026-11-20T10:01:00Z");
    assert_eq!((all[0]["left_seconds"].as_i64(), all[0]["clock"].as_str()), (Some(60), Some("acceptance")));
}

#[test]
fn list_knows_tabs_filters_and_a_limit() {
    let env = env(59);
    env.ok(&["accept", "x2"]);
    env.ok(&["reject", "x3", "-r", "budget"]);
    let ids = |args: &[&str]| ids(&env, args);
    assert_eq!(ids(&["list"]).len(), 50, "fifty unless said otherwise");
    assert_eq!(ids(&["list", "-n", "0"]).len(), 58);
    assert_eq!(ids(&["list", "-n", "2"]), ["x1", "x4"]);
    assert_eq!(ids(&["list", "--tab", "working"]), ["x2"]);
    assert_eq!(ids(&["list", "--tab", "done"]), ["x3"]);
    assert_eq!(ids(&["list", "--tab", "data"]), Vec::<String>::new());
    assert_eq!(ids(&["list", "due:<2m", "stage:assigned"]), ["x1"]);
    assert_eq!(ids(&["list", "company:Northwind", "Chen41"]), ["x41"]);
    assert_eq!(ids(&["list", "--tab", "due", "-n", "3", "--", "-Chen1"]).len(), 3);
    fails(&env, 2, "there is no “colour:”", &["list", "colour:red"]);
    let plain = env.run(&["list", "-n", "2"]);
    assert_eq!(plain.out.lines().count(), 2);
    assert!(plain.err.contains("-n 0 lists all"), "{}", plain.err);
}

#[test]
fn search_finds_words_and_filters_whatever_the_accents() {
    let env = Env::new();
    env.write("leads.csv", leads_csv(3).replace("Maya,Chen2", "Zoë,Müller").replace("maya2@", "zoe@"));
    env.ok(&["import", "leads.csv"]);
    let ids = |args: &[&str]| ids(&env, args);
    assert_eq!(ids(&["search", "zoe", "MULL"]), ["x2"]);
    assert_eq!(ids(&["search", "maya", "--json"]), ["x1", "x3"]);
    assert_eq!(ids(&["search", "northwind", "-n", "1"]).len(), 1);
    assert_eq!(ids(&["search", "--", "northwind", "-zoe"]), ["x1", "x3"]);
    assert_eq!(ids(&["search", "nobody"]), Vec::<String>::new());
    assert!(env.run(&["search", "nobody"]).err.contains("No lead was found"));
    fails(&env, 2, "search for what?", &["search", " "]);
}

#[test]
fn columns_stay_columns_with_wide_characters() {
    let env = Env::new();
    env.write("leads.csv", leads_csv(2).replace("Maya,Chen1", "王,小明").replace("Northwind 1", "株式会社ノース"));
    env.ok(&["import", "leads.csv"]);
    let text = env.ok(&["list"]);
    let columns = |line: &str, of: &str| leadbox::ui::text::cells(&line[..line.find(of).unwrap()]);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(columns(lines[0], "株"), columns(lines[1], "Northwind"), "\n{text}");
}

#[test]
fn columns_line_up_whatever_is_in_them_and_in_a_pipe_nothing_is_cut() {
    let env = Env::new();
    let row = |id: &str, first: &str, last: &str, company: &str, at: &str| {
        format!("{id},{first},{last},{id}@x.example,{company},VP,{at},NEWSLETTER\n")
    };
    let rows = [
        row("w1", "株式", "会社東京太郎", "株式会社サンプル本社", "2026-11-20T08:01:00Z"),
        row("w2", "Zoë", "Ångström-Bröderson née Someone", "Plain Company That Is Long", "2026-08-20T08:01:00Z"),
        row("w3", "Jose\u{301}", "Mun\u{303}oz", "Acme", "2026-11-19T10:59:00Z"),
        row("w4", "Ed", "X", "Corp", "2026-11-20T09:59:00Z"),
        row("w5", "No", "Company", "", "2026-11-20T09:58:00Z"),
    ];
    let header = "id,first name,last name,email,company,title,mql date,lead source\n";
    env.write("leads.csv", header.to_owned() + &rows.concat());
    env.ok(&["import", "leads.csv"]);
    env.ok(&["next"]);
    env.ok(&["accept"]);
    let cells = leadbox::ui::text::cells;
    let starts = |text: &str, words: &[&str]| {
        let at = |line: &str| words.iter().find_map(|word| line.find(word).map(|at| cells(&line[..at])));
        text.lines().filter_map(at).collect::<Vec<_>>()
    };
    for args in [&["list"][..], &["search", "src:newsletter"]] {
        let text = env.ok(args);
        for words in
            [&["株式 ", "Zoë", "Jose", "Ed ", "No "][..], &["株式会社", "Plain", "Acme", "Corp"], &["NEWSLETTER"]]
        {
            let starts = starts(&text, words);
            assert!(starts.len() > 3, "{text}");
            assert!(starts.windows(2).all(|pair| pair[0] == pair[1]), "{words:?} {starts:?}\n{text}");
        }
        assert!(text.contains("née Someone"), "{text}");
    }
    env.ok(&["next"]);
    env.ok(&["log", "-c", "phone", "-o", "reached"]);
    let text = env.ok(&["outbox"]);
    let starts = starts(&text, &["accepted", "contact:"]);
    assert!(starts.len() == 3 && starts.windows(2).all(|pair| pair[0] == pair[1]), "{starts:?}\n{text}");
}

#[test]
fn status_is_one_line() {
    assert_eq!(Env::new().ok(&["status"]), "0 due · 0 new\n");
    let env = env(3);
    env.ok(&["next"]);
    assert_eq!(env.ok(&["status"]), "▲ 1:00 · 3 due · 3 new · L-1 open\n");
    let status = one(&env, &["status"]);
    assert_eq!(keys(&status["tabs"]), ["due", "new", "working", "deferred", "data", "done"]);
    assert_eq!((status["engaged"].as_str(), status["nearest"]["id"].as_str()), (Some("L-1"), Some("L-1")));
    env.ok(&["reject", "-r", "budget"]);
    assert_eq!(one(&env, &["status"])["done_today"], 1);
}

#[test]
fn the_clock_is_fixed_by_the_variable() {
    let env = env(1);
    let left = |now| crate::tool::at(&env, now, &["status"]).out;
    assert!(left("2026-11-20T10:00:59Z").starts_with("▲ 0:01 · "));
    assert!(left("2026-11-20T11:03:00+00:00").contains("over"));
    let ran = crate::tool::at(&env, "noon", &["list"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("LEADBOX_NOW"), "{}", ran.err);
}

#[test]
fn a_score_is_explained_part_by_part() {
    let env = Env::new().with_leads(1);
    fails(&env, 3, "open it", &["score", "explain", "x1"]);
    env.ok(&["next"]);
    let text = env.ok(&["score", "explain"]);
    assert!(text.contains("VP or above") && text.contains("threshold 65"), "{text}");
    let told = one(&env, &["score", "explain", "L-1"]);
    assert_eq!(told["score"]["total"], 20);
    assert_eq!(told["explanation"]["without"][0]["total"], 0);
}

#[test]
fn the_outbox_shows_what_was_done_and_what_was_taken_back() {
    let env = Env::new().with_leads(2);
    assert_eq!(env.ok(&["outbox"]), "The outbox is empty.\n");
    env.ok(&["accept", "x1"]);
    env.ok(&["accept", "x2"]);
    env.ok(&["undo"]);
    let mut rows: Vec<_> =
        env.json(&["outbox"]).iter().map(|row| (row["lead"].clone(), row["state"].clone())).collect();
    rows.sort_by_key(|row| row.0.to_string());
    assert_eq!(rows, [("L-1".into(), "local".into()), ("L-2".into(), "cancelled".into())]);
    env.ok(&["outbox", "--retry"]);
}

#[test]
fn on_a_terminal_rows_are_cut_to_it_and_paragraphs_broken_at_blanks() {
    let env = env(2);
    let screen = |args: &[&str]| {
        let mut terminal = Terminal::start(&env, args, (40, 60));
        assert!(terminal.wait_end());
        terminal.screen()
    };
    let list = screen(&["list"]);
    assert_eq!(list.lines().count(), 2, "{list}");
    assert!(list.lines().all(|line| line.ends_with('…')), "{list}");
    let lead = screen(&["next"]);
    assert!(lead.ends_with("open: accept, reject, log a contact,\n    defer or skip it before the next one"), "{lead}");
    let whole = env.ok(&["next"]);
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&lead), words(&whole), "nothing is lost");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let env = Env::new().with_leads(600);
    let file = env.path("data").join("leadbox.db");
    assert!(file.exists());
    for args in [&["list", "-n", "0", "--json"][..], &["export"], &["man"], &["completions", "zsh"], &["--help"]] {
        let mut child = env.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        // The pipe is closed here.
        let output = child.wait_with_output().unwrap();
        assert!(!first.is_empty());
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn reading_at_another_time_tells_what_would_be_and_changes_nothing() {
    let env = env(3);
    env.ok(&["defer", "x2", "--until", "2026-11-24T09:00:00Z", "--why", "on holiday"]);
    let stands = |now: &str| {
        let ran = crate::tool::at(&env, now, &["list", "--json"]);
        let lines: Vec<serde_json::Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.iter().map(|lead| format!("{} {}", lead["external_id"], lead["tab"])).collect::<Vec<_>>()
    };
    let before = stands(crate::support::NOW);
    assert!(before.iter().any(|line| line.contains("deferred")), "{before:?}");
    let file = || std::fs::read(env.data().join("leadbox.db")).unwrap();
    let kept = file();
    let later = "2026-11-25T10:00:00Z";
    for command in [
        &["status"][..],
        &["show", "x2"],
        &["search", "tab:due"],
        &["outbox"],
        &["divergence"],
        &["export"],
        &["score", "explain", "x2"],
    ] {
        crate::tool::at(&env, later, command);
    }
    let then = stands(later);
    assert!(then.iter().all(|line| line.contains("new")), "{then:?}");
    let shown: serde_json::Value =
        serde_json::from_str(&crate::tool::at(&env, later, &["show", "x2", "--json"]).out).unwrap();
    assert_eq!((&shown["stage"], &shown["whole"]), (&"assigned".into(), &false.into()));
    assert!(kept == file(), "reading wrote to the file");
    assert_eq!(stands(crate::support::NOW), before);
    // A command that writes at a time ahead is healed by the next one, too.
    crate::tool::at(&env, later, &["next"]);
    assert_eq!(stands(crate::support::NOW), before);
}

#[test]
fn an_empty_list_says_why_it_is_empty() {
    let env = env(2);
    let said = |args: &[&str]| {
        let ran = env.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{args:?}");
        ran.err
    };
    assert!(said(&["list", "nobody"]).contains("`leadbox search` looks among all"));
    assert!(said(&["list", "--tab", "data"]).contains("in this tab"));
    assert_eq!(said(&["list", "nobody", "--json"]), "");
    assert!(Env::new().run(&["list"]).err.contains("`leadbox import FILE`"));
}

#[test]
fn a_list_that_is_full_tells_of_the_next_tab_too() {
    let env = env(3);
    env.ok(&["accept", "x1"]);
    let cut = env.run(&["list", "-n", "2"]);
    assert_eq!((cut.out.lines().count(), cut.err.contains("-n 0 lists all")), (2, true), "{}", cut.err);
    assert_eq!(env.run(&["list", "-n", "3"]).err, "");
}

#[test]
fn next_of_a_tab_with_nothing_owed_does_not_say_that_nothing_is() {
    let env = env(1);
    assert!(env.ok(&["next", "--tab", "working"]).contains("`leadbox next` takes from all"));
    assert_eq!(env.json(&["next", "--tab", "working"]), [serde_json::Value::Null]);
}

#[test]
fn the_outbox_tells_in_words_how_it_stands_and_what_to_do() {
    let env = env(2);
    env.ok(&["reject", "x1", "-r", "budget"]);
    assert!(env.ok(&["outbox"]).starts_with("held for undo L-1 "));
    assert!(env.ok(&["outbox"]).contains("rejected: no budget"));
    let later = at(&env, "2026-11-20T10:01:00Z", &["outbox"]);
    assert!(later.out.starts_with("to export     L-1 "), "{}", later.out);
    assert!(later.err.contains("`leadbox export FILE --pending`"), "{}", later.err);
    env.ok(&["undo"]);
    assert!(env.ok(&["outbox"]).starts_with("undone        L-1 "));
}

#[test]
fn what_systems_tell_differently_is_told_by_field_and_age_and_shows_nobody_unopened() {
    let env = Env::new();
    assert!(env.ok(&["divergence"]).starts_with("Nothing differs"));
    let header = "id,first_name,last_name,email,phone,company,owner\n";
    let rows = |phone: &str, owner: &str| format!("{header}7,Maya,Chen,maya@acme.example,{phone},Acme GmbH,{owner}\n");
    for (source, phone, owner) in [("crm", "+1 555 0100", "Ana"), ("map", "+1 555 0199", "Ben")] {
        let file = env.write(&format!("{source}.csv"), rows(phone, owner));
        env.ok(&["import", "--source", source, file.to_str().unwrap()]);
    }
    let told = env.ok(&["divergence"]);
    assert!(told.contains("whose it is (1)") && told.contains("crm: Ana; map (L-2): Ben"), "{told}");
    assert!(told.contains("telephone (1)") && !told.contains("0100") && !told.contains("maya@"), "{told}");
    let whole = env.ok(&["next"]);
    assert!(whole.contains("also               L-2 at map · unanswered · Ben"), "{whole}");
    env.ok(&["accept"]);
    let later = "2026-11-22T10:00:00Z";
    let found = at(&env, later, &["divergence", "--json", "--field", "stage"]);
    let found: Vec<serde_json::Value> = found.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sides = |n: usize| (found[n]["this"].clone(), found[n]["that"].clone());
    let side = |source: &str, value: &str| serde_json::json!({ "source": source, "value": value });
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(sides(0), (side("here", "accepted"), side("crm", "assigned")));
    assert!(found[0]["why"].as_str().unwrap().contains("leadbox export"), "{found:?}");
    assert_eq!(sides(1), (side("crm", "accepted"), side("map", "assigned")));
    assert_eq!((&found[1]["other"], &found[1]["field"]), (&"L-2".into(), &"stage".into()));
    assert!(found.iter().all(|found| found["age_seconds"].as_i64().unwrap() > 86_400));
    assert_eq!(at(&env, later, &["divergence", "--older", "30d", "--json"]).out, "");
    assert_eq!(env.run(&["divergence", "--field", "shoe"]).code, 2);
}
