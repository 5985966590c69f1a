//! The JSON API. One file an operation; [`routes`] is the list of them, and the OpenAPI document.

use std::{collections::BTreeMap, fmt, sync::Arc};

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, FromRef},
};
use chrono::TimeDelta;
use shared::{bundle::MAX_ARCHIVE, clock::SharedClock};
use sqlx::PgPool;
use utoipa::openapi::{
    Components, Content, InfoBuilder, OpenApi, OpenApiBuilder, Ref, ResponseBuilder,
    security::{
        ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::permit::{anyone, local, may, may_follow, signed_in};
use crate::{
    access::Permission as P, authority::Authority, catalogue::Catalogue,
    client_certificate::Certificates, conductor::Conductor, console, factor::passkey::Passkeys,
    fleet::Fleet, live::Feed, metrics::Metrics, notary::Notary, oidc::Oidc, outbound::Outbound,
    registrar::Registrar, store::partition::Keep,
};

mod about;
mod access;
mod account;
mod agent_release;
mod api_token;
mod attempt;
mod audit;
mod bundle;
mod ceremony;
mod content;
mod error;
mod fact;
mod factor;
mod framework;
mod group;
mod hearing;
mod holding;
mod host;
mod identity;
mod input;
mod invitation;
mod live;
mod maintenance;
mod page;
mod password;
mod permit;
mod provider;
mod refusal;
mod result;
mod role;
mod rollout;
mod root;
mod rule;
mod session;
mod settings;
mod shell;
mod time;
mod token;
mod trail;

#[cfg(test)]
mod tests;

pub use self::{
    identity::Connection,
    password::{Breached, BreachedError},
    refusal::Refusals,
};

/// What the API works with.
#[derive(Debug, Clone)]
pub struct AppState {
    pub db: PgPool,
    pub clock: SharedClock,
    pub fleet: Fleet,
    pub feed: Feed,
    pub authority: Authority,
    /// Where agents connect, `HOST:PORT`: goes into the command that enrols a host.
    pub agents_address: String,
    pub metrics: Arc<Metrics>,
    /// How long hosts' metrics are kept, and so which table has which.
    pub keep: Keep,
    /// By how much a host's clock may differ before it is called wrong.
    pub skew: TimeDelta,
    /// How long a host may be offered a bundle and not take it before it is called behind.
    pub patience: TimeDelta,
    /// Whether this collector signs content by itself.
    pub one_machine: bool,
    /// Whether somebody else must start a rollout than who planned it.
    pub two_people: bool,
    /// What is known of rules.
    pub catalogue: Arc<Catalogue>,
    /// To whom passkeys are shown.
    pub passkeys: Passkeys,
    /// Whether a password alone lets nobody in.
    pub second_factor: bool,
    /// Who was refused lately.
    pub refusals: Refusals,
    /// What signs the audit log.
    pub notary: Notary,
    /// Passwords that nobody may choose.
    pub breached: Arc<Breached>,
    /// Where browsers find the console, such as `https://localhost:8443`.
    pub origin: String,
    /// Which addresses that somebody enters may be dialled.
    pub outbound: Outbound,
    /// Whose certificates let them in, where there is a listener for that.
    pub cards: Option<Arc<Cards>>,
    /// Who belongs to which group.
    pub registrar: Registrar,
}

/// A listener on which people sign in with a certificate.
#[derive(Debug)]
pub struct Cards {
    pub certificates: Certificates,
    /// Names of accounts that do not follow from a certificate: what follows, and the name.
    pub accounts: BTreeMap<String, String>,
    /// Where browsers find it, as `origin`.
    pub origin: String,
}

/// What handlers take from, each what it needs.
#[derive(Debug, Clone, FromRef)]
struct State {
    db: PgPool,
    clock: SharedClock,
    fleet: Fleet,
    feed: Feed,
    authority: Authority,
    agents: AgentsAddress,
    metrics: Arc<Metrics>,
    keep: MetricKeep,
    skew: Skew,
    patience: Patience,
    signs: SignsContent,
    catalogue: Arc<Catalogue>,
    origin: Origin,
    outbound: Outbound,
    oidc: Oidc,
    cards: CardReader,
    registrar: Registrar,
    conductor: Conductor,
    notary: Notary,
    attempts: Arc<attempt::Attempts>,
    passwords: password::Passwords,
    passkeys: Passkeys,
    requires: RequiresFactor,
}

/// Whether a password alone lets nobody in.
#[derive(Debug, Clone, Copy)]
struct RequiresFactor(bool);

/// How long hosts' metrics are kept.
#[derive(Debug, Clone, Copy)]
struct MetricKeep(Keep);
/// By how much a host's clock may differ before it is called wrong.
#[derive(Debug, Clone, Copy)]
struct Skew(TimeDelta);

/// How long a host may be offered a bundle and not take it.
#[derive(Debug, Clone, Copy)]
struct Patience(TimeDelta);

impl Skew {
    fn is_wrong(self, skew_ms: i64) -> bool {
        skew_ms.saturating_abs() > self.0.num_milliseconds()
    }
}

/// Whether this collector signs content by itself.
#[derive(Debug, Clone, Copy)]
struct SignsContent(bool);

/// Where agents connect, `HOST:PORT`.
#[derive(Debug, Clone)]
struct AgentsAddress(Arc<str>);

impl fmt::Display for AgentsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where browsers find the console, without a slash at the end.
#[derive(Debug, Clone)]
struct Origin(Arc<str>);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The listener for certificates, if there is one.
#[derive(Debug, Clone)]
struct CardReader(Option<Arc<Cards>>);

/// API and console, for HTTPS.
pub fn router(state: AppState) -> Router {
    let (metrics, refusals) = (state.metrics.clone(), state.refusals);
    let conductor = Conductor {
        db: state.db.clone(),
        clock: state.clock.clone(),
        fleet: state.fleet.clone(),
        feed: state.feed.clone(),
        metrics: state.metrics.clone(),
        two_people: state.two_people,
    };
    let state = State {
        oidc: Oidc::new(state.outbound.clone(), state.clock.clone()),
        conductor,
        db: state.db,
        clock: state.clock,
        fleet: state.fleet,
        feed: state.feed,
        authority: state.authority,
        agents: AgentsAddress(state.agents_address.into()),
        metrics: state.metrics.clone(),
        keep: MetricKeep(state.keep),
        skew: Skew(state.skew),
        patience: Patience(state.patience),
        signs: SignsContent(state.one_machine),
        catalogue: state.catalogue,
        origin: Origin(state.origin.into()),
        outbound: state.outbound,
        cards: CardReader(state.cards),
        registrar: state.registrar,
        notary: state.notary,
        attempts: Arc::default(),
        passwords: password::Passwords::new(state.breached, state.metrics),
        passkeys: state.passkeys,
        requires: RequiresFactor(state.second_factor),
    };
    let doorman = identity::Doorman {
        db: state.db.clone(),
        clock: state.clock.clone(),
        requires_factor: state.requires.0,
    };
    let (routes, _) = routes().split_for_parts();
    let routes = routes
        .method_not_allowed_fallback(async || error::ApiError::Method)
        .route("/api", axum::routing::any(no_route))
        .route("/api/", axum::routing::any(no_route))
        .route("/api/{*rest}", axum::routing::any(no_route))
        .fallback(console::serve)
        .with_state(state);
    shell::around(routes, metrics.clone())
        .layer(Extension(doorman))
        .layer(Extension(metrics))
        .layer(Extension(refusals))
}

/// The same for the local socket: who comes through it is the local administrator.
pub fn local_router(state: AppState) -> Router {
    router(state).layer(Extension(identity::LocalAdministrator))
}

/// The description of every operation.
pub fn openapi() -> OpenApi {
    routes().split_for_parts().1
}

/// Every route, and what it asks of who comes.
fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(document())
        .routes(anyone(routes!(session::create::create_session)))
        .routes(signed_in(routes!(
            session::get::get_session,
            session::delete::delete_session
        )))
        .merge(single_sign_on())
        .routes(may(P::HostsRead, routes!(host::list::list_hosts)))
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
        .merge(groups())
        .merge(settings())
        .merge(maintenance())
        .routes(may(P::EnrolmentRead, routes!(token::list::list_tokens)))
        .routes(may(P::EnrolmentWrite, routes!(token::create::create_token)))
        .routes(may(P::EnrolmentWrite, routes!(token::delete::revoke_token)))
        .merge(content())
        .merge(audit_log())
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
        .routes(anyone(routes!(about::healthz)))
        .routes(anyone(routes!(about::readyz)))
        .routes(anyone(routes!(about::get_metrics)))
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
        .routes(may(P::GroupsRead, routes!(group::get::get_group)))
        .routes(may(
            P::GroupsWrite,
            routes!(group::replace::replace_group, group::delete::delete_group),
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
        .routes(may(P::AccountsRead, routes!(account::get::get_account)))
        .routes(may(
            P::AccountsWrite,
            routes!(
                account::replace::replace_account,
                account::delete::delete_account
            ),
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
        .routes(may(P::AccountsRead, routes!(role::get::get_role)))
        .routes(may(
            P::RolesWrite,
            routes!(role::replace::replace_role, role::delete::delete_role),
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
            routes!(provider::get::get_identity_provider),
        ))
        .routes(may(
            P::ProvidersWrite,
            routes!(
                provider::replace::replace_identity_provider,
                provider::delete::delete_identity_provider
            ),
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
        .routes(may(P::SettingsRead, routes!(settings::fleet::get_settings)))
        .routes(may(
            P::SettingsFleet,
            routes!(
                settings::fleet::set_settings,
                settings::fleet::clear_settings
            ),
        ))
        .routes(may(
            P::SettingsRead,
            routes!(settings::group::get_group_settings),
        ))
        .routes(may(
            P::SettingsWrite,
            routes!(
                settings::group::set_group_settings,
                settings::group::clear_group_settings
            ),
        ))
        .routes(may(
            P::SettingsRead,
            routes!(settings::host::get_host_settings),
        ))
        .routes(may(
            P::SettingsWrite,
            routes!(
                settings::host::set_host_settings,
                settings::host::clear_host_settings
            ),
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
            routes!(maintenance::get::get_maintenance),
        ))
        .routes(may(
            P::MaintenanceWrite,
            routes!(
                maintenance::replace::replace_maintenance,
                maintenance::delete::delete_maintenance
            ),
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

/// What the document says besides its paths. `OpenApiRouter::new()` would name utoipa's author.
fn document() -> OpenApi {
    let cookie = ApiKey::Cookie(ApiKeyValue::new(identity::COOKIE));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API token"))
        .build();
    let mut components = Components::new();
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    let problem = Content::new(Some(Ref::from_schema_name("Problem")));
    let refusals = [
        (
            permit::UNAUTHENTICATED,
            "`unauthenticated`: sign in first; `token_replaced`: the API token was rotated",
        ),
        (
            permit::FORBIDDEN,
            "`forbidden`: it needs the permission that `x-openwatch-permission` names; \
             `beyond_own_rights`: it would be more than you may yourself; \
             `own_scope`: it would put a host into your own scope; \
             `proof_needed`: show again who you are; `factor_needed`: set up a second factor first; \
             `wrong_password`; `not_by_token`: sign in; `no_account`: the local administrator has none; \
             `break_glass`; `local_only`; `csrf`",
        ),
    ];
    for (name, says) in refusals {
        let refusal = ResponseBuilder::new()
            .description(says)
            .content("application/problem+json", problem.clone());
        let responses = &mut components.responses;
        responses.insert(name.into(), refusal.build().into());
    }
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("OpenWatch")
                .version("1")
                .description(Some(
                    "Requests other than GET with a session's cookie carry the header \
                     `X-OpenWatch-Request: 1`; those with an API token need not. \
                     Errors are problems after RFC 9457 with a stable `code`.",
                ))
                .build(),
        )
        .components(Some(components))
        .security(Some(["session", "token"].map(|scheme| {
            SecurityRequirement::new::<_, [&str; 0], &str>(scheme, [])
        })))
        .build()
}

async fn no_route() -> error::ApiError {
    error::ApiError::NoRoute
}
