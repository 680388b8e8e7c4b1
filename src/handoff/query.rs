//! The filter language of the inbox (F11): `cat:A src:webinar due:<30m score:>70 -owner:ana plain words "as quoted"`.
//!
//! All terms must hold. A term that begins with `-` must not. Plain words are looked for at the beginnings of words,
//! without regard to case and accents.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::lead::TriggerKind;
use super::score::Category;
use super::state::Stage;
use super::summary::Tab;

/// A parsed filter; without terms it lets everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// All of these must hold.
    pub terms: Vec<Term>,
}

/// One condition, or its opposite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// It must not hold.
    pub negated: bool,
    /// What is asked.
    pub test: Test,
}

/// What a term asks of a lead. Texts are folded (see [`fold`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// These words stand in a row in one of its texts; the last may go on.
    Words(String),
    /// It is of one of these categories.
    Category(Vec<Category>),
    /// It came from this source or this marketing.
    Source(String),
    /// This is left on its nearest clock, in elapsed seconds; negative when over.
    Due(Compare, i64),
    /// Its score.
    Score(Compare, i32),
    /// It stands under this tab.
    Tab(Tab),
    /// It is at one of these stages.
    Stage(Vec<Stage>),
    /// Its owner.
    Owner(String),
    /// One of these made it an MQL.
    Trigger(Vec<TriggerKind>),
    /// Its company.
    Company(String),
}

/// How a number is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `=`, or nothing
    Equal,
    /// `>=`
    AtLeast,
    /// `>`
    More,
}

impl Compare {
    /// The sign, which SQL shares.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::More => ">",
        }
    }
}

/// Why a filter was not understood; nothing was searched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// What stands before the colon is none of ours.
    #[error("“{word}”: there is no “{key}:”; there are {KEYS}. Put it in quotes to search for it")]
    UnknownKey {
        /// The word as typed.
        word: String,
        /// What stands before the colon.
        key: String,
    },
    /// What stands after the colon cannot be meant.
    #[error("“{word}”: {expected}")]
    Value {
        /// The word as typed.
        word: String,
        /// What may stand there.
        expected: String,
    },
}

const KEYS: &str = "cat:, src:, due:, score:, tab:, stage:, owner:, trigger: and company:";

impl Filter {
    /// Parses what a person typed.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let terms = split(text).into_iter().filter_map(|word| term(&word).transpose());
        Ok(Self { terms: terms.collect::<Result<_, _>>()? })
    }

    /// It lets everything pass.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// Splits at blanks outside of quotes. A quote that is not closed yet goes to the end.
fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' | '“' | '”' => {
                quoted = !quoted;
                word.push('"');
            }
            c if c.is_whitespace() && !quoted => words.extend(Some(std::mem::take(&mut word))),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn term(word: &str) -> Result<Option<Term>, QueryError> {
    let (negated, rest) = word.strip_prefix('-').map_or((false, word), |rest| (true, rest));
    let key = rest.split(':').next().filter(|key| key.len() < rest.len() && key.chars().all(char::is_alphanumeric));
    let test = match key {
        Some(key) => test(word, &key.to_lowercase(), rest[key.len() + 1..].trim_matches('"'))?,
        None => Test::Words(fold(rest)),
    };
    // A word of nothing but signs, such as a dash that somebody is about to write behind, asks nothing.
    Ok((test != Test::Words(String::new())).then_some(Term { negated, test }))
}

fn test(word: &str, key: &str, value: &str) -> Result<Test, QueryError> {
    let wrong = |expected: String| QueryError::Value { word: word.to_owned(), expected };
    let text = |what: &str| match fold(value) {
        text if text.is_empty() => Err(wrong(format!("say which {what} after the colon"))),
        text => Ok(text),
    };
    Ok(match key {
        "cat" | "category" => {
            Test::Category(several(value, Category::from_code).ok_or_else(|| wrong("a category is A, B or C".into()))?)
        }
        "stage" => Test::Stage(
            several(value, Stage::from_code).ok_or_else(|| wrong(one_of("a stage", &Stage::ALL.map(Stage::code))))?,
        ),
        "trigger" => Test::Trigger(
            several(value, TriggerKind::from_code)
                .ok_or_else(|| wrong(one_of("a trigger", &TriggerKind::ALL.map(TriggerKind::code))))?,
        ),
        "tab" => Test::Tab(
            Tab::from_code(&value.to_lowercase()).ok_or_else(|| wrong(one_of("a tab", &Tab::ALL.map(Tab::code))))?,
        ),
        "score" => {
            let (compare, number) = compare(value);
            let number = number.parse().map_err(|_| wrong("a score is a number, such as >70".into()))?;
            Test::Score(compare, number)
        }
        "due" if value.eq_ignore_ascii_case("over") => Test::Due(Compare::Less, 0),
        "due" => {
            let (compare, span) = compare(value);
            let seconds =
                span_seconds(span).ok_or_else(|| wrong("say how soon, such as <30m, <2h, >1d or over".into()))?;
            Test::Due(compare, seconds)
        }
        "src" | "source" => Test::Source(text("source")?),
        "owner" => Test::Owner(text("owner")?),
        "company" => Test::Company(text("company")?),
        _ => return Err(QueryError::UnknownKey { word: word.to_owned(), key: key.to_owned() }),
    })
}

/// One or more codes with commas between them; nothing if one of them is none.
fn several<T>(value: &str, from_code: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    value.split(',').map(|code| from_code(&code.trim().to_lowercase().replace('-', "_"))).collect()
}

fn one_of(what: &str, codes: &[&str]) -> String {
    format!("{what} is one of {}", codes.join(", "))
}

fn compare(value: &str) -> (Compare, &str) {
    [Compare::AtMost, Compare::AtLeast, Compare::Less, Compare::More, Compare::Equal]
        .into_iter()
        .find_map(|compare| value.strip_prefix(compare.sign()).map(|rest| (compare, rest.trim_start())))
        .unwrap_or((Compare::Equal, value))
}

/// Seconds in `90s`, `30m`, `1h30m`, `2d`; with a minus sign, so long ago.
fn span_seconds(text: &str) -> Option<i64> {
    let (sign, mut rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    if rest.is_empty() {
        return None;
    }
    let mut sum: i64 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let unit = match rest.as_bytes()[end] {
            b's' => 1,
            b'm' => 60,
            b'h' => 3600,
            b'd' => 86_400,
            _ => return None,
        };
        sum = sum.checked_add(rest[..end].parse::<i64>().ok()?.checked_mul(unit)?)?;
        rest = &rest[end + 1..];
    }
    Some(sign * sum)
}

/// The words of a text as they are compared: small letters without accents, one blank between two words, and
/// everything that is neither letter nor digit taken for a blank.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Appends the folded words of `text` to those in `folded`.
pub fn fold_into(text: &str, folded: &mut String) {
    if text.is_ascii() {
        // The same as below, a word at a time: nearly all texts are, and every import folds many.
        for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
            if !folded.is_empty() {
                folded.push(' ');
            }
            let from = folded.len();
            folded.push_str(word);
            if let Some(word) = folded.get_mut(from..) {
                word.make_ascii_lowercase();
            }
        }
        return;
    }
    let mut in_word = false;
    let mut take = |c: char| {
        if !c.is_alphanumeric() {
            in_word = false;
            return;
        }
        if !in_word && !folded.is_empty() {
            folded.push(' ');
        }
        in_word = true;
        folded.push(c);
    };
    for c in text.chars() {
        if c.is_ascii() {
            take(c.to_ascii_lowercase());
        } else if !is_combining_mark(c) {
            // A letter and its accents become several characters, of which the letter is kept.
            decompose_compatible(c, |part| {
                if !is_combining_mark(part) {
                    for small in part.to_lowercase().filter(|&small| !is_combining_mark(small)) {
                        match spelt(small) {
                            Some(plain) => plain.chars().for_each(&mut take),
                            None => take(small),
                        }
                    }
                }
            });
        }
    }
}

/// How a small letter that has no accent to take off is typed where keyboards do not have it.
fn spelt(small: char) -> Option<&'static str> {
    Some(match small {
        'ø' => "o",
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        _ => return None,
    })
}

/// Whether the folded words `wanted` stand in a row in `text`; the last may go on.
pub fn has_words(text: &str, wanted: &str) -> bool {
    format!(" {}", fold(text)).contains(&format!(" {wanted}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tests(text: &str) -> Vec<(bool, Test)> {
        Filter::parse(text).unwrap().terms.into_iter().map(|term| (term.negated, term.test)).collect()
    }

    fn words(text: &str) -> (bool, Test) {
        (false, Test::Words(text.into()))
    }

    #[test]
    fn every_kind_of_term_is_understood() {
        assert_eq!(
            tests(r#"cat:A src:webinar due:<30m score:>70 tab:new stage:accepted owner:ana trigger:demo company:acme"#),
            [
                (false, Test::Category(vec![Category::A])),
                (false, Test::Source("webinar".into())),
                (false, Test::Due(Compare::Less, 1800)),
                (false, Test::Score(Compare::More, 70)),
                (false, Test::Tab(Tab::New)),
                (false, Test::Stage(vec![Stage::Accepted])),
                (false, Test::Owner("ana".into())),
                (false, Test::Trigger(vec![TriggerKind::Demo])),
                (false, Test::Company("acme".into())),
            ]
        );
        assert_eq!(tests("plain Words"), [words("plain"), words("words")]);
        assert_eq!(tests(r#""quoted Words" -"not so""#), [words("quoted words"), (true, Test::Words("not so".into()))]);
        assert_eq!(tests("-cat:b,C"), [(true, Test::Category(vec![Category::B, Category::C]))]);
        assert_eq!(
            tests(r#"company:"Acme Corp" due:over"#),
            [(false, Test::Company("acme corp".into())), (false, Test::Due(Compare::Less, 0))]
        );
        assert_eq!(tests("stage:data-completion"), [(false, Test::Stage(vec![Stage::DataCompletion]))]);
        assert_eq!(
            tests("due:>=1h30m score:70 score:<=5"),
            [
                (false, Test::Due(Compare::AtLeast, 5400)),
                (false, Test::Score(Compare::Equal, 70)),
                (false, Test::Score(Compare::AtMost, 5)),
            ]
        );
    }

    #[test]
    fn what_is_being_typed_is_no_error_where_it_can_be_meant() {
        assert!(Filter::parse("  - \"\" ").unwrap().is_empty());
        assert_eq!(tests(r#""still open"#), [words("still open")]);
        assert_eq!(tests("maya@acme.example"), [words("maya acme example")]);
    }

    #[test]
    fn an_error_names_the_word_and_what_it_could_be() {
        let message = |text: &str| Filter::parse(text).unwrap_err().to_string();
        assert!(message("maya scr:7").starts_with("“scr:7”: there is no “scr:”; there are cat:, src:"));
        assert_eq!(message("cat:D"), "“cat:D”: a category is A, B or C");
        assert_eq!(message("-score:many"), "“-score:many”: a score is a number, such as >70");
        assert!(message("due:<soon").contains("such as <30m"));
        assert!(message("due:<").contains("such as <30m"));
        assert!(message("stage:foo").contains("one of captured, scored"));
        assert!(message("owner:").contains("say which owner"));
        assert!(message("due:<99999999999999999999d").contains("such as"));
        assert_eq!(tests(r#""scr:7""#), [words("scr 7")]);
    }

    #[test]
    fn words_are_found_at_their_beginnings_without_case_or_accents() {
        assert_eq!(fold("  José-María  O’NEIL (São Paulo) e\u{301}te\u{301} "), "jose maria o neil sao paulo ete");
        assert_eq!(fold("SØREN Łukasz Weiß Ægir"), "soren lukasz weiss aegir", "as others type them");
        assert!(has_words("José María", "mar"));
        assert!(has_words("Acme Corp", "acme co"));
        assert!(!has_words("Acme Corp", "cme"));
        assert!(!has_words("Acme big Corp", "acme corp"));
        assert!(has_words("xa a a b", "a a b"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_fall(text in any::<String>()) {
            let _ = Filter::parse(&text);
        }

        #[test]
        fn folding_again_changes_nothing(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
        }
    }
}
