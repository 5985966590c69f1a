//! Kept queries that are taken away as files again and again, and those files.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{api::time::Time, export::Format, store::export_schedule as rows};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod files;
pub(crate) mod list;
pub(crate) mod run;

/// Most schedules of one person.
const MOST: usize = 50;

/// When a kept query is taken away as a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportSchedule {
    id: Uuid,
    /// The kept query.
    query: Uuid,
    format: Format,
    /// Minute, hour, day, month and weekday, as cron has them.
    #[schema(example = "30 6 * * MON-FRI")]
    pattern: String,
    /// By whose clocks: an IANA name, such as `Europe/Vienna`.
    time_zone: String,
    created_at: Time,
}

impl From<rows::Schedule> for ExportSchedule {
    fn from(row: rows::Schedule) -> Self {
        Self {
            id: row.id,
            query: row.query,
            format: Format::named(&row.format).unwrap_or_default(),
            pattern: row.pattern,
            time_zone: row.zone,
            created_at: row.created_at.into(),
        }
    }
}

/// What is said of a schedule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleFields {
    /// A kept query, one's own or one that is shared.
    query: Uuid,
    format: Format,
    /// Minute, hour, day, month and weekday, as cron has them, and no more often than each hour.
    #[schema(max_length = 100, example = "30 6 * * MON-FRI")]
    pattern: String,
    /// An IANA name, such as `Europe/Vienna`.
    #[schema(max_length = 64)]
    time_zone: String,
}

/// The job schedule of one.
fn job_of(id: Uuid) -> String {
    format!("export:{id}")
}
