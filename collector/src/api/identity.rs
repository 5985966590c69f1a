//! Who asks, and what they may. `permit` asks it for each route; handlers take the answer.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    access::{Grants, Scope},
    api::error::ApiError,
    store,
};

/// The cookie's name.
pub(crate) const COOKIE: &str = "openwatch_session";
/// What the text of an API token begins with, so that scanners for secrets find it.
pub(crate) const TOKEN_PREFIX: &str = "owt_";
/// A session ends after so long without a request.
pub(crate) const IDLE: TimeDelta = TimeDelta::minutes(30);
/// A session ends after so long, however much it is used.
pub(crate) const ABSOLUTE: TimeDelta = TimeDelta::hours(12);
/// Uses are written down no more often than this, so that reading a page is not writing a row.
const TOUCH: TimeDelta = TimeDelta::minutes(1);
/// For so long after somebody has shown who they are, they need not do it again for what is dangerous.
pub(crate) const PROVED: TimeDelta = TimeDelta::minutes(15);

/// How a session is said to have begun that began with a password, alone or with something beside it.
pub(crate) const PASSWORD: &str = "password";

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

/// Someone who may use the API. Only behind a route that asks who it is (`permit`).
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// The account's name, or `local administrator`.
    pub(crate) name: String,
    /// `None` for the local administrator.
    pub(crate) account: Option<Uuid>,
    pub(crate) how: How,
    /// What they may.
    pub(crate) grants: Arc<Grants>,
    /// What they have to set up before they may do anything of it.
    pub(crate) needed: Required,
    /// When it ends if nothing more is asked; `None` for the local administrator.
    pub(crate) expires_at: Option<DateTime<Utc>>,
    /// It is the account for emergencies.
    pub(crate) break_glass: bool,
}

impl Identity {
    /// To whom belongs what is kept of requests: how many there were, cursors, answers. A token is somebody else
    /// than its account, because it may less.
    pub(crate) fn actor(&self) -> String {
        match (&self.how, self.account) {
            (How::Token { id }, _) => format!("token:{id}"),
            (How::Schedule { id }, _) => format!("schedule:{id}"),
            (How::Session { .. } | How::Socket, Some(account)) => format!("account:{account}"),
            (How::Session { .. } | How::Socket, None) => "local".into(),
        }
    }

    /// That they have set up what must be before anything else.
    ///
    /// # Errors
    /// [`ApiError::PasswordNeeded`], [`ApiError::FactorNeeded`].
    pub(crate) fn settled(&self) -> Result<(), ApiError> {
        if self.needed.own_password {
            return Err(ApiError::PasswordNeeded);
        }
        if self.needed.factor {
            return Err(ApiError::FactorNeeded);
        }
        Ok(())
    }

    /// The account and the session of somebody who is signed in: for what neither a program nor the local
    /// administrator does.
    ///
    /// # Errors
    /// [`ApiError::NotByToken`], [`ApiError::NoAccount`].
    pub(crate) fn session(&self) -> Result<(Uuid, Uuid), ApiError> {
        match (&self.how, self.account) {
            (How::Session { id, .. }, Some(account)) => Ok((account, *id)),
            (How::Token { .. } | How::Schedule { .. }, _) => Err(ApiError::NotByToken),
            (How::Socket | How::Session { .. }, _) => Err(ApiError::NoAccount),
        }
    }
}

/// What somebody who signs in with a password must have set up before anything else.
#[derive(Debug, Clone, Copy, Default)]
pub struct Required {
    /// A second factor: a password alone lets nobody in.
    pub factor: bool,
    /// A password that they have chosen, in place of one that somebody gave them.
    pub own_password: bool,
}

/// What an identity rests on.
#[derive(Debug, Clone)]
pub(crate) enum How {
    /// The request came through the local socket.
    Socket,
    Session {
        id: Uuid,
        /// How its person showed who they are.
        method: String,
        /// When they last did.
        proved_at: DateTime<Utc>,
    },
    Token {
        id: Uuid,
    },
    /// The collector itself makes an export that its person has planned.
    Schedule {
        id: Uuid,
    },
}

impl How {
    /// For the audit log.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Socket => "socket".into(),
            Self::Session { method, .. } => method.clone(),
            Self::Token { id } => format!("token:{id}"),
            Self::Schedule { id } => format!("schedule:{id}"),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Identity {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let identity = parts.extensions.get::<Self>();
        identity.cloned().ok_or(ApiError::Unauthenticated)
    }
}

/// The hosts that the permission of the route holds for.
#[derive(Debug, Clone)]
pub(crate) struct Within(pub(crate) Scope);

impl Within {
    /// The groups whose hosts it is, as the store takes them; `None` for every host.
    pub(crate) fn groups(&self) -> Option<Vec<i32>> {
        self.0.groups()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Within {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let within = parts.extensions.get::<Self>();
        // A route that names no permission shows no hosts.
        let nothing = || Self(Scope::Groups(BTreeSet::new()));
        Ok(within.cloned().unwrap_or_else(nothing))
    }
}

/// Finds out who asks. Every request carries it.
#[derive(Debug, Clone)]
pub(crate) struct Doorman {
    pub(crate) db: PgPool,
    pub(crate) clock: SharedClock,
    pub(crate) required: Required,
}

impl Doorman {
    /// Who it is that shows this.
    ///
    /// # Errors
    /// [`ApiError::Unauthenticated`] when it is nobody, and the database's.
    pub(crate) async fn identify(&self, proof: &Proof, used: bool) -> Result<Identity, ApiError> {
        match proof {
            Proof::Socket => Ok(local_administrator()),
            Proof::Session(hash) => self.session(hash, used).await,
            Proof::Token(hash) => self.token(hash, used).await,
        }
    }

    /// The account of an export that comes by itself, with its rights as they are now.
    ///
    /// # Errors
    /// [`ApiError::Unauthenticated`] when it is locked or gone, and the database's.
    pub(crate) async fn of_schedule(&self, account: Uuid, id: Uuid) -> Result<Identity, ApiError> {
        let mut conn = self.db.acquire().await?;
        let found = store::account::get(&mut conn, account).await?;
        let found = found.filter(|found| found.disabled_at.is_none());
        let found = found.ok_or(ApiError::Unauthenticated)?;
        let grants = store::access::grants(&mut conn, account).await?;
        Ok(Identity {
            name: found.name,
            account: Some(account),
            how: How::Schedule { id },
            grants: Arc::new(grants),
            needed: Required::default(),
            expires_at: None,
            break_glass: found.break_glass,
        })
    }

    async fn session(&self, hash: &[u8; 32], used: bool) -> Result<Identity, ApiError> {
        let now = self.clock.now();
        let mut conn = self.db.acquire().await?;
        let session = store::session::find(&mut conn, hash).await?;
        let mut session = session.ok_or(ApiError::Unauthenticated)?;
        if session.expires_at.min(session.used_at + IDLE) <= now {
            return Err(ApiError::Unauthenticated);
        }
        if used && session.used_at + TOUCH <= now {
            store::session::touch(&mut conn, hash, now).await?;
            session.used_at = now;
        }
        let grants = store::access::grants(&mut conn, session.account_id).await?;
        // How a provider or a certificate makes sure of somebody is theirs to say.
        let held = !session.break_glass && session.method.starts_with(PASSWORD);
        let needed = Required {
            own_password: self.required.own_password && held && session.password_given,
            factor: self.required.factor
                && held
                && !store::factor::any(&mut conn, session.account_id).await?,
        };
        Ok(Identity {
            name: session.account,
            account: Some(session.account_id),
            how: How::Session {
                id: session.id,
                method: session.method,
                proved_at: session.proved_at,
            },
            grants: Arc::new(grants),
            needed,
            expires_at: Some(session.expires_at.min(session.used_at + IDLE)),
            break_glass: session.break_glass,
        })
    }

    async fn token(&self, hash: &[u8; 32], used: bool) -> Result<Identity, ApiError> {
        let now = self.clock.now();
        let mut conn = self.db.acquire().await?;
        let token = store::access::token(&mut conn, hash, now).await?;
        let token = token.ok_or(ApiError::Unauthenticated)?;
        if used && token.used_at.is_none_or(|used_at| used_at + TOUCH <= now) {
            store::access::touch_token(&mut conn, token.id, now).await?;
        }
        // What its maker may not any more, the token does not give.
        let of_maker = store::access::grants(&mut conn, token.account).await?;
        Ok(Identity {
            name: token.account_name,
            account: Some(token.account),
            how: How::Token { id: token.id },
            grants: Arc::new(of_maker.intersect(&token.grants)),
            needed: Required::default(),
            expires_at: Some(token.expires_at),
            break_glass: false,
        })
    }
}

fn local_administrator() -> Identity {
    Identity {
        name: "local administrator".into(),
        account: None,
        how: How::Socket,
        grants: Arc::new(Grants::all()),
        needed: Required::default(),
        expires_at: None,
        break_glass: false,
    }
}

/// What somebody shows.
#[derive(Debug, Clone)]
pub(crate) enum Proof {
    /// The request came through the local socket.
    Socket,
    /// The SHA-256 of a session's cookie.
    Session([u8; 32]),
    /// The SHA-256 of an API token.
    Token([u8; 32]),
}

impl Proof {
    /// The hash of a secret, if one is shown.
    pub(crate) fn hash(&self) -> Option<&[u8; 32]> {
        match self {
            Self::Socket => None,
            Self::Session(hash) | Self::Token(hash) => Some(hash),
        }
    }

    /// What a request shows. Who says `Authorization` is taken at that word: a cookie beside it counts for
    /// nothing.
    ///
    /// # Errors
    /// [`ApiError::Unauthenticated`] when it shows nothing that could be good.
    pub(crate) fn of(parts: &Parts) -> Result<Self, ApiError> {
        if parts.extensions.get::<LocalAdministrator>().is_some() {
            return Ok(Self::Socket);
        }
        if let Some(said) = parts.headers.get(header::AUTHORIZATION) {
            let text = said
                .to_str()
                .ok()
                .and_then(|said| said.strip_prefix("Bearer "));
            let secret = text.and_then(|text| text.trim().strip_prefix(TOKEN_PREFIX));
            let hash = secret.and_then(hash).map(Self::Token);
            return hash.ok_or(ApiError::Unauthenticated);
        }
        let hash = session_hash(&parts.headers).map(Self::Session);
        hash.ok_or(ApiError::Unauthenticated)
    }
}

/// The hash of the session's cookie, if there is one that could be ours.
pub(crate) fn session_hash(headers: &HeaderMap) -> Option<[u8; 32]> {
    let jar = CookieJar::from_headers(headers);
    jar.get(COOKIE).and_then(|cookie| hash(cookie.value()))
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
