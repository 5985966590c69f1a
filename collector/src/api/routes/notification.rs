use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::Permission as P,
    api::{
        State, channel, delivery,
        etag::tagged,
        export, export_schedule, job, notification, notification_route,
        permit::{may, signed_in},
        personal_mail, preference, saved_query,
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
        .routes(may(
            P::ChannelsRead,
            tagged(routes!(channel::get::get_channel)),
        ))
        .routes(may(
            P::ChannelsWrite,
            tagged(routes!(
                channel::replace::replace_channel,
                channel::delete::delete_channel
            )),
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
            tagged(routes!(notification_route::get::get_notification_route)),
        ))
        .routes(may(
            P::ChannelsWrite,
            tagged(routes!(
                notification_route::replace::replace_notification_route,
                notification_route::delete::delete_notification_route
            )),
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
        .routes(may(
            P::ChannelsRead,
            tagged(routes!(personal_mail::get_personal_mail)),
        ))
        .routes(may(
            P::ChannelsWrite,
            tagged(routes!(personal_mail::replace_personal_mail)),
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
        .routes(signed_in(tagged(routes!(
            preference::get::get_notification_preferences,
            preference::replace::replace_notification_preferences
        ))))
}

/// Questions that people keep, and lists as files: each list asks its own permission.
pub(super) fn exports() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(signed_in(routes!(export::export_list)))
        .routes(signed_in(routes!(saved_query::list::list_saved_queries)))
        .routes(signed_in(routes!(saved_query::create::create_saved_query)))
        .routes(signed_in(tagged(routes!(
            saved_query::get::get_saved_query,
            saved_query::replace::replace_saved_query,
            saved_query::delete::delete_saved_query
        ))))
        .routes(signed_in(routes!(saved_query::results::ask_saved_query)))
        .routes(signed_in(routes!(
            export_schedule::list::list_export_schedules,
            export_schedule::create::create_export_schedule
        )))
        .routes(signed_in(routes!(
            export_schedule::delete::delete_export_schedule
        )))
        .routes(signed_in(routes!(
            export_schedule::files::list_export_files
        )))
        .routes(signed_in(routes!(export_schedule::files::get_export_file)))
}
