use super::*;
use crate::handoff::activity::{ActivityKind, Direction};

fn mapping(text: &str) -> PostMapping {
    PostMapping::parse("m.toml", text).unwrap()
}

fn read(mapping: &PostMapping, body: &str) -> Result<Vec<Item>, PostError> {
    mapping.items(Posted { body: body.as_bytes(), is_form: false }, |_| None)
}

const FORM: &str = r#"
id = ["contact.id", "contact.email"]
rest = "drop"
[post]
key = ["header:x-event-id", "submission.id"]
[lead]
message = "answers.question"
[lead.person]
name = "contact.name"
email = { column = "contact.email", lower = true }
do_not_email = { column = "contact.newsletter", negate = true }
[lead.company]
website = "contact.site"
[lead.attribution]
campaign = "utm.campaign"
source = { value = "website" }
[lead.extras]
"landing page" = "page"
[activity.form]
kind = { value = "demo_request" }
at = "submission.at"
text = { template = "Demo form[: {answers.question}]" }
"#;

const BODY: &str = r#"{
    "contact": { "name": " Ada Ames ", "email": "ADA@Acme.example", "newsletter": "yes", "site": "https://www.acme.example/x" },
    "answers": { "question": "How much?" }, "utm": { "campaign": null }, "page": "/demo",
    "submission": { "id": 77, "at": "2026-11-20T09:00:00Z" }
}"#;

#[test]
fn nested_json_becomes_a_message() {
    let items = read(&mapping(FORM), BODY).unwrap();
    let [item] = &items[..] else { panic!("{items:?}") };
    assert_eq!(item.key, "77");
    assert_eq!(item.id.as_deref(), Some("ADA@Acme.example"));
    assert_eq!(item.person.name.as_deref(), Some("Ada Ames"));
    assert_eq!(item.person.email.as_deref(), Some("ada@acme.example"));
    assert_eq!(item.person.do_not_email, Some(false), "who agreed to letters may be written to");
    assert_eq!(item.person.do_not_call, None, "nothing was said of calls");
    assert_eq!(item.company.domain.as_deref(), Some("acme.example"));
    assert_eq!((item.campaign.as_deref(), item.lead_source.as_deref()), (None, Some("website")));
    assert_eq!(item.message.as_deref(), Some("How much?"));
    assert_eq!(item.extras["landing page"], "/demo");
    let [activity] = &item.activities[..] else { panic!("{item:?}") };
    assert_eq!((activity.kind, activity.direction), (ActivityKind::DemoRequest, Direction::Inbound));
    assert_eq!(activity.text, "Demo form: How much?");
    assert_eq!(activity.at.unwrap().to_rfc3339(), "2026-11-20T09:00:00+00:00");
    assert_eq!(activity.id, None, "each message tells of an activity of its own");
}

#[test]
fn the_key_is_the_headers_the_fields_or_the_bodys() {
    let mapping = mapping(FORM);
    let posted = Posted { body: BODY.as_bytes(), is_form: false };
    let by_header = mapping.items(posted, |name| (name == "x-event-id").then(|| "e1".to_owned())).unwrap();
    assert_eq!(by_header[0].key, "e1");
    let bare = |body: &str| read(&mapping, body).unwrap()[0].key.clone();
    let (one, other) = (bare(r#"{"contact":{"id":"1"}}"#), bare(r#"{"contact":{"id":"2"}}"#));
    assert_eq!(one, bare(r#"{"contact":{"id":"1"}}"#));
    assert!(one != other && one.len() == 64);
    let long = bare(&format!(r#"{{"contact":{{"id":"1"}},"submission":{{"id":"{}"}}}}"#, "x".repeat(900)));
    assert_eq!(long.len(), 64);
}

#[test]
fn forms_that_post_names_and_values_are_read() {
    let hubspot = mapping(
        "[post]\npairs = { at = \"fields\" }\n[lead.person]\nemail = \"fields.email\"\nfirst_name = \"fields.firstname\"\n\
         [lead.extras]\nTopics = \"fields.topic\"",
    );
    let body = r#"{"fields":[{"name":"email","value":"a@b.example"},{"name":"firstname","value":"Ada"},
        {"name":"topic","value":"x"},{"name":"topic","value":"y"}],"pageUri":"/p"}"#;
    let item = &read(&hubspot, body).unwrap()[0];
    assert_eq!((item.person.email.as_deref(), item.person.first_name.as_deref()), (Some("a@b.example"), Some("Ada")));
    assert_eq!(item.extras["Topics"], "x; y");
    assert_eq!(item.extras["pageUri"], "/p", "what no field takes is kept");

    let typeform = mapping(
        "[post]\nkey = \"event_id\"\npairs = { at = \"form_response.answers\", name = \"field.ref\", \
         value = [\"text\", \"email\", \"boolean\", \"choice.label\"] }\n\
         [lead.person]\nemail = \"form_response.answers.mail\"\n\
         do_not_call = { column = \"form_response.answers.calls\", negate = true }\n\
         [lead.company]\nsize = \"form_response.answers.size\"",
    );
    let body = r#"{"event_id":"01","form_response":{"answers":[
        {"type":"email","email":"a@b.example","field":{"ref":"mail"}},
        {"type":"boolean","boolean":false,"field":{"ref":"calls"}},
        {"type":"choice","choice":{"label":"51-200"},"field":{"ref":"size"}}]}}"#;
    let item = &read(&typeform, body).unwrap()[0];
    assert_eq!(item.person.email.as_deref(), Some("a@b.example"));
    assert_eq!(item.person.do_not_call, Some(true));
    assert_eq!(item.company.size.as_deref(), Some("51-200"));

    let bare = mapping("[post]\npairs = { at = \"\" }\n[lead.person]\nemail = \"email\"");
    let item = &read(&bare, r#"[{"name":"email","value":"a@b.example"}]"#).unwrap()[0];
    assert_eq!(item.person.email.as_deref(), Some("a@b.example"));
}

#[test]
fn a_form_is_read_as_browsers_send_it() {
    let mapping = mapping("[lead.person]\nemail = \"email\"\nname = \"full name\"\n[lead.extras]\nWants = \"wants[]\"");
    let body = b"full+name=J%C3%B6rg+%26+Co&email=j%40b.example&wants%5B%5D=a&wants%5B%5D=b#c";
    let item = &mapping.items(Posted { body, is_form: true }, |_| None).unwrap()[0];
    assert_eq!(item.person.name.as_deref(), Some("Jörg & Co"));
    assert_eq!(item.person.email.as_deref(), Some("j@b.example"));
    assert_eq!(item.extras["Wants"], "a; b#c");
}

#[test]
fn lists_are_messages_of_their_own_with_keys_of_their_own() {
    let mapping = mapping(
        "id = \"id\"\nskip = { column = \"kind\", is = [\"test\"] }\n[post]\nitems = \"events\"\nkey = \"header:x-id\"",
    );
    let body = r#"{"events":[{"id":"1"},{"id":"2"},{"id":"3","kind":"test"}]}"#;
    let posted = Posted { body: body.as_bytes(), is_form: false };
    let items = mapping.items(posted, |_| Some("k".into())).unwrap();
    let keys: Vec<_> = items.iter().map(|item| (item.id.as_deref().unwrap(), item.key.as_str())).collect();
    assert_eq!(keys, [("1", "k"), ("2", "k/1")]);
    let missing = read(&mapping, r#"{"id":"1"}"#).unwrap_err();
    assert_eq!(missing.at, "/events");
}

#[test]
fn what_makes_no_sense_is_told_by_its_place() {
    let mapping = mapping(FORM);
    for (body, at, why) in [
        (r#"{"contact":{"id":"1","newsletter":"perhaps"}}"#, "/contact/newsletter", "neither yes nor no"),
        (
            r#"[{"contact":{"id":"1"}},{"submission":{"at":"soon"},"answers":{"question":"x"}}]"#,
            "/1/submission/at",
            "no",
        ),
        ("[1]", "", "an object"),
        ("7", "", "an object"),
        ("{", "", "EOF"),
        (&"[".repeat(500), "", "recursion limit"),
    ] {
        let error = read(&mapping, body).unwrap_err();
        assert_eq!(error.at, at, "{error:?}");
        assert!(error.why.contains(why), "{error:?}");
    }
}

#[test]
fn a_mistake_in_the_mapping_is_told_with_its_line_and_what_to_do() {
    for (text, line, words) in [
        ("[lead]\nowner = \"x\"", 2, "no key `owner`"),
        ("[lead]\nstage = \"x\"", 2, "no key `stage`"),
        ("[lead.person]\nemial = \"x\"", 2, "did you mean `email`"),
        ("[lead.company]\nas_of = \"x\"", 2, "no key `as_of`"),
        ("[score]\ntotal = \"x\"", 1, "no key `score`"),
        ("[post]\nkeys = \"x\"", 2, "did you mean `key`"),
        ("[post]\nsignature = \"none\"", 2, "shared-secret-header"),
        ("[post]\nsignature = \"shared-secret-header\"", 2, "secret_header"),
        ("[post]\nsecret_header = \"X-Secret\"", 2, "signature"),
        ("[post]\nsignature = \"shared-secret-header\"\nsecret_header = \"Host\"", 3, "no header for a secret"),
        ("[post]\npairs = { name = \"x\" }", 2, "at = "),
        ("[lead.person]\nname = { column = \"x\", negate = true }", 2, "negate"),
    ] {
        let error = PostMapping::parse("m.toml", text).map(drop).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn of_a_post_with_too_many_messages_none_is_read() {
    let body = |many: usize| format!("[{}]", vec!["1"; many].join(","));
    let told = |many| read(&mapping(FORM), &body(many)).unwrap_err();
    assert_eq!(told(MOST_ITEMS).at, "/0", "the first is looked at");
    let many = told(MOST_ITEMS + 1);
    assert_eq!((many.at.as_str(), many.why.as_str()), ("", "a post has at most 200 messages, not 201"));
}
