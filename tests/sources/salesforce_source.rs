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

use crate::conformance::{Crm, Place, conforms};
use crate::faults::{Fault, Faults};
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
        connector(&self.line.url(), auth, !self.of_all, &self.mapping.borrow())
    }

    /// One whose refresh token is the same for ever.
    pub fn plain(&self) -> SalesforceSource {
        self.signing_in(for_ever())
    }
}

/// A refresh token that is the same for ever.
pub fn for_ever() -> Auth {
    Auth::Refresh {
        client_id: CLIENT.into(),
        credential: Credential {
            give: Arc::new(|| Ok(SecretString::from("refresh-0".to_owned()))),
            keep: Arc::new(|_| panic!("there is nothing to keep")),
            lock: None,
        },
    }
}

/// A connector to what is there: for the leads of one rep, or of all.
pub fn connector(url: &str, auth: Auth, of_one: bool, mapping: &str) -> SalesforceSource {
    let account = Account {
        name: "crm".into(),
        url: url.to_owned(),
        auth,
        of_all: !of_one,
        mapping: RecordMapping::parse("crm-salesforce.toml", mapping).unwrap(),
        asked_every: 1,
        clock: Arc::new(Utc::now),
    };
    SalesforceSource::new(account).unwrap()
}

impl Place for Org {
    fn page(&self) -> usize {
        self.salesforce.state().page
    }

    fn calls(&self) -> usize {
        self.line.calls()
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

    fn remove(&self, id: &str) -> bool {
        self.salesforce.delete(id);
        true
    }
}

impl Crm for Org {
    fn line(&self) -> &Faults {
        &self.line
    }

    fn give_away(&self, id: &str) {
        self.salesforce.give_to_ben(id);
    }

    fn give_back(&self, id: &str) {
        self.salesforce.reassign(id, ANA);
    }

    fn close(&self, id: &str) {
        self.salesforce.edit("Lead", id, &[("Status", json!("Closed - Not Converted"))]);
    }

    fn unite(&self, stays: &str, goes: &str) -> bool {
        self.salesforce.merge(stays, goes);
        true
    }

    fn lock_out(&self) {
        self.salesforce.revoke();
    }

    fn let_in(&self) {
        self.salesforce.state().oauth.refresh = Some("refresh-0".into());
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

/// In a new org with small pages.
fn in_org(case: impl FnOnce(&Org, &Runtime)) {
    let org = Org::new();
    org.salesforce.state().page = 200;
    case(&org, &RUNTIME);
}

conforms!(in_org, faults: &Fault::ALL, schedules: 40);
