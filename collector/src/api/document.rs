//! The OpenAPI document, but for the operations, which say it themselves.

use utoipa::openapi::{
    Components, Content, InfoBuilder, OpenApi, OpenApiBuilder, Ref, ResponseBuilder,
    security::{
        ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
    },
};

use crate::api::{identity, permit};

/// What the document says besides its paths. `OpenApiRouter::new()` would name utoipa's author.
pub(super) fn base() -> OpenApi {
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
