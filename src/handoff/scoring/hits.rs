//! Which activities count for a rule, and what time has left of each (F26, F28).

use chrono::{Duration, NaiveDate};

use super::super::Time;
use super::super::activity::Activity;
use super::super::lead::Lead;
use super::lead_match::contains;
use super::model::{ActivityMatch, Decay, Repeat, Rule};

/// One activity that counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hit {
    /// When it happened, as far as the source knows.
    pub at: Option<Time>,
    /// What time has left of it, 0 to 1.
    pub left: f64,
}

/// What is known of an activity that matched: its own date, and the one that it is judged by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    /// Its own, or that of the lead's creation.
    date: Option<Time>,
    /// Its own.
    at: Option<Time>,
}

/// The activities that count for a rule at `now`, oldest first. What lies in the future does not count yet, so that
/// any past score can be rebuilt from the same trail (R29).
pub(super) fn hits(rule: &Rule, wanted: &ActivityMatch, lead: &Lead, trail: &[Activity], now: Time) -> Vec<Hit> {
    let mut matches: Vec<Match> = trail
        .iter()
        .filter(|activity| wanted.matches(activity, lead.created_at, now))
        .map(|activity| Match { date: activity.at.or(lead.created_at), at: activity.at })
        .collect();
    matches.sort_unstable();
    if let Some(most) = rule.max_per_day {
        matches = of_each_day(matches, most);
    }
    let left = |date: Option<Time>| date.map_or(1.0, |date| rule.decay.left(now - date));
    rule.repeat.pick(matches).into_iter().map(|found| Hit { at: found.at, left: left(found.date) }).collect()
}

impl ActivityMatch {
    /// Whether an activity matches at `now`. A lead that was made at `created_at` stands in for a date that the source
    /// does not know; what lies in the future does not match yet.
    pub(in crate::handoff) fn matches(&self, activity: &Activity, created_at: Option<Time>, now: Time) -> bool {
        self.is_about(activity) && self.is_of_age(activity.at.or(created_at).map(|date| now - date))
    }

    fn is_about(&self, activity: &Activity) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&activity.kind))
            && self.direction.is_none_or(|direction| direction == activity.direction)
            && (contains(&self.text, Some(&activity.text)) || contains(&self.text, activity.url.as_deref()))
    }

    /// An age that nobody knows is taken for one that does not count against it.
    fn is_of_age(&self, age: Option<Duration>) -> bool {
        age.is_none_or(|age| {
            age >= Duration::zero()
                && self.min_age.is_none_or(|least| age >= least)
                && self.max_age.is_none_or(|most| age <= most)
        })
    }
}

fn of_each_day(matches: Vec<Match>, most: u32) -> Vec<Match> {
    let mut day: Option<(Option<NaiveDate>, u32)> = None;
    let mut fits = |found: &Match| {
        let today = found.date.map(|date| date.date_naive());
        let count = match day {
            Some((same, count)) if same == today => count + 1,
            _ => 1,
        };
        day = Some((today, count));
        count <= most
    };
    matches.into_iter().filter(|found| fits(found)).collect()
}

impl Repeat {
    fn pick(&self, matches: Vec<Match>) -> Vec<Match> {
        match *self {
            Self::Every => matches,
            Self::First => matches.into_iter().take(1).collect(),
            Self::Latest => matches.into_iter().next_back().into_iter().collect(),
            Self::Most { n, within } => {
                let mut kept: Vec<Match> = Vec::new();
                for found in matches {
                    let near = kept.iter().filter(|earlier| together(earlier, &found, within)).count();
                    if near < n as usize {
                        kept.push(found);
                    }
                }
                kept
            }
            Self::Needs { n, within } => {
                let (mut kept, mut waiting) = (Vec::new(), Vec::new());
                for found in matches {
                    waiting.retain(|earlier| together(earlier, &found, within));
                    waiting.push(found);
                    if waiting.len() >= n as usize {
                        kept.push(found);
                        waiting.clear();
                    }
                }
                kept
            }
        }
    }
}

/// Whether two matches lie within such a time of each other. Those without any date are taken for one moment.
fn together(earlier: &Match, later: &Match, within: Option<Duration>) -> bool {
    match (within, earlier.date, later.date) {
        (None, _, _) | (_, None, None) => true,
        (Some(within), Some(earlier), Some(later)) => later - earlier < within,
        _ => false,
    }
}

impl Decay {
    /// What is left at this age, 0 to 1.
    pub(super) fn left(&self, age: Duration) -> f64 {
        let seconds = |time: &Duration| time.num_seconds() as f64;
        let age = age.max(Duration::zero());
        match self {
            Self::None => 1.0,
            Self::HalfLife(half) => 0.5_f64.powf(seconds(&age) / seconds(half).max(1.0)),
            Self::Linear(whole) => (1.0 - seconds(&age) / seconds(whole).max(1.0)).max(0.0),
            Self::Steps(steps) => steps.iter().rev().find(|step| age >= step.after).map_or(1.0, |step| step.share),
        }
    }
}
