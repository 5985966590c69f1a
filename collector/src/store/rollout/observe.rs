//! How the hosts of a rollout stand: what each is offered, has, and says.

use serde_json::{Value, json};
use shared::{id::HostId, wire::Trial};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::{Kept, maybe, senseless};
use crate::rollout::{Host, Offer, Outcome};

struct Row {
    host_no: i32,
    id: Uuid,
    groups: Vec<Uuid>,
    heard: bool,
    offered: Option<Vec<u8>>,
    offered_serial: Option<i64>,
    trial_only: Option<bool>,
    order: Option<Uuid>,
    manifest: Option<Vec<u8>>,
    serial: Option<i64>,
    said_of: Option<Uuid>,
    stage: Option<String>,
    refusal: Option<String>,
    trial: Option<Json<Trial>>,
}

/// Every host of the fleet. Of trials, the single results that turn are left out.
///
/// # Errors
/// sqlx's.
pub async fn hosts(db: &mut PgConnection, kept: &Kept) -> sqlx::Result<Vec<Host>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select h.host_no, h.id,
                  array(select g.id from host_in_group i join host_group g on g.group_no = i.group_no
                        where i.host_no = h.host_no and g.id = any($1)) as "groups!",
                  coalesce(c.takes, false)
                      and (l.state = 'online' or h.last_seen_at >= $2) as "heard!",
                  o.manifest as "offered?", b.serial as "offered_serial?", o.trial as "trial_only?",
                  o.order_id as "order?", c.manifest as "manifest?", c.serial as "serial?",
                  c.offer_order as "said_of?", c.offer_stage as "stage?",
                  c.offer_refusal as "refusal?",
                  jsonb_set(c.trial, '{turns}', '[]') as "trial?: Json<Trial>"
           from host h
           left join liveness l on l.host_no = h.host_no and l.valid_to = 'infinity'
           left join host_offer o on o.host_no = h.host_no
           left join bundle b on b.manifest = o.manifest
           left join host_content c on c.host_no = h.host_no
           where h.revoked_at is null"#,
        &kept.rollout.plan.groups(),
        kept.ring_since,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Host::try_from).collect()
}

impl TryFrom<Row> for Host {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let offered = maybe(row.offered_serial, row.offered)?;
        let offered = offered.zip(row.order).map(|(bundle, order)| Offer {
            bundle,
            trial: row.trial_only.unwrap_or(false),
            order,
        });
        let said = row.said_of.zip(row.stage);
        let outcome = said.map(|(order, stage)| outcome(order, stage, row.refusal, row.trial));
        Ok(Self {
            host_no: row.host_no,
            id: HostId(row.id),
            groups: row.groups,
            heard: row.heard,
            offered,
            in_force: maybe(row.serial, row.manifest)?,
            outcome: outcome.transpose()?,
        })
    }
}

fn outcome(
    order: Uuid,
    stage: String,
    refusal: Option<String>,
    trial: Option<Json<Trial>>,
) -> sqlx::Result<Outcome> {
    let named = match refusal {
        Some(why) => json!({ stage: why }),
        None => Value::String(stage),
    };
    let stage = serde_json::from_value(named);
    Ok(Outcome {
        order,
        stage: stage.map_err(|error| senseless(format!("host_content.offer_stage: {error}")))?,
        trial: trial.map(|trial| trial.0),
    })
}
