//! The screens: what each remembers beside the leads themselves.

pub mod inbox;
pub mod lead;
pub mod outbox;
pub mod reconcile;
pub mod team;

use super::action::Action;

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
    /// One row of the outbox with the hub's side. Lies over the outbox.
    Reconcile,
    /// What happened since the app was opened. Lies over the other two as well.
    Log,
    /// The team, for one who directs it. So does this.
    Team,
}

/// A movement in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// So many lines down, or up where negative.
    Lines(isize),
    /// So many half pages down, or up.
    Halves(isize),
    /// To the first line.
    First,
    /// To the last line.
    Last,
}

impl Motion {
    /// The movement that an action stands for, `count` times.
    pub fn of(action: Action, count: u32) -> Option<Self> {
        let times = isize::try_from(count.max(1)).unwrap_or(1);
        Some(match action {
            Action::Down => Self::Lines(times),
            Action::Up => Self::Lines(-times),
            Action::PageDown => Self::Halves(2 * times),
            Action::PageUp => Self::Halves(-2 * times),
            Action::HalfDown => Self::Halves(times),
            Action::HalfUp => Self::Halves(-times),
            Action::Top => Self::First,
            Action::Bottom => Self::Last,
            _ => return None,
        })
    }

    /// Where it leads from line `at` of `lines`, where a page has `page` lines.
    pub fn from(self, at: usize, lines: usize, page: usize) -> usize {
        let last = lines.saturating_sub(1);
        match self {
            Self::Lines(by) => at.saturating_add_signed(by).min(last),
            // A line of the page before stays in sight.
            Self::Halves(by) => {
                let half = isize::try_from((page / 2).max(1)).unwrap_or(1);
                at.saturating_add_signed(by.saturating_mul(half)).min(last)
            }
            Self::First => 0,
            Self::Last => last,
        }
    }
}
