//! `leadbox status`: one line for tmux or a prompt (N5).

use serde_json::json;

use super::failure::Failure;
use super::print::{Out, summary_json};
use super::session::Session;
use crate::handoff::query::Filter;
use crate::handoff::summary::{Summary, Tab};
use crate::store::{From, PageQuery};
use crate::ui::countdown::left;

/// Prints the line: what is due, the nearest countdown, what waits to be sent.
pub fn run(session: &Session, as_json: bool) -> Result<(), Failure> {
    let counts = session.store.counts(&session.ctx())?;
    let policy = &session.config.policy;
    let one = |tab| PageQuery { tab, from: From::Top, rows: 1, filter: Filter::default(), now: session.now };
    let first = |tab| session.store.page(&one(tab)).map(|page| page.rows.into_iter().next());
    let nearest: Option<Summary> = match first(Tab::Due)? {
        Some(summary) => Some(summary),
        None => first(Tab::New)?,
    };
    let engaged = session.store.desk()?.current();
    let mut out = Out::new();
    if as_json {
        let tabs = Tab::ALL.map(|tab| (tab.code().to_owned(), json!(counts.of(tab))));
        out.json(&json!({
            "tabs": serde_json::Value::Object(tabs.into_iter().collect()),
            "done_today": counts.done_today,
            "to_send": counts.to_send,
            "needs_attention": counts.parked,
            "engaged": engaged.map(|lead| lead.to_string()),
            "nearest": nearest.map(|summary| summary_json(&summary, policy, session.now)),
        }))?;
        return out.finish();
    }
    let mut parts = Vec::new();
    if let Some(summary) = &nearest {
        parts.push(left(summary, policy, session.now).trim().to_owned());
    }
    parts.push(format!("{} due", counts.of(Tab::Due)));
    parts.push(format!("{} new", counts.of(Tab::New)));
    if let Some(lead) = engaged {
        parts.push(format!("{lead} open"));
    }
    if counts.to_send > 0 {
        parts.push(format!("{} to send", counts.to_send));
    }
    if counts.parked > 0 {
        parts.push(format!("{} need attention", counts.parked));
    }
    out.line(parts.join(" · "))?;
    out.finish()
}
