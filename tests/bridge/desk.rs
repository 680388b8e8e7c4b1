//! A hub with a CRM behind it, and what one asks of both.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::Duration;
use leadbox::config::{SourceKind, SourceSettings};
use leadbox::hub::bridge::{Bridge, Bridges, Courier, Round};
use leadbox::hub::clockwork;
use leadbox::hub::outgoing::SecretFrom;
use leadbox::reading::Place as Line;
use leadbox::source::Source;
use serde_json::{Value, json};

use crate::hub::{Ask, POLICY, Rig};

/// What Tryton does not know of a lead is not asked for.
pub const CHECKED: &str = r#"
[preflight]
items = ["business_email", "names", "trigger", "routing_rule", "dedup"]
"#;

/// A hub that has a CRM called `crm` behind it.
pub struct Desk<'r> {
    pub rig: &'r Rig,
    pub bridges: Bridges,
    courier: Courier,
}

impl<'r> Desk<'r> {
    /// With these people called so there.
    pub fn new(rig: &'r Rig, people: &[(&str, &str)], source: Box<dyn Source>) -> Self {
        let policy = format!("{POLICY}{CHECKED}");
        rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", policy)).ok();
        Self::beside(rig, people, source)
    }

    /// Another hub, or the same one after it ended, on the same database.
    pub fn beside(rig: &'r Rig, people: &[(&str, &str)], source: Box<dyn Source>) -> Self {
        let people = people.iter().map(|(id, named)| ((*id).to_owned(), (*named).to_owned())).collect();
        let bridges = Bridges { all: vec![Arc::new(bridge(people))], ..Bridges::default() };
        rig.hub.bridge_to(bridges.crms());
        let courier = Courier::new(Arc::clone(&rig.hub), &bridges, Arc::clone(&bridges.all[0]), source);
        Self { rig, bridges, courier }
    }

    /// It is asked so from now on, as by a hub that was started anew.
    pub fn started_with(&mut self, bridge: Bridge, source: Box<dyn Source>) {
        self.bridges.all = vec![Arc::new(bridge)];
        self.courier = Courier::new(Arc::clone(&self.rig.hub), &self.bridges, Arc::clone(&self.bridges.all[0]), source);
    }

    /// A round, after some time.
    pub fn round(&mut self, seconds: i64) -> Round {
        self.rig.pass(Duration::seconds(seconds));
        self.rig.run(self.courier.round()).unwrap()
    }

    /// Rounds that end in the middle of one as soon as this is so. Says whether they came to their end before.
    pub fn cut_off(&mut self, is_time: impl Fn() -> bool) -> bool {
        let (rig, courier) = (self.rig, &mut self.courier);
        rig.pass(Duration::seconds(61));
        let ended = async {
            while !is_time() {
                tokio::task::yield_now().await;
            }
        };
        rig.run(async {
            tokio::select! {
                () = ended => false,
                () = async { while courier.round().await.unwrap().tried > 0 {} } => true,
            }
        })
    }

    /// Rounds until there is nothing more to be done.
    pub fn settle(&mut self) {
        for _ in 0..60 {
            let round = self.round(61);
            let waits = self.writes("waiting");
            if round.is_ours && !round.more && waits == 0 {
                self.round(61);
                return;
            }
        }
        panic!("not at rest: {:?}", self.rig.rows("SELECT * FROM bridge_write WHERE state = 'waiting'"));
    }

    /// Rounds until there is nothing more to be read; something may wait for a person.
    pub fn settle_reading(&mut self) {
        while self.round(61).more {}
        self.round(61);
    }

    /// The clock's work.
    pub fn tick(&self, passes: Duration) {
        self.rig.pass(passes);
        while self.rig.run(clockwork::tick(&self.rig.hub)).unwrap() > 0 {}
    }

    /// How much of what is to be written there is in this state.
    pub fn writes(&self, state: &str) -> i64 {
        self.rig.number(&format!("SELECT count(*) FROM bridge_write WHERE state = '{state}'"))
    }

    /// The hub's number of a record's lead; nothing where it has none.
    pub fn find(&self, record: &str) -> Option<i64> {
        let sql = "SELECT coalesce(merged_into, id) FROM lead WHERE source = 'crm' AND external_id";
        self.rig.rows(&format!("{sql} = '{record}'")).first().map(|row| row.int(0).unwrap())
    }

    pub fn lead(&self, record: &str) -> i64 {
        self.find(record).unwrap_or_else(|| panic!("record {record} is no lead here"))
    }

    /// Where a record's lead stands, and with whom.
    pub fn stands(&self, record: &str) -> (String, Option<String>) {
        let lead = self.lead(record);
        let rows = self.rig.rows(&format!("SELECT stage, owner FROM lead WHERE id = {lead}"));
        (rows[0].text(0).unwrap().to_owned(), rows[0].opt_text(1).unwrap().map(str::to_owned))
    }

    pub fn must_stand(&self, record: &str, stage: &str, owner: Option<&str>) {
        assert_eq!(self.stands(record), (stage.to_owned(), owner.map(str::to_owned)), "{:?}", self.history(record));
    }

    /// The kinds of what happened to a record's lead.
    pub fn history(&self, record: &str) -> Vec<String> {
        let lead = self.lead(record);
        let rows = self.rig.rows(&format!("SELECT what FROM log WHERE lead = {lead} ORDER BY n"));
        let kind = |text: &str| serde_json::from_str::<Value>(text).unwrap()["kind"].as_str().unwrap().to_owned();
        rows.iter().map(|row| kind(row.text(0).unwrap())).collect()
    }

    /// How often this happened to a record's lead.
    pub fn times(&self, record: &str, kind: &str) -> usize {
        self.history(record).iter().filter(|found| *found == kind).count()
    }

    /// A rep answers.
    pub fn answer(&self, who: &str, record: &str, what: &Value) -> Value {
        let op = self.rig.op(self.lead(record), what);
        let reply = self.rig.push(who, &op).ok();
        assert_eq!(reply["outcome"], "applied", "{reply}");
        op
    }

    /// What is known of the CRM, as this person sees it.
    pub fn state(&self, who: &str) -> Value {
        self.rig.as_who(who, Ask::get("/v1/bridge")).ok()[0].clone()
    }

    /// What becomes of something that was refused.
    pub fn order(&self, who: &str, id: &Value, order: Value) -> Value {
        self.rig.as_who(who, Ask::new("POST", &format!("/v1/bridge/writes/{id}")).json(&order)).ok()
    }
}

fn bridge(people: BTreeMap<String, String>) -> Bridge {
    let settings = SourceSettings {
        name: "crm".into(),
        url: "http://127.0.0.1:1".into(),
        kind: SourceKind::Tryton { database: "crm".into(), user: "hub".into() },
        secret_cmd: Vec::new(),
        map: None,
        every: 60,
        place: Line::whole("hub.toml"),
    };
    Bridge { settings, secret: SecretFrom::File(PathBuf::from("crm.secret")), people }
}

pub fn accept() -> Value {
    json!({ "kind": "accepted" })
}

pub fn reject() -> Value {
    json!({ "kind": "rejected", "code": "budget", "note": "not before 2028" })
}

pub fn call(note: &str) -> Value {
    json!({ "kind": "attempted", "channel": "phone", "outcome": "voicemail", "note": note })
}
