//! What the rep did, what the hub has, and what came of it (F115, N12).
//!
//! ```text
//! ─ Compared ────────────────────────────────────────────────────────────────────────────────────────
//!  Maya Chen · L-22 · contact: phone, reached                                             hub 7
//! ─ What you did ───────────────── ─ What the hub has ──────────── ─ What came of it ──────────────
//!  contact: phone, reached          given to ben: nobody answered   ✓ kept as a fact
//!  Fri Nov 20, 13:40                it in the first window          the lead went to ben meanwhile
//! ```
//!
//! Below 100 columns the three stand one under the other.

use ratatui::layout::Rect;

use super::lead::section::{Column, Row, Section, hang};
use super::{footer, header, outbox};
use crate::app::action::Action;
use crate::app::allowed::allowed;
use crate::app::model::Model;
use crate::app::msg::OutboxLine;
use crate::handoff::outbox::OutboxState;
use crate::handoff::reconcile::{HubSide, Merged};
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::view::footer::key;
use crate::ui::words::{self, DOT};

/// From this width on the three stand side by side.
const WIDE: u16 = 100;

/// The most lines of one text.
const LINES: usize = 6;

/// Draws both sides of the selected row of the outbox.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let (area, theme) = (canvas.area(), &scene.theme);
    header::draw(canvas, scene, area);
    header::title(canvas, scene, area, "Compared");
    let Some((row, hub)) = selected(scene.model) else { return footer::draw(canvas, scene, area, None) };
    let mut pen = canvas.pen(Rect { y: area.y + header::HEIGHT, height: 1, ..area });
    pen.gap(1).end(" ", theme.dim).end(&row.target, theme.dim);
    pen.put(&row.name, theme.strong).put(DOT, theme.dim).put(&row.lead.to_string(), theme.dim);
    let body = body(area);
    let columns = columns(scene, row, hub, body);
    let most = columns.iter().map(|(area, column)| column.most(area.height)).max().unwrap_or(0);
    let scroll = scene.model.outbox.scroll.min(most);
    for (area, column) in &columns {
        column.draw(canvas, *area, scroll, theme);
    }
    footer::draw(canvas, scene, area, (most > scroll).then(|| format!("{} more ↓", most - scroll)));
}

/// How far it can be scrolled in a window of this size.
pub fn scroll_most(model: &Model, width: u16, height: u16) -> usize {
    let scene = Scene::new(model);
    let Some((row, hub)) = selected(model) else { return 0 };
    let columns = columns(&scene, row, hub, body(Rect::new(0, 0, width, height)));
    columns.iter().map(|(area, column)| column.most(area.height)).max().unwrap_or(0)
}

fn selected(model: &Model) -> Option<(&OutboxLine, &HubSide)> {
    let row = model.outbox.selected()?;
    Some((row, row.hub.as_deref()?))
}

/// Below the header and the line that says whom it is about, above the footer.
fn body(area: Rect) -> Rect {
    let before = (header::HEIGHT + 1).min(area.height);
    let height = area.height.saturating_sub(before + footer::HEIGHT);
    Rect { y: area.y + before, height, ..area }
}

fn columns(scene: &Scene<'_>, row: &OutboxLine, hub: &HubSide, body: Rect) -> Vec<(Rect, Column)> {
    let is_wide = body.width >= WIDE && !scene.model.settings.linear;
    let width = if is_wide { (body.width - 2) / 3 } else { body.width };
    let inside = usize::from(width.saturating_sub(2));
    let sections = [mine(scene, row, inside), theirs(scene, row, hub, inside), merged(scene, row, inside)];
    if !is_wide {
        return vec![(body, Column(sections.into()))];
    }
    let place = |at: u16| Rect { x: body.x + at * (width + 1), width, ..body };
    (0..).zip(sections).map(|(at, section)| (place(at), Column(vec![section]))).collect()
}

fn add(section: &mut Section, width: usize, text: &str, style: ratatui::style::Style) {
    hang(&mut section.rows, Row::new(), 0, width, LINES, text, style);
}

fn mine(scene: &Scene<'_>, row: &OutboxLine, width: usize) -> Section {
    let theme = &scene.theme;
    let mut section = Section { title: "What you did", ..Section::default() };
    add(&mut section, width, &outbox::what(scene, row), theme.strong);
    add(&mut section, width, &format!("{}, by {}", scene.when.whole(row.at), row.event.actor.name), theme.dim);
    section
}

fn theirs(scene: &Scene<'_>, row: &OutboxLine, hub: &HubSide, width: usize) -> Section {
    let theme = &scene.theme;
    let mut section =
        Section { title: if hub.judges { "What the hub has" } else { "What is there" }, ..Section::default() };
    if hub.is_here {
        let holder = match &hub.owner {
            Some(owner) if *owner == row.event.actor.name => "you hold it".to_owned(),
            Some(owner) => format!("{owner} holds it"),
            None => "it waits in a queue".to_owned(),
        };
        add(&mut section, width, &format!("{holder}{DOT}{}", words::stage(hub.stage)), theme.strong);
    } else {
        let left = hub.left.as_deref().unwrap_or("you no longer see it");
        add(&mut section, width, left, theme.strong);
        add(&mut section, width, "It is no longer yours; what you knew of it stays here.", theme.dim);
    }
    for event in &hub.steps {
        let what = words::event_line(event, &scene.model.settings.policy, &scene.when);
        let text = format!("{} {what}{DOT}{}", scene.when.stamp(event.at), event.actor.name);
        add(&mut section, width, &text, theme.text);
    }
    section
}

fn merged(scene: &Scene<'_>, row: &OutboxLine, width: usize) -> Section {
    let theme = &scene.theme;
    let mut section = Section { title: "What came of it", ..Section::default() };
    let Some(merged) = Merged::of(row.state, row.error.as_deref()) else { return section };
    let stands_here = row.hub.as_ref().is_some_and(|side| !side.judges);
    let (words, style) = match merged {
        Merged::Refused if stands_here => ("✗ not written there; here it stands", theme.over),
        Merged::Kept => ("✓ kept: it stands in the lead's history as yours", theme.ok),
        Merged::Refused => ("✗ refused: it does not stand", theme.over),
    };
    add(&mut section, width, words, style);
    if let Some(why) = &row.error {
        add(&mut section, width, why, theme.text);
    }
    if !stands_here {
        add(&mut section, width, merged.credit(), theme.dim);
    }
    let model = scene.model;
    let next = if !row.state.needs_person() {
        "You have read it.".to_owned()
    } else if allowed(model, Action::Redo).is_ok() {
        let (again, read) = (key(model, Action::Redo), key(model, Action::Acknowledge));
        if row.can_be_retried() {
            format!("{again} sends it again as it was; {read} takes it off the list.")
        } else {
            format!("{again} does it again on the lead as it stands now.")
        }
    } else if row.state == OutboxState::Kept {
        format!("{} says that you have read it.", key(model, Action::Acknowledge))
    } else if stands_here {
        format!("{} takes it off the list.", key(model, Action::Acknowledge))
    } else {
        "It cannot be done again on the lead as it stands now.".to_owned()
    };
    add(&mut section, width, &next, theme.text);
    section
}
