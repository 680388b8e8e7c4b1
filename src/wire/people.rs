//! The people that a hub knows: what they may do, what they can take, and their tokens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handoff::Time;
use crate::handoff::event::Role;

/// A person, as one is entered and shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The short name by which one is addressed: lower-case letters, digits, `-` and `_`, at most 64.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// Where one is written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What one may do.
    pub role: Role,
    /// One's team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Leads may be given to them, and their tokens hold.
    #[serde(default = "yes")]
    pub is_active: bool,
    /// They take no leads for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
    /// What they can take.
    #[serde(default)]
    pub takes: Takes,
}

fn yes() -> bool {
    true
}

/// Which leads, and how many, a person can take (R53-R59). An empty list says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Takes {
    /// Countries and regions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub territories: Vec<String>,
    /// Segments, as the policy names them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// Industries and expertise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// Products.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// Domains of the accounts that are theirs (R54).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// The calendar of their working hours, by its name in the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// Away for these times.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub away: Vec<AwayTime>,
    /// The most open leads at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_cap: Option<u32>,
    /// The most new leads a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_cap: Option<u32>,
    /// Their share of the leads beside others: 1 is the usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
}

/// A time away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AwayTime {
    /// From.
    #[schema(value_type = String, format = DateTime)]
    pub from: Time,
    /// Until; open where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Time>,
    /// Why.
    #[serde(default)]
    pub why: String,
}

/// Who manages a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamManager {
    /// The team.
    pub team: String,
    /// Their short name: who is told first what the team has to decide, and sees its leads; nothing if nobody does.
    pub manager: Option<String>,
}

/// A request for a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewToken {
    /// What it is for, such as the laptop's name.
    pub label: String,
    /// For how many days it holds; 1 to 3650, 365 if not said.
    pub days: Option<u32>,
}

/// A token that was just made: its text is told this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MadeToken {
    /// By which it is revoked.
    pub id: i64,
    /// The token itself.
    pub token: String,
    /// Until when it holds.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Time,
}

/// A token, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenInfo {
    /// By which it is revoked.
    pub id: i64,
    /// Whose it is.
    pub person: String,
    /// What it is for.
    pub label: String,
    /// Until when it holds.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Time,
    /// It was revoked.
    pub is_revoked: bool,
}

/// What the events of a calendar mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedKind {
    /// Absences and appointments, told apart by the policy's rules.
    #[default]
    Mixed,
    /// Absences, all of them.
    Away,
    /// Appointments, all of them.
    Busy,
}

impl FeedKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mixed, Self::Away, Self::Busy];

    /// The word in JSON and in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::Away => "away",
            Self::Busy => "busy",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// The calendars of a person that the hub reads, in the place of those that it read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Feeds {
    /// At most eight; none ends it.
    pub feeds: Vec<Feed>,
}

/// A calendar of a person's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// An address (`https://…`), or the whole path of a file on the hub's machine. Whoever knows a calendar's address can
    /// read it, so it is not told again.
    pub place: String,
    /// What its events mean.
    #[serde(default)]
    pub kind: FeedKind,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What the hub knows by a calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedState {
    /// Where it is, without what is secret in that: the host of an address, the path of a file.
    pub place: String,
    /// What its events mean.
    pub kind: FeedKind,
    /// When it was last read well; what is known is of that time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub read_at: Option<Time>,
    /// Why it could not be read since.
    pub failed: Option<String>,
    /// Absences that are known for the time to come.
    pub away: usize,
    /// Appointments, likewise.
    pub busy: usize,
}
