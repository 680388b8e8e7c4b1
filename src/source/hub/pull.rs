//! Reading what changed, page by page: the next one is on its way while this one is being taken in.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::SOURCE;
use super::client::{Client, Failure};
use super::transport::Call;
use crate::handoff::arrival::{Arrival, Word};
use crate::source::{Change, Cursor, Gone, Page, Record, Tombstone};
use crate::wire::sync::{GoneLead, LeadState, PullPage};

/// The most leads of a page.
const PAGE: u32 = 500;

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
    /// The place after which the next page is being fetched, and that page.
    ahead: Option<(Cursor, JoinSet<Result<Fetched, Failure>>)>,
}

impl Reader {
    pub(super) fn new(client: Arc<Client>) -> Self {
        Self { client, ahead: None }
    }

    /// The page after this place.
    pub(super) async fn page(&mut self, after: Option<&Cursor>) -> Result<Fetched, Failure> {
        let ahead = self.ahead.take().filter(|(place, _)| Some(place) == after);
        let fetched = match ahead {
            Some((_, mut page)) => page.join_next().await.and_then(Result::ok),
            None => None,
        };
        let fetched = match fetched {
            Some(fetched) => fetched?,
            None => fetch(&self.client, after).await?,
        };
        if fetched.page.more {
            let (client, place) = (Arc::clone(&self.client), fetched.page.next.clone());
            let mut page = JoinSet::new();
            page.spawn(async move { fetch(&client, Some(&place)).await });
            self.ahead = Some((fetched.page.next.clone(), page));
        }
        Ok(fetched)
    }
}

async fn fetch(client: &Client, after: Option<&Cursor>) -> Result<Fetched, Failure> {
    let from = after.map(|cursor| format!("&after={}", cursor.0)).unwrap_or_default();
    let page: PullPage = client.ask(Call::get(format!("/v1/changes?limit={PAGE}{from}"))).await?;
    let tombstone = |gone: GoneLead| Tombstone { external_id: gone.id.to_string(), why: Gone::Reassigned(gone.why) };
    let mut changes: Vec<Change> = page.gone.into_iter().map(|gone| Change::Gone(tombstone(gone))).collect();
    let mut unread = Vec::new();
    for state in page.leads {
        let id = state.id;
        match record(state) {
            Ok(record) => changes.push(Change::Upsert(Box::new(record))),
            // A newer hub may say what this program does not know yet: the others come all the same.
            Err(error) => {
                unread.push(format!("lead {id} of the hub's is left out, a newer leadbox may read it: {error}"))
            }
        }
    }
    let PullPage { next, more, policy, alerts, .. } = page;
    Ok(Fetched { page: Page { changes, next: Cursor(next), more }, policy, alerts, unread })
}

/// A lead of the hub's as the laptop takes it in.
pub(super) fn record(state: LeadState) -> Result<Record, Failure> {
    let LeadState { id, version, lead, trail, handoff, history, owner, .. } = state;
    let garbage = |error: serde_json::Error| Failure::Garbage(format!("lead {id}: {error}"));
    let (mut lead, trail) = (lead.read().map_err(garbage)?, trail.read().map_err(garbage)?);
    let handoff = handoff.read().map_err(garbage)?;
    // It is handed on as it stands, but only if it can be read when it is needed.
    history.read().map_err(garbage)?;
    // Here it is known by its number at the hub.
    lead.key.source = SOURCE.into();
    lead.key.external_id = id.to_string();
    lead.owner = owner;
    lead.stage.canonical = Some(handoff.stage);
    let arrival = Arrival { lead, trail, told: None };
    Ok(Record { arrival, version: Some(version.to_string()), word: Some(Word { version, handoff, history }) })
}
