//! The lead view.

use super::samples::lead::{bare, contacted, engaged, hostile};
use super::{golden, styles};

#[test]
fn an_engaged_lead() {
    golden("lead", &engaged());
}

#[test]
fn a_lead_contacted_before() {
    golden("lead-contacted", &contacted());
}

#[test]
fn a_lead_of_which_little_is_known() {
    golden("lead-bare", &bare());
}

#[test]
fn a_hostile_lead() {
    golden("lead-hostile", &hostile());
}

#[test]
fn the_looks_of_the_clock_and_the_ledger() {
    let mut model = engaged();
    let mut out = String::new();
    for look in ["dark", "light", "none"] {
        model.settings.theme = look.into();
        out.push_str(&format!("{look}\n{}\n", styles(&model, 120, 40, 2..14)));
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("lead-looks", out);
    });
}
