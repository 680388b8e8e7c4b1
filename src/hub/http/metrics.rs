//! `GET /metrics`: what the hub counts, in the text that Prometheus reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::answer::Failed;
use super::asked::Caller;
use super::described::{self, Draft, Tells};
use crate::handoff::Time;
use crate::hub::bridge::status::{self, Count};
use crate::hub::core::Hub;
use crate::hub::db::{Scope, Tx};
use crate::hub::gate::Action;
use crate::hub::leads;
use crate::hub::outbox;
use crate::hub::pulse::Counts;
use crate::hub::tokens;

/// Prometheus' text, and its version.
const MEDIA: &str = "text/plain; version=0.0.4";

/// How many requests were answered, by route and status.
#[derive(Default)]
pub(super) struct Answered(Mutex<BTreeMap<(String, u16), u64>>);

impl Answered {
    pub(super) fn count(&self, route: &str, status: u16) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((route.to_owned(), status)).or_default() += 1;
    }
}

/// The counts as text.
pub(super) struct Metrics(String);

impl IntoResponse for Metrics {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, MEDIA)], self.0).into_response()
    }
}

impl Tells for Metrics {
    fn tells(draft: &mut Draft) {
        draft.answers(MEDIA, described::text());
    }
}

/// For those who read the board: it tells of no single lead and no person.
pub(super) async fn get(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Extension(answered): Extension<Arc<Answered>>,
) -> Result<Metrics, Failed> {
    caller.may(Action::ReadBoard)?;
    let (now, names) = (hub.now(), hub.bridges());
    let look = move |tx: &mut dyn Tx| {
        let looked_after = tokens::looked_after_until(tx, now)?;
        let crms = status::counts(tx, &names)?;
        Ok((leads::by_stage(tx)?, leads::overdue(tx, now)?, outbox::waiting(tx)?, looked_after, crms))
    };
    let (stages, overdue, waiting, looked_after, crms) = hub.read(Scope::System, look).await?;
    let requests = answered.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut text = text(&requests, hub.pulse().counts(), &(stages, overdue));
    text.push_str(&messages(&hub.pulse().deliveries(), &waiting));
    text.push_str(&bridges(&crms, now));
    let left = looked_after.map_or(0, |until| (until - now).num_seconds());
    let (name, help) = ("leadbox_admin_token_seconds", "For how long some token of revenue operations still holds.");
    // Writing to a text cannot fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {left}");
    Ok(Metrics(text))
}

type Stock = (Vec<(String, i64)>, i64);

fn text(requests: &BTreeMap<(String, u16), u64>, counts: Counts, (stages, overdue): &Stock) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, samples: Vec<(String, String)>| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    };
    let one = |value: String| vec![(String::new(), value)];
    let by_route = requests
        .iter()
        .map(|((route, status), count)| (format!("{{route=\"{route}\",status=\"{status}\"}}"), count.to_string()));
    family("leadbox_requests_total", "counter", "Requests answered.", by_route.collect());
    family("leadbox_commits_total", "counter", "Commits of the writer.", one(counts.commits.to_string()));
    family("leadbox_commit_writes_total", "counter", "Writes in these commits.", one(counts.writes.to_string()));
    let seconds = format!("{}.{:06}", counts.microseconds / 1_000_000, counts.microseconds % 1_000_000);
    family("leadbox_commit_seconds_total", "counter", "How long these commits took in all.", one(seconds));
    family("leadbox_streams", "gauge", "Connections that wait for news.", one(counts.streams.to_string()));
    let refused = one(counts.refused.to_string());
    family("leadbox_connections_refused_total", "counter", "Connections that there was no room for.", refused);
    let by_stage = stages.iter().map(|(stage, count)| (format!("{{stage=\"{stage}\"}}"), count.to_string()));
    family("leadbox_leads", "gauge", "Leads by stage.", by_stage.collect());
    family(
        "leadbox_due",
        "gauge",
        "Leads whose time has come and that were not seen to yet.",
        one(overdue.to_string()),
    );
    text
}

/// What became of messages, and how many wait.
fn messages(done: &BTreeMap<(String, &'static str), u64>, waiting: &[(String, i64)]) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = writeln!(text, "# HELP leadbox_messages_total Messages by channel: sent, failed (tried again), given up.");
    let _ = writeln!(text, "# TYPE leadbox_messages_total counter");
    for ((channel, outcome), count) in done {
        let _ = writeln!(text, "leadbox_messages_total{{channel=\"{channel}\",outcome=\"{outcome}\"}} {count}");
    }
    let _ = writeln!(text, "# HELP leadbox_messages_waiting Messages that wait, by channel.");
    let _ = writeln!(text, "# TYPE leadbox_messages_waiting gauge");
    for (channel, count) in waiting {
        let _ = writeln!(text, "leadbox_messages_waiting{{channel=\"{channel}\"}} {count}");
    }
    text
}

/// How the CRMs behind the hub stand.
fn bridges(crms: &BTreeMap<String, Count>, now: Time) -> String {
    let mut text = String::new();
    let mut family = |name: &str, help: &str, value: &dyn Fn(&Count) -> Option<i64>| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (source, count) in crms {
            if let Some(value) = value(count) {
                let _ = writeln!(text, "{name}{{source=\"{source}\"}} {value}");
            }
        }
    };
    family("leadbox_bridge_waiting", "What is on its way to a CRM.", &|crm| Some(crm.waiting));
    family("leadbox_bridge_parked", "What a CRM refused and a person has to look at.", &|crm| Some(crm.parked));
    family("leadbox_bridge_untaken", "Records of a CRM that could not be taken in.", &|crm| Some(crm.untaken));
    let since = |crm: &Count| crm.answered_at.map(|at| (now - at).num_seconds());
    family("leadbox_bridge_answered_seconds", "Since when a CRM has not answered well.", &since);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_one_that_prometheus_reads() {
        let requests = BTreeMap::from([(("/v1/leads/{id}".to_owned(), 404), 2)]);
        let counts = Counts { commits: 3, writes: 40, microseconds: 1_000_250, streams: 1, refused: 5 };
        let text = text(&requests, counts, &(vec![("assigned".into(), 7)], 0));
        for line in [
            "# TYPE leadbox_requests_total counter",
            "leadbox_requests_total{route=\"/v1/leads/{id}\",status=\"404\"} 2",
            "leadbox_commit_writes_total 40",
            "leadbox_commit_seconds_total 1.000250",
            "leadbox_leads{stage=\"assigned\"} 7",
            "leadbox_connections_refused_total 5",
            "leadbox_due 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
