//! The dialogs, opened and filled in by keys as a person would.

use super::samples::lead::{clock, contacted, engaged};
use super::samples::{from_now, inbox, now};
use super::{golden, looks};
use crate::app::dialog::Dialog;
use crate::app::dialog::bulk::BulkDialog;
use crate::app::dialog::whydue::WhyDueDialog;
use crate::app::model::View;
use crate::app::msg::Walk;
use crate::app::{Model, Msg, update};
use crate::handoff::lead::LeadId;
use crate::handoff::refusal::Refusal;
use crate::handoff::sla::Spent;
use crate::handoff::state::Stage;
use crate::handoff::summary::ClockKind;

/// Presses keys by name, separated by blanks; `"words in quotes"` are typed letter by letter.
pub fn press(model: &mut Model, keys: &str) {
    for (at, part) in keys.split('"').enumerate() {
        let names: Vec<String> = if at % 2 == 1 {
            part.chars().map(|c| if c == ' ' { "space".into() } else { c.to_string() }).collect()
        } else {
            part.split_whitespace().map(str::to_owned).collect()
        };
        for name in names {
            update(model, Msg::key(now(), name.parse().unwrap()));
        }
    }
}

fn after(mut model: Model, keys: &str) -> Model {
    press(&mut model, keys);
    model
}

#[test]
fn reject() {
    golden("reject", &after(engaged(), "r"));
    golden("reject-find", &after(engaged(), "r \"terr\""));
    golden("reject-question", &after(engaged(), "r 2 \"US-Midwest\""));
    golden("reject-many", &after(inbox(), "space space r"));
    golden("reject-kind", &after(engaged(), "r 3 down"));
}

#[test]
fn log_a_contact() {
    golden("contact", &after(engaged(), "c"));
    golden("contact-outcome", &after(engaged(), "c p"));
    golden("contact-details", &after(engaged(), "c P v \"asked for Tuesday\" tab \"tue 10:00 call\""));
    golden("contact-cites", &after(engaged(), "c e tab tab tab down"));
    let mut barred = engaged();
    barred.opened.as_mut().unwrap().dossier.lead.person.do_not_call = true;
    golden("contact-barred", &after(barred, "c p r enter"));
}

#[test]
fn defer_snooze_skip_and_qualify() {
    golden("defer", &after(engaged(), "d"));
    golden("defer-filled", &after(engaged(), "d \"tomorrow 9am\" tab \"budget comes in January\""));
    golden("defer-wrong", &after(engaged(), "d \"someday\" enter"));
    golden("snooze", &after(inbox(), "z \"+2h\""));
    golden("skip", &after(engaged(), "s enter"));
    let mut reached = contacted();
    reached.opened.as_mut().unwrap().dossier.handoff.stage = Stage::Connected;
    golden("qualify", &after(reached, "Q \"the rollout takes six weeks\" enter \"she decides, with the CFO\" enter"));
}

#[test]
fn a_refusal_is_told_in_the_dialog() {
    let mut model = after(engaged(), "d \"+60d\" tab \"next year\"");
    if let Some(dialog) = model.dialogs.last_mut() {
        dialog.refuse(&Refusal::DeferralTooLong { days: 30 });
    }
    golden("defer-refused", &model);
}

#[test]
fn a_text_that_cannot_be_typed_now() {
    golden("barred", &after(engaged(), "/ \"anna\""));
}

#[test]
fn help_palette_and_copy() {
    golden("help", &after(engaged(), "?"));
    golden("help-find", &after(engaged(), "? \"rej\""));
    golden("palette", &after(engaged(), ":"));
    golden("palette-find", &after(engaged(), ": \"rej\" down"));
    golden("copy", &after(engaged(), "y"));
    golden("research", &after(engaged(), "i a s"));
    let mut model = inbox();
    let view = |name: &str, filter: &str| View { name: name.into(), filter: filter.into() };
    model.settings.views = vec![view("hot", "tab:due cat:A"), view("東京", "company:kumo")];
    golden("views", &after(model, "v j"));
}

#[test]
fn why_due() {
    let clock = clock(ClockKind::FirstContact, 259, 1200);
    let first = Spent { from: from_now(-68_551), to: from_now(-68_000), seconds: 551 };
    let second = Spent { from: from_now(-18_151), to: from_now(-17_502), seconds: 649 };
    let walks = vec![Walk { clock, spent: vec![first, second] }];
    let dialog = WhyDueDialog { lead: LeadId(12), name: "Maya Chen".into(), walks: Some(walks), at: 0, scroll: 0 };
    let mut model = engaged();
    model.dialogs.push(Dialog::WhyDue(dialog));
    golden("why-due", &model);
}

#[test]
fn bulk_result() {
    let mut model = inbox();
    let why = Refusal::WrongStage {
        verb: "reject",
        stage: crate::handoff::state::Stage::Sql,
        hint: "Ask your manager to reopen it",
    };
    let refused = vec![
        (LeadId(22), "R. Okafor".to_owned(), why.to_string()),
        (LeadId(1041), "王小明".to_owned(), why.to_string()),
    ];
    model.dialogs.push(Dialog::Bulk(BulkDialog { verb: "rejected (no budget)".into(), done: 12, refused, scroll: 0 }));
    golden("bulk", &model);
}

#[test]
fn the_looks_of_fields_choices_and_matches() {
    looks("reject-looks", after(engaged(), "r 2 \"US\""), 80, 24, 13..24);
    looks("palette-looks", after(engaged(), ": \"rea\""), 80, 24, 4..10);
}
