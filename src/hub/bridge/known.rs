//! What a CRM said of a record last, and what we wrote there: what comes back is news only if it is neither.

use serde::{Deserialize, Serialize};

use crate::handoff::Time;
use crate::handoff::lead::{Lead, SourceStage};
use crate::handoff::state::Stage;

/// What is known of a record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Known {
    /// The stage as it was told last, in the CRM's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stage: Option<String>,
    /// Ours for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) means: Option<Stage>,
    /// The owner as told last, as the CRM names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) owner: Option<String>,
    /// Their id there, which stays the same where they are renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) owner_id: Option<String>,
    /// The hub's person who that is, as it was found when they were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) person: Option<String>,
    /// The stages that we wrote there since somebody else changed it, the last one last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) wrote: Vec<String>,
    /// The hub's person whose it is there, once what is on its way has arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) holder: Option<String>,
    /// The hub's people to whom we gave it there since somebody else did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) gave: Vec<String>,
    /// It left us for somebody whom the hub does not know.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_elsewhere: bool,
    /// What stood there before we wrote: while reads lag behind writes it may be told once more.
    #[serde(skip_serializing_if = "Past::is_over")]
    past: Past,
}

/// What may be told once more, and until when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Past {
    stages: Vec<String>,
    owners: Vec<Option<String>>,
    until: Option<Time>,
}

impl Past {
    fn is_over(&self) -> bool {
        self.until.is_none()
    }
}

/// What is told of a stage or an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// What was told before.
    Same,
    /// Our own word.
    Ours,
    /// What stood there before we wrote, by a read that lags behind: it is looked again then.
    Old(Time),
    /// Somebody else's word.
    News,
}

impl Known {
    /// Of this record as it is told of for the first time.
    pub(super) fn first(lead: &Lead, person: Option<&str>) -> Self {
        Self {
            stage: lead.stage.raw.clone(),
            means: lead.stage.canonical,
            owner: lead.owner.clone(),
            owner_id: lead.owner_id.clone(),
            person: person.map(str::to_owned),
            holder: person.map(str::to_owned),
            ..Self::default()
        }
    }

    /// Whose it is there, if that is nobody whom the hub knew, and we gave it to nobody since.
    pub(super) fn stranger(&self) -> Option<&str> {
        let is_known = self.person.is_some() || self.holder.is_some() || !self.gave.is_empty();
        self.owner.as_deref().filter(|_| !is_known)
    }

    /// The stranger is this person of the hub's.
    pub(super) fn recognise(&mut self, person: &str) {
        (self.person, self.holder) = (Some(person.to_owned()), Some(person.to_owned()));
    }

    /// The hub's person whose it was as told last, if it is told as the same one's now, however they are called.
    pub(super) fn still(&self, lead: &Lead) -> Option<&str> {
        self.person.as_deref().filter(|_| self.is_of(lead))
    }

    /// It is told as the same owner's as last.
    pub(super) fn is_of(&self, lead: &Lead) -> bool {
        match (&lead.owner_id, &self.owner_id) {
            (Some(told), Some(known)) => told == known,
            _ => lead.owner == self.owner,
        }
    }

    fn old(&self, is_old: impl FnOnce(&Past) -> bool, now: Time) -> Option<Heard> {
        self.past.until.filter(|&until| now < until && is_old(&self.past)).map(Heard::Old)
    }

    /// The CRM tells this stage.
    pub(super) fn hear_stage(&mut self, told: &SourceStage, now: Time) -> Heard {
        if (&told.raw, told.canonical) == (&self.stage, self.means) {
            return Heard::Same;
        }
        let is_ours = told.raw.as_ref().is_some_and(|raw| self.wrote.contains(raw));
        if !is_ours
            && let Some(old) = self.old(|past| told.raw.as_ref().is_some_and(|raw| past.stages.contains(raw)), now)
        {
            return old;
        }
        (self.stage, self.means) = (told.raw.clone(), told.canonical);
        if !is_ours {
            // What we wrote before is no longer what stands there.
            self.wrote.clear();
            self.past.stages.clear();
            return Heard::News;
        }
        if self.wrote.last() == told.raw.as_ref() {
            let last = self.wrote.pop();
            self.past.stages.append(&mut self.wrote);
            self.wrote.extend(last);
        }
        Heard::Ours
    }

    /// The CRM tells whose the record is, who is this person of the hub's.
    pub(super) fn hear_owner(&mut self, lead: &Lead, person: Option<&str>, now: Time) -> Heard {
        // Where one has another's seat, with their own name, it is theirs.
        let is_seat = lead.owner != self.owner && person.is_some() && person != self.person.as_deref();
        if self.is_of(lead) && !is_seat {
            // They may be called otherwise now, or were known by name alone.
            (self.owner, self.owner_id) = (lead.owner.clone(), lead.owner_id.clone());
            return Heard::Same;
        }
        let is_holder = person.is_some() && person == self.holder.as_deref();
        let is_ours = is_holder || person.is_some_and(|person| self.gave.iter().any(|gave| gave == person));
        if !is_ours && let Some(old) = self.old(|past| past.owners.contains(&lead.owner), now) {
            return old;
        }
        (self.owner, self.owner_id) = (lead.owner.clone(), lead.owner_id.clone());
        self.person = person.map(str::to_owned);
        if !is_ours {
            self.holder = person.map(str::to_owned);
            self.gave.clear();
            self.past.owners.clear();
            return Heard::News;
        }
        if is_holder {
            self.gave.retain(|gave| Some(gave.as_str()) == person);
        }
        Heard::Ours
    }

    /// We are about to write this stage; reads may lag behind by so long.
    pub(super) fn write_stage(&mut self, stage: &str, now: Time, lag: chrono::Duration) {
        self.past.stages.extend(self.stage.clone());
        self.wrote.retain(|wrote| wrote != stage);
        self.wrote.push(stage.to_owned());
        self.past.until = Some(now + lag);
    }

    /// It took hold, perhaps long after it was begun; reads may lag behind by so long.
    pub(super) fn written(&mut self, now: Time, lag: chrono::Duration) {
        self.past.until = Some(now + lag);
    }

    /// It did not take hold.
    pub(super) fn did_not_write(&mut self, stage: &str) {
        self.wrote.retain(|wrote| wrote != stage);
    }

    /// We are to give it to this person. Says whether that changes anything.
    pub(super) fn give(&mut self, person: &str) -> bool {
        let is_new = self.holder.as_deref() != Some(person);
        if is_new {
            self.holder = Some(person.to_owned());
            self.gave.retain(|gave| gave != person);
            self.gave.push(person.to_owned());
        }
        is_new
    }

    /// That took hold; reads may lag behind by so long.
    pub(super) fn given(&mut self, now: Time, lag: chrono::Duration) {
        self.past.owners.push(self.owner.clone());
        self.past.until = Some(now + lag);
    }

    /// That did not take hold.
    pub(super) fn did_not_give(&mut self, person: &str) {
        self.gave.retain(|gave| gave != person);
        if self.holder.as_deref() == Some(person) {
            self.holder = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    const LAG: Duration = Duration::seconds(30);

    fn stage(raw: &str) -> SourceStage {
        let canonical = match raw {
            "new" => Some(Stage::Assigned),
            "working" => Some(Stage::Accepted),
            "lost" => Some(Stage::Rejected),
            _ => None,
        };
        SourceStage { raw: Some(raw.into()), canonical, ..SourceStage::default() }
    }

    fn owned(by: Option<&str>) -> Lead {
        Lead { owner: by.map(str::to_owned), stage: stage("new"), ..Lead::default() }
    }

    fn at(second: i64) -> Time {
        Time::from_timestamp(second, 0).unwrap()
    }

    fn known() -> Known {
        Known::first(&owned(Some("Ana Lima")), Some("ana"))
    }

    #[test]
    fn our_own_word_is_no_news_however_late_it_comes_and_somebody_elses_is() {
        let mut it = known();
        assert_eq!(it.hear_stage(&stage("new"), at(0)), Heard::Same);
        it.write_stage("working", at(1), LAG);
        it.write_stage("lost", at(2), LAG);
        assert_eq!(it.hear_stage(&stage("working"), at(3)), Heard::Ours, "the first of two");
        assert_eq!(it.hear_stage(&stage("lost"), at(4)), Heard::Ours);
        assert_eq!(it.hear_stage(&stage("new"), at(5)), Heard::Old(at(32)), "a read that lags behind");
        assert_eq!(it.hear_stage(&stage("working"), at(6)), Heard::Old(at(32)));
        assert_eq!(it.stage.as_deref(), Some("lost"), "what is old is not believed");
        assert_eq!(it.hear_stage(&stage("working"), at(40)), Heard::News, "by then somebody opened it again");
        assert_eq!(it.hear_stage(&stage("lost"), at(41)), Heard::News, "and closed it again");
    }

    #[test]
    fn what_did_not_take_hold_is_somebody_elses_when_it_comes() {
        let mut it = known();
        it.write_stage("lost", at(1), LAG);
        it.did_not_write("lost");
        assert_eq!(it.hear_stage(&stage("lost"), at(2)), Heard::News);
        assert!(it.give("bo"));
        it.did_not_give("bo");
        assert_eq!(it.hear_owner(&owned(Some("Bo Berg")), Some("bo"), at(3)), Heard::News);
    }

    #[test]
    fn whom_we_gave_it_to_is_no_news_and_whom_somebody_else_did_is() {
        let mut it = known();
        assert!(!it.give("ana"), "it is hers already");
        assert!(it.give("bo") && it.give("cy"));
        assert_eq!(it.hear_owner(&owned(Some("Bo Berg")), Some("bo"), at(1)), Heard::Ours, "cy is still on the way");
        it.given(at(2), LAG);
        assert_eq!(it.hear_owner(&owned(Some("Cy")), Some("cy"), at(3)), Heard::Ours);
        assert_eq!(it.hear_owner(&owned(Some("Bo Berg")), Some("bo"), at(4)), Heard::Old(at(32)));
        assert_eq!(it.hear_owner(&owned(Some("Zed")), None, at(5)), Heard::News);
        assert_eq!(it.holder, None);
        assert_eq!(it.hear_owner(&owned(Some("Ana Lima")), Some("ana"), at(6)), Heard::News, "back to her");
        assert_eq!(it.hear_owner(&owned(None), None, at(7)), Heard::News, "nobody's");
    }

    #[test]
    fn without_a_lag_nothing_is_old() {
        let mut it = known();
        it.write_stage("working", at(1), Duration::zero());
        assert_eq!(it.hear_stage(&stage("working"), at(1)), Heard::Ours);
        assert_eq!(it.hear_stage(&stage("new"), at(1)), Heard::News);
    }

    #[test]
    fn whoever_is_renamed_there_is_the_same_person() {
        let by = |id: &str, name| Lead { owner_id: Some(id.into()), ..owned(Some(name)) };
        let mut it = known();
        assert_eq!(it.hear_owner(&by("7", "Ana Lima"), Some("ana"), at(0)), Heard::Same, "known by name until now");
        let renamed = by("7", "Ana Miller");
        assert_eq!(it.still(&renamed), Some("ana"));
        assert_eq!(it.hear_owner(&renamed, Some("ana"), at(1)), Heard::Same);
        assert_eq!(it.owner.as_deref(), Some("Ana Miller"));
        // A gift that arrived leaves whose it is there to be known as well.
        let bo = by("9", "Bo Berg");
        it.give("bo");
        assert_eq!(it.hear_owner(&bo, Some("bo"), at(2)), Heard::Ours);
        assert_eq!((it.still(&by("9", "Bo B.")), it.still(&renamed)), (Some("bo"), None));
        assert_eq!(it.hear_owner(&by("9", "Cy"), Some("cy"), at(2)), Heard::News, "cy has bo's seat now");
        assert_eq!(it.hear_owner(&renamed, Some("ana"), at(2)), Heard::News);
        let namesake = by("8", "Ana Miller");
        assert_eq!(it.still(&namesake), None);
        assert_eq!(it.hear_owner(&namesake, None, at(2)), Heard::News);
    }
}
