//! What must hold for any frame: no geometry and no text makes it panic, and nothing foreign gets through.

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::dialogs::press;
use super::lists::outbox;
use super::samples::lead::{bare, contacted, engaged, hostile};
use super::samples::{from_now, inbox};
use super::team::team;
use crate::app::Model;
use crate::ui::{draw, inert, list_rows, next_change, scroll_most};

/// Every screen and dialog.
fn models() -> Vec<Model> {
    let mut models = vec![
        inbox(),
        engaged(),
        contacted(),
        bare(),
        hostile(),
        outbox(),
        team(),
        super::reconcile::kept(),
        super::alerts::told(engaged()),
    ];
    let opening = ["/ \"a\"", "r", "r 3 down", "r 2", "c", "c P v", "c e tab", "d", "s", "?", ":", "y", "w", "L"];
    for keys in opening {
        let mut model = hostile();
        press(&mut model, keys);
        models.push(model);
    }
    for keys in ["enter", "enter r", "enter t \"x\"", "p", "down down down", "G"] {
        let mut model = team();
        press(&mut model, keys);
        models.push(model);
    }
    for keys in ["/ \"x\"", "z", "space r"] {
        let mut model = inbox();
        press(&mut model, keys);
        models.push(model);
    }
    models
}

fn check(model: &Model, width: u16, height: u16) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let frame = terminal.draw(|frame| draw(frame, model)).unwrap();
    for cell in &frame.buffer.content {
        assert_eq!(inert(cell.symbol()), cell.symbol());
    }
    let _ = (next_change(model), scroll_most(model, width, height), list_rows(height));
}

#[test]
fn every_screen_at_every_awkward_size() {
    for model in models() {
        for (width, height) in
            [(0, 0), (1, 1), (0, 40), (200, 0), (59, 15), (60, 15), (60, 14), (61, 16), (99, 29), (500, 15), (60, 200)]
        {
            check(&model, width, height);
            check(&linear(&model), width, height);
        }
    }
}

/// The same as a screen reader reads it.
fn linear(model: &Model) -> Model {
    let mut model = model.clone();
    model.settings.linear = true;
    model
}

fn foreign() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "Maya",
        " ",
        "王小明",
        "\u{1b}[31m",
        "\u{202e}",
        "\u{200b}",
        "e\u{301}\u{301}\u{301}\u{301}\u{301}",
        "\r\n",
        "👩\u{200d}👧",
        "\u{7}",
        "\u{9b}2J",
        "ـش",
        "क्षि",
        "\u{feff}",
        "🇩🇪",
        "…",
        "\t",
        "longlonglonglonglonglonglong",
    ]);
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_window_and_any_text(
        (which, width, height) in (0..32usize, 0..500u16, 0..200u16),
        (text, other) in (foreign(), foreign()),
        (scroll, later) in (0..100usize, -10_000_000..10_000_000i64),
    ) {
        let models = models();
        let mut model = models[which % models.len()].clone();
        model.now = from_now(later);
        model.lead.scroll = scroll;
        for row in &mut model.list.rows {
            (row.name, row.why, row.place) = (text.clone(), Some(other.clone()), Some(text.clone()));
            (row.asked, row.company, row.title) = (Some(other.clone()), Some(text.clone()), Some(other.clone()));
        }
        if let Some(opened) = &mut model.opened {
            let dossier = &mut opened.dossier;
            let lead = &mut dossier.lead;
            (lead.message, lead.person.name, lead.company.name) = (Some(text.clone()), Some(other.clone()), Some(text.clone()));
            (lead.person.first_name, lead.person.email) = (None, Some(other.clone()));
            lead.extras.insert(other.clone(), text.clone());
            lead.company.tech.push(text.clone());
            for activity in &mut dossier.trail {
                (activity.text, activity.actor) = (text.clone(), Some(other.clone()));
            }
            if let Some(approach) = &mut opened.approach {
                (approach.opening, approach.next_step) = (Some(text.clone()), Some(other.clone()));
                (approach.topics, approach.objections) = (vec![other.clone()], vec![text.clone()]);
            }
        }
        for lead in &mut model.team.details.leads {
            (lead.name, lead.company, lead.why) = (text.clone(), Some(other.clone()), Some(text.clone()));
        }
        for person in model.team.board.iter_mut().flat_map(|board| &mut board.teams).flat_map(|team| &mut team.people) {
            (person.name, person.paused) = (other.clone(), Some(text.clone()));
        }
        for row in &mut model.outbox.rows {
            row.error = Some(text.clone());
            if let Some(hub) = &mut row.hub {
                hub.left = Some(other.clone());
            }
        }
        (model.settings.rep, model.net.name, model.next) = (text.clone(), Some(other), Some(text.clone()));
        if let Some(form) = model.dialogs.last_mut().and_then(|dialog| dialog.form_mut()) {
            (form.name, form.error) = (text.clone(), Some(text));
        }
        check(&model, width, height);
        check(&linear(&model), width, height);
    }
}

/// One field of megabytes must not make a frame slow: what is not shown is not read.
#[test]
fn a_field_of_ten_megabytes_is_drawn() {
    let mut model = engaged();
    let long = "\u{200b}x 王".repeat(1_500_000);
    if let Some(opened) = &mut model.opened {
        opened.dossier.lead.message = Some(long.clone());
        opened.dossier.lead.company.news = vec![long.clone()];
        opened.dossier.trail[0].text = long.clone();
        opened.dossier.lead.extras.insert(long.clone(), long);
    }
    check(&model, 200, 60);
    check(&linear(&model), 200, 60);
}

#[test]
fn the_screen_says_when_it_changes_next() {
    // A second for the countdowns of minutes; the lead's clock goes by minutes.
    assert_eq!(next_change(&inbox()), Some(from_now(1)));
    assert_eq!(next_change(&engaged()), Some(from_now(1)));
    assert_eq!(next_change(&contacted()), Some(from_now(30)));
    assert_eq!(next_change(&bare()), None);
}
