//! Owners and pipelines.

use serde_json::{Value, json};

use super::answer::{Answer, Said, bad, iso, no_such_path, page};
use super::query::Query;

/// Somebody who can own records.
#[derive(Clone, Debug)]
pub struct Owner {
    /// What `hubspot_owner_id` holds.
    pub id: u32,
    /// Their user, which is another number.
    pub user: u32,
    pub email: String,
    pub first: String,
    pub last: String,
    pub is_archived: bool,
}

impl Owner {
    fn shown(&self) -> Value {
        json!({
            "id": self.id.to_string(), "userId": self.user, "userIdIncludingInactive": self.user, "type": "PERSON",
            "email": self.email, "firstName": self.first, "lastName": self.last, "archived": self.is_archived,
            "createdAt": iso(0), "updatedAt": iso(0),
        })
    }
}

/// `GET /crm/owners/…`.
pub fn owners(all: &[Owner], query: &Query) -> Said {
    let (limit, after) = (query.number("limit", 100)?, query.number("after", 0)?);
    if !(1..=500).contains(&limit) {
        return Err(bad("limit must be between 1 and 500"));
    }
    let email = query.one("email");
    let is_meant = |owner: &&Owner| {
        owner.is_archived == query.is("archived") && email.is_none_or(|email| owner.email.eq_ignore_ascii_case(email))
    };
    let all: Vec<Value> = all.iter().filter(is_meant).map(Owner::shown).collect();
    Ok(Answer::new(200, page(&all, after, limit)))
}

/// `GET /crm/owners/…/{id}`.
pub fn owner(all: &[Owner], id: &str, query: &Query) -> Said {
    let by_user = query.one("idProperty") == Some("userId");
    let is_meant = |owner: &&Owner| if by_user { owner.user } else { owner.id }.to_string() == id;
    let found = all.iter().filter(|owner| owner.is_archived == query.is("archived")).find(is_meant);
    found.map(|owner| Answer::new(200, owner.shown())).ok_or_else(no_such_path)
}

/// A stage: id, label, and whether leads end there.
#[derive(Clone, Debug)]
pub struct Stage {
    pub id: String,
    pub label: String,
    pub is_closed: bool,
    /// Nobody gets there without `hs_lead_disqualification_reason`, where the account wants one.
    pub wants_reason: bool,
}

/// A pipeline of leads.
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub id: String,
    pub label: String,
    pub stages: Vec<Stage>,
}

impl Pipeline {
    /// The one that every account has.
    pub fn standard() -> Self {
        let stage = |(id, label, is_closed): (&str, &str, bool)| Stage {
            id: id.to_owned(),
            label: label.to_owned(),
            is_closed,
            wants_reason: id == "unqualified-stage-id",
        };
        let stages = [
            ("new-stage-id", "New", false),
            ("attempting-stage-id", "Attempting", false),
            ("connected-stage-id", "Connected", false),
            ("qualified-stage-id", "Qualified", true),
            ("unqualified-stage-id", "Disqualified", true),
        ];
        Self { id: "lead-pipeline-id".to_owned(), label: "Lead pipeline".to_owned(), stages: stages.map(stage).into() }
    }

    pub fn shown(&self, order: usize) -> Value {
        let stages = self.stages.iter().enumerate().map(|(n, stage)| {
            json!({
                "id": stage.id, "label": stage.label, "displayOrder": n, "archived": false,
                "metadata": { "isClosed": stage.is_closed.to_string() }, "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
                "createdAt": iso(0), "updatedAt": iso(0),
            })
        });
        json!({
            "id": self.id, "label": self.label, "displayOrder": order, "archived": false,
            "stages": stages.collect::<Vec<_>>(), "createdAt": iso(0), "updatedAt": iso(0),
        })
    }
}

/// `GET /crm/pipelines/…/leads`, and one of them.
pub fn pipelines(all: &[Pipeline], id: Option<&str>) -> Said {
    let mut shown = all.iter().enumerate().map(|(n, pipeline)| (pipeline.id.as_str(), pipeline.shown(n)));
    match id {
        None => Ok(Answer::new(200, json!({ "results": shown.map(|one| one.1).collect::<Vec<_>>() }))),
        Some(id) => shown.find(|one| one.0 == id).map(|one| Answer::new(200, one.1)).ok_or_else(no_such_path),
    }
}
