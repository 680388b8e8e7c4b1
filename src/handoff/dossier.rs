//! The whole context of one lead (R41, R44): what is shown once it is engaged or answered.

use serde::Serialize;

use super::Time;
use super::activity::Activity;
use super::event::Event;
use super::lead::{Lead, LeadId};
use super::state::{Handoff, Stage};

/// Everything that the store knows of one lead.
#[derive(Clone, Debug, PartialEq)]
pub struct Dossier {
    /// Its number.
    pub id: LeadId,
    /// The record as its source has it.
    pub lead: Lead,
    /// What it arrived as and what was done with it since.
    pub handoff: Handoff,
    /// What they did, newest first.
    pub trail: Vec<Activity>,
    /// What happened to the handoff here, oldest first.
    pub events: Vec<Event>,
    /// So many steps more a newer hub told of, which only a newer program can read.
    pub unread: usize,
    /// When the record was last read from its source (F116).
    pub updated_at: Time,
    /// The same person's leads of other sources (N19).
    pub twins: Vec<Twin>,
}

/// The same person's lead of another source: no more than where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Twin {
    /// Its number.
    pub id: LeadId,
    /// Its source.
    pub source: String,
    /// Where it stands.
    pub stage: Stage,
    /// Whose it is there.
    pub owner: Option<String>,
}
