//! What a hub says of its leads, and what was done here meanwhile.

use crate::handoff::arrival::Word;
use crate::handoff::event::{Event, EventKind};
use crate::handoff::outbox::OutboxState;
use crate::handoff::state::Handoff;
use crate::handoff::unread::Unread;

use super::*;

const HUB: &str = "hub";

/// A hub with one lead, and what happened to it there.
pub(super) struct There {
    handoff: Handoff,
    history: Vec<Event>,
    pub(super) version: i64,
}

impl There {
    pub(super) fn new(world: &World) -> Self {
        Self { handoff: Handoff::arrived(&told(), world.now), history: Vec::new(), version: 1 }
    }

    pub(super) fn happen(&mut self, event: Event) {
        let event = Event { seq: self.handoff.seq + 1, ..event };
        self.handoff = crate::handoff::machine::apply(&self.handoff, &event).unwrap();
        self.history.push(event);
        self.version += 1;
    }

    pub(super) fn news(&mut self, world: &World, what: EventKind) {
        self.happen(Event::new(uuid::Uuid::now_v7(), 0, world.now, Actor::system(), what));
    }

    pub(super) fn tell(&self, store: &mut Store, world: &World) {
        self.tell_of(store, world, told());
        check(store, world);
    }

    /// Tells that this lead stands like this.
    pub(super) fn tell_of(&self, store: &mut Store, world: &World, lead: Lead) {
        // There it has a key of its own, and the owner stands elsewhere.
        let there =
            Lead { key: LeadKey { source: "web".into(), external_id: "p7".into() }, owner: None, ..lead.clone() };
        let word = Word {
            version: self.version,
            record: Unread::of(&there).unwrap(),
            handoff: self.handoff.clone(),
            history: Unread::of(&self.history).unwrap(),
        };
        let leads = vec![(Arrival { lead, trail: Vec::new(), told: None }, Some(word))];
        store.take_in(HUB, Batch { leads, next: Some("there".into()), ..Batch::default() }, &world.ctx()).unwrap();
    }
}

pub(super) fn told() -> Lead {
    let mut lead = lead(1);
    lead.key = LeadKey { source: HUB.into(), external_id: "7".into() };
    lead.created_at = Some(at("2026-11-20T08:00:00Z"));
    lead
}

pub(super) fn hub_store(there: &There, world: &World) -> Store {
    let mut store = Store::open_in_memory().unwrap();
    store.register_source(HUB, true).unwrap();
    there.tell(&mut store, world);
    store
}

pub(super) fn check(store: &Store, world: &World) {
    let ctx = world.ctx();
    let (kept, counted) = (store.counts(&ctx).unwrap(), store.counted(&ctx));
    assert_eq!((kept.by_tab, kept.to_send, kept.parked), (counted.by_tab, counted.to_send, counted.parked));
    assert!(store.replayed(id(1)).unwrap().is_ok());
    assert!(store.unreadable().unwrap().is_empty());
    let lead = store.inspect(id(1)).unwrap().lead;
    assert!(lead.key.source == HUB && lead.key.external_id.starts_with('7'), "known here as {:?}", lead.key);
}

fn gone_to(store: &mut Store, world: &World, why: &str) {
    let gone = vec![("7".into(), why.into(), None)];
    store.take_in(HUB, Batch { gone, next: Some("there".into()), ..Batch::default() }, &world.ctx()).unwrap();
}

pub(super) fn gone(store: &mut Store, world: &World) {
    gone_to(store, world, "given to ben");
    check(store, world);
}

pub(super) fn states(store: &Store) -> Vec<(&'static str, OutboxState)> {
    let mut items = store.outbox(99).unwrap();
    items.sort_by_key(|item| item.op);
    items.iter().map(|item| (item.event.what.code(), item.state)).collect()
}

fn shown(store: &Store) -> Vec<&'static str> {
    store.inspect(id(1)).unwrap().events.iter().map(|event| event.what.code()).collect()
}

pub(super) fn act(store: &mut Store, world: &World, act: &Act) -> Vec<Event> {
    store.act(id(1), act, &world.ctx()).unwrap().unwrap().events
}

#[test]
fn each_act_can_be_undone_although_its_events_have_other_numbers_now() {
    let mut world = World::new();
    let mut there = There::new(&world);
    let mut store = hub_store(&there, &world);
    act(&mut store, &world, &Act::Accept);
    world.pass(1);
    act(&mut store, &world, &call(Outcome::Reached));
    // One more at the hub: what was the first event is the second, which was the second act's.
    there.news(&world, EventKind::Overridden { why: "a test".into() });
    there.tell(&mut store, &world);
    store.undo(&world.ctx()).unwrap().unwrap();
    assert_eq!(store.inspect(id(1)).unwrap().handoff.stage, Stage::Accepted);
    store.undo(&world.ctx()).unwrap().unwrap();
    assert_eq!(store.inspect(id(1)).unwrap().handoff.stage, Stage::Assigned);
    assert!(states(&store).iter().all(|(_, state)| *state == OutboxState::Cancelled), "{:?}", states(&store));
    check(&store, &world);
}

#[test]
fn what_is_undone_is_not_sent_although_the_lead_went_away_meanwhile() {
    let world = World::new();
    let mut there = There::new(&world);
    let mut store = hub_store(&there, &world);
    act(&mut store, &world, &call(Outcome::Reached));
    gone(&mut store, &world);
    store.undo(&world.ctx()).unwrap().unwrap();
    assert_eq!(states(&store), [("accepted", OutboxState::Cancelled), ("attempted", OutboxState::Cancelled)]);
    // And if it comes back, nothing of that does.
    there.news(&world, EventKind::Overridden { why: "a test".into() });
    there.tell(&mut store, &world);
    assert_eq!(store.inspect(id(1)).unwrap().handoff.stage, Stage::Assigned);
}

#[test]
fn what_is_on_its_way_is_shown_again_when_the_lead_comes_back() {
    let mut world = World::new();
    let mut there = There::new(&world);
    let mut store = hub_store(&there, &world);
    act(&mut store, &world, &Act::Accept);
    gone(&mut store, &world);
    assert!(!store.inspect(id(1)).unwrap().handoff.stage.is_open());
    there.news(&world, EventKind::Overridden { why: "a test".into() });
    there.tell(&mut store, &world);
    assert_eq!(shown(&store), ["overridden", "accepted"]);
    world.pass(11);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap().len(), 1);
}

#[test]
fn what_the_hub_refused_is_not_shown_as_done_and_holds_nothing_back() {
    let mut world = World::new();
    let there = There::new(&world);
    let mut store = hub_store(&there, &world);
    let op = act(&mut store, &world, &Act::Accept)[0].id;
    act(&mut store, &world, &call(Outcome::Reached));
    world.pass(11);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap().len(), 1);
    store.refuse(op, "not now", &world.ctx()).unwrap();
    assert_eq!(store.inspect(id(1)).unwrap().handoff.stage, Stage::Assigned);
    assert_eq!(shown(&store), <[&str; 0]>::default());
    check(&store, &world);
    let due = store.outbox_due(world.now, 9, &[]).unwrap();
    assert_eq!(due[0].event.what.code(), "attempted", "a contact gets through");
    store.mark_kept(due[0].op, "the contact is kept; it was not accepted").unwrap();
    assert_eq!(states(&store), [("accepted", OutboxState::Parked), ("attempted", OutboxState::Kept)]);
}

#[test]
fn what_the_hub_tells_by_itself_needs_nobody_s_attention() {
    let mut world = World::new();
    let mut there = There::new(&world);
    let mut store = hub_store(&there, &world);
    let event = act(&mut store, &world, &Act::Accept).remove(0);
    world.pass(11);
    store.outbox_due(world.now, 9, &[]).unwrap();
    // It had arrived twice: its answer was lost, and whatever came back was misread.
    store.refuse(event.id, "misread", &world.ctx()).unwrap();
    there.happen(event);
    there.tell(&mut store, &world);
    assert_eq!(states(&store), [("accepted", OutboxState::Sent)]);
    assert_eq!(shown(&store), ["accepted"]);
}

#[test]
fn a_clock_that_was_set_back_keeps_nothing_from_being_sent() {
    let mut world = World::new();
    let there = There::new(&world);
    let mut store = hub_store(&there, &world);
    let op = act(&mut store, &world, &Act::Accept)[0].id;
    world.pass(-5);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap(), [], "it can still be undone");
    world.pass(-86_400);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap().len(), 1);
    store.mark_retry(op, world.now + Duration::seconds(30), "no network").unwrap();
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap(), []);
    world.pass(-3600);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap().len(), 1);
}

#[test]
fn a_hub_that_forgot_is_offered_what_it_had_and_what_it_does_not_tell_of_is_closed() {
    let mut world = World::new();
    let mut there = There::new(&world);
    let mut store = hub_store(&there, &world);
    let event = act(&mut store, &world, &Act::Accept).remove(0);
    world.pass(11);
    store.outbox_due(world.now, 9, &[]).unwrap();
    store.mark_sent(event.id).unwrap();
    let before = There { handoff: there.handoff.clone(), history: Vec::new(), version: 1 };
    there.happen(event);
    there.tell(&mut store, &world);

    store.begin_again(HUB, &world.ctx()).unwrap();
    check(&store, &world);
    assert_eq!(store.cursor(HUB).unwrap(), None);
    assert_eq!(states(&store), [("accepted", OutboxState::Waiting)]);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap(), [], "not before the hub told of the lead again");
    before.tell(&mut store, &world);
    assert!(store.end_again(HUB, &world.ctx()).unwrap() && !store.end_again(HUB, &world.ctx()).unwrap());
    assert_eq!(shown(&store), ["accepted"], "what was acknowledged stays done");
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap().len(), 1);

    store.begin_again(HUB, &world.ctx()).unwrap();
    store.end_again(HUB, &world.ctx()).unwrap();
    assert!(!store.inspect(id(1)).unwrap().handoff.stage.is_open());
    check(&store, &world);
}

#[test]
fn a_number_that_a_forgetful_hub_gave_to_another_lead_is_that_lead_s() {
    let mut world = World::new();
    let there = There::new(&world);
    let mut store = hub_store(&there, &world);
    act(&mut store, &world, &Act::Accept);
    world.pass(11);
    store.begin_again(HUB, &world.ctx()).unwrap();
    let mut other = told();
    other.created_at = Some(world.now);
    there.tell_of(&mut store, &world, other);
    store.end_again(HUB, &world.ctx()).unwrap();
    assert_eq!(store.find("hub:7").unwrap(), Some(id(2)));
    let (before, now) = (store.inspect(id(1)).unwrap(), store.inspect(id(2)).unwrap());
    assert_eq!((before.handoff.stage.is_open(), now.handoff.stage), (false, Stage::Assigned));
    let due = store.outbox_due(world.now, 9, &[]).unwrap();
    assert_eq!(due[0].key.external_id, "7~L-1", "nothing of it goes to the other");
}

#[test]
fn what_was_answered_and_taken_away_goes_to_nobody_else_s_lead_after_the_hub_forgot_it() {
    let mut world = World::new();
    let there = There::new(&world);
    let mut store = hub_store(&there, &world);
    let rejection = act(&mut store, &world, &reject()).remove(0);
    world.pass(11);
    store.outbox_due(world.now, 9, &[]).unwrap();
    store.mark_sent(rejection.id).unwrap();
    gone(&mut store, &world);
    let away = store.inspect(id(1)).unwrap();
    world.pass(60);

    store.begin_again(HUB, &world.ctx()).unwrap();
    assert_eq!(states(&store), [("rejected", OutboxState::Waiting)]);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap(), [], "not before the hub told what that number is now");
    let mut other = told();
    other.created_at = Some(world.now);
    there.tell_of(&mut store, &world, other);
    store.end_again(HUB, &world.ctx()).unwrap();
    assert_eq!(store.find("hub:7").unwrap(), Some(id(2)));
    let due = store.outbox_due(world.now, 9, &[]).unwrap();
    assert!(due.iter().all(|item| item.key.external_id == "7~L-1"), "nothing of it goes to the other: {due:?}");
    assert_eq!(store.inspect(id(1)).unwrap().handoff.closed_at, away.handoff.closed_at);
    check(&store, &world);
}

#[test]
fn what_was_taken_away_before_stays_as_it_was_where_a_forgetful_hub_does_not_tell_of_it() {
    let mut world = World::new();
    let there = There::new(&world);
    let mut store = hub_store(&there, &world);
    gone(&mut store, &world);
    let away = store.inspect(id(1)).unwrap();
    for _ in 0..2 {
        world.pass(3600);
        store.begin_again(HUB, &world.ctx()).unwrap();
        // Interrupted once, and told once more that it is gone.
        store.begin_again(HUB, &world.ctx()).unwrap();
        gone_to(&mut store, &world, "given to bo");
        store.end_again(HUB, &world.ctx()).unwrap();
        let now = store.inspect(id(1)).unwrap();
        assert_eq!((now.handoff.closed_at, &now.lead.stage.reason), (away.handoff.closed_at, &away.lead.stage.reason));
    }
    there.tell(&mut store, &world);
    assert!(store.inspect(id(1)).unwrap().handoff.stage.is_open(), "told of again, it is back");
}

#[test]
fn what_was_taken_away_says_to_whom_and_why_and_calls_itself_recycled_nowhere() {
    let mut world = World::new();
    let mut there = There::new(&world);
    let mut store = hub_store(&there, &world);
    store.engage(id(1), &world.ctx()).unwrap().unwrap();
    world.pass(30);
    let why = "given to ben: nobody answered it in the first window";
    gone_to(&mut store, &world, why);
    for _ in 0..2 {
        let summary = store.summary(id(1)).unwrap().unwrap();
        assert_eq!((summary.taken_away.as_deref(), summary.closed_at), (Some(why), Some(world.now)));
        let refusal = Refusal::TakenAway { lead: id(1), why: why.into() };
        let told = refusal.to_string();
        assert!(told.contains(why) && !told.contains("recycled"), "{told}");
        assert_eq!(store.dossier(id(1), &world.ctx()).unwrap().unwrap_err(), refusal);
        assert_eq!(store.engage(id(1), &world.ctx()).unwrap().unwrap_err(), refusal);
        assert_eq!(store.act(id(1), &Act::Accept, &world.ctx()).unwrap().unwrap_err(), refusal);
        // The same while the hub is read anew.
        store.begin_again(HUB, &world.ctx()).unwrap();
    }
    there.news(&world, EventKind::Overridden { why: "a test".into() });
    there.tell(&mut store, &world);
    assert_eq!(store.summary(id(1)).unwrap().unwrap().taken_away, None, "it is back");
    // Heard of a day later, it is told of with its own time.
    let then = world.now;
    world.pass(86_400);
    let gone = vec![("7".into(), why.into(), Some(then))];
    store.take_in(HUB, Batch { gone, next: Some("there".into()), ..Batch::default() }, &world.ctx()).unwrap();
    assert_eq!(store.summary(id(1)).unwrap().unwrap().closed_at, Some(then));
}

#[test]
fn what_was_taken_away_is_nobody_s_work_and_an_answer_is() {
    let mut world = World::new();
    let mut there = There::new(&world);
    let mut store = hub_store(&there, &world);
    // The hub's own steps, and a contact that is nothing but a fact.
    there.news(&world, EventKind::Overridden { why: "a test".into() });
    let Act::Attempt(contact) = call(Outcome::Reached) else { panic!() };
    let fact = EventKind::ContactKept(contact);
    there.happen(Event::new(uuid::Uuid::now_v7(), 0, world.now, Actor::rep("bo"), fact));
    there.tell(&mut store, &world);
    gone(&mut store, &world);
    assert_eq!(store.counts(&world.ctx()).unwrap().done_today, 0);
    there.news(&world, EventKind::Overridden { why: "a test".into() });
    there.tell(&mut store, &world);
    let op = act(&mut store, &world, &reject()).remove(0).id;
    assert_eq!(store.counts(&world.ctx()).unwrap().done_today, 1);
    world.pass(11);
    store.outbox_due(world.now, 9, &[]).unwrap();
    store.mark_sent(op).unwrap();
    gone(&mut store, &world);
    assert_eq!(store.counts(&world.ctx()).unwrap().done_today, 1, "it was answered, and then went elsewhere");
}

#[test]
fn a_step_that_only_a_newer_program_can_read_hides_none_of_the_others() {
    let world = World::new();
    let mut there = There::new(&world);
    there.news(&world, EventKind::Overridden { why: "a test".into() });
    let mut store = hub_store(&there, &world);
    let later = r#"{"id":"01a1ff52-b312-7167-8f9b-9e6b95504ab5","seq":2,"at":"2026-11-20T09:00:00Z",
        "actor":{"role":"system","name":"leadbox"},"what":{"kind":"of_a_later_kind"}}"#;
    let history = Unread::of(&there.history).unwrap();
    let history = Unread::new(history.json().replace(']', &format!(",{later}]")));
    let record = Unread::of(&told()).unwrap();
    let word = Word { version: there.version + 1, record, handoff: there.handoff.clone(), history };
    let leads = vec![(Arrival { lead: told(), ..Arrival::default() }, Some(word))];
    store.take_in(HUB, Batch { leads, ..Batch::default() }, &world.ctx()).unwrap();
    let dossier = store.inspect(id(1)).unwrap();
    assert_eq!((dossier.events.len(), dossier.unread), (1, 1));
    check(&store, &world);
}

#[test]
fn an_act_keeps_by_how_much_its_clock_was_set_right() {
    let mut world = World::new();
    let mut store = hub_store(&There::new(&world), &world);
    let ahead = chrono::Duration::hours(1);
    let ctx = Ctx { ahead, ..world.ctx() };
    store.engage(id(1), &ctx).unwrap().unwrap();
    store.act(id(1), &Act::Accept, &ctx).unwrap().unwrap();
    world.pass(11);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap()[0].ahead, ahead);
}

#[test]
fn another_one_s_lead_is_read_and_owes_nothing_to_whoever_directs_the_team() {
    let world = World::new();
    let mut there = There::new(&world);
    let mut store = Store::open_in_memory().unwrap();
    store.register_source(HUB, true).unwrap();
    store.set_account(Some("max")).unwrap();
    let tell = |store: &mut Store, there: &There, owner: &str| {
        let lead = Lead { owner: Some(owner.into()), ..told() };
        there.tell_of(store, &world, lead);
        while store.wake(&world.ctx(), 9).unwrap() > 0 {}
        check(store, &world);
    };
    tell(&mut store, &there, "ana");
    let theirs = |store: &Store| (store.is_theirs(id(1)).unwrap(), store.next_candidate(None).unwrap());
    assert_eq!(theirs(&store), (true, None));
    assert_eq!(store.counts(&world.ctx()).unwrap().new_own, 0, "no bell for it");
    let refusal = Refusal::Theirs { lead: id(1), owner: "ana".into() };
    assert_eq!(store.engage(id(1), &world.ctx()).unwrap(), Err(refusal.clone()));
    assert_eq!(store.act(id(1), &Act::Accept, &world.ctx()).unwrap().unwrap_err(), refusal);
    assert!(store.dossier(id(1), &world.ctx()).unwrap().is_ok(), "it can be read");
    // It came to oneself, and went again while it was open.
    there.version += 1;
    tell(&mut store, &there, "max");
    assert_eq!(theirs(&store), (false, Some(id(1))));
    assert_eq!(store.counts(&world.ctx()).unwrap().new_own, 1);
    store.engage(id(1), &world.ctx()).unwrap().unwrap();
    there.version += 1;
    tell(&mut store, &there, "ana");
    assert_eq!(store.desk().unwrap().current(), None);
    // Nobody is signed in any more.
    store.set_account(None).unwrap();
    while store.wake(&world.ctx(), 9).unwrap() > 0 {}
    assert_eq!(theirs(&store), (false, Some(id(1))));
}

#[test]
fn a_hub_s_refusal_is_not_sent_once_more() {
    let mut world = World::new();
    let there = There::new(&world);
    let mut store = hub_store(&there, &world);
    let op = act(&mut store, &world, &Act::Accept)[0].id;
    world.pass(11);
    store.outbox_due(world.now, 9, &[]).unwrap();
    store.refuse(op, "not now", &world.ctx()).unwrap();
    assert_eq!(store.retry_parked(None, world.now).unwrap(), 0);
}
