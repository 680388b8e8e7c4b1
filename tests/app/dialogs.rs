//! Each dialog: what its keys do, what it asks for, how it is left.

use leadbox::app::Effect;
use leadbox::app::dialog::Dialog;
use leadbox::app::dialog::attempt::AttemptStep;
use leadbox::app::dialog::reject::RejectStep;
use leadbox::app::effect::{Ask, LaunchKind};
use leadbox::app::footer::footer;
use leadbox::app::launch::{Placeholder, Template};
use leadbox::app::next_tick;
use leadbox::app::screen::Screen;
use leadbox::app::{Reply, What};
use leadbox::handoff::disposition::Act;
use leadbox::handoff::lead::LeadId;
use leadbox::handoff::refusal::Refusal;
use leadbox::handoff::state::Stage;

use super::office::Office;
use super::rig::Rig;

/// A window with lead 1 open.
fn open() -> Rig {
    let mut rig = Rig::new(3);
    rig.press("n");
    rig
}

/// The act that the window sends with these keys, without doing it.
fn sent(rig: &mut Rig, keys: &str) -> Option<Act> {
    rig.held = true;
    rig.press(keys);
    match rig.waiting.pop_back() {
        Some(Ask::Act { act, .. }) => Some(act),
        _ => None,
    }
}

#[test]
fn a_reason_that_asks_for_more_opens_its_field() {
    let mut rig = open();
    rig.press("r 3");
    let Dialog::Reject(dialog) = rig.dialog() else { panic!() };
    assert_eq!(dialog.step, RejectStep::Sub);
    rig.press("9 2");
    assert_eq!(
        (rig.stage(1), rig.handoff(1).rejection.as_ref().unwrap().sub.as_deref()),
        (Stage::Rejected, Some("phone"))
    );
    rig.press("r 4 enter");
    assert_eq!(rig.error(), Some("which record survives?"));
    rig.text("L-1");
    assert_eq!(rig.error(), None);
    rig.press("enter");
    assert_eq!(rig.handoff(2).rejection.as_ref().unwrap().evidence.as_deref(), Some("L-1"));
}

#[test]
fn letters_narrow_the_reasons_unless_they_pick_one() {
    let mut rig = open();
    rig.press("r e");
    assert_eq!(rig.handoff(1).rejection.as_ref().unwrap().code, "existing_customer");
    // `e` within a word is only typed.
    rig.press("r p r e enter");
    assert_eq!(rig.handoff(2).rejection.as_ref().unwrap().code, "timing_premature");
    let mut rig = open();
    rig.press("r / e x i s");
    let Dialog::Reject(dialog) = rig.dialog() else { panic!() };
    assert_eq!((dialog.filter.text(), dialog.shown.len()), ("exis", 1));
    rig.press("esc");
    let Dialog::Reject(dialog) = rig.dialog() else { panic!() };
    assert!(!dialog.typing && dialog.shown.len() == 11);
    rig.press("esc");
    assert!(rig.model.dialogs.is_empty());
    assert_eq!(rig.stage(1), Stage::Assigned);
}

#[test]
fn a_note_is_asked_for_with_plus_or_tab() {
    for key in ["+", "tab"] {
        let mut rig = open();
        rig.press(&format!("r {key} 6"));
        rig.text("froze all spending");
        rig.press("enter");
        assert_eq!(rig.handoff(1).rejection.as_ref().unwrap().note.as_deref(), Some("froze all spending"));
    }
}

#[test]
fn a_digit_within_typed_words_picks_no_reason() {
    let mut rig = open();
    rig.press("r tab");
    let offered = footer(&rig.model).iter().any(|hint| hint.label == "choose");
    assert!(offered, "with a note, nothing is rejected at once");
    rig.text("no budget until 2027");
    let Dialog::Reject(dialog) = rig.dialog() else { panic!() };
    assert_eq!((dialog.step, dialog.filter.text()), (RejectStep::Reason, "no budget until 2027"));
    rig.press("enter");
    assert_eq!(rig.stage(1), Stage::Assigned, "no reason has these words in it");
    rig.press("esc 6");
    rig.text("until 2027");
    rig.press("enter");
    let rejection = rig.handoff(1).rejection.unwrap();
    assert_eq!((rejection.code.as_str(), rejection.note.as_deref()), ("budget", Some("until 2027")));
}

#[test]
fn escape_goes_one_step_back() {
    let mut rig = open();
    rig.press("r 3 1");
    assert_eq!(rig.stage(1), Stage::Rejected);
    rig.press("r tab 4 x enter y esc");
    let Dialog::Reject(dialog) = rig.dialog() else { panic!() };
    assert_eq!((dialog.step, dialog.evidence.text()), (RejectStep::Evidence, "x"));
    rig.press("esc");
    let Dialog::Reject(dialog) = rig.dialog() else { panic!() };
    assert_eq!(dialog.step, RejectStep::Reason);
}

#[test]
fn what_was_typed_for_one_reason_never_goes_out_unseen_under_another() {
    let mut rig = open();
    rig.press("r 2");
    rig.text("Bavaria");
    // The same reason again: its text is still there.
    rig.press("esc 2");
    let Dialog::Reject(dialog) = rig.dialog() else { panic!() };
    assert_eq!((dialog.step, dialog.evidence.text()), (RejectStep::Evidence, "Bavaria"));
    rig.press("esc 7");
    let rejection = rig.handoff(1).rejection.unwrap();
    assert_eq!((rejection.code.as_str(), rejection.evidence), ("timing_premature", None));
    // Nor is it the answer to another reason's question.
    rig.press("r 2 x esc 0");
    let Dialog::Reject(dialog) = rig.dialog() else { panic!() };
    assert_eq!((dialog.step, dialog.evidence.text()), (RejectStep::Evidence, ""));
    // A note is of the lead rather than of the reason: it stays, and is shown before it goes.
    rig.press("esc esc r tab 7");
    rig.text("in spring");
    rig.press("esc 6");
    let Dialog::Reject(dialog) = rig.dialog() else { panic!() };
    assert_eq!((dialog.step, dialog.note.text()), (RejectStep::Note, "in spring"));
    rig.press("enter");
    assert_eq!(rig.handoff(2).rejection.unwrap().note.as_deref(), Some("in spring"));
}

#[test]
fn only_outcomes_of_the_channel_are_offered() {
    let mut rig = open();
    // A voicemail cannot come of an e-mail.
    rig.press("c e v");
    let Dialog::Attempt(dialog) = rig.dialog() else { panic!() };
    assert_eq!((dialog.step, dialog.outcome), (AttemptStep::Outcome, None));
    assert!(footer(&rig.model).iter().all(|hint| hint.label != "voicemail"));
    rig.press("a");
    assert_eq!(rig.stage(1), Stage::Attempted);
}

#[test]
fn the_details_of_a_contact_are_filled_in_before_it_is_sent() {
    let mut rig = open();
    rig.press("c c p R");
    rig.text("asked for Tuesday");
    rig.press("tab");
    rig.text("tue 10:00 call");
    let Dialog::Attempt(dialog) = rig.dialog() else { panic!() };
    assert_eq!(
        (dialog.next.time.unwrap().to_rfc3339().as_str(), dialog.next.rest.as_str()),
        ("2026-11-24T10:00:00+00:00", "call")
    );
    let Some(Act::Attempt(attempt)) = sent(&mut rig, "enter") else { panic!() };
    assert_eq!(attempt.note.as_deref(), Some("asked for Tuesday"));
    assert_eq!(attempt.cited.as_deref(), Some("demo form: Can we see the sync?"));
    assert_eq!(attempt.next.unwrap().what, "call");
}

#[test]
fn the_way_to_the_details_leads_to_the_note_first() {
    for keys in ["c p tab", "c tab p tab", "c P r", "c p + r"] {
        let mut rig = open();
        rig.press(keys);
        rig.text("asked for Tuesday");
        let Dialog::Attempt(dialog) = rig.dialog() else { panic!() };
        assert_eq!((dialog.step, dialog.note.text()), (AttemptStep::Note, "asked for Tuesday"), "{keys}");
        assert_eq!((dialog.signals.is_empty(), dialog.own_signal.text()), (false, ""), "{keys}");
    }
}

#[test]
fn the_cited_signal_is_chosen_or_told() {
    let mut rig = open();
    rig.press("c tab p tab tab tab down down");
    let Dialog::Attempt(dialog) = rig.dialog() else { panic!() };
    assert_eq!((dialog.step, dialog.signal().as_deref()), (AttemptStep::Cited, Some("demo request")));
    rig.text("her talk in Lisbon");
    rig.press("shift-tab shift-tab shift-tab");
    let Some(Act::Attempt(attempt)) = sent(&mut rig, "n enter") else { panic!() };
    assert_eq!(attempt.cited.as_deref(), Some("her talk in Lisbon"));
    // Up from the first is none: a generic touch.
    let mut rig = open();
    rig.press("c tab p tab tab tab down up shift-tab shift-tab shift-tab");
    let Some(Act::Attempt(attempt)) = sent(&mut rig, "n enter") else { panic!() };
    assert_eq!(attempt.cited, None);
}

#[test]
fn consent_is_overruled_only_with_a_reason() {
    let mut store = Office::new(2);
    store.change(1, |lead| lead.person.do_not_call = true);
    let mut rig = Rig::on(store);
    rig.press("n c p r enter");
    assert!(rig.error().unwrap().contains("asked not to be contacted by phone"));
    rig.text("she asked us to call back");
    rig.press("enter");
    assert_eq!(rig.stage(1), Stage::Connected);
    // From the list the app does not know; the store says so and the field opens.
    let mut store = Office::new(2);
    store.change(1, |lead| lead.person.do_not_call = true);
    let mut rig = Rig::on(store);
    rig.press("2 c p v");
    let Dialog::Attempt(dialog) = rig.dialog() else { panic!() };
    assert_eq!(dialog.step, AttemptStep::Consent);
    assert!(rig.error().unwrap().contains("choose another channel"));
    rig.text("ok");
    rig.press("enter");
    assert_eq!(rig.stage(1), Stage::Attempted);
}

#[test]
fn a_deferral_takes_a_date_and_what_they_said() {
    let mut rig = open();
    rig.press("d");
    rig.text("soon");
    rig.press("enter");
    assert!(rig.error().unwrap().contains("is not a date"));
    rig.press("ctrl-u");
    rig.text("+3d");
    let Dialog::Defer(dialog) = rig.dialog() else { panic!() };
    assert_eq!(dialog.until.time.unwrap().to_rfc3339(), "2026-11-23T09:00:00+00:00");
    rig.press("enter enter");
    assert!(rig.error().unwrap().contains("what did they say?"));
    rig.text("after the fair");
    rig.press("enter");
    assert_eq!((rig.stage(1), rig.opened()), (Stage::Deferred, Some(2)));
    // What the rules refuse stays in the dialog, with their sentence.
    rig.press("d");
    rig.text("+6mo");
    rig.press("tab");
    rig.text("budget");
    rig.press("enter");
    assert!(rig.error().unwrap().contains("30 days at the most"));
    assert_eq!(rig.stage(2), Stage::Assigned);
}

#[test]
fn the_arrows_suggest_dates() {
    let mut rig = open();
    rig.press("d down down down");
    let Dialog::Defer(dialog) = rig.dialog() else { panic!() };
    assert_eq!((dialog.until.input.text(), dialog.until.time.is_some()), ("tomorrow", true));
}

#[test]
fn an_sql_needs_all_three() {
    let mut rig = Rig::on(Office::with(&[Stage::Connected]));
    rig.press("3 enter Q");
    rig.text("slow handoffs");
    rig.press("enter enter");
    rig.text("demo with the CRO");
    rig.press("enter enter");
    assert!(rig.error().unwrap().contains("decision authority"));
    rig.text("VP, signs");
    rig.press("enter enter");
    rig.text("tue 10:00");
    rig.press("enter");
    assert_eq!(rig.stage(1), Stage::Sql);
    assert!(rig.handoff(1).qualification.as_ref().unwrap().next_at.is_some());
    // Before a conversation it is not even offered.
    let mut rig = open();
    rig.press("Q");
    assert!(rig.barred().unwrap().contains("needs a conversation"));
}

#[test]
fn skips_are_counted_and_end() {
    let mut rig = Rig::new(8);
    rig.press("s");
    assert!(rig.barred().unwrap().contains("only the open lead can be skipped"));
    rig.press("esc n");
    for (left, opened) in [(3, 2), (2, 3), (1, 4)] {
        rig.press("s");
        let Dialog::Skip(dialog) = rig.dialog() else { panic!() };
        assert_eq!(dialog.left, left);
        rig.press("enter");
        assert!(rig.error().is_some());
        rig.text("in a meeting");
        rig.press("enter");
        assert_eq!((rig.opened(), rig.model.skips_left()), (Some(opened), left - 1));
    }
    rig.press("s");
    assert!(rig.barred().unwrap().contains("all 3 skips"));
    // Tomorrow there are new ones.
    rig.pass(86_400);
    assert_eq!(rig.model.skips_left(), 3);
}

#[test]
fn a_snooze_hides_from_the_list_and_not_from_the_gate() {
    let mut rig = Rig::new(3);
    rig.press("z");
    rig.text("+1h");
    rig.press("enter");
    assert!(rig.handoff(1).snoozed_until.is_some());
    assert_eq!((rig.screen(), rig.selected()), (Screen::Inbox, Some(2)));
    rig.press("n z");
    assert!(rig.barred().unwrap().contains("cannot be snoozed"));
}

#[test]
fn the_palette_runs_what_is_allowed_now() {
    let mut rig = open();
    rig.press(":");
    let Dialog::Palette(dialog) = rig.dialog() else { panic!() };
    let names: Vec<_> = dialog.rows.iter().map(|row| row.action.name()).collect();
    assert!(names.contains(&"accept") && names.contains(&"copy"));
    for name in ["next", "tab-due", "back", "open", "search", "snooze", "palette", "qualify", "down"] {
        assert!(!names.contains(&name), "{name}");
    }
    rig.text("acpt");
    let Dialog::Palette(dialog) = rig.dialog() else { panic!() };
    assert_eq!((dialog.rows[0].action.name(), dialog.rows[0].key.as_str()), ("accept", "a"));
    rig.press("enter");
    assert_eq!((rig.stage(1), rig.opened()), (Stage::Accepted, Some(2)));
    rig.press("ctrl-k");
    rig.text("netw");
    rig.press("enter");
    assert_eq!(rig.effects.last(), Some(&Effect::Network(false)));
    // An open lead does not hold back whoever sits down next.
    rig.press("f2");
    assert_eq!(rig.effects.last(), Some(&Effect::Switch));
}

#[test]
fn only_in_the_demo_can_one_be_somebody_else() {
    let mut rig = open();
    rig.model.settings.demo = false;
    rig.effects.clear();
    rig.press("f2");
    assert_eq!(rig.effects, []);
    assert!(rig.status().contains("only in the demo"));
}

#[test]
fn the_palette_runs_nothing_that_only_shares_letters_with_what_was_typed() {
    let mut rig = open();
    for name in ["view", "tab", "search", "next", "open"] {
        rig.press(":");
        rig.text(name);
        rig.press("enter esc esc");
        assert_eq!((rig.stage(1), rig.opened()), (Stage::Assigned, Some(1)), "{name}");
    }
    rig.press("a");
    rig.press(":");
    rig.text("tab");
    rig.press("enter esc esc");
    assert_eq!((rig.stage(1), rig.opened()), (Stage::Accepted, Some(2)), "nothing is taken back");
}

#[test]
fn help_comes_from_the_live_key_map_and_is_searched() {
    let mut rig = open();
    rig.model.keymap = leadbox::app::KeyMap::with([("A", "accept")]).unwrap();
    rig.press("?");
    rig.text("accept pursue");
    let Dialog::Help(dialog) = rig.dialog() else { panic!() };
    assert_eq!(dialog.rows.len(), 1);
    assert_eq!((dialog.rows[0].action.name(), dialog.rows[0].keys.as_str()), ("accept", "A"));
    rig.press("esc esc");
    assert!(rig.model.dialogs.is_empty());
    // It opens over a dialog too, and closes to it.
    rig.press("c ? esc");
    assert!(matches!(rig.dialog(), Dialog::Attempt(_)));
}

#[test]
fn the_copy_menu_knows_the_open_lead_and_only_the_line_of_another() {
    let mut rig = Rig::new(2);
    rig.press("y");
    let Dialog::Copy(dialog) = rig.dialog() else { panic!() };
    assert_eq!(dialog.items.len(), 1);
    assert!(!dialog.items[0].text.contains('@'));
    rig.press("esc n y e");
    assert_eq!(rig.effects.last(), Some(&Effect::Copy("lead1@acme.example".into())));
    assert_eq!((rig.opened(), rig.model.dialogs.len()), (Some(1), 0));
}

#[test]
fn what_is_opened_outside_is_an_address_that_may_leave() {
    let mut rig = open();
    rig.press("m");
    assert!(rig.status().contains("set meeting_link under [open]"), "{}", rig.status());
    let link = Template::link("https://cal.example/ana?name={name}&mail={email}").unwrap();
    rig.model.settings.meeting_link = Some(link);
    rig.press("o e t m");
    let launches = rig.effects.iter().filter_map(|effect| match effect {
        Effect::Launch(launch) => Some((launch.kind, launch.url.as_str(), launch.values.get(Placeholder::Email))),
        _ => None,
    });
    let email = Some("lead1@acme.example");
    assert_eq!(
        launches.collect::<Vec<_>>(),
        [
            (LaunchKind::Record, "https://crm.example/1", email),
            (LaunchKind::Email, "mailto:lead1@acme.example", email),
            (LaunchKind::Call, "tel:+13125550143", email),
            (LaunchKind::Meeting, "https://cal.example/ana?name=Maya%20Chen&mail=lead1@acme.example", email),
        ]
    );
    // By name as well, while the lead is engaged; and its link can be copied into a message.
    rig.press(": e - m a i l enter y c");
    assert!(matches!(rig.effects.last(), Some(Effect::Copy(text)) if text.starts_with("https://cal.example/ana")));
    let mut store = Office::new(1);
    store.change(1, |lead| lead.url = Some("file:///etc/passwd".into()));
    let mut rig = Rig::on(store);
    rig.press("n o");
    assert!(!rig.effects.iter().any(|effect| matches!(effect, Effect::Launch(_))));
    assert!(rig.status().contains("not one of the web"), "{}", rig.status());
}

#[test]
fn why_due_waits_for_its_answer() {
    let mut rig = open();
    rig.held = true;
    rig.press("w");
    let Dialog::WhyDue(dialog) = rig.dialog() else { panic!() };
    assert_eq!((dialog.lead, &dialog.walks), (LeadId(1), &None));
    rig.held = false;
    rig.serve();
    let Dialog::WhyDue(dialog) = rig.dialog() else { panic!() };
    let walks = dialog.walks.as_ref().unwrap();
    assert_eq!(walks.iter().map(|walk| walk.spent.len()).collect::<Vec<_>>(), [1, 1, 2], "{walks:?}");
}

#[test]
fn why_due_of_a_lead_that_may_not_be_shown_closes() {
    let mut rig = Rig::new(2);
    rig.press("w");
    assert!(rig.model.dialogs.is_empty() && rig.status().contains("open the lead first"), "{}", rig.status());
    let mut rig = open();
    rig.held = true;
    rig.press("w");
    let ask = rig.waiting.pop_front().unwrap();
    rig.reply(Reply::Refused { ask, refusal: Refusal::NothingToUndo });
    assert!(rig.model.dialogs.is_empty());
}

#[test]
fn a_paste_goes_into_the_field_and_never_runs_a_key() {
    let mut rig = open();
    rig.send(What::Paste("a\nr1".into()));
    assert_eq!((rig.opened(), rig.stage(1), rig.model.dialogs.len()), (Some(1), Stage::Assigned, 0));
    rig.press("s");
    rig.send(What::Paste("in a\nmeeting".into()));
    let Dialog::Skip(dialog) = rig.dialog() else { panic!() };
    assert_eq!(dialog.reason.text(), "in a meeting");
    rig.press("esc r");
    rig.send(What::Paste("1".into()));
    assert_eq!(rig.stage(1), Stage::Assigned);
}

#[test]
fn the_research_is_opened_and_ticked_by_key_while_the_lead_is_owed() {
    let mut rig = open();
    rig.press("i a r");
    rig.pass(80);
    let research = rig.model.research.clone().unwrap();
    assert_eq!((research.ticked, research.seconds(rig.model.now)), ([true, false, false, true, false], 80));
    let opened = rig.effects.iter().filter(|effect| matches!(effect, Effect::Launch(_))).count();
    assert_eq!(opened, 1, "the record");
    assert_eq!((next_tick(&rig.model) - rig.model.now).num_seconds(), 1, "its time counts on the screen");
    // What has no page is ticked all the same; a second time takes the tick back.
    rig.press("s p n");
    assert!(rig.model.research.as_ref().unwrap().done_at.is_some());
    rig.press("n esc i");
    assert_eq!(rig.model.research.as_ref().unwrap().ticked, [true, true, true, true, false]);
    rig.press("esc a i");
    assert_eq!(rig.model.research.as_ref().unwrap().ticked, [false; 5], "another lead, another list");
}
