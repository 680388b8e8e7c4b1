use super::*;

#[test]
fn a_lead_is_named_by_its_number_in_any_common_spelling() {
    for text in ["L-12", "l-12", "L12", "12"] {
        assert_eq!(text.parse::<LeadId>(), Ok(LeadId(12)), "{text}");
    }
    for text in ["", "L-", "L-0", "-3", "L--3", "x12", "1 2", "+4"] {
        assert!(text.parse::<LeadId>().is_err(), "{text}");
    }
    assert_eq!(format!("{:>6}", LeadId(12)), "  L-12");
}

#[test]
fn a_nameless_lead_is_shown_by_the_best_thing_known() {
    let mut lead = Lead { key: LeadKey { source: "s".into(), external_id: "x1".into() }, ..Lead::default() };
    assert_eq!(lead.display_name(), "Lead x1");
    lead.key.external_id = "a1b2c3d4e5f60718293a4b5c6d7e8f90".into();
    lead.attribution.source = Some("organic_search".into());
    assert_eq!(lead.display_name(), "Lead a1b2c3 · organic search");
    lead.company.industry = Some("pet".into());
    assert_eq!(lead.display_name(), "Lead a1b2c3 · organic search · pet");
    lead.company.domain = Some("acme.example".into());
    assert_eq!(lead.display_name(), "acme.example");
    lead.person.last_name = Some("Chen".into());
    assert_eq!(lead.display_name(), "Chen");
    lead.person.first_name = Some("Maya".into());
    assert_eq!(lead.display_name(), "Maya Chen");
}
