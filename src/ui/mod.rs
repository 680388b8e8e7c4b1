//! Model to frame: views, widgets, theme, and the one seam that makes foreign text inert.
//!
//! [`draw`] is all that the runtime needs, with [`list_rows`] for the app's paging. Every view writes through
//! [`canvas::Canvas`], which is the seam; nothing here changes the model or reads a clock.

pub mod canvas;
pub mod countdown;
pub mod inert;
mod linear;
pub mod scene;
pub mod text;
pub mod theme;
pub mod view;
pub mod when;
pub mod widget;
pub mod words;

use ratatui::Frame;

use crate::app::model::{Model, Size};
use crate::app::screen::Screen;
use crate::handoff::Time;
use crate::handoff::clocks::Clock;
use crate::handoff::summary::{Deadline, Tab};
use canvas::Canvas;
use scene::Scene;
use view::{dialog, inbox, lead, log, outbox, reconcile, team, tiny};

pub use inert::{inert, inert_lines};
pub use theme::{Theme, ThemeError};
pub use view::inbox::{LIST_TOP, list_rows};

/// How far what is shown can be scrolled in a window of this size: further, nothing new is seen.
pub fn scroll_most(model: &Model, width: u16, height: u16) -> usize {
    match model.screen {
        Screen::Reconcile => reconcile::scroll_most(model, width, height),
        _ => lead::scroll_most(model, width, height),
    }
}

/// Draws the model.
pub fn draw(frame: &mut Frame<'_>, model: &Model) {
    let scene = Scene::new(model);
    let mut canvas = Canvas::new(frame.buffer_mut());
    let area = canvas.area();
    if !(Size { width: area.width, height: area.height, ..model.size }).has_room() {
        return tiny::draw(&mut canvas, &scene);
    }
    let mut cursor = match model.screen {
        Screen::Inbox => inbox::draw(&mut canvas, &scene),
        Screen::Lead => {
            lead::draw(&mut canvas, &scene);
            None
        }
        Screen::Outbox => {
            outbox::draw(&mut canvas, &scene);
            None
        }
        Screen::Reconcile => {
            reconcile::draw(&mut canvas, &scene);
            None
        }
        Screen::Log => {
            log::draw(&mut canvas, &scene);
            None
        }
        Screen::Team => {
            team::draw(&mut canvas, &scene);
            None
        }
    };
    for shown in &model.dialogs {
        // The top one has the cursor, if any has.
        cursor = dialog::draw(&mut canvas, &scene, shown);
    }
    if model.settings.linear {
        let focus = linear::flatten(&mut canvas);
        // A lead is read from its first line on.
        let top = (model.screen == Screen::Lead).then(|| lead::top(area));
        cursor = cursor.or(focus).or(top);
    }
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

/// The window's title: what is left on the open lead's next clock, or on that of the lead that is due next, and how
/// many are due. Nothing that a lead says stands in it.
pub fn title(model: &Model) -> String {
    let scene = Scene::new(model);
    let due = format!("{} due", model.counts.of(Tab::Due));
    match titled(model) {
        Some(deadline) => {
            let countdown = scene.present.count(&deadline, None);
            format!("{} {} · {due} · leadbox", countdown.urgency.glyph(), countdown.words()).trim().to_owned()
        }
        None => format!("{due} · leadbox"),
    }
}

/// The clock that the title counts down.
fn titled(model: &Model) -> Option<Deadline> {
    let opened = model.opened.as_ref().filter(|_| model.owes());
    let own = opened.and_then(|opened| opened.clocks.first()).map(Clock::deadline);
    own.or_else(|| model.alarms.next())
}

/// When the countdowns that are shown change next; nothing where none of them moves. The rest of what time changes is
/// told by [`crate::app::tick::next_tick`].
pub fn next_change(model: &Model) -> Option<Time> {
    let scene = Scene::new(model);
    let of_rows = || {
        let shown = model.list.visible(usize::from(model.size.list_rows));
        let selected = model.list.selected_row();
        let deadlines = shown.iter().chain(selected).filter_map(|row| row.deadline.as_ref());
        deadlines.filter_map(|deadline| scene.present.count(deadline, None).next_change).min()
    };
    let of_lead = || {
        let clocks = model.opened.iter().flat_map(|opened| &opened.clocks);
        clocks.filter_map(|clock| scene.clock(clock).next_change).min()
    };
    let of_title = titled(model).filter(|_| model.settings.title);
    let of_title = of_title.and_then(|deadline| scene.present.count(&deadline, None).next_change);
    let of_screen = match model.screen {
        Screen::Inbox => of_rows(),
        Screen::Lead => of_lead(),
        Screen::Team => team::details::next_change(&scene),
        Screen::Outbox | Screen::Reconcile | Screen::Log => None,
    };
    of_screen.into_iter().chain(of_title).min()
}

#[cfg(test)]
mod tests;
