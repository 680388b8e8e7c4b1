//! What happened, in words that are the same each time: without ids and tokens that are made by chance.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

/// Shared by all who have something to tell.
#[derive(Clone, Default)]
pub struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    pub fn tell(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    /// The last lines.
    pub fn text(&self, most: usize) -> String {
        let lines = self.0.lock().unwrap();
        lines[lines.len().saturating_sub(most)..].join("\n")
    }

    pub fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.lock().unwrap().hash(&mut hasher);
        hasher.finish()
    }
}
