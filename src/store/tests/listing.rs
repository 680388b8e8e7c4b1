//! Lists and searches, against a slow and obvious second implementation.

use super::*;
use crate::handoff::query::{Compare, Test, fold, has_words};
use crate::handoff::summary::Summary;

const WORDS: [&str; 12] =
    ["acme", "acorn", "maya", "may", "são", "paulo", "zebra", "o'neil", "quick", "quiet", "ödön", "x9"];

/// A store with leads of all kinds and a vocabulary that makes some words common and some rare.
fn mixed(world: &World, count: usize) -> Store {
    let mut store = store(world, 0);
    let mut all = arrivals(count);
    let stages = [Stage::Assigned, Stage::Accepted, Stage::Attempted, Stage::Mql, Stage::Rejected, Stage::Deferred];
    for (n, Arrival { lead, .. }) in all.iter_mut().enumerate() {
        lead.stage.canonical = Some(stages[(n * 5 + n / 7) % 6]);
        lead.stage.since = Some(world.now - Duration::minutes(i64::try_from(n * 37 % 500).unwrap()));
        let word = |k: usize| WORDS[(n * k + n / 5) % (1 + (n * k) % WORDS.len())];
        lead.person.first_name = Some(word(3).into());
        lead.person.last_name = Some(word(5).into());
        lead.company.name = Some(format!("{} {}", word(7), word(11)));
        lead.message = (n % 3 == 0).then(|| format!("{} needs {}", word(2), WORDS[n % 12]));
        lead.owner = (n % 4 == 0).then(|| "Ana Díaz".to_owned());
        lead.attribution.source = Some(["webinar", "paid search"][n % 2].into());
    }
    store.receive(&all, &world.ctx()).unwrap();
    // Some of them are due.
    store
        .conn
        .execute_batch(
            "UPDATE lead SET is_due = 1 WHERE tab IN (1, 2) AND id % 3 = 0;
        UPDATE lead SET due = sort WHERE tab IN (1, 2) AND sort < 9000000000000000000;
        UPDATE tally SET n = (SELECT count(*) FROM lead WHERE is_due = 1) WHERE what = 0",
        )
        .unwrap();
    store
}

fn key(store: &Store, id: LeadId) -> Key {
    store.conn.query_row("SELECT sort, rank, id FROM lead WHERE id = ?1", [id.0], Key::read).unwrap()
}

/// All leads of a tab, in the order of its list.
fn all(store: &Store, tab: Tab) -> Vec<LeadId> {
    let condition = if tab == Tab::Due { "is_due = 1".into() } else { format!("tab = {}", tab as i64) };
    let mut statement = store.conn.prepare(&format!("SELECT id FROM lead WHERE {condition}")).unwrap();
    let mut ids: Vec<LeadId> =
        statement.query_map([], |row| row.get(0).map(LeadId)).unwrap().map(Result::unwrap).collect();
    ids.sort_by_key(|&id| key(store, id));
    ids
}

fn passes(store: &Store, filter: &Filter, id: LeadId, now: Time) -> bool {
    let lead: Summary = store.summary(id).unwrap().unwrap();
    let held = record::must_load(&store.conn, id).unwrap();
    let text = |text: &Option<String>, words: &str| text.as_ref().is_some_and(|text| has_words(text, words));
    let compare = |how: Compare, a: i64, b: i64| match how {
        Compare::Less => a < b,
        Compare::AtMost => a <= b,
        Compare::Equal => a == b,
        Compare::AtLeast => a >= b,
        Compare::More => a > b,
    };
    let is_due: bool = store.conn.query_row("SELECT is_due FROM lead WHERE id = ?1", [id.0], |row| row.get(0)).unwrap();
    filter.terms.iter().all(|term| {
        let holds = match &term.test {
            Test::Words(words) => {
                let Lead { person, company, message, key, attribution, .. } = &held.lead;
                let texts = [
                    &Some(held.lead.display_name()),
                    &company.name,
                    &company.domain,
                    &person.title,
                    &person.email,
                    &lead.why,
                    message,
                    &Some(key.source.clone()),
                    &attribution.source,
                    &attribution.campaign,
                    &Some(key.external_id.clone()),
                ];
                let joined = texts.into_iter().flatten().map(|text| fold(text)).collect::<Vec<_>>().join(" ");
                has_words(&joined, words)
            }
            Test::Category(categories) => lead.category.is_some_and(|category| categories.contains(&category)),
            Test::Source(words) => has_words(&lead.source, words) || text(&lead.origin, words),
            Test::Due(how, seconds) => {
                let due = lead.deadline.filter(|_| lead.stage != Stage::Deferred).and_then(|deadline| deadline.due);
                due.is_some_and(|due| compare(*how, (due - now).num_milliseconds(), seconds * 1000))
            }
            Test::Score(how, number) => lead.score.is_some_and(|score| compare(*how, score.into(), (*number).into())),
            Test::Tab(Tab::Due) => is_due,
            Test::Tab(tab) => lead.tab == *tab,
            Test::Stage(stages) => stages.contains(&lead.stage),
            Test::Owner(words) => text(&lead.owner, words),
            Test::Trigger(kinds) => lead.trigger.is_some_and(|kind| kinds.contains(&kind)),
            Test::Company(words) => text(&lead.company, words),
        };
        holds != term.negated
    })
}

const FILTERS: [&str; 28] = [
    "",
    "a",
    "q",
    "ac",
    "acm",
    "acme",
    "maya acorn",
    "zebra",
    "zebra quiet",
    "nothing",
    "-a",
    "acme -may",
    "sao",
    "odon",
    "\"o neil\"",
    "\"maya acorn\"",
    "o'n",
    "cat:A",
    "-cat:a,b",
    "score:>=50 acme",
    "company:ac",
    "src:webinar zeb",
    "-src:web owner:diaz",
    "tab:new",
    "stage:rejected,deferred qui",
    "trigger:demo",
    "due:<30m",
    "x1 -\"needs acme\"",
];

#[test]
fn pages_forward_and_backward_show_every_lead_once_in_the_lists_order() {
    let world = World::new();
    let store = mixed(&world, 150);
    for tab in Tab::ALL {
        let wanted = all(&store, tab);
        assert!(tab == Tab::Due || !wanted.is_empty(), "{tab:?}");
        for text in FILTERS {
            let filter = Filter::parse(text).unwrap();
            let wanted: Vec<_> = wanted.iter().copied().filter(|&id| passes(&store, &filter, id, world.now)).collect();
            let page =
                |from| store.page(&PageQuery { tab, from, rows: 7, filter: filter.clone(), now: world.now }).unwrap();
            let ids = |page: &Page| page.rows.iter().map(|row| row.id).collect::<Vec<_>>();
            let (mut forward, mut next) = (ids(&page(From::Top)), page(From::Top));
            while next.more_after {
                next = page(From::After(next.last.unwrap()));
                forward.extend(ids(&next));
            }
            assert_eq!(forward, wanted, "{tab:?} {text}");
            let (mut backward, mut next) = (ids(&page(From::End)), page(From::End));
            while next.more_before {
                next = page(From::Before(next.first.unwrap()));
                backward.splice(0..0, ids(&next));
            }
            assert_eq!(backward, wanted, "{tab:?} {text}");
        }
    }
}

#[test]
fn a_page_around_a_lead_has_it_in_the_middle_as_far_as_there_are_lines() {
    let world = World::new();
    let store = mixed(&world, 60);
    let wanted = all(&store, Tab::New);
    let n = wanted.len();
    assert!(n > 11);
    for (place, &id) in wanted.iter().enumerate() {
        let query =
            PageQuery { tab: Tab::New, from: From::Around(id), rows: 9, filter: Filter::default(), now: world.now };
        let page = store.page(&query).unwrap();
        let start = place.saturating_sub(4).min(n - 9);
        let ids: Vec<_> = page.rows.iter().map(|row| row.id).collect();
        assert_eq!(ids, wanted[start..start + 9], "around place {place}");
        assert_eq!(page.at, Some(place - start));
        assert_eq!((page.more_before, page.more_after), (start > 0, start + 9 < n));
        assert_eq!((page.first, page.last), (Some(key(&store, ids[0])), Some(key(&store, ids[8]))));
    }
    // A lead that is not in this list: from the top.
    let query =
        PageQuery { tab: Tab::Done, from: From::Around(wanted[0]), rows: 9, filter: Filter::default(), now: world.now };
    let page = store.page(&query).unwrap();
    assert_eq!((page.at, page.more_before), (None, false));
    assert_eq!(page.rows[0].id, all(&store, Tab::Done)[0]);
}

#[test]
fn a_search_finds_what_a_slow_look_at_every_lead_finds_in_the_order_of_the_lists() {
    let world = World::new();
    let store = mixed(&world, 400);
    let mut open = [all(&store, Tab::New), all(&store, Tab::Working)].concat();
    open.sort_by_key(|&id| key(&store, id));
    let order = [open, all(&store, Tab::Deferred), all(&store, Tab::Data), all(&store, Tab::Done)].concat();
    assert_eq!(order.len(), 400);
    for text in FILTERS {
        let filter = Filter::parse(text).unwrap();
        let wanted: Vec<_> = order.iter().copied().filter(|&id| passes(&store, &filter, id, world.now)).collect();
        for limit in [3, 25, 1000] {
            let found: Vec<_> =
                store.search(&filter, limit, world.now).unwrap().into_iter().map(|lead| lead.id).collect();
            assert_eq!(found, wanted[..limit.min(wanted.len())], "{text} {limit}");
        }
    }
}

#[test]
fn a_lead_that_is_named_by_its_number_comes_first() {
    let world = World::new();
    let store = mixed(&world, 50);
    for text in ["L-12", "12", "l12"] {
        assert_eq!(store.search(&Filter::parse(text).unwrap(), 5, world.now).unwrap()[0].id, id(12), "{text}");
    }
}

#[test]
fn nothing_that_is_typed_is_taken_for_the_full_texts_own_language() {
    let world = World::new();
    let store = mixed(&world, 50);
    for text in [
        "\"", "*", "NEAR(", "^", "a AND b", "a OR", "NOT", "words:a", "{a b}:c", "a*b", "(a", "a)", "'", ";", "--",
        "%", "_", "\\", "\0", "a\"b", "-\"", "+", "a + b", "¿", "\u{202e}", "ﬁ", "İ", "ß", "日本", "٣", "e\u{301}",
        "🦀",
    ] {
        if let Ok(filter) = Filter::parse(text) {
            store.search(&filter, 10, world.now).unwrap();
            let query = PageQuery { tab: Tab::New, from: From::Top, rows: 5, filter, now: world.now };
            store.page(&query).unwrap();
        }
    }
}

#[test]
fn a_page_is_read_from_an_index_without_sorting() {
    let world = World::new();
    let store = mixed(&world, 10);
    for sql in [
        "SELECT sort, rank, id, 1 FROM lead INDEXED BY lead_due WHERE is_due = 1 ORDER BY sort, rank, id",
        "SELECT sort, rank, id, 1 FROM lead INDEXED BY lead_tab WHERE tab = 1 AND (sort, rank, id) < (1, 2, 3)
         ORDER BY sort DESC, rank DESC, id DESC",
        "SELECT sort, rank, id, 1 FROM lead INDEXED BY lead_tab WHERE tab = 1
         UNION ALL SELECT sort, rank, id, 1 FROM lead INDEXED BY lead_tab WHERE tab = 2 ORDER BY sort, rank, id",
        "SELECT id FROM lead INDEXED BY lead_turn WHERE turn IS NOT NULL AND tab = 1 ORDER BY turn, sort, rank, id LIMIT 1",
        "SELECT min(wake_at) FROM lead WHERE wake_at IS NOT NULL",
        "SELECT count(*) FROM lead WHERE acted = 1 AND closed_at >= 1",
    ] {
        let mut statement = store.conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let plan: Vec<String> = statement.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("COVERING INDEX") && !plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
    }
}

#[test]
fn a_running_search_can_be_stopped_from_another_thread() {
    let world = World::new();
    let store = mixed(&world, 10);
    let handle = store.interrupt_handle();
    // The function stands in for a search that takes long: it is stopped while it runs.
    store
        .conn
        .create_scalar_function("dawdle", 0, rusqlite::functions::FunctionFlags::SQLITE_UTF8, move |_| {
            handle.interrupt();
            Ok(1)
        })
        .unwrap();
    let error = store.conn.query_row("SELECT max(dawdle()) FROM lead", [], |row| row.get::<_, i64>(0)).unwrap_err();
    assert!(matches!(StoreError::from(error), StoreError::Interrupted));
}

#[test]
fn what_is_deferred_is_not_due_though_its_clock_had_run_out_and_what_is_snoozed_is() {
    let mut world = World::new();
    let mut store = store(&world, 3);
    world.pass(86_400);
    store.act(id(1), &defer(&world, 3), &world.ctx()).unwrap().unwrap();
    store.act(id(2), &Act::Snooze { until: world.now + Duration::hours(2) }, &world.ctx()).unwrap().unwrap();
    let deferred = store.summary(id(1)).unwrap().unwrap();
    assert!(deferred.deadline.and_then(|deadline| deadline.due).is_some_and(|due| due < world.now));
    let found = |text: &str| {
        let rows = store.search(&Filter::parse(text).unwrap(), 9, world.now).unwrap();
        let mut ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!((found("due:<1h"), found("due:over")), (vec![id(2), id(3)], vec![id(2), id(3)]));
    assert_eq!(found("-due:<1h"), [id(1)]);
    let page = PageQuery {
        tab: Tab::Deferred,
        from: From::Top,
        rows: 9,
        filter: Filter::parse("due:<1h").unwrap(),
        now: world.now,
    };
    assert_eq!(store.page(&page).unwrap().rows.iter().map(|row| row.id).collect::<Vec<_>>(), [id(2)]);
}
