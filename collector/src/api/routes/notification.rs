use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::Permission as P,
    api::{
        State, channel, delivery, job, notification, notification_route,
        permit::{may, signed_in},
    },
};

/// Channels, the ways to them, what went through them, and jobs that were given up.
pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(P::ChannelsRead, routes!(channel::list::list_channels)))
        .routes(may(
            P::ChannelsWrite,
            routes!(channel::create::create_channel),
        ))
        .routes(may(P::ChannelsRead, routes!(channel::get::get_channel)))
        .routes(may(
            P::ChannelsWrite,
            routes!(
                channel::replace::replace_channel,
                channel::delete::delete_channel
            ),
        ))
        .routes(may(P::ChannelsWrite, routes!(channel::trial::test_channel)))
        .routes(may(
            P::ChannelsRead,
            routes!(notification_route::list::list_notification_routes),
        ))
        .routes(may(
            P::ChannelsWrite,
            routes!(notification_route::create::create_notification_route),
        ))
        .routes(may(
            P::ChannelsRead,
            routes!(notification_route::get::get_notification_route),
        ))
        .routes(may(
            P::ChannelsWrite,
            routes!(
                notification_route::replace::replace_notification_route,
                notification_route::delete::delete_notification_route
            ),
        ))
        .routes(may(
            P::ChannelsRead,
            routes!(delivery::list::list_deliveries),
        ))
        .routes(may(P::ChannelsRead, routes!(delivery::get::get_delivery)))
        .routes(may(
            P::ChannelsWrite,
            routes!(delivery::retry::retry_delivery),
        ))
        .routes(may(P::ChannelsRead, routes!(job::list::list_jobs)))
        .routes(may(P::ChannelsWrite, routes!(job::retry::retry_job)))
}

/// What people are told in the console.
pub(super) fn bell() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(signed_in(routes!(notification::list::list_notifications)))
        .routes(signed_in(routes!(
            notification::unread::count_notifications
        )))
        .routes(signed_in(routes!(notification::read::read_notifications)))
        .routes(signed_in(routes!(notification::read::read_notification)))
}
