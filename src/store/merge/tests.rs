use super::*;
use crate::handoff::lead::{PreflightItem, TriggerKind};

fn told(parts: &[(&'static str, &'static str)]) -> Told {
    parts.iter().map(|(group, name)| Part::Field(group, name)).collect()
}

fn part(axis: Axis, label: &str, points: f64) -> ScorePart {
    ScorePart { axis, label: label.into(), points, full: None, at: None }
}

fn points(fit: Option<i32>, intent: Option<i32>, total: i32, parts: Vec<ScorePart>) -> Score {
    Score { total, fit, intent, behavior: None, parts, model: Some("crm".into()), evaluated: None }
}

#[test]
fn what_was_told_is_taken_be_it_nothing_and_the_rest_stays() {
    let mut known = Lead { owner: Some("ana".into()), mql_at: "2026-11-20T09:00:00Z".parse().ok(), ..Lead::default() };
    known.person.title = Some("VP".into());
    known.person.do_not_call = true;
    known.company.tech = vec!["rust".into()];
    known.extras.insert("shoe".into(), "42".into());
    known.extras.insert("hat".into(), "L".into());
    known.preflight = ["name", "email"]
        .map(|item| PreflightItem { item: item.into(), passed: true, why: None, ..PreflightItem::default() })
        .to_vec();
    let mut came = Lead::default();
    assert_eq!(merge(&known, &came, &told(&[])).unwrap(), known);
    came.company.name = Some("Acme".into());
    came.preflight = vec![PreflightItem { item: "email".into(), passed: false, why: None, ..PreflightItem::default() }];
    let fields = told(&[("", "owner"), ("person", "do_not_call"), ("company", "tech"), ("company", "name")]);
    let others = [Part::Extra("shoe".into()), Part::Preflight("email".into()), Part::Preflight("dedup".into())];
    let merged = merge(&known, &came, &fields.with(&others.into_iter().collect())).unwrap();
    let mut expected = known.clone();
    (expected.owner, expected.person.do_not_call) = (None, false);
    (expected.company.tech, expected.company.name) = (Vec::new(), Some("Acme".into()));
    expected.extras.remove("shoe");
    expected.preflight[1].passed = false;
    assert_eq!(merged, expected);
}

#[test]
fn another_stage_forgets_what_was_known_of_the_one_before() {
    let since = "2026-11-20T09:00:00Z".parse().ok();
    let lost = SourceStage {
        raw: Some("Lost".into()),
        canonical: Some(Stage::Rejected),
        reason: Some("budget".into()),
        since,
        until: None,
    };
    let only = told(&[("stage", "canonical")]);
    let came = |canonical| SourceStage { raw: Some("x".into()), canonical, ..SourceStage::default() };
    let same = stage(&lost, &came(Some(Stage::Rejected)), &only);
    assert_eq!((same.reason.as_deref(), same.since), (Some("budget"), since));
    let open = stage(&lost, &came(Some(Stage::Assigned)), &only);
    assert_eq!(open, came(Some(Stage::Assigned)));
    assert_eq!(stage(&lost, &came(None), &told(&[("stage", "since")])), SourceStage { since: None, ..lost });
}

#[test]
fn of_the_same_trigger_the_rest_stays_and_another_is_taken_as_it_came() {
    let known = Trigger {
        kind: TriggerKind::Demo,
        what: "demo form".into(),
        at: "2026-11-20T09:00:00Z".parse().ok(),
        before: Some(40),
        after: Some(70),
        threshold: Some(65),
    };
    let came = |kind: TriggerKind| Trigger {
        kind,
        what: kind.label().into(),
        at: None,
        before: None,
        after: None,
        threshold: None,
    };
    let only = told(&[("trigger", "kind")]);
    assert_eq!(trigger(Some(&known), Some(&came(TriggerKind::Demo)), &only), Some(known.clone()));
    let other = came(TriggerKind::Pricing);
    assert_eq!(trigger(Some(&known), Some(&other), &only), Some(other));
    assert_eq!(trigger(Some(&known), None, &only), None);
    assert_eq!(trigger(Some(&known), None, &told(&[("trigger", "at")])), Some(known));
}

#[test]
fn a_score_that_was_told_in_part_still_adds_up() {
    let (role, size) = (part(Axis::Fit, "role", 20.0), part(Axis::Fit, "size", 10.0));
    let pages = |points| part(Axis::Intent, "pages", points);
    let known = points(Some(30), Some(40), 70, vec![pages(40.0), role.clone(), size.clone()]);
    let listed = |axis, label: &str| [Part::Points(axis, label.to_owned())].into_iter().collect::<Told>();
    assert_eq!(score(Some(&known), None, &told(&[("score", "model")])), Some(known.clone()), "not told");
    // One part, one dimension, the total.
    let came = points(None, Some(15), 15, vec![pages(15.0)]);
    let merged = score(Some(&known), Some(&came), &listed(Axis::Intent, "pages")).unwrap();
    assert_eq!((merged.fit, merged.intent, merged.total, merged.parts.len()), (Some(30), Some(15), 45, 3));
    let came = points(Some(5), None, 5, vec![part(Axis::Fit, "fit", 5.0)]);
    let merged = score(Some(&known), Some(&came), &told(&[("score", "fit")])).unwrap();
    assert_eq!((merged.fit, merged.total, merged.parts.clone()), (Some(5), 45, known.parts.clone()));
    let came = points(None, None, 90, Vec::new());
    let merged = score(Some(&known), Some(&came), &told(&[("score", "total")])).unwrap();
    assert_eq!(merged, Score { total: 90, ..known.clone() });
    // The total is no sum: it stays until it is told.
    let odd = Score { total: 90, ..known.clone() };
    let came = points(None, Some(15), 15, vec![pages(15.0)]);
    assert_eq!(score(Some(&odd), Some(&came), &listed(Axis::Intent, "pages")).unwrap().total, 90);
    // Empty cells.
    let merged = score(Some(&known), None, &listed(Axis::Intent, "pages")).unwrap();
    assert_eq!((merged.intent, merged.total, merged.parts), (None, 30, vec![role, size]));
    let dimension = points(Some(30), None, 30, vec![part(Axis::Fit, "fit", 30.0)]);
    assert_eq!(score(Some(&dimension), None, &told(&[("score", "fit"), ("score", "total")])), None);
}
