//! A client of the API, as a program of the administrator's would be.

use std::path::Path;

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;

/// A client that is somebody: the local administrator, or whoever signed in.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    base: String,
}

/// A page of a list as the API gives it.
const PAGE: usize = 500;

impl Api {
    /// The local administrator, through the socket.
    pub fn local(socket: &Path) -> Self {
        crate::collector::install_provider();
        let client = Client::builder()
            .unix_socket(socket)
            .build()
            .expect("a client");
        Self {
            client,
            base: "http://localhost".into(),
        }
    }

    /// A browser that has not signed in, trusting the installation's authority alone.
    pub fn https(address: std::net::SocketAddr, authority_pem: &str) -> Self {
        crate::collector::install_provider();
        let authority = reqwest::Certificate::from_pem(authority_pem.as_bytes()).expect("a PEM");
        let client = Client::builder()
            .tls_certs_only([authority])
            // Whatever this machine takes the name for.
            .resolve("localhost", address)
            .cookie_store(true)
            // Which of its addresses a machine's name is differs from machine to machine.
            .resolve("localhost", address)
            .build()
            .expect("a client");
        Self {
            client,
            base: format!("https://localhost:{}", address.port()),
        }
    }

    /// Where the API is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Sends a request with the header that writes need.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header("X-OpenWatch-Request", "1");
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        request.send().await.expect("an answer")
    }

    /// Sends bytes of this media type.
    pub async fn upload(&self, path: &str, media_type: &str, bytes: Vec<u8>) -> Response {
        let request = self.client.post(format!("{}{path}", self.base));
        let request = request.header("X-OpenWatch-Request", "1");
        let request = request.header("Content-Type", media_type).body(bytes);
        request.send().await.expect("an answer")
    }

    /// Whether `path` is answered with a success; nobody there is none.
    pub async fn try_send(&self, path: &str) -> bool {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// What is at `path`.
    ///
    /// # Panics
    /// When the answer is not a success.
    pub async fn get(&self, path: &str) -> Value {
        let response = self.send(Method::GET, path, None).await;
        json(path, response).await
    }

    /// What is at `path`, or the status of the refusal.
    ///
    /// # Errors
    /// The status and the problem.
    pub async fn try_get(&self, path: &str) -> Result<Value, (StatusCode, Value)> {
        let response = self.send(Method::GET, path, None).await;
        let status = response.status();
        let body = response.json().await.unwrap_or_default();
        if status.is_success() {
            Ok(body)
        } else {
            Err((status, body))
        }
    }

    /// What posting `body` gives.
    ///
    /// # Panics
    /// When the answer is not a success.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let response = self.send(Method::POST, path, Some(body)).await;
        json(path, response).await
    }

    /// Every item of the list at `path`, page by page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut page = format!("{path}{joint}limit={PAGE}");
        loop {
            let mut answer = self.get(&page).await;
            items.append(answer["items"].as_array_mut().expect("a list"));
            match answer["next"].as_str() {
                Some(next) => page = format!("{path}{joint}limit={PAGE}&cursor={next}"),
                None => return items,
            }
        }
    }

    /// The text of an enrolment token that is good for `uses` hosts.
    pub async fn token(&self, uses: u32) -> String {
        let body = serde_json::json!({"name": "test", "max_uses": uses});
        let token = self.post("/api/v1/enrollment-tokens", &body).await;
        token["token"].as_str().expect("a token").to_owned()
    }

    /// A host's present facts of one kind, by key.
    pub async fn facts(&self, host: &str, kind: &str) -> std::collections::BTreeMap<String, Value> {
        let path = format!("/api/v1/hosts/{host}/facts?kind={kind}");
        let rows = self.all(&path).await.into_iter();
        rows.map(|row| {
            (
                row["key"].as_str().expect("a key").to_owned(),
                row["value"].clone(),
            )
        })
        .collect()
    }
}

async fn json(path: &str, response: Response) -> Value {
    let status = response.status();
    let text = response.text().await.expect("a body");
    assert!(status.is_success(), "{path}: {status} {text}");
    if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).expect("JSON")
    }
}
