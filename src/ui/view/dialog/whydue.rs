//! Why it is due then (F64): the stretches of time that were counted.
//!
//! ```text
//! ┌ Why Maya Chen is due ──────────────────────────────────────────────────────┐
//! │ ▸to answer   to first contact                                              │
//! │ demo or pricing: 5:00 of working time from 13:58:12                        │
//! │                                                                            │
//! │ Fri Nov 20   13:58:12 – 14:03:12       5:00        5:00                    │
//! │                                                                            │
//! │ due 14:03:12 · ▲ 0:41 left to answer                                       │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::{Place, Sheet, WIDTH, first_shown};
use crate::app::dialog::whydue::WhyDueDialog;
use crate::app::msg::Walk;
use crate::handoff::sla::{Mode, Spent};
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::text::stretch;
use crate::ui::words::{self, DOT};

/// Draws the walk.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &WhyDueDialog) {
    let theme = &scene.theme;
    let walks = dialog.walks.as_deref().unwrap_or_default();
    let walk = walks.get(dialog.at);
    let title = format!("Why {} is due", dialog.name);
    let stretches = walk.map_or(0, |walk| walk.spent.len());
    let mut sheet = Sheet::open(canvas, scene, &title, (WIDTH, stretches + 5), Place::Low);
    let Some(walk) = walk else {
        let words = if dialog.walks.is_some() { "no clock runs on this lead" } else { "looking it up" };
        return sheet.text(words, theme.dim);
    };
    let line = sheet.line();
    let mut pen = sheet.canvas.pen(line);
    for (at, other) in walks.iter().enumerate() {
        let is_shown = at == dialog.at;
        pen.put(if is_shown { "▸" } else { " " }, theme.accent);
        pen.put(other.clock.kind.label(), if is_shown { theme.strong } else { theme.dim }).gap(3);
    }
    sheet.text(&rule(scene, walk), theme.text);
    sheet.line();
    // The blank and the end take two lines.
    let height = sheet.left().saturating_sub(2);
    let first = dialog.scroll.min(first_shown(stretches, stretches, height));
    let mut total: i64 = walk.spent.iter().take(first).map(|spent| spent.seconds).sum();
    for spent in walk.spent.iter().skip(first).take(height) {
        total += spent.seconds;
        draw_stretch(&mut sheet, spent, total);
    }
    if stretches == 0 {
        sheet.text("no time was counted", theme.dim);
    }
    sheet.line();
    let countdown = scene.clock(&walk.clock);
    let due =
        walk.clock.due.map_or("no due time while it is paused".into(), |due| format!("due {}", scene.when.exact(due)));
    let left = format!("{} {}", countdown.urgency.glyph(), words::clock(walk.clock.kind, &countdown));
    let line = sheet.line();
    sheet
        .canvas
        .pen(line)
        .put(&due, theme.strong)
        .put(DOT, theme.dim)
        .put(left.trim_start(), countdown.urgency.style(theme));
}

/// Which rule gives how much of which time, and from when.
fn rule(scene: &Scene<'_>, walk: &Walk) -> String {
    let clock = &walk.clock;
    let time = match clock.mode {
        Mode::Business => "working time",
        Mode::Wall => "time, day and night",
        Mode::WallRoll => "time, day and night, then to the next opening",
        Mode::SameDay => "until the day's last close",
    };
    let is_counted = clock.budget > 0 && clock.mode != Mode::SameDay;
    let allowed = if is_counted { format!("{} of {time}", stretch(clock.budget)) } else { time.into() };
    format!("{}: {allowed}, from {}", clock.rule, scene.when.exact(clock.start))
}

/// `Fri Nov 20   13:58:12 – 14:03:12       5:00        5:00`: the day, from when to when, how long, and the sum so far.
fn draw_stretch(sheet: &mut Sheet<'_, '_, '_>, spent: &Spent, total: i64) {
    let (line, when, theme) = (sheet.line(), &sheet.scene.when, &sheet.scene.theme);
    let day = spent.from.with_timezone(&when.zone).format("%a %b %-d").to_string();
    let hours = format!("{} – {}", when.clock_to_the_second(spent.from), when.clock_to_the_second(spent.to));
    let mut pen = sheet.canvas.pen(line);
    pen.column(13, &day, theme.dim).column(28, &hours, theme.text);
    pen.column_right(9, &stretch(spent.seconds), theme.text).column_right(
        14,
        &format!("so far {}", stretch(total)),
        theme.dim,
    );
}
