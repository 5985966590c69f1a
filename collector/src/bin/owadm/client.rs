//! The API's client, over the local socket or HTTPS.

use std::{fmt, path::Path, time::Duration};

use anyhow::{Context as _, anyhow, bail};
use reqwest::{
    Certificate, ClientBuilder, Method, Request, RequestBuilder, Response, StatusCode,
    header::{
        AUTHORIZATION, CONTENT_TYPE, COOKIE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    again,
    target::{Door, Elsewhere, Who},
};

/// Longer than the collector takes for any answer.
const TIMEOUT: Duration = Duration::from_secs(40);
/// Longest time for an answer that comes bit by bit.
const LONG: Duration = Duration::from_secs(6 * 3600);
/// The longest page.
const PAGE: usize = 500;
/// The cookie of a session.
const SESSION: &str = "openwatch_session";

/// A collector that can be asked.
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    /// What to say when nobody answers.
    advice: String,
    /// The profile that it comes from.
    profile: Option<String>,
    /// Whether its session is of this command alone.
    signed_in: bool,
}

/// Why the collector did not do it.
#[derive(Debug)]
struct Refused {
    code: String,
    detail: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.detail, self.code)
    }
}

impl std::error::Error for Refused {}

/// The code of the problem that the collector answered with.
pub(crate) fn code(error: &anyhow::Error) -> Option<&str> {
    error
        .downcast_ref::<Refused>()
        .map(|refused| refused.code.as_str())
}

/// Signs in; returns the session's cookie, and what the session is.
pub(crate) async fn sign_in(
    url: &str,
    authority: Option<&str>,
    user: &str,
    password: &str,
    second: Option<&str>,
) -> anyhow::Result<(String, Value)> {
    let client = Client::elsewhere(url, authority, None)?;
    let mut body = json!({"name": user, "password": password});
    if let Some(second) = second {
        body["code"] = second.into();
    }
    let request = client.request(Method::POST, "/api/v1/session").json(&body);
    let answer = client.answer(request).await.context("signing in")?;
    let cookie = answer
        .cookies()
        .find(|cookie| cookie.name() == SESSION)
        .map(|cookie| cookie.value().to_owned());
    let session = client.body(answer).await.context("signing in")?;
    Ok((cookie.context("the collector began no session")?, session))
}

impl Client {
    /// Reaches the collector; signs in where it takes a password.
    pub(crate) async fn connect(door: &Door) -> anyhow::Result<Self> {
        let Elsewhere {
            url,
            authority,
            who,
            profile,
        } = match door {
            Door::Socket(socket) => return Self::local(socket),
            Door::Elsewhere(elsewhere) => elsewhere,
        };
        let authority = authority.as_deref();
        let mut client = match who {
            Who::Token(token) => Self::with_token(url, authority, token)?,
            Who::Session(cookie) => Self::with_session(url, authority, cookie)?,
            Who::Password { user, password } => {
                let (cookie, _) = sign_in(url, authority, user, password, None).await?;
                let client = Self::with_session(url, authority, &cookie)?;
                Self {
                    signed_in: true,
                    ..client
                }
            }
        };
        client.profile.clone_from(profile);
        Ok(client)
    }

    pub(crate) fn with_token(
        url: &str,
        authority: Option<&str>,
        token: &str,
    ) -> anyhow::Result<Self> {
        Self::elsewhere(
            url,
            authority,
            Some((AUTHORIZATION, format!("Bearer {token}"))),
        )
    }

    pub(crate) fn with_session(
        url: &str,
        authority: Option<&str>,
        cookie: &str,
    ) -> anyhow::Result<Self> {
        Self::elsewhere(
            url,
            authority,
            Some((COOKIE, format!("{SESSION}={cookie}"))),
        )
    }

    fn elsewhere(
        url: &str,
        authority: Option<&str>,
        shown: Option<(HeaderName, String)>,
    ) -> anyhow::Result<Self> {
        if !url.starts_with("https://") {
            bail!("{url}: only https:// is spoken");
        }
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = shown {
            let mut value = HeaderValue::from_str(&value)
                .map_err(|_| anyhow!("what lets one in is no text of one line"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let mut http = Self::builder().default_headers(headers);
        if let Some(pem) = authority {
            let authority = Certificate::from_pem(pem.as_bytes())
                .context("the authority that is to be trusted is no PEM certificate")?;
            http = http.tls_certs_only([authority]);
        }
        let base = url.trim_end_matches('/').to_owned();
        let advice = format!(
            "cannot reach the collector at {base}; check the address, that its port is open, and \
             with --ca-file the authority (`owadm ca show` on its machine)"
        );
        Ok(Self {
            http: http.build()?,
            base,
            advice,
            profile: None,
            signed_in: false,
        })
    }

    pub(crate) fn local(socket: &Path) -> anyhow::Result<Self> {
        let http = Self::builder().unix_socket(socket);
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
            profile: None,
            signed_in: false,
        })
    }

    /// What lets one in goes to that collector and nowhere else: no redirect is followed.
    fn builder() -> ClientBuilder {
        // An error means that there is one already, and there is only this one.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
    }

    /// Signs out, if it has signed in. A session that stays ends by itself.
    pub(crate) async fn leave(self) {
        if self.signed_in {
            let _ = self.delete("/api/v1/session").await;
        }
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        self.ask(self.request(Method::GET, path).query(query)).await
    }

    /// An answer that may take long and be large, as it comes.
    pub(crate) async fn follow(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> anyhow::Result<Response> {
        let request = self.request(Method::GET, path).query(query).timeout(LONG);
        self.success(self.answer(request).await?).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask(self.to_be_done_once(path).json(body)).await
    }

    /// A thing, with the tag of what it is; a collector of before has none.
    pub(crate) async fn get_tagged(&self, path: &str) -> anyhow::Result<(Value, Option<String>)> {
        let answer = self.answer(self.request(Method::GET, path)).await?;
        let tag = answer.headers().get(ETAG);
        let tag = tag.and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        Ok((self.body(answer).await?, tag))
    }

    /// With a tag, only if the thing still is what that was of.
    pub(crate) async fn put(
        &self,
        path: &str,
        tag: Option<&str>,
        body: &Value,
    ) -> anyhow::Result<Value> {
        let request = self.request(Method::PUT, path).json(body);
        self.ask(with(request, tag)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(self.request(Method::DELETE, path)).await
    }

    /// With a tag, only if the thing still is what that was of.
    pub(crate) async fn delete_if(&self, path: &str, tag: Option<&str>) -> anyhow::Result<Value> {
        self.ask(with(self.request(Method::DELETE, path), tag))
            .await
    }

    /// Sends bytes of this media type.
    pub(crate) async fn upload(
        &self,
        path: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> anyhow::Result<Value> {
        let request = self.to_be_done_once(path);
        self.ask(request.header(CONTENT_TYPE, media_type).body(bytes))
            .await
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

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        request.header("X-OpenWatch-Request", "1")
    }

    /// A POST that can be sent again.
    fn to_be_done_once(&self, path: &str) -> RequestBuilder {
        let key = Uuid::new_v4().to_string();
        self.request(Method::POST, path)
            .header("Idempotency-Key", key)
    }

    /// Asks; and asks again when the connection breaks, or the collector says that it is too early.
    async fn ask(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let request = request.build()?;
        for _ in 1..again::TRIES {
            let Some(copy) = request.try_clone() else {
                break;
            };
            let told = async {
                let answer = self.execute(copy).await?;
                match again::wait(&answer) {
                    Some(wait) => Ok(Err(wait)),
                    None => self.body(answer).await.map(Ok),
                }
            };
            match told.await {
                Ok(Ok(body)) => return Ok(body),
                Ok(Err(wait)) => tokio::time::sleep(wait).await,
                // What was deleted would be sought in vain.
                Err(error) if request.method() != Method::DELETE && again::is_broken(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let answer = self.execute(request).await?;
        self.body(answer).await
    }

    /// Sends a request; the answer, whatever it is.
    async fn answer(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        self.execute(request.build()?).await
    }

    async fn execute(&self, request: Request) -> anyhow::Result<Response> {
        self.http.execute(request).await.map_err(|error| {
            let advise = error.is_connect();
            // The address is in our own message; reqwest's has it only in the way.
            let error = anyhow::Error::new(error.without_url());
            if advise {
                error.context(self.advice.clone())
            } else {
                error
            }
        })
    }

    async fn body(&self, answer: Response) -> anyhow::Result<Value> {
        let answer = self.success(answer).await?;
        if answer.status() == StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        let bytes = answer
            .bytes()
            .await
            .context("reading the collector's answer")?;
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// The answer, if it is a success.
    async fn success(&self, answer: Response) -> anyhow::Result<Response> {
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
            (Some(detail), Some(code)) => Err(self.refused(code, detail)),
            _ => Err(anyhow!("the collector answered {status}")),
        }
    }

    /// The refusal, with what mends it where that is for this tool to say.
    fn refused(&self, code: &str, detail: &str) -> anyhow::Error {
        let again = match (&self.profile, code) {
            (Some(name), "unauthenticated") => Some(format!(
                "profile {name} lets nobody in any more; `owadm login {name}` signs in again"
            )),
            (Some(name), "proof_needed") => Some(format!(
                "this is dangerous, and it is a while since you signed in; `owadm login {name}` does it again"
            )),
            (_, "precondition_failed") => Some(
                "it is another than when this command looked; look at what it is now, then run it again".into(),
            ),
            _ => None,
        };
        let (code, detail) = (code.into(), detail.into());
        let refused = anyhow::Error::new(Refused { code, detail });
        match again {
            Some(advice) => refused.context(advice),
            None => refused,
        }
    }
}

/// A request that depends on that its thing still is what the tag was of.
fn with(request: RequestBuilder, tag: Option<&str>) -> RequestBuilder {
    match tag {
        Some(tag) => request.header(IF_MATCH, tag),
        None => request,
    }
}
