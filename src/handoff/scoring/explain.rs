//! The receipt of a score: what it would be without each of its parts (N7).

use super::super::Time;
use super::super::activity::Activity;
use super::super::lead::Lead;
use super::super::score::Category;
use super::evaluate::{Evaluation, evaluate, evaluate_without};
use super::model::Model;

/// A score, and what it hangs on.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The score as it is.
    pub evaluation: Evaluation,
    /// Whether the total reaches the model's threshold (R14).
    pub is_mql: bool,
    /// What it would be without each part, in the order of the parts.
    pub without: Vec<Counterfactual>,
    /// What it would be without all rules that say little about intent, if any of them matched (R30).
    pub without_low_signals: Option<Counterfactual>,
}

impl Explanation {
    /// It is an MQL only through rules that say little about intent (R30, R17).
    pub fn is_mql_by_low_signals_alone(&self) -> bool {
        self.is_mql && self.without_low_signals.as_ref().is_some_and(|without| !without.is_mql)
    }
}

/// What a score would be without something.
#[derive(Clone, Debug, PartialEq)]
pub struct Counterfactual {
    /// Without what, as the ledger names it.
    pub without: String,
    /// The total then.
    pub total: i32,
    /// The category then.
    pub category: Option<Category>,
    /// Whether it would still be an MQL.
    pub is_mql: bool,
}

/// Explains the score of a lead at `now`.
pub fn explain(model: &Model, lead: &Lead, trail: &[Activity], now: Time) -> Explanation {
    let is_mql = |evaluation: &Evaluation| evaluation.score.total >= model.threshold;
    let without = |name: String, evaluation: Evaluation| Counterfactual {
        without: name,
        total: evaluation.score.total,
        category: evaluation.category,
        is_mql: is_mql(&evaluation),
    };
    let evaluation = evaluate(model, lead, trail, now);
    let parts = evaluation.score.parts.iter().zip(&evaluation.contributions);
    let each = parts.map(|(part, contribution)| {
        let left_out = evaluate_without(model, lead, trail, now, |rule| rule.name == contribution.rule);
        without(part.label.clone(), left_out)
    });
    let has_low_signals = evaluation.contributions.iter().any(|contribution| contribution.low_signal);
    Explanation {
        is_mql: is_mql(&evaluation),
        without: each.collect(),
        without_low_signals: has_low_signals
            .then(|| without("low signals".into(), evaluate_without(model, lead, trail, now, |rule| rule.low_signal))),
        evaluation,
    }
}
