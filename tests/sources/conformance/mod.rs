//! What every CRM has to do as a source: the same cases for each, against its real server or a stateful double, over a good
//! line and over bad ones. The real store and engine are at the laptop's end.

pub mod changes;
pub mod desk;
pub mod faults;
pub mod writes;

use leadbox::handoff::Time;
use leadbox::handoff::state::Stage;
use leadbox::source::Source;
use uuid::Uuid;

use crate::faults::Faults;

/// A CRM with the line to it, as the cases play both of its sides.
pub trait Crm {
    /// The line.
    fn line(&self) -> &Faults;

    /// The rep's source at the end of it, with a new session.
    fn source(&self) -> Box<dyn Source>;

    /// There are no leads any more, where one server is shared by all cases.
    fn clear(&self) {}

    /// So many new leads of the rep's, entered at one moment: their ids.
    fn add(&self, many: usize) -> Vec<String>;

    /// Somebody writes something else into the lead's message.
    fn edit(&self, id: &str, message: &str);

    /// Somebody gives it to another rep.
    fn give_away(&self, id: &str);

    /// Somebody gives it back to the rep.
    fn give_back(&self, id: &str);

    /// Somebody deletes it.
    fn remove(&self, id: &str);

    /// Somebody closes it as lost.
    fn close(&self, id: &str);

    /// Where it stands there.
    fn stage(&self, id: &str) -> Option<Stage>;

    /// How many records there carry this disposition's key.
    fn writes(&self, key: Uuid) -> usize;

    /// All of the rep's leads there.
    fn owned(&self) -> Vec<String>;

    /// What its clock shows.
    fn now(&self) -> Time {
        chrono::Utc::now()
    }

    /// So many seconds pass at the rep's desk: a double that has a clock of its own lives by them too.
    fn time_passes(&self, seconds: i64) {
        let _ = seconds;
    }
}

/// A new lead of the rep's.
pub fn one(crm: &dyn Crm) -> String {
    crm.add(1).remove(0)
}
