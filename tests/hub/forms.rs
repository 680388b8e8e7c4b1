//! Senders that post in their own form: their mapping, their keys, and those that cannot sign.

use chrono::Duration;
use leadbox::hub::intake;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::hub::{Ask, Reply, Rig, both};

const MAPPING: &str = r#"
[post]
key = "header:x-delivery"
pairs = { at = "fields" }
[lead.person]
email = "fields.email"
name = "fields.full_name"
country = { value = "Spain" }
do_not_email = { column = "fields.consent", negate = true }
[lead.company]
name = "fields.company"
size = "fields.size"
[activity.form]
kind = { value = "demo_request" }
text = { value = "Asked for a demo" }
"#;

fn body(name: &str) -> Value {
    let pair = |name: &str, value: &str| json!({ "name": name, "value": value });
    json!({ "formId": 7, "fields": [
        pair("email", &format!("{name}@acme.example")), pair("full_name", &format!("{name} Ames")),
        pair("company", "Acme"), pair("size", "800"), pair("consent", "no"),
    ]})
}

fn set_up(rig: &Rig, name: &str, mapping: &str) -> Reply {
    let wanted = json!({ "name": name, "mapping": { "file": "form.toml", "toml": mapping } });
    rig.as_who("rev", Ask::new("POST", "/v1/sources").json(&wanted))
}

fn secret(made: &Value) -> SecretString {
    SecretString::from(made["secret"].as_str().unwrap().to_owned())
}

fn post(rig: &Rig, secret: &SecretString, second: i64, media: &str, body: &[u8]) -> Ask {
    let signature = intake::sign(secret, rig.now() - Duration::seconds(second), body);
    Ask::new("POST", "/v1/intake/form").body(media, body).header("leadbox-signature", signature)
}

#[test]
fn a_sender_posts_in_its_own_form_and_it_is_a_lead() {
    both(|rig, _| {
        let secret = secret(&set_up(rig, "form", MAPPING).ok());
        let bytes = body("ada").to_string().into_bytes();
        let json = "application/json; charset=utf-8";
        let taken = rig.ask(post(rig, &secret, 0, json, &bytes).header("x-delivery", "d1")).ok();
        let lead = taken["items"][0]["lead"].as_i64().unwrap();
        let state = rig.as_who("ana", Ask::get(&format!("/v1/leads/{lead}"))).ok();
        let record = &state["lead"];
        assert_eq!(record["person"]["name"], "ada Ames", "{state}");
        assert_eq!(record["person"]["do_not_email"], true);
        assert_eq!(record["company"]["size"], "800");
        assert_eq!(record["extras"]["formId"], "7");
        let again = rig.ask(post(rig, &secret, 1, json, &bytes).header("x-delivery", "d1")).ok();
        assert_eq!(again["items"][0]["is_repeat"], true);
        let another = rig.ask(post(rig, &secret, 2, json, &bytes).header("x-delivery", "d2")).ok();
        assert_eq!(another["items"][0]["is_repeat"], false, "the sender says that it is another one");
        assert_eq!(rig.number("SELECT count(*) FROM activity"), 2);
        assert_eq!(rig.number("SELECT count(*) FROM lead"), 1);
    });
}

#[test]
fn a_form_as_browsers_send_it_is_taken_from_a_mapped_sender_only() {
    both(|rig, _| {
        let mapping = "[lead.person]\nemail = \"email\"\nname = \"name\"";
        let secret = secret(&set_up(rig, "form", mapping).ok());
        let (media, bytes) = ("application/x-www-form-urlencoded", b"name=J%C3%B6rg+Ames&email=j%40acme.example");
        rig.ask(post(rig, &secret, 0, media, bytes)).ok();
        let record: Value = serde_json::from_str(rig.rows("SELECT record FROM lead")[0].text(0).unwrap()).unwrap();
        assert_eq!(record["person"]["name"], "Jörg Ames");
        let again = rig.ask(post(rig, &secret, 1, media, bytes)).ok();
        assert_eq!(again["items"][0]["is_repeat"], true, "its key is the hash of the body");
        rig.ask(post(rig, &secret, 2, "text/plain", bytes)).must_be_problem(415);
        let own = intake::sign(&rig.secret, rig.now(), bytes);
        let ask = Ask::new("POST", "/v1/intake/web").body(media, bytes).header("leadbox-signature", own);
        rig.ask(ask).must_be_problem(415);
    });
}

#[test]
fn one_that_cannot_sign_shows_its_secret_in_the_header_that_was_agreed_on() {
    both(|rig, _| {
        let mapping = format!(
            "{}\nsignature = \"shared-secret-header\"\nsecret_header = \"X-Hook-Secret\"{}",
            "[post]",
            MAPPING.replace("[post]\n", "\n")
        );
        let secret = secret(&set_up(rig, "form", &mapping).ok());
        let bytes = body("ada").to_string();
        let ask = || Ask::new("POST", "/v1/intake/form").body("application/json", bytes.as_bytes());
        let right = secret.expose_secret();
        let wrong = [
            ask(),
            ask().header("x-hook-secret", ""),
            ask().header("x-hook-secret", &right[..right.len() - 1]),
            ask().header("x-hook-secret", format!("{right}x")),
            ask().header("x-other", right),
            ask().header("x-hook-secret", right).header("x-hook-secret", right),
            ask().header("x-hook-secret", right).header("leadbox-signature", "t=1,v1=00"),
        ];
        for ask in wrong {
            rig.ask(ask).must_be_problem(401);
        }
        let elsewhere = Ask::new("POST", "/v1/intake/web").body("application/json", bytes.as_bytes());
        rig.ask(elsewhere.header("x-hook-secret", rig.secret.expose_secret())).must_be_problem(401);
        assert_eq!(rig.number("SELECT count(*) FROM lead"), 0);
        rig.ask(ask().header("x-hook-secret", right)).ok();
        let again = rig.ask(ask().header("x-hook-secret", right)).ok();
        assert_eq!(again["items"][0]["is_repeat"], true);
        rig.ask(post(rig, &secret, 0, "application/json", bytes.as_bytes())).ok();
    });
}

#[test]
fn a_mapping_changes_without_the_secret_and_a_wrong_one_changes_nothing() {
    let rig = &Rig::new(&crate::place::Place::sqlite());
    let made = set_up(rig, "form", MAPPING).ok();
    let secret = secret(&made);
    let before = rig.contents();
    for (mapping, words) in [
        ("[lead.person]\nemial = \"x\"", "form.toml:2:1"),
        ("[lead.person]\nemial = \"x\"", "did you mean `email`"),
        ("[lead]\nowner = \"x\"", "no key `owner`"),
        ("= 1", "not valid TOML"),
    ] {
        let reply = set_up(rig, "form", mapping);
        let problem = reply.must_be_problem(400);
        assert_eq!(problem["at"], "/mapping/toml");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
    let long = format!("# {}", "x".repeat(70_000));
    set_up(rig, "form", &long).must_be_problem(400);
    assert_eq!(rig.contents(), before);
    assert_eq!(set_up(rig, "form", &MAPPING.replace("Acme", "Beta")).ok().get("secret"), None);
    let bytes = body("ada").to_string().into_bytes();
    rig.ask(post(rig, &secret, 0, "application/json", &bytes)).ok();
    let wrong = json!({ "fields": [{ "name": "consent", "value": "perhaps" }] }).to_string().into_bytes();
    let reply = rig.ask(post(rig, &secret, 0, "application/json", &wrong));
    assert_eq!(reply.must_be_problem(400)["at"], "/fields/consent");
    // Without a mapping it speaks the hub's own form again; a new secret leaves the mapping alone.
    set_up(rig, "form", "").ok();
    rig.ask(post(rig, &secret, 3, "application/json", &bytes)).must_be_problem(400);
    let own = json!({ "key": "k", "person": { "email": "b@acme.example" } }).to_string().into_bytes();
    rig.ask(post(rig, &secret, 0, "application/json", &own)).ok();
}

#[test]
fn a_form_with_somebody_elses_address_moves_no_contact_data_of_a_lead_that_is_held() {
    both(|rig, _| {
        let mut item = crate::hub::item("held", "Spain");
        item["person"]["phone"] = json!("+34 600 000 001");
        item["person"]["do_not_call"] = json!(true);
        let lead = rig.post(&item).ok()["items"][0]["lead"].as_i64().unwrap();
        let mut forged = item.clone();
        forged["key"] = json!("forged");
        forged["person"]["phone"] = json!("+34 999");
        forged["person"]["mobile"] = json!("+34 998");
        forged["person"]["do_not_call"] = json!(false);
        rig.post(&forged).ok();
        let state = rig.as_who("ana", Ask::get(&format!("/v1/leads/{lead}"))).ok();
        let person = &state["lead"]["person"];
        assert_eq!(person["phone"], "+34 600 000 001");
        assert_eq!(person["mobile"], "+34 998", "a gap is filled");
        assert_eq!(person["do_not_call"], true);
        let told =
            state["trail"].as_array().unwrap().iter().any(|act| act["text"].as_str().unwrap().contains("+34 999"));
        assert!(told, "{state}");
        let basis = rig.rows(&format!("SELECT basis FROM log WHERE lead = {lead} AND what LIKE '%completed%'"));
        let basis: Value = serde_json::from_str(basis[0].text(0).unwrap()).unwrap();
        assert_eq!(basis["inputs"], json!([{ "field": "person.mobile", "from": null, "to": "+34 998" }]), "{basis}");
    });
}
