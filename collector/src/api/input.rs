//! What handlers take from a request, refused as problems when it does not fit.

use axum::extract::{FromRequest, FromRequestParts, Path};
use axum::http::request::Parts;
use shared::id::HostId;
use uuid::Uuid;

use crate::api::error::ApiError;

/// The JSON body.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(ApiError))]
pub(crate) struct Body<T>(pub(crate) T);

/// The query.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(ApiError))]
pub(crate) struct Query<T>(pub(crate) T);

/// The `{id}` of a host in the path. A text that is no identity names no host.
#[derive(Debug)]
pub(crate) struct HostPath(pub(crate) HostId);

impl<S: Send + Sync> FromRequestParts<S> for HostPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::HostNotFound(text))
    }
}

/// The `{id}` of an enrolment token in the path.
#[derive(Debug)]
pub(crate) struct TokenPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for TokenPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::TokenNotFound(text))
    }
}

async fn id<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<String, ApiError> {
    let path = Path::<String>::from_request_parts(parts, state).await;
    path.map(|Path(id)| id).map_err(|_| ApiError::NoRoute)
}
