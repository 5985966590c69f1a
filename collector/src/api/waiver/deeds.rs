use axum::{Json, extract::State};
use chrono::SubsecRound as _;
use serde::Deserialize;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::{Body, WaiverPath, printable},
        trail::{Act, Trail},
        waiver::{MAX_NOTE, Waiver, found, tell},
    },
    live::Feed,
    store::{self, waiver::read},
    waiver::{Deed, State as Stands},
};

/// What is said with a deed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaiverNote {
    /// For whoever reads the history; at most 1000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    note: String,
}

/// Approve a waiver that somebody else asks for: from now on it counts.
///
/// Who asked for it cannot, whatever they may do otherwise, nor can a token of theirs, nor the local administrator, of whom
/// nobody knows who that is.
#[utoipa::path(post, path = "/api/v1/waivers/{id}/approve", tag = "waivers", params(("id" = Uuid, Path)),
    request_body = WaiverNote,
    responses((status = 200, body = Waiver),
        (status = 403, body = Problem, content_type = "application/problem+json",
            description = "`own_waiver`; `fleet_needed`; `no_account`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`waiver_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`waiver_stands_so`")))]
pub(crate) async fn approve_waiver(
    asks: (Identity, Within, Trail),
    WaiverPath(id): WaiverPath,
    State(db): State<PgPool>,
    State(feed): State<Feed>,
    Body(said): Body<WaiverNote>,
) -> Result<Json<Waiver>, ApiError> {
    turn(
        (&db, &feed),
        &asks,
        id,
        (Deed::Approve, "waiver.approve", "approved"),
        &said,
    )
    .await
}

/// Reject a waiver that somebody else asks for.
#[utoipa::path(post, path = "/api/v1/waivers/{id}/reject", tag = "waivers", params(("id" = Uuid, Path)),
    request_body = WaiverNote,
    responses((status = 200, body = Waiver),
        (status = 403, body = Problem, content_type = "application/problem+json",
            description = "`own_waiver`; `fleet_needed`; `no_account`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`waiver_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`waiver_stands_so`")))]
pub(crate) async fn reject_waiver(
    asks: (Identity, Within, Trail),
    WaiverPath(id): WaiverPath,
    State(db): State<PgPool>,
    State(feed): State<Feed>,
    Body(said): Body<WaiverNote>,
) -> Result<Json<Waiver>, ApiError> {
    turn(
        (&db, &feed),
        &asks,
        id,
        (Deed::Reject, "waiver.reject", "rejected"),
        &said,
    )
    .await
}

/// Withdraw a waiver that one has asked for oneself.
#[utoipa::path(post, path = "/api/v1/waivers/{id}/withdraw", tag = "waivers", params(("id" = Uuid, Path)),
    request_body = WaiverNote,
    responses((status = 200, body = Waiver),
        (status = 403, body = Problem, content_type = "application/problem+json",
            description = "`not_own_waiver`; `fleet_needed`; `no_account`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`waiver_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`waiver_stands_so`")))]
pub(crate) async fn withdraw_waiver(
    asks: (Identity, Within, Trail),
    WaiverPath(id): WaiverPath,
    State(db): State<PgPool>,
    State(feed): State<Feed>,
    Body(said): Body<WaiverNote>,
) -> Result<Json<Waiver>, ApiError> {
    turn(
        (&db, &feed),
        &asks,
        id,
        (Deed::Withdraw, "waiver.withdraw", "withdrawn"),
        &said,
    )
    .await
}

/// Revoke a waiver that counts: from now on it does not any more.
#[utoipa::path(post, path = "/api/v1/waivers/{id}/revoke", tag = "waivers", params(("id" = Uuid, Path)),
    request_body = WaiverNote,
    responses((status = 200, body = Waiver),
        (status = 403, body = Problem, content_type = "application/problem+json",
            description = "`fleet_needed`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`waiver_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`waiver_stands_so`")))]
pub(crate) async fn revoke_waiver(
    asks: (Identity, Within, Trail),
    WaiverPath(id): WaiverPath,
    State(db): State<PgPool>,
    State(feed): State<Feed>,
    Body(said): Body<WaiverNote>,
) -> Result<Json<Waiver>, ApiError> {
    turn(
        (&db, &feed),
        &asks,
        id,
        (Deed::Revoke, "waiver.revoke", "revoked"),
        &said,
    )
    .await
}

/// Does it, writes it down, and lets what an approved one goes on with end at that instant.
async fn turn(
    (db, feed): (&PgPool, &Feed),
    (identity, within, trail): &(Identity, Within, Trail),
    id: Uuid,
    (deed, action, what): (Deed, &'static str, &'static str),
    said: &WaiverNote,
) -> Result<Json<Waiver>, ApiError> {
    let note = printable("note", &said.note, 0, MAX_NOTE)?;
    let mut tx = db.begin().await?;
    let before = found(&mut tx, id, within).await?;
    // As the database keeps it, so that this answer and the next agree.
    let now = trail.now().trunc_subsecs(6);
    let who = identity.account;
    if deed != Deed::Revoke && who.is_none() {
        return Err(ApiError::NoAccount);
    }
    let standing = before.standing.after(deed, who, now)?;
    let approver = who.filter(|_| deed == Deed::Approve);
    let approver = approver.map(|who| (who, identity.name.as_str()));
    store::waiver::put(&mut tx, before.no, &standing, approver).await?;
    store::waiver::note(&mut tx, before.no, what, &identity.name, &note, now).await?;
    let mut told = vec![id];
    if let (Deed::Approve, Some((no, _))) = (deed, before.continues)
        && let Some(first) = read::numbered(&mut tx, no).await?
        && first.standing.state(now) == Stands::Approved
    {
        let ended = first.standing.after(Deed::Replace, who, now)?;
        store::waiver::put(&mut tx, no, &ended, None).await?;
        let by = id.to_string();
        store::waiver::note(&mut tx, no, "renewed", &identity.name, &by, now).await?;
        told.push(first.id);
    }
    let after = read::numbered(&mut tx, before.no).await?;
    let after = after.ok_or_else(|| ApiError::WaiverNotFound(id.to_string()))?;
    let after = Waiver::new(after, now);
    let act = Act::change(action).on("waiver", id, &before.subject.name());
    let act = act.before(&Waiver::new(before, now))?;
    let act = act.after(&serde_json::json!({"waiver": after, "note": note}))?;
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    for waiver in told {
        tell(feed, waiver);
    }
    info!(waiver.id = %id, account.name = identity.name, what, "waiver decided");
    Ok(Json(after))
}
