//! What time does: takes the leads whose time has come, in its order, and does what is due.

use std::sync::Arc;
use std::time::Duration;

use super::core::Hub;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(200);

/// Runs for as long as the hub does.
pub async fn run(hub: Arc<Hub>) {
    let _ = hub;
    loop {
        tokio::time::sleep(TICK).await;
    }
}
