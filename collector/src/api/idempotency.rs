//! `Idempotency-Key`: what is sent again because its answer was lost is not done again, but answered again.
//!
//! It stands behind the guard: who may not ask any more is refused before anything is looked up. What is begun
//! is done to its end though whoever asked is gone, because that is when they ask again.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody as _, to_bytes},
    extract::{FromRequest as _, MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, error};
use utoipa::openapi::{
    ObjectBuilder, RefOr, Type,
    path::{Operation, ParameterBuilder, ParameterIn},
};
use uuid::Uuid;

use crate::{
    api::{answers, document::may_answer, error::ApiError, identity::Identity, shell::TIMEOUT},
    authority::Authority,
    store::{
        self,
        idempotency::{KEEP, Kept, Key},
    },
};

/// The answer to those who ask again before it is done, as the document calls it.
pub(crate) const IN_PROGRESS: &str = "IdempotencyInProgress";
/// The answer to those who use a key for something else, as the document calls it.
pub(crate) const MISMATCH: &str = "IdempotencyMismatch";

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The longest key, characters.
const LONGEST: usize = 255;
/// The longest answer that is kept, bytes. None of what changes something is longer, or comes bit by bit.
const MAX_ANSWER: u64 = 1024 * 1024;
/// For so long nobody else gets a key whose request neither ended nor failed: what has it was killed. Longer than
/// a request may take.
const LEASE: Duration = Duration::from_secs(2 * TIMEOUT.as_secs());
/// When to ask again for what is being done.
const AGAIN_S: u64 = 1;
/// What the mark of a request is for.
const PURPOSE: &str = "openwatch-request/1";

/// Where answers are kept. Every request carries it.
#[derive(Debug, Clone)]
pub(crate) struct Answers {
    pub(crate) db: PgPool,
    pub(crate) clock: SharedClock,
    pub(crate) authority: Authority,
    /// What is being done.
    pub(crate) tasks: TaskTracker,
}

/// An answer, as it is sealed.
#[derive(Debug, Serialize, Deserialize)]
struct Sealed {
    headers: Vec<(String, String)>,
    /// Base64.
    body: String,
}

/// One attempt at a request that has its key.
#[derive(Debug, Clone)]
struct Attempt {
    answers: Answers,
    actor: Arc<str>,
    key: Arc<str>,
    id: Uuid,
}

/// Around routes that ask who it is: a POST with a key is done once.
pub(crate) async fn once(request: Request, next: Next) -> Response {
    if *request.method() != Method::POST {
        return next.run(request).await;
    }
    let answer = match key(request.headers()) {
        Ok(Some(key)) => answer(request, &key, next).await,
        Ok(None) => return next.run(request).await,
        Err(refusal) => Err(refusal),
    };
    answer.unwrap_or_else(|refusal| refusal.into_response())
}

/// The key of a request, if it has one.
fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut said = headers.get_all(KEY).iter();
    let (Some(key), more) = (said.next(), said.next()) else {
        return Ok(None);
    };
    let key = key.to_str().unwrap_or_default();
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if more.is_some() || !visible || !(1..=LONGEST).contains(&key.len()) {
        let detail = format!("is not one text of 1 to {LONGEST} visible ASCII characters");
        return Err(ApiError::parameter("Idempotency-Key", detail));
    }
    Ok(Some(key.to_owned()))
}

async fn answer(request: Request, key: &str, next: Next) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (Some(answers), Some(identity)) = (
        parts.extensions.get::<Answers>().cloned(),
        parts.extensions.get::<Identity>(),
    ) else {
        return Err(ApiError::Unauthenticated);
    };
    let actor = identity.actor();
    let path = parts.extensions.get::<MatchedPath>();
    let operation = format!("{} {}", parts.method, path.map_or("", MatchedPath::as_str));
    // As long as the route allows.
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let body = body.map_err(|rejection| ApiError::Refused(rejection.status()))?;
    let asked = parts
        .uri
        .path_and_query()
        .map_or("", |asked| asked.as_str());
    let mark = answers.authority.mac().mark([
        PURPOSE.as_bytes(),
        actor.as_bytes(),
        key.as_bytes(),
        operation.as_bytes(),
        asked.as_bytes(),
        &body,
    ]);

    let attempt = Attempt {
        answers,
        actor: actor.into(),
        key: key.into(),
        id: Uuid::new_v4(),
    };
    let request = Request::from_parts(parts, Body::from(body));
    let (tasks, once) = (attempt.answers.tasks.clone(), attempt.clone());
    // With the key it is begun: also that must not be cut off by whoever is gone.
    let task = async move {
        match once.begin(&operation, &mark).await? {
            Some(kept) => once.again(kept, &mark),
            None => Ok(once.run(request, next).await),
        }
    };
    match tasks.spawn(task.in_current_span()).await {
        Ok(answer) => answer,
        Err(panicked) => {
            attempt.free().await;
            Err(ApiError::Task(panicked))
        }
    }
}

impl Attempt {
    fn key(&self) -> Key<'_> {
        Key {
            actor: &self.actor,
            key: &self.key,
        }
    }

    /// Takes the key; what there is of it when somebody has it.
    async fn begin(&self, operation: &str, mark: &[u8]) -> Result<Option<Kept>, ApiError> {
        let Answers { db, clock, .. } = &self.answers;
        let now = clock.now();
        let lease = TimeDelta::from_std(LEASE).unwrap_or(TimeDelta::MAX);
        let mut conn = db.acquire().await?;
        let begun = store::idempotency::Begun {
            operation,
            request: mark,
            attempt: self.id,
            at: now,
        };
        let (abandoned, forgotten) = (now - lease, now - KEEP);
        if store::idempotency::take(&mut conn, self.key(), begun, abandoned, forgotten).await? {
            return Ok(None);
        }
        let kept = store::idempotency::find(&mut conn, self.key()).await?;
        // It was freed just now: whoever asks again gets it.
        kept.map(Some).ok_or(ApiError::IdempotencyInProgress {
            retry_after_s: AGAIN_S,
        })
    }

    /// What was answered before.
    fn again(&self, kept: Kept, mark: &[u8]) -> Result<Response, ApiError> {
        if kept.request != mark {
            return Err(ApiError::IdempotencyMismatch(kept.operation));
        }
        let (Some(status), Some(sealed)) = (kept.status, kept.answer) else {
            return Err(ApiError::IdempotencyInProgress {
                retry_after_s: AGAIN_S,
            });
        };
        let vault = self.answers.authority.vault();
        let opened = vault.unseal(&self.place(kept.attempt), &sealed);
        let opened = opened.ok_or(ApiError::Sealed)?;
        let sealed: Sealed = serde_json::from_slice(&opened)?;
        let body = STANDARD.decode(&sealed.body);
        let status = u16::try_from(status).ok();
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        let mut answer = Response::new(Body::from(body.map_err(|_| ApiError::Sealed)?));
        *answer.status_mut() = status.ok_or(ApiError::Sealed)?;
        for (name, value) in &sealed.headers {
            let name = HeaderName::try_from(name).map_err(|_| ApiError::Sealed)?;
            let value = HeaderValue::try_from(value).map_err(|_| ApiError::Sealed)?;
            answer.headers_mut().append(name, value);
        }
        let replayed = HeaderValue::from_static("true");
        answer.headers_mut().insert(REPLAYED, replayed);
        Ok(answer)
    }

    /// Does it, and keeps what came of it.
    async fn run(self, request: Request, next: Next) -> Response {
        let Ok(answer) = timeout(TIMEOUT, next.run(request)).await else {
            self.free().await;
            return ApiError::Refused(StatusCode::REQUEST_TIMEOUT).into_response();
        };
        let length = answer.body().size_hint().upper();
        let short = length.is_some_and(|length| length <= MAX_ANSWER);
        if !answer.status().is_success() || !short {
            self.free().await;
            return answer;
        }
        let (parts, body) = answer.into_parts();
        let most = usize::try_from(MAX_ANSWER).unwrap_or(usize::MAX);
        let body = to_bytes(body, most).await;
        let body = body.expect("its length was known");
        if let Err(error) = self.keep(parts.status, &parts.headers, &body).await {
            let error = &error as &dyn std::error::Error;
            error!(
                error,
                "an answer was not kept: asked again, it would be done again"
            );
        }
        Response::from_parts(parts, Body::from(body))
    }

    async fn keep(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), ApiError> {
        // A session's cookie is good for nobody whose request it was not the answer to.
        let headers = headers
            .iter()
            .filter(|(name, _)| **name != header::SET_COOKIE);
        let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        let headers = headers.filter_map(|(name, value)| Some((name.to_string(), text(value)?)));
        let sealed = zeroize::Zeroizing::new(serde_json::to_vec(&Sealed {
            headers: headers.collect(),
            body: STANDARD.encode(body),
        })?);
        let vault = self.answers.authority.vault();
        let sealed = vault.seal(&self.place(self.id), &sealed);
        let status = status.as_u16().cast_signed();
        let mut conn = self.answers.db.acquire().await?;
        store::idempotency::keep(&mut conn, self.key(), self.id, status, &sealed).await?;
        Ok(())
    }

    /// It came to nothing. Where that cannot be said, the lease ends.
    async fn free(&self) {
        let free = async {
            let mut conn = self.answers.db.acquire().await?;
            store::idempotency::free(&mut conn, self.key(), self.id).await
        };
        if let Err(error) = free.await {
            let error = &error as &dyn std::error::Error;
            error!(error, "a key was not freed");
        }
    }

    /// Where an answer is kept: sealed, it is good there alone.
    fn place(&self, attempt: Uuid) -> String {
        format!("idempotency:{}:{}:{attempt}", self.actor, self.key)
    }
}

/// Says of a POST that it takes a key.
pub(crate) fn document(operation: &mut Operation) {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(LONGEST))
        .pattern(Some("^[!-~]+$"));
    let parameter = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "A text of your own, new for each thing to be done: sent again with it within 24 hours, the request is \
             not done again but answered again",
        ))
        .schema(Some(text))
        .build();
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(RefOr::T(parameter));
    answers::bad_request(operation);
    let in_progress = "`idempotency_in_progress`: ask again after `Retry-After`";
    may_answer(operation, "409", IN_PROGRESS, in_progress);
    may_answer(operation, "422", MISMATCH, "`idempotency_mismatch`");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let values = values
            .iter()
            .map(|value| HeaderValue::from_bytes(value).unwrap());
        values.map(|value| (KEY, value)).collect()
    }

    #[test]
    fn a_key_is_one_visible_text() {
        assert_eq!(key(&headers(&[])).unwrap(), None);
        for good in [
            "a",
            "!~",
            "8e03978e-40d5-43dd-bc93-6894a57f9324",
            &"k".repeat(255),
        ] {
            assert_eq!(
                key(&headers(&[good.as_bytes()])).unwrap().as_deref(),
                Some(good)
            );
        }
        let long = "k".repeat(256);
        let bad: [&[&[u8]]; 6] = [
            &[b""],
            &[long.as_bytes()],
            &[b"a b"],
            &[b"a\tb"],
            &["\u{e9}".as_bytes()],
            &[b"a", b"a"],
        ];
        for bad in bad {
            assert!(key(&headers(bad)).is_err(), "{bad:?}");
        }
    }
}
