//! Opening: twice, a newer one, somebody else's, what cannot be reached.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

use super::*;

fn refusal(url: &str) -> String {
    db::open(url, Options::default()).err().expect("it opened").to_string()
}

#[test]
fn what_was_written_is_there_when_it_is_opened_again_and_beside_another() {
    both(|place| {
        let first = place.open();
        write(&*first, |tx| put(tx, "a", "1")).unwrap();
        let second = place.open();
        write(&*second, |tx| put(tx, "b", "2")).unwrap();
        assert_eq!(count(&*first, "meta WHERE name IN ('a', 'b')"), 2);
        drop((first, second));
        assert_eq!(count(&*place.open(), "meta WHERE name IN ('a', 'b')"), 2);
    });
}

#[test]
fn two_that_start_at_once_make_the_tables_once() {
    both(|place| {
        std::thread::scope(|scope| {
            let hubs: Vec<_> = (0..4).map(|_| scope.spawn(|| place.open())).collect();
            for hub in hubs {
                assert_eq!(count(&*hub.join().unwrap(), "head"), 1);
            }
        });
    });
}

#[test]
fn the_schemas_are_the_same_in_both() {
    let columns = |place: &Place| {
        place.open();
        match place {
            Place::Sqlite(dir) => {
                let conn = rusqlite::Connection::open(dir.path().join("hub.db")).unwrap();
                let sql = "SELECT t.name || '.' || c.name || CASE c.\"notnull\" WHEN 1 THEN '!' ELSE '' END \
                             || CASE c.type WHEN 'INTEGER' THEN ' bigint' WHEN 'BLOB' THEN ' bytea' ELSE ' text' END
                           FROM sqlite_schema t, pragma_table_info(t.name) c
                           WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY 1";
                let mut statement = conn.prepare(sql).unwrap();
                let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
                names.collect::<Result<Vec<_>, _>>().unwrap()
            }
            Place::Postgres(cluster, database) => {
                let sql = "SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN '!' ELSE '' END \
                             || ' ' || data_type
                           FROM information_schema.columns WHERE table_schema = 'leadbox'";
                cluster.admin(database).query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
            }
        }
    };
    let plain = |names: Vec<String>| {
        // An INTEGER PRIMARY KEY is never NULL in SQLite, whether it says so or not.
        let mut names: Vec<_> = names.into_iter().map(|name| name.replace(".id bigint", ".id! bigint")).collect();
        names.sort();
        names
    };
    let sqlite = plain(columns(&Place::sqlite()));
    assert!(sqlite.len() > 120, "{sqlite:?}");
    if let Some(place) = Place::postgres() {
        assert_eq!(sqlite, plain(columns(&place)));
    }
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let place = Place::sqlite();
    place.open();
    place.tamper("PRAGMA user_version = 2");
    assert!(refusal(&place.url()).contains("was written by a newer Leadbox (format 2; this one knows 1)"));
    let Some(place) = Place::postgres() else { return };
    place.open();
    place.tamper("UPDATE meta SET value = '2' WHERE name = 'schema'");
    assert!(refusal(&place.url()).contains("was written by a newer Leadbox (format 2; this one knows 1)"));
}

#[test]
fn what_belongs_to_another_program_is_refused() {
    let place = Place::sqlite();
    place.tamper("CREATE TABLE theirs (x)");
    assert!(refusal(&place.url()).contains("is not a file of this kind"));
    // The rep's own file is not the hub's.
    let Place::Sqlite(dir) = &place else { return };
    drop(leadbox::store::Store::open(dir.path()).unwrap());
    assert!(refusal(&format!("sqlite:{}/leadbox.db", dir.path().display())).contains("is not a file of this kind"));
    fs::write(dir.path().join("text"), "no database ".repeat(1000)).unwrap();
    assert!(refusal(&format!("sqlite:{}/text", dir.path().display())).contains("damaged"));
    let Some(Place::Postgres(cluster, database)) = Place::postgres() else { return };
    cluster.admin(&database).batch_execute("CREATE SCHEMA leadbox; CREATE TABLE leadbox.theirs (x int)").unwrap();
    assert!(refusal(&cluster.url(ADMIN, &database)).contains("that Leadbox did not make"));
}

#[test]
fn an_address_that_leads_nowhere_is_told_in_words() {
    for url in ["", "hub.db", "mysql://x/y", "sqlite:", "sqlite:/", "postgres://", "postgres:///x"] {
        let error = refusal(url);
        assert!(error.contains("Write sqlite:PATH or postgres://"), "{url}: {error}");
    }
    let error = refusal("postgres://ana:canary@127.0.0.1:1/leadbox");
    assert!(error.starts_with("postgres://ana@127.0.0.1:1/leadbox cannot be used: "), "{error}");
    assert!(error.ends_with("Is it running there, and reachable?") && !error.contains("canary"), "{error}");
    let Some(Place::Postgres(cluster, database)) = Place::postgres() else { return };
    assert!(refusal(&cluster.url(ADMIN, "nowhere")).contains("Create the database first"));
    assert!(refusal(&cluster.url("nobody", &database)).contains("role \"nobody\" does not exist"));
    cluster.admin("postgres").batch_execute("CREATE ROLE guest LOGIN").unwrap();
    assert!(refusal(&cluster.url("guest", &database)).contains("may not make tables there"));
}

#[test]
fn a_server_that_does_not_keep_what_it_says_is_refused() {
    let Some(Place::Postgres(cluster, database)) = Place::postgres() else { return };
    cluster.admin("postgres").batch_execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0").unwrap();
    assert!(refusal(&cluster.url(ADMIN, "latin")).contains("its encoding is not UTF8"));
    // Commits are durable even where the database's default says otherwise.
    let sql = format!("ALTER DATABASE {database} SET synchronous_commit TO off");
    cluster.admin("postgres").batch_execute(&sql).unwrap();
    let db = db::open(&cluster.url(ADMIN, &database), Options::default()).unwrap();
    let kept = write(&*db, |tx| tx.query("SHOW synchronous_commit", &[])).unwrap();
    assert_eq!(kept[0].text(0).unwrap(), "on");
}

#[test]
fn the_file_is_ours_alone() {
    let dir = TempDir::new().unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let home = dir.path().join("made/for/us");
    let db = db::open(&format!("sqlite:{}", home.join("hub.db").display()), Options::default()).unwrap();
    write(&*db, |tx| put(tx, "a", "1")).unwrap();
    assert_eq!(mode(&home), 0o700);
    for name in ["hub.db", "hub.db-wal", "hub.db-shm", "hub.db.lock"] {
        assert_eq!(mode(&home.join(name)), 0o600, "{name}");
    }
    let planted = home.join("planted.db");
    std::os::unix::fs::symlink(home.join("elsewhere.db"), &planted).unwrap();
    assert!(refusal(&format!("sqlite:{}", planted.display())).contains("is a link"));
    assert!(!home.join("elsewhere.db").exists());
    fs::set_permissions(&home, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(refusal(&format!("sqlite:{}", home.join("hub.db").display())).contains("others may write into"));
}
