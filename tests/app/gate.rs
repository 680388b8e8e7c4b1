//! The gate at the keyboard: no key, no second window and no restart gets past the lead in front.

use leadbox::app::allowed::allowed;
use leadbox::app::dialog::Dialog;
use leadbox::app::effect::Ask;
use leadbox::app::screen::Screen;
use leadbox::app::{Action, Effect, What};
use leadbox::handoff::disposition::{Act, Rejection};
use leadbox::handoff::policy::GateMode;
use leadbox::handoff::state::Stage;

use super::office::Office;
use super::rig::Rig;

fn reject(code: &str) -> Act {
    Act::Reject(Rejection { code: code.into(), ..Rejection::default() })
}

#[test]
fn moving_through_the_list_opens_nothing() {
    let mut rig = Rig::new(5);
    rig.press("j j k G g tab shift-tab / m esc space M O esc y esc w esc");
    assert_eq!((rig.front(), rig.opened()), (None, None));
}

#[test]
fn whatever_leaves_the_lead_is_answered_by_what_is_owed() {
    for action in Action::all().filter(|action| action.leaves_lead()) {
        for key in action.default_keys() {
            let mut rig = Rig::new(5);
            rig.press("n");
            rig.held = true;
            rig.press(key);
            assert_eq!((rig.opened(), rig.screen(), rig.front()), (Some(1), Screen::Lead, Some(1)), "{key}");
            assert!(rig.waiting.is_empty(), "{key} asked for {:?}", rig.waiting);
            let bound = rig.model.keymap.action(leadbox::app::Context::Lead, key.parse().unwrap());
            if bound == Some(action) {
                let told = rig.barred().unwrap_or(rig.status());
                assert!(told.starts_with("Maya Chen is open and owes a disposition: a accept, r reject"), "{key}");
            }
        }
    }
}

#[test]
fn what_is_typed_after_a_refused_way_into_a_text_does_nothing() {
    // A name for the search, a reason for a skip, a text with several fields; each holds letters that are keys.
    for (keys, text) in [("/", "anna crane"), ("z", "+2h"), ("Q", "a rollout")] {
        let mut rig = Rig::new(4);
        rig.press("n");
        rig.press(keys);
        rig.text(text);
        rig.send(What::Paste("a".into()));
        rig.press("tab");
        assert!(rig.barred().is_some(), "{keys}");
        assert_eq!((rig.stage(1), rig.opened()), (Stage::Assigned, Some(1)), "{keys}");
        rig.press("esc a");
        assert_eq!((rig.stage(1), rig.opened()), (Stage::Accepted, Some(2)), "{keys}");
    }
}

#[test]
fn enter_ends_a_refused_line_but_not_a_refused_form() {
    let mut rig = Rig::new(3);
    rig.press("n / a n n a enter a");
    assert_eq!((rig.stage(1), rig.opened()), (Stage::Accepted, Some(2)));
    // Where Enter leads from field to field, the next text is not meant for the lead either.
    rig.press("Q x enter a enter r 1 enter");
    assert_eq!((rig.stage(2), rig.opened()), (Stage::Assigned, Some(2)));
    rig.press("esc a");
    assert_eq!((rig.stage(2), rig.opened()), (Stage::Accepted, Some(3)));
    // Help and quitting work there too.
    rig.press("/ f1");
    assert!(matches!(rig.dialog(), Dialog::Help(_)));
    rig.press("ctrl-c");
    assert!(rig.effects.contains(&Effect::Quit));
}

#[test]
fn a_search_that_is_cut_off_by_an_opened_lead_does_not_act_on_it() {
    let mut rig = Rig::new(4);
    rig.press("/ m");
    rig.store.engage(2);
    rig.send(What::StoreChanged);
    rig.text("aya");
    assert_eq!((rig.stage(2), rig.opened(), rig.barred().is_some()), (Stage::Assigned, Some(2), true));
}

#[test]
fn what_does_not_leave_the_lead_works() {
    let mut rig = Rig::new(3);
    rig.press("n");
    for action in [
        Action::Help,
        Action::Palette,
        Action::Copy,
        Action::OpenCrm,
        Action::Outbox,
        Action::Log,
        Action::WhyDue,
        Action::Down,
        Action::Bottom,
        Action::Ledger,
        Action::TrailKind,
        Action::Undo,
        Action::Quit,
    ] {
        assert_eq!(allowed(&rig.model, action), Ok(()), "{}", action.name());
    }
    rig.press("j G f x O esc L esc q");
    assert_eq!((rig.opened(), rig.screen()), (Some(1), Screen::Lead));
    assert!(rig.effects.contains(&Effect::Quit));
}

#[test]
fn a_restart_opens_the_same_lead_at_once() {
    let mut rig = Rig::new(3);
    rig.press("j enter r 2");
    let again = Rig::on(rig.store);
    assert_eq!((again.opened(), again.screen(), again.front()), (Some(2), Screen::Lead, Some(2)));
}

#[test]
fn escape_and_a_key_that_come_as_one_are_both_taken() {
    let mut rig = Rig::new(3);
    rig.press("/ m enter alt-?");
    assert!(!rig.model.search.active && matches!(rig.dialog(), Dialog::Help(_)));
    // In a text they are not: it would be lost.
    rig.press("esc n r / b alt-q");
    assert!(matches!(rig.dialog(), Dialog::Reject(dialog) if dialog.filter.text() == "b"));
}

#[test]
fn a_second_window_goes_to_the_same_lead() {
    let mut rig = Rig::new(4);
    rig.press("j j r");
    // The command line opens another lead meanwhile.
    rig.store.engage(2);
    rig.send(What::StoreChanged);
    assert_eq!((rig.opened(), rig.screen()), (Some(2), Screen::Lead));
    // What was meant for the dialog does nothing to the other lead.
    rig.press("1 a enter");
    assert_eq!((rig.stage(2), rig.barred().is_some()), (Stage::Assigned, true));
    rig.press("esc");
    // It is dealt with there: here it goes from the screen.
    let now = rig.model.now;
    rig.store.act(2, Act::Skip { reason: "x".into() }, now);
    rig.send(What::StoreChanged);
    assert_eq!((rig.opened(), rig.screen()), (None, Screen::Inbox));
    assert!(rig.status().contains("was dealt with elsewhere"), "{}", rig.status());
}

#[test]
fn a_lead_that_is_taken_away_while_it_is_shown_says_to_whom_and_why() {
    let mut rig = Rig::new(3);
    rig.press("n");
    assert_eq!((rig.opened(), rig.front()), (Some(1), Some(1)));
    rig.store.withdraw(1, "given to jon: nobody answered it in the first window");
    rig.send(What::StoreChanged);
    assert_eq!((rig.opened(), rig.screen(), rig.front()), (None, Screen::Inbox, None));
    let told = "L-1 was taken away: given to jon: nobody answered it in the first window";
    assert!(rig.status().starts_with(told), "{}", rig.status());
    assert!(rig.model.log.lines.iter().any(|line| line.text.starts_with(told)));
    // Another one that is in front is not disturbed, and one that nobody looks at is not told of.
    rig.press("n");
    rig.store.withdraw(3, "given to jon: a test");
    rig.send(What::StoreChanged);
    assert_eq!((rig.opened(), rig.status()), (Some(2), ""));
}

/// Whoever was typing about it is told the same, where they look; what they go on typing does nothing.
#[test]
fn a_form_about_a_lead_that_is_taken_away_says_to_whom_and_why() {
    for keys in ["r", "c", "d"] {
        let mut rig = Rig::new(3);
        rig.press(&format!("n {keys}"));
        assert_eq!(rig.front(), Some(1));
        rig.store.withdraw(1, "given to jon: nobody answered it in the first window");
        rig.send(What::StoreChanged);
        let told = "L-1 was taken away: given to jon: nobody answered it in the first window";
        assert!(rig.barred().is_some_and(|why| why.starts_with(told)), "{keys}: {:?}", rig.barred());
        assert!(rig.model.log.lines.iter().any(|line| line.text.starts_with(told)));
        rig.press("x a enter esc");
        assert_eq!((rig.barred(), rig.opened(), rig.screen()), (None, None, Screen::Inbox));
    }
}

#[test]
fn a_window_that_knows_nothing_of_it_is_sent_there_by_the_store() {
    for keys in ["enter", "n", "a", "r 1", "c p v", "space space r 1"] {
        let mut rig = Rig::new(4);
        rig.store.engage(3);
        rig.press(keys);
        assert_eq!((rig.opened(), rig.screen(), rig.front()), (Some(3), Screen::Lead, Some(3)), "{keys}");
        assert_eq!((rig.stage(1), rig.model.dialogs.len()), (Stage::Assigned, 0), "{keys}");
        if keys != "n" {
            assert!(rig.status().contains("L-3 is open and owes"), "{keys}: {}", rig.status());
        }
    }
}

#[test]
fn bulk_acts_are_refused_by_an_open_lead() {
    let mut rig = Rig::new(4);
    rig.press("space space");
    rig.store.engage(4);
    rig.press("r 1");
    assert_eq!((rig.stage(1), rig.stage(2), rig.opened()), (Stage::Assigned, Stage::Assigned, Some(4)));
}

#[test]
fn an_undo_elsewhere_puts_its_lead_in_front_here() {
    let mut rig = Rig::new(4);
    rig.press("n r 1 c");
    assert_eq!(rig.opened(), Some(2));
    let now = rig.model.now;
    rig.store.undo(now);
    rig.send(What::StoreChanged);
    assert_eq!((rig.opened(), rig.front()), (Some(1), Some(1)));
    assert!(rig.barred().unwrap().starts_with("Maya Chen is open"), "{:?}", rig.barred());
    // It names the lead that is in front, whichever that is meanwhile.
    rig.store.act(1, Act::Accept, now);
    rig.send(What::StoreChanged);
    assert!(rig.barred().unwrap().starts_with("Tomas Ferreira is open"), "{:?}", rig.barred());
}

#[test]
fn the_lead_in_front_stays_with_its_dialog_when_others_write() {
    let mut rig = Rig::new(4);
    rig.press("n d");
    rig.text("+2h");
    let now = rig.model.now;
    // A sync changes another record.
    rig.store.change(3, |lead| lead.person.title = Some("CRO".into()));
    rig.store.wake(now);
    rig.send(What::StoreChanged);
    let Dialog::Defer(dialog) = rig.dialog() else { panic!() };
    assert_eq!(dialog.until.input.text(), "+2h");
    assert_eq!(rig.opened(), Some(1));
}

#[test]
fn looking_again_never_engages() {
    let mut rig = Rig::new(2);
    rig.press("n");
    rig.held = true;
    rig.press("a");
    rig.send(What::StoreChanged);
    let engaging = rig.waiting.iter().filter(|ask| matches!(ask, Ask::Engage(_) | Ask::EngageNext)).count();
    assert_eq!(engaging, 0);
    rig.held = false;
    rig.serve();
    // Accepted, and not opened again although it owes a contact now.
    assert_eq!((rig.stage(1), rig.opened(), rig.front()), (Stage::Accepted, Some(2), Some(2)));
}

#[test]
fn a_lead_that_owes_nothing_is_shown_without_a_debt() {
    let mut rig = Rig::on(Office::with(&[Stage::Attempted, Stage::Assigned]));
    rig.press("3 enter");
    assert_eq!((rig.opened(), rig.front(), rig.model.owes()), (Some(1), None, false));
    rig.press("2");
    assert_eq!(rig.model.count, Some(2), "a digit counts here");
    rig.press("esc 2 enter");
    assert_eq!((rig.opened(), rig.front()), (Some(2), Some(2)));
    // The list was stale: what was closed since is shown, not engaged.
    let mut rig = Rig::new(2);
    let now = rig.model.now;
    rig.store.act(1, reject("budget"), now);
    rig.press("enter");
    assert_eq!((rig.opened(), rig.front(), rig.screen()), (Some(1), None, Screen::Lead));
}

#[test]
fn nothing_is_opened_before_the_desk_is_known() {
    let mut rig = Rig::new(2);
    rig.model.desk = None;
    rig.press("enter");
    assert_eq!((rig.opened(), rig.front()), (None, None));
    assert!(rig.status().contains("still being read"));
}

#[test]
fn a_relaxed_gate_lets_one_read_on() {
    let mut store = Office::new(3);
    store.policy_mut().gate.mode = GateMode::Relaxed;
    let mut rig = Rig::on(store);
    rig.press("2 enter");
    assert_eq!((rig.opened(), rig.front()), (Some(1), Some(1)));
    rig.press("esc j enter");
    assert_eq!((rig.opened(), rig.front()), (Some(2), Some(2)));
    rig.press("esc tab");
    assert_eq!(rig.screen(), Screen::Inbox);
    assert_eq!(rig.store.desk().engaged.len(), 1);
}

#[test]
fn a_lead_that_one_has_left_does_not_come_back_by_itself() {
    let mut rig = Rig::on(Office::with(&[Stage::Attempted, Stage::Assigned]));
    rig.press("3 enter");
    rig.held = true;
    rig.send(What::StoreChanged);
    rig.press("esc");
    rig.held = false;
    rig.serve();
    assert_eq!((rig.opened(), rig.screen()), (None, Screen::Inbox));
}
