//! Where the browser comes back to after somebody signed in: a door on this machine that takes one visit and no other.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::any;
use tokio::sync::{oneshot, watch};

/// The page of the answer has so long to get to the browser.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the browser came back with.
pub struct Visit {
    /// The path with its query.
    pub path: String,
    /// Is to be told whether one is signed in: the page says it.
    pub answer: oneshot::Sender<bool>,
}

/// What all visitors share: which state they are to bring, and who waits for the one that does.
struct Awaited {
    is_it: Box<dyn Fn(&str) -> bool + Send + Sync>,
    waiting: Mutex<Option<oneshot::Sender<Visit>>>,
}

/// The door. Nobody on another machine gets to it.
pub struct Door {
    listeners: Vec<TcpListener>,
}

impl Door {
    /// Opens it on this port, on all that `localhost` may be on this machine; 0 takes any port.
    ///
    /// # Errors
    /// The port is somebody else's, or cannot be had.
    pub fn open(port: u16) -> io::Result<Self> {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let port = first.local_addr()?.port();
        let mut listeners = vec![first];
        match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
            Ok(second) => listeners.push(second),
            // A browser that comes by that way would bring the code to somebody else.
            Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(error),
            // There is no such way here.
            Err(_) => {}
        }
        listeners.iter().try_for_each(|listener| listener.set_nonblocking(true))?;
        Ok(Self { listeners })
    }

    /// Waits for the browser to come back with what is awaited, and does with it what `with` does: its result decides what the
    /// page says.
    ///
    /// # Errors
    /// The door cannot be held open, or what `with` says.
    pub async fn wait<T, F>(
        self,
        is_it: impl Fn(&str) -> bool + Send + Sync + 'static,
        with: impl FnOnce(String) -> F,
    ) -> Result<T, String>
    where
        F: Future<Output = Result<T, String>>,
    {
        let (come, coming) = oneshot::channel();
        let awaited = Arc::new(Awaited { is_it: Box::new(is_it), waiting: Mutex::new(Some(come)) });
        let app = Router::new().route("/callback", any(visited)).fallback(elsewhere).with_state(awaited);
        let (over, is_over) = watch::channel(false);
        let mut served = Vec::new();
        for listener in self.listeners {
            let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| error.to_string())?;
            let mut is_over = is_over.clone();
            let served_by = axum::serve(listener, app.clone()).with_graceful_shutdown(async move {
                // Also when nobody can say so any more.
                let _ = is_over.wait_for(|is_over| *is_over).await;
            });
            served.push(tokio::spawn(served_by.into_future()));
        }
        let visit = coming.await.map_err(|_| "nobody can come to it any more".to_owned())?;
        let done = with(visit.path).await;
        // Whoever waits for the page may have gone.
        let _ = visit.answer.send(done.is_ok());
        over.send_replace(true);
        for serving in served {
            let _ = tokio::time::timeout(FAREWELL, serving).await;
        }
        done
    }
}

async fn visited(State(awaited): State<Arc<Awaited>>, method: Method, uri: Uri) -> Response {
    if method != Method::GET {
        return page(StatusCode::METHOD_NOT_ALLOWED, "Leadbox", "Nothing is taken here.");
    }
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    if !(awaited.is_it)(&path) {
        let then =
            "It is from another sign-in than the one that Leadbox waits for. Use the address that your terminal shows.";
        return page(StatusCode::BAD_REQUEST, "Not this one", then);
    }
    let waiting = awaited.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(waiting) = waiting else {
        return page(StatusCode::CONFLICT, "Once is enough", "This sign-in was answered already.");
    };
    let (answer, answered) = oneshot::channel();
    if waiting.send(Visit { path, answer }).is_err() {
        return page(StatusCode::GONE, "Too late", "Leadbox waits no more. Begin again in your terminal.");
    }
    match answered.await {
        Ok(true) => page(StatusCode::OK, "Signed in", "Leadbox goes on in your terminal. You can close this page."),
        _ => page(StatusCode::BAD_REQUEST, "Not signed in", "Your terminal says why. You can close this page."),
    }
}

async fn elsewhere() -> Response {
    page(StatusCode::NOT_FOUND, "Nothing here", "Leadbox waits for a sign-in at another address.")
}

/// A page that needs nothing from elsewhere, says nothing that came from outside, and is not kept.
fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <body style=\"font-family:sans-serif;margin:4em auto;max-width:32em\"><h1>{title}</h1><p>{text}</p></body></html>"
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONNECTION, "close"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, Html(html)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is answered to a request for this path: status line and headers, and the body.
    async fn asked(port: u16, method: &str, path: &str) -> (String, String) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    fn is_it(path: &str) -> bool {
        path.contains("state=ours")
    }

    #[tokio::test]
    async fn the_door_takes_one_visit_and_only_the_right_one() {
        let door = Door::open(0).unwrap();
        let port = door.listeners[0].local_addr().unwrap().port();
        assert!(door.listeners.iter().all(|listener| listener.local_addr().unwrap().ip().is_loopback()));
        let taken = Door::open(port).err().unwrap();
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        let waiting = tokio::spawn(door.wait(is_it, |path| async move { Ok(path) }));
        for (method, path, status) in [
            ("GET", "/", "404"),
            ("GET", "/favicon.ico", "404"),
            ("GET", "/callback/more?state=ours", "404"),
            ("POST", "/callback?state=ours", "405"),
            ("HEAD", "/callback?state=ours", "405"),
            ("GET", "/callback", "400"),
            ("GET", "/callback?code=stolen&state=another", "400"),
        ] {
            let (head, body) = asked(port, method, path).await;
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{method} {path}: {head}");
            assert!(!body.contains("stolen"), "{body}");
        }
        assert!(!waiting.is_finished());
        let (head, body) = asked(port, "GET", "/callback?code=x&state=ours").await;
        assert!(head.starts_with("HTTP/1.1 200") && body.contains("Signed in"), "{head} {body}");
        assert!(head.contains("no-store") && head.contains("default-src 'none'"), "{head}");
        assert!(!["src=", "href=", "//"].iter().any(|word| body.contains(word)), "it needs nothing from elsewhere");
        assert_eq!(waiting.await.unwrap(), Ok("/callback?code=x&state=ours".to_owned()));
        Door::open(port).unwrap();
    }

    #[tokio::test]
    async fn the_page_says_when_it_came_to_nothing() {
        let door = Door::open(0).unwrap();
        let port = door.listeners[0].local_addr().unwrap().port();
        let refused = |_| async { Err::<(), _>("Salesforce says no".to_owned()) };
        let waiting = tokio::spawn(door.wait(is_it, refused));
        let (head, body) = asked(port, "GET", "/callback?error=access_denied&state=ours").await;
        assert!(head.starts_with("HTTP/1.1 400") && body.contains("Not signed in"), "{head} {body}");
        assert_eq!(waiting.await.unwrap(), Err("Salesforce says no".to_owned()));
    }
}
