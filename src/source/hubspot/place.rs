//! How far one has read. Changes are read in passes: each over all records that were changed since some moment, in the order
//! of their ids, so that none is lost to ties, to the 10,000 results of a search, or to a change while one reads.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::office::{Mode, Office};
use crate::handoff::Time;
use crate::source::Cursor;

/// How many are on a page.
pub(super) const PAGE: usize = 200;
/// A pass looks back so far behind the beginning of the last, in seconds: search learns of changes late.
const OVERLAP: i64 = 90;
/// Now and then it looks back much farther, for what came to search later still. In seconds.
const DEEP: i64 = 3_600;
const DEEP_EVERY: i64 = 900;
/// Where nothing happens the place moves on only so often, so that it need not be stored each time. In seconds.
const IDLE: i64 = 300;
/// So many are remembered at the most.
const MOST_SEEN: usize = 100_000;

/// A place. All times are milliseconds since 1970, by HubSpot's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Which records were read.
    pub(super) mode: Mode,
    /// What was changed since then is read.
    pub(super) from: i64,
    /// When this pass began, if one is amid it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    began: Option<i64>,
    /// The last id of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    last: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Place {
    /// Before everything.
    pub(super) fn start(mode: Mode) -> Self {
        Self { mode, from: 0, began: None, last: 0 }
    }

    pub(super) fn of(cursor: &Cursor) -> Result<Self, String> {
        serde_json::from_str(&cursor.0).map_err(|error| error.to_string())
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// A pass is begun, if one is not amid it.
    pub(super) fn begin(self, now: i64, seen: &mut Seen) -> Self {
        if self.began.is_some() {
            return self;
        }
        let from = if self.from > 0 && seen.is_deep(now) { self.from.min(now - DEEP * 1000) } else { self.from };
        Self { from, began: Some(now), last: 0, ..self }
    }

    /// Behind a page that ended with this id, where there is more; or at the end of the pass.
    pub(super) fn after(self, last: Option<u64>) -> Self {
        match last {
            Some(last) => Self { last, ..self },
            None => Self { from: self.began.unwrap_or(self.from) - OVERLAP * 1000, began: None, last: 0, ..self },
        }
    }

    /// It goes on amid a pass.
    pub(super) fn is_amid(&self) -> bool {
        self.last > 0
    }

    /// Where nothing happened since `rest`, one is still there, if that is not long ago.
    pub(super) fn or_still(self, rest: Self) -> Self {
        if (0..IDLE * 1000).contains(&(self.from - rest.from)) && rest.began.is_none() { rest } else { self }
    }

    /// The search for the next page.
    pub(super) fn search(&self, office: &Office) -> Json {
        let compared = |name: &str, operator: &str, value: String| json!({ "propertyName": name, "operator": operator, "value": value });
        let mut filters = vec![compared(self.mode.modified(), "GTE", self.from.max(0).to_string())];
        if let Some(own) = &office.own {
            filters.push(compared("hubspot_owner_id", "EQ", own.clone()));
        }
        if self.last > 0 {
            filters.push(compared("hs_object_id", "GT", self.last.to_string()));
        }
        json!({
            "filterGroups": [{ "filters": filters }],
            "sorts": [{ "propertyName": "hs_object_id", "direction": "ASCENDING" }],
            "properties": office.asked.own,
            "limit": PAGE,
            "after": "0",
        })
    }
}

/// What was told lately: it comes again while one looks back.
#[derive(Default)]
pub(super) struct Seen {
    /// By id, when it was changed.
    at: BTreeMap<u64, i64>,
    /// The place up to which that is so: whoever comes from another has not kept what was told since.
    kept: Option<Cursor>,
    /// What the last page told, which may not have been kept, and the place behind it.
    given: Option<(Cursor, Vec<(u64, i64)>)>,
    /// By id, what is known by another way than the pages: a search may still tell of what was before.
    newer: BTreeMap<u64, i64>,
    deep_at: Option<i64>,
}

impl Seen {
    fn is_deep(&mut self, now: i64) -> bool {
        let is_due = self.deep_at.is_none_or(|at| (now - at).abs() >= DEEP_EVERY * 1000);
        if is_due {
            self.deep_at = Some(now);
        }
        is_due
    }

    /// Whoever asks has come so far.
    pub(super) fn come(&mut self, after: Option<&Cursor>, now: Time) {
        match self.given.take() {
            Some((cursor, rows)) if Some(&cursor) == after => {
                let horizon = horizon(now);
                self.at.extend(rows.into_iter().filter(|(_, changed)| *changed >= horizon));
                self.kept = Some(cursor);
            }
            _ if self.kept.as_ref() == after => {}
            // Whatever is forgotten is told once more, which changes nothing.
            _ => (self.at, self.kept) = (BTreeMap::new(), after.cloned()),
        }
        if self.at.len() > MOST_SEEN {
            self.at.clear();
        }
        let horizon = horizon(now);
        self.at.retain(|_, at| *at >= horizon);
        self.newer.retain(|_, at| *at >= horizon);
    }

    /// A page was given out, with the place behind it.
    pub(super) fn give(&mut self, next: &Cursor, rows: Vec<(u64, i64)>) {
        // Of a page that ends where it began nobody can tell whether it was kept.
        let rows = if self.kept.as_ref() == Some(next) { Vec::new() } else { rows };
        self.given = Some((next.clone(), rows));
    }

    /// A record was told beside the pages.
    pub(super) fn beside(&mut self, id: u64, changed: i64) {
        self.newer.insert(id, changed);
    }

    /// It is no news: it was told as it was then, or it is known that it is no longer so.
    pub(super) fn has(&self, id: u64, changed: i64) -> bool {
        let is_told = self.at.get(&id).is_some_and(|at| *at >= changed);
        is_told || self.newer.get(&id).is_some_and(|at| *at > changed)
    }

    /// How many were told that were changed since then.
    pub(super) fn since(&self, from: i64) -> usize {
        self.at.values().filter(|at| **at >= from).count()
    }
}

/// What was changed before can come again no more.
fn horizon(now: Time) -> i64 {
    (now - TimeDelta::seconds(DEEP + DEEP_EVERY)).timestamp_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_goes_by_ids_and_the_next_looks_back_behind_its_beginning() {
        let (hour, mut seen) = (3_600_000, Seen::default());
        let start = Place::start(Mode::Leads);
        let begun = start.begin(10 * hour, &mut seen);
        assert_eq!((begun.from, begun.last), (0, 0), "everything");
        let amid = begun.after(Some(77));
        assert_eq!(Place::of(&amid.cursor()), Ok(amid));
        assert_eq!(amid.begin(11 * hour, &mut seen), amid, "it is not begun anew");
        let rest = amid.after(None);
        assert_eq!((rest.from, rest.is_amid()), (10 * hour - 90_000, false));
        let deep = rest.begin(11 * hour + 60_000, &mut seen);
        assert_eq!(deep.from, 10 * hour - 90_000, "that is far enough back");
        let near = deep.after(None);
        let again = near.begin(11 * hour + 90_000, &mut seen);
        assert_eq!(again.from, 11 * hour + 60_000 - 90_000, "it looked back deep a moment ago");
        let far = again.after(None).begin(13 * hour, &mut seen);
        assert_eq!(far.from, 11 * hour);
        assert_eq!(again.after(None).or_still(near), near, "thirty seconds are no news");
        assert_eq!(far.after(None).or_still(near), far.after(None));
    }

    #[test]
    fn what_was_told_is_known_again_until_it_changes_if_it_was_kept() {
        let mut seen = Seen::default();
        let now = Time::UNIX_EPOCH + TimeDelta::hours(9);
        let (at, next) = (now.timestamp_millis(), Cursor("next".into()));
        seen.come(None, now);
        seen.give(&next, vec![(7, at), (8, at - 3 * 3_600_000)]);
        seen.come(None, now);
        assert!(!seen.has(7, at), "it was not kept");
        seen.give(&next, vec![(7, at), (8, at - 3 * 3_600_000)]);
        seen.come(Some(&next), now);
        assert!(seen.has(7, at) && seen.has(7, at - 1) && !seen.has(7, at + 1));
        assert!(!seen.has(8, 0), "it is too old to come again");
        assert_eq!(seen.since(at), 1);
        seen.beside(9, at);
        assert!(seen.has(9, at - 1) && !seen.has(9, at), "what is older is no longer so");
        seen.give(&next, vec![(10, at)]);
        seen.come(Some(&next), now);
        assert!(seen.has(7, at) && !seen.has(10, at), "nobody knows whether that was kept");
        seen.come(None, now);
        assert!(!seen.has(7, at), "it is read from the start");
    }
}
