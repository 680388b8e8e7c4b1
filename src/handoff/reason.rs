//! Rejection reasons: canonical codes with owner, finer codes and required evidence (F79, F80, R89-R92, C12).

use serde::{Deserialize, Serialize};

use super::disposition::Rejection;
use super::refusal::Refusal;

/// One coded reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The code that is stored and sent, such as `wrong_persona`.
    pub code: String,
    /// What the rep reads.
    pub label: String,
    /// The key that picks it in the dialog: a digit or a letter.
    pub key: char,
    /// Who looks into it, so that a routing fault is not charged to the score.
    pub owner: ReasonOwner,
    /// What it teaches: a scoring dimension, routing, pre-flight.
    #[serde(default)]
    pub feeds: String,
    /// Other names for the same thing, as the sources and CRMs have them.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Finer codes; where there are any, one must be chosen.
    #[serde(default)]
    pub subs: Vec<String>,
    /// What must be answered, as the question put to the rep; nothing where nothing is required.
    #[serde(default)]
    pub evidence: Option<String>,
}

impl Reason {
    /// More has to be said with it: a finer code, or the answer to a question.
    pub fn asks(&self) -> bool {
        !self.subs.is_empty() || self.evidence.is_some()
    }
}

/// Who owns a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonOwner {
    /// Marketing: scoring and targeting.
    Marketing,
    /// Routing rules.
    Routing,
    /// Data quality and enrichment.
    Data,
    /// Sales.
    Sales,
}

/// The longest note, reason or answer, in characters.
pub const NOTE_LIMIT: usize = 4000;

/// The reason with this code or alias, in any case, with blanks and hyphens read as underscores.
pub fn find<'a>(reasons: &'a [Reason], text: &str) -> Option<&'a Reason> {
    let plain = |text: &str| text.trim().to_lowercase().replace([' ', '-'], "_");
    let wanted = plain(text);
    reasons
        .iter()
        .find(|reason| plain(&reason.code) == wanted)
        .or_else(|| reasons.iter().find(|reason| reason.aliases.iter().any(|alias| plain(alias) == wanted)))
}

/// Checks a rejection against the taxonomy and returns it with canonical codes.
pub fn check(reasons: &[Reason], rejection: &Rejection) -> Result<Rejection, Refusal> {
    let list = |codes: &mut dyn Iterator<Item = &str>| codes.collect::<Vec<_>>().join(", ");
    let Some(reason) = find(reasons, &rejection.code) else {
        let known = list(&mut reasons.iter().map(|reason| reason.code.as_str()));
        return Err(Refusal::UnknownReason { code: rejection.code.clone(), known });
    };
    let given =
        |text: &Option<String>| text.as_ref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut sub = given(&rejection.sub);
    if !reason.subs.is_empty() {
        let wanted = sub.take().map(|text| text.to_lowercase());
        sub = reason.subs.iter().find(|known| Some(known.to_lowercase()) == wanted).cloned();
        if sub.is_none() {
            let known = list(&mut reason.subs.iter().map(String::as_str));
            return Err(Refusal::SubCode { code: reason.code.clone(), known });
        }
    }
    if let Some(sub) = sub.as_ref().filter(|_| reason.subs.is_empty()) {
        check_length(sub)?;
        return Err(Refusal::NoSubCodes { code: reason.code.clone(), sub: sub.clone() });
    }
    let (evidence, note) = (given(&rejection.evidence), given(&rejection.note));
    // For "other" the text itself is the evidence, so a note serves as well.
    let evidence = evidence.or_else(|| (reason.code == "other").then(|| note.clone()).flatten());
    if let (Some(prompt), None) = (&reason.evidence, &evidence) {
        return Err(Refusal::Evidence { code: reason.code.clone(), prompt: prompt.clone() });
    }
    for text in [&evidence, &note].into_iter().flatten() {
        check_length(text)?;
    }
    Ok(Rejection { code: reason.code.clone(), sub, evidence, note })
}

/// Refuses a text longer than [`NOTE_LIMIT`].
pub fn check_length(text: &str) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length > NOTE_LIMIT { Err(Refusal::TooLong { length, limit: NOTE_LIMIT }) } else { Ok(()) }
}

/// The canonical table of rejection codes.
pub fn canonical() -> Vec<Reason> {
    use ReasonOwner::{Data, Marketing, Routing, Sales};
    let reason = |code: &str, label: &str, key, owner, feeds: &str, aliases: &[&str]| Reason {
        code: code.into(),
        label: label.into(),
        key,
        owner,
        feeds: feeds.into(),
        aliases: aliases.iter().map(|&alias| alias.into()).collect(),
        subs: Vec::new(),
        evidence: None,
    };
    let asking = |mut reason: Reason, subs: &[&str], evidence: Option<&str>| {
        reason.subs = subs.iter().map(|&sub| sub.into()).collect();
        reason.evidence = evidence.map(Into::into);
        reason
    };
    vec![
        reason("wrong_persona", "wrong person", '1', Marketing, "fit: role", &["wrong person", "wrong title"]),
        asking(
            reason(
                "out_of_territory",
                "out of territory",
                '2',
                Routing,
                "routing",
                &["outside territory", "territory"],
            ),
            &[],
            Some("which territory is it?"),
        ),
        asking(
            reason("bad_data", "bad data", '3', Data, "pre-flight, enrichment", &["invalid data"]),
            &["email", "phone", "company"],
            None,
        ),
        asking(
            reason("duplicate", "duplicate", '4', Data, "dedup", &["duplicate record"]),
            &[],
            Some("which record survives?"),
        ),
        asking(
            reason("competitor", "competitor", '5', Marketing, "negative rule", &[]),
            &["is_competitor", "chose_competitor"],
            None,
        ),
        reason("budget", "no budget", '6', Marketing, "fit: size, revenue", &["budget too low", "no budget"]),
        reason(
            "timing_premature",
            "too early",
            '7',
            Marketing,
            "intent, category C",
            &["timing", "timing wrong", "premature in cycle", "too early"],
        ),
        reason("wrong_product_fit", "wrong product fit", '8', Marketing, "ICP", &["product fit"]),
        asking(
            reason("not_a_buyer", "not a buyer", '9', Marketing, "negative rule", &["careers visitor"]),
            &["student", "job_seeker", "vendor"],
            None,
        ),
        reason(
            "existing_customer",
            "existing customer",
            'e',
            Sales,
            "routing to the account manager",
            &["account match"],
        ),
        asking(reason("other", "other (say why)", '0', Sales, "review", &[]), &[], Some("why?")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reject(code: &str) -> Rejection {
        Rejection { code: code.into(), ..Rejection::default() }
    }

    #[test]
    fn codes_and_aliases_of_every_source_lead_to_the_canonical_code() {
        let reasons = canonical();
        for (given, code) in [
            ("wrong title", "wrong_persona"),
            ("Outside Territory", "out_of_territory"),
            ("premature in cycle", "timing_premature"),
            ("budget too low", "budget"),
            ("duplicate record", "duplicate"),
            ("existing-customer", "existing_customer"),
        ] {
            assert_eq!(find(&reasons, given).map(|reason| reason.code.as_str()), Some(code), "{given}");
        }
        assert_eq!(find(&reasons, "boring"), None);
    }

    #[test]
    fn what_a_reason_requires_is_asked_for() {
        let reasons = canonical();
        assert!(matches!(check(&reasons, &reject("boring")), Err(Refusal::UnknownReason { .. })));
        assert!(matches!(check(&reasons, &reject("bad_data")), Err(Refusal::SubCode { .. })));
        assert!(matches!(check(&reasons, &reject("duplicate")), Err(Refusal::Evidence { .. })));
        let blank = Rejection { evidence: Some("  ".into()), ..reject("duplicate") };
        assert!(matches!(check(&reasons, &blank), Err(Refusal::Evidence { .. })));
        let whole = Rejection { evidence: Some(" L-4 ".into()), ..reject("Duplicate Record") };
        let checked = check(&reasons, &whole).unwrap();
        assert_eq!((checked.code.as_str(), checked.evidence.as_deref()), ("duplicate", Some("L-4")));
        let sub = Rejection { sub: Some("very small".into()), ..reject("budget") };
        assert!(matches!(check(&reasons, &sub), Err(Refusal::NoSubCodes { .. })));
        let blank = Rejection { sub: Some(" ".into()), ..reject("budget") };
        assert_eq!(check(&reasons, &blank).unwrap().sub, None);
        let other = Rejection { note: Some("spam".into()), ..reject("other") };
        assert_eq!(check(&reasons, &other).unwrap().evidence.as_deref(), Some("spam"));
        let long = Rejection { note: Some("x".repeat(NOTE_LIMIT + 1)), ..reject("budget") };
        assert!(matches!(check(&reasons, &long), Err(Refusal::TooLong { .. })));
    }

    #[test]
    fn every_reason_has_a_key_of_its_own() {
        let mut keys: Vec<_> = canonical().iter().map(|reason| reason.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), canonical().len());
    }
}
