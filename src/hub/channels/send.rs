//! Sending one message by one channel.

use std::time::Duration;

use reqwest::header::HeaderName;
use secrecy::ExposeSecret;

use super::{Channel, Kind, Message, Place, mail};
use crate::handoff::Time;
use crate::hub::intake;
use crate::hub::outgoing::{Address, Answer, Ask, Limits, Outgoing, SecretFrom, Whose, run_command};

/// The most that is taken of an answer, which nobody reads.
const ANSWER: usize = 64 * 1024;

/// By which receivers know the same message again.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// By which they know that it comes from this hub; the same form as at the intake.
const SIGNATURE: HeaderName = HeaderName::from_static("leadbox-signature");

/// Why a message was not sent. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// What went wrong.
    pub why: String,
    /// For how long the channel wants to be left alone.
    pub rest: Option<Duration>,
    /// It will never go.
    pub is_final: bool,
}

impl Unsent {
    /// It may go another time.
    pub fn for_now(why: impl ToString) -> Self {
        Self { why: why.to_string(), rest: None, is_final: false }
    }

    /// It will never go.
    pub fn for_good(why: impl ToString) -> Self {
        Self { is_final: true, ..Self::for_now(why) }
    }
}

/// Sends messages.
#[derive(Clone)]
pub struct Sender {
    outgoing: Outgoing,
}

impl Sender {
    /// Sends through this client.
    pub fn new(outgoing: Outgoing) -> Self {
        Self { outgoing }
    }

    /// Sends a message at `now`, within the channel's time.
    ///
    /// # Errors
    /// It did not go, or nobody knows whether it did.
    pub async fn send(&self, channel: &Channel, message: &Message, now: Time) -> Result<(), Unsent> {
        let json = |value: serde_json::Value| value.to_string().into_bytes();
        match &channel.kind {
            Kind::Webhook(place, secret) => {
                self.post(channel, place, json(message.json()), message, secret.as_ref().map(|secret| (secret, now)))
                    .await
            }
            Kind::Slack(place) => self.post(channel, place, json(message.slack()), message, None).await,
            Kind::Teams(place) => self.post(channel, place, json(message.teams()), message, None).await,
            Kind::Smtp(server) => mail::send(&self.outgoing, channel, server, message).await,
            Kind::Command(argv) => {
                let told = json(message.json());
                let environment = [("LEADBOX_CHANNEL", channel.name.clone()), ("LEADBOX_ID", message.key.to_string())];
                let done = run_command(argv, &told, Whose::Server(&environment), channel.time, ANSWER).await;
                done.map(drop).map_err(Unsent::for_now)
            }
        }
    }

    async fn post(
        &self,
        channel: &Channel,
        place: &Place,
        body: Vec<u8>,
        message: &Message,
        sign: Option<(&SecretFrom, Time)>,
    ) -> Result<(), Unsent> {
        let to = match place {
            Place::Plain(address) => address.clone(),
            Place::Secret(secret) => {
                let address = secret.fetch().await.map_err(Unsent::for_now)?;
                Address::parse(address.expose_secret()).map_err(Unsent::for_now)?
            }
        };
        let signature = match sign {
            Some((secret, now)) => Some(intake::sign(&secret.fetch().await.map_err(Unsent::for_now)?, now, &body)),
            None => None,
        };
        let limits = Limits { time: channel.time, bytes: ANSWER };
        let mut ask = Ask { limits, ..Ask::post(to.clone(), body) }.header(KEY, message.key.to_string());
        if let Some(signature) = signature {
            ask = ask.header(SIGNATURE, signature);
        }
        let answer = self.outgoing.call(ask).await.map_err(Unsent::for_now)?;
        judge(&to, &answer)
    }
}

fn judge(to: &Address, answer: &Answer) -> Result<(), Unsent> {
    if answer.is_ok() {
        return Ok(());
    }
    let what = match answer.status {
        300..=399 => " (redirects are not followed; name the address that it leads to)",
        401 | 403 => " (it does not let us in)",
        _ => "",
    };
    let why = format!("{to} answered with the status {}{what}", answer.status);
    // Only this one says that it will never be otherwise; the rest may be put right meanwhile.
    Err(Unsent { why, rest: answer.retry_after(), is_final: answer.status == 410 })
}
