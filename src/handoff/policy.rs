//! The team's rules as values. Every number of them stands here with its default; the configuration overrides them.

use serde::{Deserialize, Serialize};

use super::Time;
use super::calendar::Calendar;
use super::lead::TriggerKind;
use super::reason::{self, Reason};
use super::score::Category;
use super::sla::{AfterHours, Clock, Mode};

/// All rules that the handoff obeys.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Version, written into what is decided by it.
    pub version: String,
    /// Clocks and budgets.
    pub sla: SlaPolicy,
    /// The calendar that the clocks run on.
    pub calendar: Calendar,
    /// Those that they ran on before, in order: what was consumed by them stays consumed (section 4, rule 9).
    pub former: Vec<FormerCalendar>,
    /// The gate (F2).
    pub gate: GatePolicy,
    /// Deferral caps (C25).
    pub deferral: DeferralPolicy,
    /// Persistence (C15).
    pub touches: TouchPolicy,
    /// Rejection reasons (F79).
    pub reasons: Vec<Reason>,
    /// For how long an act is held back so that it can be undone, in seconds (F8).
    pub undo_seconds: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: "default".into(),
            sla: SlaPolicy::default(),
            calendar: Calendar::standard(chrono_tz::UTC),
            former: Vec::new(),
            gate: GatePolicy::default(),
            deferral: DeferralPolicy::default(),
            touches: TouchPolicy::default(),
            reasons: reason::canonical(),
            undo_seconds: 10,
        }
    }
}

/// A calendar that is no longer in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerCalendar {
    /// Until when it was.
    pub until: Time,
    /// The calendar.
    pub calendar: Calendar,
}

impl Policy {
    /// A clock of `budget` seconds from `start` on the calendars in force: each stretch of time on the one that was in
    /// force then, the rest on the present one (section 4, rule 9).
    pub fn clock(&self, start: Time, budget: i64, mode: Mode) -> Clock<'_> {
        let mut former = self.former.iter().skip_while(|former| former.until <= start);
        let Some(first) = former.next() else {
            return Clock::new(&self.calendar, start, budget, mode);
        };
        let mut until = first.until;
        let mut clock = Clock::new(&first.calendar, start, budget, mode);
        for next in former {
            clock = clock.reroute(&next.calendar, until);
            until = next.until;
        }
        clock.reroute(&self.calendar, until)
    }

    /// The seconds of a day as clocks of this mode count them: the office's day, or day and night.
    pub fn day(&self, mode: Mode) -> i64 {
        match mode {
            Mode::Business | Mode::SameDay => self.calendar.working_day(),
            Mode::Wall | Mode::WallRoll => 86_400,
        }
    }

    /// Working seconds in `[from, to)`, each counted by the calendar in force then; 0 when `to` is before `from`.
    pub fn worked(&self, from: Time, to: Time) -> i64 {
        self.clock(from, 0, Mode::Business).elapsed(to)
    }
}

/// How strict the gate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateMode {
    /// No other lead before a disposition.
    Strict,
    /// Reading on is allowed; what is owed is only shown.
    Relaxed,
}

/// The gate's settings (F2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatePolicy {
    /// Strict unless the team says otherwise.
    pub mode: GateMode,
    /// Skips a day.
    pub skips: u32,
    /// For so long a skipped lead stands behind the others, in seconds of day and night.
    pub skip_for: u32,
}

impl Default for GatePolicy {
    fn default() -> Self {
        Self { mode: GateMode::Strict, skips: 3, skip_for: 12 * 3600 }
    }
}

/// Deferral caps (C25).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeferralPolicy {
    /// The longest deferral, in days.
    pub days: u32,
    /// How often a lead may be deferred.
    pub most: u8,
}

impl Default for DeferralPolicy {
    fn default() -> Self {
        Self { days: 30, most: 2 }
    }
}

/// Persistence (R94, C15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TouchPolicy {
    /// Fewer than these within `days` is a shortfall.
    pub least: u32,
    /// These without a connection exhaust the lead.
    pub most: u32,
    /// Working days for the least touches.
    pub days: u32,
    /// What follows from a shortfall.
    pub shortfall: Shortfall,
    /// A generic touch counts as the personal first one; R50 says that it does not. Among `least` and `most` every
    /// touch counts: they are about persistence, not about what was said.
    pub generic_count: bool,
    /// An attempt must name the signal that it refers to (R50).
    pub require_citation: bool,
}

impl Default for TouchPolicy {
    fn default() -> Self {
        Self { least: 6, most: 8, days: 10, shortfall: Shortfall::Flag, generic_count: false, require_citation: false }
    }
}

/// What follows from a shortfall (C15). A laptop alone can route to nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortfall {
    /// It is noted on the lead, which stays with its rep.
    Flag,
    /// It is noted, and the lead goes back to marketing.
    Recycle,
}

/// Clocks and budgets (C1, C3, C6, C7). Budgets are in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlaPolicy {
    /// Where the first-contact clock starts (C3).
    pub anchor: Anchor,
    /// What to do where several rules match (C1).
    pub combine: Combine,
    /// The table, in order.
    pub rules: Vec<SlaRule>,
    /// What applies outside opening hours (C6, R69).
    pub after_hours: AfterHours,
    /// Unacknowledged for so long is escalated whatever the rule (R74), in working seconds.
    pub acknowledge: u32,
    /// Without activity for so long is flagged (R75), in working seconds.
    pub no_activity: u32,
    /// Without activity for so long is a black hole (R76), in seconds.
    pub black_hole: u32,
    /// Idle for so long without a next step is stalled (R84), in days.
    pub stalled_days: u32,
    /// Leads due within so many seconds stand under "Due".
    pub due_within: u32,
}

/// Where the first-contact clock starts (C3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// When it became an MQL.
    MqlConverted,
    /// When it was assigned to the rep.
    Assigned,
}

/// How the budgets of several matching rules become one (C1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// The earliest due time.
    Min,
    /// The first rule that matches.
    First,
}

/// One row of the policy table: which leads, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlaRule {
    /// Its name, as shown in "why due".
    pub name: String,
    /// Triggers that it is for; empty means all.
    pub triggers: Vec<TriggerKind>,
    /// Categories that it is for; empty means all.
    pub categories: Vec<Category>,
    /// Sources that it is for; empty means all.
    pub sources: Vec<String>,
    /// Working seconds (or seconds, by mode); not used by `same_day`.
    pub budget: u32,
    /// How time is counted.
    pub mode: Mode,
}

impl Default for SlaPolicy {
    fn default() -> Self {
        use TriggerKind::{Content, Demo, HandRaiser, Manual, Pricing, Threshold, Webinar};
        let by_trigger = |name: &str, triggers: &[TriggerKind], budget, mode| SlaRule {
            name: name.into(),
            triggers: triggers.to_vec(),
            categories: Vec::new(),
            sources: Vec::new(),
            budget,
            mode,
        };
        let by_category = |name: &str, category, budget, mode| SlaRule {
            name: name.into(),
            triggers: Vec::new(),
            categories: vec![category],
            sources: Vec::new(),
            budget,
            mode,
        };
        Self {
            anchor: Anchor::MqlConverted,
            combine: Combine::Min,
            rules: vec![
                by_trigger("demo or pricing", &[Demo, Pricing], 5 * 60, Mode::Business),
                by_trigger("hand-raiser or webinar", &[HandRaiser, Webinar], 30 * 60, Mode::Business),
                by_trigger("standard", &[Threshold, Manual], 60 * 60, Mode::Business),
                by_trigger("content, same day", &[Content], 0, Mode::SameDay),
                by_category("category A", Category::A, 60 * 60, Mode::Business),
                by_category("category B", Category::B, 4 * 3600, Mode::Business),
                // C23: 24 h elapsed, rolled to the next opening.
                by_category("category C", Category::C, 24 * 3600, Mode::WallRoll),
            ],
            after_hours: AfterHours::default(),
            acknowledge: 2 * 3600,
            no_activity: 4 * 3600,
            black_hole: 24 * 3600,
            stalled_days: 7,
            due_within: 3600,
        }
    }
}
