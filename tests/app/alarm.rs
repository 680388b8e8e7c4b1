//! Warnings before a clock runs out (N5, F71).

use leadbox::app::{Effect, What, next_tick};
use leadbox::handoff::disposition::Act;

use super::rig::Rig;

fn notices(rig: &Rig) -> Vec<&str> {
    let notices = rig.effects.iter();
    notices.filter_map(|effect| if let Effect::Notify(text) = effect { Some(text.as_str()) } else { None }).collect()
}

/// A window with the bell on, that knows what comes next; its leads are due at 14:04.
fn watching(leads: usize) -> Rig {
    let mut rig = Rig::new(leads);
    rig.model.settings.bell = true;
    assert_eq!(next_tick(&rig.model), rig.model.now, "what is not known is asked for at once");
    rig.send(What::Tick);
    rig
}

#[test]
fn a_warning_comes_once_before_a_clock_runs_out_and_tells_nothing_of_the_lead() {
    let mut rig = watching(1);
    rig.pass(60);
    assert!(notices(&rig).is_empty());
    assert_eq!((next_tick(&rig.model) - rig.model.now).num_seconds(), 60, "the loop wakes for the warning");
    rig.pass(60);
    assert_eq!(notices(&rig), ["L-1 is due at 14:04, to answer"]);
    assert_eq!(rig.effects.iter().filter(|effect| **effect == Effect::Bell).count(), 1);
    assert_eq!(rig.status(), "L-1 is due at 14:04, to answer");
    for _ in 0..20 {
        rig.pass(10);
        rig.send(What::StoreChanged);
    }
    assert_eq!(notices(&rig).len(), 1);
}

#[test]
fn several_at_once_ring_once_and_what_was_answered_rings_not_at_all() {
    let mut rig = watching(4);
    rig.press("n r 1");
    rig.pass(120);
    assert_eq!(notices(&rig), ["3 leads are about to be late"]);
    let mut rig = watching(2);
    let now = rig.model.now;
    let rejection = leadbox::handoff::disposition::Rejection { code: "budget".into(), ..Default::default() };
    for lead in [1, 2] {
        rig.store.act(lead, Act::Reject(rejection.clone()), now);
    }
    rig.send(What::StoreChanged);
    rig.pass(120);
    assert!(notices(&rig).is_empty());
}

#[test]
fn what_is_near_when_the_app_opens_is_on_the_screen_already() {
    let mut rig = Rig::new(1);
    rig.model.settings.bell = true;
    rig.pass(150);
    rig.pass(10);
    assert!(notices(&rig).is_empty());
}

#[test]
fn without_a_warning_nothing_is_told() {
    let mut rig = watching(1);
    (rig.model.settings.warn, rig.model.settings.bell) = (None, false);
    rig.pass(200);
    assert!(rig.effects.iter().all(|effect| !matches!(effect, Effect::Bell | Effect::Notify(_))));
}
