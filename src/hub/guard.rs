//! At the hub's address, before anything is read: only so many connections at once, and none that stays silent.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// The most connections at once: a thousand laptops with a stream and a call each.
const MOST: usize = 2_000;

/// So many bytes tell which protocol is spoken; until then nothing else counts the time.
const PREFACE: usize = 24;

/// Those have to come within so long.
const SILENCE: Duration = Duration::from_secs(10);

/// Lets connections in.
#[derive(Clone)]
pub(super) struct Guard {
    room: Arc<Semaphore>,
    silence: Duration,
}

impl Default for Guard {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(MOST)), silence: SILENCE }
    }
}

impl<I, S> Accept<I, S> for Guard {
    type Stream = Guarded<I>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let full = |_| io::Error::other("too many connections");
        ready(Arc::clone(&self.room).try_acquire_owned().map_err(full).map(|place| {
            let first = Some((Box::pin(sleep(self.silence)), 0));
            (Guarded { stream, first, _place: place }, service)
        }))
    }
}

/// A connection that was let in.
pub(super) struct Guarded<I> {
    stream: I,
    /// Until when its first bytes have to come, and how many did.
    first: Option<(Pin<Box<Sleep>>, usize)>,
    _place: OwnedSemaphorePermit,
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

    #[tokio::test]
    async fn a_connection_that_says_too_little_ends_and_makes_room() {
        let guard = Guard { room: Arc::new(Semaphore::new(1)), silence: Duration::from_millis(1) };
        let (mut theirs, ours) = duplex(64);
        let (mut let_in, ()) = guard.accept(ours, ()).await.unwrap();
        assert!(guard.accept(duplex(64).1, ()).await.is_err(), "one too many");
        theirs.write_all(b"PRI * HTTP").await.unwrap();
        let ended = let_in.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
        drop(let_in);
        let (mut theirs, ours) = duplex(64);
        let (mut let_in, ()) = guard.accept(ours, ()).await.unwrap();
        theirs.write_all(b"GET / HTTP/1.1\r\nHost: hub\r\n").await.unwrap();
        assert_eq!(let_in.read(&mut [0; 64]).await.unwrap(), 27);
        assert!(let_in.first.is_none(), "from now on HTTP counts the time");
    }
}
