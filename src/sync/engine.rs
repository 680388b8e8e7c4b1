//! Carries dispositions out and changes in, one round at a time.
//!
//! The store decides what may be sent (held ones may not, and of each lead only the oldest) and the source how. A
//! disposition that the source refuses is parked and shown; it blocks its own lead and no other. Whether a step of
//! unknown outcome took hold is asked, never guessed. A source that fails is left alone for a while; what waits for it
//! stays as it is, and goes as soon as the source answers again.

use std::time::{Duration, Instant};

use crate::handoff::Time;
use crate::source::backoff::{self, Rest};
use crate::source::deliver::{Sent, deliver, found, within};
use crate::source::{Cursor, Disposition, People, Source, SourceError, Step};
use crate::store::{Ctx, OutboxItem, Store, StoreError};

use looking::Looking;
use taking::{Taken, fill, notices, take_change, take_in};

/// Dispositions sent in one round, so that new leads are not kept waiting.
const SENT_A_ROUND: usize = 20;
/// Pages fetched from one source in one round, so that neither dispositions nor other sources are.
const PAGES_A_ROUND: usize = 20;
/// After so long a source is taken not to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Speaks to the sources.
pub struct Engine {
    remotes: Vec<Remote>,
    chance: fn() -> f64,
    patience: Duration,
    reached_at: Option<Time>,
    /// The last round left something to be fetched.
    more: bool,
    /// Since when there was something to be fetched or taken in.
    behind_since: Option<Time>,
}

/// A source, and whether it is left alone.
struct Remote {
    source: Box<dyn Source>,
    /// It did not answer, or asked to be left alone.
    fetching: Rest,
    /// It answers, but does not take what is sent.
    sending: Rest,
    /// It answers, but what the rep is to decide cannot be had.
    noticing: Rest,
    /// It said that there is news, or nobody has asked it yet.
    has_news: bool,
    /// When it was asked last.
    asked_at: Option<Time>,
    /// What it took, and whether it tells of that.
    taken: Taken,
    /// What is fetched beside the changes.
    looking: Looking,
}

impl Remote {
    fn new(source: Box<dyn Source>) -> Self {
        let (fetching, sending, noticing) = (Rest::default(), Rest::default(), Rest::default());
        Self {
            source,
            fetching,
            sending,
            noticing,
            has_news: true,
            asked_at: None,
            taken: Taken::default(),
            looking: Looking::default(),
        }
    }

    /// Nothing is sent to it now. Where it cannot be read at all, nobody knows whether it is what it was: a hub that was
    /// put back to a copy may have given a lead's number to another one.
    fn takes_nothing(&self, now: Time) -> bool {
        !self.fetching.is_over(now) || !self.sending.is_over(now)
    }

    /// It failed at a disposition, which is tried again at `again`, or when it answers.
    fn failed(&mut self, error: &SourceError, (now, again): (Time, Time), chance: f64) -> Sent {
        if !error.is_away() {
            // It fails at this one; at the others it need not. Another history is to be read from the start.
            self.has_news |= matches!(error, SourceError::Cursor { .. });
            return Sent::Retry(again, error.to_string());
        }
        // Asked to wait, we neither send nor fetch.
        let is_throttled = matches!(error, SourceError::Throttled { .. });
        let rest = if is_throttled { &mut self.fetching } else { &mut self.sending };
        rest.begin(error, now, chance);
        // It goes when the source does: that is what it waits for.
        Sent::Retry(now, error.to_string())
    }
}

/// What a round came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// The sources' names.
    pub name: Option<String>,
    /// The store was changed.
    pub changed: bool,
    /// A source has more to tell at once.
    pub more: bool,
    /// When a source answered last.
    pub reached_at: Option<Time>,
    /// Why one cannot be reached.
    pub trouble: Option<String>,
    /// It is because it does not let us in any more.
    pub is_signed_out: bool,
    /// Since when a source that can be reached has more to tell than was taken in; nothing where all of it was.
    pub behind_since: Option<Time>,
    /// How many dispositions it is settled of what became of them.
    pub settled: usize,
    /// How many are tried again later.
    pub put_off: usize,
    /// What was left out, or could not be had, while the rest goes on: told once.
    pub reports: Vec<String>,
}

impl Engine {
    /// An engine for these sources. `chance` gives numbers in 0..1, which spread out the waits.
    pub fn new(sources: Vec<Box<dyn Source>>, chance: fn() -> f64) -> Self {
        Self {
            remotes: sources.into_iter().map(Remote::new).collect(),
            chance,
            patience: PATIENCE,
            reached_at: None,
            more: false,
            behind_since: None,
        }
    }

    /// Tries sources that failed again with the next round: the network is back.
    pub fn retry_now(&mut self) {
        self.remotes.iter_mut().for_each(|remote| remote.has_news = true);
        for rest in
            self.remotes.iter_mut().flat_map(|remote| [&mut remote.fetching, &mut remote.sending, &mut remote.noticing])
        {
            rest.end();
        }
    }

    /// Comes back when a source says that it has news. Where none does, it never comes back; one that cannot be read now is
    /// not listened to.
    pub async fn news(&mut self) {
        let heard = self.remotes.iter_mut().filter(|remote| remote.fetching.why.is_none());
        let waits = heard.map(|remote| async {
            remote.source.news().await;
            remote.has_news = true;
        });
        let waits: Vec<_> = waits.map(Box::pin).collect();
        if waits.is_empty() {
            return std::future::pending().await;
        }
        futures_util::future::select_all(waits).await;
    }

    /// Fetches what changed and sends what is due. A store that is busy is left for the next round.
    pub async fn round(&mut self, store: &mut Store, ctx: &Ctx<'_>) -> Round {
        let (mut changed, mut trouble, mut round) = (false, None, Round::default());
        self.more = false;
        let mut note = |done: Result<bool, StoreError>| match done {
            Ok(done) => changed |= done,
            Err(StoreError::Busy) => {}
            Err(error) => trouble = Some(error.to_string()),
        };
        for number in 0..self.remotes.len() {
            let fetched = self.fetch(number, store, ctx, &mut round.reports).await;
            if let Err(error) = &fetched {
                let remote = &mut self.remotes[number];
                // What could not be taken in is still to be had.
                remote.has_news = true;
                if !matches!(error, StoreError::Busy) {
                    remote.fetching.begin_here(error.to_string(), ctx.now, (self.chance)());
                }
            }
            note(fetched);
        }
        let is_behind = self.more || self.remotes.iter().any(|remote| remote.has_news && remote.fetching.why.is_none());
        self.behind_since = is_behind.then(|| self.behind_since.unwrap_or(ctx.now));
        let sent = self.send(store, ctx, &mut round).await;
        if let Err(error) = &sent
            && !matches!(error, StoreError::Busy)
        {
            let chance = (self.chance)();
            self.remotes.iter_mut().for_each(|remote| remote.sending.begin_here(error.to_string(), ctx.now, chance));
        }
        note(sent);
        let rests = || self.remotes.iter().flat_map(|remote| [&remote.fetching, &remote.sending]);
        // What a person must see to is said before what ends by itself.
        let signed_out = rests().find(|rest| rest.is_signed_out).and_then(|rest| rest.why.clone());
        let is_signed_out = trouble.is_none() && signed_out.is_some();
        let trouble = trouble.or(signed_out).or_else(|| rests().find_map(|rest| rest.why.clone()));
        let names: Vec<_> = self.remotes.iter().map(|remote| remote.source.name()).collect();
        let name = (!names.is_empty()).then(|| names.join(", "));
        let (more, reached_at, behind_since) = (self.more, self.reached_at, self.behind_since);
        Round { name, changed, more, reached_at, trouble, is_signed_out, behind_since, ..round }
    }

    /// Takes in what changed at one source. Returns whether anything did.
    async fn fetch(
        &mut self,
        number: usize,
        store: &mut Store,
        ctx: &Ctx<'_>,
        reports: &mut Vec<String>,
    ) -> Result<bool, StoreError> {
        let Remote { source, fetching, noticing, has_news, asked_at, taken, looking, .. } = &mut self.remotes[number];
        if !fetching.is_over(ctx.now) {
            return Ok(false);
        }
        let every = chrono::Duration::seconds(source.capabilities().asked_every.into());
        let is_fresh = asked_at.is_some_and(|at| (ctx.now - at).abs() < every);
        if !*has_news && is_fresh && fetching.why.is_none() {
            let told = looking.detail(source.as_mut(), store, self.patience, ctx).await?;
            reports.append(&mut looking.unsaid());
            return match told {
                Ok(changed) => Ok(changed),
                Err(error) => {
                    fetching.begin(&error, ctx.now, (self.chance)());
                    Ok(false)
                }
            };
        }
        (*has_news, *asked_at) = (false, Some(ctx.now));
        let name = source.name().to_owned();
        let mut changed = store.begin_to_read_more(&name)?;
        let mut after = store.cursor(&name)?.map(Cursor);
        let mut more = true;
        taken.begin_reading();
        if after.is_none() {
            looking.begin(ctx.now);
            let filled = match store.fill()? {
                Some(filling) => Some(fill(source.as_mut(), filling, self.patience, ctx).await?),
                None => None,
            };
            match filled {
                None => {}
                Some(Ok(is_more)) => {
                    (changed, more) = (true, is_more);
                    *fetching = Rest::default();
                    self.reached_at = Some(ctx.now);
                    store.note_asked(&name, ctx.now)?;
                }
                Some(Err(error)) => {
                    fetching.begin(&error, ctx.now, (self.chance)());
                    return Ok(true);
                }
            }
            after = store.cursor(&name)?.map(Cursor);
        }
        for _ in 0..PAGES_A_ROUND {
            if !more {
                break;
            }
            let page = match within(self.patience, &name, source.pull(after.as_ref())).await {
                Ok(page) => page,
                // Reading from the start changes nothing that is here already, and nothing that a rep did.
                Err(SourceError::Cursor { .. }) if after.is_some() => {
                    store.begin_again(&name, ctx)?;
                    changed = true;
                    after = None;
                    looking.begin(ctx.now);
                    continue;
                }
                Err(error) => {
                    fetching.begin(&error, ctx.now, (self.chance)());
                    return Ok(changed);
                }
            };
            more = page.more;
            let next = page.next.clone();
            changed |= take_in(store, &name, after.as_ref(), page, ctx)?;
            after = Some(next);
            *fetching = Rest::default();
            self.reached_at = Some(ctx.now);
            store.note_asked(&name, ctx.now)?;
        }
        reports.extend(source.unread().iter().map(|told| told.said(&name)));
        if more {
            (self.more, *has_news) = (true, true);
            return Ok(changed);
        }
        changed |= store.end_again(&name, ctx)?;
        changed |= taken.end_reading(store, &name, ctx.now)?;
        looking.end();
        let told = looking.all(source.as_mut(), store, self.patience, ctx).await?;
        reports.append(&mut looking.unsaid());
        match told {
            Ok(is_news) => changed |= is_news,
            Err(error) => {
                fetching.begin(&error, ctx.now, (self.chance)());
                return Ok(changed);
            }
        }
        if !noticing.is_over(ctx.now) {
            return Ok(changed);
        }
        match notices(source.as_mut(), store, self.patience, ctx).await? {
            Ok(is_told) => {
                changed |= is_told;
                *noticing = Rest::default();
            }
            Err(error) => {
                noticing.begin(&error, ctx.now, (self.chance)());
                if noticing.is_first() {
                    reports.push(format!("alerts cannot be had now: {error}"));
                }
            }
        }
        reports.extend(source.unread().iter().map(|told| told.said(&name)));
        Ok(changed)
    }

    /// Sends what is due. Returns whether the outbox changed.
    async fn send(&mut self, store: &mut Store, ctx: &Ctx<'_>, round: &mut Round) -> Result<bool, StoreError> {
        let rests = |remote: &&Remote| remote.takes_nothing(ctx.now);
        let resting: Vec<String> =
            self.remotes.iter().filter(rests).map(|remote| remote.source.name().to_owned()).collect();
        if resting.len() == self.remotes.len() {
            return Ok(false);
        }
        let due = store.outbox_due(ctx.now, SENT_A_ROUND, &resting)?;
        let changed = !due.is_empty();
        if due.len() < SENT_A_ROUND {
            let waits = |remote: &Remote| due.iter().any(|item| item.key.source == remote.source.name());
            // Where nothing waits any more, nothing is amiss.
            let idle = self.remotes.iter_mut().filter(|remote| remote.sending.is_over(ctx.now) && !waits(remote));
            idle.for_each(|remote| remote.sending = Rest::default());
        }
        let begun = Instant::now();
        for item in due {
            let sent = self.deliver(&item, store, ctx, begun).await?;
            match &sent {
                None => {}
                Some(Sent::Retry(..)) => round.put_off += 1,
                Some(_) => round.settled += 1,
            }
            match sent {
                None => {}
                Some(Sent::Done) => store.mark_sent(item.op)?,
                Some(Sent::Kept(why)) => store.mark_kept(item.op, &why)?,
                Some(Sent::Retry(at, why)) => store.mark_retry(item.op, at, &why)?,
                Some(Sent::Parked(why, now)) => {
                    store.refuse(item.op, &why, ctx)?;
                    if let Some(now) = now {
                        take_change(store, &item.key.source, *now, ctx)?;
                    }
                }
            }
        }
        Ok(changed)
    }

    /// Nothing where its source has failed meanwhile, and it was not tried.
    async fn deliver(
        &mut self,
        item: &OutboxItem,
        store: &mut Store,
        ctx: &Ctx<'_>,
        begun: Instant,
    ) -> Result<Option<Sent>, StoreError> {
        let (name, now) = (&item.key.source, ctx.now);
        let Some(remote) = self.remotes.iter_mut().find(|remote| remote.source.name() == name) else {
            return Ok(Some(Sent::Parked(format!("no source named {name} is set up"), None)));
        };
        if remote.takes_nothing(now) {
            return Ok(None);
        }
        let again = now + backoff::soon(item.attempts, (self.chance)());
        let steps = match steps(remote.source.as_mut(), item, self.patience, store, now).await? {
            Ok(steps) => steps,
            Err(error) => return Ok(Some(remote.failed(&error, (now, again), (self.chance)()))),
        };
        let (mut outcome, last) = (Sent::Done, steps.len().saturating_sub(1));
        let mut tried = item.tried_at;
        for (number, step) in steps.iter().enumerate().skip(item.done) {
            let source = remote.source.as_mut();
            // Whoever is sent before it may have taken long.
            let at = || now + chrono::Duration::from_std(begun.elapsed()).unwrap_or_default();
            let ago = tried.take().map(|tried| at() - tried);
            let sent = match found(source, step, self.patience, ago, (now, again)).await {
                Ok(Some(sent)) => Ok(sent),
                Ok(None) => {
                    if !source.capabilities().repeatable {
                        store.note_try(item.op, at())?;
                    }
                    deliver(source, step, self.patience, (now, again)).await
                }
                Err(error) => Err(error),
            };
            match sent {
                Ok(Sent::Done) if number < last => store.note_steps(item.op, number + 1)?,
                Ok(Sent::Done) => {}
                Ok(Sent::Retry(at, why)) => return Ok(Some(Sent::Retry(at, why))),
                Ok(other) => {
                    outcome = other;
                    break;
                }
                Err(error) => return Ok(Some(remote.failed(&error, (now, again), (self.chance)()))),
            }
        }
        remote.sending = Rest::default();
        // What it makes of it is to be heard.
        remote.has_news |= remote.source.capabilities().tells_news;
        remote.taken.note();
        Ok(Some(outcome))
    }
}

/// The steps by which a disposition is written, as they were decided upon when it was begun. A single one that sets nothing
/// and may be repeated needs no note: it is the same whenever it is asked for.
async fn steps(
    source: &mut dyn Source,
    item: &OutboxItem,
    patience: Duration,
    store: &mut Store,
    now: Time,
) -> Result<Result<Vec<Step>, SourceError>, StoreError> {
    if let Some(steps) = &item.steps {
        return Ok(Ok(serde_json::from_str(steps)?));
    }
    let disposition = Disposition {
        key: item.op,
        lead: item.key.clone(),
        base: item.base.clone(),
        event: item.event.clone(),
        ahead: item.ahead,
        people: People::default(),
    };
    let name = source.name().to_owned();
    let steps = match within(patience, &name, source.plan(&disposition)).await {
        Ok(steps) => steps,
        Err(error) => return Ok(Err(error)),
    };
    let sets = steps.iter().enumerate().rev().find_map(|(number, step)| Some((number, step.sets.as_deref()?)));
    let is_once = !steps.is_empty() && !source.capabilities().repeatable;
    if is_once || steps.len() > 1 || sets.is_some() {
        store.begin_steps(item.op, &serde_json::to_string(&steps)?, sets, now)?;
    }
    Ok(Ok(steps))
}

mod looking;
mod taking;
#[cfg(test)]
mod tests;
