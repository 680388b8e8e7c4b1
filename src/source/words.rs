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

/// What stands around a disposition's key in the mark by which a text that we wrote is found again.
const MARK: (&str, &str) = ("[leadbox:", "]");

/// The key in the mark that this line is, if it is one and nothing else. Braces and prefixes are other people's.
fn marked(line: &str) -> Option<Uuid> {
    let key = line.trim().strip_prefix(MARK.0)?.strip_suffix(MARK.1)?;
    Uuid::try_parse(key).ok().filter(|_| matches!(key.len(), 32 | 36))
}

/// The key of the disposition that left this text there: its mark stands where we put it, which is at the end and alone on its
/// line. Within a line, or before something else, it is what somebody cites. Who wrote the text says less: an account that was
/// ours need not be any more. Where a CRM tells what was typed by people, that is none of ours in any case.
pub(super) fn key_of(text: &str) -> Option<Uuid> {
    marked(text.trim_end().lines().next_back()?)
}

/// Whether the disposition of this key left this text there: its mark is alone on a line, wherever. What people add below our
/// text does not make it theirs, and what is there already is not to be written twice: for one that is looked for, that counts
/// more than whose text it is in the trail.
pub(super) fn has_key(text: &str, key: Uuid) -> bool {
    text.lines().any(|line| marked(line) == Some(key))
}

/// A text without marks: they say nothing to people. What is cited within a line stays.
pub(super) fn unmarked(text: &str) -> String {
    if text.lines().all(|line| marked(line).is_none()) {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.lines().filter(|line| marked(line).is_none()).collect();
    lines.join("\n").trim_end().to_owned()
}

/// A moment in a note, which people in other zones read.
fn day(at: crate::handoff::Time) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_ours_by_a_mark_alone_at_its_end_and_marks_are_not_shown() {
        let key = Uuid::now_v7();
        for mark in [format!("[leadbox:{key}]"), format!("[leadbox:{}]", key.simple())] {
            for ours in [format!("Call, no answer\n{mark}"), format!("Call, no answer\r\n {mark} \n\n"), mark.clone()] {
                assert_eq!((key_of(&ours), has_key(&ours, key)), (Some(key), true), "{ours:?}");
                assert!(!has_key(&ours, Uuid::now_v7()), "another one is looked for");
                assert!(!unmarked(&ours).contains("leadbox"), "{ours:?}");
            }
            let cited = format!("re: “Call, no answer” {mark}");
            let behind = format!("Call\n{mark}\nAna: rang back");
            for theirs in [&cited, &format!("{cited}\nand more")] {
                assert_eq!((key_of(theirs), has_key(theirs, key)), (None, false), "{theirs:?}");
            }
            assert_eq!((key_of(&behind), has_key(&behind, key)), (None, true), "ours, and somebody added to it");
            assert_eq!((unmarked(&cited), unmarked(&behind)), (cited, "Call\nAna: rang back".to_owned()));
            assert_eq!(unmarked(&format!("cites {mark} twice\n{mark}")), format!("cites {mark} twice"));
        }
        for text in ["see [leadbox: the tool] and more", "[leadbox:", "[leadbox:é]", "[leadbox:12]", "plain ", ""] {
            assert_eq!((unmarked(text), key_of(text)), (text.to_owned(), None));
        }
        let braced = format!("[leadbox:{}]", key.braced());
        assert_eq!((unmarked(&braced), key_of(&braced)), (braced.clone(), None));
    }
}
