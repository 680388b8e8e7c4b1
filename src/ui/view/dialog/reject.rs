//! Reject: one digit, or type.
//!
//! ```text
//! ┌ Why is Maya Chen not for you? ─────────────────────────────────────────────┐
//! │ ▸1 wrong person          5 competitor…           9 not a buyer…            │
//! │  2 out of territory…     6 no budget             e existing customer       │
//! │  3 bad data…             7 too early             0 other…                  │
//! │  4 duplicate…            8 wrong product fit                               │
//! │                                                                            │
//! │ ▸ which territory is it?  US-Midwest                                       │
//! │   note                                                                     │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::layout::{Position, Rect};

use super::{Place, Sheet, WIDTH, choices, error_lines};
use crate::app::dialog::reject::{RejectDialog, RejectStep};
use crate::handoff::reason::Reason;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::text::{ELLIPSIS, cells};
use crate::ui::words::plain;

/// Lines for what a reason asks: its finer code or its question, and a note.
const QUESTIONS: usize = 2;

/// Draws the dialog.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &RejectDialog) -> Option<Position> {
    let reasons = &scene.model.settings.policy.reasons;
    let theme = &scene.theme;
    let is = if dialog.form.leads.len() > 1 { "are" } else { "is" };
    let title = format!("Why {is} {} not for you?", dialog.form.name);
    let inside = WIDTH.min(canvas.area().width).saturating_sub(4);
    let cell = reasons.iter().map(|reason| cells(&reason.label)).max().unwrap_or(0).min(40) as u16 + 6;
    let columns = if scene.model.settings.linear { 1 } else { usize::from((inside / cell.max(1)).max(1)) };
    let rows = reasons.len().div_ceil(columns);
    // The grid, a blank, the questions, the error.
    let lines = rows + 1 + QUESTIONS + error_lines(&dialog.form);
    let mut sheet = Sheet::open(canvas, scene, &title, (WIDTH, lines), Place::Low);
    let rows = rows.min(sheet.left().saturating_sub(QUESTIONS + 2)).max(1);
    let highlighted = match dialog.step {
        RejectStep::Reason => dialog.shown.get(dialog.at).copied(),
        _ => dialog.reason,
    };
    let shown: Vec<usize> =
        if dialog.step == RejectStep::Reason { dialog.shown.clone() } else { (0..reasons.len()).collect() };
    // Where there are more than fit, the page with the highlighted one.
    let place = shown.iter().position(|&reason| Some(reason) == highlighted).unwrap_or(0);
    let page = rows * columns;
    let first = place / page.max(1) * page;
    let top = sheet.next;
    for (at, &reason) in shown.iter().skip(first).take(page).enumerate() {
        let Some(reason_row) = reasons.get(reason) else { continue };
        let (x, y) = (sheet.inside.x + cell * (at / rows) as u16, top + (at % rows) as u16);
        let area = Rect { x, y, width: cell.min(sheet.inside.right().saturating_sub(x)), height: 1 };
        draw_reason(&mut sheet, area, reason_row, Some(reason) == highlighted, dialog);
    }
    sheet.next = top + rows as u16;
    if shown.is_empty() {
        sheet.next = top;
        sheet.text("no reason has these words in it", theme.dim);
        sheet.next = top + rows as u16;
    }
    sheet.line();
    questions(&mut sheet, dialog, reasons);
    sheet.outcome(&dialog.form)
}

fn draw_reason(
    sheet: &mut Sheet<'_, '_, '_>,
    area: Rect,
    reason: &Reason,
    is_highlighted: bool,
    dialog: &RejectDialog,
) {
    let theme = &sheet.scene.theme;
    let is_picking = dialog.step == RejectStep::Reason;
    let picks = is_picking && !dialog.typing;
    let style = match (is_highlighted, is_picking) {
        (true, _) => theme.strong,
        (false, true) => theme.text,
        (false, false) => theme.dim,
    };
    let mut pen = sheet.canvas.pen(area);
    pen.put(if is_highlighted { "▸" } else { " " }, theme.accent)
        .put(&reason.key.to_string(), if picks { theme.key } else { theme.dim })
        .gap(1)
        .put(&reason.label, style)
        // As with the commands: more is asked before it is done.
        .put(if reason.asks() { ELLIPSIS } else { "" }, style);
}

fn questions(sheet: &mut Sheet<'_, '_, '_>, dialog: &RejectDialog, reasons: &[Reason]) {
    let theme = &sheet.scene.theme;
    let reason = dialog.reason.and_then(|at| reasons.get(at));
    let Some(reason) = reason.filter(|_| dialog.step != RejectStep::Reason) else {
        if dialog.typing {
            sheet.field("find", 6, &dialog.filter, true);
        } else if dialog.with_note {
            sheet.text("  choose the reason first; then the note is asked for", theme.dim);
        } else {
            sheet.text("  type a word to find a reason", theme.dim);
        }
        sheet.line();
        return;
    };
    let start = sheet.next;
    if !reason.subs.is_empty() {
        let subs: Vec<String> = reason.subs.iter().map(|sub| plain(sub)).collect();
        let is_picking = dialog.step == RejectStep::Sub;
        let chosen = if is_picking { Some(dialog.sub_at) } else { dialog.sub };
        let items: Vec<(char, &str, bool, bool)> = subs
            .iter()
            .enumerate()
            .map(|(at, sub)| {
                let digit = char::from_digit(at as u32 + 1, 10).unwrap_or(' ');
                (digit, sub.as_str(), chosen == Some(at), false)
            })
            .collect();
        choices(sheet, "which?   ", &items, is_picking);
    }
    if let Some(prompt) = &reason.evidence {
        let width = (cells(prompt) as u16).clamp(4, 40);
        sheet.field(prompt, width, &dialog.evidence, dialog.step == RejectStep::Evidence);
    }
    if dialog.step == RejectStep::Note || dialog.with_note {
        sheet.field("note", 6, &dialog.note, dialog.step == RejectStep::Note);
    }
    sheet.next = sheet.next.max(start + QUESTIONS as u16);
}
