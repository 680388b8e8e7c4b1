//! Whether a lead's record answers to a rule.

use super::super::lead::Lead;
use super::amount::Amount;
use super::model::{Band, LeadMatch};

impl LeadMatch {
    /// Whether all that is asked holds.
    pub fn matches(&self, lead: &Lead) -> bool {
        let (person, company, attribution) = (&lead.person, &lead.company, &lead.attribution);
        let domain = person.email.as_deref().and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain);
        words(&self.title, person.title.as_deref())
            && (self.title_without.is_empty() || !words(&self.title_without, person.title.as_deref()))
            && contains(&self.industry, company.industry.as_deref())
            && (is_one(&self.country, person.country.as_deref()) || is_one(&self.country, company.country.as_deref()))
            && is_one(&self.region, person.region.as_deref())
            && within(self.size, company.size.as_deref())
            && within(self.revenue, company.revenue.as_deref())
            && (self.trigger.is_empty() || lead.trigger.as_ref().is_some_and(|it| self.trigger.contains(&it.kind)))
            && contains(&self.source, attribution.source.as_deref())
            && contains(&self.campaign, attribution.campaign.as_deref())
            && (self.news.is_empty() || company.news.iter().any(|news| contains(&self.news, Some(news))))
            && (self.tech.is_empty() || company.tech.iter().any(|tech| is_one(&self.tech, Some(tech))))
            && below(&self.email_domain, domain)
            && contains(&self.message, lead.message.as_deref())
            && self.do_not_contact.is_none_or(|asked| asked == (person.do_not_call || person.do_not_email))
    }
}

/// The text contains one of these, in any case.
pub(crate) fn contains(wanted: &[String], text: Option<&str>) -> bool {
    wanted.is_empty()
        || text.is_some_and(|text| {
            let text = text.to_lowercase();
            wanted.iter().any(|word| text.contains(&word.to_lowercase()))
        })
}

/// The text contains one of these as whole words, so that `CTO` is not found in `director`.
pub(crate) fn words(wanted: &[String], text: Option<&str>) -> bool {
    let split = |text: &str| {
        let lower = text.to_lowercase();
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(String::from).collect()
    };
    wanted.is_empty()
        || text.is_some_and(|text| {
            let text: Vec<String> = split(text);
            wanted.iter().any(|phrase| {
                let phrase: Vec<String> = split(phrase);
                !phrase.is_empty() && text.windows(phrase.len()).any(|part| part == phrase)
            })
        })
}

fn is_one(wanted: &[String], text: Option<&str>) -> bool {
    wanted.is_empty()
        || text.is_some_and(|text| wanted.iter().any(|word| word.to_lowercase() == text.trim().to_lowercase()))
}

fn below(wanted: &[String], domain: Option<&str>) -> bool {
    wanted.is_empty()
        || domain.is_some_and(|domain| {
            let domain = domain.trim().to_lowercase();
            wanted.iter().map(|parent| parent.trim_start_matches('.').to_lowercase()).any(|parent| {
                domain.strip_suffix(&parent).is_some_and(|above| above.is_empty() || above.ends_with('.'))
            })
        })
}

fn within(band: Option<Band>, text: Option<&str>) -> bool {
    band.is_none_or(|band| text.and_then(Amount::read).is_some_and(|amount| band.holds(amount.middle())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead() -> Lead {
        let mut lead = Lead::default();
        lead.person.title = Some("Director, Sales & Marketing".into());
        lead.person.email = Some("m@cs.Uni.EDU".into());
        lead.person.country = Some("Germany".into());
        lead.company.size = Some("201-500".into());
        lead
    }

    #[test]
    fn everything_that_is_asked_must_hold_and_an_unknown_fact_is_no_match() {
        let matches = |rule: LeadMatch| rule.matches(&lead());
        let list = |text: &str| vec![text.to_owned()];
        assert!(matches(LeadMatch { title: list("director"), ..LeadMatch::default() }));
        assert!(!matches(LeadMatch { title: list("cto"), ..LeadMatch::default() }), "inside a word");
        assert!(matches(LeadMatch { title: list("sales & marketing"), ..LeadMatch::default() }));
        assert!(matches(LeadMatch { email_domain: list("edu"), ..LeadMatch::default() }));
        assert!(!matches(LeadMatch { email_domain: list("i.edu"), ..LeadMatch::default() }));
        assert!(matches(LeadMatch { country: list("germany"), ..LeadMatch::default() }));
        assert!(!matches(LeadMatch { title: list("director"), country: list("France"), ..LeadMatch::default() }));
        assert!(!matches(LeadMatch { industry: list("retail"), ..LeadMatch::default() }));
        let size = |least, most| LeadMatch { size: Some(Band { least, most }), ..LeadMatch::default() };
        assert!(matches(size(Some(200.0), Some(1000.0))));
        assert!(!matches(size(Some(500.0), None)));
        assert!(matches(LeadMatch { do_not_contact: Some(false), ..LeadMatch::default() }));
    }
}
