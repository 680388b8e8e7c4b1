use std::collections::BTreeMap;

use chrono::Duration;
use proptest::prelude::*;

use super::*;
use crate::handoff::activity::{ActivityKind, Direction};
use crate::handoff::score::{Axis, Category, Score, ScorePart};

fn now() -> Time {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn days_ago(days: i64) -> Time {
    now() - Duration::days(days)
}

fn did(kind: ActivityKind, text: &str, at: Option<Time>) -> Activity {
    Activity {
        external_id: format!("{text} {at:?}"),
        kind,
        direction: Direction::Inbound,
        at,
        actor: None,
        outcome: None,
        text: text.into(),
        url: None,
    }
}

fn rule(name: &str, axis: Axis, kind: ActivityKind, effect: Effect) -> Rule {
    Rule {
        name: name.into(),
        label: name.into(),
        axis,
        group: None,
        matcher: Matcher::Activity(ActivityMatch { kinds: vec![kind], ..ActivityMatch::default() }),
        effect,
        cap: None,
        decay: Decay::None,
        repeat: Repeat::Every,
        max_per_day: None,
        low_signal: false,
    }
}

fn fact(name: &str, wanted: LeadMatch, effect: Effect) -> Rule {
    Rule { matcher: Matcher::Lead(Box::new(wanted)), ..rule(name, Axis::Fit, ActivityKind::Other, effect) }
}

fn model(mode: Mode, rules: Vec<Rule>) -> Model {
    Model {
        id: "test".into(),
        version: 1,
        about: String::new(),
        mode,
        threshold: 65,
        fit_cap: None,
        intent_cap: None,
        behavior_cap: None,
        group_caps: BTreeMap::new(),
        levels: Levels { engagement: 15.0, high: 25.0, medium: 6.0 },
        rules,
    }
}

const OPEN: ActivityKind = ActivityKind::EmailOpen;

fn opens(dates: &[i64]) -> Vec<Activity> {
    dates.iter().map(|&days| did(OPEN, "open", Some(days_ago(days)))).collect()
}

fn points_of(rule: Rule, trail: &[Activity]) -> f64 {
    evaluate(&model(Mode::Additive, vec![rule]), &Lead::default(), trail, now()).exact
}

fn five_points() -> Rule {
    rule("open", Axis::Behavior, OPEN, Effect::Points(5.0))
}

/// The worked numbers of C11: 40 points, with different readiness.
#[test]
fn the_hybrid_modes_give_the_worked_numbers() {
    let title = |word: &str| LeadMatch { title: vec![word.into()], ..LeadMatch::default() };
    let news = LeadMatch { news: vec!["funding".into()], ..LeadMatch::default() };
    let rules = vec![
        rule("points", Axis::Behavior, ActivityKind::Download, Effect::Points(10.0)),
        fact("growth", news, Effect::Factor(2.0)),
        fact("role", title("VP"), Effect::Factor(1.5)),
        rule("demo", Axis::Intent, ActivityKind::DemoRequest, Effect::Factor(3.0)),
    ];
    let mut trail: Vec<_> = (1..=4).map(|n| did(ActivityKind::Download, &n.to_string(), Some(now()))).collect();
    let (weighted, multiplicative) = (Mode::Weighted { engagement: 0.4 }, Mode::Multiplicative);
    let totals = |lead: &Lead, trail: &[Activity]| {
        [weighted, multiplicative].map(|mode| evaluate(&model(mode, rules.clone()), lead, trail, now()).exact)
    };
    let close = |totals: [f64; 2], wanted: [f64; 2]| {
        let near = totals.iter().zip(wanted).all(|(total, wanted)| (total - wanted).abs() < 1e-9);
        assert!(near, "{totals:?}, not {wanted:?}");
    };
    let mut lead = Lead::default();
    close(totals(&lead, &trail), [16.0, 40.0]);
    lead.company.news.push("Series C funding".into());
    close(totals(&lead, &trail), [23.5, 80.0]);
    lead.company.news.clear();
    lead.person.title = Some("VP Sales".into());
    trail.push(did(ActivityKind::DemoRequest, "demo", Some(now())));
    close(totals(&lead, &trail), [42.25, 100.0]);

    let evaluation = evaluate(&model(weighted, rules.clone()), &lead, &trail, now());
    assert_eq!(evaluation.category, Some(Category::A));
    let parts: Vec<_> = evaluation.score.parts.iter().map(|part| part.label.as_str()).collect();
    assert_eq!(parts, ["demo, factor 3", "points ×4", "role, factor 1.5"]);
    assert_eq!((evaluation.score.total, evaluation.score.behavior), (42, Some(16)));
}

#[test]
fn decay_takes_by_half_life_line_or_steps() {
    let with = |decay| Rule { decay, ..five_points() };
    let days = Duration::days;
    assert_eq!(points_of(with(Decay::HalfLife(days(30))), &opens(&[60])), 1.25);
    assert_eq!(points_of(with(Decay::Linear(days(100))), &opens(&[60])), 2.0);
    assert_eq!(points_of(with(Decay::Linear(days(100))), &opens(&[200])), 0.0);
    let steps = Decay::Steps(vec![Step { after: days(30), share: 0.5 }, Step { after: days(90), share: 0.0 }]);
    assert_eq!(points_of(with(steps.clone()), &opens(&[29, 30, 91])), 7.5);

    let lead = Lead { created_at: Some(days_ago(40)), ..Lead::default() };
    let undated = [did(OPEN, "open", None)];
    let aged = evaluate(&model(Mode::Additive, vec![with(steps)]), &lead, &undated, now());
    assert_eq!(aged.exact, 2.5, "an undated activity is as old as its lead");
    assert_eq!(aged.score.parts[0].at, None, "but the ledger claims no date for it");
    assert_eq!(aged.score.parts[0].full, Some(5.0));
}

#[test]
fn repeats_count_as_the_rule_says() {
    let days = Duration::days;
    let count = |repeat, dates: &[i64]| points_of(Rule { repeat, ..five_points() }, &opens(dates)) / 5.0;
    assert_eq!(count(Repeat::Every, &[0, 1, 2]), 3.0);
    assert_eq!(count(Repeat::First, &[0, 1, 2]), 1.0);
    let most = |n, within: i64| Repeat::Most { n, within: Some(days(within)) };
    assert_eq!(count(most(2, 7), &[20, 19, 18, 1, 0]), 4.0);
    assert_eq!(count(most(1, 2), &[4, 3, 2, 1]), 2.0, "the window slides");
    assert_eq!(count(Repeat::Most { n: 2, within: None }, &[20, 10, 0]), 2.0);
    let needs = |n, within: i64| Repeat::Needs { n, within: Some(days(within)) };
    assert_eq!(count(needs(3, 7), &[6, 3, 1]), 1.0);
    assert_eq!(count(needs(3, 5), &[6, 3, 1]), 0.0);
    assert_eq!(count(needs(2, 5), &[30, 3, 2, 1, 0]), 2.0);
    let daily = |most, dates: &[i64]| points_of(Rule { max_per_day: Some(most), ..five_points() }, &opens(dates)) / 5.0;
    assert_eq!(daily(2, &[1, 1, 1, 0]), 3.0);

    let latest = Rule { repeat: Repeat::Latest, decay: Decay::HalfLife(days(10)), ..five_points() };
    assert_eq!(points_of(latest, &opens(&[40, 10])), 2.5);
}

#[test]
fn caps_limit_what_is_earned_and_not_what_is_taken() {
    let careers = rule("careers", Axis::Behavior, ActivityKind::PageVisit, Effect::Points(-10.0));
    let mut capped = model(
        Mode::Additive,
        vec![
            Rule { group: Some("mail".into()), low_signal: true, ..five_points() },
            rule("chat", Axis::Behavior, ActivityKind::Chat, Effect::Points(30.0)),
            careers,
        ],
    );
    capped.group_caps.insert("mail".into(), 12.0);
    capped.behavior_cap = Some(21.0);
    let mut trail = opens(&[0, 0, 0, 0]);
    let total = |trail: &[Activity]| evaluate(&capped, &Lead::default(), trail, now()).exact;
    assert_eq!(total(&trail), 12.0);
    trail.push(did(ActivityKind::Chat, "chat", Some(now())));
    assert!((total(&trail) - 21.0).abs() < 1e-9);
    trail.push(did(ActivityKind::PageVisit, "careers", Some(now())));
    assert!((total(&trail) - 11.0).abs() < 1e-9);
    assert_eq!(points_of(Rule { cap: Some(8.0), ..five_points() }, &opens(&[0, 0, 0])), 8.0);
}

#[test]
fn a_disqualifier_limits_the_total_and_says_so() {
    let student = LeadMatch { title: vec!["student".into()], ..LeadMatch::default() };
    let lead = |title: &str| {
        let mut lead = Lead::default();
        lead.person.title = Some(title.into());
        lead
    };
    let chat = rule("chat", Axis::Intent, ActivityKind::Chat, Effect::Points(40.0));
    let trail = [did(ActivityKind::Chat, "chat", Some(now()))];
    let limited = model(Mode::Additive, vec![chat.clone(), fact("student", student.clone(), Effect::CapTotal(15))]);
    let buyer = evaluate(&limited, &lead("VP"), &trail, now());
    assert_eq!((buyer.score.total, buyer.category, buyer.blocked), (40, Some(Category::A), None));
    let capped = evaluate(&limited, &lead("Student"), &trail, now());
    assert_eq!((capped.score.total, capped.category), (15, None));
    assert_eq!(capped.blocked.as_deref(), Some("student"));
    assert_eq!(capped.score.parts[1].axis, Axis::Combined);
    assert_eq!(capped.score.parts[1].points, -25.0);
    let barred = model(Mode::Additive, vec![chat, fact("student", student, Effect::Block)]);
    assert_eq!(evaluate(&barred, &lead("Student"), &trail, now()).score.total, 0);
}

#[test]
fn of_the_factors_of_a_group_only_the_largest_counts() {
    let inquiry = |name: &str, kind, factor| Rule {
        group: Some("inquiry".into()),
        ..rule(name, Axis::Intent, kind, Effect::Factor(factor))
    };
    let rules = vec![inquiry("chat", ActivityKind::Chat, 2.0), inquiry("demo", ActivityKind::DemoRequest, 3.0)];
    let both = [did(ActivityKind::Chat, "", Some(now())), did(ActivityKind::DemoRequest, "", Some(now()))];
    let evaluation = evaluate(&model(Mode::Weighted { engagement: 0.4 }, rules), &Lead::default(), &both, now());
    assert_eq!(evaluation.readiness, 100.0);
    assert_eq!(evaluation.score.parts.len(), 1);
}

#[test]
fn a_lead_that_arrives_with_a_score_keeps_it() {
    let own = Score {
        total: 71,
        fit: None,
        intent: None,
        behavior: None,
        parts: vec![ScorePart { axis: Axis::Combined, label: "hubspot".into(), points: 71.0, full: None, at: None }],
        model: Some("hubspot".into()),
        evaluated: None,
    };
    let models = Models { all: vec![model(Mode::Additive, vec![five_points()])], active: Some("test".into()) };
    let scored = |lead: &Lead, trail: &[Activity], models: &Models| {
        let mut lead = lead.clone();
        rescore(&mut lead, trail, models, now());
        lead
    };
    let mut lead = Lead { score: Some(own), ..Lead::default() };
    assert_eq!(scored(&lead, &opens(&[0]), &models), lead);
    lead.score = None;
    lead.category = Some(Category::B);
    let ours = scored(&lead, &opens(&[0]), &models);
    let score = ours.score.as_ref().unwrap();
    assert_eq!((score.total, ours.category), (5, Some(Category::B)));
    assert_eq!(score.model.as_deref(), Some("test@1"));
    assert_eq!(score.evaluated, Some(Evaluated { as_of: Some(now()), with_category: false }));
    assert_eq!(scored(&ours, &opens(&[0, 1]), &models).score.map(|score| score.total), Some(10), "it is no lead's own");
    assert_eq!(scored(&ours, &[], &models), lead, "no rule says anything");
    assert_eq!(scored(&ours, &opens(&[0]), &Models { active: None, ..models.clone() }), lead);
    lead.category = None;
    let demo = rule("demo", Axis::Intent, ActivityKind::DemoRequest, Effect::Points(80.0));
    let models = Models { all: vec![model(Mode::Additive, vec![demo])], ..models };
    let ours = scored(&lead, &[did(ActivityKind::DemoRequest, "demo", Some(now()))], &models);
    assert!(ours.category.is_some());
    assert_eq!(scored(&ours, &[], &models), lead, "the category goes with the score that it came with");
}

#[test]
fn a_score_is_as_of_the_last_sign_of_life_whenever_it_is_worked_out() {
    let halved = Rule { decay: Decay::HalfLife(Duration::days(30)), ..five_points() };
    let models = Models { all: vec![model(Mode::Additive, vec![halved])], active: Some("test".into()) };
    let mut lead = Lead { mql_at: Some(days_ago(90)), ..Lead::default() };
    rescore(&mut lead, &opens(&[60, 30, -1]), &models, now());
    let score = lead.score.clone().unwrap();
    assert_eq!((score.total, score.evaluated.unwrap().as_of), (8, Some(days_ago(30))), "5 and a half of 5");
    rescore(&mut lead, &opens(&[60, 30]), &models, now() + Duration::days(300));
    assert_eq!(lead.score, Some(score));
}

#[test]
fn an_explanation_says_what_the_score_hangs_on() {
    let mut scored = model(
        Mode::Additive,
        vec![
            Rule { low_signal: true, ..five_points() },
            rule("demo", Axis::Intent, ActivityKind::DemoRequest, Effect::Points(40.0)),
        ],
    );
    scored.threshold = 65;
    let mut trail = opens(&[0, 0, 0, 0, 0, 0, 0]);
    trail.push(did(ActivityKind::DemoRequest, "demo", Some(now())));
    let receipt = explain(&scored, &Lead::default(), &trail, now());
    assert!(receipt.is_mql && receipt.is_mql_by_low_signals_alone());
    let without: Vec<_> = receipt.without.iter().map(|it| (it.without.as_str(), it.total, it.is_mql)).collect();
    assert_eq!(without, [("demo", 35, false), ("open ×7", 40, false)]);
}

#[test]
fn the_future_does_not_count_yet() {
    let trail = opens(&[2, 1, 0]);
    let scored = model(Mode::Additive, vec![five_points()]);
    assert_eq!(evaluate(&scored, &Lead::default(), &trail, days_ago(1)).exact, 10.0);
}

fn any_decay() -> impl Strategy<Value = Decay> {
    let span = || (1_i64..200).prop_map(Duration::days);
    prop_oneof![
        Just(Decay::None),
        span().prop_map(Decay::HalfLife),
        span().prop_map(Decay::Linear),
        (1_i64..50, 50_i64..200, 0.0..0.5_f64).prop_map(|(first, second, share)| Decay::Steps(vec![
            Step { after: Duration::days(first), share: 0.5 },
            Step { after: Duration::days(second), share },
        ])),
    ]
}

fn any_repeat() -> impl Strategy<Value = Repeat> {
    let within = || prop::option::of((1_i64..60).prop_map(Duration::days));
    prop_oneof![
        Just(Repeat::Every),
        Just(Repeat::First),
        Just(Repeat::Latest),
        (1_u32..4, within()).prop_map(|(n, within)| Repeat::Most { n, within }),
        (1_u32..4, within()).prop_map(|(n, within)| Repeat::Needs { n, within }),
    ]
}

fn any_rule(points: std::ops::Range<f64>) -> impl Strategy<Value = Rule> {
    let effect = prop_oneof![
        8 => points.prop_map(Effect::Points),
        2 => (1.0..4.0_f64).prop_map(Effect::Factor),
    ];
    let kind = prop::sample::select(&ActivityKind::ALL[..5]);
    let axis = prop::sample::select(&[Axis::Fit, Axis::Intent, Axis::Behavior][..]);
    let limits = (prop::option::of(1.0..60.0_f64), prop::option::of(1_u32..4), any::<bool>());
    (0..10_000_u32, kind, axis, effect, any_decay(), any_repeat(), limits).prop_map(
        |(name, kind, axis, effect, decay, repeat, (cap, max_per_day, grouped))| Rule {
            cap,
            decay,
            repeat,
            max_per_day,
            // A group belongs to one dimension.
            group: grouped.then(|| axis.code().to_owned()),
            ..rule(&name.to_string(), axis, kind, effect)
        },
    )
}

fn any_model(points: std::ops::Range<f64>) -> impl Strategy<Value = Model> {
    let mode = prop_oneof![
        Just(Mode::Additive),
        (0.0..1.0_f64).prop_map(|engagement| Mode::Weighted { engagement }),
        Just(Mode::Multiplicative),
    ];
    let caps = (prop::option::of(1.0..60.0_f64), prop::option::of(1.0..60.0_f64));
    (mode, prop::collection::vec(any_rule(points), 0..8), caps).prop_map(|(mode, rules, (group, behavior_cap))| Model {
        behavior_cap,
        group_caps: group.map(|cap| ("behavior".to_owned(), cap)).into_iter().collect(),
        ..model(mode, rules)
    })
}

fn any_trail() -> impl Strategy<Value = Vec<Activity>> {
    let one = (prop::sample::select(&ActivityKind::ALL[..5]), prop::option::of(0_i64..500), any::<u16>());
    let one = one.prop_map(|(kind, hours, id)| did(kind, &id.to_string(), hours.map(|h| now() - Duration::hours(h))));
    prop::collection::vec(one, 0..20)
}

proptest! {
    #[test]
    fn any_model_gives_0_to_100_and_a_ledger_that_adds_up(
        model in any_model(-60.0..60.0), trail in any_trail(), block in any::<bool>(), cap in 0..100_i32,
    ) {
        let mut model = model;
        model.rules.push(Rule {
            name: "limit".into(),
            ..rule("limit", Axis::Fit, OPEN, if block { Effect::Block } else { Effect::CapTotal(cap) })
        });
        let evaluation = evaluate(&model, &Lead::default(), &trail, now());
        prop_assert!((0..=100).contains(&evaluation.score.total));
        let ledger: f64 = evaluation.score.parts.iter().map(|part| part.points).sum();
        prop_assert!((ledger - evaluation.exact).abs() < 1e-6, "{ledger} is not {}", evaluation.exact);
        prop_assert_eq!(evaluation.score.parts.len(), evaluation.contributions.len());
        if evaluation.blocked.is_none() {
            let score = &evaluation.score;
            let axes = [score.fit, score.intent, score.behavior].into_iter().flatten().sum::<i32>();
            prop_assert_eq!(axes, score.total, "the dimensions add up to the total");
        }
    }

    #[test]
    fn the_order_of_the_trail_does_not_matter(
        (model, trail, shuffled) in (any_model(-60.0..60.0), any_trail())
            .prop_flat_map(|(model, trail)| (Just(model), Just(trail.clone()), Just(trail).prop_shuffle())),
    ) {
        let lead = Lead::default();
        prop_assert_eq!(evaluate(&model, &lead, &trail, now()), evaluate(&model, &lead, &shuffled, now()));
    }

    #[test]
    fn time_alone_never_raises_a_score_that_nothing_is_taken_from(
        model in any_model(0.0..60.0), trail in any_trail(), first in 0_i64..300, later in 0_i64..300,
    ) {
        let at = |days| evaluate(&model, &Lead::default(), &trail, now() + Duration::days(days)).exact;
        prop_assert!(at(first) + 1e-6 >= at(first + later));
    }
}
