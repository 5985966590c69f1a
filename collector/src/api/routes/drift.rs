use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::Permission as P,
    api::{State, drift, permit::may},
};

/// Stories of drift, and what people say of them.
pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(P::DriftRead, routes!(drift::list::list_drift)))
        .routes(may(P::DriftRead, routes!(drift::get::get_drift)))
        .routes(may(P::DriftRead, routes!(drift::host::list_host_drift)))
        .routes(may(
            P::DriftAcknowledge,
            routes!(drift::deeds::acknowledge_drift),
        ))
        .routes(may(
            P::DriftAcknowledge,
            routes!(drift::deeds::reopen_drift),
        ))
}
