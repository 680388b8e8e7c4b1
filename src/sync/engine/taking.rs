//! Taking in what a source tells: leads, and what the rep is to decide.

use std::collections::BTreeSet;
use std::time::Duration;

use uuid::Uuid;

use super::PAGES_A_ROUND;
use crate::handoff::Time;
use crate::source::deliver::within;
use crate::source::{Change, Cursor, Page, Source, SourceError, Tombstone};
use crate::store::{Batch, Ctx, Filling, Store, StoreError};

/// Takes in what the rep is to decide, and says what was seen of it. Returns whether there was anything new.
pub(super) async fn notices(
    source: &mut dyn Source,
    store: &mut Store,
    patience: Duration,
    ctx: &Ctx<'_>,
) -> Result<Result<bool, SourceError>, StoreError> {
    let name = source.name().to_owned();
    let mut changed = false;
    for _ in 0..PAGES_A_ROUND {
        let after = store.alert_cursor(&name)?.map(Cursor);
        let page = match within(patience, &name, source.notices(after.as_ref())).await {
            Ok(page) => page,
            Err(error) => return Ok(Err(error)),
        };
        changed |= store.take_alerts(&name, &page.told, page.next.as_ref().map(|next| next.0.as_str()), ctx.now)?;
        if !page.more {
            break;
        }
    }
    for id in store.seen_alerts(&name)? {
        match within(patience, &name, source.saw(id)).await {
            Ok(()) => store.settle_alert(&name, id)?,
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(changed))
}

/// What a page tells.
fn batch(page: Page) -> Batch {
    let mut batch = Batch { next: Some(page.next.0), left_out: page.left_out, ..Batch::default() };
    for change in page.changes {
        match change {
            Change::Upsert(record) => batch.leads.push((record.arrival, record.word)),
            Change::Gone(Tombstone { external_id, why, at }) => batch.gone.push((external_id, why.to_string(), at)),
        }
    }
    batch
}

/// Takes in what a page tells, and the place up to which it does. Returns whether it told anything.
pub(super) fn take_in(
    store: &mut Store,
    name: &str,
    after: Option<&Cursor>,
    page: Page,
    ctx: &Ctx<'_>,
) -> Result<bool, StoreError> {
    let is_news = !page.changes.is_empty();
    if is_news || after != Some(&page.next) {
        store.take_in(name, batch(page), ctx)?;
    }
    Ok(is_news)
}

/// Takes in a change that was met with beside the pages.
pub(super) fn take_change(store: &mut Store, name: &str, change: Change, ctx: &Ctx<'_>) -> Result<(), StoreError> {
    let page = Page { changes: vec![change], left_out: Vec::new(), next: Cursor(String::new()), more: false };
    store.take_in(name, Batch { next: None, ..batch(page) }, ctx)?;
    Ok(())
}

/// Takes a source's first pages in while nothing is kept in between, which is much quicker, until it has told all, fails,
/// or takes too long. What was told is kept then. Returns whether there is more to tell.
pub(super) async fn fill(
    source: &mut dyn Source,
    mut filling: Filling<'_>,
    patience: Duration,
    ctx: &Ctx<'_>,
) -> Result<Result<bool, SourceError>, StoreError> {
    let name = source.name().to_owned();
    let mut after: Option<Cursor> = None;
    let ended = loop {
        // Nobody else gets at the file meanwhile.
        let Ok(page) = tokio::time::timeout(filling.left().min(patience), source.pull(after.as_ref())).await else {
            break Ok(true);
        };
        let page = match page {
            Ok(page) => page,
            // What is to be done then, the ordinary way knows.
            Err(SourceError::Cursor { .. }) => break Ok(true),
            Err(error) => break Err(error),
        };
        let (next, more) = (page.next.clone(), page.more);
        filling.take_in(&name, batch(page), ctx)?;
        if !more || filling.left().is_zero() {
            break Ok(more);
        }
        after = Some(next);
    };
    filling.end()?;
    Ok(ended)
}

/// What a source took, as far as it was not heard to tell of it yet.
pub(super) struct Taken {
    /// There may be something of that kind.
    is_any: bool,
    /// The source is being read, over several rounds: what is read ahead may be older than what was sent since.
    is_amid: bool,
    /// It was read in one go.
    is_whole: bool,
    /// What was offered once more. It is not offered again: there may be another reason why it is not told of.
    offered: BTreeSet<Uuid>,
}

impl Default for Taken {
    /// Before, another process may have sent something.
    fn default() -> Self {
        Self { is_any: true, is_amid: false, is_whole: false, offered: BTreeSet::new() }
    }
}

impl Taken {
    /// It took something.
    pub(super) fn note(&mut self) {
        self.is_any = true;
    }

    /// It is read on, or anew.
    pub(super) fn begin_reading(&mut self) {
        self.is_whole = !std::mem::replace(&mut self.is_amid, true);
    }

    /// It was read to its end: what it does not tell of, although it had taken it, it has lost, and is offered it once more.
    /// Returns whether there was any.
    pub(super) fn end_reading(&mut self, store: &mut Store, name: &str, now: Time) -> Result<bool, StoreError> {
        self.is_amid = false;
        if !(self.is_any && self.is_whole) {
            return Ok(false);
        }
        let lost = store.offer_lost(name, &self.offered, now)?;
        self.is_any = false;
        let is_lost = !lost.is_empty();
        self.offered.extend(lost);
        Ok(is_lost)
    }
}
