//! Text measured in terminal cells: cutting, wrapping, and the words for numbers and times.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Stands where a text was cut.
pub const ELLIPSIS: &str = "…";

/// The cells that the text takes, counted by clusters as the screen places them.
pub fn cells(text: &str) -> usize {
    match simple_cells(text) {
        Some(cells) => cells,
        None => text.graphemes(true).map(UnicodeWidthStr::width).sum(),
    }
}

/// The cells of a text whose every character is a cluster of its own in one cell, which most are: then nothing has
/// to be looked up in tables, and that is most of what drawing a list costs.
pub fn simple_cells(text: &str) -> Option<usize> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Some(text.len());
    }
    let mut cells = 0;
    text.chars()
        .all(|c| {
            cells += 1;
            is_simple(c)
        })
        .then_some(cells)
}

/// Latin, Greek, Cyrillic, punctuation, and the signs that the views draw with.
fn is_simple(c: char) -> bool {
    matches!(c,
        ' '..='~' | '\u{a1}'..='\u{a8}' | '\u{aa}'..='\u{ac}' | '\u{af}'..='\u{2ff}' | '\u{391}'..='\u{3a1}'
        | '\u{3a3}'..='\u{3ff}' | '\u{400}'..='\u{482}' | '\u{48a}'..='\u{52f}' | '\u{1e00}'..='\u{1eff}'
        | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{203b}' | '\u{2190}'..='\u{2193}' | '\u{2200}'..='\u{22ff}'
        | '\u{2500}'..='\u{25a9}' | '●' | '◌' | '▲' | '★' | '◆' | '▸' | '✓' | '✗' | '○' | '↻')
}

/// The beginning of a text that may fill so many cells: a field of megabytes must not be read to its end for a line.
/// Invisible characters may use it up early; then the line is cut short, which is what such a text deserves. The flag
/// says that something was left out.
pub fn head(text: &str, cells: usize) -> (&str, bool) {
    let mut end = cells.saturating_mul(16).saturating_add(64);
    if text.len() <= end {
        return (text, false);
    }
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (text.get(..end).unwrap_or_default(), true)
}

/// The text, cut to so many cells with `…` where it is longer.
pub fn fit(text: &str, most: usize) -> Cow<'_, str> {
    let (text, was_cut) = head(text, most);
    if !was_cut && cells(text) <= most {
        return Cow::Borrowed(text);
    }
    if most == 0 {
        return Cow::Borrowed("");
    }
    Cow::Owned(format!("{}{ELLIPSIS}", prefix(text, most - 1)))
}

/// The longest beginning of the text within so many cells.
pub fn prefix(text: &str, most: usize) -> &str {
    if simple_cells(text).is_some() {
        let end = text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
        return text.get(..end).unwrap_or_default();
    }
    let mut taken = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        taken += cluster.width();
        if taken > most {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// The text in lines of at most `width` cells, broken at blanks where there are any; at most `most` lines, the last
/// of them cut with `…` where something is left over.
pub fn wrap(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if width == 0 || most == 0 {
        return lines;
    }
    let (text, _) = head(text, width.saturating_mul(most.saturating_add(1)));
    let mut line = String::new();
    let mut taken = 0;
    for word in text.split_whitespace() {
        let mut rest = word;
        loop {
            let need = cells(rest);
            let gap = usize::from(taken > 0);
            if taken + gap + need <= width {
                if gap > 0 {
                    line.push(' ');
                }
                line.push_str(rest);
                taken += gap + need;
                break;
            }
            // A word longer than a line is broken; any other begins a new line.
            if taken == 0 {
                let mut head = prefix(rest, width);
                if head.is_empty() {
                    // A wide character in a line of one cell: nothing can be done but to leave it out.
                    head = rest.graphemes(true).next().unwrap_or(rest);
                } else {
                    line.push_str(head);
                }
                rest = rest.get(head.len()..).unwrap_or_default();
            }
            lines.push(std::mem::take(&mut line));
            taken = 0;
            if lines.len() == most {
                if let Some(last) = lines.last_mut() {
                    *last = format!("{}{ELLIPSIS}", prefix(last, width - 1).trim_end());
                }
                return lines;
            }
            if rest.is_empty() {
                break;
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// `12,345`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A stretch of seconds as one reads a clock: `0:41`, `38:05`, `2h 10m`, `26h`. Negative ones count as nothing.
pub fn stretch(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, _) => format!("{minutes}:{:02}", seconds % 60),
        (_, 0) => format!("{hours}h"),
        (100.., _) => format!("{hours}h"),
        _ => format!("{hours}h {minutes}m"),
    }
}

/// A stretch of elapsed seconds in its largest unit: `41s`, `12m`, `3h`, `2d`. Negative ones count as nothing.
pub fn rough(seconds: i64) -> String {
    match seconds.max(0) {
        s @ 0..60 => format!("{s}s"),
        s @ 60..3600 => format!("{}m", s / 60),
        s @ 3600..86_400 => format!("{}h", s / 3600),
        s => format!("{}d", s / 86_400),
    }
}

/// How late something is, where a day has `day` counted seconds: `0:41`, `12m`, `2h 10m`, then whole days. Beyond
/// [`MOST_DAYS`] of them it does not matter how many they are.
pub fn late(seconds: i64, day: i64) -> String {
    match seconds.max(0) {
        s @ 0..60 => stretch(s),
        s if s < day.min(3600) => rough(s),
        s if s < day => stretch(s),
        s if s / day > MOST_DAYS => format!("{MOST_DAYS}d+"),
        s => format!("{}d", s / day),
    }
}

/// The most days that one counts of what is late.
pub const MOST_DAYS: i64 = 30;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_cut_by_cells_and_never_within_a_letter() {
        assert_eq!(fit("Maya Chen", 9), "Maya Chen");
        assert_eq!(fit("Maya Chen", 6), "Maya …");
        assert_eq!(fit("王小明さん", 6), "王小…");
        assert_eq!(fit("王小明さん", 5), "王小…");
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(cells("王e\u{301}"), 3);
    }

    #[test]
    fn lines_break_at_blanks_and_long_words_inside() {
        assert_eq!(wrap("Can we see the sync next week?", 12, 9), ["Can we see", "the sync", "next week?"]);
        assert_eq!(wrap("Can we see the sync next week?", 12, 2), ["Can we see", "the sync…"]);
        assert_eq!(wrap("abcdefgh ij", 4, 9), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("王小明", 1, 9).concat(), "");
        assert_eq!(wrap("  ", 5, 9), Vec::<String>::new());
    }

    #[test]
    fn stretches_read_like_a_clock() {
        for (seconds, shown) in [
            (-3, "0:00"),
            (41, "0:41"),
            (252, "4:12"),
            (3599, "59:59"),
            (3600, "1h"),
            (7800, "2h 10m"),
            (400_000, "111h"),
        ] {
            assert_eq!(stretch(seconds), shown);
        }
        for (seconds, shown) in [(0, "0s"), (59, "59s"), (60, "1m"), (7200, "2h"), (200_000, "2d")] {
            assert_eq!(rough(seconds), shown);
        }
        let day = 8 * 3600;
        for (seconds, shown) in [
            (41, "0:41"),
            (720, "12m"),
            (7800, "2h 10m"),
            (day - 1, "7h 59m"),
            (day, "1d"),
            (3 * day - 1, "2d"),
            (31 * day - 1, "30d"),
            (2460 * day, "30d+"),
        ] {
            assert_eq!(late(seconds, day), shown, "of days of eight hours");
        }
        assert_eq!(late(day, 24 * 3600), "8h");
        assert_eq!([thousands(0), thousands(999), thousands(1_234_567)], ["0", "999", "1,234,567"]);
    }

    #[test]
    fn a_simple_character_is_a_cluster_of_one_cell_beside_any_other() {
        let simple: Vec<char> = (' '..='\u{ffff}').filter(|&c| is_simple(c)).collect();
        assert!(simple.len() > 1500);
        for pair in simple.windows(2).chain([['a', '●'].as_slice()]) {
            let text: String = pair.iter().chain(pair.iter().rev()).collect();
            let widths: Vec<usize> = text.graphemes(true).map(UnicodeWidthStr::width).collect();
            assert_eq!(widths, [1; 4], "{text:?}");
            assert_eq!(crate::ui::inert(&text), text);
        }
    }

    proptest! {
        #[test]
        fn nothing_is_ever_wider_than_asked(text in "\\PC{0,40}", width in 0..20usize, most in 0..5usize) {
            prop_assert!(cells(&fit(&text, width)) <= width);
            let lines = wrap(&text, width, most);
            prop_assert!(lines.len() <= most);
            for line in lines {
                prop_assert!(cells(&line) <= width, "{:?}", line);
            }
        }
    }
}
