//! At the hub's address, before anything is read: only so many connections at once, of them only so many from one address,
//! and none that stays silent. Whoever is refused sees the connection reset, so the hub says why.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum_server::accept::Accept;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

use super::http::network;
use super::pulse::Pulse;

/// The most connections at once: a thousand laptops with a stream, a call, and one more that a client opens beside it in
/// case no kept one comes free; and the senders.
const MOST: usize = 4_000;

/// Of those the most from one address: an office of a hundred laptops behind one, and never all of them.
const MOST_FROM_ONE: usize = 250;

/// Open files that are no connections to here: the database, its readers, and what the hub asks elsewhere.
const OTHER_FILES: usize = 200;

/// How often it is said that there is no room.
const SAID: Duration = Duration::from_secs(60);

/// So many bytes tell whether it is HTTP that is spoken; until then nothing else counts the time.
const PREFACE: usize = 24;

/// Those have to come within so long.
const SILENCE: Duration = Duration::from_secs(10);

/// Lets connections in.
#[derive(Clone)]
pub(super) struct Guard {
    room: Arc<Semaphore>,
    /// How many there are from each address; nothing where one address may stand for everybody.
    from: Option<Arc<Mutex<HashMap<IpAddr, usize>>>>,
    silence: Duration,
    pulse: Arc<Pulse>,
    /// When it was last said that there is no room.
    said: Arc<Mutex<Option<Instant>>>,
}

/// How many connections the system lets this process have, up to what is wanted. Many systems begin with 1,024 open files
/// and let a program ask for more.
fn room() -> usize {
    let wanted = (MOST + OTHER_FILES) as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let mut open = current.unwrap_or(u64::MAX);
    if open < wanted {
        let more = maximum.map_or(wanted, |most| most.min(wanted));
        if setrlimit(Resource::Nofile, Rlimit { current: Some(more), maximum }).is_ok() {
            open = more;
        }
    }
    if open < wanted {
        tracing::warn!(open, wanted, "the system lets the hub have too few open files for all of its connections");
    }
    usize::try_from(open).unwrap_or(usize::MAX).saturating_sub(OTHER_FILES).clamp(1, MOST)
}

impl Guard {
    /// Of a hub that something else stands in front of, or not: behind a proxy, all connections are the proxy's.
    pub(super) fn new(behind_proxy: bool, pulse: Arc<Pulse>) -> Self {
        let from = (!behind_proxy).then(Arc::default);
        Self { room: Arc::new(Semaphore::new(room())), from, silence: SILENCE, pulse, said: Arc::default() }
    }

    /// Counts who is refused, and says it once in a while.
    fn refused(&self, why: &io::Error, address: Option<IpAddr>) {
        let all = self.pulse.refused();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_none_or(|said| said.elapsed() >= SAID) {
            *said = Some(Instant::now());
            tracing::warn!(?address, all, "a connection is refused: {why}");
        }
    }

    fn admit<I>(&self, stream: I, address: Option<IpAddr>) -> io::Result<Guarded<I>> {
        self.let_in(stream, address).inspect_err(|why| self.refused(why, address))
    }

    fn let_in<I>(&self, stream: I, address: Option<IpAddr>) -> io::Result<Guarded<I>> {
        let full = |_| io::Error::other("too many connections");
        let all = Arc::clone(&self.room).try_acquire_owned().map_err(full)?;
        let counted = self.from.as_ref().zip(address.and_then(network));
        let from = counted.map(|(from, address)| Place::take(from, address)).transpose()?;
        let first = Some((Box::pin(sleep(self.silence)), 0));
        Ok(Guarded { stream, first, _all: all, _from: from })
    }
}

/// A place that is taken up by a connection from this address.
struct Place {
    from: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
}

impl Place {
    fn take(from: &Arc<Mutex<HashMap<IpAddr, usize>>>, address: IpAddr) -> io::Result<Self> {
        let mut counts = from.lock().unwrap_or_else(PoisonError::into_inner);
        let many = counts.entry(address).or_default();
        if *many >= MOST_FROM_ONE {
            return Err(io::Error::other("too many connections from one address"));
        }
        *many += 1;
        Ok(Self { from: Arc::clone(from), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.from.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(many) = counts.get_mut(&self.address) else { return };
        *many -= 1;
        if *many == 0 {
            counts.remove(&self.address);
        }
    }
}

impl<S> Accept<TcpStream, S> for Guard {
    type Stream = Guarded<TcpStream>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let address = stream.peer_addr().ok().map(|address| address.ip());
        ready(self.admit(stream, address).map(|let_in| (let_in, service)))
    }
}

/// A connection that was let in.
pub(super) struct Guarded<I> {
    stream: I,
    /// Until when its first bytes have to come, and how many did.
    first: Option<(Pin<Box<Sleep>>, usize)>,
    _all: OwnedSemaphorePermit,
    _from: Option<Place>,
}

impl<I: AsyncRead + Unpin> AsyncRead for Guarded<I> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        let before = buf.filled().len();
        let read = Pin::new(&mut me.stream).poll_read(cx, buf);
        if let Some((until, came)) = &mut me.first {
            *came += buf.filled().len() - before;
            if *came >= PREFACE {
                me.first = None;
            } else if read.is_pending() && until.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Guarded<I> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        // What is answered was understood.
        me.first = None;
        Pin::new(&mut me.stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        me.first = None;
        Pin::new(&mut me.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn guard(behind_proxy: bool) -> Guard {
        Guard::new(behind_proxy, Arc::default())
    }

    #[tokio::test]
    async fn a_connection_that_says_too_little_ends_and_makes_room() {
        let room = Arc::new(Semaphore::new(1));
        let guard = Guard { room, silence: Duration::from_millis(1), ..guard(false) };
        let (mut theirs, ours) = duplex(64);
        let mut let_in = guard.admit(ours, None).unwrap();
        assert!(guard.admit(duplex(64).1, None).is_err(), "one too many");
        theirs.write_all(b"PRI * HTTP").await.unwrap();
        let ended = let_in.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
        drop(let_in);
        let (mut theirs, ours) = duplex(64);
        let mut let_in = guard.admit(ours, None).unwrap();
        theirs.write_all(b"GET / HTTP/1.1\r\nHost: hub\r\n").await.unwrap();
        assert_eq!(let_in.read(&mut [0; 64]).await.unwrap(), 27);
        assert!(let_in.first.is_none(), "from now on HTTP counts the time");
    }

    #[tokio::test]
    async fn one_address_never_takes_all_places() {
        let guard = guard(false);
        let admit = |guard: &Guard, address: &str| guard.admit((), Some(address.parse().unwrap()));
        let mut let_in: Vec<_> = (0..MOST_FROM_ONE).map(|_| admit(&guard, "192.0.2.1").unwrap()).collect();
        assert!(admit(&guard, "192.0.2.1").is_err() && admit(&guard, "::ffff:192.0.2.1").is_err());
        assert_eq!(guard.pulse.counts().refused, 2, "whoever runs the hub can see it");
        assert!(admit(&guard, "192.0.2.2").is_ok());
        let_in.pop();
        assert!(admit(&guard, "192.0.2.1").is_ok(), "whoever ends makes room");
        drop(let_in);
        assert!(guard.from.as_ref().unwrap().lock().unwrap().is_empty());
        // What stands for everybody is not counted: this machine, and whatever is in front of the hub.
        for (guard, address) in [(guard, "127.0.0.1"), (self::guard(true), "192.0.2.1")] {
            let many: Vec<_> = (0..=MOST_FROM_ONE).map(|_| admit(&guard, address)).collect();
            assert!(many.iter().all(Result::is_ok), "{address}");
        }
    }
}
