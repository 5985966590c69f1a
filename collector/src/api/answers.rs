//! The answers that many operations share: said once in the document, and with each operation by their names.

use utoipa::openapi::{
    Content, Ref, RefOr, Response, ResponseBuilder,
    path::{Operation, Parameter, ParameterIn},
    request_body::RequestBody,
};

use crate::api::{etag, idempotency, limit};

/// A refusal, as the document calls it.
struct Answer {
    status: &'static str,
    name: &'static str,
    says: &'static str,
}

const UNAUTHENTICATED: Answer = Answer {
    status: "401",
    name: "Unauthenticated",
    says: "`unauthenticated`: sign in first; `token_replaced`: the API token was rotated",
};
const FORBIDDEN: Answer = Answer {
    status: "403",
    name: "Forbidden",
    says: "`forbidden`: it needs the permission that `x-openwatch-permission` names; \
           `beyond_own_rights`: it would be more than you may yourself; \
           `own_scope`: it would put a host into your own scope; \
           `own_waiver`: somebody else must decide; `not_own_waiver`: somebody else asks for it; \
           `fleet_needed`: it is about the whole fleet, and your scope is not; \
           `proof_needed`: show again who you are; `factor_needed`: set up a second factor first; \
           `password_needed`: choose a password of your own first; \
           `wrong_password`; `not_by_token`: sign in; `no_account`: the local administrator has none; \
           `break_glass`; `local_only`; `csrf`",
};
const CROSS_SITE: Answer = Answer {
    status: "403",
    name: "CrossSite",
    says: "`csrf`: the header `X-OpenWatch-Request` is missing",
};
const BAD_REQUEST: Answer = Answer {
    status: "400",
    name: "BadRequest",
    says: "`bad_parameter`: a parameter or a field cannot be so; `unknown_parameter`; `bad_cursor`; \
           `bad_body`: this is not JSON",
};
const NOT_FOUND: Answer = Answer {
    status: "404",
    name: "NotFound",
    says: "`not_found`: nothing is called so",
};
const TOO_SLOW: Answer = Answer {
    status: "408",
    name: "TooSlow",
    says: "`refused`: the request did not come, or was not answered, within 30 s",
};
const TOO_LONG: Answer = Answer {
    status: "413",
    name: "TooLong",
    says: "`bad_body`, `refused`: longer than 1 MiB",
};
const OTHER_TYPE: Answer = Answer {
    status: "415",
    name: "OtherType",
    says: "`bad_body`, `refused`: not of the type that is taken",
};
const OTHER_FIELDS: Answer = Answer {
    status: "422",
    name: "OtherFields",
    says: "`bad_body`: JSON, but not with these fields",
};
const UNAVAILABLE: Answer = Answer {
    status: "503",
    name: "Unavailable",
    says: "`unavailable`: the database is away; `too_slow`: a query took longer than 9 s",
};

/// Of whatever is limited; `limit` says it with each operation.
const RATE_LIMITED: Answer = Answer {
    status: "429",
    name: limit::RATE_LIMITED,
    says: "`rate_limited`: wait as long as `Retry-After` says, seconds",
};

/// Of a POST; `idempotency` says them with each.
const IN_PROGRESS: Answer = Answer {
    status: "409",
    name: idempotency::IN_PROGRESS,
    says: "`idempotency_in_progress`: a request with this `Idempotency-Key` is being done; ask again after \
           `Retry-After`, seconds",
};
const MISMATCH: Answer = Answer {
    status: "422",
    name: idempotency::MISMATCH,
    says: "`bad_body`: JSON, but not with these fields; `idempotency_mismatch`: the `Idempotency-Key` was used \
           for something else",
};

/// Of what is edited under a tag; `etag` says it with each.
const CHANGED_MEANWHILE: Answer = Answer {
    status: "412",
    name: etag::CHANGED_MEANWHILE,
    says: "`precondition_failed`: somebody changed it since the answer with the tag of `If-Match`",
};

/// All of them, by name.
pub(super) fn all() -> impl Iterator<Item = (String, RefOr<Response>)> {
    let all = [
        UNAUTHENTICATED,
        FORBIDDEN,
        CROSS_SITE,
        BAD_REQUEST,
        NOT_FOUND,
        TOO_SLOW,
        TOO_LONG,
        OTHER_TYPE,
        OTHER_FIELDS,
        UNAVAILABLE,
        RATE_LIMITED,
        IN_PROGRESS,
        MISMATCH,
        CHANGED_MEANWHILE,
    ];
    all.into_iter().map(|answer| {
        let problem = Content::new(Some(Ref::from_schema_name("Problem")));
        let response = ResponseBuilder::new()
            .description(answer.says)
            .content("application/problem+json", problem);
        (answer.name.into(), response.build().into())
    })
}

/// Adds to an operation that asks who comes those that it may give; what it says itself stands.
pub(super) fn guarded(operation: &mut Operation) {
    // These say the same of each, more than the operation knows.
    operation.responses.responses.remove(UNAUTHENTICATED.status);
    operation.responses.responses.remove(FORBIDDEN.status);
    add(operation, &UNAUTHENTICATED);
    add(operation, &FORBIDDEN);
    add(operation, &UNAVAILABLE);
    common(operation);
}

/// The same for one that answers anybody; `changes` when it is not a GET.
pub(super) fn anonymous(operation: &mut Operation, changes: bool) {
    if changes {
        add(operation, &CROSS_SITE);
        add(operation, &UNAVAILABLE);
    }
    common(operation);
}

/// The same for one that takes something else that may be wrong.
pub(super) fn bad_request(operation: &mut Operation) {
    add(operation, &BAD_REQUEST);
}

fn common(operation: &mut Operation) {
    add(operation, &TOO_SLOW);
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let in_path =
        |of: &RefOr<Parameter>| matches!(of, RefOr::T(of) if of.parameter_in == ParameterIn::Path);
    let (any, named) = (!parameters.is_empty(), parameters.iter().any(in_path));
    let body = operation.request_body.as_ref();
    let json = |of: &RefOr<RequestBody>| matches!(of, RefOr::T(of) if of.content.contains_key("application/json"));
    let (body, json) = (body.is_some(), body.is_some_and(json));
    if any || json {
        add(operation, &BAD_REQUEST);
    }
    if named {
        add(operation, &NOT_FOUND);
    }
    if body {
        add(operation, &TOO_LONG);
        add(operation, &OTHER_TYPE);
    }
    if json {
        add(operation, &OTHER_FIELDS);
    }
}

fn add(operation: &mut Operation, answer: &Answer) {
    let responses = &mut operation.responses.responses;
    let name = RefOr::Ref(Ref::from_response_name(answer.name));
    responses.entry(answer.status.into()).or_insert(name);
}
