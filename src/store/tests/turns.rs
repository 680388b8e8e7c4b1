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
            (10..2000).try_for_each(|n| loader.push(&Arrival { lead: lead(n), trail: Vec::new() }))?;
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
            (10..2000).try_for_each(|n| loader.push(&Arrival { lead: lead(n), trail: Vec::new() }))?;
            // The load has not ended, and yet this neither fails nor waits for its end.
            other.act(id(2), &reject(), &ctx)?.unwrap();
            Ok(())
        })
        .unwrap();
    assert_eq!(loaded.added, 1990);
    check_truth(&loading, &world);
}
