//! What is known of the company, from whom and since when (F17).
//!
//! ```text
//! Northwind Traders  northwind.example
//! retail · 800 people · ~$140 M · Chicago, US
//! uses   Salesforce, HubSpot, Snowflake
//! news   raised C, Sep 2026
//! ```

use super::or_nothing;
use super::section::{Row, Section};
use crate::app::msg::Opened;
use crate::ui::scene::Scene;
use crate::ui::text::wrap;
use crate::ui::words::joined;

/// Cells of the labels.
const LABEL: usize = 6;

/// The section for this many cells.
pub fn section(scene: &Scene<'_>, opened: &Opened, width: usize) -> Section {
    let (theme, company) = (&scene.theme, &opened.dossier.lead.company);
    let mut section = Section { title: "Company", ..Section::default() };
    let told = company.as_of.map(|at| format!("as of {}", scene.when.day(at)));
    section.note = joined([company.provided_by.as_deref(), told.as_deref()]);
    let site = company.domain.as_deref().or(company.website.as_deref());
    if company.name.is_some() || site.is_some() {
        let mut row = Row::new().add(company.name.clone().unwrap_or_default(), theme.strong);
        if let Some(site) = site {
            row = row.add(if company.name.is_some() { "  " } else { "" }, theme.dim).add(site, theme.dim);
        }
        section.rows.push(row);
    }
    let place = [company.city.as_deref(), company.country.as_deref()];
    let place = place.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let size = company.size.as_deref().map(people);
    let facts = [company.industry.as_deref(), size.as_deref(), company.revenue.as_deref(), Some(place.as_str())];
    for line in wrap(&joined(facts), width, 2) {
        section.rows.push(Row::new().add(line, theme.text));
    }
    let tech = company.tech.join(", ");
    for (label, text) in [("uses", tech.as_str())].into_iter().chain(company.news.iter().map(|n| ("news", n.as_str())))
    {
        for (at, line) in wrap(text, width.saturating_sub(LABEL), 2).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            section.rows.push(Row::new().column(LABEL, label, theme.dim).add(line, theme.text));
        }
    }
    or_nothing(section, scene, "nothing is known of the company")
}

/// `800 people` for a bare number or band; as written otherwise.
fn people(size: &str) -> String {
    let is_bare = size.chars().any(|c| c.is_ascii_digit())
        && size.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '–' | '+' | ',' | '.' | '<' | '>'));
    if is_bare { format!("{size} people") } else { size.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::people;

    #[test]
    fn a_bare_size_counts_people() {
        assert_eq!(
            ["800", "201-500", "10,000+", "small", "50 employees"].map(people),
            ["800 people", "201-500 people", "10,000+ people", "small", "50 employees"]
        );
    }
}
