//! A hub as a source: its word on leads is pulled, a rep's answers are pushed, and its stream says when there is news.

mod account;
mod client;
mod light;
mod pull;
mod skew;
pub mod team;
mod transport;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use chrono::{Duration, Utc};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

pub use super::http::{Lost, Reply};
/// The name of a hub as a source of leads.
pub use crate::wire::SOURCE;
pub use account::{Account, Keeper, policy_path, token_of};
pub use client::{Client, Failure};
pub use transport::{Call, Http, Method, Renewal, Replying, Transport};

use super::said::remark;
use super::{
    Answer, Applied, Capabilities, ConflictDetection, Cursor, Detail, Disposition, NotRead, Notices, Page, Probe,
    Record, Source, SourceError, Step, Tombstone,
};
use crate::handoff::Time;
use crate::handoff::alert::Notice;
use crate::wire::alerts::{AlertState, Seen};
use crate::wire::problem::Code;
use crate::wire::sync::{LeadState, Op, Outcome, PolicyText, Receipt};
use pull::Reader;

/// Marks a step that was made by a clock that was set right.
const SET_RIGHT: &str = "set_right";

/// A hub tells when there is news; it is asked all the same after so long, in seconds.
const ASK_ANYWAY: u32 = 30;

/// After a stream ended, it is begun again not before this; each time that it ends at once, not before twice as long.
const STREAM_PAUSE: std::time::Duration = std::time::Duration::from_secs(2);
const LONGEST_PAUSE: std::time::Duration = std::time::Duration::from_secs(60);

/// A laptop's own clock, right or wrong.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// A page of alerts, each for itself: a newer hub may tell of what this program does not know yet.
#[derive(Deserialize)]
struct Alerts {
    alerts: Vec<serde_json::Value>,
    next: i64,
    more: bool,
}

/// The hub that one is signed in to.
pub struct HubSource {
    client: Arc<Client>,
    reader: Reader,
    clock: Clock,
    /// What is known of how far it is off.
    right: crate::keeping::clock::Clock,
    stream: Option<mpsc::Receiver<()>>,
    /// When the stream was begun last, how long to wait after it ends, and not to begin it before.
    begun: Option<Instant>,
    pause: std::time::Duration,
    not_before: Option<Instant>,
    /// What could not be read, in words.
    unread: Vec<NotRead>,
    /// It was told that the rules cannot be had.
    lacks_policy: bool,
    policy: Option<KeptPolicy>,
    /// Number of the newest alert, as the last page told it.
    newest_alert: i64,
    /// Up to where the hub was read: what is sent says so.
    place: Option<Cursor>,
}

/// Where the team's policy is kept, and its version there.
struct KeptPolicy {
    dir: PathBuf,
    version: Option<String>,
}

impl HubSource {
    /// The hub at the end of this way. `clock` is the laptop's own.
    pub fn new(transport: Box<dyn Transport>, clock: Clock) -> Self {
        let client = Arc::new(Client::new(transport));
        Self {
            reader: Reader::new(Arc::clone(&client)),
            client,
            clock,
            right: crate::keeping::clock::Clock::default(),
            stream: None,
            begun: None,
            pause: STREAM_PAUSE,
            not_before: None,
            unread: Vec::new(),
            lacks_policy: false,
            policy: None,
            newest_alert: 0,
            place: None,
        }
    }

    /// The laptop goes by this clock, which is set right by the hub's.
    pub fn going_by(self, right: crate::keeping::clock::Clock) -> Self {
        Self { right, ..self }
    }

    /// Keeps the team's policy in this folder, as the hub has it: commands and the app read it when they start.
    pub fn keep_policy_in(self, dir: PathBuf) -> Self {
        Self { policy: Some(KeptPolicy { dir, version: None }), ..self }
    }

    /// Fetches the policy if it is another one than the last.
    async fn renew_policy(&mut self, version: &str) -> Result<(), SourceError> {
        let is_known = self.policy.as_ref().is_none_or(|kept| kept.version.as_deref() == Some(version));
        if is_known {
            return Ok(());
        }
        let policy: PolicyText = self.ask(Call::get("/v1/policy")).await?;
        if let Some(kept) = &mut self.policy {
            let saved = account::save_policy(&kept.dir, &policy.toml);
            saved.map_err(|error| SourceError::Protocol {
                source_name: SOURCE.into(),
                why: format!("the team's policy cannot be kept in {}: {error}", kept.dir.display()),
            })?;
            kept.version = Some(policy.version);
        }
        Ok(())
    }

    async fn page(&mut self, after: Option<&Cursor>) -> Result<Page, SourceError> {
        self.place = after.cloned();
        let fetched = self.reader.page(after).await.map_err(|failure| self.error(failure))?;
        self.place = Some(fetched.page.next.clone());
        // Where it cannot be had, the former rules hold: the leads come all the same.
        match self.renew_policy(&fetched.policy).await {
            Err(error) if error.is_away() => return Err(error),
            Err(error) if !std::mem::replace(&mut self.lacks_policy, true) => {
                let what = format!("the team's rules cannot be had; the former ones hold: {error}");
                self.unread.push(NotRead::other(what));
            }
            Err(_) => {}
            Ok(()) => self.lacks_policy = false,
        }
        self.newest_alert = fetched.alerts;
        self.unread.extend(fetched.unread.into_iter().map(NotRead::other));
        Ok(fetched.page)
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, call: Call) -> Result<T, SourceError> {
        self.client.ask(call).await.map_err(|failure| self.error(failure))
    }

    fn error(&self, failure: Failure) -> SourceError {
        let source_name = SOURCE.to_owned();
        match failure {
            Failure::Lost(lost) => SourceError::Unreachable { source_name, why: lost.to_string() },
            Failure::Wait { seconds, .. } => {
                let now = (self.clock)() + self.right.read().ahead;
                let wait = Duration::try_seconds(seconds).unwrap_or_default();
                SourceError::Throttled { source_name, until: now.checked_add_signed(wait).unwrap_or(now) }
            }
            Failure::Problem(problem) if problem.is(Code::Unauthorized) => SourceError::AuthExpired { source_name },
            Failure::Problem(problem) if problem.is(Code::Cursor) => {
                SourceError::Cursor { source_name, why: problem.detail }
            }
            Failure::Problem(problem) => SourceError::Protocol { source_name, why: remark(&problem.detail) },
            Failure::Garbage(why) => SourceError::Protocol { source_name, why },
        }
    }

    async fn send(&self, step: &Step) -> Result<Applied, SourceError> {
        let mut body = step.body.clone();
        let is_set_right = body.as_object_mut().and_then(|body| body.remove(SET_RIGHT)).is_some();
        let mut op: Op = serde_json::from_value(body).map_err(|error| SourceError::Protocol {
            source_name: SOURCE.into(),
            why: format!("what is to be sent cannot be read: {error}"),
        })?;
        // By the same clock by which it was made, so that the hub sees by how much that is off.
        op.sent_at = (self.clock)() + if is_set_right { self.right.read().ahead } else { Duration::zero() };
        op.after = self.place.as_ref().map(|place| place.0.clone());
        let body = serde_json::to_vec(&op).unwrap_or_default();
        match self.client.ask::<Receipt>(Call::send(Method::Post, "/v1/ops", body)).await {
            // An answer that is not about what was sent is none.
            Ok(receipt) if receipt.id != op.id => Ok(Applied::Unknown),
            Ok(receipt) => Ok(match receipt.outcome {
                Outcome::Applied { .. } => Applied::Applied,
                Outcome::Kept { why } => Applied::Kept { why: kept(&why) },
                Outcome::Refused { why } => Applied::Rejected { why },
            }),
            Err(Failure::Lost(Lost::Unknown(_)) | Failure::Garbage(_)) => Ok(Applied::Unknown),
            // It is another hub, or an older copy of it: the answer is for whoever reads it from the start.
            Err(Failure::Problem(problem)) if is_final(problem.status) && !problem.is(Code::Cursor) => {
                Ok(Applied::Rejected { why: problem.detail })
            }
            Err(failure) => Err(self.error(failure)),
        }
    }

    async fn look(&self, step: &Step) -> Result<Probe, SourceError> {
        match self.client.ask::<Receipt>(Call::get(format!("/v1/ops/{}", step.key))).await {
            Ok(receipt) if receipt.id == step.key => Ok(match receipt.outcome {
                Outcome::Applied { .. } => Probe::Committed,
                Outcome::Kept { why } => Probe::Kept { why: kept(&why) },
                Outcome::Refused { why } => Probe::Rejected { why },
            }),
            Err(Failure::Problem(problem)) if problem.is(Code::NotFound) => Ok(Probe::Absent),
            Ok(_) => Err(self.error(Failure::Garbage("it told of another answer than the one asked for".into()))),
            Err(failure) => Err(self.error(failure)),
        }
    }
}

fn notice(state: AlertState) -> (String, Notice, bool) {
    let AlertState { id, lead, category, action, until, history, is_pointer, is_urgent, at, seen_at, .. } = state;
    (lead.to_string(), Notice { id, category, action, until, history, is_pointer, is_urgent, at }, seen_at.is_some())
}

fn kept(why: &str) -> String {
    format!("the contact is kept; {why}")
}

/// However often it is sent, the answer will be the same.
fn is_final(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 401 | 408 | 429)
}

impl Source for HubSource {
    fn name(&self) -> &str {
        SOURCE
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            writes: true,
            atomic: true,
            repeatable: true,
            conflicts: ConflictDetection::Strong,
            read_lag: 0,
            tells_news: true,
            sees_deletes: true,
            detail: Detail::None,
            asked_every: ASK_ANYWAY,
        }
    }

    fn pull(&mut self, after: Option<&Cursor>) -> Answer<'_, Page> {
        let after = after.cloned();
        Box::pin(async move { self.page(after.as_ref()).await })
    }

    fn news(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            // Whoever waits for news may give up and come again: what is waited for is kept.
            if let (None, Some(not_before)) = (&self.stream, self.not_before) {
                tokio::time::sleep_until(not_before).await;
            }
            let (client, begun) = (&self.client, &mut self.begun);
            let stream = self.stream.get_or_insert_with(|| {
                *begun = Some(Instant::now());
                client.listen("/v1/stream")
            });
            if stream.recv().await.is_some() {
                self.pause = STREAM_PAUSE;
                return;
            }
            // It ended, or never began.
            let now = Instant::now();
            if self.begun.is_some_and(|begun| now - begun > LONGEST_PAUSE) {
                self.pause = STREAM_PAUSE;
            }
            (self.stream, self.not_before) = (None, Some(now + self.pause));
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        })
    }

    fn notices(&mut self, after: Option<&Cursor>) -> Answer<'_, Notices> {
        let after: i64 = after.and_then(|cursor| cursor.0.parse().ok()).unwrap_or(0);
        Box::pin(async move {
            if after >= self.newest_alert {
                return Ok(Notices::default());
            }
            let page: Alerts = self.ask(Call::get(format!("/v1/alerts?after={after}"))).await?;
            let mut told = Vec::new();
            for alert in page.alerts {
                match AlertState::deserialize(&alert) {
                    Ok(state) => told.push(notice(state)),
                    Err(error) => {
                        let id = &alert["id"];
                        let what = format!("alert {id} is left out, a newer leadbox may read it: {error}");
                        self.unread.push(NotRead::other(what));
                    }
                }
            }
            Ok(Notices { told, next: Some(Cursor(page.next.to_string())), more: page.more })
        })
    }

    fn unread(&mut self) -> Vec<NotRead> {
        std::mem::take(&mut self.unread)
    }

    fn saw(&mut self, id: i64) -> Answer<'_, ()> {
        Box::pin(async move {
            let call = Call::send(Method::Post, format!("/v1/alerts/{id}/seen"), Vec::new());
            match self.client.ask::<Seen>(call).await {
                Ok(_) => Ok(()),
                // One that it does not know any more needs no answer.
                Err(Failure::Problem(problem)) if is_final(problem.status) => Ok(()),
                Err(failure) => Err(self.error(failure)),
            }
        })
    }

    fn reconcile(&mut self, _known: &[String]) -> Answer<'_, Vec<Tombstone>> {
        // The pull tells what left.
        Box::pin(async { Ok(Vec::new()) })
    }

    fn detail(&mut self, external_id: &str) -> Answer<'_, Option<Record>> {
        let call = Call::get(format!("/v1/leads/{}", external_id.parse::<i64>().unwrap_or_default()));
        Box::pin(async move {
            match self.client.ask::<LeadState>(call).await {
                Ok(state) => pull::record(state).map(Some).map_err(|failure| self.error(failure)),
                Err(Failure::Problem(problem)) if problem.is(Code::NotFound) => Ok(None),
                Err(failure) => Err(self.error(failure)),
            }
        })
    }

    fn plan(&mut self, disposition: &Disposition) -> Answer<'_, Vec<Step>> {
        // One that the hub has no number for any more is told so by the hub.
        let lead = disposition.lead.external_id.parse::<i64>().unwrap_or_default();
        let event = &disposition.event;
        let mut body = json!({
            "id": disposition.key,
            "lead": lead,
            "made_at": event.at,
            "sent_at": event.at,
            "what": event.what,
        });
        if !disposition.ahead.is_zero() {
            body[SET_RIGHT] = json!(true);
        }
        let what = event.what.code().replace('_', " ");
        let step = Step { key: disposition.key, number: 0, what, sets: None, body };
        Box::pin(async { Ok(vec![step]) })
    }

    fn apply(&mut self, step: &Step) -> Answer<'_, Applied> {
        let step = step.clone();
        Box::pin(async move { self.send(&step).await })
    }

    fn probe(&mut self, step: &Step, _tried: Option<Duration>) -> Answer<'_, Probe> {
        let step = step.clone();
        Box::pin(async move { self.look(&step).await })
    }
}

/// The laptop's own clock.
pub fn clock() -> Time {
    Utc::now()
}

/// An id that a caller makes for what it sends.
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

#[cfg(test)]
mod tests;
