//! Speaks to one CRM, a round at a time: delivers what waits, reads what changed, asks what became of the open ones, and
//! fetches the whole of a few. Nothing is held in the database while it asks; of several hubs one has the right to.

use std::sync::Arc;
use std::time::Duration;

use super::lane::{self, Errand};
use super::owners::Owners;
use super::rows::{self, Reach, Record};
use super::take::{From, take};
use super::{Bridge, Bridges, untaken};
use crate::handoff::Time;
use crate::hub::core::Hub;
use crate::hub::db::{Scope, Tx};
use crate::hub::error::HubError;
use crate::hub::work::Work;
use crate::source::backoff::{Rest, soon};
use crate::source::deliver::{Sent, deliver, found, within};
use crate::source::{Change, Cursor, Detail, Page, Source, SourceError};

/// After so long a CRM is taken not to answer: less than half of the time for which one hub alone may ask it.
const PATIENCE: Duration = Duration::from_secs(60);
/// So much is written in one round, so that reading is not kept waiting.
const SENT_A_ROUND: i64 = 20;
/// So many pages are read in one round, so that writing is not.
const PAGES_A_ROUND: usize = 20;
/// So many changes are taken in with one write: people's writes go between.
const CHANGES_A_WRITE: usize = 20;
/// How often it is asked what became of the leads that are open here.
const RECONCILED_EVERY: chrono::Duration = chrono::Duration::minutes(10);
/// So many ids are asked about at once.
const IDS_AT_ONCE: i64 = 100;
/// So many records are fetched as a whole in one round.
const DETAILS_A_ROUND: i64 = 3;
/// A record whose whole cannot be had is asked for again after so long.
const DETAIL_AGAIN: chrono::Duration = chrono::Duration::minutes(10);

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
    sending: Rest,
    /// Until then it has no time for details.
    details_from: Option<Time>,
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

impl Courier {
    /// For this CRM, asked by this source.
    pub fn new(hub: Arc<Hub>, bridges: &Bridges, bridge: Arc<Bridge>, source: Box<dyn Source>) -> Self {
        let (fetching, sending) = (Rest::default(), Rest::default());
        let (name, me) = (bridge.name().to_owned(), bridges.me.clone());
        Self { hub, name, me, bridge, source, fetching, sending, details_from: None }
    }

    /// Does what is due.
    ///
    /// # Errors
    /// The database's. That the CRM is away is none: it is left alone for a while, and what waits for it waits.
    pub async fn round(&mut self) -> Result<Round, HubError> {
        let due = self.due().await?;
        if !due.any() {
            return Ok(Round::default());
        }
        // What there is to do was read before: only who may do it needs a write.
        let done = self.act(due).await?;
        Ok(done.unwrap_or_default())
    }

    async fn due(&mut self) -> Result<Due, HubError> {
        let (now, name) = (self.hub.now(), self.name.clone());
        let every = chrono::Duration::seconds(self.source.capabilities().asked_every.into());
        let (may_fetch, may_send) = (self.fetching.is_over(now), self.sending.is_over(now));
        let look = move |tx: &mut dyn Tx| {
            let reach = rows::reach(tx, &name)?;
            let is_fresh = reach.asked_at.is_some_and(|at| (now - at).abs() < every);
            Ok(Due {
                // Where it cannot be read at all nobody knows what it is.
                writes: may_fetch && may_send && lane::is_due(tx, &name, now)?,
                changes: may_fetch && !is_fresh,
                details: may_fetch && is_fresh && !rows::to_look_at(tx, &name, now, 1)?.is_empty(),
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
        if due.changes && self.fetching.is_over(self.hub.now()) {
            round.more |= ours!(self.fetch(&from).await?);
        } else if due.details {
            ours!(self.look_at(&from).await?);
        }
        for what in self.source.unread() {
            tracing::warn!(source = self.name, what, "a CRM told what could not be read");
        }
        Ok(Ok(round))
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
        let (now, chance) = (self.hub.now(), fastrand::f64());
        let why = match error {
            SourceError::AuthExpired { source_name } => {
                format!(
                    "{source_name} does not accept the hub's credential; put one that holds where hub.toml names it"
                )
            }
            error => error.to_string(),
        };
        self.fetching.begin(error, now, chance);
        tracing::warn!(source = self.name, why, "a CRM cannot be asked; it is tried again");
        let name = self.name.clone();
        self.write(move |work| rows::note_failed(work.tx, &name, &why)).await
    }

    fn lag(&self) -> chrono::Duration {
        chrono::Duration::seconds(self.source.capabilities().read_lag.into())
    }

    async fn deliver_due(&mut self, from: &From) -> Did<usize> {
        let (now, name) = (self.hub.now(), self.name.clone());
        let people = from.clone();
        let look = move |tx: &mut dyn Tx| Ok((lane::due(tx, &name, now, SENT_A_ROUND)?, people.owners(tx)?));
        let (due, owners) = self.hub.read(Scope::System, look).await?;
        let mut tried = 0;
        for (errand, record) in due {
            if !self.fetching.is_over(now) || !self.sending.is_over(now) {
                break;
            }
            tried += 1;
            ours!(self.deliver((from, &owners), errand, &record).await?);
        }
        Ok(Ok(tried))
    }

    async fn deliver(&mut self, (from, owners): (&From, &Owners), mut errand: Errand, record: &Record) -> Did<()> {
        let now = self.hub.now();
        let lag = self.lag();
        let steps = match errand.steps.clone() {
            Some(steps) => steps,
            None => {
                let disposition = errand.disposition(record, owners);
                let steps = match within(PATIENCE, &self.name, self.source.plan(&disposition)).await {
                    Ok(steps) => steps,
                    Err(error) => {
                        let outcome = self.put_off(&error, errand.attempts);
                        return self.settle(from, errand, outcome).await;
                    }
                };
                errand.steps = Some(steps.clone());
                let begun = errand.clone();
                ours!(self.write(move |work| lane::begin(work, &begun, lag)).await?);
                steps
            }
        };
        let again = now + soon(errand.attempts, fastrand::f64());
        let (mut outcome, last) = (Sent::Done, steps.len().saturating_sub(1));
        let mut tried_at = errand.tried_at;
        for (number, step) in steps.iter().enumerate().skip(errand.done) {
            let ago = tried_at.take().map(|tried| self.hub.now() - tried);
            let sent = match found(self.source.as_mut(), step, PATIENCE, ago, (now, again)).await {
                Ok(Some(sent)) => Ok(sent),
                Ok(None) => {
                    if !self.source.capabilities().repeatable {
                        let id = errand.id;
                        ours!(self.write(move |work| lane::note_try(work, id)).await?);
                    }
                    deliver(self.source.as_mut(), step, PATIENCE, (now, again)).await
                }
                Err(error) => Err(error),
            };
            match sent {
                Ok(Sent::Done) if number < last => {
                    let id = errand.id;
                    ours!(self.write(move |work| lane::note_steps(work, id, number + 1)).await?);
                }
                Ok(Sent::Done) => {}
                Ok(other) => {
                    outcome = other;
                    break;
                }
                Err(error) => {
                    outcome = self.put_off(&error, errand.attempts);
                    break;
                }
            }
        }
        if !matches!(outcome, Sent::Retry(..)) {
            self.sending = Rest::default();
        }
        self.settle(from, errand, outcome).await
    }

    /// What becomes of an errand that met an error: one that is about the CRM has all wait, any other this one alone.
    fn put_off(&mut self, error: &SourceError, attempts: u32) -> Sent {
        let (now, chance) = (self.hub.now(), fastrand::f64());
        if !error.is_away() {
            return Sent::Retry(now + soon(attempts, chance), error.to_string());
        }
        // Asked to wait, we neither send nor fetch.
        let is_throttled = matches!(error, SourceError::Throttled { .. });
        let rest = if is_throttled { &mut self.fetching } else { &mut self.sending };
        rest.begin(error, now, chance);
        // It goes when the CRM does: that is what it waits for.
        Sent::Retry(now, error.to_string())
    }

    async fn settle(&mut self, from: &From, errand: Errand, outcome: Sent) -> Did<()> {
        let lag = self.lag();
        let (from, source) = (from.clone(), self.name.clone());
        let outcome = Arc::new(outcome);
        let left_out = ours!(self.write(move |work| lane::settle(work, &from, &errand, &outcome, lag)).await?);
        tell_left_out(&source, &left_out);
        Ok(Ok(()))
    }

    /// Reads what changed, and when that was all, what became of the others. Says whether there is more.
    async fn fetch(&mut self, from: &From) -> Did<bool> {
        let name = self.name.clone();
        let Reach { cursor, reconciled_at, .. } =
            self.hub.read(Scope::System, move |tx| rows::reach(tx, &name)).await?;
        let mut after = cursor.map(Cursor);
        let mut more = true;
        for _ in 0..PAGES_A_ROUND {
            let page = match within(PATIENCE, &self.name, self.source.pull(after.as_ref())).await {
                Ok(page) => page,
                // Reading from the start changes nothing that is here already.
                Err(SourceError::Cursor { .. }) if after.is_some() => {
                    let name = self.name.clone();
                    ours!(self.write(move |work| rows::begin_again(work.tx, &name)).await?);
                    after = None;
                    continue;
                }
                Err(error) => {
                    ours!(self.rest(&error).await?);
                    return Ok(Ok(false));
                }
            };
            more = page.more;
            after = Some(page.next.clone());
            ours!(self.take_page(from, page).await?);
            self.fetching = Rest::default();
            if !more {
                break;
            }
        }
        if more {
            return Ok(Ok(true));
        }
        let is_recent = reconciled_at.is_some_and(|at| (self.hub.now() - at).abs() < RECONCILED_EVERY);
        if !is_recent && !self.source.capabilities().sees_deletes {
            ours!(self.reconcile(from).await?);
        }
        self.look_at(from).await.map(|looked| looked.map(|()| false))
    }

    /// Takes a page in, with the place up to which it tells in the last of the writes.
    async fn take_page(&mut self, from: &From, page: Page) -> Did<()> {
        let (next, more) = (page.next.0, page.more);
        let mut chunks: Vec<Vec<Change>> = page.changes.chunks(CHANGES_A_WRITE).map(<[Change]>::to_vec).collect();
        let last = chunks.pop().unwrap_or_default();
        for chunk in chunks {
            ours!(self.take(from, chunk, false, |_, _| Ok(())).await?);
        }
        let name = self.name.clone();
        self.take(from, last, false, move |work, now| rows::note_read(work.tx, &name, &next, more, now)).await
    }

    /// Takes changes in, and does what goes with them.
    async fn take(
        &mut self,
        from: &From,
        changes: Vec<Change>,
        is_whole: bool,
        mut also: impl FnMut(&mut Work<'_>, Time) -> Result<(), HubError> + Send + 'static,
    ) -> Did<()> {
        let from = from.clone();
        let taken = held(self.name.clone(), self.me.clone(), move |work| {
            let left_out = take(work, &from, &changes, is_whole)?;
            let now = work.now;
            also(work, now)?;
            Ok(left_out)
        });
        // People's writes go before: what is not taken is told again.
        let taken = self.hub.write_behind(taken);
        tell_left_out(&self.name, &ours!(taken.await?));
        Ok(Ok(()))
    }

    async fn reconcile(&mut self, from: &From) -> Did<()> {
        let mut after = String::new();
        loop {
            let (name, begin) = (self.name.clone(), after.clone());
            let known = move |tx: &mut dyn Tx| rows::open(tx, &name, &begin, IDS_AT_ONCE);
            let known = self.hub.read(Scope::System, known).await?;
            let Some(last) = known.last().cloned() else { break };
            let gone = match within(PATIENCE, &self.name, self.source.reconcile(&known)).await {
                Ok(gone) => gone,
                Err(error) if error.is_away() => return self.rest(&error).await,
                // It is about these, and about no others.
                Err(error) => {
                    tracing::warn!(source = self.name, why = %error, "what became of some records cannot be had");
                    Vec::new()
                }
            };
            // There may be very many, and whoever asks goes on being the one who does.
            ours!(self.write(|_| Ok(())).await?);
            if !gone.is_empty() {
                let gone = gone.into_iter().map(Change::Gone).collect();
                ours!(self.take(from, gone, false, |_, _| Ok(())).await?);
            }
            after = last;
        }
        let name = self.name.clone();
        self.write(move |work| rows::note_reconciled(work.tx, &name, work.now)).await
    }

    /// Fetches the whole of a few records whose turn it is.
    async fn look_at(&mut self, from: &From) -> Did<()> {
        let (now, name) = (self.hub.now(), self.name.clone());
        if self.details_from.is_some_and(|from| now < from) {
            return Ok(Ok(()));
        }
        let most = if from.detail == Detail::All { DETAILS_A_ROUND } else { IDS_AT_ONCE };
        let wanted = self.hub.read(Scope::System, move |tx| rows::to_look_at(tx, &name, now, most)).await?;
        for id in wanted {
            let changes = match within(PATIENCE, &self.name, self.source.detail(&id)).await {
                Ok(Some(record)) => vec![Change::Upsert(Box::new(record))],
                // What became of it is asked for by its own time; one that was never taken in is no longer there to be.
                Ok(None) => Vec::new(),
                // It has other things to do: there is nothing in the details that cannot wait.
                Err(SourceError::Throttled { until, .. }) => {
                    self.details_from = Some(until);
                    return Ok(Ok(()));
                }
                Err(error) if error.is_away() => return self.rest(&error).await,
                // It is about this one: the others come first.
                Err(error) => {
                    tracing::warn!(source = self.name, id, why = %error, "the whole of a record cannot be had");
                    let (name, later) = (self.name.clone(), now + DETAIL_AGAIN);
                    let put_off = move |work: &mut Work<'_>| {
                        untaken::look_later(work.tx, &name, &id, later)?;
                        rows::look_later(work.tx, &name, &id, later)
                    };
                    ours!(self.write(put_off).await?);
                    continue;
                }
            };
            let (name, is_there) = (self.name.clone(), !changes.is_empty());
            let done = move |work: &mut Work<'_>, _: Time| {
                if !is_there {
                    untaken::forget(work.tx, &name, &id)?;
                }
                rows::looked(work.tx, &name, &id)
            };
            ours!(self.take(from, changes, true, done).await?);
        }
        Ok(Ok(()))
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
#[derive(Clone, Copy)]
struct Due {
    writes: bool,
    changes: bool,
    details: bool,
}

impl Due {
    fn any(self) -> bool {
        self.writes || self.changes || self.details
    }
}
