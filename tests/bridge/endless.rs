//! How much is asked of a CRM at once, whatever there is of it.

use chrono::Duration;
use leadbox::source::{
    Answer, Applied, Capabilities, Cursor, Disposition, Page, Probe, Record, Source, Step, Tombstone,
};

use crate::desk::Desk;
use crate::echoes::{PEOPLE as PEOPLE_THERE, shop, source as hubspot};
use crate::hub::Rig;
use crate::moody::{Call, Mood};
use crate::place::Place;
use crate::whole_way::{PEOPLE, add, alone, source};

/// A CRM that always has one more page, with nothing in it that is open.
struct Endless {
    behind: Box<dyn Source>,
    pages: usize,
}

impl Source for Endless {
    fn name(&self) -> &str {
        self.behind.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.behind.capabilities()
    }

    fn pull(&mut self, after: Option<&Cursor>) -> Answer<'_, Page> {
        let place = after.map_or(0, |after| after.0.parse().unwrap());
        assert_eq!(place, self.pages, "on from where it was");
        self.pages += 1;
        let next = Cursor(self.pages.to_string());
        Box::pin(async { Ok(Page { changes: Vec::new(), left_out: Vec::new(), next, more: true }) })
    }

    fn reconcile(&mut self, known: &[String]) -> Answer<'_, Vec<Tombstone>> {
        self.behind.reconcile(known)
    }

    fn detail(&mut self, external_id: &str) -> Answer<'_, Option<Record>> {
        self.behind.detail(external_id)
    }

    fn plan(&mut self, disposition: &Disposition) -> Answer<'_, Vec<Step>> {
        self.behind.plan(disposition)
    }

    fn apply(&mut self, step: &Step) -> Answer<'_, Applied> {
        self.behind.apply(step)
    }

    fn probe(&mut self, step: &Step, tried: Option<Duration>) -> Answer<'_, Probe> {
        self.behind.probe(step, tried)
    }
}

#[test]
fn whoever_sets_it_up_waits_for_a_thousand_pages_at_the_most() {
    let (rig, shop) = (Rig::new(&Place::sqlite()), shop());
    let desk = Desk::new(&rig, &PEOPLE_THERE, hubspot(&shop));
    let mut endless = Endless { behind: hubspot(&shop), pages: 0 };
    let found = rig.run(desk.bridges.all[0].strangers(&mut endless, Vec::new())).unwrap();
    assert_eq!((endless.pages, found.open, found.is_part), (1_000, 0, true));
}

#[test]
fn of_records_that_pages_tell_whole_three_a_round_are_looked_at_again() {
    alone(|tryton| {
        let (rig, mood) = (Rig::new(&Place::sqlite()), Mood::default());
        let mut desk = Desk::new(&rig, &PEOPLE, mood.of(source(&tryton.url())));
        for name in ["One", "Two", "Three", "Four", "Five"] {
            add(tryton, name, "Spain", None);
        }
        desk.settle();
        assert_eq!(mood.times(Call::Detail), 0, "a page has all there is of them");
        rig.write(|work| Ok(work.tx.execute("UPDATE bridged SET look_at = 0", &[])?));
        for asked in [3, 5, 5] {
            desk.round(1);
            assert_eq!(mood.times(Call::Detail), asked);
        }
    });
}
