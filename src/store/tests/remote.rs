//! Leads of a CRM.

use super::*;
use crate::handoff::event::EventKind;
use crate::handoff::outbox::OutboxState;

fn told(n: usize, raw: &str, stage: Stage) -> Arrival {
    let mut lead = lead(n);
    (lead.stage.raw, lead.stage.canonical) = (Some(raw.into()), Some(stage));
    Arrival { lead, trail: Vec::new(), told: None }
}

fn take(store: &mut Store, arrival: Arrival, world: &World) {
    let batch = Batch { leads: vec![(arrival, None)], ..Batch::default() };
    store.take_in("crm", batch, &world.ctx()).unwrap();
    check_truth(store, world);
}

fn leaves(store: &mut Store, n: usize, why: &str, world: &World) {
    let gone = vec![(format!("x{n}"), why.to_owned(), None)];
    store.take_in("crm", Batch { gone, ..Batch::default() }, &world.ctx()).unwrap();
    check_truth(store, world);
}

fn moves(store: &Store, n: i64) -> usize {
    let events = store.inspect(id(n)).unwrap().events;
    events.iter().filter(|event| matches!(event.what, EventKind::MovedAtSource { .. })).count()
}

fn stage(store: &Store, n: i64) -> Stage {
    store.inspect(id(n)).unwrap().handoff.stage
}

#[test]
fn what_we_wrote_is_no_news_and_what_others_wrote_is() {
    let mut world = World::new();
    let mut store = store(&world, 2);
    take(&mut store, told(1, "New", Stage::Assigned), &world);
    let op = store.act(id(1), &Act::Accept, &world.ctx()).unwrap().unwrap().events[0].id;
    world.pass(60);
    let item = store.outbox_due(world.now, 9, &[]).unwrap().remove(0);
    assert_eq!((item.op, item.base.stage.as_deref()), (op, Some("New")));
    store.begin_steps(op, "[]", Some((0, "Working")), world.now).unwrap();
    store.mark_sent(op).unwrap();
    // The mapping makes more of the word than was meant by it.
    take(&mut store, told(1, "Working", Stage::Attempted), &world);
    assert_eq!((stage(&store, 1), moves(&store, 1)), (Stage::Accepted, 0));
    take(&mut store, told(1, "Closed", Stage::Rejected), &world);
    assert_eq!((stage(&store, 1), moves(&store, 1)), (Stage::Rejected, 1));
    // By somebody else it is news, although we had written the same word once.
    take(&mut store, told(1, "Working", Stage::Attempted), &world);
    assert_eq!((stage(&store, 1), moves(&store, 1)), (Stage::Attempted, 2));
    assert_eq!(store.inspect(id(1)).unwrap().events[0].id, op, "what was done here stays");
}

#[test]
fn a_disposition_is_based_upon_what_the_rep_saw_and_goes_on_as_it_was_begun() {
    let mut world = World::new();
    let mut store = store(&world, 1);
    take(&mut store, told(1, "New", Stage::Assigned), &world);
    let op = store.act(id(1), &reject(), &world.ctx()).unwrap().unwrap().events[0].id;
    take(&mut store, told(1, "Won", Stage::Opportunity), &world);
    world.pass(60);
    let item = store.outbox_due(world.now, 9, &[]).unwrap().remove(0);
    assert_eq!((item.op, item.base.stage.as_deref(), item.steps), (op, Some("New"), None));
    store.begin_steps(op, "[1,2]", Some((1, "Lost")), world.now).unwrap();
    store.note_steps(op, 1).unwrap();
    store.mark_retry(op, world.now, "no answer").unwrap();
    let item = store.outbox_due(world.now, 9, &[]).unwrap().remove(0);
    assert_eq!((item.steps.as_deref(), item.done, item.base.wrote.as_deref()), (Some("[1,2]"), 1, Some("Lost")));
}

#[test]
fn what_left_is_taken_away_with_all_that_was_done_and_may_come_back() {
    let mut world = World::new();
    let mut store = store(&world, 3);
    let called = store.act(id(1), &call(Outcome::Voicemail), &world.ctx()).unwrap().unwrap();
    world.pass(60);
    for n in [1, 2] {
        leaves(&mut store, n, "given to Bo", &world);
        let row = store.summary(id(n as i64)).unwrap().unwrap();
        assert_eq!(row.taken_away.as_deref(), Some("given to Bo"));
        let refused = store.act(id(n as i64), &Act::Accept, &world.ctx()).unwrap().unwrap_err();
        assert!(matches!(refused, Refusal::TakenAway { .. }), "{refused}");
        leaves(&mut store, n, "given to Bo", &world);
        assert_eq!(moves(&store, n as i64), 1, "once");
    }
    // What was done before goes out all the same.
    let due = store.outbox_due(world.now, 9, &[]).unwrap();
    assert!(due.iter().any(|item| called.events.iter().any(|event| event.id == item.op)), "{due:?}");
    for n in [1, 2] {
        take(&mut store, Arrival { lead: lead(n), trail: Vec::new(), told: None }, &world);
        let row = store.summary(id(n as i64)).unwrap().unwrap();
        assert_eq!((row.stage, row.taken_away), (Stage::Assigned, None));
    }
    let events = store.inspect(id(1)).unwrap().events;
    assert!(called.events.iter().all(|event| events.contains(event)));
    store.act(id(2), &Act::Accept, &world.ctx()).unwrap().unwrap();
    // What is over here needs no word of where it went.
    store.act(id(3), &reject(), &world.ctx()).unwrap().unwrap();
    leaves(&mut store, 3, "deleted there", &world);
    assert_eq!((stage(&store, 3), moves(&store, 3)), (Stage::Rejected, 0));
    assert!(store.outbox(9).unwrap().iter().all(|item| item.state != OutboxState::Parked));
}

#[test]
fn the_one_in_front_is_looked_at_again_and_the_next_ones_once() {
    let mut world = World::new();
    let mut store = store(&world, 3);
    let wants = |store: &Store, world: &World, ahead| store.wants_detail("crm", world.now, ahead).unwrap();
    assert_eq!((wants(&store, &world, 2).len(), wants(&store, &world, 0).len()), (2, 0));
    store.engage(id(3), &world.ctx()).unwrap().unwrap();
    assert_eq!(wants(&store, &world, 0), ["x3"]);
    for id in ["x1", "x2", "x3"] {
        store.note_detail("crm", id, world.now).unwrap();
    }
    assert_eq!(wants(&store, &world, 9), [""; 0]);
    world.pass(61);
    assert_eq!(wants(&store, &world, 9), ["x3"]);
    // What changed is fetched anew.
    take(&mut store, told(1, "Other", Stage::Assigned), &world);
    assert_eq!(wants(&store, &world, 9), ["x3", "x1"]);
    assert_eq!(store.open_at("crm").unwrap(), ["x1", "x2", "x3"]);
    assert_eq!(store.open_at("other").unwrap(), [""; 0]);
}

#[test]
fn what_its_crm_does_not_know_differs_until_it_was_told() {
    let mut world = World::new();
    let mut store = store(&world, 2);
    take(&mut store, told(1, "New", Stage::Assigned), &world);
    let acted_at = world.now;
    let op = store.act(id(1), &Act::Accept, &world.ctx()).unwrap().unwrap().events[0].id;
    let differs = |store: &Store, world: &World| store.divergences(world.now).unwrap();
    assert_eq!(differs(&store, &world), [], "it can still be undone");
    world.pass(60);
    store.outbox_due(world.now, 9, &[]).unwrap();
    assert!(differs(&store, &world)[0].why.contains("not sent yet"));
    store.begin_steps(op, "[]", Some((0, "Working")), world.now).unwrap();
    store.park(op, "no such stage").unwrap();
    let found = differs(&store, &world).remove(0);
    assert_eq!((found.since, found.why.as_str()), (acted_at, "it was refused there: no such stage"));
    assert_eq!((found.this.value.as_deref(), found.that.value.as_deref()), (Some("accepted"), Some("New")));
    store.retry_parked(None, world.now).unwrap();
    store.outbox_due(world.now, 9, &[]).unwrap();
    store.begin_steps(op, "[]", Some((0, "Working")), world.now).unwrap();
    store.mark_sent(op).unwrap();
    assert_eq!(differs(&store, &world), [], "what we wrote stands there, until it says otherwise");
    // The other lead's mapping has no word for what was done.
    take(&mut store, told(2, "New", Stage::Assigned), &world);
    let op = store.act(id(2), &Act::Accept, &world.ctx()).unwrap().unwrap().events[0].id;
    world.pass(60);
    store.outbox_due(world.now, 9, &[]).unwrap();
    store.mark_sent(op).unwrap();
    let found = differs(&store, &world);
    assert_eq!((found.len(), found[0].lead), (1, id(2)));
    assert!(found[0].why.contains("no stage there in the mapping"));
    // A deferral needs none, once it is told.
    take(&mut store, told(3, "New", Stage::Assigned), &world);
    let op = store.act(id(3), &defer(&world, 3), &world.ctx()).unwrap().unwrap().events[0].id;
    world.pass(60);
    let standing = |store: &Store, world: &World| store.outbox(9).unwrap()[0].standing(world.now);
    assert_eq!(standing(&store, &world), OutboxState::Waiting, "its time has come, although nobody sends");
    assert_eq!(differs(&store, &world).len(), 1, "nobody has begun to send it");
    store.outbox_due(world.now, 9, &[]).unwrap();
    assert_eq!(differs(&store, &world).len(), 2);
    store.mark_sent(op).unwrap();
    assert_eq!(differs(&store, &world).len(), 1);
}

#[test]
fn a_deferral_that_was_exported_differs_until_it_was_imported() {
    let mut world = World::new();
    let mut store = store(&world, 0);
    let mut arrival = told(1, "New", Stage::Assigned);
    arrival.lead.key.source = "fair".into();
    take(&mut store, arrival, &world);
    let op = store.act(id(1), &defer(&world, 3), &world.ctx()).unwrap().unwrap().events[0].id;
    world.pass(60);
    let why = |store: &Store| store.divergences(world.now).unwrap().into_iter().map(|one| one.why).collect::<Vec<_>>();
    assert!(matches!(&why(&store)[..], [why] if why.contains("is to be exported")), "{:?}", why(&store));
    store.mark_exported(&[op], world.now).unwrap();
    assert_eq!(why(&store), ["it was exported, and not imported again since"]);
}

#[test]
fn what_we_wrote_before_is_no_news_while_what_follows_is_on_its_way() {
    let mut world = World::new();
    let mut store = store(&world, 1);
    take(&mut store, told(1, "New", Stage::Assigned), &world);
    let accepted = store.act(id(1), &Act::Accept, &world.ctx()).unwrap().unwrap().events[0].id;
    world.pass(60);
    store.outbox_due(world.now, 9, &[]).unwrap();
    store.begin_steps(accepted, "[]", Some((0, "Working")), world.now).unwrap();
    store.mark_sent(accepted).unwrap();
    let rejected = store.act(id(1), &reject(), &world.ctx()).unwrap().unwrap().events[0].id;
    world.pass(60);
    store.outbox_due(world.now, 9, &[]).unwrap();
    store.begin_steps(rejected, "[]", Some((0, "Closed")), world.now).unwrap();
    // The call was lost; the page has what was written before.
    world.pass(3600);
    take(&mut store, told(1, "Working", Stage::Attempted), &world);
    assert_eq!((stage(&store, 1), moves(&store, 1)), (Stage::Rejected, 0));
    store.mark_sent(rejected).unwrap();
    take(&mut store, told(1, "Closed", Stage::Rejected), &world);
    assert_eq!((stage(&store, 1), moves(&store, 1)), (Stage::Rejected, 0));
    take(&mut store, told(1, "Working", Stage::Attempted), &world);
    assert_eq!((stage(&store, 1), moves(&store, 1)), (Stage::Attempted, 1), "by somebody else it is news");
}

#[test]
fn a_crm_that_is_read_from_the_start_is_sent_nothing_again() {
    let mut world = World::new();
    let mut store = store(&world, 2);
    for n in [1, 2] {
        store.act(id(n), &reject(), &world.ctx()).unwrap().unwrap();
    }
    world.pass(60);
    for item in store.outbox_due(world.now, 9, &[]).unwrap() {
        store.mark_sent(item.op).unwrap();
    }
    leaves(&mut store, 2, "given to Bo", &world);
    store.begin_again("crm", &world.ctx()).unwrap();
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap(), []);
}

/// An answer of two steps on the first lead, of which the second one sets the stage “Closed”, begun after another that set
/// “Working”.
fn begun(world: &mut World) -> (Store, uuid::Uuid) {
    let mut store = store(world, 1);
    take(&mut store, told(1, "New", Stage::Assigned), world);
    let mut last = None;
    for (act, stage) in [(Act::Accept, "Working"), (reject(), "Closed")] {
        let op = store.act(id(1), &act, &world.ctx()).unwrap().unwrap().events[0].id;
        world.pass(60);
        store.outbox_due(world.now, 9, &[]).unwrap();
        store.begin_steps(op, "[1,2]", Some((1, stage)), world.now).unwrap();
        if last.replace(op).is_none() {
            store.note_steps(op, 1).unwrap();
            store.mark_sent(op).unwrap();
        }
    }
    // Reads no longer lag behind.
    world.pass(3600);
    (store, last.unwrap())
}

#[test]
fn the_stage_of_a_refused_answer_is_somebody_else_s_and_the_one_before_it_is_ours() {
    let mut world = World::new();
    let (mut store, op) = begun(&mut world);
    store.note_steps(op, 1).unwrap();
    store.refuse(op, "no such stage", &world.ctx()).unwrap();
    take(&mut store, told(1, "Working", Stage::Attempted), &world);
    assert_eq!(moves(&store, 1), 0, "we wrote that");
    take(&mut store, told(1, "Closed", Stage::Recycled), &world);
    assert_eq!((stage(&store, 1), moves(&store, 1)), (Stage::Recycled, 1));
}

#[test]
fn the_stage_of_an_answer_of_which_the_rest_was_refused_or_that_is_sent_again_is_ours() {
    for again in [false, true] {
        let mut world = World::new();
        let (mut store, op) = begun(&mut world);
        store.note_steps(op, if again { 1 } else { 2 }).unwrap();
        store.refuse(op, "too long", &world.ctx()).unwrap();
        if again {
            assert_eq!(store.retry_parked(Some(op), world.now).unwrap(), 1);
        }
        take(&mut store, told(1, "Closed", Stage::Recycled), &world);
        assert_eq!((stage(&store, 1), moves(&store, 1)), (Stage::Rejected, 0), "{again}");
    }
}

#[test]
fn what_was_kept_as_a_fact_or_given_up_set_no_stage() {
    for given_up in [false, true] {
        let mut world = World::new();
        let (mut store, op) = begun(&mut world);
        if given_up {
            store.park(op, "no such stage").unwrap();
            assert_eq!(store.dismiss_parked(op, world.now).unwrap(), 1);
        } else {
            store.mark_kept(op, "it was moved meanwhile").unwrap();
        }
        take(&mut store, told(1, "Closed", Stage::Recycled), &world);
        assert_eq!(moves(&store, 1), 1, "{given_up}");
    }
}
