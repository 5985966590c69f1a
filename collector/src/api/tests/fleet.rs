//! Hosts that tell what they are as sessions bring it, and what is derived from that.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::{
    clock::Clock as _,
    digest::Digest,
    fact::RowHash,
    id::{Epoch, HostId},
    rule::result,
};
use uuid::Uuid;

use super::{Api, result::catalogue};
use crate::{
    deriver::Deriver,
    store::{
        dictionary::{Dictionary, NewRow},
        fact::{Batch, Op, Unit, apply},
    },
};

/// A fleet whose hosts are numbered from 1 on.
pub(super) struct Fleet {
    pub(super) api: Api,
    pub(super) deriver: Deriver,
    dictionary: Dictionary,
    seq: u64,
    /// Kinds that each host has told of.
    told: BTreeSet<(i32, String)>,
}

pub(super) fn host_id(host_no: i32) -> Uuid {
    Uuid::from_u128(0x7000_8000_0000_0000_0000 + u128::from(host_no.unsigned_abs()))
}

/// What came of a rule, as a host tells it.
pub(super) fn record(verdict: &str, actual: &str, content: &str) -> Value {
    json!({"verdict": verdict, "because": format!("it is {actual}"), "content": content, "values": {},
           "truncated": false, "evidence": [{"check": "sshd", "verdict": verdict, "read": [], "expected": "so",
           "actual": actual, "offenders": [], "offenders_total": 0}]})
}

impl Fleet {
    pub(super) async fn new(hosts: i32) -> Self {
        let api = Api::new().await;
        let deriver = Deriver::new(
            api.db.clone(),
            api.clock.clone(),
            api.feed.clone(),
            api.metrics.clone(),
            Arc::new(catalogue()),
            api.alerter.clone(),
        );
        sqlx::query(
            "with made as (
                 insert into host (host_no, id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
                 overriding system value
                 select n, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'host-' || n, '', '',
                        '1', '2026-01-01Z', '2026-03-03Z' from generate_series(1, $1) n
                 returning host_no)
             insert into stream (host_no, epoch, applied_seq) select host_no, 1, 0 from made",
        )
        .bind(hosts)
        .execute(&api.db)
        .await
        .unwrap();
        Self {
            dictionary: Dictionary::new(api.db.clone()),
            deriver,
            api,
            seq: 0,
            told: BTreeSet::new(),
        }
    }

    /// A host tells of a kind, now: rows that it has, or, where the value is null, has not any more.
    pub(super) async fn tell(&mut self, host_no: i32, kind: &str, rows: &[(&str, Value)]) {
        let now = self.api.clock.now();
        self.tell_at(host_no, kind, rows, now).await;
    }

    /// The same of an instant by the host's clock.
    pub(super) async fn tell_at(
        &mut self,
        host_no: i32,
        kind: &str,
        rows: &[(&str, Value)],
        at: DateTime<Utc>,
    ) {
        let (gone, set): (Vec<_>, Vec<_>) = rows.iter().partition(|(_, value)| value.is_null());
        let set: Vec<NewRow> = set
            .into_iter()
            .map(|(key, value)| NewRow {
                hash: RowHash::of(kind, key, &value.to_string()),
                kind: kind.into(),
                key: (*key).into(),
                value: value.to_string(),
            })
            .collect();
        let gone: Vec<String> = gone.into_iter().map(|(key, _)| (*key).to_owned()).collect();
        let kinds = BTreeSet::from([kind.to_owned()]);
        let absent = gone
            .iter()
            .map(|key| (kind.to_owned(), key.clone()))
            .collect();
        let rows: BTreeMap<_, _> = set.iter().map(|row| (row.hash, row)).collect();
        let resolved = self
            .dictionary
            .resolve(&kinds, &absent, &rows)
            .await
            .unwrap();
        let op = if self.told.insert((host_no, kind.to_owned())) {
            Op::Replace {
                kind: kind.into(),
                rows: set.clone(),
                digest: Digest::default(),
            }
        } else {
            Op::Delta {
                kind: kind.into(),
                set: set.clone(),
                gone,
                digest: Digest::default(),
            }
        };
        self.seq += 1;
        let batch = Batch {
            host: HostId(host_id(host_no)),
            host_no,
            epoch: Epoch(1),
            units: vec![Unit {
                seq: self.seq,
                at,
                op,
                links: Vec::new(),
            }],
            seal: None,
        };
        let now = self.api.clock.now();
        let mut tx = self.api.db.begin().await.unwrap();
        apply(&mut tx, &[batch], &resolved, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A host tells what came of one rule, now.
    pub(super) async fn verdict(&mut self, host_no: i32, rule: &str, verdict: &str) {
        let row = record(verdict, verdict, "0000000000000000");
        self.tell(host_no, result::KIND, &[(rule, row)]).await;
    }

    pub(super) async fn look(&self) {
        self.deriver.look().await.unwrap();
    }
}
