//! Delivers what waits: of each record one after the other, each step once.

use std::sync::Arc;

use super::super::lane::{self, Errand};
use super::super::owners::Owners;
use super::super::rows::Record;
use super::super::take::From;
use super::{Courier, Did, NotOurs, PATIENCE, tell_left_out};
use crate::hub::db::{Scope, Tx};
use crate::source::SourceError;
use crate::source::backoff::{Rest, soon};
use crate::source::deliver::{Sent, deliver, found, within};

/// So much is written in one round, so that reading is not kept waiting.
const SENT_A_ROUND: i64 = 20;

impl Courier {
    pub(super) async fn deliver_due(&mut self, from: &From) -> Did<usize> {
        let (now, name) = (self.hub.now(), self.name.clone());
        let people = from.clone();
        let look = move |tx: &mut dyn Tx| Ok((lane::due(tx, &name, now, SENT_A_ROUND)?, people.owners(tx)?));
        let (due, owners) = self.hub.read(Scope::System, look).await?;
        let mut tried = 0;
        for (errand, record) in due {
            if !self.fetching.is_over(now) || !self.sending.is_over(now) {
                break;
            }
            tried += 1;
            ours!(self.deliver((from, &owners), errand, &record).await?);
        }
        Ok(Ok(tried))
    }

    async fn deliver(&mut self, (from, owners): (&From, &Owners), mut errand: Errand, record: &Record) -> Did<()> {
        let now = self.hub.now();
        let lag = self.lag();
        let steps = match errand.steps.clone() {
            Some(steps) => steps,
            None => {
                let disposition = errand.disposition(record, owners);
                let steps = match within(PATIENCE, &self.name, self.source.plan(&disposition)).await {
                    Ok(steps) => steps,
                    Err(error) => {
                        let outcome = ours!(self.put_off(&error, errand.attempts).await?);
                        return self.settle(from, errand, outcome).await;
                    }
                };
                errand.steps = Some(steps.clone());
                let begun = errand.clone();
                ours!(self.write(move |work| lane::begin(work, &begun, lag)).await?);
                steps
            }
        };
        let again = now + soon(errand.attempts, fastrand::f64());
        let (mut outcome, last) = (Sent::Done, steps.len().saturating_sub(1));
        let mut tried_at = errand.tried_at;
        for (number, step) in steps.iter().enumerate().skip(errand.done) {
            let ago = tried_at.take().map(|tried| self.hub.now() - tried);
            let sent = match found(self.source.as_mut(), step, PATIENCE, ago, (now, again)).await {
                Ok(Some(sent)) => Ok(sent),
                Ok(None) => {
                    if !self.source.capabilities().repeatable {
                        let id = errand.id;
                        ours!(self.write(move |work| lane::note_try(work, id)).await?);
                    }
                    deliver(self.source.as_mut(), step, PATIENCE, (now, again)).await
                }
                Err(error) => Err(error),
            };
            match sent {
                Ok(Sent::Done) if number < last => {
                    let id = errand.id;
                    ours!(self.write(move |work| lane::note_steps(work, id, number + 1)).await?);
                }
                Ok(Sent::Done) => {}
                Ok(other) => {
                    outcome = other;
                    break;
                }
                Err(error) => {
                    outcome = ours!(self.put_off(&error, errand.attempts).await?);
                    break;
                }
            }
        }
        if !matches!(outcome, Sent::Retry(..)) {
            self.sending = Rest::default();
        }
        self.settle(from, errand, outcome).await
    }

    /// What becomes of an errand that met an error: one that is about the CRM has all wait, any other this one alone.
    async fn put_off(&mut self, error: &SourceError, attempts: u32) -> Did<Sent> {
        let (now, chance) = (self.hub.now(), fastrand::f64());
        if !error.is_away() {
            return Ok(Ok(Sent::Retry(now + soon(attempts, chance), error.to_string())));
        }
        // Asked to wait, we neither send nor fetch.
        let is_throttled = matches!(error, SourceError::Throttled { .. });
        let rest = if is_throttled { &mut self.fetching } else { &mut self.sending };
        rest.begin(error, now, chance);
        ours!(self.note_away(error).await?);
        // It goes when the CRM does: that is what it waits for.
        Ok(Ok(Sent::Retry(now, error.to_string())))
    }

    async fn settle(&mut self, from: &From, errand: Errand, outcome: Sent) -> Did<()> {
        let lag = self.lag();
        let (from, source) = (from.clone(), self.name.clone());
        let outcome = Arc::new(outcome);
        let left_out = ours!(self.write(move |work| lane::settle(work, &from, &errand, &outcome, lag)).await?);
        tell_left_out(&source, &left_out);
        Ok(Ok(()))
    }
}
