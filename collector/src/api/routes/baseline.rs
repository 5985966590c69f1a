use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::Permission as P,
    api::{State, baseline, etag::tagged, permit::may},
};

/// Instants that people hold on to.
pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(
            P::BaselinesRead,
            routes!(baseline::list::list_baselines),
        ))
        .routes(may(
            P::BaselinesWrite,
            routes!(baseline::create::create_baseline),
        ))
        .routes(may(
            P::BaselinesRead,
            tagged(routes!(baseline::get::get_baseline)),
        ))
        .routes(may(
            P::BaselinesWrite,
            tagged(routes!(baseline::delete::delete_baseline)),
        ))
        .routes(may(
            P::BaselinesWrite,
            routes!(baseline::promote::promote_baseline),
        ))
        .routes(may(
            P::BaselinesRead,
            routes!(baseline::compare::compare_baseline),
        ))
        .routes(may(
            P::BaselinesRead,
            routes!(baseline::facts::list_baseline_facts),
        ))
}
