//! The status line: online, offline, behind, in need of a person.

use super::golden;
use super::samples::{from_now, inbox};

#[test]
fn behind_offline_and_in_need_of_a_person() {
    let mut model = inbox();
    model.counts.parked = 2;
    model.net.behind = Some(from_now(-180));
    golden("status-behind", &model);
    (model.net.online, model.net.error) = (false, Some("no route".into()));
    golden("status-offline", &model);
}
