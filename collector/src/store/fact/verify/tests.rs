use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use shared::{
    clock::{Clock as _, SystemClock},
    id::{Epoch, HostId},
};
use sqlx::PgPool;

use super::*;
use crate::store::{
    dictionary::{Dictionary, NewRow},
    fact::{Batch, Op, Outcome, Unit, apply},
    test_db::test_pool,
};

const HOST_NO: i32 = 7;

fn user(name: &str, uid: u32) -> NewRow {
    let value = format!("{{\"uid\":{uid}}}");
    NewRow {
        hash: RowHash::of("user", name, &value),
        kind: "user".into(),
        key: name.into(),
        value,
    }
}

fn rows() -> Vec<NewRow> {
    vec![user("ann", 1000), user("bob", 1001), user("root", 0)]
}

fn said() -> KindState {
    KindState {
        kind: "user".into(),
        seq: 1,
        digest: Digest::of(&rows().iter().map(|row| row.hash).collect::<Vec<_>>()),
    }
}

/// Sends the host's rows as a snapshot.
async fn send(pool: &PgPool, dictionary: &Dictionary, seq: u64) -> Outcome {
    let rows = rows();
    let kinds = BTreeSet::from(["user".to_owned()]);
    let named: BTreeMap<_, _> = rows.iter().map(|row| (row.hash, row)).collect();
    let resolved = dictionary.resolve(&kinds, &BTreeSet::new(), &named).await;
    let resolved = resolved.unwrap();
    let at = SystemClock.now() - TimeDelta::seconds(60) + TimeDelta::seconds(seq as i64);
    let batch = Batch {
        host: HostId::new(),
        host_no: HOST_NO,
        epoch: Epoch(1),
        units: vec![Unit {
            seq,
            at,
            op: Op::Replace {
                kind: "user".into(),
                rows: rows.clone(),
                digest: said().digest,
            },
            links: Vec::new(),
        }],
        seal: None,
    };
    let mut db = pool.begin().await.unwrap();
    let outcomes = apply(&mut db, &[batch], &resolved, SystemClock.now()).await;
    let [outcome] = &outcomes.unwrap()[..] else {
        panic!("one batch");
    };
    db.commit().await.unwrap();
    outcome.clone()
}

async fn look(pool: &PgPool) -> Verified {
    let mut db = pool.acquire().await.unwrap();
    verify(&mut db, HOST_NO, &[said()]).await.unwrap()
}

/// A host whose three users are stored.
async fn stored(pool: &PgPool) -> Dictionary {
    let host = "insert into host (host_no, id, hostname, group_name, machine, agent_version,
            enrolled_at, last_seen_at)
        overriding system value values (7, gen_random_uuid(), 'h', '', '', '1', now(), now())";
    sqlx::raw_sql(host).execute(pool).await.unwrap();
    let stream = "insert into stream (host_no, epoch, applied_seq) values (7, 1, 0)";
    sqlx::raw_sql(stream).execute(pool).await.unwrap();
    let dictionary = Dictionary::new(pool.clone());
    let outcome = send(pool, &dictionary, 1).await;
    assert_eq!(outcome.differing, [""; 0]);
    dictionary
}

/// Whatever is done to the tables by hand is found, and mended by what the host sends when it is
/// asked.
#[tokio::test]
async fn a_row_changed_by_hand_is_found_and_mended() {
    let (pool, _server) = test_pool().await;
    let dictionary = stored(&pool).await;
    let mut seq = 1;
    for by_hand in [
        "update fact_value set value = '{\"uid\": 0}'
         where key_id = (select id from fact_key where key = 'ann')",
        "delete from host_fact where key_id = (select id from fact_key where key = 'ann')",
        "update host_fact set value_id = (select v.id from fact_value v
             join fact_key k on k.id = v.key_id where k.key = 'bob')
         where key_id = (select id from fact_key where key = 'ann')",
        "update fact_key set key = 'eve' where key = 'ann'",
        "update fact_value set hash = sha256('x') where value @> '{\"uid\": 1001}'",
        "update fact_value set value = '{\"uid\": 1e400}' where value @> '{\"uid\": 1001}'",
    ] {
        assert_eq!(look(&pool).await, Verified::default(), "before {by_hand}");
        let done = sqlx::raw_sql(by_hand).execute(&pool).await.unwrap();
        assert!(done.rows_affected() > 0, "{by_hand}");

        let verified = look(&pool).await;
        assert_eq!(verified.differing, ["user"], "{by_hand}");
        dictionary.distrust(&verified.damaged);
        seq += 1;
        let outcome = send(&pool, &dictionary, seq).await;
        assert_eq!(outcome.differing, [""; 0], "{by_hand}");
        assert_eq!(look(&pool).await, Verified::default(), "after {by_hand}");
    }
}

#[tokio::test]
async fn what_was_changed_in_the_dictionary_is_mended_for_the_past_too() {
    let (pool, _server) = test_pool().await;
    let dictionary = stored(&pool).await;
    let by_hand = "update fact_value set value = '{\"uid\": 0}' where value @> '{\"uid\": 1000}'";
    sqlx::raw_sql(by_hand).execute(&pool).await.unwrap();
    let verified = look(&pool).await;
    assert!(verified.damaged.contains(&user("ann", 1000).hash));
    dictionary.distrust(&verified.damaged);
    let outcome = send(&pool, &dictionary, 2).await;
    assert_eq!(outcome.changes, 0, "the host did not change");
    let uids: Vec<i64> = sqlx::query_scalar("select (value->>'uid')::bigint from fact_value")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(BTreeSet::from_iter(uids), BTreeSet::from([0, 1000, 1001]));
}

#[tokio::test]
async fn a_kind_that_the_host_does_not_name_is_left_alone() {
    let (pool, _server) = test_pool().await;
    let _dictionary = stored(&pool).await;
    let mut db = pool.acquire().await.unwrap();
    let group = KindState {
        kind: "group".into(),
        seq: 1,
        digest: Digest::default(),
    };
    let verified = verify(&mut db, HOST_NO, &[group]).await.unwrap();
    assert_eq!(verified, Verified::default());
}
