//! Who is told of what.

use chrono::TimeDelta;
use uuid::Uuid;

use super::deliver::{House, numbered};
use crate::{
    notice::{
        Notice, Phase, Severity,
        channel::{Settings, Syslog},
        hours::Hours,
    },
    store,
};

impl House {
    /// A channel to which no route leads yet.
    async fn bare(&self, name: &str) -> Uuid {
        let settings = Settings::Syslog(Syslog {
            host: "log.example".into(),
            port: 601,
            tls: false,
            facility: 16,
            ca_pem: None,
        });
        let id = self.channel(name, settings, "").await;
        sqlx::query("delete from notification_route where channel = $1")
            .bind(id)
            .execute(&self.db)
            .await
            .unwrap();
        id
    }

    async fn told(&self, notice: &Notice) -> Vec<String> {
        self.announce(notice).await;
        let all = self.deliveries(None).await;
        let mut names: Vec<_> = all
            .into_iter()
            .filter(|one| one.notice.id == notice.id)
            .map(|one| one.channel_name.unwrap_or_else(|| one.state))
            .collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn a_notice_goes_to_each_channel_once_however_many_routes_lead_there() {
    let house = House::idle().await;
    let (all, bad, web) = (
        house.bare("all").await,
        house.bare("bad").await,
        house.bare("web").await,
    );
    assert_eq!(house.told(&numbered(1, Phase::Fired)).await, ["unrouted"]);
    house.route(all, |_| {}).await;
    house
        .route(all, |route| route.severity = Severity::Low)
        .await;
    house
        .route(bad, |route| route.severity = Severity::Critical)
        .await;
    let group: i32 = sqlx::query_scalar(
        "insert into host_group (id, name, description, precedence, created_at)
         values (gen_random_uuid(), 'web', '', 0, now()) returning group_no",
    )
    .fetch_one(&house.db)
    .await
    .unwrap();
    house.route(web, |route| route.group = Some(group)).await;
    assert_eq!(house.told(&numbered(2, Phase::Fired)).await, ["all"]);
    let mut worse = numbered(3, Phase::Fired);
    (worse.severity, worse.groups) = (Severity::Critical, vec![group, group + 1]);
    assert_eq!(house.told(&worse).await, ["all", "bad", "web"]);
    assert_eq!(
        house.told(&worse).await,
        ["all", "bad", "web"],
        "it is announced once"
    );
    sqlx::query("update notification_route set enabled = channel <> $1")
        .bind(all)
        .execute(&house.db)
        .await
        .unwrap();
    sqlx::query("update channel set enabled = false where id = $1")
        .bind(bad)
        .execute(&house.db)
        .await
        .unwrap();
    worse.id = Uuid::from_u128(4);
    assert_eq!(house.told(&worse).await, ["web"]);
}

#[tokio::test]
async fn who_heard_of_an_alert_hears_of_its_end_whatever_the_hour_and_nobody_else() {
    let house = House::idle().await;
    let office = house.bare("office").await;
    house
        .route(office, |route| {
            route.hours = Some(Hours {
                time_zone: "Europe/Vienna".into(),
                weekdays: vec![2],
                from_minute: 9 * 60,
                to_minute: 17 * 60,
            });
        })
        .await;
    let fired = numbered(1, Phase::Fired);
    assert_eq!(house.told(&fired).await, ["office"]);
    house.clock.advance(TimeDelta::hours(6));
    let night = numbered(2, Phase::Fired);
    assert_eq!(house.told(&night).await, ["unrouted"]);
    let resolved = |number, of: &Notice| Notice {
        alert: of.alert,
        ..numbered(number, Phase::Resolved)
    };
    assert_eq!(house.told(&resolved(3, &fired)).await, ["office"]);
    house.clock.advance(TimeDelta::hours(-6));
    assert_eq!(house.told(&resolved(4, &night)).await, ["unrouted"]);
}

#[tokio::test]
async fn what_is_rolled_back_is_announced_to_nobody() {
    let house = House::idle().await;
    let all = house.bare("all").await;
    house.route(all, |_| {}).await;
    let mut tx = house.db.begin().await.unwrap();
    let notice = numbered(1, Phase::Fired);
    let to = store::notice::announce(&mut tx, &notice, notice.occurred_at)
        .await
        .unwrap();
    assert_eq!(to, 1);
    tx.rollback().await.unwrap();
    assert!(house.deliveries(None).await.is_empty());
    let mut db = house.db.acquire().await.unwrap();
    assert!(
        store::job::list(&mut db, None, None, 10)
            .await
            .unwrap()
            .is_empty()
    );
}
