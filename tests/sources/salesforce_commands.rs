//! Salesforce as a rep or an administrator sets it up and signs in: by the program itself, with a browser that is played.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::commands::{command, leadbox, ok, said};
use crate::salesforce::{CLIENT, Salesforce};
use crate::salesforce_source::{RUNTIME, signing_key};

/// A port that nobody has.
pub fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A sign-in that waits for the browser.
pub struct Waiting {
    pub child: Child,
    /// Where the browser is to go.
    url: String,
}

impl Waiting {
    pub fn start(home: &Path, args: &[&str]) -> Self {
        let mut child = command(home, &[args, &["--no-browser"]].concat())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut lines = String::new();
        let url = loop {
            let mut line = String::new();
            assert!(said.read_line(&mut line).unwrap() > 0, "it waits for nobody: {lines}");
            if line.starts_with("http") {
                break line.trim().to_owned();
            }
            lines += &line;
        };
        child.stderr = Some(said.into_inner());
        Self { child, url }
    }

    /// The person signs in and lets the app in: what the browser shows in the end.
    pub fn sign_in(&self) -> (u16, String) {
        let (_, back) = get(&self.url);
        get(&back)
    }

    pub fn end(self) -> Output {
        self.child.wait_with_output().unwrap()
    }
}

/// Status, and the body or where it leads.
fn get(url: &str) -> (u16, String) {
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    RUNTIME.block_on(async {
        let answer = client.get(url).send().await.unwrap();
        let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        (answer.status().as_u16(), to.unwrap_or(answer.text().await.unwrap()))
    })
}

fn add<'a>(salesforce: &'a Salesforce, port: &'a str) -> Vec<&'a str> {
    let kind = ["source", "add", "crm", "--kind", "salesforce", "--url", &salesforce.url];
    [&kind[..], &["--client-id", CLIENT, "--callback", port]].concat()
}

fn refresh(home: &Path) -> String {
    std::fs::read_to_string(home.join(".local/share/leadbox/source-crm.secret")).unwrap()
}

#[test]
fn a_rep_signs_in_with_the_browser_and_works_there() {
    let salesforce = Salesforce::start(&RUNTIME);
    salesforce.state().oauth.rotates = true;
    salesforce.leads(1);
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let port = port().to_string();
    let waiting = Waiting::start(home, &add(&salesforce, &port));
    let astray = get(&format!("http://localhost:{port}/callback?code=x&state=y"));
    assert_eq!(astray.0, 400, "another's visit ends nothing");
    let (status, page) = waiting.sign_in();
    assert!(status == 200 && page.contains("Signed in"), "{page}");
    let output = waiting.end();
    let added = said(&output);
    assert!(output.status.success() && added.contains("Ana Ruiz") && !added.contains('✗'), "{added}");
    assert!(!added.contains(&refresh(home)) && !added.contains("code-"), "{added}");
    let config = std::fs::read_to_string(home.join(".config/leadbox/config.toml")).unwrap();
    assert!(config.contains("kind = \"salesforce\"") && !config.contains("refresh"), "{config}");
    ok(home, &["sync"], "");
    assert!(ok(home, &["next"], "").contains("Maya"));
    ok(home, &["accept"], "");
    assert!(ok(home, &["outbox"], "").contains("→ crm"));
    assert!(!ok(home, &["source", "check"], "").contains('✗'));
    assert_eq!(salesforce.state().oauth.refresh.as_deref(), Some(refresh(home).as_str()));
    // The administrator lets the app in no more: one signs in again.
    salesforce.revoke();
    let out = said(&leadbox(home, &["sync"], ""));
    assert!(out.contains("leadbox source login crm"), "{out}");
    let waiting = Waiting::start(home, &["source", "login", "crm"]);
    assert_eq!(waiting.sign_in().0, 200);
    assert!(waiting.end().status.success());
    ok(home, &["sync"], "");
}

#[test]
fn whoever_does_not_sign_in_changes_nothing() {
    let salesforce = Salesforce::start(&RUNTIME);
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let here = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = here.local_addr().unwrap().port().to_string();
    let refused = said(&leadbox(home, &add(&salesforce, &taken), ""));
    assert!(refused.contains(&format!("port {taken}")) && refused.contains("`callback`"), "{refused}");
    let port = port().to_string();
    let waiting = Waiting::start(home, &add(&salesforce, &port));
    kill_process(Pid::from_raw(waiting.child.id().try_into().unwrap()).unwrap(), Signal::INT).unwrap();
    let output = waiting.end();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("nothing was changed"), "{output:?}");
    let waiting = Waiting::start(home, &add(&salesforce, &port));
    let state = reqwest::Url::parse(&waiting.url).unwrap();
    let state = state.query_pairs().find(|pair| pair.0 == "state").unwrap().1.into_owned();
    let refused = format!("http://localhost:{port}/callback?error=access_denied&error_description=no&state={state}");
    assert!(get(&refused).1.contains("Not signed in"));
    let output = waiting.end();
    assert!(output.status.code() == Some(1) && said(&output).contains("did not let us in: no"), "{output:?}");
    assert!(ok(home, &["source", "list"], "").contains("No CRM"));
}

#[test]
fn a_service_signs_in_by_a_key() {
    let salesforce = Salesforce::start(&RUNTIME);
    salesforce.leads(1);
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let key = home.join("leadbox-key.pem");
    let (pem, public) = signing_key();
    salesforce.state().oauth.key = public;
    std::fs::write(&key, &pem).unwrap();
    let kind = ["source", "add", "crm", "--kind", "salesforce", "--url", &salesforce.url, "--client-id", CLIENT];
    let key = key.to_str().unwrap();
    let added = ok(home, &[&kind[..], &["--user", "hub@example.com", "--secret-file", key]].concat(), "");
    assert!(!added.contains("PRIVATE"), "{added}");
    ok(home, &["sync"], "");
    assert!(ok(home, &["list"], "").contains("Maya"));
    // The same from a command that prints all lines of it.
    ok(home, &["source", "remove", "crm"], "");
    let config = home.join(".config/leadbox/config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}secret_cmd = [\"/bin/cat\", \"{key}\"]\n")).unwrap();
    ok(home, &["sync"], "");
    assert_eq!(leadbox(home, &["source", "login", "crm"], "").status.code(), Some(5), "there is nothing to keep");
}

#[test]
fn programs_that_share_a_refresh_token_never_lose_it() {
    let salesforce = Salesforce::start(&RUNTIME);
    salesforce.state().oauth.rotates = true;
    salesforce.state().oauth.refresh = Some("refresh-0".into());
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let config =
        format!("[sources.crm]\nkind = \"salesforce\"\nurl = \"{}\"\nclient_id = \"{CLIENT}\"\n", salesforce.url);
    std::fs::create_dir_all(home.join(".config/leadbox")).unwrap();
    std::fs::write(home.join(".config/leadbox/config.toml"), config).unwrap();
    // The folder is made as the program makes it.
    ok(home, &["list"], "");
    let secret = home.join(".local/share/leadbox/source-crm.secret");
    leadbox::keeping::secret::write(&secret, b"refresh-0").unwrap();
    for _ in 0..6 {
        // Of two that send, one leaves it to the other.
        let starts = [&["sync"][..], &["source", "check"], &["source", "check"], &["source", "check", "crm"]];
        let running: Vec<Child> = starts
            .iter()
            .map(|args| command(home, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
            .collect();
        for child in running {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", said(&output));
        }
    }
    assert_eq!(salesforce.state().oauth.refresh.as_deref(), Some(refresh(home).as_str()));
    assert_eq!(salesforce.state().oauth.given, 2 * 24, "each of them had one of its own");
}
