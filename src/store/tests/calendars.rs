//! The calendars that the clocks ran on, and the clocks that were closed on them.

use super::*;
use crate::handoff::calendar::Calendar;
use crate::handoff::machine;

#[test]
fn each_edit_of_the_calendar_is_kept_with_its_time() {
    let mut world = World::new();
    let mut store = store(&world, 0);
    let first = Calendar::standard(Tz::Europe__Berlin);
    assert_eq!(store.adopt_calendar(&first, world.now).unwrap(), []);
    world.pass(60);
    assert_eq!(store.adopt_calendar(&first, world.now).unwrap(), [], "nothing was edited");
    let (second, edited) = (Calendar::always(), world.now);
    let former = store.adopt_calendar(&second, edited).unwrap();
    assert_eq!(former.len(), 1);
    assert_eq!((former[0].until, &former[0].calendar), (edited, &first));
    // A computer whose clock was set back does not turn the order round.
    let former = store.adopt_calendar(&first, at("2020-01-01T00:00:00Z")).unwrap();
    assert_eq!(former.iter().map(|former| former.until).collect::<Vec<_>>(), [edited, edited]);
}

#[test]
fn a_closed_clock_is_an_event_s_and_an_undo_takes_it_back() {
    let world = World::new();
    let mut store = store(&world, 1);
    let acted = store.act(id(1), &Act::Accept, &world.ctx()).unwrap().unwrap();
    assert_eq!(acted.events[0].closes, acted.handoff.closed);
    assert_eq!(acted.handoff.closed.len(), 1);
    let dossier = store.inspect(id(1)).unwrap();
    assert_eq!(dossier.events[0].closes, acted.handoff.closed, "it is in the file");
    let arrived = record::arrived(&store.conn, &record::must_load(&store.conn, id(1)).unwrap()).unwrap();
    assert_eq!(machine::replay(arrived, &dossier.events).unwrap(), acted.handoff);
    assert_eq!(store.outbox(9).unwrap()[0].event.closes, acted.handoff.closed, "and goes out with it");
    let undone = store.undo(&world.ctx()).unwrap().unwrap();
    assert_eq!(undone.handoff.closed, []);
}
