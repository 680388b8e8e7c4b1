//! Reading leads from the command line: list, search, next, show.

use serde_json::{Value, json};

use super::args::{ListArgs, NextArgs, SearchArgs, TabArg};
use super::failure::Failure;
use super::lead_text;
use super::print::{Out, clock_json, event_json, stamp, summary_json, summary_line};
use super::session::Session;
use crate::handoff::dossier::Dossier;
use crate::handoff::query::Filter;
use crate::handoff::refusal::Refusal;
use crate::handoff::standing;
use crate::handoff::summary::{Summary, Tab};
use crate::store::PageQuery;
use crate::ui::countdown;

impl From<TabArg> for Tab {
    fn from(tab: TabArg) -> Self {
        match tab {
            TabArg::Due => Self::Due,
            TabArg::New => Self::New,
            TabArg::Working => Self::Working,
            TabArg::Deferred => Self::Deferred,
            TabArg::Data => Self::Data,
            TabArg::Done => Self::Done,
        }
    }
}
