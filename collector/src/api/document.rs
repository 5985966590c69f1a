//! The OpenAPI document, but for the operations, which say it themselves.

use utoipa::openapi::{
    Components, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr,
    path::Operation,
    security::{
        ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
    },
};

use crate::api::{answers, identity};

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
    components.responses.extend(answers::all());
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

/// Says that an operation can answer so: beside what it says of the status itself, or as the document says it
/// of all.
pub(super) fn may_answer(operation: &mut Operation, status: &str, all: &str, beside: &str) {
    let responses = &mut operation.responses.responses;
    match responses.get_mut(status) {
        Some(RefOr::T(own)) if own.description.is_empty() => own.description = beside.into(),
        Some(RefOr::T(own)) => own.description = format!("{}; {beside}", own.description),
        _ => {
            let answer = RefOr::Ref(Ref::from_response_name(all));
            responses.insert(status.into(), answer);
        }
    }
}
