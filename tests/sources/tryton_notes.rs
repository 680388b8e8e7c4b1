//! Which notes in Tryton are ours: those whose mark stands where we put it, by whatever user of the configuration's they were
//! written, and none that cites one.

use chrono::{Duration, Utc};
use leadbox::handoff::event::{Actor, Event, EventKind};
use leadbox::handoff::lead::LeadKey;
use leadbox::handoff::outbox::Base;
use leadbox::source::{Applied, Disposition, People, Probe, Source, Step, own_activity};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::conformance::{Crm, Place, one};
use crate::tryton_source::{Office, alone};

/// The step that notes that a lead was taken up again.
fn resumed(id: &str, source: &mut dyn Source, runtime: &Runtime) -> Step {
    let event = Event::new(Uuid::now_v7(), 1, Utc::now(), Actor::rep("ana"), EventKind::Resumed);
    let lead = LeadKey { source: "crm".into(), external_id: id.into() };
    let (base, people) = (Base::default(), People::default());
    let done = Disposition { key: event.id, lead, base, event, ahead: Duration::zero(), people };
    runtime.block_on(source.plan(&done)).unwrap().remove(0)
}

/// How many activities the trail has, and how many of them are this step's.
fn trail(id: &str, step: &Step, source: &mut dyn Source, runtime: &Runtime) -> (usize, usize) {
    let trail = runtime.block_on(source.detail(id)).unwrap().unwrap().arrival.trail;
    let own = own_activity(step.key);
    (trail.len(), trail.iter().filter(|activity| activity.external_id == own).count())
}

fn with_a_lead(case: impl FnOnce(&Office, &Runtime, &str, &mut dyn Source)) {
    alone(|office, runtime| {
        let id = one(office);
        case(office, runtime, &id, office.source().as_mut());
    });
}

#[test]
fn a_note_that_cites_a_mark_is_somebody_s_own() {
    with_a_lead(|office, runtime, id, source| {
        let step = resumed(id, source, runtime);
        let mark = format!("[leadbox:{}]", step.key);
        for cited in [format!("What is {mark}?"), format!("re: your note {mark}"), format!("{mark} is what it says")] {
            office.tryton.add_note(id.parse().unwrap(), &cited);
        }
        assert_eq!(runtime.block_on(source.probe(&step, None)).unwrap(), Probe::Absent);
        assert_eq!(trail(id, &step, source, runtime), (3, 0));
        for _ in 0..2 {
            assert_eq!(runtime.block_on(source.apply(&step)).unwrap(), Applied::Applied);
            assert_eq!((office.tryton.count_notes(&mark), office.writes(step.key)), (4, 4), "theirs, and ours once");
        }
        assert_eq!(runtime.block_on(source.probe(&step, None)).unwrap(), Probe::Committed);
        assert_eq!(trail(id, &step, source, runtime), (4, 1));
    });
}

/// Nobody knows what became of the call, and before it is looked for, a colleague adds to what stands there.
#[test]
fn a_note_to_which_somebody_added_a_line_is_not_written_again() {
    with_a_lead(|office, runtime, id, source| {
        let step = resumed(id, source, runtime);
        let text = step.body["text"].as_str().unwrap();
        office.tryton.add_note(id.parse().unwrap(), &format!("{text}\nBen: rang back, wants Tuesday"));
        assert_eq!(runtime.block_on(source.probe(&step, None)).unwrap(), Probe::Committed);
        assert_eq!(runtime.block_on(source.apply(&step)).unwrap(), Applied::Applied);
        assert_eq!((office.writes(step.key), trail(id, &step, source, runtime)), (1, (1, 0)), "theirs in the trail");
    });
}

/// Nobody knows what became of the call, and then another user is put into the configuration.
#[test]
fn a_note_that_was_written_as_another_user_is_not_written_again() {
    with_a_lead(|office, runtime, id, source| {
        let step = resumed(id, source, runtime);
        let text = step.body["text"].as_str().unwrap();
        office.tryton.add_note(id.parse().unwrap(), text);
        assert_eq!(runtime.block_on(source.probe(&step, None)).unwrap(), Probe::Committed);
        assert_eq!(runtime.block_on(source.apply(&step)).unwrap(), Applied::Applied);
        assert_eq!((office.writes(step.key), trail(id, &step, source, runtime)), (1, (1, 1)));
    });
}
