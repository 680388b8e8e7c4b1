//! `leadbox outbox`: what waits to be sent, what was refused, what leaves by export.

use serde_json::json;

use super::args::OutboxArgs;
use super::failure::Failure;
use super::print::{Out, remark, stamp};
use super::session::Session;
use super::table::Column;
use crate::handoff::Time;
use crate::handoff::outbox::OutboxState;
use crate::store::OutboxItem;
use crate::ui::when::When;
use crate::ui::words;

/// Rows that are shown.
const MOST: usize = 1000;

/// Prints the outbox; with `--retry`, sends what was refused once more.
pub fn run(session: &mut Session, args: &OutboxArgs, as_json: bool) -> Result<(), Failure> {
    let now = session.now;
    if args.retry {
        session.store.retry_parked(None, now)?;
    }
    let items = session.store.outbox(MOST)?;
    let when = When { now, zone: session.zone(), twelve_hours: !session.config.ui.clock_24h };
    let mut out = Out::new();
    let (mut leads, mut names) = (Column::default(), Column::default());
    for item in &items {
        leads.hold(&item.lead.to_string(), None);
        names.hold(&item.name, out.columns);
    }
    for item in &items {
        if as_json {
            out.json(&json!({
                "op": item.op,
                "lead": item.lead.to_string(),
                "source": item.key.source,
                "external_id": item.key.external_id,
                "name": item.name,
                "what": item.event.what.code(),
                "event": item.event.what,
                "at": stamp(item.made_at),
                "state": item.state,
                "not_before": stamp(item.not_before),
                "tries": item.attempts,
                "error": item.last_error,
            }))?;
        } else {
            let error = item.last_error.as_ref().map(|error| format!("  ({error})")).unwrap_or_default();
            let what = words::event_line(&item.event, &session.config.policy, &when);
            let lead = leads.put(&item.lead.to_string(), None);
            let (state, name) = (state(item, now), names.put(&item.name, out.columns));
            out.paragraph(&format!("{state:<13} {lead}  {name} {what} → {}{error}", item.key.source))?;
        }
    }
    if items.is_empty() && !as_json {
        out.line("The outbox is empty.")?;
    }
    out.finish()?;
    let has = |word| !as_json && items.iter().any(|item| state(item, now) == word);
    remark(has(TO_EXPORT), "`leadbox export FILE --pending` hands over what is to export.");
    // A hub answers the same to the same.
    let can_retry = |item: &OutboxItem| state(item, now) == NEEDS_YOU && item.version.is_none();
    remark(!as_json && items.iter().any(can_retry), "`leadbox outbox --retry` tries again what needs you.");
    remark(has(NEEDS_YOU) || has(KEPT), "O in the app shows what the hub has instead, and takes it off the list.");
    Ok(())
}

const TO_EXPORT: &str = "to export";
const NEEDS_YOU: &str = "needs you";
/// A contact that counts, on a lead on which the hub decided otherwise; nobody has read why.
const KEPT: &str = "kept, read it";

/// How it stands with a disposition, in words; JSON has the codes.
fn state(item: &OutboxItem, now: Time) -> &'static str {
    match item.standing(now) {
        OutboxState::Local if item.not_before > now => "held for undo",
        OutboxState::Local => TO_EXPORT,
        OutboxState::Held => "held for undo",
        OutboxState::Waiting => "to send",
        OutboxState::Sent => "sent",
        OutboxState::Parked => NEEDS_YOU,
        OutboxState::Kept => KEPT,
        OutboxState::Cancelled if item.last_error.is_some() => "refused",
        OutboxState::Cancelled => "undone",
    }
}
