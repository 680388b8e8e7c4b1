//! The real Tryton behaves as its connector takes it to. Where it changes its mind, this says so before the connector
//! does.

use serde_json::{Value, json};

use crate::faults::{Fault, Faults, Says};
use crate::tryton::{NewLead, READER, STRANGER, Tryton, User, with_context};

const SEARCH: &str = "model.sale.opportunity.search_read";
const READ: &str = "model.sale.opportunity.read";
const WRITE: &str = "model.sale.opportunity.write";
const ACCEPT: &str = "model.sale.opportunity.opportunity";
const LOSE: &str = "model.sale.opportunity.lost";

fn maya(employee: i64) -> NewLead<'static> {
    NewLead {
        name: "Maya Chen",
        email: "maya@northwind.example",
        phone: "+1 415 555 0101",
        employee: Some(employee),
        description: "Wants a demo",
        comment: "Read the prices\ntwice",
    }
}

/// What a user is told when it does not work: kind and first words.
fn refusal(tryton: &Tryton, user: &User, method: &str, params: Value) -> (String, String) {
    let answer = tryton.raw(Some(user), method, with_context(params, &user.context));
    // That is the point: whatever is wrong, it worked as far as HTTP knows.
    assert_eq!(answer.status, 200, "{answer:?}");
    let error = &answer.json()["error"];
    let text = error[1].as_str().or_else(|| error[1][0].as_str());
    (error[0].as_str().unwrap().to_owned(), text.unwrap().to_owned())
}

fn version(tryton: &Tryton, lead: i64) -> String {
    tryton.lead(lead, &["_timestamp"]).unwrap()["_timestamp"].as_str().unwrap().to_owned()
}

/// The user, who saw this version of the lead.
fn having_seen(user: &User, lead: i64, version: &str) -> User {
    let mut user = user.clone();
    user.context["_timestamp"] = json!({format!("sale.opportunity,{lead}"): version});
    user
}

#[test]
fn a_lead_is_read_accepted_and_lost_with_a_reason_and_a_note() {
    let Some(tryton) = Tryton::start() else { return };
    let (ana, employee) = (tryton.sign_in("ana"), tryton.employee("ana"));
    let lead = tryton.create_lead(&maya(employee));

    let domain = json!([["state", "=", "lead"], ["employee", "=", employee]]);
    let fields = json!([
        "number",
        "state",
        "party.name",
        "party.email",
        "party.phone",
        "last_modified_at",
        "write_date",
        "comment"
    ]);
    let found = tryton.call(&ana, SEARCH, json!([domain, 0, 100, [["id", "ASC"]], fields]));
    let [one] = found.as_array().unwrap().as_slice() else { panic!("{found}") };
    assert_eq!((one["id"].as_i64(), one["state"].as_str()), (Some(lead), Some("lead")));
    let person = &one["party."];
    assert_eq!(person["name"], "Maya Chen");
    assert_eq!((&person["email"], &person["phone"]), (&json!("maya@northwind.example"), &json!("+1 415 555 0101")));
    assert_eq!(one["comment"], "Read the prices\ntwice");
    assert_eq!((&one["last_modified_at"]["__class__"], &one["write_date"]), (&json!("datetime"), &Value::Null));

    assert_eq!(tryton.call(&ana, ACCEPT, json!([[lead]])), Value::Null);
    assert_eq!(tryton.state(lead).as_deref(), Some("opportunity"));
    // A second time is an error, not a second acceptance.
    let (kind, _) = refusal(&tryton, &ana, ACCEPT, json!([[lead]]));
    assert_eq!(kind, "UserError");

    // The reason and a note, with what shows that they arrived, are one write.
    let marker = "[leadbox:0198c5d2-0000-7000-8000-000000000001]";
    let note = json!([["create", [{"message": format!("Not before May {marker}")}]]]);
    tryton.call(&ana, WRITE, json!([[lead], {"lost_reason": "no_timing", "notes": note}]));
    tryton.call(&ana, LOSE, json!([[lead]]));
    assert_eq!(tryton.state(lead).as_deref(), Some("lost"));
    assert_eq!(tryton.lost_reason(lead).as_deref(), Some("no_timing"));
    assert_eq!(tryton.notes(lead), [format!("Not before May {marker}")]);
    assert_eq!((tryton.count_notes(marker), tryton.count_notes("[leadbox:9")), (1, 0));
    let domain =
        json!([["resource", "=", format!("sale.opportunity,{lead}")], ["message", "like", format!("%{marker}%")]]);
    assert_eq!(tryton.call(&ana, "model.ir.note.search_count", json!([domain, 0, null])), 1);
    // Notes are to be found by their lead only, or the lead by its notes.
    let by_text = json!([["message", "like", format!("%{marker}%")]]);
    let (_, text) = refusal(&tryton, &ana, "model.ir.note.search_count", json!([by_text, 0, null]));
    assert!(text.contains("not allowed to search"), "{text}");
    let by_text = json!([["notes.message", "like", format!("%{marker}%")]]);
    assert_eq!(tryton.call(&ana, SEARCH, json!([by_text, 0, 9, null, ["id"]])), json!([{"id": lead}]));

    // A note that is made by itself leaves the lead's version alone.
    let before = version(&tryton, lead);
    tryton.add_note(lead, "Asked again");
    assert_eq!(version(&tryton, lead), before);
    assert_eq!(tryton.notes(lead).len(), 2);

    // A long answer says that it is packed, and is not.
    let params = with_context(json!([null]), &ana.context);
    let long = tryton.raw(Some(&ana), "model.sale.opportunity.fields_get", params);
    assert!(long.head.contains("Content-Encoding: gzip"), "{}", long.head);
    assert_eq!(long.json()["result"]["employee"]["relation"], "company.employee");
}

#[test]
fn who_saw_an_older_version_changes_nothing() {
    let Some(tryton) = Tryton::start() else { return };
    let (ana, employee) = (tryton.sign_in("ana"), tryton.employee("ana"));
    let lead = tryton.create_lead(&maya(employee));
    let seen = version(&tryton, lead);
    tryton.set_employee(lead, Some(tryton.employee("ben")));

    let conflict = ("ConcurrencyException".to_owned(), "Records were modified in the meanwhile".to_owned());
    let stale = having_seen(&ana, lead, &seen);
    let note = json!({"notes": [["create", [{"message": "Mine"}]]]});
    assert_eq!(refusal(&tryton, &stale, ACCEPT, json!([[lead]])), conflict);
    assert_eq!(refusal(&tryton, &stale, LOSE, json!([[lead]])), conflict);
    assert_eq!(refusal(&tryton, &stale, WRITE, json!([[lead], note])), conflict);
    assert_eq!((tryton.state(lead).as_deref(), tryton.notes(lead).len()), (Some("lead"), 0));

    // So a call that is sent twice is done once.
    let fresh = having_seen(&ana, lead, &version(&tryton, lead));
    assert_eq!(tryton.call(&fresh, WRITE, json!([[lead], note])), Value::Null);
    assert_eq!(refusal(&tryton, &fresh, WRITE, json!([[lead], note])), conflict);
    assert_eq!(tryton.notes(lead), ["Mine"]);
}

#[test]
fn leads_of_one_time_are_told_apart_and_the_dead_are_missed() {
    let Some(tryton) = Tryton::start() else { return };
    let (ana, employee) = (tryton.sign_in("ana"), tryton.employee("ana"));
    let leads = tryton.create_leads(&[maya(employee), maya(employee), NewLead::default(), maya(employee)]);
    let order = json!([["last_modified_at", "ASC"], ["id", "ASC"]]);
    let first = tryton.call(&ana, SEARCH, json!([[], 0, 2, order, ["last_modified_at"]]));
    let (time, id) = (&first[1]["last_modified_at"], &first[1]["id"]);
    assert_eq!(&first[0]["last_modified_at"], time);
    let after = json!(["OR", [["last_modified_at", ">", time]], [["last_modified_at", "=", time], ["id", ">", id]]]);
    let rest = tryton.call(&ana, SEARCH, json!([after, 0, 100, order, ["id"]]));
    assert_eq!(rest, json!([{"id": leads[2]}, {"id": leads[3]}]));

    // Who has no party cannot be accepted.
    tryton.set_employee(leads[2], Some(employee));
    let (kind, text) = refusal(&tryton, &ana, ACCEPT, json!([[leads[2]]]));
    assert_eq!((kind.as_str(), text.contains("\"Party\"")), ("UserError", true), "{text}");

    tryton.delete(leads[0]);
    tryton.convert(leads[1]);
    tryton.lose(leads[2], "Nobody");
    let state = |at: usize, state: &str| (leads[at], state.to_owned());
    assert_eq!(tryton.all(), [state(1, "converted"), state(2, "lost"), state(3, "lead")]);
    // One that is not there spoils a read of many, and no search.
    let (kind, _) = refusal(&tryton, &ana, READ, json!([leads, ["id"]]));
    assert_eq!(kind, "UserError");
    let left = tryton.call(&ana, SEARCH, json!([[["id", "in", leads]], 0, null, [["id", "ASC"]], ["id"]]));
    assert_eq!(left, json!([{"id": leads[1]}, {"id": leads[2]}, {"id": leads[3]}]));
    // What became of it is still to be seen, by whoever knows its number.
    let told = tryton.call(&ana, "model.sale.opportunity.history_revisions", json!([[leads[0]]]));
    assert!(told.as_array().is_some_and(|told| told.len() >= 3), "{told}");
}

#[tokio::test]
async fn who_may_not_is_told_so_and_who_was_signed_out_is_too() {
    let Some(tryton) = Tryton::start() else { return };
    let (ana, employee) = (tryton.sign_in("ana"), tryton.employee("ana"));
    let lead = tryton.create_lead(&maya(employee));
    let (reader, stranger) = (tryton.sign_in(READER), tryton.sign_in(STRANGER));
    assert_eq!(tryton.call(&reader, READ, json!([[lead], ["state"]]))[0]["state"], "lead");
    let note = json!([[{"resource": format!("sale.opportunity,{lead}"), "message": "Mine"}]]);
    for (user, method, params) in [
        (&reader, ACCEPT, json!([[lead]])),
        (&reader, "model.ir.note.create", note),
        (&stranger, READ, json!([[lead], ["state"]])),
    ] {
        let (kind, text) = refusal(&tryton, user, method, params);
        assert_eq!((kind.as_str(), text.contains("not allowed")), ("UserError", true), "{text}");
    }
    assert_eq!((tryton.state(lead).as_deref(), tryton.notes(lead).len()), (Some("lead"), 0));

    let wrong = tryton.raw(None, "common.db.login", json!(["ana", {"password": "not this one"}, "en"]));
    assert_eq!((wrong.status, wrong.json()), (401, Value::Null));
    assert!(wrong.body.contains("</title>\n<h1>"), "no proxy's page looks so: {}", wrong.body);

    // The same over a line, which changes nothing of what is said.
    let line = Faults::start(&tryton.url()).await;
    let ask = async || {
        let body = json!({"id": 7, "method": READ, "params": [[lead], ["state"], ana.context]}).to_string();
        let request = reqwest::Client::new().post(format!("{}/crm/rpc/", line.url()));
        let request = request.header("content-type", "application/json").header("authorization", &ana.authorization);
        let answer = request.body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let found = json!({"id": 7, "result": [{"id": lead, "state": "lead"}]});
    let (status, body) = ask().await;
    assert_eq!((status, serde_json::from_str::<Value>(&body).unwrap()), (200, found));
    line.next(Fault::before(Says::Unavailable));
    assert_eq!(ask().await.0, 503);
    tryton.end_all_sessions();
    assert_eq!(ask().await, (401, String::new()));
    // The tests themselves go on, and one can sign in anew.
    assert_eq!(tryton.state(lead).as_deref(), Some("lead"));
    assert_eq!(tryton.call(&tryton.sign_in("ana"), READ, json!([[lead], ["state"]]))[0]["state"], "lead");
}
