//! Who asks. A handler that takes [`Identity`] answers nobody else.

use std::net::IpAddr;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{api::error::ApiError, store};

/// The cookie's name.
pub(crate) const COOKIE: &str = "openwatch_session";
/// A session ends after so long without a request.
const IDLE: TimeDelta = TimeDelta::minutes(30);
/// A session ends after so long, however much it is used.
pub(crate) const ABSOLUTE: TimeDelta = TimeDelta::hours(12);
/// Uses are written down no more often than this, so that reading a page is not writing a row.
const TOUCH: TimeDelta = TimeDelta::minutes(1);

/// How a request came in. The accept loop adds it to each request.
#[derive(Debug, Clone)]
pub struct Connection {
    /// `None` on the local socket.
    pub peer: Option<IpAddr>,
    /// Cancelled when the server stops: answers that have no end must end then.
    pub stopping: CancellationToken,
}

/// Whoever can open the collector's socket, which only its own user and root can.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalAdministrator;

/// Someone who may use the API.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// The account's name, or `local administrator`.
    pub(crate) name: String,
    /// When it ends if nothing more is asked; `None` for the local administrator.
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

impl<S> FromRequestParts<S> for Identity
where
    S: Send + Sync,
    PgPool: FromRef<S>,
    SharedClock: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Proof::of(parts, state)?.identify(true).await
    }
}

/// Like [`Identity`], but does not count as a use of the session: an open page is not a person.
#[derive(Debug, Clone)]
pub(crate) struct Follower {
    /// What the identity rests on, to be asked again while the answer lasts.
    pub(crate) proof: Proof,
}

impl<S> FromRequestParts<S> for Follower
where
    S: Send + Sync,
    PgPool: FromRef<S>,
    SharedClock: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let proof = Proof::of(parts, state)?;
        proof.identify(false).await?;
        Ok(Self { proof })
    }
}

/// The local administrator, and nobody else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Local;

impl<S> FromRequestParts<S> for Local
where
    S: Send + Sync,
    PgPool: FromRef<S>,
    SharedClock: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Proof::of(parts, state)? {
            Proof::Socket => Ok(Self),
            proof => {
                // Those who are nobody learn that they are, not where the door is.
                proof.identify(true).await?;
                Err(ApiError::LocalOnly)
            }
        }
    }
}

/// What an identity rests on.
#[derive(Debug, Clone)]
pub(crate) enum Proof {
    /// The request came through the local socket.
    Socket,
    /// The request has a cookie with this hash.
    Session {
        hash: [u8; 32],
        db: PgPool,
        clock: SharedClock,
    },
}

impl Proof {
    fn of<S>(parts: &Parts, state: &S) -> Result<Self, ApiError>
    where
        PgPool: FromRef<S>,
        SharedClock: FromRef<S>,
    {
        if parts.extensions.get::<LocalAdministrator>().is_some() {
            return Ok(Self::Socket);
        }
        let jar = CookieJar::from_headers(&parts.headers);
        let hash = jar.get(COOKIE).and_then(|cookie| hash(cookie.value()));
        Ok(Self::Session {
            hash: hash.ok_or(ApiError::Unauthenticated)?,
            db: PgPool::from_ref(state),
            clock: SharedClock::from_ref(state),
        })
    }

    /// Whether it still holds. When the database cannot be asked the answer is no.
    pub(crate) async fn holds(&self) -> bool {
        self.identify(false).await.is_ok()
    }

    async fn identify(&self, used: bool) -> Result<Identity, ApiError> {
        let Self::Session { hash, db, clock } = self else {
            return Ok(Identity {
                name: "local administrator".into(),
                expires_at: None,
            });
        };
        let now = clock.now();
        let mut conn = db.acquire().await?;
        let session = store::session::find(&mut conn, hash).await?;
        let mut session = session.ok_or(ApiError::Unauthenticated)?;
        if session.expires_at.min(session.used_at + IDLE) <= now {
            return Err(ApiError::Unauthenticated);
        }
        if used && session.used_at + TOUCH <= now {
            store::session::touch(&mut conn, hash, now).await?;
            session.used_at = now;
        }
        let expires_at = Some(session.expires_at.min(session.used_at + IDLE));
        Ok(Identity {
            name: session.account,
            expires_at,
        })
    }
}

/// When a session that begins now ends if nothing is asked.
pub(crate) fn first_expiry(now: DateTime<Utc>) -> DateTime<Utc> {
    now + ABSOLUTE.min(IDLE)
}

/// A new cookie's value: 32 random bytes.
///
/// # Errors
/// [`ApiError::Random`].
pub(crate) fn new_secret() -> Result<String, ApiError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(ApiError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What the database keeps of a cookie's value; `None` when it is not one of ours.
pub(crate) fn hash(secret: &str) -> Option<[u8; 32]> {
    let bytes = URL_SAFE_NO_PAD.decode(secret).ok()?;
    (bytes.len() == 32).then(|| Sha256::digest(bytes).into())
}

/// The cookie with this value. Without `Max-Age`: it goes when the browser is closed.
pub(crate) fn cookie(secret: String) -> Cookie<'static> {
    Cookie::build((COOKIE, secret))
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Strict)
        .path("/")
        .build()
}
