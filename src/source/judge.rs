//! Whether what a rep decided still fits the record as it is now, for sources that do not see to that themselves: never the
//! last write wins (F115). Facts, such as a contact that was made, are written in any case.

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

/// Judges the change to the stage `to` of a record that stands at `stage` with `owner` now, all in the source's words.
pub fn judge(base: &Base, to: &str, stage: &str, owner: Option<&str>) -> Verdict {
    if stage == to {
        return Verdict::Done;
    }
    if base.owner.is_some() && base.owner.as_deref() != owner {
        return Verdict::Changed(match owner {
            Some(owner) => format!("it was given to {owner} meanwhile"),
            None => "it has no owner any more".into(),
        });
    }
    let is_known = [&base.stage, &base.wrote].into_iter().any(|known| known.as_deref() == Some(stage));
    if is_known || base.stage.is_none() {
        return Verdict::Write;
    }
    Verdict::Changed(format!("it was moved to “{stage}” there meanwhile"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_somebody_else_changed_is_in_the_way() {
        let base = Base { stage: Some("new".into()), wrote: Some("working".into()), owner: Some("Ana".into()) };
        let judged = |to: &str, stage: &str, owner: Option<&str>| judge(&base, to, stage, owner);
        assert_eq!(judged("lost", "new", Some("Ana")), Verdict::Write);
        assert_eq!(judged("lost", "working", Some("Ana")), Verdict::Write, "we wrote that ourselves");
        assert_eq!(judged("lost", "lost", Some("Bo")), Verdict::Done, "whoever did it");
        assert!(matches!(judged("lost", "won", Some("Ana")), Verdict::Changed(why) if why.contains("“won”")));
        assert!(matches!(judged("lost", "new", Some("Bo")), Verdict::Changed(why) if why.contains("Bo")));
        assert!(matches!(judged("lost", "new", None), Verdict::Changed(_)));
        assert_eq!(judge(&Base::default(), "lost", "new", None), Verdict::Write, "nothing is known of it");
    }
}
