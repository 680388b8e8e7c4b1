//! A rep's account at HubSpot's double, with its connector at the end of a line that can be made bad.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use leadbox::handoff::Time;
use leadbox::handoff::score::Axis;
use leadbox::handoff::state::Stage;
use leadbox::source::Source;
use leadbox::source::files::RecordMapping;
use leadbox::source::hubspot::{self, HubspotSource, KEY, Mappings, Mode, ScoreProperty};
use secrecy::SecretString;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::conformance::{Crm, Place};
use crate::faults::Faults;
use crate::hubspot::{Account, Habits, Hubspot};
use crate::hubspot_double::SPECS;
use crate::openapi::Sent;

pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Where an activity's text stands, by its kind.
pub const TEXTS: [(&str, &str); 6] = [
    ("calls", "hs_call_body"),
    ("emails", "hs_email_text"),
    ("meetings", "hs_meeting_body"),
    ("notes", "hs_note_body"),
    ("tasks", "hs_task_body"),
    ("communications", "hs_communication_body"),
];

pub struct Shop {
    pub hubspot: Hubspot,
    line: Faults,
    /// What the leads are here.
    pub kind: &'static str,
    /// Whose leads are asked for; all without.
    pub owner: Option<String>,
    pub mode: Option<Mode>,
}

impl Shop {
    /// An account with all of the real one's habits.
    pub fn new(account: Account) -> Self {
        let kind = if account.has_leads { "leads" } else { "contacts" };
        let has_keys = account.has_unique_on_activities;
        let hubspot = Hubspot::start(account);
        hubspot.clock().store(Utc::now().timestamp_millis(), Ordering::SeqCst);
        hubspot.habits(|habits| *habits = Habits::real());
        hubspot.owner(502, "ben@example.com", "Ben", "Ode");
        hubspot.property(kind, "message", "string", false);
        if has_keys {
            TEXTS.iter().for_each(|(kind, _)| hubspot.property(kind, KEY, "string", true));
        }
        let line = RUNTIME.block_on(Faults::start(&hubspot.url));
        Self { hubspot, line, kind, owner: Some("ana@example.com".into()), mode: None }
    }

    /// The connector; `url` is the double itself, or the line to it.
    pub fn connector(&self, url: &str) -> HubspotSource {
        connector(url, self.hubspot.token(), self.hubspot.clock(), self.owner.clone(), self.mode)
    }

    /// The connector without a line between.
    pub fn near(&self) -> HubspotSource {
        self.connector(&self.hubspot.url)
    }

    /// Every request so far is one that HubSpot's documents tell of, and none was one too many.
    pub fn check(&self) {
        self.check_form();
        for asked in self.hubspot.log() {
            assert_ne!(asked.status, 429, "{} was one too many", asked.kind);
        }
    }

    /// Every request so far is one that HubSpot's documents tell of. Whoever was started anew may ask too soon, and is told.
    pub fn check_form(&self) {
        for asked in self.hubspot.log() {
            let (headers, body) = (&asked.headers, &asked.body);
            let sent = Sent { method: &asked.method, path: &asked.path, query: &asked.query, headers, body };
            if let Some(specs) = &*SPECS {
                specs.check(&sent).unwrap_or_else(|wrong| panic!("{}: {wrong}", asked.kind));
            }
        }
    }
}

/// A connector that lives by this clock, in milliseconds since 1970: when it waits, that goes on.
pub fn connector(
    url: &str,
    token: String,
    clock: Arc<AtomicI64>,
    owner: Option<String>,
    mode: Option<Mode>,
) -> HubspotSource {
    let passing = Arc::clone(&clock);
    let mapping = |file, text: &str, of: &str| {
        // Where a lead's message is kept is each account's own affair.
        let text = text.replacen("[lead]\n", &format!("[lead]\nmessage = \"{of}.message\"\n"), 1);
        RecordMapping::parse(file, &text).unwrap()
    };
    let account = hubspot::Account {
        name: "crm".into(),
        url: url.to_owned(),
        token: Arc::new(move || Ok(SecretString::from(token.clone()))),
        owner,
        mode,
        mappings: Mappings {
            leads: mapping("crm-hubspot-leads.toml", hubspot::LEADS, "lead"),
            contacts: mapping("crm-hubspot-contacts.toml", hubspot::CONTACTS, "contact"),
        },
        scores: vec![ScoreProperty { axis: Axis::Fit, of_lead: false, name: "fit_score".into() }],
        asked_every: 1,
        clock: Arc::new(move || DateTime::from_timestamp_millis(clock.load(Ordering::SeqCst)).unwrap()),
        wait: Arc::new(move |wait| {
            passing.fetch_add(i64::try_from(wait.as_millis()).unwrap(), Ordering::SeqCst);
            Box::pin(std::future::ready(()))
        }),
    };
    HubspotSource::new(account).unwrap()
}

impl Place for Shop {
    fn page(&self) -> usize {
        200
    }

    fn calls(&self) -> usize {
        self.line.calls()
    }

    fn source(&self) -> Box<dyn Source> {
        Box::new(self.connector(&self.line.url()))
    }

    fn add(&self, many: usize) -> Vec<String> {
        self.hubspot.leads(many, "501", 0).into_iter().map(|trio| trio.lead).collect()
    }

    fn edit(&self, id: &str, message: &str) {
        self.hubspot.edit(self.kind, id, &[("message", message)]);
    }

    fn remove(&self, id: &str) -> bool {
        self.hubspot.archive(self.kind, id);
        true
    }

    fn now(&self) -> Time {
        DateTime::from_timestamp_millis(self.hubspot.now()).unwrap()
    }

    fn time_passes(&self, seconds: i64) {
        self.hubspot.advance(seconds);
    }
}

impl Crm for Shop {
    fn line(&self) -> &Faults {
        &self.line
    }

    fn give_away(&self, id: &str) {
        self.hubspot.reassign(self.kind, id, "502");
    }

    fn give_back(&self, id: &str) {
        self.hubspot.reassign(self.kind, id, "501");
    }

    fn close(&self, id: &str) {
        match self.kind {
            "leads" => {
                let reason = ("hs_lead_disqualification_reason", "NO_RESPONSE");
                self.hubspot.edit("leads", id, &[("hs_pipeline_stage", "unqualified-stage-id"), reason]);
            }
            kind => self.hubspot.edit(kind, id, &[("hs_lead_status", "UNQUALIFIED")]),
        }
    }

    fn unite(&self, stays: &str, goes: &str) -> bool {
        let can_be = self.kind == "contacts";
        if can_be {
            self.hubspot.merge(self.kind, stays, goes);
        }
        can_be
    }

    fn lock_out(&self) {
        self.hubspot.revoke();
    }

    fn let_in(&self) {
        self.hubspot.account(|account| account.token = Account::enterprise().token);
    }

    fn stage(&self, id: &str) -> Option<Stage> {
        let name = if self.kind == "leads" { "hs_pipeline_stage" } else { "hs_lead_status" };
        Some(match self.hubspot.value(self.kind, id, name)?.as_str() {
            "new-stage-id" | "NEW" => Stage::Assigned,
            "attempting-stage-id" | "IN_PROGRESS" => Stage::Accepted,
            "ATTEMPTED_TO_CONTACT" => Stage::Attempted,
            "connected-stage-id" | "CONNECTED" => Stage::Connected,
            "qualified-stage-id" => Stage::Sql,
            "unqualified-stage-id" | "UNQUALIFIED" => Stage::Rejected,
            "BAD_TIMING" => Stage::Recycled,
            other => panic!("{other}"),
        })
    }

    fn writes(&self, key: Uuid) -> usize {
        let (plain, simple) = (key.to_string(), key.simple().to_string());
        let mut writes = 0;
        for (kind, text) in TEXTS {
            for id in self.hubspot.ids(kind) {
                let value = |name: &str| self.hubspot.value(kind, &id, name).unwrap_or_default();
                if value(KEY) == plain || value(text).contains(&simple) {
                    writes += 1;
                    for to in [self.kind, "contacts"] {
                        assert_eq!(self.hubspot.linked(kind, &id, to).len(), 1, "{kind} {id} is about one of {to}");
                    }
                }
            }
        }
        writes
    }

    fn owned(&self) -> Vec<String> {
        let is_own = |id: &String| self.hubspot.value(self.kind, id, "hubspot_owner_id").as_deref() == Some("501");
        self.hubspot.ids(self.kind).into_iter().filter(is_own).collect()
    }
}
