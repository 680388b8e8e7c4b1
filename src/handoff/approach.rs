//! The suggested approach to a lead, from templates (F18, R47, R25): what to open with, what to talk about, what to
//! expect, what to do next, how and how fast. No model is needed; `assets/approach.toml` holds the defaults.
//!
//! Every template that matches contributes: the first one that has an opening gives the opening, and so on; topics
//! and objections are gathered. So the list runs from the special to the general.

mod fill;

use super::activity::{Activity, ActivityKind, Direction, strongest};
use super::disposition::Channel;
use super::lead::{Lead, TriggerKind};
use super::score::Category;
use super::scoring::{contains, words};

pub use fill::{PLACEHOLDERS, check};

/// The most topics and the most objections that are suggested: what one keeps in mind on the way to the telephone.
const MOST_TOPICS: usize = 4;
const MOST_OBJECTIONS: usize = 3;

/// One template. Its texts may hold placeholders: see [`check`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Its name, unique among the templates.
    pub name: String,
    /// Which leads it is for.
    pub when: When,
    /// What to say first.
    pub opening: Option<String>,
    /// What to talk about.
    pub topics: Vec<String>,
    /// What they may object, and what to answer.
    pub objections: Vec<String>,
    /// What to agree on.
    pub next_step: Option<String>,
    /// How to reach them, the best first.
    pub channels: Vec<Channel>,
    /// How it ranks.
    pub priority: Option<Priority>,
    /// How soon they expect an answer, in seconds. The clock of the SLA is the policy's.
    pub respond_within: Option<u32>,
}

/// Which leads a template is for: all that is given must hold; of a list, one entry must. Nothing given means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// The category is one of these.
    pub categories: Vec<Category>,
    /// The trigger is of one of these kinds.
    pub triggers: Vec<TriggerKind>,
    /// They did one of these.
    pub signals: Vec<ActivityKind>,
    /// What they did or asked contains one of these; with `signals`, the text of such an activity does.
    pub text: Vec<String>,
    /// The industry contains one of these.
    pub industries: Vec<String>,
    /// The title contains one of these, as whole words.
    pub titles: Vec<String>,
}

/// How a lead ranks among the rep's work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Drop everything.
    Urgent,
    /// Before the rest of the day's work.
    High,
    /// In its turn.
    #[default]
    Normal,
    /// When there is time.
    Low,
}

impl Priority {
    /// All priorities, the highest first.
    pub const ALL: [Self; 4] = [Self::Urgent, Self::High, Self::Normal, Self::Low];

    /// The word in configuration, in JSON and on the screen.
    pub fn code(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

/// What is suggested for one lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approach {
    /// What to say first.
    pub opening: Option<String>,
    /// What to talk about, at most four.
    pub topics: Vec<String>,
    /// What they may object, at most three.
    pub objections: Vec<String>,
    /// What to agree on.
    pub next_step: Option<String>,
    /// How to reach them: the best way that is known and that they did not forbid (F87).
    pub channel: Option<Channel>,
    /// How it ranks.
    pub priority: Priority,
    /// How soon they expect an answer, in seconds.
    pub respond_within: Option<u32>,
    /// The templates that had a say, in order.
    pub templates: Vec<String>,
}

/// The approach to a lead; nothing if no template is for it. `category` is the one that is shown, its own or the
/// scoring model's.
pub fn approach(
    templates: &[Template],
    lead: &Lead,
    trail: &[Activity],
    category: Option<Category>,
) -> Option<Approach> {
    let mut all = Approach::default();
    let (mut channels, mut priority): (Vec<Channel>, Option<Priority>) = (Vec::new(), None);
    for template in templates {
        let Some(signal) = template.when.matches(lead, trail, category) else { continue };
        let signal = signal.or_else(|| strongest(trail));
        let fill = |text: &String| fill::fill(text, lead, signal);
        all.templates.push(template.name.clone());
        all.opening = all.opening.or_else(|| template.opening.as_ref().and_then(fill));
        all.next_step = all.next_step.or_else(|| template.next_step.as_ref().and_then(fill));
        gather(&mut all.topics, template.topics.iter().filter_map(fill), MOST_TOPICS);
        gather(&mut all.objections, template.objections.iter().filter_map(fill), MOST_OBJECTIONS);
        channels.extend(&template.channels);
        priority = priority.or(template.priority);
        all.respond_within = all.respond_within.or(template.respond_within);
    }
    channels.extend([Channel::Phone, Channel::Email, Channel::Linkedin]);
    all.channel = channels.into_iter().find(|&channel| can_reach(lead, channel));
    all.priority = priority.unwrap_or_default();
    (!all.templates.is_empty()).then_some(all)
}

fn gather(all: &mut Vec<String>, more: impl Iterator<Item = String>, most: usize) {
    for text in more {
        if all.len() < most && !all.contains(&text) {
            all.push(text);
        }
    }
}

/// The address for this channel is known, and they did not ask to be left alone by it.
fn can_reach(lead: &Lead, channel: Channel) -> bool {
    let person = &lead.person;
    let dial = (person.phone.is_some() || person.mobile.is_some()) && !person.do_not_call;
    let mail = person.email.is_some() && !person.do_not_email;
    match channel {
        Channel::Phone => dial,
        Channel::Message => person.mobile.is_some() && !person.do_not_call,
        Channel::Email | Channel::Video => mail,
        Channel::Linkedin => person.linkedin.is_some(),
    }
}

impl When {
    /// Whether the template is for this lead, and by which activity, if by one.
    fn matches<'a>(
        &self,
        lead: &Lead,
        trail: &'a [Activity],
        category: Option<Category>,
    ) -> Option<Option<&'a Activity>> {
        let holds = (self.categories.is_empty() || category.is_some_and(|it| self.categories.contains(&it)))
            && (self.triggers.is_empty() || lead.trigger.as_ref().is_some_and(|it| self.triggers.contains(&it.kind)))
            && contains(&self.industries, lead.company.industry.as_deref())
            && words(&self.titles, lead.person.title.as_deref());
        if !holds {
            return None;
        }
        if self.signals.is_empty() && self.text.is_empty() {
            return Some(None);
        }
        let is_signal = |activity: &&Activity| {
            activity.direction == Direction::Inbound
                && (self.signals.is_empty() || self.signals.contains(&activity.kind))
                && contains(&self.text, Some(&activity.text))
        };
        let newest = trail.iter().filter(is_signal).max_by_key(|activity| activity.at);
        let asked = self.signals.is_empty() && lead.message.is_some() && contains(&self.text, lead.message.as_deref());
        newest.map(Some).or(asked.then_some(None))
    }
}

#[cfg(test)]
mod tests;
