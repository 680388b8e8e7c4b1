//! What is fetched from a source beside its changes: whether what is known is there still, where its pages do not say so, and
//! the whole of the leads whose turn it is, where its pages do not have it.

use std::time::Duration;

use super::taking::take_change;
use crate::handoff::Time;
use crate::handoff::lead::LeadId;
use crate::source::deliver::within;
use crate::source::said::Said;
use crate::source::{Change, Detail, Source, SourceError, Tombstone};
use crate::store::{Ctx, Store, StoreError};

/// How often it is asked what became of the leads that are open here.
const RECONCILED_EVERY: chrono::Duration = chrono::Duration::minutes(10);
/// So many ids are asked about at once.
const IDS_AT_ONCE: usize = 100;
/// So many leads are fetched as a whole in one round, beside the one in front.
const DETAILS_A_ROUND: usize = 3;
/// For so long it is looked whether a lead that left is there again.
const MISSED_FOR: chrono::Duration = chrono::Duration::days(30);
/// So many of them are fetched at once.
const BACK_AT_ONCE: usize = 20;

/// What was looked at, and when.
#[derive(Default)]
pub(super) struct Looking {
    reconciled_at: Option<Time>,
    /// When reading from the start was begun, until it came to its end.
    from_start: Option<Time>,
    /// What could not be had of some lead, once said and still to be said: it holds up nothing else.
    said: Said,
    /// Until then the source has no time for details, and none to say what became of leads.
    details_from: Option<Time>,
    /// The last of the leads that left of which it was looked whether they are there again.
    missed: Option<LeadId>,
    unsaid: Vec<String>,
}

/// What came of asking for the whole of a lead.
enum Whole {
    /// It was taken in.
    Taken,
    /// It is not there, or no lead for us, or cannot be read.
    None,
    /// The answer made no sense, which is told.
    Odd,
    /// The source has no time for that now.
    Later,
}

impl Looking {
    /// The source is read from the start.
    pub(super) fn begin(&mut self, now: Time) {
        self.from_start = Some(now);
    }

    /// It was read to its end. If that was from the start, it has just told what is there.
    pub(super) fn end(&mut self) {
        self.reconciled_at = self.from_start.take().or(self.reconciled_at);
    }

    /// After all changes were read.
    pub(super) async fn all(
        &mut self,
        source: &mut dyn Source,
        store: &mut Store,
        patience: Duration,
        ctx: &Ctx<'_>,
    ) -> Result<Result<bool, SourceError>, StoreError> {
        let gone = match self.reconcile(source, store, patience, ctx).await? {
            Ok(gone) => gone,
            Err(error) => return Ok(self.later(error).map(|()| true)),
        };
        Ok(self.detail(source, store, patience, ctx).await?.map(|told| gone || told))
    }

    async fn reconcile(
        &mut self,
        source: &mut dyn Source,
        store: &mut Store,
        patience: Duration,
        ctx: &Ctx<'_>,
    ) -> Result<Result<bool, SourceError>, StoreError> {
        let is_recent = self.reconciled_at.is_some_and(|at| (ctx.now - at).abs() < RECONCILED_EVERY);
        if source.capabilities().sees_deletes || is_recent || self.is_too_soon(ctx.now) {
            return Ok(Ok(false));
        }
        let name = source.name().to_owned();
        // First those that left: what leaves now was just asked about.
        let mut changed = match self.come_back(source, store, patience, ctx).await? {
            Ok(is_back) => is_back,
            Err(error) => return Ok(Err(error)),
        };
        for known in store.open_at(&name)?.chunks(IDS_AT_ONCE) {
            match self.leave(source, store, known, patience, ctx).await? {
                Ok(has_left) => changed |= has_left,
                Err(error) => return Ok(Err(error)),
            }
        }
        self.reconciled_at = Some(ctx.now);
        Ok(Ok(changed))
    }

    /// Takes away those of these leads that are no longer there for us; says whether there are such.
    async fn leave(
        &mut self,
        source: &mut dyn Source,
        store: &mut Store,
        known: &[String],
        patience: Duration,
        ctx: &Ctx<'_>,
    ) -> Result<Result<bool, SourceError>, StoreError> {
        let gone = match self.gone(source, known, patience).await {
            Ok(gone) => gone.unwrap_or_default(),
            Err(error) => return Ok(Err(error)),
        };
        let (name, has_left) = (source.name().to_owned(), !gone.is_empty());
        for tombstone in gone {
            take_change(store, &name, Change::Gone(tombstone), ctx)?;
        }
        Ok(Ok(has_left))
    }

    /// Which of these are no longer there for us; nothing where the answer made no sense, which is told. An error is one by
    /// which the source answers nothing else either.
    async fn gone(
        &mut self,
        source: &mut dyn Source,
        known: &[String],
        patience: Duration,
    ) -> Result<Option<Vec<Tombstone>>, SourceError> {
        let name = source.name().to_owned();
        match within(patience, &name, source.reconcile(known)).await {
            Ok(gone) => Ok(Some(gone)),
            Err(error) if error.is_away() => Err(error),
            Err(error) => {
                self.say(&error);
                Ok(None)
            }
        }
    }

    /// Takes in the leads that had left and are there again. A right that is given back changes no record, so that no page
    /// tells of that. As many as are asked about at once, and where that ended it goes on the next time.
    async fn come_back(
        &mut self,
        source: &mut dyn Source,
        store: &mut Store,
        patience: Duration,
        ctx: &Ctx<'_>,
    ) -> Result<Result<bool, SourceError>, StoreError> {
        let name = source.name().to_owned();
        let left = store.left_since(&name, ctx.now - MISSED_FOR, self.missed, IDS_AT_ONCE)?;
        // Behind the last of all one begins anew.
        let behind = left.get(IDS_AT_ONCE - 1).map(|(lead, _)| *lead);
        let ids: Vec<String> = left.iter().map(|(_, id)| id.clone()).collect();
        if ids.is_empty() {
            self.missed = None;
            return Ok(Ok(false));
        }
        let gone = match self.gone(source, &ids, patience).await {
            Ok(Some(gone)) => gone,
            Ok(None) => {
                self.missed = behind;
                return Ok(Ok(false));
            }
            Err(error) => return Ok(Err(error)),
        };
        let (mut fetched, mut changed) = (0, false);
        for (lead, id) in left {
            if gone.iter().all(|tombstone| tombstone.external_id != id) {
                if fetched == BACK_AT_ONCE {
                    return Ok(Ok(changed));
                }
                fetched += 1;
                match self.whole(source, store, &id, patience, ctx).await? {
                    Ok(Whole::Taken) => changed = true,
                    Ok(Whole::None | Whole::Odd) => {}
                    Ok(Whole::Later) => return Ok(Ok(changed)),
                    Err(error) => {
                        // It may be for this one that there was no answer.
                        self.missed = Some(lead);
                        return Ok(Err(error));
                    }
                }
            }
            self.missed = Some(lead);
        }
        self.missed = behind;
        Ok(Ok(changed))
    }

    /// What could not be had, since this was asked last.
    pub(super) fn unsaid(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unsaid)
    }

    fn say(&mut self, error: &SourceError) {
        let text = error.to_string();
        if self.said.is_new(&text) {
            self.unsaid.push(text);
        }
    }

    /// Fetches what is wanted of the whole of some leads; any time.
    pub(super) async fn detail(
        &mut self,
        source: &mut dyn Source,
        store: &mut Store,
        patience: Duration,
        ctx: &Ctx<'_>,
    ) -> Result<Result<bool, SourceError>, StoreError> {
        if self.is_too_soon(ctx.now) {
            return Ok(Ok(false));
        }
        let ahead = match source.capabilities().detail {
            Detail::None => return Ok(Ok(false)),
            Detail::Front => 0,
            Detail::All => DETAILS_A_ROUND,
        };
        let name = source.name().to_owned();
        let mut changed = false;
        for id in store.wants_detail(&name, ctx.now, ahead)? {
            match self.whole(source, store, &id, patience, ctx).await? {
                Ok(Whole::Taken) => changed = true,
                // The rep has it before them: that it left is not to wait until all are asked after.
                Ok(Whole::None) if !source.capabilities().sees_deletes => {
                    match self.leave(source, store, &[id], patience, ctx).await? {
                        Ok(has_left) => changed |= has_left,
                        Err(error) => {
                            // It is not asked for by itself again.
                            self.reconciled_at = None;
                            return Ok(self.later(error).map(|()| changed));
                        }
                    }
                }
                Ok(Whole::None | Whole::Odd) => {}
                Ok(Whole::Later) => return Ok(Ok(changed)),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(changed))
    }

    /// What the source has no time for is asked then; what is to be sent need not wait with it.
    fn later(&mut self, error: SourceError) -> Result<(), SourceError> {
        let SourceError::Throttled { until, .. } = error else { return Err(error) };
        self.details_from = Some(until);
        Ok(())
    }

    /// The source asked not to be asked for this yet.
    fn is_too_soon(&self, now: Time) -> bool {
        self.details_from.is_some_and(|from| now < from)
    }

    /// Fetches the whole of one lead. An error is one by which the source answers nothing else either.
    async fn whole(
        &mut self,
        source: &mut dyn Source,
        store: &mut Store,
        id: &str,
        patience: Duration,
        ctx: &Ctx<'_>,
    ) -> Result<Result<Whole, SourceError>, StoreError> {
        let name = source.name().to_owned();
        let whole = match within(patience, &name, source.detail(id)).await {
            Ok(Some(record)) => {
                take_change(store, &name, Change::Upsert(Box::new(record)), ctx)?;
                Whole::Taken
            }
            Ok(None) => Whole::None,
            Err(error) if error.is_away() => return Ok(self.later(error).map(|()| Whole::Later)),
            // It is about this lead, and about nothing else: what waits to be sent goes out all the same.
            Err(error) => {
                self.say(&error);
                Whole::Odd
            }
        };
        store.note_detail(&name, id, ctx.now)?;
        Ok(Ok(whole))
    }
}
