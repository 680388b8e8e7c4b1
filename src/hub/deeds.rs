//! What is done to the hub itself and not to a lead: who is who, tokens, senders, calendars, teams, the rules. Each is an
//! entry of the log of no lead, with who did it and what was so before (F120, R123).

use serde::Serialize;
use uuid::Uuid;

use super::error::HubError;
use super::leads::ms;
use super::log::Entry;
use super::work::Work;
use crate::handoff::Time;
use crate::handoff::event::Actor;
use crate::wire::people::{FeedKind, Person};

/// What was done. Secrets are in none of these.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Deed<'d> {
    /// Somebody was entered, or what is known of them changed.
    PersonSet {
        /// Who.
        person: &'d str,
        /// What was known before; nothing of somebody new.
        before: Option<&'d Person>,
        /// What is known now.
        after: &'d Person,
    },
    /// Somebody takes no leads for now, or takes them again.
    Paused {
        /// Who.
        person: &'d str,
        /// Why they took none before.
        before: Option<&'d str>,
        /// Why they take none now; nothing where they do.
        why: Option<&'d str>,
    },
    /// A token was made.
    TokenMade {
        /// Whose.
        person: &'d str,
        /// Its number.
        token: i64,
        /// What it is for.
        label: &'d str,
        /// Until when it holds.
        expires_at: Time,
    },
    /// A token was ended.
    TokenRevoked {
        /// Its number.
        token: i64,
    },
    /// A sender of leads was set up, or how its posts are read changed.
    SourceSet {
        /// Its name.
        name: &'d str,
        /// It was given a new secret.
        is_secret_new: bool,
        /// The file with its mapping, as far as it was told; empty for the hub's own form.
        mapping: Option<&'d str>,
    },
    /// The calendars of somebody were set.
    FeedsSet {
        /// Whose.
        person: &'d str,
        /// What they mean, and where they are without what is secret in that.
        feeds: Vec<(FeedKind, String)>,
    },
    /// Somebody else manages a team.
    TeamSet {
        /// The team.
        team: &'d str,
        /// Who managed it.
        before: Option<&'d str>,
        /// Who manages it now.
        manager: Option<&'d str>,
    },
    /// Other rules are in force.
    PolicySet {
        /// Their number; their text is kept under it.
        version: i64,
    },
}

/// Writes down who did what. Nobody's view of leads changes by it.
pub fn note(work: &mut Work<'_>, actor: &Actor, deed: &Deed<'_>) -> Result<(), HubError> {
    let entry = Entry {
        lead: None,
        id: Uuid::now_v7(),
        at: ms(work.now),
        received_at: ms(work.now),
        actor: serde_json::to_string(actor)?,
        what: serde_json::to_string(deed)?,
        closes: None,
        basis: None,
    };
    work.log(entry)?;
    Ok(())
}
