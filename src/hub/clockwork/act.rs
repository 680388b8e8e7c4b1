//! What each step of the clock comes to: events, incidents, alerts, and where the lead goes.

use super::escalation_of;
use crate::handoff::activity::Activity;
use crate::handoff::alert::{Alert, Draft};
use crate::handoff::calendar::Calendar;
use crate::handoff::escalation::{Action, Due, HeldBy, Incident, Quality, Waits};
use crate::handoff::event::{Actor, EventKind, HandoverStep};
use crate::handoff::lead::LeadId;
use crate::handoff::machine;
use crate::handoff::summary::ClockKind;
use crate::handoff::watch;
use crate::hub::error::HubError;
use crate::hub::leads::{Case, ms};
use crate::hub::work::Work;
use crate::hub::{acknowledged, alerts, outbox, people, pipeline};

/// Does what is due; who has to decide is told by [`alert`].
pub(super) fn act(work: &mut Work<'_>, case: &mut Case, due: &Due) -> Result<(), HubError> {
    let why = due.why.clone();
    match &due.what {
        // It follows from the state and the time; who holds it is told.
        Action::Wake => {}
        Action::ContextPackage => {
            let what = "record, score, trail and routing".to_owned();
            work.happen(case, EventKind::HandedOver { step: HandoverStep::Context, what })?;
        }
        // Without a channel for it, that no message went out is what the trail shows.
        Action::AutoResponse { by } => {
            outbox::auto_response(work, case, *by)?;
        }
        Action::Breach { clock, window, due: at } => {
            let window = u8::try_from(*window).unwrap_or(u8::MAX);
            let clock = clock.label().trim_start_matches("to ").to_owned();
            work.happen(case, EventKind::Breached { clock, window, due: Some(*at) })?;
            incident(work, case, due)?;
        }
        Action::BlackHole => {
            let what = EventKind::Breached { clock: "any activity at all".into(), window: 1, due: Some(due.at) };
            work.happen(case, what)?;
        }
        Action::Shortfall | Action::Exhausted => {
            for what in machine::consequences(&case.handoff, &work.rules.config.policy, work.now) {
                work.happen(case, what)?;
            }
        }
        Action::PersonalMessage => {
            // What was sent is said when it was.
            if !outbox::handover(work, case)? {
                let owner = case.owner.as_deref().unwrap_or("nobody");
                let what = format!("no message to {owner}: the hub has no channel for it");
                work.happen(case, EventKind::HandedOver { step: HandoverStep::Personal, what })?;
            }
        }
        Action::QualityCheck => {
            let missing = Quality::of(&case.handoff).missing();
            let what = if missing.is_empty() { "all there".into() } else { format!("missing: {}", missing.join(", ")) };
            work.happen(case, EventKind::HandedOver { step: HandoverStep::Check, what })?;
        }
        Action::PauseRep => {
            if let Some(mut rep) = case.owner.as_deref().map(|id| people::find(work.tx, id)).transpose()?.flatten() {
                rep.paused = Some(why.clone());
                people::set(work, &Actor::system(), &rep)?;
            }
        }
        Action::Reroute { window } => pipeline::reroute(work, case, &missed(*window))?,
        Action::ToQueue { queue } => {
            acknowledged::missed(work, case)?;
            case.owner = None;
            case.queue = Some(queue.clone());
            let why = missed(windows(case));
            case.leaving = Some(format!("given to the queue {queue}: {why}"));
            work.happen(case, EventKind::Rerouted { to: format!("the queue {queue}"), why })?;
        }
        Action::Warn { .. }
        | Action::TellOwner
        | Action::NextStep { .. }
        | Action::NoShowRisk { .. }
        | Action::Stalled
        | Action::CompletionOverdue
        | Action::Unassigned
        | Action::FlagNoActivity
        | Action::AlertManager => {}
    }
    Ok(())
}

/// Why a lead is taken away, in words that its former owner reads.
fn missed(window: u32) -> String {
    match window {
        1 => "nobody answered it in the first window".into(),
        2 => "nobody answered it in the second window either".into(),
        more => format!("nobody answered it in {more} windows"),
    }
}

/// How many windows to answer it were missed in this cycle.
fn windows(case: &Case) -> u32 {
    let missed = case.facts.fired.iter().filter_map(|fired| match fired.what {
        Action::Breach { clock: ClockKind::Acceptance, window, .. } => Some(window),
        _ => None,
    });
    missed.max().unwrap_or(1)
}

/// Tells those who have to decide, if it is something to decide (R83), and then those who were to hear of what came with it. Of
/// a lead that waits in a queue all of them are asked the same: that is one step.
pub(super) fn alert(
    work: &mut Work<'_>,
    case: &mut Case,
    trail: &[Activity],
    mut due: Due,
    mut with: Vec<(Due, Vec<String>)>,
) -> Result<(), HubError> {
    let mut to = alerts::recipients(work.tx, work.rules, case, &due.what)?;
    if case.queue.is_some() {
        for (other, more) in with.drain(..) {
            due.is_urgent |= other.is_urgent;
            let is_new = |person: &String| !to.contains(person);
            let more: Vec<String> = more.into_iter().filter(is_new).collect();
            to.extend(more);
        }
    }
    tell(work, case, trail, &due, &to)?;
    with.iter().try_for_each(|(due, to)| tell(work, case, trail, due, to))
}

/// It takes the lead away from its owner.
pub(super) fn takes_away(what: &Action) -> bool {
    matches!(what, Action::Reroute { .. } | Action::ToQueue { .. })
}

/// Tells these people, if there is something to decide and time for it.
pub(super) fn tell(
    work: &mut Work<'_>,
    case: &mut Case,
    trail: &[Activity],
    due: &Due,
    to: &[String],
) -> Result<(), HubError> {
    let now = work.now;
    let draft = escalation_of(work, case, trail, |it| Draft::of(it, due, LeadId(case.id), now));
    let Some(draft) = draft else { return Ok(()) };
    let why = draft.action.clone();
    let Ok(alert) = Alert::new(draft, now) else { return Ok(()) };
    if to.is_empty() {
        tracing::warn!(lead = case.id, step = due.step, "nobody is there to be told");
        return Ok(());
    }
    for recipient in to {
        alerts::put(work, recipient, &alert)?;
    }
    work.happen(case, EventKind::Escalated { to: to.join(", "), step: due.step.clone(), why })
}

/// Writes a breach down with its cause (F77, R78).
fn incident(work: &mut Work<'_>, case: &Case, due: &Due) -> Result<(), HubError> {
    let policy = &work.rules.config.policy;
    let shares = watch::shares(&case.handoff, policy, due.at);
    let waits = shares.map_or_else(Waits::default, |shares| Waits {
        system: shares.system,
        rep: shares.rep,
        ..Waits::default()
    });
    let owner = case.owner.clone();
    let held_by = match &owner {
        None => HeldBy::default(),
        Some(owner) => {
            let (now, team) = (work.now, &policy.calendar);
            let holder = work.roster()?.iter().find(|person| &person.id == owner);
            holder.map_or_else(HeldBy::default, |person| HeldBy {
                is_full: person.open_cap.is_some_and(|cap| person.load.open > cap),
                is_away: person.is_paused || person.away.iter().any(|away| away.holds(now)),
                is_out_of_hours: !Calendar::is_open(person.calendar(team), now),
            })
        }
    };
    let Some(incident) = Incident::of(&due.what, owner.as_deref(), waits, held_by) else { return Ok(()) };
    work.tx.execute(
        "INSERT INTO incident (lead, at, cause, clock, window_no, team, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &[
            case.id.into(),
            ms(due.at).into(),
            incident.cause.code().into(),
            incident.clock.code().into(),
            i64::from(incident.window).into(),
            case.team.clone().into(),
            serde_json::to_string(&incident)?.into(),
        ],
    )?;
    Ok(())
}
