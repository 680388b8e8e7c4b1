//! What is written to HubSpot: in its words, and once.

use leadbox::handoff::disposition::{Act, Outcome};
use leadbox::handoff::event::{Actor, Event, EventKind};
use leadbox::handoff::lead::LeadKey;
use leadbox::handoff::outbox::{Base, OutboxState};
use leadbox::handoff::state::Stage;
use leadbox::source::{Applied, Disposition, People, Probe, Source};
use uuid::Uuid;

use crate::conformance::desk::{Desk, call, reject};
use crate::conformance::{Crm, Place, one};
use crate::hubspot::{Account, Fault};
use crate::hubspot_shop::{RUNTIME, Shop};

#[test]
fn a_stage_that_wants_more_is_refused_in_words() {
    let shop = Shop::new(Account::enterprise());
    let id = one(&shop);
    shop.hubspot.pipelines(|pipelines| {
        let stages = pipelines.iter_mut().flat_map(|pipeline| &mut pipeline.stages);
        stages.for_each(|stage| stage.wants_reason |= stage.id == "attempting-stage-id");
    });
    let mut desk = Desk::new(&shop, &RUNTIME);
    desk.settle();
    let accepted = desk.act(&id, &Act::Accept).remove(0);
    desk.settle();
    let item = desk.sent(accepted.id);
    assert_eq!(item.state, OutboxState::Parked, "{item:?}");
    let why = item.last_error.unwrap();
    assert!(why.contains("filled in") && why.contains("hs_lead_disqualification_reason"), "{why}");
}

#[test]
fn a_rejection_carries_its_reason_and_its_note() {
    let shop = Shop::new(Account::enterprise());
    let id = one(&shop);
    let mut desk = Desk::new(&shop, &RUNTIME);
    desk.settle();
    desk.act(&id, &reject());
    desk.settle();
    let value = |name: &str| shop.hubspot.value("leads", &id, name);
    assert_eq!(value("hs_pipeline_stage").as_deref(), Some("unqualified-stage-id"));
    assert_eq!(value("hs_lead_disqualification_reason").as_deref(), Some("NOT_A_FIT"));
    let note = shop.hubspot.linked("leads", &id, "notes").remove(0);
    let text = shop.hubspot.value("notes", &note, "hs_note_body").unwrap();
    assert_eq!(text, "Rejected: budget – not before 2028");
    assert_eq!(shop.hubspot.value("notes", &note, "hubspot_owner_id").as_deref(), Some("501"));
}

/// What a rep did, as it is handed to the source.
fn disposition(id: &str, shop: &Shop, what: EventKind) -> Disposition {
    let event = Event::new(Uuid::now_v7(), 1, shop.now(), Actor::rep("mia"), what);
    let base = Base { owner: Some("Ana Ruiz".into()), ..Base::default() };
    let lead = LeadKey { source: "crm".into(), external_id: id.into() };
    Disposition { key: event.id, lead, base, event, ahead: chrono::Duration::zero(), people: People::default() }
}

/// Search does not know yet what was written a moment ago: nothing is written again before it does.
#[test]
fn without_a_unique_property_what_may_be_there_is_waited_for() {
    for is_restarted in [false, true] {
        let shop = Shop::new(Account { has_unique_on_activities: false, ..Account::enterprise() });
        shop.hubspot.habits(|habits| (habits.lag, habits.is_lag_uneven) = (20, false));
        let disposition = disposition(&one(&shop), &shop, EventKind::Resumed);
        let mut source = shop.near();
        let step = source.plan(&disposition).remove(0);
        shop.hubspot.advance(60);
        shop.hubspot.order("POST /crm/objects/2026-09/notes", 0, Fault::LostAfter);
        assert_eq!(RUNTIME.block_on(source.apply(&step)).unwrap(), Applied::Unknown);
        if is_restarted {
            source = shop.near();
        }
        let early = RUNTIME.block_on(source.probe(&step)).unwrap();
        assert!(matches!(early, Probe::TooEarly { lag: 1..=30 }), "{early:?}");
        shop.hubspot.advance(31);
        // It is there, but nobody sees it: it lacks its links.
        assert_eq!(RUNTIME.block_on(source.probe(&step)).unwrap(), Probe::Absent);
        assert_eq!(RUNTIME.block_on(source.apply(&step)).unwrap(), Applied::Applied);
        assert_eq!(RUNTIME.block_on(source.probe(&step)).unwrap(), Probe::Committed);
        assert_eq!(shop.writes(disposition.key), 1);
    }
}

#[test]
fn a_lead_is_given_to_somebody_else_unless_it_is_elsewhere_already() {
    let shop = Shop::new(Account::enterprise());
    shop.hubspot.owner(503, "cy@example.com", "Cy", "Young");
    let (here, elsewhere) = (one(&shop), one(&shop));
    shop.give_away(&elsewhere);
    let mut source = shop.near();
    let mut given = |id: &str, to: &str| {
        let what = EventKind::Assigned { to: to.into() };
        let steps = source.plan(&disposition(id, &shop, what));
        RUNTIME.block_on(source.apply(&steps[0])).unwrap()
    };
    assert_eq!(given(&here, "Cy Young"), Applied::Applied);
    assert_eq!(given(&here, "cy@example.com"), Applied::Applied, "it is theirs already");
    assert_eq!(shop.hubspot.value("leads", &here, "hubspot_owner_id").as_deref(), Some("503"));
    assert!(matches!(given(&elsewhere, "Cy Young"), Applied::Conflict { why, .. } if why.contains("Ben Ode")));
    assert_eq!(shop.hubspot.value("leads", &elsewhere, "hubspot_owner_id").as_deref(), Some("502"));
    assert!(matches!(given(&here, "Nobody"), Applied::Rejected { .. }));
}

/// Each kind of write goes wrong in each way, in an account with unique properties and in one without.
#[test]
fn whatever_becomes_of_a_write_it_is_there_once() {
    let writes =
        ["PATCH", "PUT", "/calls/batch/upsert", "/notes/batch/upsert", "POST /crm/objects/2026-09/calls", "batch/read"];
    let faults = [Fault::LostBefore, Fault::LostAfter, Fault::Html, Fault::Garbage, Fault::Half, Fault::Say(502, None)];
    for account in [Account::enterprise(), Account { has_unique_on_activities: false, ..Account::enterprise() }] {
        let shop = Shop::new(account);
        for (kind, fault) in writes.iter().flat_map(|kind| faults.map(|fault| (kind, fault))) {
            let id = one(&shop);
            let mut desk = Desk::new(&shop, &RUNTIME);
            desk.settle();
            let called = desk.act(&id, &call(Outcome::Voicemail, "left word")).pop().unwrap();
            let rejected = desk.act(&id, &reject()).remove(0);
            shop.hubspot.order(kind, 0, fault);
            shop.hubspot.order(kind, 1, fault);
            desk.settle();
            shop.hubspot.mend();
            for op in [called.id, rejected.id] {
                assert_eq!(desk.sent(op).state, OutboxState::Sent, "{kind} {fault:?}: {:?}", desk.sent(op));
                assert_eq!(shop.writes(op), 1, "{kind} {fault:?}");
            }
            assert_eq!(shop.stage(&id), Some(Stage::Rejected), "{kind} {fault:?}");
        }
    }
}
