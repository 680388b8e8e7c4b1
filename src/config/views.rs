//! The saved views of the inbox: filters with names (F11).

use crate::handoff::query::Filter;
use crate::reading::Section;

/// The most views: each has a digit.
const MOST: usize = 9;

/// The saved views, as pairs of a name and a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Views {
    /// In their order.
    pub all: Vec<(String, String)>,
}

impl Default for Views {
    fn default() -> Self {
        let view = |name: &str, filter: &str| (name.to_owned(), filter.to_owned());
        Self {
            all: vec![
                view("hot", "tab:due cat:A"),
                view("asked", "trigger:demo,pricing,hand_raiser"),
                view("over", "due:<0s"),
            ],
        }
    }
}

impl Views {
    /// Reads `[views]`: each name changes a view or adds one; an empty filter takes it away.
    pub(super) fn read(&mut self, s: &mut Section<'_>) {
        for (name, item) in s.free() {
            let name = name.trim().to_owned();
            let filter = s.accept(item.text().and_then(|text| {
                Filter::parse(text).map_err(|error| item.wrong(error.to_string()))?;
                Ok(text.trim().to_owned())
            }));
            let Some(filter) = filter else { continue };
            let known = self.all.iter().position(|view| view.0 == name);
            match known {
                Some(at) if filter.is_empty() => drop(self.all.remove(at)),
                Some(at) => self.all[at].1 = filter,
                None if filter.is_empty() => {}
                None if self.all.len() == MOST => {
                    s.refuse_section(
                        format!("there is no room for the view “{name}”"),
                        format!("{MOST} views at the most"),
                    );
                }
                None => self.all.push((name, filter)),
            }
        }
    }
}
