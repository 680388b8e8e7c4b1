//! A PostgreSQL server that is reached over a network: encrypted, and only the one that the URL names.

use std::path::PathBuf;

use rcgen::generate_simple_self_signed;
use tempfile::TempDir;

use super::*;

/// A certificate for this name in a file, and its key.
fn certificate(dir: &TempDir, name: &str) -> (PathBuf, String, String) {
    let made = generate_simple_self_signed([name.to_owned()]).unwrap();
    let file = dir.path().join(format!("{name}.pem"));
    std::fs::write(&file, made.cert.pem()).unwrap();
    (file, made.cert.pem(), made.signing_key.serialize_pem())
}

#[test]
fn a_server_is_spoken_to_by_tls_where_its_certificate_is_the_right_one() {
    let dir = TempDir::new().unwrap();
    let (right, pem, key) = certificate(&dir, "db.example");
    let (wrong, ..) = certificate(&dir, "other.example");
    let Some((cluster, port)) = Cluster::encrypted(&pem, &key) else { return };
    let name = cluster.database();
    let url =
        |host: &str, options: &str| format!("postgres://{ADMIN}@{host}:{port}/{name}?hostaddr=127.0.0.1{options}");
    let roots = |file: &PathBuf| format!("&sslrootcert={}", file.to_str().unwrap().replace('/', "%2F"));

    for mode in ["", "&sslmode=verify-full"] {
        let db = db::open(&url("db.example", &format!("{}{mode}", roots(&right))), Options::default()).unwrap();
        write(&*db, |tx| put(tx, &format!("a{mode}"), "1")).unwrap();
        let _heard = db.listen().unwrap();
        let sql = "SELECT count(*), count(*) FILTER (WHERE ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                   WHERE application_name = 'leadbox hub'";
        let row = cluster.admin(&name).query_one(sql, &[]).unwrap();
        let (all, encrypted): (i64, i64) = (row.get(0), row.get(1));
        assert!(all > 0 && all == encrypted, "{encrypted} of {all}");
    }

    let refused = |url: &str| db::open(url, Options::default()).err().expect("it opened").to_string();
    for (what, url, told) in [
        ("another name", url("other.example", &roots(&right)), "TLS"),
        ("another's certificate", url("db.example", &roots(&wrong)), "TLS"),
        ("nobody's word", url("db.example", "&sslmode=verify-full"), "sslrootcert=FILE"),
        ("in the clear", url("db.example", "&sslmode=disable"), "pg_hba.conf"),
        ("unlooked at", url("db.example", "&sslmode=require"), "verify-full"),
    ] {
        let said = refused(&url);
        assert!(said.contains(told), "{what}: {said}");
    }
}
