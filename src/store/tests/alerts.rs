//! What the rep is to decide, as the hub told it (F72).

use crate::handoff::alert::{Category, Notice};

use super::words::{There, act, gone, hub_store};
use super::*;

const HUB: &str = "hub";

fn told(world: &World, number: i64, minutes: i64) -> (String, Notice, bool) {
    let notice = Notice {
        id: number,
        category: Category::SlaBreachWarning,
        action: "accept it".into(),
        until: world.now + Duration::minutes(minutes),
        history: vec!["asked for a demo".into()],
        is_pointer: false,
        is_urgent: false,
        at: world.now,
    };
    ("7".into(), notice, false)
}

fn open(store: &Store, world: &World) -> Vec<(i64, bool)> {
    let open = store.open_alerts(world.now).unwrap();
    open.into_iter().map(|alert| (alert.notice.id, alert.is_new)).collect()
}

#[test]
fn what_is_to_be_decided_waits_until_it_is_seen_done_or_over() {
    let mut world = World::new();
    let there = There::new(&world);
    let mut store = hub_store(&there, &world);
    let alerts = [told(&world, 3, 30), told(&world, 4, 10), told(&world, 5, 600)];
    assert!(store.take_alerts(HUB, &alerts, Some("5"), world.now).unwrap());
    assert_eq!(store.alert_cursor(HUB).unwrap().as_deref(), Some("5"));
    assert_eq!(open(&store, &world), [(4, true), (3, true), (5, true)]);
    assert_eq!(store.open_alerts(world.now).unwrap()[0].lead, Some(id(1)));

    store.see_alerts(&[4]).unwrap();
    // Told once more, as after a crash: what was seen stays seen.
    store.take_alerts(HUB, &alerts, Some("5"), world.now).unwrap();
    assert_eq!(open(&store, &world), [(4, false), (3, true), (5, true)]);
    assert_eq!(store.seen_alerts(HUB).unwrap(), [4]);
    store.settle_alert(HUB, 4).unwrap();
    assert_eq!(store.seen_alerts(HUB).unwrap(), [0; 0]);

    world.pass(601);
    assert_eq!(open(&store, &world), [(3, true), (5, true)], "one is over");
    act(&mut store, &world, &Act::Accept);
    assert_eq!(open(&store, &world), [], "the rep acted");
}

#[test]
fn of_a_lead_that_went_away_nothing_is_asked_and_another_history_s_alerts_are_forgotten() {
    let world = World::new();
    let there = There::new(&world);
    let mut store = hub_store(&there, &world);
    store.take_alerts(HUB, &[told(&world, 3, 30)], Some("3"), world.now).unwrap();
    gone(&mut store, &world);
    assert_eq!(open(&store, &world), []);
    store.begin_again(HUB, &world.ctx()).unwrap();
    assert_eq!(store.alert_cursor(HUB).unwrap(), None);
}

#[test]
fn the_pointer_to_a_lead_that_left_its_queue_is_over() {
    let world = World::new();
    let mut store = hub_store(&There::new(&world), &world);
    let pointer = |number| {
        let (_, notice, is_seen) = told(&world, number, 30);
        (format!("{}", number + 100), Notice { is_pointer: true, ..notice }, is_seen)
    };
    store.take_alerts(HUB, &[pointer(3), pointer(4)], Some("4"), world.now).unwrap();
    assert_eq!(open(&store, &world), [(3, true), (4, true)]);
    let gone = vec![("103".into(), "it no longer waits in a queue".into(), None)];
    store.take_in(HUB, Batch { gone, next: Some("n".into()), ..Batch::default() }, &world.ctx()).unwrap();
    assert_eq!(open(&store, &world), [(4, true)]);
}
