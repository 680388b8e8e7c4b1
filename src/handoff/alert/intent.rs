//! High-intent moments: the act by which a lead shows strong interest now (R81, R82).

use chrono::Duration;

use crate::handoff::Time;
use crate::handoff::activity::{Activity, ActivityKind, Direction};
use crate::handoff::state::Handoff;

/// What counts as a moment: so many acts of these kinds within so long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntentRule {
    /// Its name, in the words of the alert.
    pub name: String,
    /// Acts of these kinds …
    pub kinds: Vec<ActivityKind>,
    /// … whose text or address has one of these words, in any case; none means any text.
    pub words: Vec<String>,
    /// So many of them, 1 or more …
    pub count: u32,
    /// … within so many seconds of day and night.
    pub within: u32,
}

impl IntentRule {
    /// What the sources name: three visits of the pricing page in two hours, and a demo request on an open lead (R82).
    pub fn defaults() -> Vec<Self> {
        vec![
            Self {
                name: "pricing page, several times".into(),
                kinds: vec![ActivityKind::PageVisit],
                words: vec!["pricing".into()],
                count: 3,
                within: 2 * 3600,
            },
            Self {
                name: "demo request".into(),
                kinds: vec![ActivityKind::DemoRequest],
                words: Vec::new(),
                count: 1,
                within: 2 * 3600,
            },
        ]
    }

    fn counts(&self, act: &Activity) -> bool {
        let has = |text: &str| {
            let text = text.to_lowercase();
            self.words.iter().any(|word| text.contains(&word.to_lowercase()))
        };
        act.direction == Direction::Inbound
            && self.kinds.contains(&act.kind)
            && (self.words.is_empty() || has(&act.text) || act.url.as_deref().is_some_and(has))
    }
}

/// A moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The rule that it fulfils.
    pub rule: String,
    /// When.
    pub at: Time,
    /// The act that made it so, by its id in the source.
    pub act: String,
}

impl Moment {
    /// What a moment asks of whoever has the lead.
    pub const REQUIRED_ACTION: &'static str = "contact them now, and refer to what they looked at";
}

/// The moments after `since`, in order: the acts that fulfil a rule which was not fulfilled by the act before. Nothing
/// for leads that no rep works on, and for what made the lead an MQL, which is the beginning of the handoff.
pub fn moments(rules: &[IntentRule], handoff: &Handoff, trail: &[Activity], since: Time) -> Vec<Moment> {
    if !handoff.stage.is_open() {
        return Vec::new();
    }
    let since = since.max(handoff.mql_at);
    let mut moments = Vec::new();
    for rule in rules {
        let acts = trail.iter().filter(|act| rule.counts(act));
        let mut acts: Vec<(Time, &Activity)> = acts.filter_map(|act| Some((act.at?, act))).collect();
        acts.sort_by(|one, other| (one.0, &one.1.external_id).cmp(&(other.0, &other.1.external_id)));
        let count = usize::try_from(rule.count.max(1)).unwrap_or(usize::MAX);
        let within = Duration::seconds(i64::from(rule.within));
        // One act is always news; of several, only the one that completes them.
        let is_complete = |index: usize| index + 1 >= count && acts[index].0 - acts[index + 1 - count].0 <= within;
        for (index, &(at, act)) in acts.iter().enumerate().filter(|&(_, &(at, _))| at > since) {
            if is_complete(index) && (count == 1 || index == 0 || !is_complete(index - 1)) {
                moments.push(Moment { rule: rule.name.clone(), at, act: act.external_id.clone() });
            }
        }
    }
    moments.sort_by(|one, other| (one.at, &one.rule).cmp(&(other.at, &other.rule)));
    moments
}
