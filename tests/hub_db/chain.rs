//! The log: whatever is done to it behind the hub's back is found.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

use fastrand::Rng;
use leadbox::hub::db::Dialect;
use leadbox::hub::log::{self, Anchor, Finding, Head, Logged, MOST_FINDINGS, Report};

use super::*;

const ENTRIES: i64 = 40;

/// A log of [`ENTRIES`] entries of five leads, some of none.
fn fill(db: &dyn Db) -> Anchor {
    let entries: Vec<Entry> =
        (0..ENTRIES).map(|number| entry((number % 6 > 0).then_some((number % 6, number / 6 + 1)))).collect();
    let head = write(db, |tx| append(tx, &entries)).unwrap();
    Anchor { head, at: leadbox::handoff::Time::from_timestamp_millis(1_700_000_000_000).unwrap() }
}

/// Verifies what this does to the log, and takes it back.
fn after(db: &dyn Db, anchors: &[Anchor], mut tampering: impl FnMut(&mut dyn Tx) -> Result<(), DbError>) -> Report {
    let mut report = None;
    let done = db.write(&mut |tx| {
        match tx.dialect() {
            Dialect::Sqlite => tx.command("DROP TRIGGER log_stands; DROP TRIGGER log_stays")?,
            Dialect::Postgres => tx.command("RESET ROLE; SET LOCAL session_replication_role TO replica")?,
        }
        tampering(tx)?;
        report = Some(log::verify(tx, anchors)?);
        Err(DbError::GivenUp("on purpose".into()))
    });
    assert!(matches!(done, Err(DbError::GivenUp(_))), "{done:?}");
    report.unwrap()
}

fn at(tx: &mut dyn Tx, n: i64) -> Result<Logged, DbError> {
    let sql = format!("SELECT {} FROM log WHERE n = ?1", log::COLUMNS);
    Logged::read(&tx.query(&sql, &[n.into()])?[0])
}

/// Gives an entry the hash that it should have after the one before.
fn rehash(tx: &mut dyn Tx, n: i64) -> Result<(), DbError> {
    let prev = if n > 1 { at(tx, n - 1)?.hash } else { log::GENESIS };
    let hash = Logged { prev, ..at(tx, n)? }.expected();
    tx.execute("UPDATE log SET prev = ?1, hash = ?2 WHERE n = ?3", &[prev.into(), hash.into(), n.into()])?;
    Ok(())
}

fn set_head(tx: &mut dyn Tx, n: i64) -> Result<(), DbError> {
    let hash = if n > 0 { at(tx, n)?.hash } else { log::GENESIS };
    tx.execute("UPDATE head SET n = ?1, hash = ?2", &[n.into(), hash.into()])?;
    Ok(())
}

/// One column of an entry, made other than it was.
fn edit(tx: &mut dyn Tx, rng: &mut Rng, n: i64) -> Result<(), DbError> {
    let found = at(tx, n)?;
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    let (column, value): (&str, Value) = match rng.u8(0..10) {
        0 if found.entry.lead.is_some() => ("lead", 99.into()),
        1 if found.entry.lead.is_some() => ("seq", 1_000.into()),
        2 => ("id", bytes[..16].into()),
        3 => ("at", (found.entry.at + rng.i64(1..9)).into()),
        4 => ("received_at", (found.entry.received_at - rng.i64(1..9)).into()),
        5 => ("actor", format!("{} ", found.entry.actor).into()),
        6 => ("what", found.entry.what.replace("accepted", "rejected").into()),
        7 => ("closes", if found.entry.closes.is_some() { Value::Null } else { "".into() }),
        8 => ("basis", if found.entry.basis.is_some() { Value::Null } else { "".into() }),
        9 => ("prev", bytes.into()),
        _ => ("hash", bytes.into()),
    };
    tx.execute(&format!("UPDATE log SET {column} = ?1 WHERE n = ?2"), &[value, n.into()])?;
    Ok(())
}

/// Two entries change places, with all that is in them.
fn swap(tx: &mut dyn Tx, a: i64, b: i64) -> Result<(), DbError> {
    for (from, to) in [(a, -1), (b, a), (-1, b)] {
        tx.execute("UPDATE log SET n = ?1 WHERE n = ?2", &[to.into(), from.into()])?;
    }
    Ok(())
}

/// Something random, from the crude to what hides its traces as well as it can.
fn tamper(tx: &mut dyn Tx, rng: &mut Rng) -> Result<&'static str, DbError> {
    let n = rng.i64(1..=ENTRIES);
    let delete = "DELETE FROM log WHERE n >= ?1 AND n <= ?2";
    Ok(match rng.u8(0..10) {
        0 | 1 => {
            edit(tx, rng, n)?;
            "edited"
        }
        2 => {
            tx.execute("UPDATE log SET what = '{}' WHERE n = ?1", &[n.into()])?;
            rehash(tx, n)?;
            "edited, with a hash that fits"
        }
        3 => {
            tx.execute(delete, &[n.into(), rng.i64(n..=ENTRIES).into()])?;
            "deleted"
        }
        4 => {
            let n = rng.i64(1..ENTRIES);
            tx.execute(delete, &[n.into(), n.into()])?;
            for later in n + 1..=ENTRIES {
                tx.execute("UPDATE log SET n = ?1 WHERE n = ?2", &[(later - 1).into(), later.into()])?;
            }
            set_head(tx, ENTRIES - 1)?;
            "deleted, and the rest moved up"
        }
        5 => {
            swap(tx, n, (n + rng.i64(1..ENTRIES) - 1) % ENTRIES + 1)?;
            "reordered"
        }
        6 => {
            let other = (n + rng.i64(1..ENTRIES) - 1) % ENTRIES + 1;
            swap(tx, n, other)?;
            for n in [n.min(other), n.max(other)] {
                rehash(tx, n)?;
            }
            "reordered, with hashes that fit"
        }
        7 => {
            tx.execute(delete, &[n.into(), ENTRIES.into()])?;
            set_head(tx, n - 1)?;
            "truncated, the head put back"
        }
        8 => {
            tx.execute("UPDATE log SET what = '{}' WHERE n = ?1", &[n.into()])?;
            for later in n..=ENTRIES {
                rehash(tx, later)?;
            }
            set_head(tx, ENTRIES)?;
            "written anew from there on, head and all"
        }
        _ => {
            let mut forged = at(tx, ENTRIES)?;
            forged.prev = forged.hash;
            tx.execute(
                "INSERT INTO log (n, id, at, received_at, actor, what, prev, hash) VALUES (?1, ?2, 0, 0, '', '', ?3, ?3)",
                &[(ENTRIES + 1).into(), Value::from(*Uuid::now_v7().as_bytes()), forged.prev.into()],
            )?;
            rehash(tx, ENTRIES + 1)?;
            "an entry put behind the last one"
        }
    })
}

/// Swapping an entry with itself, say, is no tampering.
fn is_changed(tx: &mut dyn Tx, before: &[Row]) -> Result<bool, DbError> {
    Ok(tx.query(&format!("SELECT {} FROM log ORDER BY n", log::COLUMNS), &[])? != before)
}

#[test]
fn a_thousand_tamperings_are_all_found() {
    both(|place| {
        let db = place.open();
        let anchor = fill(&*db);
        let whole = read_as(&*db, &Scope::System, |tx| log::verify(tx, &[anchor])).unwrap();
        assert!(whole.is_whole() && whole.entries == ENTRIES as u64, "{whole}");
        let before = rows(&*db, &format!("SELECT {} FROM log ORDER BY n", log::COLUMNS), &[]);
        let mut rng = Rng::with_seed(37);
        let mut tampered = 0;
        // Each takes several turns to a server.
        let enough = if matches!(place, Place::Sqlite(_)) { 1_000 } else { 250 };
        while tampered < enough {
            let mut how = "";
            let mut changed = false;
            let report = after(&*db, &[anchor], |tx| {
                how = tamper(tx, &mut rng)?;
                changed = is_changed(tx, &before)?;
                Ok(())
            });
            assert_eq!(report.is_whole(), !changed, "{how}: {report}");
            tampered += u32::from(changed);
        }
    });
}

#[test]
fn a_finding_says_where_and_what() {
    both(|place| {
        let db = place.open();
        let anchor = fill(&*db);
        let run = |sql: &'static str, anchors: &[Anchor]| after(&*db, anchors, |tx| tx.command(sql)).findings;
        assert_eq!(run("UPDATE log SET what = '{}' WHERE n = 7", &[]), [Finding::Changed(7)]);
        assert_eq!(
            run("DELETE FROM log WHERE n IN (3, 4, 9)", &[]),
            [Finding::Missing { from: 3, to: 4 }, Finding::Missing { from: 9, to: 9 }]
        );
        assert_eq!(
            run("DELETE FROM log WHERE n > 30", &[anchor]),
            [Finding::BeforeAnchor { end: 30, anchor: 40 }, Finding::CutOff { end: 30, head: 40 }]
        );
        assert_eq!(
            run("DELETE FROM log; UPDATE head SET n = 0", &[anchor])[0],
            Finding::BeforeAnchor { end: 0, anchor: 40 }
        );
        assert_eq!(run("UPDATE head SET n = 39", &[]), [Finding::BehindHead { end: 40, head: 39 }]);
        let cut_well = |anchors: &[Anchor]| {
            after(&*db, anchors, |tx| {
                tx.command("DELETE FROM log WHERE n > 30")?;
                set_head(tx, 30)
            })
        };
        assert!(cut_well(&[]).is_whole(), "only what was written down elsewhere tells this");
        assert_eq!(cut_well(&[anchor]).findings, [Finding::BeforeAnchor { end: 30, anchor: 40 }]);
        let everywhere = after(&*db, &[], |tx| tx.command("UPDATE log SET at = 0"));
        assert_eq!((everywhere.found, everywhere.findings.len()), (40, 40.min(MOST_FINDINGS)));
        assert!(everywhere.to_string().contains("- entry 7 is not what was written"), "{everywhere}");
        // An anchor of the middle holds what was written anew from the beginning.
        let middle = Anchor { head: Head { n: 20, hash: [1; 32] }, ..anchor };
        assert_eq!(run("SELECT 1", &[anchor, middle]), [Finding::OtherThanAnchor(20)]);
    });
}

#[test]
fn an_id_or_a_number_within_a_lead_is_logged_once() {
    both(|place| {
        let db = place.open();
        let first = entry(Some((1, 1)));
        write(&*db, |tx| append(tx, std::slice::from_ref(&first))).unwrap();
        for again in [Entry { lead: Some((1, 2)), ..first.clone() }, entry(Some((1, 1)))] {
            let taken = write(&*db, |tx| append(tx, std::slice::from_ref(&again)));
            assert!(matches!(taken, Err(DbError::Taken(_))), "{taken:?}");
        }
        let head = write(&*db, |tx| append(tx, &[])).unwrap();
        assert_eq!(head.n, 1, "nothing to append is nothing done");
        assert_eq!(read_as(&*db, &Scope::System, |tx| at(tx, 1)).unwrap().entry, first);
    });
}

#[test]
fn anchors_are_private_and_survive_a_torn_line() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("hub.anchors");
    assert_eq!(Anchor::read(&path).unwrap(), []);
    let anchors: Vec<Anchor> = (1..=9)
        .map(|n| Anchor {
            head: Head { n: n * 1_000, hash: [n as u8; 32] },
            at: leadbox::handoff::Time::from_timestamp_millis(1_700_000_000_000 + n).unwrap(),
        })
        .collect();
    for anchor in &anchors[..8] {
        anchor.write(&path).unwrap();
    }
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with(&format!("1000 {} 2023-11-14T22:13:20.001Z\n2000 ", "01".repeat(32))), "{text}");
    fs::write(&path, format!("{text}9000 0909")).unwrap();
    assert_eq!(Anchor::read(&path).unwrap(), anchors[..8]);
    anchors[8].write(&path).unwrap();
    assert_eq!(Anchor::read(&path).unwrap(), anchors);
    fs::write(&path, text.replace("3000 03", "3000 0x")).unwrap();
    let error = Anchor::read(&path).unwrap_err().to_string();
    assert!(error.contains("hub.anchors:3: this is not"), "{error}");
    fs::write(&path, "7000").unwrap();
    anchors[0].write(&path).unwrap();
    assert_eq!(Anchor::read(&path).unwrap(), anchors[..1], "a torn first line");
}

#[test]
fn entries_appended_together_are_chained_as_if_one_by_one() {
    both(|place| {
        let db = place.open();
        fill(&*db);
        let head_after = |entries: &[Entry], at_once: usize| {
            let mut head = None;
            let report = after(&*db, &[], |tx| {
                for slice in entries.chunks(at_once) {
                    head = Some(append(tx, slice)?);
                }
                Ok(())
            });
            assert!(report.is_whole(), "{report}");
            head.unwrap()
        };
        for size in [1, 2, 3, 15, 16, 17, 31, 47, 200] {
            let entries: Vec<Entry> = (0..size).map(|_| entry(None)).collect();
            let singly = head_after(&entries, 1);
            assert_eq!(singly.n, ENTRIES + size as i64);
            assert_eq!(singly, head_after(&entries, size), "{size}");
            assert_eq!(singly, head_after(&entries, 7), "{size}");
        }
    });
}

#[test]
fn what_is_taken_back_leaves_no_gap_whether_it_was_written_or_not() {
    both(|place| {
        let db = place.open();
        let head = write(&*db, |tx| {
            let mut tail = log::Tail::read(tx)?;
            tail.push(entry(Some((1, 1))));
            for is_written in [true, false] {
                let mark = tail.mark();
                tx.command("SAVEPOINT job")?;
                (2..=100).for_each(|seq| tail.push(entry(Some((1, seq)))));
                if is_written {
                    tail.write(tx)?;
                }
                tail.push(entry(None));
                tx.command("ROLLBACK TO SAVEPOINT job")?;
                tail.back_to(mark);
            }
            tail.push(entry(Some((1, 2))));
            tail.write(tx)?;
            tail.push(entry(None));
            tail.end(tx)?;
            tail.end(tx)?;
            Ok(tail.head())
        });
        let report = read_as(&*db, &Scope::System, |tx| log::verify(tx, &[])).unwrap();
        assert!(report.is_whole(), "{report}");
        let last = read_as(&*db, &Scope::System, |tx| at(tx, 3)).unwrap();
        assert_eq!(head.unwrap(), Head { n: 3, hash: last.hash });
        assert_eq!(count(&*db, "log"), 3);
    });
}
