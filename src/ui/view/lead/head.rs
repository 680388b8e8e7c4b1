//! Who it is and how long one has got: the next clock large, where there is room.

use chrono_tz::Tz;
use ratatui::layout::Rect;

use crate::app::action::Action;
use crate::app::msg::Opened;
use crate::handoff::clocks::Clock;
use crate::handoff::watch::shares;
use crate::ui::canvas::Canvas;
use crate::ui::countdown::Urgency;
use crate::ui::scene::Scene;
use crate::ui::text::{cells, stretch};
use crate::ui::view::footer::key;
use crate::ui::when::When;
use crate::ui::widget::bar::bar;
use crate::ui::widget::digits;
use crate::ui::words::{self, DOT};

/// Lines that it takes.
pub const HEIGHT: u16 = 4;

/// Cells for the words beside the large clock.
const CLOCK: u16 = 34;
const BAR: u16 = 16;
/// Cells that the person needs before the clock may be large.
const WHO: u16 = 62;

/// Draws the head.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, opened: &Opened, area: Rect) {
    if scene.model.settings.linear {
        return draw_linear(canvas, scene, opened, area);
    }
    let clock = match opened.clocks.first() {
        Some(clock) => draw_clock(canvas, scene, clock, area),
        None => draw_standing(canvas, scene, opened, area),
    };
    let who = Rect { width: area.width.saturating_sub(clock), ..area };
    draw_person(canvas, scene, opened, who);
    let line = Rect { y: area.y + 3, height: u16::from(area.height > 3), ..area };
    draw_rest(canvas, scene, opened, line);
}

/// One thing a line: who, the next clock, how to reach them, the rest.
fn draw_linear(canvas: &mut Canvas<'_>, scene: &Scene<'_>, opened: &Opened, area: Rect) {
    let theme = &scene.theme;
    let x = draw_person(canvas, scene, opened, area);
    let first = line(area, 0);
    let mut pen = canvas.pen(Rect { x, width: first.right().saturating_sub(x), ..first });
    pen.put(", ", theme.dim);
    match opened.clocks.first() {
        Some(clock) => {
            let countdown = scene.clock(clock);
            let due = clock.due.map_or(String::new(), |due| format!(", due {}", scene.when.exact(due)));
            pen.put(&words::clock(clock.kind, &countdown), countdown.urgency.style(theme)).put(&due, theme.text)
        }
        None => pen.put(words::stage(opened.dossier.handoff.stage), theme.strong),
    };
    draw_rest(canvas, scene, opened, line(area, 3));
}

fn line(area: Rect, number: u16) -> Rect {
    Rect { y: area.y + number, height: u16::from(number < area.height), ..area }
}

/// Draws the next clock at the right of the area; returns the cells it takes.
fn draw_clock(canvas: &mut Canvas<'_>, scene: &Scene<'_>, clock: &Clock, area: Rect) -> u16 {
    let theme = &scene.theme;
    let countdown = scene.clock(clock);
    let style = countdown.urgency.style(theme);
    let shown = countdown.text.trim_end_matches(" over");
    let large = digits::width(shown).filter(|width| area.width >= CLOCK + WHO + width + 3);
    let words_width = CLOCK.min(area.width / 2);
    let words = Rect { x: area.right() - words_width, width: words_width, ..area };
    if let Some(width) = large {
        let area = Rect { x: words.x - width - 3, width, ..area };
        digits::draw(canvas, area, shown, style);
    }
    let sign = countdown.urgency.glyph();
    let label = match large {
        Some(_) if countdown.urgency == Urgency::Over => format!("past the time {}", clock.kind.label()),
        Some(_) => format!("left {}", clock.kind.label()),
        None => words::clock(clock.kind, &countdown),
    };
    canvas.pen(line(words, 0)).put(sign, style).gap(1).put(&label, style);
    let mut pen = canvas.pen(line(words, 1));
    pen.gap(2);
    if clock.budget > 0 {
        let drawn = bar(BAR.min(words_width / 2), countdown.left, clock.budget, '░');
        pen.put(&drawn, style).put(&format!(" of {}", stretch(clock.budget)), theme.dim);
    } else if !clock.rule.is_empty() {
        pen.put(&clock.rule, theme.dim);
    }
    let mut pen = canvas.pen(line(words, 2));
    pen.gap(2);
    if let Some(due) = clock.due {
        pen.put(&format!("due {}", scene.when.exact(due)), theme.text);
        pen.put(&format!("{DOT}{} why", key(scene.model, Action::WhyDue)), theme.dim);
    }
    words_width + large.map_or(0, |width| width + 3) + 1
}

/// Where it stands, where no clock runs; returns the cells it takes.
fn draw_standing(canvas: &mut Canvas<'_>, scene: &Scene<'_>, opened: &Opened, area: Rect) -> u16 {
    let (theme, handoff) = (&scene.theme, &opened.dossier.handoff);
    let width = CLOCK.min(area.width / 2);
    let words = Rect { x: area.right() - width, width, ..area };
    let policy = &scene.model.settings.policy;
    let since = handoff.closed_at.or(handoff.last_touch_at).or(handoff.answered_at);
    let why = match (&handoff.rejection, &handoff.recycled) {
        (_, Some(cause)) => words::recycled(*cause).into(),
        (Some(rejection), _) => words::rejection(rejection, policy),
        _ => String::new(),
    };
    canvas.pen(line(words, 0)).gap(2).put(words::stage(handoff.stage), theme.strong);
    if let Some(since) = since {
        canvas.pen(line(words, 1)).gap(2).put(&format!("since {}", scene.when.stamp(since)), theme.dim);
    }
    canvas.pen(line(words, 2)).gap(2).put(&why, theme.text);
    width + 1
}

/// Draws who it is in three lines; returns where the first of them ends.
fn draw_person(canvas: &mut Canvas<'_>, scene: &Scene<'_>, opened: &Opened, area: Rect) -> u16 {
    let (theme, lead) = (&scene.theme, &opened.dossier.lead);
    let person = &lead.person;
    let mut pen = canvas.pen(line(area, 0));
    pen.gap(1).put(&lead.display_name(), theme.strong);
    if let Some(category) = lead.category {
        pen.gap(2).put(category.code(), theme.accent.patch(theme.strong));
    }
    if !scene.model.owes() && !opened.clocks.is_empty() {
        pen.gap(2).put(words::stage(opened.dossier.handoff.stage), theme.dim);
    }
    let end = pen.x();
    let place = [&person.city, &person.region, &person.country];
    let place = place.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
    let facts = [person.title.as_deref(), lead.company.name.as_deref(), Some(place.as_str())];
    canvas.pen(line(area, 1)).gap(1).put(&words::joined(facts), theme.text);
    let there = person.zone.as_deref().and_then(|zone| zone.parse::<Tz>().ok()).filter(|&zone| zone != scene.when.zone);
    let there = there.map(|zone| format!("{} there", When { zone, ..scene.when }.clock(scene.when.now)));
    let reach = [person.email.as_deref(), person.phone.as_deref(), person.mobile.as_deref(), there.as_deref()];
    let reach = words::joined(reach);
    let mut pen = canvas.pen(line(area, 2));
    pen.gap(1);
    // What must not be done stands first: it must never be cut off.
    for (barred, words) in [(person.do_not_call, "no calls"), (person.do_not_email, "no e-mail")] {
        if barred {
            pen.put("⊘ ", theme.over).put(words, theme.over).gap(2);
        }
    }
    pen.put(if reach.is_empty() { "no e-mail and no telephone known" } else { &reach }, theme.text);
    end
}

/// The other clocks, how those that are closed ended, how long it waited for whom, and its number.
fn draw_rest(canvas: &mut Canvas<'_>, scene: &Scene<'_>, opened: &Opened, line: Rect) {
    let (theme, dossier) = (&scene.theme, &opened.dossier);
    let key = &dossier.lead.key;
    let number = format!("{}{DOT}{}:{}", dossier.id, key.source, key.external_id);
    let mut pen = canvas.pen(line);
    pen.gap(1).end(" ", theme.dim).end(&number, theme.dim).end("  ", theme.dim);
    let mut is_first = true;
    for clock in opened.clocks.iter().skip(1) {
        let countdown = scene.clock(clock);
        if !is_first {
            pen.put(DOT, theme.dim);
        }
        is_first = false;
        let style = match countdown.urgency {
            Urgency::Near | Urgency::Over => countdown.urgency.style(theme),
            _ => theme.dim,
        };
        let words = format!("{} {}", countdown.urgency.glyph(), words::clock(clock.kind, &countdown));
        pen.put(words.trim_start(), style);
    }
    let policy = &scene.model.settings.policy;
    let mut add = |text: &str, style| {
        let dot = if is_first { "" } else { DOT };
        // Half a word tells nothing: whole, or not at all.
        if cells(dot) + cells(text) <= usize::from(pen.room()) {
            pen.put(dot, theme.dim).put(text, style);
            is_first = false;
        }
    };
    for closed in &dossier.handoff.closed {
        let (sign, style) = if closed.outcome.met { ("✓", theme.ok) } else { ("✗", theme.over) };
        add(&format!("{sign} {}", words::closed(closed, policy)), style);
    }
    let shares = shares(&dossier.handoff, policy, scene.when.now);
    if let Some(shares) = shares.filter(|shares| shares.lead > 0) {
        add(&words::shares(&shares, policy), theme.dim);
    }
}
