use std::collections::BTreeMap;

use super::*;
use crate::handoff::Time;
use crate::handoff::calendar::Calendar;
use crate::handoff::lead::{Lead, Trigger, TriggerKind};
use crate::handoff::roster::{Away, Load, Responder};
use crate::handoff::score::{Category, Score};
use crate::handoff::scoring::{Band, LeadMatch};

mod fairness;
mod properties;
mod replay;

/// A Monday, 10:00 UTC: within Monday to Friday, 9 to 17.
fn now() -> Time {
    time("2026-11-23T10:00:00Z")
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn office() -> Calendar {
    Calendar::standard(chrono_tz::UTC)
}

fn list(entries: &[&str]) -> Vec<String> {
    entries.iter().map(|entry| (*entry).to_owned()).collect()
}

/// Rules before a catch-all for everybody.
fn policy(rules: Vec<Rule>) -> RoutingPolicy {
    let rules = rules.into_iter().chain([Rule::catch_all("rest", "inbound")]).collect();
    RoutingPolicy { rules, ..RoutingPolicy::default() }
}

fn rule(name: &str) -> Rule {
    Rule { overflow: None, ..Rule::catch_all(name, "") }
}

fn spain() -> Lead {
    let mut lead = Lead::default();
    lead.key.source = "hubspot".into();
    lead.person.country = Some("Spain".into());
    lead.person.email = Some("maya@sales.acme.example".into());
    lead.company.industry = Some("Retail & E-Commerce".into());
    lead.company.size = Some("201-500".into());
    lead.attribution.campaign = Some("Payroll spring 2026".into());
    lead.attribution.medium = Some("cpc".into());
    lead.extras = BTreeMap::from([("Plan".to_owned(), "Pro".to_owned())]);
    lead.category = Some(Category::B);
    let score = Score {
        total: 72,
        fit: Some(60),
        intent: Some(12),
        behavior: None,
        parts: Vec::new(),
        model: None,
        evaluated: None,
    };
    lead.score = Some(score);
    lead
}

fn demo() -> Lead {
    let trigger = Trigger {
        kind: TriggerKind::Demo,
        what: "demo form".into(),
        at: None,
        before: None,
        after: None,
        threshold: None,
    };
    Lead { trigger: Some(trigger), ..spain() }
}

/// Both forms of the decision, which must be one.
fn decide(lead: &Lead, roster: &[Responder], policy: &RoutingPolicy) -> Decision {
    decide_at(lead, roster, policy, now(), &[])
}

fn decide_at(lead: &Lead, roster: &[Responder], policy: &RoutingPolicy, now: Time, excluding: &[&str]) -> Decision {
    let excluding = list(excluding);
    let explained = explain(lead, roster, policy, &office(), now, &excluding);
    let routed = route(lead, roster, policy, &office(), now, &excluding);
    assert_eq!(Decision { tried: Vec::new(), ..explained.clone() }, routed);
    explained
}

fn person(id: &str) -> Target {
    Target::Person { id: id.into() }
}

fn verdict<'d>(decision: &'d Decision, id: &str) -> &'d Verdict {
    let people = &decision.tried.last().unwrap().people;
    &people.iter().find(|person| person.id == id).unwrap().verdict
}

#[test]
fn the_first_rule_whose_conditions_hold_takes_the_lead() {
    let france = LeadMatch { country: list(&["France"]), ..LeadMatch::default() };
    let france = Rule { when: When { lead: france, ..When::default() }, ..rule("france") };
    let high =
        Rule { when: When { score: Some(Band { least: Some(70.0), most: None }), ..When::default() }, ..rule("high") };
    let policy = policy(vec![france, Rule { who: Who::People(list(&["bo"])), ..high }]);
    let decision = decide(&spain(), &[Responder::new("ana"), Responder::new("bo")], &policy);
    assert_eq!((&decision.target, decision.rule.as_str()), (&person("bo"), "high"));
    assert_eq!(
        decision.lines(),
        [
            "rule “france” does not take it: country is Spain, asked for is France",
            "rule “high” takes the lead: for bo; score is 72",
            "  bo: chosen, with 0 open leads, 0 today, weight 1",
            "goes to bo by the rule “high”",
        ]
    );
}

#[test]
fn each_condition_that_fails_is_told_with_what_the_lead_says() {
    let band = |least, most| Some(Band { least, most });
    let when = When::default;
    let extra = |field: &str, value: &str| BTreeMap::from([(field.to_owned(), list(&[value]))]);
    let cases = [
        (When { category: vec![Category::A], ..when() }, "category is B, asked for is A"),
        (When { score: band(Some(80.0), None), ..when() }, "score is 72, asked for is 80 or more"),
        (When { fit: band(None, Some(50.0)), ..when() }, "fit is 60, asked for is 50 or less"),
        (When { intent: band(Some(20.0), Some(40.0)), ..when() }, "intent is 12, asked for is 20 to 40"),
        (When { behavior: band(Some(1.0), None), ..when() }, "behavior is not known, asked for is 1 or more"),
        (When { medium: list(&["email"]), ..when() }, "medium is cpc, asked for is email"),
        (When { system: list(&["olist"]), ..when() }, "system is hubspot, asked for is olist"),
        (When { extra: extra("plan", "free"), ..when() }, "plan is Pro, asked for is free"),
        (When { extra: extra("seats", "9"), ..when() }, "seats is not known, asked for is 9"),
        (When { high_intent: Some(true), ..when() }, "they did not ask for a demo, for prices or to talk"),
        (When { in_hours: Some(false), ..when() }, "the team is open now"),
    ];
    for (when, told) in cases {
        let decision = decide(&spain(), &[Responder::new("ana")], &policy(vec![Rule { when, ..rule("a") }]));
        assert_eq!((decision.tried[0].matched, decision.tried[0].why.as_str()), (false, told));
        assert_eq!(decision.rule, "rest");
    }
    let holds = When {
        lead: LeadMatch { trigger: vec![TriggerKind::Demo], ..LeadMatch::default() },
        category: vec![Category::A, Category::B],
        score: band(Some(72.0), Some(72.0)),
        medium: list(&["CPC"]),
        system: list(&["HubSpot"]),
        extra: extra("PLAN", "pro"),
        high_intent: Some(true),
        in_hours: Some(true),
        ..when()
    };
    let policy = policy(vec![Rule { when: holds, ..rule("a") }]);
    let taken = decide(&demo(), &[], &policy);
    assert_eq!(
        (taken.rule.as_str(), taken.tried[0].why.as_str()),
        (
            "a",
            "for everybody; trigger is demo; category is B; score is 72; medium is cpc; system is hubspot; PLAN is Pro; they \
             asked for a demo, for prices or to talk; the team is open now"
        )
    );
    let late = decide_at(&demo(), &[], &policy, time("2026-11-23T20:00:00Z"), &[]);
    assert_eq!(late.tried[0].why, "the team is closed now");
}

#[test]
fn people_are_matched_by_what_they_have_in_common_with_the_lead() {
    let with = |change: fn(&mut Responder)| {
        let mut person = Responder::new("ana");
        change(&mut person);
        person
    };
    type Change = fn(&mut Responder);
    let cases: [(Criterion, Change, Change); 5] = [
        (Criterion::Territory, |it| it.territories = list(&["spain"]), |it| it.territories = list(&["Spa"])),
        (Criterion::Segment, |it| it.segments = list(&["mid_market"]), |it| it.segments = list(&["smb"])),
        (Criterion::Expertise, |it| it.skills = list(&["e-commerce"]), |it| it.skills = list(&["commer"])),
        (Criterion::Product, |it| it.products = list(&["payroll"]), |it| it.products = list(&["pay"])),
        (Criterion::Account, |it| it.accounts = list(&["Acme.example"]), |it| it.accounts = list(&["cme.example"])),
    ];
    for (by, fits, does_not) in cases {
        let by_it = Rule { by: vec![by], ..rule("by") };
        let open = Rule { or_open: true, ..by_it.clone() };
        let taken = |rule: &Rule, change| {
            let decision = decide(&spain(), &[with(change)], &policy(vec![rule.clone()]));
            assert_eq!(decision.pinned, decision.rule == "by" && by == Criterion::Account);
            decision.rule == "by"
        };
        assert!(taken(&by_it, fits), "{by:?}");
        assert!(!taken(&by_it, does_not), "{by:?}");
        assert!(!taken(&by_it, |_| ()), "an empty list meets nothing");
        assert!(!taken(&open, does_not), "a list that names others is not open");
        assert_eq!(taken(&open, |_| ()), by != Criterion::Account, "nobody owns an account by chance");
    }
    let mut lead = spain();
    lead.extras.insert("product".into(), "Time tracking".into());
    let rule = Rule { by: vec![Criterion::Product], ..rule("by") };
    assert_eq!(decide(&lead, &[with(|it| it.products = list(&["time tracking"]))], &policy(vec![rule])).rule, "by");
}

#[test]
fn all_criteria_must_be_met_and_the_first_that_is_not_is_told() {
    let both = Rule { by: vec![Criterion::Territory, Criterion::Segment], ..rule("both") };
    let mut ana = Responder::new("ana");
    ana.territories = list(&["Spain", "Portugal"]);
    let mut bo = Responder::new("bo");
    bo.segments = list(&["mid_market"]);
    let decision = decide(&spain(), &[ana, bo], &policy(vec![both]));
    assert_eq!(
        decision.lines()[..3],
        [
            "rule “both” does not take it: nobody of everybody qualifies; the lead's country or region: Spain; the lead's \
             size: 201-500, mid_market",
            "  ana: does not qualify, segment is nothing; the lead's size: 201-500, mid_market",
            "  bo: does not qualify, territory is nothing; the lead's country or region: Spain",
        ]
    );
}

#[test]
fn everybody_who_cannot_take_it_is_told_why_and_until_when() {
    let later = |text| time(text);
    let mut roster: Vec<_> =
        ["away", "busy", "capped", "closed", "full", "gone", "off", "out", "sick"].map(Responder::new).into();
    let vacation =
        Away { from: later("2026-11-20T00:00:00Z"), to: Some(later("2026-11-28T00:00:00Z")), why: "vacation".into() };
    roster[0].away = vec![vacation];
    roster[1].busy = vec![(later("2026-11-23T09:30:00Z"), later("2026-11-23T10:30:00Z"))];
    (roster[2].open_cap, roster[2].load.open) = (Some(5), 5);
    roster[3].calendar = Some(Calendar::standard(chrono_tz::Tz::America__New_York));
    (roster[4].daily_cap, roster[4].load.today) = (Some(3), 4);
    roster[5].is_active = false;
    roster[6].is_paused = true;
    roster[8].away = vec![Away { from: later("2026-11-23T10:00:00Z"), to: None, why: String::new() }];
    let decision = decide_at(&spain(), &roster, &policy(vec![]), now(), &["out"]);
    let told: Vec<_> = decision.tried[0].people.iter().map(|it| format!("{}: {}", it.id, it.verdict.told())).collect();
    assert_eq!(
        told,
        [
            // The calendar opens on the Monday after the absence.
            "away: away, vacation, back 2026-11-30 09:00 UTC",
            "busy: busy, back 2026-11-23 10:30 UTC",
            "capped: has 5 open leads, the cap is 5",
            "closed: outside their hours, back 2026-11-23 14:00 UTC",
            "full: was given 4 leads today, the cap is 3",
            "gone: no longer active",
            "off: paused",
            "out: is not to have it again",
            "sick: away",
        ]
    );
    let why = "nobody of everybody can take it: 1 outside their hours, 2 away, 1 paused, 1 busy, 1 at their cap, 1 at \
               their daily cap, 1 not to have it again, 1 no longer active";
    assert_eq!(decision.target, Target::Queue { name: "inbound".into(), why: why.into() });
    for person in &mut roster {
        person.away.clear();
    }
    assert_eq!(decide_at(&spain(), &roster, &policy(vec![]), now(), &["out"]).target, person("away"));
}

#[test]
fn what_nobody_can_take_goes_to_the_queue_that_is_next_of_kin() {
    let queue = |name: &str| Queue { name: name.into(), monitor: Monitor::Person("mo".into()), claim: None };
    let mut policy =
        policy(vec![Rule { who: Who::Team("EMEA".into()), overflow: Some("emea".into()), ..rule("emea") }]);
    policy.queues.extend([queue("emea"), queue("night")]);
    let mut ana = Responder::new("ana");
    ana.team = Some("emea".into());
    let name = |decision: Decision| match decision.target {
        Target::Queue { name, .. } => name,
        Target::Person { id } => id,
    };
    let night = time("2026-11-23T20:00:00Z");
    let at = |policy: &RoutingPolicy, now| name(decide_at(&spain(), &[ana.clone()], policy, now, &[]));
    assert_eq!((at(&policy, now()), at(&policy, night)), ("ana".into(), "emea".into()));
    policy.after_hours = Some("night".into());
    assert_eq!(at(&policy, night), "night");
    let excluded = |policy: &RoutingPolicy| name(decide_at(&spain(), &[ana.clone()], policy, now(), &["ana"]));
    assert_eq!(excluded(&policy), "emea", "in hours the ordinary overflow holds");
    policy.rules[0].overflow = None;
    assert_eq!(excluded(&policy), "inbound", "that of the catch-all");
    policy.rules[0].who = Who::Queue("night".into());
    assert_eq!(at(&policy, now()), "night");
    let nothing = RoutingPolicy { rules: Vec::new(), queues: Vec::new(), ..policy };
    assert_eq!(at(&nothing, now()), "inbound", "not even a policy that says nothing drops a lead");
}

#[test]
fn a_rule_keeps_what_its_people_cannot_take_but_not_for_those_who_left() {
    let mut ana = Responder::new("ana");
    ana.accounts = list(&["acme.example"]);
    let bo = Responder::new("bo");
    let policy = RoutingPolicy::default();
    let decision = decide(&spain(), &[ana.clone(), bo.clone()], &policy);
    assert_eq!((&decision.target, decision.pinned), (&person("ana"), true));
    ana.is_paused = true;
    let decision = decide(&spain(), &[ana.clone(), bo.clone()], &policy);
    assert!(matches!(&decision.target, Target::Queue { name, .. } if name == "inbound"), "{decision:?}");
    assert_eq!((decision.rule.as_str(), decision.pinned), ("account owner", false));
    ana.is_active = false;
    assert_eq!(decide(&spain(), &[ana, bo], &policy).target, person("bo"));
}

#[test]
fn high_intent_goes_to_the_fastest_and_who_is_unknown_stands_in_the_middle() {
    let with = |id: &str, median| {
        let load = Load { median_ack_seconds: median, open: 9, ..Load::default() };
        Responder { load, ..Responder::new(id) }
    };
    let mut roster = vec![with("slow", Some(900)), with("new", None), with("fast", Some(60)), with("mid", Some(500))];
    roster
        .push(Responder { load: Load { median_ack_seconds: Some(1000), ..Load::default() }, ..Responder::new("idle") });
    let decision = decide(&demo(), &roster, &policy(vec![]));
    assert_eq!((&decision.target, decision.high_intent), (&person("fast"), true));
    let slower = |why: &str| Verdict::Slower { why: why.into() };
    assert_eq!(verdict(&decision, "slow"), &slower("acknowledges in 15m, fast in 1m"));
    assert_eq!(verdict(&decision, "new"), &slower("acknowledges in 11m40s (unknown, so the middle), fast in 1m"));
    let chosen = decision.tried.iter().flat_map(|tried| &tried.people).find(|it| it.id == "fast").unwrap();
    assert_eq!(chosen.told(), "chosen, with 9 open leads, 0 today, weight 1, acknowledges in 1m");
    let next = decide_at(&demo(), &roster, &policy(vec![]), now(), &["fast"]);
    assert_eq!(next.target, person("mid"));
    let decision = decide(&spain(), &roster, &policy(vec![]));
    assert_eq!((&decision.target, decision.high_intent), (&person("idle"), false), "otherwise load decides");
}

#[test]
fn among_equals_load_then_today_then_the_wait_by_weight_then_the_name_decide() {
    let with = |id: &str, weight, open, today, last: Option<&str>| {
        let load = Load { open, today, last_assigned_at: last.map(time), median_ack_seconds: None };
        Responder { load, weight, ..Responder::new(id) }
    };
    let nine = Some("2026-11-23T09:00:00Z");
    let cases = [
        (with("a", 1, 3, 0, None), with("b", 2, 5, 9, nine), "open leads: 3 for weight 1, b 5 for weight 2"),
        (with("a", 1, 1, 2, None), with("b", 2, 2, 3, nine), "leads today: 2 for weight 1, b 3 for weight 2"),
        (with("a", 1, 0, 0, nine), with("b", 1, 0, 0, None), "b has waited longer for a lead, by weight"),
        (
            with("a", 1, 0, 0, Some("2026-11-23T08:30:00Z")),
            with("b", 2, 0, 0, nine),
            "b has waited longer for a lead, by weight",
        ),
        (with("z", 1, 1, 1, nine), with("b", 1, 1, 1, nine), "all else is equal, and b comes first by name"),
    ];
    for (loser, winner, told) in cases {
        let decision = decide(&spain(), &[loser.clone(), winner], &policy(vec![]));
        assert_eq!((&decision.target, verdict(&decision, &loser.id).told().as_str()), (&person("b"), told));
    }
}

#[test]
fn at_any_hour_those_at_work_come_before_those_who_are_not() {
    let mut york = Responder::new("a-york");
    york.calendar = Some(Calendar::standard(chrono_tz::Tz::America__New_York));
    let mut berlin = Responder::new("berlin");
    berlin.load.open = 20;
    let any = policy(vec![Rule {
        hours: Hours::Any,
        when: When { high_intent: Some(false), ..When::default() },
        ..rule("any")
    }]);
    let decision = decide(&spain(), &[york.clone(), berlin.clone()], &any);
    assert_eq!(decision.target, person("berlin"));
    assert_eq!(verdict(&decision, "a-york").told(), "closed now, berlin is open");
    let night = decide_at(&spain(), &[york, berlin], &any, time("2026-11-23T03:00:00Z"), &[]);
    assert_eq!(night.target, person("a-york"));
}

#[test]
fn a_lead_is_held_until_the_first_of_the_qualified_is_on_duty() {
    let held = |roster: &[Responder], policy: &RoutingPolicy, now: &str| {
        held_until(&spain(), roster, policy, &office(), time(now), &list(&["out"]))
    };
    let mut ana = Responder::new("ana");
    let out = Responder::new("out");
    let rest = policy(vec![]);
    let (morning, evening) = ("2026-11-23T10:00:00Z", "2026-11-23T20:00:00Z");
    assert_eq!(held(&[ana.clone()], &rest, morning), None, "on duty");
    assert_eq!(held(&[ana.clone(), out.clone()], &rest, evening), Some(time("2026-11-24T09:00:00Z")));
    (ana.open_cap, ana.load.open) = (Some(1), 1);
    assert_eq!(held(&[ana.clone()], &rest, morning), None, "who is full is on duty");
    ana.busy = vec![(time("2026-11-24T08:00:00Z"), time("2026-11-24T09:15:00Z"))];
    assert_eq!(held(&[ana.clone(), out.clone()], &rest, evening), Some(time("2026-11-24T09:15:00Z")));
    let mut early = Responder::new("early");
    early.calendar = Some(Calendar::standard(chrono_tz::Tz::Asia__Tokyo));
    assert_eq!(held(&[ana.clone(), early.clone()], &rest, evening), Some(time("2026-11-24T00:00:00Z")));
    early.territories = list(&["Japan"]);
    ana.territories = list(&["Spain"]);
    let by_territory = policy(vec![Rule { by: vec![Criterion::Territory], ..rule("territory") }]);
    assert_eq!(held(&[ana.clone(), early], &by_territory, evening), Some(time("2026-11-24T09:15:00Z")));
    ana.is_paused = true;
    assert_eq!(held(&[ana], &rest, evening), None, "nobody knows when");
    assert_eq!(held(&[out], &rest, evening), None);
}

#[test]
fn a_decision_can_be_logged_and_read_back() {
    let mut ana = Responder::new("ana");
    ana.away = vec![Away { from: now(), to: Some(time("2026-11-24T09:00:00Z")), why: "ill".into() }];
    let decision = decide(&demo(), &[ana, Responder::new("bo")], &policy(vec![]));
    let json = serde_json::to_value(&decision).unwrap();
    assert_eq!(json["target"], serde_json::json!({ "to": "person", "id": "bo" }));
    let ana = serde_json::json!({
        "id": "ana", "load": { "open": 0, "today": 0 }, "weight": 1, "verdict": "unavailable", "why": "away, ill", "until": "2026-11-24T09:00:00Z"
    });
    assert_eq!(json["tried"][0]["people"][0], ana);
    assert_eq!(serde_json::from_value::<Decision>(json).unwrap(), decision);
}

#[test]
fn a_person_whom_a_rule_names_and_nobody_knows_is_told() {
    let policy = policy(vec![Rule {
        who: Who::People(list(&["anna"])),
        when: When { high_intent: Some(true), ..When::default() },
        ..rule("a")
    }]);
    let decision = decide(&demo(), &[Responder::new("ana")], &policy);
    assert_eq!(verdict(&decision, "anna").told(), "there is nobody of this id");
    assert!(matches!(&decision.target, Target::Queue { why, .. } if why == "there is nobody in anna"), "{decision:?}");
}
