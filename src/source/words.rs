//! What a rep did, in words for the people who work in a CRM: the text of a note or a task there.

use uuid::Uuid;

use super::Finding;
use super::files::WriteMap;
use crate::handoff::disposition::{Attempt, Channel, Deferral, Qualification, Rejection};
use crate::handoff::reason::canonical;
use crate::handoff::state::Stage;

/// Why a lead was rejected: the CRM's word for it where there is one, then what was added.
pub(super) fn reason(rejection: &Rejection, words: &WriteMap) -> String {
    let Rejection { code, sub, evidence, note } = rejection;
    let plain = |code: &str| code.replace('_', " ");
    let told = words.reason(code, sub.as_deref()).map(str::to_owned);
    let told = told.unwrap_or_else(|| match sub {
        Some(sub) => format!("{}, {}", plain(code), plain(sub)),
        None => plain(code),
    });
    let more = [evidence, note].into_iter().flatten().filter(|text| !text.trim().is_empty());
    std::iter::once(told).chain(more.cloned()).collect::<Vec<_>>().join(" – ")
}

/// The usual reasons for which the CRM has no word: a team may have others.
pub(super) fn without_word(words: &WriteMap) -> Vec<String> {
    let has_word = |code: &str| words.reasons.keys().any(|key| key.split('.').next() == Some(code));
    canonical().into_iter().map(|reason| reason.code).filter(|code| !has_word(code)).collect()
}

/// What changes nothing of the record itself, though most teams would have it so.
pub(super) fn silent_stages(words: &WriteMap) -> Vec<Finding> {
    let hint = "name the CRM's word for it under [write.stages], if one is to be set";
    let silent = [Stage::Accepted, Stage::Rejected].into_iter().filter(|stage| words.stage(*stage).is_none());
    silent.map(|stage| Finding::note(format!("“{}” sets no stage there", stage.code()), hint)).collect()
}

/// A contact: by which channel, what came of it, and what was said.
pub(super) fn contact(attempt: &Attempt, words: &WriteMap) -> String {
    let Attempt { channel, outcome, at, note, cited, next, .. } = attempt;
    let named = words.channels.get(channel.code()).cloned();
    let named = named.unwrap_or_else(|| match channel {
        Channel::Phone => "Call".into(),
        other => {
            let mut label = other.label().to_owned();
            if let Some(first) = label.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            label
        }
    });
    let outcome = words.outcome(*channel, *outcome).unwrap_or(outcome.label());
    let mut text = format!("{named}, {outcome}");
    let mut add = |what: &str, told: Option<String>| {
        if let Some(told) = told.filter(|told| !told.trim().is_empty()) {
            text += &format!("\n{what}{told}");
        }
    };
    add("", note.clone());
    add("Spoke of: ", cited.clone());
    add("Next: ", next.as_ref().map(|next| format!("{}, {}", next.what, day(next.at))));
    add("Made: ", at.map(day));
    text
}

/// Until when a lead is put off, and why.
pub(super) fn deferred(deferral: &Deferral) -> String {
    format!("Deferred until {}: {}", day(deferral.until), deferral.why)
}

/// What makes a lead an SQL.
pub(super) fn qualified(qualification: &Qualification) -> String {
    let Qualification { problem, authority, next_step, next_at } = qualification;
    let at = next_at.map_or_else(String::new, |at| format!(", {}", day(at)));
    format!("Qualified (SQL)\nProblem: {problem}\nAuthority: {authority}\nNext step: {next_step}{at}")
}

/// How the mark begins that carries a disposition's key: `[leadbox:…]` at the end of a text.
const MARK: &str = "[leadbox:";

/// A text without its mark.
pub(super) fn unmarked(text: &str) -> &str {
    text.rfind(MARK).map_or(text, |at| text[..at].trim_end())
}

/// The key in a text's mark, if it is one of ours.
pub(super) fn key_of(text: &str) -> Option<Uuid> {
    text[text.rfind(MARK)? + MARK.len()..].split(']').next()?.parse().ok()
}

/// A moment in a note, which people in other zones read.
fn day(at: crate::handoff::Time) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
