//! Search as one types.

use leadbox::app::effect::Ask;
use leadbox::app::footer::footer;
use leadbox::app::model::View;
use leadbox::app::screen::Screen;
use leadbox::app::{Effect, Reply, What};
use leadbox::handoff::disposition::Act;
use leadbox::handoff::state::Stage;

use super::rig::Rig;

#[test]
fn each_letter_asks_and_only_the_newest_answer_is_shown() {
    let mut rig = Rig::new(8);
    rig.held = true;
    rig.press("/ m a");
    let asks: Vec<Ask> = rig.waiting.drain(..).collect();
    let texts: Vec<_> = asks
        .iter()
        .filter_map(|ask| if let Ask::Search { text, .. } = ask { Some(text.as_str()) } else { None })
        .collect();
    assert_eq!(texts, ["m", "ma"]);
    assert!(rig.effects.contains(&Effect::CancelSearch));
    let old = rig.store.answer(asks[0].clone(), rig.model.now);
    let new = rig.store.answer(asks[1].clone(), rig.model.now);
    rig.reply(new);
    rig.reply(old);
    let names: Vec<_> = rig.model.list.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["Maya Chen"]);
}

#[test]
fn enter_keeps_what_was_found_and_escape_goes_back() {
    let mut rig = Rig::new(8);
    rig.press("j j / o n enter");
    assert!(!rig.model.search.typing && rig.model.search.active);
    assert_eq!(rig.model.list.rows.len(), 0);
    rig.press("/ ctrl-u o k enter");
    assert_eq!(rig.selected(), Some(4));
    rig.press("esc");
    assert!(!rig.model.search.active);
    assert_eq!((rig.model.list.rows.len(), rig.selected()), (8, Some(3)));
    // Emptying the bar shows the tab again.
    rig.press("/ x backspace");
    assert_eq!((rig.model.list.rows.len(), rig.model.search.active, rig.model.search.typing), (8, false, true));
}

#[test]
fn what_was_found_can_be_moved_through_and_opened() {
    let mut rig = Rig::new(8);
    rig.press("/ m down");
    let second = rig.selected();
    assert!(second.is_some());
    assert_eq!(second, rig.model.list.rows.get(1).map(|row| row.id.0));
    rig.press("enter enter");
    assert_eq!((rig.screen(), rig.opened()), (Screen::Lead, second));
}

#[test]
fn a_filter_that_does_not_parse_says_so_and_leaves_the_rest() {
    let mut rig = Rig::new(8);
    rig.press("/");
    rig.text("maya");
    rig.send(What::Paste(" bad:x".into()));
    assert!(rig.model.search.error.as_deref().unwrap().contains("there is no “bad:”"));
    assert_eq!(rig.model.list.rows.len(), 1);
}

#[test]
fn a_search_is_kept_fresh_and_keeps_its_selection() {
    let mut rig = Rig::new(8);
    rig.press("/ m enter j");
    let selected = rig.selected();
    assert_eq!(selected, Some(7));
    let now = rig.model.now;
    rig.store.act(6, Act::Accept, now);
    rig.send(What::StoreChanged);
    assert_eq!(rig.selected(), selected);
    assert!(rig.model.search.active);
    rig.press("tab");
    assert!(!rig.model.search.active && rig.model.search.text().is_empty());
}

#[test]
fn a_search_that_was_stopped_is_no_failure() {
    let mut rig = Rig::new(8);
    rig.held = true;
    rig.press("/ m a");
    let stopped = rig.waiting.pop_front().unwrap();
    rig.reply(Reply::Failed { ask: stopped, error: "interrupted".into() });
    assert_eq!(rig.status(), "");
    let newest = rig.waiting.pop_back().unwrap();
    rig.reply(Reply::Failed { ask: newest, error: "the file is damaged".into() });
    assert_eq!(rig.status(), "the file is damaged");
}

/// Two views: those with an `m` name, and the unanswered.
fn with_views(rig: &mut Rig) {
    let view = |name: &str, filter: &str| View { name: name.into(), filter: filter.into() };
    rig.model.settings.views = vec![view("m", "m"), view("fresh", "stage:assigned")];
}

#[test]
fn n_goes_through_what_was_found_and_engages_nothing() {
    let mut rig = Rig::new(8);
    rig.press("N");
    assert!(rig.status().contains("nothing was searched for"));
    rig.press("/ m enter n");
    assert_eq!((rig.selected(), rig.front()), (Some(7), None));
    assert!(footer(&rig.model).iter().any(|hint| hint.label == "next found"));
    rig.press("N");
    assert_eq!(rig.selected(), Some(1));
    rig.press("esc n");
    assert_eq!(rig.front(), Some(1), "without a search it opens the next of the queue");
}

#[test]
fn a_saved_view_is_shown_by_key_and_by_name() {
    let mut rig = Rig::new(8);
    rig.press("v");
    assert!(rig.model.dialogs.is_empty() && rig.status().contains("[views]"), "{}", rig.status());
    with_views(&mut rig);
    for keys in ["v 1", "v enter", ": v i e w space m enter"] {
        rig.press(keys);
        assert_eq!(rig.model.search.view.as_deref(), Some("m"), "{keys}");
        assert_eq!((rig.model.list.rows.len(), rig.model.search.typing), (2, false));
        rig.press("esc");
        assert!(!rig.model.search.active);
    }
    // Typed on, it is a search like any other.
    rig.press("v 1 / o");
    assert_eq!((&rig.model.search.view, rig.model.list.rows.len()), (&None, 1));
    // The gate holds: an open lead is not left for a view.
    rig.press("esc n v");
    assert!(rig.model.dialogs.is_empty() && rig.status().contains("owes a disposition"));
}

#[test]
fn a_skip_of_the_only_one_found_goes_back_to_the_list() {
    let mut rig = Rig::new(8);
    rig.press("/ m a y a enter enter");
    assert_eq!((rig.model.list.rows.len(), rig.front()), (1, Some(1)));
    rig.press("s l a t e r enter");
    assert_eq!((rig.screen(), rig.opened(), rig.front()), (Screen::Inbox, None, None));
    assert!(rig.model.search.active && rig.model.dialogs.is_empty());
    assert_eq!((rig.model.skips_left(), rig.stage(1)), (2, Stage::Assigned));
    rig.press("esc");
    assert!(!rig.model.search.active);
}

#[test]
fn acting_goes_on_within_what_was_found_and_ends_with_it() {
    let mut rig = Rig::new(8);
    with_views(&mut rig);
    rig.press("v 1 enter a");
    assert_eq!((rig.opened(), rig.front()), (Some(7), Some(7)));
    rig.press("r 1");
    assert_eq!((rig.opened(), rig.stage(1)), (Some(1), Stage::Accepted), "it waits for its first contact");
    rig.press("c p n");
    assert_eq!((rig.opened(), rig.front(), rig.screen()), (None, None, Screen::Inbox));
    assert!(rig.model.search.active);
    // In a lead that owes nothing `n` leaves what was found, and says so.
    rig.press("g enter");
    let hints = footer(&rig.model);
    let of = |key: &str| hints.iter().find(|hint| hint.key == key).map(|hint| hint.label.as_str());
    assert_eq!((of("n"), of("]")), (Some("next of queue"), Some("next found")));
}
