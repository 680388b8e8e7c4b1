//! What goes in comes out, and what one store would not keep both refuse.

use super::*;

const INSERT: &str = "INSERT INTO received (source, key, body_hash, response, at) VALUES (?1, ?2, ?3, ?4, ?5)";

#[test]
fn every_kind_of_value_comes_back_as_it_went_in() {
    both(|place| {
        let db = place.open();
        let texts = ["", "Łódź ¿qué? 漢字 🦀 \u{202e}", "'; DROP TABLE lead; -- \" ?1 $1 \\", &"é".repeat(600_000)];
        let bytes: [&[u8]; 3] = [&[], &[0, 255, 0x80, b'\''], &[7; 300_000]];
        let numbers = [0, -1, i64::MIN, i64::MAX];
        for (number, text) in texts.iter().enumerate() {
            let (bytes, at) = (bytes[number % bytes.len()], numbers[number]);
            let params = ["s".into(), number.to_string().into(), bytes.into(), (*text).into(), at.into()];
            assert_eq!(write(&*db, |tx| tx.execute(INSERT, &params)).unwrap(), 1);
            let sql = "SELECT response, body_hash, at FROM received WHERE source = ?1 AND key = ?2";
            let found = rows(&*db, sql, &params[..2]);
            assert_eq!(found[0].text(0).unwrap(), *text);
            assert_eq!(found[0].bytes(1).unwrap(), bytes);
            assert_eq!(found[0].int(2).unwrap(), at);
        }
        let id = write(&*db, |tx| lead(tx, "x", None, None)).unwrap();
        let found = rows(
            &*db,
            "SELECT owner, wake_at, id, CAST(2.5 AS DOUBLE PRECISION) FROM lead WHERE id = ?1",
            &[id.into()],
        );
        assert_eq!((found[0].opt_text(0).unwrap(), found[0].opt_int(1).unwrap()), (None, None));
        assert_eq!((found[0].opt_int(2).unwrap(), found[0].real(3).unwrap()), (Some(id), 2.5));
        assert!(found[0].text(0).is_err(), "nothing is not an empty text");
    });
}

#[test]
fn what_one_store_would_not_keep_both_refuse() {
    both(|place| {
        let db = place.open();
        let nul = write(&*db, |tx| put(tx, "a", "b\0c")).unwrap_err();
        assert!(matches!(nul, DbError::Nul(2)), "{nul}");
        let sql = "SELECT n FROM head WHERE n = CAST(?1 AS BIGINT)";
        let infinite = read_as(&*db, &Scope::System, |tx| tx.query(sql, &[f64::NAN.into()])).unwrap_err();
        assert!(matches!(infinite, DbError::NotANumber(1)), "{infinite}");
        for params in [vec![], vec!["a".into()], vec!["a".into(), "b".into(), "c".into()]] {
            let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2)";
            assert!(write(&*db, |tx| tx.execute(sql, &params)).is_err(), "{} parameters", params.len());
        }
        let wrong = write(&*db, |tx| tx.execute("UPDATE head SET n = ?1", &["many".into()])).unwrap_err();
        assert!(matches!(wrong, DbError::Statement(_)), "{wrong}");
    });
}

#[test]
fn the_common_sql_is_understood_by_both() {
    both(|place| {
        let db = place.open();
        write(&*db, |tx| {
            put(tx, "a", "1")?;
            let upsert = "INSERT INTO meta (name, value) VALUES (?1, ?2)
                          ON CONFLICT (name) DO UPDATE SET value = excluded.value RETURNING value";
            assert_eq!(tx.query(upsert, &["a".into(), "2".into()])?[0].text(0)?, "2");
            let ignored = tx.execute("INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING", &["a".into(), "3".into()])?;
            assert_eq!(ignored, 0);
            // A parameter used twice and out of order, one without a type of its own, a limit.
            let twice = "SELECT name, CAST(?3 AS BIGINT) FROM meta WHERE value = ?2 AND (CAST(?1 AS TEXT) IS NULL OR name = ?1) ORDER BY name LIMIT ?4";
            let found = tx.query(twice, &[Value::Null, "2".into(), 7.into(), 1.into()])?;
            assert_eq!((found[0].text(0)?, found[0].int(1)?), ("a", 7));
            assert_eq!(tx.query(twice, &["b".into(), "2".into(), Value::Null, 1.into()])?, []);
            Ok(())
        })
        .unwrap();
    });
}

#[test]
fn a_long_list_comes_row_by_row_and_can_be_left() {
    both(|place| {
        let db = place.open();
        write(&*db, |tx| {
            for number in 0..2_000 {
                tx.execute(
                    "INSERT INTO nonce (source, nonce, expires_at) VALUES ('s', ?1, ?2)",
                    &[number.to_string().into(), number.into()],
                )?;
            }
            Ok(())
        })
        .unwrap();
        let (mut sum, mut left) = (0, 0);
        let sql = "SELECT expires_at FROM nonce ORDER BY expires_at";
        read_as(&*db, &Scope::System, |tx| {
            sum = 0;
            tx.each(sql, &[], &mut |row| {
                sum += row.int(0)?;
                Ok(())
            })
        })
        .unwrap();
        assert_eq!(sum, 1_999_000);
        let stop = read_as(&*db, &Scope::System, |tx| {
            tx.each(sql, &[], &mut |row| {
                left = row.int(0)?;
                if left == 10 { Err(DbError::GivenUp("enough".into())) } else { Ok(()) }
            })
        });
        assert!(matches!(stop, Err(DbError::GivenUp(_))));
        assert_eq!((left, count(&*db, "nonce")), (10, 2_000), "and the connection is as good as before");
    });
}
