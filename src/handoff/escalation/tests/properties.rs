//! Over random calendars, policies, acts and times: what must hold whatever the team configures.

use std::collections::BTreeSet;

use chrono::{Duration, NaiveDate};
use chrono_tz::Tz;
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::*;
use super::rig::{World, attempt, defer, time};
use crate::handoff::alert::{Alert, Draft, NoDecision};
use crate::handoff::calendar::{Calendar, Window};
use crate::handoff::disposition::{Act, Outcome, Rejection};
use crate::handoff::lead::{LeadId, Routing, TriggerKind};
use crate::handoff::policy::{Anchor, FormerCalendar, Shortfall, SlaRule};
use crate::handoff::sla::Mode;
use crate::handoff::summary::ClockKind;

fn window() -> impl Strategy<Value = Window> {
    (0..24_u16, 1..24_u16)
        .prop_filter_map("no time", |(open, length)| Window::new(open * 60, (open * 60 + length * 60) % 1440).ok())
}

/// A calendar that works at some time of the week, with a holiday now and then, where clocks change or not.
fn calendar() -> impl Strategy<Value = Calendar> {
    let zones = [Tz::UTC, Tz::Europe__Berlin, Tz::America__New_York, Tz::Australia__Lord_Howe];
    let week = proptest::array::uniform7(prop_oneof![1 => Just(vec![]), 4 => vec(window(), 1..3)]);
    let holiday = prop::option::of(0..14_u64);
    (0..zones.len(), week, holiday, any::<bool>()).prop_filter_map(
        "never open",
        move |(zone, week, holiday, always)| {
            let first = NaiveDate::from_ymd_opt(2026, 10, 23)?;
            let holidays = holiday.map(|days| first + chrono::Days::new(days)).into_iter().collect();
            let is_open = always || week.iter().any(|windows| !windows.is_empty());
            let calendar = Calendar::new("random", zones[zone], week, holidays, Default::default());
            is_open.then(|| if always { Calendar::always() } else { calendar })
        },
    )
}

fn policy() -> impl Strategy<Value = Policy> {
    let modes = [Mode::Business, Mode::Business, Mode::Wall, Mode::WallRoll, Mode::SameDay];
    let sla = (1..240_u32, 0..modes.len(), any::<bool>(), 1..300_u32, 1..600_u32, 60..3000_u32, 1..4_u32);
    let touches = (0..4_u32, 1..5_u32, 1..3_u32, any::<bool>());
    let former = prop::option::weighted(0.3, (calendar(), -2000..6000_i64));
    (calendar(), sla, touches, former).prop_map(move |(calendar, sla, touches, former)| {
        let mut policy = Policy { calendar, ..Policy::default() };
        let (budget, mode, is_anchored, acknowledge, no_activity, black_hole, stalled_days) = sla;
        let (triggers, categories, sources) = (Vec::new(), Vec::new(), Vec::new());
        let mode = modes[mode];
        policy.sla.rules = vec![SlaRule { name: "r".into(), triggers, categories, sources, budget: budget * 60, mode }];
        policy.sla.anchor = if is_anchored { Anchor::Assigned } else { Anchor::MqlConverted };
        (policy.sla.acknowledge, policy.sla.no_activity) = (acknowledge * 60, no_activity * 60);
        (policy.sla.black_hole, policy.sla.stalled_days) = (black_hole * 60, stalled_days);
        (policy.touches.least, policy.touches.most, policy.touches.days) =
            (touches.0.min(touches.1), touches.1, touches.2);
        policy.touches.shortfall = if touches.3 { Shortfall::Recycle } else { Shortfall::Flag };
        let former =
            former.map(|(calendar, minutes)| FormerCalendar { until: start() + Duration::minutes(minutes), calendar });
        policy.former = former.into_iter().collect();
        policy
    })
}

fn escalation() -> impl Strategy<Value = EscalationPolicy> {
    let deeds = vec((0..Deed::ALL.len()).prop_map(|index| Deed::ALL[index].1), 1..4);
    let when = (prop::option::of(1..4_u32), prop_oneof![Just(0), 1..7200_u32], 0..3_u32, any::<bool>());
    let step = (0..On::ALL.len(), when, deeds).prop_map(|(on, (window, after, repeat, is_urgent), mut deeds)| {
        deeds.sort_by_key(|deed| deed.takes_away());
        let first_away = deeds.iter().position(|deed| deed.takes_away());
        deeds.truncate(first_away.map_or(deeds.len(), |at| at + 1));
        deeds.dedup();
        Step { window, after, repeat, is_urgent, ..Step::new("", On::ALL[on].1, &deeds) }
    });
    let steps = prop_oneof![2 => Just(EscalationPolicy::default().steps), 3 => vec(step, 0..6)];
    let urgent = prop_oneof![3 => Just(vec![]), 1 => Just(vec![TriggerKind::Demo])];
    (steps, 0..80_u32, 1..600_u32, urgent).prop_map(|(mut steps, warn_share, warn_least, urgent)| {
        steps.iter_mut().enumerate().for_each(|(number, step)| step.name = format!("step {number}"));
        EscalationPolicy { steps, warn_share, warn_least, urgent, ..EscalationPolicy::default() }
    })
}

/// What a person may do, so many minutes after what was done before.
fn acts() -> impl Strategy<Value = Vec<(i64, u8)>> {
    vec((prop_oneof![0..30_i64, 0..3000_i64], 0..8_u8), 0..6)
}

/// Two days before the clocks of Europe change, and a week before those of America do.
fn start() -> Time {
    time("2026-10-23T09:30:00.250Z")
}

fn worlds() -> impl Strategy<Value = (World, Vec<(i64, u8)>)> {
    (policy(), escalation(), acts(), -600..4000_i64, prop::option::of(0..300_i64), any::<bool>()).prop_map(
        |(policy, escalation, acts, begins, assigned, pinned)| {
            let begin = start() + Duration::minutes(begins);
            let mut world = World::new(TriggerKind::Demo, begin);
            (world.policy, world.escalation) = (policy, escalation);
            world.lead.routing = Some(Routing { rule: "r".into(), queue: None, pinned, at: None });
            if let Some(minutes) = assigned {
                let at = begin + Duration::minutes(minutes);
                world.run(at - Duration::milliseconds(1));
                world.assign(at);
            }
            (world, acts)
        },
    )
}

fn act(world: &mut World, kind: u8, at: Time) {
    let later = |minutes| at + Duration::minutes(minutes);
    match kind {
        0 => world.act(&Act::Accept, at),
        1 => world.act(&attempt(Outcome::Voicemail, None), at),
        2 => world.act(&attempt(Outcome::Voicemail, Some(later(700))), at),
        3 => world.act(&attempt(Outcome::Reached, Some(later(1500))), at),
        4 => world.act(&defer(later(90)), at),
        5 => world.act(&defer(later(3100)), at),
        6 => world.act(&Act::Reject(Rejection { code: "budget".into(), ..Rejection::default() }), at),
        _ if world.handoff.stage.is_open() => {
            world.happen(EventKind::Rerouted { to: "bo".into(), why: "by hand".into() }, at);
            world.queue = None;
        }
        _ => {}
    }
}

/// Lives through the acts, with the clock looked at before each; returns when the last was done.
fn live(world: &mut World, acts: &[(i64, u8)]) -> Time {
    let mut now = world.last;
    for &(minutes, kind) in acts {
        now = (now + Duration::minutes(minutes)).max(world.last);
        world.run(now);
        act(world, kind, now);
    }
    now
}

/// What an instant is called: working time by the calendar that was in force.
fn is_open(policy: &Policy, at: Time) -> bool {
    let former = policy.former.iter().find(|former| at < former.until);
    former.map_or(&policy.calendar, |former| &former.calendar).is_open(at)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    /// After downtime the same things come, in the same order, at the same times, as if one had looked all the while.
    #[test]
    fn one_late_look_gives_what_many_looks_gave((mut world, acts) in worlds(), tick in 1..400_i64, ticks in 1..60_i32) {
        let now = live(&mut world, &acts);
        let mut late = world.clone();
        for number in 1..=ticks {
            world.run(now + Duration::minutes(tick) * number);
        }
        late.run(now + Duration::minutes(tick) * ticks);
        prop_assert_eq!(world.log, late.log);
        prop_assert_eq!(world.handoff, late.handoff);
    }

    /// Nothing fires twice, whoever looks when, and whether what follows is dated truly or by the clock on the hub's wall.
    #[test]
    fn nothing_fires_twice((mut world, acts) in worlds(), days in 0..40_i64, is_late in any::<bool>()) {
        let now = live(&mut world, &acts) + Duration::days(days);
        while let Some(first) = due(&world.case(), now).into_iter().next() {
            let at = if is_late { now } else { first.at };
            world.fire(first, at);
        }
        let keys: BTreeSet<_> = world.fired.iter().map(|fired| &fired.step).collect();
        prop_assert_eq!(keys.len(), world.fired.len());
        prop_assert!(next(&world.case()).is_none_or(|next| next.at > now));
    }

    /// `next` is the first that becomes due, to the millisecond.
    #[test]
    fn nothing_becomes_due_before_next((mut world, acts) in worlds()) {
        live(&mut world, &acts);
        for _ in 0..40 {
            let case = world.case();
            let Some(first) = next(&case) else {
                prop_assert_eq!(due(&case, time("2030-01-01T00:00:00Z")), vec![]);
                break;
            };
            prop_assert_eq!(due(&case, first.at - Duration::milliseconds(1)), vec![]);
            prop_assert_eq!(due(&case, first.at).into_iter().next(), Some(first.clone()));
            let at = first.at;
            world.fire(first, at);
        }
    }

    /// People are called upon within hours, unless it is urgent.
    #[test]
    fn notices_land_within_hours((mut world, acts) in worlds()) {
        let now = live(&mut world, &acts);
        world.run(now + Duration::days(20));
        prop_assume!(world.escalation.urgent.is_empty());
        let urgent: Vec<_> = world.escalation.steps.iter().filter(|step| step.is_urgent).map(|step| &step.name).collect();
        for due in world.log.iter().filter(|due| due.what.calls_upon_people()) {
            let is_urgent = urgent.iter().any(|name| due.step.contains(&format!("/{name}/")));
            prop_assert!(is_urgent || is_open(&world.policy, due.at), "{:?}", due);
        }
    }

    /// A window is never warned of once it has closed, and what is pinned is never re-routed by itself.
    #[test]
    fn no_warning_comes_late_and_nothing_pinned_moves((mut world, acts) in worlds()) {
        let now = live(&mut world, &acts);
        world.run(now + Duration::days(20));
        for (index, told) in world.log.iter().enumerate() {
            if let Action::Warn { clock, due } = told.what {
                prop_assert!(told.at < due);
                let closed = |earlier: &Due| matches!(earlier.what, Action::Breach { clock: it, due: then, .. } if it == clock && then == due);
                prop_assert!(!world.log[..index].iter().any(closed), "{:?}", told);
            }
        }
        let pinned = world.lead.routing.as_ref().is_some_and(|routing| routing.pinned);
        let reroutes = |due: &Due| matches!(due.what, Action::Reroute { .. });
        prop_assert!(!pinned || !world.log.iter().any(reroutes));
    }

    /// While a lead is deferred nobody is called upon for it, and no promise about it runs out.
    #[test]
    fn a_deferral_holds_everything((mut world, acts) in worlds(), minutes in 1..5000_i64) {
        let now = live(&mut world, &acts);
        world.run(now);
        world.act(&defer(now + Duration::minutes(minutes)), now);
        let deferral = world.handoff.deferral.clone();
        prop_assume!(deferral.as_ref().is_some_and(|deferral| deferral.until > now));
        let until = deferral.map(|deferral| deferral.until).unwrap_or_default();
        let before = world.log.len();
        world.run(until - Duration::milliseconds(1));
        for due in &world.log[before..] {
            let is_check = due.what == Action::QualityCheck;
            prop_assert!(is_check || !due.what.calls_upon_people(), "{:?}", due);
            if let Action::Breach { due: closed, .. } = due.what {
                prop_assert!(closed <= now, "{:?}", due);
            }
        }
        world.run(until);
        prop_assert!(world.log[before..].iter().any(|due| due.what == Action::Wake));
    }

    /// Windows are counted one by one, each assignment has at most one, and a promise that was broken is an incident
    /// however late it was kept.
    #[test]
    fn every_broken_promise_is_told_once((mut world, acts) in worlds(), downtime in any::<bool>()) {
        if downtime {
            world.escalation.steps.clear();
            let mut now = world.last;
            for &(minutes, kind) in acts.iter().filter(|act| act.1 < 7) {
                now += Duration::minutes(minutes);
                act(&mut world, kind, now);
            }
        } else {
            live(&mut world, &acts);
        }
        let now = world.last + Duration::days(20);
        world.run(now);
        let broken = |clock| move |due: &&Due| matches!(due.what, Action::Breach { clock: it, .. } if it == clock);
        for kind in [ClockKind::Acceptance, ClockKind::FirstContact] {
            let told: BTreeSet<_> = world.log.iter().filter(broken(kind)).filter_map(|due| match due.what {
                Action::Breach { due, .. } => Some(due),
                _ => None,
            }).collect();
            for closed in world.handoff.closed.iter().filter(|closed| closed.clock == kind && !closed.outcome.met) {
                prop_assert!(closed.outcome.due.is_some_and(|due| told.contains(&due)), "{:?} {:?}", closed, told);
            }
        }
        let windows: Vec<_> = world.log.iter().filter(broken(ClockKind::Acceptance)).filter_map(|due| match due.what {
            Action::Breach { window, .. } => Some(window),
            _ => None,
        }).collect();
        prop_assert_eq!(&windows, &(1..=u32::try_from(windows.len()).unwrap_or_default()).collect::<Vec<_>>());
    }

    /// Whatever people are told while there is time is a decision: it says why, what to do and until when (F72).
    #[test]
    fn every_notice_makes_an_alert((mut world, acts) in worlds()) {
        let now = live(&mut world, &acts) + Duration::days(20);
        while let Some(first) = due(&world.case(), now).into_iter().next() {
            let told = first.clone();
            world.fire(first, told.at);
            if let Some(draft) = Draft::of(&world.case(), &told, LeadId(1), told.at) {
                let alert = Alert::new(draft, told.at);
                // In the second in which a lead is given to somebody its window may be about to end.
                let is_over = matches!((&alert, &told.what), (Err(NoDecision::WindowOver(at)), Action::Warn { .. })
                    if *at < told.at + Duration::seconds(1));
                prop_assert!(alert.is_ok() || is_over, "{:?} of {:?}", alert, told);
            } else {
                prop_assert!(!told.what.calls_upon_people() || told.what == Action::PauseRep, "{:?}", told);
            }
        }
    }
}
