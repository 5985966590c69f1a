//! Errors as the API's clients see them: RFC 9457 problems with a stable code. Causes are logged
//! here, once, and never sent.

use std::{borrow::Cow, error::Error};

use axum::{
    Json,
    extract::rejection::{JsonRejection, QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::{cel::CelError, wire::SettingsError};
use tracing::error;
use utoipa::ToSchema;

use crate::{
    access::Permission, alert::state::State, conductor::CommandError, drift, export::WorkbookError,
    factor::passkey::PasskeyError, notary::FileError, publication::PublishError,
};

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("sign in first")]
    Unauthenticated,
    #[error("the name or the password is wrong")]
    BadCredentials,
    #[error("the password is wrong")]
    WrongPassword,
    #[error("there is no session {0} of this account")]
    SessionNotFound(String),
    #[error("a certificate is shown on the listener for that alone (client_certificates.listen)")]
    CertificateNeeded,
    #[error("the certificate is not good, or nobody's here")]
    BadCertificate,
    #[error("the password fits; a code, a passkey or a security key is needed besides")]
    CodeNeeded,
    #[error("the code is wrong, or was used already")]
    BadCode,
    #[error(
        "there were too many wrong codes; use a backup code or a passkey, and set up the app anew"
    )]
    CodesLocked,
    #[error("no such passkey lets anybody in here now")]
    BadPasskey,
    #[error("the passkey does not fit what was asked")]
    PasskeyRefused,
    #[error("there is no such passkey or security key")]
    PasskeyNotFound,
    #[error("this passkey or security key is somebody's already")]
    PasskeyExists,
    #[error("an account has no more than 20 passkeys and security keys")]
    TooManyPasskeys,
    #[error(
        "an account without a second factor can only set one up here (/api/v1/account/factors)"
    )]
    FactorNeeded,
    #[error(
        "the password of this account was given to it: choose one of your own first, in the console or with \
         PUT /api/v1/account/password"
    )]
    PasswordNeeded,
    #[error("this is not the code that the app shows now")]
    WrongCode,
    #[error("no authenticator app is set up, or waits for its first code")]
    NoTotp,
    #[error("an authenticator app is set up already")]
    TotpExists,
    #[error("there is no second factor that backup codes could stand for")]
    NoFactor,
    #[error("too many failed attempts; try again in {retry_after_s} s")]
    TooManyAttempts { retry_after_s: u64 },
    #[error("too many requests; try again in {retry_after_s} s")]
    RateLimited { retry_after_s: u64 },
    #[error("a request with this Idempotency-Key is being done; ask again in {retry_after_s} s")]
    IdempotencyInProgress { retry_after_s: u64 },
    #[error("this Idempotency-Key was used for another request ({0}): each has a key of its own")]
    IdempotencyMismatch(String),
    #[error("a request that changes something must carry the header X-OpenWatch-Request: 1")]
    Csrf,
    #[error("this needs the permission {0}")]
    Forbidden(Permission),
    #[error("show again who you are (POST /api/v1/session/proof), then try again")]
    ProofNeeded,
    #[error(
        "it would put a host into your own scope, where you have {0}; somebody else must do it"
    )]
    OwnScope(Permission),
    #[error("this can be done only on the collector's machine, through its local socket")]
    LocalOnly,
    #[error("there is no host {0}")]
    HostNotFound(String),
    #[error("there is no rule {0:?}")]
    RuleNotFound(String),
    #[error("nothing proves it: {0}")]
    NotProved(Cow<'static, str>),
    #[error("there is no profile {0:?}")]
    ProfileNotFound(String),
    #[error("there is no framework {0:?}")]
    FrameworkNotFound(String),
    #[error("there is no enrolment token {0}")]
    TokenNotFound(String),
    #[error("there is no group {0}")]
    GroupNotFound(String),
    #[error("there is a group {0:?} already")]
    GroupExists(String),
    #[error("the group {0:?} would be in itself: it is {1:?}, or in that")]
    GroupCycle(String, String),
    #[error("expression: {0}")]
    Expression(CelError),
    #[error("there is no bundle {0}")]
    BundleNotFound(String),
    #[error("{0}")]
    NotPublished(PublishError),
    #[error("there is no maintenance window {0}")]
    MaintenanceNotFound(String),
    #[error("there is no rollout {0}")]
    RolloutNotFound(String),
    #[error("{0}")]
    Rollout(String),
    #[error("{0}")]
    Release(String),
    #[error("{0}")]
    Setting(SettingsError),
    #[error("{0}")]
    Compliance(String),
    #[error("{0}")]
    DriftSetting(String),
    #[error("there is no kind of history {0}: GET /api/v1/retention lists them")]
    RetentionKindNotFound(String),
    #[error("only a host that was retired goes: retire it first")]
    HostNotRetired,
    #[error("there is no host {0} in the archive")]
    HostArchiveNotFound(String),
    #[error("there is no baseline {0}")]
    BaselineNotFound(String),
    #[error("the host or the group has a baseline {0:?} already")]
    BaselineExists(String),
    #[error(
        "what was then is not kept any more: the past is kept from {0} on; promote the baseline or delete it"
    )]
    BaselineGone(DateTime<Utc>),
    #[error("what was then is not kept any more: the past is kept from {0} on")]
    PastGone(DateTime<Utc>),
    #[error("there is no story of drift {0}")]
    DriftNotFound(String),
    #[error("the drift is {0}: this cannot be done")]
    DriftStandsSo(drift::state::State),
    #[error("there is no alert {0}")]
    AlertNotFound(String),
    #[error("the alert is {0}: this cannot be done")]
    AlertStandsSo(State),
    #[error("there is no silence {0}")]
    SilenceNotFound(String),
    #[error(
        "the silence names an alert rule, host or group that there is not: name what is there, and within your scope"
    )]
    SilenceSubjectNotFound,
    #[error("there is no waiver {0}")]
    WaiverNotFound(String),
    #[error("the waiver is {0}: that cannot be done to it any more, or not yet")]
    WaiverStandsSo(crate::waiver::State),
    #[error("the waiver {0} is open for the same: renew it, or wait until it has ended")]
    WaiverExists(uuid::Uuid),
    #[error("who asked for a waiver neither approves nor rejects it: somebody else must")]
    OwnWaiver,
    #[error("only who asked for a waiver withdraws it; reject it instead")]
    NotOwnWaiver,
    #[error("a waiver for the whole fleet is for those who may do this everywhere")]
    FleetNeeded,
    #[error("there is no saved query {0}")]
    SavedQueryNotFound(String),
    #[error("you have a saved query {0:?} already")]
    SavedQueryExists(String),
    #[error("nobody has more than 200 saved queries")]
    TooManySavedQueries,
    #[error("you have no schedule of exports {0}")]
    ExportScheduleNotFound(String),
    #[error("no file {0} waits for you")]
    ExportFileNotFound(String),
    #[error("nobody has more than 50 schedules of exports")]
    TooManyExportSchedules,
    #[error("the file is larger than 64 MiB: ask for less")]
    TooLarge,
    #[error("it is {0:?} who keeps it, and changes it")]
    NotOwner(String),
    #[error("internal error")]
    Workbook(#[source] WorkbookError),
    #[error("there is no notification {0}")]
    NotificationNotFound(String),
    #[error("there is no alert rule {0}")]
    AlertRuleNotFound(String),
    #[error("there is an alert rule {0:?} already")]
    AlertRuleExists(String),
    #[error("there is no account {0:?}")]
    AccountNotFound(String),
    #[error("there is an account {0:?} already")]
    AccountExists(String),
    #[error("the account {0:?} has a password: it can be reset")]
    HasPassword(String),
    #[error("the account {0:?} has no password: its person can be invited")]
    NoPassword(String),
    #[error("the link is not good: it was used, is too old, or never was one")]
    LinkNotGood,
    #[error("nobody locks, deletes or resets their own account")]
    OwnAccount,
    #[error("{0:?} is the last administrator who can sign in")]
    LastAdmin(String),
    #[error("this would be more than you may yourself: {0}")]
    BeyondOwnRights(Permission),
    #[error("there is no role {0:?}")]
    RoleNotFound(String),
    #[error("there is a role {0:?} already")]
    RoleExists(String),
    #[error("every installation has the role {0:?}: it stays as it is")]
    BuiltInRole(String),
    #[error("{uses} bindings name the role {name:?}")]
    RoleInUse { name: String, uses: i64 },
    #[error("there is no such binding of this account")]
    BindingNotFound,
    #[error("the account has this role there already")]
    BindingExists,
    #[error("there is no API token {0}")]
    ApiTokenNotFound(String),
    #[error("the token is good for nothing any more")]
    TokenEnded,
    #[error("another token took the place of this one")]
    TokenReplaced,
    #[error("this is not done with an API token: sign in")]
    NotByToken,
    #[error("the local administrator has no account: sign in")]
    NoAccount,
    #[error("the account for emergencies has a password and nothing else")]
    BreakGlass,
    #[error("there is no identity provider {0:?}")]
    ProviderNotFound(String),
    #[error("there is an identity provider {0:?} already")]
    ProviderExists(String),
    #[error("{0:?} is an account already")]
    LinkExists(String),
    #[error("there is no link {0}")]
    LinkNotFound(String),
    #[error("there is no channel {0}")]
    ChannelNotFound(String),
    #[error("there is a channel {0:?} already")]
    ChannelExists(String),
    #[error("there is no route {0}")]
    RouteNotFound(String),
    #[error("there is no delivery {0}")]
    DeliveryNotFound(String),
    #[error("the delivery waits already, or goes nowhere")]
    DeliveryNotEnded,
    #[error("no job {0} was given up, or one like it waits")]
    JobNotFound(String),
    #[error("there is no record {0}")]
    RecordNotFound(String),
    #[error("somebody changed it meanwhile: look at what it is now, then decide")]
    ChangedMeanwhile,
    #[error("there is nothing at this address")]
    NoRoute,
    #[error("this address does not know this method")]
    Method,
    #[error("the cursor does not belong to this list")]
    BadCursor,
    #[error("{name}: {detail}")]
    Parameter {
        name: &'static str,
        detail: Cow<'static, str>,
    },
    #[error("unknown parameter {0:?}")]
    UnknownParameter(String),
    #[error("{0}")]
    Query(#[from] QueryRejection),
    #[error("{0}")]
    Body(#[from] JsonRejection),
    #[error("{0}")]
    Fields(serde_path_to_error::Error<serde_json::Error>),
    #[error("{0}")]
    Refused(StatusCode),
    #[error("the answer took too long; ask for less")]
    TooSlow,
    #[error("the database does not answer")]
    Unavailable(#[source] sqlx::Error),
    #[error("internal error")]
    Database(#[source] sqlx::Error),
    #[error("internal error")]
    Kept(#[source] PublishError),
    #[error("internal error")]
    Hash(#[source] argon2::password_hash::Error),
    /// A secret in the tables was sealed with another key than `keys/vault.key`, or was changed.
    #[error("internal error")]
    Sealed,
    #[error("internal error")]
    Passkey(#[from] PasskeyError),
    #[error("internal error")]
    Totp(#[source] totp_rs::TotpError),
    #[error("internal error")]
    Random(#[source] getrandom::Error),
    #[error("internal error")]
    Wire(#[source] shared::wire::WireError),
    #[error("internal error")]
    Encode(#[source] serde_json::Error),
    #[error("internal error")]
    Checkpoints(#[source] FileError),
    #[error("internal error")]
    Task(#[source] tokio::task::JoinError),
}

/// The code of a problem, for the layers around the handlers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code(pub(crate) &'static str);

/// A problem, after RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the code says which problem it is.
    #[schema(example = "about:blank")]
    r#type: &'static str,
    /// The meaning of the status.
    #[schema(example = "Not Found")]
    title: &'static str,
    #[schema(example = 404)]
    status: u16,
    /// Stable, for programs.
    #[schema(example = "host_not_found")]
    code: &'static str,
    /// For people; may change.
    detail: String,
}

impl ApiError {
    /// A parameter or field that cannot be used.
    pub(crate) fn parameter(name: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Parameter {
            name,
            detail: detail.into(),
        }
    }

    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Self::BadCredentials => (StatusCode::UNAUTHORIZED, "bad_credentials"),
            Self::WrongPassword => (StatusCode::FORBIDDEN, "wrong_password"),
            Self::SessionNotFound(_) => (StatusCode::NOT_FOUND, "session_not_found"),
            Self::CertificateNeeded => (StatusCode::UNAUTHORIZED, "certificate_needed"),
            Self::BadCertificate => (StatusCode::UNAUTHORIZED, "bad_certificate"),
            Self::CodeNeeded => (StatusCode::UNAUTHORIZED, "code_needed"),
            Self::BadCode => (StatusCode::UNAUTHORIZED, "bad_code"),
            Self::CodesLocked => (StatusCode::UNAUTHORIZED, "codes_locked"),
            Self::BadPasskey => (StatusCode::UNAUTHORIZED, "bad_passkey"),
            Self::PasskeyRefused => (StatusCode::BAD_REQUEST, "passkey_refused"),
            Self::PasskeyNotFound => (StatusCode::NOT_FOUND, "passkey_not_found"),
            Self::PasskeyExists => (StatusCode::CONFLICT, "passkey_exists"),
            Self::TooManyPasskeys => (StatusCode::CONFLICT, "too_many_passkeys"),
            Self::FactorNeeded => (StatusCode::FORBIDDEN, "factor_needed"),
            Self::PasswordNeeded => (StatusCode::FORBIDDEN, "password_needed"),
            Self::WrongCode => (StatusCode::BAD_REQUEST, "wrong_code"),
            Self::NoTotp => (StatusCode::CONFLICT, "no_totp"),
            Self::TotpExists => (StatusCode::CONFLICT, "totp_exists"),
            Self::NoFactor => (StatusCode::CONFLICT, "no_factor"),
            Self::TooManyAttempts { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
            Self::IdempotencyInProgress { .. } => (StatusCode::CONFLICT, "idempotency_in_progress"),
            Self::IdempotencyMismatch(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_mismatch")
            }
            Self::Csrf => (StatusCode::FORBIDDEN, "csrf"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::ProofNeeded => (StatusCode::FORBIDDEN, "proof_needed"),
            Self::OwnScope(_) => (StatusCode::FORBIDDEN, "own_scope"),
            Self::LocalOnly => (StatusCode::FORBIDDEN, "local_only"),
            Self::HostNotFound(_) => (StatusCode::NOT_FOUND, "host_not_found"),
            Self::RuleNotFound(_) => (StatusCode::NOT_FOUND, "rule_not_found"),
            Self::NotProved(_) => (StatusCode::CONFLICT, "not_proved"),
            Self::ProfileNotFound(_) => (StatusCode::NOT_FOUND, "profile_not_found"),
            Self::FrameworkNotFound(_) => (StatusCode::NOT_FOUND, "framework_not_found"),
            Self::TokenNotFound(_) => (StatusCode::NOT_FOUND, "token_not_found"),
            Self::GroupNotFound(_) => (StatusCode::NOT_FOUND, "group_not_found"),
            Self::GroupExists(_) => (StatusCode::CONFLICT, "group_exists"),
            Self::GroupCycle(..) => (StatusCode::CONFLICT, "group_cycle"),
            Self::Expression(_) => (StatusCode::BAD_REQUEST, "bad_expression"),
            Self::BundleNotFound(_) => (StatusCode::NOT_FOUND, "bundle_not_found"),
            Self::NotPublished(_) => (StatusCode::CONFLICT, "not_published"),
            Self::MaintenanceNotFound(_) => (StatusCode::NOT_FOUND, "maintenance_not_found"),
            Self::RolloutNotFound(_) => (StatusCode::NOT_FOUND, "rollout_not_found"),
            Self::Release(_) => (StatusCode::CONFLICT, "release_refused"),
            Self::Rollout(_) => (StatusCode::CONFLICT, "rollout_refused"),
            Self::Setting(_) | Self::Compliance(_) | Self::DriftSetting(_) => {
                (StatusCode::BAD_REQUEST, "bad_setting")
            }
            Self::BaselineNotFound(_) => (StatusCode::NOT_FOUND, "baseline_not_found"),
            Self::BaselineExists(_) => (StatusCode::CONFLICT, "baseline_exists"),
            Self::BaselineGone(_) => (StatusCode::GONE, "baseline_gone"),
            Self::PastGone(_) => (StatusCode::GONE, "past_gone"),
            Self::DriftNotFound(_) => (StatusCode::NOT_FOUND, "drift_not_found"),
            Self::DriftStandsSo(_) => (StatusCode::CONFLICT, "drift_stands_so"),
            Self::AlertNotFound(_) => (StatusCode::NOT_FOUND, "alert_not_found"),
            Self::SilenceNotFound(_) => (StatusCode::NOT_FOUND, "silence_not_found"),
            Self::SilenceSubjectNotFound => (StatusCode::NOT_FOUND, "silence_subject_not_found"),
            Self::AlertStandsSo(_) => (StatusCode::CONFLICT, "alert_stands_so"),
            Self::WaiverNotFound(_) => (StatusCode::NOT_FOUND, "waiver_not_found"),
            Self::WaiverStandsSo(_) => (StatusCode::CONFLICT, "waiver_stands_so"),
            Self::WaiverExists(_) => (StatusCode::CONFLICT, "waiver_exists"),
            Self::OwnWaiver => (StatusCode::FORBIDDEN, "own_waiver"),
            Self::NotOwnWaiver => (StatusCode::FORBIDDEN, "not_own_waiver"),
            Self::FleetNeeded => (StatusCode::FORBIDDEN, "fleet_needed"),
            Self::SavedQueryNotFound(_) => (StatusCode::NOT_FOUND, "saved_query_not_found"),
            Self::SavedQueryExists(_) => (StatusCode::CONFLICT, "saved_query_exists"),
            Self::TooManySavedQueries => (StatusCode::CONFLICT, "too_many_saved_queries"),
            Self::ExportScheduleNotFound(_) => (StatusCode::NOT_FOUND, "export_schedule_not_found"),
            Self::ExportFileNotFound(_) => (StatusCode::NOT_FOUND, "export_file_not_found"),
            Self::TooManyExportSchedules => (StatusCode::CONFLICT, "too_many_export_schedules"),
            Self::TooLarge => (StatusCode::CONFLICT, "too_large"),
            Self::NotOwner(_) => (StatusCode::FORBIDDEN, "not_owner"),
            Self::NotificationNotFound(_) => (StatusCode::NOT_FOUND, "notification_not_found"),
            Self::RetentionKindNotFound(_) => (StatusCode::NOT_FOUND, "retention_kind_not_found"),
            Self::HostNotRetired => (StatusCode::CONFLICT, "host_not_retired"),
            Self::HostArchiveNotFound(_) => (StatusCode::NOT_FOUND, "host_archive_not_found"),
            Self::AlertRuleNotFound(_) => (StatusCode::NOT_FOUND, "alert_rule_not_found"),
            Self::AlertRuleExists(_) => (StatusCode::CONFLICT, "alert_rule_exists"),
            Self::AccountNotFound(_) => (StatusCode::NOT_FOUND, "account_not_found"),
            Self::AccountExists(_) => (StatusCode::CONFLICT, "account_exists"),
            Self::HasPassword(_) => (StatusCode::CONFLICT, "has_password"),
            Self::NoPassword(_) => (StatusCode::CONFLICT, "no_password"),
            Self::LinkNotGood => (StatusCode::NOT_FOUND, "link_not_good"),
            Self::OwnAccount => (StatusCode::CONFLICT, "own_account"),
            Self::LastAdmin(_) => (StatusCode::CONFLICT, "last_admin"),
            Self::BeyondOwnRights(_) => (StatusCode::FORBIDDEN, "beyond_own_rights"),
            Self::RoleNotFound(_) => (StatusCode::NOT_FOUND, "role_not_found"),
            Self::RoleExists(_) => (StatusCode::CONFLICT, "role_exists"),
            Self::BuiltInRole(_) => (StatusCode::CONFLICT, "built_in_role"),
            Self::RoleInUse { .. } => (StatusCode::CONFLICT, "role_in_use"),
            Self::BindingNotFound => (StatusCode::NOT_FOUND, "binding_not_found"),
            Self::BindingExists => (StatusCode::CONFLICT, "binding_exists"),
            Self::ApiTokenNotFound(_) => (StatusCode::NOT_FOUND, "api_token_not_found"),
            Self::TokenEnded => (StatusCode::CONFLICT, "token_ended"),
            Self::TokenReplaced => (StatusCode::UNAUTHORIZED, "token_replaced"),
            Self::NotByToken => (StatusCode::FORBIDDEN, "not_by_token"),
            Self::NoAccount => (StatusCode::FORBIDDEN, "no_account"),
            Self::BreakGlass => (StatusCode::FORBIDDEN, "break_glass"),
            Self::ProviderNotFound(_) => (StatusCode::NOT_FOUND, "provider_not_found"),
            Self::ProviderExists(_) => (StatusCode::CONFLICT, "provider_exists"),
            Self::LinkExists(_) => (StatusCode::CONFLICT, "link_exists"),
            Self::LinkNotFound(_) => (StatusCode::NOT_FOUND, "link_not_found"),
            Self::ChannelNotFound(_) => (StatusCode::NOT_FOUND, "channel_not_found"),
            Self::ChannelExists(_) => (StatusCode::CONFLICT, "channel_exists"),
            Self::RouteNotFound(_) => (StatusCode::NOT_FOUND, "route_not_found"),
            Self::DeliveryNotFound(_) => (StatusCode::NOT_FOUND, "delivery_not_found"),
            Self::DeliveryNotEnded => (StatusCode::CONFLICT, "delivery_not_ended"),
            Self::JobNotFound(_) => (StatusCode::NOT_FOUND, "job_not_found"),
            Self::RecordNotFound(_) => (StatusCode::NOT_FOUND, "record_not_found"),
            Self::ChangedMeanwhile => (StatusCode::PRECONDITION_FAILED, "precondition_failed"),
            Self::NoRoute => (StatusCode::NOT_FOUND, "not_found"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::BadCursor => (StatusCode::BAD_REQUEST, "bad_cursor"),
            Self::Parameter { .. } | Self::Query(_) => (StatusCode::BAD_REQUEST, "bad_parameter"),
            Self::UnknownParameter(_) => (StatusCode::BAD_REQUEST, "unknown_parameter"),
            Self::Body(rejection) => (rejection.status(), "bad_body"),
            Self::Fields(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_body"),
            Self::Refused(status) => (*status, "refused"),
            Self::TooSlow => (StatusCode::SERVICE_UNAVAILABLE, "too_slow"),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::Database(_)
            | Self::Kept(_)
            | Self::Hash(_)
            | Self::Passkey(_)
            | Self::Totp(_)
            | Self::Random(_)
            | Self::Sealed
            | Self::Wire(_)
            | Self::Encode(_)
            | Self::Checkpoints(_)
            | Self::Workbook(_)
            | Self::Task(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(cause: sqlx::Error) -> Self {
        match &cause {
            // Postgres' query_canceled: the statement_timeout of `store::read::snapshot`.
            sqlx::Error::Database(database) if database.code().as_deref() == Some("57014") => {
                Self::TooSlow
            }
            // U+0000, in a text and in JSON: Postgres has no text with it, so that nothing is called so.
            sqlx::Error::Database(database)
                if matches!(database.code().as_deref(), Some("22021" | "22P05")) =>
            {
                Self::parameter(
                    "request",
                    "a text of it has U+0000, which no text here may have",
                )
            }
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => {
                Self::Unavailable(cause)
            }
            _ => Self::Database(cause),
        }
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        Self::Encode(error)
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::NotFound(id) => Self::RolloutNotFound(id.to_string()),
            CommandError::NoBundle(serial) => Self::BundleNotFound(serial.to_string()),
            CommandError::NoGroup(id) => Self::GroupNotFound(id.to_string()),
            CommandError::Plan(error) => Self::parameter("plan", error.to_string()),
            CommandError::Database(error) => error.into(),
            CommandError::Encode(error) => error.into(),
            refused => Self::Rollout(refused.to_string()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code) = self.status_and_code();
        if self.source().is_some() && status.is_server_error() {
            error!(error = &self as &dyn Error, code, "request failed");
        }
        let problem = Problem {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: self.to_string(),
        };
        let mut response = (status, Json(problem)).into_response();
        response.extensions_mut().insert(Code(code));
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        if let Self::TooManyAttempts { retry_after_s }
        | Self::RateLimited { retry_after_s }
        | Self::IdempotencyInProgress { retry_after_s } = self
        {
            headers.insert(header::RETRY_AFTER, retry_after_s.into());
        }
        response
    }
}
