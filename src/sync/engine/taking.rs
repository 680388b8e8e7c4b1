//! Taking in what a source tells: leads, and what the rep is to decide.

use std::time::Duration;

use super::{PAGES_A_ROUND, within};
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
    let mut batch = Batch { next: page.next.0, ..Batch::default() };
    for change in page.changes {
        match change {
            Change::Upsert(record) => batch.leads.push((record.arrival, record.word)),
            Change::Gone(Tombstone { external_id, why }) => batch.gone.push((external_id, why.to_string())),
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
        let page = match within(patience, &name, source.pull(after.as_ref())).await {
            Ok(page) => page,
            Err(error) => break Err(error),
        };
        let (next, more) = (page.next.clone(), page.more);
        filling.take_in(&name, batch(page), ctx)?;
        if !more || filling.is_long() {
            break Ok(more);
        }
        after = Some(next);
    };
    filling.end()?;
    Ok(ended)
}
