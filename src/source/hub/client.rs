//! Calls to a hub with typed answers. Only what says by status, media type and form that it is one counts as an answer
//! (reliability, row 20).

use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot};

use super::transport::{Call, Transport};
use super::{Lost, Reply};
use crate::wire::problem::{MEDIA_TYPE, Problem};

/// How long to wait where a hub that has too much to do does not say, in seconds.
const WAIT: i64 = 5;
/// The least and the most that is waited because a hub, or something on the way, says so, in seconds.
const WAITS: (i64, i64) = (1, 300);

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// No answer.
    #[error("no answer: {0}")]
    Lost(Lost),
    /// Not now.
    #[error("{why}")]
    Wait {
        /// Not before so many seconds.
        seconds: i64,
        /// What it said.
        why: String,
    },
    /// The hub says why not.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// Whatever answered is no hub, or not of this version.
    #[error("that is no hub's answer: {0}")]
    Garbage(String),
}

/// Speaks to one hub.
pub struct Client {
    transport: Box<dyn Transport>,
}

impl Client {
    /// Speaks over this way.
    pub fn new(transport: Box<dyn Transport>) -> Self {
        Self { transport }
    }

    /// Calls, and reads the answer.
    pub async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<T, Failure> {
        read(&self.call(call).await?)
    }

    /// Calls; the answer is to be [`read`].
    pub(super) async fn call(&self, call: Call) -> Result<Reply, Failure> {
        self.transport.call(call).await.map_err(Failure::Lost)
    }

    /// The same, with the first line of the answer told as soon as it is there.
    pub(super) async fn call_telling(&self, call: Call, first: oneshot::Sender<Vec<u8>>) -> Result<Reply, Failure> {
        self.transport.call_telling(call, first).await.map_err(Failure::Lost)
    }

    /// Hears of news.
    pub fn listen(&self, path: &str) -> mpsc::Receiver<()> {
        self.transport.listen(path)
    }
}

/// Reads an answer.
pub(super) fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, Failure> {
    let text = text(reply, "application/json")?;
    serde_json::from_str(text).map_err(|error| garbage(reply, &error.to_string()))
}

/// The text of an answer of this media type.
pub(super) fn text<'a>(reply: &'a Reply, wanted: &str) -> Result<&'a str, Failure> {
    let media = reply.media.split(';').next().unwrap_or_default().trim();
    if reply.status == 200 && media == wanted {
        // Looked at once as a whole: it is quicker than text by text.
        return std::str::from_utf8(&reply.body).map_err(|error| garbage(reply, &error.to_string()));
    }
    if media != MEDIA_TYPE {
        return Err(match reply.status {
            // Something on the way that has too much to do.
            429 | 502..=504 => {
                let why = format!("the way to the hub is closed (status {})", reply.status);
                Failure::Wait { seconds: wait(reply), why }
            }
            _ => garbage(reply, &format!("of the kind “{media}”")),
        });
    }
    let problem: Problem = serde_json::from_slice(&reply.body).map_err(|error| garbage(reply, &error.to_string()))?;
    match problem.status {
        429 | 503 => Err(Failure::Wait { seconds: wait(reply), why: problem.detail }),
        _ => Err(Failure::Problem(Box::new(problem))),
    }
}

fn garbage(reply: &Reply, what: &str) -> Failure {
    Failure::Garbage(format!("status {}, {what}", reply.status))
}

/// How long it asks to wait, in seconds: never so long that nobody would come back.
fn wait(reply: &Reply) -> i64 {
    reply.retry_after.unwrap_or(WAIT).clamp(WAITS.0, WAITS.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::problem::Code;

    fn reply(status: u16, media: &str, body: &str) -> Result<i64, Failure> {
        read(&Reply { status, media: media.into(), retry_after: None, body: body.into() })
    }

    #[test]
    fn nobody_is_made_to_wait_for_ever() {
        for (asked, waited) in
            [(None, WAIT), (Some(7), 7), (Some(0), 1), (Some(-5), 1), (Some(86_400), 300), (Some(i64::MAX), 300)]
        {
            let reply = Reply { status: 503, media: String::new(), retry_after: asked, body: Vec::new() };
            let waits = matches!(read::<i64>(&reply), Err(Failure::Wait { seconds, .. }) if seconds == waited);
            assert!(waits, "{asked:?}");
        }
    }

    #[test]
    fn only_what_looks_like_an_answer_in_every_way_is_one() {
        assert_eq!(reply(200, "application/json; charset=utf-8", "7"), Ok(7));
        for (status, media, body) in [
            (200, "text/html", "<html>sign in</html>"),
            (200, "application/json", "<html>"),
            (200, "application/json", "7 8"),
            (200, "", "7"),
            (204, "application/json", ""),
            (302, "text/html", ""),
            (500, "text/plain", "oops"),
            (404, "application/json", "{}"),
            (422, MEDIA_TYPE, "not json"),
        ] {
            assert!(matches!(reply(status, media, body), Err(Failure::Garbage(_))), "{status} {media} {body}");
        }
        assert!(matches!(reply(503, "text/html", ""), Err(Failure::Wait { .. })));
        let problem = serde_json::to_string(&Problem::new(Code::Refused, "no")).unwrap();
        assert!(matches!(reply(422, MEDIA_TYPE, &problem), Err(Failure::Problem(told)) if told.detail == "no"));
    }
}
