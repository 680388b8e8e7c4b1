//! What goes out: alerts, the personal message, the automatic answer; each with what is in the database of it.

use std::collections::BTreeMap;

use chrono::Duration;
use leadbox::hub::channels::Sender;
use leadbox::hub::clockwork;
use leadbox::hub::outbox::worker::{Turn, sweep, turn};
use leadbox::hub::outgoing::{Allow, Entry, Outgoing, OutgoingSettings};
use leadbox::hub::settings::HubSettings;
use serde_json::{Value, json};

use crate::double::{Double, Habit};
use crate::hub::{Ask, POLICY, Rig, both, item};
use crate::smtp::Smtp;

const FINE: Habit = Habit::Say(200, "", "");

fn sender() -> Sender {
    let allow = Allow(vec![Entry::parse("127.0.0.1").unwrap()]);
    Sender::new(Outgoing::new(&OutgoingSettings { allow, proxy: None }).unwrap())
}

fn tell_by(rig: &Rig, toml: &str) {
    rig.hub.tell_by(HubSettings::parse(toml, "hub.toml", std::path::Path::new("/")).unwrap().channels);
}

fn webhook(name: &str, double: &Double, more: &str) -> String {
    format!(
        "[[channels]]\nname = \"{name}\"\nkind = \"webhook\"\nurl = \"{}\"\ntime = \"1s\"\n{more}\n",
        double.url("/x")
    )
}

fn go(rig: &Rig, channel: &str) -> Turn {
    let channel = rig.hub.channels().get(channel).unwrap().clone();
    rig.run(turn(&rig.hub, &sender(), &channel)).unwrap()
}

/// The personal message comes after two minutes, before anybody else is given the lead.
fn soon(rig: &Rig) {
    let policy = format!("{POLICY}\n[escalation]\npersonal_message = \"2m\"\n");
    rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", policy)).ok();
}

/// Lets time pass until there is such a message.
fn until(rig: &Rig, what: &str) {
    for _ in 0..600 {
        rig.run(clockwork::tick(&rig.hub)).unwrap();
        if rig.number(&format!("SELECT count(*) FROM delivery WHERE what = '{what}'")) > 0 {
            return;
        }
        rig.pass(Duration::minutes(1));
    }
    panic!("no message of the kind {what}");
}

fn states(rig: &Rig) -> Vec<String> {
    let rows = rig.rows("SELECT channel, state FROM delivery ORDER BY id");
    rows.iter().map(|row| format!("{} {}", row.text(0).unwrap(), row.text(1).unwrap())).collect()
}

fn events(rig: &Rig, lead: i64) -> Vec<Value> {
    let rows = rig.rows(&format!("SELECT what FROM log WHERE lead = {lead} ORDER BY n"));
    rows.iter().map(|row| serde_json::from_str(row.text(0).unwrap()).unwrap()).collect()
}

fn handed_over(rig: &Rig, lead: i64, step: &str) -> Vec<String> {
    let events = events(rig, lead).into_iter().filter(|event| event["kind"] == "handed_over" && event["step"] == step);
    events.map(|event| event["what"].as_str().unwrap().to_owned()).collect()
}

fn body(double: &Double, number: usize) -> Value {
    serde_json::from_str(&double.heard()[number].body).unwrap()
}

#[test]
fn an_alert_goes_out_once_as_a_pointer_and_a_dead_channel_holds_back_no_other() {
    both(|rig, _| {
        let [dead, alive] = rig.run(async { [Double::start(&[Habit::Hang]).await, Double::start(&[FINE]).await] });
        tell_by(rig, &(webhook("dead", &dead, "give_up = \"1h\"") + &webhook("alive", &alive, "personal_data = true")));
        let lead = rig.lead("one", "Spain");
        until(rig, "alerts");
        assert_eq!(states(rig), ["dead waiting", "alive waiting"]);
        assert_eq!(go(rig, "dead").done, 1);
        assert_eq!(go(rig, "alive").done, 1);
        assert_eq!(states(rig), ["dead waiting", "alive sent"]);
        assert_eq!((go(rig, "dead").done, go(rig, "alive").done), (0, 0), "one waits, one is done");
        let told = body(&alive, 0);
        assert_eq!((&told["what"], &told["to"], &told["lead"]), (&json!("alerts"), &json!("ana"), &json!(lead)));
        let text = alive.heard()[0].body.clone();
        assert!(text.contains("L-") && !text.contains("Chen") && !text.contains("Northwind"), "{text}");
        // Until it is given up, it is the same message each time.
        let error = rig.rows("SELECT last_error FROM delivery WHERE channel = 'dead'");
        assert!(error[0].text(0).unwrap().contains("took too long"));
        dead.turn(&[Habit::Say(503, "", ""), FINE]);
        for _ in 0..2 {
            rig.pass(Duration::seconds(15));
            go(rig, "dead");
        }
        let keys: Vec<_> =
            dead.heard().iter().map(|heard| heard.header("idempotency-key").map(str::to_owned)).collect();
        assert!(keys.len() == 3 && keys[0].is_some() && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
        assert_eq!(states(rig), ["dead sent", "alive sent"]);
        let figures = rig.as_who("rev", Ask::get("/metrics")).text;
        for line in [
            "leadbox_messages_total{channel=\"dead\",outcome=\"failed\"} 2",
            "leadbox_messages_total{channel=\"alive\",outcome=\"sent\"} 1",
        ] {
            assert!(figures.contains(line), "{figures}");
        }
    });
}

#[test]
fn a_channel_that_wants_to_be_left_alone_is_and_what_never_goes_is_given_up() {
    both(|rig, _| {
        soon(rig);
        let double = rig.run(Double::start(&[Habit::Say(429, "Retry-After: 600\r\n", ""), Habit::Say(500, "", "")]));
        tell_by(rig, &webhook("hook", &double, "use = [\"handover\"]\ngive_up = \"1h\""));
        let lead = rig.lead("one", "Spain");
        until(rig, "handover");
        assert_eq!(go(rig, "hook").rest.map(|rest| rest.as_secs()), Some(600));
        rig.pass(Duration::seconds(599));
        assert_eq!(go(rig, "hook").done, 0);
        for _ in 0..60 {
            rig.pass(Duration::minutes(1));
            go(rig, "hook");
        }
        // Meanwhile somebody else has got it, with a message of their own.
        assert_eq!(states(rig)[0], "hook given_up");
        let tries = double.heard().len();
        assert!((5..40).contains(&tries), "{tries}");
        let said = handed_over(rig, lead, "personal");
        assert!(said[0].contains("the message to ana could not be sent by hook (webhook)"), "{said:?}");
        let figures = rig.as_who("rev", Ask::get("/metrics")).text;
        assert!(figures.contains("leadbox_messages_total{channel=\"hook\",outcome=\"given_up\"} 1"), "{figures}");
    });
}

#[test]
fn two_hubs_send_each_message_once_and_what_one_left_lying_the_other_takes() {
    both(|rig, place| {
        soon(rig);
        let double = rig.run(Double::start(&[FINE]));
        let other = rig.beside(place);
        for hub in [&*rig, &other] {
            tell_by(hub, &webhook("hook", &double, "use = [\"handover\"]"));
        }
        for name in ["one", "two", "three"] {
            rig.lead(name, "Spain");
        }
        until(rig, "handover");
        let channel = rig.hub.channels().get("hook").unwrap().clone();
        let sender = sender();
        let (here, there) =
            rig.run(async { tokio::join!(turn(&rig.hub, &sender, &channel), turn(&other.hub, &sender, &channel)) });
        assert_eq!((here.unwrap().done + there.unwrap().done, double.heard().len()), (3, 3));
        // One hub takes a message and ends before it can say what became of it.
        double.turn(&[Habit::Hang]);
        rig.lead("four", "Spain");
        while rig.number("SELECT count(*) FROM delivery") < 4 {
            rig.pass(Duration::minutes(1));
            rig.run(clockwork::tick(&rig.hub)).unwrap();
        }
        rig.run(async {
            let sending = turn(&rig.hub, &sender, &channel);
            tokio::pin!(sending);
            while double.heard().len() < 4 {
                tokio::select! {
                    _ = &mut sending => break,
                    () = tokio::task::yield_now() => {}
                }
            }
        });
        double.turn(&[FINE]);
        assert_eq!(go(&other, "hook").done, 0, "it may still come about");
        rig.pass(Duration::minutes(2));
        assert_eq!(go(&other, "hook").done, 1);
        let keys: Vec<_> =
            double.heard().iter().filter_map(|it| it.header("idempotency-key").map(str::to_owned)).collect();
        assert_eq!(keys[3], keys[4], "the receiver can tell");
        assert_eq!(rig.number("SELECT count(*) FROM delivery WHERE state = 'sent'"), 4);
    });
}

#[test]
fn the_personal_message_comes_by_mail_with_an_invitation_inside_the_window() {
    both(|rig, _| {
        soon(rig);
        let server = rig.run(Smtp::start());
        tell_by(
            rig,
            &format!(
                "[[channels]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
                 from = \"Leadbox <leadbox@hub.example>\"\nuse = [\"handover\"]\n",
                server.port
            ),
        );
        let mut ana = serde_json::to_value(crate::hub::person("ana", "rep", Some("emea"), Some("Spain"))).unwrap();
        ana["email"] = json!("ana@sales.example");
        rig.as_who("rev", Ask::new("PUT", "/v1/people/ana").json(&ana)).ok();
        let lead = rig.lead("one", "Spain");
        until(rig, "handover");
        assert!(rig.now() - crate::hub::start() <= Duration::minutes(30));
        assert!(handed_over(rig, lead, "personal").is_empty(), "nothing was sent yet");
        go(rig, "mail");
        assert_eq!(handed_over(rig, lead, "personal"), ["a message to ana with an invitation, by mail (smtp)"]);
        let letter = server.letters().remove(0);
        assert!(letter.to.contains("<ana@sales.example>") && letter.data.contains("invite.ics"), "{}", letter.data);
        assert!(!letter.data.contains("Chen") && !letter.data.contains("one.example"), "{}", letter.data);
    });
}

#[test]
fn without_a_channel_the_log_says_that_no_message_went() {
    both(|rig, _| {
        soon(rig);
        let lead = rig.lead("one", "Spain");
        for _ in 0..40 {
            rig.pass(Duration::minutes(1));
            rig.run(clockwork::tick(&rig.hub)).unwrap();
        }
        assert_eq!(handed_over(rig, lead, "personal")[0], "no message to ana: the hub has no channel for it");
        assert_eq!(rig.number("SELECT count(*) FROM delivery"), 0);
    });
}

const ANSWER: &str =
    "use = [\"auto_response\"]\nsubject = \"Thank you, {first_name}\"\ntext = \"We will call {company} on Monday.\"";

#[test]
fn who_comes_at_night_is_answered_at_once_and_the_trail_says_so() {
    both(|rig, _| {
        let double = rig.run(Double::start(&[FINE]));
        tell_by(rig, &webhook("hook", &double, ANSWER));
        let day = rig.lead("day", "Spain");
        rig.pass(Duration::hours(12));
        let night = rig.lead("night", "Spain");
        rig.run(clockwork::tick(&rig.hub)).unwrap();
        go(rig, "hook");
        let told = body(&double, 0);
        assert_eq!((&told["lead"], &told["email"]), (&json!(night), &json!("night@night.example")));
        assert_eq!((&told["subject"], &told["to"]), (&json!("Thank you, Maya"), &Value::Null));
        assert_eq!(told["text"], "We will call Northwind night on Monday.");
        assert_eq!(handed_over(rig, night, "answer"), ["sent by hook (webhook)"]);
        assert!(handed_over(rig, day, "answer").is_empty() && double.heard().len() == 1);
        // The laptop sees it as the answer that was due.
        let of_night = rig.as_who("rev", Ask::get(&format!("/v1/leads/{night}"))).ok();
        let trail = of_night["trail"].as_array().unwrap();
        let is_answer = |act: &&Value| act["kind"] == "email" && act["direction"] == "outbound";
        assert_eq!(trail.iter().filter(is_answer).count(), 1, "{trail:?}");
        rig.pass(Duration::minutes(20));
        rig.run(clockwork::tick(&rig.hub)).unwrap();
        assert_eq!((go(rig, "hook").done, double.heard().len()), (0, 1));
    });
}

#[test]
fn an_answer_that_did_not_come_about_is_in_the_log_and_not_in_the_trail() {
    both(|rig, _| {
        let double = rig.run(Double::start(&[Habit::Say(500, "", "")]));
        tell_by(rig, &webhook("hook", &double, ANSWER));
        rig.pass(Duration::hours(12));
        let lead = rig.lead("night", "Spain");
        rig.run(clockwork::tick(&rig.hub)).unwrap();
        for _ in 0..16 {
            go(rig, "hook");
            rig.pass(Duration::minutes(1));
        }
        let said = handed_over(rig, lead, "answer");
        assert!(said.len() == 1 && said[0].starts_with("could not be sent by hook (webhook): 127.0.0.1"), "{said:?}");
        assert_eq!(rig.number(&format!("SELECT count(*) FROM activity WHERE lead = {lead} AND kind = 'email'")), 0);
    });
}

#[test]
fn nobody_is_answered_who_asked_not_to_be_written_to() {
    both(|rig, _| {
        let double = rig.run(Double::start(&[FINE]));
        tell_by(rig, &webhook("hook", &double, ANSWER));
        rig.pass(Duration::hours(12));
        let mut quiet = item("quiet", "Spain");
        quiet["person"]["do_not_email"] = json!(true);
        rig.post(&quiet).ok();
        rig.run(clockwork::tick(&rig.hub)).unwrap();
        go(rig, "hook");
        assert!(double.heard().is_empty());
    });
}

#[test]
fn what_was_for_a_channel_that_is_gone_is_given_up_in_the_end() {
    both(|rig, place| {
        soon(rig);
        let double = rig.run(Double::start(&[FINE]));
        tell_by(rig, &webhook("hook", &double, "use = [\"handover\"]\ngive_up = \"1h\""));
        rig.lead("one", "Spain");
        until(rig, "handover");
        let without = rig.beside(place);
        rig.pass(Duration::minutes(61));
        assert_eq!(without.run(sweep(&without.hub)).unwrap(), 0);
        rig.pass(Duration::minutes(5));
        assert_eq!(without.run(sweep(&without.hub)).unwrap(), 1);
        assert_eq!(states(rig), ["hook given_up"]);
        assert_eq!(go(rig, "hook").done, 0);
    });
}

#[test]
fn which_alert_goes_where_is_configuration() {
    both(|rig, _| {
        let doubles: BTreeMap<&str, Double> =
            ["reps", "managers", "other"].into_iter().map(|name| (name, rig.run(Double::start(&[FINE])))).collect();
        let channels =
            [("reps", "roles = [\"rep\"]"), ("managers", "roles = [\"manager\"]"), ("other", "people = [\"bo\"]")];
        tell_by(rig, &channels.map(|(name, more)| webhook(name, &doubles[name], more)).concat());
        rig.lead("one", "Spain");
        for _ in 0..240 {
            rig.pass(Duration::minutes(1));
            rig.run(clockwork::tick(&rig.hub)).unwrap();
        }
        let rows = rig.rows(
            "SELECT DISTINCT delivery.channel, person.role FROM delivery JOIN person ON person.id = delivery.recipient
             ORDER BY delivery.channel, person.role",
        );
        let pairs: Vec<_> = rows.iter().map(|row| (row.text(0).unwrap(), row.text(1).unwrap())).collect();
        assert_eq!(pairs, [("managers", "manager"), ("reps", "rep")]);
    });
}
