//! Lists for people: leads as rows whose columns line up, however wide their letters are.

use super::failure::Failure;
use super::print::{Out, pad};
use crate::handoff::summary::Summary;
use crate::ui::inert::inert;
use crate::ui::text::{cells, fit};

/// Rows that wait for the widest among them.
const PAGE: usize = 500;
/// The most cells of a name in a pipe: what is longer is whole, and moves what follows it.
const WIDEST: usize = 48;

/// A column that is as wide as what stands in it.
#[derive(Clone, Copy, Default)]
pub struct Column(usize);

impl Column {
    /// Makes room for a text. On a terminal of so many columns a name has a quarter of them, so that the reason has room
    /// as well; in a pipe it has what it needs.
    pub fn hold(&mut self, text: &str, columns: Option<usize>) {
        let most = columns.map_or(WIDEST, |columns| columns / 4);
        let text = inert(text);
        self.0 = self.0.max(cells(&text).min(most));
    }

    /// The text in its column: cut to it on a terminal, whole in a pipe.
    pub fn put(self, text: &str, columns: Option<usize>) -> String {
        match columns {
            Some(_) => pad(&fit(&inert(text), self.0), self.0),
            None => pad(text, self.0),
        }
    }
}

/// Leads on their way to a list. Columns are as wide as the page needs them, and never less than on the page before.
#[derive(Default)]
pub struct Leads {
    waiting: Vec<(Summary, String)>,
    id: Column,
    left: Column,
    name: Column,
    company: Column,
}

impl Leads {
    /// Adds a lead, with what is left of its time in words.
    pub fn add(&mut self, out: &mut Out, summary: Summary, left: String) -> Result<(), Failure> {
        self.id.hold(&summary.id.to_string(), None);
        self.left.hold(&left, None);
        if let Some(company) = &summary.company {
            self.name.hold(&summary.name, out.columns);
            self.company.hold(company, out.columns);
        }
        self.waiting.push((summary, left));
        if self.waiting.len() < PAGE { Ok(()) } else { self.print(out) }
    }

    /// Prints what waits.
    pub fn print(&mut self, out: &mut Out) -> Result<(), Failure> {
        // Where no company is known, the name has its room.
        let mut both = Column(self.name.0 + 1 + self.company.0);
        if self.company.0 == 0 {
            self.waiting
                .iter()
                .for_each(|(summary, _)| both.hold(&summary.name, out.columns.map(|columns| columns * 2)));
        }
        for (summary, left) in std::mem::take(&mut self.waiting) {
            let line = self.line(&summary, &left, both, out.columns);
            out.row(&line)?;
        }
        Ok(())
    }

    /// What has no reason says where it came from.
    fn line(&self, summary: &Summary, left: &str, both: Column, columns: Option<usize>) -> String {
        let category = summary.category.map_or("–", |category| category.code());
        let score = summary.score.map_or("–".into(), |score| score.to_string());
        let who = match &summary.company {
            Some(company) => {
                format!("{} {}", self.name.put(&summary.name, columns), self.company.put(company, columns))
            }
            None => both.put(&summary.name, columns),
        };
        let why = summary.why.as_ref().or(summary.origin.as_ref()).map_or("–", String::as_str);
        let (id, left) = (self.id.put(&summary.id.to_string(), None), self.left.put(left, None));
        format!("{id}  {left} {category} {score:>4}  {who} {why}")
    }
}
