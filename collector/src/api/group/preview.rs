use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::ToSchema;
use uuid::Uuid;

use super::errors::GroupError;
use crate::{
    api::{
        error::{ApiError, Problem},
        input::Body,
    },
    membership::{Condition, Known},
    store::{self, read},
};

/// Hosts that are shown.
const SHOWN: usize = 20;
/// Rows of facts that are looked at, so that nobody waits for long.
const MOST_ROWS: usize = 200_000;

/// An expression.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewOf {
    /// As in a group.
    #[schema(max_length = 4096)]
    expression: String,
}

/// Which hosts an expression is true for.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Preview {
    /// How many.
    hosts: u64,
    /// The first 20 of them to enrol.
    first: Vec<PreviewHost>,
    /// On how many it comes to nothing.
    errors: u64,
    /// The first 20 of those.
    first_errors: Vec<GroupError>,
    /// How many hosts were asked: those that enrolled first, as many as can be in some seconds.
    asked: u64,
    /// Whether those are all hosts.
    complete: bool,
}

/// A host that an expression is true for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewHost {
    id: Uuid,
    hostname: String,
}

/// Try an expression: how many hosts would belong to a group by it, and the first of them.
#[utoipa::path(post, path = "/api/v1/groups/preview", tag = "groups", request_body = PreviewOf,
    responses((status = 200, body = Preview),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_expression`")))]
pub(crate) async fn preview_group(
    State(db): State<PgPool>,
    Body(of): Body<PreviewOf>,
) -> Result<Json<Preview>, ApiError> {
    let condition = Condition::read(&of.expression).map_err(ApiError::Expression)?;
    let kinds = condition.kinds();
    let mut tx = read::snapshot(&db).await?;
    let (mut preview, mut after, mut rows) = (Preview::default(), 0, 0);
    while rows < MOST_ROWS {
        let hosts = store::group::answer::known(&mut tx, &kinds, after).await?;
        let Some((last, ..)) = hosts.last() else {
            preview.complete = true;
            break;
        };
        after = *last;
        for (_, id, known) in hosts {
            rows += known.facts.values().map(Vec::len).sum::<usize>();
            preview.add(id, &condition, known);
            // Many hosts may take some time.
            tokio::task::yield_now().await;
        }
    }
    Ok(Json(preview))
}

impl Preview {
    fn add(&mut self, id: Uuid, condition: &Condition, known: Known) {
        self.asked += 1;
        let came = condition.holds(&known);
        let hostname = known.hostname;
        match came {
            Ok(false) => {}
            Ok(true) => {
                self.hosts += 1;
                if self.first.len() < SHOWN {
                    self.first.push(PreviewHost { id, hostname });
                }
            }
            Err(error) => {
                self.errors += 1;
                if self.first_errors.len() < SHOWN {
                    self.first_errors.push(GroupError {
                        id,
                        hostname,
                        error,
                    });
                }
            }
        }
    }
}
