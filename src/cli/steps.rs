//! `leadbox show --trail`: every step of a lead's handoff, by whom and when.

use serde_json::json;

use super::failure::Failure;
use super::print::Out;
use super::session::Session;
use crate::handoff::event::{Event, Role};
use crate::ui::when::When;
use crate::ui::words;

/// Prints the steps. What people wrote is part of the lead's context, and shown only where that is.
pub fn show(session: &Session, name: Option<&str>, as_json: bool) -> Result<(), Failure> {
    let id = session.find_or_open(name)?;
    let dossier = session.store.dossier(id, &session.ctx())?;
    let may_read = dossier.is_ok();
    let steps = session.store.steps(id)?;
    let is_told = |event: &Event| may_read || event.actor.role == Role::System;
    let mut out = Out::new();
    if as_json {
        for event in &steps {
            let what = if is_told(event) { json!(event.what) } else { json!({ "kind": event.what.code() }) };
            out.json(&json!({
                "lead": id, "seq": event.seq, "at": event.at, "actor": event.actor, "what": what,
                "closes": event.closes,
            }))?;
        }
        return out.finish();
    }
    if steps.is_empty() {
        out.line(format!("nothing was done with {id} yet"))?;
    }
    let when = When { now: session.now, zone: session.zone(), twelve_hours: !session.config.ui.clock_24h };
    for event in &steps {
        let (what, more) = words::event(event, &session.config.policy, &when);
        let more = if more.is_empty() || !is_told(event) { String::new() } else { format!(": {more}") };
        let by = match event.actor.role {
            Role::System => String::new(),
            role => format!(" (by {}, {})", event.actor.name, role.code()),
        };
        out.paragraph(&format!(
            "{}  {what}{more}{by}",
            event.at.with_timezone(&session.zone()).format("%a %Y-%m-%d %H:%M:%S")
        ))?;
    }
    // The last word of the hub on it came beside the steps.
    if let Some(summary) = session.store.summary(id)?
        && let (Some(why), Some(at)) = (summary.taken_away, summary.closed_at)
    {
        let at = at.with_timezone(&session.zone()).format("%a %Y-%m-%d %H:%M:%S");
        out.paragraph(&format!("{at}  taken away: {why}"))?;
    }
    if let Some(unread) = words::unread_steps(dossier.map_or(0, |dossier| dossier.unread)) {
        out.line(unread)?;
    }
    out.finish()
}
