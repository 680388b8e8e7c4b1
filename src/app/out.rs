//! What one turn of [`super::update`] gathers: effects, and whether anything visible changed.

use super::effect::{Ask, Effect};

/// The effects of one message.
#[derive(Debug, Default)]
pub struct Out {
    effects: Vec<Effect>,
    quiet: bool,
}

impl Out {
    /// Something to be done outside.
    pub fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// A question to the store.
    pub fn ask(&mut self, ask: Ask) {
        self.push(Effect::Store(ask));
    }

    /// Nothing visible changed, or it is not worth a frame since the answer is about to come.
    pub fn quiet(&mut self) {
        self.quiet = true;
    }

    /// The effects, and whether a frame is due.
    pub fn finish(self) -> (Vec<Effect>, bool) {
        (self.effects, !self.quiet)
    }
}
