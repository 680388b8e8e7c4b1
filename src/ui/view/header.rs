//! The first lines of every screen: the tabs with their counts, the network, what waits to be sent, the time. Beneath
//! them a rule that is heavy under the chosen tab, or the search bar.
//!
//! ```text
//!  leadbox   Due 6   New 3   Working 11   Deferred 4   Data 2   Done 17 today    ● acme hub · 2m ago · 0 to send   Ana 14:02
//! ───────────━━━━━──────────────────────────────────────────────────────────────────────────────────────────────────────────
//! ```

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::app::model::Model;
use crate::app::msg::Standing;
use crate::app::screen::Screen;
use crate::handoff::summary::Tab;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::text::{cells, thousands};
use crate::ui::view::footer::key;
use crate::ui::widget::field;
use crate::ui::words::{self, DOT};

/// Lines that the header takes with the rule beneath it.
pub const HEIGHT: u16 = 2;

/// The name of a tab.
pub fn tab_name(tab: Tab) -> &'static str {
    match tab {
        Tab::Due => "Due",
        Tab::New => "New",
        Tab::Working => "Working",
        Tab::Deferred => "Deferred",
        Tab::Data => "Data",
        Tab::Done => "Done",
    }
}

/// Draws the header in the first two lines of the area. Returns where the cursor stands, if the search bar has it.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect) -> Option<Position> {
    let (model, theme) = (scene.model, &scene.theme);
    let wide = area.width >= 100;
    let gap = match area.width {
        ..70 => 1,
        70..140 => 2,
        _ => 3,
    };
    let rule = Rect { y: area.y + 1, height: 1, ..area };
    canvas.rule(rule, theme.rule);
    let mut pen = canvas.pen(Rect { height: 1, ..area });
    pen.gap(1);
    if wide {
        pen.put("leadbox", theme.dim).gap(gap);
    }
    let searching = model.screen == Screen::Inbox && (model.search.active || model.search.typing);
    let mut chosen = None;
    for tab in Tab::ALL {
        let is_chosen = tab == model.tab && !searching && model.screen == Screen::Inbox;
        let (name_style, count_style) = if is_chosen {
            (theme.accent.patch(theme.strong), theme.accent.patch(theme.strong))
        } else if model.engaged().is_some() {
            (theme.dim, theme.dim)
        } else {
            (theme.text, theme.dim)
        };
        let count = if tab == Tab::Done { model.counts.done_today } else { model.counts.of(tab) };
        let x = pen.x();
        // The heavy rule beneath says it to the eye.
        if is_chosen && model.settings.linear {
            pen.put("> ", name_style);
        }
        pen.put(tab_name(tab), name_style).gap(1).put(&thousands(count.into()), count_style);
        // Under it stands more: what was closed on other days, and what was taken away.
        if tab == Tab::Done && (wide || is_chosen) {
            pen.put(" today", count_style);
        }
        if is_chosen {
            chosen = Some((x, pen.x() - x));
        }
        pen.gap(gap);
    }
    let mut end = right_side(scene);
    while end.iter().map(|piece| cells(&piece.text)).sum::<usize>() + 1 > usize::from(pen.room()) {
        let Some(least) = (0..end.len()).min_by_key(|&at| end[at].rank) else { break };
        end.remove(least);
    }
    pen.end(" ", theme.dim);
    for piece in end.iter().rev() {
        pen.end(&piece.text, piece.style);
    }
    if searching {
        return search_bar(canvas, scene, rule);
    }
    if let Some((x, width)) = chosen {
        let line = Rect { x, width, ..rule };
        canvas.clear(line);
        canvas.pen(line).put(&"━".repeat(usize::from(width)), theme.accent);
    }
    None
}

/// Writes the name of a screen that lies over the others into the rule beneath the header.
pub fn title(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect, title: &str) {
    let line = Rect { y: area.y + 1, height: 1, ..area };
    canvas.pen(line).gap(1).put(" ", scene.theme.rule).put(title, scene.theme.strong).put(" ", scene.theme.rule);
}

/// A piece of the right side; where there is no room, those of the lowest rank go first.
struct Piece {
    rank: u8,
    text: String,
    style: Style,
}

fn right_side(scene: &Scene<'_>) -> Vec<Piece> {
    let (Model { net, counts, settings, .. }, theme) = (scene.model, &scene.theme);
    let mut pieces = Vec::new();
    let mut add = |rank, text, style| pieces.push(Piece { rank, text, style });
    if let Some(name) = &net.name {
        let heard = net.synced_at.map(|at| scene.when.ago(at));
        match net.standing(scene.when.now) {
            Standing::Online => {
                add(3, "●".into(), theme.ok);
                let heard = if net.busy && !settings.linear { Some("syncing".into()) } else { heard };
                add(2, format!(" {}", words::joined([Some(name.as_str()), heard.as_deref()])), theme.dim);
            }
            Standing::Behind(since) => {
                add(11, "◐".into(), theme.text);
                add(8, " behind".into(), theme.text);
                add(3, format!(" since {}", scene.when.moment(since)), theme.text);
                add(1, format!("{DOT}{name}"), theme.dim);
            }
            Standing::Offline(_) => {
                add(11, "○".into(), theme.urgent);
                add(8, " offline".into(), theme.urgent);
                let heard = heard.map_or(String::new(), |heard| format!(", heard {heard}"));
                add(1, format!("{DOT}{name}{heard}"), theme.dim);
            }
            Standing::SignedOut => {
                add(11, "○".into(), theme.over);
                add(8, " sign in".into(), theme.over);
                add(1, format!("{DOT}{name}"), theme.dim);
            }
        }
    }
    if counts.to_send > 0 || net.name.is_some() {
        let (rank, style) = if counts.to_send > 0 { (7, theme.text) } else { (5, theme.dim) };
        add(rank, format!("  {} to send", thousands(counts.to_send.into())), style);
    }
    if counts.parked > 0 {
        let need = if counts.parked == 1 { "needs" } else { "need" };
        add(10, format!("  {} {need} you", thousands(counts.parked.into())), theme.over);
    }
    let rep = settings.rep.trim();
    if !rep.is_empty() {
        add(4, format!("  {rep}"), theme.dim);
    }
    // What is due is read against it: only what stops the work goes before it.
    add(9, format!("  {}", scene.when.clock(scene.when.now)), theme.text);
    pieces
}

/// ` / cat:A webinar▏                                    34 found · Esc back`
fn search_bar(canvas: &mut Canvas<'_>, scene: &Scene<'_>, line: Rect) -> Option<Position> {
    let (search, theme) = (&scene.model.search, &scene.theme);
    canvas.clear(line);
    let found = match (&search.error, scene.model.list.rows.len()) {
        (Some(error), _) => error.clone(),
        (None, _) if search.text().is_empty() => "type to search: a name, cat:A, src:webinar, due:<30m".into(),
        (None, _) if search.shown < search.generation => "searching".into(),
        (None, 0) => "nothing found".into(),
        (None, 1) => "1 found".into(),
        (None, rows) if search.more => format!("the first {rows}"),
        (None, rows) => format!("{rows} found"),
    };
    let style = if search.error.is_some() { theme.urgent } else { theme.dim };
    let mut pen = canvas.pen(line);
    match &search.view {
        Some(name) => pen.gap(1).put(name, theme.accent).gap(2),
        None => pen.put(" / ", theme.key),
    };
    let mut rest = Rect { x: pen.x(), width: pen.room(), ..line };
    let back = format!("{} back ", key(scene.model, crate::app::Action::Back));
    let note = u16::try_from(cells(&found) + cells(&back) + 5).unwrap_or(u16::MAX).min(rest.width * 2 / 3);
    let note_line = Rect { x: rest.right() - note, width: note, ..rest };
    rest.width -= note;
    let cursor = field::draw(canvas, rest, &search.input, search.typing, theme);
    let mut pen = canvas.pen(note_line);
    pen.gap(2).end(&back, theme.dim).end(DOT, theme.dim).end(&found, style);
    cursor.filter(|_| search.typing)
}
