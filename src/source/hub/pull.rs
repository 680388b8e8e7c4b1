//! Reading what changed, page by page: while one is being taken in the next one is read, and the one after is on its way.

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::SOURCE;
use super::client::{self, Client, Failure};
use super::transport::{Call, Reply};
use crate::handoff::Time;
use crate::handoff::activity::Activity;
use crate::handoff::arrival::{Arrival, LeftOut, Word};
use crate::handoff::lead::Lead;
use crate::handoff::state::Handoff;
use crate::source::{Change, Cursor, Gone, Page, Record, Tombstone};
use crate::wire::sync::{GoneLead, LeadState, PullPage};

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
                let reply = fetch(&self.client, after.cloned()).await?;
                if let Some(place) = next(&reply.body) {
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

/// Fetches the pages after this place; the next one is on its way while one is being read.
async fn read_ahead(client: Arc<Client>, place: Cursor, sender: mpsc::Sender<Result<Fetched, Failure>>) {
    let mut fetched = fetch(&client, Some(place)).await;
    loop {
        let reply = match fetched {
            Ok(reply) => reply,
            Err(failure) => return drop(sender.send(Err(failure)).await),
        };
        let mut ahead = JoinSet::new();
        if let Some(place) = next(&reply.body) {
            let client = Arc::clone(&client);
            ahead.spawn(async move { fetch(&client, Some(place)).await });
        }
        let Ok(()) = sender.send(read(reply).await).await else { return };
        // Nothing where that was all.
        let Some(Ok(reply)) = ahead.join_next().await else { return };
        fetched = reply;
    }
}

async fn fetch(client: &Client, after: Option<Cursor>) -> Result<Reply, Failure> {
    let from = after.map(|cursor| format!("&after={}", cursor.0)).unwrap_or_default();
    client.call(Call::get(format!("/v1/changes?limit={PAGE}{from}"))).await
}

/// Reads a page, on a thread of its own where that takes long.
async fn read(reply: Reply) -> Result<Fetched, Failure> {
    let is_short = reply.body.len() < SHORT;
    let read = move || client::read(&reply).map(told);
    if is_short {
        return read();
    }
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|error| Err(Failure::Garbage(format!("a page that cannot be read: {error}"))))
}

/// Where the next page begins, if there is one and the page says so before it tells of leads: then nobody has to wait for
/// those to be read.
pub(super) fn next(page: &[u8]) -> Option<Cursor> {
    let mut head = Head::default();
    // What follows the head is read later, and whatever is wrong with it is told then.
    let _ = (&mut head).deserialize(&mut serde_json::Deserializer::from_slice(page));
    head.next.filter(|_| head.more == Some(true)).map(Cursor)
}

/// What a page says before it tells of leads.
#[derive(Default)]
struct Head {
    next: Option<String>,
    more: Option<bool>,
}

impl<'de> DeserializeSeed<'de> for &mut Head {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Head {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut page: A) -> Result<(), A::Error> {
        while let Some(name) = page.next_key::<String>()? {
            match name.as_str() {
                "next" => self.next = Some(page.next_value()?),
                "more" => self.more = Some(page.next_value()?),
                "leads" => break,
                _ => drop(page.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

fn told(page: PullPage) -> Fetched {
    let tombstone =
        |gone: GoneLead| Tombstone { external_id: gone.id.to_string(), why: Gone::Reassigned(gone.why), at: gone.at };
    let mut changes: Vec<Change> = page.gone.into_iter().map(|gone| Change::Gone(tombstone(gone))).collect();
    let (mut unread, mut left_out) = (Vec::new(), Vec::new());
    for state in page.leads {
        match parts(&state) {
            Ok(parts) => changes.push(Change::Upsert(Box::new(united(state, parts)))),
            // A newer hub may say what this program does not know yet: the others come all the same.
            Err(error) => {
                let id = state.id;
                unread.push(format!("lead {id} of the hub's is left out, a newer leadbox may read it: {error}"));
                left_out.push(unheard(&state));
            }
        }
    }
    let PullPage { next, more, policy, alerts, .. } = page;
    Fetched { page: Page { changes, left_out, next: Cursor(next), more }, policy, alerts, unread }
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

/// A lead of the hub's as the laptop takes it in.
pub(super) fn record(state: LeadState) -> Result<Record, Failure> {
    let parts = parts(&state)?;
    Ok(united(state, parts))
}

type Parts = (Lead, Vec<Activity>, Handoff);

fn parts(state: &LeadState) -> Result<Parts, Failure> {
    let garbage = |error: serde_json::Error| Failure::Garbage(format!("lead {}: {error}", state.id));
    let trail = state.trail.read().map_err(garbage)?;
    Ok((state.lead.read().map_err(garbage)?, trail, state.handoff.read().map_err(garbage)?))
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
    Record { arrival, version: Some(version.to_string()), word: Some(word) }
}
