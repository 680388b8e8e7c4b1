//! Whether somebody can take a lead now, and if not, why and until when (R58, R59, F43, F44).

use serde::{Deserialize, Serialize};

use super::decision::{Considered, Verdict};
use super::facts::Facts;
use super::policy::{Criterion, Hours, Rule};
use crate::handoff::Time;
use crate::handoff::calendar::Calendar;
use crate::handoff::roster::{Away, Responder};

/// How many absences, appointments and closings in a row are looked through for when somebody is back.
const MOST_TURNS: usize = 1000;

/// What stands between a person and a lead. It is put in words only when somebody asks.
#[derive(Clone, Copy)]
pub(super) enum Hurdle<'a> {
    Inactive,
    Unqualified(Criterion),
    Excluded,
    Paused,
    Away(&'a Away),
    Busy,
    AtCap { open: u32, cap: u32 },
    AtDailyCap { today: u32, cap: u32 },
    Closed,
}

/// One person of a rule's pool.
pub(super) struct Standing<'a> {
    pub person: &'a Responder,
    pub hurdle: Option<Hurdle<'a>>,
}

impl Standing<'_> {
    /// They work here and have in common with the lead what the rule asks; whether they have time is another matter.
    pub fn is_qualified(&self) -> bool {
        !matches!(self.hurdle, Some(Hurdle::Inactive | Hurdle::Unqualified(_)))
    }
}

/// The hour, and which calendars are open in it. People mostly share a few, so each is asked once.
pub(super) struct Shift<'a> {
    pub now: Time,
    pub team: &'a Calendar,
    known: Vec<(&'a str, bool)>,
}

impl<'a> Shift<'a> {
    pub fn new(now: Time, team: &'a Calendar) -> Self {
        Self { now, team, known: Vec::new() }
    }

    /// Whether the person's own calendar, or else the team's, is open now.
    pub fn is_open(&mut self, person: &'a Responder) -> bool {
        self.is_open_by(person.calendar(self.team))
    }

    /// Whether a calendar is open now.
    pub fn is_open_by(&mut self, calendar: &'a Calendar) -> bool {
        // The version says all that bears on it: zone, windows, holidays and overrides.
        let version = calendar.version();
        if let Some((_, is_open)) = self.known.iter().find(|(known, _)| *known == version) {
            return *is_open;
        }
        let is_open = calendar.is_open(self.now);
        self.known.push((version, is_open));
        is_open
    }

    /// The first thing that keeps a person from a lead under a rule. The order tells the lasting before the passing.
    pub fn hurdle(
        &mut self,
        person: &'a Responder,
        rule: &Rule,
        facts: &Facts<'_>,
        excluding: &[String],
    ) -> Option<Hurdle<'a>> {
        if !person.is_active {
            return Some(Hurdle::Inactive);
        }
        if let Some(&by) = rule.by.iter().find(|by| !facts.meets(**by, person, rule.or_open)) {
            return Some(Hurdle::Unqualified(by));
        }
        if excluding.contains(&person.id) {
            return Some(Hurdle::Excluded);
        }
        if person.is_paused {
            return Some(Hurdle::Paused);
        }
        if let Some(away) = person.away.iter().find(|away| away.holds(self.now)) {
            return Some(Hurdle::Away(away));
        }
        if busy_until(person, self.now).is_some() {
            return Some(Hurdle::Busy);
        }
        let load = &person.load;
        if let Some(cap) = person.open_cap.filter(|&cap| load.open >= cap) {
            return Some(Hurdle::AtCap { open: load.open, cap });
        }
        if let Some(cap) = person.daily_cap.filter(|&cap| load.today >= cap) {
            return Some(Hurdle::AtDailyCap { today: load.today, cap });
        }
        (rule.hours == Hours::Open && !self.is_open(person)).then_some(Hurdle::Closed)
    }

    /// From when on a person is there, whatever they have in hand: `now` if they are; nothing if nobody can tell.
    pub fn there_from(&self, person: &Responder, hours: Hours) -> Option<Time> {
        if !person.is_active || person.is_paused {
            return None;
        }
        let calendar = person.calendar(self.team);
        let mut at = self.now;
        for _ in 0..MOST_TURNS {
            let next = if let Some(away) = person.away.iter().find(|away| away.holds(at)) {
                away.to?
            } else if let Some(end) = busy_until(person, at) {
                end
            } else if hours == Hours::Open && !calendar.is_open(at) {
                calendar.next_opening(at)?
            } else {
                return Some(at);
            };
            at = next;
        }
        None
    }

    /// A person and their hurdle in words.
    pub fn told(&self, standing: &Standing<'_>, hurdle: Hurdle<'_>, facts: &Facts<'_>, hours: Hours) -> Considered {
        let person = standing.person;
        let unavailable = |why: String| Verdict::Unavailable {
            why,
            until: self.there_from(person, hours).filter(|&at| at > self.now),
        };
        let verdict = match hurdle {
            Hurdle::Inactive => Verdict::Unavailable { why: "no longer active".into(), until: None },
            Hurdle::Unqualified(by) => Verdict::Unqualified { why: facts.unmet(by, person) },
            Hurdle::Excluded => Verdict::Excluded,
            Hurdle::Paused => unavailable("paused".into()),
            Hurdle::Away(away) if away.why.trim().is_empty() => unavailable("away".into()),
            Hurdle::Away(away) => unavailable(format!("away, {}", away.why.trim())),
            Hurdle::Busy => unavailable("busy".into()),
            Hurdle::Closed => unavailable("outside their hours".into()),
            Hurdle::AtCap { open, cap } => Verdict::AtCap { open, cap },
            Hurdle::AtDailyCap { today, cap } => Verdict::AtDailyCap { today, cap },
        };
        Considered::new(person, verdict)
    }
}

/// When the appointments end that somebody is in; nothing if in none.
fn busy_until(person: &Responder, at: Time) -> Option<Time> {
    person.busy.iter().filter(|(from, to)| *from <= at && at < *to).map(|(_, to)| *to).max()
}

/// Whether somebody is there to take leads, whatever they have in hand (F43).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Presence {
    /// At work.
    There,
    /// Works here no more.
    Left,
    /// Switched off until somebody switches them on again.
    Paused,
    /// Out of office.
    Away {
        /// Why; may be empty.
        why: String,
        /// From when on they are there again; nothing where nobody knows.
        #[schema(value_type = Option<String>, format = DateTime)]
        until: Option<Time>,
    },
    /// In an appointment.
    Busy {
        /// From when on they are there again.
        #[schema(value_type = Option<String>, format = DateTime)]
        until: Option<Time>,
    },
    /// Out of their hours.
    Closed {
        /// From when on they are there again.
        #[schema(value_type = Option<String>, format = DateTime)]
        until: Option<Time>,
    },
}

/// Whether a person is there now, by their own calendar or else by the team's.
pub fn presence(person: &Responder, team: &Calendar, now: Time) -> Presence {
    let shift = Shift::new(now, team);
    let until = shift.there_from(person, Hours::Open);
    let is_closed = || !person.calendar(team).is_open(now);
    match person.away.iter().find(|away| away.holds(now)) {
        _ if !person.is_active => Presence::Left,
        _ if person.is_paused => Presence::Paused,
        Some(away) => Presence::Away { why: away.why.trim().to_owned(), until },
        None if busy_until(person, now).is_some() => Presence::Busy { until },
        None if is_closed() => Presence::Closed { until },
        None => Presence::There,
    }
}
