//! The pre-flight: nine items that a lead must pass before it is routed, each with its verdict and the reason (R34-R36,
//! F34). What fails goes to data completion, and never to a rep (R35).
//!
//! `email` knows whose mailbox an address is, `names` how names are split, `size` the bands of head count, `fields` what
//! a person can complete.

pub mod email;
mod fields;
pub(super) mod names;
mod size;
#[cfg(test)]
mod tests;

pub use fields::{Field, missing_fields};
pub use names::{first_and_last, split_name};
pub use size::SizeBand;

use serde::{Deserialize, Serialize};

use super::activity::{Activity, ActivityKind, Direction, strongest};
use super::dedup::{Certainty, Match};
use super::lead::{Lead, PreflightItem};
use email::{Address, MailKind, OwnDomains};
use names::told;

/// The nine items (R34).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A business e-mail address: neither free mail nor disposable (C18).
    BusinessEmail,
    /// First and last name.
    Names,
    /// The company's name.
    Company,
    /// The company's size, or that enrichment was attempted.
    SizeBand,
    /// What made it an MQL.
    Trigger,
    /// A score with its parts (R27).
    ScoreBreakdown,
    /// At least one specific thing that they did (R30).
    Signal,
    /// A rule that says where it goes.
    RoutingRule,
    /// Nobody is here twice (R128).
    Dedup,
}

impl Item {
    /// All nine, in the order in which they are told.
    pub const ALL: [Self; 9] = [
        Self::BusinessEmail,
        Self::Names,
        Self::Company,
        Self::SizeBand,
        Self::Trigger,
        Self::ScoreBreakdown,
        Self::Signal,
        Self::RoutingRule,
        Self::Dedup,
    ];

    /// The word in configuration and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::BusinessEmail => "business_email",
            Self::Names => "names",
            Self::Company => "company",
            Self::SizeBand => "size_band",
            Self::Trigger => "trigger",
            Self::ScoreBreakdown => "score_breakdown",
            Self::Signal => "signal",
            Self::RoutingRule => "routing_rule",
            Self::Dedup => "dedup",
        }
    }

    /// The words on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::BusinessEmail => "business e-mail",
            Self::Names => "first and last name",
            Self::Company => "company name",
            Self::SizeBand => "company size",
            Self::Trigger => "trigger event",
            Self::ScoreBreakdown => "score breakdown",
            Self::Signal => "specific signal",
            Self::RoutingRule => "routing rule",
            Self::Dedup => "no duplicate",
        }
    }

    /// The item with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|item| item.code() == code)
    }
}

/// What a team asks of the pre-flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreflightPolicy {
    /// The items that are asked for; the others pass, and say so.
    pub items: Vec<Item>,
    /// Its own domains beside the bundled lists (F36).
    pub domains: OwnDomains,
    /// A lead that is only likely the same as another one is held back until a person has looked.
    pub hold_likely_duplicates: bool,
}

impl Default for PreflightPolicy {
    fn default() -> Self {
        Self { items: Item::ALL.to_vec(), domains: OwnDomains::default(), hold_likely_duplicates: true }
    }
}

/// What the record does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Providers were asked about the company, whatever they answered (F38).
    pub enrichment_attempted: bool,
    /// The routing rule that applies, if one does.
    pub route: Option<String>,
    /// The lead that this one is the same as, if there is one.
    pub duplicate: Option<Match>,
    /// What was let through by hand.
    pub waived: Vec<Waiver>,
}

/// An item that an authorised person let through (F40, R123).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Which.
    pub item: Item,
    /// Who.
    pub by: String,
    /// Why.
    pub why: String,
}

/// Checks a lead: always all nine items, in the order of [`Item::ALL`]. The order of the trail does not matter.
pub fn check(lead: &Lead, trail: &[Activity], facts: &Facts, policy: &PreflightPolicy) -> Vec<PreflightItem> {
    let judge = |item: Item| {
        let code = item.code().to_owned();
        if !policy.items.contains(&item) {
            let why = Some("not asked for by the team's rules".to_owned());
            return PreflightItem { item: code, passed: true, why, waived_by: None };
        }
        match (verdict(item, lead, trail, facts, policy), facts.waived.iter().find(|waiver| waiver.item == item)) {
            (Ok(why), _) => PreflightItem { item: code, passed: true, why: Some(why), waived_by: None },
            (Err(why), None) => PreflightItem { item: code, passed: false, why: Some(why), waived_by: None },
            (Err(why), Some(waiver)) => {
                let why = Some(format!("{why}; waived by {}: {}", waiver.by, waiver.why));
                PreflightItem { item: code, passed: true, why, waived_by: Some(waiver.by.clone()) }
            }
        }
    };
    Item::ALL.map(judge).into()
}

/// Whether an item passes, and why it does or does not.
fn verdict(
    item: Item,
    lead: &Lead,
    trail: &[Activity],
    facts: &Facts,
    policy: &PreflightPolicy,
) -> Result<String, String> {
    match item {
        Item::BusinessEmail => business_email(lead.person.email.as_deref(), &policy.domains),
        Item::Names => names(lead),
        Item::Company => told(lead.company.name.as_deref()).map(String::from).ok_or_else(|| "not known".into()),
        Item::SizeBand => size_band(lead.company.size.as_deref(), facts.enrichment_attempted),
        Item::Trigger => lead
            .trigger
            .as_ref()
            .map(|trigger| [trigger.kind.label(), trigger.what.trim()].join(": ").trim_end_matches(": ").to_owned())
            .ok_or_else(|| "no trigger event is logged".into()),
        Item::ScoreBreakdown => score_breakdown(lead),
        Item::Signal => signal(trail),
        Item::RoutingRule => told(facts.route.as_deref()).map(String::from).ok_or_else(|| "no rule applies".into()),
        Item::Dedup => match &facts.duplicate {
            None => Ok("no duplicate was found".into()),
            Some(found) if found.certainty == Certainty::Certain => Err(format!("it is here already: {}", found.why)),
            Some(found) => {
                let why = format!("it may be here already: {}", found.why);
                if policy.hold_likely_duplicates { Err(why) } else { Ok(why) }
            }
        },
    }
}

fn business_email(email: Option<&str>, domains: &OwnDomains) -> Result<String, String> {
    let email = told(email).ok_or("no e-mail address is known")?;
    let address = Address::read(email).map_err(|error| format!("“{email}” is no e-mail address: {error}"))?;
    match domains.kind_of(&address.domain) {
        MailKind::Business => Ok(address.domain),
        MailKind::Free => Err(format!("{} is free mail, not a company's", address.domain)),
        MailKind::Disposable => Err(format!("{} gives out addresses to throw away", address.domain)),
    }
}

fn names(lead: &Lead) -> Result<String, String> {
    match first_and_last(&lead.person) {
        (Some(first), Some(last)) => Ok(format!("{first} {last}")),
        (None, Some(whole)) if names::is_whole_in_one(&whole) => Ok(whole),
        (Some(_), None) => Err("the last name is not known".into()),
        // A single word that stands for the whole name is neither.
        (None, Some(_)) if told(lead.person.last_name.as_deref()).is_some() => {
            Err("the first name is not known".into())
        }
        (None, Some(one)) => Err(format!("“{one}” is only one of the two names")),
        (None, None) => Err("neither name is known".into()),
    }
}

fn size_band(size: Option<&str>, enrichment_attempted: bool) -> Result<String, String> {
    match (told(size), enrichment_attempted) {
        (Some(size), _) => Ok(SizeBand::read(size).map_or_else(|| size.to_owned(), |band| format!("{band} people"))),
        (None, true) => Ok("not known; enrichment was attempted".into()),
        (None, false) => Err("not known, and no enrichment was attempted".into()),
    }
}

/// A lone total does not tell a fit from an interest (R27).
fn score_breakdown(lead: &Lead) -> Result<String, String> {
    let score = lead.score.as_ref().ok_or("there is no score")?;
    let axes = [("fit", score.fit), ("intent", score.intent), ("behavior", score.behavior)];
    let known: Vec<_> =
        axes.iter().filter_map(|(name, points)| points.map(|points| format!("{name} {points}"))).collect();
    if !known.is_empty() {
        return Ok(format!("{} of {}", known.join(", "), score.total));
    }
    match score.parts.len() {
        0 => Err(format!("the score of {} has no parts", score.total)),
        parts => Ok(format!("{parts} parts of {}", score.total)),
    }
}

/// Something that they did, other than to open an e-mail, which nobody can refer to and which machines do as well.
fn signal(trail: &[Activity]) -> Result<String, String> {
    let Some(activity) = strongest(trail).filter(|activity| activity.kind != ActivityKind::EmailOpen) else {
        let has_opened = trail.iter().any(|activity| activity.direction == Direction::Inbound);
        return Err(if has_opened {
            "they did nothing that one could refer to, such as a visit, a download or a question".into()
        } else {
            "nothing is known of what they did".into()
        });
    };
    let text = activity.text.trim();
    Ok(if text.is_empty() { activity.kind.label().into() } else { format!("{}: {text}", activity.kind.label()) })
}
