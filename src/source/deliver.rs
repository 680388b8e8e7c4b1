//! Writing a step so that it takes hold once, whatever becomes of the calls: the laptop's engine and the hub do it alike.

use std::time::Duration;

use super::{Answer, Applied, Change, Probe, Source, SourceError, Step};
use crate::handoff::Time;

/// An outcome that cannot be seen yet is looked for again after so many seconds at the latest.
const LONGEST_LAG: u32 = 60;

/// What became of a step, or of a disposition.
pub enum Sent {
    /// It took hold.
    Done,
    /// As a fact only: why.
    Kept(String),
    /// Not yet, not before then: why.
    Retry(Time, String),
    /// It will not be had: why. Where the record changed meanwhile, with what it is now.
    Parked(String, Option<Box<Change>>),
}

/// What is settled of a step before it is applied: a crash may have come between the write and our note of it. Nothing where
/// it is to be applied. `tried` is how long ago it was begun last.
pub async fn found(
    source: &mut dyn Source,
    step: &Step,
    patience: Duration,
    tried: Option<chrono::Duration>,
    (now, again): (Time, Time),
) -> Result<Option<Sent>, SourceError> {
    // Only where a second write would do harm.
    if source.capabilities().repeatable {
        return Ok(None);
    }
    let name = source.name().to_owned();
    let found = within(patience, &name, source.probe(step, tried)).await?;
    Ok((found != Probe::Absent).then(|| found_out(found, now, again)))
}

/// Writes one step. An error is the source's, and not this disposition's. Where nothing arrived it is tried again at
/// `again`.
pub async fn deliver(
    source: &mut dyn Source,
    step: &Step,
    patience: Duration,
    (now, again): (Time, Time),
) -> Result<Sent, SourceError> {
    let name = source.name().to_owned();
    let applied = match tokio::time::timeout(patience, source.apply(step)).await {
        Ok(applied) => applied?,
        Err(_) => Applied::Unknown,
    };
    Ok(match applied {
        Applied::Applied => Sent::Done,
        Applied::Kept { why } => Sent::Kept(why),
        Applied::Rejected { why } => Sent::Parked(why, None),
        Applied::Conflict { why, now } => Sent::Parked(why, Some(now)),
        Applied::Throttled { until } => return Err(SourceError::Throttled { source_name: name, until }),
        Applied::AuthExpired => return Err(SourceError::AuthExpired { source_name: name }),
        Applied::Unknown => {
            let just_now = Some(chrono::Duration::zero());
            found_out(within(patience, &name, source.probe(step, just_now)).await?, now, again)
        }
    })
}

fn found_out(probe: Probe, now: Time, again: Time) -> Sent {
    match probe {
        Probe::Committed => Sent::Done,
        Probe::Kept { why } => Sent::Kept(why),
        Probe::Rejected { why } => Sent::Parked(why, None),
        Probe::Absent => Sent::Retry(again, "no answer came, and it had not arrived".into()),
        Probe::TooEarly { lag } => {
            let lag = chrono::Duration::seconds(i64::from(lag.min(LONGEST_LAG)));
            Sent::Retry(now + lag, "no answer came; it is looked for later".into())
        }
    }
}

/// The answer, if it comes in time.
pub async fn within<T>(patience: Duration, name: &str, answer: Answer<'_, T>) -> Result<T, SourceError> {
    let silent = || SourceError::Unreachable {
        source_name: name.to_owned(),
        why: format!("no answer within {} s", patience.as_secs()),
    };
    tokio::time::timeout(patience, answer).await.unwrap_or_else(|_| Err(silent()))
}
