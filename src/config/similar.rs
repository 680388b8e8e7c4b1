//! "Did you mean …?"

/// The known word that is most like the one that was written, if any is like it.
pub(super) fn similar<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase();
    let most = 1 + written.chars().count() / 4;
    let distances = known.into_iter().map(|word| (distance(&written, &word.to_lowercase()), word));
    distances.filter(|&(distance, _)| distance <= most).min_by_key(|&(distance, _)| distance).map(|(_, word)| word)
}

/// Levenshtein's, with a swap of neighbours for one step.
fn distance(a: &str, b: &str) -> usize {
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
    }
}
