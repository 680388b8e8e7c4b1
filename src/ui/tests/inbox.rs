//! The inbox.

use super::{golden, picture, samples, styles};

#[test]
fn a_busy_morning() {
    golden("inbox", &samples::inbox());
}

#[test]
fn nothing_is_due() {
    let mut model = samples::inbox();
    model.list.rows.clear();
    model.list.selected = None;
    golden("inbox-empty", &model);
}

#[test]
fn the_looks_differ_in_style_only() {
    let mut model = samples::inbox();
    let dark = picture(&model, 120, 40);
    let mut out = String::new();
    for look in ["dark", "light", "none"] {
        model.settings.theme = look.into();
        assert_eq!(picture(&model, 120, 40), dark);
        out.push_str(&format!("{look}\n{}\n", styles(&model, 120, 40, 0..6)));
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("inbox-looks", out);
    });
}
