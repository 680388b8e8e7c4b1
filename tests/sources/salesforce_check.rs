//! What Leadbox says of an org that lacks this and that, and what it reads of one that has it.

use leadbox::handoff::activity::{Activity, ActivityKind, Direction};
use leadbox::source::{Finding, Source};
use serde_json::json;

use crate::salesforce_source::{Org, RUNTIME};

fn check(org: &Org) -> Vec<Finding> {
    RUNTIME.block_on(org.plain().check()).unwrap()
}

/// The finding of which this is part, with what to do about it.
fn found(org: &Org, what: &str) -> (bool, String) {
    let all = check(org);
    let finding = all.iter().find(|finding| finding.what.contains(what));
    let finding = finding.unwrap_or_else(|| panic!("nothing of “{what}” in {all:#?}"));
    (finding.is_wrong, finding.hint.clone().unwrap_or_default())
}

#[test]
fn an_org_that_has_all_of_it_is_right() {
    let org = Org::new();
    assert!(check(&org).iter().all(|finding| !finding.is_wrong), "{:#?}", check(&org));
    assert!(!found(&org, "signed in as Ana Ruiz; their own leads").0);
    let team = Org { of_all: true, ..Org::new() };
    assert!(!found(&team, "all leads that they see").0);
}

#[test]
fn what_is_missing_is_told_with_the_way_to_make_it() {
    let org = Org::new();
    org.salesforce.state().hidden.insert("Task.Leadbox_Key__c".into());
    let (is_wrong, hint) = found(&org, "no field Leadbox_Key__c");
    assert!(is_wrong && hint.contains("Object Manager → Activity") && hint.contains("External ID"), "{hint}");
    org.salesforce.state().hidden.clear();
    for (what, value, word) in [
        ("unique", json!(false), "is not Unique"),
        ("externalId", json!(false), "is no External ID"),
        ("length", json!(20), "fewer than 36"),
        ("type", json!("picklist"), "is no text"),
        ("createable", json!(false), "cannot be written"),
    ] {
        org.salesforce.state().described.insert("Task.Leadbox_Key__c".into(), json!({ what: value }));
        assert!(found(&org, word).0, "{word}");
    }
    org.salesforce.state().described.clear();
    org.salesforce.state().described.insert("Lead".into(), json!({ "updateable": false }));
    assert!(found(&org, "may not edit leads").0);
    org.salesforce.state().described.clear();
    org.salesforce.state().versions = vec!["55.0"];
    assert!(found(&org, "its newest is 55.0").0);
    org.salesforce.state().forbidden.insert("Lead");
    let (is_wrong, hint) = found(&org, "does not see the object Lead");
    assert!(is_wrong && hint.contains("permission set"), "{hint}");
}

#[test]
fn words_that_do_not_fit_are_told() {
    let org = Org::new();
    org.salesforce.state().status("Parked", false);
    assert!(found(&org, "the status “Parked” is not mapped").0);
    let mapping = org.mapping.borrow().clone();
    let write = |stages: &str, fields: &str| {
        let mapping =
            mapping.replace("accepted = \"Working - Contacted\"\nrejected = \"Closed - Not Converted\"", stages);
        *org.mapping.borrow_mut() = mapping.replace("[write.fields]", fields);
    };
    write("accepted = \"Mine\"\nrejected = \"Closed - Converted\"", "[write.fields]");
    assert!(found(&org, "“Mine”, and leads have no such status").0);
    assert!(found(&org, "which only a conversion sets").0);
    write("accepted = \"Working - Contacted\"", "[write.fields]\nreason = \"Why__c\"");
    assert!(!found(&org, "“rejected” sets no stage").0);
    let (is_wrong, hint) = found(&org, "no field Why__c");
    assert!(is_wrong && hint.contains("Picklist"), "{hint}");
    let reasons = "[write.reasons]\nbudget = \"No budget\"\nwrong_persona = \"Wrong person\"\n[write.fields]";
    write("accepted = \"Working - Contacted\"", &format!("{reasons}\nreason = \"Reason__c\""));
    assert!(found(&org, "“Wrong person”, and Reason__c has no such value").0);
    assert!(!found(&org, "for out_of_territory").0, "it is no fault to have no word");
}

#[test]
fn fields_that_the_mapping_reads_in_vain_are_told() {
    let org = Org::new();
    org.salesforce.state().hidden.insert("Lead.MobilePhone".into());
    assert!(!found(&org, "does not see MobilePhone").0);
    let mapping = org.mapping.borrow().clone();
    let score = |column: &str| *org.mapping.borrow_mut() = format!("{mapping}\n[score]\ntotal = \"{column}\"\n");
    score("Grade__c");
    assert!(found(&org, "no field Grade__c").0);
    score("Website");
    assert!(found(&org, "Website is to be a score").0);
    score("AnnualRevenue");
    assert!(check(&org).iter().all(|finding| !finding.is_wrong));
}

fn trail(org: &Org, id: &str) -> Vec<Activity> {
    let mut source = org.plain();
    RUNTIME.block_on(source.detail(id)).unwrap().unwrap().arrival.trail
}

#[test]
fn e_mails_and_changes_are_part_of_the_trail_where_there_are_any() {
    let org = Org::new();
    let id = org.salesforce.leads(1).remove(0);
    org.salesforce.edit("Lead", &id, &[("Status", json!("Working - Contacted"))]);
    let task = org
        .salesforce
        .create("Task", &[("WhoId", json!(id)), ("Subject", json!("Email: Hello")), ("TaskSubtype", json!("Email"))]);
    let mail = |subject: &str, more: &[(&str, serde_json::Value)]| {
        let mail = [&[("Subject", json!(subject)), ("TextBody", json!("How are you?")), ("Status", json!("3"))], more]
            .concat();
        let mail = org.salesforce.create("EmailMessage", &mail);
        org.salesforce.create("EmailMessageRelation", &[("EmailMessageId", json!(mail)), ("RelationId", json!(id))]);
    };
    mail("Hello", &[("ActivityId", json!(task)), ("Incoming", json!(false)), ("FromName", json!("Ana Ruiz"))]);
    mail("Re: Hello", &[("Incoming", json!(true)), ("FromName", json!("Maya Chen"))]);
    mail("Not yet", &[("Status", json!("5"))]);
    org.salesforce.create("EmailMessage", &[("Subject", json!("of somebody else"))]);
    let all = trail(&org, &id);
    let emails: Vec<_> = all.iter().filter(|activity| activity.kind == ActivityKind::Email).collect();
    assert_eq!(emails.len(), 2, "the task is the same e-mail: {emails:#?}");
    let hello = emails.iter().find(|email| email.external_id == task).unwrap();
    assert_eq!((hello.direction, hello.actor.as_deref()), (Direction::Outbound, Some("Ana Ruiz")));
    assert_eq!(hello.text, "Hello\nHow are you?");
    let change =
        all.iter().find(|activity| activity.text == "Status: Open - Not Contacted → Working - Contacted").unwrap();
    assert_eq!((change.direction, change.actor.as_deref()), (Direction::Internal, Some("Ana Ruiz")));
    // An org that has neither, or a user who may see neither: told once, and asked no more.
    org.salesforce.state().forbidden.extend(["EmailMessage", "LeadHistory"]);
    let mut source = org.plain();
    for _ in 0..3 {
        let record = RUNTIME.block_on(source.detail(&id)).unwrap().unwrap();
        assert_eq!(record.arrival.trail.len(), 1, "the task");
    }
    let told = source.unread().into_iter().map(|told| told.what).collect::<Vec<_>>();
    assert_eq!(told.iter().filter(|told| told.contains("cannot be read")).count(), 2, "{told:?}");
    let asked = org.salesforce.state().log.iter().filter(|asked| asked.body.contains("LeadHistory")).count();
    assert_eq!(asked, 2, "once before, once now");
}
