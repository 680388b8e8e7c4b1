//! Channels: the ways by which the hub tells people, and answers leads. Which there are, and which gets what for whom, is
//! said in the hub's own `hub.toml`. What goes out is a pointer; personal data only where a channel and the team's policy
//! both allow it (C16, F76).

mod mail;
mod message;
mod send;
mod settings;

use std::time::Duration;

use super::outgoing::{Address, SecretFrom};
use crate::handoff::alert::Category;
use crate::handoff::event::Role;
use crate::wire::people::Person;

pub(super) use message::plain;
pub use message::{Message, Recipient};
pub use send::{Sender, Unsent};
pub use settings::read;

/// What a channel is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Alerts to those who have to decide (F72).
    Alerts,
    /// The personal message to the rep, with the invitation (R48).
    Handover,
    /// The automatic answer to a lead that came after hours (R69, F65).
    AutoResponse,
}

impl Use {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Alerts, Self::Handover, Self::AutoResponse];

    /// The word in the configuration, in the database and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Handover => "handover",
            Self::AutoResponse => "auto_response",
        }
    }

    /// The use with this word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.code() == code)
    }
}

/// An address in the configuration, or kept like a secret, since whoever knows such a one may write there.
#[derive(Clone, Debug)]
pub enum Place {
    /// In the configuration.
    Plain(Address),
    /// In a file or behind a command.
    Secret(SecretFrom),
}

/// How an SMTP server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// TLS after STARTTLS, without which nothing is sent.
    Starttls,
    /// In the clear.
    None,
}

/// An SMTP server.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Its encryption.
    pub tls: Tls,
    /// Who signs in there, with which password.
    pub login: Option<(String, SecretFrom)>,
}

/// How a channel is reached.
#[derive(Clone, Debug)]
pub enum Kind {
    /// JSON, signed where there is a secret.
    Webhook(Place, Option<SecretFrom>),
    /// An incoming webhook of Slack's, or of what understands the same.
    Slack(Place),
    /// A workflow's webhook in Teams: an Adaptive Card.
    Teams(Place),
    /// Mail.
    Smtp(Server),
    /// A program with its arguments, told JSON on its standard input.
    Command(Vec<String>),
}

impl Kind {
    /// The word in the configuration.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Webhook(..) => "webhook",
            Self::Slack(_) => "slack",
            Self::Teams(_) => "teams",
            Self::Smtp(_) => "smtp",
            Self::Command(_) => "command",
        }
    }
}

/// The text of the automatic answer, with `{first_name}` and `{company}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// A channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its name, by which deliveries know it.
    pub name: String,
    /// How it is reached.
    pub kind: Kind,
    /// What it is used for.
    pub uses: Vec<Use>,
    /// The alerts that go there; none means all.
    pub categories: Vec<Category>,
    /// For these people …
    pub people: Vec<String>,
    /// … and whoever is in these teams …
    pub teams: Vec<String>,
    /// … and whoever has these roles. Where nobody is named, for everybody.
    pub roles: Vec<Role>,
    /// It may be told who it is and what they did.
    pub personal_data: bool,
    /// The name and address that write: mails come from there, and invitations are in its name.
    pub from: Option<String>,
    /// What the automatic answer says.
    pub template: Option<Template>,
    /// How long one message may take.
    pub time: Duration,
    /// For how long a message is tried.
    pub give_up: chrono::Duration,
    /// How many messages at once.
    pub at_once: u32,
}

impl Channel {
    /// Whether it tells this person of such an alert.
    pub fn takes_alert(&self, category: Category, person: &Person) -> bool {
        let is_wanted = self.categories.is_empty() || self.categories.contains(&category);
        self.uses.contains(&Use::Alerts) && is_wanted && self.is_for(person)
    }

    /// Whether it takes the personal message to this rep.
    pub fn takes_handover(&self, person: &Person) -> bool {
        self.uses.contains(&Use::Handover) && self.is_for(person)
    }

    /// Whether it answers leads.
    pub fn answers_leads(&self) -> bool {
        self.uses.contains(&Use::AutoResponse)
    }

    fn is_for(&self, person: &Person) -> bool {
        let nobody_is_named = self.people.is_empty() && self.teams.is_empty() && self.roles.is_empty();
        // Nobody is told by mail who has no address.
        let can_be = !matches!(self.kind, Kind::Smtp(_)) || person.email.is_some();
        can_be
            && (nobody_is_named
                || self.people.contains(&person.id)
                || person.team.as_ref().is_some_and(|team| self.teams.contains(team))
                || self.roles.contains(&person.role))
    }
}

/// All channels of a hub, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Channels(pub Vec<Channel>);

impl Channels {
    /// The channel of this name.
    pub fn get(&self, name: &str) -> Option<&Channel> {
        self.0.iter().find(|channel| channel.name == name)
    }
}

#[cfg(test)]
mod tests;
