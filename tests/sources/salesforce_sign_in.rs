//! Signing in at Salesforce: tokens that end, tokens that can be used once, assertions, and letting the app in.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{join, join_all};
use leadbox::source::salesforce::{Auth, pkce};
use leadbox::source::{Change, Credential, Source, SourceError};
use secrecy::{ExposeSecret, SecretString};

use crate::faults::{Fault, Says};
use crate::salesforce::{BEN, CLIENT};
use crate::salesforce_source::{Org, RUNTIME, signing_key};

/// Where a refresh token is kept, which can fail.
struct Chest {
    token: Mutex<String>,
    is_locked: AtomicBool,
    lock: tempfile::NamedTempFile,
}

impl Chest {
    fn new() -> Arc<Self> {
        let lock = tempfile::NamedTempFile::new().unwrap();
        Arc::new(Self { token: Mutex::new("refresh-0".into()), is_locked: AtomicBool::new(false), lock })
    }

    fn auth(self: &Arc<Self>) -> Auth {
        let (from, to) = (Arc::clone(self), Arc::clone(self));
        let credential = Credential {
            give: Arc::new(move || Ok(SecretString::from(from.token.lock().unwrap().clone()))),
            keep: Arc::new(move |token| {
                if to.is_locked.load(Ordering::SeqCst) {
                    return Err("the keyring is locked".into());
                }
                *to.token.lock().unwrap() = token.expose_secret().to_owned();
                Ok(())
            }),
            lock: Some(self.lock.path().to_owned()),
        };
        Auth::Refresh { client_id: CLIENT.into(), credential }
    }

    fn holds(&self, org: &Org) -> bool {
        org.salesforce.state().oauth.refresh.as_deref() == Some(self.token.lock().unwrap().as_str())
    }
}

fn pull(source: &mut dyn Source) -> Result<(), SourceError> {
    RUNTIME.block_on(source.pull(None)).map(drop)
}

#[test]
fn a_token_that_ended_is_renewed_once_and_one_that_was_revoked_is_not_tried_again() {
    let org = Org::new();
    let mut source = org.plain();
    pull(&mut source).unwrap();
    org.salesforce.expire_access();
    pull(&mut source).unwrap();
    assert_eq!(org.salesforce.count("/oauth2/token"), 2);
    org.salesforce.revoke();
    for _ in 0..3 {
        assert!(matches!(pull(&mut source), Err(SourceError::AuthExpired { .. })));
    }
    assert_eq!(org.salesforce.count("/oauth2/token"), 3);
}

#[test]
fn a_refresh_token_that_took_the_place_of_another_is_never_lost() {
    let org = Org::new();
    org.salesforce.state().oauth.rotates = true;
    let chest = Chest::new();
    let mut source = org.signing_in(chest.auth());
    for _ in 0..3 {
        org.salesforce.expire_access();
        pull(&mut source).unwrap();
        assert!(chest.holds(&org), "it is kept at once");
    }
    // It cannot be kept: it is held on to, a person hears of it, and it is kept as soon as it can be.
    chest.is_locked.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        org.salesforce.expire_access();
        pull(&mut source).unwrap();
        assert!(!chest.holds(&org));
    }
    let told = source.unread().into_iter().map(|told| told.what).collect::<Vec<_>>();
    assert!(told.iter().any(|told| told.contains("the keyring is locked")), "{told:?}");
    assert!(!told.iter().any(|told| told.contains("refresh-")), "it is not told");
    chest.is_locked.store(false, Ordering::SeqCst);
    org.salesforce.expire_access();
    pull(&mut source).unwrap();
    assert!(chest.holds(&org));
    // Whoever asked for it is gone before the answer comes.
    for _ in 0..5 {
        org.salesforce.expire_access();
        RUNTIME.block_on(async {
            let _ = tokio::time::timeout(Duration::ZERO, source.pull(None)).await;
        });
        pull(&mut source).unwrap();
        assert!(chest.holds(&org));
    }
    // Another program of ours was here, and used the token.
    let mut other = org.signing_in(chest.auth());
    pull(&mut other).unwrap();
    org.salesforce.expire_access();
    pull(&mut source).unwrap();
    assert!(chest.holds(&org));
}

#[test]
fn of_several_that_share_a_refresh_token_none_uses_what_another_has_used() {
    let org = Org::new();
    org.salesforce.state().oauth.rotates = true;
    let chest = Chest::new();
    let mut sources: Vec<_> = (0..6).map(|_| org.signing_in(chest.auth())).collect();
    for _ in 0..20 {
        org.salesforce.expire_access();
        RUNTIME.block_on(join_all(sources.iter_mut().map(|source| source.pull(None)))).into_iter().for_each(|pulled| {
            pulled.unwrap();
        });
        assert!(chest.holds(&org));
    }
    // One that has what holds and cannot keep it lets nobody use what is kept, until it can.
    chest.is_locked.store(true, Ordering::SeqCst);
    org.salesforce.expire_access();
    pull(&mut sources[0]).unwrap();
    let (first, others) = sources.split_at_mut(1);
    org.salesforce.expire_access();
    let mending = async {
        chest.is_locked.store(false, Ordering::SeqCst);
        first[0].pull(None).await
    };
    let (waited, mended) = RUNTIME.block_on(join(others[0].pull(None), mending));
    assert!(waited.is_ok() && mended.is_ok(), "{waited:?} {mended:?}");
    assert!(chest.holds(&org));
}

#[test]
fn where_somebody_else_signs_in_their_leads_are_read_from_the_start() {
    let org = Org::new();
    let (hers, his) = (org.salesforce.leads(1).remove(0), org.salesforce.leads(1).remove(0));
    org.salesforce.give_to_ben(&his);
    let mut source = org.plain();
    let page = RUNTIME.block_on(source.pull(None)).unwrap();
    org.salesforce.state().oauth.user = BEN.into();
    org.salesforce.expire_access();
    let refused = RUNTIME.block_on(source.pull(Some(&page.next)));
    assert!(refused.is_ok(), "the one who was signed in when it was asked");
    let refused = RUNTIME.block_on(source.pull(Some(&page.next)));
    assert!(matches!(refused, Err(SourceError::Cursor { .. })), "{refused:?}");
    let page = RUNTIME.block_on(source.pull(None)).unwrap();
    let told = page.changes.iter().map(|change| match change {
        Change::Upsert(record) => record.arrival.lead.key.external_id.clone(),
        Change::Gone(tombstone) => tombstone.external_id.clone(),
    });
    assert!(told.eq([his.clone()]));
    let gone = RUNTIME.block_on(source.reconcile(&[hers, his])).unwrap();
    assert_eq!(gone.len(), 1, "what was hers goes");
}

#[test]
fn what_is_no_answer_to_a_sign_in_is_no_refusal() {
    let org = Org::new();
    let mut source = org.plain();
    for says in [Says::Html, Says::Garbage, Says::Unauthorized, Says::Unavailable, Says::Nothing] {
        org.line.when("/oauth2/token", Fault::before(says));
        let pulled = pull(&mut source);
        assert!(
            matches!(pulled, Err(ref error) if !matches!(error, SourceError::AuthExpired { .. })),
            "{says:?}: {pulled:?}"
        );
    }
    pull(&mut source).unwrap();
}

#[test]
fn a_hub_signs_in_by_its_key() {
    let org = Org::new();
    let (pem, public) = signing_key();
    org.salesforce.state().oauth.key = public;
    let auth = |user: &str, key: String, audience: &str| Auth::Jwt {
        client_id: CLIENT.into(),
        user: user.into(),
        audience: audience.into(),
        key: Arc::new(move || Ok(SecretString::from(key.clone()))),
    };
    let login = "https://login.salesforce.com";
    let mut source = org.signing_in(auth("hub@example.com", pem.clone(), login));
    pull(&mut source).unwrap();
    org.salesforce.expire_access();
    pull(&mut source).unwrap();
    let mut astray = org.signing_in(auth("hub@example.com", pem, "https://test.salesforce.com"));
    assert!(matches!(pull(&mut astray), Err(SourceError::AuthExpired { .. })));
    let mut keyless = org.signing_in(auth("hub@example.com", "no key".into(), login));
    let refused = pull(&mut keyless).unwrap_err().to_string();
    assert!(refused.contains("RSA key as PEM") && !refused.contains("no key"), "{refused}");
}

#[test]
fn the_app_is_let_in_by_the_browser() {
    let org = Org::new();
    let callback = "http://localhost:1717/callback";
    let begun = pkce::begin(&org.line.url(), CLIENT, callback).unwrap();
    let url = reqwest::Url::parse(&begun.url).unwrap();
    let told = |name: &str| url.query_pairs().find(|pair| pair.0 == name).unwrap().1.into_owned();
    assert_eq!((url.path(), told("response_type").as_str()), ("/services/oauth2/authorize", "code"));
    assert_eq!((told("scope").as_str(), told("code_challenge_method").as_str()), ("api refresh_token", "S256"));
    let code = (told("code_challenge"), told("redirect_uri"));
    org.salesforce.state().oauth.codes.insert("a code".into(), code);
    let back = format!("/callback?code=a%20code&state={}", told("state"));
    let signed_in = RUNTIME.block_on(pkce::finish(begun, &back)).unwrap();
    assert_eq!(org.salesforce.state().oauth.refresh.as_deref(), Some(signed_in.expose_secret()));
    // Another one's answer, and a person who says no.
    let begun = pkce::begin(&org.line.url(), CLIENT, callback).unwrap();
    let wrong = RUNTIME.block_on(pkce::finish(begun, "/callback?code=x&state=y")).err().unwrap();
    assert!(wrong.contains("another sign-in"));
    assert!(pkce::begin("http://example.my.salesforce.com", CLIENT, callback).is_err(), "not in the clear");
}
