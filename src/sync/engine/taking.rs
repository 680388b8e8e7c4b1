//! Taking in what a source tells: leads, and what the rep is to decide.

use std::time::Duration;

use super::{PAGES_A_ROUND, within};
use crate::source::{Change, Cursor, Page, Source, SourceError};
use crate::store::{Ctx, Store, StoreError};

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

/// Takes in what a page tells, and the place up to which it does. Returns whether it told anything.
pub(super) fn take_in(
    store: &mut Store,
    name: &str,
    after: Option<&Cursor>,
    page: &Page,
    ctx: &Ctx<'_>,
) -> Result<bool, StoreError> {
    let (mut arrivals, mut words, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for change in &page.changes {
        match change {
            Change::Upsert(record) => match &record.word {
                Some(word) => words.push((record.arrival.clone(), word.clone())),
                None => arrivals.push(record.arrival.clone()),
            },
            Change::Gone(tombstone) => gone.push((tombstone.external_id.clone(), tombstone.why.to_string())),
        }
    }
    if !arrivals.is_empty() {
        store.receive(&arrivals, ctx)?;
    }
    if !words.is_empty() || !gone.is_empty() {
        store.adopt(&words, &gone, name, &page.next.0, ctx)?;
    // After the leads: a crash between the two reads the page again, which changes nothing.
    } else if after != Some(&page.next) {
        store.set_cursor(name, &page.next.0)?;
    }
    Ok(!page.changes.is_empty())
}
