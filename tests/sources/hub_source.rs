//! A hub as a source: the whole conformance suite, against a real one on SQLite over real HTTP. Whoever else decides on a
//! lead there is a manager, or the rep herself at another laptop.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use chrono::Duration;
use leadbox::handoff::Time;
use leadbox::handoff::state::Stage;
use leadbox::source::Source;
use leadbox::source::hub::{Http, HubSource};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::conformance::{Crm, Place, conforms};
use crate::faults::{Fault, Faults};
use crate::hub::{Ask, POLICY, Rig, item};
use crate::place;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A hub with its team, and a line to it.
struct Team {
    rig: Rig,
    line: Faults,
    token: RefCell<String>,
    /// By the lead's number, what its sender says of it.
    sent: RefCell<BTreeMap<String, Value>>,
    _place: place::Place,
}

/// A new hub. No lead goes to somebody else there because time passes: that is for the hub's own tests.
fn team(case: impl FnOnce(&Team, &Runtime)) {
    let place = place::Place::sqlite();
    let rig = Rig::new(&place);
    let quiet = format!("{POLICY}\n[[escalation.steps]]\nname = \"flag\"\non = \"no_activity\"\ndo = [\"flag\"]\n");
    rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", quiet)).ok();
    let line = RUNTIME.block_on(Faults::start(&rig.url));
    let token = RefCell::new(rig.tokens["ana"].clone());
    case(&Team { rig, line, token, sent: RefCell::default(), _place: place }, &RUNTIME);
}

impl Team {
    fn lead(&self, id: &str) -> Value {
        self.rig.as_who("rev", Ask::get(&format!("/v1/leads/{id}"))).ok()
    }

    fn give(&self, id: &str, to: &str) {
        let order = json!({ "order": "reassign", "to": to, "why": "the other is at a fair" });
        self.rig.as_who("rev", Ask::new("POST", &format!("/v1/leads/{id}/orders")).json(&order)).ok();
    }
}

impl Place for Team {
    fn source(&self) -> Box<dyn Source> {
        let token = SecretString::from(self.token.borrow().clone());
        let http = Http::new(&self.line.url(), token).unwrap();
        let hub = Arc::clone(&self.rig.hub);
        Box::new(HubSource::new(Box::new(http), Arc::new(move || hub.now())))
    }

    fn page(&self) -> usize {
        500
    }

    fn add(&self, many: usize) -> Vec<String> {
        let from = self.sent.borrow().len();
        let items: Vec<Value> = (from..from + many).map(|number| item(&format!("n{number}"), "Spain")).collect();
        let mut ids = Vec::new();
        for items in items.chunks(200) {
            let taken = self.rig.post(&json!({ "items": items })).ok();
            for (item, taken) in items.iter().zip(taken["items"].as_array().unwrap()) {
                let id = taken["lead"].to_string();
                self.sent.borrow_mut().insert(id.clone(), item.clone());
                ids.push(id);
            }
        }
        ids
    }

    fn edit(&self, id: &str, message: &str) {
        let mut item = self.sent.borrow()[id].clone();
        item["key"] = json!(Uuid::now_v7());
        item["message"] = json!(message);
        self.rig.post(&item).ok();
    }

    fn remove(&self, _id: &str) -> bool {
        // A hub forgets no lead.
        false
    }

    fn calls(&self) -> usize {
        self.line.calls()
    }

    fn now(&self) -> Time {
        self.rig.now()
    }

    fn time_passes(&self, seconds: i64) {
        self.rig.pass(Duration::seconds(seconds));
    }
}

impl Crm for Team {
    fn line(&self) -> &Faults {
        &self.line
    }

    fn give_away(&self, id: &str) {
        self.give(id, "cy");
    }

    fn give_back(&self, id: &str) {
        self.give(id, "ana");
    }

    fn close(&self, id: &str) {
        let rejected = self.rig.op(id.parse().unwrap(), &json!({ "kind": "rejected", "code": "budget" }));
        let token = self.token.borrow().clone();
        let told = self.rig.ask(Ask::new("POST", "/v1/ops").json(&rejected).token(&token)).ok();
        assert_eq!(told["outcome"], "applied", "{told}");
    }

    fn lock_out(&self) {
        let tokens = self.rig.as_who("rev", Ask::get("/v1/tokens")).ok();
        for token in tokens.as_array().unwrap().iter().filter(|token| token["person"] == "ana") {
            self.rig.as_who("rev", Ask::new("DELETE", &format!("/v1/tokens/{}", token["id"]))).ok();
        }
    }

    fn let_in(&self) {
        *self.token.borrow_mut() = self.rig.make_token("ana");
    }

    fn stage(&self, id: &str) -> Option<Stage> {
        Stage::from_code(self.lead(id)["handoff"]["stage"].as_str()?)
    }

    fn keeps(&self, _what: &str) -> bool {
        // Each answer is an entry of the log.
        true
    }

    fn writes(&self, key: Uuid) -> usize {
        let key = key.simple().to_string();
        let count = self.rig.number(&format!("SELECT count(*) FROM log WHERE lower(hex(id)) = '{key}'"));
        usize::try_from(count).unwrap()
    }

    fn owned(&self) -> Vec<String> {
        let rows = self.rig.rows("SELECT id FROM lead WHERE owner = 'ana' AND merged_into IS NULL");
        rows.iter().map(|row| row.int(0).unwrap().to_string()).collect()
    }
}

conforms!(team, faults: &Fault::ALL, schedules: 20);
