//! HubSpot's double behaves as the real one is told to: what it keeps, finds, refuses and answers.

use std::sync::LazyLock;

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::hubspot::{Account, Hubspot};
use crate::openapi::{Sent, Specs};

/// HubSpot's own documents, if they are at hand.
pub static SPECS: LazyLock<Option<Specs>> = LazyLock::new(Specs::of_hubspot);

/// One for all, since making one reads the machine's certificates. It keeps no connection, which would belong to the
/// runtime of the test that made it.
pub static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap()
});

/// An answer.
pub struct Got {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

/// Asks a double as a connector would; request and answer are held against the documents.
pub async fn ask(hubspot: &Hubspot, method: &str, target: &str, body: Value) -> Got {
    let request = CLIENT.request(method.parse().unwrap(), format!("{}{target}", hubspot.url));
    let request = request.bearer_auth(hubspot.token());
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    let told: Option<Value> = (!text.is_empty()).then(|| serde_json::from_str(&text).unwrap());
    if let Some(specs) = &*SPECS {
        let asked = hubspot.log().pop().unwrap();
        let sent = Sent { method, path: &asked.path, query: &asked.query, headers: &asked.headers, body: &asked.body };
        specs.check(&sent).unwrap();
        specs.check_answer(method, &asked.path, status, told.as_ref()).unwrap();
    }
    Got { status, headers, body: told.unwrap_or_default() }
}

/// Reads, without a body.
pub async fn get(hubspot: &Hubspot, target: &str) -> Got {
    ask(hubspot, "GET", target, Value::Null).await
}

/// Searches for what these filters say, by id.
pub async fn search(hubspot: &Hubspot, kind: &str, filters: Value, after: &str) -> Got {
    let body = json!({
        "filterGroups": [{ "filters": filters }],
        "sorts": [{ "propertyName": "hs_object_id", "direction": "ASCENDING" }],
        "properties": ["hubspot_owner_id"], "limit": 200, "after": after,
    });
    ask(hubspot, "POST", &format!("/crm/objects/2026-09/{kind}/search"), body).await
}

/// Everything of a kind.
pub async fn all(hubspot: &Hubspot, kind: &str) -> Vec<String> {
    let filters = json!([{ "propertyName": "hs_object_id", "operator": "HAS_PROPERTY" }]);
    ids(&search(hubspot, kind, filters, "0").await.body)
}

pub fn ids(body: &Value) -> Vec<String> {
    body["results"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

/// Reads a batch of leads.
async fn read(hubspot: &Hubspot, ids: &[&str], history: &[&str]) -> Got {
    let inputs: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
    let body = json!({ "inputs": inputs, "properties": ["hs_lead_name"], "propertiesWithHistory": history });
    ask(hubspot, "POST", "/crm/objects/2026-09/leads/batch/read", body).await
}

fn lead(id: &str) -> String {
    format!("/crm/objects/2026-09/leads/{id}")
}

async fn patch(hubspot: &Hubspot, id: &str, properties: Value) -> Got {
    ask(hubspot, "PATCH", &lead(id), json!({ "properties": properties })).await
}

#[tokio::test]
async fn search_lags_behind_and_reading_does_not() {
    let hubspot = Hubspot::start(Account::enterprise());
    let old = hubspot.lead("Ada Byron", "ada@example.com", "501").lead;
    hubspot.advance(60);
    hubspot.habits(|habits| habits.lag = 10);
    let new = hubspot.lead("Bo Li", "bo@example.com", "501").lead;
    hubspot.owner(502, "cy@example.com", "Cy", "Rossi");
    hubspot.reassign("leads", &old, "502");
    let of_ana = json!([{ "propertyName": "hubspot_owner_id", "operator": "EQ", "value": "501" }]);
    assert_eq!(ids(&search(&hubspot, "leads", of_ana.clone(), "0").await.body), [old.as_str()]);
    assert_eq!(read(&hubspot, &[&old, &new], &[]).await.body["results"].as_array().unwrap().len(), 2);
    hubspot.advance(10);
    assert_eq!(ids(&search(&hubspot, "leads", of_ana, "0").await.body), [new.as_str()]);
}

#[tokio::test]
async fn what_was_written_later_may_be_found_sooner() {
    let hubspot = Hubspot::start(Account::enterprise());
    hubspot.habits(|habits| (habits.lag, habits.is_lag_uneven) = (10, true));
    let leads: Vec<String> = (0..6).map(|_| hubspot.create("leads", &[("hs_lead_name", "x")])).collect();
    let found = all(&hubspot, "leads").await;
    assert!(!found.is_empty() && found.len() < 6, "{found:?}");
    let first = leads.iter().position(|id| !found.contains(id)).unwrap();
    assert!(leads[first..].iter().any(|id| found.contains(id)), "nothing overtook anything: {found:?}");
    hubspot.advance(10);
    assert_eq!(all(&hubspot, "leads").await, leads);
}

#[tokio::test]
async fn a_search_ends_at_ten_thousand() {
    let hubspot = Hubspot::start(Account::enterprise());
    let made: Vec<String> = (0..10_050).map(|_| hubspot.create("leads", &[])).collect();
    let every = json!([{ "propertyName": "hs_object_id", "operator": "GT", "value": "0" }]);
    let end = search(&hubspot, "leads", every.clone(), "9800").await;
    assert_eq!((end.status, &end.body["total"]), (200, &json!(10_050)));
    assert_eq!((ids(&end.body).len(), &end.body["paging"]["next"]["after"]), (200, &json!("10000")));
    let beyond = search(&hubspot, "leads", every, "10000").await;
    assert_eq!((beyond.status, &beyond.body["category"]), (400, &json!("VALIDATION_ERROR")));
    // One starts again behind the last.
    let id = ids(&end.body).pop().unwrap();
    let rest = json!([{ "propertyName": "hs_object_id", "operator": "GT", "value": id }]);
    let rest = ids(&search(&hubspot, "leads", rest, "0").await.body);
    assert_eq!((rest.len(), rest.last()), (50, made.last()));
}

#[tokio::test]
async fn times_are_compared_by_milliseconds_and_told_as_iso() {
    let hubspot = Hubspot::start(Account::enterprise());
    let ties: Vec<String> = (0..3).map(|_| hubspot.create("leads", &[])).collect();
    hubspot.advance(1);
    let modified = |value: &str| json!([{ "propertyName": "hs_lastmodifieddate", "operator": "LTE", "value": value }]);
    let start = crate::hubspot::START.to_string();
    let found = search(&hubspot, "leads", modified(&start), "0").await.body;
    assert_eq!(ids(&found), ties);
    let times: Vec<&Value> = found["results"].as_array().unwrap().iter().map(|one| &one["updatedAt"]).collect();
    assert_eq!(times, [&json!("2026-11-20T10:00:00.000Z"); 3], "records of the same moment");
    assert_eq!(search(&hubspot, "leads", modified("2026-11-20T10:00:00.000Z"), "0").await.status, 400);
}

#[tokio::test]
async fn what_is_gone_is_gone_in_its_own_way() {
    let hubspot = Hubspot::start(Account::enterprise());
    let [kept, archived, deleted, hidden, merged] =
        ["a", "b", "c", "d", "e"].map(|name| hubspot.create("leads", &[("hs_lead_name", name)]));
    hubspot.archive("leads", &archived);
    hubspot.delete("leads", &deleted);
    hubspot.hide("leads", &hidden, true);
    hubspot.merge("leads", &kept, &merged);
    assert_eq!(all(&hubspot, "leads").await, [kept.as_str()]);
    let asked = [&kept, &archived, &deleted, &hidden, &merged].map(String::as_str);
    let got = read(&hubspot, &asked, &[]).await;
    assert_eq!((got.status, ids(&got.body)), (207, vec![kept.clone()]));
    assert_eq!(got.body["errors"][0]["category"], "OBJECT_NOT_FOUND");
    assert_eq!(got.body["errors"][0]["context"]["ids"], json!(asked[1..]));
    assert_eq!(hubspot.value("leads", &kept, "hs_merged_object_ids"), Some(merged.clone()));
    hubspot.habits(|habits| habits.is_silent_on_misses = true);
    let got = read(&hubspot, &asked, &[]).await;
    assert_eq!((got.status, &got.body["errors"]), (200, &Value::Null));
    hubspot.habits(|habits| habits.leads_on_from_old_ids = true);
    assert_eq!(get(&hubspot, &lead(&merged)).await.body["id"], json!(kept));
    assert_eq!(get(&hubspot, &lead(&archived)).await.status, 404);
    assert_eq!(get(&hubspot, &format!("{}?archived=true", lead(&archived))).await.body["archived"], json!(true));
}

#[tokio::test]
async fn merged_contacts_say_who_they_were() {
    let hubspot = Hubspot::start(Account::free());
    let (ada, bo) = (hubspot.lead("Ada B", "ada@example.com", "501"), hubspot.lead("Bo L", "bo@example.com", "501"));
    hubspot.habits(|habits| habits.merges_into_a_third = true);
    let third = hubspot.merge("contacts", &ada.contact, &bo.contact);
    assert_eq!(all(&hubspot, "contacts").await, [third.as_str()]);
    let target =
        format!("/crm/objects/2026-09/contacts/{third}?properties=hs_merged_object_ids&associations=companies");
    let told = get(&hubspot, &target).await.body;
    assert_eq!(told["properties"]["hs_merged_object_ids"], json!(format!("{};{}", ada.contact, bo.contact)));
    assert_eq!(ids(&told["associations"]["companies"]), [ada.company.as_str(), bo.company.as_str()]);
    let vids = hubspot.value("contacts", &third, "hs_calculated_merged_vids").unwrap();
    assert!(vids.starts_with(&format!("{}:{}", ada.contact, hubspot.now())), "{vids}");
}

#[tokio::test]
async fn our_own_writes_are_changes_like_any_other() {
    let hubspot = Hubspot::start(Account::enterprise());
    let ada = hubspot.lead("Ada Byron", "ada@example.com", "501");
    hubspot.advance(60);
    let got = patch(&hubspot, &ada.lead, json!({ "hs_pipeline_stage": "attempting-stage-id" })).await;
    assert_eq!((got.status, &got.body["updatedAt"]), (200, &json!("2026-11-20T10:01:00.000Z")));
    let body = read(&hubspot, &[&ada.lead], &["hs_pipeline_stage"]).await.body;
    let history = body["results"][0]["propertiesWithHistory"]["hs_pipeline_stage"].as_array().unwrap().clone();
    let values: Vec<(&Value, &Value)> = history.iter().map(|one| (&one["value"], &one["sourceType"])).collect();
    let (new, old) = (json!("attempting-stage-id"), json!("new-stage-id"));
    assert_eq!(values, [(&new, &json!("INTEGRATION")), (&old, &json!("CRM_UI"))]);
}

#[tokio::test]
async fn what_may_not_be_written_is_refused_and_changes_nothing() {
    let hubspot = Hubspot::start(Account::enterprise());
    let ada = hubspot.lead("Ada Byron", "ada@example.com", "501").lead;
    hubspot.habits(|habits| habits.wants_reason = true);
    let no = json!({ "hs_pipeline_stage": "unqualified-stage-id" });
    let mut codes = Vec::new();
    for properties in [
        no,
        json!({ "nonsense": "1" }),
        json!({ "hs_pipeline_stage": "no-such-stage" }),
        json!({ "hs_lead_label": "TEPID" }),
        json!({ "hubspot_owner_id": "77" }),
        json!({ "hs_primary_contact_id": "1" }),
    ] {
        let got = patch(&hubspot, &ada, properties).await;
        assert_eq!((got.status, &got.body["category"]), (400, &json!("VALIDATION_ERROR")));
        assert!(!got.body["correlationId"].as_str().unwrap().is_empty());
        codes.push(got.body["errors"][0]["code"].clone());
    }
    let expected = [
        "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
        "PROPERTY_DOESNT_EXIST",
        "INVALID_OPTION",
        "INVALID_OPTION",
        "INVALID_OWNER_ID",
        "READ_ONLY_VALUE",
    ];
    assert_eq!(codes, expected);
    assert_eq!(hubspot.history("leads", &ada, "hs_pipeline_stage").len(), 1);
    let why = json!({ "hs_pipeline_stage": "unqualified-stage-id", "hs_lead_disqualification_reason": "NOT_A_FIT" });
    assert_eq!(patch(&hubspot, &ada, why).await.status, 200);
}

fn call(key: &str, body: &str) -> Value {
    let properties = json!({
        "hs_timestamp": crate::hubspot::START.to_string(), "hs_call_direction": "OUTBOUND",
        "hs_call_status": "COMPLETED", "hs_call_body": body,
        "hs_call_disposition": "73a0d17f-1163-4015-bdd5-ec830791da20",
    });
    json!({ "inputs": [{ "id": key, "idProperty": "leadbox_key", "properties": properties }] })
}

#[tokio::test]
async fn an_upsert_and_a_link_can_be_repeated() {
    let hubspot = Hubspot::start(Account::enterprise());
    hubspot.property("calls", "leadbox_key", "string", true);
    let ada = hubspot.lead("Ada Byron", "ada@example.com", "501");
    let upsert = "/crm/objects/2026-09/calls/batch/upsert";
    let first = ask(&hubspot, "POST", upsert, call("k1", "rang twice")).await.body;
    let again = ask(&hubspot, "POST", upsert, call("k1", "rang twice")).await.body;
    assert_eq!((&first["results"][0]["new"], &again["results"][0]["new"]), (&json!(true), &json!(false)));
    let id = first["results"][0]["id"].as_str().unwrap();
    assert_eq!(hubspot.ids("calls"), [id]);
    let before = hubspot.value("contacts", &ada.contact, "lastmodifieddate");
    hubspot.advance(1);
    for _ in 0..2 {
        let target = format!("/crm/objects/2026-09/calls/{id}/associations/default/contacts/{}", ada.contact);
        let got = ask(&hubspot, "PUT", &target, Value::Null).await;
        assert_eq!((got.status, got.body["results"].as_array().unwrap().len()), (200, 2));
    }
    assert_eq!(hubspot.linked("contacts", &ada.contact, "calls"), [id]);
    assert_ne!(hubspot.value("contacts", &ada.contact, "lastmodifieddate"), before, "an activity changes its contact");
    let of = json!([{ "propertyName": "associations.contact", "operator": "EQ", "value": ada.contact }]);
    assert_eq!(ids(&search(&hubspot, "calls", of, "0").await.body), [id]);
    // By a property that is not unique nothing is upserted, and one that is wrong spoils all.
    let mut by_body = call("k2", "x");
    by_body["inputs"][0]["idProperty"] = json!("hs_call_body");
    assert_eq!(ask(&hubspot, "POST", upsert, by_body).await.status, 400);
    let mut two = call("k3", "x");
    let wrong =
        json!({ "id": "k4", "idProperty": "leadbox_key", "properties": { "hs_timestamp": "1", "nonsense": "1" } });
    two["inputs"].as_array_mut().unwrap().push(wrong);
    assert_eq!(ask(&hubspot, "POST", upsert, two.clone()).await.status, 400);
    assert_eq!(hubspot.ids("calls").len(), 1);
    // Unless each has a trace: then each is judged for itself.
    for (n, input) in two["inputs"].as_array_mut().unwrap().iter_mut().enumerate() {
        input["objectWriteTraceId"] = json!(n.to_string());
    }
    let got = ask(&hubspot, "POST", upsert, two).await;
    assert_eq!((got.status, &got.body["numErrors"], hubspot.ids("calls").len()), (207, &json!(1), 2));
    assert_eq!(got.body["errors"][0]["context"]["objectWriteTraceId"], json!(["1"]));
}

#[tokio::test]
async fn a_note_is_made_with_its_links_or_found_by_its_mark() {
    let hubspot = Hubspot::start(Account::professional());
    let ada = hubspot.lead("Ada Byron", "ada@example.com", "501");
    let properties = json!({ "hs_timestamp": "2026-11-20T10:00:00Z", "hs_note_body": "no budget [leadbox:k9]" });
    let types = json!([{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202 }]);
    let links = json!([{ "to": { "id": ada.contact }, "types": types }]);
    let body = json!({ "properties": properties, "associations": links });
    let made = ask(&hubspot, "POST", "/crm/objects/2026-09/notes", body).await;
    assert_eq!(made.status, 201);
    assert_eq!(hubspot.linked("contacts", &ada.contact, "notes"), [made.body["id"].as_str().unwrap()]);
    let marked = json!([{ "propertyName": "hs_note_body", "operator": "CONTAINS_TOKEN", "value": "*leadbox:k9*" }]);
    assert_eq!(ids(&search(&hubspot, "notes", marked, "0").await.body), [made.body["id"].as_str().unwrap()]);
    let body = json!({ "properties": { "hs_note_body": "when?" }, "associations": [] });
    assert_eq!(ask(&hubspot, "POST", "/crm/objects/2026-09/notes", body).await.status, 400, "no time");
    let target = format!("/crm/objects/2026-09/notes/{}", made.body["id"].as_str().unwrap());
    assert_eq!(ask(&hubspot, "DELETE", &target, Value::Null).await.status, 204);
    assert!(all(&hubspot, "notes").await.is_empty());
}

#[tokio::test]
async fn whom_a_lead_is_about_is_read_one_by_one_or_many_at_once() {
    let hubspot = Hubspot::start(Account::enterprise());
    let ada = hubspot.lead("Ada Byron", "ada@example.com", "501");
    let alone = hubspot.create("leads", &[]);
    let one = get(&hubspot, &format!("{}?associations=contacts&associations=companies", lead(&ada.lead))).await.body;
    assert_eq!(ids(&one["associations"]["contacts"]), [ada.contact.as_str()]);
    assert_eq!(ids(&one["associations"]["companies"]), [ada.company.as_str()]);
    let body = json!({ "inputs": [{ "id": ada.lead }, { "id": alone }] });
    let got = ask(&hubspot, "POST", "/crm/associations/2026-09/leads/contacts/batch/read", body).await;
    assert_eq!(got.status, 207);
    assert_eq!(got.body["results"][0]["to"][0]["toObjectId"], json!(ada.contact));
    assert_eq!(got.body["errors"][0]["context"]["ids"], json!([alone]));
}

#[tokio::test]
async fn all_of_a_kind_can_be_listed_without_a_search() {
    let hubspot = Hubspot::start(Account::enterprise());
    hubspot.habits(|habits| habits.lag = 10);
    let trios = hubspot.leads(3, "501", 0);
    hubspot.archive("leads", &trios[1].lead);
    let target = "/crm/objects/2026-09/leads?limit=1&properties=hs_lead_name&associations=contacts";
    let first = get(&hubspot, target).await.body;
    assert_eq!(ids(&first), [trios[0].lead.as_str()]);
    assert_eq!(ids(&first["results"][0]["associations"]["contacts"]), [trios[0].contact.as_str()]);
    let rest = get(&hubspot, &format!("{target}&after={}", first["paging"]["next"]["after"].as_str().unwrap())).await;
    assert_eq!((ids(&rest.body), &rest.body["paging"]), (vec![trios[2].lead.clone()], &Value::Null));
    let archived = get(&hubspot, "/crm/objects/2026-09/leads?archived=true").await.body;
    assert_eq!(ids(&archived), [trios[1].lead.as_str()]);
}

#[tokio::test]
async fn a_record_is_read_by_what_is_unique_of_it() {
    let hubspot = Hubspot::start(Account::professional());
    let (ada, bo) = (hubspot.lead("Ada B", "ada@example.com", "501"), hubspot.lead("Bo L", "bo@example.com", "501"));
    let emails = json!([{ "id": "ada@example.com" }, { "id": "BO@example.com" }]);
    let mut body = json!({ "inputs": emails, "idProperty": "email", "properties": [], "propertiesWithHistory": [] });
    let target = "/crm/objects/2026-09/contacts/batch/read";
    let got = ask(&hubspot, "POST", target, body.clone()).await;
    assert_eq!(
        (got.status, ids(&got.body)),
        (200, vec![bo.contact.clone(), ada.contact]),
        "in no order that was asked"
    );
    body["idProperty"] = json!("firstname");
    assert_eq!(ask(&hubspot, "POST", target, body).await.status, 400);
    let taken = json!({ "properties": { "email": "ada@example.com" } });
    let target = format!("/crm/objects/2026-09/contacts/{}", bo.contact);
    assert_eq!(ask(&hubspot, "PATCH", &target, taken).await.status, 409);
}

#[tokio::test]
async fn a_search_that_asks_too_much_is_refused() {
    let hubspot = Hubspot::start(Account::enterprise());
    let is = |name: &str, value: &str| json!({ "propertyName": name, "operator": "EQ", "value": value });
    let many: Vec<Value> = (0..7).map(|_| is("hs_object_id", "1")).collect();
    let long = vec!["100000001"; 400];
    for filters in [
        json!([is("nonsense", "1")]),
        json!(many),
        json!([{ "propertyName": "hs_object_id", "operator": "IN", "values": long }]),
        json!([{ "propertyName": "hs_object_id", "operator": "GT" }]),
    ] {
        assert_eq!(search(&hubspot, "leads", filters, "0").await.status, 400);
    }
    let by_lead = json!([is("associations.lead", "1")]);
    assert_eq!(search(&hubspot, "calls", by_lead.clone(), "0").await.status, 200);
    hubspot.account(|account| account.searches_by_lead = false);
    assert_eq!(search(&hubspot, "calls", by_lead, "0").await.status, 400);
}
