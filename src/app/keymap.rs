//! Which key does what where: the defaults and the user's overrides, without conflicts.

use std::collections::HashMap;

use super::action::{Action, Context};
use super::key::{Key, NotAKey};

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
    #[error("{key} would mean both “{first}” and “{second}” in the {}; give one of them another key", context.label())]
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
    /// An action that must always have a key has none.
    #[error("“{0}” must have a key")]
    Needed(&'static str),
}

impl Default for KeyMap {
    /// The default keys.
    fn default() -> Self {
        let mut map = Self { by_key: HashMap::new(), by_action: HashMap::new() };
        for action in Action::all() {
            // A default key that does not parse would be missing here; a test finds it.
            let keys: Vec<Key> = action.default_keys().iter().filter_map(|key| key.parse().ok()).collect();
            for &key in &keys {
                for &context in action.contexts() {
                    map.by_key.insert((context, key), action);
                }
            }
            map.by_action.insert(action, keys);
        }
        map
    }
}

impl KeyMap {
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
}
