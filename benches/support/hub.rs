//! A hub of the benchmark's own, and those who speak to it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chrono::Utc;
use leadbox::hub::intake::sign;
use reqwest::Client;
use secrecy::SecretString;
use serde_json::{Value, json};

/// `leadbox hub serve`, until it is dropped.
pub struct Server {
    child: Child,
    /// Where it is reached.
    pub url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The program, with this folder for its data.
pub fn leadbox(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadbox"));
    command.arg("--data-dir").arg(dir).env("HOME", dir).env_remove("LEADBOX_CONFIG");
    command
}

/// Makes a hub that goes by this policy, on this database or on SQLite; returns its administrator's token.
pub fn init(dir: &Path, policy: &str, db: Option<&str>) -> String {
    let file = dir.join("policy.toml");
    std::fs::write(&file, policy).unwrap();
    let mut init = leadbox(dir);
    init.args(["hub", "init", "--policy"]).arg(&file).args(db.map(|db| ["--db", db]).into_iter().flatten());
    assert!(init.stdout(Stdio::null()).status().unwrap().success());
    std::fs::read_to_string(dir.join("hub/admin.token")).unwrap().trim().to_owned()
}

/// Starts a hub.
pub async fn serve(dir: &Path, db: Option<&str>) -> Server {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bind = format!("127.0.0.1:{port}");
    let mut serve = leadbox(dir);
    serve.args(["hub", "serve", "--bind", &bind]).args(db.map(|db| ["--db", db]).into_iter().flatten());
    let child = serve.stderr(Stdio::null()).spawn().unwrap();
    let server = Server { child, url: format!("http://{bind}") };
    while reqwest::get(format!("{}/readyz", server.url)).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server
}

/// Speaks for the administrator.
pub struct Admin {
    pub client: Client,
    pub url: String,
    pub token: String,
}

impl Admin {
    /// Posts, again and again if it is told to wait: one token may not do everything at once.
    pub async fn call(&self, path: &str, body: &Value) -> Value {
        loop {
            let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body);
            let response = request.send().await.unwrap();
            if response.status().as_u16() != 429 {
                return response.error_for_status().unwrap().json().await.unwrap();
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Sets up the sender `web`; returns its secret.
    pub async fn sender(&self) -> SecretString {
        let made = self.call("/v1/sources", &json!({"name": "web"})).await;
        SecretString::from(made["secret"].as_str().unwrap().to_owned())
    }

    /// Enters a rep; returns their token.
    pub async fn rep(&self, id: &str) -> String {
        self.call("/v1/people", &json!({"id": id, "name": id, "role": "rep", "team": "west"})).await;
        let made = self.call(&format!("/v1/people/{id}/tokens"), &json!({})).await;
        made["token"].as_str().unwrap().to_owned()
    }
}

/// Posts what `web` has to say.
pub async fn post(client: &Client, url: &str, secret: &SecretString, body: &Value) -> Value {
    let body = serde_json::to_vec(body).unwrap();
    let signature = sign(secret, Utc::now(), &body);
    let request = client.post(format!("{url}/v1/intake/web")).header("content-type", "application/json");
    let response = request.header("leadbox-signature", signature).body(body).send().await.unwrap();
    let status = response.status();
    let answer: Value = response.json().await.unwrap();
    assert!(status.is_success(), "{answer}");
    answer
}
