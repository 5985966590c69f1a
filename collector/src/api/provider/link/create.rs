use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use serde_json::json;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::{Body, ProviderPath, printable},
        provider::{
            self,
            link::{Link, NewLink},
        },
        trail::{Act, Trail},
    },
    store,
};

/// Longest name of a person at a provider, characters.
const MAX_SUBJECT: usize = 255;

/// Say that a person of a provider is an account: they can then sign in to it.
#[utoipa::path(post, path = "/api/v1/identity-providers/{name}/links", tag = "identity providers",
    params(("name" = String, Path)), request_body = NewLink,
    responses((status = 201, body = Link),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 403, body = Problem, content_type = "application/problem+json",
            description = "`beyond_own_rights`, `break_glass`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`provider_not_found`, `account_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`link_exists`")))]
pub(crate) async fn create_identity_link(
    identity: Identity,
    trail: Trail,
    ProviderPath(name): ProviderPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Body(new): Body<NewLink>,
) -> Result<(StatusCode, Json<Link>), ApiError> {
    let subject = printable("subject", &new.subject, 1, MAX_SUBJECT)?;
    let at = clock.now().trunc_subsecs(6);
    let mut tx = db.begin().await?;
    let (row, _) = provider::find(&mut tx, &name).await?;
    let account = store::account::find(&mut tx, &new.account).await?;
    let account = account.ok_or_else(|| ApiError::AccountNotFound(new.account.clone()))?;
    if account.break_glass {
        return Err(ApiError::BreakGlass);
    }
    // Who can become somebody has what they have.
    let theirs = store::access::grants(&mut tx, account.id).await?;
    if let Some(more) = identity.grants.lacks(&theirs) {
        return Err(ApiError::BeyondOwnRights(more));
    }
    let of = (name.as_str(), row.issuer.as_str());
    let by = &identity.name;
    let made = store::provider::link::create(&mut tx, of, &subject, account.id, by, at).await?;
    let id = made.ok_or_else(|| ApiError::LinkExists(subject.clone()))?;
    let act = Act::change("link.create").on("account", account.id, &account.name);
    let after = json!({"provider": name, "issuer": row.issuer, "subject": subject});
    trail.note(&mut tx, act.after(&after)?).await?;
    tx.commit().await?;
    info!(
        provider.name = name,
        account.name = account.name,
        "person linked"
    );
    let link = Link {
        id,
        subject,
        account: account.name,
        created_at: at.into(),
        created_by: identity.name,
        used_at: None,
    };
    Ok((StatusCode::CREATED, Json(link)))
}
