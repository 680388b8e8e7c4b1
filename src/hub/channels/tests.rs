use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use proptest::prelude::*;
use secrecy::SecretString;
use uuid::Uuid;

use super::message::plain;
use super::*;
use crate::handoff::Time;
use crate::handoff::lead::Lead;
use crate::hub::intake;
use crate::hub::outgoing::double::{Double, Habit};
use crate::hub::outgoing::{Allow, Entry, Outgoing, OutgoingSettings};
use crate::hub::settings::HubSettings;

#[path = "../../../tests/support/smtp.rs"]
mod smtp;

use smtp::Smtp;

fn now() -> Time {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn parse(text: &str, dir: &Path) -> Result<Vec<Channel>, String> {
    let read = HubSettings::parse(text, "hub.toml", dir);
    read.map(|settings| settings.channels.0).map_err(|error| error.to_string())
}

fn one(text: &str, dir: &Path) -> Channel {
    parse(&format!("[[channels]]\nname = \"it\"\n{text}"), dir).unwrap().remove(0)
}

fn message() -> Message {
    Message {
        key: Uuid::from_u128(7),
        what: Use::Alerts,
        at: now(),
        lead: 12,
        to: Recipient { person: Some("ana".into()), name: "Ana Böll".into(), email: Some("ana@x.example".into()) },
        subject: "L-12: time is running out".into(),
        text: "L-12 · <!channel> contact them & log it\nhttps://crm.example/12".into(),
        category: Some("sla_breach_warning"),
        until: Some(now()),
        is_urgent: true,
        link: Some("https://crm.example/12".into()),
        invitation: None,
    }
}

fn sender() -> Sender {
    let allow = Allow(vec![Entry::parse("127.0.0.1").unwrap()]);
    Sender::new(Outgoing::new(&OutgoingSettings { allow, proxy: None }).unwrap())
}

async fn send(channel: &Channel, message: &Message) -> Result<(), Unsent> {
    sender().send(channel, message, now()).await
}

fn secret_file(dir: &Path, name: &str, text: &str) {
    std::fs::write(dir.join(name), text).unwrap();
    std::fs::set_permissions(dir.join(name), std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn a_webhook_gets_signed_json_with_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let double = Double::start(&[Habit::Say(204, "", "")]).await;
    let channel = one(
        &format!("kind = \"webhook\"\nurl = \"{}\"\nsecret_file = \"s\"", double.url("/hook/T0KEN")),
        folder.path(),
    );
    let unsent = send(&channel, &message()).await.unwrap_err();
    assert!(unsent.why.contains("no such file") && double.heard().is_empty(), "nothing goes out unsigned");
    secret_file(folder.path(), "s", "s3cret\n");
    send(&channel, &message()).await.unwrap();
    let heard = double.heard().remove(0);
    assert_eq!(heard.header("idempotency-key"), Some("00000000-0000-0000-0000-000000000007"));
    let signed = intake::sign(&SecretString::from("s3cret".to_owned()), now(), heard.body.as_bytes());
    assert_eq!(heard.header("leadbox-signature"), Some(signed.as_str()));
    let told: serde_json::Value = serde_json::from_str(&heard.body).unwrap();
    assert_eq!(
        (&told["id"], &told["to"], &told["lead"]),
        (&message().key.to_string().into(), &"ana".into(), &12.into())
    );
    assert!(!heard.body.contains("x.example"), "the address is no receiver's business");
    assert!(!format!("{channel:?}").contains("T0KEN"));
}

#[tokio::test]
async fn what_a_server_says_decides_whether_and_when_it_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let double = Double::start(&[Habit::Hang]).await;
    secret_file(folder.path(), "u", &double.url("/T0KEN"));
    let channel = one("kind = \"slack\"\nurl_file = \"u\"\ntime = \"1s\"", folder.path());
    for (habit, rest, is_final) in [
        (Habit::Say(500, "", "T0KEN"), None, false),
        (Habit::Say(404, "", "no_service"), None, false),
        (Habit::Say(410, "", ""), None, true),
        (Habit::Say(429, "Retry-After: 30\r\n", ""), Some(30), false),
        (Habit::Say(302, "Location: http://127.0.0.1/\r\n", ""), None, false),
        (Habit::Garbage, None, false),
        (Habit::Leave, None, false),
        (Habit::Hang, None, false),
        (Habit::Drip, None, false),
    ] {
        double.turn(std::slice::from_ref(&habit));
        let unsent = send(&channel, &message()).await.unwrap_err();
        assert_eq!((unsent.rest.map(|rest| rest.as_secs()), unsent.is_final), (rest, is_final), "{habit:?}");
        assert!(!unsent.why.contains("T0KEN"), "{}", unsent.why);
    }
    assert_eq!(double.heard().len(), 9, "each was one request");
}

#[test]
fn slack_and_teams_get_what_they_take_and_no_markup_of_a_leads() {
    let slack = message().slack();
    assert_eq!(slack["text"], "L-12 · &lt;!channel&gt; contact them &amp; log it\nhttps://crm.example/12");
    let card = message().teams();
    assert_eq!(card["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
    let content = &card["attachments"][0]["content"];
    assert_eq!(content["body"][0]["inlines"][0]["text"], "L-12 · <!channel> contact them & log it");
    assert_eq!(content["actions"][0]["url"], "https://crm.example/12");
    let odd = Message { link: Some("javascript:alert(1)".into()), ..message() };
    assert_eq!(odd.teams()["attachments"][0]["content"]["actions"], serde_json::json!([]));
}

#[tokio::test]
async fn a_command_is_told_json_without_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out $(touch x)");
    let channel = one(&format!("kind = \"command\"\ncommand = [\"tee\", \"{}\"]", out.display()), folder.path());
    send(&channel, &message()).await.unwrap();
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(told, message().json());
    assert!(send(&one("kind = \"command\"\ncommand = [\"false\"]", folder.path()), &message()).await.is_err());
}

fn mail(port: u16, more: &str) -> Channel {
    let from = "from = \"Leadbox <leadbox@hub.example>\"";
    let text =
        format!("kind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n{from}\ntime = \"2s\"\n{more}");
    one(&text, Path::new("/"))
}

#[tokio::test]
async fn a_mail_has_its_key_its_kind_and_the_invitation() {
    let server = Smtp::start().await;
    let with = Message { invitation: Some("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".into()), ..message() };
    send(&mail(server.port, ""), &with).await.unwrap();
    let letter = server.letters().remove(0);
    assert!(letter.from.contains("<leadbox@hub.example>") && letter.to.contains("<ana@x.example>"));
    for said in [
        "Message-ID: <00000000-0000-0000-0000-000000000007@hub.example>",
        "Auto-Submitted: auto-generated",
        "Date: Fri, 20 Nov 2026 10:00:00 +0000",
        "text/calendar; method=REQUEST; charset=utf-8",
        "filename=\"invite.ics\"",
    ] {
        assert!(letter.data.contains(said), "{said}: {}", letter.data);
    }
    let answer = Message { what: Use::AutoResponse, subject: "a\r\nBcc: all@x.example".into(), ..message() };
    send(&mail(server.port, ""), &answer).await.unwrap();
    let data = server.letters().remove(1).data;
    assert!(
        data.contains("Auto-Submitted: auto-replied") && !data.lines().any(|line| line.starts_with("Bcc")),
        "{data}"
    );
}

#[tokio::test]
async fn what_a_mail_server_refuses_is_told_and_only_a_missing_mailbox_is_final() {
    let server = Smtp::start().await;
    let channel = mail(server.port, "");
    for (says, is_final) in [
        (("RCPT", "550 5.1.1 no such user"), true),
        (("RCPT", "450 4.2.0 later"), false),
        (("MAIL", "530 5.7.0 sign in first"), false),
        (("DATA", "554 5.6.0 not this"), true),
        (("CONNECT", "421 too busy"), false),
        (("CONNECT", "HTTP/1.1 400 Bad Request"), false),
        (("EHLO", ""), false),
    ] {
        server.turn(Some(says));
        let unsent = send(&channel, &message()).await.unwrap_err();
        assert_eq!(unsent.is_final, is_final, "{says:?}: {}", unsent.why);
        assert!(unsent.why.contains("127.0.0.1") && !unsent.why.contains("ana@"), "{}", unsent.why);
    }
    server.turn(None);
    assert!(server.letters().is_empty());
    let refused = Sender::new(Outgoing::new(&OutgoingSettings::default()).unwrap());
    let unsent = refused.send(&channel, &message(), now()).await.unwrap_err();
    assert!(unsent.why.contains("[outgoing] allow") && server.letters().is_empty());
    let encrypted = Channel { kind: starttls(server.port), ..channel };
    assert!(send(&encrypted, &message()).await.is_err() && server.letters().is_empty(), "never in the clear instead");
}

fn starttls(port: u16) -> Kind {
    Kind::Smtp(Server { host: "127.0.0.1".into(), port, tls: Tls::Starttls, login: None })
}

#[test]
fn a_channel_is_for_whom_it_says() {
    let person = |json: serde_json::Value| serde_json::from_value::<Person>(json).unwrap();
    let ana = person(serde_json::json!({
        "id": "ana", "name": "Ana", "role": "rep", "team": "emea", "email": "a@x.example", "takes": {} }));
    let max = person(serde_json::json!({ "id": "max", "name": "Max", "role": "manager", "takes": {} }));
    let takes = |more: &str| {
        let channel = one(&format!("kind = \"slack\"\nurl = \"https://x.example\"\n{more}"), Path::new("/"));
        [&ana, &max].map(|person| channel.takes_alert(Category::NoShowRisk, person))
    };
    assert_eq!(takes(""), [true, true]);
    assert_eq!(takes("people = [\"ana\"]"), [true, false]);
    assert_eq!(takes("teams = [\"emea\"]"), [true, false]);
    assert_eq!(takes("roles = [\"manager\"]"), [false, true]);
    assert_eq!(takes("people = [\"ana\"]\nroles = [\"manager\"]"), [true, true]);
    assert_eq!(takes("categories = [\"no_show_risk\"]"), [true, true]);
    assert_eq!(takes("categories = [\"high_intent_moment\"]"), [false, false]);
    assert_eq!(takes("use = [\"handover\"]"), [false, false]);
    let mail = mail(25, "use = [\"alerts\", \"handover\"]");
    assert!(mail.takes_handover(&ana) && !mail.takes_handover(&max), "max has no address");
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (text, told) in [
        ("name = \"A b\"\nkind = \"slack\"\nurl = \"https://x.example\"", "cannot be a channel's name"),
        ("name = \"a\"\nkind = \"slak\"", "did you mean “slack”"),
        ("name = \"a\"\nkind = \"slack\"", "nothing says where this channel is"),
        ("name = \"a\"\nkind = \"slack\"\nurl = \"https://x.example\"\nurl_file = \"f\"", "at two places"),
        ("name = \"a\"\nkind = \"webhook\"\nurl = \"https://u:s3cret@x.example\"", "no place for one"),
        ("name = \"a\"\nkind = \"smtp\"\nhost = \"h\"", "has no “from”"),
        ("name = \"a\"\nkind = \"smtp\"\nhost = \"h\"\nfrom = \"x\"", "nobody's name and address"),
        ("name = \"a\"\nkind = \"smtp\"\nhost = \"h\"\nfrom = \"x@y.example\"\nuser = \"u\"", "belong together"),
        (
            "name = \"a\"\nkind = \"smtp\"\nhost = \"h\"\nfrom = \"x@y.example\"\ntls = \"none\"\nuser = \"u\"\nsecret_file = \"f\"",
            "in the clear",
        ),
        ("name = \"a\"\nkind = \"command\"\ncommand = []", "a list of its program and arguments"),
        ("name = \"a\"\nkind = \"command\"\ncommand = [\"x\"]\nuse = [\"auto_response\"]", "no “subject” or no “text”"),
        (
            "name = \"a\"\nkind = \"slack\"\nurl = \"https://x.example\"\nuse = [\"auto_response\"]\nsubject = \"s\"\ntext = \"t\"",
            "cannot answer leads",
        ),
        (
            "name = \"a\"\nkind = \"command\"\ncommand = [\"x\"]\ntext = \"dear {frist_name}\"",
            "{first_name} and {company}",
        ),
        ("name = \"a\"\nkind = \"command\"\ncommand = [\"x\"]\npersonal_dat = true", "did you mean “personal_data”"),
    ] {
        let wrong = parse(&format!("[[channels]]\n{text}"), Path::new("/")).unwrap_err();
        assert!(wrong.contains(told) && wrong.contains("hub.toml:"), "{text}: {wrong}");
        assert!(!wrong.contains("s3cret"), "{wrong}");
    }
    let two = "[[channels]]\nname = \"a\"\nkind = \"command\"\ncommand = [\"x\"]\n";
    assert!(parse(&two.repeat(2), Path::new("/")).unwrap_err().contains("two channels named “a”"));
}

proptest! {
    /// Whatever stands in a form, an answer carries no address and no words beyond a name's length.
    #[test]
    fn nobody_writes_our_mails(name in "\\PC{0,60}", company in ".{0,60}") {
        let template = Template { subject: "Hello {first_name}".into(), text: "{first_name}, {company}.".into() };
        let mut lead = Lead::default();
        lead.person.first_name = Some(name);
        lead.company.name = Some(company);
        let (subject, text) = template.fill(&lead);
        prop_assert!(!subject.contains(['/', ':', '.', '@', '<', '\n', '{']), "{}", subject);
        prop_assert!(text.chars().count() <= 2 * 40 + 3 && text.matches('.').count() == 1, "{}", text);
    }

    #[test]
    fn what_is_told_steers_nothing(text in any::<String>()) {
        prop_assert!(!plain(&text).chars().any(|c| c.is_control() && c != '\n'));
    }
}

#[test]
fn a_name_is_put_in_where_it_looks_like_one() {
    let template = Template { subject: "Hello {first_name}".into(), text: "{company}".into() };
    let mut lead = Lead::default();
    assert_eq!(template.fill(&lead), ("Hello there".into(), "your company".into()));
    lead.person.first_name = Some(" Zoë-Ann O’Neil ".into());
    lead.company.name = Some("Win now: https://evil.example".into());
    assert_eq!(template.fill(&lead), ("Hello Zoë-Ann O’Neil".into(), "your company".into()));
}
