//! `leadbox import`: the contract of its last line, wrong rows, mappings, encodings, and importing again.

use serde_json::{Value, json};

use crate::support::{Env, Ran, leads_csv};
use crate::tool::{fails, keys, one, strings};

const HEADER: &str = "id,first name,last name,company,mql date\n";

/// The counts of the last line: read, added, updated, unchanged, rejected.
fn counts(value: &Value) -> [u64; 5] {
    ["read", "added", "updated", "unchanged", "rejected"].map(|key| value[key].as_u64().unwrap())
}

#[test]
fn the_last_line_has_these_keys_and_no_others() {
    let env = Env::new();
    env.write("leads.csv", leads_csv(2));
    let report = one(&env, &["import", "leads.csv"]);
    assert_eq!(keys(&report), ["read", "added", "updated", "unchanged", "rejected", "errors"]);
    assert_eq!(counts(&report), [2, 2, 0, 0, 0]);
    assert_eq!(report["errors"], json!([]));
}

#[test]
fn the_same_file_again_changes_nothing_and_a_changed_row_updates() {
    let env = Env::new().with_leads(3);
    assert_eq!(counts(&one(&env, &["import", "leads.csv"])), [3, 0, 0, 3, 0]);
    env.write("leads.csv", leads_csv(4).replace("Northwind 2", "Southwind"));
    assert_eq!(counts(&one(&env, &["import", "leads.csv"])), [4, 1, 1, 2, 0]);
    assert_eq!(one(&env, &["show", "x2"])["company"], "Southwind");
    assert_eq!(env.json(&["list"]).len(), 4);
}

#[test]
fn importing_again_never_touches_what_the_rep_did() {
    let env = Env::new().with_leads(3);
    env.ok(&["reject", "x1", "-r", "budget", "--note", "not before 2028"]);
    env.ok(&["log", "x2", "-c", "phone", "-o", "voicemail"]);
    env.ok(&["next"]);
    env.write("leads.csv", leads_csv(3).replace("VP Sales", "CEO"));
    assert_eq!(counts(&one(&env, &["import", "leads.csv"])), [3, 0, 3, 0, 0]);
    let next = one(&env, &["next"]);
    assert_eq!((next["external_id"].as_str(), next["title"].as_str()), (Some("x3"), Some("CEO")));
    env.ok(&["accept", "x3"]);
    let rejected = one(&env, &["show", "x1"]);
    assert_eq!((rejected["stage"].as_str(), rejected["title"].as_str()), (Some("rejected"), Some("CEO")));
    assert_eq!(rejected["handoff"]["rejection"]["note"], "not before 2028");
    let tried = one(&env, &["show", "x2"]);
    assert_eq!((tried["stage"].as_str(), tried["touches"].as_u64()), (Some("attempted"), Some(1)));
}

#[test]
fn a_wrong_row_is_told_with_file_line_column_and_reason_and_the_rest_goes_in() {
    let env = Env::new();
    env.write("a.csv", format!("{HEADER}1,Ana,Ruiz,N,2026-11-20\n2,Bo,Li,N,2026-99-20\n3,Cy,Om,N,2026-11-19\n"));
    let report = one(&env, &["import", "a.csv"]);
    assert_eq!(counts(&report), [3, 2, 0, 0, 1]);
    let error = &report["errors"][0];
    assert_eq!(keys(error), ["file", "line", "column", "reason"]);
    assert_eq!((error["file"].as_str(), error["line"].as_u64()), (Some("a.csv"), Some(3)));
    assert_eq!(error["column"], "mql date");
    assert!(error["reason"].as_str().unwrap().contains("2026-99-20"), "{error}");
    assert!(env.ok(&["import", "a.csv"]).contains("a.csv:3: column “mql date”"));
}

#[test]
fn strict_is_all_or_nothing_even_with_several_files() {
    let env = Env::new();
    env.write("good.csv", leads_csv(2));
    env.write("bad.csv", format!("{HEADER}1,Ana,Ruiz,N,2026-11-20\n2,Bo,Li,N,2026-99-20\n"));
    for files in [&["bad.csv"][..], &["good.csv", "bad.csv"], &["bad.csv", "good.csv"]] {
        let ran = env.run(&[&["import", "--strict", "--json"], files].concat());
        assert_eq!(ran.code, 1, "{}", ran.err);
        let report: Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
        assert_eq!(counts(&report)[1..], [0, 0, 0, 1], "{files:?}");
        assert!(env.json(&["list"]).is_empty(), "{files:?}");
    }
    assert_eq!(counts(&one(&env, &["import", "--strict", "good.csv"])), [2, 2, 0, 0, 0]);
}

#[test]
fn several_files_are_counted_together_and_none_is_taken_in_before_all_are_there() {
    let env = Env::new();
    env.write("a.csv", leads_csv(2));
    env.write("b.csv", format!("{HEADER}7,Ana,Ruiz,N,2026-11-20\n"));
    env.write("odd.csv", "colour,shape\nred,round\n");
    for missing in [&["a.csv", "none.csv"][..], &["a.csv", "none.csv", "b.csv", "gone.csv"], &["a.csv", "odd.csv"]] {
        let ran = env.run(&[&["import", "--json"], missing].concat());
        assert_eq!(ran.code, if missing.contains(&"odd.csv") { 5 } else { 1 }, "{}", ran.err);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(counts(&report), [0; 5], "{report}");
        let told: Vec<&str> = missing.iter().filter(|file| !["a.csv", "b.csv"].contains(file)).copied().collect();
        assert_eq!(strings(report["errors"].as_array().unwrap(), "file"), told);
        assert_eq!((&report["errors"][0]["line"], &report["errors"][0]["column"]), (&json!(0), &Value::Null));
        assert!(told.iter().all(|file| ran.err.contains(file)), "{}", ran.err);
        assert!(env.json(&["list"]).is_empty());
    }
    assert_eq!(counts(&one(&env, &["import", "a.csv", "b.csv"])), [3, 3, 0, 0, 0]);
}

#[test]
fn what_went_in_before_a_file_broke_off_is_counted() {
    let env = Env::new();
    let broken = "9,\"Ana,Ruiz,N\n".repeat(300);
    env.write("a.csv", format!("{HEADER}1,Ana,Ruiz,N,2026-11-20\n{broken}"));
    let ran = env.run(&["import", "a.csv", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let [read, added, _, _, rejected] = counts(&report);
    assert_eq!((read, added), (added + rejected, 1), "{report}");
    assert_eq!(env.json(&["list"]).len(), 1);
}

#[test]
fn rows_for_no_lead_and_rows_that_are_passed_over_leave_the_sum_right() {
    let env = Env::new();
    let leads = "Id,LastName,Company,Status,LeadSource,IsDeleted\n1,A,N,New,Web,false\n2,B,N,New,Web,true\n,C,N,New,Web,false\n";
    let tasks = "Id,WhoId,Subject,Status,ActivityDate\nt1,1,call,Done,2026-11-20\nt2,9,call,Done,2026-11-20\nt3,,x,Done,2026-11-20\nt4,1,x,Done,soon\n";
    env.write("leads.csv", leads);
    env.write("tasks.csv", tasks);
    let report = one(&env, &["import", "leads.csv", "--activities", "tasks.csv"]);
    assert_eq!(counts(&report), [2, 1, 0, 0, 1], "{report}");
    let places: Vec<_> = report["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["file"].as_str().unwrap(), error["line"].as_u64().unwrap(), error["column"].as_str()))
        .collect();
    assert_eq!(places, [("tasks.csv", 5, Some("ActivityDate")), ("leads.csv", 4, Some("Id"))]);
    let said = env.command(&["import", "leads.csv", "--activities", "tasks.csv", "--json"]).output().unwrap().stderr;
    assert_eq!(String::from_utf8(said).unwrap(), "2 rows of the second file for none of these leads\n");
    let text = env.ok(&["import", "leads.csv", "--activities", "tasks.csv"]);
    assert!(text.contains("1 row passed over"), "{text}");
    assert!(text.contains("1 row of the second file wrong"), "{text}");
    env.write("tasks.csv", tasks.lines().take(4).collect::<Vec<_>>().join("\n"));
    env.write("leads.csv", leads.lines().take(3).collect::<Vec<_>>().join("\n"));
    env.ok(&["import", "--strict", "leads.csv", "--activities", "tasks.csv"]);
}

#[test]
fn a_dash_is_standard_input() {
    let env = Env::new();
    let path = env.write("leads.csv", leads_csv(2));
    let run = |args: &[&str]| {
        let input = std::fs::File::open(&path).unwrap();
        Ran::from(env.command(args).stdin(input).output().unwrap())
    };
    let ran = run(&["import", "-", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(counts(&serde_json::from_str(&ran.out).unwrap()), [2, 2, 0, 0, 0]);
    let wrong = run(&["import", "-", "--map", "olist"]);
    assert!(wrong.err.contains("standard input has no column"), "{}", wrong.err);
}

#[test]
fn mappings_are_found_by_name_and_by_path() {
    let env = Env::new();
    env.write("leads.csv", "who,wann\nQ-1,2026-11-20\n");
    let map = "source = \"fair\"\nid = \"who\"\n[lead]\nmql_at = \"wann\"\n";
    std::fs::create_dir(env.path("maps")).unwrap();
    env.write("maps/fair.toml", map);
    let ran = env.run(&["import", "leads.csv", "--map", "maps/fair.toml", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(env.json(&["list"])[0]["source"], "fair");
    env.write("hs.csv", "Record ID,First Name,Last Name,Email\n5,Ana,Ruiz,ana@n.example\n");
    assert_eq!(one(&env, &["import", "hs.csv", "--map", "hubspot"])["added"], 1);
    assert_eq!(one(&env, &["import", "hs.csv"])["unchanged"], 1, "and by itself");
}

#[test]
fn what_is_wrong_with_the_whole_ends_it_with_its_code() {
    let env = Env::new();
    env.write("leads.csv", leads_csv(1));
    env.write("map.toml", "source = \"x\"\nid = \"id\"\n[lead]\ncolour = \"id\"\n");
    fails(&env, 1, "none.csv", &["import", "none.csv"]);
    fails(&env, 5, "there is no mapping “nope”", &["import", "leads.csv", "--map", "nope"]);
    fails(&env, 5, "map.toml:4", &["import", "leads.csv", "--map", "map.toml"]);
    fails(&env, 2, "FILE", &["import"]);
    fails(&env, 2, "--activities", &["import", "leads.csv", "--activities-map", "olist"]);
    fails(&env, 2, "--activities", &["import", "leads.csv", "leads.csv", "--activities", "leads.csv"]);
    env.write("odd.csv", "colour,shape\nred,round\n");
    fails(&env, 5, "mapping", &["import", "odd.csv"]);
}

#[test]
fn any_usual_encoding_line_end_and_delimiter_is_read() {
    let text = "id;first name;last name;company;mql date\r\n1;Zoë;Müller;Æther;2026-11-20\r\n";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let latin1 = || text.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect();
    let files: [(&str, Vec<u8>); 5] = [
        ("utf8", text.into()),
        ("bom", format!("\u{feff}{text}").into()),
        ("utf16le", [vec![0xff, 0xfe], utf16(u16::to_le_bytes)].concat()),
        ("utf16be", [vec![0xfe, 0xff], utf16(u16::to_be_bytes)].concat()),
        ("latin1", latin1()),
    ];
    for (name, bytes) in files {
        let env = Env::new();
        env.write("leads.csv", bytes);
        assert_eq!(counts(&one(&env, &["import", "leads.csv"])), [1, 1, 0, 0, 0], "{name}");
        let lead = &env.json(&["list"])[0];
        assert_eq!((lead["name"].as_str(), lead["company"].as_str()), (Some("Zoë Müller"), Some("Æther")), "{name}");
    }
}

#[test]
fn json_lines_are_read_and_a_broken_line_is_told() {
    let env = Env::new();
    let good = r#"{"id":"a","first name":"Ana","last name":"Ruiz","company":"N","mql date":"2026-11-20T09:00:00Z"}"#;
    env.write("leads.jsonl", format!("{good}\n{{broken\n{}\n", good.replace("\"a\"", "\"b\"")));
    let report = one(&env, &["import", "leads.jsonl"]);
    assert_eq!(counts(&report), [3, 2, 0, 0, 1], "{report}");
    assert_eq!(report["errors"][0]["line"], 2);
}

#[test]
fn activities_are_joined_by_id() {
    let env = Env::new().with_leads(1);
    let acts = "lead id,type,date,subject\nx1,page view,2026-11-20T08:30:00Z,pricing\nx9,page view,2026-11-20T08:30:00Z,home\n";
    env.write("acts.csv", acts);
    let report = one(&env, &["import", "leads.csv", "--activities", "acts.csv"]);
    assert_eq!((report["added"].as_u64(), report["updated"].as_u64()), (Some(0), Some(1)), "{report}");
    let lead = one(&env, &["next"]);
    assert!(lead["trail"][0]["text"].as_str().unwrap().contains("pricing"), "{}", lead["trail"]);
}

#[test]
fn a_list_that_was_renamed_does_not_come_in_twice_and_lists_can_be_kept_apart() {
    let env = Env::new().with_leads(2);
    env.write("leads (1).csv", leads_csv(2));
    let again = env.run(&["import", "leads (1).csv"]);
    assert!(again.out.contains("0 leads added, 0 updated, 2 unchanged"), "{}", again.out);
    assert!(again.err.contains("--source"), "{}", again.err);
    env.write("fair.toml", "id = \"id\"\n[lead.person]\nname = \"first name\"\n");
    for (args, source, added) in [
        (&["--source", "expo"][..], "expo", 2),
        (&["--map", "fair.toml"], "fair", 2),
        (&["--map", "fair.toml"], "fair", 0),
    ] {
        let report = one(&env, &[&["import", "leads (1).csv"], args].concat());
        assert_eq!(report["added"].as_u64(), Some(added), "{args:?}: {report}");
        assert!(env.ok(&["show", &format!("{source}:x1")]).contains("Maya"), "{source}");
    }
    fails(&env, 2, "no colon", &["import", "leads.csv", "--source", "a:b"]);
    fails(&env, 2, "generic:x1", &["show", "x1"]);
}

#[test]
fn activities_given_as_leads_are_refused_with_the_way_to_give_them() {
    let env = Env::new();
    for (name, header) in [
        ("Task.csv", "Id,WhoId,Subject,ActivityDate,Status"),
        ("CampaignMember.csv", "Id,CampaignId,LeadId,ContactId,Status,FirstName,LastName,Email"),
        ("acts.csv", "Activity ID,Activity Type,Activity Date,Associated Contact Email"),
        ("calls.csv", "Id,Email,Activity Type,Date"),
    ] {
        env.write(name, format!("{header}\n1,2,3,4{}\n", ",5".repeat(header.matches(',').count() - 3)));
        fails(&env, 1, "--activities", &["import", name]);
        assert!(env.json(&["list"]).is_empty(), "{name}");
    }
    assert_eq!(one(&env, &["import", "calls.csv", "--map", "generic"])["added"], 1, "unless it is said");
    env.write("leads.csv", "Id,Email,Last Activity Date\n7,a@n.example,2026-11-20\n");
    assert_eq!(one(&env, &["import", "leads.csv"])["added"], 1);
}

#[test]
fn the_score_is_one_number_everywhere_and_outlives_an_import_without_the_activities() {
    let env = Env::new();
    env.write("leads.csv", leads_csv(1));
    env.write(
        "acts.csv",
        "id,lead id,type,date,text\na1,x1,page visit,2026-09-01T09:00:00Z,pricing\na2,x1,demo request,2026-11-20T07:00:00Z,demo\n",
    );
    one(&env, &["import", "leads.csv", "--activities", "acts.csv"]);
    let shown = || env.json(&["list"])[0]["score"].as_i64().unwrap();
    let score = shown();
    assert!(score > 20, "{score}");
    let explained = |env: &Env| {
        let told = one(env, &["score", "explain", "x1"]);
        (told["score"]["total"].as_i64().unwrap(), told["explanation"]["total"].as_i64().unwrap())
    };
    env.ok(&["next"]);
    assert_eq!(explained(&env), (score, score));
    let later = env.command(&["--json", "score", "explain", "x1"]).env("LEADBOX_NOW", "2027-05-20T10:00:00Z").output();
    let later: Value = serde_json::from_slice(&later.unwrap().stdout).unwrap();
    assert_eq!(later["explanation"]["total"], score);
    assert!(later["explanation"]["total_now"].as_i64().unwrap() < score);
    // The leads alone: what they did is known.
    assert_eq!(counts(&one(&env, &["import", "leads.csv"])), [1, 0, 0, 1, 0]);
    assert_eq!(shown(), score);
    env.write("leads.csv", leads_csv(1).replace("Northwind 1", "Southwind"));
    assert_eq!(counts(&one(&env, &["import", "leads.csv"])), [1, 0, 1, 0, 0]);
    assert_eq!((shown(), explained(&env)), (score, (score, score)));
    // Another model counts at once, and everywhere.
    env.write("config.toml", "[scoring]\nmodel = \"s1-points\"\n");
    let other = shown();
    assert_ne!(other, score);
    assert_eq!(explained(&env), (other, other));
}

#[test]
fn a_column_that_a_file_lacks_says_nothing_and_an_empty_cell_clears() {
    let env = Env::new();
    env.write(
        "wide.csv",
        "id,first name,last name,email,company,industry,title,mql date,score,score fit,score intent,stage,shoe size\n\
         x1,Maya,Chen,m@n.example,Northwind,shipping,VP,2026-11-20T09:30:00Z,71,40,31,accepted,42\n",
    );
    one(&env, &["import", "wide.csv"]);
    env.ok(&["log", "x1", "-c", "phone", "-o", "voicemail"]);
    let record = || {
        let mut shown = one(&env, &["show", "x1"]);
        shown.as_object_mut().unwrap().remove("updated_at");
        shown
    };
    let before = record();
    assert!(before.to_string().contains("shoe size"), "{before}");
    assert_eq!((before["company"].as_str(), before["score"].as_i64()), (Some("Northwind"), Some(71)), "{before}");
    // Narrower, as CSV and as JSON: nothing that it lacks is touched, and there is no news.
    for (name, text) in [
        ("narrow.csv", "id,last name\nx1,Chen\n"),
        ("id.csv", "id\nx1\n"),
        (
            "narrow.jsonl",
            "{\"id\":\"x1\",\"email\":\"m@n.example\"}\n{\"id\":\"x2\",\"company\":\"Else\",\"score\":3}\n",
        ),
    ] {
        env.write(name, text);
        let first = counts(&one(&env, &["import", name]));
        assert_eq!((first[2], first[3]), (0, 1), "{name}");
        assert_eq!(record(), before, "{name}");
        assert_eq!(counts(&one(&env, &["import", name]))[1..3], [0, 0], "{name}");
    }
    env.write("narrow.csv", "id,last name,score intent\nx1,Lin,20\n");
    assert_eq!(counts(&one(&env, &["import", "narrow.csv"])), [1, 0, 1, 0, 0]);
    assert_eq!(counts(&one(&env, &["import", "narrow.csv"])), [1, 0, 0, 1, 0]);
    let after = record();
    assert_eq!((after["name"].as_str(), after["company"].as_str()), (Some("Maya Lin"), Some("Northwind")));
    assert_eq!((after["score"].as_i64(), after["due"].as_str()), (Some(60), before["due"].as_str()), "{after}");
    // A cell that is there and empty says that there is nothing.
    env.write("cleared.csv", "id,title,shoe size,mql date\nx1,,,2026-11-20T09:30:00Z\n");
    assert_eq!(counts(&one(&env, &["import", "cleared.csv"])), [1, 0, 1, 0, 0]);
    let cleared = record();
    assert_eq!((cleared["title"].as_str(), cleared["company"].as_str()), (None, Some("Northwind")));
    assert!(!cleared.to_string().contains("shoe size"), "{cleared}");
    env.write("cleared.jsonl", "{\"id\":\"x1\",\"company\":null}\n");
    one(&env, &["import", "cleared.jsonl"]);
    let cleared = record();
    assert_eq!((cleared["company"].as_str(), cleared["name"].as_str()), (None, Some("Maya Lin")));
}

#[test]
fn a_trigger_column_is_known_without_a_mapping() {
    let env = Env::new();
    env.write("leads.csv", "id,name,mql date,trigger\n1,A,2026-11-20,demo\n2,B,2026-11-20,Requested a demo\n3,C,2026-11-20,CEO said so\n4,D,2026-11-20,\n");
    env.ok(&["import", "leads.csv"]);
    let triggers: Vec<(Value, Value)> =
        env.json(&["list"]).iter().map(|lead| (lead["external_id"].clone(), lead["trigger"].clone())).collect();
    let of = |id: &str| triggers.iter().find(|(key, _)| key == id).unwrap().1.clone();
    assert_eq!([of("1"), of("2"), of("3"), of("4")], [json!("demo"), json!("demo"), json!("manual"), Value::Null]);
}

#[test]
fn a_quote_that_is_never_closed_is_one_error_where_it_was_opened() {
    let env = Env::new();
    let torn = "and another thing\n".repeat(5000);
    env.write("a.csv", format!("{HEADER}1,Ana,Ruiz,N,2026-11-20\n2,Bo,\"Li\n{torn}3,Cy,Om,N,2026-11-19\n"));
    let report = one(&env, &["import", "a.csv"]);
    assert_eq!(counts(&report), [3, 2, 0, 0, 1], "{}", report["errors"][0]);
    assert_eq!(report["errors"][0]["line"], 3);
    assert!(report["errors"][0]["reason"].as_str().unwrap().contains("5000 lines after it"), "{report}");
}

#[test]
fn half_a_character_is_told_and_not_replaced() {
    let env = Env::new();
    let mut units: Vec<u16> = format!("\u{feff}{HEADER}1,A").encode_utf16().collect();
    units.push(0xD83D);
    units.extend("na,Ruiz,N,2026-11-20\n2,Bo,Li,N,2026-11-20\n".encode_utf16());
    env.write("a.csv", units.into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    let report = one(&env, &["import", "a.csv"]);
    assert_eq!(counts(&report), [2, 1, 0, 0, 1], "{report}");
    assert_eq!((&report["errors"][0]["line"], &report["errors"][0]["column"]), (&json!(2), &json!("first name")));
    assert!(report["errors"][0]["reason"].as_str().unwrap().contains("UTF-16LE"), "{report}");
}
