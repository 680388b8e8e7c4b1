//! What a remote says goes wrong: passed on within bounds, and to a person once.

use std::collections::VecDeque;

use super::NotRead;

/// So much of it is passed on, in characters: a screen has a few lines for it, and a log one.
const MOST: usize = 300;
/// So many texts are remembered as told. They name ids and times, so that there is no end of them.
const REMEMBERED: usize = 200;

/// What a remote says, as one line of a length that can be shown.
pub(super) fn remark(told: &str) -> String {
    // All of it need not be looked at: it may be very long.
    let plain = told.chars().take(10 * MOST).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST - 1) {
        Some((end, last)) if line.len() > end + last.len_utf8() => format!("{}…", &line[..end]),
        _ => line,
    }
}

/// What was told to a person already, as far as it was lately.
#[derive(Default)]
pub struct Said {
    lately: VecDeque<String>,
}

impl Said {
    /// Whether this is still to be told. From here on it is not.
    pub fn is_new(&mut self, what: &str) -> bool {
        if self.lately.iter().any(|said| said == what) {
            return false;
        }
        if self.lately.len() == REMEMBERED {
            self.lately.pop_front();
        }
        self.lately.push_back(what.to_owned());
        true
    }

    /// Puts it with what is to be told, unless it was.
    pub(super) fn once(&mut self, untold: &mut Vec<NotRead>, told: NotRead) {
        let known = format!("{}: {}", told.external_id.as_deref().unwrap_or_default(), told.what);
        if self.is_new(&known) {
            untold.push(told);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_remote_says_is_one_line_that_ends() {
        assert_eq!(remark(" It is\r\n\tlocked\u{1b}[2J. "), "It is locked [2J.");
        let exact = "é".repeat(MOST);
        assert_eq!(remark(&exact), exact);
        let cut = remark(&"é".repeat(1 << 20));
        assert_eq!((cut.chars().count(), cut.ends_with("é…")), (MOST, true));
        assert!(remark(&format!("{} x", " ".repeat(1 << 20))).len() <= 1);
    }

    #[test]
    fn what_is_said_again_and_again_is_told_once_and_little_is_remembered() {
        let mut said = Said::default();
        let told = (0..10_000).filter(|n| said.is_new(&n.to_string()) | said.is_new("the same")).count();
        assert_eq!((told, said.lately.len()), (10_000, REMEMBERED));
        assert!(!said.is_new("9999") && said.is_new("0"));
    }
}
