//! The hub as an administrator runs it: the program, in a folder of its own, with its log read to the end.

#![allow(dead_code, reason = "each test file uses its part")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// `leadbox` with these arguments, at home in this folder.
pub fn leadbox(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadbox"));
    command.env_clear().env("HOME", home).env("LEADBOX_DATA_DIR", home.join("data")).args(args);
    command
}

/// A hub that serves.
pub struct Program {
    /// Where.
    pub url: String,
    process: Child,
    log: Vec<Value>,
    lines: Receiver<String>,
}

impl Program {
    /// Starts a hub on a free port, and waits until it serves.
    pub fn serve(home: &Path, args: &[&str]) -> Self {
        let args = [&["hub", "serve", "--bind", "127.0.0.1:0"], args].concat();
        let mut process = leadbox(home, &args).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(process.stderr.take().unwrap()).lines();
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || said.map_while(Result::ok).for_each(|line| drop(send.send(line))));
        let mut log: Vec<Value> = Vec::new();
        let url = loop {
            let line = lines.recv().unwrap_or_else(|_| panic!("it does not serve: {log:?}"));
            let line: Value = serde_json::from_str(&line).unwrap_or(Value::String(line));
            let address = line["fields"]["address"].as_str().map(|address| format!("http://{address}"));
            log.push(line);
            if let Some(url) = address {
                break url;
            }
        };
        Self { url, process, log, lines }
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Ends it as one should. Returns its log.
    pub fn end(mut self) -> Vec<Value> {
        kill_process(Pid::from_raw(self.process.id().try_into().unwrap()).unwrap(), Signal::TERM).unwrap();
        assert!(self.process.wait().unwrap().success());
        let mut log = std::mem::take(&mut self.log);
        log.extend(self.lines.iter().map(|line| serde_json::from_str::<Value>(&line).unwrap()));
        log
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
