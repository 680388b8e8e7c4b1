use proptest::prelude::*;

use super::*;
use crate::handoff::activity::{Activity, ActivityKind, Direction};
use crate::handoff::calendar::Calendar;
use crate::handoff::lead::{Lead, Trigger, TriggerKind};
use crate::handoff::state::{Handoff, Stage};

fn at(clock: &str) -> Time {
    format!("2026-11-20T{clock}Z").parse().unwrap()
}

fn draft() -> Draft {
    Draft {
        lead: LeadId(12),
        category: Category::SlaBreachWarning,
        history: vec!["page Pricing, 3 times, last 4 min ago".into()],
        action: "contact them, and log the attempt".into(),
        available: Some(Available { until: at("10:18:00"), left: 18 * 60 }),
        who: "Maya Chen, Acme".into(),
        link: Some("https://hub.example/L-12".into()),
        is_urgent: false,
    }
}

fn alert() -> Alert {
    Alert::new(draft(), at("10:00:00")).unwrap()
}

#[test]
fn an_alert_without_its_three_parts_cannot_be_built() {
    let built = |draft: Draft| Alert::new(draft, at("10:00:00")).map(|_| ());
    assert_eq!(built(draft()), Ok(()));
    assert_eq!(built(Draft { history: vec![], ..draft() }), Err(NoDecision::NoHistory));
    assert_eq!(built(Draft { history: vec![" ".into()], ..draft() }), Err(NoDecision::NoHistory));
    assert_eq!(built(Draft { action: "\n".into(), ..draft() }), Err(NoDecision::NoAction));
    assert_eq!(built(Draft { available: None, ..draft() }), Err(NoDecision::NoWindow));
    let over = Alert::new(draft(), at("10:18:00")).unwrap_err();
    assert_eq!(over, NoDecision::WindowOver(at("10:18:00")), "a warning that comes after its time is none");
}

#[test]
fn a_pointer_says_what_to_do_and_not_who_it_is() {
    assert_eq!(
        alert().pointer(),
        "L-12 · time is running out: contact them, and log the attempt (18 min left) https://hub.example/L-12"
    );
    let whole = alert().with_personal_data();
    assert!(whole.contains("Maya Chen, Acme\n- page Pricing, 3 times, last 4 min ago"), "{whole}");
}

#[test]
fn whoever_is_told_something_is_asked_for_something() {
    let due = at("10:00:00");
    let clock = ClockKind::Acceptance;
    let actions = [
        Action::Wake,
        Action::ContextPackage,
        Action::AutoResponse { by: due },
        Action::Warn { clock, due },
        Action::Breach { clock, window: 1, due },
        Action::BlackHole,
        Action::Shortfall,
        Action::TellOwner,
        Action::PersonalMessage,
        Action::NextStep { at: due },
        Action::NoShowRisk { meeting: due },
        Action::Stalled,
        Action::QualityCheck,
        Action::CompletionOverdue,
        Action::Unassigned,
        Action::FlagNoActivity,
        Action::AlertManager,
        Action::PauseRep,
        Action::Reroute { window: 1 },
        Action::ToQueue { queue: "q".into() },
        Action::Exhausted,
    ];
    for action in actions {
        assert_eq!(Category::of(&action).is_some(), required_action(&action).is_some(), "{action:?}");
    }
}

fn visit(kind: ActivityKind, text: &str, clock: &str) -> Activity {
    Activity {
        external_id: format!("{text}@{clock}"),
        kind,
        direction: Direction::Inbound,
        at: Some(at(clock)),
        actor: None,
        outcome: None,
        text: text.into(),
        url: None,
    }
}

#[test]
fn the_history_groups_what_they_did_and_falls_back_on_the_trigger() {
    let trigger = Trigger {
        kind: TriggerKind::Demo,
        what: "demo form".into(),
        at: None,
        before: None,
        after: None,
        threshold: None,
    };
    let lead = Lead { trigger: Some(trigger), ..Lead::default() };
    let page = |clock| visit(ActivityKind::PageVisit, "Pricing", clock);
    let mut ours = visit(ActivityKind::Email, "Hello", "09:59:00");
    ours.direction = Direction::Outbound;
    let trail = [page("09:00:00"), visit(ActivityKind::Download, "Guide", "09:30:00"), page("09:56:00"), ours];
    assert_eq!(
        history(&lead, &trail, at("10:00:00")),
        ["page Pricing, 2 times, last 4 min ago", "download Guide, 30 min ago"]
    );
    assert_eq!(history(&lead, &[], at("10:00:00")), ["demo request: demo form"]);
    assert_eq!(history(&Lead::default(), &[], at("10:00:00")), Vec::<String>::new());
}

#[test]
fn three_visits_of_the_pricing_page_in_two_hours_are_one_moment() {
    let lead = Lead { mql_at: Some(at("08:00:00")), ..Lead::default() };
    let mut handoff = Handoff::arrived(&lead, at("08:00:00"));
    let page = |clock| visit(ActivityKind::PageVisit, "/PRICING", clock);
    let rules = IntentRule::defaults();
    let trail = [
        page("09:00:00"),
        page("11:00:01"),
        page("11:30:00"),
        page("12:50:00"),
        page("12:55:00"),
        visit(ActivityKind::PageVisit, "/careers", "12:56:00"),
        visit(ActivityKind::DemoRequest, "demo", "13:00:00"),
    ];
    let found = |handoff: &Handoff, since| {
        moments(&rules, handoff, &trail, since).into_iter().map(|moment| moment.at).collect::<Vec<_>>()
    };
    assert_eq!(found(&handoff, at("08:00:00")), [at("12:50:00"), at("13:00:00")], "the fourth in a row is no news");
    assert_eq!(found(&handoff, at("12:50:00")), [at("13:00:00")], "what was told is not told again");
    handoff.mql_at = at("13:00:00");
    assert_eq!(found(&handoff, at("08:00:00")).len(), 0, "what made it an MQL is where the handoff begins");
    (handoff.mql_at, handoff.stage) = (at("08:00:00"), Stage::Rejected);
    assert_eq!(found(&handoff, at("08:00:00")).len(), 0, "nobody works on it");
}

#[test]
fn the_same_alert_goes_out_once_and_not_at_night_unless_it_is_urgent() {
    let policy = AlertPolicy { quiet: "12:00-13:00".parse().ok(), per_hour: 2, ..AlertPolicy::default() };
    let calendar = Calendar::standard(chrono_tz::UTC);
    let ask = |alert: &Alert, sent: &[Sent], now| verdict(alert, "ana", sent, &policy, &calendar, now);
    let urgent = Alert { is_urgent: true, ..alert() };
    let sent = |key: &str, clock| Sent { key: key.into(), to: "ana".into(), at: at(clock) };
    let same = [sent(&alert().key(), "10:00:00")];
    assert_eq!(ask(&alert(), &[], at("10:00:00")), Verdict::Send);
    assert_eq!(ask(&alert(), &same, at("10:14:59")), Verdict::Duplicate);
    assert_eq!(ask(&urgent, &same, at("10:14:59")), Verdict::Duplicate);
    assert_eq!(verdict(&alert(), "bo", &same, &policy, &calendar, at("10:14:59")), Verdict::Send);
    assert_eq!(ask(&alert(), &same, at("10:15:00")), Verdict::Send);
    assert_eq!(ask(&alert(), &[], at("12:00:00")), Verdict::Hold(at("13:00:00")));
    assert_eq!(ask(&alert(), &[], at("17:00:00")), Verdict::Hold("2026-11-23T09:00:00Z".parse().unwrap()));
    assert_eq!(ask(&urgent, &[], at("17:00:00")), Verdict::Send);
    let many = [sent("a", "10:10:00"), sent("b", "10:20:00")];
    assert_eq!(ask(&alert(), &many, at("10:30:00")), Verdict::Hold(at("11:10:00")));
    assert_eq!(ask(&urgent, &many, at("10:30:00")), Verdict::Send);
    let over = [sent("a", "11:10:00"), sent("b", "11:20:00"), sent("c", "11:30:00")];
    assert_eq!(ask(&alert(), &over, at("11:40:00")), Verdict::Hold(at("13:00:00")), "12:20, which is quiet");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Asked again when it was told to, nobody gets more than the limit in any hour, nor the same twice, nor at night.
    #[test]
    fn the_throttle_holds(mut asked in prop::collection::vec((0..3000_i64, 0..4_u8), 1..60), per_hour in 1..5_u32) {
        let policy = AlertPolicy { per_hour, quiet: "11:00-14:00".parse().ok(), ..AlertPolicy::default() };
        let calendar = Calendar::standard(chrono_tz::UTC);
        let mut sent: Vec<Sent> = Vec::new();
        while let Some(index) = (0..asked.len()).min_by_key(|&index| asked[index].0) {
            let (second, which) = asked.remove(index);
            let now = at("10:00:00") + chrono::Duration::seconds(second);
            let alert = Alert { action: format!("do {which}"), ..alert() };
            match verdict(&alert, "ana", &sent, &policy, &calendar, now) {
                Verdict::Send => sent.push(Sent { key: alert.key(), to: "ana".into(), at: now }),
                Verdict::Duplicate => {}
                Verdict::Hold(until) => {
                    prop_assert!(until > now);
                    asked.push(((until - at("10:00:00")).num_seconds(), which));
                }
            }
        }
        for one in &sent {
            let hour = |other: &&Sent| other.at <= one.at && other.at > one.at - chrono::Duration::hours(1);
            prop_assert!(sent.iter().filter(hour).count() <= per_hour as usize);
            let again = sent.iter().filter(|other| other.key == one.key && (other.at - one.at).abs() < chrono::Duration::minutes(15));
            prop_assert_eq!(again.count(), 1);
            prop_assert!(calendar.is_open(one.at));
            prop_assert!(!(at("11:00:00")..at("14:00:00")).contains(&one.at));
        }
    }
}
