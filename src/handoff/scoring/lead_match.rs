//! Whether a lead's record answers to a rule.

use super::super::lead::Lead;
use super::amount::Amount;
use super::model::{Band, LeadMatch};

/// One thing that a rule can ask of a lead: whether it holds, and both sides of it in words.
pub struct Question {
    /// Its key in the configuration.
    pub name: &'static str,
    holds: fn(&LeadMatch, &Lead) -> bool,
    asked: fn(&LeadMatch) -> String,
    found: fn(&Lead) -> String,
}

impl Question {
    /// What is asked, in words; empty where nothing is.
    pub fn asked(&self, of: &LeadMatch) -> String {
        (self.asked)(of)
    }

    /// What the lead says to it, in words; empty where it says nothing.
    pub fn found(&self, lead: &Lead) -> String {
        (self.found)(lead)
    }
}

const QUESTIONS: [Question; 15] = [
    Question {
        name: "title",
        holds: |asked, lead| words(&asked.title, lead.person.title.as_deref()),
        asked: |asked| asked.title.join(", "),
        found: |lead| told(&lead.person.title),
    },
    Question {
        name: "title_without",
        holds: |asked, lead| {
            asked.title_without.is_empty() || !words(&asked.title_without, lead.person.title.as_deref())
        },
        asked: |asked| match asked.title_without.as_slice() {
            [] => String::new(),
            without => format!("without {}", without.join(", ")),
        },
        found: |lead| told(&lead.person.title),
    },
    Question {
        name: "industry",
        holds: |asked, lead| contains(&asked.industry, lead.company.industry.as_deref()),
        asked: |asked| asked.industry.join(", "),
        found: |lead| told(&lead.company.industry),
    },
    Question {
        name: "country",
        holds: |asked, lead| {
            is_one(&asked.country, lead.person.country.as_deref())
                || is_one(&asked.country, lead.company.country.as_deref())
        },
        asked: |asked| asked.country.join(", "),
        found: |lead| {
            let (person, company) = (told(&lead.person.country), told(&lead.company.country));
            if person.is_empty() || company.is_empty() || same(&person, &company) {
                if person.is_empty() { company } else { person }
            } else {
                format!("{person} and {company}")
            }
        },
    },
    Question {
        name: "region",
        holds: |asked, lead| is_one(&asked.region, lead.person.region.as_deref()),
        asked: |asked| asked.region.join(", "),
        found: |lead| told(&lead.person.region),
    },
    Question {
        name: "size",
        holds: |asked, lead| within(asked.size, lead.company.size.as_deref()),
        asked: |asked| asked.size.map_or(String::new(), |band| band.to_string()),
        found: |lead| told(&lead.company.size),
    },
    Question {
        name: "revenue",
        holds: |asked, lead| within(asked.revenue, lead.company.revenue.as_deref()),
        asked: |asked| asked.revenue.map_or(String::new(), |band| band.to_string()),
        found: |lead| told(&lead.company.revenue),
    },
    Question {
        name: "trigger",
        holds: |asked, lead| {
            asked.trigger.is_empty() || lead.trigger.as_ref().is_some_and(|it| asked.trigger.contains(&it.kind))
        },
        asked: |asked| asked.trigger.iter().map(|kind| kind.code()).collect::<Vec<_>>().join(", "),
        found: |lead| lead.trigger.as_ref().map_or(String::new(), |it| it.kind.code().into()),
    },
    Question {
        name: "source",
        holds: |asked, lead| contains(&asked.source, lead.attribution.source.as_deref()),
        asked: |asked| asked.source.join(", "),
        found: |lead| told(&lead.attribution.source),
    },
    Question {
        name: "campaign",
        holds: |asked, lead| contains(&asked.campaign, lead.attribution.campaign.as_deref()),
        asked: |asked| asked.campaign.join(", "),
        found: |lead| told(&lead.attribution.campaign),
    },
    Question {
        name: "news",
        holds: |asked, lead| {
            asked.news.is_empty() || lead.company.news.iter().any(|news| contains(&asked.news, Some(news)))
        },
        asked: |asked| asked.news.join(", "),
        found: |lead| lead.company.news.join(", "),
    },
    Question {
        name: "tech",
        holds: |asked, lead| {
            asked.tech.is_empty() || lead.company.tech.iter().any(|tech| is_one(&asked.tech, Some(tech)))
        },
        asked: |asked| asked.tech.join(", "),
        found: |lead| lead.company.tech.join(", "),
    },
    Question {
        name: "email_domain",
        holds: |asked, lead| below(&asked.email_domain, email_domain(lead)),
        asked: |asked| asked.email_domain.join(", "),
        found: |lead| email_domain(lead).unwrap_or_default().to_owned(),
    },
    Question {
        name: "message",
        holds: |asked, lead| contains(&asked.message, lead.message.as_deref()),
        asked: |asked| asked.message.join(", "),
        found: |lead| lead.asked().unwrap_or_default(),
    },
    Question {
        name: "do_not_contact",
        holds: |asked, lead| asked.do_not_contact.is_none_or(|asked| asked == refuses_contact(lead)),
        asked: |asked| asked.do_not_contact.map_or(String::new(), |asked| asked.to_string()),
        found: |lead| refuses_contact(lead).to_string(),
    },
];

impl LeadMatch {
    /// Whether all that is asked holds.
    pub fn matches(&self, lead: &Lead) -> bool {
        self.failing(lead).is_none()
    }

    /// The first of what is asked that does not hold.
    pub fn failing(&self, lead: &Lead) -> Option<&'static Question> {
        QUESTIONS.iter().find(|question| !(question.holds)(self, lead))
    }

    /// Everything that is asked.
    pub fn questions(&self) -> impl Iterator<Item = &'static Question> {
        QUESTIONS.iter().filter(|question| !question.asked(self).is_empty())
    }
}

fn told(text: &Option<String>) -> String {
    text.as_deref().unwrap_or_default().trim().to_owned()
}

fn refuses_contact(lead: &Lead) -> bool {
    lead.person.do_not_call || lead.person.do_not_email
}

/// The domain of the person's e-mail address, as written.
pub(crate) fn email_domain(lead: &Lead) -> Option<&str> {
    lead.person.email.as_deref().and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain.trim())
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
    wanted.is_empty()
        || text.is_some_and(|text| {
            let text: Vec<&str> = pieces(text).collect();
            wanted.iter().any(|phrase| has_phrase(&text, phrase))
        })
}

/// The words of a text, without what stands between them.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The words of the phrase stand in the text one after the other.
pub(crate) fn has_phrase(text: &[&str], phrase: &str) -> bool {
    let starts_at = |start: usize| {
        let mut rest = text[start..].iter();
        pieces(phrase).all(|wanted| rest.next().is_some_and(|word| same(word, wanted)))
    };
    pieces(phrase).next().is_some() && (0..text.len()).any(starts_at)
}

/// The same text in any case. Nothing is allocated for plain letters: routing asks this of each person for each lead.
pub(crate) fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim(), b.trim());
    if a.is_ascii() && b.is_ascii() { a.eq_ignore_ascii_case(b) } else { a.to_lowercase() == b.to_lowercase() }
}

pub(crate) fn is_one(wanted: &[String], text: Option<&str>) -> bool {
    wanted.is_empty() || text.is_some_and(|text| wanted.iter().any(|word| same(word, text)))
}

fn below(wanted: &[String], domain: Option<&str>) -> bool {
    wanted.is_empty() || domain.is_some_and(|domain| wanted.iter().any(|parent| is_below(domain, parent)))
}

/// The domain is this one, or lies below it.
pub(crate) fn is_below(domain: &str, parent: &str) -> bool {
    let (domain, parent) = (domain.trim(), parent.trim().trim_start_matches('.'));
    let end = domain.len().checked_sub(parent.len()).and_then(|start| domain.split_at_checked(start));
    end.is_some_and(|(above, end)| (above.is_empty() || above.ends_with('.')) && same(end, parent))
}

pub(crate) fn within(band: Option<Band>, text: Option<&str>) -> bool {
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
        let tells = |asked: LeadMatch| {
            asked.failing(&lead()).map(|question| (question.name, question.asked(&asked), question.found(&lead())))
        };
        let told = |name, asked: &str, found: &str| Some((name, asked.to_owned(), found.to_owned()));
        assert_eq!(
            tells(LeadMatch { country: list("France"), ..LeadMatch::default() }),
            told("country", "France", "Germany")
        );
        assert_eq!(tells(size(Some(500.0), None)), told("size", "500 or more", "201-500"));
        assert_eq!(
            tells(LeadMatch { industry: list("retail"), ..LeadMatch::default() }),
            told("industry", "retail", "")
        );
    }
}
