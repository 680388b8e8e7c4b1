//! The program as an administrator sets it up: by `hub.toml` and a secret's file.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::desk::{CHECKED, accept};
use crate::hub::POLICY;
use crate::program::{Program, leadbox};
use crate::tryton::{DATABASE, PASSWORD, SERVICE};
use crate::whole_way::{add, alone};

/// So often it is looked whether something has come about; each look takes its time.
const LOOKS: usize = 5000;

fn ok(home: &Path, args: &[&str]) -> String {
    let ran = leadbox(home, args).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "leadbox {args:?}: {told}{}", String::from_utf8_lossy(&ran.stdout));
    String::from_utf8(ran.stdout).unwrap()
}

/// The hub's folder, as it is on its machine, still without secrets; each CRM by its name and address.
fn set_up(home: &Path, crms: &[(&str, &str)]) {
    let policy = home.join("policy.toml");
    std::fs::write(&policy, format!("{POLICY}{CHECKED}")).unwrap();
    ok(home, &["hub", "init", "--policy", policy.to_str().unwrap()]);
    set_crms(home, crms);
}

fn set_crms(home: &Path, crms: &[(&str, &str)]) {
    let one = |(name, url): &(&str, &str)| {
        format!(
            "[sources.{name}]\nkind = \"tryton\"\nurl = \"{url}\"\ndatabase = \"{DATABASE}\"\nuser = \"{SERVICE}\"\n\
             every = \"1s\"\nsecret_file = \"{name}.secret\"\n"
        )
    };
    std::fs::write(home.join("data/hub/hub.toml"), crms.iter().map(one).collect::<String>()).unwrap();
}

fn put_secret(home: &Path, name: &str) {
    let path = home.join(format!("data/hub/{name}.secret"));
    std::fs::write(&path, format!("{PASSWORD}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// `bridge list` comes to say all of this; what it says then.
fn must_tell(home: &Path, hub: &Program, words: &[&str]) -> String {
    let list = || ok(home, &["hub", "bridge", "list", "--hub", &hub.url]);
    let told = (0..LOOKS).find_map(|_| Some(list()).filter(|list| words.iter().all(|word| list.contains(word))));
    told.unwrap_or_else(|| panic!("{words:?}: {}", list()))
}

#[test]
fn a_hub_that_serves_asks_and_writes_by_itself() {
    alone(|tryton| {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        set_up(home, &[("crm", &tryton.url())]);
        put_secret(home, "crm");
        let checked = ok(home, &["hub", "bridge", "check", "crm"]);
        assert!(checked.contains("✓ crm: signed in; all leads") && !checked.contains('✗'), "{checked}");
        let hub = Program::serve(home, &[]);
        let token = home.join("ana.token");
        let (at, out) = (["--hub", &hub.url], ["--token-out", token.to_str().unwrap()]);
        // The owner there is the person of that name, whatever the hour is.
        let person = ["hub", "person", "add", "ana", "--name", "Ana Lima", "--team", "emea"];
        ok(home, &[&person[..], &at, &out].concat());
        let token = std::fs::read_to_string(&token).unwrap();
        let record: i64 = add(tryton, "Byron", "Spain", Some(tryton.employee("ana"))).parse().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::new();
        let ask = |method: Method, path: &str, body: Value| {
            let request = client.request(method, format!("{}{path}", hub.url)).bearer_auth(token.trim()).json(&body);
            runtime.block_on(async { request.send().await.unwrap().json::<Value>().await.unwrap() })
        };
        let pulled = || ask(Method::GET, "/v1/changes", Value::Null)["leads"][0]["id"].as_i64();
        // One token may not ask all the time: whoever waits hears when there is news.
        let news = client.get(format!("{}/v1/stream", hub.url)).bearer_auth(token.trim());
        let mut news = runtime.block_on(news.send()).unwrap();
        let lead = (0..LOOKS).find_map(|_| {
            pulled().or_else(|| {
                runtime.block_on(news.chunk()).unwrap();
                None
            })
        });
        let lead = lead.unwrap_or_else(|| {
            let list = ok(home, &[&["hub", "bridge", "list"][..], &at].concat());
            panic!("it never came: {list} {}", ask(Method::GET, "/v1/changes", Value::Null))
        });
        let now = chrono::Utc::now();
        let op = json!({ "id": Uuid::now_v7(), "lead": lead, "made_at": now, "sent_at": now, "what": accept() });
        assert_eq!(ask(Method::POST, "/v1/ops", op)["outcome"], "applied");
        let is_written = |_: &usize| tryton.state(record).as_deref() == Some("opportunity");
        assert!((0..LOOKS).find(is_written).is_some(), "it was never written");
        // It is there before the hub has written down that it is.
        must_tell(home, &hub, &["1 record, 0 on the way, 0 refused"]);
    });
}

#[test]
fn why_a_crm_cannot_be_had_is_told_until_it_can() {
    alone(|tryton| {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        // One whose secret is not there, and one that is nowhere.
        set_up(home, &[("crm", &tryton.url()), ("far", "http://127.0.0.1:1")]);
        put_secret(home, "far");
        let hub = Program::serve(home, &[]);
        let why = ["crm  it never answered", "crm.secret", "far  it never answered", "far cannot be reached"];
        must_tell(home, &hub, &why);
        put_secret(home, "crm");
        let told = must_tell(home, &hub, &["crm  answered", "far  it never answered"]);
        assert!(!told.contains("crm.secret"), "{told}");
    });
}

#[test]
fn whoever_sets_it_up_is_told_which_owners_the_hub_does_not_know() {
    alone(|tryton| {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        let [ana, ben, cara] = ["ana", "ben", "cara"].map(|who| Some(tryton.employee(who)));
        for (name, owner) in [("One", cara), ("Two", cara), ("Three", ana), ("Four", ben), ("Five", None)] {
            let record = add(tryton, name, "Spain", owner);
            if owner == ben {
                // What is over is nobody's care.
                tryton.lose(record.parse().unwrap(), "no");
            }
        }
        set_up(home, &[("crm", &tryton.url())]);
        put_secret(home, "crm");
        let check = || ok(home, &["hub", "bridge", "check", "crm"]);
        let told = check();
        let (most, less) = (told.find("“Cara Voss” owns 2 open leads"), told.find("“Ana Lima” owns 1 open lead,"));
        assert!(most.is_some() && most < less, "{told}");
        assert!(told.contains("[sources.crm.people] ID = \"Cara Voss\"") && !told.contains("Ben Okafor"), "{told}");
        let hub = Program::serve(home, &[]);
        let add = |id: &str, name: &str| {
            let token = home.join(format!("{id}.token"));
            let (at, out) = (["--hub", &hub.url], ["--token-out", token.to_str().unwrap()]);
            ok(home, &[&["hub", "person", "add", id, "--name", name][..], &at, &out].concat());
        };
        add("ana", "Ana Lima");
        let told = check();
        assert!(told.contains("Cara Voss") && !told.contains("Ana Lima"), "{told}");
        // Here she is called otherwise.
        add("cv", "C. V.");
        let file = home.join("data/hub/hub.toml");
        let toml = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{toml}[sources.crm.people]\ncv = \"Cara Voss\"\n")).unwrap();
        let told = check();
        assert!(told.contains("of 4 open leads, all that have an owner are somebody's"), "{told}");
        // Where there is no database it looks at the CRM all the same, and makes none.
        let nowhere = format!("sqlite:{}", home.join("none.db").display());
        let told = ok(home, &["hub", "bridge", "check", "crm", "--db", &nowhere]);
        assert!(told.contains("signed in") && told.contains("no database yet"), "{told}");
        assert!(!home.join("none.db").exists());
    });
}

#[test]
fn whoever_sets_it_up_is_told_what_its_leads_lack_that_reach_nobody() {
    alone(|tryton| {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        // The policy that a hub begins with.
        ok(home, &["hub", "init"]);
        set_crms(home, &[("crm", &tryton.url())]);
        put_secret(home, "crm");
        let check = || ok(home, &["hub", "bridge", "check", "crm"]);
        for name in ["One", "Two"] {
            add(tryton, name, "Spain", None);
        }
        let told = check();
        assert!(!told.contains("data completion"), "nothing was taken from it yet: {told}");
        let hub = Program::serve(home, &[]);
        must_tell(home, &hub, &["2 records"]);
        let told = check();
        assert!(told.contains("2 of its 2 open leads wait for data completion"), "{told}");
        for what in ["2 of them lack “company size”", "company.size=…", "2 of them lack “specific signal”"] {
            assert!(told.contains(what), "{what}: {told}");
        }
        let (_, line) = told.split_once("[preflight] ").unwrap();
        let (line, _) = line.split_once(']').unwrap();
        let policy = home.join("policy.toml");
        std::fs::write(&policy, format!("[preflight]\n{line}]\n")).unwrap();
        ok(home, &["hub", "policy", "set", policy.to_str().unwrap(), "--hub", &hub.url]);
        let is_over = |_: &usize| !check().contains("data completion");
        assert!((0..LOOKS).find(is_over).is_some(), "{}", check());
    });
}
