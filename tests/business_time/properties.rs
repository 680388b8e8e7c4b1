//! The implementation against the slow one, and the laws that both must obey.

use chrono::{DateTime, TimeDelta, Utc};
use leadbox::handoff::calendar::Calendar;
use leadbox::handoff::policy::{FormerCalendar, Policy};
use leadbox::handoff::sla::{Clock, Mode, Pause, elapsed};
use proptest::prelude::*;

use super::oracle::{self, Oracle, is_paused};
use super::strategies::{anchors, budget, calendar, calendars, cases, moment, pauses};

fn seconds(pauses: &[Pause]) -> Vec<(i64, i64)> {
    pauses.iter().map(|pause| (pause.from.timestamp(), pause.to.map_or(i64::MAX, |to| to.timestamp()))).collect()
}

fn clock<'a>(calendar: &'a Calendar, start: DateTime<Utc>, budget: i64, mode: Mode, pauses: &[Pause]) -> Clock<'a> {
    pauses.iter().fold(Clock::new(calendar, start, budget, mode), |clock, &pause| clock.pause(pause))
}

/// The same answer, or one beyond what the slow implementation sees.
fn agrees(fast: Option<DateTime<Utc>>, slow: Option<i64>, horizon: i64) -> bool {
    match (fast.map(|due| due.timestamp()), slow) {
        (Some(fast), Some(slow)) => fast == slow,
        (Some(fast), None) => fast >= horizon,
        (None, slow) => slow.is_none(),
    }
}

/// A calendar, an anchor and pauses near it.
fn paused_calendars() -> impl Strategy<Value = (Calendar, DateTime<Utc>, Vec<Pause>)> {
    calendars().prop_flat_map(|(calendar, anchor)| (Just(calendar), Just(anchor), pauses(anchor)))
}

/// The calendars of two owners in two zones.
fn two_calendars() -> impl Strategy<Value = (Calendar, Calendar, DateTime<Utc>)> {
    anchors().prop_flat_map(|(zone, anchor)| {
        (calendar(zone, anchor), calendar(chrono_tz::Tz::America__New_York, anchor), Just(anchor))
    })
}

/// Calendars, each from when on it is in force.
type Edits = Vec<(DateTime<Utc>, Calendar)>;

/// Up to four calendars, one after the other, with pauses.
fn edited_calendars() -> impl Strategy<Value = (Edits, Vec<Pause>, DateTime<Utc>)> {
    anchors().prop_flat_map(|(zone, anchor)| {
        let edits = prop::collection::vec((moment(), calendar(zone, anchor)), 1..5).prop_map(move |mut edits| {
            edits.sort_by_key(|&(at, _)| at);
            edits.into_iter().map(|(at, calendar)| (anchor + TimeDelta::seconds(at), calendar)).collect()
        });
        (edits, pauses(anchor), Just(anchor))
    })
}

/// The policy once these calendars were adopted, one after the other.
fn after(edits: &[(DateTime<Utc>, Calendar)]) -> Policy {
    let former = edits.windows(2).map(|pair| FormerCalendar { until: pair[1].0, calendar: pair[0].1.clone() });
    Policy { calendar: edits.last().unwrap().1.clone(), former: former.collect(), ..Policy::default() }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn open_closed_and_next_opening_agree((calendar, anchor) in calendars(), moments in prop::collection::vec(moment(), 40)) {
        let slow = Oracle::new(&calendar, anchor);
        for moment in moments {
            let at = anchor + TimeDelta::seconds(moment);
            prop_assert_eq!(calendar.is_open(at), slow.is_open(at.timestamp()), "open at {}", at);
            prop_assert!(agrees(calendar.next_opening(at), slow.next_opening(at.timestamp()), slow.horizon()), "after {}", at);
            let end = slow.day_end(at.timestamp());
            prop_assert!(end.is_none() || agrees(calendar.working_day_end(at), end, slow.horizon()), "day end {}", at);
        }
    }

    #[test]
    fn open_spans_are_in_order_apart_and_are_the_open_seconds((calendar, anchor) in calendars(), one in moment(), other in moment()) {
        let slow = Oracle::new(&calendar, anchor);
        let (from, to) = (anchor + TimeDelta::seconds(one.min(other)), anchor + TimeDelta::seconds(one.max(other)));
        let spans: Vec<_> = calendar.open_spans(from, to).collect();
        prop_assert!(spans.iter().all(|span| from <= span.0 && span.0 < span.1 && span.1 <= to));
        prop_assert!(spans.windows(2).all(|pair| pair[0].1 < pair[1].0));
        for minute in (from.timestamp()..to.timestamp()).step_by(60) {
            let inside = spans.iter().any(|span| span.0.timestamp() <= minute && minute < span.1.timestamp());
            prop_assert_eq!(inside, slow.is_open(minute));
        }
    }

    #[test]
    fn elapsed_agrees((calendar, anchor, pauses) in paused_calendars(), from in moment(), to in moment()) {
        let slow = Oracle::new(&calendar, anchor);
        let (from, to) = (anchor + TimeDelta::seconds(from), anchor + TimeDelta::seconds(to));
        let expected = oracle::elapsed(from.timestamp(), to.timestamp(), &seconds(&pauses), |second| slow.is_open(second));
        prop_assert_eq!(elapsed(&calendar, from, to, &pauses), expected);
    }

    #[test]
    fn due_agrees((calendar, anchor, pauses) in paused_calendars(), start in moment(), budget in budget()) {
        let slow = Oracle::new(&calendar, anchor);
        let start = anchor + TimeDelta::seconds(start);
        let expected = oracle::due(start.timestamp(), budget, slow.horizon(), &seconds(&pauses), |second| slow.is_open(second));
        let due = clock(&calendar, start, budget, Mode::Business, &pauses).due();
        prop_assert!(agrees(due, expected, slow.horizon()), "{:?} but slowly {:?}", due, expected);
    }

    #[test]
    fn due_agrees_across_a_reroute((before, after, anchor) in two_calendars(), start in moment(), at in moment(), budget in budget()) {
        let (slow_before, slow_after) = (Oracle::new(&before, anchor), Oracle::new(&after, anchor));
        let (start, at) = (anchor + TimeDelta::seconds(start), anchor + TimeDelta::seconds(at));
        let open = |second| if second < at.timestamp() { slow_before.is_open(second) } else { slow_after.is_open(second) };
        let expected = oracle::due(start.timestamp(), budget, slow_before.horizon(), &[], open);
        let due = Clock::new(&before, start, budget, Mode::Business).reroute(&after, at).due();
        prop_assert!(agrees(due, expected, slow_before.horizon()), "{:?} but slowly {:?}", due, expected);
    }

    #[test]
    fn wall_and_wall_roll_agree((calendar, anchor, pauses) in paused_calendars(), start in moment(), budget in budget()) {
        let slow = Oracle::new(&calendar, anchor);
        let start = anchor + TimeDelta::seconds(start);
        let paused = seconds(&pauses);
        let wall = oracle::due(start.timestamp(), budget, slow.horizon(), &paused, |_| true);
        let due = clock(&calendar, start, budget, Mode::Wall, &pauses).due();
        prop_assert!(agrees(due, wall, slow.horizon()), "{:?} but slowly {:?}", due, wall);

        let rolled = wall.and_then(|wall| {
            let stays = slow.is_open(wall) || slow.is_open(wall - 1);
            if stays { Some(wall) } else { (wall..slow.horizon()).find(|&at| slow.is_open(at) && !is_paused(&paused, at)) }
        });
        let due = clock(&calendar, start, budget, Mode::WallRoll, &pauses).due();
        let never_opens = calendar.next_opening(start + TimeDelta::days(40)).is_none();
        prop_assert!(agrees(due, rolled, slow.horizon()) || never_opens, "{:?} but slowly {:?}", due, rolled);
    }

    #[test]
    fn same_day_agrees((calendar, anchor, pauses) in paused_calendars(), start in moment()) {
        let slow = Oracle::new(&calendar, anchor);
        let start = anchor + TimeDelta::seconds(start);
        let expected = oracle::same_day_due(&slow, start.timestamp(), &seconds(&pauses));
        let due = clock(&calendar, start, 1, Mode::SameDay, &pauses).due();
        prop_assert!(agrees(due, expected, slow.horizon()), "{:?} but slowly {:?}", due, expected);
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn due_is_the_inverse_of_elapsed((calendar, anchor, pauses) in paused_calendars(), start in moment(), budget in budget()) {
        let start = anchor + TimeDelta::seconds(start);
        let clock = clock(&calendar, start, budget, Mode::Business, &pauses);
        if let Some(due) = clock.due() {
            prop_assert_eq!(clock.elapsed(due), budget);
            prop_assert_eq!(clock.elapsed(due - TimeDelta::seconds(1)), budget - 1, "not the earliest");
            prop_assert_eq!(clock.close(due).diff_seconds, 0);
        }
    }

    #[test]
    fn due_is_monotone((calendar, anchor, pauses) in paused_calendars(), start in moment(), later in 0..200_000_i64, budget in budget(), more in 1..50_000_i64) {
        let start = anchor + TimeDelta::seconds(start);
        let due = |start, budget| clock(&calendar, start, budget, Mode::Business, &pauses).due();
        if let (Some(less), Some(more)) = (due(start, budget), due(start, budget + more)) {
            prop_assert!(less < more);
        }
        if let (Some(early), Some(late)) = (due(start, budget), due(start + TimeDelta::seconds(later), budget)) {
            prop_assert!(early <= late);
        }
    }

    #[test]
    fn elapsed_adds_up((calendar, anchor, pauses) in paused_calendars(), mut moments in prop::array::uniform3(moment())) {
        moments.sort_unstable();
        let [a, b, c] = moments.map(|moment| anchor + TimeDelta::seconds(moment));
        let counted = |from, to| elapsed(&calendar, from, to, &pauses);
        prop_assert_eq!(counted(a, b) + counted(b, c), counted(a, c));
        prop_assert_eq!(counted(c, a), 0);
        prop_assert!(counted(a, b) <= (b - a).num_seconds());
    }

    #[test]
    fn the_walk_to_the_due_time_adds_up((calendar, anchor, pauses) in paused_calendars(), start in moment(), budget in budget(), mode in modes()) {
        let start = anchor + TimeDelta::seconds(start);
        let clock = clock(&calendar, start, budget, mode, &pauses);
        // A calendar that ends is walked to its end; those are tried by name.
        prop_assume!(calendar.next_opening(anchor + TimeDelta::days(40)).is_some());
        let why = clock.explain();
        prop_assert_eq!(why.due, clock.due());
        prop_assert!(why.spent.iter().all(|spent| spent.seconds > 0 && (spent.to - spent.from).num_seconds() == spent.seconds));
        prop_assert!(why.spent.windows(2).all(|pair| pair[0].to < pair[1].from));
        let used: i64 = why.spent.iter().map(|spent| spent.seconds).sum();
        match (mode, why.remaining_seconds) {
            (Mode::SameDay, _) => prop_assert!(why.due.is_none_or(|due| used == clock.elapsed(due))),
            (Mode::WallRoll, None) => prop_assert_eq!(used, budget),
            (Mode::WallRoll, Some(0)) => {}
            (_, left) => prop_assert_eq!(used + left.unwrap_or(0), budget),
        }
    }

    #[test]
    fn a_clock_is_met_until_it_is_due_and_by_what_is_left((calendar, anchor, pauses) in paused_calendars(), start in moment(), now in moment(), budget in budget()) {
        let (start, now) = (anchor + TimeDelta::seconds(start), anchor + TimeDelta::seconds(now));
        let clock = clock(&calendar, start, budget, Mode::Business, &pauses);
        let outcome = clock.close(now);
        prop_assert_eq!(outcome.met, clock.due().is_none_or(|due| now <= due));
        prop_assert_eq!(outcome.diff_seconds, budget - clock.elapsed(now));
    }

    #[test]
    fn so_much_before_a_due_time_is_so_much_working_time((calendar, anchor) in calendars(), due in moment(), within in budget()) {
        let due = anchor + TimeDelta::seconds(due);
        let from = calendar.working_before(due, within);
        let found = calendar.working_seconds(from, due);
        prop_assert!(found == within || (found < within && calendar.working_seconds(from - TimeDelta::days(7), due) < within));
        prop_assert!(found < within || calendar.is_open(from), "counted from a working second");
    }

    /// Section 4, rule 9: what was consumed before an edit stays consumed, and only the rest is planned anew.
    #[test]
    fn an_edit_changes_nothing_before_it(
        (edits, pauses, anchor) in edited_calendars(), start in moment(), now in moment(), budget in budget(),
    ) {
        let (start, now) = (anchor + TimeDelta::seconds(start), anchor + TimeDelta::seconds(now));
        let mut before: Option<Policy> = None;
        for (count, edit) in edits.iter().enumerate() {
            let policy = after(&edits[..=count]);
            let clock = |policy: &'_ Policy, to| {
                let clock = policy.clock(start, budget, Mode::Business);
                pauses.iter().fold(clock, |clock, &pause| clock.pause(pause)).elapsed(to)
            };
            if let Some(before) = &before {
                prop_assert_eq!(clock(&policy, now.min(edit.0)), clock(before, now.min(edit.0)));
                prop_assert_eq!(policy.worked(start, edit.0), before.worked(start, edit.0));
                let own = |policy: &Policy| policy.clock(start, budget, Mode::Business).due();
                if let Some(due) = own(before).filter(|&due| due <= edit.0) {
                    prop_assert_eq!(own(&policy), Some(due), "it was due before the edit");
                }
            }
            before = Some(policy);
        }
        // And over all the edits due and elapsed are inverse still.
        let policy = after(&edits);
        let clock = pauses.iter().fold(policy.clock(start, budget, Mode::Business), |clock, &pause| clock.pause(pause));
        if let Some(due) = clock.due() {
            prop_assert_eq!(clock.elapsed(due), budget);
            prop_assert_eq!(clock.elapsed(due - TimeDelta::seconds(1)), budget - 1);
        }
        let outcome = clock.close(now);
        prop_assert_eq!(outcome.diff_seconds, budget - clock.elapsed(now));
        let more = pauses.iter().fold(policy.clock(start, budget + 60, Mode::Business), |clock, &pause| clock.pause(pause));
        if let (Some(less), Some(more)) = (clock.due(), more.due()) {
            prop_assert!(less < more);
        }
    }
}

fn modes() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Business), Just(Mode::Wall), Just(Mode::WallRoll), Just(Mode::SameDay)]
}
