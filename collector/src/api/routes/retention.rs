use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::Permission as P,
    api::{State, etag::tagged, host, host_archive, permit::may, retention},
};

/// How long history is kept, and hosts that are no more.
pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(
            P::RetentionRead,
            routes!(retention::list::list_retention),
        ))
        .routes(may(
            P::RetentionRead,
            routes!(retention::runs::list_retention_runs),
        ))
        .routes(may(
            P::RetentionRead,
            tagged(routes!(retention::get::get_retention)),
        ))
        .routes(may(
            P::RetentionWrite,
            tagged(routes!(
                retention::replace::replace_retention,
                retention::delete::unset_retention
            )),
        ))
        .routes(may(
            P::RetentionRead,
            routes!(retention::preview::preview_retention),
        ))
        .routes(may(P::HostsRevoke, routes!(host::retire::retire_host)))
        .routes(may(P::HostsForget, routes!(host::forget::archive_host)))
        .routes(may(P::HostsForget, routes!(host::forget::forget_host)))
        .routes(may(
            P::ArchivesRead,
            routes!(host_archive::list::list_host_archives),
        ))
        .routes(may(
            P::ArchivesRead,
            routes!(host_archive::file::get_host_archive),
        ))
        .routes(may(
            P::RetentionWrite,
            routes!(host_archive::delete::delete_host_archive),
        ))
}
