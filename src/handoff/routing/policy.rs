//! The team's routing rules as values, and what holds where nothing is configured.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::when::When;
use crate::handoff::scoring::{Band, has_phrase, pieces, same};

/// Who gets which lead: ordered rules, the first that takes a lead has it (F41).
#[derive(Clone, Debug, PartialEq)]
pub struct RoutingPolicy {
    /// The rules, in order. The last one is the catch-all, which takes whatever is left.
    pub rules: Vec<Rule>,
    /// The queues; each has somebody who watches it (R61).
    pub queues: Vec<Queue>,
    /// Size bands by name, for `by = ["segment"]` (R57). Where they overlap, a company belongs to both.
    pub segments: BTreeMap<String, Band>,
    /// The extra field of a lead that names the product it is about (R56), in any case. Beside it the campaign and the
    /// message that drew them are read.
    pub product_field: Option<String>,
    /// The queue for leads that nobody can take while the team's calendar is after hours; nothing means the ordinary
    /// overflow.
    pub after_hours: Option<String>,
    /// How people's calendars are read.
    pub feeds: FeedRules,
}

/// How calendars are read for who is away or busy (F43, F113, R58, R59).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRules {
    /// So often each is read again, in seconds; a minute at the least.
    pub every: u32,
    /// An event whose title has one of these, as whole words in any case, is an absence.
    pub away_words: Vec<String>,
    /// An event of whole days is an absence, unless it is marked as free.
    pub all_day_is_away: bool,
}

impl Default for FeedRules {
    fn default() -> Self {
        let words =
            ["out of office", "ooo", "vacation", "holiday", "holidays", "leave", "sick", "urlaub", "abwesend", "krank"];
        Self { every: 600, away_words: words.map(str::to_owned).to_vec(), all_day_is_away: true }
    }
}

impl FeedRules {
    /// Whether an event of this title is an absence.
    pub fn is_absence(&self, title: &str) -> bool {
        let title: Vec<&str> = pieces(title).collect();
        self.away_words.iter().any(|word| has_phrase(&title, word))
    }
}

impl Default for RoutingPolicy {
    /// The owner of the account; else whoever has the territory; else anybody. What nobody can take waits in the queue
    /// `inbound`, which the managers watch: a role and not a name, so that the default is valid in any team.
    fn default() -> Self {
        let rule = |name: &str, by: &[Criterion]| Rule { by: by.to_vec(), ..Rule::catch_all(name, "inbound") };
        let band = |least, most| Band { least, most };
        Self {
            rules: vec![
                // The owner gets what their account asks for at any hour; the clock counts their working time anyway.
                Rule { hours: Hours::Any, ..rule("account owner", &[Criterion::Account]) },
                rule("territory", &[Criterion::Territory]),
                rule("everybody", &[]),
            ],
            queues: vec![Queue { name: "inbound".into(), monitor: Monitor::Role("manager".into()), claim: None }],
            segments: BTreeMap::from([
                ("smb".into(), band(None, Some(200.0))),
                ("mid_market".into(), band(Some(200.0), Some(1000.0))),
                ("enterprise".into(), band(Some(1000.0), None)),
            ]),
            product_field: Some("product".into()),
            after_hours: None,
            feeds: FeedRules::default(),
        }
    }
}

impl RoutingPolicy {
    /// The queue of this name.
    pub fn queue(&self, name: &str) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.name == name)
    }
}

/// One rule: for which leads, who gets them, and what these people must have in common with the lead.
///
/// A rule **takes** a lead if its conditions hold and, where it has criteria (`by`), at least one active person of its
/// pool meets all of them. Who takes, has it: if none of the qualified is available, the lead goes to the overflow and
/// not to the next rule, so that a territory's lead never slips to somebody else because its owner is at lunch.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name, unique, which the log keeps (R62).
    pub name: String,
    /// The conditions; none means all leads.
    pub when: When,
    /// The pool, or a queue.
    pub who: Who,
    /// What a person must have in common with the lead: all of these.
    pub by: Vec<Criterion>,
    /// Somebody whose list is empty serves everything: they meet the criterion for any lead. Otherwise they do not meet
    /// it for any. It never makes anybody an account's owner.
    pub or_open: bool,
    /// Whether people must be at work.
    pub hours: Hours,
    /// The queue for leads that none of the qualified can take; nothing means that of the catch-all.
    pub overflow: Option<String>,
}

impl Rule {
    /// A rule that takes every lead, for everybody.
    pub fn catch_all(name: &str, overflow: &str) -> Self {
        Self {
            name: name.into(),
            when: When::default(),
            who: Who::Everybody,
            by: Vec::new(),
            or_open: false,
            hours: Hours::Open,
            overflow: Some(overflow.into()),
        }
    }

    /// Whether it takes every lead: neither conditions nor criteria.
    pub fn is_catch_all(&self) -> bool {
        self.by.is_empty() && self.when == When::default()
    }
}

/// Whom a rule means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody.
    Everybody,
    /// A team, in any case.
    Team(String),
    /// These people, by their ids.
    People(Vec<String>),
    /// Nobody: the lead waits in this queue.
    Queue(String),
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everybody => f.write_str("everybody"),
            Self::Team(team) => write!(f, "team {team}"),
            Self::People(people) => f.write_str(&people.join(", ")),
            Self::Queue(queue) => write!(f, "queue {queue}"),
        }
    }
}

/// Whether people must be at work to get a lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hours {
    /// Only those who are open now.
    #[default]
    Open,
    /// Those who are open now before those who are not (F53).
    Any,
}

/// What a person can have in common with a lead (R53-R57).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// A territory of theirs is the person's country or region, or the company's country.
    Territory,
    /// A segment of theirs holds the company's size.
    Segment,
    /// A skill of theirs stands in the industry, as whole words.
    Expertise,
    /// A product of theirs stands, as whole words, in the product field, the campaign or the message that drew them.
    Product,
    /// The domain of the company or of the e-mail address is an account of theirs or below it. Such a route is pinned
    /// (C20).
    Account,
}

impl Criterion {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Territory, Self::Segment, Self::Expertise, Self::Product, Self::Account];

    /// The word in configuration and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Territory => "territory",
            Self::Segment => "segment",
            Self::Expertise => "expertise",
            Self::Product => "product",
            Self::Account => "account",
        }
    }
}

/// A place where leads wait for somebody to take them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Who sees to it that nothing stays (R61).
    pub monitor: Monitor,
    /// Who may take leads from it themselves (F52); nothing means nobody.
    pub claim: Option<Claim>,
}

/// Who may take leads from a queue themselves, and how many (F52).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Everybody, teams, people.
    pub who: Vec<Who>,
    /// The most open leads from this queue that one may have at once; nothing means any number.
    pub most: Option<u32>,
}

impl Claim {
    /// Whether somebody may, by their id and their team.
    pub fn is_open_to(&self, id: &str, team: Option<&str>) -> bool {
        self.who.iter().any(|who| match who {
            Who::Everybody => true,
            Who::Team(open) => team.is_some_and(|team| same(team, open)),
            Who::People(people) => people.iter().any(|person| person == id),
            Who::Queue(_) => false,
        })
    }
}

/// Who watches a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Monitor {
    /// One person, by id.
    Person(String),
    /// Everybody who has this role, such as `manager`.
    Role(String),
}
