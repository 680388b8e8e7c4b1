//! The places where keys mean something.

/// Where a key is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// The list of leads.
    Inbox,
    /// One lead, whole.
    Lead,
    /// The outbox.
    Outbox,
    /// Both sides of an act.
    Compared,
    /// The log.
    Log,
    /// The team.
    Team,
    /// Any dialog, where it takes no text.
    Dialog,
}

impl Context {
    /// All contexts.
    pub const ALL: [Self; 7] =
        [Self::Inbox, Self::Lead, Self::Outbox, Self::Compared, Self::Log, Self::Team, Self::Dialog];

    /// The heading in the help.
    pub fn label(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Lead => "lead",
            Self::Outbox => "outbox",
            Self::Compared => "compared",
            Self::Log => "log",
            Self::Team => "team",
            Self::Dialog => "dialogs",
        }
    }
}
