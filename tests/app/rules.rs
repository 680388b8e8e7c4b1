//! The team's rules change while the app is open (F63).

use leadbox::app::What;
use leadbox::app::dialog::Dialog;
use leadbox::app::dialog::reject::RejectStep;
use leadbox::app::effect::Ask;
use leadbox::handoff::policy::Policy;

use super::rig::Rig;

fn rules(rig: &Rig, change: impl FnOnce(&mut Policy)) -> What {
    let mut policy = rig.store.policy();
    policy.version = "2".into();
    change(&mut policy);
    What::Rules { policy: Box::new(policy), quiet: None }
}

#[test]
fn other_rules_hold_at_once_and_are_told() {
    let mut rig = Rig::new(3);
    rig.press("n");
    rig.held = true;
    let other = rules(&rig, |policy| policy.gate.skips = 1);
    rig.send(other);
    assert_eq!(
        (rig.model.skips_left(), rig.model.settings.policy.version.as_str()),
        (1, "2"),
        "of a day the smallest budget holds"
    );
    assert!(rig.status().contains("rules changed: version 2"), "{}", rig.status());
    assert!(rig.model.log.lines[0].text.contains("version 2"));
    let asked: Vec<&Ask> = rig.waiting.iter().collect();
    assert!(matches!(asked[..], [Ask::Desk, .., Ask::Show(_)]), "what is shown is read again: {asked:?}");
    rig.held = false;
    rig.serve();
    assert!(rig.opened().is_some(), "the open lead stays open");
}

#[test]
fn a_reason_that_was_picked_by_its_place_is_picked_anew() {
    let mut rig = Rig::new(1);
    rig.press("n r 2");
    rig.text("US-Midwest");
    let same = rules(&rig, |policy| policy.undo_seconds = 20);
    rig.send(same);
    let Dialog::Reject(dialog) = rig.dialog() else { panic!() };
    assert_eq!((dialog.step, dialog.reason), (RejectStep::Evidence, Some(1)), "the reasons are the same");
    let other = rules(&rig, |policy| drop(policy.reasons.remove(0)));
    rig.send(other);
    let Dialog::Reject(dialog) = rig.dialog() else { panic!() };
    assert_eq!(
        (dialog.step, dialog.reason, dialog.shown.len()),
        (RejectStep::Reason, None, rig.store.policy().reasons.len() - 1)
    );
    assert_eq!(dialog.evidence.text(), "US-Midwest", "what was typed stays");
    assert!(rig.error().is_some_and(|error| error.contains("choose again")));
}
