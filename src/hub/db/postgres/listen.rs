//! Hearing what other hubs announce: a thread with a connection of its own, made anew when it is lost.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use postgres::Client;
use postgres::fallible_iterator::FallibleIterator;

use super::super::{DbError, Heard};
use super::connect::{Server, meaning};
use super::tx::CHANNEL;

/// How often one looks whether anybody still listens, and the server is still there.
const LOOK: Duration = Duration::from_secs(1);
/// How long one waits for the server's sign of life.
const SIGN: Duration = Duration::from_secs(5);
/// The longest wait between two tries to connect.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Listens until the database is dropped (`alive`) or nobody receives.
pub(super) fn listen(server: Arc<Server>, mark: String, alive: Weak<()>) -> Result<Receiver<Heard>, DbError> {
    let mut client = attend(&server)?;
    let (sender, receiver) = mpsc::channel();
    let place = server.place.clone();
    let listening = move || {
        while hear(&mut client, &mark, &alive, &sender).is_some() {
            let Some(new) = again(&server, &alive) else { return };
            client = new;
            if sender.send(Heard::Away).is_err() {
                return;
            }
        }
    };
    let spawned = thread::Builder::new().name("hub listens".to_owned()).spawn(listening);
    spawned.map_err(|error| DbError::Unusable { place, why: error.to_string() })?;
    Ok(receiver)
}

fn attend(server: &Server) -> Result<Client, DbError> {
    let mut client = server.listener()?;
    client.batch_execute(&format!("LISTEN {CHANNEL}")).map_err(|error| meaning(&error))?;
    Ok(client)
}

/// Passes on what others announce. Something if the connection was lost, nothing if nobody listens any more.
fn hear(client: &mut Client, mark: &str, alive: &Weak<()>, sender: &Sender<Heard>) -> Option<()> {
    while alive.strong_count() > 0 {
        let heard = client.notifications().timeout_iter(LOOK).next();
        match heard {
            Ok(Some(notification)) => match notification.payload().split_once(' ') {
                Some((whose, text)) if whose != mark => sender.send(Heard::Said(text.to_owned())).ok()?,
                _ => {}
            },
            Ok(None) if client.is_valid(SIGN).is_ok() => {}
            Ok(None) | Err(_) => return Some(()),
        }
    }
    None
}

/// Connects again, however long it takes, while the database is in use.
fn again(server: &Server, alive: &Weak<()>) -> Option<Client> {
    let mut wait = Duration::from_millis(50);
    while alive.strong_count() > 0 {
        if let Ok(client) = attend(server) {
            return Some(client);
        }
        thread::sleep(wait);
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    None
}
