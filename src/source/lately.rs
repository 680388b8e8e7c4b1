//! What a source told lately. A place is never so exact that nothing lies before it that appears later: one looks back from
//! there, and what was told already is no news, unless whoever asked has not kept it.

use std::collections::HashMap;
use std::hash::Hash;

use super::Cursor;
use crate::handoff::Time;

/// By a record's id, when it was changed and what it was then; and the place behind all of that.
pub(super) struct Lately<Id, Mark> {
    told: HashMap<Id, (Time, Mark)>,
    behind: Option<Cursor>,
}

impl<Id, Mark> Default for Lately<Id, Mark> {
    fn default() -> Self {
        Self { told: HashMap::new(), behind: None }
    }
}

impl<Id: Eq + Hash, Mark: PartialEq> Lately<Id, Mark> {
    /// Whoever asks has come so far. Unless that is the place behind what was told, it was not kept, and is told once more.
    pub(super) fn come(&mut self, after: Option<&Cursor>) {
        if self.behind.take().as_ref() != after {
            self.told.clear();
        }
    }

    /// A page was made, with this place behind it.
    pub(super) fn give(&mut self, next: &Cursor) {
        self.behind = Some(next.clone());
    }

    /// It was not told as it is.
    pub(super) fn is_news(&self, id: &Id, mark: &Mark) -> bool {
        self.told.get(id).is_none_or(|(_, told)| told != mark)
    }

    /// It is told now.
    pub(super) fn note(&mut self, id: Id, changed_at: Time, mark: Mark) {
        self.told.insert(id, (changed_at, mark));
    }

    /// It is told once more if it comes again as it was.
    pub(super) fn forget(&mut self, id: &Id) {
        self.told.remove(id);
    }

    /// What was changed before this can come again no more.
    pub(super) fn since(&mut self, horizon: Time) {
        self.told.retain(|_, (at, _)| *at >= horizon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_no_news_until_it_changes_if_it_was_kept() {
        let (at, place) = (Time::UNIX_EPOCH, |text: &str| Cursor(text.into()));
        let mut lately = Lately::default();
        lately.come(None);
        lately.note(7, at, "a");
        lately.give(&place("one"));
        lately.come(Some(&place("one")));
        assert!(!lately.is_news(&7, &"a") && lately.is_news(&7, &"b") && lately.is_news(&8, &"a"));
        lately.note(8, at + chrono::Duration::seconds(1), "a");
        lately.give(&place("two"));
        lately.come(Some(&place("one")));
        assert!(lately.is_news(&8, &"a"), "the page was not kept");
        lately.note(8, at, "a");
        // It failed, so that no page was given.
        lately.come(Some(&place("one")));
        assert!(lately.is_news(&8, &"a"));
        lately.note(8, at, "a");
        lately.forget(&8);
        lately.note(9, at, "a");
        lately.since(at + chrono::Duration::seconds(1));
        assert!(lately.is_news(&8, &"a") && lately.is_news(&9, &"a"));
    }
}
