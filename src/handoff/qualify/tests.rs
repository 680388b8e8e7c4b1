use chrono::Duration;
use proptest::prelude::*;

use super::*;
use crate::handoff::score::{Axis, ScorePart};

fn now() -> Time {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn hours_ago(hours: i64) -> Time {
    now() - Duration::hours(hours)
}

fn did(kind: ActivityKind, text: &str, hours: i64) -> Activity {
    Activity {
        external_id: format!("{text} {hours}"),
        kind,
        direction: Direction::Inbound,
        at: Some(hours_ago(hours)),
        actor: None,
        outcome: None,
        text: text.into(),
        url: None,
    }
}

fn flag(hours: i64) -> Activity {
    let internal = did(ActivityKind::Note, "#mql met at the fair", hours);
    Activity { direction: Direction::Internal, actor: Some("Mia".into()), ..internal }
}

/// A score of a model, whose points were earned so many hours ago.
fn score(total: i32, hours: i64) -> Score {
    let part = |axis, label: &str, points, at| ScorePart { axis, label: label.into(), points, full: None, at };
    let behavior = f64::from(total) - 20.0;
    Score {
        total,
        fit: Some(20),
        intent: Some(0),
        behavior: Some(total - 20),
        parts: vec![
            part(Axis::Behavior, "pages", behavior, Some(hours_ago(hours))),
            part(Axis::Fit, "mid-sized", 20.0, None),
        ],
        model: Some("s2-breakdown@1".into()),
        evaluated: None,
    }
}

fn blocked() -> Score {
    let mut blocked = score(0, 1);
    let limit = ScorePart { axis: Axis::Combined, label: "competitor".into(), points: -60.0, full: None, at: None };
    blocked.parts.push(limit);
    blocked
}

fn found(trail: &[Activity], score: Option<&Score>) -> Option<Trigger> {
    trigger(&Lead::default(), trail, score, None, &QualifyPolicy::default(), None, now())
}

fn kind(trail: &[Activity]) -> Option<TriggerKind> {
    found(trail, None).map(|found| found.kind)
}

#[test]
fn exactly_the_threshold_fires_and_one_less_does_not() {
    let trail = [did(ActivityKind::Download, "guide", 5), did(ActivityKind::PageVisit, "/pricing", 1)];
    assert_eq!(found(&trail, Some(&score(64, 1))), None);
    let rules = QualifyPolicy::default();
    let fired = trigger(&Lead::default(), &trail, Some(&score(65, 1)), Some(58), &rules, None, now());
    assert_eq!(
        fired,
        Some(Trigger {
            kind: TriggerKind::Threshold,
            what: "/pricing".into(),
            at: Some(hours_ago(1)),
            before: Some(58),
            after: Some(65),
            threshold: Some(65),
        })
    );
}

#[test]
fn each_kind_of_request_is_told_apart_and_the_most_urgent_counts() {
    let form = |text: &str| did(ActivityKind::Form, text, 3);
    assert_eq!(kind(&[did(ActivityKind::DemoRequest, "", 3)]), Some(TriggerKind::Demo));
    assert_eq!(kind(&[form("Request a demo")]), Some(TriggerKind::Demo));
    assert_eq!(kind(&[form("Get a quote")]), Some(TriggerKind::Pricing));
    assert_eq!(kind(&[form("Contact us")]), Some(TriggerKind::HandRaiser));
    assert_eq!(kind(&[did(ActivityKind::Chat, "hello?", 3)]), Some(TriggerKind::HandRaiser));
    assert_eq!(kind(&[did(ActivityKind::Event, "Webinar", 3)]), Some(TriggerKind::Webinar));
    assert_eq!(kind(&[flag(3)]), Some(TriggerKind::Manual));
    for nothing in [form("Newsletter"), did(ActivityKind::Download, "guide", 3), did(ActivityKind::EmailOpen, "", 3)] {
        assert_eq!(kind(&[nothing]), None);
    }
    let trail =
        [form("Contact us"), did(ActivityKind::DemoRequest, "first", 9), did(ActivityKind::DemoRequest, "again", 4)];
    let demo = found(&trail, Some(&score(40, 1))).unwrap();
    assert_eq!((demo.kind, demo.what.as_str(), demo.at), (TriggerKind::Demo, "again", Some(hours_ago(4))));
    assert_eq!(demo.threshold, None, "no threshold was crossed");
    assert_eq!(found(&trail, Some(&score(80, 1))).unwrap().threshold, Some(65), "one was");
}

#[test]
fn a_lead_cannot_flag_itself_and_marketing_is_named() {
    let own = Activity { direction: Direction::Inbound, ..flag(3) };
    assert_eq!(kind(&[own]), None);
    assert_eq!(found(&[flag(3)], None).unwrap().what, "#mql met at the fair (by Mia)");
}

#[test]
fn a_disqualified_lead_is_flagged_by_hand_or_not_at_all() {
    let demo = did(ActivityKind::DemoRequest, "demo", 1);
    assert_eq!(found(std::slice::from_ref(&demo), Some(&blocked())), None);
    let kinds = found(&[demo, flag(2)], Some(&blocked())).map(|found| found.kind);
    assert_eq!(kinds, Some(TriggerKind::Manual));
}

#[test]
fn where_a_least_fit_is_asked_for_interest_alone_is_not_enough() {
    let rules = QualifyPolicy { minimum_fit: Some(21), ..QualifyPolicy::default() };
    let demo = [did(ActivityKind::DemoRequest, "demo", 1)];
    let ask = |trail: &[Activity], score: Option<&Score>, rules: &QualifyPolicy| {
        trigger(&Lead::default(), trail, score, None, rules, None, now()).map(|found| found.kind)
    };
    assert_eq!(ask(&demo, Some(&score(90, 1)), &rules), None);
    assert_eq!(ask(&demo, None, &rules), None, "nobody knows that it fits");
    assert_eq!(ask(&[flag(1)], Some(&score(90, 1)), &rules), Some(TriggerKind::Manual));
    let rules = QualifyPolicy { minimum_fit: Some(20), ..rules };
    assert_eq!(ask(&demo, Some(&score(30, 1)), &rules), Some(TriggerKind::Demo));
}

#[test]
fn the_sources_own_word_always_counts_in_its_cycle() {
    let told = Trigger {
        kind: TriggerKind::Webinar,
        what: "Q4 webinar".into(),
        at: Some(hours_ago(30)),
        before: None,
        after: None,
        threshold: None,
    };
    let lead = Lead { trigger: Some(told.clone()), ..Lead::default() };
    let rules = QualifyPolicy { minimum_fit: Some(50), ..QualifyPolicy::default() };
    let ask = |since| trigger(&lead, &[], None, None, &rules, since, now());
    assert_eq!(ask(None), Some(told.clone()));
    assert_eq!(ask(Some(hours_ago(40))), Some(told));
    assert_eq!(ask(Some(hours_ago(20))), None);
}

#[test]
fn a_threshold_reached_by_content_alone_is_contents() {
    let downloads = [did(ActivityKind::Download, "guide", 5), did(ActivityKind::EmailClick, "news", 9)];
    let fired = found(&downloads, Some(&score(70, 5))).unwrap();
    assert_eq!((fired.kind, fired.what.as_str(), fired.after), (TriggerKind::Content, "guide", Some(70)));
    let rules = QualifyPolicy { content: Vec::new(), ..QualifyPolicy::default() };
    let fired = trigger(&Lead::default(), &downloads, Some(&score(70, 5)), None, &rules, None, now()).unwrap();
    assert_eq!(fired.kind, TriggerKind::Threshold);
}

#[test]
fn a_threshold_that_a_fact_crossed_names_the_fact() {
    let fired = found(&[], Some(&score(65, 1))).unwrap();
    assert_eq!((fired.kind, fired.what.as_str(), fired.at), (TriggerKind::Threshold, "pages", Some(now())));
}

#[test]
fn after_recycling_only_what_is_new_counts() {
    let ended = Some(hours_ago(10));
    let rules = QualifyPolicy::default();
    let ask = |trail: &[Activity], score: Option<&Score>, before| {
        trigger(&Lead::default(), trail, score, before, &rules, ended, now()).map(|found| found.kind)
    };
    assert_eq!(ask(&[did(ActivityKind::DemoRequest, "demo", 10)], None, None), None, "at its very end");
    assert_eq!(ask(&[did(ActivityKind::DemoRequest, "demo", 9)], None, None), Some(TriggerKind::Demo));
    assert_eq!(ask(&[], Some(&score(80, 20)), Some(80)), None, "the old points");
    assert_eq!(ask(&[], Some(&score(80, 2)), Some(70)), Some(TriggerKind::Threshold), "new points");
    assert_eq!(ask(&[], Some(&score(80, 20)), Some(60)), Some(TriggerKind::Threshold), "it was below since");
    let undated = Activity { at: None, ..did(ActivityKind::DemoRequest, "demo", 1) };
    assert_eq!(ask(&[undated], None, None), None, "nobody knows that it is new");
}

fn any_trail() -> impl Strategy<Value = Vec<Activity>> {
    let one = (0..ActivityKind::ALL.len(), 0_usize..6, -3_i64..60, any::<bool>(), any::<bool>(), 0_u32..1000);
    let one = one.prop_map(|(kind, text, hours, inbound, dated, id)| {
        let text = ["demo request", "pricing", "contact", "#mql", "newsletter", ""][text];
        let mut activity = did(ActivityKind::ALL[kind], text, hours);
        activity.external_id = id.to_string();
        activity.direction = if inbound { Direction::Inbound } else { Direction::Internal };
        activity.at = activity.at.filter(|_| dated);
        activity
    });
    prop::collection::vec(one, 0..8)
}

proptest! {
    #[test]
    fn a_lead_triggers_once_per_cycle(trail in any_trail(), total in 0..=100, hours in 0_i64..60, created in -2_i64..90) {
        let lead = Lead { created_at: Some(hours_ago(created)), ..Lead::default() };
        let score = score(total, hours);
        let rules = QualifyPolicy::default();
        let first = trigger(&lead, &trail, Some(&score), None, &rules, None, now());
        if let Some(first) = first {
            prop_assert!(first.at.is_none_or(|at| at <= now()));
            let lead = Lead { trigger: Some(first), mql_at: Some(now()), ..lead };
            prop_assert_eq!(trigger(&lead, &trail, Some(&score), Some(total), &rules, Some(now()), now()), None);
        }
    }

    #[test]
    fn the_order_of_the_trail_never_decides(
        (trail, shuffled) in any_trail().prop_flat_map(|trail| (Just(trail.clone()), Just(trail).prop_shuffle())),
        total in 0..=100,
    ) {
        let ids: std::collections::BTreeSet<_> = trail.iter().map(|activity| &activity.external_id).collect();
        prop_assume!(ids.len() == trail.len());
        let score = score(total, 2);
        prop_assert_eq!(found(&trail, Some(&score)), found(&shuffled, Some(&score)));
    }
}
