use proptest::prelude::*;

use super::*;

/// Two entries whose hashes were worked out by another program (Python's hashlib) from the description in this file.
fn known() -> [Entry; 2] {
    let id = |from: u8| Uuid::from_bytes(std::array::from_fn(|at| from + at as u8));
    [
        Entry {
            lead: None,
            id: id(0),
            at: 1_700_000_000_000,
            received_at: 1_700_000_000_250,
            actor: r#"{"role":"system","name":"leadbox"}"#.into(),
            what: r#"{"kind":"policy"}"#.into(),
            closes: None,
            basis: None,
        },
        Entry {
            lead: Some((7, 1)),
            id: id(16),
            at: -1,
            received_at: 0,
            actor: r#"{"role":"rep","name":"ána"}"#.into(),
            what: String::new(),
            closes: Some("[]".into()),
            basis: Some(r#"{"policy":3}"#.into()),
        },
    ]
}

#[test]
fn the_encoding_never_changes() {
    let [first, second] = known();
    let one = chain(&GENESIS, 1, &first);
    assert_eq!(hex(&one), "a3bc646b6bf1434905ced556c6112cf1b6c38393dfd453a9eb9337cb2a65bdaa");
    assert_eq!(hex(&chain(&one, 2, &second)), "055a1563aa72d1d290989732ed4cae47c05cde8877b63ab49de8be9e0ac578bc");
}

/// Entries that are easily taken for one another: short texts, NULLs beside empty ones, text that runs over.
fn entries() -> impl Strategy<Value = Entry> {
    let text = || "[0bit]{0,3}";
    let lead = prop::option::of((0i64..3, 0i64..3));
    (lead, 0i64..3, 0i64..3, text(), text(), prop::option::of(text()), prop::option::of(text())).prop_map(
        |(lead, at, received_at, actor, what, closes, basis)| Entry {
            lead,
            id: Uuid::nil(),
            at,
            received_at,
            actor,
            what,
            closes,
            basis,
        },
    )
}

proptest! {
    #[test]
    fn no_two_entries_are_hashed_alike(a in entries(), b in entries(), n in 1i64..3, m in 1i64..3) {
        let (one, other) = (chain(&GENESIS, n, &a), chain(&GENESIS, m, &b));
        prop_assert_eq!(one == other, (n, &a) == (m, &b));
    }
}
