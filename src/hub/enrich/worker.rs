//! Asks the providers, outside of any transaction. Any number of hubs may do so on one database.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinSet;

use super::Providers;
use super::job::{self, Claimed};
use crate::hub::core::Hub;
use crate::hub::db::Scope;
use crate::hub::error::HubError;
use crate::hub::outgoing::Outgoing;

/// How often the jobs are looked at.
const TICK: Duration = Duration::from_millis(200);

/// The most leads that are looked up at once: one provider that is slow holds back no other lead.
const AT_ONCE: usize = 32;

/// A job is another hub's if this one has not come back for so long after the providers' limits.
const SLACK: Duration = Duration::from_secs(30);

/// Runs for as long as the hub does. Returns at once where there are no providers.
pub async fn run(hub: Arc<Hub>, providers: Providers, outgoing: Outgoing) {
    if providers.0.is_empty() {
        return;
    }
    let asking = Arc::new((providers, outgoing));
    let mut running = JoinSet::new();
    loop {
        while running.try_join_next().is_some() {}
        let claimed = match claim(&hub, &asking.0, AT_ONCE.saturating_sub(running.len())).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::error!(%error, "the jobs of enrichment cannot be read; it is tried again");
                tokio::time::sleep(TICK * 10).await;
                continue;
            }
        };
        for job in claimed {
            let (hub, asking) = (Arc::clone(&hub), Arc::clone(&asking));
            running.spawn(async move { look_up(&hub, &asking.0, &asking.1, job).await });
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Does the jobs that there are now. Returns how many.
///
/// # Errors
/// The database's.
pub async fn tick(hub: &Hub, providers: &Providers, outgoing: &Outgoing) -> Result<usize, HubError> {
    let claimed = claim(hub, providers, AT_ONCE).await?;
    let count = claimed.len();
    join_all(claimed.into_iter().map(|job| look_up(hub, providers, outgoing, job))).await;
    Ok(count)
}

async fn claim(hub: &Hub, providers: &Providers, most: usize) -> Result<Vec<Claimed>, HubError> {
    let now = hub.now();
    let is_due = most > 0 && hub.read(Scope::System, move |tx| job::is_due(tx, now)).await?;
    if !is_due {
        return Ok(Vec::new());
    }
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let lease = chrono::Duration::from_std(providers.limit() + SLACK).unwrap_or(chrono::Duration::hours(1));
    hub.write(move |work| job::claim(work, most, lease)).await
}

async fn look_up(hub: &Hub, providers: &Providers, outgoing: &Outgoing, job: Claimed) {
    let asked = providers.ask(outgoing, &job.question).await;
    let id = job.id;
    if let Err(error) = hub.write(move |work| job::finish(work, &job, &asked)).await {
        tracing::error!(job = id, %error, "what providers said could not be taken; they are asked again later");
    }
}
