use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::handoff::disposition::Rejection;
use crate::handoff::event::Actor;
use crate::handoff::lead::{Person, Trigger, TriggerKind};
use crate::handoff::state::Missing;

fn at(minutes: i64) -> Time {
    "2026-11-20T09:00:00Z".parse::<Time>().unwrap() + Duration::minutes(minutes)
}

/// A handoff and its events, acted on as the store does it.
struct Desk {
    lead: Lead,
    policy: Policy,
    arrived: Handoff,
    handoff: Handoff,
    events: Vec<Event>,
}

impl Desk {
    fn new() -> Self {
        let lead = Lead::default();
        let arrived = Handoff::arrived(&lead, at(0));
        Self { lead, policy: Policy::default(), handoff: arrived.clone(), arrived, events: Vec::new() }
    }

    fn record(&mut self, what: EventKind, now: Time) -> Result<(), Refusal> {
        let seq = self.handoff.seq + 1;
        let event = Event::new(Uuid::from_u128(u128::from(seq)), seq, now, Actor::rep("ana"), what);
        let (handoff, event) = happen(&self.handoff, &self.lead, &self.policy, event)?;
        self.handoff = handoff;
        self.events.push(event);
        Ok(())
    }

    fn act(&mut self, act: &Act, minutes: i64) -> Result<Stage, Refusal> {
        let now = at(minutes);
        for what in plan(&self.handoff, act, &self.lead, &self.policy, now)? {
            self.record(what, now)?;
        }
        for what in consequences(&self.handoff, &self.policy, now) {
            self.record(what, now)?;
        }
        Ok(self.handoff.stage)
    }
}

fn attempt(channel: Channel, outcome: Outcome) -> Act {
    Act::Attempt(Attempt { channel, outcome, at: None, note: None, cited: None, next: None, consent_override: None })
}

fn reject(code: &str) -> Act {
    Act::Reject(Rejection { code: code.into(), ..Rejection::default() })
}

fn defer(minutes: i64) -> Act {
    Act::Defer(Deferral { until: at(minutes), why: "asked for next week".into() })
}

fn qualify() -> Act {
    Act::Qualify(Qualification {
        problem: "loses leads".into(),
        authority: "is the VP".into(),
        next_step: "demo on Tuesday".into(),
        next_at: None,
    })
}

#[test]
fn a_lead_walks_from_capture_to_opportunity() {
    let mut desk = Desk::new();
    desk.handoff.stage = Stage::Captured;
    let trigger = Trigger {
        kind: TriggerKind::Threshold,
        what: "score ≥ 65".into(),
        at: None,
        before: Some(60),
        after: Some(65),
        threshold: Some(65),
    };
    for (what, stage) in [
        (EventKind::Scored { total: 65, parts: None, model: None }, Stage::Scored),
        (EventKind::BecameMql { trigger }, Stage::Mql),
        (EventKind::PreflightFailed { missing: vec!["company".into()] }, Stage::DataCompletion),
        (EventKind::PreflightPassed, Stage::Ready),
        (EventKind::Routed { rule: "west".into(), queue: None }, Stage::Routed),
        (EventKind::Assigned { to: "ana".into() }, Stage::Assigned),
    ] {
        desk.record(what, at(1)).unwrap();
        assert_eq!(desk.handoff.stage, stage);
    }
    assert_eq!(desk.act(&Act::Accept, 2), Ok(Stage::Accepted));
    let missing = |desk: &Desk| desk.handoff.missing(&desk.policy.touches);
    assert_eq!(missing(&desk), [Missing::Contact], "accepted but never contacted is not a completed handoff (R9)");
    assert_eq!(desk.act(&attempt(Channel::Phone, Outcome::Voicemail), 3), Ok(Stage::Attempted));
    assert_eq!(missing(&desk), [Missing::PersonalTouch], "it referred to nothing of theirs (R50)");
    desk.policy.touches.generic_count = true;
    assert_eq!(missing(&desk), []);
    assert_eq!(desk.act(&attempt(Channel::Phone, Outcome::Reached), 4), Ok(Stage::Connected));
    assert_eq!(desk.act(&qualify(), 5), Ok(Stage::Sql));
    desk.record(EventKind::BecameOpportunity, at(6)).unwrap();
    assert_eq!(desk.handoff.stage, Stage::Opportunity);
    assert!(desk.act(&Act::Accept, 7).is_err());
}

#[test]
fn an_attempt_accepts_implicitly() {
    let mut desk = Desk::new();
    assert_eq!(desk.act(&attempt(Channel::Email, Outcome::NoAnswer), 3), Ok(Stage::Attempted));
    assert!(desk.handoff.accepted_implicitly);
    assert_eq!(desk.handoff.accepted_at, Some(at(3)));
    assert_eq!(desk.events.iter().map(|event| event.what.code()).collect::<Vec<_>>(), ["accepted", "attempted"]);
}

#[test]
fn accepting_twice_is_refused_in_words() {
    let mut desk = Desk::new();
    desk.act(&Act::Accept, 1).unwrap();
    let refused = desk.act(&Act::Accept, 2).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "you cannot accept this lead: it is accepted already. Log a contact, reject or defer it."
    );
}

#[test]
fn an_sql_needs_a_conversation_and_all_three_answers() {
    let mut desk = Desk::new();
    assert!(matches!(desk.act(&qualify(), 1), Err(Refusal::WrongStage { .. })));
    desk.act(&attempt(Channel::Video, Outcome::Reached), 2).unwrap();
    for blank in 0..3 {
        let Act::Qualify(mut half) = qualify() else { unreachable!() };
        *[&mut half.problem, &mut half.authority, &mut half.next_step][blank] = "  ".into();
        assert!(matches!(desk.act(&Act::Qualify(half), 3), Err(Refusal::Missing(_))), "{blank}");
    }
    assert_eq!(desk.act(&qualify(), 4), Ok(Stage::Sql));
}

#[test]
fn a_deferral_pauses_until_its_promised_moment_and_returns_where_it_was() {
    let mut desk = Desk::new();
    desk.act(&Act::Accept, 0).unwrap();
    assert_eq!(desk.act(&defer(60), 10), Ok(Stage::Deferred));
    assert_eq!(desk.handoff.at(at(59)).stage, Stage::Deferred);
    // The laptop was shut when it ended; the clocks run from the promised moment all the same.
    let back = desk.handoff.at(at(90)).into_owned();
    assert_eq!((back.stage, back.deferral.clone()), (Stage::Accepted, None));
    assert_eq!(back.pauses, [Pause { from: at(10), to: Some(at(60)) }]);
    // Looking made it so for nobody else, and an act at that time finds it so without an event for it.
    assert_eq!(desk.handoff.stage, Stage::Deferred);
    assert_eq!(desk.act(&reject("budget"), 90), Ok(Stage::Rejected));
    let kinds: Vec<_> = desk.events.iter().map(|event| event.what.code()).collect();
    assert_eq!(kinds, ["accepted", "deferred", "rejected"]);
    assert_eq!(desk.handoff.pauses, back.pauses);
}

#[test]
fn what_the_rep_does_for_themself_never_holds_the_source_back() {
    let mut desk = Desk::new();
    desk.record(EventKind::Skipped { reason: "busy".into() }, at(1)).unwrap();
    desk.act(&Act::Snooze { until: at(60) }, 2).unwrap();
    assert!(!holds_source(&desk.events));
    // The source closed it: what is private stays in its history and changes nothing.
    let mut closed = Lead::default();
    closed.stage.canonical = Some(Stage::Recycled);
    let replayed = replay(Handoff::arrived(&closed, at(0)), &desk.events).unwrap();
    assert_eq!((replayed.stage, replayed.seq), (Stage::Recycled, 2));
    desk.act(&Act::Accept, 3).unwrap();
    assert!(holds_source(&desk.events));
    let undone = desk.events.last().unwrap().id;
    desk.record(EventKind::Undone { event: undone }, at(4)).unwrap();
    assert!(!holds_source(&desk.events));
}

#[test]
fn acting_on_a_deferred_lead_ends_the_deferral_then() {
    let mut desk = Desk::new();
    desk.act(&defer(60), 10).unwrap();
    assert_eq!(desk.act(&attempt(Channel::Phone, Outcome::Reached), 20), Ok(Stage::Connected));
    assert_eq!(desk.handoff.pauses, [Pause { from: at(10), to: Some(at(20)) }]);
    assert_eq!(desk.handoff.accepted_at, Some(at(20)));
}

#[test]
fn what_a_rep_does_for_themself_by_a_clock_that_is_ahead_ends_no_deferral() {
    let mut desk = Desk::new();
    desk.act(&defer(60), 10).unwrap();
    let deferred = desk.handoff.clone();
    let private = [
        EventKind::Undone { event: Uuid::nil() },
        EventKind::Skipped { reason: "later".into() },
        EventKind::Snoozed { until: at(2000) },
    ];
    for what in private {
        desk.record(what, at(1000)).unwrap();
        let (now, before) = (&desk.handoff, &deferred);
        assert_eq!((now.stage, &now.deferral, &now.pauses), (before.stage, &before.deferral, &before.pauses));
    }
    assert_eq!(desk.handoff.at(at(61)).stage, Stage::Assigned, "its time ends it");
}

#[test]
fn deferrals_are_explained_capped_and_in_the_future() {
    let mut desk = Desk::new();
    let mute = Act::Defer(Deferral { until: at(60), why: " ".into() });
    assert!(matches!(desk.act(&mute, 0), Err(Refusal::Missing(_))));
    assert!(matches!(desk.act(&defer(-1), 0), Err(Refusal::Time { .. })));
    assert!(matches!(desk.act(&defer(31 * 24 * 60), 0), Err(Refusal::DeferralTooLong { days: 30 })));
    // Thirty days later, but in the evening.
    assert_eq!(Desk::new().act(&defer(30 * 24 * 60 + 600), 0), Ok(Stage::Deferred));
    desk.act(&defer(60), 0).unwrap();
    desk.act(&defer(90), 1).unwrap();
    assert!(matches!(desk.act(&defer(120), 2), Err(Refusal::DeferralsSpent { limit: 2 })));
}

#[test]
fn eight_fruitless_touches_exhaust_a_lead_and_a_connection_saves_it() {
    let mut desk = Desk::new();
    for touch in 1..8 {
        assert_eq!(desk.act(&attempt(Channel::Phone, Outcome::NoAnswer), touch), Ok(Stage::Attempted));
    }
    assert_eq!(desk.act(&attempt(Channel::Phone, Outcome::NoAnswer), 8), Ok(Stage::Recycled));
    assert_eq!(desk.handoff.recycled, Some(RecycleCause::Exhausted));

    let mut desk = Desk::new();
    desk.act(&attempt(Channel::Phone, Outcome::Reached), 0).unwrap();
    for touch in 1..20 {
        assert_eq!(desk.act(&attempt(Channel::Email, Outcome::NoAnswer), touch), Ok(Stage::Connected));
    }
}

#[test]
fn a_generic_touch_is_a_touch_but_not_the_personal_one() {
    let mut desk = Desk::new();
    let missing = |desk: &Desk| desk.handoff.missing(&desk.policy.touches);
    assert_eq!(missing(&desk), [Missing::Answer, Missing::Contact]);
    desk.act(&attempt(Channel::Phone, Outcome::NoAnswer), 1).unwrap();
    assert_eq!((desk.handoff.touches.count, missing(&desk)), (1, vec![Missing::PersonalTouch]));
    let Act::Attempt(call) = attempt(Channel::Phone, Outcome::NoAnswer) else { unreachable!() };
    desk.act(&Act::Attempt(Attempt { cited: Some("the pricing page".into()), ..call }), 2).unwrap();
    assert_eq!((desk.handoff.touches.count, missing(&desk)), (2, vec![]));
}

/// In minutes after the lead came: so many of the office's days later, at the same hour.
fn days(days: i64) -> i64 {
    days * 24 * 60
}

#[test]
fn too_few_touches_in_ten_working_days_are_a_shortfall_once() {
    let mut desk = Desk::new();
    for touch in 1..=3 {
        desk.act(&attempt(Channel::Phone, Outcome::NoAnswer), touch).unwrap();
    }
    // From Friday, Nov 20, 9:00: two weeks, of which the tenth day ends on Thursday at 17:00.
    let due = "2026-12-03T17:00:00Z".parse::<Time>().unwrap();
    assert_eq!(watch::touches_due(&desk.handoff, &desk.policy), Some(due));
    assert_eq!(consequences(&desk.handoff, &desk.policy, due - Duration::seconds(1)), []);
    let follows = consequences(&desk.handoff, &desk.policy, due);
    assert_eq!(follows, [EventKind::Shortfall { touches: 3, least: 6, days: 10 }]);
    desk.record(follows[0].clone(), due).unwrap();
    assert_eq!((desk.handoff.stage, desk.handoff.shortfall_at), (Stage::Attempted, Some(due)));
    assert_eq!(consequences(&desk.handoff, &desk.policy, due), [], "it is noted once");
}

#[test]
fn a_shortfall_takes_the_lead_away_where_the_team_says_so() {
    let mut desk = Desk::new();
    desk.policy.touches.shortfall = Shortfall::Recycle;
    desk.act(&Act::Accept, 1).unwrap();
    for what in consequences(&desk.handoff, &desk.policy, at(days(14))) {
        desk.record(what, at(days(14))).unwrap();
    }
    assert_eq!((desk.handoff.stage, desk.handoff.recycled), (Stage::Recycled, Some(RecycleCause::Shortfall)));
}

#[test]
fn enough_touches_a_conversation_and_a_deferral_are_no_shortfall() {
    let late = at(days(14));
    let mut enough = Desk::new();
    for touch in 1..=6 {
        enough.act(&attempt(Channel::Phone, Outcome::NoAnswer), touch).unwrap();
    }
    let mut reached = Desk::new();
    reached.act(&attempt(Channel::Phone, Outcome::Reached), 1).unwrap();
    let unanswered = Desk::new();
    for desk in [&enough, &reached, &unanswered] {
        assert_eq!(consequences(&desk.handoff, &desk.policy, late), []);
    }
    // A week of deferral is a week more.
    let mut deferred = Desk::new();
    deferred.act(&attempt(Channel::Phone, Outcome::NoAnswer), 1).unwrap();
    deferred.act(&defer(days(7)), 1).unwrap();
    deferred.record(EventKind::Resumed, at(days(7))).unwrap();
    assert_eq!(consequences(&deferred.handoff, &deferred.policy, late), []);
    assert_eq!(consequences(&deferred.handoff, &deferred.policy, at(days(21))).len(), 1);
}

#[test]
fn persistence_is_counted_from_when_the_lead_came_here() {
    // An old file: the source says that it was accepted years ago.
    let mut lead = Lead { assigned_at: Some("2019-01-01T00:00:00Z".parse().unwrap()), ..Lead::default() };
    lead.stage.canonical = Some(Stage::Accepted);
    let handoff = Handoff::arrived(&lead, at(0));
    assert_eq!(consequences(&handoff, &Policy::default(), at(days(1))), []);
    assert_eq!(consequences(&handoff, &Policy::default(), at(days(14))).len(), 1);
}

#[test]
fn an_outcome_must_fit_its_channel_and_consent_is_kept() {
    let mut desk = Desk::new();
    let refused = desk.act(&attempt(Channel::Email, Outcome::Voicemail), 1).unwrap_err();
    assert_eq!(refused.to_string(), "“voicemail” cannot come of e-mail; choose one of reached, no answer, auto-reply");
    desk.lead.person = Person { do_not_call: true, ..Person::default() };
    assert!(matches!(desk.act(&attempt(Channel::Phone, Outcome::Reached), 1), Err(Refusal::DoNotContact { .. })));
    let Act::Attempt(asked) = attempt(Channel::Phone, Outcome::Reached) else { unreachable!() };
    let asked = Act::Attempt(Attempt { consent_override: Some("she rang us".into()), ..asked });
    assert_eq!(desk.act(&asked, 1), Ok(Stage::Connected));
}

#[test]
fn a_next_step_has_a_time_in_the_future_and_words() {
    let mut desk = Desk::new();
    let Act::Attempt(call) = attempt(Channel::Phone, Outcome::Reached) else { unreachable!() };
    let with = |minutes, what: &str| {
        Act::Attempt(Attempt { next: Some(NextStep { at: at(minutes), what: what.into() }), ..call.clone() })
    };
    assert!(matches!(desk.act(&with(5, "call"), 8), Err(Refusal::Time { .. })));
    assert!(matches!(desk.act(&with(60, " "), 8), Err(Refusal::Missing(_))));
    assert!(matches!(desk.act(&with(60, &"x".repeat(4001)), 8), Err(Refusal::TooLong { .. })));
    desk.act(&with(60, " call "), 8).unwrap();
    assert_eq!(desk.handoff.next_step.as_ref().map(|next| next.what.as_str()), Some("call"));
    let Act::Qualify(sql) = qualify() else { unreachable!() };
    let past = Act::Qualify(Qualification { next_at: Some(at(3)), ..sql });
    assert!(matches!(desk.act(&past, 9), Err(Refusal::Time { .. })));
}

#[test]
fn a_contact_lies_in_the_past_and_the_first_one_counts_by_its_own_time() {
    let mut desk = Desk::new();
    let Act::Attempt(call) = attempt(Channel::Phone, Outcome::NoAnswer) else { unreachable!() };
    let early = desk.act(&Act::Attempt(Attempt { at: Some(at(-1)), ..call.clone() }), 8).unwrap_err();
    assert_eq!(
        early.to_string(),
        "this lead came to you on 2026-11-20 09:00:00 UTC: a contact on 2026-11-20 08:59:00 UTC was before that"
    );
    assert!(desk.act(&Act::Attempt(Attempt { at: Some(at(9)), ..call.clone() }), 8).is_err());
    desk.act(&Act::Attempt(Attempt { at: Some(at(5)), ..call.clone() }), 8).unwrap();
    desk.act(&Act::Attempt(Attempt { at: Some(at(3)), ..call }), 9).unwrap();
    assert_eq!((desk.handoff.first_attempt_at, desk.handoff.last_touch_at), (Some(at(3)), Some(at(5))));
}

#[test]
fn rerouting_resets_the_acceptance_window_only() {
    let mut desk = Desk::new();
    desk.act(&Act::Accept, 1).unwrap();
    desk.record(EventKind::Rerouted { to: "jon".into(), why: "window 1 missed".into() }, at(5)).unwrap();
    assert_eq!((desk.handoff.stage, desk.handoff.assigned_at), (Stage::Assigned, at(5)));
    assert_eq!((desk.handoff.mql_at, desk.handoff.accepted_at), (at(0), None));
}

#[test]
fn a_new_rep_begins_a_new_window_and_the_first_contact_stays_as_it_ended() {
    let mut desk = Desk::new();
    desk.act(&attempt(Channel::Phone, Outcome::NoAnswer), 2).unwrap();
    let closed = |desk: &Desk| desk.handoff.closed.iter().map(|closed| closed.clock).collect::<Vec<_>>();
    assert_eq!(closed(&desk), [ClockKind::Acceptance, ClockKind::FirstContact]);
    desk.record(EventKind::Rerouted { to: "jon".into(), why: "on leave".into() }, at(5)).unwrap();
    assert_eq!(closed(&desk), [ClockKind::FirstContact]);
    desk.act(&Act::Accept, 9).unwrap();
    assert_eq!(closed(&desk), [ClockKind::FirstContact, ClockKind::Acceptance]);
    assert_eq!(desk.handoff.closed[1].start, at(5));
    assert_eq!(replay(desk.arrived.clone(), &desk.events).unwrap(), desk.handoff);
}

#[test]
fn what_takes_a_deferred_lead_away_ends_its_deferral() {
    for what in [
        EventKind::Rerouted { to: "jon".into(), why: "window 1 missed".into() },
        EventKind::Recycled { cause: RecycleCause::Exhausted },
    ] {
        let mut desk = Desk::new();
        desk.act(&defer(60), 10).unwrap();
        desk.record(what, at(20)).unwrap();
        assert_eq!((desk.handoff.deferral.clone(), desk.handoff.deferred_from), (None, None));
        assert_eq!(desk.handoff.pauses, [Pause { from: at(10), to: Some(at(20)) }]);
    }
}

#[test]
fn a_snooze_lasts_a_day_at_the_most() {
    let mut desk = Desk::new();
    assert!(desk.act(&Act::Snooze { until: at(25 * 60) }, 0).is_err());
    assert!(desk.act(&Act::Snooze { until: at(23 * 60) }, 0).is_ok());
}

#[test]
fn a_reopened_lead_begins_again() {
    let mut desk = Desk::new();
    desk.act(&attempt(Channel::Phone, Outcome::NoAnswer), 1).unwrap();
    desk.act(&reject("budget"), 2).unwrap();
    desk.record(EventKind::Reopened { why: "budget was found".into() }, at(5)).unwrap();
    assert_eq!(desk.handoff.stage, Stage::Assigned);
    assert_eq!((desk.handoff.touches.count, desk.handoff.rejection.clone()), (0, None));
}

#[test]
fn replaying_without_what_was_undone_gives_the_state_before() {
    let mut desk = Desk::new();
    desk.act(&Act::Accept, 1).unwrap();
    let before = desk.handoff.clone();
    desk.act(&reject("budget"), 2).unwrap();
    let undone = desk.events.last().unwrap().id;
    desk.record(EventKind::Undone { event: undone }, at(3)).unwrap();
    let replayed = replay(desk.arrived.clone(), &desk.events).unwrap();
    assert_eq!(replayed, Handoff { seq: 3, ..before });
}

fn any_act() -> impl Strategy<Value = Act> {
    let contact = (proptest::sample::select(&Channel::ALL[..]), proptest::sample::select(&Outcome::ALL[..]));
    prop_oneof![
        Just(Act::Accept),
        Just(reject("budget")),
        Just(reject("duplicate")),
        contact.prop_map(|(channel, outcome)| attempt(channel, outcome)),
        (-10..50_000i64).prop_map(defer),
        Just(qualify()),
        Just(Act::Skip { reason: "busy".into() }),
        (1..5_000i64).prop_map(|until| Act::Snooze { until: at(until) }),
    ]
}

proptest! {
    /// Whatever a rep does in whatever order: a refusal changes nothing, the order of the lifecycle is kept, what
    /// was answered stays answered, and the stored events alone give the state.
    #[test]
    fn no_sequence_of_acts_breaks_the_lifecycle(acts in proptest::collection::vec((any_act(), 0..3_000i64), 1..40)) {
        let mut desk = Desk::new();
        let mut minutes = 0;
        for (act, pause) in acts {
            minutes += pause;
            let before = desk.handoff.clone();
            let stored = desk.events.len();
            match desk.act(&act, minutes) {
                Err(_) => {
                    prop_assert_eq!(&before, &desk.handoff);
                    prop_assert_eq!(stored, desk.events.len());
                }
                Ok(stage) => {
                    prop_assert!(before.stage.is_open(), "acted on a {:?} lead", before.stage);
                    prop_assert!(stage != Stage::Sql || before.stage == Stage::Connected
                        || before.deferred_from == Some(Stage::Connected));
                    prop_assert!(before.answered_at.is_none() || desk.handoff.answered_at == before.answered_at);
                    prop_assert!(stage != Stage::Accepted || desk.handoff.accepted_at.is_some());
                }
            }
            let open = desk.handoff.pauses.iter().filter(|pause| pause.to.is_none()).count();
            prop_assert_eq!(open, usize::from(desk.handoff.stage == Stage::Deferred));
            prop_assert!(desk.handoff.deferrals <= desk.policy.deferral.most);
        }
        prop_assert_eq!(replay(desk.arrived.clone(), &desk.events), Ok(desk.handoff.clone()));
        let json = serde_json::to_string(&desk.handoff).unwrap();
        prop_assert_eq!(serde_json::from_str::<Handoff>(&json).unwrap(), desk.handoff);
    }
}
