//! Speaks to the sources while the app is open: fetches what changed, carries dispositions out. Of several windows on
//! one store only one does it, elected by a lock on a file.

use std::fs::TryLockError;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::answer::Rules;
use super::{AppError, Happening};
use crate::app::msg::Net;
use crate::handoff::Time;
use crate::handoff::calendar::Window;
use crate::hub::inside::Cable;
use crate::source::Source;
use crate::store::{SENDER, Store, lock_file};
use crate::sync::engine::{Engine, Round};

/// How often the sources are asked for news, and the outbox for what is due.
const PAUSE: Duration = Duration::from_millis(500);

/// The team's rules as they are now.
pub struct Renewed {
    /// What the rules need to answer questions.
    pub rules: Rules,
    /// The quiet hours.
    pub quiet: Option<Window>,
    /// Changes when the rules do by which leads stand.
    pub fingerprint: String,
}

/// Says whether the team's rules changed since it was asked last, or since the app was opened; and if they cannot be
/// read, why. Asked twice a second.
pub type Renew = Box<dyn FnMut() -> Option<Result<Renewed, String>> + Send>;

/// Starts the thread. It ends with the process, or when nobody hears it any more: whatever it was doing is on disk or can
/// be asked again.
pub fn spawn(
    sources: Vec<Box<dyn Source>>,
    dir: &Path,
    mut rules: Arc<Rules>,
    tell: UnboundedSender<Happening>,
    cable: Option<Cable>,
    mut renew: Option<Renew>,
) -> Result<(), AppError> {
    let mut store = Store::open(dir)?;
    let lock = lock_file(dir, SENDER)?;
    thread::Builder::new().name("courier".into()).spawn(move || {
        // A thread of its own for what is on its way, while this one takes in what has come.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let Ok(runtime) = runtime else { return };
        let mut engine = Engine::new(sources, fastrand::f64);
        let mut elected = false;
        let mut last: Option<Net> = None;
        // By how much this machine's clock is off, as far as it is kept.
        let mut noted = None;
        let mut plugged = true;
        while !tell.is_closed() {
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
                if is_plugged != plugged {
                    engine.retry_now();
                }
                plugged = is_plugged;
                let round = runtime.block_on(engine.round(&mut store, &rules.ctx(rules.clock.read())));
                // What cannot be kept now is kept after the next round.
                let ahead = rules.clock.read().ahead;
                if round.trouble.is_none() && noted != Some(ahead) && store.set_ahead(ahead).is_ok() {
                    noted = Some(ahead);
                }
                if round.changed && tell.send(Happening::StoreChanged).is_err() {
                    return;
                }
                for text in round.reports.iter().cloned() {
                    if tell.send(Happening::Report { problem: true, text }).is_err() {
                        return;
                    }
                }
                let net = net(&round);
                if last.as_ref().is_none_or(|last| is_news(last, &net)) {
                    if tell.send(Happening::Net(net.clone())).is_err() {
                        return;
                    }
                    last = Some(net);
                }
            }
            // Each window for itself, whoever fetched them.
            if let Some(renewed) = renew.as_mut().and_then(|renew| renew()) {
                let happening = match renewed.and_then(|renewed| adopted(&mut store, renewed)) {
                    Ok(renewed) => {
                        rules = Arc::new(renewed.rules.clone());
                        Happening::Renewed(Box::new(renewed))
                    }
                    Err(why) => Happening::Report {
                        problem: true,
                        text: format!("the team's rules changed and cannot be used; the former ones hold: {why}"),
                    },
                };
                if tell.send(happening).is_err() {
                    return;
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

/// The rules with the calendars that held before theirs: what was consumed by those stays consumed (F63).
fn adopted(store: &mut Store, mut renewed: Renewed) -> Result<Renewed, String> {
    let former = store.adopt_calendar(&renewed.rules.policy.calendar, renewed.rules.clock.now());
    renewed.rules.policy.former = former.map_err(|error| error.to_string())?;
    Ok(renewed)
}

/// Whether the rep should hear of it: that a source answered is news every ten seconds only.
fn is_news(last: &Net, net: &Net) -> bool {
    let long_ago = |last: Time, now: Time| now - last >= chrono::Duration::seconds(10);
    last.online != net.online
        || last.error != net.error
        || last.behind != net.behind
        || last.synced_at.zip(net.synced_at).is_none_or(|(last, now)| long_ago(last, now))
}

fn net(round: &Round) -> Net {
    Net {
        name: round.name.clone(),
        online: round.trouble.is_none(),
        synced_at: round.reached_at,
        behind: round.behind_since,
        busy: false,
        error: round.trouble.clone(),
        is_signed_out: round.is_signed_out,
    }
}

#[cfg(test)]
mod tests;
