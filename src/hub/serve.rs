//! Running a hub: its address, its TLS, and its end.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpSocket;

use super::core::Hub;
use super::guard::Guard;
use super::http;

/// After a signal to end, calls that are under way have so long.
const GRACE: Duration = Duration::from_secs(10);

/// The head of a request comes within so long.
const HEADER: Duration = Duration::from_secs(10);

/// So many connections may wait to be let in: after a restart a thousand laptops come back at once. The system may allow
/// fewer.
const WAITING: u32 = 4_096;

/// Where and how a hub is reached.
#[derive(Clone, Debug)]
pub struct Door {
    /// The address.
    pub bind: SocketAddr,
    /// The certificate and its key, as PEM files.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Something else in front takes care of encryption, and tells in `X-Forwarded-For` who asks.
    pub behind_proxy: bool,
}

impl Door {
    /// Whether it is safe to open.
    ///
    /// # Errors
    /// It can be reached from other machines, and nothing encrypts.
    pub fn check(&self) -> Result<(), ServeError> {
        let is_bare = !self.bind.ip().is_loopback() && self.tls.is_none() && !self.behind_proxy;
        if is_bare { Err(ServeError::Bare(self.bind)) } else { Ok(()) }
    }
}

/// Why a hub does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Tokens and leads would go over a network in the clear.
    #[error(
        "{0} can be reached from other machines, and without TLS everybody on the way reads along: give --tls-cert and \
         --tls-key, or bind 127.0.0.1, or say --behind-proxy if something in front encrypts"
    )]
    Bare(SocketAddr),
    /// The certificate or its key.
    #[error("the certificate {cert} with the key {key} cannot be used: {why}")]
    Tls {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        why: std::io::Error,
    },
    /// The address.
    #[error("nothing can be served at {address}: {why}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What is wrong.
        why: std::io::Error,
    },
}

/// Ends what does not say in time what it wants. Only HTTP/1 counts that time for every request, also on a connection that
/// is kept; of HTTP/2, whoever answers pings would keep a place for ever.
fn timed(builder: &mut Builder<TokioExecutor>) {
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER);
}

/// Offers only what is served.
fn offering_http1(config: &RustlsConfig) -> RustlsConfig {
    let mut offered = (*config.get_inner()).clone();
    offered.alpn_protocols = vec![b"http/1.1".to_vec()];
    RustlsConfig::from_config(Arc::new(offered))
}

fn listen(bind: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let socket = if bind.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Started anew, it does not wait until the system has forgotten its former connections.
    socket.set_reuseaddr(true)?;
    socket.bind(bind)?;
    socket.listen(WAITING)?.into_std()
}

/// Serves until `end` comes about, then lets calls that are under way finish. `ready` is told the address.
pub async fn serve(
    hub: Arc<Hub>,
    door: Door,
    ready: impl FnOnce(SocketAddr),
    end: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    door.check()?;
    let Door { bind, tls, behind_proxy } = door;
    let failed = |why| ServeError::Bind { address: bind, why };
    let listener = listen(bind).map_err(failed)?;
    ready(listener.local_addr().map_err(failed)?);
    let handle = Handle::new();
    let ending = handle.clone();
    tokio::spawn(async move {
        end.await;
        ending.graceful_shutdown(Some(GRACE));
    });
    let guard = Guard::new(behind_proxy, Arc::clone(hub.pulse()));
    let service = http::router(hub, behind_proxy).into_make_service_with_connect_info::<SocketAddr>();
    let served = match tls {
        None => {
            let mut server = axum_server::from_tcp(listener).map_err(failed)?.acceptor(guard).http1_only();
            timed(server.http_builder());
            server.handle(handle).serve(service).await
        }
        Some((cert, key)) => {
            // Another provider than ring would ask for more than a C compiler.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let config = RustlsConfig::from_pem_file(&cert, &key).await;
            let config = config.map_err(|why| ServeError::Tls { cert, key, why })?;
            let server = axum_server::from_tcp_rustls(listener, offering_http1(&config)).map_err(failed)?;
            // Around TLS, so that a handshake that does not come about takes up a place for a moment only; and what is
            // silent after it ends by the clock of HTTP.
            let mut server = server.map(|tls| tls.acceptor(guard)).http1_only();
            timed(server.http_builder());
            server.handle(handle).serve(service).await
        }
    };
    served.map_err(failed)
}
