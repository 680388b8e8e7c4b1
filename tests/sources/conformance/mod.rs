//! What every source of leads has to do: the same cases for each, against its real server or a stateful double, over a good
//! line and over bad ones. The real store and engine are at the laptop's end.
//!
//! What a source is tried for follows from what it can do: [`reads`] is for whatever leads come from, [`conforms`] for what
//! dispositions go to as well, and each says so by its capabilities ([`pages::is_tried_as_what_it_is`]).

pub mod chance;
pub mod changes;
pub mod desk;
pub mod faults;
pub mod pages;
pub mod writes;

use leadbox::handoff::Time;
use leadbox::handoff::state::Stage;
use leadbox::source::Source;
use uuid::Uuid;

use crate::faults::Faults;

/// Something that leads come from, as the cases play its other side.
pub trait Place {
    /// The rep's source, as after a start of the program.
    fn source(&self) -> Box<dyn Source>;

    /// So many leads are on a page at the most.
    fn page(&self) -> usize;

    /// So many new leads of the rep's, entered at one moment: their ids.
    fn add(&self, many: usize) -> Vec<String>;

    /// Somebody writes something else into the lead's message.
    fn edit(&self, id: &str, message: &str);

    /// Somebody takes it out; false where that is nothing that can be done.
    fn remove(&self, id: &str) -> bool;

    /// How many requests it heard, where it is asked by requests.
    fn calls(&self) -> usize {
        0
    }

    /// What its clock shows.
    fn now(&self) -> Time {
        chrono::Utc::now()
    }

    /// So many seconds pass at the rep's desk: a double that has a clock of its own lives by them too.
    fn time_passes(&self, seconds: i64) {
        let _ = seconds;
    }
}

/// A system that takes dispositions, with the line to it.
pub trait Crm: Place {
    /// The line.
    fn line(&self) -> &Faults;

    /// Somebody gives it to another rep.
    fn give_away(&self, id: &str);

    /// Somebody gives it back to the rep.
    fn give_back(&self, id: &str);

    /// Somebody closes it as lost.
    fn close(&self, id: &str);

    /// Somebody unites the second with the first, which stays; false where leads cannot be united.
    fn unite(&self, stays: &str, goes: &str) -> bool {
        let _ = (stays, goes);
        false
    }

    /// What lets the rep in holds no more.
    fn lock_out(&self);

    /// It holds again, or something else does, which the next start of the program finds.
    fn let_in(&self);

    /// Where it stands there.
    fn stage(&self, id: &str) -> Option<Stage>;

    /// Whether a record of its own is made of a disposition, by the code of what it was: of an acceptance there is mostly but
    /// the stage.
    fn keeps(&self, what: &str) -> bool {
        what != "accepted"
    }

    /// How many records there carry this disposition's key.
    fn writes(&self, key: Uuid) -> usize;

    /// All of the rep's leads there.
    fn owned(&self) -> Vec<String>;
}

/// A new lead of the rep's.
pub fn one(place: &dyn Place) -> String {
    place.add(1).remove(0)
}

/// The cases for whatever leads come from. `$with` has a case tried, with a new place each time.
macro_rules! reads {
    ($with:path) => {
        #[test]
        fn everything_is_read_once() {
            $with(|place, runtime| crate::conformance::changes::everything_once(place, runtime));
        }

        #[test]
        fn what_was_not_kept_is_told_again() {
            $with(|place, runtime| crate::conformance::pages::what_was_not_kept_is_told_again(place, runtime));
        }

        #[test]
        fn whoever_starts_anew_amid_the_pages_misses_nothing() {
            $with(|place, runtime| crate::conformance::pages::whoever_starts_anew_misses_nothing(place, runtime));
        }
    };
}

/// The cases for what dispositions go to as well: `faults` are those that are tried at each call, and so many `schedules` by
/// chance, where no others are asked for.
macro_rules! conforms {
    ($with:path, faults: $faults:expr, schedules: $schedules:expr) => {
        crate::conformance::reads!($with);

        #[test]
        fn it_takes_dispositions() {
            $with(|crm, runtime| crate::conformance::pages::is_tried_as_what_it_is(crm, runtime, true));
        }

        #[test]
        fn a_poll_that_finds_nothing_is_one_request() {
            $with(|crm, runtime| crate::conformance::changes::nothing_costs_one_request(crm, runtime));
        }

        #[test]
        fn what_leaves_is_taken_away() {
            $with(|crm, runtime| crate::conformance::changes::what_leaves_is_taken_away(crm, runtime));
        }

        #[test]
        fn what_is_united_goes_into_the_other() {
            $with(|crm, runtime| crate::conformance::changes::what_is_united_goes(crm, runtime));
        }

        #[test]
        fn what_others_decide_counts() {
            $with(|crm, runtime| crate::conformance::changes::what_others_decide_counts(crm, runtime));
        }

        #[test]
        fn each_disposition_is_there_once() {
            $with(|crm, runtime| crate::conformance::writes::each_is_there_once(crm, runtime));
        }

        #[test]
        fn each_contact_is_there_once() {
            $with(|crm, runtime| crate::conformance::writes::each_contact_is_there_once(crm, runtime));
        }

        #[test]
        fn a_conflict_is_shown() {
            $with(|crm, runtime| crate::conformance::writes::a_conflict_is_shown(crm, runtime));
        }

        #[test]
        fn whoever_is_locked_out_loses_nothing() {
            $with(|crm, runtime| crate::conformance::writes::whoever_is_locked_out_loses_nothing(crm, runtime));
        }

        #[test]
        fn a_fault_at_each_call_loses_and_doubles_nothing() {
            for fault in crate::conformance::faults::tried($faults) {
                $with(|crm, runtime| crate::conformance::faults::at_each_call(crm, runtime, fault));
            }
        }

        #[test]
        fn faults_by_chance_lose_and_double_nothing() {
            crate::conformance::chance::schedules($schedules, |seed, tally| {
                $with(|crm, runtime| crate::conformance::chance::schedule(crm, runtime, seed, tally));
            });
        }
    };
}

pub(crate) use {conforms, reads};
