//! What is written to HubSpot: in its words, and once.

use leadbox::handoff::disposition::{Act, Outcome};
use leadbox::handoff::event::{Actor, Event, EventKind};
use leadbox::handoff::lead::LeadKey;
use leadbox::handoff::outbox::{Base, OutboxState};
use leadbox::handoff::state::Stage;
use leadbox::source::hubspot::{HubspotSource, KEY};
use leadbox::source::{Applied, Disposition, People, Probe, Source, own_activity};
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
        let step = RUNTIME.block_on(source.plan(&disposition)).unwrap().remove(0);
        assert_eq!(RUNTIME.block_on(source.probe(&step, None)).unwrap(), Probe::Absent, "nobody ever began it");
        shop.hubspot.advance(60);
        shop.hubspot.order("POST /crm/objects/2026-09/notes", 0, Fault::LostAfter);
        assert_eq!(RUNTIME.block_on(source.apply(&step)).unwrap(), Applied::Unknown);
        if is_restarted {
            source = shop.near();
        }
        let begun = shop.now();
        let look =
            |source: &mut HubspotSource| RUNTIME.block_on(source.probe(&step, Some(shop.now() - begun))).unwrap();
        // Of another program's call nobody knows when it ended.
        let longest = if is_restarted { 90 } else { 30 };
        let early = look(&mut source);
        assert!(matches!(early, Probe::TooEarly { lag } if (longest - 5..=longest).contains(&lag)), "{early:?}");
        shop.hubspot.advance(i64::from(longest) + 1);
        // It is there, but nobody sees it: it lacks its links.
        assert_eq!(look(&mut source), Probe::Absent);
        assert_eq!(RUNTIME.block_on(source.apply(&step)).unwrap(), Applied::Applied);
        assert_eq!(look(&mut source), Probe::Committed);
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
        let steps = RUNTIME.block_on(source.plan(&disposition(id, &shop, what))).unwrap();
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

/// `leadbox sync` from a timer: each run is another program, and none knows what the one before did but by the store.
#[test]
fn without_a_unique_property_one_run_after_the_other_sends_all() {
    let shop = Shop::new(Account { has_unique_on_activities: false, ..Account::enterprise() });
    let id = one(&shop);
    let mut desk = Desk::new(&shop, &RUNTIME);
    desk.settle();
    let called = desk.act(&id, &call(Outcome::Voicemail, "left word")).pop().unwrap();
    // Of a lead one goes out at a time: first that it was taken.
    for _ in 0..2 {
        desk.restart();
        desk.round(60);
    }
    assert_eq!((desk.sent(called.id).state, shop.writes(called.id)), (OutboxState::Sent, 1), "each by the first run");
    let rejected = desk.act(&id, &reject()).remove(0);
    desk.restart();
    shop.hubspot.order("POST /crm/objects/2026-09/notes", 0, Fault::LostAfter);
    for _ in 0..4 {
        desk.round(60);
        desk.restart();
    }
    assert_eq!((desk.sent(rejected.id).state, shop.writes(rejected.id)), (OutboxState::Sent, 1));
}

/// What the leads are, and how activities carry keys, is known before a step is kept, and stays as it was.
#[test]
fn a_step_is_made_for_what_the_account_is_and_looked_for_where_it_was_put() {
    let free = Shop::new(Account::free());
    let accepted = disposition(&one(&free), &free, EventKind::Accepted { implicit: true });
    let step = RUNTIME.block_on(free.near().plan(&accepted)).unwrap().remove(0);
    assert_eq!(step.body["property"], "hs_lead_status", "{step:?}");
    let shop = Shop::new(Account { has_unique_on_activities: false, ..Account::enterprise() });
    let resumed = disposition(&one(&shop), &shop, EventKind::Resumed);
    let step = RUNTIME.block_on(shop.near().plan(&resumed)).unwrap().remove(0);
    shop.hubspot.order("POST /crm/objects/2026-09/notes", 0, Fault::LostAfter);
    assert_eq!(RUNTIME.block_on(shop.near().apply(&step)).unwrap(), Applied::Unknown);
    // Now an administrator makes the property.
    shop.hubspot.account(|account| account.has_unique_on_activities = true);
    shop.hubspot.property("notes", KEY, "string", true);
    shop.hubspot.advance(600);
    let mut source = shop.near();
    let tried = Some(chrono::Duration::seconds(600));
    assert_eq!(RUNTIME.block_on(source.probe(&step, tried)).unwrap(), Probe::Absent, "it lacks its links");
    assert_eq!(RUNTIME.block_on(source.apply(&step)).unwrap(), Applied::Applied);
    assert_eq!(shop.writes(resumed.key), 1);
}

/// A mark that somebody cites, or that people typed there, is not our word: neither where it is looked for, nor in the trail.
#[test]
fn a_mark_in_what_others_wrote_is_not_taken_for_ours() {
    let shop = Shop::new(Account { has_unique_on_activities: false, ..Account::enterprise() });
    let id = one(&shop);
    let resumed = disposition(&id, &shop, EventKind::Resumed);
    let (at, key) = (shop.hubspot.now().to_string(), resumed.key.simple());
    let texts = [
        ("CRM_UI", format!("Taken up again<br>[leadbox:{key}]")),
        ("INTEGRATION", format!("you wrote [leadbox:{key}]")),
        ("INTEGRATION", format!("<p>[leadbox:{key}] is there</p><p>What is that?</p>")),
    ];
    for (by, text) in &texts {
        let properties = [("hs_timestamp", at.as_str()), ("hs_note_body", text), ("hs_object_source", by)];
        let note = shop.hubspot.create("notes", &properties);
        shop.hubspot.link("notes", &note, "leads", &id);
    }
    shop.hubspot.advance(600);
    let mut source = shop.near();
    let own = own_activity(resumed.key);
    let ours = |source: &mut HubspotSource| {
        let trail = RUNTIME.block_on(source.detail(&id)).unwrap().unwrap().arrival.trail;
        (trail.len(), trail.iter().filter(|activity| activity.external_id == own).count())
    };
    let step = RUNTIME.block_on(source.plan(&resumed)).unwrap().remove(0);
    assert_eq!(RUNTIME.block_on(source.probe(&step, None)).unwrap(), Probe::Absent);
    assert_eq!(ours(&mut source), (3, 0));
    assert_eq!(RUNTIME.block_on(source.apply(&step)).unwrap(), Applied::Applied);
    assert_eq!(shop.hubspot.ids("notes").len(), 4, "it was written all the same");
    shop.hubspot.advance(600);
    assert_eq!(ours(&mut source), (4, 1));
    assert_eq!(RUNTIME.block_on(shop.near().probe(&step, None)).unwrap(), Probe::Committed);
}

/// The answer is lost, the laptop is closed, and a colleague adds to the note before it is looked for.
#[test]
fn a_note_to_which_somebody_added_a_line_is_not_written_again() {
    let shop = Shop::new(Account { has_unique_on_activities: false, ..Account::enterprise() });
    let id = one(&shop);
    let resumed = disposition(&id, &shop, EventKind::Resumed);
    let step = RUNTIME.block_on(shop.near().plan(&resumed)).unwrap().remove(0);
    assert_eq!(RUNTIME.block_on(shop.near().apply(&step)).unwrap(), Applied::Applied);
    let note = shop.hubspot.linked("leads", &id, "notes").remove(0);
    let text = shop.hubspot.value("notes", &note, "hs_note_body").unwrap();
    shop.hubspot.edit("notes", &note, &[("hs_note_body", &format!("{text}<p>Ben: rang back</p>"))]);
    shop.hubspot.advance(600);
    let tried = Some(chrono::Duration::seconds(600));
    assert_eq!(RUNTIME.block_on(shop.near().probe(&step, tried)).unwrap(), Probe::Committed);
    // What people typed is theirs, whatever it has in it.
    shop.hubspot.edit("notes", &note, &[("hs_object_source", "CRM_UI")]);
    shop.hubspot.advance(600);
    assert_eq!(RUNTIME.block_on(shop.near().probe(&step, tried)).unwrap(), Probe::Absent);
}
