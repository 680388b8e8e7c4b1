//! What changed, what is gone, and one lead with all that was done with it.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::read::{self, Place, Told};
use super::rest::{self, DATA, Trouble};
use super::{BELIEVED, SalesforceSource, trail};
use crate::source::{Change, Cursor, Gone, NotRead, Page, Record, SourceError, Tombstone};

/// So many queries may be made by one call.
const TOGETHER: usize = 5;

impl SalesforceSource {
    /// The fields of a lead that are asked for.
    async fn fields(&mut self) -> Result<String, SourceError> {
        let schema = self.schema("Lead").await?;
        let (fields, missing) = read::fields(&self.mapping, &schema);
        if !missing.is_empty() {
            self.tell(format!("its leads have no {} for this user; the mapping reads it in vain", missing.join(", ")));
        }
        Ok(fields)
    }

    fn rows(&self, answer: &mut Json) -> Result<Vec<Told>, SourceError> {
        let rows = records(answer).ok_or_else(|| self.odd("its leads are no list"))?;
        let read = |row| Told::read(row).map(|told| if self.of_all { told.of_team() } else { told });
        rows.into_iter().map(|row| read(row).map_err(|why| self.odd(why))).collect()
    }

    async fn of_ids(&mut self, ids: &BTreeSet<&str>) -> Result<Vec<Told>, SourceError> {
        let ids: Vec<String> = ids.iter().map(|id| read::quoted(id)).collect();
        let soql = format!("SELECT {} FROM Lead WHERE Id IN ({})", self.fields().await?, ids.join(","));
        let mut answer = self.rest.query(&soql).await.map_err(|trouble| self.error(trouble))?;
        self.rows(&mut answer)
    }

    pub(super) async fn one(&mut self, id: &str) -> Result<Option<Told>, SourceError> {
        Ok(self.of_ids(&BTreeSet::from([id])).await?.pop())
    }

    pub(super) async fn page(&mut self, after: Option<&Cursor>) -> Result<Page, SourceError> {
        let bad = |why| SourceError::Cursor { source_name: self.name.clone(), why };
        let mut place = after.map(Place::of).transpose().map_err(bad)?.unwrap_or_default();
        // What is left of the day's calls is for those who write: it is read on when others use fewer.
        if let Some(wait) = self.rest.wait() {
            let what =
                "nearly all calls that its apps may make in a day are made; it is read again when there are more";
            self.tell(what.into());
            return match after {
                Some(after) => Ok(Page { changes: Vec::new(), left_out: Vec::new(), next: after.clone(), more: false }),
                None => Err(self.error(Trouble::Busy(wait))),
            };
        }
        let own = self.own().await?;
        if after.is_some() && place.whose != own {
            // Of what is theirs nothing was read.
            let why = "it was read for somebody else".to_owned();
            return Err(SourceError::Cursor { source_name: self.name.clone(), why });
        }
        place.whose = own;
        self.lately.come(after);
        let before = place.clone();
        let mut answer = match place.next.clone().filter(|next| next.starts_with(DATA)) {
            Some(next) => match self.rest.call(Method::GET, &next, None).await {
                // It is no longer kept there: one goes on behind the last one that was read.
                Err(trouble) if trouble.is("INVALID_QUERY_LOCATOR") => self.ask(&place).await?,
                answer => answer.map_err(|trouble| self.error(trouble))?,
            },
            None => self.ask(&place).await?,
        };
        let rows = self.rows(&mut answer)?;
        place.next = answer["nextRecordsUrl"].as_str().filter(|_| answer["done"] == json!(false)).map(str::to_owned);
        let begun = *place.begun.get_or_insert(self.rest.told_at());
        rows.iter().for_each(|row| place.reach(row, begun));
        if place.next.is_none() {
            place.begun = None;
        }
        let (changes, is_news) = self.changes(rows);
        if let Some(horizon) = place.horizon() {
            self.lately.since(horizon);
        }
        if place == before && is_news {
            place.found = place.found.wrapping_add(1);
        }
        let (next, more) = (place.cursor(), place.next.is_some());
        self.lately.give(&next);
        Ok(Page { changes, left_out: Vec::new(), next, more })
    }

    async fn ask(&mut self, place: &Place) -> Result<Json, SourceError> {
        let soql = place.query(&self.fields().await?);
        match self.rest.query(&soql).await {
            Err(trouble) if trouble.is("INVALID_FIELD") => {
                // A field was taken away: it is looked at anew, the next time.
                self.schemas.clear();
                Err(self.error(trouble))
            }
            answer => answer.map_err(|trouble| self.error(trouble)),
        }
    }

    /// What changed, and whether any of it was news, also where it could not be read.
    fn changes(&mut self, rows: Vec<Told>) -> (Vec<Change>, bool) {
        let (mut changes, mut is_news) = (Vec::new(), false);
        for row in rows {
            let print = row.fingerprint();
            if !self.lately.is_news(&row.id, &print) {
                continue;
            }
            is_news = true;
            self.lately.note(row.id.clone(), row.changed_at, print);
            let external_id = row.id.clone();
            match row.change(&self.name, &self.mapping, &self.link) {
                Ok(Some(change)) => changes.push(change),
                Ok(None) => changes.push(Change::Gone(Tombstone { external_id, why: Gone::NoLead, at: None })),
                Err(why) => self.unread.push(NotRead::record(external_id, why)),
            }
        }
        (changes, is_news)
    }

    /// What a record is for us; nothing where the mapping passes it over, or cannot read it, which is told.
    fn change(&mut self, told: Told) -> Option<Change> {
        let id = told.id.clone();
        told.change(&self.name, &self.mapping, &self.link).unwrap_or_else(|why| {
            self.leave_out(id, why);
            None
        })
    }

    /// What became of these: those that are not there, are something else now, or went to somebody else.
    pub(super) async fn gone(&mut self, known: &[String]) -> Result<Vec<Tombstone>, SourceError> {
        // Of nothing that was not asked it is said that it is there still.
        if let Some(wait) = self.rest.wait() {
            return Err(self.error(Trouble::Busy(wait)));
        }
        let own = self.own().await?;
        let ids: BTreeSet<&str> = known.iter().map(String::as_str).collect();
        let found = self.of_ids(&ids).await?;
        let mut gone = Vec::new();
        for id in ids {
            let why = match found.iter().find(|row| row.id == id) {
                // Deleted leads are found for days. It may be somebody's whose leads we do not see.
                None => Gone::NoAccess,
                Some(Told { gone: Some(gone), .. }) => gone.clone(),
                Some(row) if own.as_deref().is_some_and(|own| !row.is_of(own)) => match &row.owner {
                    Some(name) => Gone::Reassigned(format!("given to {name}")),
                    None => Gone::Reassigned("given to somebody else".into()),
                },
                Some(row) if row.is_converted => Gone::Converted,
                Some(row) => match row.clone().change(&self.name, &self.mapping, &self.link) {
                    Ok(None) => Gone::NoLead,
                    _ => continue,
                },
            };
            gone.push(Tombstone { external_id: id.to_owned(), why, at: None });
        }
        // They are told again if they come back as they were.
        for tombstone in &gone {
            self.lately.forget(&tombstone.external_id);
        }
        Ok(gone)
    }

    /// A lead with its trail: one call, or two where the org has all of it.
    pub(super) async fn whole(&mut self, id: &str) -> Result<Option<Record>, SourceError> {
        // It was told of with the pages; what the rep does goes before it.
        if let Some(wait) = self.rest.wait() {
            return Err(self.error(Trouble::Busy(wait)));
        }
        let own = self.own().await?;
        let fields = self.fields().await?;
        let key = super::write::key_field(&self.mapping.write).to_owned();
        let trail = trail::queries(id, &*self.schema("Task").await?, &key);
        let now = (self.clock)();
        self.lacks.retain(|_, at| (now - *at).abs() < BELIEVED);
        let lead = ("lead", format!("SELECT {fields} FROM Lead WHERE Id = {}", read::quoted(id)));
        let trail = trail.into_iter().filter(|(what, _)| !self.lacks.contains_key(what));
        let asked: Vec<trail::Query> = std::iter::once(lead).chain(trail).collect();
        let mut told = None;
        let mut activities = Vec::new();
        for asked in asked.chunks(TOGETHER) {
            for ((what, _), answer) in asked.iter().zip(self.together(asked).await?) {
                match (answer, *what) {
                    (Ok(body), "lead") => told = self.rows(&mut { body })?.pop(),
                    (Ok(body), kind) => {
                        let rows = body["records"].as_array();
                        let rows = rows.ok_or_else(|| self.odd(format!("its {kind} are no list")))?;
                        trail::add(&mut activities, kind, rows, &key);
                    }
                    (Err(trouble), "lead") => return Err(self.error(trouble)),
                    (Err(trouble), kind) => {
                        // The org has none, or this user may not see them: that stays so for a while.
                        if trouble.is("INVALID_TYPE") || trouble.is("INVALID_FIELD") {
                            self.lacks.insert(kind, now);
                        }
                        self.tell(format!("the {kind} of its leads cannot be read: {}", trouble.words()));
                    }
                }
            }
        }
        // Nobody decides here on what is somebody else's there.
        let is_ours = |told: &Told| own.as_deref().is_none_or(|own| told.is_of(own));
        let Some(told) = told.filter(is_ours) else { return Ok(None) };
        match self.change(told) {
            Some(Change::Upsert(mut record)) => {
                record.arrival.trail.extend(activities);
                Ok(Some(*record))
            }
            _ => Ok(None),
        }
    }

    /// Several queries by one call: what each of them found.
    async fn together(&mut self, asked: &[trail::Query]) -> Result<Vec<Result<Json, Trouble>>, SourceError> {
        let part = |(n, (_, soql)): (usize, &trail::Query)| json!({ "method": "GET", "url": rest::query(soql), "referenceId": format!("part{n}") });
        let parts: Vec<Json> = asked.iter().enumerate().map(part).collect();
        let body = json!({ "allOrNone": false, "compositeRequest": parts });
        let answer = self.rest.call(Method::POST, &format!("{DATA}/composite"), Some(&body)).await;
        let mut answer = answer.map_err(|trouble| self.error(trouble))?;
        Ok((0..asked.len()).map(|n| answered(&mut answer, n)).collect())
    }
}

/// The records of an answer; nothing where it is of another shape.
fn records(answer: &mut Json) -> Option<Vec<Json>> {
    match answer.get_mut("records")?.take() {
        Json::Array(rows) => Some(rows),
        _ => None,
    }
}

/// What one of several queries found.
fn answered(answer: &mut Json, n: usize) -> Result<Json, Trouble> {
    let none = || Trouble::Unknown("no answer to a part".into());
    let result = answer.get_mut("compositeResponse").and_then(|all| all.get_mut(n)).ok_or_else(none)?;
    let body = result.get_mut("body").map(Json::take).unwrap_or_default();
    if result["httpStatusCode"] == json!(200) {
        return Ok(body);
    }
    Err(Trouble::listed(&body).unwrap_or_else(none))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_shape_is_none_and_ends_nothing() {
        for mut odd in [json!([]), json!({}), json!("x"), json!(null), json!({ "records": 1, "compositeResponse": {} })]
        {
            assert_eq!(records(&mut odd), None);
            assert!(answered(&mut odd, 0).is_err());
        }
        assert_eq!(records(&mut json!({ "records": [1] })), Some(vec![json!(1)]));
        let mut two = json!({ "compositeResponse": [{ "httpStatusCode": 200, "body": 1 }, 2] });
        assert_eq!(answered(&mut two, 0).ok(), Some(json!(1)));
        assert!(answered(&mut two, 1).is_err() && answered(&mut two, 2).is_err());
    }
}
