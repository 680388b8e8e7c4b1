//! `leadbox hub import`: the program itself, against a hub that is served.

use std::path::Path;
use std::process::Command;

use secrecy::ExposeSecret;
use serde_json::Value;

use crate::hub::Rig;
use crate::place::Place;

/// Runs the import; its report, and whether it went well.
fn import(rig: &Rig, dir: &Path, second: &mut i64, args: &[&str]) -> (Value, bool, String) {
    *second += 1;
    let ran = Command::new(env!("CARGO_BIN_EXE_leadbox"))
        .env_clear()
        .env("HOME", dir)
        .env("LEADBOX_DATA_DIR", dir.join("data"))
        // No two posts of one body in one second.
        .env("LEADBOX_NOW", (rig.now() - chrono::Duration::seconds(*second)).to_rfc3339())
        .current_dir(dir)
        .args(["--json", "hub", "import", "--hub", &rig.url, "--source", "web"])
        .args(args)
        .output()
        .unwrap();
    let told = serde_json::from_slice(&ran.stdout).unwrap_or_default();
    (told, ran.status.success(), String::from_utf8_lossy(&ran.stderr).into_owned())
}

fn leads(rig: &Rig) -> Vec<(String, String)> {
    let rows = rig.rows("SELECT external_id, stage FROM lead ORDER BY id");
    rows.iter().map(|row| (row.text(0).unwrap().to_owned(), row.text(1).unwrap().to_owned())).collect()
}

#[test]
fn a_file_is_taken_once_and_what_changed_in_it_is_taken_again() {
    let dir = tempfile::TempDir::new().unwrap();
    let rig = Rig::new(&Place::sqlite());
    let mut second = 0;
    std::fs::write(dir.path().join("secret"), rig.secret.expose_secret()).unwrap();
    let long = "x".repeat(300);
    let rows = |title: &str| {
        format!(
            "id,email,first name,last name,company,country,title,stage\n\
             1,a@acme.example,Ada,Ames,Acme,Spain,{title},New\n\
             {long},b@acme.example,Bo,Byrd,Acme,Spain,CTO,New\n\
             3,c@beta.example,Cy,Cole,Beta,Italy,CTO,Customer\n\
             4,d@beta.example,Di,Dahl,Beta,Italy,CTO,nonsense\n\
             5,e@gamma.example,Ed,Eads,Gamma,Brazil,COO,\n"
        )
    };
    std::fs::write(dir.path().join("leads.csv"), rows("CEO")).unwrap();
    let (told, is_well, err) = import(&rig, dir.path(), &mut second, &["--secret-file", "secret", "leads.csv"]);
    assert!(is_well, "{err}");
    let counts = |told: &Value| ["read", "taken", "known", "over", "refused"].map(|name| told[name].as_u64().unwrap());
    assert_eq!(counts(&told), [5, 2, 0, 1, 2], "{told}");
    let lines: Vec<u64> = told["errors"].as_array().unwrap().iter().map(|it| it["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [5, 3], "the mapping's row first, then the hub's");
    let stages = leads(&rig);
    assert_eq!(stages.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["1", "5"]);
    assert_ne!(stages[0].1, "captured", "its source says that it waits for a rep: {stages:?}");

    let before = rig.rows("SELECT n FROM head")[0].int(0).unwrap();
    let (told, is_well, err) = import(&rig, dir.path(), &mut second, &["--secret-command", "cat secret", "leads.csv"]);
    assert!(is_well, "{err}");
    assert_eq!(counts(&told), [5, 0, 2, 1, 2], "{told}");
    assert_eq!(rig.rows("SELECT n FROM head")[0].int(0).unwrap(), before, "nothing happened at the hub");

    std::fs::write(dir.path().join("leads.csv"), rows("Chair")).unwrap();
    let (told, ..) = import(&rig, dir.path(), &mut second, &["--secret-file", "secret", "leads.csv"]);
    assert_eq!(counts(&told), [5, 1, 1, 1, 2], "{told}");
    let record: Value =
        serde_json::from_str(rig.rows("SELECT record FROM lead ORDER BY id")[0].text(0).unwrap()).unwrap();
    assert_eq!(record["person"]["title"], "Chair");
    assert_eq!(record["company"]["name"], "Acme");
}

#[test]
fn a_wrong_secret_takes_nothing_and_says_so() {
    let dir = tempfile::TempDir::new().unwrap();
    let rig = Rig::new(&Place::sqlite());
    let mut second = 0;
    std::fs::write(dir.path().join("leads.csv"), "id,email\n1,a@acme.example\n").unwrap();
    std::fs::write(dir.path().join("secret"), "lbs_wrong").unwrap();
    let (told, is_well, err) = import(&rig, dir.path(), &mut second, &["--secret-file", "secret", "leads.csv"]);
    assert!(!is_well && err.contains("line 2") && !err.contains("lbs_wrong"), "{err}");
    assert_eq!(told["taken"], 0);
    assert!(leads(&rig).is_empty());
}
