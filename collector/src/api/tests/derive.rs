//! Hosts are looked at whatever comes of others.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use shared::rule::result::KIND;

use super::fleet::{Fleet, record};
use crate::store::dictionary::Dictionary;

#[tokio::test]
async fn a_host_of_which_nothing_can_be_written_holds_up_no_other() {
    let mut fleet = Fleet::new(70).await;
    for host in 1..=70 {
        let told = record("fail", "yes", "0");
        fleet.tell(host, KIND, &[("root-login-off", told)]).await;
    }
    // As no collector writes it: two hosts stand somehow from tomorrow on.
    fleet
        .api
        .sql(
            "insert into posture_lens (sort, key) values ('all', '') on conflict do nothing;
             insert into posture (host_no, lens, valid_from, valid_to, passed, failed, error, not_assessable,
                 not_applicable, manual, weight_passed, weight_failed, failed_critical, failed_high)
             select n, id, '2026-03-04Z', 'infinity', 1, 1, 0, 0, 0, 0, 1, 1, 0, 0
             from posture_lens, (values (7), (68)) as v (n) where sort = 'all'",
        )
        .await;
    fleet.api.clock.advance(TimeDelta::minutes(1));
    for _ in 0..2 {
        let error = fleet.deriver.look().await.unwrap_err();
        assert!(error.to_string().contains("posture_check"), "{error}");
        let derived = fleet
            .api
            .number("select count(*) from derived where posture_to is not null");
        assert_eq!(derived.await, 68);
        let due = "select count(distinct host_no) from derive_due";
        assert_eq!(fleet.api.number(due).await, 2, "they are not forgotten");
    }
    fleet
        .api
        .sql("delete from posture where valid_from = '2026-03-04Z'")
        .await;
    fleet.deriver.look().await.unwrap();
    assert_eq!(fleet.api.get("/api/v1/posture").await.ok()["failed"], 70);
}

/// There are 32,767 numbers of lenses and of kinds of facts: a fleet that took new ones for each host would stop.
#[tokio::test]
async fn numbers_are_taken_only_for_what_is_new() {
    let mut fleet = Fleet::new(3).await;
    for round in 0..3 {
        for host in 1..=3 {
            let told = record("fail", "yes", &round.to_string());
            fleet.tell(host, KIND, &[("root-login-off", told)]).await;
        }
        fleet.api.clock.advance(TimeDelta::minutes(1));
        fleet.deriver.look().await.unwrap();
        let again = Dictionary::new(fleet.api.db.clone());
        let (kinds, keys) = ([KIND.to_owned()].into(), BTreeSet::new());
        again
            .resolve(&kinds, &keys, &BTreeMap::new())
            .await
            .unwrap();
    }
    for table in ["posture_lens", "fact_kind"] {
        let unused =
            format!("select last_value - (select count(*) from {table}) from {table}_id_seq");
        assert_eq!(fleet.api.number(&unused).await, 0, "{table}");
    }
}
