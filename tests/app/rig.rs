//! One window on one store: keys in, and everything that follows from them at once.

use std::collections::VecDeque;

use chrono::Duration;
use leadbox::app::dialog::Dialog;
use leadbox::app::effect::Ask;
use leadbox::app::screen::Screen;
use leadbox::app::{Effect, KeyMap, Model, Msg, Reply, Settings, What, update};
use leadbox::handoff::state::{Handoff, Stage};

use super::office::{Office, start};

pub struct Rig {
    pub model: Model,
    pub store: Office,
    /// What left the app, beside questions to the store.
    pub effects: Vec<Effect>,
    /// Questions that the store has not answered, while it is held.
    pub waiting: VecDeque<Ask>,
    /// The store keeps its answers back.
    pub held: bool,
}

impl Rig {
    /// A window on this store, started.
    pub fn on(store: Office) -> Self {
        let settings = Settings { rep: "Ana".into(), policy: store.policy(), demo: true, ..Settings::default() };
        let model = Model::new(start(), settings, KeyMap::default());
        let mut rig = Self { model, store, effects: Vec::new(), waiting: VecDeque::new(), held: false };
        rig.send(What::Resize { width: 80, height: 24, list_rows: 10 });
        rig.send(What::Start);
        rig
    }

    /// A window on so many unanswered leads, under the tab that shows them.
    pub fn new(leads: usize) -> Self {
        let mut rig = Self::on(Office::new(leads));
        rig.press("2");
        rig
    }

    pub fn send(&mut self, what: What) {
        let message = Msg::new(self.model.now, what);
        let effects = update(&mut self.model, message);
        for effect in effects {
            match effect {
                Effect::Store(ask) => self.waiting.push_back(ask),
                other => self.effects.push(other),
            }
        }
        if !self.held {
            self.serve();
        }
    }

    /// Lets the store answer all that it was asked.
    pub fn serve(&mut self) {
        while let Some(ask) = self.waiting.pop_front() {
            let reply = self.store.answer(ask, self.model.now);
            self.reply(reply);
        }
    }

    pub fn reply(&mut self, reply: Reply) {
        self.send(What::Reply(reply));
    }

    /// Presses keys, with blanks between them.
    pub fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            self.send(What::Key(key.parse().unwrap()));
        }
    }

    /// Types a text.
    pub fn text(&mut self, text: &str) {
        for char in text.chars() {
            self.send(What::Key(leadbox::app::Key::char(char)));
        }
    }

    pub fn pass(&mut self, seconds: i64) {
        self.model.now += Duration::seconds(seconds);
        self.send(What::Tick);
    }

    /// The number of the lead that is open.
    pub fn opened(&self) -> Option<i64> {
        self.model.opened.as_ref().map(|opened| opened.dossier.id.0)
    }

    pub fn selected(&self) -> Option<i64> {
        self.model.list.selected.map(|lead| lead.0)
    }

    pub fn front(&self) -> Option<i64> {
        self.store.desk().current().map(|lead| lead.0)
    }

    pub fn stage(&self, number: i64) -> Stage {
        self.store.stage(number)
    }

    pub fn handoff(&self, number: i64) -> Handoff {
        self.store.handoff(number)
    }

    pub fn status(&self) -> &str {
        self.model.status.as_ref().map_or("", |status| &status.text)
    }

    /// Why what would have taken letters does not, where the top dialog stands in for it.
    pub fn barred(&self) -> Option<&str> {
        match self.model.dialog() {
            Some(Dialog::Barred(dialog)) => Some(&dialog.why),
            _ => None,
        }
    }

    pub fn screen(&self) -> Screen {
        self.model.screen
    }

    pub fn dialog(&self) -> &Dialog {
        self.model.dialog().expect("no dialog is open")
    }

    /// The error of the dialog on top.
    pub fn error(&self) -> Option<&str> {
        self.dialog().form().and_then(|form| form.error.as_deref())
    }
}
