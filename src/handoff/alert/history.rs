//! What they did of late, in words (R82).

use std::collections::HashMap;

use super::Left;
use crate::handoff::Time;
use crate::handoff::activity::{Activity, ActivityKind, Direction};
use crate::handoff::lead::Lead;

/// So many of the newest signals are looked at: a trail can be made as long as somebody likes.
const NEWEST: usize = 500;

/// The most that an alert says.
const MOST: usize = 5;

/// What the lead did last, the newest first, the same things together: `page Pricing, 3 times, last 4 min ago`. Where the
/// trail says nothing, what made it an MQL; empty if nobody knows that either.
pub fn history(lead: &Lead, trail: &[Activity], now: Time) -> Vec<String> {
    let is_signal = |act: &&Activity| act.direction == Direction::Inbound && act.kind.strength() > 0;
    let mut acts: Vec<(Time, &Activity)> =
        trail.iter().filter(is_signal).filter_map(|act| Some((act.at.filter(|&at| at <= now)?, act))).collect();
    acts.sort_by_key(|&(at, _)| std::cmp::Reverse(at));
    acts.truncate(NEWEST);
    let mut groups: Vec<(ActivityKind, &str, Time, usize)> = Vec::new();
    let mut places = HashMap::new();
    for (at, act) in acts {
        let what = act.text.trim();
        let place = *places.entry((act.kind.code(), what)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.3 += 1,
            None => groups.push((act.kind, what, at, 1)),
        }
    }
    if groups.is_empty() {
        return lead.trigger.iter().map(|trigger| format!("{}: {}", trigger.kind.label(), trigger.what)).collect();
    }
    let words = |(kind, what, at, times): (ActivityKind, &str, Time, usize)| {
        let ago = Left((now - at).num_seconds());
        let named = [kind.label(), what].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        match times {
            1 => format!("{named}, {ago} ago"),
            _ => format!("{named}, {times} times, last {ago} ago"),
        }
    };
    groups.into_iter().take(MOST).map(words).collect()
}
