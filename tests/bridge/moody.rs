//! A source that does what the one behind it does, but for what it is told to say instead.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use chrono::Duration;
use leadbox::source::{
    Answer, Applied, Capabilities, Cursor, Disposition, NotRead, Page, Probe, Record, Source, SourceError, Step,
    Tombstone,
};

/// What is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Pull,
    Reconcile,
    Detail,
    Plan,
}

/// What it is told, and what it was asked.
#[derive(Clone, Default)]
pub struct Mood {
    says: Arc<Mutex<VecDeque<(Call, SourceError)>>>,
    asked: Arc<Mutex<Vec<Call>>>,
}

impl Mood {
    /// This call is answered so, once.
    pub fn say(&self, call: Call, error: SourceError) {
        self.says.lock().unwrap().push_back((call, error));
    }

    /// How often it was asked that.
    pub fn times(&self, call: Call) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| **asked == call).count()
    }

    /// The source that is behind it, in this mood.
    pub fn of(&self, behind: Box<dyn Source>) -> Box<dyn Source> {
        Box::new(Moody { behind, mood: self.clone() })
    }

    fn next(&self, call: Call) -> Option<SourceError> {
        self.asked.lock().unwrap().push(call);
        let mut says = self.says.lock().unwrap();
        let place = says.iter().position(|(of, _)| *of == call)?;
        says.remove(place).map(|(_, error)| error)
    }
}

struct Moody {
    behind: Box<dyn Source>,
    mood: Mood,
}

fn or<T: Send>(said: Option<SourceError>, answer: Answer<'_, T>) -> Answer<'_, T> {
    match said {
        Some(error) => Box::pin(async { Err(error) }),
        None => answer,
    }
}

impl Source for Moody {
    fn name(&self) -> &str {
        self.behind.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.behind.capabilities()
    }

    fn pull(&mut self, after: Option<&Cursor>) -> Answer<'_, Page> {
        or(self.mood.next(Call::Pull), self.behind.pull(after))
    }

    fn reconcile(&mut self, known: &[String]) -> Answer<'_, Vec<Tombstone>> {
        or(self.mood.next(Call::Reconcile), self.behind.reconcile(known))
    }

    fn detail(&mut self, external_id: &str) -> Answer<'_, Option<Record>> {
        or(self.mood.next(Call::Detail), self.behind.detail(external_id))
    }

    fn plan(&mut self, disposition: &Disposition) -> Answer<'_, Vec<Step>> {
        or(self.mood.next(Call::Plan), self.behind.plan(disposition))
    }

    fn apply(&mut self, step: &Step) -> Answer<'_, Applied> {
        self.behind.apply(step)
    }

    fn unread(&mut self) -> Vec<NotRead> {
        self.behind.unread()
    }

    fn probe(&mut self, step: &Step, tried: Option<Duration>) -> Answer<'_, Probe> {
        self.behind.probe(step, tried)
    }
}
