//! Why they qualified: the trigger, what they asked, and the score with its ledger (F14, F16).
//!
//! ```text
//! demo request  Q4 pricing demo form                        13:58
//!  92   fit 38 ███▊   intent 34 ███▍   behavior 20 ██
//! “Can we see the Salesforce sync next week?”
//! the score went from 58 to 92, past 65
//!     +30  demo request                            today  intent
//! −10→−2   careers page                            Sep 2  behavior
//! ```

use super::section::{Row, Section};
use crate::app::action::Action;
use crate::app::msg::Opened;
use crate::handoff::lead::Trigger;
use crate::handoff::score::{Score, ScorePart};
use crate::ui::scene::Scene;
use crate::ui::text::{cells, wrap};
use crate::ui::view::footer::key;
use crate::ui::widget::bar::bar;
use crate::ui::words::quoted;

/// Lines of what they asked.
const ASKED: usize = 3;
/// The points of one part that fill its bar: none of the three is much more than half of the hundred.
const PART: i64 = 50;

/// The section for this many cells, with so many lines of the ledger unless all are wanted.
pub fn section(scene: &Scene<'_>, opened: &Opened, width: usize, ledger: usize) -> Section {
    let (theme, lead) = (&scene.theme, &opened.dossier.lead);
    let mut section = Section { title: "Why they qualified", ..Section::default() };
    if let Some(trigger) = &lead.trigger {
        section.rows.push(trigger_row(scene, trigger));
    }
    match &lead.score {
        Some(score) => section.rows.push(score_row(scene, score, width)),
        None => section.rows.push(Row::new().add("no score came with this lead", theme.dim)),
    }
    if let Some(message) = &lead.message {
        let lines = wrap(&quoted(message), width, ASKED);
        section.rows.extend(lines.into_iter().map(|line| Row::new().add(line, theme.text)));
    }
    if let Some(words) = lead.trigger.as_ref().and_then(change) {
        section.rows.push(Row::new().add(words, theme.dim));
    }
    if let Some(score) = &lead.score {
        section.note = score.model.clone().unwrap_or_default();
        ledger_rows(scene, score, ledger, &mut section.rows);
    }
    section
}

fn trigger_row(scene: &Scene<'_>, trigger: &Trigger) -> Row {
    let theme = &scene.theme;
    let label = trigger.kind.label();
    let mut row = Row::new().add(label, theme.strong);
    // What a source says of it often holds the kind's own words: these are then said once.
    if trigger.what.to_lowercase().contains(label) {
        row = Row::new().add(trigger.what.clone(), theme.strong);
    } else if !trigger.what.is_empty() {
        row = row.add("  ", theme.text).add(trigger.what.clone(), theme.text);
    }
    match trigger.at {
        Some(at) => row.end(scene.when.stamp(at), theme.dim),
        None => row,
    }
}

/// What the trigger did to the score, in words.
fn change(trigger: &Trigger) -> Option<String> {
    let change = match (trigger.before, trigger.after) {
        (Some(before), Some(after)) => Some(format!("the score went from {before} to {after}")),
        (None, Some(after)) => Some(format!("the score came to {after}")),
        _ => None,
    };
    match (change, trigger.threshold) {
        (Some(change), Some(threshold)) => Some(format!("{change}, past {threshold}")),
        (None, Some(threshold)) => Some(format!("the score went past {threshold}")),
        (change, None) => change,
    }
}

/// ` 92   fit 38 ███▊   intent 34 ███▍   behavior 20 ██`
fn score_row(scene: &Scene<'_>, score: &Score, width: usize) -> Row {
    let theme = &scene.theme;
    let parts = [("fit", score.fit), ("intent", score.intent), ("behavior", score.behavior)];
    // The total, then for each part three blanks, its name, its points and a bar.
    let names: usize = parts.iter().map(|(name, _)| name.len() + 7).sum();
    let room = (width.saturating_sub(3 + names) / 3).clamp(2, 12) as u16;
    let mut row = Row::new().add(format!("{:>3}", score.total), theme.strong);
    for (name, points) in parts {
        if let Some(points) = points {
            row = row
                .add(format!("   {name} "), theme.dim)
                .add(format!("{points} "), theme.text)
                .add(bar(room, points.into(), PART, ' ').trim_end(), theme.accent);
        }
    }
    if parts.iter().all(|(_, points)| points.is_none()) {
        row = row.add(format!("  {}", bar(20, score.total.into(), 100, '░')), theme.accent);
        row = row.add("  not split into parts", theme.dim);
    }
    row
}

fn ledger_rows(scene: &Scene<'_>, score: &Score, most: usize, rows: &mut Vec<Row>) {
    let all = score.parts.len();
    // A line that only says that one more is hidden could as well show it.
    let shown = if scene.model.lead.ledger || all <= most + 1 { all } else { most };
    rows.extend(score.parts.iter().take(shown).map(|part| ledger_row(scene, part)));
    if all > shown {
        let ledger = key(scene.model, Action::Ledger);
        rows.push(Row::new().add(format!("         {ledger} shows {} more", all - shown), scene.theme.dim));
    }
}

fn ledger_row(scene: &Scene<'_>, part: &ScorePart) -> Row {
    let theme = &scene.theme;
    let points = match part.full.filter(|full| points(*full) != points(part.points)) {
        Some(full) => format!("{}→{}", points(full), points(part.points)),
        None => points(part.points),
    };
    let fill = " ".repeat(7usize.saturating_sub(cells(&points)));
    let style = if part.points < 0.0 { theme.urgent } else { theme.text };
    let when = part.at.map_or(String::new(), |at| scene.when.day(at));
    Row::new()
        .add(format!("{fill}{points}"), style)
        .add("  ", theme.text)
        .add(part.label.clone(), theme.text)
        .end(format!("{when}  {:<8}", part.axis.code()), theme.dim)
}

/// `+30`, `−2`, `+4.5`, `0`.
fn points(points: f64) -> String {
    let rounded = (points * 10.0).round() / 10.0;
    let digits = if rounded.fract() == 0.0 { format!("{:.0}", rounded.abs()) } else { format!("{:.1}", rounded.abs()) };
    match rounded {
        rounded if rounded > 0.0 => format!("+{digits}"),
        rounded if rounded < 0.0 => format!("−{digits}"),
        _ => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_carry_their_sign() {
        for (given, shown) in [(30.0, "+30"), (-2.04, "−2"), (4.46, "+4.5"), (-0.01, "0"), (f64::NAN, "NaN")] {
            assert_eq!(points(given), shown);
        }
    }
}
