//! Log a contact: channel, then outcome, and it is done; the fields beneath open when they are wanted.
//!
//! ```text
//! ┌ Contact with Maya Chen, 14:02 ─────────────────────────────────────────────┐
//! │ how   ▸p phone   e e-mail   m message   l LinkedIn   v video               │
//! │ then   r reached   v voicemail   n no answer   w wrong number              │
//! │                                                                            │
//! │ ▸ note    asked for Tuesday                                                │
//! │   next    tue 10:00 call                                                   │
//! │           = Tue Nov 24, 10:00 · in 3 days · call                           │
//! │   cites   demo form: “Can we see the Salesforce sync next week?”           │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::layout::Position;

use super::{Place, Sheet, WIDTH, choices, error_lines, first_shown};
use crate::app::dialog::attempt::{AttemptDialog, AttemptStep, channel_key, outcome_key};
use crate::handoff::disposition::{Channel, Outcome};
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;

/// Cells of the labels.
const LABEL: u16 = 8;
/// Where nothing is cited.
const GENERIC: &str = "nothing of theirs: a generic touch";
/// Lines for the signals while one is picked: some of them, and the one for none.
const SIGNALS: usize = 5;

/// Draws the dialog.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &AttemptDialog) -> Option<Position> {
    let title = format!("Contact with {}, {}", dialog.form.name, scene.when.clock(scene.when.now));
    let is_citing = dialog.step == AttemptStep::Cited;
    let mut lines = 4 + error_lines(&dialog.form);
    if dialog.details {
        lines += 3 + usize::from(dialog.barred);
    }
    if is_citing {
        lines += dialog.signals.len().min(SIGNALS) + 1;
    }
    let mut sheet = Sheet::open(canvas, scene, &title, (WIDTH, lines), Place::Low);
    channels(&mut sheet, dialog);
    outcomes(&mut sheet, dialog);
    sheet.line();
    if dialog.details {
        sheet.field("note", LABEL, &dialog.note, dialog.step == AttemptStep::Note);
        let hint = "when and what: tue 10:00 call, +3d, tomorrow 9am";
        sheet.date("next", LABEL, &dialog.next, dialog.step == AttemptStep::Next, hint);
    }
    if is_citing {
        pick_signal(&mut sheet, dialog)
    } else {
        signal(&mut sheet, dialog)
    }
    if dialog.details && dialog.barred {
        sheet.field("because", LABEL, &dialog.consent, dialog.step == AttemptStep::Consent);
    }
    sheet.outcome(&dialog.form)
}

fn channels(sheet: &mut Sheet<'_, '_, '_>, dialog: &AttemptDialog) {
    let items = Channel::ALL.map(|channel| {
        let is_barred = match channel {
            Channel::Phone => dialog.do_not_call,
            Channel::Email => dialog.do_not_email,
            Channel::Message | Channel::Linkedin | Channel::Video => false,
        };
        (channel_key(channel), channel.label(), dialog.channel == Some(channel), is_barred)
    });
    choices(sheet, "how     ", &items, dialog.step == AttemptStep::Channel);
}

fn outcomes(sheet: &mut Sheet<'_, '_, '_>, dialog: &AttemptDialog) {
    // Before the channel is chosen, all of them, so that one sees what comes.
    let known = if dialog.channel.is_some() { dialog.outcomes() } else { &Outcome::ALL };
    let items: Vec<_> = known
        .iter()
        .map(|&outcome| (outcome_key(outcome), outcome.label(), dialog.outcome == Some(outcome), false))
        .collect();
    choices(sheet, "outcome ", &items, dialog.step == AttemptStep::Outcome);
}

fn signal(sheet: &mut Sheet<'_, '_, '_>, dialog: &AttemptDialog) {
    let (line, theme) = (sheet.line(), &sheet.scene.theme);
    let mut pen = sheet.canvas.pen(line);
    pen.gap(2).column(LABEL, "cites", theme.dim).gap(1);
    match dialog.signal() {
        Some(signal) => pen.put(&signal, theme.text),
        None if dialog.signals.is_empty() => pen.put(GENERIC, theme.dim),
        None => pen.put("nothing: a generic touch; ", theme.dim).put("c", theme.key).put(" picks one", theme.dim),
    };
}

fn pick_signal(sheet: &mut Sheet<'_, '_, '_>, dialog: &AttemptDialog) {
    let theme = &sheet.scene.theme;
    let count = dialog.signals.len() + 1;
    let height = SIGNALS.min(dialog.signals.len()) + 1;
    let at = dialog.cited.unwrap_or(dialog.signals.len());
    let first = first_shown(at, count, height);
    for number in first..(first + height).min(count) {
        let line = sheet.line();
        let is_chosen = number == at;
        let (text, style) = match dialog.signals.get(number) {
            Some(signal) => (signal.as_str(), theme.text),
            None => (GENERIC, theme.dim),
        };
        let mut pen = sheet.canvas.pen(line);
        pen.gap(2).column(LABEL, if number == first { "cites" } else { "" }, theme.dim);
        pen.put(if is_chosen { "▸" } else { " " }, theme.accent)
            .put(text, if is_chosen { theme.strong } else { style });
    }
    sheet.field("or else", LABEL, &dialog.own_signal, true);
}
