use std::collections::BTreeMap;

use super::*;
use crate::handoff::scoring::Band;
use crate::reading;

fn parse(text: &str) -> Result<RoutingPolicy, String> {
    let mut policy = RoutingPolicy::default();
    let read = reading::read("c.toml", text, |s| s.section("routing", |s| super::read(&mut policy, s)));
    read.map(|_| policy).map_err(|error| error.to_string())
}

const LAST: &str = "[[routing.rules]]\nname = \"rest\"\noverflow = \"inbound\"\n";

fn wrong(rules: &str) -> String {
    parse(&format!("{rules}{LAST}")).unwrap_err()
}

#[test]
fn what_is_not_written_is_the_default_and_the_default_is_valid() {
    let default = RoutingPolicy::default();
    assert_eq!(parse(""), Ok(default.clone()));
    assert_eq!(parse("[routing]\nproduct_field = \"\"\n").unwrap().product_field, None);
    assert_eq!(default.faults(), []);
    let mut so_far = RoutingPolicy { rules: Vec::new(), ..default.clone() };
    for rule in default.rules {
        assert_eq!(so_far.faults_of_next(&rule), []);
        so_far.rules.push(rule);
    }
}

#[test]
fn a_rule_arrives_with_everything_that_it_says() {
    let policy = parse(&format!(
        "[routing]\nafter_hours = \"night\"\n[routing.segments]\nbig = {{ least = 500 }}\n\
         [[routing.queues]]\nname = \"inbound\"\nmonitor = \"ana\"\n\
         [[routing.queues]]\nname = \"night\"\nmonitor = {{ role = \"admin\" }}\n\
         [[routing.rules]]\nname = \"big\"\nteam = \"emea\"\nby = [\"segment\", \"product\"]\nor_open = true\nhours = \"any\"\n\
         when = {{ country = \"Spain\", category = [\"A\"], score = {{ least = 70 }}, fit = {{ most = 9 }}, medium = \"cpc\", \
         system = [\"hubspot\"], extra = {{ plan = \"pro\" }}, high_intent = true, in_hours = false }}\n{LAST}"
    ))
    .unwrap();
    let rule = &policy.rules[0];
    let text = |text: &str| vec![text.to_owned()];
    assert_eq!(rule.who, Who::Team("emea".into()));
    assert_eq!(rule.by, [Criterion::Segment, Criterion::Product]);
    assert_eq!((rule.or_open, rule.hours, &rule.overflow), (true, Hours::Any, &None));
    let when = &rule.when;
    assert_eq!((&when.lead.country, &when.category), (&text("Spain"), &vec![Category::A]));
    assert_eq!((when.score.unwrap().least, when.fit.unwrap().most), (Some(70.0), Some(9.0)));
    assert_eq!((&when.medium, &when.system), (&text("cpc"), &text("hubspot")));
    assert_eq!(when.extra, BTreeMap::from([("plan".to_owned(), text("pro"))]));
    assert_eq!((when.high_intent, when.in_hours), (Some(true), Some(false)));
    assert_eq!(policy.segments.get("big"), Some(&Band { least: Some(500.0), most: None }));
    assert_eq!(policy.queues[0].monitor, Monitor::Person("ana".into()));
    assert_eq!(policy.queues[1].monitor, Monitor::Role("admin".into()));
    assert_eq!(policy.after_hours.as_deref(), Some("night"));
}

#[test]
fn a_lead_always_finds_a_rule() {
    let last = "[[routing.rules]]\nname = \"a\"\nby = [\"territory\"]\n";
    let told = "the rules have no catch-all, so that a lead could find none; add a last rule without “when” and “by”";
    assert_eq!(parse(last).unwrap_err(), format!("c.toml:1:3: {told}"));
    let without = "[[routing.rules]]\nname = \"a\"\n";
    assert!(parse(without).unwrap_err().contains("the catch-all “a” has no queue for what nobody can take"));
    assert!(parse("[[routing.rules]]\nname = \"a\"\nqueue = \"inbound\"\n").is_ok());
}

#[test]
fn a_rule_that_no_lead_can_reach_is_told_with_its_line() {
    let rule = |name: &str, rest: &str| format!("[[routing.rules]]\nname = \"{name}\"\n{rest}\n");
    let spain = "when = { country = \"Spain\" }";
    assert_eq!(
        wrong(&(rule("all", "overflow = \"inbound\"") + &rule("a", spain))),
        "c.toml:4:1: the rule “a” can never be reached: “all” above it takes every lead; put the catch-all last\n\
         c.toml:7:1: the rule “rest” can never be reached: “all” above it takes every lead; put the catch-all last"
    );
    let same = wrong(&(rule("a", spain) + &rule("b", &format!("{spain}\nteam = \"x\""))));
    assert!(same.starts_with("c.toml:4:1: the rule “b” can never be reached: “a” above it asks the same"), "{same}");
    let narrower = wrong(&(rule("a", "by = [\"segment\"]") + &rule("b", "by = [\"product\", \"segment\"]")));
    assert!(narrower.contains("“b” can never be reached"), "{narrower}");
    // A rule with criteria lets a lead pass for which nobody qualifies.
    let teams = rule("a", "team = \"x\"\nby = [\"segment\"]") + &rule("b", "team = \"y\"\nby = [\"segment\"]");
    parse(&(teams + &rule("c", spain) + &rule("d", "by = [\"product\"]") + LAST)).unwrap();
}

#[test]
fn a_file_without_routing_does_not_answer_for_the_one_before_it() {
    let mut policy = RoutingPolicy::default();
    let mut read = |text: &str| {
        let read = reading::read("c.toml", text, |s| s.section("routing", |s| super::read(&mut policy, s)));
        read.map(|_| ()).map_err(|error| error.to_string())
    };
    assert!(read("[[routing.rules]]\nname = \"a\"\nby = [\"account\"]\n").unwrap_err().contains("no catch-all"));
    assert_eq!(
        read("[rep]\n").map_err(|error| error.lines().count()),
        Err(1),
        "only the key that this test does not read"
    );
    assert_eq!(read(""), Ok(()));
}

#[test]
fn every_queue_exists_and_has_a_monitor() {
    assert_eq!(
        parse("[[routing.queues]]\nname = \"inbound\"\n").unwrap_err(),
        "c.toml:1:1: [[routing.queues]] has no “monitor”; add monitor = …"
    );
    assert!(wrong("[[routing.queues]]\nname = \"inbound\"\nmonitor = { role = \"manger\" }\n").contains("“manager”?"));
    assert!(
        wrong("[routing]\nafter_hours = \"inbond\"\n").contains("there is no queue “inbond”; did you mean “inbound”?")
    );
    let rule = "[[routing.rules]]\nname = \"a\"\nby = [\"account\"]\noverflow = \"late\"\n";
    let told = "c.toml:1:1: there is no queue “late”; add [[routing.queues]] with name = \"late\" and who watches it";
    assert!(wrong(rule).starts_with(told), "{}", wrong(rule));
    let other = "[[routing.queues]]\nname = \"other\"\nmonitor = \"ana\"\n";
    assert!(parse(other).unwrap_err().contains("there is no queue “inbound”"), "the built-in rules need it");
    assert!(parse(&format!("{other}{other}")).unwrap_err().contains("two queues named “other”"));
}

#[test]
fn a_rule_that_contradicts_itself_is_told() {
    let rule = |rest: &str| wrong(&format!("[[routing.rules]]\nname = \"a\"\n{rest}\n"));
    assert!(rule("team = \"x\"\npeople = [\"ana\"]").contains("one of a team, people and a queue"));
    assert!(rule("queue = \"inbound\"\nby = [\"segment\"]").contains("“by” has nobody to choose from"));
    assert!(rule("by = [\"account\"]\nor_open = true").contains("no list that could be empty"));
    assert!(rule("when = { category = [], extra = {} }").contains("c.toml:3:8: “when” asks nothing of the lead"));
    assert!(rule("by = [\"teritory\"]").contains("did you mean “territory”?"));
    assert!(wrong("[[routing.rules]]\nname = \"rest\"\nby = [\"product\"]\n").contains("two rules named “rest”"));
}

#[test]
fn of_a_rule_that_cannot_be_read_only_its_own_mistake_is_told() {
    // Without its only condition it would look like a catch-all, and the last rule unreachable.
    let error = wrong("[[routing.rules]]\nname = \"a\"\nwhen = { category = [\"X\"] }\n");
    assert_eq!(error, "c.toml:3:22: “category” cannot be “X”; did you mean “A”?");
}
