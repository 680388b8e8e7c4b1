//! Keys from the terminal, on a thread of their own.

use std::io;
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::mpsc::UnboundedSender;

use super::Happening;

/// Reads events until the terminal goes away or the loop ends.
///
/// The descriptor is polled by us first: on a terminal that hung up, crossterm's own waiting spins for ever
/// (crossterm issue 793).
pub fn spawn(to: UnboundedSender<Happening>) -> io::Result<()> {
    let reader = thread::Builder::new().name("input".into());
    reader.spawn(move || {
        // However it ends, there are no more keys. A loop that has ended needs no news of it.
        let _ = read(&to);
        let _ = to.send(Happening::InputEnded);
    })?;
    Ok(())
}

fn read(to: &UnboundedSender<Happening>) -> io::Result<()> {
    let stdin = io::stdin();
    loop {
        let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut fds, None) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        let [fd] = &fds;
        if fd.revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Ok(());
        }
        while event::poll(Duration::ZERO)? {
            let happening = event::read()?;
            if !matches!(happening, Event::Resize(..)) && to.send(Happening::Input(happening)).is_err() {
                return Ok(());
            }
        }
    }
}
