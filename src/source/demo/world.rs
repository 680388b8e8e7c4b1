//! Invented leads from `assets/demo.toml`: a story meets a person and a company, chosen by the seed. They are what a
//! sender would post to a hub, which scores them, checks them and gives them to somebody.

use chrono::Duration;
use serde::Deserialize;

use crate::handoff::Time;
use crate::handoff::activity::{ActivityKind, Direction};
use crate::handoff::disposition::{Act, Attempt, Channel, Deferral, NextStep, Outcome, Qualification, Rejection};
use crate::wire::intake::{ActivityIn, CompanyIn, Item, PersonIn};

/// The name of the demo's sender.
pub const SENDER: &str = "web";

#[derive(Deserialize)]
struct Cast {
    first: Vec<String>,
    last: Vec<String>,
    title: Vec<String>,
    company: Vec<CompanyIn>,
    story: Vec<Story>,
}

#[derive(Deserialize)]
struct Story {
    source: String,
    campaign: String,
    asked: Vec<String>,
    /// Marketing says why it is an MQL, where nothing else makes it one.
    flag: Option<String>,
    weight: usize,
    trail: Vec<Scene>,
}

#[derive(Deserialize)]
struct Scene {
    kind: ActivityKind,
    ago: i64,
    text: String,
}

/// A lead that came before the demo opens, with what was done with it since.
pub struct Opening {
    /// When it came.
    pub at: Time,
    /// The lead, as its sender posted it.
    pub item: Item,
    /// What whoever got it did, with the times, oldest first.
    pub acts: Vec<(Time, Act)>,
}

/// A source of invented leads.
pub struct World {
    cast: Cast,
    rng: fastrand::Rng,
    made: usize,
}

impl World {
    /// The world with this seed.
    ///
    /// # Errors
    /// If the embedded cast cannot be read, which a test rules out.
    pub fn new(seed: u64) -> Result<Self, toml::de::Error> {
        let cast = toml::from_str(include_str!("../../../assets/demo.toml"))?;
        Ok(Self { cast, rng: fastrand::Rng::with_seed(seed), made: 0 })
    }

    /// The leads that came before `now`: some untouched, some accepted, contacted, deferred or lacking something, some
    /// closed today and before.
    pub fn opening(&mut self, now: Time) -> Vec<Opening> {
        let mut all = Vec::new();
        // Minutes since each untouched lead came, by story: so that every shade of urgency is there.
        for (story, minutes) in [
            (0, 1),
            (0, 4),
            (0, 9),
            (1, 2),
            (1, 3),
            (1, 17),
            (2, 6),
            (2, 11),
            (2, 19),
            (2, 27),
            (3, 8),
            (3, 14),
            (3, 21),
            (4, 9),
            (4, 20),
            (4, 33),
            (4, 52),
            (5, 30),
            (5, 60),
            (5, 90),
            (6, 25),
        ] {
            let at = now - Duration::minutes(minutes) - Duration::seconds(self.rng.i64(0..50));
            all.push(Opening { at, item: self.item(story, at), acts: Vec::new() });
        }
        for number in 0..16 {
            // Those that were only accepted wait for their first contact, not for long.
            let minutes = if number < 3 { 28 + 20 * number } else { 90 + 100 * number };
            let (story, at) = (self.story(), now - Duration::minutes(minutes));
            let item = self.item(story, at);
            let acts = self.worked(if number < 11 { number } else { 3 + number % 8 }, at, now);
            all.push(Opening { at, item, acts });
        }
        for number in 0..2 {
            let (story, at) = (self.story(), now - Duration::minutes(40 + 70 * number));
            let mut item = self.item(story, at);
            if number == 0 {
                item.person.email = Some("someone@gmail.com".into());
            } else {
                item.company.size = None;
            }
            all.push(Opening { at, item, acts: Vec::new() });
        }
        for number in 0..18 {
            let (story, at) = (self.story(), now - Duration::minutes(60 + 110 * number));
            let item = self.item(story, at);
            let acts = self.closed(number, at);
            all.push(Opening { at, item, acts });
        }
        all
    }

    /// One more lead that comes at `now`.
    pub fn next(&mut self, now: Time) -> Item {
        let story = self.story();
        self.item(story, now)
    }

    fn story(&mut self) -> usize {
        let total: usize = self.cast.story.iter().map(|story| story.weight).sum();
        let mut ticket = self.rng.usize(0..total.max(1));
        self.cast
            .story
            .iter()
            .position(|story| {
                let hit = ticket < story.weight;
                ticket = ticket.saturating_sub(story.weight);
                hit
            })
            .unwrap_or_default()
    }

    /// What was done with an open lead.
    fn worked(&mut self, number: i64, came_at: Time, now: Time) -> Vec<(Time, Act)> {
        let soon = came_at + Duration::minutes(self.rng.i64(2..25));
        match number {
            0..3 => vec![(soon, Act::Accept)],
            3..7 => {
                let mut acts = vec![(soon, attempt(Channel::Phone, Outcome::Voicemail, None))];
                if number > 4 {
                    acts.push((soon + Duration::minutes(30), attempt(Channel::Email, Outcome::NoAnswer, None)));
                }
                acts
            }
            7..9 => {
                let next = NextStep { at: now + Duration::hours(20 + number), what: "call about the offer".into() };
                vec![(soon, attempt(Channel::Phone, Outcome::Reached, Some(next)))]
            }
            _ => {
                let until = now + Duration::hours(16 * (number - 7));
                vec![(soon, Act::Defer(Deferral { until, why: "asked for next week, in a budget round".into() }))]
            }
        }
    }

    /// What was done with a closed lead.
    fn closed(&mut self, number: i64, came_at: Time) -> Vec<(Time, Act)> {
        let soon = came_at + Duration::minutes(self.rng.i64(1..20));
        let reject = |code: &str, sub: Option<&str>, evidence: Option<&str>| {
            Act::Reject(Rejection {
                code: code.into(),
                sub: sub.map(Into::into),
                evidence: evidence.map(Into::into),
                note: None,
            })
        };
        match number % 6 {
            0 => vec![(soon, reject("wrong_persona", None, None))],
            1 => vec![(soon, reject("not_a_buyer", Some("student"), None))],
            2 => vec![(soon, reject("out_of_territory", None, Some("APAC")))],
            3 => vec![(soon, reject("timing_premature", None, None))],
            _ => {
                let sql = Qualification {
                    problem: "drops leads between two tools".into(),
                    authority: "owns the budget".into(),
                    next_step: "demo with the team".into(),
                    next_at: None,
                };
                let call = attempt(Channel::Phone, Outcome::Reached, None);
                vec![(soon, call), (soon + Duration::minutes(25), Act::Qualify(sql))]
            }
        }
    }

    fn item(&mut self, story: usize, at: Time) -> Item {
        self.made += 1;
        let number = self.made;
        let Self { cast, rng, .. } = self;
        let story = &cast.story[story];
        let pick = |rng: &mut fastrand::Rng, from: &[String]| from.get(rng.usize(0..from.len().max(1))).cloned();
        let first = pick(rng, &cast.first).unwrap_or_default();
        let last = pick(rng, &cast.last);
        let title = pick(rng, &cast.title);
        let asked = pick(rng, &story.asked);
        let company = cast.company.get(rng.usize(0..cast.company.len().max(1))).cloned().unwrap_or_default();
        let activities = story.trail.iter().enumerate().map(|(scene_number, scene)| ActivityIn {
            id: Some(format!("d{number}-{scene_number}")),
            kind: scene.kind,
            direction: Direction::Inbound,
            at: Some(at - Duration::minutes(scene.ago)),
            text: scene.text.clone(),
            url: None,
        });
        let key = format!("demo-{number:04}");
        Item {
            id: Some(key.clone()),
            key,
            person: PersonIn {
                email: Some(format!("{}.{number}@{}", slug(&first), company.domain.as_deref().unwrap_or_default())),
                phone: Some(format!("+1 555 01{:02} {:03}", number % 100, (number * 37) % 1000)),
                linkedin: Some(format!("https://www.linkedin.com/in/{}-{number}", slug(&first))),
                city: company.city.clone(),
                country: company.country.clone(),
                first_name: Some(first),
                last_name: last,
                title,
                // One of the untouched leads, and some that come later.
                do_not_call: Some(number % 50 == 5),
                ..PersonIn::default()
            },
            activities: activities.collect(),
            company,
            lead_source: Some(story.source.clone()),
            campaign: Some(story.campaign.clone()),
            message: asked,
            flag: story.flag.clone(),
            ..Item::default()
        }
    }
}

fn attempt(channel: Channel, outcome: Outcome, next: Option<NextStep>) -> Act {
    Act::Attempt(Attempt {
        channel,
        outcome,
        at: None,
        note: None,
        cited: Some("pricing page, third visit".into()),
        next,
        consent_override: None,
    })
}

/// Lower-case ASCII letters of a name, for an address.
fn slug(name: &str) -> String {
    let plain: String = name.chars().filter(char::is_ascii_alphabetic).collect();
    if plain.is_empty() { "hello".into() } else { plain.to_ascii_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Time {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_same_seed_makes_the_same_world() {
        let leads = |seed| World::new(seed).unwrap().opening(now()).into_iter().map(|o| o.item).collect::<Vec<_>>();
        assert_eq!(leads(7), leads(7));
        assert_ne!(leads(7), leads(8));
    }

    #[test]
    fn every_lead_has_its_context() {
        let mut world = World::new(1).unwrap();
        for _ in 0..50 {
            let Item { person, company, activities, .. } = world.next(now());
            assert!(person.first_name.is_some() && company.name.is_some() && !activities.is_empty());
        }
    }
}
