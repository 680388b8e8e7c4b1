//! A filter as SQL: what the row can answer becomes a condition, plain words are asked of the full text.

use rusqlite::types::Value;

use super::ms;
use crate::handoff::Time;
use crate::handoff::query::{Compare, Filter, Test};
use crate::handoff::summary::Tab;

/// A filter, ready to be asked.
#[derive(Default)]
pub(super) struct Clause {
    /// Conditions on the row, each beginning with `AND`.
    pub(super) sql: String,
    /// What stands for the question marks in it.
    pub(super) values: Vec<Value>,
    /// Words that must be there.
    pub(super) with: Vec<String>,
    /// Words that must not.
    pub(super) without: Vec<String>,
    /// Words that are there if the conditions hold: they can be asked of the full text.
    pub(super) hints: Vec<String>,
    /// Conditions on the due time, by which lists of open leads are sorted: they end a walk early.
    pub(super) due: Vec<(Compare, i64)>,
    /// The only tab that can pass.
    tab: Option<Tab>,
}

impl Clause {
    /// The filter at `now`, from which "due within" is counted.
    pub(super) fn new(filter: &Filter, now: Time) -> Self {
        let mut clause = Self::default();
        for term in &filter.terms {
            if let Test::Words(words) = &term.test {
                let list = if term.negated { &mut clause.without } else { &mut clause.with };
                list.push(words.clone());
                continue;
            }
            match &term.test {
                _ if term.negated => {}
                Test::Source(words) | Test::Company(words) => clause.hints.push(words.clone()),
                Test::Due(compare, seconds) => clause.due.push((*compare, after(now, *seconds))),
                Test::Tab(tab) if *tab != Tab::Due => clause.tab = Some(*tab),
                _ => {}
            }
            let (condition, values) = condition(&term.test, now);
            // What is not known is not so: the opposite of an unknown holds.
            let holds = if term.negated { "IS NOT TRUE" } else { "IS TRUE" };
            clause.sql.push_str(&format!(" AND ({condition}) {holds}"));
            clause.values.extend(values);
        }
        clause
    }

    /// Whether a lead under this tab can pass at all; what is closed has no clock.
    pub(super) fn may_be_in(&self, tab: Tab) -> bool {
        self.tab.is_none_or(|only| only == tab) && (self.due.is_empty() || tab != Tab::Done)
    }

    /// What a walk along the due time may add to its conditions, with what stands for its question marks.
    pub(super) fn along_due(&self) -> (String, impl Iterator<Item = Value> + '_) {
        let sql = self.due.iter().map(|(compare, _)| format!(" AND sort {} ?", compare.sign())).collect();
        (sql, self.due.iter().map(|&(_, at)| Value::Integer(at)))
    }
}

/// So many seconds from now, in milliseconds.
fn after(now: Time, seconds: i64) -> i64 {
    ms(now).saturating_add(seconds.saturating_mul(1000))
}

fn condition(test: &Test, now: Time) -> (String, Vec<Value>) {
    let words = |columns: &[&str], words: &str| {
        let asked: Vec<String> = columns.iter().map(|column| format!("has_words({column}, ?)")).collect();
        (asked.join(" OR "), vec![Value::Text(words.to_owned()); columns.len()])
    };
    let one_of = |column: &str, codes: Vec<&'static str>| {
        let marks = vec!["?"; codes.len()].join(", ");
        (format!("{column} IN ({marks})"), codes.into_iter().map(|code| Value::Text(code.to_owned())).collect())
    };
    match test {
        // Asked of the full text instead.
        Test::Words(_) => ("1".into(), Vec::new()),
        Test::Category(categories) => one_of("category", categories.iter().map(|category| category.code()).collect()),
        Test::Stage(stages) => one_of("stage", stages.iter().map(|stage| stage.code()).collect()),
        Test::Trigger(kinds) => one_of("trigger_kind", kinds.iter().map(|kind| kind.code()).collect()),
        Test::Tab(Tab::Due) => ("is_due = 1".into(), Vec::new()),
        Test::Tab(tab) => ("tab = ?".into(), vec![Value::Integer(*tab as i64)]),
        Test::Score(compare, number) => {
            (format!("score {} ?", compare.sign()), vec![Value::Integer(i64::from(*number))])
        }
        Test::Due(compare, seconds) => {
            // A clock that ran out before a deferral stays run out, but nothing is due while they wait.
            (format!("due {} ? AND stage <> 'deferred'", compare.sign()), vec![Value::Integer(after(now, *seconds))])
        }
        Test::Source(text) => words(&["source", "origin"], text),
        Test::Owner(text) => words(&["owner"], text),
        Test::Company(text) => words(&["company"], text),
    }
}
