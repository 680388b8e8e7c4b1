//! What can be wrong with routing rules: a lead that no rule would take, a rule that no lead would reach, a queue that
//! nobody watches (F41, F47, R61).

use super::policy::{Criterion, RoutingPolicy, Rule, Who};
use super::when::When;
use crate::handoff::similar::similar;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

impl Fault {
    fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

impl Rule {
    /// Whether no lead could get past this rule to a later one: it takes all that the later one asks for.
    pub fn covers(&self, later: &Rule) -> bool {
        let asks_no_more = self.when == When::default() || self.when == later.when;
        let is_wider = self.who == Who::Everybody || self.who == later.who;
        // Whoever qualifies under all of the later one's criteria does so under some of them.
        let asks_less = is_wider && self.or_open >= later.or_open && self.by.iter().all(|by| later.by.contains(by));
        let takes_no_less = self.by.is_empty() || asks_less;
        asks_no_more && takes_no_less
    }
}

impl RoutingPolicy {
    /// What is wrong with a rule that would come after the rules that there are.
    pub fn faults_of_next(&self, rule: &Rule) -> Vec<Fault> {
        let mut faults = Vec::new();
        let name = &rule.name;
        if self.rules.iter().any(|earlier| earlier.name == *name) {
            faults.push(Fault::new(format!("there are two rules named “{name}”"), "give one another name"));
        } else if let Some(earlier) = self.rules.iter().find(|earlier| earlier.covers(rule)) {
            let (what, hint) = if earlier.is_catch_all() {
                ("takes every lead", "put the catch-all last")
            } else {
                ("asks the same", "take one out, or let the first ask for more")
            };
            let what = format!("the rule “{name}” can never be reached: “{}” above it {what}", earlier.name);
            faults.push(Fault::new(what, hint));
        }
        if let Who::Queue(queue) = &rule.who {
            faults.extend(self.no_queue(queue));
            if !rule.by.is_empty() {
                let what = format!("the rule “{name}” names a queue, where “by” has nobody to choose from");
                faults.push(Fault::new(what, "take out “by”, or name a team or people"));
            }
        }
        faults.extend(rule.overflow.iter().filter_map(|queue| self.no_queue(queue)));
        if rule.or_open && rule.by.iter().all(|by| *by == Criterion::Account) {
            let what = format!("the rule “{name}” has “or_open”, but no list that could be empty");
            faults.push(Fault::new(
                what,
                "take it out: without “by” everybody qualifies, and an account has an owner or none",
            ));
        }
        faults
    }

    /// What is wrong with the whole, beyond the single rules.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults: Vec<_> = self.after_hours.iter().filter_map(|queue| self.no_queue(queue)).collect();
        match self.rules.last() {
            Some(last) if last.is_catch_all() => {
                if !matches!(last.who, Who::Queue(_)) && last.overflow.is_none() {
                    let what = format!("the catch-all “{}” has no queue for what nobody can take", last.name);
                    faults.push(Fault::new(what, "give it overflow = … with the name of a queue"));
                }
            }
            _ => faults.push(Fault::new(
                "the rules have no catch-all, so that a lead could find none",
                "add a last rule without “when” and “by”",
            )),
        }
        faults
    }

    fn no_queue(&self, name: &str) -> Option<Fault> {
        if self.queue(name).is_some() {
            return None;
        }
        let hint = match similar(name, self.queues.iter().map(|queue| queue.name.as_str())) {
            Some(near) => format!("did you mean “{near}”?"),
            None => format!("add [[routing.queues]] with name = \"{name}\" and who watches it, monitor = …"),
        };
        Some(Fault::new(format!("there is no queue “{name}”"), hint))
    }
}
