//! Taking back that two records were united (F37): the younger one is a lead of its own again, and what it filled in the older
//! one is taken out. What happened to the older one meanwhile stays: it happened.

use serde::Deserialize;

use super::db::Scope;
use super::error::HubError;
use super::gate;
use super::leads::{self, Case, United};
use super::pipeline;
use super::work::Work;
use crate::handoff::dedup::{FieldChange, undo};
use crate::handoff::event::{Event, EventKind};
use crate::wire::problem::{Code, Problem};

/// So many activities of a united record are remembered as its own.
const MOST_TRAIL: usize = 500;

/// By which people are contacted.
const CONTACTS: [&str; 4] = ["person.email", "person.phone", "person.mobile", "person.linkedin"];

/// Remembers what came for a lead by the name of a record that was united with it.
pub(super) fn note(case: &mut Case, before: &Case, name: &str, new: Vec<String>) {
    if name == name_of(case) {
        return;
    }
    let is_told = case.lead != before.lead;
    let united = case.facts.united.entry(name.to_owned()).or_default();
    united.trail.extend(new);
    united.is_told_again |= is_told || united.trail.len() > MOST_TRAIL;
    united.trail.truncate(MOST_TRAIL);
}

fn name_of(case: &Case) -> String {
    format!("{}:{}", case.lead.key.source, case.lead.key.external_id)
}

/// What a merge was decided upon, as the log has it.
#[derive(Deserialize)]
struct Basis {
    #[serde(default)]
    inputs: Vec<FieldChange>,
}

/// Makes the record `from` (its source and id there) a lead of its own again. `case` is not written back yet.
///
/// # Errors
/// There is none of that name, or what came later makes it impossible: told in words.
pub(super) fn unmerge(
    work: &mut Work<'_>,
    scope: &Scope,
    case: &mut Case,
    from: &str,
    why: &str,
) -> Result<(), HubError> {
    let mut other = younger(work, case, from)?;
    let (changes, since) = what_was_filled(work, case, from)?;
    let united = case.facts.united.get(from).cloned().unwrap_or_default();
    if let Some(obstacle) = obstacle(from, &united, &changes, &since) {
        return Err(Problem::new(Code::Refused, obstacle).into());
    }
    case.lead = undo(&case.lead, &changes);
    case.facts.united.remove(from);
    case.facts.distinct.insert(other.id);
    let by = |what| Event::new(uuid::Uuid::now_v7(), 0, work.now, gate::actor(scope), what);
    let (parted, captured) =
        (by(EventKind::Unmerged { from: from.to_owned(), why: why.to_owned() }), by(EventKind::Captured));
    work.record(case, parted, Some(&changes))?;
    for activity in &united.trail {
        work.tx.execute(
            "UPDATE activity SET lead = ?1 WHERE lead = ?2 AND external_id = ?3",
            &[other.id.into(), case.id.into(), activity.as_str().into()],
        )?;
    }
    other.merged_into = None;
    other.facts.distinct.insert(case.id);
    work.record(&mut other, captured, Some(&serde_json::json!({ "separated_from": case.id })))?;
    let trail = leads::trail(work.tx, other.id)?;
    pipeline::advance(work, &mut other, &trail)?;
    work.save(&mut other, &trail)
}

/// The record of this name that was united with a lead.
fn younger(work: &mut Work<'_>, case: &Case, from: &str) -> Result<Case, HubError> {
    let rows = work.tx.query("SELECT id FROM lead WHERE merged_into = ?1 ORDER BY id", &[case.id.into()])?;
    let mut names = Vec::new();
    for row in &rows {
        let other = leads::load(work.tx, row.int(0)?, &Scope::System)?;
        let name = name_of(&other);
        if name == from {
            return Ok(other);
        }
        names.push(name);
    }
    let which = match names.as_slice() {
        [] => "no record was united with this lead".to_owned(),
        names => format!("no record “{from}” was united with this lead; {} was", names.join(", ")),
    };
    Err(Problem::new(Code::Refused, which).at("/from").into())
}

/// What was filled when the record was united with a lead, and what happened to the lead since.
fn what_was_filled(
    work: &mut Work<'_>,
    case: &Case,
    from: &str,
) -> Result<(Vec<FieldChange>, Vec<EventKind>), HubError> {
    work.write_log()?;
    let rows = work.tx.query("SELECT what, basis FROM log WHERE lead = ?1 ORDER BY n DESC", &[case.id.into()])?;
    let mut since = Vec::new();
    for row in &rows {
        let what: EventKind = serde_json::from_str(row.text(0)?)?;
        if matches!(&what, EventKind::Merged { from: other, .. } if other == from) {
            let basis = row.opt_text(1)?.map(serde_json::from_str::<Basis>).transpose()?;
            return Ok((basis.map(|basis| basis.inputs).unwrap_or_default(), since));
        }
        since.push(what);
    }
    Err(Problem::new(Code::Refused, format!("the log does not say what {from} filled in this lead")).into())
}

/// What came since and cannot be told apart any more.
fn obstacle(from: &str, united: &United, changes: &[FieldChange], since: &[EventKind]) -> Option<String> {
    if united.is_told_again {
        return Some(format!(
            "{from} was told of again since, and what was said then stands in this record: it cannot be told apart"
        ));
    }
    if since.iter().any(|what| matches!(what, EventKind::Qualified(_) | EventKind::BecameOpportunity)) {
        return Some("it was qualified since, as one person: that cannot be parted".into());
    }
    let contact = changes.iter().find(|change| CONTACTS.contains(&change.field.as_str()))?;
    let is_contact = |what: &EventKind| matches!(what, EventKind::Attempted(_) | EventKind::ContactKept(_));
    since.iter().any(is_contact).then(|| {
        format!("they were contacted since, and {} came from {from}: whom that reached, nobody can say", contact.field)
    })
}
