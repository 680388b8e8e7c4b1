//! Speaks to the sources while the app is open: fetches what changed, carries dispositions out. Of several windows on
//! one store only one does it, elected by a lock on a file.

use std::fs::TryLockError;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use chrono::Utc;
use tokio::sync::mpsc::UnboundedSender;

use super::answer::Rules;
use super::{AppError, Happening};
use crate::app::msg::Net;
use crate::handoff::Time;
use crate::source::Source;
use crate::source::demo::Cable;
use crate::store::{Store, lock_file};
use crate::sync::engine::{Engine, Round};

/// The file whose lock elects the sender.
const LOCK: &str = "leadbox.sync.lock";
/// How often the sources are asked for news, and the outbox for what is due.
const PAUSE: Duration = Duration::from_millis(500);

/// Starts the thread. It ends with the process: whatever it was doing is on disk or can be asked again.
pub fn spawn(
    sources: Vec<Box<dyn Source>>,
    dir: &Path,
    rules: Arc<Rules>,
    tell: UnboundedSender<Happening>,
    cable: Option<Cable>,
) -> Result<(), AppError> {
    let mut store = Store::open(dir)?;
    let lock = lock_file(dir, LOCK)?;
    thread::Builder::new().name("courier".into()).spawn(move || {
        // A thread of its own for what is on its way, while this one takes in what has come.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let Ok(runtime) = runtime else { return };
        let mut engine = Engine::new(sources, fastrand::f64);
        let mut elected = false;
        let mut last: Option<Net> = None;
        let mut plugged = true;
        loop {
            if !elected {
                elected = match lock.try_lock() {
                    Ok(()) => true,
                    Err(TryLockError::WouldBlock) => false,
                    // A file system without locks: one window is the rule there.
                    Err(TryLockError::Error(_)) => true,
                };
            }
            if elected {
                let is_plugged = cable.as_ref().is_none_or(|cable| cable.load(Ordering::Relaxed));
                if is_plugged && !plugged {
                    engine.retry_now();
                }
                plugged = is_plugged;
                let round = runtime.block_on(engine.round(&mut store, &rules.ctx(Utc::now())));
                if round.changed && tell.send(Happening::StoreChanged).is_err() {
                    return;
                }
                let net = net(&round);
                if last.as_ref().is_none_or(|last| is_news(last, &net)) {
                    if tell.send(Happening::Net(net.clone())).is_err() {
                        return;
                    }
                    last = Some(net);
                }
            }
            runtime.block_on(async {
                // News comes at once, an act of the rep's after the pause.
                drop(tokio::time::timeout(PAUSE, engine.news()).await);
            });
        }
    })?;
    Ok(())
}

/// Whether the rep should hear of it: that a source answered is news every ten seconds only.
fn is_news(last: &Net, net: &Net) -> bool {
    let long_ago = |last: Time, now: Time| now - last >= chrono::Duration::seconds(10);
    last.online != net.online
        || last.error != net.error
        || last.synced_at.zip(net.synced_at).is_none_or(|(last, now)| long_ago(last, now))
}

fn net(round: &Round) -> Net {
    Net {
        name: round.name.clone(),
        online: round.trouble.is_none(),
        synced_at: round.reached_at,
        busy: false,
        error: round.trouble.clone(),
    }
}

#[cfg(test)]
mod tests;
