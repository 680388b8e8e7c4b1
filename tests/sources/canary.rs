//! Secrets are seen nowhere: each kind of CRM is set up with a secret that is an odd word, used while all goes well and while
//! much goes wrong, and taken out again; then every place where a word of ours can end up is searched for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use tempfile::TempDir;

use crate::commands::{command, ran};
use crate::double::{Double, Habit};
use crate::faults::{Fault, Faults, Says};
use crate::hubspot::{Account, Hubspot};
use crate::salesforce::{CLIENT, Salesforce};
use crate::salesforce_commands::Waiting;
use crate::salesforce_source::{RUNTIME, signing_key};
use crate::tryton::{DATABASE, PASSWORD, Tryton};

/// What is to be seen nowhere: a word, and what base64 makes of it wherever it stands in a text.
struct Canary(Vec<String>);

impl Canary {
    fn new(word: &str) -> Self {
        let shifted = |shift: usize| {
            let text = format!("{}{word}", "?".repeat(shift));
            let coded = BASE64_STANDARD_NO_PAD.encode(text);
            // The letters at both ends are made of what stands beside it, too.
            coded[if shift == 0 { 0 } else { 4 }..coded.len() - 2].to_owned()
        };
        Self((0..3).map(shifted).chain([word.to_owned()]).collect())
    }

    #[track_caller]
    fn is_not_in(&self, what: &str, bytes: &[u8]) {
        for word in &self.0 {
            let is_there = bytes.windows(word.len()).any(|part| part == word.as_bytes());
            assert!(!is_there, "“{word}” is in {what}: {}", String::from_utf8_lossy(bytes));
        }
    }
}

/// A rep's machine on which nothing is to be seen.
struct Desk {
    home: TempDir,
    canary: Canary,
}

impl Desk {
    fn new(word: &str) -> Self {
        Self { home: tempfile::tempdir().unwrap(), canary: Canary::new(word) }
    }

    fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs the program with this on standard input, as talkative as it can be.
    fn run(&self, args: &[&str], input: &str) -> Output {
        let mut command = command(self.home(), args);
        command.env("LEADBOX_LOG", "trace").env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Whoever lists the processes of this machine sees it; one that needs no input may be over by now.
        let listed = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
        self.canary.is_not_in(&format!("the arguments of {args:?}"), &listed);
        self.hear(args, ran(child, input))
    }

    fn hear(&self, args: &[&str], output: Output) -> Output {
        self.canary.is_not_in(&format!("the output of {args:?}"), &output.stdout);
        self.canary.is_not_in(&format!("the errors of {args:?}"), &output.stderr);
        output
    }

    fn ok(&self, args: &[&str], input: &str) {
        let output = self.run(args, input);
        assert!(output.status.success(), "{args:?}: {output:?}");
    }

    /// The files of the person's, but for those in which the secret is kept.
    fn files(&self) -> Vec<PathBuf> {
        let (mut files, mut folders) = (Vec::new(), vec![self.home().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let is_its_own = path.extension().is_some_and(|end| end == "secret" || end == "pem");
                match path.is_dir() {
                    true => folders.push(path),
                    false if is_its_own => {}
                    false => files.push(path),
                }
            }
        }
        files
    }

    fn search(&self) {
        let files = self.files();
        assert!(files.iter().any(|file| file.ends_with("leadbox.db")), "{files:?}");
        for file in files {
            self.canary.is_not_in(&file.display().to_string(), &fs::read(&file).unwrap());
        }
    }

    /// It is set up: it is used, while all goes well and while not, and taken out.
    fn work(self, line: Faults) {
        let everything = || {
            for args in [&["sync"][..], &["source", "check"], &["source", "list"], &["doctor"], &["status"]] {
                self.run(args, "");
                self.run(&[args, &["--json"]].concat(), "");
            }
        };
        let kept = self.home().join(".local/share/leadbox/source-crm.secret");
        assert!(fs::read_to_string(&kept).unwrap().contains(&self.canary.0[3]), "it is there, and nowhere else");
        self.ok(&["sync"], "");
        self.search();
        for says in
            [Says::Unauthorized, Says::Html, Says::Garbage, Says::Nothing, Says::Unavailable, Says::TooMany(None)]
        {
            for _ in 0..3 {
                line.next(Fault::before(says));
            }
            everything();
            line.calm();
        }
        self.search();
        drop(line);
        everything();
        self.ok(&["source", "remove", "crm"], "");
        everything();
        self.search();
        assert!(!kept.exists(), "it is forgotten");
    }
}

#[test]
fn of_tryton() {
    let Some(tryton) = Tryton::start() else { return };
    tryton.employee("ana");
    let line = RUNTIME.block_on(Faults::start(&tryton.url()));
    let (desk, url) = (Desk::new(PASSWORD), line.url());
    let add = ["source", "add", "crm", "--kind", "tryton", "--url", &url, "--database", DATABASE, "--user", "ana"];
    desk.ok(&add, PASSWORD);
    desk.work(line);
}

#[test]
fn of_hubspot() {
    let hubspot = Hubspot::start(Account::professional());
    hubspot.lead("Ada Byron", "ada@example.com", "501");
    let line = RUNTIME.block_on(Faults::start(&hubspot.url));
    let (desk, url) = (Desk::new(&hubspot.token()), line.url());
    let file = desk.home().join("token.secret");
    fs::write(&file, hubspot.token()).unwrap();
    let add = ["source", "add", "crm", "--kind", "hubspot", "--url", &url, "--owner", "501"];
    desk.ok(&[&add[..], &["--secret-file", file.to_str().unwrap()]].concat(), "");
    desk.work(line);
}

#[test]
fn of_one_who_signs_in_at_salesforce() {
    let word = "canary-of-salesforce";
    let salesforce = Salesforce::start(&RUNTIME);
    // All that it gives out bears the word: codes, refresh tokens, access tokens.
    salesforce.state().oauth.bears = word.into();
    salesforce.state().oauth.rotates = true;
    salesforce.leads(1);
    let line = RUNTIME.block_on(Faults::start(&salesforce.url));
    let (desk, url) = (Desk::new(word), line.url());
    let port = crate::salesforce_commands::port().to_string();
    let add =
        ["source", "add", "crm", "--kind", "salesforce", "--url", &url, "--client-id", CLIENT, "--callback", &port];
    let waiting = Waiting::start(desk.home(), &add);
    desk.canary
        .is_not_in("the arguments", &fs::read(format!("/proc/{}/cmdline", waiting.child.id())).unwrap_or_default());
    assert_eq!(waiting.sign_in().0, 200);
    let output = desk.hear(&add, waiting.end());
    assert!(output.status.success(), "{output:?}");
    desk.work(line);
}

#[test]
fn of_a_service_at_salesforce() {
    let (pem, public) = signing_key();
    let salesforce = Salesforce::start(&RUNTIME);
    salesforce.state().oauth.key = public;
    salesforce.leads(1);
    let line = RUNTIME.block_on(Faults::start(&salesforce.url));
    let (desk, url) = (Desk::new(pem.lines().nth(2).unwrap()), line.url());
    let file = desk.home().join("key.pem");
    fs::write(&file, &pem).unwrap();
    let add =
        ["source", "add", "crm", "--kind", "salesforce", "--url", &url, "--client-id", CLIENT, "--user", "s@x.example"];
    desk.ok(&[&add[..], &["--secret-file", file.to_str().unwrap()]].concat(), "");
    desk.work(line);
}

/// Whoever is sent elsewhere does not go there: with the secret nobody but the CRM is called.
#[test]
fn what_sends_one_elsewhere_is_not_followed() {
    let elsewhere = RUNTIME.block_on(Double::start(&[Habit::Say(200, "", "{}")]));
    let to = |status: u16| {
        let more = format!("location: {}\r\n", elsewhere.url("/services/oauth2/token"));
        Habit::Say(status, Box::leak(more.into_boxed_str()), "")
    };
    let token = "{\"access_token\":\"access-1\",\"id\":\"https://login.salesforce.com/id/00D1/005000000000001AAA\"}";
    let lets_in = Habit::Say(200, "content-type: application/json\r\n", token);
    let salesforce = format!("kind = \"salesforce\"\nclient_id = \"{CLIENT}\"");
    for (section, begins) in [
        ("kind = \"hubspot\"\nowner = \"501\"", Vec::new()),
        ("kind = \"tryton\"\ndatabase = \"d\"\nuser = \"ana\"", Vec::new()),
        (salesforce.as_str(), Vec::new()),
        (salesforce.as_str(), vec![lets_in]),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let desk = Desk::new("canary-of-the-redirect");
            let here = RUNTIME.block_on(Double::start(&[&begins[..], &[to(status)]].concat()));
            let url = here.url("");
            let config =
                format!("[sources.crm]\nurl = \"{url}\"\n{section}\nsecret_cmd = [\"/bin/cat\", \"secret\"]\n");
            fs::create_dir_all(desk.home().join(".config/leadbox")).unwrap();
            fs::write(desk.home().join(".config/leadbox/config.toml"), config).unwrap();
            fs::write(desk.home().join("secret"), "canary-of-the-redirect").unwrap();
            for args in [&["sync"][..], &["source", "check"]] {
                assert!(!desk.run(args, "").status.success(), "{status} {section}");
            }
            assert!(here.heard().len() > begins.len(), "{status} {section}: it was asked");
        }
    }
    assert!(elsewhere.heard().is_empty(), "{:?}", elsewhere.heard());
}
