//! The lead: the record as its source knows it, in the field's words. What the rep did with it is in
//! [`crate::handoff::state::Handoff`], never here, so that a re-import can replace this freely.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::score::{Category, Score};
use super::state::Stage;
use super::{Time, stamp};

/// The short number by which a rep names a lead, shown as `L-12`. Given by the store, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeadId(pub i64);

impl fmt::Display for LeadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `pad` so that a width given by the caller is honoured.
        f.pad(&format!("L-{}", self.0))
    }
}

/// A text that is not a lead's number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a lead's number; they look like L-12")]
pub struct NotALeadId(pub String);

impl FromStr for LeadId {
    type Err = NotALeadId;
    /// `L-12`, `l-12`, `L12` and `12` all name lead 12.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = match text.strip_prefix(['L', 'l']) {
            Some(rest) => rest.strip_prefix('-').unwrap_or(rest),
            None => text,
        };
        match digits.parse() {
            Ok(number) if number > 0 && digits.bytes().all(|b| b.is_ascii_digit()) => Ok(Self(number)),
            _ => Err(NotALeadId(text.to_owned())),
        }
    }
}

/// What identifies a lead in the world: the source it came from and its id there.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LeadKey {
    /// Name of the source, such as `olist` or `hubspot`.
    pub source: String,
    /// The record's id in that source.
    pub external_id: String,
}

/// One lead with everything the source told us about it (R11, R41, R44). What is not known is left out of its JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Lead {
    /// Source and id there.
    pub key: LeadKey,
    /// Where the record can be opened in a browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Who it is.
    pub person: Person,
    /// Where they work.
    pub company: Company,
    /// The owner's name or id in the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The owner's id in a CRM, which stays the same where they are renamed. A hub tells none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub owner_id: Option<String>,
    /// Where the source says the lead stands.
    pub stage: SourceStage,
    /// When the record was made in the source.
    #[serde(with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Time>,
    /// When it became an MQL (R15): the start of the lead clock (C3).
    #[serde(with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub mql_at: Option<Time>,
    /// When it was given to its owner: the start of the rep clock (C3).
    #[serde(with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub assigned_at: Option<Time>,
    /// What made it an MQL (R13, R16).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// Which marketing brought it (R45).
    pub attribution: Attribution,
    /// The score it arrived with, with its parts (R27).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// A, B or C (R24), when the source says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Why it is on this rep's desk (R62).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing: Option<Routing>,
    /// The verdicts of the pre-flight (R34), as far as known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preflight: Vec<PreflightItem>,
    /// What they asked, in their own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Anything else the source knows, by column or property name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extras: BTreeMap<String, String>,
}

/// The most characters of what they asked that a summary shows.
const ASKED: usize = 160;

impl Lead {
    fn nameless(&self) -> String {
        let id = &self.key.external_id;
        // A long id is a random one, whose beginning tells it apart well enough for the eye.
        let short: String = id.chars().take(if id.chars().count() > 12 { 6 } else { 12 }).collect();
        let mut name = format!("Lead {short}");
        let known = [&self.attribution.source, &self.company.industry].into_iter().flatten();
        for told in known.map(|told| told.replace('_', " ")).filter(|told| !told.trim().is_empty()) {
            name += " · ";
            name += told.trim();
        }
        name
    }

    /// What they asked, as far as a summary shows it.
    pub fn asked(&self) -> Option<String> {
        self.message.as_deref().map(first_words).filter(|words| !words.is_empty())
    }

    /// What may be known of a lead before it is opened: what a list shows of it, and nothing by which one could
    /// contact them.
    pub fn in_brief(&self) -> Self {
        let (person, company) = (&self.person, &self.company);
        let is_named = person.full_name().is_some();
        let trigger = self.trigger.as_ref();
        Self {
            key: self.key.clone(),
            person: Person {
                first_name: person.first_name.clone(),
                last_name: person.last_name.clone(),
                name: if is_named { person.name.clone() } else { Some(self.display_name()) },
                title: person.title.clone(),
                city: person.city.clone(),
                country: person.country.clone(),
                ..Person::default()
            },
            company: Company {
                name: company.name.clone().or_else(|| company.domain.clone()),
                city: company.city.clone(),
                country: company.country.clone(),
                ..Company::default()
            },
            owner: self.owner.clone(),
            stage: self.stage.clone(),
            created_at: self.created_at,
            mql_at: self.mql_at,
            assigned_at: self.assigned_at,
            trigger: trigger.map(|told| Trigger {
                kind: told.kind,
                what: told.what.clone(),
                at: None,
                before: None,
                after: None,
                threshold: None,
            }),
            attribution: Attribution {
                source: self.attribution.source.clone(),
                campaign: self.attribution.campaign.clone(),
                ..Attribution::default()
            },
            score: self.score.as_ref().map(|score| Score { parts: Vec::new(), ..score.clone() }),
            category: self.category,
            message: self.asked(),
            ..Self::default()
        }
    }

    /// The person's name as one shows it: full name, else e-mail, else company. Where nothing names them, the beginning
    /// of the id in the source, with where they came from and what they deal in: `Lead a1b2c3 · organic search`.
    pub fn display_name(&self) -> String {
        let person = &self.person;
        if let Some(full) = person.full_name() {
            return full;
        }
        [&person.email, &self.company.name, &self.company.domain]
            .into_iter()
            .find_map(|text| text.clone())
            .unwrap_or_else(|| self.nameless())
    }
}

fn first_words(text: &str) -> String {
    let mut words = String::with_capacity(ASKED);
    let mut length = 0;
    for word in text.split_whitespace() {
        let more = usize::from(!words.is_empty()) + word.chars().count();
        if !words.is_empty() && length < ASKED {
            words.push(' ');
        }
        if length + more > ASKED {
            let room = ASKED.saturating_sub(words.chars().count());
            words.extend(word.chars().take(room));
            words.truncate(words.trim_end().len());
            words.push('…');
            return words;
        }
        words.push_str(word);
        length += more;
    }
    words
}

/// The person behind a lead.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = LeadPerson)]
pub struct Person {
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Whole name, where the source does not split it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Job title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Mobile telephone, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    /// Profile page on LinkedIn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkedin: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State, province or region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Country, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// IANA zone, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Asked not to be called.
    pub do_not_call: bool,
    /// Asked not to be e-mailed.
    pub do_not_email: bool,
}

impl Person {
    /// First and last name, or the whole name, or nothing.
    pub fn full_name(&self) -> Option<String> {
        match (&self.first_name, &self.last_name) {
            (Some(first), Some(last)) => Some(format!("{first} {last}")),
            (first, last) => self.name.clone().or_else(|| first.clone().or_else(|| last.clone())),
        }
    }
}

/// The company behind a lead (R39).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = LeadCompany)]
pub struct Company {
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Web domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Web site, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Industry or segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// Size: a head count or a band, as written (`800`, `201-500`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// Yearly revenue, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revenue: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Known technologies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tech: Vec<String>,
    /// News: funding, head count, leadership.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub news: Vec<String>,
    /// Which provider told us the above (F17).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provided_by: Option<String>,
    /// When it was told (F17).
    #[serde(with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Time>,
}

/// Where the source says a lead stands: its own word, and ours for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct SourceStage {
    /// The source's own word, such as `Open - Not Contacted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// Ours; nothing means that it waits for its rep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical: Option<Stage>,
    /// Why it was lost or disqualified there, in the source's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it came to that stage there.
    #[serde(with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Time>,
    /// Until when it is deferred there. Where the source does not say, the team's longest deferral from then on.
    #[serde(with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Time>,
}

/// What turned a person into an MQL (R13).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Trigger {
    /// The kind decides the SLA (R67).
    pub kind: TriggerKind,
    /// The very action, such as `demo form` or `pricing page ×3`.
    pub what: String,
    /// When it happened.
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
    /// Score before, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<i32>,
    /// Score after, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i32>,
    /// The threshold that was crossed (R11, R14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<i32>,
}

/// The kinds of trigger that SLA rules tell apart (R13, R67).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    /// Asked for a demo.
    Demo,
    /// Asked about prices.
    Pricing,
    /// Raised a hand otherwise: contact form, chat, call-back, trial.
    HandRaiser,
    /// Registered for or attended a webinar or event.
    Webinar,
    /// Only consumed content.
    Content,
    /// The score crossed its threshold.
    Threshold,
    /// Flagged by a person in marketing.
    Manual,
}

impl TriggerKind {
    /// All kinds, in the order of urgency.
    pub const ALL: [Self; 7] =
        [Self::Demo, Self::Pricing, Self::HandRaiser, Self::Webinar, Self::Threshold, Self::Manual, Self::Content];

    /// The word in configuration and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Pricing => "pricing",
            Self::HandRaiser => "hand_raiser",
            Self::Webinar => "webinar",
            Self::Content => "content",
            Self::Threshold => "threshold",
            Self::Manual => "manual",
        }
    }

    /// The words on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Demo => "demo request",
            Self::Pricing => "pricing inquiry",
            Self::HandRaiser => "asked to talk",
            Self::Webinar => "webinar",
            Self::Content => "content",
            Self::Threshold => "score threshold",
            Self::Manual => "flagged by marketing",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Which marketing brought the lead (R45, F22).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Attribution {
    /// Channel or lead source, such as `paid search`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Medium.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    /// The message or landing page that drew them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// First touch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_touch: Option<String>,
    /// Last touch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_touch: Option<String>,
}

/// Why the lead is on this desk (R62).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LeadRouting)]
pub struct Routing {
    /// The rule that applied.
    pub rule: String,
    /// The queue, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Account match: never re-routed at the first window (C20).
    #[serde(default)]
    pub pinned: bool,
    /// When.
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
}

/// One of the nine pre-flight items with its verdict (R34).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PreflightItem {
    /// What was checked, such as `business_email`.
    pub item: String,
    /// Whether it holds nothing up: it passed, or was waived.
    pub passed: bool,
    /// Why it did or did not pass, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Who let it through although it did not pass (F40).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived_by: Option<String>,
}

#[cfg(test)]
mod tests;
