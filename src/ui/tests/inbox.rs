//! The inbox.

use super::dialogs::press;
use super::{golden, looks, picture, samples};
use crate::app::model::{Status, StatusKind, UndoOffer};
use crate::app::screen::inbox::List;
use crate::app::team::Member;
use crate::handoff::event::Role;
use crate::handoff::lead::LeadId;
use crate::handoff::state::Stage;
use crate::handoff::summary::{Deadline, Tab};

#[test]
fn a_busy_morning() {
    golden("inbox", &samples::inbox());
}

#[test]
fn the_title_counts_down_the_open_lead_and_names_nobody() {
    let mut model = samples::inbox();
    assert_eq!(crate::ui::title(&model), "6 due · leadbox");
    model = samples::lead::engaged();
    assert_eq!(crate::ui::title(&model), "▲ 0:41 left · 6 due · leadbox");
    model.settings.title = true;
    (model.screen, model.now) = (crate::app::screen::Screen::Log, samples::now());
    assert_eq!(crate::ui::next_change(&model), Some(samples::from_now(1)), "it counts on, whatever is on the screen");
    model.settings.title = false;
    assert_eq!(crate::ui::next_change(&model), None);
}

#[test]
fn nothing_is_due() {
    let mut model = samples::inbox();
    model.list.rows.clear();
    model.list.selected = None;
    golden("inbox-empty", &model);
}

#[test]
fn the_looks_differ_in_style_only() {
    looks("inbox-looks", samples::inbox(), 120, 40, 0..6);
}

#[test]
fn search_as_one_types() {
    let mut model = samples::inbox();
    press(&mut model, "/ \"cat:A demo\"");
    let rows = samples::rows();
    (model.search.shown, model.search.active) = (model.search.generation, true);
    model.list = List::found(vec![rows[1].clone(), rows[6].clone()]);
    golden("search", &model);
    // Kept, and saved under a name.
    (model.search.typing, model.search.view) = (false, Some("hot".into()));
    golden("search-view", &model);
    model.search.error = Some("there is no filter “cot:”; there are cat, src, due, stage, score and tab".into());
    model.list = List::found(Vec::new());
    golden("search-wrong", &model);
}

#[test]
fn what_the_status_line_says() {
    let mut model = samples::inbox();
    model.undo = Some(UndoOffer {
        leads: vec![LeadId(31)],
        name: "Dana Whitfield".into(),
        text: "accepted Dana Whitfield".into(),
        until: samples::from_now(8),
    });
    model.marks = [(LeadId(17), "Tomás Ferreira".to_owned()), (LeadId(9), "Ingrid Solberg".to_owned())].into();
    model.net.online = false;
    model.counts.parked = 2;
    golden("inbox-undo", &model);
    model.undo = None;
    let text = "Maya Chen is open and owes a disposition: a accept, r reject, c log contact, d defer, s skip, and this \
                sentence is longer than a line of eighty cells";
    model.status = Some(Status { kind: StatusKind::Refused, text: text.into(), until: None });
    golden("inbox-refused", &model);
}

#[test]
fn the_other_tabs() {
    let mut model = samples::inbox();
    model.tab = Tab::Deferred;
    for (at, row) in model.list.rows.iter_mut().enumerate() {
        row.returns_at = Some(samples::from_now(70_000 * (at as i64 + 1)));
        if at % 3 != 0 {
            row.stage = Stage::Deferred;
            row.deadline = row.deadline.map(|deadline| Deadline { due: None, frozen: 3000, ..deadline });
        }
    }
    golden("inbox-deferred", &model);
    model.tab = Tab::Done;
    let stages = [Stage::Sql, Stage::Rejected, Stage::Recycled, Stage::Opportunity];
    for (at, row) in model.list.rows.iter_mut().enumerate() {
        (row.returns_at, row.deadline, row.stage) = (None, None, stages[at % 4]);
        row.closed_at = Some(samples::from_now(-40_000 * (at as i64 * at as i64)));
    }
    golden("inbox-done", &model);
    // What the hub gave to somebody else was nobody's work: it says so, and to whom and why.
    let row = &mut model.list.rows[1];
    row.taken_away = Some("given to jon: nobody answered it in the first window".into());
    (row.stage, row.closed_at) = (Stage::Recycled, Some(samples::from_now(-95)));
    // Of a hub's it says the number by which the hub knows it.
    (row.source, row.external_id) = ("hub".into(), "7".into());
    golden("inbox-taken-away", &model);
}

#[test]
fn what_waits_in_a_queue_is_taken_on_the_team_screen() {
    let mut model = samples::inbox();
    model.settings.member = Some(Member { id: "sue".into(), role: Role::Manager });
    (model.list.rows[1].is_theirs, model.list.rows[1].owner) = (true, None);
    let shown = picture(&model, 120, 40);
    let keys = shown.lines().last().unwrap();
    assert!(keys.contains("T team: take, reassign") && !keys.contains("accept"), "{keys}");
    press(&mut model, "a");
    assert!(picture(&model, 120, 40).contains("waits in a queue and is nobody's yet"));
    model.settings.member = Some(Member { id: "ada".into(), role: Role::Revops });
    assert!(picture(&model, 120, 40).contains("T team: reassign "), "who takes no leads");
}

#[test]
fn what_can_be_done_in_an_open_lead_alone_says_so_in_the_list() {
    let mut model = samples::inbox();
    for (key, what) in [("t", "call"), ("e", "e-mail"), ("m", "meeting"), ("i", "research")] {
        press(&mut model, key);
        let told = format!("⊘ “{what}” is for an open lead: ⏎ opens the selected one");
        assert!(picture(&model, 80, 24).contains(&told), "{key}");
    }
    press(&mut model, "x j");
    assert_eq!(model.status, None, "the next key takes it away");
}

#[test]
fn the_offer_to_undo_stands_beside_what_it_takes_back_and_beside_nothing_else() {
    let mut model = samples::lead::engaged();
    model.undo = Some(UndoOffer {
        leads: vec![LeadId(31)],
        name: "Dana Whitfield".into(),
        text: "accepted Dana Whitfield".into(),
        until: samples::from_now(8),
    });
    let rule = |model: &_| picture(model, 80, 24).lines().rev().nth(1).unwrap().to_owned();
    assert!(rule(&model).contains("accepted Dana Whitfield · u undo, 8s"), "{}", rule(&model));
    press(&mut model, "S");
    assert!(rule(&model).contains("after this one back to the list") && !rule(&model).contains("undo"));
}

#[test]
fn after_hours_and_twelve_hours() {
    let mut model = samples::inbox();
    model.now = samples::from_now(4 * 3600);
    model.settings.twelve_hours = true;
    golden("inbox-evening", &model);
}

#[test]
fn a_window_that_is_too_small() {
    let model = samples::inbox();
    assert_eq!(
        picture(&model, 40, 5),
        "\n      Leadbox needs 60 × 15 cells.\n        This window has 40 × 5.\nNo key acts until there is room; Ctrl-C…\n\n"
    );
    assert_eq!(picture(&model, 59, 15).matches("needs").count(), 1);
    assert_eq!(picture(&model, 60, 15).matches("needs").count(), 0);
}

#[test]
fn the_smallest_window() {
    let lead = super::samples::lead::engaged();
    let both = format!("{}{}", picture(&samples::inbox(), 60, 15), picture(&lead, 60, 15));
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("smallest", both);
    });
}
