//! Whether a file writes `25/12/2026` or `12/25/2026`. A CRM exports dates as its user's country writes them, so the same
//! columns come in both orders. A number above 12 settles it; where there is none, the mapping's order counts.

use super::date::Dates;
use super::error::ImportError;
use super::input::Input;
use super::mapping::{Binding, Mapping};
use super::record::{Next, Record};
use super::rows::Rows;

/// So many rows without any such date are enough to see that the file writes dates in another way.
const ENOUGH: usize = 1000;

/// Settles the order of the dates by the file's own columns. The rows come back at their beginning.
pub fn settle(
    dates: &mut Dates,
    input: &Input,
    mut rows: Rows,
    mapping: &Mapping,
    binding: &Binding,
) -> Result<Rows, ImportError> {
    if !dates.has_day_order() {
        return Ok(rows);
    }
    let columns = mapping.times().flat_map(|value| &value.choices).flat_map(|choice| choice.from.columns());
    let places: Vec<usize> = columns.filter_map(|column| binding.places.get(column.0).copied().flatten()).collect();
    if let Some(day_first) = find(&mut rows, &places) {
        dates.order_days(day_first);
    }
    Rows::open(input, mapping.delimiter)
}

/// Whether the day comes first, by the first date that can only be read in one way.
fn find(rows: &mut Rows, places: &[usize]) -> Option<bool> {
    let mut record = Record::default();
    let (mut seen, mut any) = (0, false);
    // What is wrong with a row, or with the file, is told when it is read.
    while let Ok(next @ (Next::Row | Next::Bad { .. })) = rows.next(&mut record) {
        seen += 1;
        if next == Next::Row {
            for (first, second) in places.iter().filter_map(|place| record.get(*place)).filter_map(numbers) {
                any = true;
                match (first > 12, second > 12) {
                    (true, false) => return Some(true),
                    (false, true) => return Some(false),
                    _ => {}
                }
            }
        }
        if !any && seen == ENOUGH {
            return None;
        }
    }
    None
}

/// The first two numbers of a date with slashes.
fn numbers(text: &str) -> Option<(u8, u8)> {
    let mut parts = text.trim().split('/');
    let (first, second) = (parts.next()?, parts.next()?);
    parts.next()?;
    Some((first.parse().ok()?, second.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dates_with_slashes_tell_an_order() {
        assert_eq!(numbers("25/12/2026 14:05"), Some((25, 12)));
        assert_eq!(numbers(" 02/24/26, 02:18 AM"), Some((2, 24)));
        for text in ["", "25.12.2026", "2026-12-25", "25/12", "a/b/c"] {
            assert_eq!(numbers(text), None, "{text}");
        }
    }
}
