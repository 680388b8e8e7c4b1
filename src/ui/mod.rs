//! Model to frame: views, widgets, theme, and the one seam that makes foreign text inert.
//!
//! [`draw`] is all that the runtime needs, with [`list_rows`] for the app's paging. Every view writes through
//! [`canvas::Canvas`], which is the seam; nothing here changes the model or reads a clock.

pub mod canvas;
pub mod countdown;
pub mod inert;
pub mod scene;
pub mod text;
pub mod theme;
pub mod view;
pub mod when;
pub mod widget;
pub mod words;

use ratatui::Frame;

use crate::app::model::Model;
use crate::app::screen::Screen;
use canvas::Canvas;
use scene::Scene;
use view::{dialog, inbox, lead, log, outbox, tiny};

pub use inert::{inert, inert_lines};
pub use theme::{Theme, ThemeError};
pub use view::inbox::list_rows;
pub use view::lead::scroll_most;

/// Draws the model.
pub fn draw(frame: &mut Frame<'_>, model: &Model) {
    let scene = Scene::new(model);
    let mut canvas = Canvas::new(frame.buffer_mut());
    let area = canvas.area();
    if area.width < tiny::LEAST.0 || area.height < tiny::LEAST.1 {
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
        Screen::Log => {
            log::draw(&mut canvas, &scene);
            None
        }
    };
    for shown in &model.dialogs {
        // The top one has the cursor, if any has.
        cursor = dialog::draw(&mut canvas, &scene, shown);
    }
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

#[cfg(test)]
mod tests;
