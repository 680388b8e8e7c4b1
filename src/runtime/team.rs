//! Speaks to the hub for one who directs a team: one thread, one question after the other, and its news while they look.

use std::io;
use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::Happening;
use crate::app::team::{TeamAsk, TeamReply, Trouble, TroubleKind};
use crate::source::hub::{Call, Client, Failure, Transport, team};
use crate::wire::board::Board;
use crate::wire::problem::Code;

/// After so long an answer is not waited for any more.
const PATIENCE: Duration = Duration::from_secs(20);
/// News are told this often at the most: a busy hub has some all the time.
const PACE: Duration = Duration::from_secs(1);
/// A stream that ended is begun again not before this.
const STREAM_PAUSE: Duration = Duration::from_secs(2);

/// Starts the thread. It ends when nobody can ask any more.
pub fn spawn(way: Box<dyn Transport>, tell: UnboundedSender<Happening>) -> io::Result<UnboundedSender<TeamAsk>> {
    let (ask, asked) = unbounded_channel();
    let work = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(serve(&Client::new(way), asked, &tell));
    };
    thread::Builder::new().name("team".into()).spawn(work)?;
    Ok(ask)
}

async fn serve(client: &Client, mut asked: UnboundedReceiver<TeamAsk>, tell: &UnboundedSender<Happening>) {
    let mut watch: Option<Watch> = None;
    loop {
        let news = async {
            match &mut watch {
                Some(watch) => watch.news(client).await,
                None => std::future::pending().await,
            }
        };
        let reply = tokio::select! {
            ask = asked.recv() => match ask {
                None => return,
                Some(TeamAsk::Watch(on)) => {
                    watch = on.then(Watch::default);
                    continue;
                }
                Some(ask) => answer(client, ask).await,
            },
            () = news => TeamReply::News,
        };
        if tell.send(Happening::Team(reply)).is_err() {
            return;
        }
    }
}

/// Listens for news.
#[derive(Default)]
struct Watch {
    stream: Option<Receiver<()>>,
    not_before: Option<Instant>,
}

impl Watch {
    /// Comes back when there are some. May be dropped while it waits.
    async fn news(&mut self, client: &Client) {
        loop {
            if let Some(at) = self.not_before {
                sleep_until(at).await;
            }
            let stream = self.stream.get_or_insert_with(|| client.listen("/v1/stream"));
            if stream.recv().await.is_some() {
                self.not_before = Some(Instant::now() + PACE);
                return;
            }
            self.stream = None;
            sleep(STREAM_PAUSE).await;
        }
    }
}

async fn answer(client: &Client, ask: TeamAsk) -> TeamReply {
    let told = match &ask {
        TeamAsk::Watch(_) => Ok(TeamReply::News),
        TeamAsk::Board => get(client, team::board()).await.map(|board: Board| TeamReply::Board(Box::new(board))),
        TeamAsk::Leads { of, after } => get(client, team::leads(of, after.as_deref()))
            .await
            .map(|page| TeamReply::Leads { of: of.clone(), after: after.clone(), page }),
        TeamAsk::Incidents { after } => get(client, team::incidents(after.as_deref()))
            .await
            .map(|page| TeamReply::Incidents { after: after.clone(), page }),
        TeamAsk::Order { lead, order } => {
            get(client, team::order(*lead, order)).await.map(|state| TeamReply::Done(team::told(&state)))
        }
        TeamAsk::Availability { person, paused } => get(client, team::availability(person, paused.clone()))
            .await
            .map(|person| TeamReply::Done(team::told_of(&person))),
    };
    told.unwrap_or_else(|trouble| TeamReply::Failed { ask, trouble })
}

async fn get<T: DeserializeOwned>(client: &Client, call: Call) -> Result<T, Trouble> {
    let is_order = call.body.is_some();
    let offline = |why: String| {
        // An order that was on its way may have arrived.
        let unknown = if is_order { "; whether it was done, the board says" } else { "" };
        Trouble { kind: TroubleKind::Offline, why: format!("the hub cannot be reached: {why}{unknown}") }
    };
    match timeout(PATIENCE, client.ask(call)).await {
        Err(_) => Err(offline(format!("no answer within {} s", PATIENCE.as_secs()))),
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(Failure::Lost(lost))) => Err(offline(lost.to_string())),
        Ok(Err(Failure::Problem(problem))) if problem.is(Code::Unauthorized) => {
            let why = "the hub does not know you any more: sign in again with `leadbox login`".into();
            Err(Trouble { kind: TroubleKind::Refused, why })
        }
        Ok(Err(Failure::Problem(problem))) => Err(Trouble { kind: TroubleKind::Refused, why: problem.detail }),
        Ok(Err(failure)) => Err(Trouble { kind: TroubleKind::Failed, why: failure.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::sync::mpsc;

    use super::*;
    use crate::source::hub::{Lost, Reply, Replying};
    use crate::wire::problem::{MEDIA_TYPE, Problem};
    use crate::wire::team::Order;

    /// Answers in this order, and keeps what was asked; its news are what the test sends.
    struct Canned {
        answers: Mutex<Vec<Result<Reply, Lost>>>,
        news: Mutex<Option<mpsc::Receiver<()>>>,
    }

    impl Transport for Canned {
        fn call(&self, _call: Call) -> Replying<'_> {
            let answer = self.answers.lock().unwrap().remove(0);
            Box::pin(async move { answer })
        }

        fn listen(&self, path: &str) -> mpsc::Receiver<()> {
            assert_eq!(path, "/v1/stream");
            self.news.lock().unwrap().take().unwrap_or_else(|| mpsc::channel(1).1)
        }
    }

    fn problem(code: Code, what: &str) -> Result<Reply, Lost> {
        let problem = Problem::new(code, what);
        let body = serde_json::to_vec(&problem).unwrap();
        Ok(Reply { status: code.status(), media: MEDIA_TYPE.into(), retry_after: None, body })
    }

    fn next(told: &mut UnboundedReceiver<Happening>) -> TeamReply {
        match told.blocking_recv() {
            Some(Happening::Team(reply)) => reply,
            _ => panic!("nothing was told"),
        }
    }

    #[test]
    fn what_comes_to_nothing_is_told_with_why_and_news_only_while_they_are_wanted() {
        let answers = vec![
            Err(Lost::Unsent("the connection was refused".into())),
            problem(Code::Forbidden, "a token of the role “rep” does not do this"),
            problem(Code::Unauthorized, "send a valid token"),
            Err(Lost::Unknown("it broke off".into())),
            Ok(Reply { status: 200, media: "text/html".into(), retry_after: None, body: b"<html>".to_vec() }),
        ];
        let (say, news) = mpsc::channel(1);
        let canned = Canned { answers: Mutex::new(answers), news: Mutex::new(Some(news)) };
        let (tell, mut told) = unbounded_channel();
        let asks = spawn(Box::new(canned), tell).unwrap();
        let mut failed = |ask: TeamAsk| {
            asks.send(ask.clone()).unwrap();
            match next(&mut told) {
                TeamReply::Failed { ask: asked, trouble } if asked == ask => (trouble.kind, trouble.why),
                other => panic!("{other:?}"),
            }
        };
        let (kind, why) = failed(TeamAsk::Board);
        assert_eq!(
            (kind, why.as_str()),
            (TroubleKind::Offline, "the hub cannot be reached: the connection was refused")
        );
        assert_eq!(failed(TeamAsk::Board).0, TroubleKind::Refused);
        assert!(failed(TeamAsk::Incidents { after: None }).1.contains("leadbox login"));
        let order = TeamAsk::Order { lead: 7, order: Order::Take { why: "x".into() } };
        assert!(failed(order).1.ends_with("whether it was done, the board says"));
        assert_eq!(failed(TeamAsk::Board).0, TroubleKind::Failed);
        asks.send(TeamAsk::Watch(true)).unwrap();
        say.blocking_send(()).unwrap();
        assert_eq!(next(&mut told), TeamReply::News);
        drop(asks);
        assert!(told.blocking_recv().is_none(), "it ends when nobody can ask any more");
    }
}
