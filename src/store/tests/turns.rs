//! Several who write at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

#[test]
fn a_write_waits_for_a_whole_load_and_says_so_and_reading_does_not_wait() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let mut loading = on_disk(dir.path(), &world, 3);
    let mut other = Store::open(dir.path()).unwrap();
    let was_told = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&was_told);
    // The load goes on only when the other one is known to wait: told from its thread, heard in ours.
    let (tell, hear) = std::sync::mpsc::channel();
    other.when_waiting(move || {
        told.store(true, Ordering::Relaxed);
        tell.send(()).unwrap();
    });
    other.conn.execute("UPDATE lead SET wake_at = 0 WHERE id = 1", []).unwrap();
    let ctx = world.ctx();
    std::thread::scope(|scope| {
        let load = loading.load::<_, StoreError>(Load::Whole, &ctx, |loader| {
            // Once a second handful waits, the writer has begun.
            (10..2000).try_for_each(|n| loader.push(&Arrival { lead: lead(n), trail: Vec::new(), told: None }))?;
            assert_eq!(other.wake(&ctx, 10)?, 0, "time waits its turn");
            assert!(!other.adopt_policy("new")?);
            assert_eq!(other.counts(&ctx)?.of(Tab::New), 3);
            let acting = scope.spawn(|| other.act(id(2), &reject(), &ctx).unwrap().unwrap());
            hear.recv().unwrap();
            Ok(acting)
        });
        let (acting, loaded) = load.unwrap();
        assert_eq!(loaded.added, 1990);
        assert_eq!(acting.join().unwrap().lead, id(2));
    });
    assert!(was_told.load(Ordering::Relaxed));
    check_truth(&loading, &world);
}

#[test]
fn a_load_in_batches_lets_those_who_wait_write_first() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let mut loading = on_disk(dir.path(), &world, 3);
    let mut other = Store::open(dir.path()).unwrap();
    let ctx = world.ctx();
    let ((), loaded) = loading
        .load::<_, StoreError>(Load::Batches, &ctx, |loader| {
            (10..2000).try_for_each(|n| loader.push(&Arrival { lead: lead(n), trail: Vec::new(), told: None }))?;
            // The load has not ended, and yet this neither fails nor waits for its end.
            other.act(id(2), &reject(), &ctx)?.unwrap();
            Ok(())
        })
        .unwrap();
    assert_eq!(loaded.added, 1990);
    check_truth(&loading, &world);
}

fn journal(store: &Store) -> String {
    store.conn.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap()
}

#[test]
fn who_opens_a_file_in_its_first_load_waits_and_is_told() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let mut loading = Store::open(dir.path()).unwrap();
    let ctx = world.ctx();
    let (tell, hear) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let load = loading.load::<_, StoreError>(Load::Batches, &ctx, |loader| {
            (0..2000).try_for_each(|n| loader.push(&Arrival { lead: lead(n), trail: Vec::new(), told: None }))?;
            let opening = scope.spawn(|| Store::open_telling(dir.path(), move || tell.send(()).unwrap()));
            hear.recv().unwrap();
            Ok(opening)
        });
        let (opening, loaded) = load.unwrap();
        assert_eq!(loaded.added, 2000);
        let other = opening.join().unwrap().unwrap();
        assert_eq!(other.counts(&ctx).unwrap().of(Tab::New), 2000);
        assert_eq!((journal(&loading), journal(&other)), ("wal".into(), "wal".into()));
    });
    check_truth(&loading, &world);
}

#[test]
fn a_first_load_beside_an_open_window_lets_it_go_on() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let mut loading = Store::open(dir.path()).unwrap();
    let mut other = Store::open(dir.path()).unwrap();
    let ctx = world.ctx();
    let ((), loaded) = loading
        .load::<_, StoreError>(Load::Batches, &ctx, |loader| {
            (0..2000).try_for_each(|n| loader.push(&Arrival { lead: lead(n), trail: Vec::new(), told: None }))?;
            other.wake(&ctx, 10)?;
            other.counts(&ctx)?;
            Ok(())
        })
        .unwrap();
    assert_eq!(loaded.added, 2000);
    assert_eq!(journal(&loading), "wal");
    check_truth(&loading, &world);
}

const LOADED: &str = "LEADBOX_LOAD_TEST_DIR";

/// What the test below runs in a process of its own, which dies in the middle of a first load.
#[test]
fn child_that_dies_in_its_first_load() {
    let Ok(dir) = std::env::var(LOADED) else {
        println!("skipped: this is the other process of the test below");
        return;
    };
    let (mut store, world) = (Store::open(std::path::Path::new(&dir)).unwrap(), World::new());
    let _ = store.load::<(), StoreError>(Load::Batches, &world.ctx(), |loader| {
        // Enough that pages are in the file already.
        (0..20_000).try_for_each(|n| loader.push(&Arrival { lead: lead(n), trail: Vec::new(), told: None }))?;
        std::process::abort()
    });
}

#[test]
fn a_first_load_that_is_killed_leaves_an_empty_file_that_can_be_loaded() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::turns::child_that_dies_in_its_first_load", "--test-threads=1"])
        .env(LOADED, dir.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success());
    let hot = std::fs::metadata(dir.path().join("leadbox.db-journal")).unwrap();
    assert!(hot.len() > 0, "it died in the middle");
    let mut store = Store::open(dir.path()).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    assert_eq!(journal(&store), "wal");
    let ctx = world.ctx();
    let load = store.load::<_, StoreError>(Load::Batches, &ctx, |loader| {
        (0..300).try_for_each(|n| loader.push(&Arrival { lead: lead(n), trail: Vec::new(), told: None }))
    });
    assert_eq!(load.unwrap().1.added, 300);
    check_truth(&store, &world);
}
