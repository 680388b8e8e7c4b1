//! Carries messages out: a lane for each channel, so that one that is dead holds back no other. Any number of hubs may do
//! so on one database: whoever writes holds the log's head, takes what is due and puts its time off in the same
//! transaction, so that each message is one hub's at a time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use uuid::Uuid;

use super::compose::Composed;
use super::{GIVEN_UP, HELD, LEASE, compose, judge, kept, result};
use crate::handoff::Time;
use crate::hub::channels::{Channel, Sender, Unsent, Use};
use crate::hub::core::Hub;
use crate::hub::db::{Row, Scope};
use crate::hub::error::HubError;
use crate::hub::leads::{ms, time};
use crate::hub::work::Work;

/// How often a lane looks for what is due.
const TICK: Duration = Duration::from_secs(1);

/// After the database failed.
const PAUSE: Duration = Duration::from_secs(10);

/// The longest that a lane rests because its channel wants to be left alone. (Messages that it did not take wait longer.)
const LONGEST_REST: Duration = Duration::from_secs(3600);

/// How often it is looked for what no lane takes.
const SWEEP: Duration = Duration::from_secs(60);

/// The most alerts that are asked again in one transaction.
const AT_ONCE: i64 = 100;

/// Runs for as long as the hub does.
pub async fn run(hub: Arc<Hub>, sender: Sender) {
    let channels = hub.channels();
    let sweeping = async {
        loop {
            if let Err(error) = sweep(&hub).await {
                tracing::error!(%error, "what nobody sends any more could not be given up; it is tried again");
            }
            tokio::time::sleep(SWEEP).await;
        }
    };
    tokio::join!(sweeping, join_all(channels.0.iter().map(|channel| lane(&hub, &sender, channel))));
}

/// Gives up what no lane took in its time: its channel is in no hub's file any more.
///
/// # Errors
/// The database's.
pub async fn sweep(hub: &Hub) -> Result<u64, HubError> {
    let given_up = hub
        .write(|work| {
            let late = ms(work.now - LEASE * 5);
            let changed = work.tx.execute(
                "UPDATE delivery SET state = ?2, next_at = NULL, last_error = 'no hub has this channel any more'
                 WHERE next_at IS NOT NULL AND next_at <= ?1 AND until <= ?1",
                &[late.into(), GIVEN_UP.into()],
            )?;
            Ok(changed)
        })
        .await?;
    if given_up > 0 {
        tracing::error!(messages = given_up, "given up: no hub has their channel any more");
    }
    Ok(given_up)
}

async fn lane(hub: &Hub, sender: &Sender, channel: &Channel) {
    loop {
        match turn(hub, sender, channel).await {
            Ok(Turn { rest: Some(rest), .. }) => tokio::time::sleep(rest.min(LONGEST_REST)).await,
            Ok(Turn { done: 0, .. }) => tokio::time::sleep(TICK).await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, channel = channel.name, "messages could not be carried out; it is tried again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// What came of one look at what is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// How many messages were seen to.
    pub done: usize,
    /// For how long the channel wants to be left alone.
    pub rest: Option<Duration>,
}

/// A message on its way.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    pub id: i64,
    pub what: Use,
    pub alert: Option<i64>,
    pub lead: i64,
    pub recipient: Option<String>,
    pub key: Uuid,
    /// Which try this is, from 1.
    pub attempt: u32,
    pub until: Time,
}

/// Sends what is due by this channel, as much as it takes at once.
///
/// # Errors
/// The database's.
pub async fn turn(hub: &Hub, sender: &Sender, channel: &Channel) -> Result<Turn, HubError> {
    let (now, name) = (hub.now(), channel.name.clone());
    let is_due = hub
        .read(Scope::System, move |tx| {
            let sql = "SELECT 1 FROM delivery WHERE channel = ?1 AND next_at <= ?2 LIMIT 1";
            Ok(!tx.query(sql, &[name.as_str().into(), ms(now).into()])?.is_empty())
        })
        .await?;
    if !is_due {
        return Ok(Turn::default());
    }
    let taking = channel.clone();
    let taken = hub.write(move |work| take(work, &taking)).await?;
    let done = taken.len();
    let send = |(errand, message): (Errand, Composed)| async move {
        let sent = match &message {
            Ok(message) => sender.send(channel, message, hub.now()).await,
            Err(unsent) => Err(unsent.clone()),
        };
        let rest = sent.as_ref().err().and_then(|unsent| unsent.rest);
        let channel = channel.clone();
        let chance = fastrand::f64();
        let invitation = message.is_ok_and(|message| message.invitation.is_some());
        let noted = hub.write(move |work| result::note(work, &channel, &errand, &sent, invitation, chance)).await?;
        if let Some((channel, outcome)) = noted {
            hub.pulse().delivered(&channel, outcome);
        }
        Ok::<_, HubError>(rest)
    };
    let rests = join_all(taken.into_iter().map(send)).await;
    let mut rest = None;
    for one in rests {
        rest = rest.max(one?);
    }
    Ok(Turn { done, rest })
}

/// Takes what is due by a channel, and has it be nobody else's for as long as it may take. What has waited too long is
/// taken as well, to be given up.
fn take(work: &mut Work<'_>, channel: &Channel) -> Result<Vec<(Errand, Composed)>, HubError> {
    again(work, channel)?;
    let now = work.now;
    let rows = work.tx.query(
        "SELECT id, what, alert, lead, recipient, key, attempts, until, last_error FROM delivery
         WHERE channel = ?1 AND state = 'waiting' AND next_at <= ?2 ORDER BY next_at, id LIMIT ?3",
        &[channel.name.as_str().into(), ms(now).into(), i64::from(channel.at_once).into()],
    )?;
    let lease = now + chrono::Duration::from_std(channel.time).unwrap_or(LEASE) + LEASE;
    let mut taken = Vec::new();
    for row in &rows {
        let errand = read(row)?;
        work.tx.execute(
            "UPDATE delivery SET attempts = ?2, next_at = ?3 WHERE id = ?1",
            &[errand.id.into(), errand.attempt.into(), ms(lease).into()],
        )?;
        let message = match errand.until <= now {
            // What was wrong before says more.
            true => Err(Unsent::for_good(row.opt_text(8)?.unwrap_or("its time was over"))),
            false => made(work, channel, &errand)?,
        };
        taken.push((errand, message));
    }
    Ok(taken)
}

/// The message. One that cannot be made holds back no other.
fn made(work: &mut Work<'_>, channel: &Channel, errand: &Errand) -> Result<Composed, HubError> {
    let start = work.savepoint("message")?;
    let message = match compose::compose(work, channel, errand) {
        Err(error) if error.is_trouble() => return Err(error),
        Err(error) => {
            work.take_back(&start)?;
            Err(Unsent::for_good(error))
        }
        Ok(message) => message,
    };
    work.release(&start)?;
    Ok(message)
}

fn read(row: &Row) -> Result<Errand, HubError> {
    Ok(Errand {
        id: row.int(0)?,
        what: Use::from_code(row.text(1)?).unwrap_or(Use::Alerts),
        alert: row.opt_int(2)?,
        lead: row.int(3)?,
        recipient: row.opt_text(4)?.map(str::to_owned),
        key: Uuid::from_bytes(row.array(5)?),
        attempt: u32::try_from(row.int(6)?).unwrap_or(u32::MAX).saturating_add(1),
        until: time(row.int(7)?),
    })
}

/// Asks again for the alerts that were kept for later.
fn again(work: &mut Work<'_>, channel: &Channel) -> Result<(), HubError> {
    let rows = work.tx.query(
        "SELECT delivery.alert, delivery.recipient, alert.body FROM delivery JOIN alert ON alert.id = delivery.alert
         WHERE delivery.channel = ?1 AND delivery.state = ?2 AND delivery.next_at <= ?3
         ORDER BY delivery.next_at, delivery.id LIMIT ?4",
        &[channel.name.as_str().into(), HELD.into(), ms(work.now).into(), AT_ONCE.into()],
    )?;
    for row in &rows {
        let (id, recipient) = (row.int(0)?, row.opt_text(1)?.unwrap_or_default());
        match kept(row, 2) {
            Ok(alert) => judge(work, id, recipient, &alert)?,
            Err(error) => {
                tracing::error!(alert = id, %error, "an alert cannot be read, and is given up");
                work.tx.execute(
                    "UPDATE delivery SET state = ?3, next_at = NULL, last_error = ?4
                     WHERE alert = ?1 AND recipient = ?2 AND state = 'held'",
                    &[id.into(), recipient.into(), GIVEN_UP.into(), error.to_string().into()],
                )?;
            }
        }
    }
    Ok(())
}
