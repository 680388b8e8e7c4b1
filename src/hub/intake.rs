//! The door: leads and what they did, from senders that sign what they post (R8, F110).

use chrono::{Datelike, Duration};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::db::{Tx, Value};
use super::entry;
use super::error::HubError;
use super::leads::ms;
use super::senders;
use super::tokens;
use super::work::Work;
use crate::handoff::Time;
use crate::source::files::Posted;
use crate::wire::intake::{Item, MOST_ITEMS, MappingText, SIGNATURE, SIGNATURE_WINDOW, Taken, TakenItem};
use crate::wire::problem::{Code, Problem};

/// The longest text of a field, in characters; longer ones are refused rather than cut (reliability, row 30).
const LONGEST: usize = 16 * 1024;

/// The longest text about who it is, in bytes: such are looked up by, and PostgreSQL's indexes hold no longer ones.
const LONGEST_NAME: usize = 1_000;

/// What ends a text that was cut.
const CUT: char = '…';

/// What is said of a person or a company by which they are found or called.
const UNCUT: [&str; 5] = ["email", "phone", "mobile", "linkedin", "domain"];

/// The longest id or key of a sender's, in bytes, for the same reason.
pub(super) const LONGEST_ID: usize = 200;

/// For how long after its window a post is still known to have been taken, in seconds: the window counts whole ones.
const SLACK: i64 = 60;

/// What is said to one who does not sign.
const FORM: &str = "sign the body: Leadbox-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of \"t.body\">";

/// A sender's signature: its time, and the codes of which one must be right. A sender that changes its secret sends
/// both for a while.
struct Signature {
    at: i64,
    codes: Vec<Vec<u8>>,
}

/// A post of one who knows the source's secret.
pub struct Admitted {
    /// Its signature: it may be taken once. Nothing where the sender cannot sign; then only its key tells that a post
    /// was taken.
    signed: Option<Signed>,
    /// How the post is to be read.
    mapping: Option<MappingText>,
}

impl Admitted {
    /// The messages of the post. `own` reads the hub's own form, which holds where the sender has no mapping.
    ///
    /// # Errors
    /// What in it makes no sense, and where.
    pub fn items(
        &self,
        posted: Posted<'_>,
        header: impl Fn(&str) -> Option<String>,
        own: impl FnOnce() -> Result<Vec<Item>, HubError>,
    ) -> Result<Vec<Item>, HubError> {
        let Some(mapping) = &self.mapping else { return own() };
        let read = senders::read(mapping)?.items(posted, header);
        read.map_err(|error| HubError::invalid(error.at.clone(), format!("{error} ({})", mapping.file)))
    }

    /// The sender has a form of its own.
    pub fn is_mapped(&self) -> bool {
        self.mapping.is_some()
    }
}

/// A post whose signature is right: it may be taken once.
struct Signed {
    source: String,
    code: Vec<u8>,
    /// The other codes of the same post: with one of them alone it would be the same post.
    others: Vec<Vec<u8>>,
}

/// Lets a post pass if one who knows the source's secret signed it lately; or, of a sender that cannot sign, if it
/// shows the secret itself in the header that was agreed on. `header` gives the value of a header by its name in small
/// letters.
///
/// # Errors
/// The same for a source that is not there and for a wrong code: a stranger learns nothing.
pub fn authenticate(
    tx: &mut dyn Tx,
    source: &str,
    header: impl Fn(&str) -> Option<String>,
    body: &[u8],
    now: Time,
) -> Result<Admitted, HubError> {
    let known = senders::find(tx, source)?;
    let is_known = known.is_some();
    // Without a source the code is compared all the same, so that the answer takes as long.
    let (secret, settings) = known.unwrap_or_default();
    let secret = SecretString::from(secret);
    let signature = header(SIGNATURE);
    let shown = settings.secret_header.as_deref().and_then(&header).filter(|_| signature.is_none());
    if let Some(shown) = shown {
        let is_right = is_known && is_secret(&secret, &shown);
        let signed = None;
        return if is_right { Ok(Admitted { signed, mapping: settings.mapping }) } else { Err(denied(FORM)) };
    }
    let signature = signature.as_deref().and_then(parse).ok_or_else(|| denied(FORM))?;
    let mut others = signature.codes;
    let right = others.iter().position(|code| is_code(&secret, signature.at, body, code));
    let Some(code) = right.filter(|_| is_known).map(|right| others.swap_remove(right)) else {
        return Err(denied("the signature does not fit this source and body"));
    };
    in_time(signature.at, now)?;
    let signed = Some(Signed { source: source.to_owned(), code, others });
    Ok(Admitted { signed, mapping: settings.mapping })
}

/// Whether a post has a signature, and then whether that has the form of one and was made lately: known before its body
/// is.
pub fn is_signed(header: impl Fn(&str) -> Option<String>, now: Time) -> Option<Result<(), HubError>> {
    let signature = header(SIGNATURE)?;
    Some(parse(&signature).ok_or_else(|| denied(FORM)).and_then(|signature| in_time(signature.at, now)))
}

fn in_time(at: i64, now: Time) -> Result<(), HubError> {
    if now.timestamp().abs_diff(at) <= SIGNATURE_WINDOW.unsigned_abs() {
        return Ok(());
    }
    Err(denied("the signature's time is more than 300 seconds from the hub's clock: set the sender's clock"))
}

/// Whether this is the secret; how long that takes does not say how much of it is right.
fn is_secret(secret: &SecretString, shown: &str) -> bool {
    let code = |text: &SecretString| code_of(text, 0, b"").map(|mac| mac.finalize().into_bytes());
    let Some(right) = code(secret) else { return false };
    code_of(&SecretString::from(shown), 0, b"").is_some_and(|mac| mac.verify(&right).is_ok())
}

/// Notes that a signed post is taken, unless it was taken already.
pub fn spend(work: &mut Work<'_>, admitted: &Admitted) -> Result<(), HubError> {
    let Some(signed) = &admitted.signed else { return Ok(()) };
    let expires = ms(work.now + Duration::seconds(2 * SIGNATURE_WINDOW + SLACK));
    work.forget_nonces()?;
    let mut note = |code: &[u8]| {
        work.tx.execute(
            "INSERT INTO nonce (source, nonce, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT (source, nonce) DO NOTHING",
            &[signed.source.as_str().into(), tokens::hex(code).into(), expires.into()],
        )
    };
    let is_first = note(&signed.code)? > 0;
    for other in &signed.others {
        note(other)?;
    }
    if !is_first { Err(denied("this very post was taken already: sign it anew to send it again")) } else { Ok(()) }
}

fn denied(what: &str) -> HubError {
    Problem::new(Code::Unauthorized, what).at("Leadbox-Signature").into()
}

fn parse(header: &str) -> Option<Signature> {
    let (mut at, mut codes) = (None, Vec::new());
    for part in header.split(',') {
        match part.trim().split_once('=')? {
            ("t", seconds) if at.is_none() && seconds.bytes().all(|digit| digit.is_ascii_digit()) => {
                at = Some(seconds.parse().ok()?);
            }
            ("v1", code) if codes.len() < 4 => codes.push(unhex(code)?),
            _ => return None,
        }
    }
    Some(Signature { at: at?, codes: Some(codes).filter(|codes| !codes.is_empty())? })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn is_code(secret: &SecretString, at: i64, body: &[u8], code: &[u8]) -> bool {
    code_of(secret, at, body).is_some_and(|mac| mac.verify_slice(code).is_ok())
}

fn code_of(secret: &SecretString, at: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(at.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

/// The header by which a sender signs a body at `at`.
pub fn sign(secret: &SecretString, at: Time, body: &[u8]) -> String {
    let code = code_of(secret, at.timestamp(), body).map(|mac| tokens::hex(&mac.finalize().into_bytes()));
    format!("t={},v1={}", at.timestamp(), code.unwrap_or_default())
}

/// Takes in a batch: all of it or, on an error, nothing.
pub fn take(work: &mut Work<'_>, source: &str, items: &[Item]) -> Result<Taken, HubError> {
    if items.len() > MOST_ITEMS {
        return Err(HubError::invalid(
            "/items",
            format!("a batch has at most {MOST_ITEMS} items, not {}", items.len()),
        ));
    }
    let items = items.iter().enumerate();
    let items = items.map(|(number, item)| take_one(work, source, item, &format!("/items/{number}")));
    Ok(Taken { items: items.collect::<Result<_, _>>()? })
}

fn take_one(work: &mut Work<'_>, source: &str, item: &Item, place: &str) -> Result<TakenItem, HubError> {
    let hash = Sha256::digest(serde_json::to_vec(item)?).to_vec();
    if item.key.is_empty() || item.key.len() > LONGEST_ID {
        let what = "each item needs a key of its own, of at most 200 bytes: sent twice, it is taken once";
        return Err(HubError::invalid(format!("{place}/key"), what));
    }
    check(item, place)?;
    let known = work.tx.query(
        "SELECT body_hash, response FROM received WHERE source = ?1 AND key = ?2",
        &[source.into(), item.key.as_str().into()],
    )?;
    if let Some(row) = known.first() {
        if row.bytes(0)? != hash {
            let what = format!("the key “{}” came before with other contents", item.key);
            return Err(Problem::new(Code::KeyReused, what).at(format!("{place}/key")).into());
        }
        let taken: TakenItem = serde_json::from_str(row.text(1)?)?;
        return Ok(TakenItem { is_repeat: true, ..taken });
    }
    let (case, left_out) = entry::enter(work, source, item, place)?;
    let taken = TakenItem {
        key: item.key.clone(),
        lead: case.id,
        version: case.version,
        stage: case.handoff.stage.code().to_owned(),
        is_repeat: false,
        left_out: (left_out > 0).then_some(left_out),
    };
    work.tx.later(
        "INSERT INTO received (source, key, body_hash, response, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        vec![
            source.into(),
            item.key.as_str().into(),
            Value::Bytes(hash),
            Value::Text(serde_json::to_string(&taken)?),
            ms(work.now).into(),
        ],
    )?;
    Ok(taken)
}

/// Refuses what cannot be kept, and times with which nobody can reckon.
pub(super) fn check(item: &Item, place: &str) -> Result<(), HubError> {
    let value = serde_json::to_value(item)?;
    must_fit(&value, place)?;
    let ids = item.activities.iter().enumerate();
    let ids = ids.map(|(number, activity)| (format!("{place}/activities/{number}/id"), &activity.id));
    for (at, id) in ids.chain([(format!("{place}/id"), &item.id)]) {
        if id.as_ref().is_some_and(|id| id.len() > LONGEST_ID) {
            return Err(HubError::invalid(at, format!("an id has at most {LONGEST_ID} bytes")));
        }
    }
    for group in ["person", "company"] {
        let texts = value.get(group).and_then(serde_json::Value::as_object).into_iter().flatten();
        let mut texts = texts.filter_map(|(name, text)| Some((name, text.as_str()?)));
        if let Some((name, _)) = texts.find(|(_, text)| text.len() > LONGEST_NAME) {
            let what = format!("a text about a person or company has at most {LONGEST_NAME} bytes");
            return Err(HubError::invalid(format!("{place}/{group}/{name}"), what));
        }
    }
    let times = item.activities.iter().enumerate().filter_map(|(number, activity)| Some((number, activity.at?)));
    for (number, at) in times {
        must_be_plausible(at, &format!("{place}/activities/{number}/at"))?;
    }
    if let Some(at) = item.flag_at {
        must_be_plausible(at, &format!("{place}/flag_at"))?;
    }
    Ok(())
}

/// The same of a message that nobody here can have sent otherwise, such as a CRM's: texts that are too long are cut, and it is
/// refused for what cannot be. Of an address or a number a part would be somebody else's: it is left out.
pub(super) fn fitted(item: Item) -> Result<Item, HubError> {
    if check(&item, "").is_ok() {
        return Ok(item);
    }
    let mut value = serde_json::to_value(&item)?;
    shorten(&mut value);
    for group in ["person", "company"] {
        let Some(texts) = value.get_mut(group).and_then(serde_json::Value::as_object_mut) else { continue };
        let is_long = |text: &serde_json::Value| text.as_str().is_some_and(|text| text.len() > LONGEST_NAME);
        texts.retain(|name, text| !(UNCUT.contains(&name.as_str()) && is_long(text)));
        for text in texts.values_mut().filter(|text| is_long(text)) {
            let whole = text.as_str().unwrap_or_default();
            let end = whole.floor_char_boundary(LONGEST_NAME - CUT.len_utf8());
            *text = format!("{}{CUT}", whole.get(..end).unwrap_or_default()).into();
        }
    }
    let item = serde_json::from_value(value)?;
    check(&item, "")?;
    Ok(item)
}

/// Cuts what `too_long` finds, and has nothing in it that no database keeps.
fn shorten(value: &mut serde_json::Value) {
    let short = |text: &str| {
        let plain = text.replace('\0', "\u{fffd}");
        match plain.char_indices().nth(LONGEST - 1) {
            Some((end, _)) if plain.chars().count() > LONGEST => {
                format!("{}{CUT}", plain.get(..end).unwrap_or_default())
            }
            _ => plain,
        }
    };
    match value {
        serde_json::Value::String(text) if is_bad(text) => *text = short(text),
        serde_json::Value::Array(all) => all.iter_mut().for_each(shorten),
        serde_json::Value::Object(all) => {
            all.values_mut().for_each(shorten);
            let bad: Vec<String> = all.keys().filter(|name| is_bad(name)).cloned().collect();
            for name in bad {
                if let Some(value) = all.remove(&name) {
                    all.insert(short(&name), value);
                }
            }
        }
        _ => {}
    }
}

/// Refuses a time that can only be a mistake, and with which nobody could reckon.
pub(super) fn must_be_plausible(time: Time, place: &str) -> Result<(), HubError> {
    if (1900..=9999).contains(&time.year()) {
        return Ok(());
    }
    Err(HubError::invalid(place, "a time lies between the years 1900 and 9999"))
}

/// Refuses texts that are too long, or have in them what no database keeps.
pub(super) fn must_fit(value: &serde_json::Value, place: &str) -> Result<(), HubError> {
    match too_long(value, place.to_owned()) {
        Some(at) => Err(HubError::invalid(at, format!("a text has at most {LONGEST} characters, and no NUL"))),
        None => Ok(()),
    }
}

fn is_bad(text: &str) -> bool {
    text.chars().count() > LONGEST || text.contains('\0')
}

fn too_long(value: &serde_json::Value, place: String) -> Option<String> {
    match value {
        serde_json::Value::String(text) => is_bad(text).then_some(place),
        serde_json::Value::Array(all) => {
            all.iter().enumerate().find_map(|(number, item)| too_long(item, format!("{place}/{number}")))
        }
        serde_json::Value::Object(all) => all.iter().find_map(|(name, item)| {
            if is_bad(name) { Some(place.clone()) } else { too_long(item, format!("{place}/{name}")) }
        }),
        _ => None,
    }
}

/// Sets up a sender, or gives it a new secret. The secret is told this once.
pub fn set_up(tx: &mut dyn Tx, name: &str, now: Time) -> Result<String, HubError> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_plain) {
        let what = format!("“{name}” cannot name a source: use lower-case letters, digits, - and _, at most 64");
        return Err(HubError::invalid("/name", what));
    }
    let secret = tokens::secret()?;
    tx.execute(
        "INSERT INTO intake_source (name, secret, attrs, created_at) VALUES (?1, ?2, '{}', ?3)
         ON CONFLICT (name) DO UPDATE SET secret = excluded.secret",
        &[name.into(), secret.as_str().into(), ms(now).into()],
    )?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_body_at_its_time_with_the_secret_has_the_code() {
        let (secret, at) = (SecretString::from("lbs_1"), Time::from_timestamp(1_700_000_000, 0).unwrap());
        let header = sign(&secret, at, b"{}");
        let signature = parse(&header).unwrap();
        let is_right =
            |secret: &str, at: i64, body: &[u8]| is_code(&SecretString::from(secret), at, body, &signature.codes[0]);
        assert!(is_right("lbs_1", signature.at, b"{}"));
        assert!(!is_right("lbs_2", signature.at, b"{}"));
        assert!(!is_right("lbs_1", signature.at + 1, b"{}"));
        assert!(!is_right("lbs_1", signature.at, b"{} "));
    }

    #[test]
    fn the_code_is_the_hmac_that_everybody_else_computes() {
        // echo -n '1700000000.{}' | openssl dgst -sha256 -hmac lbs_1
        let header = sign(&SecretString::from("lbs_1"), Time::from_timestamp(1_700_000_000, 0).unwrap(), b"{}");
        assert_eq!(header, "t=1700000000,v1=2bf83c81ef326551b171d155ddc7285807b8a108d9094f0ec9501014982f6a71");
    }

    #[test]
    fn a_header_of_another_form_is_none() {
        let code = "0".repeat(64);
        assert!(parse(&format!("t=1,v1={code}")).is_some());
        assert!(parse(&format!("t=1, v1={code},v1={code}")).is_some());
        for wrong in ["", "t=1", &format!("v1={code}"), "t=x,v1=00", &format!("t=1,t=2,v1={code}"), "t=1,v1=é"] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
        assert!(parse(&format!("t=1{}", format!(",v1={code}").repeat(9))).is_none());
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_and_what_cannot_be_cut_is_refused() {
        let long = "ä".repeat(LONGEST + 1);
        let item = serde_json::json!({
            "key": "", "id": "7", "message": long, "extras": { "notes": long, "nul": "a\0b" },
            "person": { "title": "ö".repeat(LONGEST_NAME), "email": "e".repeat(LONGEST_NAME + 1), "name": "Ada" },
            "company": { "news": [long] },
            "activities": [{ "id": "1", "kind": "note", "text": long }],
        });
        let item: Item = serde_json::from_value(item).unwrap();
        assert!(check(&item, "").is_err());
        let cut = fitted(item.clone()).unwrap();
        let title = cut.person.title.unwrap();
        assert!(title.len() <= LONGEST_NAME && title.starts_with("öö") && title.ends_with(CUT), "{title}");
        assert_eq!((cut.person.email, cut.person.name.as_deref()), (None, Some("Ada")), "a part is somebody else's");
        for text in [&cut.message.unwrap(), &cut.extras["notes"], &cut.activities[0].text, &cut.company.news[0]] {
            assert_eq!((text.chars().count(), text.ends_with("ä…")), (LONGEST, true));
        }
        assert_eq!(cut.extras["nul"], "a\u{fffd}b");
        let long_id = Item { id: Some("x".repeat(LONGEST_ID + 1)), ..item.clone() };
        assert!(fitted(long_id).is_err());
        assert!(fitted(Item { flag_at: "0099-01-01T00:00:00Z".parse().ok(), ..item }).is_err());
    }
}
