//! The one seam that makes foreign text inert. Every string from outside that reaches the terminal, its title, the
//! clipboard, a log or the command line's output passes here: a lead's name must not be able to move the cursor,
//! reverse the line, hide a letter or cover its neighbours.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// How many combining marks one letter may carry. Vietnamese, Thai, Hebrew and decomposed Hangul need up to three.
pub const MARKS: usize = 4;

/// The text with nothing left in it that acts on a terminal or deceives the eye. Idempotent.
///
/// Removed: control characters with the whole of their escape sequences, bidirectional controls, zero-width
/// characters (the joiner inside emoji as well: terminals disagree on the width of joined emoji, and a row that
/// shifts is worse than a family drawn as its members), variation selectors, tags, and marks beyond [`MARKS`] a
/// letter or without a letter. Line breaks, tabs and unusual spaces become blanks.
pub fn inert(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || text.chars().all(|c| matches!(class(c), Class::Base)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(clean(text))
}

/// [`inert`], line by line, for text that may keep its line breaks. At most `most` lines.
pub fn inert_lines(text: &str, most: usize) -> Vec<Cow<'_, str>> {
    text.split(is_break).map(inert).filter(|line| !line.trim().is_empty()).take(most).collect()
}

/// What is to be done with a character.
enum Class {
    /// Shown as it is.
    Base,
    /// Shown on the letter before it.
    Mark,
    /// Shown as a blank.
    Blank,
    /// Begins an escape sequence.
    Escape,
    /// Not shown.
    Gone,
}

fn class(c: char) -> Class {
    match c {
        ' '..='~' => Class::Base,
        '\u{1b}' | '\u{90}' | '\u{98}' | '\u{9b}' | '\u{9d}'..='\u{9f}' => Class::Escape,
        '\t' => Class::Blank,
        _ if is_break(c) => Class::Blank,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => Class::Blank,
        _ if is_invisible(c) => Class::Gone,
        _ => match c.width() {
            None => Class::Gone,
            Some(0) => Class::Mark,
            Some(_) => Class::Base,
        },
    }
}

/// The characters that begin a new line somewhere.
fn is_break(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Controls, format characters and what Unicode calls default-ignorable, with the fillers that draw nothing.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}' | '\u{ffff}' | '\u{13430}'..='\u{13440}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Full at the start, so that a mark without a letter is dropped rather than drawn on what stands before the text.
    let mut marks = MARKS;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match class(c) {
            Class::Base => {
                out.push(c);
                marks = if c == ' ' { MARKS } else { 0 };
            }
            Class::Mark if marks < MARKS => {
                out.push(c);
                marks += 1;
            }
            Class::Mark | Class::Gone => {}
            Class::Blank => {
                if c == '\r' {
                    chars.next_if_eq(&'\n');
                }
                out.push(' ');
                marks = MARKS;
            }
            Class::Escape => skip_sequence(c, &mut chars),
        }
    }
    // A mark that does not combine with the letter before it, such as a lone Hangul vowel, would stand for itself or
    // be drawn on the next one.
    let is_mark = |c| matches!(class(c), Class::Mark);
    if out.graphemes(true).any(|cluster| cluster.starts_with(is_mark)) {
        out = out.graphemes(true).map(|cluster| cluster.trim_start_matches(is_mark)).collect();
    }
    out
}

/// Drops what belongs to the escape sequence that `lead` begins, as far as it is complete.
fn skip_sequence(lead: char, chars: &mut Peekable<Chars<'_>>) {
    let kind = match lead {
        '\u{1b}' => match chars.peek() {
            Some(&c @ ('[' | ']' | 'P' | 'X' | '^' | '_')) => {
                chars.next();
                c
            }
            // A two-character sequence: intermediates, then one final character.
            Some('(' | ')' | '*' | '+' | '#' | '%' | ' ') => {
                chars.next();
                chars.next_if(char::is_ascii_graphic);
                return;
            }
            Some('0'..='~') => {
                chars.next();
                return;
            }
            _ => return,
        },
        '\u{9b}' => '[',
        _ => ']',
    };
    if kind == '[' {
        while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
        chars.next_if(|c| matches!(c, '@'..='~'));
        return;
    }
    // A string up to BEL or ST. Without an end it would swallow all the rest: then only its beginning goes.
    let mut ahead = chars.clone();
    while let Some(c) = ahead.next() {
        let ends = c == '\u{7}' || c == '\u{9c}' || (c == '\u{1b}' && ahead.next_if_eq(&'\\').is_some());
        if ends {
            *chars = ahead;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn plain_text_of_any_script_is_left_as_it_is() {
        for text in
            ["Maya Chen", "Tomás Ferreira", "Łukasz Żółć", "王小明", "Nguyễn Thị Hoa", "สมชาย", "e\u{301}", "👍🏽 🇩🇪"]
        {
            assert_eq!(inert(text), text);
        }
    }

    #[test]
    fn what_acts_on_a_terminal_is_removed_with_the_whole_of_its_sequence() {
        for (hostile, shown) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}Ann", "Ann"),
            ("\u{1b}]8;;https://evil.example\u{1b}\\click\u{1b}]8;;\u{1b}\\", "click"),
            ("\u{9b}2Jgone", "gone"),
            ("\u{1b}Pq#0\u{1b}\\x", "x"),
            ("\u{1b}(0abc\u{1b}c", "abc"),
            ("\u{1b}]0;never ends", "0;never ends"),
            ("a\u{8}\u{8}b\u{7f}\0", "ab"),
            ("one\r\ntwo\tthree\u{2028}four", "one two three four"),
            ("\u{202e}nnA\u{202c}", "nnA"),
            ("in\u{200b}vis\u{200d}ible\u{feff}\u{2066}", "invisible"),
            ("👩\u{200d}👧 ❤\u{fe0f}", "👩👧 ❤"),
            ("flag\u{e0067}\u{e007f}", "flag"),
            ("wide\u{3000}and\u{a0}narrow", "wide\u{3000}and narrow"),
        ] {
            assert_eq!(inert(hostile), shown, "{hostile:?}");
        }
    }

    #[test]
    fn marks_are_kept_where_a_language_needs_them_and_no_further() {
        assert_eq!(inert(&format!("Z{}a", "\u{301}".repeat(50))), format!("Z{}a", "\u{301}".repeat(MARKS)));
        assert_eq!(inert("\u{301}Ann \u{301}Lee"), "Ann Lee");
        assert_eq!(inert("\u{1112}\u{1161}\u{11ab}"), "\u{1112}\u{1161}\u{11ab}");
    }

    #[test]
    fn lines_are_cut_apart_and_empty_ones_dropped() {
        assert_eq!(inert_lines("a\r\n\r\n\u{1b}[1mb\u{85}c", 2), ["a", "b"]);
    }

    /// Letters mixed with everything that must not get through.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>().prop_map(String::from),
            "[a-z \\[\\];0-9m]{0,6}",
            proptest::sample::select(vec![
                "\u{1b}",
                "\u{1b}[",
                "\u{1b}]",
                "\u{7}",
                "\u{9b}",
                "\u{9d}",
                "\u{202e}",
                "\u{2067}",
                "\u{200b}",
                "\u{200d}",
                "\u{feff}",
                "\u{fe0f}",
                "\u{e0041}",
                "\u{301}",
                "\u{1160}",
                "👩",
                "王",
                "\r\n",
                "\u{85}",
            ])
            .prop_map(String::from),
        ];
        proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn nothing_gets_through(text in hostile()) {
            let shown = inert(&text);
            for c in shown.chars() {
                prop_assert!(!c.is_control(), "{c:?}");
                let code = u32::from(c);
                for range in [0x80..=0x9f, 0x200b..=0x200f, 0x2028..=0x202e, 0x2060..=0x206f, 0xfe00..=0xfe0f,
                              0xfeff..=0xfeff, 0x61c..=0x61c, 0xe0000..=0xe0fff] {
                    prop_assert!(!range.contains(&code), "{c:?}");
                }
            }
            prop_assert_eq!(&inert(&shown), &shown);
            prop_assert!(shown.len() <= text.len());
            for cluster in shown.graphemes(true) {
                prop_assert!(cluster.width() > 0, "{:?}", cluster);
            }
        }
    }
}
