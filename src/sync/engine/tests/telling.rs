//! What the engine says of the network, and what keeps what from being sent.

use super::*;

#[test]
fn one_is_behind_from_the_first_round_that_left_something_until_all_is_taken_in() {
    let mut rig = Rig::new(1, true);
    assert_eq!(rig.round().behind_since, None);
    rig.there().is_endless = true;
    let since = rig.pass(10).now;
    assert_eq!(rig.round().behind_since, Some(since));
    assert_eq!(rig.pass(60).round().behind_since, Some(since));
    rig.there().is_endless = false;
    assert_eq!(rig.pass(1).round().behind_since, None);
    // One that cannot be reached is another matter.
    rig.there().away = true;
    let round = rig.pass(1).round();
    assert_eq!((round.trouble.is_some(), round.behind_since), (true, None));
}

#[test]
fn alerts_that_cannot_be_had_keep_nothing_from_being_sent_and_a_source_that_makes_no_sense_does() {
    let mut rig = Rig::new(2, true);
    rig.act(1, &reject());
    rig.there().is_garbled = true;
    for _ in 0..9 {
        rig.pass(40).round();
    }
    assert_eq!(rig.there().tries, 0, "whatever answers, it need not be what it was");
    rig.there().is_garbled = false;
    rig.pass(40).round();
    assert_eq!(rig.states(), [OutboxState::Sent]);
    rig.there().has_bad_alerts = true;
    rig.act(2, &reject());
    let rounds: Vec<Round> = (0..9).map(|_| rig.pass(40).round()).collect();
    assert_eq!(rig.states(), [OutboxState::Sent; 2]);
    let reports: Vec<&String> = rounds.iter().flat_map(|round| &round.reports).collect();
    assert!(matches!(reports[..], [report] if report.contains("no such category")), "told once: {reports:?}");
    assert_eq!(rounds[8].trouble, None, "it is online");
}

#[test]
fn an_answer_at_which_the_source_fails_holds_back_no_other() {
    let mut rig = Rig::new(3, true);
    (1..=3).for_each(|lead| assert!(rig.act(lead, &reject())));
    rig.there().mood = Mood::FailsAt("x1");
    let round = rig.pass(11).round();
    assert_eq!(rig.states(), [OutboxState::Waiting, OutboxState::Sent, OutboxState::Sent]);
    assert_eq!((round.settled, round.put_off, round.trouble), (2, 1, None));
    assert_eq!(rig.pass(40).round().settled, 1);
}

#[test]
fn nothing_is_amiss_any_more_once_the_source_answered_or_nothing_waits_for_it() {
    let mut rig = Rig::new(2, true);
    rig.act(1, &reject());
    rig.there().mood = Mood::SignedOut;
    assert!(rig.pass(11).round().trouble.is_some());
    rig.there().mood = Mood::Refuses;
    assert_eq!(rig.pass(302).round().trouble, None, "it answered, if only to refuse");
    rig.act(2, &reject());
    rig.there().mood = Mood::SignedOut;
    assert!(rig.pass(11).round().trouble.is_some());
    let op = rig.store.outbox(9).unwrap().into_iter().find(|item| item.state == OutboxState::Waiting).unwrap().op;
    rig.store.mark_sent(op).unwrap();
    assert_eq!(rig.pass(302).round().trouble, None, "nothing waits");
}

#[test]
fn what_a_source_took_and_does_not_tell_of_is_offered_once_more_and_no_third_time() {
    let mut rig = Rig::new(1, true);
    rig.there().version = Some(1);
    rig.act(1, &reject());
    rig.pass(11).round();
    assert_eq!((rig.states(), rig.there().tries), (vec![OutboxState::Sent], 1));
    // What it tells now may be from before.
    rig.there().is_endless = true;
    rig.pass(40).round();
    rig.there().is_endless = false;
    rig.pass(40).round();
    assert_eq!(rig.there().tries, 1);
    for _ in 0..3 {
        rig.pass(40).round();
        assert_eq!((rig.states(), rig.there().tries), (vec![OutboxState::Sent], 2));
    }
}

#[test]
fn another_program_reads_from_the_start_what_this_one_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut rig = Rig::new(0, true);
    rig.store = Store::open(dir.path()).unwrap();
    rig.store.register_source("crm", true).unwrap();
    rig.there().left_out = vec![LeftOut { external_id: "x1".into(), version: 4, created_at: None }];
    rig.there().asked.clear();
    rig.round();
    rig.pass(40).round();
    assert_eq!(rig.there().asked, [None, Some("c0".into())]);
    let file = rusqlite::Connection::open(dir.path().join("leadbox.db")).unwrap();
    assert_eq!(file.execute("UPDATE meta SET value = '0.0.1' WHERE name = 'left out:crm'", []).unwrap(), 1);
    rig.there().left_out.clear();
    rig.there().asked.clear();
    rig.pass(40).round();
    rig.pass(40).round();
    assert_eq!(rig.there().asked, [None, Some("c0".into())], "once");
}
