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

/// Points of one kind in a score.
type PointsOf = fn(&Score) -> Option<i32>;

/// One condition that is asked. It is put in words only when somebody reads them.
pub(super) enum Condition<'a> {
    Lead(&'static Question),
    Category(&'a [Category]),
    Points(&'static str, Band, PointsOf),
    Medium(&'a [String]),
    System(&'a [String]),
    Extra(&'a str, &'a [String]),
    HighIntent(bool),
    InHours(bool),
}

impl When {
    /// The first condition that does not hold; `in_hours` is whether the team's calendar is open.
    pub(super) fn failing(&self, lead: &Lead, in_hours: bool) -> Option<Condition<'_>> {
        let of_record = self.lead.failing(lead).map(Condition::Lead);
        of_record.or_else(|| self.beyond_record().find(|condition| !condition.holds(lead, in_hours)))
    }

    /// What the lead says to everything that is asked, in words.
    pub(super) fn told(&self, lead: &Lead, in_hours: bool) -> Vec<String> {
        let all = self.lead.questions().map(Condition::Lead).chain(self.beyond_record());
        all.map(|condition| condition.found(lead, in_hours)).collect()
    }

    fn beyond_record(&self) -> impl Iterator<Item = Condition<'_>> {
        let some = |list: &'_ [String]| !list.is_empty();
        let points: [(_, _, PointsOf); 4] = [
            ("score", self.score, |score| Some(score.total)),
            ("fit", self.fit, |score| score.fit),
            ("intent", self.intent, |score| score.intent),
            ("behavior", self.behavior, |score| score.behavior),
        ];
        let points = points.into_iter().filter_map(|(name, band, of)| Some(Condition::Points(name, band?, of)));
        (!self.category.is_empty())
            .then_some(Condition::Category(&self.category))
            .into_iter()
            .chain(points)
            .chain(some(&self.medium).then_some(Condition::Medium(&self.medium)))
            .chain(some(&self.system).then_some(Condition::System(&self.system)))
            .chain(self.extra.iter().map(|(field, wanted)| Condition::Extra(field, wanted)))
            .chain(self.high_intent.map(Condition::HighIntent))
            .chain(self.in_hours.map(Condition::InHours))
    }
}

impl Condition<'_> {
    /// Whether the lead meets it. One about the record is asked all at once, by [`LeadMatch::failing`].
    fn holds(&self, lead: &Lead, in_hours: bool) -> bool {
        match *self {
            Self::Lead(_) => true,
            Self::Category(wanted) => lead.category.is_some_and(|category| wanted.contains(&category)),
            Self::Points(_, band, of) => {
                lead.score.as_ref().and_then(of).is_some_and(|points| band.holds(f64::from(points)))
            }
            Self::Medium(wanted) => contains(wanted, lead.attribution.medium.as_deref()),
            Self::System(wanted) => is_one(wanted, Some(&lead.key.source)),
            Self::Extra(field, wanted) => is_one(wanted, extra(lead, field)),
            Self::HighIntent(wanted) => wanted == is_high_intent(lead),
            Self::InHours(wanted) => wanted == in_hours,
        }
    }

    /// What the lead says to it, in words.
    fn found(&self, lead: &Lead, in_hours: bool) -> String {
        let (name, found) = match *self {
            Self::Lead(question) => (question.name, question.found(lead)),
            Self::Category(_) => ("category", lead.category.map_or(String::new(), |category| category.code().into())),
            Self::Points(name, _, of) => {
                (name, lead.score.as_ref().and_then(of).map_or(String::new(), |points| points.to_string()))
            }
            Self::Medium(_) => ("medium", lead.attribution.medium.clone().unwrap_or_default()),
            Self::System(_) => ("system", lead.key.source.clone()),
            Self::Extra(field, _) => (field, extra(lead, field).unwrap_or_default().into()),
            Self::HighIntent(_) if is_high_intent(lead) => {
                return "they asked for a demo, for prices or to talk".into();
            }
            Self::HighIntent(_) => return "they did not ask for a demo, for prices or to talk".into(),
            Self::InHours(_) if in_hours => return "the team is open now".into(),
            Self::InHours(_) => return "the team is closed now".into(),
        };
        if found.trim().is_empty() { format!("{name} is not known") } else { format!("{name} is {}", found.trim()) }
    }

    /// What the lead says to it and what was asked for, in words.
    pub(super) fn unmet(&self, when: &When, lead: &Lead, in_hours: bool) -> String {
        let asked = match *self {
            Self::Lead(question) => question.asked(&when.lead),
            Self::Category(wanted) => wanted.iter().map(|category| category.code()).collect::<Vec<_>>().join(", "),
            Self::Points(_, band, _) => band.to_string(),
            Self::Medium(wanted) | Self::System(wanted) | Self::Extra(_, wanted) => wanted.join(", "),
            Self::HighIntent(_) | Self::InHours(_) => return self.found(lead, in_hours),
        };
        format!("{}, asked for is {asked}", self.found(lead, in_hours))
    }
}
