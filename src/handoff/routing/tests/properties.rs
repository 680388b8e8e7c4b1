//! What holds of any people, rules and lead.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::handoff::scoring::same;

const PLACES: [&str; 3] = ["Spain", "France", "Japan"];
const DOMAINS: [&str; 2] = ["acme.example", "other.example"];

fn some(of: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    subsequence(of.to_vec(), 0..=of.len()).prop_map(|chosen| list(&chosen))
}

prop_compose! {
    fn load()(open in 0..4_u32, today in 0..4_u32, minutes in option::of(0..600_i64), median in option::of(1..900_i64)) -> Load {
        let last_assigned_at = minutes.map(|minutes| now() - chrono::Duration::minutes(minutes));
        Load { open, today, last_assigned_at, median_ack_seconds: median }
    }
}

prop_compose! {
    fn anybody()(
        team in option::of(select(vec!["emea", "apac"])),
        territories in some(&PLACES),
        accounts in some(&DOMAINS),
        segments in some(&["smb", "mid_market"]),
        [is_active, is_paused, is_away, is_busy] in [
            prop::bool::weighted(0.9), prop::bool::weighted(0.1), prop::bool::weighted(0.1), prop::bool::weighted(0.1),
        ],
        zone in option::of(select(vec![chrono_tz::UTC, chrono_tz::Tz::Asia__Tokyo, chrono_tz::Tz::America__New_York])),
        open_cap in option::of(1..5_u32),
        daily_cap in option::of(1..5_u32),
        weight in 0..4_u32,
        load in load(),
    ) -> Responder {
        let hour = chrono::Duration::hours(1);
        Responder {
            team: team.map(Into::into),
            territories,
            accounts,
            segments,
            is_active,
            is_paused,
            away: if is_away { vec![Away { from: now() - hour, to: Some(now() + hour), why: String::new() }] } else { vec![] },
            busy: if is_busy { vec![(now() - hour, now() + hour)] } else { vec![] },
            calendar: zone.map(Calendar::standard),
            open_cap,
            daily_cap,
            weight,
            load,
            ..Responder::new("")
        }
    }
}

fn roster() -> impl Strategy<Value = Vec<Responder>> {
    vec(anybody(), 0..8).prop_map(|mut roster| {
        roster.iter_mut().enumerate().for_each(|(index, person)| person.id = format!("p{index}"));
        roster
    })
}

prop_compose! {
    fn any_rule()(
        name in "[a-z]{4}",
        country in option::of(select(PLACES.to_vec())),
        high_intent in option::weighted(0.3, any::<bool>()),
        who in prop_oneof![
            3 => Just(Who::Everybody),
            2 => Just(Who::Team("EMEA".into())),
            1 => Just(Who::People(list(&["p0", "p3"]))),
            1 => Just(Who::Queue("side".into())),
        ],
        by in subsequence(vec![Criterion::Territory, Criterion::Segment, Criterion::Account], 0..=2),
        or_open in any::<bool>(),
        hours in select(vec![Hours::Open, Hours::Any]),
        has_overflow in any::<bool>(),
    ) -> Rule {
        let country = country.map(|country| list(&[country])).unwrap_or_default();
        let when = When { lead: LeadMatch { country, ..LeadMatch::default() }, high_intent, ..When::default() };
        let overflow = has_overflow.then(|| "side".into());
        Rule { name, when, who, by, or_open, hours, overflow }
    }
}

prop_compose! {
    fn any_lead()(country in option::of(select(PLACES.to_vec())), domain in option::of(select(DOMAINS.to_vec())),
                  size in option::of(select(vec!["50", "500"])), is_demo in any::<bool>()) -> Lead {
        let mut lead = if is_demo { demo() } else { spain() };
        lead.person.country = country.map(Into::into);
        lead.person.email = None;
        lead.company.domain = domain.map(Into::into);
        lead.company.size = size.map(Into::into);
        lead
    }
}

fn hour() -> impl Strategy<Value = Time> {
    (0..72_i64).prop_map(|hours| now() + chrono::Duration::hours(hours))
}

/// Worked out anew from the definitions, without the code under test.
fn could_have_it(person: &Responder, rule: &Rule, lead: &Lead, at: Time) -> bool {
    let size = lead.company.size.as_deref().map(|size| if size == "50" { "smb" } else { "mid_market" });
    let meets = |by: &Criterion| {
        let (theirs, fact) = match by {
            Criterion::Territory => (&person.territories, lead.person.country.as_deref()),
            Criterion::Segment => (&person.segments, size),
            _ => (&person.accounts, lead.company.domain.as_deref()),
        };
        fact.is_some_and(|fact| theirs.contains(&fact.to_owned()))
            || theirs.is_empty() && rule.or_open && *by != Criterion::Account
    };
    let in_pool = match &rule.who {
        Who::Everybody => true,
        Who::Team(team) => person.team.as_deref().is_some_and(|theirs| same(theirs, team)),
        Who::People(people) => people.contains(&person.id),
        Who::Queue(_) => false,
    };
    let office = office();
    let is_open = person.calendar.as_ref().unwrap_or(&office).is_open(at);
    in_pool
        && rule.by.iter().all(meets)
        && person.is_active
        && !person.is_paused
        && person.away.iter().all(|away| at < away.from || away.to.is_some_and(|to| to <= at))
        && person.busy.iter().all(|(from, to)| at < *from || *to <= at)
        && person.open_cap.is_none_or(|cap| person.load.open < cap)
        && person.daily_cap.is_none_or(|cap| person.load.today < cap)
        && (rule.hours == Hours::Any || is_open)
}

proptest! {
    #[test]
    fn whoever_is_chosen_could_have_it_and_a_queue_gets_only_what_nobody_could(
        lead in any_lead(), roster in roster(), rules in vec(any_rule(), 0..4), at in hour(), out in some(&["p0", "p1", "p2"]),
    ) {
        let mut policy = policy(rules);
        // Names tell the rules apart.
        policy.rules.iter_mut().enumerate().for_each(|(index, rule)| rule.name = format!("{index}"));
        policy.queues.push(Queue { name: "side".into(), monitor: Monitor::Person("mo".into()), claim: None });
        let decision = route(&lead, &roster, &policy, &office(), at, &out);
        let rule = policy.rules.iter().find(|rule| rule.name == decision.rule).unwrap();
        let mut able = roster.iter().filter(|person| could_have_it(person, rule, &lead, at) && !out.contains(&person.id));
        match &decision.target {
            Target::Person { id } => {
                let chosen = able.find(|person| person.id == *id);
                prop_assert!(chosen.is_some(), "{id} could not have it");
                let owns = chosen.unwrap().accounts.iter().any(|account| Some(account) == lead.company.domain.as_ref());
                prop_assert_eq!(decision.pinned, rule.by.contains(&Criterion::Account));
                prop_assert!(!decision.pinned || owns);
            }
            Target::Queue { name, .. } => {
                prop_assert!(able.next().is_none());
                prop_assert!(policy.queue(name).is_some());
                prop_assert!(!decision.pinned);
            }
        }
    }

    #[test]
    fn explaining_never_says_otherwise_and_the_order_of_the_people_does_not_matter(
        lead in any_lead(), roster in roster(), rules in vec(any_rule(), 0..4), at in hour(), out in some(&["p0", "p1"]),
        by in any::<prop::sample::Index>(),
    ) {
        let policy = policy(rules);
        let routed = route(&lead, &roster, &policy, &office(), at, &out);
        let explained = explain(&lead, &roster, &policy, &office(), at, &out);
        let last = explained.tried.last().unwrap().clone();
        prop_assert!(last.matched && explained.tried.iter().rev().skip(1).all(|tried| !tried.matched));
        let chosen = last.people.iter().filter(|person| person.verdict == Verdict::Chosen).map(|person| person.id.clone());
        let target = chosen.map(|id| Target::Person { id }).next();
        prop_assert_eq!(target.is_some(), matches!(routed.target, Target::Person { .. }));
        prop_assert!(target.is_none_or(|target| target == routed.target));

        let mut other = roster;
        if !other.is_empty() {
            let by = by.index(other.len());
            other.rotate_left(by);
            other.reverse();
        }
        prop_assert_eq!(&explain(&lead, &other, &policy, &office(), at, &out), &explained);
        prop_assert_eq!(Decision { tried: Vec::new(), ..explained }, routed);
    }

    #[test]
    fn what_is_held_can_be_given_out_when_the_time_has_come(
        lead in any_lead(), roster in roster(), rules in vec(any_rule(), 0..3), at in hour(),
    ) {
        let mut roster = roster;
        for person in &mut roster {
            (person.open_cap, person.daily_cap) = (None, None);
        }
        let policy = policy(rules);
        if let Some(until) = held_until(&lead, &roster, &policy, &office(), at, &[]) {
            prop_assert!(until > at);
            let is_person = |at| matches!(route(&lead, &roster, &policy, &office(), at, &[]).target, Target::Person { .. });
            prop_assert!(is_person(until));
            prop_assert!(!is_person(at));
        }
    }

    #[test]
    fn a_rule_that_is_said_to_be_unreachable_takes_no_lead(
        lead in any_lead(), roster in roster(), first in any_rule(), second in any_rule(), is_like in any::<[bool; 3]>(),
        at in hour(),
    ) {
        let (first, mut second) = (Rule { name: "first".into(), ..first }, Rule { name: "second".into(), ..second });
        // Else hardly any would be.
        second.when = if is_like[0] { first.when.clone() } else { second.when };
        second.by = if is_like[1] { first.by.clone() } else { second.by };
        second.who = if is_like[2] { first.who.clone() } else { second.who };
        prop_assume!(first.covers(&second));
        let decision = route(&lead, &roster, &policy(vec![first, second]), &office(), at, &[]);
        prop_assert_ne!(decision.rule, "second");
    }
}
