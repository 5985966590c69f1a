use axum::{extract::State, http::HeaderMap, response::Response};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;
use tracing::warn;
use utoipa::IntoParams;

use super::{AWAY, Refusal, cookie, inside, refused, sent};
use crate::{
    api::{
        self,
        error::{ApiError, Problem},
        identity,
        input::{ProviderPath, Query},
        provider,
    },
    store::{self, provider::sign_in::SignIn},
};

/// The longest address of a page, characters.
const MAX_TO: usize = 2000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BeginQuery {
    /// The page of the console that it goes on with, such as `/hosts`.
    #[param(max_length = 2000)]
    to: Option<String>,
    /// Whether the person shows anew who they are, though the provider may know: what is dangerous asks for it
    /// (`proof_needed`).
    #[serde(default)]
    #[param(default = false)]
    prove: bool,
}

/// Begin to sign in with a provider: sends the browser there.
#[utoipa::path(get, path = "/api/v1/session/oidc/{name}/begin", tag = "session", security(()),
    params(("name" = String, Path), BeginQuery),
    responses((status = 303, description = "To the provider; or to `/sign-in?refused=provider` when that \
            cannot be asked"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`provider_not_found`"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "`too_many_attempts`, with Retry-After")))]
pub(crate) async fn begin_oidc(
    (headers, jar): (HeaderMap, CookieJar),
    ProviderPath(name): ProviderPath,
    Query(query): Query<BeginQuery>,
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
    if query
        .to
        .as_ref()
        .is_some_and(|to| to.chars().count() > MAX_TO)
    {
        let detail = format!("is longer than {MAX_TO} characters");
        return Err(ApiError::parameter("to", detail));
    }
    let row = store::provider::find(&mut *db.acquire().await?, &name).await?;
    let row = row.filter(|row| row.enabled);
    let row = row.ok_or_else(|| ApiError::ProviderNotFound(name.clone()))?;
    let client = provider::client(&row, &origin, &authority)?;
    let to = match oidc.begin(&client, query.prove).await {
        Ok(to) => to,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            warn!(
                error,
                provider.name = name,
                "nobody can be sent to the provider"
            );
            return Ok(refused(jar, Refusal::Provider));
        }
    };
    let now = clock.now();
    let secret = identity::new_secret()?;
    let hashes = identity::hash(&to.state).zip(identity::hash(&secret));
    let (state, browser) = hashes.ok_or(ApiError::Unauthenticated)?;
    let new = SignIn {
        provider: row.name,
        nonce: to.nonce,
        verifier: to.verifier,
        path: inside(&origin, query.to.as_deref()),
        fresh: query.prove,
        session: identity::session_hash(&headers).map(Vec::from),
        begun_at: now,
        expires_at: now + AWAY,
    };
    if !store::provider::sign_in::begin(&mut *db.acquire().await?, &state, &browser, &new).await? {
        warn!("too many browsers are at providers");
        return Err(ApiError::TooManyAttempts { retry_after_s: 60 });
    }
    Ok(sent(jar.add(cookie(secret)), to.url.as_str()))
}
