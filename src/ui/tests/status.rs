//! The status line: online, offline, behind, in need of a person.

use super::samples::{from_now, inbox};
use super::{golden, picture};

#[test]
fn behind_offline_and_in_need_of_a_person() {
    let mut model = inbox();
    model.counts.parked = 2;
    model.net.behind = Some(from_now(-180));
    golden("status-behind", &model);
    (model.net.online, model.net.error) = (false, Some("no route".into()));
    golden("status-offline", &model);
}

#[test]
fn however_much_stands_beside_it_the_clock_stays() {
    let mut model = inbox();
    for (parked, needs) in [(1, "1 needs you"), (2, "2 need you"), (12, "12 need you")] {
        model.counts.parked = parked;
        let header = picture(&model, 80, 24).lines().next().unwrap_or_default().to_owned();
        assert!(header.contains(needs) && header.trim_end().ends_with("14:02"), "{header}");
    }
}
