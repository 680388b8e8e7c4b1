use super::*;
use crate::handoff::Time;
use crate::handoff::activity::Activity;
use crate::handoff::lead::Lead;
use crate::handoff::score::Category;
use crate::handoff::scoring::{Evaluation, evaluate, explain};

fn preset(id: &str) -> Model {
    preset_models().unwrap().into_iter().find(|model| model.id == id).unwrap()
}

fn now() -> Time {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn did(kind: ActivityKind, text: &str) -> Activity {
    Activity {
        external_id: text.into(),
        kind,
        direction: Direction::Inbound,
        at: Some(now()),
        actor: None,
        outcome: None,
        text: text.into(),
        url: None,
    }
}

fn forty_points() -> Vec<Activity> {
    vec![
        did(ActivityKind::Download, "Buyer's guide"),
        did(ActivityKind::Download, "ROI calculator"),
        did(ActivityKind::PageVisit, "/pricing"),
        did(ActivityKind::EmailClick, "Q4 news"),
    ]
}

fn score(model: &Model, title: &str, news: &str, trail: &[Activity]) -> Evaluation {
    let mut lead = Lead::default();
    lead.person.title = Some(title.into());
    lead.company.news = vec![news.into()];
    evaluate(model, &lead, trail, now())
}

#[test]
fn the_hybrid_preset_gives_the_worked_numbers_of_c11() {
    let weighted = preset("s3-hybrid");
    let multiplicative = Model { mode: Mode::Multiplicative, ..weighted.clone() };
    let mut demo = forty_points();
    demo.push(did(ActivityKind::DemoRequest, "demo form"));
    for (title, news, trail, totals, category) in [
        ("VP Sales", "", &demo, (42.25, 100.0), Category::A),
        ("Analyst", "", &forty_points(), (16.0, 40.0), Category::C),
        ("Analyst", "raised a Series B", &forty_points(), (23.5, 80.0), Category::B),
    ] {
        let first = score(&weighted, title, news, trail);
        let second = score(&multiplicative, title, news, trail);
        assert!((first.exact - totals.0).abs() < 1e-9, "{title}: {}", first.exact);
        assert!((second.exact - totals.1).abs() < 1e-9, "{title}: {}", second.exact);
        assert_eq!(first.category, Some(category), "{title}");
    }
    assert_eq!(weighted.label(), "s3-hybrid@1");
}

#[test]
fn the_points_preset_gives_the_points_of_r22_and_65_fires() {
    let trail = [
        did(ActivityKind::EmailOpen, "Q4 news"),
        did(ActivityKind::Download, "whitepaper"),
        did(ActivityKind::PageVisit, "pricing page"),
        did(ActivityKind::DemoRequest, "demo"),
    ];
    let points = preset("s1-points");
    let receipt = explain(&points, &Lead::default(), &trail, now());
    let parts: Vec<_> = receipt.evaluation.score.parts.iter().map(|part| part.points).collect();
    assert_eq!(parts, [30.0, 20.0, 10.0, 5.0]);
    assert!(receipt.is_mql, "exactly 65 fires (R14)");
    assert_eq!(receipt.evaluation.score.fit, None, "the model asks nothing of fit");
    let openings: Vec<_> = (0..50).map(|n| did(ActivityKind::EmailOpen, &n.to_string())).collect();
    assert!(evaluate(&points, &Lead::default(), &openings, now()).score.total <= 15, "R30");
    assert!(evaluate(&points, &Lead::default(), &trail, now() + chrono::Duration::days(183)).score.total < 10, "R20");
}

#[test]
fn the_fit_preset_gives_the_head_of_a_mid_sized_technology_company_50_points() {
    let mut lead = Lead::default();
    lead.person.title = Some("CEO".into());
    lead.company.industry = Some("Computer Software".into());
    lead.company.size = Some("201-500".into());
    let fit = preset("s0-fit-interest");
    assert_eq!(evaluate(&fit, &lead, &[], now()).score.total, 50);
    let click = evaluate(&fit, &lead, &[did(ActivityKind::EmailClick, "x")], now());
    assert_eq!(click.score.behavior, Some(2));
    let careers = evaluate(&fit, &lead, &[did(ActivityKind::PageVisit, "/careers")], now());
    assert_eq!(careers.score.total, 30, "a careers page is held against them");
}

#[test]
fn the_default_model_reaches_its_threshold_by_fit_and_a_demo_request() {
    let default = preset(DEFAULT_MODEL);
    let mut lead = Lead::default();
    lead.person.title = Some("VP Revenue Operations".into());
    lead.company.size = Some("800".into());
    let trail = [did(ActivityKind::DemoRequest, "demo")];
    let evaluation = evaluate(&default, &lead, &trail, now());
    assert_eq!((evaluation.score.total, evaluation.category), (65, Some(Category::A)));
    lead.person.title = Some("Assistant to the CEO".into());
    assert_eq!(evaluate(&default, &lead, &trail, now()).score.fit, Some(15));
}

#[test]
fn every_low_signal_together_makes_no_mql_in_any_preset() {
    let mut trail: Vec<_> = (0..100).map(|n| did(ActivityKind::EmailOpen, &n.to_string())).collect();
    trail.extend((0..100).map(|n| did(ActivityKind::EmailClick, &n.to_string())));
    trail.push(did(ActivityKind::PageVisit, "home"));
    for model in preset_models().unwrap() {
        let evaluation = evaluate(&model, &Lead::default(), &trail, now());
        assert!(evaluation.score.total < model.threshold / 2, "{}: {}", model.id, evaluation.score.total);
    }
}

#[test]
fn a_wrong_model_is_told_where_and_what() {
    let problems = |text: &str| parse_model(text, "m.toml").unwrap_err().to_string();
    let head = "id = \"m\"\nversion = 1\nmode = \"additive\"\n";
    let with = |rule: &str| problems(&format!("{head}[[rules]]\nname = \"r\"\naxis = \"fit\"\n{rule}"));
    assert_eq!(
        with("points = 1\nlead = { tittle = \"CEO\", country = \"US\" }"),
        "m.toml:8:10: unknown key “tittle” in [rules.lead]; did you mean “title”?"
    );
    assert_eq!(
        with("points = 1\nlead = { title = \"CEO\" }\ndecay = { half_life = \"soon\" }"),
        "m.toml:9:23: “half_life”: `soon` is not a length of time; write it like 5m, 2h, 1h30m, 90s or as seconds (300)"
    );
    let lost = with("points = 1");
    assert!(lost.starts_with("m.toml:4:1: the rule “r” must look at either an activity or the lead"), "{lost}");
    assert!(with("lead = { title = \"CEO\" }").contains("exactly one of points, factor, cap_total and block"));
    assert!(with("factor = 2\nlead = { title = \"CEO\" }").contains("an additive model does not know"));
    assert!(problems("id = \"m\"\nversion = 1\nmode = \"weighted\"").contains("factor above 1"));
    assert_eq!(problems("version = 1\nmode = \"additive\""), "m.toml:1:1: the file has no “id”; add id = …");
    assert!(problems("id = ").starts_with("m.toml:1:"));
}
