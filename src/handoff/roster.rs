//! The roster: who could take a lead, when they are there, and what they have in hand (R58, R59).
//!
//! These are the facts of one moment, gathered by whoever keeps them; [`crate::handoff::routing`] decides by them.

use serde::{Deserialize, Serialize};

use super::Time;
use super::calendar::Calendar;

/// One person who could take a lead.
#[derive(Clone, Debug, PartialEq)]
pub struct Responder {
    /// The short name by which the policy and the log know them, such as `ana`.
    pub id: String,
    /// Their full name.
    pub name: String,
    /// Their team.
    pub team: Option<String>,
    /// They work here. Who left gets nothing, and no rule waits for them (F49).
    pub is_active: bool,
    /// Countries or regions, in any case (R53).
    pub territories: Vec<String>,
    /// Names of size bands, as in `[routing.segments]` (R57).
    pub segments: Vec<String>,
    /// Industries and other expertise (R55).
    pub skills: Vec<String>,
    /// Products (R56).
    pub products: Vec<String>,
    /// Domains of the accounts that they own (R54).
    pub accounts: Vec<String>,
    /// Their own working hours; nothing means the team's.
    pub calendar: Option<Calendar>,
    /// When they are out of office (F43).
    pub away: Vec<Away>,
    /// They have switched themselves off for now (F43).
    pub is_paused: bool,
    /// Appointments and calls, each from the first instant up to but not including the second (R59).
    pub busy: Vec<(Time, Time)>,
    /// The most open leads that they may have (F44); nothing means any number.
    pub open_cap: Option<u32>,
    /// The most leads that they may be given on one day (F44); nothing means any number.
    pub daily_cap: Option<u32>,
    /// Their share compared with the others', 1 or more; 0 counts as 1.
    pub weight: u32,
    /// What they have in hand.
    pub load: Load,
}

impl Responder {
    /// Somebody who is always there for anything: what is not said sets no limit.
    pub fn new(id: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            name: id.clone(),
            id,
            team: None,
            is_active: true,
            territories: Vec::new(),
            segments: Vec::new(),
            skills: Vec::new(),
            products: Vec::new(),
            accounts: Vec::new(),
            calendar: None,
            away: Vec::new(),
            is_paused: false,
            busy: Vec::new(),
            open_cap: None,
            daily_cap: None,
            weight: 1,
            load: Load::default(),
        }
    }

    /// Their working hours, or else the team's.
    pub fn calendar<'a>(&'a self, team: &'a Calendar) -> &'a Calendar {
        self.calendar.as_ref().unwrap_or(team)
    }
}

/// A stretch of absence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// The first instant of it.
    pub from: Time,
    /// The first instant after it; nothing means that nobody knows yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Time>,
    /// Why, such as `vacation`; may be empty.
    #[serde(default)]
    pub why: String,
}

impl Away {
    /// Whether the absence holds at this instant.
    pub fn holds(&self, at: Time) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

/// What somebody has in hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Load {
    /// Open leads.
    pub open: u32,
    /// Leads given to them on their present day. A lead that was given in error is taken off again (F46, credit-back).
    pub today: u32,
    /// When they were given the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_assigned_at: Option<Time>,
    /// The median of what they took to acknowledge a lead, in working seconds (F45); nothing where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_ack_seconds: Option<i64>,
}

/// The middle of some numbers, halfway between the two middle ones of an even count; nothing of none.
pub fn median(mut numbers: Vec<i64>) -> Option<i64> {
    numbers.sort_unstable();
    let half = numbers.len() / 2;
    match (numbers.get(half.wrapping_sub(1)), numbers.get(half)) {
        (Some(&low), Some(&high)) if numbers.len().is_multiple_of(2) => Some(i64::midpoint(low, high)),
        (_, middle) => middle.copied(),
    }
}
