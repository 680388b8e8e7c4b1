//! The alert that escalation's action asks for.

use chrono::Duration;

use super::{Available, Category, Draft, UNCLAIMED, history, required_action};
use crate::handoff::Time;
use crate::handoff::clocks::clocks;
use crate::handoff::escalation::{Action, Case, Due, next_after};
use crate::handoff::lead::LeadId;
use crate::handoff::policy::Policy;

impl Available {
    /// The time from `now` until `until`, in working seconds; in real ones where nobody works in between.
    pub fn new(until: Time, policy: &Policy, now: Time) -> Self {
        let worked = policy.worked(now, until);
        Self { until, left: if worked > 0 { worked } else { (until - now).num_seconds() } }
    }
}

impl Draft {
    /// What is to be told of something that is due, at `now`; nothing where nobody has to decide. Until when: to the end of
    /// what it warns of, else to the nearest promise that can still be kept, to what escalation does next, or to the end
    /// of the working day. `case` is as it stands when that was done.
    pub fn of(case: &Case<'_>, due: &Due, lead: LeadId, now: Time) -> Option<Self> {
        let category = Category::of(&due.what)?;
        // A lead that waits in a queue has no owner, and whoever is told was not given it.
        let action = match due.what {
            Action::Reroute { .. } | Action::AlertManager | Action::FlagNoActivity if case.queue.is_some() => UNCLAIMED,
            _ => required_action(&due.what)?,
        };
        let action = action.to_owned();
        // In less than a minute nobody can do anything.
        let soon = now + Duration::minutes(1);
        let promised = || {
            let clocks = clocks(case.lead, case.handoff, case.policy);
            clocks
                .iter()
                .filter(|clock| clock.met_at.is_none())
                .filter_map(|clock| clock.due)
                .filter(|&at| at > soon)
                .min()
        };
        let until = match due.what {
            Action::Warn { due, .. } => Some(due),
            Action::NoShowRisk { meeting } => Some(meeting),
            _ => promised()
                .or_else(|| next_after(case, soon).map(|next| next.at))
                .or_else(|| case.policy.calendar.working_day_end(soon)),
        };
        let available = until.map(|until| Available::new(until, case.policy, now));
        let history = history(case.lead, case.trail, now);
        let (who, link, is_urgent) = (case.lead.display_name(), case.lead.url.clone(), due.is_urgent);
        Some(Self { lead, category, history, action, available, who, link, is_urgent })
    }
}
