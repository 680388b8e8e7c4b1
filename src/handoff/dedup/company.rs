//! Names of companies as they are compared: `ACME Software GmbH & Co. KG` is `acme software`.

use super::super::query::fold;
use super::super::similar::distance;

/// Legal forms at the end of a name, folded, the longer before the shorter that they end with.
const ENDINGS: [&[&str]; 17] = [
    &["s", "de", "rl", "de", "cv"],
    &["sp", "z", "o", "o"],
    &["sp", "z", "oo"],
    &["s", "de", "rl"],
    &["sa", "de", "cv"],
    &["s", "a", "s"],
    &["s", "r", "l"],
    &["s", "p", "a"],
    &["g", "m", "b", "h"],
    &["d", "o", "o"],
    &["s", "r", "o"],
    &["l", "l", "c"],
    &["l", "t", "d"],
    &["i", "n", "c"],
    &["s", "a"],
    &["a", "s"],
    &["b", "v"],
];

/// The same, of one word.
const WORDS: [&str; 81] = [
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "llc",
    "llp",
    "lp",
    "pllc",
    "ltd",
    "limited",
    "plc",
    "cic",
    "pty",
    "pvt",
    "private",
    "pte",
    "gmbh",
    "mbh",
    "ggmbh",
    "ag",
    "kg",
    "kgaa",
    "ohg",
    "gbr",
    "ug",
    "ev",
    "eg",
    "ek",
    "se",
    "sa",
    "sas",
    "sasu",
    "sarl",
    "eurl",
    "snc",
    "spa",
    "srl",
    "srls",
    "sl",
    "slu",
    "sau",
    "scp",
    "sca",
    "sprl",
    "bvba",
    "bv",
    "nv",
    "vof",
    "cv",
    "ab",
    "as",
    "asa",
    "aps",
    "oy",
    "oyj",
    "ou",
    "uab",
    "sia",
    "ooo",
    "oao",
    "zao",
    "pao",
    "ao",
    "pjsc",
    "jsc",
    "spzoo",
    "sro",
    "doo",
    "dd",
    "kft",
    "zrt",
    "nyrt",
    "bhd",
    "sdn",
    "kk",
    "ltda",
    "eireli",
    "epp",
    "lda",
];

/// Legal forms at the beginning.
const BEGINNINGS: [&str; 8] = ["ooo", "oao", "zao", "pao", "pt", "cv", "ab", "ao"];

/// Words between names that are written or not.
const BETWEEN: [&str; 3] = ["and", "und", "et"];

/// The name of a company without legal form, article, accents, capitals and signs. A name of nothing else keeps its last
/// word.
pub fn normal_company(name: &str) -> String {
    // `S.A.` and `L.L.C.` are one word each, `A&B` is two.
    let joined: String = name.chars().filter(|c| !matches!(c, '.' | '\'' | '’')).collect();
    let folded = fold(&joined);
    let mut words: Vec<&str> = folded.split(' ').collect();
    loop {
        let before = words.len();
        if before > 1 && words[0] == "the" {
            words.remove(0);
        }
        if let Some(at) = words.iter().position(|word| BETWEEN.contains(word)).filter(|_| words.len() > 1) {
            words.remove(at);
        }
        let ending = ENDINGS.iter().find(|ending| words.len() > ending.len() && words.ends_with(ending));
        if let Some(ending) = ending {
            words.truncate(words.len() - ending.len());
        } else if words.len() > 1 && words.last().is_some_and(|last| WORDS.contains(last)) {
            words.pop();
        }
        if words.len() > 1 && BEGINNINGS.contains(&words[0]) {
            words.remove(0);
        }
        if words.len() == before {
            return words.join(" ");
        }
    }
}

/// How much two normal names are alike, 0 to 1. They must begin alike (see [`beginning`]): names that differ in their
/// first letters are two. One that goes on where the other ends (`acme`, `acme software`) is rather alike.
pub fn likeness(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    if beginning(a) != beginning(b) {
        return 0.0;
    }
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let length = short.chars().count();
    let goes_on = long.strip_prefix(short).is_some_and(|rest| rest.starts_with(' ')) && length > 3;
    // In three letters, one is a third of the name.
    let longest = length.max(long.chars().count()) as f64;
    let letters = if length > 4 { 1.0 - distance(a, b) as f64 / longest } else { 0.0 };
    letters.max(if goes_on { 0.9 } else { 0.0 })
}

/// The first three letters of a normal name: what an index can find names by that are alike.
pub(super) fn beginning(name: &str) -> &str {
    name.char_indices().nth(3).map_or(name, |(end, _)| &name[..end])
}
