//! A CRM as a rep sets it up and uses it: by the program itself.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::hubspot::{Account, Hubspot};
use crate::tryton::{DATABASE, NewLead, PASSWORD, Tryton};

/// The program in a home of its own.
pub fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadbox"));
    command.args(args).env_clear().env("HOME", home).current_dir(home);
    command
}

/// What comes of it with this on standard input.
pub fn ran(mut child: Child, input: &str) -> Output {
    // One that needs no input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Runs it with this on standard input.
pub fn leadbox(home: &Path, args: &[&str], input: &str) -> Output {
    let mut command = command(home, args);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    ran(child, input)
}

/// All that it said.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub fn ok(home: &Path, args: &[&str], input: &str) -> String {
    let output = leadbox(home, args, input);
    let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{args:?}: {said}{told}");
    said.into_owned()
}

/// From nothing to an answer that waits to be sent: the secret is nowhere but where it is kept.
fn from_nothing_to_an_answer(add: &[&str], secret: &str, person: &str) {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let wrong = leadbox(home, add, "not the secret");
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    assert!(ok(home, &["source", "list"], "").contains("No CRM"), "nothing is written where nothing works");
    let added = ok(home, add, secret);
    assert!(added.contains("✓") && !added.contains("✗") && !added.contains(secret), "{added}");
    let config = std::fs::read_to_string(home.join(".config/leadbox/config.toml")).unwrap();
    assert!(config.contains("[sources.crm]") && !config.contains(secret), "{config}");
    assert!(!ok(home, &["source", "check"], "").contains("✗"));
    ok(home, &["sync"], "");
    assert!(ok(home, &["list"], "").contains(person));
    let shown = ok(home, &["next"], "");
    assert!(shown.contains(person), "{shown}");
    ok(home, &["accept"], "");
    assert!(ok(home, &["outbox"], "").contains("→ crm"));
    // Somebody else here sends already: nothing is sent twice at once.
    let lock = std::fs::File::options().write(true).open(home.join(".local/share/leadbox/leadbox.sync.lock")).unwrap();
    lock.lock().unwrap();
    assert!(ok(home, &["sync"], "").contains("fetches and sends already; 1 to send"));
    drop(lock);
    ok(home, &["source", "remove", "crm"], "");
    let without = leadbox(home, &["sync"], "");
    assert!(String::from_utf8_lossy(&without.stderr).contains("source login crm"), "{without:?}");
    let wrong = leadbox(home, &["source", "login", "crm", "--secret-file", "-"], "not the secret");
    assert!(wrong.status.code() == Some(1) && !said(&wrong).contains("not the secret"), "{wrong:?}");
    assert_eq!(leadbox(home, &["sync"], "").status.code(), Some(1));
    let again = ok(home, &["source", "login", "crm", "--secret-file", "-"], secret);
    assert!(again.contains("✓") && !again.contains(secret), "{again}");
    ok(home, &["sync"], "");
}

#[test]
fn tryton_is_set_up_by_a_rep() {
    let Some(tryton) = Tryton::start() else { return };
    let employee = tryton.employee("ana");
    tryton.create_lead(&NewLead {
        name: "Maya Chen",
        email: "maya@northwind.example",
        phone: "",
        employee: Some(employee),
        description: "",
        comment: "",
    });
    let url = tryton.url();
    let add = ["source", "add", "crm", "--kind", "tryton", "--url", &url, "--database", DATABASE, "--user", "ana"];
    from_nothing_to_an_answer(&[&add[..], &["--secret-file", "-"]].concat(), PASSWORD, "Maya Chen");
}

#[test]
fn hubspot_is_set_up_by_a_rep() {
    let hubspot = Hubspot::start(Account::professional());
    hubspot.lead("Ada Byron", "ada@example.com", "501");
    let add = ["source", "add", "crm", "--kind", "hubspot", "--url", &hubspot.url, "--owner", "501"];
    from_nothing_to_an_answer(&[&add[..], &["--secret-file", "-"]].concat(), &hubspot.token(), "Ada Byron");
}

#[test]
fn what_hubspot_lacks_is_made_on_demand() {
    let hubspot = Hubspot::start(Account::professional());
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let add = ["source", "add", "crm", "--kind", "hubspot", "--url", &hubspot.url, "--owner", "501"];
    let added = ok(home, &[&add[..], &["--secret-file", "-"]].concat(), &hubspot.token());
    assert!(added.contains("– crm: calls, emails"), "it is no fault: {added}");
    let json = ok(home, &["source", "check", "crm", "--json"], "");
    assert!(json.contains("\"ok\":true") && json.contains("--create"), "{json}");
    let made = ok(home, &["source", "check", "crm", "--create"], "");
    assert_eq!(made.matches("made the unique property").count(), 5, "{made}");
    assert!(ok(home, &["source", "check"], "").contains("✓ crm: activities have the unique property"));
}
