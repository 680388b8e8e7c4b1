//! A PostgreSQL cluster of the tests' own, in a temporary folder, from the installed package; stopped and removed with
//! the last test that uses it.

#![allow(dead_code, reason = "each test file uses its part")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};

use postgres::{Client, NoTls};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The superuser of the cluster. Everybody is trusted: only we can come to the socket's folder.
pub const ADMIN: &str = "admin";

/// A running cluster.
pub struct Cluster {
    server: Mutex<Child>,
    /// By which its programs run, if we are root: PostgreSQL does not.
    user: Option<(u32, u32)>,
    bin: PathBuf,
    dir: TempDir,
    /// Of the server, beside the usual ones.
    options: Vec<String>,
    /// Where it is not the usual one.
    port: Option<u16>,
    databases: AtomicU32,
}

static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());

impl Cluster {
    /// The one that the tests of this process share; nothing, with a printed line, where PostgreSQL is not installed.
    pub fn shared() -> Option<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cluster) = shared.upgrade() {
            return Some(cluster);
        }
        let cluster = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&cluster);
        Some(cluster)
    }

    /// A new one, for tests that stop it.
    pub fn start() -> Option<Self> {
        Self::prepared(&[], &[], None)
    }

    /// A new one that is also reached at a port of this machine, only encrypted, with this certificate and its key (PEM).
    pub fn encrypted(certificate: &str, key: &str) -> Option<(Self, u16)> {
        let rules = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
        let files = [("server.crt", certificate), ("server.key", key), ("pg_hba.conf", rules)];
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let options = ["-c", "ssl=on", "-c", "listen_addresses=127.0.0.1", "-p", &port.to_string()].map(str::to_owned);
        Some((Self::prepared(&files, &options, Some(port))?, port))
    }

    fn prepared(files: &[(&str, &str)], options: &[String], port: Option<u16>) -> Option<Self> {
        let Some(bin) = programs() else {
            println!("skipped: PostgreSQL is not installed (apt-get install postgresql)");
            return None;
        };
        let is_root = rustix::process::geteuid().is_root();
        let user = if is_root { package_user() } else { None };
        if is_root && user.is_none() {
            println!("skipped: PostgreSQL does not run as root, and there is no user `postgres`");
            return None;
        }
        let dir = TempDir::new().unwrap();
        if let Some((uid, gid)) = user {
            chown(dir.path(), Some(uid), Some(gid)).unwrap();
        }
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let args = ["-D", "data", "-U", ADMIN, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
        let made = command(&bin, user, &dir, "initdb").args(args).output().unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        for (name, text) in files {
            let file = dir.path().join("data").join(name);
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            if let Some((uid, gid)) = user {
                chown(&file, Some(uid), Some(gid)).unwrap();
            }
        }
        let server = Mutex::new(launch(&bin, user, &dir, options));
        Some(Self { server, user, bin, dir, options: options.to_vec(), port, databases: AtomicU32::new(0) })
    }

    /// Stops the server as a crash would, and starts it again.
    pub fn crash(&self) {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        stop(&mut server);
        *server = launch(&self.bin, self.user, &self.dir, &self.options);
    }

    /// The URL of this database for this user.
    pub fn url(&self, user: &str, database: &str) -> String {
        let socket = self.dir.path().to_str().unwrap().replace('/', "%2F");
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("postgres://{user}@{socket}{port}/{database}")
    }

    /// A new, empty database.
    pub fn database(&self) -> String {
        let name = format!("hub{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.admin("postgres").batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        name
    }

    /// A connection that may do everything, beside the hub.
    pub fn admin(&self, database: &str) -> Client {
        Client::connect(&self.url(ADMIN, database), NoTls).unwrap()
    }

    /// Ends all connections of hubs to this database, and says how many.
    pub fn cut(&self, database: &str) -> i64 {
        let sql = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity \
                   WHERE datname = $1 AND application_name = 'leadbox hub'";
        self.admin("postgres").query_one(sql, &[&database]).unwrap().get(0)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        stop(self.server.get_mut().unwrap_or_else(PoisonError::into_inner));
    }
}

/// One of PostgreSQL's programs, in the cluster's folder.
fn command(bin: &Path, user: Option<(u32, u32)>, dir: &TempDir, name: &str) -> Command {
    let mut command = Command::new(bin.join(name));
    command.current_dir(dir.path()).env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin");
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

/// The server, once it is ready.
fn launch(bin: &Path, user: Option<(u32, u32)>, dir: &TempDir, options: &[String]) -> Child {
    let mut server = command(bin, user, dir, "postgres")
        .args(["-D", "data", "-c", "listen_addresses=", "-k"])
        .arg(dir.path())
        .args(options)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = BufReader::new(server.stderr.take().unwrap()).lines();
    let (ready, is_ready) = mpsc::channel();
    // Reads to the end, so that the server never waits for us.
    std::thread::spawn(move || {
        let mut ready = Some(ready);
        let mut said = String::new();
        for line in log.map_while(Result::ok) {
            if line.contains("ready to accept connections") {
                ready.take().map(|ready| ready.send(Ok(())));
            } else if ready.is_some() {
                said += &format!("{line}\n");
            }
        }
        ready.map(|ready| ready.send(Err(said)));
    });
    is_ready.recv().unwrap().unwrap_or_else(|said| panic!("the server did not start: {said}"));
    server
}

/// Stops the server at once, without a checkpoint, but so that it removes its shared memory.
fn stop(server: &mut Child) {
    if let Some(pid) = i32::try_from(server.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::QUIT);
    }
    let _ = server.wait();
}

/// The folder with the newest server's programs.
fn programs() -> Option<PathBuf> {
    let version = |path: &PathBuf| path.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let packaged =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let mut packaged: Vec<PathBuf> = packaged.filter(|bin| bin.join("initdb").exists()).collect();
    packaged.sort_by_key(version);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let elsewhere =
        || std::env::split_paths(&path).find(|bin| bin.join("initdb").exists() && bin.join("postgres").exists());
    packaged.pop().or_else(elsewhere)
}

/// The user `postgres` and its group.
fn package_user() -> Option<(u32, u32)> {
    let users = fs::read_to_string(Path::new("/etc/passwd")).ok()?;
    let mut fields = users.lines().find(|line| line.starts_with("postgres:"))?.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}
