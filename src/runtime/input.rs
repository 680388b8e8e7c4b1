//! Keys from the terminal, on a thread of their own.

use std::io;
use std::thread;

use crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, poll};

use super::Happening;
use super::seat::Seated;

/// Reads events until the terminal goes away or the loop ends.
///
/// The reader waits without a limit and takes one event after the other: what came together with a resize, or did not
/// fit into a buffer, is still there when it asks again (`use-dev-tty` in Cargo.toml). On a terminal that hung up it
/// would spin for ever (crossterm issue 793), so a second thread waits for nothing but that, and ends the app.
pub fn spawn(to: &Seated) -> io::Result<()> {
    let (keys, end) = (to.clone(), to.clone());
    // However they end, there are no more keys. A loop that has ended needs no news of it.
    thread::Builder::new().name("input".into()).spawn(move || {
        let _ = read(&keys);
        keys.tell(Happening::InputEnded);
    })?;
    thread::Builder::new().name("hangup".into()).spawn(move || {
        let _ = hang_up();
        end.tell(Happening::InputEnded);
    })?;
    Ok(())
}

fn read(to: &Seated) -> io::Result<()> {
    loop {
        let happening = event::read()?;
        if !matches!(happening, Event::Resize(..)) && !to.tell(Happening::Input(happening)) {
            return Ok(());
        }
    }
}

/// Waits until the terminal is gone.
fn hang_up() -> io::Result<()> {
    let stdin = io::stdin();
    loop {
        // Asked for nothing, the system tells of hang-ups and errors alone.
        match poll(&mut [PollFd::new(&stdin, PollFlags::empty())], None) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(()),
        }
    }
}
