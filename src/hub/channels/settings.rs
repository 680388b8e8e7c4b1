//! `[[channels]]` in the hub's own file.

use std::path::Path;
use std::time::Duration;

use lettre::message::Mailbox;

use super::{Channel, Channels, Kind, Place, Server, Template, Tls, Use};
use crate::handoff::alert::Category;
use crate::handoff::event::Role;
use crate::hub::outgoing::{address, command_line, secret};
use crate::reading::{Item, Read, Section};

const CATEGORIES: [Category; 4] =
    [Category::HighIntentMoment, Category::SlaBreachWarning, Category::StalledConversation, Category::NoShowRisk];

/// What an automatic answer may be filled with. Anybody can enter these at an intake, so there are few of them.
pub(super) const PLACEHOLDERS: [&str; 2] = ["{first_name}", "{company}"];

/// Reads `[[channels]]`. Files that it names are looked for in `dir`.
pub fn read(s: &mut Section<'_>, dir: &Path) -> Channels {
    let mut names: Vec<String> = Vec::new();
    let channels = s.sections("channels", |s| {
        let channel = channel(s, dir);
        if let Some(name) = channel.as_ref().map(|channel| &channel.name) {
            if names.contains(name) {
                s.refuse_section(format!("there are two channels named “{name}”"), "give one of them another name");
            }
            names.push(name.clone());
        }
        channel
    });
    Channels(channels.unwrap_or_default().into_iter().flatten().collect())
}

fn channel(s: &mut Section<'_>, dir: &Path) -> Option<Channel> {
    let name = s.require("name", name);
    let kind = kind(s, dir);
    let uses = Use::ALL.map(|it| (it.code(), it));
    let uses = s.read_or("use", vec![Use::Alerts], |item| item.list(|item| item.one_of(&uses)));
    let categories = CATEGORIES.map(|category| (category.code(), category));
    let roles = Role::PEOPLE.map(|role| (role.code(), role));
    let categories = s.read("categories", |item| item.list(|item| item.one_of(&categories))).unwrap_or_default();
    let people = s.read("people", Item::texts).unwrap_or_default();
    let teams = s.read("teams", Item::texts).unwrap_or_default();
    let roles = s.read("roles", |item| item.list(|item| item.one_of(&roles))).unwrap_or_default();
    let personal_data = s.read_or("personal_data", false, Item::flag);
    let from = s.read("from", mailbox);
    let subject = s.read("subject", template);
    let text = s.read("text", template);
    let time = s.read_or("time", 15, |item| item.seconds(300));
    let give_up = s.read_or("give_up", chrono::Duration::hours(24), Item::duration);
    let at_once = s.read_or("at_once", 4, |item| item.whole(1..=64));
    let (kind, uses) = (kind?, uses?);
    if matches!(kind, Kind::Smtp(_)) && from.is_none() {
        s.refuse_section("a channel of the kind “smtp” has no “from”", "add from = \"Leadbox <leadbox@your.example>\"");
    }
    let template = subject.zip(text).map(|(subject, text)| Template { subject, text });
    if uses.contains(&Use::AutoResponse) {
        if template.is_none() {
            s.refuse_section("a channel that answers leads has no “subject” or no “text”", "add what is missing");
        }
        if matches!(kind, Kind::Slack(_) | Kind::Teams(_)) {
            let what = format!("a channel of the kind “{}” cannot answer leads", kind.code());
            s.refuse_section(what, "use smtp, webhook or command for auto_response");
        }
    }
    Some(Channel {
        name: name?,
        kind,
        uses,
        categories,
        people,
        teams,
        roles,
        personal_data: personal_data?,
        from,
        template,
        time: Duration::from_secs(u64::from(time?)),
        give_up: give_up?,
        at_once: at_once?,
    })
}

/// Deliveries and figures know a channel by its name.
fn name(item: &Item<'_>) -> Read<String> {
    let name = item.words()?;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if name.len() > 64 || !name.chars().all(is_plain) {
        let hint = "use lower-case letters, digits, - and _, at most 64 of them";
        return Err(item.wrong_hint(format!("“{name}” cannot be a channel's name"), hint));
    }
    Ok(name)
}

fn mailbox(item: &Item<'_>) -> Read<String> {
    let written = item.words()?;
    match written.parse::<Mailbox>() {
        Ok(_) => Ok(written),
        Err(_) => {
            let what = format!("“{written}” is nobody's name and address");
            Err(item.wrong_hint(what, "write them as \"Leadbox <leadbox@your.example>\""))
        }
    }
}

fn template(item: &Item<'_>) -> Read<String> {
    let text = item.words()?;
    let rest = PLACEHOLDERS.iter().fold(text.clone(), |text, known| text.replace(known, ""));
    if rest.contains(['{', '}']) {
        let hint = format!("there are {}", PLACEHOLDERS.join(" and "));
        return Err(item.wrong_hint("there is a brace that belongs to no placeholder", hint));
    }
    Ok(text)
}

fn place(s: &mut Section<'_>, dir: &Path) -> Option<Place> {
    let plain = s.read("url", address).map(Place::Plain);
    let hidden = secret(s, dir, "url_file", "url_cmd").map(Place::Secret);
    match s.count(&["url", "url_file", "url_cmd"]) {
        0 => {
            s.refuse_section("nothing says where this channel is", "add url, or url_file or url_cmd to keep it secret")
        }
        1 => {}
        _ => s.refuse_section("this channel is said to be at two places", "leave one of url, url_file and url_cmd"),
    }
    plain.or(hidden)
}

fn kind(s: &mut Section<'_>, dir: &Path) -> Option<Kind> {
    let kinds = ["webhook", "slack", "teams", "smtp", "command"].map(|kind| (kind, kind));
    match s.require("kind", |item| item.one_of(&kinds))? {
        "slack" => place(s, dir).map(Kind::Slack),
        "teams" => place(s, dir).map(Kind::Teams),
        "smtp" => server(s, dir).map(Kind::Smtp),
        "command" => s.require("command", command_line).map(Kind::Command),
        _ => {
            let secret = secret(s, dir, "secret_file", "secret_cmd");
            place(s, dir).map(|place| Kind::Webhook(place, secret))
        }
    }
}

fn server(s: &mut Section<'_>, dir: &Path) -> Option<Server> {
    let host = s.require("host", Item::words);
    let kinds = [("implicit", Tls::Implicit), ("starttls", Tls::Starttls), ("none", Tls::None)];
    let tls = s.read_or("tls", Tls::Implicit, |item| item.one_of(&kinds))?;
    let usual = match tls {
        Tls::Implicit => 465,
        Tls::Starttls => 587,
        Tls::None => 25,
    };
    let port = s.read_or("port", usual, |item| item.whole(1..=65_535));
    let user = s.read("user", Item::words);
    let password = secret(s, dir, "secret_file", "secret_cmd");
    if user.is_some() != password.is_some() {
        s.refuse_section(
            "a “user” and a secret belong together",
            "give user and secret_file or secret_cmd, or neither",
        );
    }
    if user.is_some() && tls == Tls::None {
        s.refuse_section(
            "the password would cross the network in the clear",
            "set tls to \"implicit\" or \"starttls\"",
        );
    }
    Some(Server { host: host?, port: port?, tls, login: user.zip(password) })
}
