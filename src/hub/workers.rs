//! The hub's workers: each is begun again when a mistake of its own ended it, and as long as it does not go on steadily the
//! hub does not call itself ready.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::core::Hub;
use super::pulse::Pulse;

/// A worker that fell is begun again after so long.
const REST: Duration = Duration::from_secs(5);

/// A worker that has gone on for so long does its work again.
const STEADY: Duration = Duration::from_secs(60);

/// Everybody who works for a hub beside those who ask it. They end with this.
pub struct Workers {
    hub: Arc<Hub>,
    running: JoinSet<()>,
}

impl Workers {
    /// Nobody yet.
    pub fn of(hub: &Arc<Hub>) -> Self {
        Self { hub: Arc::clone(hub), running: JoinSet::new() }
    }

    /// Has this one work from now on. `begin` begins its work; work that comes to its end by itself is done.
    pub fn begin<F>(&mut self, name: &'static str, begin: impl Fn(Arc<Hub>) -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hub = Arc::clone(&self.hub);
        self.running.spawn(async move {
            let begin = || begin(Arc::clone(&hub));
            keep(hub.pulse(), name, begin, (REST, STEADY)).await;
        });
    }
}

/// Sees to it that somebody does this work, until it is done.
async fn keep<F>(pulse: &Pulse, name: &'static str, begin: impl Fn() -> F, (rest, steady): (Duration, Duration))
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        // It ends with this one.
        let mut worker = JoinSet::new();
        worker.spawn(begin());
        let ended = match tokio::time::timeout(steady, worker.join_next()).await {
            Ok(ended) => ended,
            Err(_) => {
                pulse.stands(name);
                worker.join_next().await
            }
        };
        let Some(Err(error)) = ended else { return pulse.stands(name) };
        tracing::error!(worker = name, %error, "a mistake of the hub's own ended a worker; it is begun again");
        pulse.fell(name);
        tokio::time::sleep(rest).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn a_worker_that_falls_is_begun_again_and_missed_until_it_works() {
        let (pulse, times, go) = (Arc::new(Pulse::default()), Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let began = Arc::new(Notify::new());
        let begin = {
            let (times, go, began) = (Arc::clone(&times), Arc::clone(&go), Arc::clone(&began));
            move || {
                let (time, go) = (times.fetch_add(1, Ordering::SeqCst), Arc::clone(&go));
                let began = Arc::clone(&began);
                async move {
                    assert!(time > 1, "the first two are mistaken");
                    began.notify_one();
                    go.notified().await;
                }
            }
        };
        let kept = tokio::spawn({
            let pulse = Arc::clone(&pulse);
            async move { keep(&pulse, "clock", begin, (Duration::ZERO, Duration::from_secs(3600))).await }
        });
        began.notified().await;
        assert_eq!((times.load(Ordering::SeqCst), pulse.fallen()), (3, vec!["clock"]));
        go.notify_one();
        kept.await.unwrap();
        assert_eq!(pulse.fallen(), [""; 0]);
    }
}
