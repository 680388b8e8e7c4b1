//! The activity trail: what a lead did and what was done with it (R42, R43).

use serde::{Deserialize, Serialize};

use super::{Time, stamp};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Activity {
    /// Its id in the source; unique within a lead, so that a re-import does not double it.
    pub external_id: String,
    /// What kind of thing.
    pub kind: ActivityKind,
    /// Who acted towards whom.
    #[serde(default)]
    pub direction: Direction,
    /// When, if the source knows.
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
    /// Who did it, where it was one of us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What came of it, in the source's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What it was: the page, the subject, the question asked.
    pub text: String,
    /// Where it can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// From the lead to us, from us to the lead, or neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The lead acted.
    #[default]
    Inbound,
    /// We acted.
    Outbound,
    /// A record of neither, such as a note.
    Internal,
}

/// The kinds of a trail (R42), and the records that CRMs keep beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// A page of the site was visited.
    PageVisit,
    /// Content was downloaded.
    Download,
    /// An e-mail was opened.
    EmailOpen,
    /// A link in an e-mail was clicked.
    EmailClick,
    /// A webinar or event was attended.
    Event,
    /// A chat was held.
    Chat,
    /// A trial was begun or used.
    Trial,
    /// A demo was asked for.
    DemoRequest,
    /// Any other form was sent.
    Form,
    /// A telephone call.
    Call,
    /// An e-mail, written by a person.
    Email,
    /// A meeting.
    Meeting,
    /// A direct or text message.
    Message,
    /// A task in the CRM.
    Task,
    /// A note in the CRM.
    Note,
    /// Anything else.
    Other,
}

impl ActivityKind {
    /// All kinds.
    pub const ALL: [Self; 16] = [
        Self::PageVisit,
        Self::Download,
        Self::EmailOpen,
        Self::EmailClick,
        Self::Event,
        Self::Chat,
        Self::Trial,
        Self::DemoRequest,
        Self::Form,
        Self::Call,
        Self::Email,
        Self::Meeting,
        Self::Message,
        Self::Task,
        Self::Note,
        Self::Other,
    ];

    /// The word in configuration and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::PageVisit => "page_visit",
            Self::Download => "download",
            Self::EmailOpen => "email_open",
            Self::EmailClick => "email_click",
            Self::Event => "event",
            Self::Chat => "chat",
            Self::Trial => "trial",
            Self::DemoRequest => "demo_request",
            Self::Form => "form",
            Self::Call => "call",
            Self::Email => "email",
            Self::Meeting => "meeting",
            Self::Message => "message",
            Self::Task => "task",
            Self::Note => "note",
            Self::Other => "other",
        }
    }

    /// The words on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::PageVisit => "page",
            Self::Download => "download",
            Self::EmailOpen => "opened",
            Self::EmailClick => "clicked",
            Self::Event => "event",
            Self::Chat => "chat",
            Self::Trial => "trial",
            Self::DemoRequest => "demo form",
            Self::Form => "form",
            Self::Call => "call",
            Self::Email => "e-mail",
            Self::Meeting => "meeting",
            Self::Message => "message",
            Self::Task => "task",
            Self::Note => "note",
            Self::Other => "other",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// A direct interaction, which the rep should cite (R43): they spoke to us, asked or came.
    pub fn is_direct(self) -> bool {
        matches!(self, Self::Chat | Self::DemoRequest | Self::Event | Self::Form | Self::Meeting)
    }

    /// How good a reason this is to call, for picking the strongest signal (F15, F20). Higher is stronger.
    pub fn strength(self) -> u8 {
        match self {
            Self::DemoRequest => 10,
            Self::Chat => 9,
            Self::Form | Self::Meeting => 8,
            Self::Trial => 7,
            Self::Event => 6,
            Self::Download => 5,
            Self::PageVisit => 4,
            Self::EmailClick => 3,
            Self::Email | Self::Call | Self::Message => 2,
            Self::EmailOpen => 1,
            Self::Task | Self::Note | Self::Other => 0,
        }
    }
}

/// The signal most worth citing (F20): the strongest inbound act, the newest of equals.
pub fn strongest(trail: &[Activity]) -> Option<&Activity> {
    trail
        .iter()
        .filter(|activity| activity.direction == Direction::Inbound && activity.kind.strength() > 0)
        // The id at last, so that the order of the trail never decides.
        .max_by_key(|&activity| (activity.kind.strength(), activity.at, activity.external_id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(kind: ActivityKind, hour: u32) -> Activity {
        let at = format!("2026-11-20T{hour:02}:00:00Z").parse().ok();
        let text = format!("{} at {hour}", kind.code());
        Activity {
            external_id: text.clone(),
            kind,
            direction: Direction::Inbound,
            at,
            actor: None,
            outcome: None,
            text,
            url: None,
        }
    }

    #[test]
    fn the_strongest_signal_is_the_newest_of_the_most_direct_kind_from_the_lead() {
        let mut ours = act(ActivityKind::Chat, 15);
        ours.direction = Direction::Outbound;
        let trail = [
            act(ActivityKind::DemoRequest, 9),
            act(ActivityKind::DemoRequest, 11),
            act(ActivityKind::EmailOpen, 14),
            ours,
        ];
        assert_eq!(strongest(&trail).map(|a| a.text.as_str()), Some("demo_request at 11"));
        assert_eq!(strongest(&[act(ActivityKind::Note, 9)]), None);
    }

    #[test]
    fn every_kind_is_found_by_its_code() {
        for kind in ActivityKind::ALL {
            assert_eq!(ActivityKind::from_code(kind.code()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
        }
    }
}
