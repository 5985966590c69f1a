//! The API's client, over the local socket or HTTPS.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, anyhow, bail};
use reqwest::{Certificate, Method, RequestBuilder, Response, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::args::Target;

/// Longer than the collector takes for any answer.
const TIMEOUT: Duration = Duration::from_secs(40);
/// Longest time for an answer that comes bit by bit.
const LONG: Duration = Duration::from_secs(6 * 3600);
/// The longest page.
const PAGE: usize = 500;

/// A collector that can be asked.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    /// What to say when nobody answers.
    advice: String,
    signed_in: bool,
}

impl Client {
    /// Reaches the collector; signs in when it is elsewhere.
    pub(crate) async fn connect(target: &Target) -> anyhow::Result<Self> {
        // An error means that there is one already, and there is only this one.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let Some(url) = &target.url else {
            return Self::local(&target.socket);
        };
        if !url.starts_with("https://") {
            bail!("{url}: only https:// is spoken");
        }
        let mut http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .cookie_store(true);
        if let Some(path) = &target.ca_file {
            let pem = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
            let authority = Certificate::from_pem(&pem)
                .with_context(|| format!("{} is no PEM certificate", path.display()))?;
            http = http.tls_certs_only([authority]);
        }
        let base = url.trim_end_matches('/').to_owned();
        let advice = format!(
            "cannot reach the collector at {base}; check the address, that its port is open, and \
             with --ca-file the authority (`owadm ca show` on its machine)"
        );
        let mut client = Self {
            http: http.build()?,
            base,
            advice,
            signed_in: false,
        };
        let name = target.user.as_deref().unwrap_or_default();
        let password = password(target)?;
        let body = json!({"name": name, "password": password});
        client
            .post("/api/v1/session", &body)
            .await
            .context("signing in")?;
        client.signed_in = true;
        Ok(client)
    }

    fn local(socket: &Path) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .unix_socket(socket);
        let advice = format!(
            "cannot reach the collector through {}; is openwatch-collector running here, and is \
             this root or the collector's account? Name another socket with --socket, or a \
             collector elsewhere with --url",
            socket.display()
        );
        let base = "http://localhost".into();
        Ok(Self {
            http: http.build()?,
            base,
            advice,
            signed_in: false,
        })
    }

    /// Signs out, if it has signed in. A session that stays ends by itself.
    pub(crate) async fn leave(self) {
        if self.signed_in {
            let _ = self.delete("/api/v1/session").await;
        }
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        self.send(Method::GET, path, |request| request.query(query))
            .await
    }

    /// An answer that may take long and be large, as it comes.
    pub(crate) async fn follow(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> anyhow::Result<Response> {
        self.ask(Method::GET, path, |request| {
            request.query(query).timeout(LONG)
        })
        .await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.send(Method::POST, path, |request| request.json(body))
            .await
    }

    /// Sends bytes of this media type.
    pub(crate) async fn upload(
        &self,
        path: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> anyhow::Result<Value> {
        self.send(Method::POST, path, |request| {
            request.header(CONTENT_TYPE, media_type).body(bytes)
        })
        .await
    }

    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.send(Method::DELETE, path, |request| request).await
    }

    /// The items of a list from all its pages, at most `most`.
    pub(crate) async fn list(
        &self,
        path: &str,
        query: &[(&str, &str)],
        most: usize,
    ) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor = None;
        while items.len() < most {
            let limit = PAGE.min(most - items.len()).to_string();
            let mut query = query.to_vec();
            query.push(("limit", &limit));
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let mut page = self.get(path, &query).await?;
            match page["items"].take() {
                Value::Array(rows) => items.extend(rows),
                _ => bail!("the collector's answer to {path} is not a list"),
            }
            match page["next"].take() {
                Value::String(next) => cursor = Some(next),
                _ => break,
            }
        }
        Ok(items)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> anyhow::Result<Value> {
        let answer = self.ask(method, path, fill).await?;
        if answer.status() == StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        let bytes = answer
            .bytes()
            .await
            .context("reading the collector's answer")?;
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Sends a request; the answer, which is a success.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> anyhow::Result<Response> {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = fill(request.header("X-OpenWatch-Request", "1"));
        let answer = request.send().await.map_err(|error| {
            let advise = error.is_connect();
            // The address is in our own message; reqwest's has it only in the way.
            let error = anyhow::Error::new(error.without_url());
            if advise {
                error.context(self.advice.clone())
            } else {
                error
            }
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let bytes = answer
            .bytes()
            .await
            .context("reading the collector's answer")?;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        match (body["detail"].as_str(), body["code"].as_str()) {
            (Some(detail), Some(code)) => Err(anyhow!("{detail} ({code})")),
            _ => Err(anyhow!("the collector answered {status}")),
        }
    }
}

fn password(target: &Target) -> anyhow::Result<String> {
    match (&target.user_password_file, &target.user_password) {
        (Some(path), _) => read_password(path),
        (None, Some(password)) => Ok(password.clone()),
        (None, None) => {
            bail!("no password: name a file with --user-password-file, or set OWADM_PASSWORD")
        }
    }
}

/// The first line of a file.
pub(crate) fn read_password(path: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let password = text.lines().next().unwrap_or_default().to_owned();
    if password.is_empty() {
        bail!("{}: the first line is empty", path.display());
    }
    Ok(password)
}
