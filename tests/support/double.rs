//! A server on loopback with bad habits, which remembers what it was asked: for tests.

#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a server does with a request.
#[derive(Clone, Debug)]
pub enum Habit {
    /// Answers: status, further header lines, body.
    Say(u16, &'static str, &'static str),
    /// Takes the request and never answers.
    Hang,
    /// Takes the request and goes away.
    Leave,
    /// Speaks something else.
    Garbage,
    /// Sends its answer bit by bit, without end.
    Drip,
    /// Sends without end, as fast as it can.
    Flood,
}

/// A request as it came in.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Request line and headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Heard {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().filter_map(|line| line.split_once(": ")).find(|line| line.0 == name).map(|line| line.1)
    }
}

/// The server.
pub struct Double {
    /// Where it is.
    pub port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    habits: Arc<Mutex<Vec<Habit>>>,
}

impl Double {
    /// A server that does one of these with each request, the last one with all that come after.
    pub async fn start(habits: &[Habit]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Vec<Heard>>>::default();
        let habits = Arc::new(Mutex::new(habits.to_vec()));
        let (told, todo) = (Arc::clone(&heard), Arc::clone(&habits));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (told, todo) = (Arc::clone(&told), Arc::clone(&todo));
                tokio::spawn(async move {
                    let _ = serve(stream, &told, &todo).await;
                });
            }
        });
        Self { port, heard, habits }
    }

    /// From now on it does these.
    pub fn turn(&self, habits: &[Habit]) {
        *self.habits.lock().unwrap() = habits.to_vec();
    }

    /// Its address by number.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What it was asked.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, told: &Mutex<Vec<Heard>>, todo: &Mutex<Vec<Habit>>) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let heard = loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let heard = Heard { head: head.to_owned(), body: body.to_owned() };
        let length = heard.header("content-length").map_or(0, |length| length.parse().unwrap());
        if heard.body.len() >= length {
            break heard;
        }
    };
    let habit = {
        let mut todo = todo.lock().unwrap();
        if todo.len() > 1 { todo.remove(0) } else { todo[0].clone() }
    };
    told.lock().unwrap().push(heard);
    match habit {
        Habit::Say(status, more, body) => {
            let length = body.len();
            let answer =
                format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n{body}");
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await
        }
        // Until the other side goes.
        Habit::Hang => stream.read_to_end(&mut bytes).await.map(drop),
        Habit::Leave => Ok(()),
        Habit::Garbage => stream.write_all(b"220 mail.example ready\r\n\r\n\0\xff\xfe").await,
        Habit::Drip | Habit::Flood => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n").await?;
            loop {
                match habit {
                    Habit::Drip => {
                        stream.write_all(b".").await?;
                        // Nobody waits for this: to be slow is the habit, and the caller's time limit what it is for.
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    _ => stream.write_all(&[b'.'; 4096]).await?,
                }
            }
        }
    }
}
