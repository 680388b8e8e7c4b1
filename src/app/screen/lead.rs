//! The lead view: what is scrolled and unfolded in it.

use super::{Motion, Screen};
use crate::app::command;
use crate::app::model::{Model, StatusKind};
use crate::app::out::Out;
use crate::handoff::activity::{Activity, Direction};

/// What the lead view remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadView {
    /// The first line of the body that is shown.
    pub scroll: usize,
    /// The furthest that it can be scrolled in this window: the `ui` room knows, and the runtime says so before it draws.
    pub scroll_most: usize,
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

/// Scrolls the lead.
pub fn scroll(model: &mut Model, motion: Motion) {
    let view = &mut model.lead;
    view.scroll = motion.from(view.scroll, view.scroll_most + 1, model.size.height.into());
}

/// Says how far the lead, or what is compared, can be scrolled in this window; what is beyond is taken back.
pub fn limit_scroll(model: &mut Model, most: usize) {
    if model.screen == Screen::Reconcile {
        let view = &mut model.outbox;
        (view.scroll_most, view.scroll) = (most, view.scroll.min(most));
        return;
    }
    model.lead.scroll_most = most;
    model.lead.scroll = model.lead.scroll.min(most);
}

/// Shows another part of the trail.
pub fn next_kind(model: &mut Model) {
    model.lead.trail = model.lead.trail.next();
    model.lead.scroll = 0;
}

/// Opens the lead beside this one in the list (F6).
pub fn beside(model: &mut Model, down: bool, out: &mut Out) {
    let list = &mut model.list;
    if let Some(opened) = &model.opened {
        list.select_lead(opened.dossier.id);
    }
    let (at, last) = (list.at, list.rows.len().saturating_sub(1));
    match if down { (at < last).then_some(at + 1) } else { at.checked_sub(1) } {
        Some(next) => {
            list.select(next);
            command::open_selected(model, out);
        }
        None => model
            .say(StatusKind::Info, if down { "this is the last of the list" } else { "this is the first of the list" }),
    }
}

/// Back to the list, from a lead that owes nothing.
pub fn leave(model: &mut Model) {
    model.stop_after = false;
    model.opened = None;
    model.lead = LeadView::default();
    model.screen = Screen::Inbox;
}
