//! Salesforce's connector against its double: the whole conformance suite.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::Utc;
use leadbox::handoff::state::Stage;
use leadbox::source::files::RecordMapping;
use leadbox::source::salesforce::{Account, Auth, MAPPING, SalesforceSource};
use leadbox::source::{Credential, Source};
use secrecy::SecretString;
use serde_json::json;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::conformance::{self, Crm};
use crate::faults::{Fault, Faults, Says};
use crate::salesforce::{ANA, CLIENT, Salesforce};

pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A private key as PEM, and its public one. They were made for these tests, and open nothing.
pub fn signing_key() -> (String, Vec<u8>) {
    let private = include_str!("../support/salesforce/signing-key.txt");
    let public: String = include_str!("../support/salesforce/signing-key-public.txt").split_whitespace().collect();
    let pem = format!("-----BEGIN {0}-----\n{private}-----END {0}-----\n", "PRIVATE KEY");
    (pem, BASE64_STANDARD.decode(public).unwrap())
}

/// An org with a line to it.
pub struct Org {
    pub salesforce: Salesforce,
    pub line: Faults,
    /// What the account says, beside the usual.
    pub mapping: RefCell<String>,
    pub of_all: bool,
}

impl Org {
    pub fn new() -> Self {
        let salesforce = Salesforce::start(&RUNTIME);
        salesforce.state().oauth.refresh = Some("refresh-0".into());
        let line = RUNTIME.block_on(Faults::start(&salesforce.url));
        Self { salesforce, line, mapping: RefCell::new(MAPPING.to_owned()), of_all: false }
    }

    pub fn signing_in(&self, auth: Auth) -> SalesforceSource {
        let account = Account {
            name: "crm".into(),
            url: self.line.url(),
            auth,
            of_all: self.of_all,
            mapping: RecordMapping::parse("crm-salesforce.toml", &self.mapping.borrow()).unwrap(),
            asked_every: 1,
            clock: Arc::new(Utc::now),
        };
        SalesforceSource::new(account).unwrap()
    }

    /// One whose refresh token is the same for ever.
    pub fn plain(&self) -> SalesforceSource {
        self.signing_in(Auth::Refresh {
            client_id: CLIENT.into(),
            credential: Credential {
                give: Arc::new(|| Ok(SecretString::from("refresh-0".to_owned()))),
                keep: Arc::new(|_| panic!("there is nothing to keep")),
                lock: None,
            },
        })
    }
}

impl Crm for Org {
    fn line(&self) -> &Faults {
        &self.line
    }

    fn source(&self) -> Box<dyn Source> {
        Box::new(self.plain())
    }

    fn add(&self, many: usize) -> Vec<String> {
        self.salesforce.leads(many)
    }

    fn edit(&self, id: &str, message: &str) {
        self.salesforce.edit("Lead", id, &[("Description", json!(message))]);
    }

    fn give_away(&self, id: &str) {
        self.salesforce.give_to_ben(id);
    }

    fn give_back(&self, id: &str) {
        self.salesforce.reassign(id, ANA);
    }

    fn remove(&self, id: &str) {
        self.salesforce.delete(id);
    }

    fn close(&self, id: &str) {
        self.salesforce.edit("Lead", id, &[("Status", json!("Closed - Not Converted"))]);
    }

    fn stage(&self, id: &str) -> Option<Stage> {
        Some(match self.salesforce.value("Lead", id, "Status").as_str()? {
            "Open - Not Contacted" => Stage::Assigned,
            "Working - Contacted" => Stage::Accepted,
            "Closed - Not Converted" => Stage::Rejected,
            "Closed - Converted" => Stage::Opportunity,
            other => panic!("{other}"),
        })
    }

    fn writes(&self, key: Uuid) -> usize {
        self.salesforce.tasks(&key.to_string()).len()
    }

    fn owned(&self) -> Vec<String> {
        self.salesforce.owned(ANA)
    }
}

#[test]
fn everything_is_read_once() {
    conformance::changes::everything_once(&Org::new(), &RUNTIME, 450);
}

#[test]
fn what_leaves_is_taken_away() {
    conformance::changes::what_leaves_is_taken_away(&Org::new(), &RUNTIME);
}

#[test]
fn what_others_decide_counts() {
    conformance::changes::what_others_decide_counts(&Org::new(), &RUNTIME);
}

#[test]
fn each_disposition_is_there_once() {
    conformance::writes::each_is_there_once(&Org::new(), &RUNTIME);
}

#[test]
fn a_conflict_is_shown() {
    conformance::writes::a_conflict_is_shown(&Org::new(), &RUNTIME);
}

#[test]
fn a_fault_at_each_call_loses_and_doubles_nothing() {
    let mut faults = Fault::ALL.to_vec();
    faults.retain(|fault| !matches!(fault.says, Says::TooMany(Some(_))));
    conformance::faults::at_each_call(&Org::new(), &RUNTIME, &faults);
}

#[test]
fn faults_by_chance_lose_and_double_nothing() {
    let asked = std::env::var("LEADBOX_SOURCE_SCHEDULES").ok();
    let schedules: u64 = asked.map_or(40, |text| text.parse().expect("LEADBOX_SOURCE_SCHEDULES is a number"));
    for seed in 0..schedules {
        conformance::faults::by_chance(&Org::new(), &RUNTIME, seed);
    }
}
