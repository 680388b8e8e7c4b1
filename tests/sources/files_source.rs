//! Files as a source: what the conformance suite asks of whatever leads come from. A file takes nothing back, and is never
//! asked what changed: whoever wants to know reads it from the start, as `leadbox import` does.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use leadbox::handoff::state::Stage;
use leadbox::source::Source;
use leadbox::source::files::{FileSource, Request};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::conformance::desk::Desk;
use crate::conformance::{Place, pages, reads};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A list that marketing keeps, and exports each time that it changes.
struct List {
    dir: TempDir,
    /// Id and message of each row.
    rows: RefCell<Vec<(String, String)>>,
}

impl List {
    fn file(&self) -> PathBuf {
        self.dir.path().join("leads.csv")
    }

    fn export(&self) {
        let mut text = String::from("id,first name,last name,email,company,mql date,message\n");
        for (id, message) in self.rows.borrow().iter() {
            let row = format!("{id},Maya,Chen,maya@{id}.example,Northwind {id},2026-11-20T10:00:00Z,{message}");
            writeln!(text, "{row}").unwrap();
        }
        std::fs::write(self.file(), text).unwrap();
    }
}

/// A new list.
fn list(case: impl FnOnce(&List, &Runtime)) {
    let list = List { dir: TempDir::new().unwrap(), rows: RefCell::default() };
    list.export();
    case(&list, &RUNTIME);
}

impl Place for List {
    fn source(&self) -> Box<dyn Source> {
        Box::new(FileSource::open(&Request::new(&self.file())).unwrap())
    }

    fn page(&self) -> usize {
        500
    }

    fn add(&self, many: usize) -> Vec<String> {
        let from = self.rows.borrow().len();
        let ids: Vec<String> = (from..from + many).map(|number| format!("x{number}")).collect();
        self.rows.borrow_mut().extend(ids.iter().map(|id| (id.clone(), String::new())));
        self.export();
        ids
    }

    fn edit(&self, id: &str, message: &str) {
        let mut rows = self.rows.borrow_mut();
        message.clone_into(&mut rows.iter_mut().find(|row| row.0 == id).unwrap().1);
        drop(rows);
        self.export();
    }

    fn remove(&self, id: &str) -> bool {
        self.rows.borrow_mut().retain(|row| row.0 != id);
        self.export();
        // What a list leaves out was filtered away by whoever made it: that says nothing of the lead.
        false
    }
}

reads!(list);

#[test]
fn it_takes_no_dispositions_and_says_so() {
    list(|list, runtime| pages::is_tried_as_what_it_is(list, runtime, false));
}

#[test]
fn what_a_newer_list_leaves_out_stays_as_it_is() {
    list(|list, runtime| {
        let ids = list.add(2);
        let mut desk = Desk::new(list, runtime);
        desk.settle();
        list.remove(&ids[0]);
        list.edit(&ids[1], "wants it blue");
        desk.settle();
        assert_eq!((desk.stage(&ids[0]), desk.taken_away(&ids[0])), (Stage::Assigned, None));
        assert_eq!(desk.lead(&ids[1]).lead.message.as_deref(), Some("wants it blue"));
    });
}
