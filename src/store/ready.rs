//! An arrival made ready to be written: all the thinking is done here, so that the writer only writes.

use std::borrow::Cow;
use std::hash::Hasher;
use std::sync::Arc;

use chrono::Duration;

use super::rows::{Face, Place};
use super::{Ctx, StoreError, record, theirs};
use crate::handoff::Time;
use crate::handoff::activity::Activity;
use crate::handoff::arrival::{Arrival, Told, Word};
use crate::handoff::event::Event;
use crate::handoff::lead::{Lead, LeadKey};
use crate::handoff::query::fold_into;
use crate::handoff::scoring::rescore;
use crate::handoff::standing::standing;
use crate::handoff::state::{Handoff, Stage};
use crate::handoff::unread::Unread;

/// So many characters of what they asked can be searched: the first sentence or two. More would make every import pay
/// for words that nobody looks for.
const SEARCHED: usize = 120;

/// NUL in JSON.
const NUL: &str = "\\u0000";

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
    /// The words by which it is found, in their order.
    pub(super) words: String,
    /// The same, each once: what the full text is told.
    pub(super) distinct: String,
    pub(super) trail: Vec<Activity>,
    /// What of the record its source spoke of; nothing for all of it.
    pub(super) told: Option<Arc<Told>>,
    /// The end of its deferral is ours, since its source does not tell any.
    pub(super) has_our_end: bool,
    /// It is a copy of what Leadbox knew: a lead that is known is left as it is.
    pub(super) is_copy: bool,
    /// What its hub says of it, if it comes from one.
    pub(super) said: Option<Said>,
}

/// A hub's word as it is kept.
pub(super) struct Said {
    pub(super) version: i64,
    /// Where it stands there.
    pub(super) handoff: Handoff,
    /// The same as JSON.
    pub(super) arrived: String,
    /// What happened there.
    pub(super) history: Unread<Vec<Event>>,
}

impl Ready {
    /// An arrival as it comes: a lead without a score of its own is scored by the model in use.
    pub(super) fn new(arrival: &Arrival, ctx: &Ctx<'_>) -> Result<Self, StoreError> {
        if arrival.lead.score.is_some() || ctx.scoring.active.is_none() {
            return Self::of_scored(arrival, ctx);
        }
        let mut arrival = arrival.clone();
        rescore(&mut arrival.lead, &arrival.trail, ctx.scoring, ctx.at());
        Self::of_scored(&arrival, ctx)
    }

    /// An arrival on which a hub has the word: it has the hub's score or none, and stands as the hub says. Its record is
    /// kept as the hub wrote it. `me` is who is signed in there, who answers their own leads only.
    pub(super) fn of_word(arrival: Arrival, word: Word, me: Option<&str>, ctx: &Ctx<'_>) -> Result<Self, StoreError> {
        let Arrival { mut lead, trail, told } = arrival;
        let Word { version, record, handoff, history } = word;
        let mut record = record.into_json();
        if record.contains(NUL) {
            record = without_nul(&record);
            let Lead { key, owner, stage, .. } = lead;
            lead = Lead { key, owner, stage, ..serde_json::from_str(&record)? };
        }
        let mut place = place(&lead, &handoff, ctx);
        if !theirs::is_own(me, lead.owner.as_deref()) {
            place = place.of_others();
        }
        place.acted = handoff.closed_at.is_some() && record::read(&history)?.0.iter().any(record::is_work);
        let said = Said { version, arrived: serde_json::to_string(&handoff)?, handoff, history };
        let trail = trail.into_iter().map(clean).collect();
        // Whether it is news, its version says.
        Ok(Self { record, trail, told, said: Some(said), ..Self::bare(&lead, place) })
    }

    /// An arrival that is scored already.
    pub(super) fn of_scored(arrival: &Arrival, ctx: &Ctx<'_>) -> Result<Self, StoreError> {
        let Arrival { lead, trail, told } = arrival;
        let mut lead = Cow::Borrowed(lead);
        let mut json = serde_json::to_string(&lead)?;
        if json.contains(NUL) {
            lead = Cow::Owned(serde_json::from_str(&without_nul(&json))?);
            json = serde_json::to_string(&lead)?;
        }
        // A hash that another build of the program may not repeat: the worst that can come of it is one update
        // that changes nothing.
        let mut hasher = std::hash::DefaultHasher::new();
        hasher.write(json.as_bytes());
        hasher.write(&serde_json::to_vec(trail)?);
        // To say nothing is not to say that there is nothing.
        hasher.write_u64(told.as_ref().map_or(0, |told| told.fingerprint()));
        let end = end_of_deferral(&lead, ctx);
        if end.is_some() {
            lead.to_mut().stage.until = end;
            json = serde_json::to_string(&lead)?;
        }
        Ok(Self {
            record: json,
            hash: hasher.finish().cast_signed(),
            trail: trail.iter().cloned().map(clean).collect(),
            told: told.clone(),
            has_our_end: end.is_some(),
            ..Self::bare(&lead, place(&lead, &Handoff::arrived(&lead, ctx.at()), ctx))
        })
    }

    /// What a list shows of a lead that stands here, and the words by which it is found.
    fn bare(lead: &Lead, place: Place) -> Self {
        let words = words(lead);
        Self {
            key: lead.key.clone(),
            face: Face::of(lead),
            place,
            record: String::new(),
            hash: 0,
            distinct: distinct(&words),
            words,
            trail: Vec::new(),
            told: None,
            has_our_end: false,
            is_copy: false,
            said: None,
        }
    }
}

fn place(lead: &Lead, handoff: &Handoff, ctx: &Ctx<'_>) -> Place {
    Place::of(&handoff.at(ctx.at()), &standing(lead, handoff, ctx.policy, ctx.at()))
}

/// Until when a lead is deferred whose source does not say: the team's longest. It stays so whatever the team decides
/// later.
fn end_of_deferral(lead: &Lead, ctx: &Ctx<'_>) -> Option<Time> {
    let is_open = lead.stage.canonical == Some(Stage::Deferred) && lead.stage.until.is_none();
    let days = Duration::days(i64::from(ctx.policy.deferral.days));
    is_open.then(|| lead.stage.since.unwrap_or(ctx.at()) + days)
}

/// The words by which a lead is found.
pub(super) fn words(lead: &Lead) -> String {
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

/// Each of the words once: the full text keeps neither their order nor their number, and pays for each.
pub(super) fn distinct(words: &str) -> String {
    let mut each: Vec<&str> = words.split(' ').collect();
    // Any order will do, and most words differ in length.
    each.sort_unstable_by_key(|word| (word.len(), *word));
    each.dedup();
    each.join(" ")
}

fn clean(mut activity: Activity) -> Activity {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_record_is_kept_without_nul(
            texts in proptest::collection::vec(proptest::option::of("[\"\\\\,:{}nul_\u{0}a é]{0,12}"), 2),
        ) {
            let mut lead = Lead::default();
            lead.person.title = texts[0].clone();
            lead.message = texts[1].clone();
            let json = serde_json::to_string(&lead).unwrap();
            let clean: Lead = serde_json::from_str(&without_nul(&json)).unwrap();
            prop_assert_eq!(clean.message, texts[1].as_ref().map(|text| text.replace('\0', "")));
            prop_assert_eq!(clean.person.title, texts[0].as_ref().map(|text| text.replace('\0', "")));
        }
    }
}
