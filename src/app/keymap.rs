//! Which key does what where: the defaults and the user's overrides, without conflicts.

use std::collections::HashMap;

use super::action::{Action, Context};
use super::key::{Key, NotAKey};
use crate::handoff::similar::similar;

/// The live key map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMap {
    by_key: HashMap<(Context, Key), Action>,
    by_action: HashMap<Action, Vec<Key>>,
}

/// Key bindings that cannot stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No such action.
    #[error("there is no action “{name}”{}", hint.map_or(String::new(), |hint| format!("; did you mean “{hint}”?")))]
    UnknownAction {
        /// What was given.
        name: String,
        /// The action with the nearest name.
        hint: Option<&'static str>,
    },
    /// No such key.
    #[error("{error} (for “{action}”)")]
    UnknownKey {
        /// The action it was for.
        action: &'static str,
        /// What was given.
        error: NotAKey,
    },
    /// One key for two actions in the same place.
    #[error("`{key}` would mean both “{first}” and “{second}” in {}; give one of them another key", context.label())]
    Conflict {
        /// The key.
        key: Key,
        /// One action.
        first: &'static str,
        /// The other.
        second: &'static str,
        /// Where they meet.
        context: Context,
    },
    /// An action without which one could not get out of a text field.
    #[error("“{0}” must have a key that types no character, such as `enter`, `esc` or `ctrl-x`")]
    Needed(&'static str),
}

/// The word that takes an action's keys away.
const NONE: &str = "none";

impl Default for KeyMap {
    /// The default keys.
    fn default() -> Self {
        let mut map = Self { by_key: HashMap::new(), by_action: HashMap::new() };
        for action in Action::all() {
            // A default that does not parse or that meets another would be lost here: tests look for both.
            let keys: Vec<Key> = action.default_keys().iter().filter_map(|key| key.parse().ok()).collect();
            map.by_action.insert(action, keys);
        }
        map.index();
        map
    }
}

impl KeyMap {
    /// The defaults with the user's overrides, as pairs of a key and the name of an action. An action that is named
    /// has the keys that are given for it and no others; `none` leaves it without. Ctrl-C quits, always.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn with<'a>(overrides: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<KeyError>> {
        let (mut map, mut errors) = (Self::default(), Vec::new());
        let mut named: HashMap<Action, Vec<Key>> = HashMap::new();
        // What an action is missing because one of its keys is none need not be said.
        let mut misread = Vec::new();
        for (key, name) in overrides {
            let Some(action) = Action::from_name(name) else {
                errors.push(KeyError::UnknownAction {
                    name: name.to_owned(),
                    hint: similar(name, Action::all().map(Action::name)),
                });
                continue;
            };
            let keys = named.entry(action).or_default();
            match key.parse() {
                _ if key == NONE => {}
                Ok(key) if keys.contains(&key) => {}
                Ok(key) => keys.push(key),
                Err(error) => {
                    misread.push(action);
                    errors.push(KeyError::UnknownKey { action: action.name(), error });
                }
            }
        }
        map.by_action.extend(named);
        let quit = map.by_action.entry(Action::Quit).or_default();
        if !quit.contains(&Key::ctrl('c')) {
            quit.push(Key::ctrl('c'));
        }
        for action in [Action::Confirm, Action::Cancel, Action::NextField] {
            if map.keys(action).iter().all(|key| key.typed().is_some()) && !misread.contains(&action) {
                errors.push(KeyError::Needed(action.name()));
            }
        }
        errors.extend(map.index());
        if errors.is_empty() { Ok(map) } else { Err(errors) }
    }

    /// Builds the way back from the keys, and returns the conflicts in the order of the table, each once.
    fn index(&mut self) -> Vec<KeyError> {
        self.by_key.clear();
        let mut found: Vec<KeyError> = Vec::new();
        for second in Action::all() {
            for &key in self.by_action.get(&second).map_or(&[][..], Vec::as_slice) {
                for &context in second.contexts() {
                    let before = self.by_key.insert((context, key), second);
                    let Some(first) = before.filter(|&first| first != second).map(Action::name) else { continue };
                    let second = second.name();
                    let is_same = |error: &KeyError| matches!(error, KeyError::Conflict { key: at, first: a, second: b, .. } if (*at, *a, *b) == (key, first, second));
                    if !found.iter().any(is_same) {
                        found.push(KeyError::Conflict { key, first, second, context });
                    }
                }
            }
        }
        found
    }

    /// What the key does there.
    pub fn action(&self, context: Context, key: Key) -> Option<Action> {
        self.by_key.get(&(context, key)).copied()
    }

    /// The keys of an action, the one to show first.
    pub fn keys(&self, action: Action) -> &[Key] {
        self.by_action.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The first key of an action as shown; empty where it has none.
    pub fn label(&self, action: Action) -> String {
        self.keys(action).first().map_or(String::new(), |key| key.label())
    }

    /// All keys of an action as shown, with blanks between them.
    pub fn labels(&self, action: Action) -> String {
        self.keys(action).iter().map(|key| key.label()).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_keys_all_parse_and_none_meets_another() {
        let mut map = KeyMap::default();
        assert_eq!(map.index(), []);
        for action in Action::all() {
            assert_eq!(map.keys(action).len(), action.default_keys().len(), "{}", action.name());
        }
        assert_eq!(KeyMap::with([]), Ok(KeyMap::default()));
    }

    #[test]
    fn an_override_replaces_the_keys_of_its_action() {
        let map = KeyMap::with([("A", "accept"), ("ctrl-a", "accept"), ("none", "redraw")]).unwrap();
        assert_eq!(map.action(Context::Lead, Key::char('A')), Some(Action::Accept));
        assert_eq!(map.action(Context::Lead, Key::char('a')), None);
        assert_eq!(map.labels(Action::Accept), "A ^a");
        assert_eq!(map.label(Action::Redraw), "");
        // The key that was set free can be given to another.
        assert!(KeyMap::with([("A", "accept"), ("a", "reject")]).is_ok());
    }

    #[test]
    fn conflicts_and_misspellings_name_what_is_wrong() {
        let say = |key, action| KeyMap::with([(key, action)]).unwrap_err()[0].to_string();
        let text = say("a", "reject");
        assert!(text.contains("`a`") && text.contains("“accept”") && text.contains("“reject”"), "{text}");
        assert!(say("A", "acept").ends_with("did you mean “accept”?"));
        assert!(say("gg", "top").contains("(for “top”)"));
        assert!(say("x", "cancel").contains("“cancel” must have a key"));
        // Ctrl-C quits and nothing else, in dialogs too.
        assert!(say("ctrl-c", "confirm").contains("“quit”"));
        // The same key may mean different things where both are never asked.
        assert!(KeyMap::with([("R", "ledger")]).is_ok());
    }

    #[test]
    fn quitting_and_help_work_everywhere() {
        for context in Context::ALL {
            assert_eq!(KeyMap::default().action(context, Key::ctrl('c')), Some(Action::Quit));
            assert_eq!(KeyMap::default().action(context, Key::char('?')), Some(Action::Help));
        }
    }
}
