//! One lead, whole. The eye lands on two things: how long have I got, and why is this person worth a call.
//!
//! ```text
//!  Maya Chen  A                                                 █▀█ ▄ █ █ ▀█   ▲ left to answer
//!  VP Revenue Operations · Northwind Traders · Chicago, US      █ █ ▄ ▀▀█  █   ██░░░░░░░░░░░░ of 5:00
//!  maya@northwind.example · +1 312 555 0143 · 07:02 there       ▀▀▀     ▀ ▀▀▀  due 14:03:12
//!  4:19 left to first contact · waited 4m: 22s system, 4m you                         L-12 · hubspot 90012
//! ─ Why they qualified ───────────────────────────── ─ What to say ────────────────────────────────────
//!  …                                                  …
//! ─ Company ──────────────────────────────────────── ─ What was done ─────────────────── touches 3/8 ─
//!  …                                                  …
//! ─ How they came ────────────────────────────────── ─ What they did ─────────────────────── all · 12 ─
//!  …                                                  …
//! ─ status ───────────────────────────────────────────────────────────────────────────────── 4 more ↓ ─
//!  a accept   r reject…   c log contact…   d defer…   s skip…              an answer is owed
//! ```
//!
//! Below 100 columns the sections stand one under the other, from 160 on in three columns. The columns scroll
//! together, each as far as it needs, so that the whole context can be read in any window.

mod approach;
mod company;
mod decide;
mod head;
mod history;
mod origin;
pub(super) mod section;
mod trail;
mod why;

use ratatui::layout::{Position, Rect};

use super::{footer, header};
use crate::app::model::Model;
use crate::app::msg::Opened;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use section::{Column, Section};

/// From this height on the header stands above the lead.
const TALL: u16 = 30;

/// Draws the opened lead.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let (area, theme) = (canvas.area(), &scene.theme);
    if area.height >= TALL {
        header::draw(canvas, scene, area);
    }
    let Some(opened) = &scene.model.opened else { return footer::draw(canvas, scene, area, None) };
    let (head, body) = parts(area);
    head::draw(canvas, scene, opened, head);
    let columns = columns(scene, opened, body);
    let most = columns.iter().map(|(_, column)| column.most(body.height)).max().unwrap_or(0);
    let scroll = scene.model.lead.scroll.min(most);
    for (area, column) in &columns {
        column.draw(canvas, *area, scroll, theme);
    }
    let more = (most > scroll).then(|| format!("{} more ↓", most - scroll));
    footer::draw(canvas, scene, area, more);
}

/// How far the opened lead can be scrolled in a window of this size: further, nothing new is seen.
pub fn scroll_most(model: &Model, width: u16, height: u16) -> usize {
    let scene = Scene::new(model);
    let Some(opened) = &model.opened else { return 0 };
    let (_, body) = parts(Rect::new(0, 0, width, height));
    columns(&scene, opened, body).iter().map(|(_, column)| column.most(body.height)).max().unwrap_or(0)
}

/// The head and the body.
/// Where the lead begins.
pub fn top(area: Rect) -> Position {
    parts(area).0.as_position()
}

fn parts(area: Rect) -> (Rect, Rect) {
    let area = Rect { height: area.height.saturating_sub(footer::HEIGHT), ..area };
    let area = if area.height + footer::HEIGHT >= TALL { below(area, header::HEIGHT) } else { area };
    (Rect { height: head::HEIGHT.min(area.height), ..area }, below(area, head::HEIGHT))
}

/// The columns with what stands in them.
fn columns(scene: &Scene<'_>, opened: &Opened, body: Rect) -> Vec<(Rect, Column)> {
    let areas = if scene.model.settings.linear { vec![body] } else { areas(body) };
    let width = |at: usize| areas.get(at).map_or(0, |area: &Rect| usize::from(area.width.saturating_sub(2)));
    // The ledger takes more of a taller window.
    let ledger = usize::from(body.height).saturating_sub(16).max(2);
    let why = why::section(scene, opened, width(0), ledger);
    // What was done stands before what they did, once anything was.
    let is_fresh = opened.dossier.events.is_empty();
    let swapped = |first: Section, second: Section| if is_fresh { [second, first] } else { [first, second] };
    let columns = match areas.len() {
        3 => vec![
            vec![why, origin::section(scene, opened, width(0))],
            vec![trail::section(scene, opened, width(1))],
            std::iter::once(approach::section(scene, opened, width(2)))
                .chain(swapped(history::section(scene, opened, width(2)), company::section(scene, opened, width(2))))
                .collect(),
        ],
        2 => vec![
            vec![why, company::section(scene, opened, width(0)), origin::section(scene, opened, width(0))],
            std::iter::once(approach::section(scene, opened, width(1)))
                .chain(swapped(history::section(scene, opened, width(1)), trail::section(scene, opened, width(1))))
                .collect(),
        ],
        _ => vec![vec![
            why,
            approach::section(scene, opened, width(0)),
            trail::section(scene, opened, width(0)),
            history::section(scene, opened, width(0)),
            company::section(scene, opened, width(0)),
            origin::section(scene, opened, width(0)),
        ]],
    };
    let mut columns = columns;
    // What is asked of the rep stands before all else.
    if let (Some(asked), Some(first)) = (decide::section(scene, opened, width(0)), columns.first_mut()) {
        first.insert(0, asked);
    }
    areas.into_iter().zip(columns.into_iter().map(Column)).collect()
}

fn below(area: Rect, lines: u16) -> Rect {
    let lines = lines.min(area.height);
    Rect { y: area.y + lines, height: area.height - lines, ..area }
}

/// The body in one, two or three columns with a blank between them.
fn areas(body: Rect) -> Vec<Rect> {
    let shares: &[u16] = match body.width {
        ..100 => &[1],
        100..160 => &[9, 11],
        _ => &[10, 12, 10],
    };
    let whole: u16 = shares.iter().sum();
    let gaps = shares.len() as u16 - 1;
    let mut x = body.x;
    let mut areas = Vec::with_capacity(shares.len());
    for (at, share) in shares.iter().enumerate() {
        let width = match at {
            last if last + 1 == shares.len() => body.right() - x,
            _ => (body.width - gaps) * share / whole,
        };
        areas.push(Rect { x, width, ..body });
        x += width + 1;
    }
    areas
}

/// A section without lines says so in one.
fn or_nothing(mut section: Section, scene: &Scene<'_>, words: &str) -> Section {
    if section.rows.is_empty() {
        section.rows.push(section::Row::new().add(words, scene.theme.dim));
    }
    section
}
