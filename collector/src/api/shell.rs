//! What surrounds every handler: identifiers, log, limits, headers.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, timeout::TimeoutLayer,
};
use tracing::{Instrument as _, debug, info_span};
use uuid::Uuid;

use crate::{
    api::{
        error::ApiError,
        permit, refusal,
        trail::{Notebook, RequestId},
    },
    metrics::{Metrics, StatusClass},
};

/// Longest request body, bytes, where a route does not say otherwise.
const MAX_BODY: usize = 1024 * 1024;
/// Longest time until an answer begins.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A form on another site cannot set it, and a script there may not.
const CSRF: HeaderName = HeaderName::from_static("x-openwatch-request");

/// No inline script or style, nothing from elsewhere, in no frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    base-uri 'none'; frame-ancestors 'none'; form-action 'self'; \
    require-trusted-types-for 'script'";

const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        header::STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=31536000"),
    ),
];

/// `routes` in their shell. The last layer sees a request first.
pub(crate) fn around(routes: Router, metrics: Arc<Metrics>) -> Router {
    routes
        .layer(from_fn(refuse_cross_site))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            TIMEOUT,
        ))
        // Leaves `text/event-stream` alone, and what is compressed already.
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::new())
        .layer(from_fn(finish))
        .layer(from_fn(refusal::watch))
        .layer(from_fn(move |request, next| {
            observe(metrics.clone(), request, next)
        }))
}

async fn refuse_cross_site(request: Request, next: Next) -> Response {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let headers = request.headers();
    if safe || headers.contains_key(CSRF) || permit::shows_token(headers) {
        next.run(request).await
    } else {
        ApiError::Csrf.into_response()
    }
}

/// Adds the headers that every answer has, and says as a problem what a layer has said as text.
async fn finish(request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let failed = response.status().is_client_error() || response.status().is_server_error();
    let problem = HeaderValue::from_static("application/problem+json");
    if api && failed && response.headers().get(header::CONTENT_TYPE) != Some(&problem) {
        response = ApiError::Refused(response.status()).into_response();
    }
    let headers = response.headers_mut();
    headers.extend(HEADERS);
    if api {
        // What a host is concerns nobody's disk.
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

/// Names, counts and logs a request. An identifier from outside is not taken over: it would let
/// anybody write into our log.
async fn observe(metrics: Arc<Metrics>, mut request: Request, next: Next) -> Response {
    let id = Uuid::now_v7();
    request.extensions_mut().insert(RequestId(id));
    request.extensions_mut().insert(Notebook::default());
    let id = id.to_string();
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    let span = info_span!("request", request.id = id, method = %request.method(), path);
    async move {
        let mut response = next.run(request).await;
        let class = class(response.status());
        metrics
            .api_requests
            .get_or_create(&StatusClass { class })
            .inc();
        debug!(status = response.status().as_u16(), "answered");
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
    .instrument(span)
    .await
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
