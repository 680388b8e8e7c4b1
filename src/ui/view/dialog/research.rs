//! What to look at before the first contact.
//!
//! ```text
//! ┌ Research: Maya Chen ────────────────────────── 1:20 of 3 to 5 min ─┐
//! │ ▸a ✓ what they asked and did   the reason to call                  │
//! │  s   their site                what they sell, to whom             │
//! └─────────────────────────────────────────────────────────────────────┘
//! ```

use super::{Place, Sheet, WIDTH};
use crate::app::dialog::research::{MINUTES, ResearchDialog, TOPICS};
use crate::app::launch::launch;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::text::stretch;

/// Draws the checklist.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &ResearchDialog) {
    let (theme, model) = (&scene.theme, scene.model);
    let Some(research) = &model.research else { return };
    let seconds = research.seconds(model.now);
    let (from, to) = (MINUTES.0 / 60, MINUTES.1 / 60);
    let mut sheet = Sheet::open(canvas, scene, "Research", (WIDTH, TOPICS.len() + 2), Place::Low);
    for (at, (topic, &is_ticked)) in TOPICS.iter().zip(&research.ticked).enumerate() {
        let line = sheet.line();
        let is_chosen = at == dialog.at;
        if is_chosen {
            sheet.canvas.tint(line, theme.selection);
        }
        let dim = if is_chosen { theme.selection_dim } else { theme.dim };
        // What cannot be opened is said, and can be ticked all the same.
        let missing = topic.opens.and_then(|kind| launch(model, kind).err());
        let mut pen = sheet.canvas.pen(line);
        pen.put(if is_chosen { "▸" } else { " " }, theme.accent).put(&topic.key.to_string(), theme.key).gap(1);
        pen.put(if is_ticked { "✓ " } else { "· " }, if is_ticked { theme.ok } else { dim });
        pen.column(26, topic.label, theme.text).put(missing.as_deref().unwrap_or(topic.why), dim);
    }
    sheet.line();
    let style = if seconds > MINUTES.1 { theme.urgent } else { theme.dim };
    let word = if research.done_at.is_some() { "done in" } else { "for" };
    sheet.text(&format!("  {word} {}; {from} to {to} minutes are well spent", stretch(seconds)), style);
}
