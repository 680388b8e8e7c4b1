//! The list of leads, written straight into the buffer: drawing it is most of what a key costs.
//!
//! ```text
//!     left          lead                 company             why                          score               touches
//! ▌ ▲ 0:41        A Maya Chen            Northwind Traders   demo request                 92 █████████▏ F38 …       –
//!  ◆● 11:20       B Ingrid Solberg       Fjord Logistics     webinar, asked a question    74 ███████▍   F36 …     1/8
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::action::Action;
use crate::app::model::Model;
use crate::handoff::state::Stage;
use crate::handoff::summary::{Summary, Tab};
use crate::ui::canvas::{Canvas, Pen};
use crate::ui::countdown::{TAKEN_AWAY, Urgency};
use crate::ui::scene::Scene;
use crate::ui::text::wrap;
use crate::ui::view::footer::key;
use crate::ui::widget::bar::bar;
use crate::ui::words;

/// Selection, mark, glyph, blank.
const SIGNS: u16 = 4;
/// The longest countdown, `opens in 15h`.
const LEFT: u16 = 12;
const BAR: u16 = 10;
/// `F38 I34 B20`.
const PARTS: u16 = 11;
/// From here on there is room for more than the most needed.
const WIDE: u16 = 100;

/// The widths of the columns; 0 where one is not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Columns {
    gap: u16,
    name: u16,
    title: u16,
    company: u16,
    place: u16,
    why: u16,
    origin: u16,
    /// The total, with its heading.
    score: u16,
    bar: u16,
    parts: u16,
    /// Touches, or when it was closed.
    last: u16,
}

impl Columns {
    /// The columns for a width: the narrower, the fewer.
    fn new(width: u16, tab: Tab) -> Self {
        let wide = width >= WIDE;
        let gap = if wide { 2 } else { 1 };
        let mut columns = Self {
            gap,
            score: if wide { 3 } else { 5 },
            bar: if wide { BAR } else { 0 },
            parts: if width >= 116 { PARTS } else { 0 },
            last: match tab {
                Tab::Done => 8,
                Tab::Working => 7,
                _ if wide => 7,
                _ => 0,
            },
            ..Self::default()
        };
        // The signs, the countdown and the gap after it, the category and the blank after it, a blank at the end.
        let last = if columns.last > 0 { columns.last + gap } else { 0 };
        let fixed = SIGNS + LEFT + gap + 2 + columns.scores() + last + 1;
        let rest = width.saturating_sub(fixed);
        let wish: [(u16, u16, u16); 6] = [
            // Weight, most, least window.
            (4, 26, 0),
            (4, 30, 150),
            (4, 28, 0),
            (3, 22, 180),
            (6, 44, 0),
            (4, 30, 180),
        ];
        let shown = wish.map(|(weight, most, least)| if width >= least { (weight, most) } else { (0, 0) });
        let gaps = gap * shown.iter().filter(|(weight, _)| *weight > 0).count() as u16;
        let mut rest = rest.saturating_sub(gaps);
        let mut weights: u16 = shown.iter().map(|(weight, _)| weight).sum();
        let widths = shown.map(|(weight, most)| {
            let width = (rest * weight).checked_div(weights).unwrap_or(0).min(most);
            rest -= width;
            weights -= weight;
            width
        });
        [columns.name, columns.title, columns.company, columns.place, columns.why, columns.origin] = widths;
        columns
    }

    /// The score with its bar and its parts.
    fn scores(&self) -> u16 {
        self.score + [self.bar, self.parts].iter().filter(|&&width| width > 0).map(|width| width + 1).sum::<u16>()
    }
}

/// Draws the headings and the rows.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect) {
    let model = scene.model;
    let tab = if model.search.active { Tab::Due } else { model.tab };
    let columns = Columns::new(area.width, tab);
    if !model.settings.linear {
        headings(&mut canvas.pen(Rect { height: 1, ..area }), scene, &columns, tab);
    }
    let rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if model.list.rows.is_empty() {
        return nothing(canvas, scene, rows);
    }
    for (row, y) in model.list.visible(usize::from(rows.height)).iter().zip(rows.top()..rows.bottom()) {
        let is_selected = model.list.selected == Some(row.id);
        let line = Rect { y, height: 1, ..area };
        if is_selected {
            canvas.tint(line, scene.theme.selection);
        }
        if model.settings.linear {
            draw_sentence(&mut canvas.pen(line), scene, row, is_selected);
        } else {
            draw_row(&mut canvas.pen(line), scene, &columns, row, is_selected);
        }
    }
}

/// A row as a sentence, for the ear: how long is left first, then who and why.
fn draw_sentence(pen: &mut Pen<'_, '_>, scene: &Scene<'_>, row: &Summary, is_selected: bool) {
    let (_, left) = left(scene, row);
    let left = match row.deadline.filter(|_| row.returns_at.is_none() && !row.stage.is_closed()) {
        Some(deadline) => scene.present.count(&deadline, None).words(),
        None => left,
    };
    let marked = scene.model.marks.contains_key(&row.id).then_some("marked");
    let category = row.category.map(|category| format!("category {}", category.code()));
    let score = row.score.map(|score| format!("score {score}"));
    let touches = (row.touches > 0).then(|| format!("{} touches", scene.touches(row.touches)));
    let why = row.why.as_deref().or(row.trigger.map(|trigger| trigger.label()));
    let facts = [
        marked,
        Some(left.as_str()),
        Some(row.name.as_str()),
        row.company.as_deref(),
        why,
        category.as_deref(),
        score.as_deref(),
        touches.as_deref(),
        row.title.as_deref(),
        row.place.as_deref(),
    ];
    pen.put(if is_selected { "▌" } else { " " }, scene.theme.accent).gap(1);
    for (at, fact) in facts.into_iter().flatten().enumerate() {
        pen.put(if at > 0 { ", " } else { "" }, scene.theme.text).put(fact, scene.theme.text);
    }
}

fn headings(pen: &mut Pen<'_, '_>, scene: &Scene<'_>, columns: &Columns, tab: Tab) {
    let dim = scene.theme.dim;
    let (left, last) = match tab {
        Tab::Done => ("came to", "when"),
        Tab::Deferred => ("back", "touches"),
        _ => ("left", "touches"),
    };
    pen.gap(SIGNS).column(LEFT, left, dim).gap(columns.gap + 2);
    for (width, heading) in [
        (columns.name, "lead"),
        (columns.title, "title"),
        (columns.company, "company"),
        (columns.place, "place"),
        (columns.why, "why"),
        (columns.origin, "from"),
    ] {
        if width > 0 {
            pen.column(width, heading, dim).gap(columns.gap);
        }
    }
    // A bare number stands at the right of its column, and so does its heading.
    if columns.bar > 0 {
        pen.column(columns.scores(), "score", dim);
    } else {
        pen.column_right(columns.score, "score", dim);
    }
    if columns.last > 0 {
        pen.gap(columns.gap).column_right(columns.last, last, dim);
    }
}

fn draw_row(pen: &mut Pen<'_, '_>, scene: &Scene<'_>, columns: &Columns, row: &Summary, is_selected: bool) {
    let (model, theme) = (scene.model, &scene.theme);
    // Styles patch what is there: on a selected row plain text keeps the selection's own.
    let dim = if is_selected { theme.selection_dim } else { theme.dim };
    let is_marked = model.marks.contains_key(&row.id);
    let (urgency, left) = left(scene, row);
    let left_style = match urgency {
        Some(urgency @ (Urgency::Near | Urgency::Over)) => urgency.style(theme),
        Some(Urgency::Far | Urgency::Running) => theme.text,
        _ => dim,
    };
    pen.put(if is_selected { "▌" } else { " " }, theme.accent)
        .put(if is_marked { "◆" } else { " " }, theme.accent)
        .put(urgency.map_or(" ", Urgency::glyph), left_style)
        .gap(1)
        .column(LEFT, &left, left_style)
        .gap(columns.gap);
    let category = row.category.map_or("", |category| category.code());
    pen.column(1, category, if is_selected { theme.strong } else { scene.category(category) }).gap(1);
    let name = if is_selected || row.stage == Stage::Assigned { theme.strong } else { theme.text };
    let why = row.why.as_deref().or(row.trigger.map(|trigger| trigger.label()));
    for (width, text, style) in [
        (columns.name, Some(row.name.as_str()), name),
        (columns.title, row.title.as_deref(), dim),
        (columns.company, row.company.as_deref(), theme.text),
        (columns.place, row.place.as_deref(), dim),
        (columns.why, why, theme.text),
        (columns.origin, row.origin.as_deref(), dim),
    ] {
        if width > 0 {
            pen.column(width, text.unwrap_or_default(), style).gap(columns.gap);
        }
    }
    score(pen, scene, columns, row, dim);
    if columns.last == 0 {
        return;
    }
    let last = match row.closed_at.filter(|_| columns.last == 8) {
        Some(at) => scene.when.short(at),
        None => scene.touches(row.touches),
    };
    pen.gap(columns.gap).column_right(columns.last, &last, if row.touches == 0 { dim } else { theme.text });
}

fn score(pen: &mut Pen<'_, '_>, scene: &Scene<'_>, columns: &Columns, row: &Summary, dim: Style) {
    let theme = &scene.theme;
    let Some(total) = row.score else {
        pen.column_right(columns.score, "–", dim).gap(columns.scores() - columns.score);
        return;
    };
    pen.column_right(columns.score, &total.to_string(), theme.text);
    if columns.bar > 0 {
        pen.gap(1).put(&bar(columns.bar, total.into(), 100, ' '), theme.accent);
    }
    if columns.parts > 0 {
        let part = |letter: char, points: Option<i32>| match points {
            Some(points) => format!("{letter}{points:02}"),
            None => format!("{letter}–"),
        };
        let [fit, intent, behavior] = row.parts;
        let text = match row.parts {
            [None, None, None] => String::new(),
            _ => format!("{:<3} {:<3} {:<3}", part('F', fit), part('I', intent), part('B', behavior)),
        };
        pen.gap(1).column(columns.parts, &text, dim);
    }
}

/// The first column: how long is left, when it comes back, or what it came to.
fn left(scene: &Scene<'_>, row: &Summary) -> (Option<Urgency>, String) {
    if row.taken_away.is_some() {
        return (None, TAKEN_AWAY.into());
    }
    if row.stage.is_closed() {
        return (None, words::stage(row.stage).into());
    }
    let countdown = row.deadline.as_ref().map(|deadline| scene.present.count(deadline, None));
    match (row.returns_at, countdown) {
        // A deferral stops the clock; a snooze only hides the lead, and its clock is told by the sign.
        (Some(at), _) if row.stage == Stage::Deferred => (Some(Urgency::Paused), scene.when.moment(at)),
        (Some(at), Some(countdown)) => (Some(countdown.urgency), scene.when.moment(at)),
        (Some(at), None) => (None, scene.when.moment(at)),
        (None, Some(countdown)) => (Some(countdown.urgency), countdown.text),
        (None, None) => (None, words::stage(row.stage).into()),
    }
}

/// What stands in the place of an empty list.
fn nothing(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect) {
    let (model, theme) = (scene.model, &scene.theme);
    let search = &model.search;
    let is_searching = search.active || (search.typing && !search.text().is_empty());
    if !model.list.read || (is_searching && search.shown < search.generation) {
        return;
    }
    let (text, style) = match model.tab {
        _ if is_searching => match &search.error {
            Some(error) => (error.clone(), theme.urgent),
            None => ("Nothing was found.".into(), theme.dim),
        },
        Tab::Due => (due_soon(model), theme.dim),
        Tab::New => ("No lead waits for an answer.".into(), theme.dim),
        Tab::Working => ("No lead is being worked on.".into(), theme.dim),
        Tab::Deferred => ("No lead is deferred.".into(), theme.dim),
        Tab::Data => ("No lead waits for data.".into(), theme.dim),
        Tab::Done => ("Nothing was closed yet.".into(), theme.dim),
    };
    let width = usize::from(area.width.saturating_sub(2 * SIGNS));
    let top = area.y + area.height / 3;
    for (line, y) in wrap(&text, width, 4).iter().zip(top..area.bottom()) {
        canvas.pen(Rect { y, height: 1, ..area }).gap(SIGNS).put(line, style);
    }
}

fn due_soon(model: &Model) -> String {
    let waiting = model.counts.of(Tab::New) + model.counts.of(Tab::Working);
    let minutes = model.settings.policy.sla.due_within / 60;
    let within = if minutes == 60 { "hour".into() } else { format!("{minutes} minutes") };
    let next = if waiting > 0 {
        format!(" {} opens the next lead all the same.", key(model, Action::Next))
    } else {
        String::new()
    };
    format!("Nothing is due within the next {within}.{next}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_never_need_more_than_the_window() {
        for width in 0..500 {
            for tab in [Tab::Due, Tab::Done] {
                let c = Columns::new(width, tab);
                let flexible = [c.name, c.title, c.company, c.place, c.why, c.origin];
                let shown = flexible.iter().filter(|&&w| w > 0).count() as u16;
                let last = if c.last > 0 { c.last + c.gap } else { 0 };
                let all = SIGNS + LEFT + c.gap + 2 + flexible.iter().sum::<u16>() + shown * c.gap + c.scores() + last;
                assert!(width < 60 || all < width, "{width}: {all} {c:?}");
                assert!(width < 80 || (c.name >= 12 && c.company >= 12 && c.why >= 16), "{width}: {c:?}");
            }
        }
    }
}
