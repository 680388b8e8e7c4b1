//! A real Tryton server on loopback, with a company, sales people and a database of its own: for tests. It comes from
//! PyPI into the target folder, once.

#![allow(dead_code, reason = "each test file uses its part")]

mod install;
mod office;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use install::private;
pub use install::{DATABASE, PASSWORD};
pub use office::NewLead;

/// Who may sell, and is an employee.
pub const SELLERS: [&str; 2] = ["ana", "ben"];
/// An employee who may look at leads and not touch them.
pub const READER: &str = "cara";
/// Who may not even look at them.
pub const STRANGER: &str = "dan";
/// A service that may all that a seller may, and is nobody's employee.
pub const SERVICE: &str = "hub";

/// Ends with the process that holds the other end of its standard input, also when that is killed. Passwords are hashed as
/// they always are, only cheaply: laptops that are started anew sign in thousands of times.
const SERVE: &str = "import functools, os, sys, threading
import pwdlib.hashers.argon2 as argon2
argon2.Argon2Hasher = functools.partial(argon2.Argon2Hasher, time_cost=1, memory_cost=8, parallelism=1)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from trytond.cli import main
main()";

/// A running server.
pub struct Tryton {
    address: SocketAddr,
    /// As who the tests play the other side.
    admin: User,
    server: Child,
    dir: TempDir,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct User {
    /// Number.
    pub id: i64,
    /// What the header `Authorization` says.
    pub authorization: String,
    /// What is to be sent with each call.
    pub context: Value,
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct Raw {
    /// The HTTP status.
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Raw {
    /// The body as JSON, or null.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl Tryton {
    /// A new server with the office of `office.py` and no leads; nothing, with a printed line, where Python or the
    /// registry is absent.
    pub fn start() -> Option<Self> {
        let installed = install::installed()?;
        // In memory, where there is such a place: whether it is slow there is no concern of ours.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let config = dir.path().join("trytond.conf");
        fs::copy(installed.database(), dir.path().join(format!("{DATABASE}.sqlite"))).unwrap();
        // The kernel chooses the port and the server says which: nobody can take it in between.
        private(&config, &install::configuration(dir.path()));
        let mut server = Command::new(installed.python())
            .args(["-c", SERVE, "--verbose", "--database", DATABASE, "--config"])
            .arg(&config)
            .current_dir(dir.path())
            .env_clear()
            .env("HOME", dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let address = address(&mut server);
        let nobody = User { id: 0, authorization: String::new(), context: json!({}) };
        let mut tryton = Self { address, admin: nobody, server, dir };
        tryton.admin = tryton.sign_in("admin");
        Some(tryton)
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Signs in with the password that all have.
    pub fn sign_in(&self, login: &str) -> User {
        let answer = self.raw(None, "common.db.login", json!([login, {"password": PASSWORD}, "en"]));
        let signed_in = answer.json();
        let (Some(id), Some(token)) = (signed_in["result"][0].as_i64(), signed_in["result"][1].as_str()) else {
            panic!("Tryton does not let {login} in: {answer:?}");
        };
        let authorization = format!("Session {}", base64(&format!("{login}:{id}:{token}")));
        let mut user = User { id, authorization, context: json!({}) };
        user.context = self.call(&user, "model.res.user.get_preferences", json!([true]));
        user
    }

    /// All leads are gone, with their notes, as if there had never been any.
    pub fn clear(&self) {
        let database = self.database();
        let forget = "DELETE FROM ir_note; DELETE FROM sale_opportunity; DELETE FROM sale_opportunity__history;";
        database.execute_batch(forget).unwrap();
    }

    /// The file behind the server's back.
    fn database(&self) -> Connection {
        let database = Connection::open(self.dir.path().join(format!("{DATABASE}.sqlite"))).unwrap();
        database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        database
    }

    /// Everybody but the tests themselves is signed out, without a word to them.
    pub fn end_all_sessions(&self) {
        self.database().execute("DELETE FROM ir_session WHERE create_uid <> ?1", [self.admin.id]).unwrap();
    }

    /// Calls a method as this user, whose context is added to the parameters; it must succeed.
    pub fn call(&self, user: &User, method: &str, params: Value) -> Value {
        let answer = self.raw(Some(user), method, with_context(params, &user.context));
        let mut json = answer.json();
        if answer.status != 200 || json.get("result").is_none() {
            panic!("Tryton refused {method}: {} {}", answer.status, answer.body.chars().take(500).collect::<String>());
        }
        json["result"].take()
    }

    /// Calls a method with these parameters, whatever comes of it.
    pub fn raw(&self, user: Option<&User>, method: &str, params: Value) -> Raw {
        let authorization = user.map(|user| format!("Authorization: {}\r\n", user.authorization)).unwrap_or_default();
        let body = json!({"id": 1, "method": method, "params": params}).to_string();
        let head = format!(
            "POST /{DATABASE}/rpc/ HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{authorization}Connection: close\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len(),
        );
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("{method}: no answer: {}", String::from_utf8_lossy(&answer)));
        let mut body = answer.split_off(end + 4);
        let head = String::from_utf8(answer).unwrap();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        if head.contains("Transfer-Encoding: chunked") {
            body = joined(&body);
        }
        Raw { status, head, body: String::from_utf8(body).unwrap() }
    }
}

impl Drop for Tryton {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Parameters with the context behind them.
pub fn with_context(mut params: Value, context: &Value) -> Value {
    params.as_array_mut().unwrap().push(context.clone());
    params
}

/// A body that came in chunks, each after its length in hexadecimal digits.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = chunks.iter().position(|&byte| byte == b'\r').unwrap();
        let length = usize::from_str_radix(str::from_utf8(&chunks[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return body;
        }
        let (chunk, rest) = chunks[end + 2..].split_at(length);
        body.extend_from_slice(chunk);
        chunks = &rest[2..];
    }
}

/// Where the server says that it listens. What else it says is read to the end, so that it never waits for us.
fn address(server: &mut Child) -> SocketAddr {
    let log = BufReader::new(server.stderr.take().unwrap()).lines();
    let (ready, is_ready) = mpsc::channel();
    std::thread::spawn(move || {
        let mut said = String::new();
        let mut ready = Some(ready);
        for line in log.map_while(Result::ok) {
            if let Some((_, url)) = line.split_once("Running on http://") {
                ready.take().map(|ready| ready.send(Ok(url.trim().parse().unwrap())));
            } else if ready.is_some() {
                said += &format!("{line}\n");
            }
        }
        ready.map(|ready| ready.send(Err(said)));
    });
    is_ready.recv().unwrap().unwrap_or_else(|said| panic!("Tryton did not start: {said}"))
}

/// Base64 with padding, by the alphabet of RFC 4648.
fn base64(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.as_bytes().chunks(3).flat_map(|bytes| {
        let bits = (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(bytes.get(at).copied().unwrap_or(0)));
        (0..4).map(move |at| if at <= bytes.len() { ALPHABET[bits >> (18 - 6 * at) & 63] } else { b'=' })
    });
    digits.map(char::from).collect()
}
