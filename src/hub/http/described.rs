//! What the API's document says of a route, read off its handler's signature: each extractor says what it asks for and
//! what it may refuse, each answer what it comes to. So no fact about a route stands twice.

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::sse::Sse;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::{
    ContentBuilder, Header, KnownFormat, Ref, RefOr, Required, Response, ResponseBuilder, Schema, SchemaFormat,
    SecurityRequirement,
};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use super::answer::Failed;
use super::asked::{Asked, Body, Caller, Place, Text};
use crate::wire::Written;
use crate::wire::problem::{Code, MEDIA_TYPE, Problem};

/// The security scheme of those who show a token.
pub(super) const TOKEN: &str = "token";

/// The media type of most bodies.
pub(super) const JSON: &str = "application/json";

/// What every request may come to.
const ALWAYS: [Code; 2] = [Code::Unavailable, Code::Internal];

/// A route as far as it is described.
pub(super) struct Draft {
    path: &'static str,
    parameters: Vec<Parameter>,
    body: Option<RequestBody>,
    answer: Option<Response>,
    problems: Vec<Code>,
    security: Option<&'static str>,
    /// The types by their names.
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

impl Draft {
    pub(super) fn new(path: &'static str) -> Self {
        let schemas = vec![(Problem::name().into(), Problem::schema())];
        let (parameters, problems) = (Vec::new(), ALWAYS.to_vec());
        Self { path, parameters, body: None, answer: None, problems, security: None, schemas }
    }

    /// It may come to these problems.
    pub(super) fn may_be(&mut self, problems: &[Code]) {
        self.problems.extend(problems);
    }

    /// Whoever asks is known by this scheme.
    pub(super) fn is_secured_by(&mut self, scheme: &'static str) {
        self.security = Some(scheme);
        self.may_be(&[Code::Unauthorized, Code::TooMany]);
    }

    /// Reads a body of this kind.
    pub(super) fn reads(&mut self, media: &str, schema: impl Into<RefOr<Schema>>) {
        let content = ContentBuilder::new().schema(Some(schema)).build();
        self.body = Some(RequestBodyBuilder::new().required(Some(Required::True)).content(media, content).build());
        self.may_be(&[Code::Invalid, Code::TooLarge, Code::MediaType]);
    }

    /// Answers with this, or with what else was said before.
    pub(super) fn answers(&mut self, media: &str, schema: impl Into<RefOr<Schema>>) {
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let answer =
            self.answer.get_or_insert_with(|| with_id(ResponseBuilder::new().description("It is done.")).build());
        answer.content.insert(media.to_owned(), content.into());
    }

    /// The schema of a type: by its name where it is one of ours.
    pub(super) fn of<T: ToSchema>(&mut self) -> RefOr<Schema> {
        T::schemas(&mut self.schemas);
        if !std::any::type_name::<T>().starts_with("leadbox::") {
            return T::schema();
        }
        self.schemas.push((T::name().into(), T::schema()));
        Ref::from_schema_name(T::name()).into()
    }

    /// All of it.
    pub(super) fn finish(self, method: &str, about: &str) -> Operation {
        let words = self.path.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let id: Vec<&str> = std::iter::once(method).chain(words).collect();
        let mut operation = OperationBuilder::new()
            .operation_id(Some(id.join("_").to_lowercase()))
            .summary(Some(about))
            .parameters(Some(self.parameters))
            .request_body(self.body);
        if let Some(scheme) = self.security {
            operation = operation.security(SecurityRequirement::new::<_, [&str; 0], &str>(scheme, []));
        }
        if let Some(answer) = self.answer {
            operation = operation.response("200", answer);
        }
        for status in Code::ALL.map(Code::status) {
            let codes = Code::ALL.into_iter().filter(|code| code.status() == status && self.problems.contains(code));
            let kinds: Vec<String> = codes.map(|code| Problem::new(code, "").kind).collect();
            if !kinds.is_empty() {
                operation = operation.response(status.to_string(), problem(status, &kinds));
            }
        }
        operation.build()
    }
}

fn problem(status: u16, kinds: &[String]) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    let response = ResponseBuilder::new().description(kinds.join(", ")).content(MEDIA_TYPE, content);
    let response = match status {
        401 => response.header("WWW-Authenticate", header(Type::String, "How one shows who one is.")),
        429 | 503 => response.header("Retry-After", header(Type::Integer, "In so many seconds it may go better.")),
        _ => response,
    };
    with_id(response).build()
}

fn with_id(response: ResponseBuilder) -> ResponseBuilder {
    response.header("X-Request-Id", header(Type::String, "By which the request is found in the hub's log."))
}

fn header(kind: Type, about: &str) -> Header {
    HeaderBuilder::new().schema(Some(Object::with_type(kind))).description(Some(about)).build()
}

/// A text.
pub(super) fn text() -> Object {
    Object::with_type(Type::String)
}

/// Something that a handler is given of a request.
pub(super) trait Asks {
    /// What it asks for.
    fn asks(draft: &mut Draft);
}

/// Something that a handler comes to.
pub(super) trait Tells {
    /// What it is.
    fn tells(draft: &mut Draft);
}

/// A handler, which is described by what it is given and what it comes to. `Given` only tells functions of one length
/// from those of another.
pub(super) trait Described<Given> {
    /// What the handler's signature says.
    fn describe(draft: &mut Draft);
}

macro_rules! described {
    ($($given:ident),*) => {
        impl<Handler, Comes, Told, $($given),*> Described<($($given,)*)> for Handler
        where
            Handler: Fn($($given),*) -> Comes,
            Comes: Future<Output = Told>,
            Told: Tells,
            $($given: Asks),*
        {
            fn describe(draft: &mut Draft) {
                Told::tells(draft);
                $($given::asks(draft);)*
            }
        }
    };
}

described!();
described!(A);
described!(A, B);
described!(A, B, C);
described!(A, B, C, D);
described!(A, B, C, D, E);

/// The hub's own affair.
impl<S> Asks for State<S> {
    fn asks(_: &mut Draft) {}
}

/// The hub's own affair.
impl<E> Asks for Extension<E> {
    fn asks(_: &mut Draft) {}
}

impl Asks for Caller {
    fn asks(draft: &mut Draft) {
        draft.is_secured_by(TOKEN);
        draft.may_be(&[Code::Forbidden]);
    }
}

impl<P: Part> Asks for Place<P> {
    fn asks(draft: &mut Draft) {
        let name = draft.path.split(['{', '}']).nth(1).unwrap_or_default();
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
        draft.parameters.push(parameter.schema(Some(P::schema())).build());
        draft.may_be(&[Code::Invalid]);
    }
}

impl<Q: IntoParams> Asks for Asked<Q> {
    fn asks(draft: &mut Draft) {
        draft.parameters.extend(Q::into_params(|| Some(ParameterIn::Query)));
        draft.may_be(&[Code::Invalid]);
    }
}

impl<T: ToSchema> Asks for Body<T> {
    fn asks(draft: &mut Draft) {
        let schema = draft.of::<T>();
        draft.reads(JSON, schema);
    }
}

impl Asks for Text {
    fn asks(draft: &mut Draft) {
        draft.reads(Self::MEDIA, text());
    }
}

/// A part of an address.
pub(super) trait Part {
    /// What can stand there.
    fn schema() -> Object;
}

impl Part for i64 {
    fn schema() -> Object {
        let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
        ObjectBuilder::new().schema_type(Type::Integer).format(Some(format)).build()
    }
}

impl Part for String {
    fn schema() -> Object {
        text()
    }
}

impl Part for Uuid {
    fn schema() -> Object {
        let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build()
    }
}

impl<T: Tells> Tells for Result<T, Failed> {
    fn tells(draft: &mut Draft) {
        T::tells(draft);
    }
}

impl<T: ToSchema> Tells for Json<T> {
    fn tells(draft: &mut Draft) {
        let schema = draft.of::<T>();
        draft.answers(JSON, schema);
    }
}

impl<T: ToSchema> Tells for Written<T> {
    fn tells(draft: &mut Draft) {
        Json::<T>::tells(draft);
    }
}

impl Tells for &'static str {
    fn tells(draft: &mut Draft) {
        draft.answers("text/plain; charset=utf-8", text());
    }
}

impl<S> Tells for Sse<S> {
    fn tells(draft: &mut Draft) {
        draft.answers("text/event-stream", text());
    }
}
