//! Certificates grow old: they are renewed at two thirds of their life, for a while after their
//! end, and then no more. Both sides are on a clock that the test moves.

use std::sync::Arc;

use agent::{dial::alert, identity::Identity, link::LinkState, state::StateDir, status::Status};
use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    clock::{Clock as _, ManualClock, SharedClock, SystemClock},
    tls::{ALPN_RENEW, ALPN_SESSION},
    wire::Refusal,
};
use support::{RawHost, TestAgent, TestCollector, Tree, until};

/// A collector, and the clock that it and its hosts share.
async fn collector() -> (TestCollector, Arc<ManualClock>, SharedClock) {
    let manual = ManualClock::at(SystemClock.now());
    let clock: SharedClock = manual.clone();
    (
        TestCollector::start_with(clock.clone()).await,
        manual,
        clock,
    )
}

async fn raw(collector: &TestCollector, clock: SharedClock) -> RawHost {
    let token = collector.api.token(1).await;
    RawHost::enrol_with(collector.server().agents(), &token, clock)
        .await
        .unwrap()
}

/// When the certificate ends that the agent keeps on disk.
fn expiry(agent: &TestAgent) -> DateTime<Utc> {
    let kept = Identity::load(&StateDir::at(agent.folder()));
    kept.unwrap().unwrap().not_after
}

async fn status(agent: &TestAgent, what: &str, mut holds: impl FnMut(&Status) -> bool) -> Status {
    until(what, async || {
        let status = Status::load(&StateDir::at(agent.folder())).unwrap();
        match status {
            Some(status) if holds(&status) => Ok(status),
            other => Err(other),
        }
    })
    .await
}

/// Waits until a user of this name is known to the collector.
async fn reported(collector: &TestCollector, agent: &TestAgent, user: &str) {
    let id = agent.id.to_string();
    until("the user is reported", async || {
        let users = collector.api.facts(&id, "user").await;
        users.get(user).cloned().ok_or(users)
    })
    .await;
}

fn is_connected(status: &Status) -> bool {
    matches!(status.link.state, LinkState::Connected { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_renews_by_itself_at_two_thirds_and_goes_on() {
    let (collector, manual, clock) = collector().await;
    let mut tree = Tree::default();
    let agent = TestAgent::start(&collector, tree.host(clock.clone())).await;
    reported(&collector, &agent, "root").await;
    let first = expiry(&agent);

    // Just before two thirds nothing is due.
    manual.advance(TimeDelta::days(19));
    tree.set_user("ann", 1000);
    reported(&collector, &agent, "ann").await;
    assert_eq!(expiry(&agent), first);

    manual.advance(TimeDelta::days(2));
    let renewed = until("the certificate is renewed", async || {
        let now = expiry(&agent);
        if now > first { Ok(now) } else { Err(now) }
    })
    .await;
    assert_eq!(
        (renewed - clock.now()).num_days(),
        29,
        "thirty days, less a moment"
    );

    // The session goes on with it, also after the first has ended for good.
    manual.advance(TimeDelta::days(15));
    tree.set_user("bob", 1001);
    reported(&collector, &agent, "bob").await;
    status(&agent, "the agent is content", |status| {
        is_connected(status)
            && status.renew_error.is_none()
            && status.certificate_expires == renewed
    })
    .await;
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn within_the_grace_a_certificate_that_ended_is_good_for_renewal_alone() {
    let (collector, manual, clock) = collector().await;
    let host = raw(&collector, clock.clone()).await;
    let mut tree = Tree::default();
    let mut agent = TestAgent::start(&collector, tree.host(clock.clone())).await;
    reported(&collector, &agent, "root").await;
    agent.halt().await;
    manual.advance(TimeDelta::days(59));

    let refused = host.greet(host.hello()).await.unwrap_err();
    assert_eq!(refused.reason, Refusal::CertificateExpired);
    assert!(refused.message.contains("renew it"), "{}", refused.message);
    let renewed = host.renew().await.unwrap();
    renewed.session().await;
    // The old one is not better for it.
    assert!(host.greet(host.hello()).await.is_err());

    tree.set_user("ann", 1000);
    agent.resume();
    reported(&collector, &agent, "ann").await;
    assert!(expiry(&agent) > clock.now());
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_the_grace_a_certificate_is_good_for_nothing_and_the_agent_says_so() {
    let (collector, manual, clock) = collector().await;
    let host = raw(&collector, clock.clone()).await;
    let tree = Tree::default();
    let mut agent = TestAgent::start(&collector, tree.host(clock.clone())).await;
    reported(&collector, &agent, "root").await;
    agent.halt().await;
    let ended = expiry(&agent);
    manual.advance(TimeDelta::days(61));

    for protocol in [ALPN_SESSION, ALPN_RENEW] {
        assert_eq!(host.turned_away(protocol).await, alert::CERTIFICATE_EXPIRED);
    }
    agent.resume();
    let status = status(&agent, "the agent says that it cannot renew", |status| {
        status.renew_error.is_some() && status.link.last_error.is_some()
    })
    .await;
    for fault in [status.renew_error, status.link.last_error] {
        let message = fault.unwrap().message;
        for part in ["expired", "openwatch-agent enroll --force"] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
    assert_eq!(expiry(&agent), ended, "the identity is as it was");
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_host_cannot_renew_its_way_back() {
    let (collector, manual, clock) = collector().await;
    let host = raw(&collector, clock).await;
    manual.advance(TimeDelta::days(25));
    let path = format!("/api/v1/hosts/{}/revoke", host.id);
    collector.api.post(&path, &serde_json::json!({})).await;
    for protocol in [ALPN_SESSION, ALPN_RENEW] {
        assert_eq!(host.turned_away(protocol).await, alert::CERTIFICATE_REVOKED);
    }
    let certificates: i64 = sqlx::query_scalar("select count(*) from certificate")
        .fetch_one(collector.server().db())
        .await
        .unwrap();
    assert_eq!(certificates, 0);
    collector.stop().await;
}
