//! Reading what changed, page by page: while one is being taken in the next one is read, and the one after is on its way.

use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::Reply;
use super::SOURCE;
use super::client::{self, Client, Failure};
use super::light;
use super::transport::Call;
use crate::handoff::Time;
use crate::handoff::activity::Activity;
use crate::handoff::arrival::{Arrival, LeftOut, Word};
use crate::handoff::lead::Lead;
use crate::handoff::state::Handoff;
use crate::handoff::unread::Unread;
use crate::source::{Change, Cursor, Gone, Page, Record, Tombstone, http};
use crate::wire::sync::{GoneLead, LINES, LeadHead, LeadState, PullHead};

/// The most leads of a page.
const PAGE: u32 = 500;
/// So many bytes are read at once.
const SHORT: usize = 256 * 1024;

/// A page, and what was said beside it: the version of the policy in force.
pub(super) struct Fetched {
    pub(super) page: Page,
    pub(super) policy: String,
    /// The number of the caller's newest alert.
    pub(super) alerts: i64,
    /// Leads that cannot be read here, in words.
    pub(super) unread: Vec<String>,
}

/// Reads pages.
pub(super) struct Reader {
    client: Arc<Client>,
    ahead: Option<Ahead>,
}

/// What is on its way.
struct Ahead {
    /// The place after which the next page comes.
    place: Cursor,
    pages: mpsc::Receiver<Result<Fetched, Failure>>,
    /// Ends when this is dropped.
    _reading: JoinSet<()>,
}

impl Reader {
    pub(super) fn new(client: Arc<Client>) -> Self {
        Self { client, ahead: None }
    }

    /// The page after this place.
    pub(super) async fn page(&mut self, after: Option<&Cursor>) -> Result<Fetched, Failure> {
        let ahead = self.ahead.take().filter(|ahead| Some(&ahead.place) == after);
        let fetched = match ahead {
            Some(mut ahead) => ahead.pages.recv().await.map(|fetched| (fetched, ahead)),
            None => None,
        };
        match fetched {
            Some((fetched, ahead)) => {
                let fetched = fetched?;
                self.ahead = Some(Ahead { place: fetched.page.next.clone(), ..ahead });
                Ok(fetched)
            }
            None => {
                let reply = self.client.call(call(after)).await?;
                if let Some(place) = next(http::first_line(&reply.body)) {
                    let (sender, pages) = mpsc::channel(1);
                    let mut reading = JoinSet::new();
                    reading.spawn(read_ahead(Arc::clone(&self.client), place.clone(), sender));
                    self.ahead = Some(Ahead { place, pages, _reading: reading });
                }
                read(reply).await
            }
        }
    }
}

/// A page that was asked for.
struct Asked {
    /// What it says before it tells of leads, as soon as that is there.
    first: oneshot::Receiver<Vec<u8>>,
    /// All of it.
    reply: JoinSet<Result<Reply, Failure>>,
}

fn ask(client: &Arc<Client>, place: Cursor) -> Asked {
    let (tell, first) = oneshot::channel();
    let (client, mut reply) = (Arc::clone(client), JoinSet::new());
    reply.spawn(async move { client.call_telling(call(Some(&place)), tell).await });
    Asked { first, reply }
}

/// Fetches the pages after this place. The next one is asked for as soon as a page says where it begins, and is on its way
/// while that one is being read.
async fn read_ahead(client: Arc<Client>, place: Cursor, sender: mpsc::Sender<Result<Fetched, Failure>>) {
    let mut asked = ask(&client, place);
    loop {
        let Asked { first, mut reply } = asked;
        let ahead = first.await.ok().and_then(|first| next(&first)).map(|place| ask(&client, place));
        let Some(Ok(reply)) = reply.join_next().await else { return };
        let reply = match reply {
            Ok(reply) => reply,
            Err(failure) => return drop(sender.send(Err(failure)).await),
        };
        let Ok(()) = sender.send(read(reply).await).await else { return };
        // Nothing where that was all.
        let Some(ahead) = ahead else { return };
        asked = ahead;
    }
}

fn call(after: Option<&Cursor>) -> Call {
    let from = after.map(|cursor| format!("&after={}", cursor.0)).unwrap_or_default();
    Call::get(format!("/v1/changes?form=lines&limit={PAGE}{from}"))
}

/// Reads a page, on a thread of its own where that takes long.
async fn read(reply: Reply) -> Result<Fetched, Failure> {
    if reply.body.len() < SHORT {
        return told(&reply);
    }
    let read = tokio::task::spawn_blocking(move || told(&reply)).await;
    read.unwrap_or_else(|error| Err(garbage(format!("a page that cannot be read: {error}"))))
}

fn garbage(what: impl Into<String>) -> Failure {
    Failure::Garbage(what.into())
}

/// Where the next page begins, if there is one. A page says so in its first line, before it tells of leads: nobody has to wait
/// for those. Whatever is wrong with it is told by who reads it all.
pub(super) fn next(first: &[u8]) -> Option<Cursor> {
    let head: PullHead = serde_json::from_slice(first).ok()?;
    head.more.then_some(Cursor(head.next))
}

/// What a page tells.
pub(super) fn told(reply: &Reply) -> Result<Fetched, Failure> {
    let text = client::text(reply, LINES)?;
    if !text.ends_with('\n') {
        return Err(garbage("a page that is cut off"));
    }
    let mut lines = text.split_terminator('\n');
    let PullHead { gone, next, more, policy, alerts, leads } = json(&mut lines)?;
    let tombstone =
        |gone: GoneLead| Tombstone { external_id: gone.id.to_string(), why: Gone::Reassigned(gone.why), at: gone.at };
    let mut changes: Vec<Change> = gone.into_iter().map(|gone| Change::Gone(tombstone(gone))).collect();
    let (mut unread, mut left_out) = (Vec::new(), Vec::new());
    for _ in 0..leads {
        let LeadHead { id, version, owner, queue } = json(&mut lines)?;
        let (lead, trail) = (Unread::new(line(&mut lines)?), Unread::new(line(&mut lines)?));
        let (handoff, history) = (Unread::new(line(&mut lines)?), Unread::new(line(&mut lines)?));
        let state = LeadState { id, version, owner, queue, lead, trail, handoff, history };
        match parts(&state) {
            Ok(parts) => changes.push(Change::Upsert(Box::new(united(state, parts)))),
            // A newer hub may say what this program does not know yet: the others come all the same.
            Err(error) => {
                unread.push(format!("lead {id} of the hub's is left out, a newer leadbox may read it: {error}"));
                left_out.push(unheard(&state));
            }
        }
    }
    if lines.next().is_some() {
        return Err(garbage("a page with more in it than it says"));
    }
    Ok(Fetched { page: Page { changes, left_out, next: Cursor(next), more }, policy, alerts, unread })
}

fn line<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Result<&'a str, Failure> {
    lines.next().ok_or_else(|| garbage("a page that ends too soon"))
}

fn json<'a, T: Deserialize<'a>>(lines: &mut impl Iterator<Item = &'a str>) -> Result<T, Failure> {
    serde_json::from_str(line(lines)?).map_err(|error| garbage(error.to_string()))
}

fn unheard(state: &LeadState) -> LeftOut {
    #[derive(Deserialize)]
    struct Born {
        created_at: Option<Time>,
    }
    let born = serde_json::from_str::<Born>(state.lead.json());
    let created_at = born.ok().and_then(|born| born.created_at);
    LeftOut { external_id: state.id.to_string(), version: state.version, created_at }
}

/// A lead of the hub's as the laptop takes it in. Its record has all of it, what was read of it is [light](light::lead).
pub(super) fn record(state: LeadState) -> Result<Record, Failure> {
    let parts = parts(&state)?;
    Ok(united(state, parts))
}

type Parts = (Lead, Vec<Activity>, Handoff);

fn parts(state: &LeadState) -> Result<Parts, Failure> {
    let garbage = |error: serde_json::Error| garbage(format!("lead {}: {error}", state.id));
    let trail = state.trail.read().map_err(garbage)?;
    Ok((light::lead(&state.lead).map_err(garbage)?, trail, state.handoff.read().map_err(garbage)?))
}

fn united(state: LeadState, (mut lead, trail, handoff): Parts) -> Record {
    let LeadState { id, version, lead: record, history, owner, .. } = state;
    // Here it is known by its number at the hub.
    lead.key.source = SOURCE.into();
    lead.key.external_id = id.to_string();
    lead.owner = owner;
    lead.stage.canonical = Some(handoff.stage);
    let arrival = Arrival { lead, trail, told: None };
    // What happened there is handed on unread: of a step that only a newer program can read, the others are shown.
    let word = Word { version, record, handoff, history };
    Record { arrival, word: Some(word) }
}
