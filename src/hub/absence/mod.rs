//! Who is away or busy by their calendars (F43, F113, R58, R59). `ical` reads a calendar, [`feeds`] keeps of each the last good
//! answer, and [`run`] reads them in the background: never inside a transaction, and whatever a server or a file does, leads
//! are routed by what was last known.

pub mod feeds;
mod fetch;
mod ical;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Days;
use futures_util::future::join_all;

use super::core::Hub;
use super::error::HubError;
use super::outgoing::Outgoing;
use feeds::Due;
use ical::How;
pub use ical::{Span, Times};

/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_secs(5);

/// So many are read at once.
const AT_ONCE: i64 = 8;

/// So long a calendar may take to be worked out.
const PATIENCE: Duration = Duration::from_secs(5);

/// Of appointments so many days ahead are kept, of absences so many.
const BUSY_DAYS: u64 = 31;
const AWAY_DAYS: u64 = 180;

/// Reads calendars for as long as the hub runs.
pub async fn run(hub: Arc<Hub>, outgoing: Outgoing) {
    loop {
        match tick(&hub, &outgoing).await {
            Ok(0) => tokio::time::sleep(LOOK).await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "the calendars could not be seen to; they are tried again");
                tokio::time::sleep(LOOK * 6).await;
            }
        }
    }
}

/// Reads the calendars that are due. Returns how many.
///
/// # Errors
/// The database's. A calendar that cannot be read, or whose answer cannot be kept, holds back no other.
pub async fn tick(hub: &Hub, outgoing: &Outgoing) -> Result<usize, HubError> {
    // Whichever hub takes one reads it; the others see that it is not due any more.
    let due = hub.write(|work| feeds::take_due(work, AT_ONCE)).await?;
    let read = join_all(due.iter().map(|due| read(hub, due, outgoing))).await;
    let count = due.len();
    let mut trouble = None;
    for (due, answer) in due.into_iter().zip(read) {
        if let Err(why) = &answer {
            tracing::warn!(person = due.person, calendar = feeds::shown(&due.place), why, "a calendar cannot be read");
        }
        // What the others say is taken all the same: they are not asked again before their time.
        trouble = hub.write(move |work| feeds::answered(work, &due, &answer)).await.err().or(trouble);
    }
    trouble.map_or(Ok(count), Err)
}

/// Fetches a calendar and reads it; what went wrong comes in words that have nothing secret in them.
async fn read(hub: &Hub, due: &Due, outgoing: &Outgoing) -> Result<Times, String> {
    let text = fetch::fetch(&due.place, outgoing).await?;
    let (now, rules, kind, zone) = (hub.now(), hub.rules(), due.kind, due.zone);
    let work = move || {
        let ahead = |days| now.checked_add_days(Days::new(days)).unwrap_or(now);
        let how = How {
            kind,
            zone,
            rules: &rules.config.routing.feeds,
            from: now,
            busy_until: ahead(BUSY_DAYS),
            away_until: ahead(AWAY_DAYS),
            deadline: Instant::now() + PATIENCE,
        };
        // Whatever somebody else's program wrote there, the hub goes on.
        catch_unwind(AssertUnwindSafe(|| ical::read(&text, &how)))
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(times)) => times.map_err(|why| why.to_string()),
        Ok(Err(_)) | Err(_) => Err("it has something in it that cannot be worked out".into()),
    }
}
