//! The words for what the domain keeps as codes: stages, clocks, events.

use chrono::Duration;

use super::countdown::{Countdown, Urgency};
use super::text::{late, rough, stretch};
use super::when::When;
use crate::handoff::clocks::ClosedClock;
use crate::handoff::disposition::{Attempt, Rejection};
use crate::handoff::dossier::Twin;
use crate::handoff::event::{Event, EventKind, HandoverStep, RecycleCause};
use crate::handoff::policy::Policy;
use crate::handoff::reason;
use crate::handoff::sla::{Mode, Outcome};
use crate::handoff::state::{Missing, Stage};
use crate::handoff::summary::ClockKind;
use crate::handoff::watch::{AutoResponse, BlackHole, Shares};

/// The separator between facts on one line.
pub const DOT: &str = " · ";

/// Where a lead stands, in a word or two.
pub fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Captured => "captured",
        Stage::Scored => "scored",
        Stage::Mql => "unchecked",
        Stage::DataCompletion => "incomplete",
        Stage::Ready => "ready",
        Stage::Routed => "routed",
        Stage::Assigned => "unanswered",
        Stage::Accepted => "accepted",
        Stage::Attempted => "contacted",
        Stage::Connected => "reached",
        Stage::Deferred => "deferred",
        Stage::Rejected => "rejected",
        Stage::Recycled => "recycled",
        Stage::Sql => "SQL",
        Stage::Opportunity => "opportunity",
    }
}

/// The same person's lead of another source, on one line: `L-40 at hubspot · unanswered · Ben`.
pub fn twin(twin: &Twin) -> String {
    let (id, source) = (twin.id, &twin.source);
    joined([Some(format!("{id} at {source}").as_str()), Some(stage(twin.stage)), twin.owner.as_deref()])
}

fn noun(kind: ClockKind) -> &'static str {
    match kind {
        ClockKind::Acceptance => "answer",
        ClockKind::FirstContact => "first contact",
        ClockKind::NoActivity => "activity",
        ClockKind::NextStep => "next step",
        ClockKind::Stalled => "stalled,",
    }
}

/// A countdown with what it is for: `4:12 left to answer`, `first contact 12m over`.
pub fn clock(kind: ClockKind, countdown: &Countdown) -> String {
    match countdown.urgency {
        Urgency::Over => format!("{} {}", noun(kind), countdown.text),
        Urgency::NotOpen if countdown.left > 0 => {
            format!("{}, then {} {}", countdown.text, stretch(countdown.left), kind.label())
        }
        _ => format!("{} {}", countdown.words(), kind.label()),
    }
}

/// What a closed clock was for, and how it ended: `answer met with 0:22 left`, `first contact missed by 12m`.
pub fn closed(closed: &ClosedClock, policy: &Policy) -> String {
    format!("{} {}", noun(closed.clock), outcome(&closed.outcome, closed.mode, policy))
}

/// How a clock ended: `met with 0:22 left`, `missed by 12m`.
pub fn outcome(outcome: &Outcome, mode: Mode, policy: &Policy) -> String {
    let day = policy.day(mode);
    match outcome {
        Outcome { met: true, due: None, .. } => "met while it stood still".into(),
        Outcome { met: true, diff_seconds, .. } => format!("met with {} left", stretch(*diff_seconds)),
        Outcome { met: false, diff_seconds, .. } => format!("missed by {}", late(-diff_seconds, day)),
    }
}

/// How long they waited, and for whom (C3): `waited 4m: 22s system, 4m you`.
pub fn shares(shares: &Shares, policy: &Policy) -> String {
    let [lead, rep, system] = [shares.lead, shares.rep, shares.system].map(|seconds| worked(seconds, policy));
    match shares.system {
        0 => format!("waited {lead} for you"),
        _ => format!("waited {lead}: {system} system, {rep} you"),
    }
}

/// What is still to be done before the handoff is complete (R9); nothing if it is.
pub fn missing(missing: &[Missing]) -> Option<String> {
    let labels: Vec<&str> = missing.iter().map(|missing| missing.label()).collect();
    (!labels.is_empty()).then(|| labels.join(" and "))
}

/// Steps of a lead's history that cannot be shown, if there are any.
pub fn unread_steps(count: usize) -> Option<String> {
    let steps = if count == 1 { "step" } else { "steps" };
    (count > 0).then(|| format!("{count} {steps} more that only a newer leadbox can read"))
}

/// A lead that nobody touched, by the clock on the wall and by the office's: `nothing done for 26h, 1d of working time`.
pub fn black_hole(hole: &BlackHole, policy: &Policy) -> String {
    // In hours for two days, so that it is seen by how much the 24 are over.
    let wall = if hole.wall < 2 * 86_400 { format!("{}h", hole.wall / 3600) } else { rough(hole.wall) };
    let working = worked(hole.working, policy);
    let verb = if hole.is_over { "nothing was done" } else { "nothing done" };
    format!("{verb} for {wall}, {working} of working time")
}

/// Working time as a length: `22s`, `12m`, `2h 10m`, then days of the office.
fn worked(seconds: i64, policy: &Policy) -> String {
    if seconds < 60 { rough(seconds) } else { late(seconds, policy.day(Mode::Business)) }
}

/// What became of the automatic answer after hours.
pub fn auto_response(response: &AutoResponse, when: &When) -> String {
    match response.sent {
        Some(sent) => format!("they were written to {}, due {}", when.stamp(sent), when.stamp(response.due)),
        None if response.due <= when.now => format!("none is known, was due {}", when.stamp(response.due)),
        None => format!("due {}", when.stamp(response.due)),
    }
}

/// A code as one reads it: `chose_competitor` is `chose competitor`, and `Sites__c`, a column that an account added to its
/// CRM, is `Sites`.
pub fn plain(code: &str) -> String {
    code.trim_end_matches("__c").replace('_', " ")
}

/// The given texts, without the empty ones, separated by dots.
pub fn joined<'a>(parts: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let parts: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect();
    parts.join(DOT)
}

/// A rejection: `no budget · “not before 2027”`.
pub fn rejection(rejection: &Rejection, policy: &Policy) -> String {
    let label = match reason::find(&policy.reasons, &rejection.code) {
        // The label of `other` asks for the reason, which follows anyway.
        Some(reason) => reason.label.split(" (").next().unwrap_or(&reason.label).to_owned(),
        None => plain(&rejection.code),
    };
    let note = rejection.note.as_deref().filter(|note| Some(*note) != rejection.evidence.as_deref()).map(quoted);
    joined([
        Some(label.as_str()),
        rejection.sub.as_deref().map(plain).as_deref(),
        rejection.evidence.as_deref(),
        note.as_deref(),
    ])
}

/// An attempt: `phone, voicemail · “asked for Tuesday” · cited pricing page`.
pub fn attempt(attempt: &Attempt) -> String {
    let what = format!("{}, {}", attempt.channel.label(), attempt.outcome.label());
    let note = attempt.note.as_deref().map(quoted);
    let cited = attempt.cited.as_deref().map(|cited| format!("cited {cited}"));
    joined([Some(what.as_str()), note.as_deref(), cited.as_deref()])
}

/// The text in quotation marks.
pub fn quoted(text: &str) -> String {
    format!("“{}”", text.trim())
}

/// What happened, in words: the doing and what is worth adding to it.
pub fn event(event: &Event, policy: &Policy, when: &When) -> (String, String) {
    let (what, more) = match &event.what {
        EventKind::Captured => ("became known", String::new()),
        EventKind::Scored { total, parts, .. } => ("scored", scored(*total, *parts)),
        EventKind::BecameMql { trigger } => ("became an MQL", trigger.what.clone()),
        EventKind::PreflightPassed => ("passed the checks", String::new()),
        EventKind::PreflightFailed { missing } => ("failed the checks", plain(&missing.join(", "))),
        EventKind::Completed { by, fields } if fields.is_empty() => ("looked up", format!("{by} knew nothing more")),
        EventKind::Completed { by, fields } => ("completed", format!("{}{DOT}by {by}", plain(&fields.join(", ")))),
        EventKind::Merged { from, why } => ("united", format!("with {from}{DOT}{why}")),
        EventKind::Unmerged { from, why } => ("separated", format!("from {from}{DOT}{why}")),
        EventKind::Routed { rule, queue: None } => ("routed", rule.clone()),
        EventKind::Routed { rule, queue: Some(queue) } => ("routed", format!("{rule}{DOT}to the queue {queue}")),
        EventKind::Assigned { to } => ("assigned", format!("to {to}")),
        EventKind::Accepted { implicit: true } => ("accepted", "by making contact".into()),
        EventKind::Accepted { implicit: false } => ("accepted", String::new()),
        EventKind::Rejected(given) => ("rejected", rejection(given, policy)),
        EventKind::Attempted(made) => {
            // Told late: when it was made counts for the clocks, when it was told is the event's own time.
            let earlier = made.at.filter(|&at| event.at - at >= Duration::minutes(1));
            let earlier = earlier.map(|at| format!("made {}", when.whole(at)));
            ("contact", joined([Some(attempt(made).as_str()), earlier.as_deref()]))
        }
        EventKind::MovedAtSource { to, raw, why, .. } => {
            let to = raw.clone().unwrap_or_else(|| plain(to.code()));
            ("moved where it came from", joined([Some(to.as_str()), why.as_deref()]))
        }
        EventKind::ContactKept(made) => ("was contacted meanwhile", attempt(made)),
        EventKind::Deferred(deferral) => {
            ("deferred", format!("until {} · {}", when.whole(deferral.until), quoted(&deferral.why)))
        }
        EventKind::Resumed => ("came back", String::new()),
        EventKind::Qualified(given) => {
            ("qualified", joined([Some(given.problem.as_str()), Some(given.next_step.as_str())]))
        }
        EventKind::BecameOpportunity => ("became an opportunity", String::new()),
        EventKind::Skipped { reason } => ("skipped", quoted(reason)),
        EventKind::Snoozed { until } => ("snoozed", format!("until {}", when.whole(*until))),
        EventKind::Recycled { cause } => ("back to marketing", recycled(*cause).into()),
        EventKind::Shortfall { touches, least, days } => {
            ("shortfall", format!("{touches} of {least} touches in {days} working days"))
        }
        EventKind::Rerouted { to, why } => ("given away", format!("to {to}{DOT}{why}")),
        EventKind::Breached { clock, window, due } => {
            let due = due.map_or_else(String::new, |due| format!("{DOT}was due {}", when.whole(due)));
            ("late", format!("{}{DOT}window {window}{due}", plain(clock)))
        }
        EventKind::Escalated { to, why, .. } if why.is_empty() => ("escalated", format!("to {to}")),
        EventKind::Escalated { to, why, .. } => ("escalated", format!("to {to}{DOT}{why}")),
        EventKind::HandedOver { step, what } => (handed_over(*step), what.clone()),
        EventKind::Unwritten { source, what, why } => ("refused", format!("“{}” by {source}{DOT}{why}", plain(what))),
        EventKind::Overridden { why } => ("overruled", why.clone()),
        EventKind::Reopened { why } => ("reopened", why.clone()),
        EventKind::Undone { .. } => ("undone", "the act before".into()),
    };
    (what.into(), more)
}

fn scored(total: i32, parts: Option<[i32; 3]>) -> String {
    match parts {
        Some([fit, intent, behavior]) => format!("{total}{DOT}fit {fit}, intent {intent}, behavior {behavior}"),
        None => total.to_string(),
    }
}

fn handed_over(step: HandoverStep) -> &'static str {
    match step {
        HandoverStep::Context => "context handed over",
        HandoverStep::Personal => "personally handed over",
        HandoverStep::Check => "handoff checked",
        HandoverStep::Answer => "automatic answer",
    }
}

/// An event in a line: `rejected: no budget`, `deferred until Mon Nov 30, 09:00`.
pub fn event_line(event: &Event, policy: &Policy, when: &When) -> String {
    let (what, more) = self::event(event, policy, when);
    let reads_on = matches!(
        event.what,
        EventKind::Accepted { .. } | EventKind::Deferred(_) | EventKind::Snoozed { .. } | EventKind::Rerouted { .. }
    );
    match more.as_str() {
        "" => what,
        more if reads_on => format!("{what} {more}"),
        more => format!("{what}: {more}"),
    }
}

/// Why it went back, in words.
pub fn recycled(cause: RecycleCause) -> &'static str {
    match cause {
        RecycleCause::Exhausted => "all touches made, nobody reached",
        RecycleCause::Shortfall => "too few touches in the time for them",
        RecycleCause::Rejected => "taken back after the rejection",
        RecycleCause::Elsewhere => "before it came here",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::Time;

    #[test]
    fn what_was_closed_and_who_let_it_wait_read_as_sentences() {
        let policy = Policy::default();
        let ended = |met, diff_seconds, mode| {
            outcome(&Outcome { met, due: Some(Time::UNIX_EPOCH), diff_seconds }, mode, &policy)
        };
        assert_eq!(ended(true, 22, Mode::Business), "met with 0:22 left");
        assert_eq!(ended(false, -720, Mode::Business), "missed by 12m");
        assert_eq!(ended(false, -9 * 3600, Mode::Business), "missed by 1d");
        assert_eq!(ended(false, -9 * 3600, Mode::Wall), "missed by 9h");
        let waited = |rep, system| shares(&Shares { lead: rep + system, rep, system }, &policy);
        assert_eq!(waited(259, 22), "waited 4m: 22s system, 4m you");
        assert_eq!(waited(3 * 8 * 3600, 0), "waited 3d for you");
        let hole = BlackHole { wall: 26 * 3600, working: 7800, is_over: false };
        assert_eq!(black_hole(&hole, &policy), "nothing done for 26h, 2h 10m of working time");
        let both = [Missing::Answer, Missing::Contact];
        assert_eq!((missing(&both).as_deref(), missing(&[])), (Some("an answer and a first contact"), None));
    }

    #[test]
    fn a_rejection_reads_as_a_sentence_would() {
        let policy = Policy::default();
        let words = |code: &str, sub: Option<&str>, evidence: Option<&str>, note: Option<&str>| {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            let given = Rejection { code: code.into(), sub: owned(sub), evidence: owned(evidence), note: owned(note) };
            rejection(&given, &policy)
        };
        assert_eq!(words("budget", None, None, Some("not before 2027")), "no budget · “not before 2027”");
        assert_eq!(words("competitor", Some("is_competitor"), None, None), "competitor · is competitor");
        assert_eq!(words("other", None, Some("spam"), Some("spam")), "other · spam");
        assert_eq!(words("gone_reason", None, None, None), "gone reason");
    }
}
