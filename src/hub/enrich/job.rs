//! The wish to look a lead up, and what came of it: rows of the writes that they belong to. Of several hubs one has a
//! job, for as long as its lease runs; what comes late is not taken.

use chrono::Duration;
use serde::Serialize;

use super::ask::{Asked, Outcome};
use super::{Origin, Question, texts};
use crate::handoff::Time;
use crate::handoff::event::EventKind;
use crate::handoff::lead::{Lead, PreflightItem};
use crate::handoff::preflight::{Field, missing_fields};
use crate::handoff::state::Stage;
use crate::hub::board::Marks;
use crate::hub::db::{Scope, Tx};
use crate::hub::error::HubError;
use crate::hub::leads::{self, Case, ms};
use crate::hub::pipeline;
use crate::hub::work::Work;
use crate::source::files::text_at;
use crate::wire::team::{Lookups, ValueFrom};

/// What jobs of this kind are called.
const KIND: &str = "enrich";

/// A job that was begun so often and never came to an end is given up: the providers know nothing.
const MOST_ATTEMPTS: i64 = 5;

/// A job that cannot be done is left for so long.
const PUT_OFF: Duration = Duration::minutes(10);

/// A job that this hub has for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The job.
    pub id: i64,
    /// Which time it is that somebody does it.
    pub attempt: i64,
    /// What to ask.
    pub question: Question,
}

/// What a value in the log came from.
#[derive(Serialize)]
struct Filled<'a> {
    field: &'a str,
    #[serde(flatten)]
    origin: &'a Origin,
}

/// On what a lookup's event was decided.
#[derive(Serialize)]
struct Basis<'a> {
    asked: &'a Asked,
    filled: Vec<Filled<'a>>,
}

/// Has a lead looked up that failed its pre-flight for want of fields, unless that was done or is under way.
pub fn request(work: &mut Work<'_>, case: &mut Case, items: &[PreflightItem]) -> Result<(), HubError> {
    let wanted = wanted(items);
    if !work.looks_up || wanted.is_empty() || case.facts.lookup.is_pending {
        return Ok(());
    }
    let by = Question::about(&case.lead, Vec::new()).by();
    let lookup = &mut case.facts.lookup;
    // Who comes again after another cycle is looked up again.
    let is_old = lookup.at.zip(case.facts.cycle_since).is_some_and(|(at, since)| at < since);
    if lookup.at.is_some() && lookup.by == by && !is_old {
        return Ok(());
    }
    lookup.by = by;
    lookup.is_pending = true;
    lookup.at = Some(work.now);
    work.tx.execute(
        "INSERT INTO job (kind, lead, body, not_before, attempts) VALUES (?1, ?2, '{}', ?3, 0)",
        &[KIND.into(), case.id.into(), ms(work.now).into()],
    )?;
    Ok(())
}

/// The fields that the pre-flight misses, by their paths.
fn wanted(items: &[PreflightItem]) -> Vec<String> {
    missing_fields(items).into_iter().map(|field| Field::code(field).to_owned()).collect()
}

/// Whether there is a job for anybody.
pub fn is_due(tx: &mut dyn Tx, now: Time) -> Result<bool, HubError> {
    let rows = tx.query(
        "SELECT id FROM job WHERE done_at IS NULL AND not_before <= ?1 AND kind = ?2 LIMIT 1",
        &[ms(now).into(), KIND.into()],
    )?;
    Ok(!rows.is_empty())
}

/// Takes up to `most` jobs for `lease`. Whoever writes is alone: no other hub can take the same ones.
pub fn claim(work: &mut Work<'_>, most: i64, lease: Duration) -> Result<Vec<Claimed>, HubError> {
    let rows = work.tx.query(
        "SELECT id, lead, attempts FROM job WHERE done_at IS NULL AND not_before <= ?1 AND kind = ?2
         ORDER BY not_before, id LIMIT ?3",
        &[ms(work.now).into(), KIND.into(), most.into()],
    )?;
    let mut claimed = Vec::new();
    for row in rows {
        let (id, attempt) = (row.int(0)?, row.int(2)? + 1);
        let start = work.savepoint("lookup")?;
        let job = take_up(work, id, row.opt_int(1)?.unwrap_or_default(), attempt, lease);
        match job.and_then(|job| Ok(work.settle().map(|()| job)?)) {
            Ok(job) => claimed.extend(job),
            Err(error) if error.is_trouble() => return Err(error),
            // One that cannot be done holds back no other.
            Err(error) => {
                work.take_back(&start)?;
                tracing::error!(job = id, %error, "a lead cannot be looked up");
                put_off(work, id, attempt, &error)?;
            }
        }
        work.release(&start)?;
    }
    Ok(claimed)
}

/// Takes up one job, unless there is nothing to be done any more.
fn take_up(
    work: &mut Work<'_>,
    id: i64,
    lead: i64,
    attempt: i64,
    lease: Duration,
) -> Result<Option<Claimed>, HubError> {
    let mut case = leads::load(work.tx, lead, &Scope::System)?;
    let waits = matches!(case.handoff.stage, Stage::Mql | Stage::DataCompletion) && case.merged_into.is_none();
    if !waits {
        // Somebody completed it meanwhile, or it is another's record now.
        case.facts.lookup.is_pending = false;
        let marks = Marks::of(&case, &work.rules.config, work.now);
        leads::save(work.tx, &mut case, &marks, work.now)?;
        end(work, id, None)?;
        return Ok(None);
    }
    if attempt > MOST_ATTEMPTS {
        let trail = leads::trail(work.tx, case.id)?;
        case.facts.lookup.is_pending = false;
        case.facts.looked_up.push("nobody".into());
        pipeline::advance(work, &mut case, &trail)?;
        work.save(&mut case, &trail)?;
        end(work, id, Some("it was begun too often"))?;
        return Ok(None);
    }
    work.tx.execute(
        "UPDATE job SET not_before = ?2, attempts = ?3 WHERE id = ?1",
        &[id.into(), ms(work.now + lease).into(), attempt.into()],
    )?;
    let question = Question::about(&case.lead, wanted(&case.lead.preflight));
    Ok(Some(Claimed { id, attempt, question }))
}

/// Leaves a job that cannot be done for later, or, after too many times, for good.
fn put_off(work: &mut Work<'_>, id: i64, attempt: i64, error: &HubError) -> Result<(), HubError> {
    if attempt > MOST_ATTEMPTS {
        return end(work, id, Some(&error.to_string()));
    }
    work.tx.execute(
        "UPDATE job SET not_before = ?2, attempts = ?3, last_error = ?4 WHERE id = ?1",
        &[id.into(), ms(work.now + PUT_OFF).into(), attempt.into(), error.to_string().into()],
    )?;
    Ok(())
}

fn end(work: &mut Work<'_>, id: i64, error: Option<&str>) -> Result<(), HubError> {
    work.tx.execute(
        "UPDATE job SET done_at = ?2, last_error = ?3 WHERE id = ?1",
        &[id.into(), ms(work.now).into(), error.map(str::to_owned).into()],
    )?;
    Ok(())
}

/// Takes what the providers said into the lead, and the lead on from there. Says whether it counted: of a job that
/// another hub has by now, or that is done, nothing is taken.
pub fn finish(work: &mut Work<'_>, job: &Claimed, asked: &[Asked]) -> Result<bool, HubError> {
    let rows = work.tx.query("SELECT lead, attempts, done_at FROM job WHERE id = ?1", &[job.id.into()])?;
    let Some(row) = rows.first() else { return Ok(false) };
    if row.int(1)? != job.attempt || row.opt_int(2)?.is_some() {
        return Ok(false);
    }
    let mut case = leads::load(work.tx, row.opt_int(0)?.unwrap_or_default(), &Scope::System)?;
    let failures: Vec<String> = asked.iter().filter_map(failure).collect();
    end(work, job.id, Some(failures.join("; ")).filter(|text| !text.is_empty()).as_deref())?;
    case.facts.lookup.is_pending = false;
    if case.merged_into.is_some() {
        leads::save(work.tx, &mut case, &Marks::default(), work.now)?;
        return Ok(true);
    }
    let is_same = Question::about(&case.lead, Vec::new()).by() == job.question.by();
    for asked in asked {
        take(work, &mut case, asked)?;
    }
    let lookup = &mut case.facts.lookup;
    lookup.at = Some(work.now);
    // Of somebody who was named otherwise meanwhile, the providers may know more.
    lookup.by = if is_same { Question::about(&case.lead, Vec::new()).by() } else { job.question.by() };
    let trail = leads::trail(work.tx, case.id)?;
    pipeline::advance(work, &mut case, &trail)?;
    work.save(&mut case, &trail)?;
    Ok(true)
}

fn failure(asked: &Asked) -> Option<String> {
    match &asked.outcome {
        Outcome::Failed { why } => Some(format!("{}: {why}", asked.provider)),
        _ => None,
    }
}

/// Takes one provider's answer: an entry in the log that says what it filled, and where that came from.
fn take(work: &mut Work<'_>, case: &mut Case, asked: &Asked) -> Result<(), HubError> {
    let mut filled = Vec::new();
    if let Outcome::Found { values, as_of } = &asked.outcome {
        for (path, value) in values {
            let origin = Origin { provider: asked.provider.clone(), value: value.clone(), at: work.now, as_of: *as_of };
            if fill(&mut case.lead, case.facts.lookup.origins.get(path), path, value) {
                case.facts.lookup.origins.insert(path.clone(), origin.clone());
                filled.push((path.clone(), origin));
            }
        }
        if let Some((_, origin)) = filled.iter().find(|(path, _)| path.starts_with("company.")) {
            case.lead.company.provided_by = Some(origin.provider.clone());
            case.lead.company.as_of = origin.as_of.or(Some(origin.at));
        }
    }
    if !case.facts.looked_up.contains(&asked.provider) {
        case.facts.looked_up.push(asked.provider.clone());
    }
    let by = match &asked.outcome {
        Outcome::Failed { why } => format!("{} ({why})", asked.provider),
        _ => asked.provider.clone(),
    };
    let basis = Basis { asked, filled: filled.iter().map(|(field, origin)| Filled { field, origin }).collect() };
    let fields = filled.iter().map(|(path, _)| path.clone()).collect();
    work.decide(case, EventKind::Completed { by, fields }, Some(&basis))
}

/// Fills a field that is empty, or that holds what a provider said before. What a person or a sender said stays.
fn fill(lead: &mut Lead, before: Option<&Origin>, path: &str, value: &str) -> bool {
    let Some(slot) = text_at(path) else { return false };
    let place = slot(lead);
    let known = place.as_deref().map(str::trim).filter(|known| !known.is_empty());
    let is_free = known.is_none_or(|known| before.is_some_and(|before| before.value == known));
    if !is_free || known == Some(value) {
        return false;
    }
    *place = Some(value.to_owned());
    true
}

/// What was looked up for a lead, for those who ask why it goes where it goes: the values that still stand, each with
/// where it came from.
pub fn told(case: &Case) -> Option<Lookups> {
    let lookup = &case.facts.lookup;
    lookup.at?;
    let now = texts(&case.lead);
    let values = lookup.origins.iter().filter(|(path, origin)| now.get(*path) == Some(&origin.value));
    let values = values.map(|(path, origin)| ValueFrom {
        field: path.clone(),
        provider: origin.provider.clone(),
        at: origin.at,
        as_of: origin.as_of,
    });
    Some(Lookups { providers: case.facts.looked_up.clone(), is_pending: lookup.is_pending, values: values.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_fills_gaps_and_what_it_said_itself_and_nothing_else() {
        let mut lead = Lead::default();
        assert!(fill(&mut lead, None, "company.size", "800"));
        let origin =
            |value: &str| Origin { provider: "p".into(), value: value.into(), at: Time::default(), as_of: None };
        assert!(!fill(&mut lead, None, "company.size", "900"), "somebody said so");
        assert!(fill(&mut lead, Some(&origin("800")), "company.size", "900"), "it knows better by now");
        lead.company.size = Some("1000".into());
        assert!(!fill(&mut lead, Some(&origin("900")), "company.size", "700"), "a person wrote over it");
        assert!(!fill(&mut lead, None, "person.do_not_call", "true"), "that is no text");
        assert!(!fill(&mut lead, None, "owner", "me"), "that is none of a provider's");
    }
}
