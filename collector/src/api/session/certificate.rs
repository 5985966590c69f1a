use axum::{Extension, Json, extract::State, http::HeaderMap};
use axum_extra::extract::cookie::CookieJar;
use serde_json::json;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::{info, warn};

use crate::{
    api::{
        CardReader,
        error::{ApiError, Problem},
        identity::Doorman,
        session::{Session, create::begin, shown},
        trail::{Act, Trail},
    },
    audit::Outcome,
    client_certificate::Shown,
    store::{self, account::Account},
};

/// How a session that begins here is said to have begun.
const METHOD: &str = "certificate";

/// Sign in with the certificate that the browser shows, on the listener for that (`client_certificates.listen`).
#[utoipa::path(post, path = "/api/v1/session/certificate", tag = "session", security(()),
    responses((status = 200, body = Session),
        (status = 401, body = Problem, content_type = "application/problem+json",
            description = "`certificate_needed` on other listeners; `bad_certificate` when it is not good or \
                not anybody's")))]
pub(crate) async fn create_certificate_session(
    (trail, headers, jar): (Trail, HeaderMap, CookieJar),
    certificate: Option<Extension<Shown>>,
    State(reader): State<CardReader>,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Extension(doorman): Extension<Doorman>,
) -> Result<(CookieJar, Json<Session>), ApiError> {
    let (reader, certificate) = reader
        .0
        .zip(certificate)
        .ok_or(ApiError::CertificateNeeded)?;
    let peer = trail.address();
    let name = match reader.certificates.holder(&certificate) {
        Ok(name) => name,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            warn!(error, peer.address = ?peer, "certificate refused");
            return Err(ApiError::BadCertificate);
        }
    };
    let account = reader.accounts.get(&name).unwrap_or(&name);
    let account = store::account::find(&mut *db.acquire().await?, account).await?;
    let lets_in = |account: &Account| account.disabled_at.is_none() && !account.break_glass;
    let Some(account) = account.filter(lets_in) else {
        warn!(peer.address = ?peer, "certificate of nobody");
        // The authority knows who they are, so that the log is flooded by nobody else.
        let mut tx = db.begin().await?;
        let act = Act::access("session.begin", Outcome::Refused);
        let act = act.after(&json!({"refused": "unknown", "holder": name}))?;
        trail.of(&name, None, METHOD).note(&mut tx, act).await?;
        tx.commit().await?;
        return Err(ApiError::BadCertificate);
    };
    let trail = trail.of(&account.name, Some(account.id), METHOD);
    let secret = begin(&db, clock.now(), &account, METHOD, &trail, &headers).await?;
    info!(account.name = account.name, peer.address = ?peer, "signed in");
    shown(&doorman, jar, secret).await
}
