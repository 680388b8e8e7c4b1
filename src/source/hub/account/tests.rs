use std::sync::{Arc, Mutex};

use super::*;
use crate::handoff::event::Role;
use crate::keeping::keyring::fake::Fake;

const URL: &str = "https://hub.example";

fn account(person: &str) -> Account {
    let (url, name) = (URL.into(), person.into());
    Account { url, person: person.into(), name, role: Role::Rep, token_cmd: Vec::new(), keyring: None }
}

fn keyring() -> (Keyring, Arc<Mutex<Fake>>) {
    let fake = Arc::<Mutex<Fake>>::default();
    (Keyring::Fake(Arc::clone(&fake)), fake)
}

fn secret(text: &str) -> SecretString {
    text.to_owned().into()
}

fn said(token: io::Result<SecretString>) -> Result<String, String> {
    token.map(|token| token.expose_secret().to_owned()).map_err(|error| error.to_string())
}

/// All that stands in the files of a folder.
fn files(dir: &Path) -> String {
    let read = |entry: io::Result<fs::DirEntry>| fs::read_to_string(entry.unwrap().path()).unwrap();
    fs::read_dir(dir).unwrap().map(read).collect()
}

#[test]
fn a_keyring_has_the_token_and_no_file_does() {
    let dir = tempfile::tempdir().unwrap();
    let (keyring, fake) = keyring();
    // What a file had of a former time is gone.
    account("ana").save(dir.path(), &secret("lbx_file"), "").unwrap();
    assert_eq!(said(Account::token(dir.path(), &keyring, None)), Ok("lbx_file".into()));
    let mut ana = account("ana");
    ana.keep_in(&keyring, &secret("lbx_ring"), None).unwrap();
    ana.save(dir.path(), &secret("lbx_ring"), "").unwrap();
    assert_eq!(said(Account::token(dir.path(), &keyring, None)), Ok("lbx_ring".into()));
    assert!(!files(dir.path()).contains("lbx_"), "{}", files(dir.path()));
    assert_eq!(Account::load(dir.path()).unwrap().unwrap().keeper(dir.path()), Keeper::Keyring);
    // Signed in again, the same entry has the new token.
    ana.keep_in(&keyring, &secret("lbx_next"), None).unwrap();
    assert_eq!(fake.lock().unwrap().entries.len(), 1);
    assert_eq!(said(Account::token(dir.path(), &keyring, None)), Ok("lbx_next".into()));
}

#[test]
fn a_keyring_that_does_not_give_it_says_what_to_do_and_nothing_of_the_token() {
    let dir = tempfile::tempdir().unwrap();
    let (keyring, fake) = keyring();
    let mut ana = account("ana");
    ana.keep_in(&keyring, &secret("lbx_ring"), None).unwrap();
    ana.save(dir.path(), &secret("lbx_ring"), "").unwrap();
    let troubles = [Trouble::Locked, Trouble::Slow, Trouble::Refused("no".into()), Trouble::Absent("none here".into())];
    for trouble in troubles {
        fake.lock().unwrap().trouble = Some(trouble.clone());
        let error = said(Account::token(dir.path(), &keyring, None)).unwrap_err();
        assert!(error.starts_with(&trouble.to_string()) && error.contains("--no-keyring"), "{error}");
        assert!(ana.clone().keep_in(&keyring, &secret("lbx_x"), None).is_err());
        assert!(ana.token_by_now(dir.path(), &keyring).is_none());
    }
    *fake.lock().unwrap() = Fake::default();
    let error = said(Account::token(dir.path(), &keyring, None)).unwrap_err();
    assert!(error.contains("sign in again"), "{error}");
}

#[test]
fn a_token_of_now_is_of_wherever_one_signed_in_last_and_of_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let (keyring, _) = keyring();
    let began = account("ana");
    began.save(dir.path(), &secret("lbx_1"), "").unwrap();
    let by_now = || began.token_by_now(dir.path(), &keyring).map(|token| token.expose_secret().to_owned());
    assert_eq!(by_now().as_deref(), Some("lbx_1"));
    let mut again = account("ana");
    again.keep_in(&keyring, &secret("lbx_2"), None).unwrap();
    again.save(dir.path(), &secret("lbx_2"), "").unwrap();
    assert_eq!(by_now().as_deref(), Some("lbx_2"), "from a file to the keyring");
    again.keep_in(&keyring, &secret("lbx_3"), None).unwrap();
    assert_eq!(by_now().as_deref(), Some("lbx_3"), "anew in the same entry");
    account("ana").save(dir.path(), &secret("lbx_4"), "").unwrap();
    assert_eq!(by_now().as_deref(), Some("lbx_4"), "and back to a file");
    account("jon").save(dir.path(), &secret("lbx_5"), "").unwrap();
    assert_eq!(by_now(), None);
    Account { token_cmd: vec!["echo".into(), "lbx_6".into()], ..account("ana") }
        .save(dir.path(), &secret("lbx_6"), "")
        .unwrap();
    assert_eq!(by_now(), None, "a command may want to ask something");
}

#[test]
fn an_account_of_before_keyrings_is_read_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let old = r#"{"url":"https://hub.example","person":"ana","name":"Ana","role":"rep"}"#;
    secret::write(&dir.path().join(ACCOUNT), old.as_bytes()).unwrap();
    secret::write(&dir.path().join(TOKEN), b"lbx_old\n").unwrap();
    assert_eq!(said(Account::token(dir.path(), &Keyring::System, None)), Ok("lbx_old".into()));
    let keeper = Account::load(dir.path()).unwrap().unwrap().keeper(dir.path());
    assert_eq!(keeper, Keeper::File(dir.path().join(TOKEN)));
}
