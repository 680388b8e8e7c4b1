//! The dispositions from the command line: accept, reject, log, defer, qualify, skip, snooze, undo.
//!
//! They ask the same store and the same gate as the app.

use serde_json::json;

use super::args::{DeferArgs, LogArgs, QualifyArgs, RejectArgs, SkipArgs, SnoozeArgs};
use super::failure::Failure;
use super::print::{Out, event_json, stamp};
use super::session::{Session, time_option};
use crate::handoff::disposition::{Act, Attempt, Channel, Deferral, NextStep, Outcome, Qualification, Rejection};
use crate::handoff::event::Event;
use crate::ui::when::When;
use crate::ui::words;

/// Performs `act` on the lead called `name`, or on the open one, and says what was recorded.
pub fn act(session: &mut Session, name: Option<&str>, act: &Act, as_json: bool) -> Result<(), Failure> {
    let id = session.find_or_open(name)?;
    let (store, ctx) = session.parts();
    let acted = store.act(id, act, &ctx)??;
    let mut out = Out::new();
    if as_json {
        let events = acted.events.iter().map(event_json).collect::<Result<Vec<_>, _>>()?;
        out.json(&json!({
            "lead": id.to_string(),
            "stage": acted.handoff.stage,
            "events": events,
            "undo_until": stamp(acted.undo_until),
            "engaged": acted.desk.current().map(|lead| lead.to_string()),
        }))?;
    } else {
        let done: Vec<_> = acted.events.iter().map(|event| told(event, session)).collect();
        let seconds = session.config.policy.undo_seconds;
        out.paragraph(&format!("{id}: {}. `leadbox undo` takes it back within {seconds} s.", done.join(", ")))?;
    }
    out.finish()
}

/// What was recorded, so that a rep sees how a date or a reason was understood: `deferred (until Mon 23 Nov, 09:00)`.
fn told(event: &Event, session: &Session) -> String {
    let when = When { now: session.now, zone: session.zone(), twelve_hours: !session.config.ui.clock_24h };
    let (what, more) = words::event(event, &session.config.policy, &when);
    if more.is_empty() { what } else { format!("{what} ({more})") }
}

/// `leadbox reject`.
pub fn rejection(args: &RejectArgs) -> Act {
    Act::Reject(Rejection {
        code: args.reason.clone(),
        sub: args.sub.clone(),
        evidence: args.evidence.clone(),
        note: args.note.clone(),
    })
}

/// `leadbox log`.
pub fn attempt(session: &Session, args: &LogArgs) -> Result<Act, Failure> {
    let code = |text: &str| text.trim().to_lowercase().replace(['-', ' '], "_");
    let channel = Channel::from_code(&code(&args.channel).replace("e_mail", "email")).ok_or_else(|| {
        let known = Channel::ALL.map(Channel::code).join(", ");
        Failure::usage(format!("--channel: “{}” is none of {known}", args.channel))
    })?;
    let outcome = Outcome::from_code(&code(&args.outcome)).ok_or_else(|| {
        let known = Outcome::ALL.map(Outcome::code).join(", ");
        Failure::usage(format!("--outcome: “{}” is none of {known}", args.outcome))
    })?;
    let next = match (&args.next_at, &args.next_what) {
        (Some(at), Some(what)) => Some(NextStep { at: session.time(at)?, what: what.clone() }),
        _ => None,
    };
    Ok(Act::Attempt(Attempt {
        channel,
        outcome,
        at: args.at.as_deref().map(|at| time_option("--at", at)).transpose()?,
        note: args.note.clone(),
        cited: args.cited.clone(),
        next,
        consent_override: args.consent_override.clone(),
    }))
}

/// `leadbox defer`.
pub fn deferral(session: &Session, args: &DeferArgs) -> Result<Act, Failure> {
    Ok(Act::Defer(Deferral { until: session.time(&args.until)?, why: args.why.clone() }))
}

/// `leadbox qualify`.
pub fn qualification(session: &Session, args: &QualifyArgs) -> Result<Act, Failure> {
    Ok(Act::Qualify(Qualification {
        problem: args.problem.clone(),
        authority: args.authority.clone(),
        next_step: args.next_step.clone(),
        next_at: args.next_at.as_deref().map(|at| session.time(at)).transpose()?,
    }))
}

/// `leadbox skip`.
pub fn skip(args: &SkipArgs) -> Act {
    Act::Skip { reason: args.reason.clone() }
}

/// `leadbox snooze`.
pub fn snooze(session: &Session, args: &SnoozeArgs) -> Result<Act, Failure> {
    Ok(Act::Snooze { until: session.time(&args.until)? })
}

/// `leadbox undo`.
pub fn undo(session: &mut Session, as_json: bool) -> Result<(), Failure> {
    let (store, ctx) = session.parts();
    let undone = store.undo(&ctx)??;
    let mut out = Out::new();
    if as_json {
        let engaged = undone.desk.current().map(|lead| lead.to_string());
        out.json(&json!({ "lead": undone.lead.to_string(), "stage": undone.handoff.stage, "engaged": engaged }))?;
    } else {
        out.line(format!("{}: the last act was taken back; it is {}.", undone.lead, undone.handoff.stage))?;
    }
    out.finish()
}
