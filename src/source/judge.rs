//! Whether what a rep decided still fits the record as it is now, for sources that do not see to that themselves: never the
//! last write wins (F115). Facts, such as a contact that was made, are written in any case.

use super::{Applied, Change, Gone, Tombstone};
use crate::handoff::outbox::Base;

/// What is to be done about a change of a record's stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: it stands there already.
    Done,
    /// It is to be written.
    Write,
    /// Somebody else decided meanwhile: what, in words.
    Changed(String),
}

/// Whose a record is now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Owner<'a> {
    /// Their id there, which stays the same where they are renamed.
    pub id: Option<&'a str>,
    /// Their name, in the source's words.
    pub name: Option<&'a str>,
}

impl Owner<'_> {
    /// It is the one of whom the rep knew. Without an id the name has to do; but where nobody was known, somebody without a name
    /// is somebody.
    fn is_still(self, base: &Base) -> bool {
        match base.owner_id.as_deref() {
            Some(known) => self.id == Some(known),
            None => self.name == base.owner.as_deref() && (self.id.is_none() || base.owner.is_some()),
        }
    }

    /// We gave it to them ourselves.
    fn is_ours(self, base: &Base) -> bool {
        self.name.is_some_and(|owner| base.gave.iter().any(|name| name.eq_ignore_ascii_case(owner)))
    }

    /// What came of the record, in words.
    fn told(self) -> String {
        match self.name.or(self.id) {
            Some(owner) => format!("it was given to {owner} meanwhile"),
            None => "it has no owner any more".into(),
        }
    }
}

/// Judges the change to the stage `to` of a record that stands at `stage` with `owner` now, all in the source's words.
pub fn judge(base: &Base, to: &str, stage: &str, owner: Owner<'_>) -> Verdict {
    if stage == to {
        return Verdict::Done;
    }
    match changed(base, stage, owner) {
        Some(why) => Verdict::Changed(why),
        None => Verdict::Write,
    }
}

/// What somebody else decided about the record meanwhile, in words, be it what is to be written: of what says more than
/// the stage, such as why, theirs stays.
pub fn changed(base: &Base, stage: &str, owner: Owner<'_>) -> Option<String> {
    let had_owner = base.owner.is_some() || base.owner_id.is_some();
    if had_owner && !owner.is_still(base) && !owner.is_ours(base) {
        return Some(owner.told());
    }
    let is_known = [&base.stage, &base.wrote].into_iter().any(|known| known.as_deref() == Some(stage));
    (!is_known && base.stage.is_some()).then(|| format!("it was moved to “{stage}” there meanwhile"))
}

/// Whether a record that is to be given to somebody was given to another one meanwhile: to whom, in words.
pub fn judge_gift(base: &Base, owner: Owner<'_>) -> Option<String> {
    (!owner.is_still(base) && !owner.is_ours(base)).then(|| owner.told())
}

/// What comes of a step on a record about which somebody else decided meanwhile: `why`, and the record as it was read now,
/// or else what is wrong with it. What the mapping passes over now is no lead any more; of what cannot be read nothing is
/// known that would take it away.
pub fn conflict(why: String, external_id: String, now: Result<Option<Change>, String>) -> Applied {
    let no_lead = || Change::Gone(Tombstone { external_id, why: Gone::NoLead, at: None });
    match now {
        Ok(now) => Applied::Conflict { why, now: Box::new(now.unwrap_or_else(no_lead)) },
        Err(wrong) => Applied::Rejected { why: format!("{why}; what it is now cannot be read here: {wrong}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody of whom the name alone is known.
    fn named(name: &str) -> Owner<'_> {
        Owner { id: None, name: Some(name) }
    }

    #[test]
    fn only_what_somebody_else_changed_is_in_the_way() {
        let base = Base {
            stage: Some("new".into()),
            wrote: Some("working".into()),
            owner: Some("Ana".into()),
            ..Base::default()
        };
        let judged =
            |to: &str, stage: &str, owner: Option<&str>| judge(&base, to, stage, owner.map(named).unwrap_or_default());
        assert_eq!(judged("lost", "new", Some("Ana")), Verdict::Write);
        assert_eq!(judged("lost", "working", Some("Ana")), Verdict::Write, "we wrote that ourselves");
        assert_eq!(judged("lost", "lost", Some("Bo")), Verdict::Done, "whoever did it");
        assert!(changed(&base, "lost", named("Ana")).is_some_and(|why| why.contains("“lost”")), "theirs says why");
        assert_eq!((changed(&base, "new", named("Ana")), changed(&base, "working", named("Ana"))), (None, None));
        assert!(matches!(judged("lost", "won", Some("Ana")), Verdict::Changed(why) if why.contains("“won”")));
        assert!(matches!(judged("lost", "new", Some("Bo")), Verdict::Changed(why) if why.contains("Bo")));
        assert!(matches!(judged("lost", "new", None), Verdict::Changed(_)));
        assert_eq!(judge(&Base::default(), "lost", "new", Owner::default()), Verdict::Write, "nothing is known of it");
    }

    #[test]
    fn whoever_got_it_from_us_is_nobody_else() {
        let base =
            Base { owner: Some("Ana".into()), gave: vec!["bo@x.example".into(), "Bo".into()], ..Base::default() };
        assert_eq!(judge(&base, "lost", "new", named("bo")), Verdict::Write);
        assert_eq!((judge_gift(&base, named("Ana")), judge_gift(&base, named("Bo"))), (None, None));
        assert!(judge_gift(&base, named("Cy")).is_some_and(|why| why.contains("Cy")));
        assert!(judge_gift(&base, Owner::default()).is_some_and(|why| why.contains("no owner")));
        assert_eq!(judge_gift(&Base::default(), Owner::default()), None, "it was nobody's, and is");
        assert!(judge_gift(&Base::default(), named("Cy")).is_some(), "it was nobody's when that was decided");
        let nameless = Owner { id: Some("8"), name: None };
        assert!(
            judge_gift(&Base::default(), nameless).is_some_and(|why| why.contains("given to 8")),
            "it is somebody's"
        );
        assert_eq!(
            changed(&Base::default(), "new", nameless),
            None,
            "a rep's act does not depend on whose nobody knew"
        );
    }

    #[test]
    fn whoever_is_called_otherwise_now_is_nobody_else() {
        let base = Base { owner: Some("Ana".into()), owner_id: Some("7".into()), ..Base::default() };
        let owner = |id, name| Owner { id: Some(id), name: Some(name) };
        let judged = |owner: Owner<'_>| (changed(&base, "new", owner), judge_gift(&base, owner));
        assert_eq!(judged(owner("7", "Ana Miller")), (None, None));
        for other in [owner("8", "Ana"), Owner { id: Some("8"), name: None }, Owner::default()] {
            assert!(matches!(judged(other), (Some(_), Some(_))), "{other:?}");
        }
        let base = Base { owner_id: None, ..base };
        assert_eq!(changed(&base, "new", owner("8", "Ana")), None, "the name is all that is known");
        assert!(changed(&base, "new", owner("7", "Ana Miller")).is_some());
    }
}
