//! Speaks to the sources while the app is open: fetches what changed, carries dispositions out. Of several windows on
//! one store only one does it, elected by a lock on a file.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use chrono::Utc;
use tokio::sync::mpsc::UnboundedSender;

use super::Happening;
use super::answer::Rules;
use crate::app::msg::Net;
use crate::source::Source;
use crate::store::Store;
use crate::sync::engine::{Engine, Round};

/// The file whose lock elects the sender.
const LOCK: &str = "sync.lock";
/// How often the sources are asked for news, and the outbox for what is due.
const PAUSE: Duration = Duration::from_millis(500);

/// Starts the thread. It ends with the process: whatever it was doing is on disk or can be asked again.
pub fn spawn(
    sources: Vec<Box<dyn Source>>,
    dir: &Path,
    rules: Arc<Rules>,
    tell: UnboundedSender<Happening>,
) -> io::Result<()> {
    let mut store = Store::open(dir).map_err(io::Error::other)?;
    let lock = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK))?;
    thread::Builder::new().name("courier".into()).spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else { return };
        let mut engine = Engine::new(sources, fastrand::f64);
        let mut elected = false;
        let mut last: Option<Net> = None;
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
                let round = runtime.block_on(engine.round(&mut store, &rules.ctx(Utc::now())));
                if round.changed && tell.send(Happening::StoreChanged).is_err() {
                    return;
                }
                let net = net(&round);
                if last.as_ref() != Some(&net) {
                    if tell.send(Happening::Net(net.clone())).is_err() {
                        return;
                    }
                    last = Some(net);
                }
            }
            thread::sleep(PAUSE);
        }
    })?;
    Ok(())
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
