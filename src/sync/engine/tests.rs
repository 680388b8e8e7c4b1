use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use chrono_tz::Tz;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::handoff::arrival::{Arrival, LeftOut, Word};
use crate::handoff::disposition::{Act, Rejection};
use crate::handoff::event::Actor;
use crate::handoff::lead::{Lead, LeadId, LeadKey};
use crate::handoff::outbox::OutboxState;
use crate::handoff::policy::Policy;
use crate::handoff::scoring::Models;
use crate::handoff::state::Handoff;
use crate::handoff::unread::Unread;
use crate::source::{
    Answer, Applied, Capabilities, Change, ConflictDetection, Detail, Notices, Page, Probe, Record, Tombstone,
};

mod crm;
mod filling;
mod telling;

/// What the remote does with the next write.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Mood {
    #[default]
    Takes,
    /// It does the work, and its answer is lost.
    LosesAnswer,
    /// It does the work, and never answers: the program may be killed meanwhile.
    Hangs,
    Refuses,
    SignedOut,
    AsksToWait,
    /// It fails at the lead of this id.
    FailsAt(&'static str),
}

/// A remote system that outlives the engine, as real ones do.
#[derive(Default)]
struct There {
    away: bool,
    mood: Mood,
    /// What took hold, in order; one key once.
    taken: Vec<(Uuid, String, u32)>,
    tries: usize,
    asked: Vec<Option<String>>,
    forgot_cursor: bool,
    is_endless: bool,
    /// Asked for what comes after this place, it never answers.
    hangs_after: Option<&'static str>,
    /// It answers, and what it tells makes no sense.
    is_garbled: bool,
    has_bad_alerts: bool,
    news: Vec<Lead>,
    /// It is a hub, and this is the version of all of its leads, which nobody has done anything about.
    version: Option<i64>,
    left_out: Vec<LeftOut>,
    /// What it tells before all that.
    script: VecDeque<Result<Page, SourceError>>,
}

struct Fake {
    name: &'static str,
    there: Arc<Mutex<There>>,
    repeatable: bool,
}

impl Fake {
    fn reach(&self) -> Result<(), SourceError> {
        if self.there.lock().unwrap().away {
            return Err(SourceError::Unreachable { source_name: self.name.into(), why: "away".into() });
        }
        Ok(())
    }
}

impl Source for Fake {
    fn name(&self) -> &str {
        self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            writes: true,
            atomic: true,
            repeatable: self.repeatable,
            conflicts: ConflictDetection::None,
            read_lag: 0,
            tells_news: false,
            sees_deletes: false,
            detail: Detail::None,
            asked_every: 0,
        }
    }

    fn pull(&mut self, after: Option<&Cursor>) -> Answer<'_, Page> {
        let after = after.map(|after| after.0.clone());
        Box::pin(async move {
            self.reach()?;
            let hangs = {
                let there = self.there.lock().unwrap();
                there.hangs_after.is_some_and(|place| after.as_deref() == Some(place))
            };
            if hangs {
                std::future::pending::<()>().await;
            }
            let mut there = self.there.lock().unwrap();
            there.asked.push(after.clone());
            if let Some(told) = there.script.pop_front() {
                return told;
            }
            if there.is_garbled {
                return Err(SourceError::Protocol { source_name: self.name.into(), why: "garbage".into() });
            }
            if there.forgot_cursor && after.is_some() {
                return Err(SourceError::Cursor { source_name: self.name.into(), why: "too old".into() });
            }
            let record = |lead: &Lead| Record {
                arrival: Arrival { lead: lead.clone(), trail: Vec::new(), told: None },
                word: there.version.map(|version| Word {
                    version,
                    record: Unread::of(lead).unwrap(),
                    handoff: Handoff::arrived(lead, now()),
                    history: Unread::of(&Vec::new()).unwrap(),
                }),
            };
            let changes = there.news.iter().map(|lead| Change::Upsert(Box::new(record(lead)))).collect();
            let more = there.is_endless;
            let left_out = there.left_out.clone();
            Ok(Page { changes, left_out, next: Cursor(format!("c{}", there.news.len())), more })
        })
    }

    fn notices(&mut self, _: Option<&Cursor>) -> Answer<'_, Notices> {
        Box::pin(async move {
            if self.there.lock().unwrap().has_bad_alerts {
                return Err(SourceError::Protocol { source_name: self.name.into(), why: "no such category".into() });
            }
            Ok(Notices::default())
        })
    }

    fn reconcile(&mut self, _: &[String]) -> Answer<'_, Vec<Tombstone>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn detail(&mut self, _: &str) -> Answer<'_, Option<Record>> {
        Box::pin(async { Ok(None) })
    }

    fn plan(&mut self, disposition: &Disposition) -> Answer<'_, Vec<Step>> {
        let body = serde_json::json!([disposition.lead.external_id, disposition.event.seq]);
        let step = Step { key: disposition.key, number: 0, what: "write".into(), sets: None, body };
        Box::pin(async { Ok(vec![step]) })
    }

    fn apply(&mut self, step: &Step) -> Answer<'_, Applied> {
        let step = step.clone();
        Box::pin(async move {
            self.reach()?;
            let mood = {
                let mut there = self.there.lock().unwrap();
                there.tries += 1;
                if let Mood::FailsAt(lead) = there.mood {
                    if step.body[0] == lead {
                        let why = "an internal error".into();
                        return Err(SourceError::Protocol { source_name: self.name.into(), why });
                    }
                    there.mood = Mood::Takes;
                }
                if matches!(there.mood, Mood::Takes | Mood::LosesAnswer | Mood::Hangs) {
                    let is_new = there.taken.iter().all(|(key, ..)| *key != step.key);
                    assert!(is_new || self.repeatable, "written twice where that does harm");
                    if is_new {
                        let (lead, seq) = serde_json::from_value(step.body.clone()).unwrap();
                        there.taken.push((step.key, lead, seq));
                    }
                }
                there.mood
            };
            Ok(match mood {
                Mood::Takes | Mood::FailsAt(_) => Applied::Applied,
                Mood::LosesAnswer => Applied::Unknown,
                Mood::Hangs => std::future::pending().await,
                Mood::Refuses => Applied::Rejected { why: "no such owner".into() },
                Mood::SignedOut => Applied::AuthExpired,
                Mood::AsksToWait => Applied::Throttled { until: now() + chrono::Duration::days(2) },
            })
        })
    }

    fn probe(&mut self, step: &Step, tried: Option<chrono::Duration>) -> Answer<'_, Probe> {
        let key = step.key;
        Box::pin(async move {
            self.reach()?;
            let is_there = self.there.lock().unwrap().taken.iter().any(|(taken, ..)| *taken == key);
            assert!(tried.is_some() || !is_there, "whatever may be there was begun");
            Ok(if is_there { Probe::Committed } else { Probe::Absent })
        })
    }
}

fn now() -> Time {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn lead(source: &str, n: usize) -> Lead {
    let key = LeadKey { source: source.into(), external_id: format!("x{n}") };
    Lead { key, mql_at: Some(now()), ..Lead::default() }
}

struct Rig {
    store: Store,
    there: Arc<Mutex<There>>,
    engine: Engine,
    now: Time,
    policy: Policy,
    scoring: Models,
    actor: Actor,
    repeatable: bool,
}

impl Rig {
    fn new(leads: usize, repeatable: bool) -> Self {
        let mut store = Store::open_in_memory().unwrap();
        store.register_source("crm", true).unwrap();
        let there = Arc::new(Mutex::new(There::default()));
        there.lock().unwrap().news = (1..=leads).map(|n| lead("crm", n)).collect();
        let engine = engine(&there, repeatable);
        let (policy, actor) = (Policy::default(), Actor::rep("ana"));
        let mut rig = Self { store, there, engine, now: now(), policy, scoring: Models::default(), actor, repeatable };
        rig.round();
        rig
    }

    fn there(&self) -> std::sync::MutexGuard<'_, There> {
        self.there.lock().unwrap()
    }

    fn pass(&mut self, seconds: i64) -> &mut Self {
        self.now += chrono::Duration::seconds(seconds);
        self
    }

    /// Does something at this time, under these rules.
    fn with<T>(&mut self, job: impl FnOnce(&mut Engine, &mut Store, &Ctx<'_>) -> T) -> T {
        let ctx = Ctx {
            now: self.now,
            ahead: chrono::Duration::zero(),
            policy: &self.policy,
            scoring: &self.scoring,
            actor: &self.actor,
            zone: Tz::UTC,
        };
        job(&mut self.engine, &mut self.store, &ctx)
    }

    fn round(&mut self) -> Round {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        self.with(|engine, store, ctx| runtime.block_on(engine.round(store, ctx)))
    }

    /// A round that is killed where it first has to wait; the next one is a new process's.
    fn killed_round(&mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _in = runtime.enter();
        self.engine.patience = PATIENCE;
        self.with(|engine, store, ctx| {
            let _ = pin!(engine.round(store, ctx)).poll(&mut Context::from_waker(Waker::noop()));
        });
        self.engine = engine(&self.there, self.repeatable);
    }

    fn act(&mut self, lead: i64, act: &Act) -> bool {
        self.with(|_, store, ctx| store.act(LeadId(lead), act, ctx).unwrap().is_ok())
    }

    fn undo(&mut self) -> bool {
        self.with(|_, store, ctx| store.undo(ctx).unwrap().is_ok())
    }

    fn states(&self) -> Vec<OutboxState> {
        self.store.outbox(99).unwrap().into_iter().map(|item| item.state).collect()
    }
}

fn engine(there: &Arc<Mutex<There>>, repeatable: bool) -> Engine {
    Engine::new(vec![Box::new(Fake { name: "crm", there: Arc::clone(there), repeatable })], || 1.0)
}

fn reject() -> Act {
    Act::Reject(Rejection { code: "budget".into(), ..Rejection::default() })
}

#[test]
fn without_a_network_all_stays_and_goes_when_it_is_back() {
    let mut rig = Rig::new(3, true);
    (1..=3).for_each(|lead| assert!(rig.act(lead, &reject())));
    rig.there().away = true;
    for _ in 0..200 {
        let round = rig.pass(30).round();
        assert!(round.trouble.unwrap().contains("cannot be reached"));
    }
    // Told that the network is back, or by the next try, all of it goes at once.
    rig.there().away = false;
    rig.engine.retry_now();
    assert_eq!(rig.round().trouble, None);
    assert_eq!(rig.states(), [OutboxState::Sent; 3]);
}

#[test]
fn a_source_that_does_not_take_writes_is_left_alone_for_longer_each_time() {
    let mut rig = Rig::new(1, true);
    rig.act(1, &reject());
    rig.there().mood = Mood::SignedOut;
    assert!(rig.pass(11).round().is_signed_out, "nothing but signing in helps");
    for _ in 0..3600 {
        rig.pass(1).round();
    }
    // 2, 3, 5, 9 … 301 s between tries: within the hour some twenty, although it answers every fetch.
    let tries = rig.there().tries;
    assert!((15..25).contains(&tries), "{tries}");
    let item = rig.store.outbox(1).unwrap().remove(0);
    assert!(item.last_error.unwrap().contains("sign in again"));
    rig.there().mood = Mood::Takes;
    rig.pass(302).round();
    assert_eq!(rig.states(), [OutboxState::Sent]);
}

#[test]
fn a_source_that_asks_to_wait_is_neither_read_nor_written_before() {
    let mut rig = Rig::new(1, true);
    rig.act(1, &reject());
    rig.there().mood = Mood::AsksToWait;
    rig.pass(11).round();
    let tries = |rig: &Rig| {
        let there = rig.there();
        (there.tries, there.asked.len())
    };
    let before = tries(&rig);
    rig.there().mood = Mood::Takes;
    rig.pass(86_400).round();
    assert_eq!(tries(&rig), before);
    rig.pass(86_400).round();
    assert_eq!(rig.states(), [OutboxState::Sent]);
}

#[test]
fn a_source_that_never_answers_holds_nothing_up() {
    let mut rig = Rig::new(2, true);
    rig.engine.patience = Duration::ZERO;
    rig.act(1, &reject());
    rig.act(2, &reject());
    rig.there().mood = Mood::Hangs;
    rig.pass(11).round();
    // It had done the work; the probe found that out.
    assert_eq!(rig.states(), [OutboxState::Sent; 2]);
}

#[test]
fn a_refusal_is_parked_and_holds_back_nothing() {
    let mut rig = Rig::new(3, true);
    rig.act(1, &Act::Accept);
    rig.pass(11);
    rig.there().mood = Mood::Refuses;
    rig.round();
    rig.there().mood = Mood::Takes;
    rig.act(1, &reject());
    rig.act(2, &reject());
    rig.pass(11).round();
    assert_eq!(rig.states(), [OutboxState::Parked, OutboxState::Sent, OutboxState::Sent]);
    // What was done since is there: it would come after it.
    assert_eq!(rig.store.retry_parked(None, rig.now).unwrap(), 0);
    rig.act(3, &Act::Accept);
    rig.pass(11);
    rig.there().mood = Mood::Refuses;
    rig.round();
    rig.there().mood = Mood::Takes;
    assert_eq!(rig.store.retry_parked(None, rig.now).unwrap(), 1);
    rig.round();
    assert_eq!(rig.states().iter().filter(|state| **state == OutboxState::Sent).count(), 3);
}

#[test]
fn a_resting_source_holds_up_no_other() {
    let mut rig = Rig::new(30, true);
    rig.store.register_source("other", true).unwrap();
    let other = Arc::new(Mutex::new(There::default()));
    other.lock().unwrap().news = vec![lead("other", 1)];
    let fake = Fake { name: "other", there: Arc::clone(&other), repeatable: true };
    rig.engine.remotes.push(Remote::new(Box::new(fake)));
    rig.round();
    (1..=31).for_each(|lead| assert!(rig.act(lead, &reject())));
    rig.there().away = true;
    assert!(rig.pass(11).round().trouble.is_some(), "the one that answers does not hide the one that does not");
    assert_eq!(other.lock().unwrap().taken.len(), 1);
}

#[test]
fn a_lost_cursor_reads_from_the_start_and_loses_nothing() {
    let mut rig = Rig::new(2, true);
    rig.act(1, &reject());
    rig.there().forgot_cursor = true;
    let round = rig.pass(1).round();
    assert_eq!(round.trouble, None);
    assert_eq!(rig.there().asked, [None, Some("c2".to_owned()), None]);
    assert_eq!(rig.states(), [OutboxState::Held]);
}

#[derive(Clone, Debug)]
enum Op {
    Act(i64, bool),
    Undo,
    Round,
    Killed,
    Net(bool),
    Mood(Mood),
    Pass(i64),
    Arrive,
    Retry,
}

fn op() -> impl Strategy<Value = Op> {
    use Mood::{Hangs, LosesAnswer, Refuses, SignedOut, Takes};
    let moods = vec![Takes, LosesAnswer, Hangs, Refuses, SignedOut];
    prop_oneof![
        5 => (1..=5_i64, any::<bool>()).prop_map(|(lead, accept)| Op::Act(lead, accept)),
        2 => Just(Op::Undo),
        5 => Just(Op::Round),
        2 => Just(Op::Killed),
        2 => any::<bool>().prop_map(Op::Net),
        3 => proptest::sample::select(moods).prop_map(Op::Mood),
        4 => proptest::sample::select(vec![1, 4, 11, 400]).prop_map(Op::Pass),
        1 => Just(Op::Arrive),
        1 => Just(Op::Retry),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the network, the remote and the rep do, and wherever the sender is killed.
    #[test]
    fn each_disposition_takes_hold_once_in_its_order_and_an_undone_one_never(
        ops in proptest::collection::vec(op(), 1..60), repeatable: bool,
    ) {
        let mut rig = Rig::new(4, repeatable);
        // What hangs is given up at once; only where the program is killed it is waited for.
        rig.engine.patience = Duration::ZERO;
        for op in ops {
            match op {
                Op::Act(lead, accept) => if rig.store.summary(LeadId(lead)).unwrap().is_some() {
                    let act = if accept { Act::Accept } else { reject() };
                    rig.act(lead, &act);
                },
                Op::Undo => drop(rig.undo()),
                Op::Round => drop(rig.round()),
                Op::Killed => { rig.killed_round(); rig.engine.patience = Duration::ZERO; }
                Op::Net(is_there) => rig.there().away = !is_there,
                Op::Mood(mood) => rig.there().mood = mood,
                Op::Pass(seconds) => drop(rig.pass(seconds)),
                Op::Arrive => { let news = &mut rig.there().news; let n = news.len() + 1; news.push(lead("crm", n)); }
                Op::Retry => drop(rig.store.retry_parked(None, rig.now).unwrap()),
            }
        }
        rig.there().away = false;
        rig.there().mood = Mood::Takes;
        for _ in 0..20 {
            rig.store.retry_parked(None, rig.now).unwrap();
            rig.pass(302).round();
        }
        let items = rig.store.outbox(999).unwrap();
        let taken = rig.there().taken.clone();
        for item in &items {
            let times = taken.iter().filter(|(key, ..)| *key == item.op).count();
            match item.state {
                OutboxState::Sent => prop_assert_eq!(times, 1),
                // What is parked for good was followed by something that is there.
                OutboxState::Cancelled | OutboxState::Parked => prop_assert_eq!(times, 0),
                other => prop_assert!(false, "{:?} at the end", other),
            }
        }
        let mut last = BTreeMap::new();
        for (_, lead, seq) in taken {
            prop_assert!(last.insert(lead, seq).is_none_or(|before| before < seq), "out of order");
        }
    }
}
