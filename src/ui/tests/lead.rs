//! The lead view.

use super::samples::lead::{bare, contacted, engaged, hostile};
use super::{golden, looks, picture};
use crate::handoff::dossier::Twin;
use crate::handoff::lead::LeadId;
use crate::handoff::state::Stage;
use crate::handoff::summary::ClockKind;
use crate::ui::scroll_most;

#[test]
fn an_engaged_lead() {
    golden("lead", &engaged());
}

#[test]
fn a_lead_after_which_the_list_comes() {
    let mut model = engaged();
    super::dialogs::press(&mut model, "S");
    model.status = None;
    golden("lead-then-list", &model);
}

#[test]
fn after_an_answer_the_next_found_comes_as_long_as_there_is_one() {
    let mut model = engaged();
    let rows = super::samples::rows();
    let found = |model: &mut crate::app::Model, rows| {
        model.search.active = true;
        model.list = crate::app::screen::inbox::List::found(rows);
        picture(model, 120, 40)
    };
    assert!(found(&mut model, vec![rows[0].clone(), rows[1].clone()]).contains("an answer, then next found"));
    assert!(found(&mut model, vec![rows[1].clone()]).contains("an answer, then the list"), "it was the only one");
}

#[test]
fn how_soon_to_reach_them_is_true_when_the_time_is_over_and_when_it_was_done() {
    let mut model = engaged();
    let opened = model.opened.as_mut().unwrap();
    opened.clocks = vec![super::samples::lead::clock(ClockKind::FirstContact, -720, 300)];
    assert!(picture(&model, 120, 40).contains("call now: 12m over"));
    // The window that runs is this lead's own, where less is left of it than what the template says.
    let clock = super::samples::lead::clock;
    model.opened.as_mut().unwrap().clocks = vec![clock(ClockKind::FirstContact, 20, 30)];
    assert!(picture(&model, 120, 40).contains("call within 20s"));
    // Where words are read out, they do not change each second.
    model.settings.linear = true;
    assert!(picture(&model, 120, 40).contains("call in under 1m"));
    model.settings.linear = false;
    model.opened.as_mut().unwrap().clocks = vec![clock(ClockKind::FirstContact, 7200, 9000)];
    assert!(picture(&model, 120, 40).contains("call within 5m"), "they expect it sooner");
    // Where the time was over before the rep had it, their own window runs.
    let opened = model.opened.as_mut().unwrap();
    opened.dossier.handoff.assigned_at = super::samples::from_now(-10);
    opened.clocks = vec![clock(ClockKind::Acceptance, 20, 30), clock(ClockKind::FirstContact, -10, 30)];
    let shown = picture(&model, 120, 40);
    assert!(shown.contains("call within 20s"), "{shown}");
    model.opened.as_mut().unwrap().clocks.clear();
    let shown = picture(&model, 120, 40);
    assert!(shown.contains("call · before anything else"), "{shown}");
}

#[test]
fn a_lead_contacted_before() {
    golden("lead-contacted", &contacted());
}

#[test]
fn a_lead_of_which_little_is_known() {
    golden("lead-bare", &bare());
}

#[test]
fn a_hostile_lead() {
    golden("lead-hostile", &hostile());
}

#[test]
fn the_looks_of_the_clock_and_the_ledger() {
    looks("lead-looks", engaged(), 120, 40, 2..14);
}

#[test]
fn the_whole_context_can_be_scrolled_to_in_a_small_window() {
    let mut model = contacted();
    model.lead.ledger = true;
    let all = picture(&model, 80, 60);
    let most = scroll_most(&model, 80, 24);
    let mut seen = String::new();
    for scroll in 0..=most {
        model.lead.scroll = scroll;
        seen.push_str(&picture(&model, 80, 24));
    }
    for line in all.lines().skip(6).take_while(|line| !line.contains("accept")).filter(|line| !line.contains("more ↓"))
    {
        assert!(seen.contains(line.trim_end()), "{line}");
    }
    model.lead.scroll = usize::MAX;
    golden("lead-end", &model);
}

#[test]
fn what_a_source_says_of_the_trigger_in_its_own_words_is_said_once() {
    let mut model = engaged();
    if let Some(trigger) = model.opened.as_mut().and_then(|opened| opened.dossier.lead.trigger.as_mut()) {
        trigger.what = "Demo request, by telephone".into();
    }
    let drawn = picture(&model, 80, 24);
    assert!(drawn.contains("\n Demo request, by telephone"), "{drawn}");
}

#[test]
fn the_same_person_at_another_source_is_told_with_where_they_stand_there() {
    let mut model = engaged();
    let twin =
        Twin { id: LeadId(40), source: "map\u{1b}[2J".into(), stage: Stage::Assigned, owner: Some("Ben".into()) };
    model.opened.as_mut().unwrap().dossier.twins = vec![twin];
    let drawn = picture(&model, 200, 60);
    assert!(
        drawn.contains("also        ") && drawn.contains("L-40 at map") && drawn.contains("· unanswered · Ben"),
        "{drawn}"
    );
    assert!(!drawn.contains('\u{1b}'));
}
