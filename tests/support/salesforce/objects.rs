//! What objects are made of, and single records: describe, read, change, upsert.

use chrono::DateTime;
use serde_json::{Value, json};

use super::state::{Asked, Row, State};
use super::{Said, error};

/// The values of a lead's status that an org comes with; the third is that of converted leads.
pub const STATUSES: [&str; 4] =
    ["Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted"];
pub const REASONS: [&str; 2] = ["No budget", "Other"];
/// The field of tasks that holds our keys.
pub const KEY: &str = "Leadbox_Key__c";

/// Name, type, the relation that it makes. A field of the type `key` is an external id; those in brackets are read only.
type Field = (&'static str, &'static str, &'static str);

/// The fields of an object.
pub fn fields(object: &str) -> &'static [Field] {
    match object {
        "Lead" => &[
            ("Id", "(id)", ""),
            ("IsDeleted", "(boolean)", ""),
            ("IsConverted", "(boolean)", ""),
            ("MasterRecordId", "(reference)", "MasterRecord"),
            ("OwnerId", "reference", "Owner"),
            ("CreatedDate", "(datetime)", ""),
            ("SystemModstamp", "(datetime)", ""),
            ("LastModifiedDate", "(datetime)", ""),
            ("Status", "picklist", ""),
            ("FirstName", "string", ""),
            ("LastName", "string", ""),
            ("Company", "string", ""),
            ("Title", "string", ""),
            ("Email", "email", ""),
            ("Phone", "phone", ""),
            ("MobilePhone", "phone", ""),
            ("Website", "url", ""),
            ("Description", "textarea", ""),
            ("City", "string", ""),
            ("State", "string", ""),
            ("Country", "string", ""),
            ("Industry", "string", ""),
            ("NumberOfEmployees", "int", ""),
            ("AnnualRevenue", "currency", ""),
            ("LeadSource", "string", ""),
            ("Rating", "string", ""),
            ("DoNotCall", "boolean", ""),
            ("HasOptedOutOfEmail", "boolean", ""),
            ("Reason__c", "restricted", ""),
        ],
        "Task" => &[
            ("Id", "(id)", ""),
            ("IsDeleted", "(boolean)", ""),
            ("WhoId", "reference", "Who"),
            ("OwnerId", "reference", "Owner"),
            ("CreatedDate", "(datetime)", ""),
            ("SystemModstamp", "(datetime)", ""),
            ("LastModifiedDate", "(datetime)", ""),
            ("CompletedDateTime", "(datetime)", ""),
            ("Subject", "string", ""),
            ("Description", "textarea", ""),
            ("Status", "string", ""),
            ("TaskSubtype", "once", ""),
            ("CallType", "string", ""),
            ("CallDisposition", "string", ""),
            ("ActivityDate", "date", ""),
            (KEY, "key", ""),
        ],
        "Event" => &[
            ("Id", "(id)", ""),
            ("IsDeleted", "(boolean)", ""),
            ("WhoId", "reference", "Who"),
            ("OwnerId", "reference", "Owner"),
            ("CreatedDate", "(datetime)", ""),
            ("Subject", "string", ""),
            ("Description", "textarea", ""),
            ("StartDateTime", "datetime", ""),
            ("ActivityDate", "date", ""),
        ],
        "CampaignMember" => &[
            ("Id", "(id)", ""),
            ("IsDeleted", "(boolean)", ""),
            ("LeadId", "reference", "Lead"),
            ("CampaignId", "reference", "Campaign"),
            ("CreatedDate", "(datetime)", ""),
            ("Status", "string", ""),
            ("HasResponded", "boolean", ""),
            ("FirstRespondedDate", "date", ""),
        ],
        "EmailMessage" => &[
            ("Id", "(id)", ""),
            ("IsDeleted", "(boolean)", ""),
            ("CreatedDate", "(datetime)", ""),
            ("ActivityId", "reference", "Activity"),
            ("Subject", "string", ""),
            ("TextBody", "textarea", ""),
            ("MessageDate", "datetime", ""),
            ("Incoming", "boolean", ""),
            ("FromName", "string", ""),
            ("Status", "picklist", ""),
        ],
        "EmailMessageRelation" => &[
            ("Id", "(id)", ""),
            ("IsDeleted", "(boolean)", ""),
            ("EmailMessageId", "reference", "EmailMessage"),
            ("RelationId", "reference", "Relation"),
        ],
        "LeadHistory" => &[
            ("Id", "(id)", ""),
            ("IsDeleted", "(boolean)", ""),
            ("CreatedDate", "(datetime)", ""),
            ("CreatedById", "(reference)", "CreatedBy"),
            ("LeadId", "(reference)", "Lead"),
            ("Field", "(picklist)", ""),
            ("OldValue", "(anyType)", ""),
            ("NewValue", "(anyType)", ""),
        ],
        "LeadStatus" => &[
            ("Id", "(id)", ""),
            ("ApiName", "(string)", ""),
            ("MasterLabel", "(string)", ""),
            ("IsConverted", "(boolean)", ""),
        ],
        "User" => &[
            ("Id", "(id)", ""),
            ("Name", "(string)", ""),
            ("Username", "(string)", ""),
            ("Email", "(email)", ""),
            ("IsActive", "(boolean)", ""),
        ],
        _ => &[],
    }
}

/// The field of this name that the user sees; through a relation by its first part.
pub fn field(state: &State, object: &str, path: &str) -> Option<&'static Field> {
    let found = match path.split_once('.') {
        Some((relation, "Name")) => fields(object).iter().find(|field| field.2 == relation),
        Some(_) => None,
        None => fields(object).iter().find(|field| field.0 == path),
    };
    found.filter(|field| !state.hidden.contains(&format!("{object}.{}", field.0)))
}

pub fn known(name: &str) -> Option<&'static str> {
    super::state::OBJECTS.into_iter().find(|object| *object == name && *object != "Campaign")
}

pub fn describe(state: &State, object: &'static str) -> Said {
    let seen = fields(object).iter().filter(|field| self::field(state, object, field.0).is_some());
    let told = seen.map(|(name, kind, relation)| {
        let statuses = || state.objects["LeadStatus"].values().filter_map(|row| row["ApiName"].as_str()).collect();
        let picks: Vec<&str> = match *name {
            "Status" if object == "Lead" => statuses(),
            "Reason__c" => REASONS.to_vec(),
            _ => Vec::new(),
        };
        let picks: Vec<Value> =
            picks.iter().map(|pick| json!({ "value": pick, "label": pick, "active": true })).collect();
        let may_write = !kind.starts_with('(');
        let field = json!({
            "name": name,
            "type": if *kind == "key" { "string" } else { kind.trim_matches(['(', ')']) },
            "relationshipName": if relation.is_empty() { Value::Null } else { json!(relation) },
            "externalId": *kind == "key", "unique": *kind == "key", "updateable": may_write, "createable": may_write,
            "picklistValues": picks, "length": if *kind == "key" { 36 } else { 255 },
        });
        state.described(&format!("{object}.{name}"), field)
    });
    let fields = told.collect::<Vec<_>>();
    let told = json!({ "name": object, "queryable": true, "createable": true, "updateable": true, "fields": fields });
    (200, state.described(object, told))
}

/// A record with these fields.
pub fn told(state: &State, object: &str, row: &Row, names: &[String]) -> Value {
    let id = row["Id"].as_str().unwrap();
    let mut told = Row::new();
    told.insert(
        "attributes".into(),
        json!({ "type": object, "url": format!("{}/sobjects/{object}/{id}", super::routes::DATA) }),
    );
    for name in names {
        match name.split_once('.') {
            None => drop(told.insert(name.clone(), state.value(row, name))),
            Some((relation, field)) => {
                let value = state.value(row, name);
                let named = if value.is_null() { Value::Null } else { json!({ "attributes": {}, field: value }) };
                told.insert(relation.to_owned(), named);
            }
        }
    }
    Value::Object(told)
}

/// `sobjects/OBJECT/ID` and `sobjects/OBJECT/FIELD/VALUE`.
pub fn one(state: &mut State, asked: &Asked, object: &'static str, place: &[&str], query: &str) -> Said {
    let missing = || error(404, "NOT_FOUND", "The requested resource does not exist");
    let found = match place {
        [id] => state.row(object, id).map(|_| (*id).to_owned()).ok_or_else(missing),
        [name, value] => match field(state, object, name).filter(|field| field.1 == "key") {
            None => {
                let why = format!("Provided external ID field does not exist or is not accessible: {name}");
                return error(404, "NOT_FOUND", &why);
            }
            Some(_) => {
                let is_it = |row: &&Row| row.get(*name).is_some_and(|key| key == value) && row["IsDeleted"] == false;
                let row = state.objects[object].values().find(is_it);
                row.map(|row| row["Id"].as_str().unwrap().to_owned()).ok_or_else(missing)
            }
        },
        _ => return missing(),
    };
    match (asked.method.as_str(), found, place) {
        ("GET", Ok(id), _) => {
            let row = state.row(object, &id).unwrap();
            if row["IsDeleted"] == true {
                return error(404, "ENTITY_IS_DELETED", "entity is deleted");
            }
            let names: Vec<String> = match query.strip_prefix("fields=") {
                Some(names) => names.split(',').map(str::to_owned).collect(),
                None => fields(object).iter().map(|field| field.0.to_owned()).collect(),
            };
            (200, told(state, object, row, &names))
        }
        ("PATCH", Ok(id), [_]) => match change(state, asked, object, &id) {
            Ok(()) => (204, Value::Null),
            Err(said) => said,
        },
        ("PATCH", Ok(id), _) => match change(state, asked, object, &id) {
            Ok(()) => (200, json!({ "id": id, "success": true, "errors": [], "created": false })),
            Err(said) => said,
        },
        ("PATCH", Err(_), [name, value]) => match judged(state, asked, object, None) {
            Ok(mut values) => {
                values.insert((*name).to_owned(), json!(value));
                let id = state.write(object, None, values);
                (201, json!({ "id": id, "success": true, "errors": [], "created": true }))
            }
            Err(said) => said,
        },
        (_, Err(said), _) => said,
        _ => error(405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed"),
    }
}

fn change(state: &mut State, asked: &Asked, object: &'static str, id: &str) -> Result<(), Said> {
    let values = judged(state, asked, object, Some(id))?;
    state.write(object, Some(id), values);
    Ok(())
}

/// What is to be written, or why it is refused.
fn judged(state: &mut State, asked: &Asked, object: &'static str, id: Option<&str>) -> Result<Row, Said> {
    let bad = || error(400, "JSON_PARSER_ERROR", "Unexpected character");
    let values: Row = serde_json::from_str(&asked.body).map_err(|_| bad())?;
    let row = id.and_then(|id| state.row(object, id));
    if let Some(row) = row {
        if row["IsDeleted"] == true {
            return Err(error(404, "ENTITY_IS_DELETED", "entity is deleted"));
        }
        if row.get("IsConverted").is_some_and(|is| is == true) {
            return Err(error(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead"));
        }
        if !asked.since.is_empty() {
            let since = DateTime::parse_from_rfc2822(&asked.since);
            let since = since.map_err(|_| error(400, "INVALID_HEADER", "If-Unmodified-Since makes no sense"))?;
            let changed = row["LastModifiedDate"].as_str().unwrap();
            let changed = DateTime::parse_from_str(changed, "%Y-%m-%dT%H:%M:%S%.f%z").unwrap();
            if changed > since {
                let why = "record has been modified since you retrieved it";
                return Err(error(412, "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE_CHECK", why));
            }
        }
    }
    for (name, value) in &values {
        let Some((_, kind, _)) = field(state, object, name) else {
            return Err(error(400, "INVALID_FIELD", &format!("No such column '{name}' on sobject of type {object}")));
        };
        let length = value.as_str().map_or(0, |text| text.chars().count());
        match *kind {
            kind if kind.starts_with('(') => {
                let why =
                    format!("Unable to create/update fields: {name}. Please check the security settings of this field");
                return Err(error(400, "INVALID_FIELD_FOR_INSERT_UPDATE", &why));
            }
            // From memory: it is set when a task is made, and not again.
            "once" if id.is_some() => {
                let why =
                    format!("Unable to create/update fields: {name}. Please check the security settings of this field");
                return Err(error(400, "INVALID_FIELD_FOR_INSERT_UPDATE", &why));
            }
            "restricted" if !REASONS.iter().any(|reason| value == reason) => {
                let why = format!("{name}: bad value for restricted picklist field: {value}");
                return Err(error(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", &why));
            }
            "string" if length > 255 => {
                let why = format!("{name}: data value too large (max length=255)");
                return Err(error(400, "STRING_TOO_LONG", &why));
            }
            _ => {}
        }
    }
    if let Some(who) = values.get("WhoId").and_then(Value::as_str) {
        let lead = state.row("Lead", who);
        if lead.is_none_or(|lead| lead["IsDeleted"] == true) {
            return Err(error(400, "ENTITY_IS_DELETED", "entity is deleted"));
        }
    }
    if object == "Lead" && state.locks > 0 {
        state.locks -= 1;
        return Err(error(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"));
    }
    Ok(values)
}
