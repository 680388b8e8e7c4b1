//! A laptop that was offline while the hub gave its lead to somebody else (F115, N12): the real store, engine, source and
//! hub, over HTTP.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use leadbox::app::effect::Ask as AppAsk;
use leadbox::app::msg::{OutboxLine, Reply};
use leadbox::handoff::disposition::{Act, Attempt, Channel, Outcome};
use leadbox::handoff::event::Actor;
use leadbox::handoff::lead::LeadId;
use leadbox::handoff::outbox::OutboxState;
use leadbox::handoff::policy::Policy;
use leadbox::handoff::scoring::Models;
use leadbox::runtime::answer::{Rules, answer};
use leadbox::source::hub::{Http, HubSource, SOURCE};
use leadbox::store::Store;
use leadbox::sync::engine::{Engine, Round};
use secrecy::SecretString;
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::hub::{Ask, Rig, both};

/// A rep's laptop.
pub struct Laptop {
    pub store: Store,
    pub rules: Rules,
    engine: Engine,
    runtime: Runtime,
    _dir: TempDir,
}

impl Laptop {
    pub fn new(rig: &Rig, who: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        store.register_source(SOURCE, true).unwrap();
        let http = Http::new(&rig.url, SecretString::from(rig.tokens[who].clone())).unwrap();
        let hub = Arc::clone(&rig.hub);
        let source = HubSource::new(Box::new(http), Arc::new(move || hub.now()));
        let rules = Rules {
            policy: Policy::default(),
            scoring: Models::default(),
            approach: Vec::new(),
            actor: Actor::rep(who),
            zone: chrono_tz::UTC,
            clock: leadbox::keeping::clock::Clock::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { store, rules, engine: Engine::new(vec![Box::new(source)], || 0.5), runtime, _dir: dir }
    }

    /// One round of the engine, over the network.
    pub fn sync(&mut self, now: DateTime<Utc>) -> Round {
        self.engine.retry_now();
        let Self { store, rules, engine, runtime, .. } = self;
        let round = runtime.block_on(engine.round(store, &rules.ctx(now)));
        assert_eq!(round.trouble, None);
        round
    }

    /// What the app is answered.
    pub fn answer(&mut self, ask: AppAsk, now: DateTime<Utc>) -> Reply {
        answer(&mut self.store, &self.rules, now, ask)
    }

    fn outbox(&mut self, now: DateTime<Utc>) -> Vec<OutboxLine> {
        let Reply::Outbox(rows) = self.answer(AppAsk::Outbox { most: 99 }, now) else { panic!() };
        rows
    }
}

#[test]
fn what_was_done_offline_on_a_lead_that_went_away_is_told_with_both_sides() {
    both(|rig, _| {
        let (called, accepted) = (rig.lead("own", "Spain"), rig.lead("two", "Spain"));
        let mut ana = Laptop::new(rig, "ana");
        ana.sync(rig.now());
        let here = |laptop: &Laptop, lead: i64| laptop.store.find(&format!("{SOURCE}:{lead}")).unwrap().unwrap();
        let (called_here, accepted_here) = (here(&ana, called), here(&ana, accepted));

        // Offline: a conversation on one, an acceptance of the other.
        let attempt = Attempt {
            channel: Channel::Phone,
            outcome: Outcome::Reached,
            at: None,
            note: None,
            cited: None,
            next: None,
            consent_override: None,
        };
        for (lead, act) in [(called_here, Act::Attempt(attempt)), (accepted_here, Act::Accept)] {
            ana.store.act(lead, &act, &ana.rules.ctx(rig.now())).unwrap().unwrap();
        }
        for lead in [called, accepted] {
            let order = json!({ "order": "reassign", "to": "cy", "why": "she is on a train" });
            rig.as_who("max", Ask::new("POST", &format!("/v1/leads/{lead}/orders")).json(&order)).ok();
        }
        rig.pass(Duration::seconds(60));
        let round = ana.sync(rig.now());
        assert!(round.changed);
        ana.sync(rig.now());

        let rows = ana.outbox(rig.now());
        let of = |lead: LeadId, code: &str| {
            rows.iter().find(|row| row.lead == lead && row.event.what.code() == code).unwrap()
        };
        let (contact, answer) = (of(called_here, "attempted"), of(accepted_here, "accepted"));
        assert_eq!((contact.state, answer.state), (OutboxState::Kept, OutboxState::Parked));
        for row in [contact, answer] {
            assert!(row.error.as_deref().unwrap().contains("went to cy meanwhile"), "{row:?}");
            let hub = row.hub.as_ref().unwrap();
            assert!(!hub.is_here && hub.left.as_deref() == Some("given to cy: she is on a train"), "{hub:?}");
        }
        // Two things need her, not three: what the contact implied is told with it.
        assert_eq!(ana.store.counts(&ana.rules.ctx(rig.now())).unwrap().parked, 2);

        // The manager gives one back: the same act, once more, is another one, and the hub takes it.
        let order = json!({ "order": "reassign", "to": "ana", "why": "she is back" });
        rig.as_who("max", Ask::new("POST", &format!("/v1/leads/{accepted}/orders")).json(&order)).ok();
        ana.sync(rig.now());
        let op = answer.event.id;
        let reply = ana.answer(AppAsk::Redo { op, act: Act::Accept }, rig.now());
        assert!(matches!(reply, Reply::Acted(_)), "{reply:?}");
        rig.pass(Duration::seconds(60));
        ana.sync(rig.now());
        assert_eq!(rig.rows(&format!("SELECT owner FROM lead WHERE id = {accepted}"))[0].text(0).unwrap(), "ana");
        let there = rig.as_who("ana", Ask::get(&format!("/v1/leads/{accepted}"))).ok();
        assert_eq!(there["handoff"]["stage"], "accepted");
        let kept = rows.iter().find(|row| row.state == OutboxState::Kept).unwrap().event.id;
        ana.answer(AppAsk::Acknowledge { op: kept, most: 99 }, rig.now());
        assert_eq!(ana.store.counts(&ana.rules.ctx(rig.now())).unwrap().parked, 0);
        // Nothing vanished.
        assert_eq!(ana.outbox(rig.now()).len(), 4);
    });
}
