//! Looking after a hub: who leaves and comes back, who manages a team, what the log keeps of that, and who can still get in.

use chrono::Duration;
use serde_json::{Value, json};

use crate::commands::Desk;
use crate::hub::{Ask, Rig, both, person};

/// What the log keeps of no lead: who, and what.
fn deeds(rig: &Rig) -> Vec<(String, Value)> {
    let rows = rig.rows("SELECT actor, what FROM log WHERE lead IS NULL ORDER BY n");
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let deed = |row: &leadbox::hub::db::Row| {
        (read(row.text(0).unwrap())["name"].as_str().unwrap().to_owned(), read(row.text(1).unwrap()))
    };
    rows.iter().map(deed).collect()
}

fn last(rig: &Rig) -> (String, Value) {
    deeds(rig).pop().unwrap()
}

fn is_whole(rig: &Rig) {
    assert_eq!(rig.as_who("aud", Ask::get("/v1/audit")).ok()["is_whole"], true);
}

#[test]
fn whoever_left_comes_back_when_that_is_said_and_not_by_another_change() {
    both(|rig, _| {
        let desk = Desk::of(rig, "rev");
        desk.ok(&["hub", "person", "set", "cy", "--gone"]);
        assert_eq!(rig.number("SELECT count(*) FROM token WHERE person = 'cy' AND revoked_at IS NULL"), 0);
        let set = desk.json(&["hub", "person", "set", "cy", "--name", "Cy Young"]);
        assert_eq!((&set["name"], &set["is_active"]), (&json!("Cy Young"), &json!(false)));
        rig.as_who("rev", Ask::new("POST", "/v1/people/cy/tokens").json(&json!({}))).must_be_problem(409);
        assert_eq!(desk.json(&["hub", "person", "set", "cy", "--back"])["is_active"], true);
        // What they had is not theirs again.
        rig.as_who("cy", Ask::get("/v1/me")).must_be_problem(401);
        rig.make_token("cy");
    });
}

#[test]
fn a_new_token_goes_into_a_private_file_and_nothing_is_made_where_it_cannot() {
    both(|rig, _| {
        let desk = Desk::of(rig, "rev");
        let (made, there) = (desk.path("eve.token"), desk.file("there.token", "precious"));
        let people = || rig.number("SELECT count(*) FROM person");
        let before = people();
        let no = desk.path("no/eve.token");
        for file in [there.as_str(), no.to_str().unwrap()] {
            let (code, out, error) = desk.run(&["hub", "person", "add", "eve", "--token-out", file]);
            assert!(code == 1 && out.is_empty() && error.contains(file), "{error}");
        }
        assert_eq!((people(), std::fs::read_to_string(&there).unwrap().as_str()), (before, "precious"));
        // The hub says no: no file is left behind.
        let (code, ..) = desk.run(&["hub", "person", "add", "e v e", "--token-out", made.to_str().unwrap()]);
        assert!(code != 0 && !made.exists());
        let told = desk.ok(&["hub", "person", "add", "eve", "--token-out", made.to_str().unwrap()]);
        let token = std::fs::read_to_string(&made).unwrap();
        assert!(!told.contains(token.trim()) && told.contains("eve.token"), "{told}");
        let own = Desk::new();
        own.ok(&["login", &rig.url, "--token-file", made.to_str().unwrap()]);
        let told = desk.json(&["hub", "token", "add", "eve", "--token-out", &there, "--replace"]);
        assert!(told["token_file"] == json!(there) && told.get("token").is_none(), "{told}");
        assert!(std::fs::read_to_string(&there).unwrap().starts_with("lbx_"));

        let secret = desk.path("fair.secret");
        let told = desk.json(&["hub", "source", "fair", "--secret-out", secret.to_str().unwrap()]);
        assert!(told.get("secret").is_none() && secret.exists(), "{told}");
    });
}

#[test]
fn what_is_done_to_the_hub_is_in_the_log_with_who_did_it_and_what_was_so_before() {
    both(|rig, _| {
        let away = |paused: Value| Ask::new("PUT", "/v1/people/ana/availability").json(&json!({ "paused": paused }));
        rig.as_who("max", away(json!("at the dentist's"))).ok();
        let told = json!({ "kind": "paused", "person": "ana", "before": null, "why": "at the dentist's" });
        assert_eq!(last(rig), ("max".into(), told));
        rig.as_who("max", away(json!(" "))).must_be_problem(400);
        rig.as_who("max", away(json!(null))).ok();
        assert_eq!(last(rig).1["before"], "at the dentist's");

        rig.as_who("rev", Ask::new("PUT", "/v1/people/cy").json(&json!(person("cy", "rep", Some("amer"), None)))).ok();
        let (by, what) = last(rig);
        assert_eq!((by.as_str(), &what["kind"]), ("rev", &json!("person_set")));
        assert_eq!((&what["before"]["team"], &what["after"]["team"]), (&json!("emea"), &json!("amer")));

        let token = rig.make_token("cy");
        let (_, made) = last(rig);
        assert_eq!((&made["kind"], &made["person"]), (&json!("token_made"), &json!("cy")));
        rig.as_who("rev", Ask::new("DELETE", &format!("/v1/tokens/{}", made["token"]))).ok();
        assert_eq!(last(rig).1, json!({ "kind": "token_revoked", "token": made["token"] }));

        let feeds = json!({ "feeds": [{ "place": "https://cal.example/secret-place", "kind": "away" }] });
        rig.as_who("rev", Ask::new("PUT", "/v1/people/cy/feeds").json(&feeds)).ok();
        assert_eq!(last(rig).1["kind"], "feeds_set");
        let made = rig.as_who("rev", Ask::new("POST", "/v1/sources").json(&json!({ "name": "fair" }))).ok();
        assert_eq!((&last(rig).1["kind"], &last(rig).1["name"]), (&json!("source_set"), &json!("fair")));
        let policy = format!("{}# another\n", crate::hub::POLICY);
        rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", policy)).ok();
        assert_eq!(last(rig).1, json!({ "kind": "policy_set", "version": rig.hub.rules().number }));

        let all = format!("{:?}", deeds(rig));
        for secret in [&token, "secret-place", made["secret"].as_str().unwrap()] {
            assert!(!all.contains(secret), "{secret}");
        }
        is_whole(rig);
        // Nobody's leads changed, and cursors go on.
        let page = rig.as_who("ana", Ask::get("/v1/changes")).ok();
        rig.make_token("cy");
        let next = rig.as_who("ana", Ask::get(&format!("/v1/changes?after={}", page["next"].as_str().unwrap()))).ok();
        assert_eq!(next["leads"], json!([]));
    });
}

#[test]
fn what_somebody_filled_in_is_in_the_log_with_what_was_there() {
    both(|rig, _| {
        let mut lacking = crate::hub::item("own", "Spain");
        lacking["company"]["size"] = json!("lots");
        let lead = rig.post(&lacking).ok()["items"][0]["lead"].as_i64().unwrap();
        let order = json!({ "order": "complete", "fields": { "company.size": "800" } });
        rig.as_who("mia", Ask::new("POST", &format!("/v1/leads/{lead}/orders")).json(&order)).ok();
        let basis = rig.rows(&format!(
            "SELECT basis FROM log WHERE lead = {lead} AND what LIKE '%\"completed\"%' AND actor LIKE '%mia%'"
        ));
        let basis: Value = serde_json::from_str(basis[0].text(0).unwrap()).unwrap();
        assert_eq!(basis["inputs"]["company.size"], json!({ "before": "lots", "after": "800" }));
    });
}

/// Whom a team names.
fn manager(rig: &Rig, team: &str) -> Value {
    let teams = rig.as_who("rev", Ask::get("/v1/teams")).ok();
    teams.as_array().unwrap().iter().find(|it| it["team"] == team).unwrap()["manager"].clone()
}

#[test]
fn a_manager_who_goes_elsewhere_sees_the_former_team_no_more_and_another_takes_their_place() {
    both(|rig, _| {
        let lead = rig.lead("own", "Spain");
        let put = |who: &str, role: &str, team: &str, is_active: bool| {
            let mut body = person(who, role, Some(team), None);
            body.is_active = is_active;
            rig.as_who("rev", Ask::new("PUT", &format!("/v1/people/{who}")).json(&json!(body))).ok();
        };
        assert_eq!(manager(rig, "emea"), "max");
        put("max", "manager", "amer", true);
        assert_eq!((manager(rig, "emea"), manager(rig, "amer")), (Value::Null, json!("max")));
        rig.as_who("max", Ask::get(&format!("/v1/leads/{lead}"))).must_be_problem(404);
        // Whom a team names beside their own sees it, too.
        let set = |team: &str, id: Value| Ask::new("PUT", "/v1/teams").json(&json!({ "team": team, "manager": id }));
        rig.as_who("rev", set("emea", json!("max"))).ok();
        rig.as_who("max", Ask::get(&format!("/v1/leads/{lead}"))).ok();
        assert_eq!(last(rig).1, json!({ "kind": "team_set", "team": "emea", "before": null, "manager": "max" }));
        put("max", "manager", "amer", true);
        assert_eq!(manager(rig, "emea"), "max");
        for (team, id, status) in [("emea", "ana", 400), ("emea", "nobody", 400), ("mars", "max", 400)] {
            rig.as_who("rev", set(team, json!(id))).must_be_problem(status);
        }
        rig.as_who("rev", Ask::new("POST", "/v1/people").json(&json!(person("sue", "manager", Some("emea"), None))))
            .ok();
        put("max", "manager", "amer", false);
        assert_eq!((manager(rig, "emea"), manager(rig, "amer")), (json!("sue"), Value::Null));
        put("sue", "rep", "emea", true);
        assert_eq!(manager(rig, "emea"), Value::Null);
        let desk = Desk::of(rig, "rev");
        put("sue", "manager", "emea", true);
        desk.ok(&["hub", "team", "amer", "--manager", "sue"]);
        assert!(desk.ok(&["hub", "team"]).contains("amer  managed by sue"));
        desk.ok(&["hub", "team", "amer", "--manager", ""]);
        assert_eq!(manager(rig, "amer"), Value::Null);
    });
}

#[test]
fn a_team_that_is_to_have_no_manager_has_none_and_each_other_one_is_in_the_log() {
    both(|rig, _| {
        let set = |who: &str, team: &str| {
            let body = json!(person(who, "manager", Some(team), None));
            rig.as_who("rev", Ask::new("PUT", &format!("/v1/people/{who}")).json(&body)).ok();
        };
        let told = |rig: &Rig| {
            let deeds = deeds(rig).into_iter().map(|(_, what)| what).filter(|what| what["kind"] == "team_set");
            deeds
                .map(|what| (what["team"].clone(), what["before"].clone(), what["manager"].clone()))
                .next_back()
                .unwrap()
        };
        assert_eq!(told(rig), (json!("emea"), Value::Null, json!("max")), "who was entered for it");
        Desk::of(rig, "rev").ok(&["hub", "team", "emea", "--manager", ""]);
        let away = |paused: Value| Ask::new("PUT", "/v1/people/max/availability").json(&json!({ "paused": paused }));
        rig.as_who("max", away(json!("at the dentist's"))).ok();
        rig.as_who("max", away(Value::Null)).ok();
        set("max", "emea");
        assert_eq!(manager(rig, "emea"), Value::Null, "nothing fills what was left empty on purpose");
        // Whoever becomes its manager takes the place.
        set("max", "amer");
        assert_eq!(told(rig), (json!("amer"), Value::Null, json!("max")));
        set("max", "emea");
        assert_eq!((manager(rig, "emea"), manager(rig, "amer")), (json!("max"), Value::Null));
        assert_eq!(told(rig), (json!("emea"), Value::Null, json!("max")));
        let left = deeds(rig).into_iter().any(|(by, what)| {
            by == "rev" && what == json!({ "kind": "team_set", "team": "amer", "before": "max", "manager": null })
        });
        assert!(left, "{:?}", deeds(rig));
    });
}

#[test]
fn a_token_goes_to_no_hub_but_its_own() {
    both(|rig, _| {
        let desk = Desk::of(rig, "rev");
        // Without an address it is the one signed in to.
        assert!(desk.ok(&["hub", "person", "list"]).contains("ana"));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let other = format!("http://{}", listener.local_addr().unwrap());
        let (code, _, error) = desk.run(&["hub", "person", "list", "--hub", &other]);
        assert!(code == 1 && error.contains(&rig.url) && error.contains("--token-file"), "{error}");
        assert!(listener.accept().is_err(), "it was not even called");
        // The administrator's goes to this machine's own addresses.
        let token = desk.file("token", &rig.tokens["rev"]);
        std::fs::create_dir_all(desk.path("data/hub")).unwrap();
        std::fs::rename(token, desk.path("data/hub/admin.token")).unwrap();
        desk.ok(&["logout"]);
        assert!(desk.ok(&["hub", "person", "list", "--hub", &rig.url]).contains("ana"));
        let (code, _, error) = desk.run(&["hub", "person", "list", "--hub", "http://hub.example"]);
        assert!(code == 1 && error.contains("admin.token"), "{error}");
    });
}

#[test]
fn who_can_open_the_database_gets_back_in_and_the_log_says_so() {
    both(|rig, place| {
        rig.pass(Duration::days(366));
        rig.as_who("rev", Ask::get("/v1/me")).must_be_problem(401);
        let desk = Desk::new();
        let db = desk.file("db", &place.url());
        let (code, _, error) = desk.run(&["hub", "token", "rescue", "--db-file", &db]);
        assert!(code == 1 && error.contains("chmod 600"), "{error}");
        std::fs::set_permissions(&db, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let now = rig.now().to_rfc3339();
        desk.ok_at(&now, &["hub", "token", "rescue", "--db-file", &db]);
        // The file goes before an address from the environment, which counts as given.
        desk.ok_at(&now, &["hub", "token", "rescue", "--db", "sqlite:/nowhere/hub.db", "--db-file", &db]);
        let token = std::fs::read_to_string(desk.path("data/hub/admin.token")).unwrap();
        rig.tokens.insert("rev".into(), token.trim().to_owned());
        assert_eq!(rig.as_who("rev", Ask::get("/v1/me")).ok()["id"], "rev");
        let (by, what) = last(rig);
        assert_eq!((by.as_str(), &what["kind"]), ("hub token rescue", &json!("token_made")));
        let metrics = rig.as_who("rev", Ask::get("/metrics")).text;
        let left = metrics.lines().find_map(|line| line.strip_prefix("leadbox_admin_token_seconds ")).unwrap();
        assert_eq!(left.parse::<i64>().unwrap(), Duration::days(365).num_seconds());
    });
}

#[test]
fn an_init_that_broke_off_after_the_commit_is_gone_on_with() {
    let desk = Desk::new();
    desk.ok(&["hub", "init"]);
    let (token, pending) = (desk.path("data/hub/admin.token"), desk.path("data/hub/admin.token.new"));
    assert!(!pending.exists());
    std::fs::rename(&token, &pending).unwrap();
    desk.ok(&["hub", "init"]);
    assert!(token.exists());
    let (code, _, error) = desk.run(&["hub", "init"]);
    assert!(code == 1 && error.contains("token rescue"), "{error}");
}

#[test]
fn a_rep_is_not_told_why_colleagues_are_away_or_how_much_they_have() {
    both(|rig, _| {
        let lead = rig.lead("own", "Spain");
        let mut cy = person("cy", "rep", Some("emea"), Some("Spain"));
        let away = json!([{ "from": rig.now() - Duration::days(1), "why": "in hospital" }]);
        cy.takes.away = serde_json::from_value(away).unwrap();
        rig.as_who("rev", Ask::new("PUT", "/v1/people/cy").json(&json!(cy))).ok();
        let route = |who: &str| rig.as_who(who, Ask::get(&format!("/v1/leads/{lead}/route"))).ok().to_string();
        assert!(route("max").contains("in hospital"));
        let told = route("ana");
        assert!(!told.contains("in hospital") && told.contains("cy"), "{told}");
        let told: Value = serde_json::from_str(&told).unwrap();
        let people = told["tried"].as_array().unwrap().iter().flat_map(|it| it["people"].as_array().unwrap().clone());
        let load = people.clone().find(|it| it["id"] == "ana").unwrap()["load"]["open"].clone();
        assert_eq!(load, 1, "one's own is told");
        assert!(people.filter(|it| it["id"] != "ana").all(|it| it["load"]["open"] == 0));
    });
}

#[test]
fn the_share_and_the_times_away_are_set_by_the_command() {
    both(|rig, _| {
        let desk = Desk::of(rig, "rev");
        let takes = |args: &[&str]| {
            let all: Vec<&str> = ["hub", "person", "set", "ana"].into_iter().chain(args.iter().copied()).collect();
            desk.json(&all)["takes"].clone()
        };
        // The command's home is one in UTC.
        let set = takes(&["--weight", "3", "--away", "2026-12-24..2027-01-03 in the  snow", "--away", "2027-02-01.."]);
        let away = json!([
            { "from": "2026-12-24T00:00:00Z", "to": "2027-01-04T00:00:00Z", "why": "in the  snow" },
            { "from": "2027-02-01T00:00:00Z", "why": "" },
        ]);
        assert_eq!((&set["weight"], &set["away"]), (&json!(3), &away));
        let listed = desk.ok(&["hub", "person", "list"]);
        let away = "away from 2026-12-24T00:00:00Z until 2027-01-04T00:00:00Z in the  snow  away from 2027-02-01";
        assert!(listed.contains("weight 3") && listed.contains(away), "{listed}");
        let away = set["away"].clone();
        let set = takes(&["--name", "Ana"]);
        assert_eq!((&set["weight"], &set["away"]), (&json!(3), &away), "what is not said stays");
        takes(&["--away", "2026-11-20T09:00:00Z..2026-11-20T12:00:00Z dentist"]);
        let lead = rig.lead("one", "Spain");
        assert_eq!(rig.number(&format!("SELECT count(*) FROM lead WHERE id = {lead} AND owner = 'ana'")), 0);
        assert_eq!(takes(&["--away", ""])["away"], Value::Null, "an empty text ends it");
        for wrong in ["2026-12-24", "soon..later", "2026-12-24..2026-12-20", "2026-02-30.."] {
            let (code, _, error) = desk.run(&["hub", "person", "set", "ana", "--away", wrong]);
            assert_eq!(code, 2, "{wrong}: {error}");
        }
        assert_eq!(desk.run(&["hub", "person", "set", "ana", "--weight", "0"]).0, 2);
    });
}
