//! The team: who has what in hand and what waits, and beside or beneath it the leads of the chosen row.
//!
//! ```text
//! ─ Team ─────────────────────────────────────────────────────────────────────────────────────────────────
//!   West                open soon over oldest  cap                     Ana Ruiz
//! ▌ Ana Ruiz               9    2    1    12m  9/12  there             9 of 12 open · 3 of 8 today
//!   Mira Patel             0    –    –      –  0/12  away until Mon  │ ✗ 12m over   A Maya Chen   unanswered
//!   queues                                                           │ ▲ 0:41       B R. Okafor   accepted
//!   inbound                2                6m        every manager  │
//!   Data completion        4                3h
//! ```

pub mod details;
mod rows;

use ratatui::layout::Rect;

use super::{footer, header};
use crate::app::team::{Trouble, TroubleKind};
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::text::wrap;

/// From here on both stand side by side.
const WIDE: u16 = 110;
/// The rows' share then, in columns.
const ROWS: u16 = 64;

/// Draws the team.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let (area, theme, view) = (canvas.area(), &scene.theme, &scene.model.team);
    header::draw(canvas, scene, area);
    header::title(canvas, scene, area, "Team");
    let as_of = view.board.as_ref().map(|board| format!("as of {}", scene.when.clock_to_the_second(board.now)));
    footer::draw(canvas, scene, area, as_of.filter(|_| !scene.model.settings.linear));
    let height = area.height.saturating_sub(header::HEIGHT + footer::HEIGHT);
    let body = Rect { y: area.y + header::HEIGHT, height, ..area };
    let body = match (&view.trouble, &view.board) {
        (Some(trouble), _) => draw_trouble(canvas, scene, body, trouble),
        (None, None) => {
            canvas.pen(body).gap(2).put("The team is being asked for.", theme.dim);
            return;
        }
        (None, Some(_)) => body,
    };
    if view.board.is_none() {
        return;
    }
    if area.width >= WIDE && !scene.model.settings.linear {
        let left = Rect { width: ROWS.max(area.width / 2), ..body };
        let right = Rect { x: left.right() + 2, width: area.width - left.width - 3, ..body };
        rows::draw(canvas, scene, left);
        for y in body.top()..body.bottom() {
            canvas.put(left.right(), y, 1, "│", theme.rule);
        }
        return details::draw(canvas, scene, right);
    }
    let top = Rect { height: (body.height * 11 / 20).max(3).min(body.height), ..body };
    let rule = Rect { y: top.bottom(), height: u16::from(top.bottom() < body.bottom()), ..body };
    let bottom = Rect { y: rule.bottom(), height: body.bottom().saturating_sub(rule.bottom()), ..body };
    rows::draw(canvas, scene, top);
    canvas.rule(rule, theme.rule);
    details::draw(canvas, scene, bottom);
}

/// Why there is nothing newer, over what there is; returns what is left of the area.
fn draw_trouble(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect, trouble: &Trouble) -> Rect {
    let begins = match trouble.kind {
        TroubleKind::Offline => "Offline: ",
        TroubleKind::Refused => "Refused: ",
        TroubleKind::Failed => "",
    };
    let stands = scene
        .model
        .team
        .board
        .as_ref()
        .map(|board| format!("; this is how it stood at {}", scene.when.stamp(board.now)));
    let text = format!("{begins}{}{}", trouble.why, stands.unwrap_or_default());
    let lines = wrap(&text, usize::from(area.width.saturating_sub(4)), 2);
    for (line, y) in lines.iter().zip(area.top()..area.bottom()) {
        canvas.pen(Rect { y, height: 1, ..area }).gap(2).put(line, scene.theme.urgent);
    }
    let taken = u16::try_from(lines.len()).unwrap_or(area.height).min(area.height);
    Rect { y: area.y + taken, height: area.height - taken, ..area }
}

/// The first of `count` lines to show in `height` so that line `at` is among them.
fn first_shown(at: usize, count: usize, height: usize) -> usize {
    (at + 1).saturating_sub(height).min(count.saturating_sub(height))
}
