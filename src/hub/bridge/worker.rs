//! Keeps the couriers going, one for each CRM: one that is away holds back no other.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::{Bridge, Bridges, Courier, NEWS, rows};
use crate::hub::core::Hub;
use crate::hub::error::HubError;

/// How often it is looked whether there is something to do. What is to be written is told at once.
const TICK: Duration = Duration::from_secs(1);

/// After the database failed, or where a CRM cannot be used as it is configured.
const PAUSE: Duration = Duration::from_secs(30);

/// Runs for as long as the hub does. Returns at once where there are no CRMs.
pub async fn run(hub: Arc<Hub>, bridges: Bridges) {
    join_all(bridges.all.iter().map(|bridge| lane(&hub, &bridges, bridge))).await;
}

async fn lane(hub: &Arc<Hub>, bridges: &Bridges, bridge: &Arc<Bridge>) {
    let source = loop {
        match bridge.connect() {
            Ok(source) => break source,
            Err(why) => {
                tracing::error!(source = bridge.name(), why, "a CRM cannot be used as it is configured");
                if let Err(error) = note_unusable(hub, bridge, why).await {
                    tracing::error!(%error, source = bridge.name(), "nor could that be written down");
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    };
    let mut news = hub.listen(NEWS);
    let mut courier = Courier::new(Arc::clone(hub), bridges, Arc::clone(bridge), source);
    loop {
        news.mark_unchanged();
        match courier.round().await {
            Ok(round) if round.more => {}
            Ok(_) => {
                let _ = tokio::time::timeout(TICK, news.changed()).await;
            }
            Err(error) => {
                tracing::error!(%error, source = bridge.name(), "a CRM's leads could not be kept; it is tried again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Has the board say so, unless another hub can use it.
async fn note_unusable(hub: &Hub, bridge: &Bridge, why: String) -> Result<(), HubError> {
    let source = bridge.name().to_owned();
    let every = chrono::Duration::seconds(bridge.settings.every.into());
    hub.write(move |work| rows::note_unusable(work.tx, &source, &why, every, work.now)).await
}

/// Gives up the right to ask the CRMs, so that another hub need not wait: this one ends.
///
/// # Errors
/// The database's.
pub async fn end(hub: &Hub, bridges: &Bridges) -> Result<(), HubError> {
    if bridges.all.is_empty() {
        return Ok(());
    }
    let me = bridges.me.clone();
    hub.write(move |work| rows::let_go(work.tx, &me)).await
}
