//! Alerts as the hub keeps them: each for one person, with a pointer that any channel may be told.

use serde::Serialize;

use super::db::Tx;
use super::error::HubError;
use super::leads::{Case, ms};
use super::outbox;
use super::people;
use super::work::Work;
use crate::handoff::alert::Alert;
use crate::handoff::escalation::Action;
use crate::handoff::event::Role;

/// Who has to decide: the owner, the owner's manager, or whoever watches what nobody holds.
pub(super) fn recipients(tx: &mut dyn Tx, case: &Case, action: &Action) -> Result<Vec<String>, HubError> {
    let owner = case.owner.clone();
    let is_for_owner = matches!(
        action,
        Action::Wake
            | Action::Warn { .. }
            | Action::TellOwner
            | Action::PersonalMessage
            | Action::NextStep { .. }
            | Action::NoShowRisk { .. }
            | Action::Stalled
            | Action::Reroute { .. }
    );
    if let (true, Some(owner)) = (is_for_owner, owner) {
        return Ok(vec![owner]);
    }
    if matches!(action, Action::CompletionOverdue) {
        return with_role(tx, Role::Marketing);
    }
    if let Some(team) = &case.team {
        let rows = tx.query("SELECT manager FROM team WHERE name = ?1", &[team.as_str().into()])?;
        if let Some(manager) = rows.first().map(|row| row.opt_text(0)).transpose()?.flatten() {
            return Ok(vec![manager.to_owned()]);
        }
    }
    let managers = with_role(tx, Role::Manager)?;
    if managers.is_empty() { with_role(tx, Role::Revops) } else { Ok(managers) }
}

fn with_role(tx: &mut dyn Tx, role: Role) -> Result<Vec<String>, HubError> {
    let all = people::all(tx)?.into_iter();
    Ok(all.filter(|person| person.is_active && person.role == role).map(|person| person.id).collect())
}

/// An alert as it is kept.
#[derive(Serialize)]
struct Kept<'a> {
    pointer: String,
    #[serde(flatten)]
    alert: &'a Alert,
}

/// Keeps an alert for somebody, and has it go out by the channels that take it.
pub(super) fn put(work: &mut Work<'_>, recipient: &str, alert: &Alert) -> Result<(), HubError> {
    let body = serde_json::to_string(&Kept { pointer: alert.pointer(), alert })?;
    let rows = work.tx.query(
        "INSERT INTO alert (lead, recipient, category, body, at) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
        &[alert.lead().0.into(), recipient.into(), alert.category().code().into(), body.into(), ms(work.now).into()],
    )?;
    work.changed.insert(recipient.to_owned());
    let id = rows.first().map(|row| row.int(0)).transpose()?.unwrap_or_default();
    outbox::alert(work, id, recipient, alert)
}
