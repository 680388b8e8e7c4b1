//! Writing a disposition, and looking whether it is there.

use reqwest::Method;

use super::SalesforceSource;
use super::read::Told;
use super::rest::{self, DATA, Trouble};
use super::write::{self, Body, Outcome};
use crate::source::judge::{Verdict, conflict, judge};
use crate::source::{Applied, Probe, SourceError, Step};

/// A change is tried so often where somebody else is quicker each time.
pub(super) const TRIES: u32 = 4;

impl SalesforceSource {
    fn body(&self, step: &Step) -> Result<Body, SourceError> {
        serde_json::from_value(step.body.clone()).map_err(|error| self.odd(format!("a step is unreadable: {error}")))
    }

    /// The field of tasks that carries keys, if it is there.
    async fn key_field(&mut self) -> Result<String, SourceError> {
        let field = write::key_field(&self.mapping.write).to_owned();
        if self.schema("Task").await?.field(&field).is_some_and(|field| field.is_external_id) {
            return Ok(field);
        }
        // Whoever creates it now is not to wait for a day.
        self.schemas.remove("Task");
        let why = format!(
            "its activities have no external-id field {field} that this user sees; an administrator creates it (see \
             docs/connectors/salesforce.md), then this goes out by itself"
        );
        Err(self.odd(why))
    }

    /// The lead as it is there now; else what becomes of what was to be written.
    pub(super) async fn still_a_lead(&mut self, id: &str) -> Result<Result<Told, Applied>, SourceError> {
        let Some(now) = self.one(id).await? else {
            return Ok(Err(Applied::Rejected { why: "it is no longer to be seen there".into() }));
        };
        if let Some(gone) = &now.gone {
            return Ok(Err(Applied::Rejected { why: gone.to_string() }));
        }
        if now.is_converted {
            return Ok(Err(self.conflict(now, "it was converted there meanwhile".into())));
        }
        Ok(Ok(now))
    }

    pub(super) async fn write(&mut self, step: &Step) -> Result<Applied, SourceError> {
        let body = self.body(step)?;
        if !body.gives.is_empty() {
            return self.give(&body).await;
        }
        let field = if body.task.is_some() { self.key_field().await? } else { String::new() };
        for _ in 0..TRIES {
            let now = match self.still_a_lead(&body.id).await? {
                Ok(now) => now,
                Err(applied) => return Ok(applied),
            };
            let verdict = body.to.as_ref().map(|to| judge(&body.base, to, &now.status, now.owner()));
            let moves = verdict == Some(Verdict::Write);
            if let (true, Some(to)) = (moves, &body.to)
                && !self.schema("Lead").await?.has_pick("Status", to)
            {
                let why =
                    format!("“{to}” is no status of leads there; name one of theirs in the mapping's [write.stages]");
                return Ok(Applied::Rejected { why });
            }
            // What the rep did is a fact, whoever decides on the lead.
            if moves || body.task.is_some() {
                match self.send(&body, step, &field, &now, moves).await? {
                    Sent::Done => {}
                    Sent::Again => continue,
                    Sent::Ended(applied) => return Ok(applied),
                }
            }
            return match verdict {
                Some(Verdict::Changed(why)) => Ok(self.conflict(now, why)),
                _ => Ok(Applied::Applied),
            };
        }
        Err(self.odd("somebody else changed it each time that it was to be written"))
    }

    async fn send(
        &mut self,
        body: &Body,
        step: &Step,
        field: &str,
        now: &Told,
        moves: bool,
    ) -> Result<Sent, SourceError> {
        let may_reason = match &body.reason {
            Some((field, _)) if moves => {
                let may = self.schema("Lead").await?.field(field).is_some_and(|field| field.may_edit);
                if !may {
                    self.tell(format!(
                        "its leads have no field {field} that this user may write; reasons go to the task"
                    ));
                }
                may
            }
            _ => false,
        };
        let sent = write::composite(body, step.key, field, now, moves, may_reason);
        let parts = sent["compositeRequest"].as_array().map_or(0, Vec::len);
        let answer = match self.rest.call(Method::POST, &format!("{DATA}/composite"), Some(&sent)).await {
            Ok(answer) => answer,
            Err(Trouble::Unknown(_)) => return Ok(Sent::Ended(Applied::Unknown)),
            // Whatever it has against the whole is nothing about this lead.
            Err(trouble) => return Err(self.error(trouble)),
        };
        Ok(match write::outcome(&answer, parts) {
            Ok(Outcome::Done) => Sent::Done,
            Ok(Outcome::Changed) => Sent::Again,
            Ok(Outcome::Locked(why)) => return Err(self.odd(why)),
            Ok(Outcome::Refused(trouble)) if trouble.is("REQUEST_LIMIT_EXCEEDED") => {
                return Err(self.error(Trouble::Busy(rest::WAIT)));
            }
            // A call of ours that was thought lost may have come through meanwhile: not all of a task can be written anew.
            Ok(Outcome::Refused(_)) if body.task.is_some() && self.has_task(field, step).await? => {
                Sent::Ended(Applied::Unknown)
            }
            Ok(Outcome::Refused(trouble)) => Sent::Ended(Applied::Rejected { why: trouble.words() }),
            Err(_) => Sent::Ended(Applied::Unknown),
        })
    }

    pub(super) fn conflict(&self, now: Told, why: String) -> Applied {
        let id = now.id.clone();
        conflict(why, id, now.change(&self.name, &self.mapping, &self.link))
    }

    /// Whether the task of this step is there.
    async fn has_task(&mut self, field: &str, step: &Step) -> Result<bool, SourceError> {
        let path = format!("{}?fields=Id", write::task_path(field, step.key));
        match self.rest.call(Method::GET, &path, None).await {
            Ok(_) => Ok(true),
            Err(trouble) if trouble.is("NOT_FOUND") => Ok(false),
            Err(trouble) => Err(self.error(trouble)),
        }
    }

    pub(super) async fn look(&mut self, step: &Step) -> Result<Probe, SourceError> {
        let body = self.body(step)?;
        if !body.gives.is_empty() {
            return self.is_given(&body).await;
        }
        if body.task.is_some() {
            let field = self.key_field().await?;
            if !self.has_task(&field, step).await? {
                return Ok(Probe::Absent);
            }
            if body.to.is_none() {
                return Ok(Probe::Committed);
            }
        }
        let status = self.one(&body.id).await?.map(|now| now.status);
        Ok(match (status, &body.to) {
            (Some(status), Some(to)) if status == *to => Probe::Committed,
            // The task is there: it was written beside what somebody else had decided, or somebody decided since.
            (Some(status), _) if body.task.is_some() => {
                Probe::Kept { why: format!("the lead stands at “{status}” there") }
            }
            (None, _) if body.task.is_some() => Probe::Kept { why: "the lead is no longer to be seen there".into() },
            _ => Probe::Absent,
        })
    }
}

/// How far a write came.
enum Sent {
    /// It took hold.
    Done,
    /// The lead was changed meanwhile: one looks again.
    Again,
    /// It came to this.
    Ended(Applied),
}
