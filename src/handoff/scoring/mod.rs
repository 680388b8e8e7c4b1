//! Scoring: a model is configuration, evaluated by a pure function of the lead, its trail and `now` (F24-F28, F31).
//!
//! `model` says what a model is made of, `lead_match` and `amount` read facts of the record, `hits` picks the
//! activities that count and what time has left of them, `evaluate` adds up, `explain` says what would be without each
//! part (N7). Nothing is stored: the same trail gives the same score at the same instant, whatever its order.

mod amount;
mod evaluate;
mod explain;
mod hits;
mod lead_match;
mod model;
#[cfg(test)]
mod tests;

pub use evaluate::{Contribution, Evaluation, evaluate};
pub use explain::{Counterfactual, Explanation, explain};
pub(super) use lead_match::{contains, words};
pub use model::{
    ActivityMatch, Band, Decay, Effect, LeadMatch, Levels, Matcher, Mode, Model, Models, Repeat, Rule, Step,
};

use super::Time;
use super::activity::Activity;
use super::lead::Lead;
use super::score::{Category, Score};

/// A lead's score as one shows it, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// The score with its ledger.
    pub score: Score,
    /// A, B or C: the source's word for it, else the model's.
    pub category: Option<Category>,
    /// Whether the source gave the score, or our model did.
    pub by: ScoredBy,
}

/// Who gave a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoredBy {
    /// The source: it is kept as it came, with its parts.
    Source,
    /// The model that is in use.
    Model,
}

/// The score of a lead: its own if it arrived with one, else the model's. Nothing if it has none of its own and no
/// rule says anything about it, since "0" would read as a judgement.
pub fn score_of(lead: &Lead, trail: &[Activity], models: &Models, now: Time) -> Option<Scored> {
    if let Some(own) = &lead.score {
        return Some(Scored { score: own.clone(), category: lead.category, by: ScoredBy::Source });
    }
    let evaluation = evaluate(models.active()?, lead, trail, now);
    let says_something = evaluation.blocked.is_some() || !evaluation.score.parts.is_empty();
    says_something.then(|| Scored {
        category: lead.category.or(evaluation.category),
        score: evaluation.score,
        by: ScoredBy::Model,
    })
}
