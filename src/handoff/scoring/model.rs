//! What a scoring model is made of. All of it comes from configuration; `assets/scoring/` holds the presets (C9).

use std::collections::BTreeMap;
use std::fmt;

use chrono::Duration;

use super::super::activity::{ActivityKind, Direction};
use super::super::lead::TriggerKind;
use super::super::score::Axis;

/// A versioned scoring model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Its name, such as `s1-points`.
    pub id: String,
    /// Its version, raised with every change, so that an old score can be told from a new one (C9).
    pub version: u32,
    /// What it is, in a line.
    pub about: String,
    /// How points become a total.
    pub mode: Mode,
    /// The total from which a lead is an MQL, 0 to 100 (R14).
    pub threshold: i32,
    /// The most that fit may bring, in points.
    pub fit_cap: Option<f64>,
    /// The most that intent may bring, in points.
    pub intent_cap: Option<f64>,
    /// The most that behavior may bring, in points.
    pub behavior_cap: Option<f64>,
    /// The most that the rules of a group may bring together, in points (F24, R30). A group belongs to one dimension:
    /// across two with caps of their own, decay of one rule could raise the total.
    pub group_caps: BTreeMap<String, f64>,
    /// What makes a category.
    pub levels: Levels,
    /// The rules.
    pub rules: Vec<Rule>,
}

impl Model {
    /// The name and version that a score keeps, such as `s1-points@1`.
    pub fn label(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// The most points of this dimension.
    pub fn axis_cap(&self, axis: Axis) -> Option<f64> {
        match axis {
            Axis::Fit => self.fit_cap,
            Axis::Intent => self.intent_cap,
            Axis::Behavior => self.behavior_cap,
            Axis::Combined => None,
        }
    }
}

/// How points become a total of 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// The sum of the points (F24).
    Additive,
    /// C11 `weighted`: `share × E + (1 − share) × R`, where E is the points up to 100 and R is how far the product of
    /// the factors is on its way from 1 to the highest possible product, times 100.
    Weighted {
        /// The share of engagement, 0 to 1; 0.4 in the source.
        engagement: f64,
    },
    /// C11 `multiplicative`: the points times the product of the factors, up to 100.
    Multiplicative,
}

/// What makes a category (R24): A, B and C all need high engagement; readiness tells them apart.
///
/// In an additive model engagement is behavior + intent and readiness is fit + intent (C10); in a hybrid one they are
/// E and R.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// High engagement, from so many points.
    pub engagement: f64,
    /// High readiness (A), from so many points.
    pub high: f64,
    /// Medium readiness (B), from so many points. Below is low (C).
    pub medium: f64,
}

/// One rule: what it looks for, and what that is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name, unique in the model.
    pub name: String,
    /// What the ledger says.
    pub label: String,
    /// The dimension that it counts towards.
    pub axis: Axis,
    /// A group whose rules share a cap; of the factors of a group only the largest counts.
    pub group: Option<String>,
    /// What it looks for.
    pub matcher: Matcher,
    /// What that is worth.
    pub effect: Effect,
    /// The most that the rule may bring, in points either way.
    pub cap: Option<f64>,
    /// What time takes away (F26).
    pub decay: Decay,
    /// Which of several matching activities count (F28).
    pub repeat: Repeat,
    /// At most so many of one day (UTC) count.
    pub max_per_day: Option<u32>,
    /// Says little about intent, such as an opened e-mail: an MQL by such rules alone is pointed out (R30, N7).
    pub low_signal: bool,
}

/// What a rule looks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Matcher {
    /// Activities of the trail.
    Activity(ActivityMatch),
    /// A fact of the record, which holds once and does not age.
    Lead(Box<LeadMatch>),
}

/// Which activities match: all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActivityMatch {
    /// One of these kinds; empty means any.
    pub kinds: Vec<ActivityKind>,
    /// Its text or address contains one of these, in any case; empty means any.
    pub text: Vec<String>,
    /// Who acted; nothing means either.
    pub direction: Option<Direction>,
    /// At least so old.
    pub min_age: Option<Duration>,
    /// At most so old.
    pub max_age: Option<Duration>,
}

/// Which leads match: all that is given must hold; of a list, one entry must. An empty list asks nothing. Texts are
/// compared in any case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeadMatch {
    /// The title contains one of these, as whole words.
    pub title: Vec<String>,
    /// The title contains none of these, as whole words; an unknown title contains none.
    pub title_without: Vec<String>,
    /// The industry contains one of these.
    pub industry: Vec<String>,
    /// The person's or the company's country is one of these.
    pub country: Vec<String>,
    /// The person's region is one of these.
    pub region: Vec<String>,
    /// Head count.
    pub size: Option<Band>,
    /// Yearly revenue.
    pub revenue: Option<Band>,
    /// The trigger is of one of these kinds.
    pub trigger: Vec<TriggerKind>,
    /// The lead source contains one of these.
    pub source: Vec<String>,
    /// The campaign contains one of these.
    pub campaign: Vec<String>,
    /// News of the company contain one of these.
    pub news: Vec<String>,
    /// A technology of the company is one of these.
    pub tech: Vec<String>,
    /// The domain of the e-mail address is one of these, or below it (`edu`, `gmail.com`).
    pub email_domain: Vec<String>,
    /// What they asked contains one of these.
    pub message: Vec<String>,
    /// They asked not to be called or e-mailed, or did not.
    pub do_not_contact: Option<bool>,
}

/// A range of numbers, both ends included; an end that is missing is open.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Band {
    /// From.
    pub least: Option<f64>,
    /// To.
    pub most: Option<f64>,
}

impl Band {
    /// Whether a number lies within.
    pub fn holds(&self, number: f64) -> bool {
        self.least.is_none_or(|least| number >= least) && self.most.is_none_or(|most| number <= most)
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (Some(least), Some(most)) => write!(f, "{least} to {most}"),
            (Some(least), None) => write!(f, "{least} or more"),
            (None, Some(most)) => write!(f, "{most} or less"),
            (None, None) => f.write_str("any"),
        }
    }
}

/// What a match is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// So many points each time; below 0 they are taken away (R21).
    Points(f64),
    /// A readiness multiplier of 1 or more (R23); hybrid modes only. It counts once.
    Factor(f64),
    /// The total is at most so much (F27).
    CapTotal(i32),
    /// The total is 0 and there is no category: a disqualifier (F27).
    Block,
}

/// What time takes away from an activity's points (F26, R20). Decay reads the date of the activity; where the source
/// does not know it, the date on which the lead was created stands in.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Decay {
    /// Nothing.
    #[default]
    None,
    /// Half is left after every such time.
    HalfLife(Duration),
    /// Less each second, nothing after this time.
    Linear(Duration),
    /// Certain shares from certain ages on, the youngest first.
    Steps(Vec<Step>),
}

/// One step of a decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// From this age on …
    pub after: Duration,
    /// … this share is left, 0 to 1.
    pub share: f64,
}

/// Which of several matching activities count (F28). They are taken in the order in which they happened, so that a
/// new one never changes what an old one brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Repeat {
    /// All.
    #[default]
    Every,
    /// The first.
    First,
    /// The latest.
    Latest,
    /// No more than `n` within any such time.
    Most {
        /// How many.
        n: u32,
        /// Within which time; nothing means ever.
        within: Option<Duration>,
    },
    /// Each time that `n` have come together within such a time, once.
    Needs {
        /// How many.
        n: u32,
        /// Within which time; nothing means ever.
        within: Option<Duration>,
    },
}

/// The models that are there, and the one in use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Models {
    /// All of them.
    pub all: Vec<Model>,
    /// The id of the one in use; nothing means that leads without a score of their own have none.
    pub active: Option<String>,
}

impl Models {
    /// The model in use.
    pub fn active(&self) -> Option<&Model> {
        self.active.as_deref().and_then(|id| self.find(id))
    }

    /// The model of this name.
    pub fn find(&self, id: &str) -> Option<&Model> {
        self.all.iter().find(|model| model.id == id)
    }
}
