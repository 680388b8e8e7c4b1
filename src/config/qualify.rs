//! `[qualify]`: what makes an MQL (R13, R14).

use super::scoring;
use crate::handoff::activity::ActivityKind;
use crate::handoff::lead::TriggerKind;
use crate::handoff::qualify::{FormRule, QualifyPolicy};
use crate::handoff::score::Axis;
use crate::handoff::scoring::{Mode, Models};
use crate::reading::{Place, Problem, Section};

/// What is asked for and must go together with the scoring model.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The threshold in place of the model's.
    threshold: Option<i32>,
    /// Where a least fit is asked for.
    minimum_fit: Option<Place>,
}

impl Asked {
    /// Makes one number of the threshold here and that of the model in use, so that what the model's receipt calls an
    /// MQL is one; and tells if the model cannot give the fit that is asked for.
    pub fn settle(self, policy: &mut QualifyPolicy, models: &mut Models) -> Option<Problem> {
        let active = models.active.clone();
        let Some(model) = models.all.iter_mut().find(|model| Some(&model.id) == active.as_ref()) else {
            policy.threshold = self.threshold.unwrap_or(policy.threshold);
            return None;
        };
        model.threshold = self.threshold.unwrap_or(model.threshold);
        policy.threshold = model.threshold;
        let (place, least) = self.minimum_fit.zip(policy.minimum_fit)?;
        let has_fit = model.rules.iter().any(|rule| rule.axis == Axis::Fit);
        let cap = model.fit_cap.filter(|&cap| model.mode == Mode::Additive && cap < f64::from(least));
        let what = match cap {
            _ if !has_fit => {
                format!("the scoring model “{}” knows no fit, so that no lead would have enough", model.id)
            }
            Some(cap) => format!("the scoring model “{}” gives at most {cap} points of fit, and not {least}", model.id),
            None => return None,
        };
        Some(Problem { place, what, hint: Some("lower “minimum_fit”, or choose another model".into()) })
    }
}

/// Reads `[qualify]` over `policy`.
pub(super) fn read(policy: &mut QualifyPolicy, asked: &mut Asked, s: &mut Section<'_>) {
    s.set("threshold", &mut asked.threshold, |item| item.whole(0..=100).map(Some));
    let minimum_fit = s.read("minimum_fit", |item| Ok((item.whole(0..=100)?, item.place())));
    if let Some((least, place)) = minimum_fit {
        // The example must be able to say that none is asked for.
        policy.minimum_fit = Some(least).filter(|&least| least > 0);
        asked.minimum_fit = Some(place);
    }
    let kinds = ActivityKind::ALL.map(|kind| (kind.code(), kind));
    s.set("content", &mut policy.content, |item| item.list(|item| item.one_of(&kinds)));
    if let Some(forms) = s.sections("forms", form) {
        policy.forms = forms;
    }
}

fn form(s: &mut Section<'_>) -> FormRule {
    // The score alone crosses the threshold.
    let kinds = TriggerKind::ALL.into_iter().filter(|&kind| kind != TriggerKind::Threshold);
    let kinds: Vec<_> = kinds.map(|kind| (kind.code(), kind)).collect();
    let trigger = s.require("trigger", |item| item.one_of(&kinds)).unwrap_or(TriggerKind::Manual);
    let activity = s.require("activity", |item| item.section(scoring::act)).unwrap_or_default();
    if s.count(&["activity"]) == 1 && activity.kinds.is_empty() && activity.text.is_empty() {
        s.refuse_section(
            "everything that anybody does would make an MQL",
            "name kinds or text, such as activity = { kinds = [\"form\"], text = [\"demo\"] }",
        );
    }
    FormRule { trigger, activity }
}
