//! What time does: takes the leads whose time has come, in its order, and does what is due. Any number of hubs may do so
//! on one database: whoever writes holds the log's head, looks whether it is still due, and moves the lead's time on in
//! the same transaction. So each step is taken once, and after a downtime all of them in their order.

mod act;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::core::Hub;
use super::db::Scope;
use super::error::HubError;
use super::leads::{self, Case};
use super::work::Work;
use super::{alerts, pipeline};
use crate::handoff::Time;
use crate::handoff::activity::Activity;
use crate::handoff::escalation::{self, Action};
use crate::handoff::state::Stage;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(200);

/// The most leads of one look.
const AT_ONCE: i64 = 200;

/// The most leads of one look at all of them.
const LOOKS: i64 = 50;

/// The most steps that one lead may take at one instant; more would be a mistake in the rules.
const MOST_STEPS: usize = 64;

/// The most steps of time that pass in one write; more would be a mistake in the rules, and the clock's worker goes on.
const MOST_PASSED: usize = 10_000;

/// A lead that nobody can take, and nobody knows for how long, is tried again after so long.
const RETRY: chrono::Duration = chrono::Duration::minutes(10);

/// A lead that could not be seen to is left alone for so long.
const REST: chrono::Duration = chrono::Duration::minutes(1);

/// Runs for as long as the hub does.
pub async fn run(hub: Arc<Hub>) {
    loop {
        match tick(&hub).await {
            Ok(0) => tokio::time::sleep(TICK).await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "the clock's work failed; it is tried again");
                tokio::time::sleep(TICK * 10).await;
            }
        }
    }
}

/// Does what is due now. Returns how many leads were seen to.
///
/// # Errors
/// The database's, and then what is due stays due. A lead that cannot be seen to holds back no other.
pub async fn tick(hub: &Hub) -> Result<usize, HubError> {
    let now = hub.now();
    let due = hub.read(Scope::System, move |tx| leads::due(tx, now, AT_ONCE)).await?;
    see_to_all(hub, &due, true).await?;
    Ok(due.len() + look(hub).await?)
}

/// Looks at the next of all leads, if what they go by has changed: few, since what is due goes before.
async fn look(hub: &Hub) -> Result<usize, HubError> {
    let Some((look, leads)) = hub.read(Scope::System, |tx| leads::looks(tx, LOOKS)).await? else { return Ok(0) };
    see_to_all(hub, &leads, false).await?;
    let last = leads.last().copied();
    hub.write(move |work| leads::looked(work.tx, &look, last)).await?;
    Ok(leads.len())
}

async fn see_to_all(hub: &Hub, leads: &[i64], only_due: bool) -> Result<(), HubError> {
    // Asked for together, they share a commit; the writer keeps their order.
    let done = join_all(leads.iter().map(|&id| hub.write(move |work| see_to(work, id, only_due)))).await;
    for (&id, done) in leads.iter().zip(done) {
        let Err(error) = done else { continue };
        if error.is_trouble() {
            return Err(error);
        }
        tracing::error!(lead = id, %error, "what is due could not be done; it is tried again in a minute");
        hub.write(move |work| {
            let until = work.now + REST;
            if only_due { leads::rest(work.tx, id, work.now, until) } else { leads::look_again(work.tx, id, until) }
        })
        .await?;
    }
    Ok(())
}

/// Lets time pass up to `until` within one write: what is due on the way is done at its time. For a past that is made up.
///
/// # Errors
/// The database's, and a lead's that cannot be seen to.
pub fn pass(work: &mut Work<'_>, until: Time) -> Result<(), HubError> {
    for _ in 0..MOST_PASSED {
        let Some(&id) = leads::due(work.tx, until, 1)?.first() else { break };
        let at = leads::load(work.tx, id, &Scope::System)?.wake_at;
        work.now = at.map_or(work.now, |at| at.max(work.now));
        // Another hour may be another day for them.
        work.forget_roster();
        see_to(work, id, true)?;
    }
    work.now = until;
    work.forget_roster();
    Ok(())
}

/// Does all that is due for a lead, unless another hub has done it.
fn see_to(work: &mut Work<'_>, id: i64, only_due: bool) -> Result<(), HubError> {
    let mut case = leads::load(work.tx, id, &Scope::System)?;
    if only_due && case.wake_at.is_none_or(|at| at > work.now) {
        return Ok(());
    }
    let trail = leads::trail(work.tx, id)?;
    if case.facts.retry_at.is_some_and(|at| at <= work.now) {
        case.facts.retry_at = None;
        pipeline::retry(work, &mut case)?;
    }
    if !only_due && case.handoff.stage == Stage::DataCompletion {
        // What is asked for may be otherwise now: a lead that lacks nothing any more waits no longer.
        pipeline::advance(work, &mut case, &trail)?;
    }
    work.save(&mut case, &trail)
}

/// Takes the steps that are due for a lead, in their order. What an arrival or an answer brings about at once is done with
/// it.
pub(super) fn settle(work: &mut Work<'_>, case: &mut Case, trail: &[Activity]) -> Result<(), HubError> {
    // What is only told, of a lead that is taken away at the same instant: it is told as the lead stands then, to those who
    // were to hear of it before.
    let mut held = Vec::new();
    for _ in 0..MOST_STEPS {
        let next = escalation_of(work, case, trail, |it| {
            let mut all = escalation::due(it, work.now).into_iter();
            let due = all.next()?;
            let goes = all.any(|other| other.at == due.at && act::takes_away(&other.what));
            Some((due, goes))
        });
        let Some((due, goes)) = next else { break };
        let fired = due.fired(case.facts.count);
        case.facts.fired.push(fired);
        if goes && matches!(due.what, Action::FlagNoActivity | Action::AlertManager) {
            let to = alerts::recipients(work.tx, work.rules, case, &due.what)?;
            held.push((due, to));
            continue;
        }
        act::act(work, case, &due)?;
        let with = if act::takes_away(&due.what) { std::mem::take(&mut held) } else { Vec::new() };
        act::alert(work, case, trail, due, with)?;
    }
    held.drain(..).try_for_each(|(due, to)| act::tell(work, case, trail, &due, &to))
}

/// When time next does something with a lead.
pub(super) fn wake_at(work: &Work<'_>, case: &Case, trail: &[Activity]) -> Option<Time> {
    if case.merged_into.is_some() {
        return None;
    }
    let next = escalation_of(work, case, trail, |it| escalation::next(it).map(|due| due.at));
    [next, case.facts.retry_at].into_iter().flatten().min()
}

/// When a lead that nobody could take is to be tried again: when somebody will be there, if that is known.
pub(super) fn retry_at(work: &Work<'_>, held_until: Option<Time>) -> Time {
    held_until.filter(|&at| at > work.now).unwrap_or(work.now + RETRY)
}

/// Asks escalation about a lead as it stands now.
fn escalation_of<T>(
    work: &Work<'_>,
    case: &Case,
    trail: &[Activity],
    ask: impl FnOnce(&escalation::Case<'_>) -> Option<T>,
) -> Option<T> {
    let config = &work.rules.config;
    let is_held = case.owner.is_some() || matches!(case.handoff.stage, Stage::Captured | Stage::Scored);
    ask(&escalation::Case {
        lead: &case.lead,
        handoff: &case.handoff,
        policy: &config.policy,
        escalation: &config.escalation,
        trail,
        count: case.facts.count,
        queue: case.queue.as_deref().filter(|_| !is_held),
        waiting_since: None,
        fired: &case.facts.fired,
    })
}
