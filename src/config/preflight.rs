//! `[preflight]`: what a lead must have before it is routed (R34, F36).

use std::collections::BTreeSet;

use crate::handoff::preflight::email::is_domain;
use crate::handoff::preflight::{Item as Check, PreflightPolicy};
use crate::reading::{Item, Read, Section};

/// Reads `[preflight]` over `policy`.
pub(super) fn read(policy: &mut PreflightPolicy, s: &mut Section<'_>) {
    let items = Check::ALL.map(|item| (item.code(), item));
    s.set("items", &mut policy.items, |item| {
        let mut items = item.list(|item| item.one_of(&items))?;
        items.sort_unstable();
        items.dedup();
        Ok(items)
    });
    s.set("free_domains", &mut policy.domains.free, domains);
    s.set("disposable_domains", &mut policy.domains.disposable, domains);
    s.set("allowed_domains", &mut policy.domains.allowed, domains);
    s.set("hold_likely_duplicates", &mut policy.hold_likely_duplicates, Item::flag);
}

fn domains(item: &Item<'_>) -> Read<BTreeSet<String>> {
    let domain = |item: &Item<'_>| {
        let written = item.words()?;
        let domain = written.to_lowercase();
        if is_domain(&domain) {
            return Ok(domain);
        }
        Err(item.wrong_hint(format!("“{written}” is not a domain"), "write it like \"mail.example\", without @ or www"))
    };
    Ok(item.list(domain)?.into_iter().collect())
}
