//! What can be opened outside of the terminal: the record, an e-mail, a call, a page (F23). Only addresses of known
//! schemes leave, since they come from outside.

use super::effect::{Launch, LaunchKind};
use super::model::Model;
use crate::handoff::lead::Lead;

fn lead(model: &Model) -> Result<&Lead, String> {
    let opened = model.opened.as_ref().ok_or("open the lead first")?;
    Ok(&opened.dossier.lead)
}

/// The record, the e-mail or the call of the open lead; else why there is none, in words.
pub fn launch(model: &Model, kind: LaunchKind) -> Result<Launch, String> {
    let lead = lead(model)?;
    let person = &lead.person;
    let url = match kind {
        LaunchKind::Crm => web(lead.url.as_deref().ok_or("its source names no page for this record")?)?,
        LaunchKind::Email if person.do_not_email => return Err("they asked not to be e-mailed".into()),
        LaunchKind::Email => format!("mailto:{}", encode(person.email.as_deref().ok_or("no e-mail address is known")?)),
        LaunchKind::Call if person.do_not_call => return Err("they asked not to be called".into()),
        LaunchKind::Call => {
            let number = person.phone.as_ref().or(person.mobile.as_ref()).ok_or("no telephone number is known")?;
            let digits: String = number.chars().filter(|char| char.is_ascii_digit() || *char == '+').collect();
            if digits.is_empty() {
                return Err(format!("“{number}” is not a telephone number"));
            }
            format!("tel:{digits}")
        }
        LaunchKind::Web => return website(model),
    };
    Ok(Launch { kind, url })
}

/// The company's web site.
pub fn website(model: &Model) -> Result<Launch, String> {
    let company = &lead(model)?.company;
    let address = company.website.as_ref().or(company.domain.as_ref()).ok_or("no web site is known")?;
    let url = if address.contains("://") { web(address)? } else { web(&format!("https://{address}"))? };
    Ok(Launch { kind: LaunchKind::Web, url })
}

/// The person's profile.
pub fn profile(model: &Model) -> Result<Launch, String> {
    let address = lead(model)?.person.linkedin.as_deref().ok_or("no profile is known")?;
    let url = if address.contains("://") { web(address)? } else { web(&format!("https://{address}"))? };
    Ok(Launch { kind: LaunchKind::Web, url })
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
