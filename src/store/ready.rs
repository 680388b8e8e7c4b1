//! An arrival made ready to be written: all the thinking is done here, so that the writer only writes.

use std::borrow::Cow;
use std::hash::Hasher;
use std::io;

use super::receive::Arrival;
use super::rows::{Face, Place};
use super::{Ctx, StoreError};
use crate::handoff::activity::Activity;
use crate::handoff::lead::{Lead, LeadKey};
use crate::handoff::query::fold_into;
use crate::handoff::standing::standing;
use crate::handoff::state::Handoff;

/// So many characters of what they asked can be searched.
const SEARCHED: usize = 400;

/// An arrival as it is kept.
pub(super) struct Ready {
    pub(super) key: LeadKey,
    pub(super) face: Face,
    /// Where it stands if it is new.
    pub(super) place: Place,
    /// The record as JSON.
    pub(super) record: String,
    /// Of the record and the trail that came with it, to see whether anything is new.
    pub(super) hash: i64,
    /// The words by which it is found.
    pub(super) words: String,
    pub(super) trail: Vec<Activity>,
}

impl Ready {
    pub(super) fn new(arrival: &Arrival, ctx: &Ctx<'_>) -> Result<Self, StoreError> {
        let mut json = serde_json::to_string(&arrival.lead)?;
        let mut lead = Cow::Borrowed(&arrival.lead);
        if json.contains("\\u0000") {
            lead = Cow::Owned(serde_json::from_str(&without_nul(&json))?);
            json = serde_json::to_string(&lead)?;
        }
        // A hash that another build of the program may not repeat: the worst that can come of it is one update
        // that changes nothing.
        let mut hasher = HashWriter(std::hash::DefaultHasher::new());
        hasher.0.write(json.as_bytes());
        serde_json::to_writer(&mut hasher, &arrival.trail)?;
        let handoff = Handoff::arrived(&lead, ctx.at());
        Ok(Self {
            key: lead.key.clone(),
            face: Face::of(&lead),
            place: Place::of(&handoff, &standing(&lead, &handoff, ctx.policy, ctx.at())),
            record: without_nulls(&json),
            hash: hasher.0.finish().cast_signed(),
            words: words(&lead),
            trail: arrival.trail.iter().map(clean).collect(),
        })
    }
}

/// The words by which a lead is found.
fn words(lead: &Lead) -> String {
    let (person, company) = (&lead.person, &lead.company);
    let mut words = String::with_capacity(256);
    fold_into(&lead.display_name(), &mut words);
    let asked = lead.message.as_deref().map(|text| match text.char_indices().nth(SEARCHED) {
        Some((end, _)) => &text[..end],
        None => text,
    });
    let texts = [
        company.name.as_deref(),
        company.domain.as_deref(),
        person.title.as_deref(),
        person.email.as_deref(),
        lead.trigger.as_ref().map(|trigger| trigger.what.as_str()),
        asked,
        Some(lead.key.source.as_str()),
        lead.attribution.source.as_deref(),
        lead.attribution.campaign.as_deref(),
        Some(lead.key.external_id.as_str()),
    ];
    for text in texts.into_iter().flatten() {
        fold_into(text, &mut words);
    }
    words
}

fn clean(activity: &Activity) -> Activity {
    let mut activity = activity.clone();
    let Activity { external_id, actor, outcome, text, url, .. } = &mut activity;
    for text in [Some(external_id), actor.as_mut(), outcome.as_mut(), Some(text), url.as_mut()].into_iter().flatten() {
        text.retain(|c| c != '\0');
    }
    activity
}

/// JSON without the escapes that stand for NUL, which no text here may hold.
fn without_nul(json: &str) -> String {
    let mut kept = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(behind) = rest.strip_prefix("\\u0000") {
            rest = behind;
        } else {
            // The character behind a backslash belongs to it, even if it is another backslash.
            let end = rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end);
            kept.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    kept + rest
}

/// JSON of a lead without the fields that are null, which are half of it. Only the names of fields are letters and
/// underscores between a quote that no backslash precedes and `":null`.
fn without_nulls(json: &str) -> String {
    let mut kept = String::with_capacity(json.len());
    let mut from = 0;
    for (at, null) in json.match_indices("\":null") {
        let before = &json[from..at];
        let name = before.bytes().rev().take_while(|b| b.is_ascii_lowercase() || *b == b'_').count();
        kept.push_str(&before[..before.len() - name]);
        if kept.ends_with("{\"") || kept.ends_with(",\"") {
            kept.pop();
            from = at + null.len();
            // One comma goes with it: its own, or the one before the last field.
            if json[from..].starts_with(',') {
                from += 1;
            } else if kept.ends_with(',') {
                kept.pop();
            }
        } else {
            from = at - name;
        }
    }
    kept.push_str(&json[from..]);
    kept
}

struct HashWriter(std::hash::DefaultHasher);

impl io::Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_record_without_nulls_is_the_same_record(
            texts in proptest::collection::vec(proptest::option::of("[\"\\\\,:{}nul_\u{0}a é]{0,12}|\",\"abc\":null"), 6),
        ) {
            let mut lead = Lead::default();
            lead.person.title = texts[0].clone();
            lead.company.name = texts[1].clone();
            lead.message = texts[2].clone();
            lead.owner = texts[3].clone();
            lead.attribution.last_touch = texts[4].clone();
            lead.extras.extend(texts[5].clone().map(|text| (text.clone(), text)));
            let json = serde_json::to_string(&lead).unwrap();
            let short = without_nulls(&json);
            prop_assert_eq!(serde_json::from_str::<Lead>(&short).unwrap(), lead.clone());
            prop_assert!(!short.contains("\"phone\":null"));

            let clean: Lead = serde_json::from_str(&without_nul(&json)).unwrap();
            prop_assert_eq!(clean.message, texts[2].as_ref().map(|text| text.replace('\0', "")));
            prop_assert_eq!(clean.person.title, texts[0].as_ref().map(|text| text.replace('\0', "")));
        }
    }
}
