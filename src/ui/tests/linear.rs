//! The linear look: what a screen reader reads.

use super::dialogs::press;
use super::samples::{from_now, inbox, lead, now};
use super::{golden, picture};
use crate::app::Model;
use crate::app::model::UndoOffer;
use crate::app::{Msg, Reply, next_tick, update};
use crate::handoff::lead::LeadId;

fn linear(mut model: Model) -> Model {
    model.settings.linear = true;
    model
}

fn after(model: Model, keys: &str) -> Model {
    let mut model = linear(model);
    press(&mut model, keys);
    model
}

#[test]
fn every_screen_in_lines() {
    golden("linear-inbox", &linear(inbox()));
    golden("linear-lead", &linear(lead::engaged()));
    golden("linear-outbox", &linear(super::lists::outbox()));
}

#[test]
fn the_dialogs_in_lines() {
    golden("linear-reject", &after(lead::engaged(), "r down"));
    golden("linear-contact", &after(lead::engaged(), "c p"));
    golden("linear-defer", &after(lead::engaged(), "d \"tomorrow 9am\""));
    golden("linear-palette", &after(lead::engaged(), ": \"rej\""));
}

#[test]
fn nothing_is_drawn_that_is_not_text() {
    for model in [inbox(), lead::engaged(), lead::hostile(), after(lead::engaged(), "r"), after(inbox(), "?")] {
        let drawn = picture(&linear(model), 120, 40);
        let drawing = drawn.chars().find(|c| matches!(c, '\u{2500}'..='\u{259f}' | '●' | '▲' | '◌'));
        assert_eq!(drawing, None, "{drawn}");
        assert!(drawn.contains("‸ cursor"), "{drawn}");
    }
}

#[test]
fn nothing_changes_each_second() {
    let mut model = linear(lead::engaged());
    // Nothing is asked for at once.
    update(&mut model, Msg::reply(now(), Reply::Soon(Vec::new())));
    model.undo = Some(UndoOffer { leads: vec![LeadId(1)], name: "x".into(), text: "x".into(), until: from_now(9) });
    // 41 s are left of one clock and 4:19 of another: told anew is that the offer to undo is gone, then a minute.
    assert_eq!(next_tick(&model), from_now(9));
    assert!(crate::ui::next_change(&model).is_none_or(|at| at >= from_now(20)), "{:?}", crate::ui::next_change(&model));
    let at = |seconds: i64| {
        let mut model = linear(inbox());
        model.now = from_now(seconds);
        model.settings.title = false;
        picture(&model, 120, 40)
    };
    assert_eq!(at(1), at(2));
}
