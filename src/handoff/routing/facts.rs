//! What a lead has that people can be matched by, read once for all of them (R53-R57).

use super::policy::{Criterion, RoutingPolicy};
use super::when::extra;
use crate::handoff::lead::Lead;
use crate::handoff::roster::Responder;
use crate::handoff::scoring::{email_domain, has_phrase, is_below, pieces, same, within};

/// The facts of one lead by criterion.
pub(super) struct Facts<'a> {
    places: Vec<&'a str>,
    size: Option<&'a str>,
    segments: Vec<&'a str>,
    industry: Option<&'a str>,
    industry_words: Vec<&'a str>,
    /// Texts that may name a product, each with its words.
    products: Vec<(&'a str, Vec<&'a str>)>,
    domains: Vec<&'a str>,
}

impl<'a> Facts<'a> {
    pub fn new(lead: &'a Lead, policy: &'a RoutingPolicy) -> Self {
        let (person, company, attribution) = (&lead.person, &lead.company, &lead.attribution);
        let told = |text: Option<&'a str>| text.map(str::trim).filter(|text| !text.is_empty());
        let mut places: Vec<&str> = Vec::new();
        for place in
            [&person.country, &person.region, &company.country].into_iter().filter_map(|it| told(it.as_deref()))
        {
            if !places.iter().any(|known| same(known, place)) {
                places.push(place);
            }
        }
        let size = told(company.size.as_deref());
        let holds = |band| within(Some(band), size);
        let segments = policy.segments.iter().filter(|(_, band)| holds(**band)).map(|(name, _)| name.as_str());
        let industry = told(company.industry.as_deref());
        let product = policy.product_field.as_deref().and_then(|field| extra(lead, field));
        let products = [product, attribution.campaign.as_deref(), attribution.message.as_deref()];
        let mut domains: Vec<&str> = Vec::new();
        for domain in [company.domain.as_deref(), email_domain(lead)].into_iter().filter_map(told) {
            if !domains.iter().any(|known| same(known, domain)) {
                domains.push(domain);
            }
        }
        Self {
            places,
            size,
            segments: segments.collect(),
            industry,
            industry_words: industry.map(|text| pieces(text).collect()).unwrap_or_default(),
            products: products.into_iter().filter_map(told).map(|text| (text, pieces(text).collect())).collect(),
            domains,
        }
    }

    /// Whether a person meets a criterion; one with an empty list does if `or_open` says so.
    pub fn meets(&self, by: Criterion, person: &Responder, or_open: bool) -> bool {
        let theirs = list(by, person);
        if theirs.is_empty() {
            return or_open && by != Criterion::Account;
        }
        theirs.iter().any(|entry| match by {
            Criterion::Territory => self.places.iter().any(|place| same(place, entry)),
            Criterion::Segment => self.segments.iter().any(|segment| same(segment, entry)),
            Criterion::Expertise => has_phrase(&self.industry_words, entry),
            Criterion::Product => self.products.iter().any(|(_, words)| has_phrase(words, entry)),
            Criterion::Account => !entry.trim().is_empty() && self.domains.iter().any(|domain| is_below(domain, entry)),
        })
    }

    /// What the lead says to a criterion, in words.
    pub fn told(&self, by: Criterion) -> String {
        let known = |what: &str, found: String| match found.as_str() {
            "" => format!("the lead's {what} is not known"),
            found => format!("the lead's {what}: {found}"),
        };
        match by {
            Criterion::Territory => known("country or region", self.places.join(", ")),
            Criterion::Segment => match self.size {
                Some(size) if self.segments.is_empty() => known("size", format!("{size}, in no segment")),
                Some(size) => known("size", format!("{size}, {}", self.segments.join(", "))),
                None => known("size", String::new()),
            },
            Criterion::Expertise => known("industry", self.industry.unwrap_or_default().into()),
            Criterion::Product => {
                known("product", self.products.iter().map(|(text, _)| *text).collect::<Vec<_>>().join(", "))
            }
            Criterion::Account => known("domain", self.domains.join(", ")),
        }
    }

    /// Why a person does not meet a criterion, in words.
    pub fn unmet(&self, by: Criterion, person: &Responder) -> String {
        let theirs = list(by, person);
        let has = if theirs.is_empty() { "nothing".to_owned() } else { theirs.join(", ") };
        format!("{} is {has}; {}", by.code(), self.told(by))
    }
}

fn list(by: Criterion, person: &Responder) -> &[String] {
    match by {
        Criterion::Territory => &person.territories,
        Criterion::Segment => &person.segments,
        Criterion::Expertise => &person.skills,
        Criterion::Product => &person.products,
        Criterion::Account => &person.accounts,
    }
}
