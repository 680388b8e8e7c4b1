//! Reads what changed, asks what became of the open ones, and fetches the whole of a few.

use super::super::rows::{self, Reach};
use super::super::take::{From, take};
use super::super::untaken;
use super::{Courier, Did, NotOurs, PATIENCE, held, tell_left_out};
use crate::handoff::Time;
use crate::hub::db::{Scope, Tx};
use crate::hub::error::HubError;
use crate::hub::work::Work;
use crate::source::backoff::Rest;
use crate::source::deliver::within;
use crate::source::{Change, Cursor, Page, SourceError};

/// So many pages are read in one round, so that writing is not kept waiting.
const PAGES_A_ROUND: usize = 20;
/// So many changes are taken in with one write: people's writes go between.
const CHANGES_A_WRITE: usize = 20;
/// How often it is asked what became of the leads that are open here.
const RECONCILED_EVERY: chrono::Duration = chrono::Duration::minutes(10);
/// So many ids are asked about at once.
const IDS_AT_ONCE: i64 = 100;
/// So often that is done in one round: there may be very many, and what changed does not wait for them.
const ASKED_A_ROUND: usize = 5;
/// So many records are fetched as a whole in one round.
const DETAILS_A_ROUND: i64 = 3;
/// A record whose whole cannot be had is asked for again after so long.
const DETAIL_AGAIN: chrono::Duration = chrono::Duration::minutes(10);

/// Whether it is time to ask what became of the open ones, or that was begun.
pub(super) fn is_to_be_reconciled(reach: &Reach, now: Time) -> bool {
    reach.reconciled_to.is_some() || reach.reconciled_at.is_none_or(|at| (now - at).abs() >= RECONCILED_EVERY)
}

impl Courier {
    /// Reads what changed, if that is due, and when that was all, what became of the others and the whole of some. Says
    /// whether there is more.
    pub(super) async fn read(&mut self, from: &From, changes: bool) -> Did<bool> {
        if changes && self.fetching.is_over(self.hub.now()) && ours!(self.fetch(from).await?) {
            return Ok(Ok(true));
        }
        let mut more = false;
        if self.fetching.is_over(self.hub.now()) && !self.source.capabilities().sees_deletes {
            more = ours!(self.reconcile(from).await?);
        }
        if self.fetching.is_over(self.hub.now()) {
            ours!(self.look_at(from).await?);
        }
        Ok(Ok(more))
    }

    /// Reads what changed. Says whether there is more.
    async fn fetch(&mut self, from: &From) -> Did<bool> {
        let name = self.name.clone();
        let Reach { cursor, .. } = self.hub.read(Scope::System, move |tx| rows::reach(tx, &name)).await?;
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
            let not_read = self.not_read();
            ours!(self.take_page(from, page, not_read).await?);
            self.fetching = Rest::default();
            if !more {
                break;
            }
        }
        Ok(Ok(more))
    }

    /// Takes a page in, and what its source could not read of it, with the place up to which it tells in the last of the writes:
    /// whoever is cut off before that reads it again.
    async fn take_page(&mut self, from: &From, page: Page, not_read: Vec<(String, String)>) -> Did<()> {
        let (next, more) = (page.next.0, page.more);
        let mut chunks: Vec<Vec<Change>> = page.changes.chunks(CHANGES_A_WRITE).map(<[Change]>::to_vec).collect();
        let last = chunks.pop().unwrap_or_default();
        for chunk in chunks {
            ours!(self.take(from, chunk, false, |_, _| Ok(())).await?);
        }
        // Of a mapping that does not fit that is every record of the page.
        for chunk in not_read.chunks(CHANGES_A_WRITE) {
            let (name, chunk) = (self.name.clone(), chunk.to_vec());
            let noted = move |work: &mut Work<'_>| untaken::note_all(work, &name, &chunk);
            ours!(self.hub.write_behind(held(self.name.clone(), self.me.clone(), noted)).await?);
        }
        let name = self.name.clone();
        let read_to = move |work: &mut Work<'_>, now: Time| rows::note_read(work.tx, &name, &next, more, now);
        self.take(from, last, false, read_to).await
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

    /// Asks what became of the next of the open ones, from where it was left, whichever hub left it. Says whether there are
    /// more.
    async fn reconcile(&mut self, from: &From) -> Did<bool> {
        for _ in 0..ASKED_A_ROUND {
            let (name, now) = (self.name.clone(), self.hub.now());
            let next = move |tx: &mut dyn Tx| {
                let reach = rows::reach(tx, &name)?;
                if !is_to_be_reconciled(&reach, now) || !reach.has_time(now) {
                    return Ok(None);
                }
                rows::open(tx, &name, reach.reconciled_to.as_deref().unwrap_or_default(), IDS_AT_ONCE).map(Some)
            };
            let Some(known) = self.hub.read(Scope::System, next).await? else { return Ok(Ok(false)) };
            let name = self.name.clone();
            let Some(last) = known.last().cloned() else {
                let done = self.write(move |work| rows::note_reconciled(work.tx, &name, work.now)).await?;
                return Ok(done.map(|()| false));
            };
            let gone = match within(PATIENCE, &self.name, self.source.reconcile(&known)).await {
                Ok(gone) => gone,
                // Those that are left are asked about then; what is to be written need not wait.
                Err(SourceError::Throttled { until, .. }) => {
                    let later = move |work: &mut Work<'_>| rows::no_details_before(work.tx, &name, until, work.now);
                    return Ok(self.write(later).await?.map(|()| false));
                }
                Err(error) if error.is_away() => return Ok(self.rest(&error).await?.map(|()| false)),
                // It is about these, and about no others.
                Err(error) => {
                    tracing::warn!(source = self.name, why = %error, "what became of some records cannot be had");
                    Vec::new()
                }
            };
            let gone = gone.into_iter().map(Change::Gone).collect();
            let asked = move |work: &mut Work<'_>, _: Time| rows::note_asked_to(work.tx, &name, &last);
            ours!(self.take(from, gone, false, asked).await?);
        }
        Ok(Ok(true))
    }

    /// Fetches the whole of a few records whose turn it is.
    async fn look_at(&mut self, from: &From) -> Did<()> {
        let (now, name) = (self.hub.now(), self.name.clone());
        let wanted = move |tx: &mut dyn Tx| {
            let has_time = rows::reach(tx, &name)?.has_time(now);
            if has_time { rows::to_look_at(tx, &name, now, DETAILS_A_ROUND) } else { Ok(Vec::new()) }
        };
        for id in self.hub.read(Scope::System, wanted).await? {
            let changes = match within(PATIENCE, &self.name, self.source.detail(&id)).await {
                Ok(Some(record)) => vec![Change::Upsert(Box::new(record))],
                // What became of it is asked for by its own time. It may be there and not be read here.
                Ok(None) => Vec::new(),
                // It has other things to do: there is nothing in the details that cannot wait.
                Err(SourceError::Throttled { until, .. }) => {
                    let name = self.name.clone();
                    let later = move |work: &mut Work<'_>| rows::no_details_before(work.tx, &name, until, work.now);
                    return self.write(later).await;
                }
                Err(error) if error.is_away() => return self.rest(&error).await,
                // It is about this one: the others come first.
                Err(error) => {
                    tracing::warn!(source = self.name, id, why = %error, "the whole of a record cannot be had");
                    let (name, later) = (self.name.clone(), now + DETAIL_AGAIN);
                    let put_off = move |work: &mut Work<'_>| {
                        untaken::put_off(work.tx, &name, &id, work.now)?;
                        rows::look_later(work.tx, &name, &id, later)
                    };
                    ours!(self.write(put_off).await?);
                    continue;
                }
            };
            let (name, is_there) = (self.name.clone(), !changes.is_empty());
            let not_read = self.not_read().into_iter().find_map(|(other, why)| (other == id).then_some(why));
            let done = move |work: &mut Work<'_>, _: Time| {
                match &not_read {
                    Some(why) => untaken::note(work, &name, &id, true, why)?,
                    None if !is_there => untaken::put_off(work.tx, &name, &id, work.now)?,
                    None => {}
                }
                rows::looked(work.tx, &name, &id)
            };
            ours!(self.take(from, changes, true, done).await?);
        }
        Ok(Ok(()))
    }
}
