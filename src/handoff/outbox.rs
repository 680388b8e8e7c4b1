//! Where a disposition stands on its way to where its lead came from.

use serde::{Deserialize, Serialize};

/// The record that a disposition was based upon, as its source told it last. Whoever writes it there compares, where the
/// source itself does not (F115).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The stage in the source's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The stage that we wrote there ourselves since, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrote: Option<String>,
    /// The owner, as the source names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Their id there, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// To whom we gave it there ourselves since, by any of the names by which we know them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gave: Vec<String>,
}

/// Where a disposition is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// It can still be undone.
    Held,
    /// It is to be sent.
    Waiting,
    /// The source has it.
    Sent,
    /// The source refused it; a person must look at it.
    Parked,
    /// The source keeps it as a fact and nothing more (F115); a person has yet to read why.
    Kept,
    /// It was undone, or given up by a person.
    Cancelled,
    /// Its source takes nothing back; it leaves by an export.
    Local,
}

impl OutboxState {
    /// All states.
    pub const ALL: [Self; 7] =
        [Self::Held, Self::Waiting, Self::Sent, Self::Parked, Self::Kept, Self::Cancelled, Self::Local];

    /// The word in the file and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Parked => "parked",
            Self::Kept => "kept",
            Self::Cancelled => "cancelled",
            Self::Local => "local",
        }
    }

    /// The state with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// It needs a person's attention.
    pub fn needs_person(self) -> bool {
        matches!(self, Self::Parked | Self::Kept)
    }
}
