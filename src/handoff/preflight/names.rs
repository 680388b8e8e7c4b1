//! Names of people: whether one is there, and how a whole name is split (R34 item 2).

use super::super::lead::Person;

/// What people and forms write where they know nothing. (`null` and `none` are left out: both are family names.)
const PLACEHOLDERS: [&str; 8] =
    ["n/a", "unknown", "undefined", "not provided", "[not provided]", "not known", "no name", "tbd"];

/// Words before a name that are none of it.
const TITLES: [&str; 16] =
    ["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "herr", "frau", "mme", "mlle", "sr", "sra", "ing"];

/// Words with which a family name begins.
const PARTICLES: [&str; 32] = [
    "van", "von", "vom", "zu", "zur", "der", "den", "de", "del", "della", "di", "da", "das", "do", "dos", "du", "des",
    "la", "le", "los", "las", "el", "al", "bin", "ibn", "ben", "ter", "ten", "ap", "af", "av", "st",
];

/// The text, if it says something: not blank, not only signs, no placeholder.
pub(in crate::handoff) fn told(text: Option<&str>) -> Option<&str> {
    let text = text?.trim();
    let says = text.chars().any(char::is_alphanumeric) && !PLACEHOLDERS.contains(&text.to_lowercase().as_str());
    says.then_some(text)
}

/// First and last name of a person: as told, else by splitting what was told as one name. A whole name in a script that
/// writes none apart (`山田太郎`) stands as the last name, without a first one.
pub fn first_and_last(person: &Person) -> (Option<String>, Option<String>) {
    let own = |text: &Option<String>| told(text.as_deref()).map(String::from);
    let (first, last) = (own(&person.first_name), own(&person.last_name));
    match (first, last) {
        (Some(first), Some(last)) => (Some(first), Some(last)),
        (first, last) => {
            // Sources without a field for the whole name put it into either of the two.
            let whole = told(person.name.as_deref()).or(first.as_deref()).or(last.as_deref());
            match whole.and_then(split_name) {
                Some((first, last)) => (Some(first), Some(last)),
                None if first.is_none() && last.is_none() => (None, whole.map(String::from)),
                None => (first, last),
            }
        }
    }
}

/// Splits a whole name into first and last: `Maya Chen`, `Chen, Maya`, `Dr. Ludwig van Beethoven`. A title goes, a
/// particle stays with the family name, and what follows the name (`Jr.`, `III`) does, too. Nothing for a single word.
pub fn split_name(whole: &str) -> Option<(String, String)> {
    let whole = told(Some(whole)).filter(|whole| !whole.contains('@'))?;
    if let Some((last, first)) = whole.split_once(',') {
        let (first, last) = (untitled(first), untitled(last));
        // `Maya Chen, PhD` has its names before the comma.
        if !first.is_empty() && last.len() == 1 || last.iter().any(|word| is_particle(word)) && !first.is_empty() {
            return Some((first.join(" "), last.join(" ")));
        }
        return split_words(&last);
    }
    split_words(&untitled(whole))
}

fn split_words(words: &[&str]) -> Option<(String, String)> {
    let is_suffix = |word: &str| {
        matches!(plain(word).as_str(), "jr" | "junior" | "senior" | "ii" | "iii" | "iv" | "phd" | "md" | "mba")
    };
    let core = words.iter().rposition(|word| !is_suffix(word)).map_or(0, |last| last + 1);
    if core < 2 {
        return None;
    }
    // The family name is the last word, or begins with the first particle behind the first name.
    let last = (1..core - 1).find(|&at| is_particle(words[at])).unwrap_or(core - 1);
    Some((words[..last].join(" "), words[last..].join(" ")))
}

fn plain(word: &str) -> String {
    word.trim_end_matches('.').to_lowercase()
}

fn is_particle(word: &str) -> bool {
    PARTICLES.contains(&plain(word).as_str())
}

/// The words without the titles before them.
fn untitled(text: &str) -> Vec<&str> {
    text.split_whitespace().skip_while(|word| TITLES.contains(&plain(word).as_str())).collect()
}

/// The words of a name as they are compared, in the order of the alphabet, so that `Chen Maya` is `Maya Chen`. Titles
/// and initials say nothing. Of the folded name, which stays what it is when it is taken again.
pub(in crate::handoff) fn compared(folded: &str) -> String {
    let mut words: Vec<&str> = folded
        .split(' ')
        .filter(|word| word.chars().count() > 1 || !word.is_ascii())
        .filter(|word| !TITLES.contains(word))
        .collect();
    words.sort_unstable();
    words.join(" ")
}

/// Whether a whole name in one word may well be first and last together: Chinese, Japanese and Korean names.
pub(in crate::handoff) fn is_whole_in_one(name: &str) -> bool {
    let is_of_such = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}');
    name.chars().count() > 1 && name.chars().all(is_of_such)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_are_split_as_people_write_them() {
        for (whole, first, last) in [
            ("Maya Chen", "Maya", "Chen"),
            ("  maya   chen ", "maya", "chen"),
            ("Chen, Maya", "Maya", "Chen"),
            ("van Beethoven, Ludwig", "Ludwig", "van Beethoven"),
            ("Dr. Ludwig van Beethoven", "Ludwig", "van Beethoven"),
            ("Prof. Dr. Ana María Ruiz", "Ana María", "Ruiz"),
            ("Oscar de la Renta", "Oscar", "de la Renta"),
            ("Robert Downey Jr.", "Robert", "Downey Jr."),
            ("Maya Chen, PhD", "Maya", "Chen"),
            ("Van Morrison", "Van", "Morrison"),
            ("Sammy Davis III", "Sammy", "Davis III"),
        ] {
            assert_eq!(split_name(whole), Some((first.into(), last.into())), "{whole}");
        }
        for single in ["", "Madonna", "Dr. Who", "n/a", "maya.chen@acme.example", "Jr. III", ",", "—"] {
            assert_eq!(split_name(single), None, "{single}");
        }
    }

    #[test]
    fn the_name_is_found_wherever_the_source_put_it() {
        let name = |first: Option<&str>, last: Option<&str>, whole: Option<&str>| {
            let text = |text: Option<&str>| text.map(String::from);
            first_and_last(&Person {
                first_name: text(first),
                last_name: text(last),
                name: text(whole),
                ..Person::default()
            })
        };
        let both = (Some("Maya".to_owned()), Some("Chen".to_owned()));
        assert_eq!(name(Some("Maya"), Some("Chen"), Some("M. Chen")), both);
        assert_eq!(name(None, None, Some("Maya Chen")), both);
        assert_eq!(name(Some("Maya Chen"), None, None), both);
        assert_eq!(name(None, Some("Maya Chen"), None), both);
        assert_eq!(name(Some("Maya"), Some("[Not Provided]"), None), (Some("Maya".into()), None));
        assert_eq!(name(None, None, Some("山田太郎")), (None, Some("山田太郎".into())));
        assert_eq!(name(Some(" "), None, None), (None, None));
    }

    #[test]
    fn names_are_compared_in_any_order_and_without_titles_and_initials() {
        assert_eq!(compared("dr maya l chen"), "chen maya");
        assert_eq!(compared("chen maya"), "chen maya");
    }
}
