//! "Did you mean …?"

use chrono_tz::TZ_VARIANTS;

/// The known word that is most like the one that was written, if any is like it. Capitals and what stands between words,
/// blank, dash, underscore or point, make no difference.
pub fn similar<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |word: &str| word.to_lowercase().replace(['_', '-', '.'], " ");
    let written = plain(written);
    let most = 1 + written.chars().count() / 4;
    let distances = known.into_iter().map(|word| (distance(&written, &plain(word)), word));
    distances.filter(|&(distance, _)| distance <= most).min_by_key(|&(distance, _)| distance).map(|(_, word)| word)
}

/// The time zone that is meant: one that differs by a slip, or whose city is what was written.
pub fn similar_zone(written: &str) -> Option<&'static str> {
    let written = written.trim().replace(' ', "_");
    let city = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let names = || TZ_VARIANTS.iter().map(|zone| zone.name());
    similar(&written, names()).or_else(|| names().find(|name| city(name) == city(&written)))
}

/// Levenshtein's, with a swap of neighbours for one step.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["skips", "mode", "due_within"];
        assert_eq!(similar("skip", known), Some("skips"));
        assert_eq!(similar("Mdoe", known), Some("mode"));
        assert_eq!(similar("due-within", known), Some("due_within"));
        assert_eq!(similar("colour", known), None);
        let columns = ["Email", "First Name", "Lead Status"];
        assert_eq!(similar("Emial", columns), Some("Email"));
        assert_eq!(similar("first_name", columns), Some("First Name"));
        assert_eq!(similar("Lead Sttus", columns), Some("Lead Status"));
        assert_eq!(similar("Company", columns), None);
        assert_eq!((distance("kitten", "sitting"), distance("", "abc")), (3, 3));
    }

    #[test]
    fn a_zone_is_known_by_its_city_and_in_spite_of_a_slip() {
        for written in ["Europe/Berln", "europe/berlin", "Berlin", " Europe-Berlin"] {
            assert_eq!(similar_zone(written), Some("Europe/Berlin"), "{written}");
        }
        assert_eq!(similar_zone("america/new york"), Some("America/New_York"));
        assert_eq!(similar_zone("Mars/Olympus"), None);
    }
}
