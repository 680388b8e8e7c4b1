//! Posting messages to a hub's intake, batch by batch: what is refused is left out and told, what was lost on the way is
//! sent again, and nothing is taken twice, since each message has a key that is made of what it says.

use std::time::Duration;

use secrecy::SecretString;
use sha2::{Digest, Sha256};

use crate::cli::failure::Failure;
use crate::handoff::Time;
use crate::hub::intake::sign;
use crate::source::hub::{Call, Client, Failure as CallFailure};
use crate::wire::intake::{Batch, Item, Taken};
use crate::wire::problem::{Code, Problem};

/// So often one batch is tried again.
const TRIES: u32 = 6;

/// The longest that one waits before trying again, whatever the hub asks for, in seconds.
const LONGEST_WAIT: u64 = 60;

/// A message with the line that it was made of.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) item: Item,
}

/// What became of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fed {
    /// Messages that the hub took.
    pub(super) taken: u64,
    /// Messages that it knew already.
    pub(super) known: u64,
    /// The lines that it refused, and why.
    pub(super) refused: Vec<(u64, String)>,
}

/// One sender's way into a hub.
pub(super) struct Feed {
    pub(super) client: Client,
    pub(super) source: String,
    pub(super) secret: SecretString,
    pub(super) now: fn() -> Time,
    pub(super) pause: Box<dyn Fn(Duration)>,
    pub(super) runtime: tokio::runtime::Runtime,
}

/// The key of a message: the same source, id and contents have the same one, whenever it is sent.
pub(super) fn key(source: &str, item: &Item) -> Result<String, Failure> {
    let mut hash = Sha256::new();
    for part in [source.as_bytes(), b"\0", &serde_json::to_vec(item)?] {
        hash.update(part);
    }
    Ok(base16ct::lower::encode_string(&hash.finalize()))
}

impl Feed {
    /// Sends a batch. What is refused of it is left out, and the rest is sent.
    ///
    /// # Errors
    /// The hub cannot be reached, or does not take anything of this sender. What was sent before is taken.
    pub(super) fn send(&self, mut rows: Vec<Row>) -> Result<Fed, CallFailure> {
        let mut fed = Fed::default();
        while !rows.is_empty() {
            match self.post(&rows) {
                Ok(taken) => {
                    let known = taken.items.iter().filter(|item| item.is_repeat).count() as u64;
                    fed.known += known;
                    fed.taken += taken.items.len() as u64 - known;
                    return Ok(fed);
                }
                Err(CallFailure::Problem(problem)) => match blamed(&problem, rows.len()) {
                    Some((number, place)) => {
                        let row = rows.remove(number);
                        let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
                        fed.refused.push((row.line, format!("{place}{}", problem.detail)));
                    }
                    None => return Err(CallFailure::Problem(problem)),
                },
                Err(failure) => return Err(failure),
            }
        }
        Ok(fed)
    }

    /// Posts a batch, again where that may help.
    fn post(&self, rows: &[Row]) -> Result<Taken, CallFailure> {
        let batch = Batch { items: rows.iter().map(|row| row.item.clone()).collect() };
        let body = serde_json::to_vec(&batch).map_err(|error| CallFailure::Garbage(error.to_string()))?;
        let path = format!("/v1/intake/{}", self.source);
        let mut tries = 0;
        loop {
            // The hub takes one signature once: what is sent again is signed for another second.
            let at = (self.now)() - chrono::Duration::seconds(i64::from(tries));
            let call = Call::signed(path.as_str(), body.clone(), sign(&self.secret, at, &body));
            let failure = match self.runtime.block_on(self.client.ask::<Taken>(call)) {
                Ok(taken) if taken.items.len() == rows.len() => return Ok(taken),
                Ok(_) => return Err(CallFailure::Garbage("it tells of other leads than were sent".into())),
                Err(failure) => failure,
            };
            let seconds = match &failure {
                CallFailure::Wait { seconds, .. } => u64::try_from(*seconds).unwrap_or_default(),
                CallFailure::Lost(_) => 1 << tries,
                _ => return Err(failure),
            };
            tries += 1;
            if tries > TRIES {
                return Err(failure);
            }
            (self.pause)(Duration::from_secs(seconds.min(LONGEST_WAIT)));
        }
    }
}

/// Which message of a batch a problem is about, and which part of it.
fn blamed(problem: &Problem, rows: usize) -> Option<(usize, &str)> {
    if !problem.is(Code::Invalid) && !problem.is(Code::KeyReused) {
        return None;
    }
    let rest = problem.at.as_deref()?.strip_prefix("/items/")?;
    let (number, place) = rest.split_once('/').unwrap_or((rest, ""));
    let number = number.parse().ok().filter(|number| *number < rows)?;
    Some((number, place))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::source::hub::{Lost, Reply, Replying, Transport};
    use crate::wire::intake::TakenItem;
    use crate::wire::problem::MEDIA_TYPE;
    use tokio::sync::mpsc;

    /// A hub that keeps what it takes, refuses nameless messages, and has bad days.
    #[derive(Default)]
    struct Hub {
        kept: BTreeMap<String, Item>,
        seen: BTreeSet<String>,
        /// What goes wrong next, the last first.
        moods: Vec<Mood>,
        /// For how many seconds one waited for it, each time.
        pauses: Vec<u64>,
    }

    #[derive(Clone, Copy, PartialEq)]
    enum Mood {
        /// It takes the post, and the answer is lost.
        Forgets,
        /// It has too much to do.
        Busy,
        /// It is away.
        Away,
    }

    struct Way(Arc<Mutex<Hub>>);

    impl Transport for Way {
        fn call(&self, call: Call) -> Replying<'_> {
            let answer = self.0.lock().unwrap().answer(&call);
            Box::pin(async move { answer })
        }

        fn listen(&self, _: &str) -> mpsc::Receiver<()> {
            mpsc::channel(1).1
        }
    }

    impl Hub {
        fn answer(&mut self, call: &Call) -> Result<Reply, Lost> {
            let reply = |status, media: &str, body: Vec<u8>| {
                Ok(Reply { status, media: media.into(), retry_after: Some(3), body })
            };
            let problem = |code, what: &str, at: &str| {
                let problem = Problem::new(code, what).at(at);
                reply(problem.status, MEDIA_TYPE, serde_json::to_vec(&problem).unwrap())
            };
            let mood = self.moods.pop();
            match mood {
                Some(Mood::Busy) => return problem(Code::TooMany, "too much", ""),
                Some(Mood::Away) => return Err(Lost::Unsent("away".into())),
                Some(Mood::Forgets) | None => {}
            }
            if !self.seen.insert(call.signature.clone().unwrap()) {
                return problem(Code::Unauthorized, "this very post was taken already", "Leadbox-Signature");
            }
            let batch: Batch = serde_json::from_slice(&call.body.as_ref().unwrap().1).unwrap();
            if let Some(number) = batch.items.iter().position(|item| item.person.name.is_none()) {
                return problem(Code::Invalid, "say who it is", &format!("/items/{number}/person/name"));
            }
            let take = |item: Item| {
                let key = item.key.clone();
                let is_repeat = self.kept.insert(key.clone(), item).is_some();
                TakenItem { key, lead: 1, version: 1, stage: "mql".into(), is_repeat, left_out: None }
            };
            let taken = Taken { items: batch.items.into_iter().map(take).collect() };
            if mood == Some(Mood::Forgets) {
                return Err(Lost::Unknown("the line broke".into()));
            }
            reply(200, "application/json", serde_json::to_vec(&taken).unwrap())
        }
    }

    fn feed(moods: &[Mood]) -> (Feed, Arc<Mutex<Hub>>) {
        let hub = Arc::new(Mutex::new(Hub { moods: moods.iter().rev().copied().collect(), ..Hub::default() }));
        let noted = Arc::clone(&hub);
        let feed = Feed {
            client: Client::new(Box::new(Way(Arc::clone(&hub)))),
            source: "web".into(),
            secret: SecretString::from("lbs_1"),
            now: || Time::from_timestamp(1_700_000_000, 0).unwrap(),
            pause: Box::new(move |pause| noted.lock().unwrap().pauses.push(pause.as_secs())),
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
        };
        (feed, hub)
    }

    fn rows(names: &[Option<&str>]) -> Vec<Row> {
        let row = |(number, name): (usize, &Option<&str>)| {
            let mut item = Item { id: Some(number.to_string()), ..Item::default() };
            item.person.name = name.map(str::to_owned);
            item.key = key("web", &item).unwrap();
            Row { line: number as u64 + 2, item }
        };
        names.iter().enumerate().map(row).collect()
    }

    #[test]
    fn what_is_refused_is_told_by_its_line_and_the_rest_is_taken() {
        let (feed, hub) = feed(&[]);
        let fed = feed.send(rows(&[Some("a"), None, Some("b"), None])).unwrap();
        assert_eq!((fed.taken, fed.known), (2, 0));
        let why = "person/name: say who it is".to_owned();
        assert_eq!(fed.refused, [(3, why.clone()), (5, why)]);
        assert_eq!(hub.lock().unwrap().kept.len(), 2);
    }

    #[test]
    fn what_was_lost_on_the_way_is_sent_again_and_not_taken_twice() {
        let (feed, hub) = feed(&[Mood::Away, Mood::Busy, Mood::Forgets]);
        let fed = feed.send(rows(&[Some("a"), Some("b")])).unwrap();
        assert_eq!((fed.taken, fed.known), (0, 2), "both were taken when the answer was lost");
        assert_eq!(hub.lock().unwrap().kept.len(), 2);
        assert_eq!(hub.lock().unwrap().pauses, [1, 3, 4], "as long as the hub asks for, else longer each time");
    }

    #[test]
    fn a_hub_that_stays_away_is_given_up() {
        let (feed, hub) = feed(&[Mood::Away; 10]);
        assert!(matches!(feed.send(rows(&[Some("a")])), Err(CallFailure::Lost(_))));
        assert_eq!(hub.lock().unwrap().pauses.len(), TRIES as usize);
        assert!(hub.lock().unwrap().kept.is_empty());
    }

    #[test]
    fn only_what_is_the_same_in_all_has_the_same_key() {
        let item = |id: &str, name: &str| {
            let mut item = Item { id: Some(id.into()), ..Item::default() };
            item.person.name = Some(name.into());
            item
        };
        let keys = [("web", "1", "a"), ("web", "1", "b"), ("web", "2", "a"), ("crm", "1", "a")]
            .map(|(source, id, name)| key(source, &item(id, name)).unwrap());
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 4);
        assert_eq!(keys[0], key("web", &item("1", "a")).unwrap());
    }
}
