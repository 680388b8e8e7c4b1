//! What a source tells, page by page, without a store that remembers anything.

use std::collections::BTreeSet;

use leadbox::handoff::event::{Actor, Event, EventKind};
use leadbox::handoff::lead::LeadKey;
use leadbox::handoff::outbox::Base;
use leadbox::source::{Applied, Change, Cursor, Disposition, Page, Source, Step};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{Place, one};

/// It says of itself what it is tried as.
pub fn is_tried_as_what_it_is(place: &dyn Place, runtime: &Runtime, writes: bool) {
    let mut source = place.source();
    assert_eq!(source.capabilities().writes, writes);
    if writes {
        return;
    }
    // Whoever would write to it all the same is told so, and nothing is done.
    let key = LeadKey { source: source.name().to_owned(), external_id: one(place) };
    let event = Event::new(Uuid::now_v7(), 1, place.now(), Actor::rep("ana"), EventKind::Accepted { implicit: false });
    let ahead = chrono::Duration::zero();
    let disposition =
        Disposition { key: event.id, lead: key, base: Base::default(), event, ahead, people: Default::default() };
    assert_eq!(source.plan(&disposition), []);
    let body = serde_json::Value::Null;
    let step = Step { key: disposition.key, number: 0, what: "set the stage".into(), sets: None, body };
    assert!(matches!(runtime.block_on(source.apply(&step)), Ok(Applied::Rejected { .. })));
}

/// A page that was told and not kept, as when the disk is full or the program is killed, is told again.
pub fn what_was_not_kept_is_told_again(place: &dyn Place, runtime: &Runtime) {
    let id = one(place);
    let only = std::slice::from_ref(&id);
    place.time_passes(60);
    let mut source = place.source();
    let from_start = |source: &mut dyn Source| told(&mut pass(source, runtime, None).0);
    assert_eq!(from_start(source.as_mut()), only);
    let (mut first, rest) = pass(source.as_mut(), runtime, None);
    assert_eq!(told(&mut first), only, "nobody came back with the place behind it");
    place.time_passes(60);
    let (mut news, rest) = pass(source.as_mut(), runtime, Some(rest));
    assert_eq!(told(&mut news), [""; 0], "now it is kept");
    if source.capabilities().asked_every == 0 {
        // It is never asked what changed: whoever wants to know reads it from the start.
        return;
    }
    place.edit(&id, "wants it blue");
    place.time_passes(60);
    let (mut news, behind) = pass(source.as_mut(), runtime, Some(rest.clone()));
    assert_eq!(told(&mut news), only);
    let (mut again, _) = pass(source.as_mut(), runtime, Some(rest));
    assert_eq!(told(&mut again), only, "it was not kept");
    let (mut after, _) = pass(source.as_mut(), runtime, Some(behind));
    assert!(told(&mut after).len() <= 1, "once more at the most");
}

/// The program ends after each page, and only the place behind it is kept: of leads of one moment none is missed.
pub fn whoever_starts_anew_misses_nothing(place: &dyn Place, runtime: &Runtime) {
    let added: BTreeSet<String> = place.add(place.page() + place.page() / 4).into_iter().collect();
    place.time_passes(60);
    let (mut seen, mut cursor, mut pages) = (BTreeSet::new(), None, 0);
    loop {
        let page = runtime.block_on(place.source().pull(cursor.as_ref())).unwrap();
        assert!(page.changes.len() <= place.page(), "{} on a page", page.changes.len());
        seen.extend(ids(&page));
        pages += 1;
        cursor = Some(page.next);
        if !page.more {
            break;
        }
    }
    assert!(pages > 1 && seen == added, "{} of {} on {pages} pages", seen.len(), added.len());
}

/// All pages from a place on, as long as there are more; and the place behind them.
fn pass(source: &mut dyn Source, runtime: &Runtime, after: Option<Cursor>) -> (Vec<String>, Cursor) {
    let (mut all, mut after) = (Vec::new(), after);
    loop {
        let page = runtime.block_on(source.pull(after.as_ref())).unwrap();
        all.extend(ids(&page));
        if !page.more {
            return (all, page.next);
        }
        after = Some(page.next);
    }
}

/// Each of them once: one page may tell of what the last one told.
fn told(ids: &mut Vec<String>) -> Vec<String> {
    ids.sort();
    ids.dedup();
    std::mem::take(ids)
}

fn ids(page: &Page) -> Vec<String> {
    let id = |change: &Change| match change {
        Change::Upsert(record) => record.arrival.lead.key.external_id.clone(),
        Change::Gone(gone) => gone.external_id.clone(),
    };
    page.changes.iter().map(id).collect()
}
