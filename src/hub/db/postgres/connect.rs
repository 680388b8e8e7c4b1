//! The way to the server: the URL, a session with its settings, and what the errors mean.

use std::collections::HashMap;
use std::error::Error as _;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::{Client, Config, Connection, Error, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::{DbError, Value};
use super::tls::Asked;

/// A server and a database on it, and how it is called before people.
pub(super) struct Server {
    config: Config,
    /// What encrypts; nothing on this machine.
    tls: Option<MakeRustlsConnect>,
    pub(super) place: String,
}

/// A connection, and what it has under way. The thread that waits for an answer drives it: each statement would
/// otherwise wake two more.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) runtime: Runtime,
    /// What goes out with the next statement, see [`Tx::later`](super::super::Tx::later).
    pub(super) later: Vec<(Statement, Vec<Value>)>,
    /// Prepared, by their text.
    pub(super) statements: HashMap<String, Statement>,
    /// A transaction was begun and not ended.
    pub(super) is_open: bool,
    /// A statement failed in it, and no savepoint took that back: the server would turn a commit into a rollback.
    pub(super) failed: Option<String>,
    /// The connection is gone.
    pub(super) is_lost: bool,
}

/// The server chose one of two transactions to go on: the other may try again.
pub(super) const CLASH: &str = "two wrote to the same rows at once";

/// A dead peer is noticed after a minute at most; a hub that hangs gives the log's head back.
const SETTINGS: &str = "SET search_path TO leadbox; SET client_encoding TO 'UTF8'; SET lock_timeout TO '10s'; \
    SET statement_timeout TO '5min'; SET idle_in_transaction_session_timeout TO '60s'; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

impl Server {
    /// Reads the URL.
    pub(super) fn parse(url: &str) -> Result<Self, DbError> {
        // What follows the first one would be taken for the host's name, and be told to everybody.
        if url.matches('@').count() > 1 {
            return Err(DbError::Url("there is more than one @; inside a password it is written %40".to_owned()));
        }
        let (url, asked) = Asked::of(url)?;
        let mut config: Config = url.parse().map_err(|error: postgres::Error| {
            // What the parser quotes is the name of an option, at most.
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            DbError::Url(format!("{error}: {why}"))
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(DbError::Url("it names no host".to_owned()));
        }
        let place = place(&config);
        let unusable = |why: String| DbError::Unusable { place: place.clone(), why };
        let encrypts = asked.encrypts(is_local(&config)).map_err(|why| unusable(why.to_owned()))?;
        let tls = if encrypts { Some(asked.connector().map_err(unusable)?) } else { None };
        config
            .ssl_mode(if encrypts { SslMode::Require } else { SslMode::Disable })
            .application_name("leadbox hub")
            .connect_timeout(Duration::from_secs(5))
            .keepalives_idle(Duration::from_secs(20))
            .keepalives_interval(Duration::from_secs(10))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_secs(60));
        Ok(Self { config, tls, place })
    }

    /// A new session.
    ///
    /// # Errors
    /// [`DbError::Unusable`] if the server cannot be reached or refuses us.
    pub(super) fn connect(&self) -> Result<Session, DbError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let unusable = |error: io::Error| DbError::Unusable { place: self.place.clone(), why: error.to_string() };
        let runtime = runtime.map_err(unusable)?;
        let connected = runtime.block_on(async {
            let client = match &self.tls {
                Some(tls) => attended(self.config.connect(tls.clone()).await?),
                None => attended(self.config.connect(NoTls).await?),
            };
            client.batch_execute(SETTINGS).await.map(|()| client)
        });
        let client = connected.map_err(|error| self.refused(&error))?;
        let (later, statements) = (Vec::new(), HashMap::new());
        Ok(Session { client, runtime, later, statements, is_open: false, failed: None, is_lost: false })
    }

    /// A connection that hears what others announce.
    ///
    /// # Errors
    /// As [`Server::connect`].
    pub(super) fn listener(&self) -> Result<postgres::Client, DbError> {
        let config = postgres::Config::from(self.config.clone());
        let connected = match &self.tls {
            Some(tls) => config.connect(tls.clone()),
            None => config.connect(NoTls),
        };
        connected.map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &Error) -> DbError {
        let hint = match error.code() {
            None if error.to_string().contains("TLS") => {
                ". Whose certificates count is said by sslrootcert=FILE in the URL, and they are for the host's name there"
            }
            None => ". Is it running there, and reachable?",
            Some(&SqlState::INVALID_CATALOG_NAME) => ". Create the database first: createdb",
            Some(&SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
                ". Check the user and the password in the URL, and the server's pg_hba.conf"
            }
            Some(&SqlState::CANNOT_CONNECT_NOW | &SqlState::ADMIN_SHUTDOWN | &SqlState::TOO_MANY_CONNECTIONS) => "",
            Some(_) => ". See the server's log",
        };
        DbError::Unusable { place: self.place.clone(), why: format!("{}{hint}", said(error)) }
    }
}

/// Has a connection attended to whenever its thread waits.
fn attended<S, T>((client, connection): (Client, Connection<S, T>)) -> Client
where
    Connection<S, T>: Future<Output = Result<(), Error>> + Send + 'static,
{
    // What ends it is told to whoever asks something next.
    drop(tokio::spawn(async move { drop(connection.await) }));
    client
}

/// The database as people may see it.
fn place(config: &Config) -> String {
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    });
    let hosts: Vec<String> = match config.get_hosts() {
        [] => config.get_hostaddrs().iter().map(ToString::to_string).collect(),
        _ => hosts.collect(),
    };
    let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
    let port = config.get_ports().first().map(|port| format!(":{port}")).unwrap_or_default();
    let name = config.get_dbname().map(|name| format!("/{name}")).unwrap_or_default();
    format!("postgres://{user}{}{port}{name}", hosts.join(","))
}

/// Whether the server is on this machine.
fn is_local(config: &Config) -> bool {
    let local = |name: &str| name == "localhost" || name.parse::<IpAddr>().is_ok_and(|addr| addr.is_loopback());
    match config.get_hostaddrs() {
        [] => config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => local(name),
            Host::Unix(_) => true,
        }),
        // These are where it connects to, whatever the names.
        addrs => addrs.iter().all(IpAddr::is_loopback),
    }
}

/// The server's words, or those of the way to it. Details are left out: they quote rows.
fn said(error: &Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(db), _) => db.message().to_owned(),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// What an error of a statement means.
pub(super) fn meaning(error: &Error) -> DbError {
    let Some(db) = error.as_db_error() else {
        let by_the_way = error.source().is_some_and(|source| source.is::<io::Error>());
        let said = said(error);
        return if error.is_closed() || by_the_way { DbError::Lost(said) } else { DbError::Statement(said) };
    };
    let message = db.message().to_owned();
    match *db.code() {
        SqlState::UNIQUE_VIOLATION => DbError::Taken(message),
        _ if matches!(db.parsed_severity(), Some(Severity::Fatal | Severity::Panic)) => DbError::Lost(message),
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => DbError::Busy(CLASH),
        SqlState::LOCK_NOT_AVAILABLE => DbError::Busy("another writer did not finish within 10 s"),
        SqlState::QUERY_CANCELED => DbError::Busy("a statement took too long"),
        SqlState::DISK_FULL => DbError::Full,
        SqlState::IO_ERROR => DbError::Unwritable(message),
        SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => DbError::Damaged(message),
        _ => DbError::Statement(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        Server::parse(url).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn no_error_and_no_name_of_the_place_tells_the_password() {
        let wrong = [
            "postgres://ana:canary@db.example/leadbox?sslmode=disable",
            "postgres://ana:canary@localhost:port/leadbox",
            "postgres://ana:can@ary@localhost/leadbox",
            "postgres://ana:canary@localhost/leadbox?sslmode=never",
            "postgres://localhost/leadbox?password=canary&colour=red",
            "postgres://ana:canary",
            "postgres://ana:canary@/leadbox",
            "postgres://ana:canary@localhost/leadbox?sslmode=require",
            "postgres://ana:%FFcanary@localhost/leadbox?connect_timeout=canary",
        ];
        for url in wrong {
            let message = refusal(url);
            assert!(!message.is_empty(), "{url} is taken");
            assert!(!message.contains("canary") && !message.contains("ary@"), "{url}: {message}");
        }
        let server = Server::parse("postgres://ana:canary@localhost:5433/leadbox").unwrap();
        assert_eq!(server.place, "postgres://ana@localhost:5433/leadbox");
    }

    #[test]
    fn in_the_clear_only_on_this_machine() {
        let encrypts = |url: &str| {
            let (url, asked) = Asked::of(url).unwrap();
            asked.encrypts(is_local(&url.parse().unwrap())).unwrap()
        };
        for url in ["postgres://a@127.0.0.1/x", "postgres://a@%2Frun%2Fpg/x", "postgres://a@h/x?hostaddr=127.0.0.1"] {
            assert!(!encrypts(url), "{url}");
        }
        for url in ["postgres://a@10.0.0.1/x", "postgres://a@h/x", "postgres://a@localhost/x?hostaddr=10.0.0.1"] {
            assert!(encrypts(url), "{url}");
            let clear = format!("{url}{}sslmode=disable", if url.contains('?') { '&' } else { '?' });
            assert!(refusal(&clear).contains("without TLS"), "{clear}");
        }
    }
}
