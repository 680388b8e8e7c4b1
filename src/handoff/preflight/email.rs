//! E-mail addresses: whether one can be one, and whose mailbox it is (R34 item 1, F36).

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

static FREE: LazyLock<HashSet<&str>> = LazyLock::new(|| listed(include_str!("../../../assets/domains/free.txt")));
static DISPOSABLE: LazyLock<HashSet<&str>> =
    LazyLock::new(|| listed(include_str!("../../../assets/domains/disposable.txt")));

fn listed(text: &'static str) -> HashSet<&'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// An address in its two halves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Before the `@`, as written.
    pub local: String,
    /// After it, in small letters.
    pub domain: String,
}

/// What is wrong with what should be an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAddress {
    /// Not one `@` with something on both sides.
    #[error("it needs one @ with something on both sides")]
    At,
    /// More than 254 characters, or more than 64 before the `@`.
    #[error("it is too long")]
    Length,
    /// The first half.
    #[error("what stands before the @ cannot stand there")]
    Local,
    /// The second half.
    #[error("what stands behind the @ is no domain")]
    Domain,
}

/// The longest address, and the longest first half, in bytes (RFC 5321).
const LONGEST: (usize, usize) = (254, 64);

impl Address {
    /// Reads an address as people have them: no quotes, no comments, no addresses of machines without a domain. Blanks
    /// around it do not matter.
    pub fn read(text: &str) -> Result<Self, NotAnAddress> {
        let text = text.trim();
        let (local, domain) = text.split_once('@').ok_or(NotAnAddress::At)?;
        if local.is_empty() || domain.is_empty() || domain.contains('@') {
            return Err(NotAnAddress::At);
        }
        if text.len() > LONGEST.0 || local.len() > LONGEST.1 {
            return Err(NotAnAddress::Length);
        }
        let may_stand = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        if !local.chars().all(may_stand) || local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            return Err(NotAnAddress::Local);
        }
        let domain = domain.to_lowercase();
        if is_domain(&domain) { Ok(Self { local: local.to_owned(), domain }) } else { Err(NotAnAddress::Domain) }
    }

    /// The address as it is compared: small letters; of a free-mail one without its `+` tag, and of Gmail's without the
    /// dots, which Gmail ignores. What a company makes of tags and dots is its own affair.
    pub fn canonical(&self) -> String {
        let mut local = self.local.to_lowercase();
        let is_gmail = matches!(self.domain.as_str(), "gmail.com" | "googlemail.com");
        if is_free(&self.domain) {
            // A tag in front of nothing is no tag.
            let end = local.find('+').filter(|&end| end > 0).unwrap_or(local.len());
            local.truncate(end);
            // `a.+tag` would else leave a dot at the end.
            local.truncate(local.trim_end_matches('.').len());
        }
        if is_gmail {
            local.retain(|c| c != '.');
        }
        format!("{local}@{}", if is_gmail { "gmail.com" } else { self.domain.as_str() })
    }

    /// A mailbox of a function rather than of a person, such as `info@`.
    pub fn is_shared(&self) -> bool {
        const SHARED: [&str; 22] = [
            "info",
            "sales",
            "contact",
            "office",
            "hello",
            "support",
            "admin",
            "mail",
            "team",
            "marketing",
            "hr",
            "jobs",
            "billing",
            "accounts",
            "enquiries",
            "inquiries",
            "service",
            "noreply",
            "no-reply",
            "kontakt",
            "webmaster",
            "postmaster",
        ];
        SHARED.contains(&self.local.to_lowercase().as_str())
    }
}

/// Whether a text in small letters can be the domain of a mailbox: labels of letters, digits and hyphens, at least two.
pub fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let Some((_, top)) = text.rsplit_once('.') else { return false };
    text.split('.').all(is_label) && top.chars().count() > 1 && !top.bytes().all(|b| b.is_ascii_digit())
}

/// Whether everybody can have a mailbox of this domain (in small letters), by the bundled list.
pub fn is_free(domain: &str) -> bool {
    FREE.contains(domain)
}

/// Whether mailboxes of this domain (in small letters), or of one above it, are made to be thrown away, by the bundled
/// list.
pub fn is_disposable(domain: &str) -> bool {
    above(domain).any(|domain| DISPOSABLE.contains(domain))
}

/// The domain and those above it: `a.b.example`, `b.example`, `example`.
fn above(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |domain| domain.split_once('.').map(|(_, rest)| rest))
}

/// A team's own lists beside the bundled ones, in small letters (F36). They hold for what is below each domain, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnDomains {
    /// Free mail as well.
    pub free: BTreeSet<String>,
    /// Disposable as well.
    pub disposable: BTreeSet<String>,
    /// Neither, whatever the other lists say.
    pub allowed: BTreeSet<String>,
}

/// Whose mailboxes a domain has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// A company's own, as far as is known.
    Business,
    /// Everybody's.
    Free,
    /// Made to be thrown away.
    Disposable,
}

impl OwnDomains {
    /// Whose mailboxes this domain (in small letters) has.
    pub fn kind_of(&self, domain: &str) -> MailKind {
        let in_list = |list: &BTreeSet<String>| !list.is_empty() && above(domain).any(|domain| list.contains(domain));
        if in_list(&self.allowed) {
            MailKind::Business
        } else if is_disposable(domain) || in_list(&self.disposable) {
            MailKind::Disposable
        } else if is_free(domain) || in_list(&self.free) {
            MailKind::Free
        } else {
            MailKind::Business
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(text: &str) -> String {
        Address::read(text).unwrap().canonical()
    }

    #[test]
    fn what_cannot_be_an_address_is_told_with_the_reason() {
        for good in ["maya@acme.example", " Maya.Chen+x@ACME.co.uk ", "o'neil@a-b.io", "jürgen@müller.de", "a@1und1.de"]
        {
            assert!(Address::read(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("", NotAnAddress::At),
            ("maya", NotAnAddress::At),
            ("@acme.example", NotAnAddress::At),
            ("maya@", NotAnAddress::At),
            ("a@b@acme.example", NotAnAddress::At),
            ("maya chen@acme.example", NotAnAddress::Local),
            (".maya@acme.example", NotAnAddress::Local),
            ("ma..ya@acme.example", NotAnAddress::Local),
            ("Maya <maya@acme.example", NotAnAddress::Local),
            ("maya@acme", NotAnAddress::Domain),
            ("maya@acme..example", NotAnAddress::Domain),
            ("maya@-acme.example", NotAnAddress::Domain),
            ("maya@10.0.0.1", NotAnAddress::Domain),
            ("maya@acme.example, x", NotAnAddress::Domain),
        ] {
            assert_eq!(Address::read(bad), Err(why), "{bad}");
        }
        assert_eq!(Address::read(&format!("{}@a.example", "x".repeat(65))), Err(NotAnAddress::Length));
    }

    #[test]
    fn tags_and_dots_are_ignored_where_the_provider_ignores_them() {
        assert_eq!(canonical("Ma.ya+demo@GoogleMail.com"), "maya@gmail.com");
        assert_eq!(canonical("maya.chen+demo@outlook.com"), "maya.chen@outlook.com");
        assert_eq!(canonical("Maya.Chen+demo@Acme.example"), "maya.chen+demo@acme.example");
        assert_eq!(canonical("+@gmail.com"), "+@gmail.com");
    }

    #[test]
    fn the_bundled_lists_know_the_usual_domains_and_do_not_contradict_each_other() {
        for domain in ["gmail.com", "yahoo.co.uk", "hotmail.com", "gmx.de", "qq.com", "proton.me", "web.de"] {
            assert!(is_free(domain), "{domain}");
        }
        assert!(is_disposable("mailinator.com") && is_disposable("x.yopmail.com"));
        assert!(!is_free("acme.example") && !is_disposable("acme.example") && !is_disposable("com"));
        for list in [&*FREE, &*DISPOSABLE] {
            assert!(list.len() > 400, "{}", list.len());
            let wrong: Vec<_> = list.iter().filter(|domain| !is_domain(domain)).collect();
            assert!(wrong.is_empty(), "{wrong:?}");
        }
        assert_eq!(FREE.intersection(&DISPOSABLE).count(), 0);
    }

    #[test]
    fn a_teams_own_lists_add_and_except() {
        let set = |domain: &str| BTreeSet::from([domain.to_owned()]);
        let own = OwnDomains { free: set("club.example"), disposable: set("bin.example"), allowed: set("gmx.de") };
        assert_eq!(own.kind_of("mail.club.example"), MailKind::Free);
        assert_eq!(own.kind_of("bin.example"), MailKind::Disposable);
        assert_eq!(own.kind_of("gmx.de"), MailKind::Business);
        assert_eq!(own.kind_of("myclub.example"), MailKind::Business);
    }

    proptest! {
        #[test]
        fn normalising_again_changes_nothing(local in "[A-Za-z0-9.+_-]{1,12}", domain in "gmail\\.com|GoogleMail\\.com|GMX\\.de|Acme\\.example") {
            if let Ok(address) = Address::read(&format!("{local}@{domain}")) {
                let once = address.canonical();
                prop_assert_eq!(Address::read(&once).map(|again| again.canonical()), Ok(once));
            }
        }
    }
}
