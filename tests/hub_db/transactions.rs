//! All or nothing, one writer, readers that see one moment, and numbers without gaps.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use leadbox::hub::db::Heard;
use leadbox::hub::log;

use super::*;

#[test]
fn a_job_that_fails_leaves_nothing() {
    both(|place| {
        let db = place.open();
        let given_up = write(&*db, |tx| -> Result<(), DbError> {
            put(tx, "a", "1")?;
            append(tx, &[entry(None)])?;
            Err(DbError::GivenUp("on purpose".into()))
        });
        assert!(matches!(given_up, Err(DbError::GivenUp(_))));
        let taken = write(&*db, |tx| {
            put(tx, "a", "1")?;
            put(tx, "a", "2")
        });
        assert!(matches!(taken, Err(DbError::Taken(_))), "{taken:?}");
        assert_eq!((count(&*db, "log"), rows(&*db, "SELECT value FROM meta WHERE name = 'a'", &[]).len()), (0, 0));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            write(&*db, |tx| -> Result<(), DbError> {
                put(tx, "a", "1")?;
                panic!("in the middle")
            })
        }));
        assert!(panicked.is_err());
        write(&*db, |tx| put(tx, "a", "3")).unwrap();
        assert_eq!(rows(&*db, "SELECT value FROM meta WHERE name = 'a'", &[])[0].text(0).unwrap(), "3");
    });
}

#[test]
fn a_failure_that_nobody_took_back_is_never_committed() {
    both(|place| {
        let db = place.open();
        let swallowed = write(&*db, |tx| {
            put(tx, "a", "1")?;
            assert!(put(tx, "a", "2").is_err());
            Ok(())
        });
        assert!(
            matches!(swallowed, Err(DbError::Statement(_))),
            "PostgreSQL would say it was committed: {swallowed:?}"
        );
        assert!(rows(&*db, "SELECT value FROM meta WHERE name = 'a'", &[]).is_empty());
    });
}

#[test]
fn what_is_done_later_is_there_for_the_next_question_which_tells_its_failure() {
    both(|place| {
        let db = place.open();
        let later = |tx: &mut dyn Tx, name: &str, value: &str| {
            tx.later("INSERT INTO meta (name, value) VALUES (?1, ?2)", vec![name.into(), value.into()])
        };
        let many = |db: &dyn Db| rows(db, "SELECT name FROM meta WHERE name IN ('a', 'b', 'c')", &[]).len();
        write(&*db, |tx| {
            later(tx, "a", "1")?;
            assert_eq!(tx.query("SELECT value FROM meta WHERE name = 'a'", &[])?.len(), 1);
            later(tx, "b", "1")
        })
        .unwrap();
        assert_eq!(many(&*db), 2, "the last one is part of the commit");
        let nul = write(&*db, |tx| later(tx, "c", "\0"));
        assert!(matches!(nul, Err(DbError::Nul(2))), "{nul:?}");
        let taken = write(&*db, |tx| later(tx, "c", "1").and_then(|()| later(tx, "a", "2")));
        assert!(matches!(taken, Err(DbError::Taken(_))), "{taken:?}");
        assert_eq!(many(&*db), 2, "nothing of it was committed");
        let given_up = write(&*db, |tx| later(tx, "c", "1").and(Err::<(), _>(DbError::GivenUp("on purpose".into()))));
        assert!(given_up.is_err() && many(&*db) == 2, "nor of this");
        write(&*db, |tx| {
            let failing = |tx: &mut dyn Tx| later(tx, "a", "2");
            assert!(savepoint(tx, |tx| failing(tx).and(Err::<(), _>(DbError::GivenUp("x".into()))))?.is_err());
            tx.command("SAVEPOINT told")?;
            let released = failing(tx).and_then(|()| tx.command("RELEASE SAVEPOINT told"));
            assert!(matches!(released, Err(DbError::Taken(_))), "{released:?}");
            tx.command("ROLLBACK TO SAVEPOINT told")?;
            later(tx, "c", "1")
        })
        .unwrap();
        assert_eq!(many(&*db), 3, "what failed was taken back, and the rest goes on");
    });
}

#[test]
fn jobs_that_share_a_commit_fail_alone() {
    both(|place| {
        let db = place.open();
        let outcomes = write(&*db, |tx| {
            let mut outcomes = Vec::new();
            for name in ["a", "b", "a", "c", "stop", "d"] {
                let job = |tx: &mut dyn Tx| -> Result<i64, DbError> {
                    put(tx, name, name)?;
                    if name == "stop" {
                        return Err(DbError::GivenUp("on purpose".into()));
                    }
                    // One within another.
                    let inner = savepoint(tx, |tx| put(tx, name, "again"))?;
                    assert!(matches!(inner, Err(DbError::Taken(_))));
                    Ok(append(tx, &[entry(None)])?.n)
                };
                outcomes.push(savepoint(tx, job)?.map_err(|error| matches!(error, DbError::Taken(_))));
            }
            Ok(outcomes)
        });
        assert_eq!(outcomes.unwrap(), [Ok(1), Ok(2), Err(true), Ok(3), Err(false), Ok(4)]);
        let names = rows(&*db, "SELECT name FROM meta WHERE name <> 'schema' ORDER BY name", &[]);
        assert_eq!(names.iter().map(|row| row.text(0).unwrap()).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    });
}

#[test]
fn a_reader_sees_one_moment_and_waits_for_no_writer() {
    both(|place| {
        let db = place.open();
        let (started, written) = (Barrier::new(2), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                write(&*db, |tx| {
                    put(tx, "a", "1")?;
                    // The reader begins while this is under way, and sees nothing of it.
                    assert_eq!(count(&*db, "meta WHERE name = 'a'"), 0);
                    Ok(())
                })
                .unwrap();
                started.wait();
                write(&*db, |tx| put(tx, "b", "1")).unwrap();
                written.wait();
            });
            let seen = read_as(&*db, &Scope::System, |tx| {
                started.wait();
                written.wait();
                let names = tx.query("SELECT name FROM meta WHERE name IN ('a', 'b')", &[])?;
                Ok(names.len())
            });
            // It began before the second write; the first may have been before or after.
            assert!(seen.unwrap() < 2);
        });
        assert_eq!(count(&*db, "meta WHERE name IN ('a', 'b')"), 2);
        let wrote = read_as(&*db, &Scope::System, |tx| put(tx, "c", "1"));
        assert!(wrote.is_err(), "who reads cannot write");
    });
}

#[test]
fn numbers_have_no_gaps_whoever_writes_and_whatever_fails() {
    both(|place| {
        // Two hubs, four writers each; every third job fails after it took its number.
        let hubs = [place.open(), place.open()];
        thread::scope(|scope| {
            for writer in 0..8 {
                let db = &hubs[writer % 2];
                scope.spawn(move || {
                    for turn in 0..25 {
                        let done = write(&**db, |tx| {
                            let head = append(tx, &vec![entry(None); 1])?;
                            if turn % 3 == 0 { Err(DbError::GivenUp("on purpose".into())) } else { Ok(head.n) }
                        });
                        assert_eq!(done.is_err(), turn % 3 == 0, "{done:?}");
                    }
                });
            }
        });
        let report = read_as(&*hubs[0], &Scope::System, |tx| log::verify(tx, &[])).unwrap();
        assert!(report.is_whole(), "{report}");
        assert_eq!((report.entries, report.end.n), (8 * 16, 8 * 16));
    });
}

#[test]
fn one_connection_for_many_readers_is_enough() {
    both(|place| {
        let db = db::open(&place.url(), Options { readers: 1 }).unwrap();
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| assert_eq!(count(&*db, "log"), 0));
            }
        });
    });
}

#[test]
fn other_hubs_hear_what_is_committed_and_nothing_else() {
    let Some(place) = Place::postgres() else { return };
    let (here, there) = (place.open(), place.open());
    let (heard_here, heard_there) = (here.listen().unwrap(), there.listen().unwrap());
    let fails = write(&*here, |tx| {
        tx.announce("lost")?;
        Err::<(), _>(DbError::GivenUp("on purpose".into()))
    });
    assert!(fails.is_err());
    write(&*here, |tx| tx.announce("12 é 13")).unwrap();
    write(&*there, |tx| tx.announce("back")).unwrap();
    let wait = Duration::from_secs(20);
    assert_eq!(heard_there.recv_timeout(wait).unwrap(), Heard::Said("12 é 13".into()));
    assert_eq!(heard_here.recv_timeout(wait).unwrap(), Heard::Said("back".into()));
    assert!(write(&*here, |tx| tx.announce(&"x".repeat(8_000))).is_err());
    // A connection that is lost is made again, and one is told that something may have been missed.
    let Place::Postgres(cluster, database) = &place else { return };
    assert!(cluster.cut(database) >= 4);
    assert_eq!(heard_there.recv_timeout(wait).unwrap(), Heard::Away);
    write(&*here, |tx| tx.announce("again")).unwrap();
    assert_eq!(heard_there.recv_timeout(wait).unwrap(), Heard::Said("again".into()));
    drop(there);
    assert!(heard_there.recv_timeout(wait).is_err(), "it ends with the database");
}

#[test]
fn on_a_file_nobody_else_is_heard() {
    let place = Place::sqlite();
    let db = place.open();
    let heard = db.listen().unwrap();
    write(&*db, |tx| tx.announce("x")).unwrap();
    assert!(heard.recv().is_err());
    assert!(write(&*db, |tx| tx.announce(&"x".repeat(8_000))).is_err(), "as on PostgreSQL");
}

#[test]
fn a_lost_connection_is_made_again_and_the_job_done_once() {
    let Some(place) = Place::postgres() else { return };
    let Place::Postgres(cluster, database) = &place else { return };
    let db = place.open();
    assert_eq!(count(&*db, "log"), 0);
    // Between two uses, and in the middle of a job.
    cluster.cut(database);
    assert_eq!(count(&*db, "log"), 0);
    let cut = AtomicBool::new(false);
    let mut runs = 0;
    write(&*db, |tx| {
        runs += 1;
        put(tx, "once", "1")?;
        if !cut.swap(true, Ordering::Relaxed) {
            cluster.cut(database);
        }
        append(tx, &[entry(None)])
    })
    .unwrap();
    assert_eq!((runs, count(&*db, "log"), count(&*db, "meta WHERE name = 'once'")), (2, 1, 1));
}

#[test]
fn what_gave_way_to_another_transaction_is_tried_again() {
    let Some(place) = Place::postgres() else { return };
    let db = place.open();
    let mut runs = 0;
    write(&*db, |tx| {
        runs += 1;
        put(tx, "once", "1")?;
        if runs < 3 {
            // As the server says it of a deadlock.
            tx.command("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")?;
        }
        Ok(())
    })
    .unwrap();
    assert_eq!((runs, count(&*db, "meta WHERE name = 'once'")), (3, 1));
}

#[test]
fn what_was_saved_outlives_the_server_and_what_was_not_is_known() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.url(ADMIN, &cluster.database());
    let hubs = [0, 1].map(|_| db::open(&url, Options::default()).unwrap());
    let (halfway, tell) = std::sync::mpsc::channel();
    let outcomes: Vec<(String, Result<(), DbError>)> = thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (db, halfway) = (&hubs[writer % 2], halfway.clone());
                scope.spawn(move || {
                    let write = |turn: usize| {
                        if turn == 20 {
                            halfway.send(()).unwrap();
                        }
                        let name = format!("{writer}-{turn}");
                        let done = write(&**db, |tx| {
                            put(tx, &name, "saved")?;
                            append(tx, &[entry(None)]).map(|_| ())
                        });
                        (name, done)
                    };
                    (0..60).map(write).collect::<Vec<_>>()
                })
            })
            .collect();
        // In the middle of all that.
        tell.recv().unwrap();
        cluster.crash();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let mut saved = 0;
    for (name, done) in &outcomes {
        let found = rows(&*hubs[0], "SELECT value FROM meta WHERE name = ?1", &[name.as_str().into()]).len();
        match done {
            Ok(()) => assert_eq!(found, 1, "{name} was saved"),
            // Whoever committed and did not hear of it.
            Err(DbError::Unknown(_)) => {}
            Err(error) => assert_eq!(found, 0, "{name} was not: {error}"),
        }
        saved += found;
    }
    assert!(saved >= 4 * 20, "{saved}");
    let report = read_as(&*hubs[1], &Scope::System, |tx| log::verify(tx, &[])).unwrap();
    assert!(report.is_whole() && report.entries == saved as u64, "{report}");
}
