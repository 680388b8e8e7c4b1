//! What a sender or a CRM says of a lead, brought into the hub: into the lead that it is about, or as a new one, which is
//! taken as far as it comes.

use super::board::Marks;
use super::bridge::OwnerThere;
use super::error::HubError;
use super::intake::LONGEST_ID;
use super::leads::{self, Case};
use super::pipeline;
use super::room::{Put, Room};
use super::told::{self, Told};
use super::unmerge;
use super::work::Work;
use crate::handoff::Time;
use crate::handoff::activity::Activity;
use crate::handoff::dedup::{self, Certainty};
use crate::handoff::event::EventKind;
use crate::handoff::lead::{Lead, LeadKey, Trigger, TriggerKind};
use crate::handoff::state::{Handoff, Stage};
use crate::wire::intake::{ActivityIn, Item};

/// What a CRM is, beside a sender: the record of what was done (R119).
pub(super) struct Crm {
    /// It tells of this record for the first time.
    pub(super) is_first: bool,
    /// Where it is news whose it is there: which of ours that is, if any.
    pub(super) owner: Option<Option<OwnerThere>>,
    /// Where the record is opened.
    pub(super) url: Option<String>,
}

/// A lead with what was said of it; not written back yet.
pub(super) struct Entered {
    /// The lead.
    pub(super) case: Case,
    /// What they did, the newest first.
    pub(super) trail: Vec<Activity>,
    /// It was somebody's, or waited for somebody, before this was said.
    pub(super) was_routed: bool,
    /// How many activities and extras there was no room for.
    left_out: u32,
}

/// Brings what a sender says into the lead that it is about, and takes the lead as far as it comes.
/// Beside it, how many activities and extras were left out.
pub(super) fn enter(work: &mut Work<'_>, source: &str, item: &Item, place: &str) -> Result<(Case, u32), HubError> {
    let Entered { mut case, trail, left_out, .. } = bring(work, source, item, place, None)?;
    work.save(&mut case, &trail)?;
    Ok((case, left_out))
}

/// The same of a sender or a CRM, without writing the lead back. Nobody has looked at what a CRM says.
pub(super) fn bring(
    work: &mut Work<'_>,
    source: &str,
    item: &Item,
    place: &str,
    crm: Option<&Crm>,
) -> Result<Entered, HubError> {
    let id = item.id.clone().or_else(|| item.person.email.as_ref().map(|email| email.trim().to_lowercase()));
    let Some(id) = id.filter(|id| !id.trim().is_empty()) else {
        return Err(HubError::invalid(format!("{place}/id"), "say who it is: your id of the person, or person.email"));
    };
    if id.len() > LONGEST_ID {
        return Err(HubError::invalid(format!("{place}/id"), format!("an id has at most {LONGEST_ID} bytes")));
    }
    let key = LeadKey { source: source.to_owned(), external_id: id };
    let name = format!("{}:{}", key.source, key.external_id);
    let (mut case, before, told) = match leads::of_source(work.tx, &key.source, &key.external_id)? {
        Some(mut case) => {
            let before = case.clone();
            // What a CRM says of a record counts, whoever holds the lead.
            let told = told::tell(&mut case.lead, item, source, before.owner.is_some() && crm.is_none())?;
            (case, before, told)
        }
        None => {
            let case = capture(work, key, item, source)?;
            (case.clone(), case, Told::default())
        }
    };
    let was_routed = before.handoff.stage.is_open() || before.handoff.stage == Stage::Routed;
    let mut new = Vec::new();
    let without = item.extras.keys().filter(|name| !case.lead.extras.contains_key(*name));
    let mut left_out = u32::try_from(without.count()).unwrap_or(u32::MAX);
    // Of one that has just come in, nothing is kept yet.
    let mut room = if case.is_new { Room::empty(case.id) } else { Room::of(work.tx, case.id)? };
    let did = item.activities.iter().enumerate();
    let did = did.map(|(number, activity)| activity_of(activity, &item.key, number, work.now));
    // Anybody can say otherwise as often as they like, and it takes up room like all else.
    for activity in did.chain(told.note(source, &item.key, work.now)) {
        let id = activity.external_id.clone();
        match room.put(activity)? {
            Put::New => new.push(id),
            Put::Known => {}
            Put::LeftOut => left_out += 1,
        }
    }
    if left_out > 0 {
        tracing::warn!(lead = case.id, source, left_out, "there is no room for more of this lead; this is not kept");
    }
    let is_news = !new.is_empty();
    unmerge::note(&mut case, &before, &name, new);
    if let Some(why) = item.flag.as_deref().filter(|_| is_waiting(case.handoff.stage)) {
        case.lead.trigger = Some(Trigger {
            kind: TriggerKind::Manual,
            what: why.to_owned(),
            at: Some(item.flag_at.map_or(work.now, |at| at.min(work.now))),
            before: None,
            after: None,
            threshold: None,
        });
    }
    if crm.is_none_or(|crm| crm.is_first) {
        case.facts.came_at = Some(work.now);
    }
    if let Some(crm) = crm {
        if let Some(owner) = crm.owner.as_ref().filter(|_| !was_routed) {
            case.facts.owner_there.clone_from(owner);
        }
        if case.lead.key.source == source && crm.url.is_some() {
            case.lead.url.clone_from(&crm.url);
        }
    }
    let trail = room.keep(work.tx)?;
    pipeline::advance(work, &mut case, &trail)?;
    let is_unheard = case.version == before.version && (is_news || case.lead != before.lead);
    if is_unheard || before.owner.is_some() && !told.changes.is_empty() {
        // Without an entry of its own nobody who holds the lead would hear of it.
        let fields = if case.lead == before.lead { "what they did" } else { "the record" };
        let full = (left_out > 0).then(|| format!("{left_out} more things for which there is no room"));
        let fields = std::iter::once(fields.to_owned()).chain(full).collect();
        let what = EventKind::Completed { by: source.to_owned(), fields };
        work.decide(&mut case, what, Some(&told.changes).filter(|changes| !changes.is_empty()))?;
    }
    Ok(Entered { case, trail, was_routed, left_out })
}

/// It can still become an MQL.
fn is_waiting(stage: Stage) -> bool {
    matches!(stage, Stage::Captured | Stage::Scored | Stage::Recycled)
}

/// Enters a lead that this source never told of. If it is certainly somebody who is known, the two are united: the
/// older record stays, with its owner, and its gaps are filled (F37).
fn capture(work: &mut Work<'_>, key: LeadKey, item: &Item, source: &str) -> Result<Case, HubError> {
    let mut lead = Lead { key, created_at: Some(work.now), ..Lead::default() };
    lead.stage.canonical = Some(Stage::Captured);
    told::tell(&mut lead, item, source, false)?;
    let handoff = Handoff::arrived(&lead, work.now);
    let mut case = Case::new(work.next_lead()?, &lead, handoff, work.now);
    let known = pipeline::duplicates(work, &mut case)?.into_iter().next();
    let Some((mut survivor, found)) = known.filter(|(_, found)| found.certainty == Certainty::Certain) else {
        work.happen(&mut case, EventKind::Captured)?;
        return Ok(case);
    };
    case.merged_into = Some(survivor.id);
    leads::save(work.tx, &mut case, &Marks::default(), work.now)?;
    // Whoever sends the same person under other ids finds no more room than under one.
    let mut room = survivor.lead.extras.clone();
    told::add_extras(&mut room, &lead.extras);
    lead.extras.retain(|name, _| room.contains_key(name));
    let (merged, changes) = dedup::merge(&survivor.lead, &lead);
    survivor.lead = merged;
    let from = format!("{}:{}", lead.key.source, lead.key.external_id);
    work.decide(&mut survivor, EventKind::Merged { from, why: found.why }, Some(&changes))?;
    Ok(survivor)
}

fn activity_of(told: &ActivityIn, key: &str, number: usize, now: Time) -> Activity {
    Activity {
        external_id: told.id.clone().unwrap_or_else(|| format!("{key}/{number}")),
        kind: told.kind,
        direction: told.direction,
        // What is said to be still to come has only just been said.
        at: Some(told.at.unwrap_or(now).min(now)),
        actor: None,
        outcome: None,
        text: told.text.clone(),
        url: told.url.clone(),
    }
}
