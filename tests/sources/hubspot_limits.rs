//! What HubSpot's double keeps back: by limits, by order, by tier and by scope; and what it tells of the account.

use serde_json::{Value, json};

use crate::hubspot::{Account, Fault, Hubspot};
use crate::hubspot_double::{CLIENT, all, ask, get, ids, search};

async fn search_all(hubspot: &Hubspot) -> crate::hubspot_double::Got {
    search(hubspot, "leads", json!([{ "propertyName": "hs_object_id", "operator": "HAS_PROPERTY" }]), "0").await
}

#[tokio::test]
async fn five_searches_a_second_and_not_one_more() {
    let hubspot = Hubspot::start(Account::enterprise());
    hubspot.habits(|habits| habits.limits = true);
    for _ in 0..5 {
        let got = search_all(&hubspot).await;
        assert_eq!((got.status, got.headers.contains_key("x-hubspot-ratelimit-max")), (200, false));
    }
    let got = search_all(&hubspot).await;
    assert_eq!((got.status, &got.body["policyName"]), (429, &json!("SECONDLY")));
    assert!(!got.headers.contains_key("retry-after"));
    hubspot.advance(1);
    assert_eq!(search_all(&hubspot).await.status, 200);
    assert_eq!(hubspot.busiest(1000, |asked| asked.is_search()), 6, "what was refused was asked");
}

#[tokio::test]
async fn a_number_in_ten_seconds_and_a_number_a_day() {
    let hubspot = Hubspot::start(Account::free());
    hubspot.habits(|habits| habits.limits = true);
    let owners = "/crm/owners/2026-09";
    for _ in 0..100 {
        assert_eq!(get(&hubspot, owners).await.status, 200);
    }
    assert_eq!(get(&hubspot, owners).await.body["policyName"], "TEN_SECONDLY_ROLLING");
    let contacts = json!([{ "propertyName": "hs_object_id", "operator": "HAS_PROPERTY" }]);
    assert_eq!(search(&hubspot, "contacts", contacts, "0").await.status, 200, "searches do not count here");
    hubspot.advance(10);
    assert_eq!(get(&hubspot, owners).await.headers["x-hubspot-ratelimit-remaining"], "99");
    hubspot.account(|account| account.per_day = 102);
    assert_eq!(get(&hubspot, owners).await.body["policyName"], "DAILY");
    hubspot.advance(86_400);
    assert_eq!(get(&hubspot, owners).await.status, 200);
}

#[tokio::test]
async fn it_fails_by_order() {
    let hubspot = Hubspot::start(Account::enterprise());
    hubspot.order("search", 1, Fault::Say(423, None));
    hubspot.order("search", 1, Fault::Say(477, Some(3)));
    assert_eq!(search_all(&hubspot).await.status, 200);
    assert_eq!(search_all(&hubspot).await.status, 423);
    let got = search_all(&hubspot).await;
    assert_eq!((got.status, got.headers["retry-after"].to_str().unwrap()), (477, "3"));
    assert_eq!(search_all(&hubspot).await.status, 200);
}

#[tokio::test]
async fn an_answer_that_is_lost_says_nothing_of_what_was_done() {
    let hubspot = Hubspot::start(Account::enterprise());
    let make = || {
        let body = json!({ "properties": { "hs_timestamp": "1", "hs_note_body": "x" }, "associations": [] });
        let request = CLIENT.post(format!("{}/crm/objects/2026-09/notes", hubspot.url));
        async move {
            let answer = request.bearer_auth(Account::enterprise().token).json(&body).send().await.map_err(drop)?;
            answer.json::<Value>().await.map_err(drop)
        }
    };
    for (fault, notes) in
        [(Fault::LostBefore, 0), (Fault::Garbage, 0), (Fault::Html, 0), (Fault::LostAfter, 1), (Fault::Half, 2)]
    {
        hubspot.order("POST", 0, fault);
        assert!(make().await.is_err(), "{fault:?}");
        assert_eq!(hubspot.ids("notes").len(), notes, "{fault:?}");
    }
    make().await.unwrap();
    // One that never answers has done it all the same.
    hubspot.schedule(|asked| (asked.method == "POST").then_some(Fault::Hang));
    tokio::select! {
        biased;
        _ = make() => panic!("it answered"),
        () = async { while hubspot.ids("notes").len() < 4 { tokio::task::yield_now().await } } => {}
    }
    hubspot.mend();
    make().await.unwrap();
}

#[tokio::test]
async fn whoever_may_not_is_told_why() {
    let hubspot = Hubspot::start(Account::enterprise());
    let lead = hubspot.lead("Ada Byron", "ada@example.com", "501").lead;
    hubspot.account(|account| assert!(account.scopes.remove("crm.objects.leads.write")));
    let body = json!({ "properties": { "hs_lead_label": "HOT" } });
    let got = ask(&hubspot, "PATCH", &format!("/crm/objects/2026-09/leads/{lead}"), body).await;
    assert_eq!((got.status, &got.body["category"]), (403, &json!("MISSING_SCOPES")));
    let scopes = &got.body["errors"][0]["context"]["requiredGranularScopes"];
    assert_eq!(scopes, &json!(["crm.objects.leads.write"]));
    assert_eq!(all(&hubspot, "leads").await, [lead]);
    let token = hubspot.token();
    hubspot.revoke();
    let request = CLIENT.get(format!("{}/crm/owners/2026-09", hubspot.url)).bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.json::<Value>().await.unwrap()["category"], "INVALID_AUTHENTICATION");
}

#[tokio::test]
async fn a_tier_without_is_without() {
    let hubspot = Hubspot::start(Account::free());
    let ada = hubspot.lead("Ada Byron", "ada@example.com", "501");
    assert_eq!(ada.lead, ada.contact);
    let scoring = "/marketing/lead-scoring/2026-09-beta/score-values/object-history?objectTypeId=0-1&objectId=1";
    for target in ["/crm/objects/2026-09/leads/1", "/events/event-occurrences/2026-09", scoring] {
        assert_eq!(get(&hubspot, target).await.status, 403, "{target}");
    }
    let unique = json!({
        "name": "leadbox_key", "label": "Leadbox key", "type": "string", "fieldType": "text",
        "groupName": "callinformation", "hasUniqueValue": true,
    });
    let target = "/crm/properties/2026-09/calls";
    assert_eq!(ask(&hubspot, "POST", target, unique.clone()).await.status, 400);
    hubspot.account(|account| account.has_unique_on_activities = true);
    assert_eq!(ask(&hubspot, "POST", target, unique.clone()).await.status, 201);
    assert_eq!(ask(&hubspot, "POST", target, unique).await.status, 409);
    let told = get(&hubspot, &format!("{target}/leadbox_key")).await.body;
    assert_eq!(told["hasUniqueValue"], json!(true));
}

#[tokio::test]
async fn an_account_tells_what_it_has() {
    let hubspot = Hubspot::start(Account::enterprise());
    for n in 0..4 {
        hubspot.owner(600 + n, &format!("rep{n}@example.com"), "Rep", &n.to_string());
    }
    hubspot.archive_owner(603);
    let first = get(&hubspot, "/crm/owners/2026-09?limit=3").await.body;
    let next = first["paging"]["next"]["after"].as_str().unwrap();
    let rest = get(&hubspot, &format!("/crm/owners/2026-09?limit=3&after={next}")).await.body;
    let all: Vec<String> = [ids(&first), ids(&rest)].concat();
    assert_eq!((all, &rest["paging"]), (["501", "600", "601", "602"].map(str::to_owned).into(), &Value::Null));
    assert_eq!(get(&hubspot, "/crm/owners/2026-09/90501?idProperty=userId").await.body["id"], "501");
    let pipelines = get(&hubspot, "/crm/pipelines/2026-09/leads").await.body;
    assert_eq!(pipelines["results"][0]["stages"][4]["id"], "unqualified-stage-id");
    let outcomes = get(&hubspot, "/crm/properties/2026-09/calls/hs_call_disposition").await.body;
    assert_eq!(outcomes["options"][4]["label"], "No answer");
    let all = get(&hubspot, "/crm/properties/2026-09/leads").await.body;
    assert!(all["results"].as_array().unwrap().iter().any(|one| one["name"] == "hs_lead_disqualification_reason"));
}

#[tokio::test]
async fn scores_and_events_have_their_history() {
    let hubspot = Hubspot::start(Account::enterprise());
    hubspot.property("contacts", "fit_score", "number", false);
    let contact = hubspot.lead("Ada Byron", "ada@example.com", "501").contact;
    for (delta, heading) in [(20.0, "Job title is known"), (-5.0, "No visit for a month")] {
        hubspot.score("contacts", &contact, "fit_score", delta, heading);
        hubspot.event("contacts", &contact, "e_visited_page", &[("hs_url", "https://example.com/pricing")]);
        hubspot.advance(60);
    }
    assert_eq!(hubspot.value("contacts", &contact, "fit_score").as_deref(), Some("15"));
    let scoring = "/marketing/lead-scoring/2026-09-beta/score-values/object-history";
    let target = format!("{scoring}?objectTypeId=0-1&objectId={contact}&outputProperty=fit_score&limit=1");
    let last = get(&hubspot, &target).await.body;
    assert_eq!((&last["results"][0]["delta"], &last["results"][0]["propertyValue"]), (&json!(-5.0), &json!("15")));
    let next = get(&hubspot, &format!("{target}&after={}", last["paging"]["next"]["after"].as_str().unwrap())).await;
    assert_eq!(next.body["results"][0]["renderedEvents"][0]["heading"], "Job title is known");
    let events = format!("/events/event-occurrences/2026-09?objectType=contact&objectId={contact}");
    let got = get(&hubspot, &format!("{events}&occurredAfter=2026-11-20T10:00:30Z")).await.body;
    assert_eq!(got["results"][0]["occurredAt"], "2026-11-20T10:01:00.000Z");
    assert_eq!(got["results"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn it_remembers_what_it_was_asked() {
    let hubspot = Hubspot::start(Account::enterprise());
    let trios = hubspot.leads(2, "501", 250);
    for trio in &trios {
        get(&hubspot, &format!("/crm/objects/2026-09/leads/{}?properties=hs_lead_name", trio.lead)).await;
    }
    search_all(&hubspot).await;
    assert_eq!(hubspot.counts()["GET /crm/objects/2026-09/leads/{id}"], 2);
    assert_eq!((hubspot.count("search"), hubspot.log().len()), (1, 3));
    let asked = hubspot.log().remove(0);
    assert_eq!((asked.query.as_str(), asked.status), ("properties=hs_lead_name", 200));
    assert_eq!(asked.header("authorization"), Some(format!("Bearer {}", hubspot.token()).as_str()));
    hubspot.forget();
    assert!(hubspot.log().is_empty());
}
