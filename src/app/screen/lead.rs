//! The lead view: what is scrolled and unfolded in it.

use crate::handoff::activity::{Activity, Direction};

/// What the lead view remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadView {
    /// The first line of the trail that is shown, as an index into [`LeadView::trail`]; the `ui` room may stop earlier
    /// so that the last page is full.
    pub scroll: usize,
    /// The score's ledger is shown whole.
    pub ledger: bool,
    /// Which part of the trail is shown.
    pub trail: TrailKind,
}

/// Which part of the trail is shown (F15).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrailKind {
    /// Everything.
    #[default]
    All,
    /// What they asked, where they came: direct interactions.
    Direct,
    /// What they did.
    Theirs,
    /// What we did.
    Ours,
}

impl TrailKind {
    /// The words on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Direct => "direct",
            Self::Theirs => "theirs",
            Self::Ours => "ours",
        }
    }

    /// The one after it, round and round.
    pub fn next(self) -> Self {
        match self {
            Self::All => Self::Direct,
            Self::Direct => Self::Theirs,
            Self::Theirs => Self::Ours,
            Self::Ours => Self::All,
        }
    }

    /// Whether it shows this activity.
    pub fn shows(self, activity: &Activity) -> bool {
        match self {
            Self::All => true,
            Self::Direct => activity.kind.is_direct() && activity.direction == Direction::Inbound,
            Self::Theirs => activity.direction == Direction::Inbound,
            Self::Ours => activity.direction != Direction::Inbound,
        }
    }
}

/// The trail as the lead view orders it: direct interactions pinned first (F15), then the rest, each newest first.
pub fn ordered(trail: &[Activity], kind: TrailKind) -> Vec<&Activity> {
    let pinned = |activity: &&Activity| activity.kind.is_direct() && activity.direction == Direction::Inbound;
    let shown = || trail.iter().filter(|activity| kind.shows(activity));
    shown().filter(pinned).chain(shown().filter(|activity| !pinned(activity))).collect()
}
