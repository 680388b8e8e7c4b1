//! Who is told that what they see has changed, here and at the other hubs on the same database.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// The view that changes with the team's rules. No person and no team is called so.
pub const RULES: &str = "*rules";

/// Whatever view it is, it may have changed.
const ANYTHING: &str = "*anything";

/// The longest word that is passed to other hubs, in bytes; the database takes 7,900.
const LONGEST: usize = 7_500;

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// The number of the log up to which it did; 0 if that is not known.
    pub head: i64,
    /// The views that did.
    pub views: BTreeSet<String>,
}

impl Word {
    /// Something may have changed that one did not hear of.
    pub fn anything() -> Self {
        Self { head: 0, views: BTreeSet::from([ANYTHING.to_owned(), RULES.to_owned()]) }
    }

    /// As other hubs hear it. Where that would be too long, they are told to look.
    pub fn written(&self) -> String {
        let write = |word: &Self| serde_json::to_string(word).unwrap_or_default();
        let text = write(self);
        if text.len() <= LONGEST { text } else { write(&Self { head: self.head, ..Self::anything() }) }
    }

    /// What another hub wrote. What is not understood may be anything.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self::anything())
    }
}

/// Those who listen: for each view the number of the log up to which it changed.
#[derive(Default)]
pub struct News(Mutex<HashMap<String, watch::Sender<i64>>>);

impl News {
    fn listeners(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<i64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those whom it concerns.
    pub fn tell(&self, word: &Word) {
        let is_for_all = word.views.contains(ANYTHING);
        self.listeners().retain(|view, listener| {
            let concerns = is_for_all || word.views.contains(view);
            // Nobody listens any more where it cannot be sent.
            !concerns || listener.send(word.head).is_ok()
        });
    }

    /// Hears when a view changes.
    pub fn listen(&self, view: &str) -> watch::Receiver<i64> {
        self.listeners().entry(view.to_owned()).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(views: impl IntoIterator<Item = String>) -> Word {
        Word { head: 7, views: views.into_iter().collect() }
    }

    #[test]
    fn a_word_comes_across_or_tells_to_look_where_it_is_too_long() {
        let short = word(["ana".to_owned(), "team \"emea\"".to_owned()]);
        assert_eq!(Word::read(&short.written()), short);
        let long = word((0..1000).map(|n| format!("person-{n}")));
        assert!(long.written().len() <= LONGEST);
        assert_eq!(Word::read(&long.written()), Word { head: 7, ..Word::anything() });
        assert_eq!(Word::read("what a later version says"), Word::anything());
    }

    #[test]
    fn only_those_are_told_whom_it_concerns_unless_it_may_be_anything() {
        let news = News::default();
        let (mut ana, mut bo) = (news.listen("ana"), news.listen("bo"));
        news.tell(&word(["ana".to_owned()]));
        assert!(ana.has_changed().unwrap() && !bo.has_changed().unwrap());
        ana.mark_unchanged();
        news.tell(&Word::anything());
        assert!(ana.has_changed().unwrap() && bo.has_changed().unwrap());
        bo.mark_unchanged();
        drop(ana);
        news.tell(&Word::anything());
        assert_eq!(news.listeners().keys().collect::<Vec<_>>(), ["bo"], "who went away is forgotten");
    }
}
