//! The conditions of a rule, and the first of them that a lead does not meet.

use std::collections::BTreeMap;

use crate::handoff::lead::{Lead, TriggerKind};
use crate::handoff::score::{Category, Score};
use crate::handoff::scoring::{Band, LeadMatch, Question, contains, is_one, same};

/// What a rule asks of a lead and of the hour: all that is given must hold; of a list, one entry must. What is left out
/// asks nothing, and what the lead does not tell does not meet what is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct When {
    /// What is asked of the record, as in scoring.
    pub lead: LeadMatch,
    /// The category is one of these.
    pub category: Vec<Category>,
    /// The total of the score, 0 to 100.
    pub score: Option<Band>,
    /// The points of fit in it (R28).
    pub fit: Option<Band>,
    /// The points of intent in it.
    pub intent: Option<Band>,
    /// The points of behavior in it.
    pub behavior: Option<Band>,
    /// The medium of the attribution contains one of these.
    pub medium: Vec<String>,
    /// The system that the record came from is one of these.
    pub system: Vec<String>,
    /// Extra fields by name, in any case; each is one of these.
    pub extra: BTreeMap<String, Vec<String>>,
    /// They asked for a demo, for prices or to talk; or did not.
    pub high_intent: Option<bool>,
    /// The team's calendar is open now; or is not.
    pub in_hours: Option<bool>,
}

/// Whether a lead asked for a demo, for prices or to talk: it goes to the fastest (R60).
pub fn is_high_intent(lead: &Lead) -> bool {
    let kind = lead.trigger.as_ref().map(|trigger| trigger.kind);
    matches!(kind, Some(TriggerKind::Demo | TriggerKind::Pricing | TriggerKind::HandRaiser))
}

/// The value of an extra field, whose name is compared in any case.
pub(super) fn extra<'l>(lead: &'l Lead, field: &str) -> Option<&'l str> {
    lead.extras.iter().find(|(name, _)| same(name, field)).map(|(_, value)| value.as_str())
}

/// A condition that does not hold. It is put in words only when somebody asks.
pub(super) enum Failing<'a> {
    Lead(&'static Question),
    Category,
    Points(&'static str, Band, Option<i32>),
    Medium,
    System,
    Extra(&'a str, &'a [String]),
    HighIntent,
    InHours,
}

impl When {
    /// The first condition that does not hold; `in_hours` is whether the team's calendar is open.
    pub(super) fn failing(&self, lead: &Lead, in_hours: bool) -> Option<Failing<'_>> {
        if let Some(question) = self.lead.failing(lead) {
            return Some(Failing::Lead(question));
        }
        if !self.category.is_empty() && lead.category.is_none_or(|category| !self.category.contains(&category)) {
            return Some(Failing::Category);
        }
        if let Some(failing) = self.points(lead.score.as_ref()) {
            return Some(failing);
        }
        if !contains(&self.medium, lead.attribution.medium.as_deref()) {
            return Some(Failing::Medium);
        }
        if !is_one(&self.system, Some(&lead.key.source)) {
            return Some(Failing::System);
        }
        if let Some((field, wanted)) = self.extra.iter().find(|(field, wanted)| !is_one(wanted, extra(lead, field))) {
            return Some(Failing::Extra(field, wanted));
        }
        if self.high_intent.is_some_and(|wanted| wanted != is_high_intent(lead)) {
            return Some(Failing::HighIntent);
        }
        self.in_hours.is_some_and(|wanted| wanted != in_hours).then_some(Failing::InHours)
    }

    fn points(&self, score: Option<&Score>) -> Option<Failing<'_>> {
        let asked = [
            ("score", self.score, score.map(|score| score.total)),
            ("fit", self.fit, score.and_then(|score| score.fit)),
            ("intent", self.intent, score.and_then(|score| score.intent)),
            ("behavior", self.behavior, score.and_then(|score| score.behavior)),
        ];
        asked.into_iter().find_map(|(name, band, found)| {
            let band = band?;
            let holds = found.is_some_and(|found| band.holds(f64::from(found)));
            (!holds).then_some(Failing::Points(name, band, found))
        })
    }
}

impl Failing<'_> {
    /// The condition in words, with what the lead says.
    pub(super) fn told(&self, when: &When, lead: &Lead) -> String {
        let of = |name: &str, asked: &str, found: &str| match found.trim() {
            "" => format!("{name} is not known, asked for is {asked}"),
            found => format!("{name} is {found}, asked for is {asked}"),
        };
        match self {
            Self::Lead(question) => of(question.name, &question.asked(&when.lead), &question.found(lead)),
            Self::Category => {
                let asked: Vec<_> = when.category.iter().map(|category| category.code()).collect();
                of("category", &asked.join(", "), lead.category.map_or("", Category::code))
            }
            Self::Points(name, band, found) => {
                of(name, &band.to_string(), &found.map_or(String::new(), |found| found.to_string()))
            }
            Self::Medium => {
                of("medium", &when.medium.join(", "), lead.attribution.medium.as_deref().unwrap_or_default())
            }
            Self::System => of("system", &when.system.join(", "), &lead.key.source),
            Self::Extra(field, wanted) => of(field, &wanted.join(", "), extra(lead, field).unwrap_or_default()),
            Self::HighIntent if is_high_intent(lead) => "they asked for a demo, for prices or to talk".into(),
            Self::HighIntent => "they did not ask for a demo, for prices or to talk".into(),
            Self::InHours if when.in_hours == Some(true) => "the team is closed now".into(),
            Self::InHours => "the team is open now".into(),
        }
    }
}
