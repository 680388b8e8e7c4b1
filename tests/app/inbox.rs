//! The list: its window, its selection, its tabs, marks and counts.

use leadbox::app::dialog::Dialog;
use leadbox::app::effect::Ask;
use leadbox::app::footer::footer;
use leadbox::app::model::StatusKind;
use leadbox::app::msg::Net;
use leadbox::app::screen::Screen;
use leadbox::app::{Effect, What, next_tick};
use leadbox::handoff::disposition::Act;
use leadbox::handoff::lead::LeadId;
use leadbox::handoff::state::Stage;
use leadbox::handoff::summary::Tab;

use super::office::Office;
use super::rig::Rig;

#[test]
fn keys_and_counts_move_the_selection() {
    let mut rig = Rig::new(60);
    for (keys, selected) in [
        ("j", 2),
        ("down down", 4),
        ("k", 3),
        ("0 5 j", 8),
        ("9 j", 17),
        ("1 2", 17),
        ("g", 1),
        ("7 k", 1),
        ("pagedown", 11),
        ("ctrl-d", 16),
        ("ctrl-u", 11),
        ("G", 60),
        ("j", 60),
    ] {
        if keys == "1 2" {
            // Tabs by digit: away and back begins at the top.
            rig.press(keys);
            assert_eq!(rig.model.tab, Tab::New);
            rig.press("1 2 0 1 6 j");
        } else {
            rig.press(keys);
        }
        assert_eq!(rig.selected(), Some(selected), "{keys}");
        let visible = rig.model.list.visible(10);
        assert!(visible.iter().any(|row| row.id.0 == selected), "{keys}");
    }
}

#[test]
fn the_window_is_never_the_whole_list() {
    let mut rig = Rig::new(2000);
    assert_eq!(rig.model.list.rows.len(), 100);
    for at in 2..=900 {
        rig.press("j");
        assert_eq!(rig.selected(), Some(at));
        assert!(rig.model.list.rows.len() <= 500);
    }
    assert_eq!(rig.model.list.before.unwrap() + rig.model.list.at + 1, 900);
    for at in (1..900).rev() {
        rig.press("k");
        assert_eq!(rig.selected(), Some(at));
        assert!(rig.model.list.rows.len() <= 500);
    }
    assert_eq!(rig.model.list.before, Some(0));
    rig.press("G");
    assert_eq!(rig.selected(), Some(2000));
    assert_eq!(rig.model.list.before.unwrap() + rig.model.list.at + 1, 2000);
    rig.press("k k g");
    assert_eq!((rig.selected(), rig.model.list.top), (Some(1), 0));
    let ids: Vec<_> = rig.model.list.rows.iter().map(|row| row.id).collect();
    assert!(ids.is_sorted());
}

#[test]
fn the_selection_follows_its_lead_when_others_write() {
    let mut rig = Rig::new(30);
    rig.press("0 9 j j j");
    assert_eq!(rig.selected(), Some(12));
    let now = rig.model.now;
    for lead in [3, 7, 13] {
        rig.store.act(lead, Act::Accept, now);
    }
    rig.send(What::StoreChanged);
    assert_eq!((rig.selected(), rig.model.list.rows.len()), (Some(12), 27));
    // The selected lead itself goes: the next one takes its place.
    rig.store.act(12, Act::Accept, now);
    rig.send(What::StoreChanged);
    assert_eq!(rig.selected(), Some(14));
    assert_eq!(rig.model.counts.of(Tab::Working), 4);
}

#[test]
fn answers_to_older_questions_are_dropped() {
    let mut rig = Rig::new(5);
    rig.held = true;
    rig.press("3 2");
    let older: Vec<Ask> = rig.waiting.drain(..).collect();
    let answers: Vec<_> = older.iter().map(|ask| rig.store.answer(ask.clone(), rig.model.now)).collect();
    let [first, second] = &answers[..] else { panic!("{answers:?}") };
    rig.reply(second.clone());
    let before = (rig.model.list.clone(), rig.model.revision);
    rig.reply(first.clone());
    assert_eq!((rig.model.list.clone(), rig.model.revision), before);
}

#[test]
fn of_two_readings_the_newer_one_counts() {
    let mut rig = Rig::new(5);
    rig.held = true;
    rig.send(What::StoreChanged);
    let first: Vec<_> = rig.waiting.drain(..).map(|ask| rig.store.answer(ask, rig.model.now)).collect();
    let now = rig.model.now;
    rig.store.act(5, Act::Accept, now);
    rig.send(What::StoreChanged);
    first.into_iter().for_each(|reply| rig.reply(reply));
    assert_eq!(rig.model.list.rows.len(), 5);
    rig.held = false;
    rig.serve();
    assert_eq!(rig.model.list.rows.len(), 4);
}

#[test]
fn the_app_opens_where_work_is() {
    assert_eq!(Rig::on(Office::new(3)).model.tab, Tab::Due);
    let rig = Rig::on(Office::with(&[Stage::DataCompletion, Stage::Connected]));
    assert_eq!((rig.model.tab, rig.model.list.rows.len()), (Tab::Working, 1));
    let mut rig = Rig::on(Office::new(0));
    assert_eq!(rig.model.tab, Tab::Due, "where nothing waits, that is said");
    rig.store.arrive(&[Stage::Connected]);
    rig.send(What::StoreChanged);
    assert_eq!(rig.model.tab, Tab::Working, "until the first leads come");
    rig.press("1");
    rig.store.arrive(&[Stage::Connected]);
    rig.send(What::StoreChanged);
    assert_eq!(rig.model.tab, Tab::Due, "later ones move nobody");
}

#[test]
fn tabs_go_round() {
    let mut rig = Rig::new(1);
    rig.press("1 shift-tab");
    assert_eq!(rig.model.tab, Tab::Done);
    rig.press("tab tab");
    assert_eq!(rig.model.tab, Tab::New);
}

#[test]
fn marked_leads_are_rejected_with_one_code_and_those_that_refuse_are_listed() {
    let mut rig = Rig::new(6);
    rig.press("space space j space");
    assert_eq!(rig.model.marks.keys().map(|lead| lead.0).collect::<Vec<_>>(), [1, 2, 4]);
    assert!(footer(&rig.model).iter().any(|hint| hint.label == "reject 3 marked…"));
    // Meanwhile one of them was closed by somebody else.
    let now = rig.model.now;
    let rejection =
        |code: &str| Act::Reject(leadbox::handoff::disposition::Rejection { code: code.into(), ..Default::default() });
    rig.store.act(2, rejection("budget"), now);
    rig.press("r 1");
    let Dialog::Bulk(dialog) = rig.dialog() else { panic!() };
    assert_eq!((dialog.done, dialog.refused.len(), dialog.refused[0].0), (2, 1, LeadId(2)));
    assert_eq!((rig.stage(1), rig.stage(4), rig.stage(3)), (Stage::Rejected, Stage::Rejected, Stage::Assigned));
    assert_eq!(rig.handoff(2).rejection.as_ref().unwrap().code, "budget");
    rig.press("enter");
    assert_eq!((rig.model.dialogs.len(), rig.model.marks.len()), (0, 1));
    rig.press("M");
    assert!(rig.model.marks.is_empty());
}

#[test]
fn undo_takes_a_bulk_act_back_at_once() {
    let mut rig = Rig::new(6);
    rig.press("G a g space space space r 1");
    assert_eq!([1, 2, 3].map(|lead| rig.stage(lead)), [Stage::Rejected; 3]);
    assert!(rig.model.undo.as_ref().unwrap().text.ends_with("3 leads"));
    rig.press("u");
    assert_eq!([1, 2, 3].map(|lead| rig.stage(lead)), [Stage::Assigned; 3]);
    assert_eq!((rig.stage(6), rig.status()), (Stage::Accepted, "taken back: 3 leads are as before"));
    // The act before it can still be taken back on its own.
    rig.press("u");
    assert_eq!(rig.stage(6), Stage::Assigned);
}

#[test]
fn the_records_of_the_list_are_gone_through_from_within_a_lead() {
    let mut rig = Rig::on(Office::with(&[Stage::Attempted, Stage::Connected, Stage::Attempted]));
    rig.press("3 enter");
    assert_eq!((rig.opened(), rig.front()), (Some(1), None));
    rig.press("]");
    assert_eq!(rig.opened(), Some(2));
    rig.press("] ]");
    assert!(rig.status().contains("last of the list"));
    rig.press("[");
    assert_eq!(rig.opened(), Some(2));
    rig.press("esc");
    assert_eq!((rig.screen(), rig.opened(), rig.selected()), (Screen::Inbox, None, Some(2)));
}

#[test]
fn a_click_selects_and_a_second_one_opens() {
    let mut rig = Rig::new(4);
    rig.send(What::Click { row: 2 });
    assert_eq!((rig.selected(), rig.opened()), (Some(3), None));
    rig.send(What::Click { row: 2 });
    assert_eq!(rig.opened(), Some(3));
    rig.send(What::Click { row: 0 });
    assert_eq!(rig.opened(), Some(3));
}

#[test]
fn new_leads_are_told_of() {
    let mut rig = Rig::new(2);
    rig.model.settings.bell = true;
    rig.store.arrive(&[Stage::Assigned; 2]);
    rig.send(What::StoreChanged);
    assert!(rig.effects.contains(&Effect::Bell));
    assert!(rig.model.log.lines.iter().any(|line| line.text == "2 new leads came"));
}

#[test]
fn a_frame_is_due_only_when_something_changed() {
    let mut rig = Rig::new(3);
    let revision = rig.model.revision;
    rig.send(What::Tick);
    assert_eq!(rig.model.revision, revision);
    rig.send(What::Net(Default::default()));
    rig.pass(1);
    assert!(rig.model.revision > revision);
    assert_eq!((next_tick(&rig.model) - rig.model.now).num_seconds(), 59);
    // While an undo is offered its seconds are shown.
    rig.press("a");
    assert_eq!((next_tick(&rig.model) - rig.model.now).num_seconds(), 1);
    rig.pass(20);
    assert_eq!((next_tick(&rig.model) - rig.model.now).num_seconds(), 39);
}

#[test]
fn what_fails_is_said_once_nothing_is_offered_to_be_undone() {
    let mut rig = Rig::new(3);
    rig.press("n a");
    let error = "crm no longer accepts our credentials".to_owned();
    rig.send(What::Net(Net {
        name: Some("crm".into()),
        error: Some(error.clone()),
        is_signed_out: true,
        ..Net::default()
    }));
    let said = |rig: &Rig| rig.model.status.as_ref().map(|status| (status.kind, status.text.clone()));
    assert_eq!(said(&rig).unwrap().0, StatusKind::Done, "that it can be undone stays");
    let revision = rig.model.revision;
    rig.pass(20);
    assert_eq!((said(&rig).unwrap().1, rig.model.revision > revision), (error, true));
    rig.press("r esc");
    assert_eq!(said(&rig), None, "once");
}

#[test]
fn the_outbox_and_the_log_lie_over_the_rest() {
    let mut rig = Rig::new(4);
    rig.press("n a O");
    assert_eq!((rig.screen(), rig.model.outbox.rows.len()), (Screen::Outbox, 1));
    rig.press("L");
    assert_eq!(rig.screen(), Screen::Log);
    assert!(rig.model.log.lines[0].text.contains("accepted Maya Chen"));
    rig.press("esc");
    assert_eq!((rig.screen(), rig.opened()), (Screen::Lead, Some(2)));
    // Another window writes: the outbox stays where it is.
    rig.press("O");
    rig.send(What::StoreChanged);
    assert_eq!((rig.screen(), rig.opened()), (Screen::Outbox, Some(2)));
}

#[test]
fn the_list_says_who_comes_next_though_another_stands_at_the_top() {
    // The top row of what is due is accepted and waits for a contact; the unanswered comes first.
    let mut rig = Rig::on(Office::with(&[Stage::Accepted, Stage::Assigned, Stage::Assigned]));
    let next = |rig: &Rig| rig.model.next.clone();
    assert_eq!(next(&rig).as_deref(), Some("Tomas Ferreira"));
    rig.press("3");
    assert_eq!((next(&rig).as_deref(), rig.selected()), (Some("Tomas Ferreira"), Some(1)));
    rig.press("n");
    assert_eq!(rig.opened(), Some(2));
    rig.press("S a");
    assert_eq!(next(&rig).as_deref(), Some("Ingrid Solberg"));
    rig.press("n a");
    assert_eq!(rig.opened(), Some(1), "then what waits for a contact");
    rig.press("c p v");
    assert_eq!((rig.opened(), next(&rig).as_deref()), (Some(2), Some("Tomas Ferreira")), "it is the one in front");
    rig.press("c p v c p v");
    assert_eq!((rig.screen(), next(&rig)), (Screen::Inbox, None));
}

#[test]
fn in_a_window_that_shows_nothing_no_key_acts() {
    let small = |rig: &mut Rig| rig.send(What::Resize { width: 59, height: 15, list_rows: 1 });
    let mut rig = Rig::new(3);
    small(&mut rig);
    rig.press("a n enter space r 1 tab");
    rig.send(What::Click { row: 0 });
    assert_eq!(
        (rig.stage(1), rig.front(), rig.model.dialogs.len(), rig.model.tab),
        (Stage::Assigned, None, 0, Tab::New)
    );
    // Nor in a dialog, but what is typed there stays.
    rig.send(What::Resize { width: 80, height: 24, list_rows: 10 });
    rig.press("n d +");
    small(&mut rig);
    rig.press("2 q esc");
    rig.send(What::Paste("x".into()));
    let Dialog::Defer(dialog) = rig.dialog() else { panic!() };
    assert_eq!(dialog.until.input.text(), "+");
    assert!(!rig.effects.contains(&Effect::Quit));
    rig.press("ctrl-c");
    assert!(rig.effects.contains(&Effect::Quit));
}
