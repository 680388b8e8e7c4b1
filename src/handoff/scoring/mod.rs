//! Scoring: a model is configuration, evaluated by a pure function of the lead, its trail and `now` (F24-F28, F31).
//!
//! `model` says what a model is made of, `lead_match` and `amount` read facts of the record, `hits` picks the
//! activities that count and what time has left of them, `evaluate` adds up, `explain` says what would be without each
//! part (N7). The same trail gives the same score at the same instant, whatever its order.

mod amount;
mod evaluate;
mod explain;
mod hits;
mod lead_match;
mod model;
#[cfg(test)]
mod tests;

pub(super) use amount::Amount;
pub use evaluate::{Contribution, Evaluation, disqualified, evaluate};
pub use explain::{Counterfactual, Explanation, explain};
pub use lead_match::Question;
pub(super) use lead_match::{contains, email_domain, has_phrase, is_below, is_one, pieces, same, within, words};
pub use model::{
    ActivityMatch, Band, Decay, Effect, LeadMatch, Levels, Matcher, Mode, Model, Models, Repeat, Rule, Step,
};

use super::Time;
use super::activity::Activity;
use super::lead::Lead;
use super::score::Evaluated;

/// Gives a lead the score that the model in use has for it, and the category where its source told none. A lead that
/// came with a score keeps it. A lead that no rule says anything about has none, since "0" would read as a judgement.
///
/// The score is the one that it had when it became an MQL, or when something happened last, if that is later: it says
/// how the lead came to the rep, does not move the promises that go by its category, and is the same whenever it is
/// worked out from the same trail. What time has left of it since is [`explain`]'s to tell.
pub fn rescore(lead: &mut Lead, trail: &[Activity], models: &Models, now: Time) {
    unscore(lead);
    let (None, Some(model)) = (&lead.score, models.active()) else { return };
    let dates = trail.iter().filter_map(|activity| activity.at).chain(lead.mql_at).chain(lead.created_at);
    let as_of = dates.filter(|&at| at <= now).max();
    let evaluation = evaluate(model, lead, trail, as_of.unwrap_or(now));
    if evaluation.blocked.is_none() && evaluation.score.parts.is_empty() {
        return;
    }
    let with_category = lead.category.is_none() && evaluation.category.is_some();
    lead.category = lead.category.or(evaluation.category);
    lead.score = Some(evaluation.score);
    if let Some(score) = &mut lead.score {
        score.evaluated = Some(Evaluated { as_of, with_category });
    }
}

/// Takes away what a model gave: the lead is as its source told it.
pub fn unscore(lead: &mut Lead) {
    if let Some(evaluated) = lead.score.as_ref().and_then(|score| score.evaluated) {
        lead.score = None;
        if evaluated.with_category {
            lead.category = None;
        }
    }
}
