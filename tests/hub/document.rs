//! The API's document tells of every route and of nothing else. That the hub's answers are what it says is checked with
//! every request of these tests (`support/document.rs`).

use std::collections::BTreeSet;

use leadbox::hub::http::ROUTES;
use leadbox::wire::problem::Code;
use serde_json::Value;

use crate::hub::{Ask, Rig};
use crate::place::Place;

fn document() -> Value {
    Rig::new(&Place::sqlite()).ask(Ask::get("/v1/openapi.json")).ok()
}

/// Everything in a value, with its place.
fn walk(value: &Value, at: &str, see: &mut dyn FnMut(&str, &Value)) {
    see(at, value);
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| walk(field, &format!("{at}/{name}"), see)),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| walk(item, &format!("{at}/{n}"), see)),
        _ => {}
    }
}

#[test]
fn every_route_is_told_of_and_nothing_else() {
    let document = document();
    let told: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let routes: BTreeSet<String> = ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(told, routes);
    for route in ROUTES {
        let operation = &document["paths"][route.path][route.method.to_lowercase()];
        let name = format!("{} {}", route.method, route.path);
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let asked = parameters.iter().filter(|parameter| parameter["in"] == "path").map(|all| all["name"].as_str());
        let varies = route.path.split('{').skip(1).map(|part| part.split('}').next());
        assert!(asked.eq(varies), "{name}: {parameters:?}");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        let is_open = ["/healthz", "/readyz", "/v1/openapi.json"].contains(&route.path);
        assert_eq!(operation["security"].is_array(), !is_open, "{name}");
        assert_eq!(operation["responses"]["401"].is_object(), !is_open, "{name}");
        assert!(operation["responses"]["200"].is_object(), "{name}");
    }
}

#[test]
fn whatever_the_document_names_is_there_and_says_what_it_is() {
    let document = document();
    let mut named = BTreeSet::new();
    walk(&document, "", &mut |at, value| {
        if let Some(place) = value["$ref"].as_str() {
            named.insert(place.to_owned());
            assert!(document.pointer(place.trim_start_matches('#')).is_some(), "{at}: there is no {place}");
        }
        // An object of which nothing is said is one that nobody can read.
        let is_bare = value["type"] == "object"
            && ["properties", "additionalProperties"].iter().all(|word| value.get(word).is_none());
        assert!(!is_bare || at.contains("openapi.json"), "{at} says nothing of what is in it");
    });
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let unused: Vec<_> =
        schemas.keys().filter(|name| !named.contains(&format!("#/components/schemas/{name}"))).collect();
    assert!(unused.is_empty(), "{unused:?}");
    let kinds = document.pointer("/components/schemas/Problem/properties/type/enum").unwrap().as_array().unwrap();
    assert_eq!(kinds.len(), Code::ALL.len());
}

#[test]
fn whoever_asks_by_another_method_is_told_which_there_are() {
    let rig = Rig::new(&Place::sqlite());
    for route in ROUTES {
        let path = route.path.replace("{id}", "1").replace("{source}", "web");
        let reply = rig.ask(Ask::new("PATCH", &path));
        reply.must_be_problem(405);
        let told: BTreeSet<&str> = reply.headers["allow"].to_str().unwrap().split(',').map(str::trim).collect();
        let mut taken: BTreeSet<&str> =
            ROUTES.iter().filter(|other| other.path == route.path).map(|other| other.method).collect();
        if taken.contains("GET") {
            taken.insert("HEAD");
        }
        assert_eq!(told, taken, "{path}");
    }
}
