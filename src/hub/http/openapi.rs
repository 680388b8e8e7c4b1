//! `GET /v1/openapi.json`: what the API is, for programs, made of [`ROUTES`] and the wire's types.

use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{HttpMethod, PathItem, Paths};
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Info, License, OpenApi, OpenApiBuilder, Schema};

use super::described::{Draft, JSON, TOKEN, Tells};
use super::intake::SIGNED;
use super::{ROUTES, Route};
use crate::wire::intake::SIGNATURE;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document(ROUTES).to_json().unwrap_or_default());

/// The document, as it is sent.
pub(super) struct Document;

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, JSON)], DOCUMENT.as_str()).into_response()
    }
}

impl Tells for Document {
    fn tells(draft: &mut Draft) {
        draft.answers(JSON, Schema::default());
    }
}

/// For everybody: it says nothing that the program's own sources do not.
pub(super) async fn get() -> Document {
    Document
}

/// The document of these routes.
fn document(routes: &[Route]) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = ComponentsBuilder::new();
    for route in routes {
        let served = (route.serve)();
        let mut draft = Draft::new(route.path);
        served.describe(&mut draft);
        components = components.schemas_from_iter(std::mem::take(&mut draft.schemas));
        let Some(method) = method(route.method) else { continue };
        let item = PathItem::new(method, draft.finish(route.method, served.about));
        match paths.paths.get_mut(route.path) {
            Some(there) => there.merge_operations(item),
            None => drop(paths.paths.insert(route.path.to_owned(), item)),
        }
    }
    let token = Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format("lbx_…");
    let signature = "t=<unix seconds>,v1=<hex HMAC-SHA256 of \"t.body\"> with the sender's secret; for one post, within \
                     300 seconds.";
    let components = components
        .security_scheme(TOKEN, SecurityScheme::Http(token.description(Some("A person's token.")).build()))
        .security_scheme(
            SIGNED,
            SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(SIGNATURE, signature))),
        );
    let mut info = Info::new("Leadbox hub", env!("CARGO_PKG_VERSION"));
    info.license = Some(License::new(env!("CARGO_PKG_LICENSE")));
    info.description = Some(
        "Takes leads in, decides by the team's policy, and keeps laptops up to date. Problems are RFC 9457.".into(),
    );
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components.build())).build()
}

fn method(name: &str) -> Option<HttpMethod> {
    Some(match name {
        "GET" => HttpMethod::Get,
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "DELETE" => HttpMethod::Delete,
        "PATCH" => HttpMethod::Patch,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn each_type_has_a_name_of_its_own_and_each_route_says_what_it_is() {
        let mut named = BTreeMap::new();
        for route in ROUTES {
            let served = (route.serve)();
            assert!(!served.about.is_empty(), "{} {}: say what it is", route.method, route.path);
            let mut draft = Draft::new(route.path);
            served.describe(&mut draft);
            for (name, schema) in draft.schemas {
                let schema = serde_json::to_string(&schema).unwrap();
                let before = named.entry(name.clone()).or_insert_with(|| schema.clone());
                assert_eq!(*before, schema, "two types are named {name}: give one #[schema(as = …)]");
            }
        }
    }
}
