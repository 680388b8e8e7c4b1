//! An SMTP server on loopback that speaks the protocol, with what it was sent: for tests.

#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail that was taken.
#[derive(Clone, Debug)]
pub struct Letter {
    /// From whom, on the envelope.
    pub from: String,
    /// To whom, on the envelope.
    pub to: String,
    /// Headers and body.
    pub data: String,
}

/// The server.
pub struct Smtp {
    /// Where it is.
    pub port: u16,
    letters: Arc<Mutex<Vec<Letter>>>,
    says: Arc<Mutex<Option<(&'static str, &'static str)>>>,
}

impl Smtp {
    /// A server that takes every mail.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let letters = Arc::<Mutex<Vec<Letter>>>::default();
        let says = Arc::<Mutex<Option<(&'static str, &'static str)>>>::default();
        let (taken, words) = (Arc::clone(&letters), Arc::clone(&says));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (taken, words) = (Arc::clone(&taken), Arc::clone(&words));
                tokio::spawn(async move {
                    let _ = serve(stream, &taken, &words).await;
                });
            }
        });
        Self { port, letters, says }
    }

    /// From now on it answers this command so; to an empty answer it says nothing at all.
    pub fn turn(&self, says: Option<(&'static str, &'static str)>) {
        *self.says.lock().unwrap() = says;
    }

    /// The mails that it took.
    pub fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap().clone()
    }
}

async fn serve(
    stream: TcpStream,
    taken: &Mutex<Vec<Letter>>,
    words: &Mutex<Option<(&'static str, &'static str)>>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let said = |command: &str| words.lock().unwrap().filter(|(other, _)| *other == command).map(|(_, answer)| answer);
    let greeting = said("CONNECT").unwrap_or("220 mail.example ESMTP");
    write.write_all(format!("{greeting}\r\n").as_bytes()).await?;
    let (mut from, mut to) = (String::new(), String::new());
    while let Some(line) = lines.next_line().await? {
        let command = line.split([' ', ':']).next().unwrap().to_uppercase();
        let answer = match (said(&command), command.as_str()) {
            (Some(""), _) => continue,
            (Some(answer), _) => answer,
            (None, "EHLO") => "250-mail.example\r\n250 8BITMIME",
            (None, "MAIL") => {
                from = line;
                "250 fine"
            }
            (None, "RCPT") => {
                to = line;
                "250 fine"
            }
            (None, "DATA") => {
                write.write_all(b"354 go on\r\n").await?;
                let mut data = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    data.push_str(&line);
                    data.push('\n');
                }
                taken.lock().unwrap().push(Letter { from: from.clone(), to: to.clone(), data });
                "250 taken"
            }
            (None, "QUIT") => "221 bye",
            (None, _) => "502 what?",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        if command == "QUIT" {
            return Ok(());
        }
    }
    Ok(())
}
