//! A CRM's source as it is configured: what was read belongs to one account, one owner and one mapping, and a place in it
//! means nothing to another. What comes in is kept within limits here too (reliability, row 30).

use std::pin::Pin;

use sha2::{Digest, Sha256};

use super::files::clamped;
use super::{
    Answer, Applied, Capabilities, Change, Cursor, Disposition, Finding, NotRead, Notices, Page, Probe, Record, Source,
    SourceError, Step, Tombstone,
};

/// So many letters of a digest tell one account from another.
const LETTERS: usize = 16;

/// The mark of a few words: others have another one.
pub(super) fn mark(words: &[&str]) -> String {
    let mut digest = Sha256::new();
    for word in words {
        digest.update(word.as_bytes());
        digest.update([0]);
    }
    let mut mark = base16ct::lower::encode_string(&digest.finalize());
    mark.truncate(LETTERS);
    mark
}

/// The mark of the account that a place belongs to; nothing where it has none.
pub(super) fn account_of(cursor: &str) -> Option<&str> {
    let (account, _) = cursor.split_once('-')?;
    let is_mark = account.len() == LETTERS && account.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_mark.then_some(account)
}

/// A source whose places begin with what it was read as.
pub(super) struct Bound {
    inner: Box<dyn Source>,
    prefix: String,
}

impl Bound {
    /// `account` is the mark of where the records stand, `reading` that of which of them are read and how.
    pub(super) fn new(inner: Box<dyn Source>, account: &str, reading: &str) -> Self {
        Self { inner, prefix: format!("{account}-{reading}:") }
    }

    fn own(&self, after: Option<&Cursor>) -> Result<Option<Cursor>, SourceError> {
        let Some(Cursor(after)) = after else { return Ok(None) };
        let own = after.strip_prefix(&self.prefix).map(|own| Cursor(own.to_owned()));
        let why = || "the account, whose leads they are or the mapping is another by now".to_owned();
        own.map(Some).ok_or_else(|| SourceError::Cursor { source_name: self.name().to_owned(), why: why() })
    }
}

fn limit(record: &mut Record) {
    for activity in &mut record.arrival.trail {
        let texts = [&mut activity.actor, &mut activity.outcome, &mut activity.url];
        for text in texts.into_iter().flatten().chain([&mut activity.text]) {
            if let Some(cut) = clamped(text) {
                *text = cut;
            }
        }
    }
}

fn limit_change(change: &mut Change) {
    if let Change::Upsert(record) = change {
        limit(record);
    }
}

impl Source for Bound {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn pull(&mut self, after: Option<&Cursor>) -> Answer<'_, Page> {
        let own = self.own(after);
        Box::pin(async move {
            let mut page = self.inner.pull(own?.as_ref()).await?;
            page.changes.iter_mut().for_each(limit_change);
            page.next.0.insert_str(0, &self.prefix);
            Ok(page)
        })
    }

    fn news(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.inner.news()
    }

    fn notices(&mut self, after: Option<&Cursor>) -> Answer<'_, Notices> {
        self.inner.notices(after)
    }

    fn saw(&mut self, id: i64) -> Answer<'_, ()> {
        self.inner.saw(id)
    }

    fn reconcile(&mut self, known: &[String]) -> Answer<'_, Vec<Tombstone>> {
        self.inner.reconcile(known)
    }

    fn detail(&mut self, external_id: &str) -> Answer<'_, Option<Record>> {
        let external_id = external_id.to_owned();
        Box::pin(async move {
            let mut found = self.inner.detail(&external_id).await?;
            found.iter_mut().for_each(limit);
            Ok(found)
        })
    }

    fn plan(&mut self, disposition: &Disposition) -> Answer<'_, Vec<Step>> {
        self.inner.plan(disposition)
    }

    fn apply(&mut self, step: &Step) -> Answer<'_, Applied> {
        let step = step.clone();
        Box::pin(async move {
            let mut applied = self.inner.apply(&step).await?;
            if let Applied::Conflict { now, .. } = &mut applied {
                limit_change(now);
            }
            Ok(applied)
        })
    }

    fn check(&mut self) -> Answer<'_, Vec<Finding>> {
        self.inner.check()
    }

    fn create(&mut self) -> Answer<'_, Vec<Finding>> {
        self.inner.create()
    }

    fn unread(&mut self) -> Vec<NotRead> {
        self.inner.unread()
    }

    fn probe(&mut self, step: &Step, tried: Option<chrono::Duration>) -> Answer<'_, Probe> {
        self.inner.probe(step, tried)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::activity::{Activity, ActivityKind, Direction};

    /// Has two pages, and takes the places that it gave out and no others.
    struct Paged;

    impl Source for Paged {
        fn name(&self) -> &str {
            "crm"
        }
        fn capabilities(&self) -> Capabilities {
            unreachable!("nobody asks")
        }
        fn pull(&mut self, after: Option<&Cursor>) -> Answer<'_, Page> {
            let at = after.map_or(0, |after| after.0.parse::<u8>().unwrap());
            Box::pin(async move {
                let next = Cursor((at + 1).to_string());
                Ok(Page { changes: Vec::new(), left_out: Vec::new(), next, more: at == 0 })
            })
        }
        fn reconcile(&mut self, _: &[String]) -> Answer<'_, Vec<Tombstone>> {
            unreachable!("nobody asks")
        }
        fn detail(&mut self, _: &str) -> Answer<'_, Option<Record>> {
            let at = None;
            let (kind, direction) = (ActivityKind::Email, Direction::Inbound);
            let text = "é".repeat(1 << 20);
            let activity =
                Activity { external_id: "1".into(), kind, direction, at, actor: None, outcome: None, text, url: None };
            let mut record = Record::default();
            record.arrival.trail.push(activity);
            Box::pin(async move { Ok(Some(record)) })
        }
        fn plan(&mut self, _: &Disposition) -> Answer<'_, Vec<Step>> {
            unreachable!("nobody asks")
        }
        fn apply(&mut self, _: &Step) -> Answer<'_, Applied> {
            unreachable!("nobody asks")
        }
        fn probe(&mut self, _: &Step, _: Option<chrono::Duration>) -> Answer<'_, Probe> {
            unreachable!("nobody asks")
        }
    }

    #[tokio::test]
    async fn a_place_means_something_to_those_who_read_the_same_only() {
        let bound = |reading: &str| Bound::new(Box::new(Paged), &mark(&["here"]), &mark(&[reading]));
        let first = bound("ana").pull(None).await.unwrap().next;
        assert_eq!(account_of(&first.0), Some(mark(&["here"]).as_str()));
        let second = bound("ana").pull(Some(&first)).await.unwrap();
        assert!(second.next.0.ends_with(":2") && !second.more, "{second:?}");
        for stale in [&first, &Cursor("1".into())] {
            assert!(matches!(bound("bo").pull(Some(stale)).await, Err(SourceError::Cursor { .. })), "{stale:?}");
        }
    }

    #[tokio::test]
    async fn what_an_activity_says_has_a_limit() {
        let found = Bound::new(Box::new(Paged), "a", "b").detail("1").await.unwrap().unwrap();
        let text = &found.arrival.trail[0].text;
        assert!(text.len() <= 64 * 1024 && text.len() > 64 * 1024 - 8 && text.ends_with("é…"), "{}", text.len());
    }
}
