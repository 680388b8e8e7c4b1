//! Which properties records have, and what may be written to them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::{Answer, Said, bad, error, invalid, iso, millis, no_such_path};
use super::records::{Kind, created_name, is_activity, modified_name, type_id};

/// Properties that every kind has. `!` is read only, `*` unique; options follow, as `value` or `value=Label`.
const EVERYWHERE: &str = "!hs_object_id number
!hs_object_source string
hubspot_owner_id enumeration
!hubspot_owner_assigneddate datetime
!hs_merged_object_ids enumeration";

const ACTIVITIES: &str = "hs_timestamp datetime";

/// What else there is, by kind.
const OWN: [(Kind, &str); 9] = [
    (
        "contacts",
        "*email string
firstname string
lastname string
phone string
mobilephone string
jobtitle string
company string
website string
city string
state string
country string
zip string
industry string
numemployees enumeration
annualrevenue string
hs_timezone enumeration
lifecyclestage enumeration subscriber lead marketingqualifiedlead salesqualifiedlead opportunity customer other
hs_lead_status enumeration NEW OPEN IN_PROGRESS OPEN_DEAL UNQUALIFIED ATTEMPTED_TO_CONTACT CONNECTED BAD_TIMING
!hs_v2_date_entered_lead datetime
!hs_v2_date_entered_marketingqualifiedlead datetime
!hs_v2_date_entered_salesqualifiedlead datetime
!hs_analytics_source enumeration ORGANIC_SEARCH PAID_SEARCH EMAIL_MARKETING SOCIAL_MEDIA REFERRALS DIRECT_TRAFFIC
!hs_latest_source enumeration ORGANIC_SEARCH PAID_SEARCH EMAIL_MARKETING SOCIAL_MEDIA REFERRALS DIRECT_TRAFFIC
hs_email_optout bool
!hubspotscore number
!notes_last_updated datetime
!hs_calculated_merged_vids enumeration",
    ),
    (
        "companies",
        "name string
*domain string
website string
industry enumeration
numberofemployees number
annualrevenue number
city string
state string
country string
phone string
description string",
    ),
    (
        "leads",
        "hs_lead_name string
hs_pipeline enumeration
hs_pipeline_stage enumeration
hs_lead_label enumeration HOT WARM COLD
hs_lead_type enumeration NEW_BUSINESS RE_ENGAGING UPSELL
hs_lead_disqualification_reason enumeration BAD_TIMING NO_RESPONSE NOT_A_FIT OTHER
!hs_primary_contact_id number
!hs_primary_company_id number",
    ),
    (
        "calls",
        "hs_call_title string
hs_call_body string
hs_call_direction enumeration INBOUND OUTBOUND
hs_call_status enumeration BUSY CALLING_CRM_USER CANCELED COMPLETED CONNECTING FAILED IN_PROGRESS NO_ANSWER QUEUED
hs_call_duration number
hs_call_disposition enumeration 9d9162e7-6cf3-4944-bf63-4dff82258764=Busy \
f240bbac-87c9-4f6e-bf70-924b57d47db7=Connected a4c4c377-d246-4b32-a13b-75a56a4cd0ff=Left_live_message \
b2cf5968-551e-4856-9783-52b3da59a7d0=Left_voicemail 73a0d17f-1163-4015-bdd5-ec830791da20=No_answer \
17b47fee-58de-441e-a44c-c6300d46f273=Wrong_number",
    ),
    (
        "emails",
        "hs_email_direction enumeration EMAIL INCOMING_EMAIL FORWARDED_EMAIL
hs_email_status enumeration BOUNCED FAILED SCHEDULED SENDING SENT
hs_email_subject string
hs_email_text string
hs_email_html string",
    ),
    (
        "meetings",
        "hs_meeting_title string
hs_meeting_body string
hs_meeting_start_time datetime
hs_meeting_end_time datetime
hs_meeting_outcome enumeration SCHEDULED COMPLETED RESCHEDULED NO_SHOW CANCELED",
    ),
    ("notes", "hs_note_body string"),
    (
        "tasks",
        "hs_task_subject string
hs_task_body string
hs_task_type enumeration CALL EMAIL TODO
hs_task_status enumeration COMPLETED DEFERRED IN_PROGRESS NOT_STARTED WAITING
hs_task_priority enumeration NONE LOW MEDIUM HIGH",
    ),
    (
        "communications",
        "hs_communication_channel_type enumeration LINKEDIN_MESSAGE SMS WHATS_APP PHYSICAL_MAIL FACEBOOK_MESSENGER
hs_communication_logged_from enumeration CRM
hs_communication_body string",
    ),
];

/// What a property is.
#[derive(Clone, Debug)]
pub struct Definition {
    pub name: String,
    pub label: String,
    /// `string`, `number`, `bool`, `datetime` or `enumeration`.
    pub sort: String,
    pub field: String,
    pub group: String,
    /// Value and label. An enumeration without any has them elsewhere: owners, pipelines.
    pub options: Vec<(String, String)>,
    pub is_unique: bool,
    pub is_read_only: bool,
    /// HubSpot's own.
    pub is_standard: bool,
}

impl Definition {
    fn standard(kind: Kind, line: &str) -> Self {
        let mut words = line.split_ascii_whitespace();
        let marked = words.next().unwrap();
        let (name, sort) = (marked.trim_start_matches(['!', '*']), words.next().unwrap());
        let option = |word: &str| match word.split_once('=') {
            Some((value, label)) => (value.to_owned(), label.replace('_', " ")),
            None => (word.to_owned(), word.to_owned()),
        };
        Self {
            name: name.to_owned(),
            label: name.trim_start_matches("hs_").replace('_', " "),
            sort: sort.to_owned(),
            field: if sort == "enumeration" { "select" } else { "text" }.to_owned(),
            group: format!("{kind}information"),
            options: words.map(option).collect(),
            is_unique: marked.starts_with('*'),
            is_read_only: marked.starts_with('!'),
            is_standard: true,
        }
    }

    fn shown(&self) -> Value {
        let options =
            self.options.iter().enumerate().map(
                |(n, (value, label))| json!({ "value": value, "label": label, "displayOrder": n, "hidden": false }),
            );
        json!({
            "name": self.name, "label": self.label, "type": self.sort, "fieldType": self.field,
            "description": "", "groupName": self.group, "options": options.collect::<Vec<_>>(),
            "hasUniqueValue": self.is_unique, "hubspotDefined": self.is_standard, "archived": false,
            "externalOptions": self.sort == "enumeration" && self.options.is_empty(),
            "modificationMetadata": {
                "archivable": !self.is_standard, "readOnlyDefinition": self.is_standard,
                "readOnlyValue": self.is_read_only,
            },
        })
    }

    /// The value as it is kept, or why it is not taken.
    fn taken(&self, value: &str) -> Result<String, Answer> {
        let wrong = |code: &str, what: &str| Err(invalid(code, &self.name, &format!("“{value}” {what}")));
        if self.is_read_only {
            return wrong("READ_ONLY_VALUE", "cannot be set: the property is read only");
        }
        match self.sort.as_str() {
            _ if value.is_empty() => Ok(String::new()),
            "datetime" => millis(value).map_or_else(|| wrong("INVALID_DATE", "is no time"), |at| Ok(iso(at))),
            "number" if value.parse::<f64>().is_err() => wrong("INVALID_NUMBER", "is no number"),
            "bool" if !["true", "false"].contains(&value) => wrong("INVALID_BOOLEAN", "is neither true nor false"),
            "enumeration" if !self.options.is_empty() && !self.options.iter().any(|option| option.0 == value) => {
                wrong("INVALID_OPTION", "was not one of the allowed options")
            }
            _ => Ok(value.to_owned()),
        }
    }
}

/// All properties, by kind and name.
pub struct Definitions(BTreeMap<Kind, BTreeMap<String, Definition>>);

impl Definitions {
    /// Those that every account has.
    pub fn standard() -> Self {
        let of = |(kind, own): &(Kind, &str)| {
            let times = format!("!{} datetime\n!{} datetime", created_name(kind), modified_name(kind));
            let more = if is_activity(kind) { ACTIVITIES } else { "" };
            let lines = [EVERYWHERE, &times, more, own].join("\n");
            let all = lines.lines().filter(|line| !line.is_empty()).map(|line| Definition::standard(kind, line));
            (*kind, all.map(|one| (one.name.clone(), one)).collect())
        };
        Self(OWN.iter().map(of).collect())
    }

    pub fn get(&self, kind: Kind, name: &str) -> Option<&Definition> {
        self.0[kind].get(name)
    }

    /// Adds one, or puts it in another's place.
    pub fn put(&mut self, kind: Kind, definition: Definition) {
        self.0.entry(kind).or_default().insert(definition.name.clone(), definition);
    }

    /// A custom property of text.
    pub fn custom(&mut self, kind: Kind, name: &str, sort: &str, is_unique: bool) {
        let mut definition = Definition::standard(kind, &format!("{name} {sort}"));
        (definition.is_unique, definition.is_standard) = (is_unique, false);
        self.put(kind, definition);
    }

    /// What is written, as it is kept, or why it is not.
    pub fn taken(&self, kind: Kind, properties: &Value) -> Result<Vec<(String, String)>, Answer> {
        let Some(properties) = properties.as_object() else { return Err(bad("properties must not be null")) };
        let take = |(name, value): (&String, &Value)| {
            let Some(definition) = self.get(kind, name) else {
                let message = format!("Property \"{name}\" does not exist");
                return Err(invalid("PROPERTY_DOESNT_EXIST", name, &message));
            };
            let value = value.as_str().ok_or_else(|| bad(&format!("Cannot deserialize the value of {name}")))?;
            Ok((name.clone(), definition.taken(value)?))
        };
        properties.iter().map(take).collect()
    }

    /// `GET /crm/properties/…/{kind}`.
    pub fn list(&self, kind: Kind) -> Answer {
        let all: Vec<Value> = self.0[kind].values().map(Definition::shown).collect();
        Answer::new(200, json!({ "results": all }))
    }

    /// `GET /crm/properties/…/{kind}/{name}`.
    pub fn one(&self, kind: Kind, name: &str) -> Said {
        self.get(kind, name).map(|one| Answer::new(200, one.shown())).ok_or_else(no_such_path)
    }

    /// `POST /crm/properties/…/{kind}`.
    pub fn create(&mut self, kind: Kind, body: &Value, may_be_unique: bool) -> Said {
        let text = |name: &str| body[name].as_str().ok_or_else(|| bad(&format!("{name} must not be null")));
        let (name, is_unique) = (text("name")?, body["hasUniqueValue"] == json!(true));
        if self.get(kind, name).is_some() {
            let message = format!("A property named '{name}' already exists.");
            return Err(error(409, "OBJECT_ALREADY_EXISTS", &message));
        }
        if is_unique && !may_be_unique {
            let message = format!("hasUniqueValue is not supported for the object type {}", type_id(kind));
            return Err(bad(&message));
        }
        let option = |option: &Value| {
            (option["value"].as_str().unwrap_or_default().into(), option["label"].as_str().unwrap_or_default().into())
        };
        let definition = Definition {
            name: name.to_owned(),
            label: text("label")?.to_owned(),
            sort: text("type")?.to_owned(),
            field: text("fieldType")?.to_owned(),
            group: text("groupName")?.to_owned(),
            options: body["options"].as_array().into_iter().flatten().map(option).collect(),
            is_unique,
            is_read_only: false,
            is_standard: false,
        };
        let shown = definition.shown();
        self.put(kind, definition);
        Ok(Answer::new(201, shown))
    }
}
