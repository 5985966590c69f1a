use axum::{Json, extract::State, http::StatusCode};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    api::{
        error::{ApiError, Problem},
        export_schedule::{ExportSchedule, MOST, ScheduleFields, job_of},
        identity::Identity,
        input::Body,
        trail::{Act, Trail},
    },
    job::Schedule,
    store::{
        self,
        export_schedule::{self as rows, EXPORT_LANE, EXPORTS},
        job::{New, schedule},
    },
};

/// Have a kept query taken away as a file again and again, with one's own rights as they are then. The files wait to
/// be fetched.
#[utoipa::path(post, path = "/api/v1/export-schedules", tag = "exports", request_body = ScheduleFields,
    responses((status = 201, body = ExportSchedule),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`saved_query_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`too_many_export_schedules`")))]
pub(crate) async fn create_export_schedule(
    (identity, trail): (Identity, Trail),
    State(db): State<PgPool>,
    Body(fields): Body<ScheduleFields>,
) -> Result<(StatusCode, Json<ExportSchedule>), ApiError> {
    // A token that may less than its person must not make what has their rights.
    let (account, _) = identity.session()?;
    identity.settled()?;
    let now = trail.now();
    check(&fields, now)?;
    let mut tx = db.begin().await?;
    let found = store::saved_query::find(&mut tx, account, fields.query).await?;
    let found = found.ok_or_else(|| ApiError::SavedQueryNotFound(fields.query.to_string()))?;
    if rows::list(&mut tx, Some(account), None).await?.len() >= MOST {
        return Err(ApiError::TooManyExportSchedules);
    }
    let made = rows::Schedule {
        id: Uuid::now_v7(),
        account,
        query: fields.query,
        format: fields.format.name().into(),
        pattern: fields.pattern,
        zone: fields.time_zone,
        created_at: now,
    };
    rows::create(&mut tx, &made).await?;
    let new = New {
        queue: EXPORTS.name,
        lane: EXPORT_LANE,
        key: None,
        payload: &json!({ "schedule": made.id }),
        max_attempts: EXPORTS.max_attempts.into(),
    };
    let when = (made.pattern.as_str(), made.zone.as_str());
    let put = schedule::put(&mut tx, &job_of(made.id), when, &new, now).await;
    put.map_err(|error| match error {
        schedule::PutError::Schedule(error) => ApiError::parameter("pattern", error.to_string()),
        schedule::PutError::Database(error) => error.into(),
    })?;
    let shown = ExportSchedule::from(made);
    let act = Act::change("export.schedule").on("saved_query", found.id, &found.name);
    trail.note(&mut tx, act.after(&shown)?).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Whether it comes, and not too often.
fn check(fields: &ScheduleFields, now: chrono::DateTime<chrono::Utc>) -> Result<(), ApiError> {
    use crate::job::ScheduleError as Wrong;
    let wrong = |error: Wrong| match error {
        Wrong::Zone(_) => ApiError::parameter("time_zone", error.to_string()),
        Wrong::Pattern(_) => ApiError::parameter("pattern", error.to_string()),
    };
    let schedule = Schedule::new(&fields.pattern, &fields.time_zone).map_err(wrong)?;
    let mut at = schedule.after(now).map_err(wrong)?;
    for _ in 0..24 {
        let next = schedule.after(at).map_err(wrong)?;
        if next - at < chrono::TimeDelta::minutes(59) {
            return Err(ApiError::parameter(
                "pattern",
                "comes more often than each hour",
            ));
        }
        at = next;
    }
    Ok(())
}
