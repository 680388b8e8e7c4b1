//! A CRM as a rep sets it up and uses it: by the program itself.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
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
    let refused = said(&wrong);
    assert!(refused.contains("does not accept our credentials") && !refused.contains("source login"), "{refused}");
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
    let removed = leadbox(home, &["source", "remove", "crm"], "");
    assert!(removed.status.success() && said(&removed).contains("1 answer of yours was not sent"), "{removed:?}");
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
    let other = ["source", "add", "crm", "--kind", "tryton", "--url", &url, "--database", "sales", "--user", "ana"];
    let home = tempfile::tempdir().unwrap();
    let told = said(&leadbox(home.path(), &[&other[..], &["--secret-file", "-"]].concat(), PASSWORD));
    assert!(told.contains("no database “sales”"), "{told}");
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

/// All that is kept of the source's secret.
fn kept(home: &Path) -> Option<String> {
    std::fs::read_to_string(home.join(".local/share/leadbox/source-crm.secret")).ok()
}

#[test]
fn a_secret_is_kept_once_it_was_seen_to_work() {
    let hubspot = Hubspot::start(Account::professional());
    hubspot.lead("Ada Byron", "ada@example.com", "501");
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let at = |url| ["source", "add", "crm", "--kind", "hubspot", "--url", url, "--owner", "501", "--secret-file", "-"];
    // What is wrong with the address is known before anything is kept.
    let clear = leadbox(home, &at("http://crm.example"), &hubspot.token());
    assert!(!clear.status.success() && said(&clear).contains("not encrypted"), "{clear:?}");
    assert_eq!(kept(home), None, "there is no secret without a section");
    assert_eq!(leadbox(home, &at(&hubspot.url), "not the token").status.code(), Some(1));
    assert_eq!(kept(home), None);
    ok(home, &at(&hubspot.url), &hubspot.token());
    assert_eq!(kept(home), Some(hubspot.token()));
    let login = ["source", "login", "crm", "--secret-file", "-"];
    for args in [&at(&hubspot.url)[..], &login] {
        let wrong = leadbox(home, args, "not the token");
        assert!(wrong.status.code() == Some(1) && said(&wrong).contains("is kept still"), "{wrong:?}");
        assert_eq!(kept(home), Some(hubspot.token()), "what works stays");
    }
    ok(home, &["sync"], "");
    let untested = leadbox(home, &[&login[..], &["--untested"]].concat(), "not the token");
    assert_eq!((untested.status.code(), kept(home).as_deref()), (Some(1), Some("not the token")), "{untested:?}");
}

#[test]
fn a_command_for_a_secret_says_why_it_fails_and_is_not_run_again_and_again() {
    let hubspot = Hubspot::start(Account::professional());
    hubspot.lead("Ada Byron", "ada@example.com", "501");
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let keeper = home.join("keeper");
    let script = |text: &str| {
        std::fs::write(&keeper, format!("#!/bin/sh\necho run >> {}/runs\n{text}\n", home.display())).unwrap();
        std::fs::set_permissions(&keeper, std::fs::Permissions::from_mode(0o700)).unwrap();
    };
    let runs = || std::fs::read_to_string(home.join("runs")).unwrap_or_default().lines().count();
    // As `pass` prints it, with what else stands in the entry.
    script(&format!("printf '{}\\nuser: ana\\n'", hubspot.token()));
    let add = ["source", "add", "crm", "--kind", "hubspot", "--url", &hubspot.url, "--owner", "501", "--secret-cmd"];
    ok(home, &[&add[..], &[&keeper.display().to_string()]].concat(), "");
    // It reads nothing of what is piped in, and says in the error what it would have said on the terminal.
    script("read line && echo $line\necho 'the store is locked' >&2\nexit 3");
    let before = runs();
    let failed = leadbox(home, &["sync"], &hubspot.token());
    assert!(failed.status.code() == Some(1) && said(&failed).contains("the store is locked"), "{failed:?}");
    assert_eq!(runs(), before + 1, "once");
}

#[test]
fn doctor_says_where_a_secret_is_and_whether_it_can_be_had() {
    let hubspot = Hubspot::start(Account::professional());
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let add = ["source", "add", "crm", "--kind", "hubspot", "--url", &hubspot.url, "--owner", "501"];
    ok(home, &[&add[..], &["--secret-file", "-"]].concat(), &hubspot.token());
    let doctor = || {
        let output = leadbox(home, &["doctor", "--json"], "");
        let said = said(&output);
        assert!(!said.contains(&hubspot.token()), "{said}");
        said.lines().find(|line| line.contains("source crm")).expect("it is looked at").to_owned()
    };
    let fine = doctor();
    assert!(fine.contains("\"ok\":true") && fine.contains("source-crm.secret"), "{fine}");
    let file = home.join(".local/share/leadbox/source-crm.secret");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = doctor();
    assert!(open.contains("\"ok\":false") && open.contains("chmod 600"), "{open}");
    std::fs::remove_file(file).unwrap();
    let none = doctor();
    assert!(none.contains("\"ok\":false") && none.contains("leadbox source login crm"), "{none}");
}

/// Has the section say something else.
fn edit(home: &Path, from: &str, to: &str) {
    let file = home.join(".config/leadbox/config.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(&file, text.replace(from, to)).unwrap();
}

#[test]
fn whoever_the_leads_are_of_now_gets_those_that_were_there_before() {
    let hubspot = Hubspot::start(Account::professional());
    hubspot.lead("Ada Byron", "ada@example.com", "501");
    hubspot.owner(502, "bo@example.com", "Bo", "Lind");
    hubspot.lead("Grace Hopper", "grace@example.com", "502");
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let add = ["source", "add", "crm", "--kind", "hubspot", "--url", &hubspot.url, "--owner", "501"];
    ok(home, &[&add[..], &["--secret-file", "-"]].concat(), &hubspot.token());
    ok(home, &["sync"], "");
    let before = ok(home, &["list"], "");
    assert!(before.contains("Ada Byron") && !before.contains("Grace Hopper"), "{before}");
    edit(home, "\"501\"", "\"502\"");
    ok(home, &["sync"], "");
    let after = ok(home, &["list"], "");
    assert!(after.contains("Grace Hopper"), "{after}");
}

#[test]
fn answers_for_one_account_never_go_to_another_of_the_same_name() {
    let (test, real) = (Hubspot::start(Account::professional()), Hubspot::start(Account::professional()));
    test.lead("Ada Byron", "ada@example.com", "501");
    real.lead("Grace Hopper", "grace@example.com", "501");
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let add = ["source", "add", "crm", "--kind", "hubspot", "--url", &test.url, "--owner", "501"];
    ok(home, &[&add[..], &["--secret-file", "-"]].concat(), &test.token());
    ok(home, &["sync"], "");
    ok(home, &["next"], "");
    ok(home, &["accept"], "");
    edit(home, &test.url, &real.url);
    let held = leadbox(home, &["sync"], "");
    assert_eq!(held.status.code(), Some(5), "{held:?}");
    let told = said(&held);
    assert!(told.contains("[sources.crm]") && told.contains("nothing is sent"), "{told}");
    assert!(ok(home, &["outbox"], "").contains("→ crm"), "it waits");
    assert!(!ok(home, &["list"], "").contains("Grace"), "nothing is read either");
    edit(home, &real.url, &test.url);
    ok(home, &["sync"], "");
}
