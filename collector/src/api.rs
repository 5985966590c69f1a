//! The JSON API. One file an operation; [`routes`] is the list of them, and the OpenAPI document.

use std::{fmt, sync::Arc};

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, FromRef},
};
use chrono::TimeDelta;
use shared::{bundle::MAX_ARCHIVE, clock::SharedClock};
use sqlx::PgPool;
use utoipa::openapi::{
    Components, Content, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr,
    ResponseBuilder,
    security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    authority::Authority, catalogue::Catalogue, conductor::Conductor, console, fleet::Fleet,
    live::Feed, metrics::Metrics, store::partition::Keep,
};

mod about;
mod account;
mod agent_release;
mod attempt;
mod bundle;
mod content;
mod error;
mod fact;
mod framework;
mod group;
mod host;
mod identity;
mod input;
mod live;
mod maintenance;
mod page;
mod password;
mod result;
mod rollout;
mod root;
mod rule;
mod session;
mod settings;
mod shell;
mod time;
mod token;

#[cfg(test)]
mod tests;

pub use self::identity::Connection;

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
    /// What is known of rules.
    pub catalogue: Arc<Catalogue>,
}

/// The answer to those who have not signed in, as the document calls it.
const UNAUTHENTICATED: &str = "Unauthenticated";

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
    conductor: Conductor,
    attempts: Arc<attempt::Attempts>,
    passwords: password::Passwords,
}

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

/// API and console, for HTTPS.
pub fn router(state: AppState) -> Router {
    let metrics = state.metrics.clone();
    let conductor = Conductor {
        db: state.db.clone(),
        clock: state.clock.clone(),
        fleet: state.fleet.clone(),
        feed: state.feed.clone(),
        metrics: state.metrics.clone(),
    };
    let state = State {
        conductor,
        db: state.db,
        clock: state.clock,
        fleet: state.fleet,
        feed: state.feed,
        authority: state.authority,
        agents: AgentsAddress(state.agents_address.into()),
        metrics: state.metrics,
        keep: MetricKeep(state.keep),
        skew: Skew(state.skew),
        patience: Patience(state.patience),
        signs: SignsContent(state.one_machine),
        catalogue: state.catalogue,
        attempts: Arc::default(),
        passwords: password::Passwords::default(),
    };
    let (routes, _) = routes().split_for_parts();
    let routes = routes
        .method_not_allowed_fallback(async || error::ApiError::Method)
        .route("/api", axum::routing::any(no_route))
        .route("/api/", axum::routing::any(no_route))
        .route("/api/{*rest}", axum::routing::any(no_route))
        .fallback(console::serve)
        .with_state(state);
    shell::around(routes, metrics)
}

/// The same for the local socket: who comes through it is the local administrator.
pub fn local_router(state: AppState) -> Router {
    router(state).layer(Extension(identity::LocalAdministrator))
}

/// The description of every operation.
pub fn openapi() -> OpenApi {
    let mut document = routes().split_for_parts().1;
    declare_refusal(&mut document);
    document
}

/// Every operation that is not for anybody can answer 401.
fn declare_refusal(document: &mut OpenApi) {
    let operations = document.paths.paths.values_mut().flat_map(|path| {
        let PathItem {
            get,
            post,
            put,
            delete,
            ..
        } = path;
        [get, post, put, delete].into_iter().flatten()
    });
    for operation in operations.filter(|operation| operation.security.is_none()) {
        let answer = RefOr::Ref(Ref::from_response_name(UNAUTHENTICATED));
        operation.responses.responses.insert("401".into(), answer);
    }
}

fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(document())
        .routes(routes!(
            session::create::create_session,
            session::get::get_session,
            session::delete::delete_session
        ))
        .routes(routes!(host::list::list_hosts))
        .routes(routes!(host::get::get_host))
        .routes(routes!(host::revoke::revoke_host))
        .routes(routes!(host::release::release_host))
        .routes(routes!(host::kinds::list_host_kinds))
        .routes(routes!(host::facts::list_host_facts))
        .routes(routes!(host::changes::list_host_changes))
        .routes(routes!(host::metrics::list_host_metrics))
        .routes(routes!(host::liveness::list_host_liveness))
        .routes(routes!(host::labels::set_host_labels))
        .routes(routes!(fact::search::search_facts))
        .routes(routes!(result::host::list_host_results))
        .routes(routes!(result::one::get_host_result))
        .routes(routes!(result::proof::get_result_proof))
        .routes(routes!(result::chain::verify_results))
        .routes(routes!(result::search::search_results))
        .routes(routes!(rule::list::list_rules))
        .routes(routes!(rule::get::get_rule))
        .routes(routes!(framework::list::list_frameworks))
        .routes(routes!(framework::controls::list_controls))
        .routes(routes!(framework::profiles::list_profiles))
        .routes(routes!(
            group::list::list_groups,
            group::create::create_group
        ))
        .routes(routes!(
            group::get::get_group,
            group::replace::replace_group,
            group::delete::delete_group
        ))
        .routes(routes!(
            group::members::list_group_members,
            group::members::change_group_members
        ))
        .routes(routes!(
            settings::fleet::get_settings,
            settings::fleet::set_settings,
            settings::fleet::clear_settings
        ))
        .routes(routes!(
            settings::group::get_group_settings,
            settings::group::set_group_settings,
            settings::group::clear_group_settings
        ))
        .routes(routes!(
            settings::host::get_host_settings,
            settings::host::set_host_settings,
            settings::host::clear_host_settings
        ))
        .routes(routes!(settings::effective::get_effective_settings))
        .routes(routes!(
            maintenance::list::list_maintenance,
            maintenance::create::create_maintenance
        ))
        .routes(routes!(
            maintenance::get::get_maintenance,
            maintenance::replace::replace_maintenance,
            maintenance::delete::delete_maintenance
        ))
        .routes(routes!(
            token::create::create_token,
            token::list::list_tokens
        ))
        .routes(routes!(token::delete::revoke_token))
        .merge(bundles())
        .routes(routes!(bundle::get::get_bundle))
        .routes(routes!(root::add::add_root, root::list::list_roots))
        .routes(routes!(account::create_account))
        .routes(routes!(
            rollout::list::list_rollouts,
            rollout::create::create_rollout
        ))
        .routes(routes!(rollout::get::get_rollout))
        .routes(routes!(rollout::events::list_rollout_events))
        .routes(routes!(rollout::prediction::get_prediction))
        .routes(routes!(rollout::steer::start_rollout))
        .routes(routes!(rollout::steer::pause_rollout))
        .routes(routes!(rollout::steer::resume_rollout))
        .routes(routes!(rollout::steer::halt_rollout))
        .routes(routes!(rollout::steer::roll_back))
        .routes(routes!(content::get_content))
        .routes(routes!(content::get_content_mode))
        .routes(routes!(
            agent_release::list::list_agent_releases,
            agent_release::create::create_agent_release
        ))
        .routes(routes!(live::follow))
        .routes(routes!(about::get_info))
        .routes(routes!(about::get_authority))
        .routes(routes!(about::get_openapi))
        .routes(routes!(about::healthz))
        .routes(routes!(about::readyz))
        .routes(routes!(about::get_metrics))
}

/// Where bundles come in, which are larger than anything else.
fn bundles() -> OpenApiRouter<State> {
    let most = usize::try_from(MAX_ARCHIVE).unwrap_or(usize::MAX);
    OpenApiRouter::default()
        .routes(routes!(
            bundle::publish::publish_bundle,
            bundle::list::list_bundles
        ))
        .layer(DefaultBodyLimit::max(most))
}

/// What the document says besides its paths. `OpenApiRouter::new()` would name utoipa's author.
fn document() -> OpenApi {
    let cookie = ApiKey::Cookie(ApiKeyValue::new(identity::COOKIE));
    let mut components = Components::new();
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    let problem = Content::new(Some(Ref::from_schema_name("Problem")));
    let refusal = ResponseBuilder::new()
        .description("`unauthenticated`: sign in first")
        .content("application/problem+json", problem);
    let responses = &mut components.responses;
    responses.insert(UNAUTHENTICATED.into(), refusal.build().into());
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("OpenWatch")
                .version("1")
                .description(Some(
                    "Requests other than GET carry the header `X-OpenWatch-Request: 1`. \
                     Errors are problems after RFC 9457 with a stable `code`.",
                ))
                .build(),
        )
        .components(Some(components))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>(
            "session",
            [],
        )]))
        .build()
}

async fn no_route() -> error::ApiError {
    error::ApiError::NoRoute
}
