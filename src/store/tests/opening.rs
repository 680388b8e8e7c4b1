//! The file itself: its permissions, its owner, its format.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use rusqlite_migration::{M, Migrations};

use super::*;
use crate::store::migrations::STEPS;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn later() -> Vec<M<'static>> {
    let mut steps = STEPS.to_vec();
    steps.push(M::up("ALTER TABLE lead ADD COLUMN mood TEXT"));
    steps
}

#[test]
fn the_folder_and_all_files_are_closed_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("a/b");
    let store = on_disk(&dir, &World::new(), 2);
    assert_eq!(mode(&dir), 0o700);
    let files: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 3, "{files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
    drop(store);

    // A file that was opened to others meanwhile is closed again; the folder's rights are its owner's matter.
    fs::set_permissions(dir.join(FILE), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    Store::open(&dir).unwrap();
    assert_eq!((mode(&dir), mode(&dir.join(FILE))), (0o755, 0o600));
}

#[test]
fn a_folder_that_was_there_keeps_its_rights_be_it_by_a_link() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("found");
    fs::create_dir(&dir).unwrap();
    symlink(&dir, home.path().join("link")).unwrap();
    for (rights, opens) in [(0o755, true), (0o750, true), (0o775, false), (0o777, false)] {
        fs::set_permissions(&dir, fs::Permissions::from_mode(rights)).unwrap();
        for way in ["found", "link"] {
            assert_eq!(Store::open(&home.path().join(way)).is_ok(), opens, "{way} {rights:o}");
            assert_eq!(mode(&dir), rights, "{way}");
        }
    }
    fs::write(home.path().join("file"), "").unwrap();
    assert!(Store::open(&home.path().join("file")).is_err());
}

#[test]
fn a_lock_is_closed_to_others_and_no_link() {
    let dir = tempfile::tempdir().unwrap();
    lock_file(dir.path(), "sync.lock").unwrap();
    assert_eq!(mode(&dir.path().join("sync.lock")), 0o600);
    symlink(dir.path().join("victim"), dir.path().join("other.lock")).unwrap();
    assert!(matches!(lock_file(dir.path(), "other.lock"), Err(StoreError::NotPlain { .. })));
    assert!(!dir.path().join("victim").exists());
}

/// The umask belongs to the whole process, so the test before this one runs again in processes of its own.
#[test]
fn and_so_they_are_whatever_the_umask() {
    for umask in ["000", "027"] {
        let status = Command::new("sh")
            .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "store::tests::opening::the_folder_and_all_files_are_closed_to_others"])
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "umask {umask}");
    }
}

#[test]
fn a_folder_for_other_things_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.txt"), "mine").unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o775)).unwrap();
    let error = Store::open(dir.path()).err().unwrap();
    assert!(error.to_string().contains("chmod 700"), "{error}");
    assert_eq!(mode(dir.path()), 0o775);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    // Where others may only look, that is enough.
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for _ in 0..2 {
        Store::open(dir.path()).unwrap();
        assert_eq!((mode(dir.path()), mode(&dir.path().join(FILE))), (0o755, 0o600));
    }
}

#[test]
fn links_are_not_followed() {
    for name in [FILE, "leadbox.db-wal", "leadbox.db-shm", "leadbox.lock"] {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        symlink(&victim, dir.path().join(name)).unwrap();
        let error = Store::open(dir.path()).err().unwrap();
        assert!(matches!(error, StoreError::NotPlain { .. }), "{name}: {error}");
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    }
}

#[test]
fn neither_is_a_lock_file_open_to_others_nor_a_link_followed() {
    let dir = tempfile::tempdir().unwrap();
    drop(lock_file(dir.path(), "leadbox.sync.lock").unwrap());
    assert_eq!(mode(&dir.path().join("leadbox.sync.lock")), 0o600);
    let victim = dir.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, dir.path().join("leadbox.other.lock")).unwrap();
    assert!(matches!(lock_file(dir.path(), "leadbox.other.lock"), Err(StoreError::NotPlain { .. })));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
}

const MIGRATED: &str = "LEADBOX_MIGRATION_TEST_DIR";

/// What the test below runs in a process of its own, which dies in the middle of a migration.
#[test]
fn child_that_dies_while_it_migrates() {
    let Ok(dir) = std::env::var(MIGRATED) else {
        println!("skipped: this is the other process of the test below");
        return;
    };
    let mut steps = later();
    steps.push(M::up_with_hook("DELETE FROM outbox; DELETE FROM event;", |_| std::process::abort()));
    drop(Store::open_with(Path::new(&dir), &steps, Box::new(|| {})));
}

#[test]
fn a_migration_that_is_killed_in_its_middle_loses_nothing_and_is_done_again() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let mut store = on_disk(dir.path(), &world, 3);
    store.act(id(2), &reject(), &world.ctx()).unwrap().unwrap();
    let before = contents(&store);
    drop(store);
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::opening::child_that_dies_while_it_migrates"])
        .env(MIGRATED, dir.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success());
    assert!(dir.path().join("leadbox.db.v1-backup").exists());
    // None of its steps took hold: the program of before still opens the file, and finds all of it.
    assert_eq!(contents(&Store::open(dir.path()).unwrap()), before);
    let migrated = Store::open_with(dir.path(), &later(), Box::new(|| {})).unwrap();
    assert_eq!(migrated.summary(id(2)).unwrap().unwrap().stage, Stage::Rejected);
}

/// Flips bytes of the file or of its log, and does with it what the app does.
#[test]
fn a_damaged_file_is_never_a_panic_and_stays_where_it_is() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    drop(on_disk(dir.path(), &world, 40));
    let mut store = Store::open(dir.path()).unwrap();
    (1..=9).for_each(|n| drop(store.act(id(n), &reject(), &world.ctx()).unwrap()));
    let whole: Vec<_> = [FILE, "leadbox.db-wal"].map(|name| (name, fs::read(dir.path().join(name)).unwrap())).into();
    drop(store);
    assert!(whole.iter().all(|(_, bytes)| bytes.len() > 4096));
    let mut rng = fastrand::Rng::with_seed(18);
    let mut noticed = 0;
    for round in 0..200 {
        let dir = tempfile::tempdir().unwrap();
        for (place, (name, bytes)) in whole.iter().enumerate() {
            let mut bytes = bytes.clone();
            if round % 3 == place || round % 3 == 2 {
                for _ in 0..rng.usize(1..60) {
                    let at = rng.usize(0..bytes.len());
                    bytes[at] = rng.u8(..);
                }
            }
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        let before = fs::read(dir.path().join(FILE)).unwrap();
        let worked = || -> Result<(), StoreError> {
            let mut store = Store::open(dir.path())?;
            store.counts(&world.ctx())?;
            for tab in Tab::ALL {
                let from = From::Top;
                store.page(&PageQuery { tab, from, rows: 50, filter: Filter::default(), now: world.now })?;
            }
            store.outbox(99)?;
            store.wake(&world.ctx(), 99)?;
            for n in 1..=40 {
                store.inspect(id(n))?;
            }
            drop(store.engage_next(None, &world.ctx())?);
            drop(store.act(id(20), &reject(), &world.ctx())?);
            drop(store.undo(&world.ctx())?);
            store.outbox_due(world.now + Duration::seconds(99), 99, &[])?;
            store.receive(&arrivals(45), &world.ctx())?;
            let faults = store.check()?;
            if faults.is_empty() { Ok(()) } else { Err(StoreError::Damaged(faults.join("; "))) }
        };
        if let Err(error) = worked() {
            noticed += 1;
            assert!(!error.to_string().is_empty());
        }
        assert!(fs::metadata(dir.path().join(FILE)).unwrap().len() >= before.len() as u64 / 2, "the original is kept");
    }
    assert!(noticed > 40, "{noticed}");
}

#[test]
fn a_newer_file_and_a_foreign_one_are_refused_and_left_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open_with(dir.path(), &later(), Box::new(|| {})).unwrap());
    let before = fs::read(dir.path().join(FILE)).unwrap();
    let error = Store::open(dir.path()).err().unwrap();
    assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
    assert_eq!(fs::read(dir.path().join(FILE)).unwrap(), before);

    let dir = tempfile::tempdir().unwrap();
    Connection::open(dir.path().join(FILE)).unwrap().execute_batch("CREATE TABLE song (title TEXT)").unwrap();
    assert!(matches!(Store::open(dir.path()), Err(StoreError::NotOurs(_))));
    fs::write(dir.path().join(FILE), "this is no database at all, but it is long enough to look at").unwrap();
    assert!(matches!(Store::open(dir.path()), Err(StoreError::Damaged(_))));
}

#[test]
fn an_older_file_is_migrated_after_a_backup_and_nothing_is_lost() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let mut store = on_disk(dir.path(), &world, 3);
    store.act(id(2), &reject(), &world.ctx()).unwrap().unwrap();
    let before = contents(&store);
    drop(store);

    let migrated = Store::open_with(dir.path(), &later(), Box::new(|| {})).unwrap();
    assert_eq!(migrated.summary(id(2)).unwrap().unwrap().stage, Stage::Rejected);
    assert_eq!(migrated.check().unwrap(), Vec::<String>::new());
    drop(migrated);
    let backup = dir.path().join("leadbox.db.v1-backup");
    assert_eq!(mode(&backup), 0o600);
    assert!(!dir.path().join("leadbox.db.v1-backup.partial").exists());

    // Put back in its place, it is the file as it was.
    let again = tempfile::tempdir().unwrap();
    fs::copy(&backup, again.path().join(FILE)).unwrap();
    assert_eq!(contents(&Store::open(again.path()).unwrap()), before);
}

#[test]
fn all_migrations_apply_and_a_migrated_file_is_like_a_fresh_one() {
    let schema = |conn: &Connection| -> Vec<String> {
        let mut statement =
            conn.prepare("SELECT type || name || coalesce(sql, '') FROM sqlite_schema ORDER BY 1").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let migrations = Migrations::from_slice(STEPS);
    migrations.validate().unwrap();
    let fresh = Store::open_in_memory().unwrap();
    for step in 1..=STEPS.len() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrations.to_version(&mut conn, step).unwrap();
        migrations.to_latest(&mut conn).unwrap();
        assert_eq!(schema(&conn), schema(&fresh.conn), "from version {step}");
    }
    // Nor does a first load, which puts indices aside, leave another one behind.
    let world = World::new();
    let mut loaded = Store::open_in_memory().unwrap();
    let fill = |loader: &mut Loader<'_>| arrivals(5).iter().try_for_each(|arrival| loader.push(arrival));
    loaded.load::<_, StoreError>(Load::Whole, &world.ctx(), fill).unwrap();
    assert_eq!(schema(&loaded.conn), schema(&fresh.conn));
}

#[test]
fn the_settings_that_keep_what_is_saved_are_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let pragma = |name: &str| -> String {
        store
            .conn
            .query_row(&format!("PRAGMA {name}"), [], |row| {
                Ok(match row.get_ref(0)? {
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    other => other.as_str()?.to_owned(),
                })
            })
            .unwrap()
    };
    let found = ["journal_mode", "synchronous", "fullfsync", "checkpoint_fullfsync", "foreign_keys", "busy_timeout"];
    assert_eq!(found.map(pragma), ["wal", "2", "1", "1", "1", "5000"]);
}

#[test]
fn damage_is_noticed() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    drop(on_disk(dir.path(), &world, 50));
    let path = dir.path().join(FILE);
    let mut bytes = fs::read(&path).unwrap();
    let pages = bytes.len() / 4096;
    for page in 4..pages {
        bytes[page * 4096..page * 4096 + 64].fill(0xff);
    }
    fs::write(&path, bytes).unwrap();
    let noticed = Store::open(dir.path()).and_then(|store| store.check());
    assert!(noticed.is_err() || noticed.is_ok_and(|found| !found.is_empty()));
}
