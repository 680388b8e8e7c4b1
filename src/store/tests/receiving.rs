//! What comes from a source.

use crate::handoff::activity::{Activity, ActivityKind, Direction};

use super::*;

fn visit(id: &str, text: &str) -> Activity {
    Activity {
        external_id: id.into(),
        kind: ActivityKind::PageVisit,
        direction: Direction::Inbound,
        at: Some(at("2026-11-19T12:00:00.5Z")),
        actor: None,
        outcome: None,
        text: text.into(),
        url: Some("https://acme.example/pricing".into()),
    }
}

fn arrival(n: usize) -> Arrival {
    Arrival { lead: lead(n), trail: vec![visit("a1", "pricing"), visit("a2", "home")], told: None }
}

#[test]
fn receiving_again_doubles_nothing_and_writes_nothing() {
    let world = World::new();
    let ctx = world.ctx();
    let mut store = Store::open_in_memory().unwrap();
    let all = [arrival(1), arrival(2)];
    assert_eq!(store.receive(&all, &ctx).unwrap(), [Received::Added(id(1)), Received::Added(id(2))]);
    let before = contents(&store);
    assert_eq!(store.receive(&all, &ctx).unwrap(), [Received::Unchanged(id(1)), Received::Unchanged(id(2))]);
    assert_eq!(contents(&store), before);
    store.engage(id(1), &ctx).unwrap().unwrap();
    let dossier = store.dossier(id(1), &world.ctx()).unwrap().unwrap();
    assert_eq!(dossier.lead, lead(1));
    assert_eq!(dossier.trail, [visit("a2", "home"), visit("a1", "pricing")]);
}

#[test]
fn news_goes_in_and_what_the_rep_did_stays() {
    let mut world = World::new();
    let mut store = Store::open_in_memory().unwrap();
    store.receive(&[arrival(1), arrival(2)], &world.ctx()).unwrap();
    let acted = store.act(id(1), &call(Outcome::Reached), &world.ctx()).unwrap().unwrap();
    world.pass(60);

    let mut news = [arrival(1), arrival(2)];
    for arrival in &mut news {
        arrival.lead.person.title = Some("Chief of Everything".into());
        arrival.lead.stage.canonical = Some(Stage::Rejected);
        arrival.trail = vec![visit("a2", "home, for longer"), visit("a3", "contact")];
    }
    let received = store.receive(&news, &world.ctx()).unwrap();
    assert_eq!(received, [Received::Updated(id(1)), Received::Updated(id(2))]);
    let known = store.dossier(id(1), &world.ctx()).unwrap().unwrap();
    assert_eq!((known.handoff, known.events), (acted.handoff, acted.events));
    assert_eq!(known.lead.person.title.as_deref(), Some("Chief of Everything"));
    assert_eq!(known.updated_at, world.now);
    let texts: Vec<_> = known.trail.iter().map(|activity| activity.text.as_str()).collect();
    assert_eq!(texts, ["contact", "home, for longer", "pricing"]);
    // Nobody did anything with the other one: it stands as its source says.
    assert_eq!(store.summary(id(2)).unwrap().unwrap().stage, Stage::Rejected);
    let found = |text: &str| store.search(&Filter::parse(text).unwrap(), 9, world.now).unwrap().len();
    assert_eq!((found("everything"), found("chief of"), found("nobody")), (2, 2, 0));
    check_truth(&store, &world);
}

#[test]
fn only_an_act_that_stands_and_is_told_holds_the_source_back() {
    let mut world = World::new();
    let mut store = store(&world, 4);
    // What was done leaves by an export.
    store.register_source("crm", false).unwrap();
    let stage = |store: &Store, n: usize| store.summary(id(n as i64)).unwrap().unwrap().stage;
    let says = |store: &mut Store, world: &World, n: usize, stage: Stage| {
        let mut news = lead(n);
        news.stage.canonical = Some(stage);
        store.receive(&[Arrival { lead: news, trail: Vec::new(), told: None }], &world.ctx()).unwrap();
        check_truth(store, world);
    };
    // Passed by, hidden, and accepted by mistake: the rep's own affairs.
    store.engage(id(1), &world.ctx()).unwrap().unwrap();
    store.act(id(1), &skip(), &world.ctx()).unwrap().unwrap();
    store.act(id(2), &Act::Snooze { until: world.now + Duration::hours(9) }, &world.ctx()).unwrap().unwrap();
    store.act(id(3), &Act::Accept, &world.ctx()).unwrap().unwrap();
    store.undo(&world.ctx()).unwrap().unwrap();
    world.pass(60);
    for n in 1..=3 {
        says(&mut store, &world, n, Stage::Recycled);
        assert_eq!(stage(&store, n), Stage::Recycled, "lead {n}");
        says(&mut store, &world, n, Stage::Assigned);
        assert_eq!(stage(&store, n), Stage::Assigned, "lead {n}");
    }
    // The snooze is remembered, and so is the skip.
    assert_eq!(store.summary(id(2)).unwrap().unwrap().tab, Tab::Deferred);
    // What was read before its source settled it is owed again.
    assert_eq!(store.desk().unwrap().current(), Some(id(3)));
    store.act(id(3), &reject(), &world.ctx()).unwrap().unwrap();
    // An act that stands is not touched; once it is taken back, the source is right after all.
    store.act(id(4), &Act::Accept, &world.ctx()).unwrap().unwrap();
    says(&mut store, &world, 4, Stage::Recycled);
    assert_eq!(stage(&store, 4), Stage::Accepted);
    store.undo(&world.ctx()).unwrap().unwrap();
    assert_eq!(stage(&store, 4), Stage::Recycled);
    assert_eq!(store.desk().unwrap().current(), None);
    check_truth(&store, &world);
}

#[test]
fn the_last_words_are_forgotten_when_new_ones_come() {
    let world = World::new();
    let mut store = store(&world, 40);
    let mut renamed = lead(7);
    renamed.company.name = Some("Quite Another".into());
    store.receive(&[Arrival { lead: renamed, trail: Vec::new(), told: None }], &world.ctx()).unwrap();
    let matches = |words: &str| -> i64 {
        let sql = "SELECT count(*) FROM lead_words WHERE lead_words MATCH ?1";
        store.conn.query_row(sql, [format!("\"{words}\"")], |row| row.get(0)).unwrap()
    };
    assert_eq!((matches("company"), matches("quite"), matches("first7")), (39, 1, 1));
}

#[test]
fn a_load_does_the_same_as_receiving_one_by_one() {
    let world = World::new();
    let ctx = world.ctx();
    let mut all: Vec<Arrival> = (1..=700).map(arrival).collect();
    // One comes twice, the second time with news.
    let mut again = arrival(3);
    again.lead.owner = Some("bob".into());
    all.push(again);
    all.push(arrival(4));
    let mut one_by_one = Store::open_in_memory().unwrap();
    one_by_one.receive(&all, &ctx).unwrap();
    let mut loaded = Store::open_in_memory().unwrap();
    let fill = |loader: &mut Loader<'_>| all.iter().try_for_each(|arrival| loader.push(arrival));
    let ((), first) = loaded.load::<_, StoreError>(Load::Batches, &ctx, fill).unwrap();
    assert_eq!(first, Loaded { added: 700, updated: 1, unchanged: 1 });
    assert_eq!(contents(&loaded), contents(&one_by_one));
    check_truth(&loaded, &world);
    let ((), second) = loaded.load::<_, StoreError>(Load::Batches, &ctx, fill).unwrap();
    assert_eq!(second, Loaded { added: 0, updated: 2, unchanged: 700 });
}

#[test]
fn a_load_that_breaks_off_keeps_all_or_nothing_as_was_asked() {
    let world = World::new();
    let ctx = world.ctx();
    for (known, how, kept) in
        [(0, Load::Whole, 0), (5, Load::Whole, 5), (0, Load::Batches, 256), (5, Load::Batches, 256)]
    {
        let mut store = store(&world, known);
        let broken: Result<((), _), _> = store.load(how, &ctx, |loader| {
            arrivals(300).iter().try_for_each(|arrival| loader.push(arrival))?;
            Err(StoreError::Full)
        });
        assert!(matches!(broken, Err(StoreError::Full)));
        let counts = store.counts(&ctx).unwrap();
        assert_eq!(counts.by_tab[1..].iter().sum::<u32>(), kept, "{how:?}");
        check_truth(&store, &world);
        // And it goes on from there.
        let fill = |loader: &mut Loader<'_>| arrivals(300).iter().try_for_each(|arrival| loader.push(arrival));
        let ((), loaded) = store.load::<_, StoreError>(how, &ctx, fill).unwrap();
        assert_eq!(loaded.added + loaded.unchanged, 300);
    }
}

#[test]
fn nul_is_kept_out_and_other_strange_text_is_kept_as_it_is() {
    let world = World::new();
    let mut store = Store::open_in_memory().unwrap();
    let mut strange = arrival(1);
    strange.lead.person.title = Some("a\0b \u{202e}\u{1b}[31m \\u0000 'quoted' \"—\"".into());
    strange.trail[0].text = "x\0y".into();
    store.receive(std::slice::from_ref(&strange), &world.ctx()).unwrap();
    assert_eq!(store.receive(&[strange], &world.ctx()).unwrap(), [Received::Unchanged(id(1))]);
    store.engage(id(1), &world.ctx()).unwrap().unwrap();
    let dossier = store.dossier(id(1), &world.ctx()).unwrap().unwrap();
    let title = Some("ab \u{202e}\u{1b}[31m \\u0000 'quoted' \"—\"");
    assert_eq!(dossier.lead.person.title.as_deref(), title);
    assert_eq!(store.summary(id(1)).unwrap().unwrap().title.as_deref(), title);
    assert!(dossier.trail.iter().any(|activity| activity.text == "xy"));
}

#[test]
fn a_lead_is_found_by_its_number_and_by_its_name_in_its_source() {
    let world = World::new();
    let mut store = store(&world, 3);
    let mut other = lead(2);
    other.key.source = "fair".into();
    store.receive(&[Arrival { lead: other, trail: Vec::new(), told: None }], &world.ctx()).unwrap();
    for (text, found) in [
        ("L-2", Some(2)),
        ("2", Some(2)),
        ("x3", Some(3)),
        ("fair:x2", Some(4)),
        ("crm:x2", Some(2)),
        ("x9", None),
        ("9", None),
    ] {
        let told = store.find(text).map_err(|error| error.to_string());
        assert_eq!(told, Ok(found.map(id)), "{text}");
    }
    let error = store.find("x2").unwrap_err().to_string();
    for candidate in ["L-2 (crm:x2,", "L-4 (fair:x2,"] {
        assert!(error.contains(candidate), "{error}");
    }
    // Another source may count its leads.
    let mut counted = lead(5);
    counted.key.external_id = "2".into();
    store.receive(&[Arrival { lead: counted, trail: Vec::new(), told: None }], &world.ctx()).unwrap();
    assert!(matches!(store.find("2"), Err(StoreError::Ambiguous { .. })));
    assert_eq!(store.find("L-2").unwrap(), Some(id(2)));
    assert_eq!(store.find("L-5").unwrap(), store.find("crm:2").unwrap());
}

#[test]
fn a_source_keeps_its_cursor() {
    let mut store = Store::open_in_memory().unwrap();
    assert_eq!(store.cursor("crm").unwrap(), None);
    store.register_source("crm", true).unwrap();
    store.take_in("crm", Batch { next: Some("page 2".into()), ..Batch::default() }, &World::new().ctx()).unwrap();
    store.register_source("crm", true).unwrap();
    assert_eq!(store.cursor("crm").unwrap().as_deref(), Some("page 2"));
    assert!(record::takes_writes(&store.conn, "crm").unwrap());
}

#[test]
fn a_lead_that_comes_deferred_without_an_end_returns_after_the_team_s_longest() {
    let mut world = World::new();
    world.policy.deferral.days = 5;
    let mut store = Store::open_in_memory().unwrap();
    let since = at("2026-11-19T08:00:00Z");
    let deferred = |until| {
        let mut lead = lead(1);
        lead.stage.canonical = Some(Stage::Deferred);
        (lead.stage.since, lead.stage.until) = (Some(since), until);
        Arrival { lead, trail: Vec::new(), told: None }
    };
    store.receive(&[deferred(None)], &world.ctx()).unwrap();
    let until = |store: &Store| store.inspect(id(1)).unwrap().handoff.deferral.unwrap().until;
    assert_eq!(until(&store), since + Duration::days(5));
    assert_eq!(store.receive(&[deferred(None)], &world.ctx()).unwrap(), [Received::Unchanged(id(1))]);
    let told = at("2027-01-04T08:00:00Z");
    store.receive(&[deferred(Some(told))], &world.ctx()).unwrap();
    assert_eq!(until(&store), told, "the source knows better");
}

/// Two points for each visit, a category with four.
fn two_points_a_visit() -> Models {
    let model = crate::config::parse_model(
        "id = 'visits'\nversion = 3\nmode = 'additive'\nthreshold = 9\n[categories]\nengagement = 4\nhigh = 9\nmedium = 9\n\
         [[rules]]\nname = 'visit'\naxis = 'behavior'\nactivity = { kinds = ['page_visit'] }\npoints = 2\n",
        "visits.toml",
    );
    Models { all: vec![model.unwrap()], active: Some("visits".into()) }
}

#[test]
fn a_model_scores_over_all_that_they_ever_did() {
    let mut world = World::new();
    world.scoring = two_points_a_visit();
    let mut store = Store::open_in_memory().unwrap();
    let bare = |trail: Vec<Activity>| {
        let mut arrival = Arrival { lead: lead(1), trail, told: None };
        (arrival.lead.score, arrival.lead.category) = (None, None);
        arrival
    };
    let shown = |store: &Store| {
        let shown = store.summary(id(1)).unwrap().unwrap();
        let record = store.inspect(id(1)).unwrap().lead;
        assert_eq!((record.score.map(|score| score.total), record.category), (shown.score, shown.category));
        (shown.score, shown.category)
    };
    let with_trail = bare(vec![visit("a1", "pricing"), visit("a2", "home")]);
    store.receive(std::slice::from_ref(&with_trail), &world.ctx()).unwrap();
    assert_eq!(shown(&store), (Some(4), Some(Category::C)));
    // The leads again, without what they did: that is known, and nothing is news.
    let before = contents(&store);
    assert_eq!(store.receive(&[bare(Vec::new())], &world.ctx()).unwrap(), [Received::Unchanged(id(1))]);
    assert_eq!(shown(&store), (Some(4), Some(Category::C)));
    assert_eq!(contents(&store).len(), before.len());
    // News without a trail, then a trail with news.
    let mut named = bare(Vec::new());
    named.lead.person.title = Some("VP".into());
    assert_eq!(store.receive(&[named.clone()], &world.ctx()).unwrap(), [Received::Updated(id(1))]);
    assert_eq!(shown(&store), (Some(4), Some(Category::C)));
    named.trail = vec![visit("a3", "contact")];
    assert_eq!(store.receive(&[named.clone()], &world.ctx()).unwrap(), [Received::Updated(id(1))]);
    assert_eq!(store.receive(&[named.clone()], &world.ctx()).unwrap(), [Received::Unchanged(id(1))]);
    assert_eq!(shown(&store), (Some(6), Some(Category::C)));
    check_truth(&store, &world);
    // Our own word, from an export, is no source's.
    let mut echo = named.clone();
    echo.lead.category = Some(Category::C);
    echo.lead.score = lead(1).score.map(|score| Score { total: 6, fit: None, behavior: None, ..score });
    assert_eq!(store.receive(&[echo], &world.ctx()).unwrap(), [Received::Unchanged(id(1))]);
    // Its source's own score goes before, and stays whatever they do.
    named.lead.score = lead(1).score;
    store.receive(&[named], &world.ctx()).unwrap();
    assert_eq!(shown(&store), (Some(7), None));
    check_truth(&store, &world);
}
