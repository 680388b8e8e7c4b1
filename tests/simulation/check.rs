//! What must hold once everything healed.

use std::collections::{BTreeMap, BTreeSet};

use leadbox::handoff::escalation;
use leadbox::handoff::event::{Event, EventKind};
use leadbox::handoff::lead::{Lead, SourceStage};
use leadbox::handoff::machine;
use leadbox::handoff::outbox::OutboxState;
use leadbox::handoff::state::{Handoff, Stage};
use leadbox::hub::db::{Scope, Tx};
use leadbox::hub::error::HubError;
use leadbox::hub::leads::{self, Case};
use leadbox::hub::log;

use super::laptop::{Deed, Laptop};
use super::office::REPS;
use super::world::World;

/// A lead as the hub has it.
struct There {
    case: Case,
    history: Vec<Event>,
    trail: Vec<leadbox::handoff::activity::Activity>,
}

fn hub_leads(tx: &mut dyn Tx) -> Result<Vec<There>, HubError> {
    let ids: Vec<i64> =
        tx.query("SELECT id FROM lead ORDER BY id", &[])?.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
    let mut all = Vec::new();
    for id in ids {
        let case = leads::load(tx, id, &Scope::System)?;
        all.push(There { history: leads::history(tx, id)?, trail: leads::trail(tx, id)?, case });
    }
    Ok(all)
}

pub fn all(world: &mut World) {
    let report = world.office.read(&world.runtime, |tx| Ok(log::verify(tx, &[])?));
    assert!(report.is_whole(), "{:?}", report.findings);
    let there = world.office.read(&world.runtime, hub_leads);
    for lead in &there {
        equals_its_replay(lead);
        timers(world, lead);
        world.tally.fired += lead.case.facts.fired.len() as u64;
    }
    world.tally.leads += there.len() as u64;
    let mut laptops = std::mem::take(&mut world.laptops);
    for (rep, laptop) in laptops.iter_mut().enumerate() {
        deeds(world, laptop, &there);
        in_order(laptop, &there);
        converged(REPS[rep], laptop, &there);
    }
    world.laptops = laptops;
}

fn equals_its_replay(lead: &There) {
    let Case { id, handoff, lead: record, .. } = &lead.case;
    let created = record.created_at.unwrap();
    let stage = SourceStage { canonical: Some(Stage::Captured), ..SourceStage::default() };
    let entered = Lead { created_at: Some(created), stage, ..Lead::default() };
    let replayed = machine::replay(Handoff::arrived(&entered, created), &lead.history);
    let replayed = replayed.unwrap_or_else(|refusal| panic!("lead {id} has an illegal history: {refusal}"));
    assert_eq!(&replayed, handoff, "lead {id} is not what its log says");
    for (n, event) in lead.history.iter().enumerate() {
        assert_eq!(event.seq as usize, n + 1, "lead {id}");
    }
}

/// Nothing is due that was not fired, and nothing was fired twice.
fn timers(world: &World, lead: &There) {
    let case = &lead.case;
    let rules = world.office.rules();
    let (now, config) = (world.office.clock.now(), &rules.config);
    let is_held = case.owner.is_some() || matches!(case.handoff.stage, Stage::Captured | Stage::Scored);
    let asked = escalation::Case {
        lead: &case.lead,
        handoff: &case.handoff,
        policy: &config.policy,
        escalation: &config.escalation,
        trail: &lead.trail,
        count: case.facts.count,
        queue: case.queue.as_deref().filter(|_| !is_held),
        waiting_since: None,
        fired: &case.facts.fired,
    };
    if case.merged_into.is_none() {
        // The last instants of the drain pass without a look at the clock.
        let looked = now - chrono::Duration::seconds(5);
        let missed = escalation::due(&asked, looked);
        assert!(missed.is_empty(), "lead {}: missed {missed:?}; it wakes at {:?}, now {now}", case.id, case.wake_at);
    }
    let mut steps = BTreeSet::new();
    for fired in &case.facts.fired {
        assert!(steps.insert(&fired.step), "lead {}: {} was fired twice", case.id, fired.step);
    }
    let mut told = BTreeSet::new();
    for event in &lead.history {
        if let EventKind::Escalated { step, .. } = &event.what {
            assert!(told.insert(step), "lead {}: {step} was told twice", case.id);
        }
    }
}

pub fn left(world: &World) -> String {
    let mut left = Vec::new();
    for (rep, laptop) in world.laptops.iter().enumerate() {
        let items = laptop.store.outbox(9999).unwrap();
        let open = items.iter().filter(|item| matches!(item.state, OutboxState::Held | OutboxState::Waiting));
        left.extend(open.map(|item| {
            let (kind, error) = (item.event.what.code(), item.last_error.as_deref().unwrap_or("-"));
            let at = item.not_before;
            format!(
                "{} {} {kind} {:?} not before {at} ({error}), now {}",
                REPS[rep],
                item.lead,
                item.state,
                laptop.now()
            )
        }));
    }
    left.join("; ")
}

/// Each deed is at the hub once, or needs attention with a reason; a contact is at the hub; what was undone is nowhere.
fn deeds(world: &mut World, laptop: &Laptop, there: &[There]) {
    let mut at_hub: BTreeMap<uuid::Uuid, (i64, &EventKind)> = BTreeMap::new();
    for lead in there {
        for event in &lead.history {
            assert!(at_hub.insert(event.id, (lead.case.id, &event.what)).is_none(), "an event is there twice");
        }
    }
    let items = laptop.store.outbox(9999).unwrap();
    for deed in &laptop.ledger {
        let Deed { op, lead, what, .. } = deed;
        let item = items.iter().find(|item| item.op == *op);
        let item = item.unwrap_or_else(|| panic!("{} on {lead} is gone from the outbox", what.code()));
        let found = at_hub.get(op);
        let told =
            format!("{} on lead {lead} by {}: {:?}, {:?}", what.code(), laptop.net.name, item.state, item.last_error);
        world.tally.acts += 1;
        match found {
            Some((id, kind)) => {
                assert!(!deed.is_undone, "undone, and at the hub: {told}");
                let is_kept = matches!(kind, EventKind::ContactKept(_));
                let is_settled = item.state == OutboxState::Sent || is_kept && item.state == OutboxState::Kept;
                assert!(is_settled && id == lead, "at the hub, and not settled: {told}");
                assert!(is_kept || kind.code() == what.code(), "it became {}: {told}", kind.code());
                *(if is_kept { &mut world.tally.kept } else { &mut world.tally.applied }) += 1;
            }
            None if deed.is_undone => {
                assert_eq!(item.state, OutboxState::Cancelled, "{told}");
                world.tally.undone += 1;
            }
            None => {
                // What a contact implied needs nobody by itself; it stays with its reason.
                let is_implied = matches!(what, EventKind::Accepted { implicit: true });
                let is_told = item.state == OutboxState::Parked || is_implied && item.state == OutboxState::Cancelled;
                let is_parked = is_told && item.last_error.is_some();
                let is_seen = is_parked || deed.is_given_up;
                assert!(is_seen, "lost: {told}");
                // Only a hub that forgot the lead itself cannot keep the contact.
                let is_forgotten = world.was_restored;
                assert!(!deed.is_contact() || is_forgotten, "a contact is not at the hub: {told}");
                world.tally.parked += 1;
            }
        }
    }
}

/// What one rep did with a lead is there in the order in which it was done.
fn in_order(laptop: &Laptop, there: &[There]) {
    for lead in there {
        let mine = laptop.ledger.iter().filter(|deed| deed.lead == lead.case.id);
        let place = |deed: &Deed| lead.history.iter().position(|event| event.id == deed.op);
        let places: Vec<usize> = mine.filter_map(place).collect();
        assert!(places.is_sorted(), "lead {}: the order of {} is {places:?}", lead.case.id, laptop.net.name);
    }
}

/// What a laptop keeps to itself.
fn public(handoff: &Handoff) -> Handoff {
    Handoff { seq: 0, snoozed_until: None, skipped_at: None, ..handoff.clone() }
}

fn converged(rep: &str, laptop: &mut Laptop, there: &[There]) {
    let desk = laptop.store.desk().unwrap();
    for lead in there {
        let Case { id, handoff, owner, .. } = &lead.case;
        let is_theirs = owner.as_deref() == Some(rep) && lead.case.merged_into.is_none();
        let here = laptop.find(*id);
        if !is_theirs {
            let Some(here) = here else { continue };
            let dossier = laptop.store.inspect(here).unwrap();
            assert!(!dossier.handoff.stage.is_open(), "lead {id} left {rep} and is open there still");
            assert!(!desk.engaged.contains(&here), "lead {id} left {rep} and is owed there still");
            continue;
        }
        let here = here.unwrap_or_else(|| panic!("{rep} does not have lead {id}"));
        let dossier = laptop.store.inspect(here).unwrap();
        let told: Vec<&Event> = dossier.events.iter().filter(|event| !event.what.is_private()).collect();
        let undone: Vec<uuid::Uuid> = dossier
            .events
            .iter()
            .filter_map(|event| if let EventKind::Undone { event } = event.what { Some(event) } else { None })
            .collect();
        let told: Vec<(uuid::Uuid, &str)> = told
            .iter()
            .filter(|event| !undone.contains(&event.id))
            .map(|event| (event.id, event.what.code()))
            .collect();
        let history: Vec<(uuid::Uuid, &str)> = lead.history.iter().map(|event| (event.id, event.what.code())).collect();
        assert_eq!(told, history, "{rep}'s history of lead {id}");
        assert_eq!(public(&dossier.handoff), public(handoff), "{rep}'s lead {id}");
        assert_eq!(dossier.lead.score, lead.case.lead.score, "{rep}'s lead {id}");
        assert_eq!(dossier.lead.owner, *owner, "{rep}'s lead {id}");
    }
    // Those that the hub no longer has at all are not open.
    for item in laptop.store.outbox(9999).unwrap() {
        let is_there = there.iter().any(|lead| lead.case.id.to_string() == item.key.external_id);
        let dossier = laptop.store.inspect(item.lead).unwrap();
        assert!(
            is_there || !dossier.handoff.stage.is_open(),
            "{}: the hub has no such lead, and it is open",
            item.lead
        );
    }
}
