//! Tokens: 256 random bits under a prefix, kept only as a hash, expiring and revocable (reliability, row 34).

use std::fmt::Write;

use chrono::Duration;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::db::{Row, Scope, Tx};
use super::deeds::{self, Deed};
use super::error::HubError;
use super::people;
use super::work::Work;
use crate::handoff::Time;
use crate::handoff::event::Actor;
use crate::wire::people::{MadeToken, NewToken, Person, TokenInfo};
use crate::wire::problem::{Code, Problem};

/// By which a token is known as one of ours, wherever it turns up.
pub const PREFIX: &str = "lbx_";
/// The hex digits of 256 bits.
const SECRET: usize = 64;
/// The digits after the secret, by which a mistyped token is known without a look at the database.
const CHECK: usize = 8;
/// For how many days a token holds if nothing is said.
const DAYS: u32 = 365;

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn random(bytes: &mut [u8]) -> Result<(), HubError> {
    getrandom::fill(bytes)
        .map_err(|error| Problem::new(Code::Unavailable, format!("the machine gave no random numbers: {error}")).into())
}

fn check_digits(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))[..CHECK].to_owned()
}

/// Whether a text has the form of a token: nothing else is looked for.
fn is_well_formed(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(PREFIX) else { return false };
    let is_hex = rest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    is_hex && rest.len() == SECRET + CHECK && check_digits(&rest[..SECRET]) == rest[SECRET..]
}

/// Makes a token for a person on somebody's word: as [`make`], and the log says so.
pub fn give(work: &mut Work<'_>, actor: &Actor, person: &str, wanted: &NewToken) -> Result<MadeToken, HubError> {
    let made = make(work.tx, person, wanted, work.now)?;
    let deed = Deed::TokenMade { person, token: made.id, label: wanted.label.trim(), expires_at: made.expires_at };
    deeds::note(work, actor, &deed)?;
    Ok(made)
}

/// Makes a token for a person. Its text is in the answer and nowhere else.
pub fn make(tx: &mut dyn Tx, person: &str, wanted: &NewToken, now: Time) -> Result<MadeToken, HubError> {
    let days = wanted.days.unwrap_or(DAYS);
    if !(1..=3650).contains(&days) {
        return Err(HubError::invalid("/days", format!("a token holds for 1 to 3650 days, not {days}")));
    }
    if wanted.label.chars().count() > 200 {
        return Err(HubError::invalid("/label", "a label has at most 200 characters"));
    }
    if wanted.label.contains('\0') {
        return Err(HubError::invalid("/label", "a label has no NUL in it"));
    }
    let mut secret = [0; SECRET / 2];
    random(&mut secret)?;
    let secret = hex(&secret);
    let token = format!("{PREFIX}{secret}{}", check_digits(&secret));
    let expires_at = now + Duration::days(i64::from(days));
    let made = tx.query(
        "INSERT INTO token (hash, person, label, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
        &[
            hash(&token).into(),
            person.into(),
            wanted.label.trim().into(),
            now.timestamp_millis().into(),
            expires_at.timestamp_millis().into(),
        ],
    )?;
    let id = made.first().map(|row| row.int(0)).transpose()?.unwrap_or_default();
    Ok(MadeToken { id, token, expires_at })
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// By what a token is told from others without showing it.
pub fn fingerprint(token: &str) -> String {
    hex(&hash(token))
}

/// Whose token this is, if it holds now: its person, active, and what they see.
pub fn holder(tx: &mut dyn Tx, token: &SecretString, now: Time) -> Result<Option<(Person, Scope)>, HubError> {
    let token = token.expose_secret();
    if !is_well_formed(token) {
        return Ok(None);
    }
    // Only the hash is compared, by the index: how long that takes tells nothing about the token.
    let rows = tx.query(
        "SELECT person FROM token WHERE hash = ?1 AND revoked_at IS NULL AND expires_at > ?2",
        &[hash(token).into(), now.timestamp_millis().into()],
    )?;
    let Some(row) = rows.first() else { return Ok(None) };
    let Some(person) = people::find(tx, row.text(0)?)?.filter(|person| person.is_active) else { return Ok(None) };
    let scope = people::scope_of(tx, &person)?;
    Ok(Some((person, scope)))
}

/// Ends a token at once.
pub fn revoke(tx: &mut dyn Tx, id: i64, now: Time) -> Result<(), HubError> {
    let ended = tx.execute(
        "UPDATE token SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1",
        &[id.into(), now.timestamp_millis().into()],
    )?;
    if ended == 0 { Err(HubError::not_found(format!("there is no token {id}"))) } else { Ok(()) }
}

/// Ends all tokens of somebody at once.
pub(super) fn revoke_all(tx: &mut dyn Tx, person: &str, now: Time) -> Result<(), HubError> {
    let sql = "UPDATE token SET revoked_at = ?2 WHERE person = ?1 AND revoked_at IS NULL";
    tx.execute(sql, &[person.into(), now.timestamp_millis().into()])?;
    Ok(())
}

/// Until when some token of one who looks after the hub holds; nothing if none does. Without any, nobody can make another one
/// but by the database itself.
pub fn looked_after_until(tx: &mut dyn Tx, now: Time) -> Result<Option<Time>, HubError> {
    let rows = tx.query(
        "SELECT max(token.expires_at) FROM token JOIN person ON person.id = token.person
         WHERE person.role = 'revops' AND person.is_active = 1 AND token.revoked_at IS NULL AND token.expires_at > ?1",
        &[now.timestamp_millis().into()],
    )?;
    let until = rows.first().map(|row| row.opt_int(0)).transpose()?.flatten();
    Ok(until.and_then(Time::from_timestamp_millis))
}

/// All tokens, the newest first.
pub fn all(tx: &mut dyn Tx) -> Result<Vec<TokenInfo>, HubError> {
    let rows = tx.query("SELECT id, person, label, expires_at, revoked_at FROM token ORDER BY id DESC", &[])?;
    rows.iter().map(info).collect()
}

fn info(row: &Row) -> Result<TokenInfo, HubError> {
    Ok(TokenInfo {
        id: row.int(0)?,
        person: row.text(1)?.to_owned(),
        label: row.text(2)?.to_owned(),
        expires_at: Time::from_timestamp_millis(row.int(3)?).unwrap_or_default(),
        is_revoked: row.opt_int(4)?.is_some(),
    })
}

/// A secret for a sender of leads, by which it signs.
pub fn secret() -> Result<String, HubError> {
    let mut bytes = [0; SECRET / 2];
    random(&mut bytes)?;
    Ok(format!("lbs_{}", hex(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_lost_or_changed_a_letter_is_not_looked_for() {
        let secret = "0123456789abcdef".repeat(4);
        let token = format!("{PREFIX}{secret}{}", check_digits(&secret));
        assert!(is_well_formed(&token));
        for at in PREFIX.len()..token.len() {
            let other = if &token[at..=at] == "0" { "1" } else { "0" };
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            assert!(!is_well_formed(&changed), "{changed}");
        }
        assert!(!is_well_formed(&token[..token.len() - 1]) && !is_well_formed("") && !is_well_formed("lbx_ü"));
    }
}
