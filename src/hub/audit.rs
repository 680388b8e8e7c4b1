//! Looking through the log for what was done to it, and writing its head down beside the database, where whoever changes
//! the database does not change it too.

use std::sync::Arc;
use std::time::Duration;

use super::core::Hub;
use super::db::{Scope, Tx};
use super::error::HubError;
use super::log::{self, Anchor, AnchorError};
use super::tokens;
use crate::wire::audit::Audit;
use crate::wire::problem::{Code, Problem};

/// The name of the file with the heads, in the hub's folder.
pub const ANCHORS: &str = "anchors";

/// When no token of those who look after the hub holds for so long, the log says so.
const WARNING: chrono::Duration = chrono::Duration::days(30);

/// How often the head is written down.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Looks through the whole log. `turn` is kept for as long as that takes, also where nobody waits for its end any more.
///
/// # Errors
/// The database's. What is wrong with the log is in the answer.
pub async fn verify<T: Send + 'static>(hub: &Hub, turn: T) -> Result<Audit, HubError> {
    let file = hub.anchors().map(ToOwned::to_owned);
    // Before the log is read: a head that is written down meanwhile would be ahead of it.
    let anchors = blocking(move || file.map_or(Ok(Vec::new()), |file| Anchor::read(&file))).await?;
    let (anchors, trouble) = match anchors {
        Ok(anchors) => (anchors, None),
        Err(error) => {
            tracing::error!(%error, "the anchors cannot be read");
            let what = match error {
                AnchorError::Line { line, .. } => {
                    format!("line {line} of the heads written down is not as it was written")
                }
                AnchorError::File(_) => "the file with the heads written down cannot be read".to_owned(),
            };
            (Vec::new(), Some(what))
        }
    };
    let count = anchors.len() as u64;
    let read = move |tx: &mut dyn Tx| {
        let _turn = &turn;
        Ok(log::verify(tx, &anchors)?)
    };
    let report = hub.read(Scope::System, read).await?;
    let findings: Vec<String> =
        trouble.iter().cloned().chain(report.findings.iter().map(ToString::to_string)).collect();
    Ok(Audit {
        is_whole: findings.is_empty(),
        entries: report.entries,
        end: report.end.n,
        hash: log::hex(&report.end.hash),
        anchors: count,
        found: report.found + u64::from(trouble.is_some()),
        findings,
    })
}

/// Writes the log's head down.
///
/// # Errors
/// The database's; the file cannot be written.
pub async fn anchor(hub: &Hub) -> Result<(), HubError> {
    let Some(file) = hub.anchors().map(ToOwned::to_owned) else { return Ok(()) };
    let head = hub.read(Scope::System, |tx| Ok(log::head(tx)?)).await?;
    let anchor = Anchor { head, at: hub.now() };
    blocking(move || anchor.write(&file)).await?.map_err(|error| {
        tracing::error!(%error, "the log's head cannot be written down");
        HubError::from(Problem::new(Code::Unavailable, "the log's head cannot be written down"))
    })
}

/// Says in good time that nobody will be able to look after the hub any more.
async fn warn(hub: &Hub) -> Result<(), HubError> {
    let now = hub.now();
    let until = hub.read(Scope::System, move |tx| tokens::looked_after_until(tx, now)).await?;
    if until.is_none_or(|until| until < now + WARNING) {
        let until = until.map_or_else(|| "now".to_owned(), |until| until.to_rfc3339());
        tracing::warn!(
            until,
            "no token of revenue operations holds for longer: make one with `leadbox hub token add`, or, where none holds \
             any more, with `leadbox hub token rescue`"
        );
    }
    Ok(())
}

/// Writes it down now and every hour, for as long as the hub runs.
pub async fn run(hub: Arc<Hub>) {
    loop {
        if let Err(error) = anchor(&hub).await {
            tracing::error!(%error, "the log's head was not written down; it is tried again in an hour");
        }
        if let Err(error) = warn(&hub).await {
            tracing::error!(%error, "nobody knows whether anybody can look after the hub");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, HubError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Problem::new(Code::Internal, "the file with the log's heads was not looked at").into())
}
