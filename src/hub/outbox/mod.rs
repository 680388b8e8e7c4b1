//! What is to go out, as rows: written in the transaction of whatever it tells of, so that neither is there without the
//! other; carried by [`worker`], whose result is another transaction. A message can come twice, when a hub ends between
//! the sending and its note of it; each time it carries the same key, by which the receiver can tell.

mod compose;
mod result;
#[cfg(test)]
mod tests;
pub mod worker;

use chrono::Duration;
use uuid::Uuid;

use super::channels::{Channel, Use};
use super::db::{Row, Tx};
use super::error::HubError;
use super::leads::{Case, ms, time};
use super::people;
use super::work::Work;
use crate::handoff::Time;
use crate::handoff::alert::{Alert, AlertPolicy, Sent, Verdict, verdict};

/// It waits for its verdict.
const HELD: &str = "held";
/// It waits to be sent, or is being sent.
const WAITING: &str = "waiting";
/// It went out.
const SENT: &str = "sent";
/// They had it already.
const DUPLICATE: &str = "duplicate";
/// What it tells of was over before it could go.
const OVER: &str = "over";
/// It could not be sent.
const GIVEN_UP: &str = "given_up";

/// Beyond the time that a channel has for a message, whoever took it has so long to say what became of it. Then it is
/// anybody's again.
const LEASE: Duration = Duration::seconds(60);

/// What is new in the box.
struct New<'a> {
    what: Use,
    alert: Option<i64>,
    lead: i64,
    /// A person's short name; nothing for a lead.
    recipient: Option<&'a str>,
    state: &'static str,
    until: Time,
}

fn enter(work: &mut Work<'_>, channel: &Channel, new: &New<'_>) -> Result<(), HubError> {
    let now = work.now;
    work.tx.execute(
        "INSERT INTO delivery (alert, lead, what, recipient, channel, key, state, attempts, at, until, next_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?8)",
        &[
            new.alert.into(),
            new.lead.into(),
            new.what.code().into(),
            new.recipient.map(str::to_owned).into(),
            channel.name.as_str().into(),
            Uuid::now_v7().into_bytes().into(),
            new.state.into(),
            ms(now).into(),
            ms(new.until).into(),
        ],
    )?;
    Ok(())
}

/// Enters an alert for somebody, for each channel that takes it, and lets it go unless it has to wait.
pub(super) fn alert(work: &mut Work<'_>, id: i64, recipient: &str, alert: &Alert) -> Result<(), HubError> {
    let channels = work.channels.clone();
    if channels.0.is_empty() {
        return Ok(());
    }
    let Some(person) = people::find(work.tx, recipient)? else { return Ok(()) };
    let taking = channels.0.iter().filter(|channel| channel.takes_alert(alert.category(), &person));
    let mut is_taken = false;
    for channel in taking {
        // What can no longer be done is no alert (R83).
        let until = (work.now + channel.give_up).min(alert.available().until);
        let new = New {
            what: Use::Alerts,
            alert: Some(id),
            lead: alert.lead().0,
            recipient: Some(recipient),
            state: HELD,
            until,
        };
        enter(work, channel, &new)?;
        is_taken = true;
    }
    if is_taken { judge(work, id, recipient, alert) } else { Ok(()) }
}

/// Enters the personal message to the rep; says whether there is a channel for it.
pub(super) fn handover(work: &mut Work<'_>, case: &Case) -> Result<bool, HubError> {
    let channels = work.channels.clone();
    let owner = case.owner.as_deref().map(|id| people::find(work.tx, id)).transpose()?.flatten();
    let Some(owner) = owner else { return Ok(false) };
    let mut is_taken = false;
    for channel in channels.0.iter().filter(|channel| channel.takes_handover(&owner)) {
        let until = work.now + channel.give_up;
        let recipient = Some(owner.id.as_str());
        enter(
            work,
            channel,
            &New { what: Use::Handover, alert: None, lead: case.id, recipient, state: WAITING, until },
        )?;
        is_taken = true;
    }
    Ok(is_taken)
}

/// Enters the automatic answer to a lead, which should be there by then; says whether there is a channel for it. One is
/// enough: nobody wants the same answer twice.
pub(super) fn auto_response(work: &mut Work<'_>, case: &Case, by: Time) -> Result<bool, HubError> {
    let channels = work.channels.clone();
    let Some(channel) = channels.0.iter().find(|channel| channel.answers_leads()) else { return Ok(false) };
    let new = New { what: Use::AutoResponse, alert: None, lead: case.id, recipient: None, state: WAITING, until: by };
    enter(work, channel, &new)?;
    Ok(true)
}

/// Lets an alert go to this person by all its channels, keeps it for later, or drops it.
fn judge(work: &mut Work<'_>, id: i64, recipient: &str, alert: &Alert) -> Result<(), HubError> {
    let (now, rules) = (work.now, work.rules);
    let (state, next_at, released_at) = if alert.available().until <= now {
        (OVER, None, None)
    } else {
        let policy = &rules.config.escalation.alerts;
        let sent = lately(work.tx, id, recipient, alert, policy, now)?;
        let team = &rules.config.policy.calendar;
        let holder = work.roster()?.iter().find(|person| person.id == recipient);
        let calendar = holder.map_or(team, |person| person.calendar(team));
        match verdict(alert, recipient, &sent, policy, calendar, now) {
            Verdict::Send => (WAITING, Some(now), Some(now)),
            Verdict::Duplicate => (DUPLICATE, None, None),
            Verdict::Hold(until) => (HELD, Some(until), None),
        }
    };
    work.tx.execute(
        "UPDATE delivery SET state = ?3, next_at = ?4, released_at = ?5
         WHERE alert = ?1 AND recipient = ?2 AND state = 'held'",
        &[id.into(), recipient.into(), state.into(), next_at.map(ms).into(), released_at.map(ms).into()],
    )?;
    Ok(())
}

/// The other alerts that went to this person: in the last hour, and about the same lead as long as nobody wants the same.
/// However many channels carry one, it is one.
fn lately(
    tx: &mut dyn Tx,
    id: i64,
    recipient: &str,
    alert: &Alert,
    policy: &AlertPolicy,
    now: Time,
) -> Result<Vec<Sent>, HubError> {
    let hour = now - Duration::hours(1);
    let dedup = now - Duration::seconds(i64::from(policy.dedup));
    let rows = tx.query(
        "SELECT alert.body, min(delivery.released_at) FROM delivery JOIN alert ON alert.id = delivery.alert
         WHERE delivery.recipient = ?1 AND delivery.alert <> ?2 AND delivery.released_at > ?3
            AND (delivery.released_at > ?4 OR delivery.lead = ?5)
         GROUP BY alert.id, alert.body",
        &[recipient.into(), id.into(), ms(hour.min(dedup)).into(), ms(hour).into(), alert.lead().0.into()],
    )?;
    // One that cannot be read is like no other.
    let sent = |row: &Row| {
        let other = kept(row, 0).ok()?;
        let at = row.int(1).map_err(HubError::from);
        Some(at.map(|at| Sent { key: other.key(), to: recipient.to_owned(), at: time(at) }))
    };
    rows.iter().filter_map(sent).collect()
}

/// An alert as it is kept in this column.
fn kept(row: &Row, column: usize) -> Result<Alert, HubError> {
    Ok(serde_json::from_str(row.text(column)?)?)
}

/// How many messages wait, by channel.
pub fn waiting(tx: &mut dyn Tx) -> Result<Vec<(String, i64)>, HubError> {
    let rows = tx.query(
        "SELECT channel, count(*) FROM delivery WHERE next_at IS NOT NULL GROUP BY channel ORDER BY channel",
        &[],
    )?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
}
