//! Golden frames of every screen, and what must hold for any frame.

mod alerts;
mod any;
mod dialogs;
mod inbox;
mod lead;
mod linear;
mod lists;
mod reconcile;
mod samples;
mod status;
mod team;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

use crate::app::Model;

/// The sizes that the screens are cared for at.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// The frame as a buffer, and where the cursor stands.
fn frame(model: &Model, width: u16, height: u16) -> (Buffer, Option<(u16, u16)>) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut cursor = None;
    let frame = terminal
        .draw(|frame| {
            super::draw(frame, model);
        })
        .unwrap();
    let buffer = frame.buffer.clone();
    if terminal.backend().cursor_visible() {
        let position = terminal.get_cursor_position().unwrap();
        cursor = Some((position.x, position.y));
    }
    (buffer, cursor)
}

/// The frame as lines of text; `‸` marks the cursor's cell on a line beneath, where there is one.
fn picture(model: &Model, width: u16, height: u16) -> String {
    let (buffer, cursor) = frame(model, width, height);
    let mut out = String::new();
    for y in 0..height {
        let mut line = String::new();
        let mut covered = 0;
        for x in 0..width {
            let symbol = buffer[(x, y)].symbol();
            if covered > 0 {
                covered -= 1;
                continue;
            }
            covered = symbol.width().saturating_sub(1);
            line.push_str(symbol);
        }
        out.push_str(line.trim_end());
        out.push('\n');
        if let Some((x, _)) = cursor.filter(|cursor| cursor.1 == y) {
            out.push_str(&" ".repeat(usize::from(x)));
            out.push_str("‸ cursor\n");
        }
    }
    out
}

/// The styles of some lines in a compact form: runs of one style, each with its text.
fn styles(model: &Model, width: u16, height: u16, lines: std::ops::Range<u16>) -> String {
    let (buffer, _) = frame(model, width, height);
    let mut out = String::new();
    for y in lines {
        let mut runs: Vec<(String, String)> = Vec::new();
        for x in 0..width {
            let cell = &buffer[(x, y)];
            let style = name(cell.style());
            match runs.last_mut() {
                Some((last, text)) if *last == style => text.push_str(cell.symbol()),
                _ => runs.push((style, cell.symbol().to_owned())),
            }
        }
        for (style, text) in runs {
            let text = text.trim();
            if !text.is_empty() && !style.is_empty() {
                out.push_str(&format!("{y}: {style}: {text}\n"));
            }
        }
    }
    out
}

fn name(style: Style) -> String {
    let color = |color: Option<Color>| color.filter(|&color| color != Color::Reset).map(|color| color.to_string());
    let mut words: Vec<String> = color(style.fg).into_iter().collect();
    words.extend(color(style.bg).map(|color| format!("on {color}")));
    for (modifier, word) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ] {
        if style.add_modifier.contains(modifier) {
            words.push(word.into());
        }
    }
    words.join(" ")
}

/// Compares the frame with the golden one at every size.
fn golden(name: &str, model: &Model) {
    for (width, height) in SIZES {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("{name}-{width}x{height}"), picture(model, width, height));
        });
    }
}

/// Compares some lines of the frame in every look with the golden styles; the text is the same in all.
fn looks(name: &str, mut model: Model, width: u16, height: u16, lines: std::ops::Range<u16>) {
    let text = picture(&model, width, height);
    let mut out = String::new();
    for look in ["dark", "light", "none"] {
        model.settings.theme = look.into();
        assert_eq!(picture(&model, width, height), text);
        out.push_str(&format!("{look}\n{}\n", styles(&model, width, height, lines.clone())));
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, out);
    });
}
