//! Text that no spreadsheet takes for a formula, and back (OWASP ASVS 1.2.10).
//!
//! A cell is live when a spreadsheet would compute it: when it begins, after blanks, with `=`, `+`, `-`, `@`, a tab,
//! a line end or a NUL, or with the full-width twins of the first four. Such a cell gets an apostrophe in front,
//! which spreadsheets take as "this is text". The same is done within a cell after a delimiter, a quote or a line
//! end: a spreadsheet that parts the line at another delimiter than ours would find a cell beginning there.

use std::borrow::Cow;

/// The text with every place disarmed at which a formula could begin.
pub fn disarm(text: &str) -> Cow<'_, str> {
    // A text that already looks disarmed gets one more, so that reading it takes away exactly what was added.
    let front = is_live(text) || text.strip_prefix('\'').is_some_and(|rest| is_live(rest.trim_start_matches('\'')));
    let pairs = text.chars().zip(text.chars().skip(1));
    let within = pairs.into_iter().any(|(before, after)| breaks(before) && starts(after));
    if !front && !within {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 4);
    if front {
        safe.push('\'');
    }
    let mut before = None;
    for c in text.chars() {
        if before.is_some_and(breaks) && starts(c) {
            safe.push('\'');
        }
        safe.push(c);
        before = Some(c);
    }
    Cow::Owned(safe)
}

/// Takes the apostrophe in front away again.
pub fn rearm(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_live(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

/// A telephone number that is no formula and that importers still take for one: `+49 …` is written `0049 …`.
pub fn dialable(number: &str) -> Cow<'_, str> {
    match number.trim().strip_prefix('+') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => Cow::Owned(format!("00{}", disarm(rest))),
        _ => disarm(number),
    }
}

fn is_live(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n', '\0']) || text.trim_start().starts_with(starts)
}

/// The characters with which a formula begins.
fn starts(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\0' | '＝' | '＋' | '－' | '＠')
}

/// The characters after which some spreadsheet may begin a new cell.
fn breaks(c: char) -> bool {
    matches!(c, ',' | ';' | '|' | '\t' | '"' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_spreadsheet_would_compute_is_disarmed() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("+49 30 1234", "'+49 30 1234"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "'\r'=1"),
            ("\n=1", "'\n'=1"),
            ("\0=1", "'\0=1"),
            ("  =1", "'  =1"),
            ("＝1", "'＝1"),
            ("x;=1", "x;'=1"),
            ("x\",=1", "x\",'=1"),
            ("'=1", "''=1"),
            ("plain, text - with + signs = fine @ home", "plain, text - with + signs = fine @ home"),
            ("", ""),
        ] {
            assert_eq!(disarm(text), safe, "{text:?}");
        }
        assert_eq!(dialable("+49 30 1234"), "0049 30 1234");
        assert_eq!(dialable("030 1234"), "030 1234");
        assert_eq!(dialable("+cmd|' /C calc'!A0"), "'+cmd|' /C calc'!A0");
        assert_eq!(rearm("'tis the season"), "'tis the season");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn nothing_live_is_left_and_the_front_comes_back(text in "[=+@a1 '\t;,\"|\n-]{0,12}|\\PC{0,12}") {
            let safe = disarm(&text);
            prop_assert!(!is_live(&safe));
            for cell in safe.split([',', ';', '|', '\t', '"', '\r', '\n']) {
                prop_assert!(!cell.starts_with(starts), "{cell:?} of {safe:?}");
            }
            // Where only the front was in danger, reading gives back what was written.
            if !text.contains([',', ';', '|', '\t', '"', '\r', '\n']) {
                prop_assert_eq!(rearm(&safe), &text);
            }
        }
    }
}
