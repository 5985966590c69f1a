use axum::Json;

use crate::api::{identity::Identity, session::Session};

/// Show who is signed in.
#[utoipa::path(get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = Session)))]
pub(crate) async fn get_session(identity: Identity) -> Json<Session> {
    Json(identity.into())
}
