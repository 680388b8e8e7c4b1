//! Requests are held against published documents, and what is wrong is found.

use serde_json::{Value, json};

use crate::openapi::{Sent, Specs};

/// A document as they are published, with what is odd about them.
fn specs() -> Specs {
    let object = json!({
        "openapi": "3.0.1",
        "paths": {
            "/crm/objects/2026-09/{objectType}/{objectId}": {
                "get": {
                    "parameters": [
                        { "name": "objectType", "in": "path", "required": true, "schema": { "type": "string", "example": null } },
                        { "name": "objectId", "in": "path", "required": true, "schema": { "type": "integer", "format": "int64" } },
                        { "name": "archived", "in": "query", "required": false, "schema": { "type": "boolean" } },
                        { "name": "properties", "in": "query", "schema": { "type": "array", "items": { "type": "string" } } },
                        { "name": "since", "in": "query", "required": true, "schema": { "type": "string", "format": "date-time" } },
                    ],
                    "security": [{ "private_apps": ["crm.objects.leads.read"] }],
                    "responses": {
                        "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Lead" } } } },
                    },
                },
            },
            "/crm/objects/2026-09/{objectType}/search": {
                "post": {
                    "parameters": [],
                    "requestBody": {
                        "required": true,
                        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/PublicObjectSearchRequest" } } },
                    },
                    "responses": {},
                },
            },
        },
        "components": { "schemas": {
            "Lead": {
                "type": "object", "required": ["id"],
                "properties": { "id": { "type": "string" }, "note": { "type": "string", "nullable": true } },
            },
            "PublicObjectSearchRequest": {
                "type": "object", "required": ["limit", "sorts"],
                "properties": {
                    "limit": { "type": "integer", "format": "int32", "example": null },
                    "query": { "type": "string", "x-hubspot": 1 },
                    "sorts": { "type": "array", "items": { "type": "string" } },
                },
                "example": null,
            },
        } },
    });
    Specs::new(vec![("leads".to_owned(), object)])
}

fn check(method: &str, target: &str, body: &Value) -> Result<(), String> {
    let headers = [("authorization", "Bearer x"), ("content-type", "application/json")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let body = if body.is_null() { String::new() } else { body.to_string() };
    specs().check(&Sent { method, path, query, headers: &headers, body: body.as_bytes() })
}

const ONE: &str = "/crm/objects/2026-09/leads/7?since=2026-11-20T10%3A00%3A00Z";
const SEARCH: &str = "/crm/objects/2026-09/leads/search";

#[test]
fn what_is_published_passes() {
    check("GET", ONE, &Value::Null).unwrap();
    check("GET", &format!("{ONE}&archived=true&properties=a&properties=b"), &Value::Null).unwrap();
    let sorts = json!([{ "propertyName": "hs_object_id", "direction": "ASCENDING" }]);
    check("POST", SEARCH, &json!({ "limit": 200, "sorts": sorts, "query": "" })).unwrap();
}

#[test]
fn what_is_not_is_found() {
    let asked = |method, target: &str, body, why: &str| {
        let wrong = check(method, target, &body).expect_err(why);
        assert!(wrong.contains(why), "{wrong} does not say “{why}”");
    };
    asked("GET", "/crm/v3/objects/leads/7", Value::Null, "no such path");
    asked("GET", &ONE.replace("leads", "widgets"), Value::Null, "no such path");
    asked("PUT", ONE, Value::Null, "no such method");
    asked("GET", &ONE.replace("/7", "/seven"), Value::Null, "objectId");
    asked("GET", &format!("{ONE}&archived=perhaps"), Value::Null, "archived");
    asked("GET", &format!("{ONE}&archived=true&archived=true"), Value::Null, "more than once");
    asked("GET", &format!("{ONE}&colour=red"), Value::Null, "colour is not published");
    asked("GET", "/crm/objects/2026-09/leads/7", Value::Null, "since is missing");
    asked("GET", "/crm/objects/2026-09/leads/7?since=today", Value::Null, "since");
    asked("GET", ONE, json!({}), "no body is published");
    asked("POST", SEARCH, Value::Null, "the body is missing");
    asked("POST", SEARCH, json!({ "limit": 200 }), "sorts");
    asked("POST", SEARCH, json!({ "limit": "200", "sorts": [] }), "200");
    asked("POST", SEARCH, json!({ "limit": 3_000_000_000_u64, "sorts": [] }), "3000000000");
    asked("POST", SEARCH, json!({ "limit": 200, "sorts": ["hs_object_id"] }), "hs_object_id");
    asked("POST", SEARCH, json!({ "limit": 200, "sorts": [], "colour": 1 }), "colour is not told of");
}

#[test]
fn a_token_and_the_type_of_the_body_are_asked_for() {
    let sent = Sent {
        method: "GET",
        path: "/crm/objects/2026-09/leads/7",
        query: "since=2026-11-20T10:00:00Z",
        headers: &[],
        body: b"",
    };
    assert!(specs().check(&sent).unwrap_err().contains("token"));
    let sent = Sent { method: "POST", path: SEARCH, query: "", headers: &[], body: b"{}" };
    assert!(specs().check(&sent).unwrap_err().contains("type"));
}

#[test]
fn answers_are_held_against_them_too() {
    let check = |status, body: Value| specs().check_answer("GET", "/crm/objects/2026-09/leads/7", status, Some(&body));
    check(200, json!({ "id": "7", "note": null })).unwrap();
    check(200, json!({ "note": "x" })).unwrap_err();
    check(200, json!({ "id": "7", "colour": "red" })).unwrap_err();
    check(418, json!({})).unwrap_err();
}

/// HubSpot's own documents, if they are at hand.
#[test]
fn hubspots_documents_are_understood() {
    let Some(specs) = Specs::of_hubspot() else { return };
    let headers = [("authorization", "Bearer x"), ("content-type", "application/json")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let check = |method, path, query, body: Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        specs.check(&Sent { method, path, query, headers: &headers, body: body.as_bytes() })
    };
    let sorts = json!([{ "propertyName": "hs_object_id", "direction": "ASCENDING" }]);
    let mut search = json!({ "after": "0", "limit": 200, "filterGroups": [], "properties": [], "sorts": sorts });
    check("POST", SEARCH, "", search.clone()).unwrap();
    check("POST", "/crm/objects/2026-09/widgets/search", "", search.clone()).unwrap_err();
    check("POST", "/crm/objects/v3/leads/search", "", search.clone()).unwrap_err();
    search["after"] = json!(0);
    check("POST", SEARCH, "", search).unwrap_err();
    check("POST", "/crm/objects/2026-09/leads/batch/read", "", json!({ "inputs": [], "properties": [] })).unwrap_err();
    check("GET", "/crm/owners/2026-09", "limit=100&colour=red", Value::Null).unwrap_err();
    check("GET", "/crm/owners/2026-09", "limit=many", Value::Null).unwrap_err();
    let link = "/crm/objects/2026-09/calls/1/associations/default/contacts/2";
    check("PUT", link, "", Value::Null).unwrap();
    check("PATCH", "/crm/objects/2026-09/leads/1", "", json!({ "properties": { "hs_lead_label": 1 } })).unwrap_err();
}
