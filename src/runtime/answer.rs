//! Answers what the app asks, from the store and the rules. Called on the store's thread; and by tests that drive the
//! app against a real store.

use chrono::Duration;
use chrono_tz::Tz;

use crate::app::effect::{Ask, Cursor, From, PageAsk};
use crate::app::msg::{self, Acted, AlertLine, Opened, OutboxLine, Reply, Soon, Walk};
use crate::handoff::Time;
use crate::handoff::alert::Available;
use crate::handoff::approach::{Template, approach};
use crate::handoff::clocks;
use crate::handoff::disposition::Act;
use crate::handoff::dossier::Dossier;
use crate::handoff::event::Actor;
use crate::handoff::lead::LeadId;
use crate::handoff::outbox::OutboxState;
use crate::handoff::policy::Policy;
use crate::handoff::query::Filter;
use crate::handoff::reconcile::Merged;
use crate::handoff::refusal::Refusal;
use crate::handoff::scoring::Models;
use crate::keeping::clock::{Clock, Reading};
use crate::store::{self, Ctx, PageQuery, Store, StoreError};

/// What is needed besides the store to answer: the rules, and who asks.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The team's rules.
    pub policy: Policy,
    /// By what leads are scored.
    pub scoring: Models,
    /// What to say to whom (F18).
    pub approach: Vec<Template>,
    /// The rep.
    pub actor: Actor,
    /// The rep's zone.
    pub zone: Tz,
    /// By what it is decided when something is done.
    pub clock: Clock,
}

impl Rules {
    /// Under what the store decides at that time.
    pub fn ctx(&self, at: impl Into<Reading>) -> Ctx<'_> {
        let Reading { now, ahead } = at.into();
        Ctx { now, ahead, policy: &self.policy, scoring: &self.scoring, actor: &self.actor, zone: self.zone }
    }
}

/// Why there is no plain answer.
enum Not {
    Refused(Refusal),
    Failed(StoreError),
}

impl std::convert::From<StoreError> for Not {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl std::convert::From<Refusal> for Not {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The answer to `ask` at that time.
pub fn answer(store: &mut Store, rules: &Rules, at: impl Into<Reading>, ask: Ask) -> Reply {
    match reply(store, rules, at.into(), &ask) {
        Ok(reply) => reply,
        Err(Not::Refused(refusal)) => Reply::Refused { ask, refusal },
        Err(Not::Failed(error)) => Reply::Failed { ask, error: error.to_string() },
    }
}

fn reply(store: &mut Store, rules: &Rules, at: Reading, ask: &Ask) -> Result<Reply, Not> {
    let (ctx, now) = (rules.ctx(at), at.now);
    Ok(match ask {
        Ask::Desk => Reply::Desk { desk: store.desk()?, counts: store.counts(&ctx)? },
        Ask::Soon => Reply::Soon(soon(store, now)?),
        Ask::Alerts => Reply::Alerts(alerts(store, rules, now)?),
        Ask::SeeAlerts(ids) => {
            store.see_alerts(ids)?;
            Reply::Alerts(alerts(store, rules, now)?)
        }
        Ask::Page(ask) => Reply::Page(page(store, ask, now)?),
        Ask::Search { generation, text, most } => found(store, *generation, text, *most, now)?,
        Ask::Engage(lead) => {
            let dossier = store.engage(*lead, &ctx)??;
            opened(store, rules, dossier, now)?
        }
        Ask::EngageNext => match store.engage_next(None, &ctx)? {
            Some(dossier) => opened(store, rules, dossier, now)?,
            None => Reply::NoneLeft { desk: store.desk()?, counts: store.counts(&ctx)? },
        },
        Ask::Show(lead) => {
            let dossier = store.dossier(*lead, &ctx)??;
            opened(store, rules, dossier, now)?
        }
        Ask::Act { lead, act } => {
            let acted = store.act(*lead, act, &ctx)??;
            let summary = store.summary(*lead)?;
            let store::Acted { lead, undo_until, was_engaged, desk, counts, .. } = acted;
            Reply::Acted(Box::new(Acted { lead, act: act.clone(), summary, undo_until, was_engaged, desk, counts }))
        }
        Ask::ActMany { leads, act } => many(store, &ctx, leads, act)?,
        Ask::Undo => {
            let undone = store.undo(&ctx)??;
            Reply::Undone { leads: vec![undone.lead], desk: undone.desk, counts: undone.counts }
        }
        Ask::UndoBulk(leads) => {
            let undone = store.undo_bulk(leads, &ctx)??;
            let leads = undone.iter().map(|undone| undone.lead).collect();
            Reply::Undone { leads, desk: store.desk()?, counts: store.counts(&ctx)? }
        }
        Ask::WhyDue(lead) => {
            let dossier = store.dossier(*lead, &ctx)??;
            Reply::Walked { lead: *lead, walks: walks(&dossier, &rules.policy) }
        }
        Ask::Outbox { most } => Reply::Outbox(outbox(store, *most, now)?),
        Ask::Acknowledge { op, most } => {
            store.acknowledge(*op)?;
            Reply::Outbox(outbox(store, *most, now)?)
        }
        Ask::Redo { op, act } => {
            let acted = store.redo(*op, &ctx)??;
            let summary = store.summary(acted.lead)?;
            let store::Acted { lead, undo_until, was_engaged, desk, counts, .. } = acted;
            Reply::Acted(Box::new(Acted { lead, act: act.clone(), summary, undo_until, was_engaged, desk, counts }))
        }
        Ask::RetryParked { op, most } => {
            if store.retry_parked(*op, now)? == 0 && op.is_some() {
                let refusal =
                    Refusal::Missing("this is not sent again: something that was done after it is there by now");
                return Err(Not::Refused(refusal));
            }
            Reply::Outbox(outbox(store, *most, now)?)
        }
    })
}

fn alerts(store: &Store, rules: &Rules, now: Time) -> Result<Vec<AlertLine>, StoreError> {
    let line = |alert: store::OpenAlert| {
        let left = Available::new(alert.notice.until, &rules.policy, now).left;
        let store::OpenAlert { lead, name, stage, notice, is_new } = alert;
        AlertLine { lead, name, stage, notice, left, is_new }
    };
    Ok(store.open_alerts(now)?.into_iter().map(line).collect())
}

/// How many of the leads that are due next the app watches.
const SOON: usize = 8;

/// The leads that are due next, of one's own that stand under `Due`.
fn soon(store: &Store, now: Time) -> Result<Vec<Soon>, StoreError> {
    let due = store.due_next(now, SOON)?;
    Ok(due.into_iter().map(|(lead, deadline)| Soon { lead, deadline }).collect())
}

fn page(store: &Store, ask: &PageAsk, now: Time) -> Result<msg::Page, StoreError> {
    let place = |cursor: &Cursor| store::Key { sort: cursor.sort, rank: cursor.rank, id: cursor.id };
    let from = match &ask.from {
        From::Top => store::From::Top,
        From::Bottom => store::From::End,
        From::After(cursor) => store::From::After(place(cursor)),
        From::Before(cursor) => store::From::Before(place(cursor)),
        From::Around(lead) => store::From::Around(*lead),
    };
    let page = store.page(&PageQuery { tab: ask.tab, from, rows: ask.rows, filter: Filter::default(), now })?;
    let next = match store.next_candidate(None)? {
        Some(lead) => store.summary(lead)?.map(|summary| summary.name),
        None => None,
    };
    let cursor = |key: Option<store::Key>| key.map(|key| Cursor { sort: key.sort, rank: key.rank, id: key.id });
    Ok(msg::Page {
        generation: ask.generation,
        tab: ask.tab,
        above: cursor(page.first).filter(|_| page.more_before),
        below: cursor(page.last).filter(|_| page.more_after),
        rows: page.rows,
        next,
    })
}

fn found(store: &Store, generation: u64, text: &str, most: usize, now: Time) -> Result<Reply, StoreError> {
    let filter = match Filter::parse(text) {
        Ok(filter) => filter,
        Err(error) => {
            return Ok(Reply::Found { generation, rows: Vec::new(), more: false, error: Some(error.to_string()) });
        }
    };
    // One more than wanted tells whether there are more.
    let mut rows = store.search(&filter, most + 1, now)?;
    let more = rows.len() > most;
    rows.truncate(most);
    Ok(Reply::Found { generation, rows, more, error: None })
}

fn opened(store: &Store, rules: &Rules, dossier: Dossier, now: Time) -> Result<Reply, StoreError> {
    let clocks = running(&dossier, &rules.policy);
    let approach = approach(&rules.approach, &dossier.lead, &dossier.trail, dossier.lead.category);
    let (desk, counts) = (store.desk()?, store.counts(&rules.ctx(now))?);
    let is_theirs = store.is_theirs(dossier.id)?;
    Ok(Reply::Opened(Box::new(Opened { dossier, clocks, approach, is_theirs, desk, counts })))
}

/// The clocks that run on a lead, the nearest first; behind them what was over before the rep had it.
fn running(dossier: &Dossier, policy: &Policy) -> Vec<clocks::Clock> {
    let mut clocks = clocks::clocks(&dossier.lead, &dossier.handoff, policy);
    clocks.retain(|clock| clock.met_at.is_none());
    clocks.sort_by_key(|clock| (clock.was_lost(&dossier.handoff), clock.due.is_none(), clock.due));
    clocks
}

fn walks(dossier: &Dossier, policy: &Policy) -> Vec<Walk> {
    let walk = |clock| Walk { spent: clocks::why_due(&clock, &dossier.handoff, policy).spent, clock };
    running(dossier, policy).into_iter().map(walk).collect()
}

fn many(store: &mut Store, ctx: &Ctx<'_>, leads: &[LeadId], act: &Act) -> Result<Reply, Not> {
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    let mut undo_until = ctx.now + Duration::seconds(i64::from(ctx.policy.undo_seconds));
    for &lead in leads {
        match store.act(lead, act, ctx)? {
            Ok(acted) => {
                undo_until = acted.undo_until;
                done.push(lead);
            }
            Err(refusal) => refused.push((lead, refusal)),
        }
    }
    let (desk, counts) = (store.desk()?, store.counts(ctx)?);
    Ok(Reply::BulkDone { act: Box::new(act.clone()), done, refused, undo_until, desk, counts })
}

fn outbox(store: &Store, most: usize, now: Time) -> Result<Vec<OutboxLine>, StoreError> {
    let line = |item: store::OutboxItem| -> Result<OutboxLine, StoreError> {
        let is_compared = Merged::of(item.state, item.last_error.as_deref()).is_some();
        let state = item.standing(now);
        let hub = if is_compared { store.hub_side(item.lead, &item.event.actor.name)? } else { None };
        Ok(OutboxLine {
            hub: hub.map(Box::new),
            lead: item.lead,
            name: item.name,
            event: item.event,
            at: item.made_at,
            target: item.key.source,
            state,
            tries: item.attempts,
            next_try: matches!(item.state, OutboxState::Waiting).then_some(item.not_before),
            error: item.last_error,
        })
    };
    store.outbox(most)?.into_iter().map(line).collect()
}
