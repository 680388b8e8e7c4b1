//! The same person as a lead of another source (N19): found by the address, which is among the words by which leads are found.

use rusqlite::Connection;

use super::record::{self, Held};
use super::{StoreError, at_most};
use crate::handoff::Time;
use crate::handoff::dedup::{self, Certainty};
use crate::handoff::dossier::Twin;
use crate::handoff::lead::LeadId;
use crate::handoff::query::fold;

/// So many candidates are looked at: an address that more leads have is nobody's own.
const MOST: usize = 20;

/// The leads of other sources that are certainly the same person as this one, as they stand at `now`.
pub(super) fn twins(conn: &Connection, held: &Held, now: Time) -> Result<Vec<Twin>, StoreError> {
    let Some(email) = &held.lead.person.email else { return Ok(Vec::new()) };
    // Nothing but letters and digits is in the words, and each is in quotes, so that none is mistaken for syntax.
    let words: Vec<String> = fold(email).split_whitespace().map(|word| format!("\"{word}\"")).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = conn.prepare_cached("SELECT rowid FROM lead_words WHERE lead_words MATCH ?1 LIMIT ?2")?;
    let ids = found.query_map((words.join(" AND "), at_most(MOST)), |row| row.get(0).map(LeadId))?;
    let mut twins = Vec::new();
    for id in ids.collect::<Result<Vec<_>, _>>()? {
        let Some(other) = record::load(conn, id)? else { continue };
        let is_same = || dedup::same(&held.lead, &other.lead).is_some_and(|same| same.certainty == Certainty::Certain);
        if other.lead.key.source != held.lead.key.source && is_same() {
            let stage = other.handoff.at(now).stage;
            twins.push(Twin { id, source: other.lead.key.source, stage, owner: other.lead.owner });
        }
    }
    Ok(twins)
}
