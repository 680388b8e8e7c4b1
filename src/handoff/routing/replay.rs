//! Routing of the past, once more, with two policies side by side (F51): whoever wants to change the rules sees which leads
//! would have gone elsewhere, and why.
//!
//! Both sides decide at the times at which the hub did, each by the loads that it came to itself, so that caps and the order
//! among equals work. What people did is taken as it was: a lead that was closed is closed for whoever holds it on a side, one
//! that a person gave away goes to the same person on both, and one that was taken from somebody who did not answer is taken on
//! the sides where that person has it. Nobody counts as paused: that is of today.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::decide::{explain, held_until, route};
use super::decision::{Decision, Target};
use super::policy::RoutingPolicy;
use crate::handoff::Time;
use crate::handoff::calendar::Calendar;
use crate::handoff::event::{EventKind, Role};
use crate::handoff::lead::Lead;
use crate::handoff::roster::Responder;

/// The beginning of a queue's name where an event says to whom a lead was given.
const QUEUE: &str = "the queue ";

/// So often a lead that waits for somebody is tried again.
const MOST_TRIES: u32 = 32;

/// What bears on who has a lead in hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A rule chose.
    Routed {
        /// Which.
        rule: String,
        /// The queue, if nobody got it.
        queue: Option<String>,
    },
    /// It was given to somebody.
    Given {
        /// To whom; nothing is a queue.
        to: Option<String>,
        /// The rules did it, and not a person.
        by_rule: bool,
        /// It was taken from somebody for that.
        again: bool,
    },
    /// Nothing is left to do for who had it.
    Closed {
        /// They do not keep it.
        is_back: bool,
    },
    /// There is again.
    Reopened,
}

impl Happened {
    /// What an event says to that; nothing if it does not bear on it.
    pub fn of(what: &EventKind, by: Role) -> Option<Self> {
        let by_rule = by == Role::System;
        Some(match what {
            EventKind::Routed { rule, queue } => Self::Routed { rule: rule.clone(), queue: queue.clone() },
            EventKind::Assigned { to } => Self::Given { to: Some(to.clone()), by_rule, again: false },
            EventKind::Rerouted { to, .. } => {
                Self::Given { to: Some(to.clone()).filter(|to| !to.starts_with(QUEUE)), by_rule, again: true }
            }
            EventKind::Rejected(_) | EventKind::Qualified(_) => Self::Closed { is_back: false },
            EventKind::Recycled { .. } => Self::Closed { is_back: true },
            EventKind::Reopened { .. } => Self::Reopened,
            _ => return None,
        })
    }
}

/// Who has a lead, and whether it counts among their open ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    owner: Option<String>,
    is_open: bool,
}

impl Held {
    /// Whose open lead it is.
    pub fn open_with(&self) -> Option<&str> {
        self.owner.as_deref().filter(|_| self.is_open)
    }

    /// What it comes to after something happened.
    pub fn after(&mut self, happened: &Happened) {
        match happened {
            Happened::Routed { .. } => *self = Self::default(),
            Happened::Given { to, .. } => *self = Self { owner: to.clone(), is_open: true },
            Happened::Closed { is_back } => {
                self.is_open = false;
                self.owner.take_if(|_| *is_back);
            }
            Happened::Reopened => self.is_open = true,
        }
    }
}

/// Where a lead went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Went {
    /// By which rule.
    pub rule: String,
    /// To whom; nothing means that it waits in a queue.
    pub to: Option<String>,
    /// The queue where it waits, or waited first.
    pub queue: Option<String>,
}

impl Went {
    fn of(decision: &Decision) -> Self {
        let rule = decision.rule.clone();
        match &decision.target {
            Target::Person { id } => Self { rule, to: Some(id.clone()), queue: None },
            Target::Queue { name, .. } => Self { rule, to: None, queue: Some(name.clone()) },
        }
    }

    /// To the same place, whatever the rule is called.
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.to == other.to && (self.to.is_some() || self.queue == other.queue)
    }
}

/// One lead that was routed, as it went and as it would have gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Its number.
    pub lead: i64,
    /// When it was routed.
    pub at: Time,
    /// As the log says.
    pub really: Went,
    /// By the rules in force.
    pub old: Went,
    /// By the rules that are tried.
    pub new: Went,
    /// Why these differ, in words; empty where they do not.
    pub why: String,
}

/// One of the two policies, and what everybody has in hand under it.
pub struct Side<'p> {
    policy: &'p RoutingPolicy,
    calendar: &'p Calendar,
    roster: Vec<Responder>,
    held: BTreeMap<i64, Held>,
    waiting: BTreeMap<i64, Waits>,
    agenda: BTreeSet<(Time, i64)>,
    day: Option<NaiveDate>,
}

/// A lead that waits for somebody.
struct Waits {
    lead: Lead,
    tries: u32,
    again: Option<Time>,
}

impl<'p> Side<'p> {
    /// A side where everybody has in hand what their load says, and these leads are with these people.
    pub fn new(
        policy: &'p RoutingPolicy,
        calendar: &'p Calendar,
        mut roster: Vec<Responder>,
        held: BTreeMap<i64, Held>,
    ) -> Self {
        for person in &mut roster {
            person.is_paused = false;
        }
        Self { policy, calendar, roster, held, waiting: BTreeMap::new(), agenda: BTreeSet::new(), day: None }
    }

    fn turn(&mut self, at: Time) {
        // The hub counts by days in UTC.
        let today = Some(at.date_naive());
        if self.day != today {
            self.day = today;
            self.roster.iter_mut().for_each(|person| person.load.today = 0);
        }
    }

    /// Puts a lead where it is from now on.
    fn put(&mut self, id: i64, after: Held, at: Time) {
        let before = self.held.remove(&id).unwrap_or_default();
        if before.open_with() != after.open_with() {
            for (person, more) in [(before.open_with(), -1), (after.open_with(), 1)] {
                let Some(person) = self.roster.iter_mut().find(|other| Some(other.id.as_str()) == person) else {
                    continue;
                };
                let load = &mut person.load;
                load.open = load.open.saturating_add_signed(more);
                if more > 0 {
                    load.today += 1;
                    load.last_assigned_at = Some(at);
                }
            }
        }
        if after != Held::default() {
            self.held.insert(id, after);
        }
    }

    /// What happened to a lead by people, or by itself, likewise on this side.
    fn follow(&mut self, id: i64, happened: &Happened, at: Time) {
        self.forget(id);
        let mut after = self.held.get(&id).cloned().unwrap_or_default();
        after.after(happened);
        self.put(id, after, at);
    }

    fn forget(&mut self, id: i64) {
        if let Some(Waits { again: Some(at), .. }) = self.waiting.remove(&id) {
            self.agenda.remove(&(at, id));
        }
    }

    /// Decides about a lead, and gives it where that leads; what nobody can take waits.
    fn decide(&mut self, id: i64, lead: &Lead, at: Time, excluding: &[String], tries: u32) -> Decision {
        self.turn(at);
        self.forget(id);
        let decision = route(lead, &self.roster, self.policy, self.calendar, at, excluding);
        let owner = Went::of(&decision).to;
        if owner.is_none() && tries < MOST_TRIES {
            let again = held_until(lead, &self.roster, self.policy, self.calendar, at, excluding);
            let again = again.filter(|&again| again > at);
            self.agenda.extend(again.map(|again| (again, id)));
            self.waiting.insert(id, Waits { lead: lead.clone(), tries: tries + 1, again });
        }
        let is_open = owner.is_some();
        self.put(id, Held { owner, is_open }, at);
        decision
    }

    /// The decision that would be made now with all that goes into it; nothing is given to anybody.
    fn explained(&mut self, lead: &Lead, at: Time) -> Decision {
        self.turn(at);
        explain(lead, &self.roster, self.policy, self.calendar, at, &[])
    }

    /// Tries again for a lead that waits; says where it goes, if that is a person.
    fn retry(&mut self, id: i64, at: Time) -> Option<Went> {
        let Waits { lead, tries, .. } = self.waiting.get(&id)?;
        let (lead, tries) = (lead.clone(), *tries);
        Some(Went::of(&self.decide(id, &lead, at, &[], tries))).filter(|went| went.to.is_some())
    }

    /// The next lead whose time has come by `until`, and that time.
    fn due(&self, until: Time) -> Option<(Time, i64)> {
        self.agenda.first().copied().filter(|(at, _)| *at <= until)
    }
}

/// Two policies side by side, through the same time.
pub struct Replay<'p> {
    old: Side<'p>,
    new: Side<'p>,
    really: BTreeMap<i64, Held>,
    leads: Vec<Replayed>,
    latest: BTreeMap<i64, usize>,
}

impl<'p> Replay<'p> {
    /// Begins with the leads that people had in hand then.
    pub fn new(old: Side<'p>, new: Side<'p>, really: BTreeMap<i64, Held>) -> Self {
        Self { old, new, really, leads: Vec::new(), latest: BTreeMap::new() }
    }

    /// The next thing that happened, in the order of time. `lead` is asked for where a rule chose.
    pub fn happened(&mut self, at: Time, id: i64, happened: &Happened, lead: Option<&Lead>) {
        self.pass(at);
        let before = self.really.entry(id).or_default().clone();
        self.really.entry(id).or_default().after(happened);
        match (happened, lead) {
            (Happened::Routed { rule, queue }, Some(lead)) => {
                // Asked before it is given: afterwards the load would be another.
                let told = self.new.explained(lead, at);
                let old = self.old.decide(id, lead, at, &[], 0);
                let new = Went::of(&self.new.decide(id, lead, at, &[], 0));
                let really = Went { rule: rule.clone(), to: None, queue: queue.clone() };
                let why = if Went::of(&old) == new { String::new() } else { why(&old, &told) };
                self.latest.insert(id, self.leads.len());
                self.leads.push(Replayed { lead: id, at, really, old: Went::of(&old), new, why });
            }
            (Happened::Given { to, by_rule: true, again: false }, _) => {
                if let Some(row) = self.latest.get(&id).and_then(|&row| self.leads.get_mut(row)) {
                    row.really.to.clone_from(to);
                }
                self.retry(id, at);
            }
            (Happened::Given { by_rule: true, again: true, .. }, Some(lead)) => {
                let from: Vec<String> = before.owner.into_iter().collect();
                for side in [&mut self.old, &mut self.new] {
                    let held = side.held.get(&id).and_then(Held::open_with);
                    if held.is_some() && held == from.first().map(String::as_str) {
                        side.decide(id, lead, at, &from, 0);
                    }
                }
            }
            _ => [&mut self.old, &mut self.new].into_iter().for_each(|side| {
                side.turn(at);
                side.follow(id, happened, at);
            }),
        }
    }

    /// Lets time pass: what waited for somebody who is there again is given to them.
    pub fn pass(&mut self, until: Time) {
        while let Some((at, id)) = [self.old.due(until), self.new.due(until)].into_iter().flatten().min() {
            for side in [&mut self.old, &mut self.new] {
                side.agenda.remove(&(at, id));
            }
            self.retry(id, at);
        }
    }

    fn retry(&mut self, id: i64, at: Time) {
        let (old, new) = (self.old.retry(id, at), self.new.retry(id, at));
        let Some(row) = self.latest.get(&id).and_then(|&row| self.leads.get_mut(row)) else { return };
        let waited = |went: Went, before: &Went| Went { queue: before.queue.clone(), ..went };
        if let Some(old) = old {
            row.old = waited(old, &row.old);
        }
        if let Some(new) = new {
            row.new = waited(new, &row.new);
        }
        if row.old == row.new {
            row.why.clear();
        } else if row.why.is_empty() {
            row.why = "it waited in the queue, and others had less in hand when somebody was there".into();
        }
    }

    /// What it came to: each lead that was routed, in the order of time.
    pub fn finish(self) -> Vec<Replayed> {
        self.leads
    }
}

/// Why the new rules send a lead elsewhere than the old ones did; `new` was explained.
fn why(old: &Decision, new: &Decision) -> String {
    let taken = new.tried.last().filter(|tried| tried.matched);
    if old.rule != new.rule {
        return match (new.tried.iter().find(|tried| tried.rule == old.rule && !tried.matched), taken) {
            (Some(tried), _) => format!("“{}” does not take it: {}", tried.rule, tried.why),
            (None, Some(tried)) => format!("“{}” takes it: {}", tried.rule, tried.why),
            (None, None) => "no rule takes it".into(),
        };
    }
    let told = |id: &String| {
        let person = taken.and_then(|tried| tried.people.iter().find(|person| person.id == *id));
        person.map_or_else(|| format!("{id} is not among those of “{}”", new.rule), |it| format!("{id}: {}", it.told()))
    };
    match (&old.target, &new.target) {
        (Target::Person { id }, _) | (Target::Queue { .. }, Target::Person { id }) => told(id),
        (Target::Queue { .. }, Target::Queue { why, .. }) => why.clone(),
    }
}
