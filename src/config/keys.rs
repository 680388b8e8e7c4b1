//! Key bindings as they are written: plain names of actions and keys with their places. What they mean is the app's
//! to say; see [`Keys::problems`].

use std::fmt;

use crate::reading::{Item, Section};
use crate::reading::{Place, Problem};

/// All bindings of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// In the order of the file.
    pub bindings: Vec<Binding>,
}

/// The keys of one action, instead of those that it has by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The action, such as `accept`.
    pub action: String,
    /// Its keys; none takes all keys away from it.
    pub keys: Vec<BoundKey>,
    /// Where the action is named.
    pub place: Place,
}

/// One key as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundKey {
    /// Such as `ctrl-k`.
    pub key: String,
    /// Where it stands.
    pub place: Place,
}

impl Keys {
    /// Reads `[keys]`: keys by action. They hold wherever their action does, so there are no tables by place.
    pub(super) fn read(&mut self, s: &mut Section<'_>) {
        for (action, item) in s.free() {
            let key = |item: &Item<'_>| Ok(BoundKey { key: item.words()?, place: item.place() });
            let keys = if item.is_table() {
                Err(item.wrong_hint(
                    format!("[keys.{action}] is no section: keys hold wherever their action does"),
                    "write its keys under [keys]",
                ))
            } else if item.is_text() {
                key(&item).map(|key| vec![key])
            } else {
                item.list(key)
            };
            let place = item.key_place();
            self.bindings.extend(s.accept(keys).map(|keys| Binding { action, keys, place }));
        }
    }

    /// What is wrong with the bindings, each at its place. The app knows what they mean: `contexts` says where the keys of
    /// an action hold, `chord` reads a key, nothing where the word stands for none; both refuse with a sentence. One key
    /// with two actions in one context is an error that names both places.
    pub fn problems<C: PartialEq + fmt::Display, K: PartialEq>(
        &self,
        contexts: impl Fn(&str) -> Result<Vec<C>, String>,
        chord: impl Fn(&str) -> Result<Option<K>, String>,
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut bound: Vec<(Vec<C>, K, &Binding, &BoundKey)> = Vec::new();
        for binding in &self.bindings {
            let refuse = |place: &Place, what| Problem { place: place.clone(), what, hint: None };
            if let Err(what) = contexts(&binding.action) {
                problems.push(refuse(&binding.place, what));
            }
            for key in &binding.keys {
                match chord(&key.key) {
                    Err(what) => {
                        let what = format!("{what} (for “{}”)", binding.action);
                        problems.push(refuse(&key.place, what));
                    }
                    Ok(None) => {}
                    Ok(Some(chord)) => {
                        bound.extend(contexts(&binding.action).ok().map(|holds| (holds, chord, binding, key)));
                    }
                }
            }
        }
        for (index, (contexts, chord, binding, key)) in bound.iter().enumerate() {
            let other = bound[..index].iter().find_map(|earlier| {
                let shared = earlier.0.iter().find(|context| contexts.contains(context))?;
                (earlier.1 == *chord && earlier.2.action != binding.action).then_some((shared, earlier.2, earlier.3))
            });
            if let Some((context, first, first_key)) = other {
                problems.push(conflict(&first.action, first_key, &binding.action, key, &context.to_string()));
            }
        }
        problems
    }
}

fn conflict(first: &str, first_key: &BoundKey, action: &str, key: &BoundKey, context: &str) -> Problem {
    Problem {
        place: key.place.clone(),
        what: format!("“{}” means both “{first}” ({}) and “{action}” in {context}", key.key, first_key.place),
        hint: Some("give one of them another key".into()),
    }
}
