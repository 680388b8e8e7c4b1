//! How fast somebody answers what they are given, by which leads of high intent go to the fastest (R60, F45). The last
//! answers of each person stand beside their load, with the median: whoever routes reads one number.
//!
//! Counted are leads that were given to them, from the assignment to the first answer, in their own working hours. What
//! was taken from them unanswered counts as a silent rejection, or longer if it was: the window of a lead of high intent
//! is so short that whoever never answers would else be among the fastest. What somebody took from a queue themselves,
//! and what a manager answered for them or gave away, says nothing about them.

use chrono::Duration;

use super::db::{Row, Tx};
use super::error::HubError;
use super::leads::{Case, ms, time};
use super::people;
use super::work::Work;
use crate::handoff::Time;
use crate::handoff::event::Actor;
use crate::handoff::roster::median;
use crate::handoff::state::{Handoff, Stage};

/// So many leads are counted: enough that one bad day moves little, few enough that last month's habits pass.
const MOST: usize = 50;

/// What is older says little about today, in days.
const DAYS: i64 = 90;

/// Of fewer leads no median is made: chance would decide who gets all that matters.
const LEAST: usize = 5;

/// The last answers of one person, the oldest first: when, in milliseconds, and the working seconds that it took.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answers(Vec<(i64, i64)>);

impl Answers {
    fn read(row: &Row) -> Result<Self, HubError> {
        Ok(Self(row.opt_text(0)?.map(serde_json::from_str).transpose()?.unwrap_or_default()))
    }

    fn add(&mut self, at: Time, seconds: i64) {
        self.0.push((ms(at), seconds));
        self.0.drain(..self.0.len().saturating_sub(MOST));
    }

    fn drop_old(&mut self, now: Time) {
        let since = ms(now - Duration::days(DAYS));
        self.0.retain(|(at, _)| *at > since);
    }

    fn median(&self) -> Option<i64> {
        let seconds = || self.0.iter().map(|(_, seconds)| *seconds).collect();
        (self.0.len() >= LEAST).then(seconds).and_then(median)
    }

    /// When the oldest of them counts no more.
    fn until(&self) -> Option<Time> {
        self.0.iter().map(|(at, _)| *at).min().map(|at| time(at) + Duration::days(DAYS))
    }
}

/// From when to when it took its owner to answer a lead, if what happens is their first answer to it.
pub(super) fn answered(case: &Case, after: &Handoff, by: &Actor) -> Option<(Time, Time)> {
    let is_measured = is_unanswered(case) && case.owner.as_ref() == Some(&by.name);
    after.answered_at.filter(|_| is_measured).map(|at| (case.handoff.assigned_at, at))
}

fn is_unanswered(case: &Case) -> bool {
    let handoff = &case.handoff;
    handoff.stage == Stage::Assigned && handoff.answered_at.is_none() && case.facts.claimed_from.is_none()
}

/// Notes how long it took a lead's owner to answer it.
pub(super) fn note(work: &mut Work<'_>, case: &Case, from: Time, to: Time) -> Result<(), HubError> {
    let Some(owner) = &case.owner else { return Ok(()) };
    let seconds = worked(work, owner, from, to)?;
    count(work, owner, Some(seconds))
}

/// Notes that a lead is taken from its owner, if they did not answer it.
pub(super) fn missed(work: &mut Work<'_>, case: &Case) -> Result<(), HubError> {
    let Some(owner) = case.owner.as_ref().filter(|_| is_unanswered(case)) else { return Ok(()) };
    let seconds = worked(work, owner, case.handoff.assigned_at, work.now)?;
    // Who was not on duty for a moment of it missed nothing.
    if seconds == 0 {
        return Ok(());
    }
    let silent = i64::from(work.rules.config.policy.sla.no_activity);
    count(work, owner, Some(seconds.max(silent)))
}

/// Working seconds by a person's own hours, or else the team's.
fn worked(work: &mut Work<'_>, person: &str, from: Time, to: Time) -> Result<i64, HubError> {
    let config = &work.rules.config;
    let own = people::find(work.tx, person)?.and_then(|person| person.takes.calendar);
    let calendar = own.and_then(|name| config.calendars.get(&name));
    Ok(calendar.map_or_else(|| config.policy.worked(from, to), |own| own.working_seconds(from, to)))
}

/// Makes the median of somebody's last answers anew, with one more if there is one.
fn count(work: &mut Work<'_>, person: &str, more: Option<i64>) -> Result<(), HubError> {
    let rows = work.tx.query("SELECT answers FROM load WHERE person = ?1", &[person.into()])?;
    let mut answers = rows.first().map(Answers::read).transpose()?.unwrap_or_default();
    let now = work.now;
    more.into_iter().for_each(|seconds| answers.add(now, seconds));
    answers.drop_old(now);
    let median = answers.median();
    work.tx.execute(
        "INSERT INTO load (person, open_leads, given, answers, median_ack, answers_until) VALUES (?1, 0, 0, ?2, ?3, ?4)
         ON CONFLICT (person) DO UPDATE SET answers = excluded.answers, median_ack = excluded.median_ack,
            answers_until = excluded.answers_until",
        &[person.into(), serde_json::to_string(&answers.0)?.into(), median.into(), answers.until().map(ms).into()],
    )?;
    if let Some(load) = work.load_of(person) {
        load.median_ack_seconds = median;
    }
    Ok(())
}

/// Those of whose answers the oldest counts no more.
pub(super) fn stale(tx: &mut dyn Tx, now: Time) -> Result<Vec<String>, HubError> {
    let rows = tx.query("SELECT person FROM load WHERE answers_until <= ?1 ORDER BY person", &[ms(now).into()])?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// Leaves out what counts no more.
pub(super) fn renew(work: &mut Work<'_>, person: &str) -> Result<(), HubError> {
    // The log says nothing of it.
    people::changed(work.tx)?;
    count(work, person, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_of_the_last_leads_of_ninety_days_and_of_no_fewer_than_five() {
        let at = |day: i64| Time::UNIX_EPOCH + Duration::days(day);
        let mut answers = Answers::default();
        for seconds in [600, 60, 3_600, 120] {
            answers.add(at(1), seconds);
            assert_eq!(answers.median(), None, "chance says nothing");
        }
        answers.add(at(2), 90);
        assert_eq!((answers.median(), answers.until()), (Some(120), Some(at(91))));
        answers.drop_old(at(91));
        assert_eq!((answers.0.len(), answers.median()), (1, None), "the others are too old");
        answers.drop_old(at(92));
        assert_eq!(answers.until(), None, "nothing is left that could grow old");
        for seconds in 0..60 {
            answers.add(at(100), seconds);
        }
        assert_eq!((answers.0.len(), answers.0[0].1), (50, 10), "of the last fifty");
        assert_eq!(answers.median(), Some(34));
    }
}
