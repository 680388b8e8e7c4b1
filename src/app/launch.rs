//! What can be opened outside of the terminal: the record, an e-mail, a call, a page, the rep's calendar (F23). Only
//! addresses of known schemes leave, since they come from outside.

mod template;
mod values;

pub use template::{Command, Template, TemplateError};
pub use values::{Placeholder, Values};

use super::effect::{Launch, LaunchKind};
use super::model::Model;
use crate::handoff::lead::Lead;

/// What can be opened of the open lead; else why not, in words.
pub fn launch(model: &Model, kind: LaunchKind) -> Result<Launch, String> {
    let dossier = &model.opened.as_ref().ok_or("open the lead first")?.dossier;
    let values = |url: &str| Values::of(dossier.id, &dossier.lead, url);
    let url = match (kind, &model.settings.meeting_link) {
        (LaunchKind::Meeting, None) => {
            return Err("no calendar is configured: set meeting_link under [open] in the configuration".into());
        }
        (LaunchKind::Meeting, Some(link)) => link.fill(&values(""), encode)?,
        (kind, _) => url(&dossier.lead, kind)?,
    };
    Ok(Launch { kind, values: values(&url), url })
}

fn url(lead: &Lead, kind: LaunchKind) -> Result<String, String> {
    let (person, company) = (&lead.person, &lead.company);
    let missing = |placeholder: Placeholder| placeholder.missing().to_owned();
    let page = |address: &str| {
        if address.contains("://") { web(address) } else { web(&format!("https://{}", address.trim())) }
    };
    match kind {
        LaunchKind::Record => web(lead.url.as_deref().ok_or_else(|| missing(Placeholder::Record))?),
        LaunchKind::Email if person.do_not_email => Err("they asked not to be e-mailed".into()),
        LaunchKind::Email => {
            let address = person.email.as_deref().ok_or_else(|| missing(Placeholder::Email))?;
            Ok(format!("mailto:{}", encode(address)))
        }
        LaunchKind::Call if person.do_not_call => Err("they asked not to be called".into()),
        LaunchKind::Call => {
            let number = person.phone.as_ref().or(person.mobile.as_ref()).ok_or_else(|| missing(Placeholder::Phone))?;
            let digits: String = number.chars().filter(|char| char.is_ascii_digit() || *char == '+').collect();
            if digits.is_empty() {
                return Err(format!("“{number}” is not a telephone number"));
            }
            Ok(format!("tel:{digits}"))
        }
        LaunchKind::Website => {
            let address = company.website.as_ref().or(company.domain.as_ref());
            page(address.ok_or_else(|| missing(Placeholder::Website))?)
        }
        LaunchKind::Profile => page(person.linkedin.as_ref().ok_or_else(|| missing(Placeholder::Linkedin))?),
        LaunchKind::Meeting => Err(missing(Placeholder::Url)),
    }
}

/// A web address, and nothing else: no other scheme, no blanks, no control characters.
fn web(address: &str) -> Result<String, String> {
    let address = address.trim();
    let lower = address.to_ascii_lowercase();
    let host = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let plain = !address.chars().any(|char| char.is_control() || char.is_whitespace());
    if plain && host.is_some_and(|host| host.starts_with(char::is_alphanumeric)) {
        Ok(address.to_owned())
    } else {
        Err("its address is not one of the web".into())
    }
}

/// Percent-encodes what may not stand in the address of an e-mail, so that none can add headers.
fn encode(address: &str) -> String {
    let mut encoded = String::new();
    for byte in address.trim().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'@' | b'.' | b'-' | b'_' | b'+' | b'~' => {
                encoded.push(byte.into())
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_web_is_opened() {
        assert_eq!(web(" https://acme.example/x?y=1 "), Ok("https://acme.example/x?y=1".into()));
        for address in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://",
            "https://a b",
            "-https://x",
            "ssh://x",
            "http://-x",
        ] {
            assert!(web(address).is_err(), "{address}");
        }
    }

    #[test]
    fn an_address_adds_no_headers() {
        assert_eq!(encode("maya@northwind.example"), "maya@northwind.example");
        assert_eq!(encode("a@b?cc=c@d&x\n"), "a@b%3Fcc%3Dc@d%26x");
    }
}
