//! The second wall: on PostgreSQL a person gets what is theirs, whatever the query asks for.

use leadbox::handoff::event::Role;

use super::*;

fn person(id: &str, role: Role, teams: &[&str]) -> Scope {
    Scope::Person { id: id.into(), role, teams: teams.iter().map(ToString::to_string).collect() }
}

/// Leads `a1` to `n`, with an activity and an entry of the log each, and an entry of no lead.
fn fill(db: &dyn Db) {
    write(db, |tx| {
        let owners = [
            ("a1", Some("ana"), Some("north")),
            ("a2", Some("ana"), Some("south")),
            ("b1", Some("o'b\"en"), Some("north")),
            ("n", None, None),
        ];
        for (name, owner, team) in owners {
            let id = lead(tx, name, owner, team)?;
            tx.execute(
                "INSERT INTO activity (lead, external_id, at, kind, body) VALUES (?1, 'x', 0, 'call', ?2)",
                &[id.into(), name.into()],
            )?;
            let what = Entry { what: name.into(), ..entry(Some((id, 1))) };
            append(tx, &[what])?;
        }
        append(tx, &[Entry { what: "policy".into(), ..entry(None) }])
    })
    .unwrap();
}

/// What comes of asking for everything.
fn everything(db: &dyn Db, scope: &Scope) -> [String; 3] {
    [
        "SELECT external_id FROM lead ORDER BY id",
        "SELECT body FROM activity ORDER BY lead",
        "SELECT what FROM log ORDER BY n",
    ]
    .map(|sql| {
        let found = read_as(db, scope, |tx| tx.query(sql, &[])).unwrap();
        found.iter().map(|row| row.text(0).unwrap()).collect::<Vec<_>>().join(" ")
    })
}

fn check_walls(db: &dyn Db) {
    fill(db);
    let all = || ["a1 a2 b1 n".to_owned(), "a1 a2 b1 n".to_owned(), "a1 a2 b1 n policy".to_owned()];
    let only = |names: &str| [names.to_owned(), names.to_owned(), names.to_owned()];
    assert_eq!(everything(db, &Scope::System), all());
    for role in [Role::Marketing, Role::Revops, Role::Auditor] {
        assert_eq!(everything(db, &person("eve", role, &[])), all(), "{role:?}");
    }
    assert_eq!(everything(db, &person("ana", Role::Rep, &[])), only("a1 a2"));
    assert_eq!(everything(db, &person("o'b\"en", Role::Rep, &["north"])), only("b1"), "a rep's teams give nothing");
    assert_eq!(everything(db, &person("eve", Role::Rep, &[])), only(""));
    assert_eq!(everything(db, &person("", Role::Rep, &[])), only(""));
    assert_eq!(everything(db, &person("max", Role::Manager, &["north"])), only("a1 b1"));
    assert_eq!(everything(db, &person("ana", Role::Manager, &["north", "it's, {\"odd\"}"])), only("a1 a2 b1"));
    assert_eq!(everything(db, &person("max", Role::Manager, &[])), only(""));
    let other = read_as(db, &person("ana", Role::Rep, &[]), |tx| {
        tx.query("SELECT id FROM lead WHERE owner <> 'ana' OR owner IS NULL", &[])
    });
    assert_eq!(other.unwrap(), []);
}

#[test]
fn alerts_incidents_departures_messages_and_senders_are_behind_the_wall_too() {
    let Some(place) = Place::postgres() else { return };
    let db = place.open();
    write(&*db, |tx| {
        for sql in [
            "INSERT INTO alert (recipient, category, body, at) VALUES ('ana', 'x', 'ana', 0), ('max', 'x', 'max', 0)",
            "INSERT INTO incident (lead, at, cause, clock, window_no, team, body)
             VALUES (1, 0, 'x', 'x', 1, 'north', 'north'), (1, 0, 'x', 'x', 1, NULL, 'none')",
            "INSERT INTO departure (person, lead, n, at, why)
             VALUES ('ana', 1, 1, 0, 'ana'), ('*queues', 1, 1, 0, 'queue'), ('team north', 1, 1, 0, 'team')",
            "INSERT INTO delivery (lead, what, channel, key, state, attempts, at, until)
             VALUES (1, 'mail', 'x', decode(repeat('00', 16), 'hex'), 'x', 0, 0, 0)",
            "INSERT INTO intake_source (name, secret, attrs, created_at) VALUES ('web', 'secret', '{}', 0)",
        ] {
            tx.execute(sql, &[])?;
        }
        Ok(())
    })
    .unwrap();
    let seen = |scope: &Scope| {
        [
            "SELECT body FROM alert ORDER BY id",
            "SELECT body FROM incident ORDER BY id",
            "SELECT why FROM departure ORDER BY why",
            "SELECT what FROM delivery",
            "SELECT secret FROM intake_source",
        ]
        .map(|sql| {
            let found = read_as(&*db, scope, |tx| tx.query(sql, &[])).unwrap();
            found.iter().map(|row| row.text(0).unwrap()).collect::<Vec<_>>().join(" ")
        })
    };
    assert_eq!(seen(&Scope::System), ["ana max", "north none", "ana queue team", "mail", "secret"]);
    assert_eq!(seen(&person("ana", Role::Rep, &["north"])), ["ana", "", "ana", "", ""]);
    assert_eq!(seen(&person("max", Role::Manager, &["north"])), ["max", "north", "queue team", "", ""]);
    assert_eq!(seen(&person("eve", Role::Revops, &[])), ["", "north none", "ana queue team", "", ""]);
}

#[test]
fn a_query_for_everything_gives_what_one_may_see() {
    let Some(place) = Place::postgres() else { return };
    // We connect as a superuser here, for whom the policies alone would do nothing.
    let db = place.open();
    check_walls(&*db);
    let edited = write(&*db, |tx| tx.execute("UPDATE log SET what = 'x' WHERE n = 1", &[])).unwrap_err();
    assert!(edited.to_string().contains("permission denied"), "{edited}");
}

#[test]
fn a_plain_owner_of_the_database_is_held_by_the_same_wall() {
    let Some(place) = Place::postgres() else { return };
    let Place::Postgres(cluster, database) = &place else { return };
    let mut admin = cluster.admin("postgres");
    admin.batch_execute(&format!("CREATE ROLE plain LOGIN; ALTER DATABASE {database} OWNER TO plain")).unwrap();
    let db = db::open(&cluster.url("plain", database), Options::default()).unwrap();
    check_walls(&*db);
    let edited = write(&*db, |tx| tx.execute("DELETE FROM log", &[])).unwrap_err();
    assert!(edited.to_string().contains("the log is never edited"), "{edited}");
}

#[test]
fn who_is_exempt_from_the_wall_and_cannot_step_behind_it_is_refused() {
    let Some(place) = Place::postgres() else { return };
    let Place::Postgres(cluster, database) = &place else { return };
    let sql = format!("CREATE ROLE exempt LOGIN BYPASSRLS; ALTER DATABASE {database} OWNER TO exempt");
    cluster.admin("postgres").batch_execute(&sql).unwrap();
    let error = db::open(&cluster.url("exempt", database), Options::default()).err().unwrap().to_string();
    assert!(error.contains("CREATE ROLE leadbox_app_"), "{error}");
}

#[test]
fn the_log_cannot_be_edited_on_a_file_either() {
    let place = Place::sqlite();
    let db = place.open();
    fill(&*db);
    for sql in ["UPDATE log SET what = 'x' WHERE n = 1", "DELETE FROM log"] {
        let error = write(&*db, |tx| tx.execute(sql, &[])).unwrap_err().to_string();
        assert!(error.contains("the log"), "{error}");
    }
}
