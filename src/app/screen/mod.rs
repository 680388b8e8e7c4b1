//! The screens: what each remembers beside the leads themselves.

pub mod inbox;
pub mod lead;
pub mod outbox;

/// What fills the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Screen {
    /// The list of leads.
    #[default]
    Inbox,
    /// One lead, whole.
    Lead,
    /// What waits to be sent. Lies over the other two: the gate does not mind.
    Outbox,
    /// What happened in this session. Lies over the other two as well.
    Log,
}
