//! The decision itself: the first rule that takes the lead, then the first of those who can have it.

use super::availability::{Hurdle, Shift, Standing};
use super::decision::{Considered, Decision, Target, Tried, Verdict};
use super::facts::Facts;
use super::policy::{Criterion, RoutingPolicy, Rule, Who};
use super::rank::{Candidate, candidates};
use super::when::is_high_intent;
use crate::handoff::Time;
use crate::handoff::calendar::Calendar;
use crate::handoff::lead::Lead;
use crate::handoff::roster::Responder;
use crate::handoff::scoring::same;

/// Who gets the lead (F41-F48). `calendar` is the team's, for whoever has none of their own; whoever is in `excluding`
/// does not get it. There is always a target: what nobody can take goes to a queue. The same lead, people, rules and
/// instant give the same decision, in whatever order the people come.
pub fn route(
    lead: &Lead,
    roster: &[Responder],
    policy: &RoutingPolicy,
    calendar: &Calendar,
    now: Time,
    excluding: &[String],
) -> Decision {
    Ask::new(lead, roster, policy, calendar, now, excluding).decide(None)
}

/// The decision of [`route`] with all that it was made by: every rule tried, who lost and why (F50, R124).
pub fn explain(
    lead: &Lead,
    roster: &[Responder],
    policy: &RoutingPolicy,
    calendar: &Calendar,
    now: Time,
    excluding: &[String],
) -> Decision {
    let mut tried = Vec::new();
    let decision = Ask::new(lead, roster, policy, calendar, now, excluding).decide(Some(&mut tried));
    Decision { tried, ..decision }
}

/// Where nobody who qualifies under the rule that takes the lead is on duty: the instant from which the first of them
/// is. Caps do not matter, since who has reached one is on duty. Nothing if somebody is on duty now, if nobody can tell
/// when somebody will be, or if the rule names a queue: then there is nothing to wait for.
pub fn held_until(
    lead: &Lead,
    roster: &[Responder],
    policy: &RoutingPolicy,
    calendar: &Calendar,
    now: Time,
    excluding: &[String],
) -> Option<Time> {
    let mut ask = Ask::new(lead, roster, policy, calendar, now, excluding);
    let (rule, pool) = ask.taker(&mut None)?;
    let able = pool.iter().filter(|it| it.is_qualified() && !matches!(it.hurdle, Some(Hurdle::Excluded)));
    let first = able.filter_map(|it| ask.shift.there_from(it.person, rule.hours)).min()?;
    (first > now).then_some(first)
}

/// What is asked, read once.
struct Ask<'a> {
    lead: &'a Lead,
    facts: Facts<'a>,
    roster: &'a [Responder],
    policy: &'a RoutingPolicy,
    shift: Shift<'a>,
    in_hours: bool,
    excluding: &'a [String],
}

impl<'a> Ask<'a> {
    fn new(
        lead: &'a Lead,
        roster: &'a [Responder],
        policy: &'a RoutingPolicy,
        calendar: &'a Calendar,
        now: Time,
        excluding: &'a [String],
    ) -> Self {
        let mut shift = Shift::new(now, calendar);
        let in_hours = shift.is_open_by(calendar);
        Self { lead, facts: Facts::new(lead, policy), roster, policy, shift, in_hours, excluding }
    }

    /// Decides; what was tried is told only if there is somewhere to tell it.
    fn decide(&mut self, mut tried: Option<&mut Vec<Tried>>) -> Decision {
        let high_intent = is_high_intent(self.lead);
        let Some((rule, pool)) = self.taker(&mut tried) else {
            let target = self.queue(None, "no rule takes the lead".into());
            return Decision { target, rule: "none".into(), pinned: false, high_intent, tried: Vec::new() };
        };
        let candidates = candidates(&pool, &mut self.shift, high_intent);
        let chosen = candidates.iter().min_by(|a, b| a.compare(b).0);
        if let Some(tried) = tried {
            let people = self.people(rule, &pool, &candidates, chosen);
            tried.push(Tried { rule: rule.name.clone(), matched: true, why: self.why_it_takes(rule), people });
        }
        let target = match (&rule.who, chosen) {
            (Who::Queue(name), _) => Target::Queue { name: name.clone(), why: "the rule names it".into() },
            (_, Some(chosen)) => Target::Person { id: chosen.person.id.clone() },
            (who, None) => self.queue(Some(rule), nobody(who, &pool)),
        };
        let pinned = chosen.is_some() && rule.by.contains(&Criterion::Account);
        Decision { target, rule: rule.name.clone(), pinned, high_intent, tried: Vec::new() }
    }

    /// The first rule that takes the lead, and its pool.
    fn taker(&mut self, tried: &mut Option<&mut Vec<Tried>>) -> Option<(&'a Rule, Vec<Standing<'a>>)> {
        for rule in &self.policy.rules {
            if let Some(failing) = rule.when.failing(self.lead, self.in_hours) {
                if let Some(tried) = tried {
                    let why = failing.unmet(&rule.when, self.lead, self.in_hours);
                    tried.push(Tried { rule: rule.name.clone(), matched: false, why, people: Vec::new() });
                }
                continue;
            }
            let pool = self.pool(rule);
            if rule.by.is_empty() || pool.iter().any(Standing::is_qualified) {
                return Some((rule, pool));
            }
            if let Some(tried) = tried {
                let people = self.people(rule, &pool, &[], None);
                let by: Vec<_> = rule.by.iter().map(|by| self.facts.told(*by)).collect();
                let why = format!("nobody of {} qualifies; {}", rule.who, by.join("; "));
                tried.push(Tried { rule: rule.name.clone(), matched: false, why, people });
            }
        }
        None
    }

    fn pool(&mut self, rule: &Rule) -> Vec<Standing<'a>> {
        let belongs = |person: &&Responder| match &rule.who {
            Who::Everybody => true,
            Who::Team(team) => person.team.as_deref().is_some_and(|theirs| same(theirs, team)),
            Who::People(people) => people.contains(&person.id),
            Who::Queue(_) => false,
        };
        let Self { roster, shift, facts, excluding, .. } = self;
        let stand = |person| Standing { person, hurdle: shift.hurdle(person, rule, facts, excluding) };
        roster.iter().filter(belongs).map(stand).collect()
    }

    /// The queue for what nobody can take under a rule.
    fn queue(&self, rule: Option<&Rule>, why: String) -> Target {
        let policy = self.policy;
        let own = rule.and_then(|rule| rule.overflow.as_ref());
        let last = policy.rules.last().and_then(|rule| match &rule.who {
            Who::Queue(name) => Some(name),
            _ => rule.overflow.as_ref(),
        });
        let after_hours = policy.after_hours.as_ref().filter(|_| !self.in_hours);
        // A policy that was checked has one of them; even without, the lead is not dropped.
        let name = after_hours.or(own).or(last).or(policy.queues.first().map(|queue| &queue.name));
        Target::Queue { name: name.cloned().unwrap_or_else(|| "inbound".into()), why }
    }

    fn why_it_takes(&self, rule: &Rule) -> String {
        if rule.is_catch_all() {
            return format!("it takes every lead, for {}", rule.who);
        }
        let mut told = vec![format!("for {}", rule.who)];
        told.extend(rule.when.told(self.lead, self.in_hours));
        told.extend(rule.by.iter().map(|by| self.facts.told(*by)));
        told.join("; ")
    }

    fn people(
        &self,
        rule: &Rule,
        pool: &[Standing<'a>],
        candidates: &[Candidate<'a>],
        chosen: Option<&Candidate<'a>>,
    ) -> Vec<Considered> {
        let lost = candidates.iter().filter_map(|candidate| {
            let chosen = chosen?;
            let is_chosen = candidate.person.id == chosen.person.id;
            let verdict = if is_chosen { Verdict::Chosen } else { candidate.lost_to(chosen) };
            Some(Considered::new(candidate.person, verdict))
        });
        let stopped = pool.iter().filter_map(|standing| {
            standing.hurdle.map(|hurdle| self.shift.told(standing, hurdle, &self.facts, rule.hours))
        });
        let named = match &rule.who {
            Who::People(people) => people.as_slice(),
            _ => &[],
        };
        let unknown = named.iter().filter(|id| self.roster.iter().all(|person| person.id != **id)).map(|id| {
            let verdict = Verdict::Unavailable { why: "there is nobody of this id".into(), until: None };
            Considered::new(&Responder::new(id), verdict)
        });
        let mut people: Vec<_> = lost.chain(stopped).chain(unknown).collect();
        people.sort_by(|a, b| a.id.cmp(&b.id));
        people
    }
}

/// Why nobody of a pool gets the lead, counted.
fn nobody(who: &Who, pool: &[Standing<'_>]) -> String {
    let count = |is: fn(&Hurdle<'_>) -> bool| pool.iter().filter_map(|it| it.hurdle).filter(|it| is(it)).count();
    let kinds = [
        (count(|it| matches!(it, Hurdle::Closed)), "outside their hours"),
        (count(|it| matches!(it, Hurdle::Away(_))), "away"),
        (count(|it| matches!(it, Hurdle::Paused)), "paused"),
        (count(|it| matches!(it, Hurdle::Busy)), "busy"),
        (count(|it| matches!(it, Hurdle::AtCap { .. })), "at their cap"),
        (count(|it| matches!(it, Hurdle::AtDailyCap { .. })), "at their daily cap"),
        (count(|it| matches!(it, Hurdle::Excluded)), "not to have it again"),
        (count(|it| matches!(it, Hurdle::Inactive)), "no longer active"),
    ];
    let told: Vec<_> = kinds.iter().filter(|it| it.0 > 0).map(|(count, what)| format!("{count} {what}")).collect();
    match told.as_slice() {
        [] => format!("there is nobody in {who}"),
        told => format!("nobody of {who} can take it: {}", told.join(", ")),
    }
}
