//! Accept is one key, reject two, a voicemail three, and each goes straight to the next lead.

use leadbox::app::Effect;
use leadbox::app::effect::Ask;
use leadbox::app::screen::Screen;
use leadbox::handoff::disposition::{Channel, Outcome};
use leadbox::handoff::lead::LeadId;
use leadbox::handoff::state::Stage;

use super::rig::Rig;

#[test]
fn accept_is_one_key_reject_two_a_voicemail_three() {
    let mut rig = Rig::new(4);
    rig.press("n");
    assert_eq!((rig.opened(), rig.screen()), (Some(1), Screen::Lead));
    rig.press("a");
    assert_eq!((rig.stage(1), rig.opened()), (Stage::Accepted, Some(2)));
    rig.press("r 1");
    assert_eq!((rig.stage(2), rig.opened()), (Stage::Rejected, Some(3)));
    assert_eq!(rig.handoff(2).rejection.as_ref().unwrap().code, "wrong_persona");
    rig.press("c p v");
    assert_eq!((rig.stage(3), rig.opened()), (Stage::Attempted, Some(4)));
    assert_eq!(rig.handoff(3).touches.by(Channel::Phone), 1);
    assert!(rig.model.dialogs.is_empty());
    assert_eq!(rig.front(), Some(4));
}

#[test]
fn after_the_last_lead_the_list_says_so() {
    let mut rig = Rig::new(1);
    rig.press("n r 6");
    assert_eq!((rig.screen(), rig.opened(), rig.front()), (Screen::Inbox, None, None));
    assert!(rig.status().contains("nothing is left"), "{}", rig.status());
    assert!(rig.model.undo.is_some(), "what was done can still be undone");
}

#[test]
fn a_rep_can_say_that_the_list_comes_after_this_lead() {
    let mut rig = Rig::new(6);
    rig.press("S");
    assert!(!rig.model.stop_after, "nothing is open");
    rig.press("n esc");
    assert!(rig.status().ends_with("; S then the list"), "{}", rig.status());
    // It pays nothing, and can be taken back.
    rig.press("S n tab");
    assert_eq!((rig.opened(), rig.screen(), rig.front()), (Some(1), Screen::Lead, Some(1)));
    rig.press("S a");
    assert_eq!((rig.opened(), rig.model.stop_after), (Some(2), false));
    rig.press("S r 1");
    assert_eq!((rig.screen(), rig.opened(), rig.front()), (Screen::Inbox, None, None));
    assert!(rig.model.undo.is_some() && rig.model.pending.is_none());
    // It holds once.
    rig.press("n a");
    assert_eq!((rig.opened(), rig.model.stop_after), (Some(4), false));
}

#[test]
fn the_list_comes_once_nothing_that_an_undo_put_back_is_owed() {
    let mut rig = Rig::new(5);
    rig.press("n a u S");
    assert_eq!((rig.opened(), rig.store.desk().engaged.len()), (Some(1), 2));
    rig.press("a");
    assert_eq!((rig.opened(), rig.model.stop_after), (Some(2), true));
    rig.press("c p v");
    assert_eq!((rig.screen(), rig.front(), rig.model.stop_after), (Screen::Inbox, None, false));
}

#[test]
fn after_a_search_the_list_is_what_was_found() {
    let mut rig = Rig::new(8);
    rig.press("/ m enter enter S a");
    assert!(rig.model.search.active && rig.screen() == Screen::Inbox && rig.front().is_none());
}

#[test]
fn a_lead_from_the_last_session_leads_on_like_any_other() {
    let mut rig = Rig::new(3);
    rig.press("n q");
    let mut again = Rig::on(rig.store);
    again.press("a");
    assert_eq!((again.stage(1), again.opened()), (Stage::Accepted, Some(2)));
    let mut last = Rig::on(again.store);
    last.press("S r 1");
    assert_eq!((last.stage(2), last.screen(), last.selected()), (Stage::Rejected, Screen::Inbox, Some(3)));
}

#[test]
fn an_act_from_the_list_stays_in_the_list_and_moves_on() {
    let mut rig = Rig::new(4);
    rig.press("j a");
    assert_eq!(
        (rig.stage(2), rig.screen(), rig.selected(), rig.front()),
        (Stage::Accepted, Screen::Inbox, Some(3), None)
    );
    rig.press("G r 7");
    assert_eq!((rig.stage(4), rig.selected()), (Stage::Rejected, Some(3)));
    assert_eq!(rig.model.list.rows.len(), 2);
}

#[test]
fn nothing_leaves_the_screen_before_it_is_on_disk() {
    let mut rig = Rig::new(3);
    rig.press("n");
    rig.held = true;
    rig.press("a");
    assert_eq!((rig.opened(), rig.screen()), (Some(1), Screen::Lead));
    // The hand is quicker than the disk: a second act waits for nobody and is not made.
    rig.press("a a n");
    assert!(rig.status().contains("being saved"), "{}", rig.status());
    assert_eq!(rig.waiting.iter().filter(|ask| matches!(ask, Ask::Act { .. })).count(), 1);
    // Nor does what belongs to an act that was too early reach the lead that comes next.
    rig.press("r");
    rig.held = false;
    rig.serve();
    rig.text("a1");
    assert!(rig.barred().unwrap().contains("being saved"));
    assert_eq!((rig.stage(1), rig.opened(), rig.stage(2)), (Stage::Accepted, Some(2), Stage::Assigned));
}

#[test]
fn an_act_that_fails_is_not_done() {
    let mut rig = Rig::new(3);
    rig.press("n");
    rig.store.broken = Some("the disk is full".into());
    rig.press("a");
    assert_eq!((rig.opened(), rig.screen(), rig.status()), (Some(1), Screen::Lead, "the disk is full"));
    assert!(rig.model.undo.is_none());
    rig.press("c p n");
    assert_eq!(rig.error(), Some("the disk is full"));
    rig.store.broken = None;
    // The dialog is as it was left: Enter tries again.
    rig.press("enter");
    assert_eq!((rig.stage(1), rig.opened()), (Stage::Attempted, Some(2)));
    assert!(rig.model.log.lines.iter().any(|line| line.problem && line.text == "the disk is full"));
}

#[test]
fn undo_puts_the_lead_back_in_front() {
    let mut rig = Rig::new(3);
    rig.press("n a");
    assert_eq!(rig.opened(), Some(2));
    assert_eq!(rig.model.undo.as_ref().map(|offer| offer.leads.clone()), Some(vec![LeadId(1)]));
    rig.press("u");
    assert_eq!((rig.stage(1), rig.opened(), rig.front()), (Stage::Assigned, Some(1), Some(1)));
    assert!(rig.model.undo.is_none());
    // The lead that was opened since still owes its own.
    rig.press("a");
    assert_eq!((rig.opened(), rig.front()), (Some(2), Some(2)));
    // From the outbox one goes to the lead as well.
    rig.press("O u");
    assert_eq!(rig.status(), "taken back: Maya Chen is as before");
    assert_eq!((rig.opened(), rig.screen()), (Some(1), Screen::Lead));
}

#[test]
fn undo_of_an_act_from_the_list_brings_its_lead_to_the_front() {
    let mut rig = Rig::new(4);
    rig.press("j r 8");
    assert_eq!(rig.selected(), Some(3));
    rig.press("G u");
    assert_eq!((rig.stage(2), rig.screen(), rig.front()), (Stage::Assigned, Screen::Lead, Some(2)));
}

#[test]
fn the_offer_to_undo_goes_after_ten_seconds() {
    let mut rig = Rig::new(3);
    rig.press("n a");
    rig.pass(9);
    assert!(rig.model.undo.is_some());
    rig.pass(1);
    assert!(rig.model.undo.is_none());
    rig.press("u");
    assert_eq!((rig.stage(1), rig.opened()), (Stage::Accepted, Some(2)));
    assert!(rig.status().contains("too late to undo"), "{}", rig.status());
}

#[test]
fn the_point_repeats_the_last_disposition_on_this_lead() {
    let mut rig = Rig::new(5);
    rig.press("n .");
    assert!(rig.status().contains("nothing to repeat"));
    rig.press("c P r");
    rig.text("asked for Tuesday");
    rig.press("enter .");
    // The same channel and outcome, but not the other lead's note.
    assert_eq!((rig.stage(1), rig.stage(2)), (Stage::Connected, Stage::Connected));
    assert_eq!(rig.opened(), Some(3));
    rig.press("r 5 2 .");
    let codes = |number| {
        let rejection = rig.handoff(number).rejection.clone().unwrap();
        (rejection.code, rejection.sub.unwrap())
    };
    assert_eq!(codes(3), ("competitor".into(), "chose_competitor".into()));
    assert_eq!(codes(3), codes(4));
}

#[test]
fn a_repeated_reason_with_evidence_asks_again_with_the_last_answer() {
    let mut rig = Rig::new(3);
    rig.press("n r 2");
    rig.text("Midwest");
    rig.press("enter .");
    assert_eq!((rig.stage(1), rig.stage(2)), (Stage::Rejected, Stage::Assigned));
    rig.press("enter");
    assert_eq!(rig.handoff(2).rejection.as_ref().unwrap().evidence.as_deref(), Some("Midwest"));
}

#[test]
fn quitting_and_help_work_always() {
    let mut rig = Rig::new(2);
    rig.press("n r /");
    rig.text("budget");
    rig.held = true;
    rig.press("enter ctrl-c f1");
    assert_eq!(rig.effects.iter().filter(|effect| **effect == Effect::Quit).count(), 1);
    assert!(matches!(rig.dialog(), leadbox::app::dialog::Dialog::Help(_)));
}

#[test]
fn a_touch_is_personal_only_if_the_rep_says_so_with_a_key_more() {
    let mut rig = Rig::new(2);
    rig.press("n c p v");
    assert_eq!((rig.stage(1), rig.handoff(1).touches.generic), (Stage::Attempted, 1));
    let mut rig = Rig::new(2);
    rig.press("n c c e n");
    assert_eq!((rig.handoff(1).touches.generic, rig.stage(1)), (0, Stage::Attempted));
    // From the list there is no trail, but what they came for is known.
    let mut rig = Rig::new(2);
    rig.press("c m c n");
    assert_eq!(rig.handoff(1).touches.generic, 0);
    assert_eq!((rig.stage(1), Outcome::NoAnswer.label()), (Stage::Attempted, "no answer"));
}

#[test]
fn an_esc_and_a_key_that_come_together_are_two_keys() {
    let mut rig = Rig::new(3);
    // What a terminal makes of Esc and `?` in one read.
    rig.press("n alt-?");
    assert!(matches!(rig.model.dialogs.last(), Some(leadbox::app::dialog::Dialog::Help(_))));
    let mut rig = Rig::new(3);
    rig.press("/ k alt-q");
    assert!(rig.effects.contains(&Effect::Quit) && !rig.model.search.typing);
}
