//! A PostgreSQL cluster of the tests' own, in a temporary folder, from the installed package; stopped and removed with
//! the last test that uses it.

#![allow(dead_code, reason = "each test file uses its part")]

use std::fs;
use std::io::{BufRead, BufReader};
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
    server: Child,
    dir: TempDir,
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

    /// A new one.
    pub fn start() -> Option<Self> {
        let Some(bin) = programs() else {
            println!("skipped: PostgreSQL is not installed (apt-get install postgresql)");
            return None;
        };
        // initdb does not run as root: the package's own user does.
        let user = match rustix::process::geteuid().is_root() {
            false => None,
            true => match package_user() {
                Some(user) => Some(user),
                None => {
                    println!("skipped: PostgreSQL does not run as root, and there is no user `postgres`");
                    return None;
                }
            },
        };
        let dir = TempDir::new().unwrap();
        if let Some((uid, gid)) = user {
            chown(dir.path(), Some(uid), Some(gid)).unwrap();
        }
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let command = |name: &str| {
            let mut command = Command::new(bin.join(name));
            command.current_dir(dir.path()).env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin");
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command
        };
        let args = ["-D", "data", "-U", ADMIN, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
        let made = command("initdb").args(args).output().unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let mut server = command("postgres")
            .args(["-D", "data", "-c", "listen_addresses=", "-k"])
            .arg(dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
        let (ready, is_ready) = mpsc::channel();
        std::thread::spawn(move || {
            let mut said = String::new();
            while let Some(Ok(line)) = log.next() {
                said += &format!("{line}\n");
                if line.contains("ready to accept connections") {
                    let _ = ready.send(());
                }
            }
            // Whoever still waits is told by the channel's end; what the server said is of use then.
            if !said.contains("ready to accept connections") {
                eprintln!("postgres: {said}");
            }
        });
        let cluster = Self { server, dir, databases: AtomicU32::new(0) };
        is_ready.recv().expect("the server did not start");
        Some(cluster)
    }

    /// The URL of this database for this user.
    pub fn url(&self, user: &str, database: &str) -> String {
        let socket = self.dir.path().to_str().unwrap().replace('/', "%2F");
        format!("postgres://{user}@{socket}/{database}")
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
        // At once, but so that the server removes its shared memory.
        if let Some(pid) = Pid::from_raw(i32::try_from(self.server.id()).unwrap_or_default()) {
            let _ = kill_process(pid, Signal::QUIT);
        }
        let _ = self.server.wait();
    }
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
