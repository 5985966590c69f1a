//! Hosts are looked at whatever comes of others.

use chrono::TimeDelta;
use shared::rule::result::KIND;

use super::fleet::{Fleet, record};

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
