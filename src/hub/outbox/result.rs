//! What became of a message: its row, and what the lead's log says of it.

use chrono::Duration;

use super::worker::Errand;
use super::{GIVEN_UP, SENT, WAITING};
use crate::handoff::activity::{Activity, ActivityKind, Direction};
use crate::handoff::event::{EventKind, HandoverStep};
use crate::hub::channels::{Channel, Unsent, Use};
use crate::hub::db::Scope;
use crate::hub::error::HubError;
use crate::hub::leads::{self, ms};
use crate::hub::room;
use crate::hub::work::Work;

/// The first wait before another try, and the longest.
const FIRST: std::time::Duration = std::time::Duration::from_secs(5);
const LONGEST: std::time::Duration = std::time::Duration::from_secs(15 * 60);

/// How long to wait after so many tries, from 1: doubled each time, and up to a half less by chance, so that not all come
/// back at once. `chance` is in 0..1.
pub(super) fn wait(attempt: u32, chance: f64) -> Duration {
    let ceiling = FIRST.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1).min(16))).min(LONGEST);
    Duration::from_std(ceiling.mul_f64(1.0 - chance.clamp(0.0, 1.0) / 2.0)).unwrap_or_default()
}

/// Notes what became of a try. Returns the channel and the outcome for the figures; nothing where another hub was quicker.
pub(super) fn note(
    work: &mut Work<'_>,
    channel: &Channel,
    errand: &Errand,
    sent: &Result<(), Unsent>,
    has_invitation: bool,
    chance: f64,
) -> Result<Option<(String, &'static str)>, HubError> {
    let now = work.now;
    let (state, next_at, why) = match sent {
        Ok(()) => (SENT, None, None),
        Err(unsent) => {
            let asked = unsent.rest.and_then(|rest| Duration::from_std(rest).ok()).unwrap_or_default();
            let next = now + wait(errand.attempt, chance).max(asked);
            let is_over = unsent.is_final || next >= errand.until;
            let why = Some(unsent.why.clone());
            if is_over { (GIVEN_UP, None, why) } else { (WAITING, Some(next), why) }
        }
    };
    // Whoever has taken it since knows better; what went out went out, whoever says so first.
    let attempt = if sent.is_ok() { 0 } else { errand.attempt };
    let changed = work.tx.execute(
        "UPDATE delivery SET state = ?2, next_at = ?3, last_error = ?4
         WHERE id = ?1 AND state = 'waiting' AND (CAST(?5 AS BIGINT) = 0 OR attempts = CAST(?5 AS BIGINT))",
        &[errand.id.into(), state.into(), next_at.map(ms).into(), why.clone().into(), attempt.into()],
    )?;
    if changed == 0 {
        return Ok(None);
    }
    let name = channel.name.clone();
    if state == WAITING {
        tracing::warn!(channel = name, id = errand.id, attempt = errand.attempt, why, "not sent; it is tried again");
        return Ok(Some((name, "failed")));
    }
    if state == GIVEN_UP {
        tracing::error!(channel = name, id = errand.id, attempt = errand.attempt, why, "not sent, and given up");
    }
    match tell(work, channel, errand, why.as_deref(), has_invitation) {
        // What went out is not sent again because the lead's log does not take it.
        Err(HubError::Problem(problem)) => {
            tracing::error!(lead = errand.lead, why = problem.detail, "the lead's log does not say what was sent");
        }
        told => told?,
    }
    Ok(Some((name, state)))
}

/// Says in the lead's log what went out, or that it could not.
fn tell(
    work: &mut Work<'_>,
    channel: &Channel,
    errand: &Errand,
    why_not: Option<&str>,
    has_invitation: bool,
) -> Result<(), HubError> {
    let by = format!("by {} ({})", channel.name, channel.kind.code());
    let recipient = errand.recipient.as_deref().unwrap_or("nobody");
    let (step, what) = match (errand.what, why_not) {
        // That somebody was to be told is in the log already.
        (Use::Alerts, _) => return Ok(()),
        (Use::Handover, None) => {
            let with = if has_invitation { "with an invitation" } else { "without an invitation" };
            (HandoverStep::Personal, format!("a message to {recipient} {with}, {by}"))
        }
        (Use::Handover, Some(why)) => {
            (HandoverStep::Personal, format!("the message to {recipient} could not be sent {by}: {why}"))
        }
        (Use::AutoResponse, None) => (HandoverStep::Answer, format!("sent {by}")),
        (Use::AutoResponse, Some(why)) => (HandoverStep::Answer, format!("could not be sent {by}: {why}")),
    };
    let mut case = leads::load(work.tx, errand.lead, &Scope::System)?;
    if let Some(other) = case.merged_into {
        case = leads::load(work.tx, other, &Scope::System)?;
    }
    if errand.what == Use::AutoResponse && why_not.is_none() {
        // The trail is where everybody looks whether they were answered (`handoff::watch::auto_response`).
        let answer = Activity {
            external_id: format!("leadbox:auto_response:{}", errand.key),
            kind: ActivityKind::Email,
            direction: Direction::Outbound,
            at: Some(work.now),
            actor: Some("leadbox".into()),
            outcome: None,
            text: "automatic answer".into(),
            url: None,
        };
        room::put(work.tx, case.id, &answer)?;
    }
    work.happen(&mut case, EventKind::HandedOver { step, what })?;
    let trail = leads::trail(work.tx, case.id)?;
    work.save(&mut case, &trail)
}
