//! Every route of the API, and what it asks of who comes.

/// Instants that people hold on to.
mod baseline;

/// What drifted.
mod drift;

/// What notices of alerts go through.
mod notification;

/// How long history is kept.
mod retention;

use axum::extract::DefaultBodyLimit;
use shared::bundle::MAX_ARCHIVE;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::Permission as P,
    api::{
        State, about, access, account, activity, agent_release, alert, api_token, audit, bundle,
        content, document,
        etag::tagged,
        event, fact, factor, framework, group, host, invitation, live, maintenance,
        permit::{anyone, local, may, may_follow, signed_in},
        posture, provider, reference, result, role, rollout, root, rule, session, settings,
        silence, token, waiver,
    },
};

/// Every route, and what it asks of who comes.
pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(document::base())
        .routes(anyone(routes!(session::create::create_session)))
        .routes(signed_in(routes!(
            session::get::get_session,
            session::delete::delete_session
        )))
        .merge(single_sign_on())
        .routes(may(P::HostsRead, routes!(host::list::list_hosts)))
        .routes(may(P::HostsRead, routes!(host::counts::count_hosts)))
        .routes(may(P::HostsRead, routes!(host::get::get_host)))
        .routes(may(P::HostsRevoke, routes!(host::revoke::revoke_host)))
        .routes(may(P::HostsRelease, routes!(host::release::release_host)))
        .routes(may(P::FactsRead, routes!(host::kinds::list_host_kinds)))
        .routes(may(P::FactsRead, routes!(host::facts::list_host_facts)))
        .routes(may(P::HostsRead, routes!(host::changes::list_host_changes)))
        .routes(may(
            P::MetricsRead,
            routes!(host::metrics::list_host_metrics),
        ))
        .routes(may(
            P::HostsRead,
            routes!(host::liveness::list_host_liveness),
        ))
        .routes(may(P::HostsLabel, routes!(host::labels::set_host_labels)))
        .routes(may(P::FactsRead, routes!(fact::search::search_facts)))
        .routes(may(
            P::ResultsRead,
            routes!(result::host::list_host_results),
        ))
        .routes(may(P::ResultsRead, routes!(result::one::get_host_result)))
        .routes(may(
            P::ResultsRead,
            routes!(result::proof::get_result_proof),
        ))
        .routes(may(P::ResultsRead, routes!(result::chain::verify_results)))
        .routes(may(P::ResultsRead, routes!(result::search::search_results)))
        .routes(may(P::RulesRead, routes!(rule::list::list_rules)))
        .routes(may(P::ResultsRead, routes!(rule::get::get_rule)))
        .routes(may(P::RulesRead, routes!(framework::list::list_frameworks)))
        .routes(may(
            P::RulesRead,
            routes!(framework::controls::list_controls),
        ))
        .routes(may(
            P::RulesRead,
            routes!(framework::profiles::list_profiles),
        ))
        .merge(posture())
        .merge(events())
        .merge(drift::routes())
        .merge(baseline::routes())
        .merge(alerts())
        .merge(waivers())
        .merge(groups())
        .merge(settings())
        .merge(maintenance())
        .routes(may(P::EnrolmentRead, routes!(token::list::list_tokens)))
        .routes(may(P::EnrolmentWrite, routes!(token::create::create_token)))
        .routes(may(P::EnrolmentWrite, routes!(token::delete::revoke_token)))
        .merge(retention::routes())
        .merge(content())
        .merge(audit_log())
        .merge(notification::routes())
        .merge(notification::bell())
        .merge(notification::exports())
        .merge(rollouts())
        .routes(may(P::AccountsRead, routes!(access::explain_access)))
        .merge(accounts())
        .merge(factors())
        .merge(roles())
        .merge(own())
        .routes(may_follow(P::HostsRead, routes!(live::follow)))
        .routes(may(P::SystemRead, routes!(about::get_info)))
        .routes(may(P::SystemRead, routes!(about::get_authority)))
        .routes(anyone(routes!(about::get_openapi)))
        .routes(anyone(routes!(reference::get_reference)))
        .routes(anyone(routes!(reference::get_reference_style)))
        .routes(anyone(routes!(about::healthz)))
        .routes(anyone(routes!(about::readyz)))
        .routes(anyone(routes!(about::get_metrics)))
}

fn alerts() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(P::AlertsRead, routes!(alert::list::list_alerts)))
        .routes(may(P::AlertsRead, routes!(alert::get::get_alert)))
        .routes(may(
            P::AlertsWrite,
            routes!(alert::deeds::acknowledge_alert),
        ))
        .routes(may(P::AlertsWrite, routes!(alert::deeds::snooze_alert)))
        .routes(may(P::AlertsWrite, routes!(alert::deeds::wake_alert)))
        .routes(may(P::AlertsWrite, routes!(alert::deeds::dismiss_alert)))
        .routes(may(P::AlertsWrite, routes!(alert::assign::assign_alert)))
        .routes(may(P::AlertsRead, routes!(silence::list::list_silences)))
        .routes(may(
            P::AlertsWrite,
            routes!(silence::create::create_silence),
        ))
        .routes(may(P::AlertsRead, routes!(silence::get::get_silence)))
        .routes(may(
            P::AlertsWrite,
            routes!(silence::delete::delete_silence),
        ))
        .routes(may(
            P::AlertRulesRead,
            routes!(alert::rule::list_alert_rules),
        ))
        .routes(may(
            P::AlertRulesWrite,
            routes!(alert::rule::create_alert_rule),
        ))
        .routes(may(
            P::AlertRulesRead,
            tagged(routes!(alert::rule::get_alert_rule)),
        ))
        .routes(may(
            P::AlertRulesWrite,
            tagged(routes!(
                alert::rule::replace_alert_rule,
                alert::rule::delete_alert_rule
            )),
        ))
}

fn waivers() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(P::WaiversRead, routes!(waiver::list::list_waivers)))
        .routes(may(
            P::WaiversRequest,
            routes!(waiver::create::request_waiver),
        ))
        .routes(may(P::WaiversRead, routes!(waiver::get::get_waiver)))
        .routes(may(
            P::WaiversRequest,
            routes!(waiver::comment::comment_waiver),
        ))
        .routes(may(P::WaiversRequest, routes!(waiver::renew::renew_waiver)))
        .routes(may(
            P::WaiversRequest,
            routes!(waiver::deeds::withdraw_waiver),
        ))
        .routes(may(
            P::WaiversApprove,
            routes!(waiver::deeds::approve_waiver),
        ))
        .routes(may(
            P::WaiversApprove,
            routes!(waiver::deeds::reject_waiver),
        ))
        .routes(may(
            P::WaiversApprove,
            routes!(waiver::deeds::revoke_waiver),
        ))
}

fn events() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(P::HostsRead, routes!(event::list::list_events)))
        .routes(may(P::HostsRead, routes!(activity::list_activity)))
        .routes(may(P::RulesRead, routes!(event::codes::list_event_codes)))
}

/// How hosts stand.
fn posture() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(P::ResultsRead, routes!(posture::get::get_posture)))
        .routes(may(
            P::ResultsRead,
            routes!(posture::series::get_posture_series),
        ))
        .routes(may(
            P::ResultsRead,
            routes!(posture::lenses::list_posture_lenses),
        ))
        .routes(may(
            P::ResultsRead,
            routes!(posture::hosts::list_posture_hosts),
        ))
        .routes(may(
            P::ResultsRead,
            routes!(posture::failing::list_failing_rules),
        ))
        .routes(may(
            P::ResultsRead,
            routes!(posture::compare::compare_posture),
        ))
        .routes(may(
            P::ResultsRead,
            routes!(posture::host::get_host_posture),
        ))
}

fn audit_log() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(P::AuditRead, routes!(audit::list::list_audit)))
        .routes(may(P::AuditRead, routes!(audit::get::get_audit_record)))
        .routes(may(P::AuditRead, routes!(audit::verify::verify_audit)))
        .routes(may(P::AuditExport, routes!(audit::export::export_audit)))
}

/// What one signs in with besides the password.
fn factors() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(signed_in(routes!(factor::get::get_factors)))
        .routes(signed_in(routes!(
            factor::totp_begin::begin_totp,
            factor::totp_delete::delete_totp
        )))
        .routes(signed_in(routes!(factor::totp_confirm::confirm_totp)))
        .routes(signed_in(routes!(factor::passkey_begin::begin_passkey)))
        .routes(signed_in(routes!(factor::passkey_finish::finish_passkey)))
        .routes(signed_in(routes!(
            factor::passkey_rename::rename_passkey,
            factor::passkey_delete::delete_passkey
        )))
        .routes(anyone(routes!(session::passkey_begin::ask_passkey)))
        .routes(anyone(routes!(session::passkey_finish::enter_with_passkey)))
        .routes(signed_in(routes!(session::proof_begin::ask_proof)))
        .routes(signed_in(routes!(
            session::proof_finish::prove_with_passkey
        )))
        .routes(signed_in(routes!(factor::backup_codes::renew_backup_codes)))
        .routes(may(P::AccountsWrite, routes!(factor::clear::clear_factors)))
}

fn groups() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(P::GroupsRead, routes!(group::list::list_groups)))
        .routes(may(P::GroupsWrite, routes!(group::create::create_group)))
        .routes(may(P::GroupsRead, tagged(routes!(group::get::get_group))))
        .routes(may(
            P::GroupsWrite,
            tagged(routes!(
                group::replace::replace_group,
                group::delete::delete_group
            )),
        ))
        .routes(may(P::GroupsWrite, routes!(group::preview::preview_group)))
        .routes(may(P::FactsRead, routes!(group::errors::list_group_errors)))
        .routes(may(
            P::GroupsRead,
            routes!(group::members::list_group_members),
        ))
        .routes(may(
            P::GroupsMembers,
            routes!(group::members::change_group_members),
        ))
}

fn accounts() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(P::AccountsRead, routes!(account::list::list_accounts)))
        .routes(may(
            P::AccountsWrite,
            routes!(account::create::create_account),
        ))
        .routes(may(
            P::AccountsRead,
            tagged(routes!(account::get::get_account)),
        ))
        .routes(may(
            P::AccountsWrite,
            tagged(routes!(
                account::replace::replace_account,
                account::delete::delete_account
            )),
        ))
        .routes(may(P::AccountsWrite, routes!(invitation::create::invite)))
        .routes(may(P::AccountsWrite, routes!(invitation::create::reset)))
        .routes(anyone(routes!(invitation::redeem::redeem_invitation)))
        .routes(may(
            P::AccountsRead,
            routes!(account::binding::list_bindings),
        ))
        .routes(may(
            P::RolesWrite,
            routes!(account::binding::create_binding),
        ))
        .routes(may(
            P::RolesWrite,
            routes!(account::binding::delete_binding),
        ))
        .routes(may(P::AccountsRead, routes!(session::list::list_sessions)))
        .routes(may(P::AccountsWrite, routes!(session::end::end_sessions)))
        .routes(may(
            P::AccountsRead,
            routes!(api_token::list::list_api_tokens),
        ))
        .routes(may(
            P::AccountsWrite,
            routes!(api_token::delete::delete_api_token),
        ))
        .routes(local(routes!(account::break_glass::create_break_glass)))
}

/// What people do with their own accounts.
fn own() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(signed_in(routes!(account::password::set_own_password)))
        .routes(signed_in(routes!(session::proof::prove)))
        .routes(signed_in(routes!(
            session::list::list_own_sessions,
            session::end::end_other_sessions
        )))
        .routes(signed_in(routes!(session::end::end_own_session)))
        .routes(signed_in(routes!(api_token::list::list_own_api_tokens)))
        .routes(may(
            P::TokensOwn,
            routes!(api_token::create::create_api_token),
        ))
        .routes(signed_in(routes!(api_token::delete::delete_own_api_token)))
        .routes(may(
            P::TokensOwn,
            routes!(api_token::rotate::rotate_api_token),
        ))
}

fn roles() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(
            P::AccountsRead,
            routes!(role::permissions::list_permissions),
        ))
        .routes(may(P::AccountsRead, routes!(role::list::list_roles)))
        .routes(may(P::RolesWrite, routes!(role::create::create_role)))
        .routes(may(P::AccountsRead, tagged(routes!(role::get::get_role))))
        .routes(may(
            P::RolesWrite,
            tagged(routes!(
                role::replace::replace_role,
                role::delete::delete_role
            )),
        ))
}

fn single_sign_on() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(anyone(routes!(session::providers::list_sign_in_ways)))
        .routes(anyone(routes!(
            session::certificate::create_certificate_session
        )))
        .routes(anyone(routes!(session::oidc::begin::begin_oidc)))
        .routes(anyone(routes!(session::oidc::callback::oidc_callback)))
        .routes(may(
            P::AccountsRead,
            routes!(provider::list::list_identity_providers),
        ))
        .routes(may(
            P::ProvidersWrite,
            routes!(provider::create::create_identity_provider),
        ))
        .routes(may(
            P::AccountsRead,
            tagged(routes!(provider::get::get_identity_provider)),
        ))
        .routes(may(
            P::ProvidersWrite,
            tagged(routes!(
                provider::replace::replace_identity_provider,
                provider::delete::delete_identity_provider
            )),
        ))
        .routes(may(
            P::AccountsRead,
            routes!(provider::link::list::list_identity_links),
        ))
        .routes(may(
            P::ProvidersWrite,
            routes!(provider::link::create::create_identity_link),
        ))
        .routes(may(
            P::ProvidersWrite,
            routes!(provider::link::delete::delete_identity_link),
        ))
}

fn settings() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(
            P::SettingsRead,
            tagged(routes!(settings::fleet::get_settings)),
        ))
        .routes(may(
            P::SettingsFleet,
            tagged(routes!(
                settings::fleet::set_settings,
                settings::fleet::clear_settings
            )),
        ))
        .routes(may(
            P::SettingsRead,
            tagged(routes!(settings::group::get_group_settings)),
        ))
        .routes(may(
            P::SettingsWrite,
            tagged(routes!(
                settings::group::set_group_settings,
                settings::group::clear_group_settings
            )),
        ))
        .routes(may(
            P::SettingsRead,
            tagged(routes!(settings::host::get_host_settings)),
        ))
        .routes(may(
            P::SettingsWrite,
            tagged(routes!(
                settings::host::set_host_settings,
                settings::host::clear_host_settings
            )),
        ))
        .routes(may(
            P::SettingsRead,
            routes!(settings::effective::get_effective_settings),
        ))
}

fn maintenance() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(
            P::MaintenanceRead,
            routes!(maintenance::list::list_maintenance),
        ))
        .routes(may(
            P::MaintenanceWrite,
            routes!(maintenance::create::create_maintenance),
        ))
        .routes(may(
            P::MaintenanceRead,
            tagged(routes!(maintenance::get::get_maintenance)),
        ))
        .routes(may(
            P::MaintenanceWrite,
            tagged(routes!(
                maintenance::replace::replace_maintenance,
                maintenance::delete::delete_maintenance
            )),
        ))
}

/// Bundles come in here, which are larger than anything else.
fn content() -> OpenApiRouter<State> {
    let most = usize::try_from(MAX_ARCHIVE).unwrap_or(usize::MAX);
    let bundles = OpenApiRouter::default()
        .routes(may(
            P::BundlesPublish,
            routes!(bundle::publish::publish_bundle),
        ))
        .layer(DefaultBodyLimit::max(most));
    OpenApiRouter::default()
        .merge(bundles)
        .routes(may(P::ContentRead, routes!(bundle::list::list_bundles)))
        .routes(may(P::ContentRead, routes!(bundle::get::get_bundle)))
        .routes(may(P::RootsPublish, routes!(root::add::add_root)))
        .routes(may(P::ContentRead, routes!(root::list::list_roots)))
        .routes(may(P::ContentRead, routes!(content::get_content)))
        .routes(may(P::RulesRead, routes!(content::get_content_mode)))
        .routes(may(
            P::ContentRead,
            routes!(agent_release::list::list_agent_releases),
        ))
        .routes(may(
            P::ReleasesPublish,
            routes!(agent_release::create::create_agent_release),
        ))
}

fn rollouts() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(may(P::RolloutsRead, routes!(rollout::list::list_rollouts)))
        .routes(may(
            P::RolloutsWrite,
            routes!(rollout::create::create_rollout),
        ))
        .routes(may(P::RolloutsRead, routes!(rollout::get::get_rollout)))
        .routes(may(
            P::RolloutsRead,
            routes!(rollout::events::list_rollout_events),
        ))
        .routes(may(
            P::RolloutsRead,
            routes!(rollout::prediction::get_prediction),
        ))
        .routes(may(
            P::RolloutsSteer,
            routes!(rollout::steer::start_rollout),
        ))
        .routes(may(
            P::RolloutsSteer,
            routes!(rollout::steer::pause_rollout),
        ))
        .routes(may(
            P::RolloutsSteer,
            routes!(rollout::steer::resume_rollout),
        ))
        .routes(may(P::RolloutsSteer, routes!(rollout::steer::halt_rollout)))
        .routes(may(P::RolloutsSteer, routes!(rollout::steer::roll_back)))
}
