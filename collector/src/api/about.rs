//! What the collector says about itself.

use std::sync::Arc;

use axum::{Json, extract::State, http::header, response::IntoResponse};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        AgentsAddress,
        error::{ApiError, Problem},
        identity::Identity,
    },
    authority::Authority,
    metrics::{self, Metrics},
};

/// The collector.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Info {
    version: &'static str,
    /// Where agents connect, `HOST:PORT`.
    agents_address: String,
}

/// Show the collector's version and where agents connect.
#[utoipa::path(get, path = "/api/v1/info", tag = "collector",
    responses((status = 200, body = Info)))]
pub(crate) async fn get_info(_: Identity, State(agents): State<AgentsAddress>) -> Json<Info> {
    Json(Info {
        version: env!("CARGO_PKG_VERSION"),
        agents_address: agents.to_string(),
    })
}

/// The authority that hosts trust.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthorityInfo {
    /// SHA-256 of the certificate, hexadecimal: what tokens pin.
    fingerprint: String,
    certificate_pem: String,
}

/// Show the certificate authority.
#[utoipa::path(get, path = "/api/v1/authority", tag = "collector",
    responses((status = 200, body = AuthorityInfo)))]
pub(crate) async fn get_authority(
    _: Identity,
    State(authority): State<Authority>,
) -> Json<AuthorityInfo> {
    Json(AuthorityInfo {
        fingerprint: authority.fingerprint().to_string(),
        certificate_pem: authority.certificate_pem().to_owned(),
    })
}

/// Show this document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "collector", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(crate) async fn get_openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(crate::api::openapi())
}

/// Tell whether the process is up.
#[utoipa::path(get, path = "/healthz", tag = "collector", security(()),
    responses((status = 200, description = "It is", body = String, content_type = "text/plain")))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Tell whether the database answers.
#[utoipa::path(get, path = "/readyz", tag = "collector", security(()),
    responses((status = 200, description = "It does", body = String, content_type = "text/plain"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn readyz(State(db): State<PgPool>) -> Result<&'static str, ApiError> {
    sqlx::query("select 1")
        .execute(&db)
        .await
        .map_err(ApiError::Unavailable)?;
    Ok("ok\n")
}

/// Show the metrics, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "collector", security(()),
    responses((status = 200, description = "OpenMetrics", body = String,
        content_type = "application/openmetrics-text")))]
pub(crate) async fn get_metrics(State(metrics): State<Arc<Metrics>>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, metrics::CONTENT_TYPE)],
        metrics.render(),
    )
}
