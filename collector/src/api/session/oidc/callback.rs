use axum::{extract::State, http::HeaderMap, response::Response};
use axum_extra::extract::cookie::CookieJar;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgPool;
use tracing::{info, warn};
use utoipa::IntoParams;

use super::{Refusal, Stop, browser, cookie, person, refused, sent};
use crate::{
    api::{
        self,
        error::{ApiError, Problem},
        identity::{self, PROVED},
        input::{ProviderPath, Query},
        provider,
        session::create::begin,
        trail::{Act, Trail},
    },
    audit::Outcome,
    oidc::{Client, Oidc, Person, Remembered},
    store::{
        self,
        provider::{Provider, sign_in::SignIn},
    },
};

/// What a browser brings back. Providers send more, which means nothing here.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BackQuery {
    state: Option<String>,
    code: Option<String>,
    /// Why the provider signed nobody in.
    error: Option<String>,
    /// Who answers (RFC 9207).
    iss: Option<String>,
}

/// Come back from a provider: begins a session, and sends the browser on into the console.
#[utoipa::path(get, path = "/api/v1/session/oidc/{name}/callback", tag = "session", security(()),
    params(("name" = String, Path), BackQuery),
    responses((status = 303, description = "Into the console, with the cookie `openwatch_session`; or to \
            `/sign-in?refused=CODE`: `state`, `late`, `mix_up`, `denied`, `gone`, `provider`, `token`, \
            `unknown`, `name`, `no_access`, `locked`"),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn oidc_callback(
    (trail, headers, jar): (Trail, HeaderMap, CookieJar),
    ProviderPath(name): ProviderPath,
    Query(back): Query<BackQuery>,
    State(api): State<api::State>,
) -> Result<Response, ApiError> {
    let api::State {
        db,
        clock,
        origin,
        authority,
        oidc,
        ..
    } = api;
    let Some(attempt) = take(&db, &back, &headers).await? else {
        let peer = trail.address();
        warn!(provider.name = name, peer.address = ?peer, "a browser came back that was not sent");
        return Ok(refused(jar, Refusal::State));
    };
    let now = clock.now();
    let method = provider::method(&name);
    let trail = trail.of("", None, &method);
    let who = async {
        let row = known(&db, &name, &attempt, now).await?;
        let client = provider::client(&row, &origin, &authority)?;
        let found = vouched(&oidc, &client, &attempt, &back).await?;
        let account = person::account(&db, now, &row, &found, &trail).await?;
        Ok::<_, Stop>((account, found))
    };
    let (account, found) = match who.await {
        Ok(who) => who,
        Err(Stop::Failed(error)) => return Err(error),
        Err(Stop::Refused(refusal, why)) => {
            warn!(
                provider.name = name,
                refused = refusal.code(),
                why,
                "sign-in refused"
            );
            note(&db, &trail, &name, refusal, &why).await?;
            return Ok(refused(jar, refusal));
        }
    };
    let trail = trail.of(&account.name, Some(account.id), &method);
    let secret = begin(&db, now, &account, &method, &trail, &headers).await?;
    settle(&db, &secret, &found, attempt.session, now).await?;
    info!(
        account.name = account.name,
        provider.name = name,
        "signed in"
    );
    let jar = jar
        .remove(cookie(String::new()))
        .add(identity::cookie(secret));
    Ok(sent(jar, &attempt.path))
}

/// The sign-in that this browser began. It is there once, whatever comes of it.
async fn take(
    db: &PgPool,
    back: &BackQuery,
    headers: &HeaderMap,
) -> Result<Option<SignIn>, ApiError> {
    let state = back.state.as_deref().and_then(identity::hash);
    let Some((state, browser)) = state.zip(browser(headers)) else {
        return Ok(None);
    };
    let mut conn = db.acquire().await?;
    Ok(store::provider::sign_in::take(&mut conn, &state, &browser).await?)
}

/// The provider that was asked, if the browser comes from it and in time.
async fn known(
    db: &PgPool,
    name: &str,
    attempt: &SignIn,
    now: DateTime<Utc>,
) -> Result<Provider, Stop> {
    if attempt.provider != name {
        return Err(Refusal::MixUp.into());
    }
    if attempt.expires_at <= now {
        return Err(Refusal::Late.into());
    }
    let row = store::provider::find(&mut *db.acquire().await?, name).await?;
    row.filter(|row| row.enabled)
        .ok_or_else(|| Refusal::Gone.into())
}

/// Whom the provider vouches for.
async fn vouched(
    oidc: &Oidc,
    client: &Client,
    attempt: &SignIn,
    back: &BackQuery,
) -> Result<Person, Stop> {
    // First of all: nothing that another one says counts, and no code goes to the wrong one.
    oidc.check_issuer(client, back.iss.as_deref()).await?;
    let code = back.code.as_deref().filter(|_| back.error.is_none());
    let code = code.ok_or(Refusal::Denied)?;
    let sent = Remembered {
        nonce: &attempt.nonce,
        verifier: &attempt.verifier,
        begun_at: attempt.begun_at,
        fresh: attempt.fresh,
    };
    Ok(oidc.finish(client, sent, code).await?)
}

/// Says of a session that has begun what it rests on, and ends the one before.
async fn settle(
    db: &PgPool,
    secret: &str,
    found: &Person,
    before: Option<Vec<u8>>,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let hash = identity::hash(secret).ok_or(ApiError::Unauthenticated)?;
    // A provider that remembers a person has not asked them: that is no proof for what is dangerous.
    let proved_at = found.authenticated_at.unwrap_or(now - PROVED);
    let mut tx = db.begin().await?;
    store::provider::sign_in::proved(&mut tx, &hash, proved_at).await?;
    if let Some(before) = before.and_then(|hash| <[u8; 32]>::try_from(hash).ok()) {
        store::session::delete(&mut tx, &before).await?;
    }
    Ok(tx.commit().await?)
}

/// Writes down that nobody was let in. Only of browsers that we sent, so that nobody can flood the log.
async fn note(
    db: &PgPool,
    trail: &Trail,
    provider: &str,
    refusal: Refusal,
    why: &str,
) -> Result<(), ApiError> {
    let mut tx = db.begin().await?;
    let act = Act::access("session.begin", Outcome::Refused).on("provider", provider, provider);
    let after = json!({"refused": refusal.code(), "why": why});
    trail.note(&mut tx, act.after(&after)?).await?;
    Ok(tx.commit().await?)
}
