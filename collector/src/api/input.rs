//! What handlers take from a request, refused as problems when it does not fit.

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;
use shared::{
    id::HostId,
    wire::{Label, Settings},
};
use uuid::Uuid;

use crate::api::{bundle::MEDIA_TYPE, error::ApiError, object::Object};

/// The JSON body.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Json(value) = Json::from_request(request, state).await?;
        let body = serde_path_to_error::deserialize(Object(value));
        body.map(Self).map_err(ApiError::Fields)
    }
}

/// The body, if it says that it is a bundle.
#[derive(Debug)]
pub(crate) struct Archive(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for Archive {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let said = request.headers().get(header::CONTENT_TYPE);
        if said.is_none_or(|said| said != MEDIA_TYPE) {
            return Err(ApiError::Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let bytes = Bytes::from_request(request, state).await;
        bytes
            .map(Self)
            .map_err(|rejection| ApiError::Refused(rejection.status()))
    }
}

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

/// The `{id}` of a rule in the path.
#[derive(Debug)]
pub(crate) struct RulePath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for RulePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        id(parts, state).await.map(Self)
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

/// The `{id}` of a session in the path.
#[derive(Debug)]
pub(crate) struct SessionPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for SessionPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::SessionNotFound(text))
    }
}

/// The `{id}` of an API token in the path.
#[derive(Debug)]
pub(crate) struct ApiTokenPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for ApiTokenPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::ApiTokenNotFound(text))
    }
}

/// The `{id}` of a group in the path.
#[derive(Debug)]
pub(crate) struct GroupPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for GroupPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::GroupNotFound(text))
    }
}

/// The `{id}` of a passkey or a security key in the path.
#[derive(Debug)]
pub(crate) struct PasskeyPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for PasskeyPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::PasskeyNotFound)
    }
}

/// The `{serial}` of a bundle in the path.
#[derive(Debug)]
pub(crate) struct SerialPath(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for SerialPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::BundleNotFound(text))
    }
}

/// The `{id}` of a maintenance window in the path.
#[derive(Debug)]
pub(crate) struct MaintenancePath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for MaintenancePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::MaintenanceNotFound(text))
    }
}

/// The `{id}` of an alert in the path.
#[derive(Debug)]
pub(crate) struct AlertPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for AlertPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::AlertNotFound(text))
    }
}

/// The `{id}` of a file that was made in the path.
#[derive(Debug)]
pub(crate) struct ExportFilePath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for ExportFilePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::ExportFileNotFound(text))
    }
}

/// The `{id}` of a schedule of exports in the path.
#[derive(Debug)]
pub(crate) struct ExportSchedulePath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for ExportSchedulePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::ExportScheduleNotFound(text))
    }
}

/// The `{id}` of a saved query in the path.
#[derive(Debug)]
pub(crate) struct SavedQueryPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for SavedQueryPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::SavedQueryNotFound(text))
    }
}

/// The `{id}` of a notification in the path.
#[derive(Debug)]
pub(crate) struct NotificationPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for NotificationPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::NotificationNotFound(text))
    }
}

/// The `{id}` of an alert rule in the path.
#[derive(Debug)]
pub(crate) struct AlertRulePath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for AlertRulePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::AlertRuleNotFound(text))
    }
}

/// The `{id}` of a waiver in the path.
#[derive(Debug)]
pub(crate) struct WaiverPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for WaiverPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::WaiverNotFound(text))
    }
}

/// The `{id}` of a rollout in the path.
#[derive(Debug)]
pub(crate) struct RolloutPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for RolloutPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::RolloutNotFound(text))
    }
}

/// The `{name}` of an account or a role in the path.
#[derive(Debug)]
pub(crate) struct NamePath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for NamePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        id(parts, state).await.map(Self)
    }
}

/// The `{name}` of an identity provider in the path.
#[derive(Debug)]
pub(crate) struct ProviderPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for ProviderPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        id(parts, state).await.map(Self)
    }
}

/// The `{name}` of an account and the `{id}` of one of its bindings in the path.
#[derive(Debug)]
pub(crate) struct BindingPath(pub(crate) String, pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for BindingPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((name, id)) = path.map_err(|_| ApiError::NoRoute)?;
        let id = id.parse().map_err(|_| ApiError::BindingNotFound)?;
        Ok(Self(name, id))
    }
}

/// The `{name}` of an identity provider and the `{id}` of one of its links in the path.
#[derive(Debug)]
pub(crate) struct LinkPath {
    pub(crate) name: String,
    pub(crate) id: Uuid,
}

impl<S: Send + Sync> FromRequestParts<S> for LinkPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((name, text)) = path.map_err(|_| ApiError::NoRoute)?;
        let id = text.parse();
        let id = id.map_err(|_| ApiError::LinkNotFound(text))?;
        Ok(Self { name, id })
    }
}

/// A text for people, without the white space around it.
///
/// # Errors
/// [`ApiError::Parameter`] when it is not `least` to `most` printable characters.
pub(crate) fn printable(
    field: &'static str,
    text: &str,
    least: usize,
    most: usize,
) -> Result<String, ApiError> {
    let text = text.trim();
    if !(least..=most).contains(&text.chars().count()) || text.chars().any(char::is_control) {
        let detail = format!("is not {least} to {most} printable characters");
        return Err(ApiError::parameter(field, detail));
    }
    Ok(text.to_owned())
}

/// Labels that are well-formed and not too many.
///
/// # Errors
/// [`ApiError::Setting`].
pub(crate) fn check_labels(labels: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let labels = labels.iter().map(|(key, value)| Label {
        key: key.clone(),
        value: value.clone(),
    });
    let settings = Settings {
        labels: labels.collect(),
        ..Settings::default()
    };
    settings.check().map_err(ApiError::Setting)
}

pub(crate) async fn id<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<String, ApiError> {
    let path = Path::<String>::from_request_parts(parts, state).await;
    path.map(|Path(id)| id).map_err(|_| ApiError::NoRoute)
}

/// The `{id}` of a baseline in the path.
#[derive(Debug)]
pub(crate) struct BaselinePath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for BaselinePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::BaselineNotFound(text))
    }
}

/// The `{id}` of a story of drift in the path.
#[derive(Debug)]
pub(crate) struct DriftPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for DriftPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::DriftNotFound(text))
    }
}
