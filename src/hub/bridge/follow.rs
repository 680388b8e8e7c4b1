//! What somebody did to a record in its CRM means for the lead: the CRM is the record of what was done (R119).

use uuid::Uuid;

use super::OwnerThere;
use super::owners::Owners;
use super::rows;
use super::tell::by;
use crate::handoff::event::{Event, EventKind};
use crate::handoff::lead::{Routing, SourceStage};
use crate::handoff::state::Stage;
use crate::hub::error::HubError;
use crate::hub::leads::Case;
use crate::hub::people;
use crate::hub::work::{NO_INPUTS, Work};

/// Whose a record is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whose<'a> {
    /// In which CRM.
    pub(super) source: &'a str,
    /// The owner, as the CRM names them.
    pub(super) owner: Option<&'a str>,
    /// Who of the hub's people that is.
    pub(super) person: Option<&'a str>,
}

impl Whose<'_> {
    /// By what it is given to its owner when it is routed.
    pub(super) fn there(&self) -> Option<OwnerThere> {
        let person = self.person?.to_owned();
        Some(OwnerThere { source: self.source.to_owned(), person })
    }
}

/// It is with marketing still, or waits for somebody: nobody here holds it.
fn is_before(stage: Stage) -> bool {
    !stage.is_open() && !stage.is_closed()
}

fn happen(work: &mut Work<'_>, case: &mut Case, source: &str, what: EventKind) -> Result<(), HubError> {
    let event = Event::new(Uuid::now_v7(), 0, work.now, by(source), what);
    work.record(case, event, NO_INPUTS)
}

/// Somebody gave it to this owner there.
pub(super) fn owner(work: &mut Work<'_>, case: &mut Case, whose: Whose<'_>) -> Result<(), HubError> {
    let stage = case.handoff.at(work.now).stage;
    let Some(person) = whose.person else {
        case.facts.owner_there = None;
        let why = match whose.owner {
            Some(owner) => format!("given to {owner} in {}", whose.source),
            None => format!("it has no owner any more in {}", whose.source),
        };
        return if stage.is_open() { leave(work, case, whose.source, &why) } else { Ok(()) };
    };
    if case.owner.as_deref() == Some(person) || stage.is_closed() {
        return Ok(());
    }
    if is_before(stage) && stage != Stage::Routed {
        // It becomes theirs when it is routed.
        case.facts.owner_there = whose.there();
        return Ok(());
    }
    take_over(work, case, whose, person)?;
    let to = person.to_owned();
    let what = match stage {
        Stage::Routed => EventKind::Assigned { to },
        _ => EventKind::Rerouted { to, why: format!("given to {person} in {}", whose.source) },
    };
    happen(work, case, whose.source, what)
}

/// Has a lead that is not routed yet become theirs who has it there, where the hub did not know them when it heard of that:
/// people come later than a CRM's leads, and no rule is to take those from them.
pub(in crate::hub) fn recognise(work: &mut Work<'_>, case: &mut Case) -> Result<(), HubError> {
    if case.facts.owner_there.is_some() || work.bridges.is_empty() {
        return Ok(());
    }
    for (source, external_id) in rows::keys(case) {
        let Some(said) = work.bridges.get(&source).cloned() else { continue };
        let Some(mut record) = rows::find(work.tx, &source, &external_id)?.filter(|record| record.gone.is_none())
        else {
            continue;
        };
        let Some(owner) = record.known.stranger().map(str::to_owned) else { continue };
        let owners = Owners::new(&said, people::all(work.tx)?);
        let whose = Whose { source: &source, owner: Some(&owner), person: owners.person(Some(&owner)) };
        if let Some(there) = whose.there() {
            record.known.recognise(&there.person);
            rows::save(work.tx, &record)?;
            case.facts.owner_there = Some(there);
            return Ok(());
        }
    }
    Ok(())
}

/// From now on it is this person's, as it is there.
fn take_over(work: &mut Work<'_>, case: &mut Case, whose: Whose<'_>, person: &str) -> Result<(), HubError> {
    work.give(case, person)?;
    case.leaving = Some(format!("given to {person} in {}", whose.source));
    case.lead.assigned_at = Some(work.now);
    case.lead.owner = Some(person.to_owned());
    if let Some(there) = whose.there() {
        case.lead.routing = Some(Routing { rule: there.rule(), queue: None, pinned: true, at: Some(work.now) });
    }
    case.facts.owner_there = None;
    Ok(())
}

/// Somebody moved it to this stage there.
pub(super) fn stage(
    work: &mut Work<'_>,
    case: &mut Case,
    told: &SourceStage,
    whose: Whose<'_>,
) -> Result<(), HubError> {
    // A word that the mapping does not know says nothing.
    let Some(to) = told.canonical else { return Ok(()) };
    let now = case.handoff.at(work.now).stage;
    if to == now {
        return Ok(());
    }
    if to.is_closed() {
        return moved(work, case, to, told, whose.source);
    }
    if is_before(to) {
        let why = format!("moved to “{}” in {}", told.raw.as_deref().unwrap_or(to.code()), whose.source);
        return if now.is_open() { leave(work, case, whose.source, &why) } else { Ok(()) };
    }
    if now.is_open() {
        return moved(work, case, to, told, whose.source);
    }
    match whose.person {
        // What waits here for its data or for somebody waits there, too.
        _ if is_before(now) && to == Stage::Assigned => Ok(()),
        Some(person) => {
            if case.owner.as_deref() != Some(person) {
                take_over(work, case, whose, person)?;
            }
            moved(work, case, to, told, whose.source)
        }
        None if is_before(now) => {
            let who = whose.owner.unwrap_or("somebody");
            leave(work, case, whose.source, &format!("taken up by {who} in {}", whose.source))
        }
        // It is over here, and there it is nobody's whom we know.
        None => Ok(()),
    }
}

/// It is no longer there for us, or somebody else's there: what was done here stays, and nothing is owed to it any more.
pub(super) fn leave(work: &mut Work<'_>, case: &mut Case, source: &str, why: &str) -> Result<(), HubError> {
    if case.handoff.at(work.now).stage.is_closed() {
        return Ok(());
    }
    case.leaving = Some(why.to_owned());
    let told = SourceStage { reason: Some(why.to_owned()), ..SourceStage::default() };
    moved(work, case, Stage::Recycled, &told, source)
}

fn moved(work: &mut Work<'_>, case: &mut Case, to: Stage, told: &SourceStage, source: &str) -> Result<(), HubError> {
    if to.is_closed() {
        (case.queue, case.facts.retry_at, case.facts.owner_there) = (None, None, None);
    }
    let what = EventKind::MovedAtSource {
        to,
        raw: told.raw.clone(),
        why: told.reason.clone(),
        until: told.until.filter(|_| to == Stage::Deferred),
    };
    happen(work, case, source, what)
}
