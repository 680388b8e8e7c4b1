//! HTTP/1.1 by hand, on threads of its own: so that a connection can end, hang or talk nonsense at any point.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use serde_json::json;
use uuid::Uuid;

use super::Shared;
use super::answer::Answer;
use super::faults::Fault;
use super::limits::{Asked, kind_of};
use super::routes;

/// Takes connections until the double ends.
pub fn serve(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.is_over.load(Ordering::SeqCst) {
            return;
        }
        let (Ok(stream), shared) = (stream, Arc::clone(shared)) else { continue };
        // Whoever goes away in the middle of a word is no concern of the double.
        thread::spawn(move || converse(stream, &shared).unwrap_or_default());
    }
}

fn converse(mut stream: TcpStream, shared: &Shared) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(asked) = read(&mut reader)? {
        let (fault, answer) = take(shared, asked);
        let bytes = written(&answer);
        match fault {
            None | Some(Fault::Say(..)) => stream.write_all(&bytes)?,
            Some(Fault::Html) => {
                let page = "<!doctype html><html><body><h1>Sign in to the guest network</h1></body></html>";
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n", page.len());
                stream.write_all((head + page).as_bytes())?;
            }
            Some(Fault::Garbage) => {
                stream.write_all(b"220 mail.example ready\r\n\r\n\0\xff\xfe")?;
                return stream.shutdown(Shutdown::Both);
            }
            Some(Fault::Half) => {
                let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_default() + 4;
                stream.write_all(&bytes[..head + (bytes.len() - head) / 2])?;
                return stream.shutdown(Shutdown::Both);
            }
            Some(Fault::LostBefore | Fault::LostAfter) => return stream.shutdown(Shutdown::Both),
            Some(Fault::Hang) => return reader.read_to_end(&mut Vec::new()).map(drop),
        }
    }
    Ok(())
}

/// The next request on this connection.
fn read(reader: &mut BufReader<TcpStream>) -> Result<Option<Asked>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_ascii_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Err(ErrorKind::InvalidData.into()) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut asked = Asked {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        kind: kind_of(method, path),
        ..Asked::default()
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        asked.headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length: usize = asked.header("content-length").map_or(Ok(0), str::parse).map_err(Error::other)?;
    asked.body = vec![0; length];
    reader.read_exact(&mut asked.body)?;
    Ok(Some(asked))
}

/// Answers under the lock, so that requests come one after the other, and writes down that it was asked.
fn take(shared: &Shared, mut asked: Asked) -> (Option<Fault>, Answer) {
    let mut state = shared.state.lock().unwrap();
    state.now = shared.clock.load(Ordering::SeqCst);
    asked.at = state.now;
    let fault = state.faults.next(&asked);
    let is_done = fault.is_none_or(Fault::is_done);
    let mut answer = if is_done { Some(routes::answer(&mut state, &asked)) } else { None };
    if let Some(ordered) = fault.and_then(Fault::answer) {
        answer = Some(ordered);
    }
    let mut answer = answer.unwrap_or_else(Answer::empty);
    let number = u128::try_from(state.log.len()).unwrap_or_default() + 1;
    if let Some(id) = answer.body.as_mut().and_then(|body| body.get_mut("correlationId")) {
        *id = json!(Uuid::from_u128(number << 64 | 0x4000_8000_0000_0000_0000));
    }
    let is_answered = matches!(fault, None | Some(Fault::Say(..)));
    asked.status = if is_answered { answer.status } else { 0 };
    state.log.push(asked);
    (fault, answer)
}

fn written(answer: &Answer) -> Vec<u8> {
    let body = answer.body.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} double\r\ncontent-length: {}\r\n", answer.status, body.len());
    if answer.body.is_some() {
        head += "content-type: application/json;charset=utf-8\r\n";
    }
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    // A 204 has no length.
    let head = if answer.status == 204 { head.replace("content-length: 0\r\n", "") } else { head };
    (head + "\r\n" + &body).into_bytes()
}
