//! Speaks to one CRM, a round at a time: delivers what waits, reads what changed, asks what became of the open ones, and
//! fetches the whole of a few. Nothing is held in the database while it asks; of several hubs one has the right to.
//!
//! No part of a round is so long that the others wait for it, however many records there are.

use std::sync::Arc;
use std::time::Duration;

use super::lane;
use super::rows;
use super::take::From;
use super::{Bridge, Bridges};
use crate::hub::core::Hub;
use crate::hub::db::{Scope, Tx};
use crate::hub::error::HubError;
use crate::hub::work::Work;
use crate::source::backoff::Rest;
use crate::source::{Source, SourceError};

/// After so long a CRM is taken not to answer: less than half of the time for which one hub alone may ask it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// There was something to do, and nobody else did it.
    pub is_ours: bool,
    /// So many writes are settled, or put off.
    pub tried: usize,
    /// There is more to be done at once.
    pub more: bool,
}

/// Speaks to one CRM.
pub struct Courier {
    hub: Arc<Hub>,
    name: String,
    me: String,
    bridge: Arc<Bridge>,
    source: Box<dyn Source>,
    fetching: Rest,
    /// It asked to wait: until when, or that it need not any more, all hubs on the database know.
    is_throttled: bool,
    sending: Rest,
    /// It was looked whether somebody changed how it is asked.
    has_begun: bool,
}

/// The other hubs ask it now.
struct NotOurs;

type Did<T> = Result<Result<T, NotOurs>, HubError>;

/// What comes back if the CRM is somebody else's to ask now.
macro_rules! ours {
    ($did:expr) => {
        match $did {
            Ok(value) => value,
            Err(NotOurs) => return Ok(Err(NotOurs)),
        }
    };
}

mod beginning;
mod reading;
mod writing;

impl Courier {
    /// For this CRM, asked by this source.
    pub fn new(hub: Arc<Hub>, bridges: &Bridges, bridge: Arc<Bridge>, source: Box<dyn Source>) -> Self {
        let (fetching, sending) = (Rest::default(), Rest::default());
        let (name, me) = (bridge.name().to_owned(), bridges.me.clone());
        Self { hub, name, me, bridge, source, fetching, is_throttled: false, sending, has_begun: false }
    }

    /// Does what is due.
    ///
    /// # Errors
    /// The database's. That the CRM is away is none: it is left alone for a while, and what waits for it waits.
    pub async fn round(&mut self) -> Result<Round, HubError> {
        self.begin().await?;
        let due = self.due().await?;
        if !due.any() {
            return Ok(Round::default());
        }
        if std::mem::take(&mut self.is_throttled) {
            self.fetching.end();
        }
        // What there is to do was read before: only who may do it needs a write.
        let done = self.act(due).await?;
        Ok(done.unwrap_or_default())
    }

    async fn due(&mut self) -> Result<Due, HubError> {
        let (now, name) = (self.hub.now(), self.name.clone());
        let every = chrono::Duration::seconds(self.source.capabilities().asked_every.into());
        let may_fetch = self.is_throttled || self.fetching.is_over(now);
        let may_send = self.sending.is_over(now);
        let (me, sees_deletes) = (self.me.clone(), self.source.capabilities().sees_deletes);
        let look = move |tx: &mut dyn Tx| {
            let reach = rows::reach(tx, &name)?;
            if reach.is_others(&me, now) || reach.is_to_wait(now) {
                return Ok(Due::default());
            }
            let is_fresh = reach.asked_at.is_some_and(|at| (now - at).abs() < every);
            Ok(Due {
                // Where it cannot be read at all nobody knows what it is.
                writes: may_fetch && may_send && lane::is_due(tx, &name, now)?,
                changes: may_fetch && !is_fresh,
                open: may_fetch
                    && is_fresh
                    && reach.has_time(now)
                    && !sees_deletes
                    && reading::is_to_be_reconciled(&reach, now),
                details: may_fetch
                    && is_fresh
                    && reach.has_time(now)
                    && !rows::to_look_at(tx, &name, now, 1)?.is_empty(),
            })
        };
        self.hub.read(Scope::System, look).await
    }

    async fn act(&mut self, due: Due) -> Did<Round> {
        let from = self.from();
        let mut round = Round { is_ours: true, ..Round::default() };
        ours!(self.write(|_| Ok(())).await?);
        if due.writes {
            round.tried = ours!(self.deliver_due(&from).await?);
            // What waited behind it may go now.
            round.more |= round.tried > 0;
        }
        if due.reads() {
            round.more |= ours!(self.read(&from, due.changes).await?);
        }
        self.not_read();
        Ok(Ok(round))
    }

    /// What the source could not read since it was asked last, said in the log: of that the records, each with why.
    fn not_read(&mut self) -> Vec<(String, String)> {
        let told = self.source.unread();
        for told in &told {
            tracing::warn!(
                source = self.name,
                record = told.external_id,
                what = told.what,
                "a CRM told what could not be read"
            );
        }
        told.into_iter().filter_map(|told| Some((told.external_id?, told.what))).collect()
    }

    /// What goes with what it tells.
    fn from(&self) -> From {
        let (name, people) = (self.name.clone(), self.bridge.people.clone());
        From { name, people, detail: self.source.capabilities().detail }
    }

    /// Does a write, if this hub is the one that asks this CRM, and has it stay so.
    async fn write<T: Send + 'static>(
        &mut self,
        write: impl FnMut(&mut Work<'_>) -> Result<T, HubError> + Send + 'static,
    ) -> Did<T> {
        let write = held(self.name.clone(), self.me.clone(), write);
        self.hub.write(write).await
    }

    /// It does not answer as it should: it is left alone for a while, and the board says why.
    async fn rest(&mut self, error: &SourceError) -> Did<()> {
        self.fetching.begin(error, self.hub.now(), fastrand::f64());
        self.note_away(error).await
    }

    /// Keeps why it cannot be asked, and until when it asked us to wait: a hub that takes over waits, too.
    async fn note_away(&mut self, error: &SourceError) -> Did<()> {
        let why = match error {
            SourceError::AuthExpired { source_name } => {
                format!(
                    "{source_name} does not accept the hub's credential; put one that holds where hub.toml names it"
                )
            }
            error => error.to_string(),
        };
        tracing::warn!(source = self.name, why, "a CRM cannot be asked; it is tried again");
        let name = self.name.clone();
        let until = if let SourceError::Throttled { until, .. } = error { Some(*until) } else { None };
        let note = move |work: &mut Work<'_>| {
            if let Some(until) = until {
                rows::wait_until(work.tx, &name, until, work.now)?;
            }
            rows::note_failed(work.tx, &name, &why)
        };
        ours!(self.write(note).await?);
        self.is_throttled |= until.is_some();
        Ok(Ok(()))
    }

    fn lag(&self) -> chrono::Duration {
        chrono::Duration::seconds(self.source.capabilities().read_lag.into())
    }
}

/// A write, where the hub that is known as `me` is the one that asks this CRM.
fn held<T>(
    name: String,
    me: String,
    mut write: impl FnMut(&mut Work<'_>) -> Result<T, HubError> + Send + 'static,
) -> impl FnMut(&mut Work<'_>) -> Result<Result<T, NotOurs>, HubError> + Send + 'static {
    move |work| {
        if !rows::hold(work.tx, &name, &me, work.now)? {
            return Ok(Err(NotOurs));
        }
        write(work).map(Ok)
    }
}

fn tell_left_out(source: &str, left_out: &[String]) {
    for what in left_out {
        tracing::error!(source, what, "what a CRM told is left out");
    }
}

/// What there is to do.
#[derive(Clone, Copy, Default)]
struct Due {
    writes: bool,
    changes: bool,
    open: bool,
    details: bool,
}

impl Due {
    fn any(self) -> bool {
        self.writes || self.reads()
    }

    fn reads(self) -> bool {
        self.changes || self.open || self.details
    }
}
