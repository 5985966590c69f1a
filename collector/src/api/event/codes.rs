use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::rule::Severity, event::Code};

/// A code of events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventCode {
    code: String,
    /// When nobody expects it. An event of a rule that fails is as serious as its rule.
    severity: Severity,
    /// What it tells.
    says: String,
}

/// Every code that events have.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventCodes {
    items: Vec<EventCode>,
}

/// List the codes of events.
#[utoipa::path(get, path = "/api/v1/event-codes", tag = "events",
    responses((status = 200, body = EventCodes)))]
pub(crate) async fn list_event_codes() -> Json<EventCodes> {
    let items = Code::ALL.iter().map(|(code, severity, says)| EventCode {
        code: code.name().to_owned(),
        severity: (*severity).into(),
        says: (*says).to_owned(),
    });
    Json(EventCodes {
        items: items.collect(),
    })
}
