use axum::Json;

use crate::api::{error::Problem, identity::Identity, session::Session};

/// Show who is signed in.
#[utoipa::path(get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = Session),
        (status = 401, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn get_session(identity: Identity) -> Json<Session> {
    Json(identity.into())
}
