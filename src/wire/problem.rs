//! Problems as RFC 9457 tells them: what happened, where, and what to do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// What kind of problem, as a word that a program can compare: `urn:leadbox:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(schema_with = kinds)]
    pub kind: String,
    /// The kind in words, the same for all of a kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here, where, and what to do.
    pub detail: String,
    /// Where in the request it is: a JSON pointer, a header's or a parameter's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The request's id, by which it is found in the hub's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

/// The words of all kinds.
fn kinds() -> Object {
    let words = Code::ALL.map(|code| Problem::new(code, "").kind);
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

/// The kinds of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The body or a parameter is not what is asked for.
    Invalid,
    /// No valid token, or no valid signature.
    Unauthorized,
    /// The role may not do this.
    Forbidden,
    /// Nothing of that name that the caller may see.
    NotFound,
    /// The method is not one of this address.
    Method,
    /// It was done differently before, or the record changed meanwhile.
    Conflict,
    /// The handoff's rules do not allow it.
    Refused,
    /// The same key came with other contents.
    KeyReused,
    /// The place to read on from is unknown to this hub: read from the start.
    Cursor,
    /// Too large.
    TooLarge,
    /// Not a kind of body that is understood.
    MediaType,
    /// Too many at once: wait.
    TooMany,
    /// The hub cannot do it now: try again.
    Unavailable,
    /// A mistake of the hub's own.
    Internal,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Invalid,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::Method,
        Self::Conflict,
        Self::Refused,
        Self::KeyReused,
        Self::Cursor,
        Self::TooLarge,
        Self::MediaType,
        Self::TooMany,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The word, the HTTP status and the title.
    fn told(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::Invalid => ("invalid", 400, "the request cannot be understood"),
            Self::Unauthorized => ("unauthorized", 401, "who asks is not known"),
            Self::Forbidden => ("forbidden", 403, "this is not for your role"),
            Self::NotFound => ("not-found", 404, "there is nothing here for you"),
            Self::Method => ("method", 405, "this cannot be done here"),
            Self::Conflict => ("conflict", 409, "it is not as you took it to be"),
            Self::Refused => ("refused", 422, "the handoff's rules do not allow it"),
            Self::KeyReused => ("key-reused", 422, "this key was used for something else"),
            Self::Cursor => ("cursor", 410, "the place to read on from is unknown"),
            Self::TooLarge => ("too-large", 413, "the request is too large"),
            Self::MediaType => ("media-type", 415, "this kind of body is not understood"),
            Self::TooMany => ("too-many", 429, "too many requests"),
            Self::Unavailable => ("unavailable", 503, "the hub cannot do it now"),
            Self::Internal => ("internal", 500, "the hub made a mistake"),
        }
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        self.told().1
    }
}

impl Problem {
    /// A problem of this kind, told in `detail`.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let (word, status, title) = code.told();
        let kind = format!("urn:leadbox:problem:{word}");
        Self { kind, title: title.into(), status, detail: detail.into(), at: None, instance: None }
    }

    /// The same, saying where in the request it is.
    pub fn at(self, place: impl Into<String>) -> Self {
        Self { at: Some(place.into()), ..self }
    }

    /// Whether it is of this kind.
    pub fn is(&self, code: Code) -> bool {
        self.kind.strip_prefix("urn:leadbox:problem:") == Some(code.told().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_from_the_others() {
        for code in Code::ALL {
            let problem = Problem::new(code, "why").at("/items/0");
            assert_eq!(Code::ALL.into_iter().filter(|&other| problem.is(other)).collect::<Vec<_>>(), [code]);
            assert_eq!(problem.status, code.status());
        }
    }
}
