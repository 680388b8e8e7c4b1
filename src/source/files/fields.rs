//! The fields of a lead that a mapping can fill, by the names that mappings use, and the words that typed ones take.

use crate::handoff::Time;
use crate::handoff::activity::{ActivityKind, Direction};
use crate::handoff::lead::{Lead, TriggerKind};
use crate::handoff::score::Category;
use crate::handoff::state::Stage;

/// A plain field of a lead.
#[derive(Clone, Copy)]
pub enum Slot {
    Text(fn(&mut Lead) -> &mut Option<String>),
    Time(fn(&mut Lead) -> &mut Option<Time>),
    Flag(fn(&mut Lead) -> &mut bool),
    List(fn(&mut Lead) -> &mut Vec<String>),
}

impl Slot {
    /// What its value must be.
    pub fn kind(self) -> Kind {
        match self {
            Self::Text(_) | Self::List(_) => Kind::Text,
            Self::Time(_) => Kind::Time,
            Self::Flag(_) => Kind::Flag,
        }
    }
}

/// A plain field: its group, its name there, and where it is in a lead.
pub type Field = (&'static str, &'static str, Slot);

/// The plain fields by group (the table within `[lead]`, or none) and key.
pub const FIELDS: &[Field] = &[
    ("", "url", Slot::Text(|lead| &mut lead.url)),
    ("", "owner", Slot::Text(|lead| &mut lead.owner)),
    ("", "created_at", Slot::Time(|lead| &mut lead.created_at)),
    ("", "mql_at", Slot::Time(|lead| &mut lead.mql_at)),
    ("", "assigned_at", Slot::Time(|lead| &mut lead.assigned_at)),
    ("", "message", Slot::Text(|lead| &mut lead.message)),
    ("", "stage_reason", Slot::Text(|lead| &mut lead.stage.reason)),
    ("", "stage_since", Slot::Time(|lead| &mut lead.stage.since)),
    ("person", "first_name", Slot::Text(|lead| &mut lead.person.first_name)),
    ("person", "last_name", Slot::Text(|lead| &mut lead.person.last_name)),
    ("person", "name", Slot::Text(|lead| &mut lead.person.name)),
    ("person", "title", Slot::Text(|lead| &mut lead.person.title)),
    ("person", "email", Slot::Text(|lead| &mut lead.person.email)),
    ("person", "phone", Slot::Text(|lead| &mut lead.person.phone)),
    ("person", "mobile", Slot::Text(|lead| &mut lead.person.mobile)),
    ("person", "linkedin", Slot::Text(|lead| &mut lead.person.linkedin)),
    ("person", "city", Slot::Text(|lead| &mut lead.person.city)),
    ("person", "region", Slot::Text(|lead| &mut lead.person.region)),
    ("person", "country", Slot::Text(|lead| &mut lead.person.country)),
    ("person", "zone", Slot::Text(|lead| &mut lead.person.zone)),
    ("person", "do_not_call", Slot::Flag(|lead| &mut lead.person.do_not_call)),
    ("person", "do_not_email", Slot::Flag(|lead| &mut lead.person.do_not_email)),
    ("company", "name", Slot::Text(|lead| &mut lead.company.name)),
    ("company", "domain", Slot::Text(|lead| &mut lead.company.domain)),
    ("company", "website", Slot::Text(|lead| &mut lead.company.website)),
    ("company", "industry", Slot::Text(|lead| &mut lead.company.industry)),
    ("company", "size", Slot::Text(|lead| &mut lead.company.size)),
    ("company", "revenue", Slot::Text(|lead| &mut lead.company.revenue)),
    ("company", "city", Slot::Text(|lead| &mut lead.company.city)),
    ("company", "country", Slot::Text(|lead| &mut lead.company.country)),
    ("company", "tech", Slot::List(|lead| &mut lead.company.tech)),
    ("company", "news", Slot::List(|lead| &mut lead.company.news)),
    ("company", "provided_by", Slot::Text(|lead| &mut lead.company.provided_by)),
    ("company", "as_of", Slot::Time(|lead| &mut lead.company.as_of)),
    ("attribution", "source", Slot::Text(|lead| &mut lead.attribution.source)),
    ("attribution", "campaign", Slot::Text(|lead| &mut lead.attribution.campaign)),
    ("attribution", "medium", Slot::Text(|lead| &mut lead.attribution.medium)),
    ("attribution", "message", Slot::Text(|lead| &mut lead.attribution.message)),
    ("attribution", "first_touch", Slot::Text(|lead| &mut lead.attribution.first_touch)),
    ("attribution", "last_touch", Slot::Text(|lead| &mut lead.attribution.last_touch)),
];

/// Whether a sender may say it in what it posts. The rest is for the hub to decide, or for files only.
pub fn is_posted((group, name, _): &Field) -> bool {
    match *group {
        "" => *name == "message",
        "company" => !matches!(*name, "provided_by" | "as_of"),
        _ => true,
    }
}

/// The text of a person or a company at this path, such as `company.size`.
pub fn text_at(path: &str) -> Option<fn(&mut Lead) -> &mut Option<String>> {
    let (group, name) = path.split_once('.')?;
    let is_meant = |field: &&Field| field.0 == group && field.1 == name && is_of_record(field);
    match FIELDS.iter().find(is_meant)?.2 {
        Slot::Text(place) => Some(place),
        _ => None,
    }
}

/// The paths of all of these.
pub fn text_paths() -> impl Iterator<Item = String> {
    let texts = FIELDS.iter().filter(|field| is_of_record(field) && matches!(field.2, Slot::Text(_)));
    texts.map(|(group, name, _)| format!("{group}.{name}"))
}

fn is_of_record(field: &Field) -> bool {
    matches!(field.0, "person" | "company") && is_posted(field)
}

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Time,
    Number,
    Flag,
    Stage,
    Category,
    Trigger,
    Activity,
    Direction,
}

impl Kind {
    /// The words that such a value may be, where they are counted.
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Self::Text | Self::Time | Self::Number => Vec::new(),
            Self::Flag => vec!["true", "false"],
            Self::Stage => Stage::ALL.map(Stage::code).to_vec(),
            Self::Category => [Category::A, Category::B, Category::C].map(Category::code).to_vec(),
            Self::Trigger => TriggerKind::ALL.map(TriggerKind::code).to_vec(),
            Self::Activity => ActivityKind::ALL.map(ActivityKind::code).to_vec(),
            Self::Direction => DIRECTIONS.map(|(word, _)| word).to_vec(),
        }
    }
}

/// The directions of an activity by their words.
pub const DIRECTIONS: [(&str, Direction); 3] =
    [("inbound", Direction::Inbound), ("outbound", Direction::Outbound), ("internal", Direction::Internal)];

/// Who usually acts in an activity of this kind, where the file does not say.
pub fn usual_direction(kind: ActivityKind) -> Direction {
    use ActivityKind as K;
    match kind {
        K::Call | K::Email | K::Meeting | K::Message => Direction::Outbound,
        K::Task | K::Note | K::Other => Direction::Internal,
        _ => Direction::Inbound,
    }
}
