//! What an account has, and which bad habits its HubSpot shows.

use std::collections::BTreeSet;

/// All scopes that a lead inbox asks for.
const SCOPES: [&str; 12] = [
    "crm.objects.leads.read",
    "crm.objects.leads.write",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.owners.read",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.companies.write",
    "sales-email-read",
    "oauth",
];

/// An account: its tier, and what the token may do.
#[derive(Clone, Debug)]
pub struct Account {
    /// It has the lead object (Sales Professional).
    pub has_leads: bool,
    /// It has lead scoring, and the token may read it.
    pub has_scoring: bool,
    /// It has event occurrences (Enterprise).
    pub has_events: bool,
    /// A property of an activity can be unique. Whether the real one allows that is not known.
    pub has_unique_on_activities: bool,
    /// A search can be narrowed by `associations.lead`. Whether the real one allows that is not known.
    pub searches_by_lead: bool,
    /// Calls in ten seconds, search apart.
    pub per_ten_seconds: usize,
    /// Calls in a day.
    pub per_day: usize,
    /// The one token that it knows.
    pub token: String,
    /// What the token was granted.
    pub scopes: BTreeSet<String>,
}

impl Account {
    /// Everything there is.
    pub fn enterprise() -> Self {
        Self {
            has_leads: true,
            has_scoring: true,
            has_events: true,
            has_unique_on_activities: true,
            searches_by_lead: true,
            per_ten_seconds: 190,
            per_day: 1_000_000,
            token: "a-token-of-the-double".to_owned(),
            scopes: SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
        }
    }

    /// Lead objects and scores, no events.
    pub fn professional() -> Self {
        Self { has_events: false, per_day: 625_000, ..Self::enterprise() }
    }

    /// Contacts only, and nothing beside.
    pub fn free() -> Self {
        let mut account = Self {
            has_leads: false,
            has_scoring: false,
            has_unique_on_activities: false,
            searches_by_lead: false,
            per_ten_seconds: 100,
            per_day: 250_000,
            ..Self::professional()
        };
        account.scopes.retain(|scope| !scope.contains(".leads."));
        account
    }
}

/// The bad habits of the real one, each on its own.
#[derive(Clone, Debug)]
pub struct Habits {
    /// Search finds what was written so many seconds ago at the latest, 0 for at once.
    pub lag: i64,
    /// Only every third record is that late and another third half of it, so that one overtakes the other.
    pub is_lag_uneven: bool,
    /// The limits of calls are enforced.
    pub limits: bool,
    /// A lead cannot be disqualified without a reason.
    pub wants_reason: bool,
    /// A batch says nothing of what it does not find: 200, and no errors.
    pub is_silent_on_misses: bool,
    /// Whoever asks for a merged record by its old id gets the winner.
    pub leads_on_from_old_ids: bool,
    /// Two records merged make a third; both old ids are gone.
    pub merges_into_a_third: bool,
}

impl Habits {
    /// None of them.
    pub fn tame() -> Self {
        Self {
            lag: 0,
            is_lag_uneven: false,
            limits: false,
            wants_reason: false,
            is_silent_on_misses: false,
            leads_on_from_old_ids: false,
            merges_into_a_third: false,
        }
    }

    /// What is documented of the real one.
    pub fn real() -> Self {
        Self { lag: 10, is_lag_uneven: true, limits: true, wants_reason: true, ..Self::tame() }
    }
}
