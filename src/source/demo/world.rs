//! Invented leads from `assets/demo.toml`: a story meets a person and a company, chosen by the seed.

use chrono::Duration;
use serde::Deserialize;

use crate::handoff::Time;
use crate::handoff::activity::{Activity, ActivityKind, Direction};
use crate::handoff::arrival::Arrival;
use crate::handoff::disposition::{Act, Attempt, Channel, Deferral, NextStep, Outcome, Rejection};
use crate::handoff::lead::{
    Attribution, Company, Lead, LeadKey, Person, PreflightItem, Routing, SourceStage, Trigger, TriggerKind,
};
use crate::handoff::score::{Axis, Category, Score, ScorePart};
use crate::handoff::state::Stage;

/// The name of the demo's source.
pub const SOURCE: &str = "demo";

#[derive(Deserialize)]
struct Cast {
    first: Vec<String>,
    last: Vec<String>,
    title: Vec<String>,
    company: Vec<Company>,
    story: Vec<Story>,
}

#[derive(Deserialize)]
struct Story {
    trigger: TriggerKind,
    what: String,
    category: Category,
    source: String,
    campaign: String,
    asked: Vec<String>,
    weight: usize,
    fit: [i32; 2],
    intent: [i32; 2],
    behavior: [i32; 2],
    trail: Vec<Scene>,
}

#[derive(Deserialize)]
struct Scene {
    kind: ActivityKind,
    ago: i64,
    text: String,
}

/// A lead that is there when the demo opens, with what its rep did before.
pub struct Opening {
    /// The lead.
    pub arrival: Arrival,
    /// Acts of the past, with their times, oldest first.
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

    /// The leads that are there at the start: some untouched, some accepted, contacted, deferred or in data
    /// completion, some closed today and before.
    pub fn opening(&mut self, now: Time) -> Vec<Opening> {
        let mut all = Vec::new();
        // Minutes since each untouched lead became an MQL, by story: so that every shade of urgency is there.
        for (story, minutes) in [
            (0, 1),
            (0, 4),
            (1, 2),
            (1, 17),
            (2, 6),
            (2, 19),
            (2, 27),
            (3, 8),
            (3, 21),
            (4, 9),
            (4, 33),
            (4, 52),
            (5, 30),
            (5, 90),
            (6, 25),
        ] {
            let seconds = self.rng.i64(0..50);
            let arrival = self.lead(story, now - Duration::minutes(minutes) - Duration::seconds(seconds));
            all.push(Opening { arrival, acts: Vec::new() });
        }
        for number in 0..11 {
            let story = self.story();
            let mql_at = now - Duration::minutes(90 + 140 * number);
            let arrival = self.lead(story, mql_at);
            let acts = self.worked(number, mql_at, now);
            all.push(Opening { arrival, acts });
        }
        for (number, missing) in [(0, "business_email"), (1, "company_size")] {
            let story = self.story();
            let mut arrival = self.lead(story, now - Duration::minutes(40 + 70 * number));
            arrival.lead.stage = SourceStage {
                raw: Some("Incomplete".into()),
                canonical: Some(Stage::DataCompletion),
                ..SourceStage::default()
            };
            fail(&mut arrival.lead, missing);
            all.push(Opening { arrival, acts: Vec::new() });
        }
        for number in 0..12 {
            let story = self.story();
            let mql_at = now - Duration::minutes(60 + 170 * number);
            let arrival = self.lead(story, mql_at);
            let acts = self.closed(number, mql_at);
            all.push(Opening { arrival, acts });
        }
        all
    }

    /// One more lead that becomes an MQL at `now`.
    pub fn next(&mut self, now: Time) -> Arrival {
        let story = self.story();
        self.lead(story, now)
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
    fn worked(&mut self, number: i64, mql_at: Time, now: Time) -> Vec<(Time, Act)> {
        let soon = mql_at + Duration::minutes(self.rng.i64(2..25));
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
    fn closed(&mut self, number: i64, mql_at: Time) -> Vec<(Time, Act)> {
        let soon = mql_at + Duration::minutes(self.rng.i64(1..20));
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
                let sql = crate::handoff::disposition::Qualification {
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

    fn lead(&mut self, story: usize, mql_at: Time) -> Arrival {
        self.made += 1;
        let number = self.made;
        let Self { cast, rng, .. } = self;
        let story = &cast.story[story];
        let pick = |rng: &mut fastrand::Rng, from: &[String]| from.get(rng.usize(0..from.len().max(1))).cloned();
        let first = pick(rng, &cast.first).unwrap_or_default();
        let last = pick(rng, &cast.last).unwrap_or_default();
        let title = pick(rng, &cast.title);
        let asked = if story.asked.is_empty() { None } else { pick(rng, &story.asked) };
        let mut company = cast.company.get(rng.usize(0..cast.company.len().max(1))).cloned().unwrap_or_default();
        company.provided_by = Some("demo enrichment".into());
        company.as_of = Some(mql_at - Duration::days(rng.i64(1..60)));
        let mut points = |[low, high]: [i32; 2]| rng.i32(low..=high);
        let (fit, intent, behavior) = (points(story.fit), points(story.intent), points(story.behavior));
        let total = (fit + intent + behavior).clamp(65, 100);
        let trail = story.trail.iter().enumerate().map(|(scene_number, scene)| Activity {
            external_id: format!("d{number}-{scene_number}"),
            kind: scene.kind,
            direction: Direction::Inbound,
            at: Some(mql_at - Duration::minutes(scene.ago)),
            actor: None,
            outcome: None,
            text: match (&asked, scene_number) {
                (Some(asked), 0) => format!("{}: “{asked}”", scene.text),
                _ => scene.text.clone(),
            },
            url: None,
        });
        let trail: Vec<Activity> = trail.collect();
        let domain = company.domain.clone().unwrap_or_default();
        let lead = Lead {
            key: LeadKey { source: SOURCE.into(), external_id: format!("demo-{number:04}") },
            url: Some(format!("https://crm.example/leads/demo-{number:04}")),
            person: Person {
                email: Some(format!("{}.{number}@{domain}", slug(&first))),
                phone: Some(format!("+1 555 01{:02} {:03}", number % 100, (number * 37) % 1000)),
                linkedin: Some(format!("https://www.linkedin.com/in/{}-{number}", slug(&first))),
                city: company.city.clone(),
                country: company.country.clone(),
                first_name: Some(first),
                last_name: Some(last),
                title,
                // One of the untouched leads, and some that come later.
                do_not_call: number % 50 == 5,
                ..Person::default()
            },
            company,
            owner: Some("you".into()),
            stage: SourceStage { raw: Some("New".into()), ..SourceStage::default() },
            created_at: Some(mql_at - Duration::days(2)),
            mql_at: Some(mql_at),
            assigned_at: Some(mql_at + Duration::seconds(22)),
            trigger: Some(Trigger {
                kind: story.trigger,
                what: story.what.clone(),
                at: Some(mql_at),
                before: Some(total - 10),
                after: Some(total),
                threshold: Some(65),
            }),
            attribution: Attribution {
                source: Some(story.source.clone()),
                campaign: Some(story.campaign.clone()),
                ..Attribution::default()
            },
            score: Some(score(story, [fit, intent, behavior], total, &trail)),
            category: Some(story.category),
            routing: Some(Routing { rule: "territory: yours".into(), queue: None, pinned: false, at: Some(mql_at) }),
            preflight: checks(),
            message: asked,
            extras: Default::default(),
        };
        Arrival { lead, trail, told: None }
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

fn score(story: &Story, [fit, intent, behavior]: [i32; 3], total: i32, trail: &[Activity]) -> Score {
    let part = |axis, label: &str, points: i32, at| ScorePart {
        axis,
        label: label.into(),
        points: f64::from(points),
        full: None,
        at,
    };
    let newest = trail.first().and_then(|activity| activity.at);
    let oldest = trail.last().and_then(|activity| activity.at);
    let faded = ScorePart { full: Some(10.0), ..part(Axis::Behavior, "earlier downloads", behavior / 4, oldest) };
    let parts = vec![
        part(Axis::Intent, &story.what, intent, newest),
        part(Axis::Fit, "role", fit / 2, None),
        part(Axis::Fit, "company size and industry", fit - fit / 2, None),
        part(Axis::Behavior, "pages and e-mails this week", behavior - behavior / 4, newest),
        faded,
    ];
    Score {
        total,
        fit: Some(fit),
        intent: Some(intent),
        behavior: Some(behavior),
        parts,
        model: Some("demo@1".into()),
        evaluated: None,
    }
}

/// The nine items, all passed (R34).
fn checks() -> Vec<PreflightItem> {
    [
        "business_email",
        "full_name",
        "company_name",
        "company_size",
        "trigger",
        "score_parts",
        "behavioral_signal",
        "routing_rule",
        "no_duplicate",
    ]
    .map(|item| PreflightItem { item: item.into(), passed: true, why: None, ..PreflightItem::default() })
    .into()
}

fn fail(lead: &mut Lead, missing: &str) {
    let why = if missing == "business_email" {
        lead.person.email = Some("someone@gmail.com".into());
        "a free-mail address"
    } else {
        lead.company.size = None;
        "not known, enrichment found nothing"
    };
    for item in lead.preflight.iter_mut().filter(|item| item.item == missing) {
        item.passed = false;
        item.why = Some(why.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Time {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_same_seed_makes_the_same_world() {
        let leads = |seed| World::new(seed).unwrap().opening(now()).into_iter().map(|o| o.arrival).collect::<Vec<_>>();
        assert_eq!(leads(7), leads(7));
        assert_ne!(leads(7), leads(8));
        assert_eq!(leads(7).len(), 40);
    }

    #[test]
    fn every_lead_has_its_context() {
        let mut world = World::new(1).unwrap();
        for _ in 0..50 {
            let Arrival { lead, trail, .. } = world.next(now());
            assert!(lead.person.full_name().is_some() && lead.company.name.is_some() && lead.trigger.is_some());
            assert!(!trail.is_empty() && lead.score.is_some_and(|score| score.total >= 65));
        }
    }
}
