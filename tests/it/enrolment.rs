//! Who may join, who may stay: tokens, certificates, revocation, clones.

use std::{
    fs,
    time::{Duration, Instant},
};

use agent::{
    dial::alert, fault::words, identity, link::LinkState, state::StateDir, status::Status,
};
use chrono::TimeDelta;
use collector::{authority::Authority, fleet::Close};
use serde_json::{Value, json};
use shared::{
    clock::{Clock as _, ManualClock, SharedClock, SystemClock},
    id::HostId,
    tls::{ALPN_RENEW, ALPN_SESSION},
    wire::{AgentMessage, Hello, Refusal},
};
use support::{RawHost, TestAgent, TestCollector, Tree, process, raw, until};

/// A token and its identity.
async fn token(collector: &TestCollector, uses: u32) -> (String, String) {
    let body = json!({"name": "t", "max_uses": uses, "expires_in_s": 3600});
    let token = collector.api.post("/api/v1/enrollment-tokens", &body).await;
    let text = |field: &str| token[field].as_str().unwrap().to_owned();
    (text("token"), text("id"))
}

async fn hosts(collector: &TestCollector) -> Vec<Value> {
    collector.api.all("/api/v1/hosts").await
}

/// Tries to enrol a new host, as the agent does, and returns the words with which it fails.
async fn refusal(collector: &TestCollector, clock: &SharedClock, token: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::at(folder.path().join("state"));
    let tree = Tree::default();
    let before = hosts(collector).await;
    let (host, address) = (tree.host(clock.clone()), collector.agents());
    let error = identity::enrol(&state, &host, &address, token, false)
        .await
        .expect_err("an enrolment that must fail");
    assert!(!state.path().exists(), "{error}: something was written");
    assert_eq!(hosts(collector).await, before, "{error}: the fleet changed");
    words(&error)
}

fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in `{text}`");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_not_good_is_refused_with_the_mend_and_changes_nothing() {
    let manual = ManualClock::at(SystemClock.now());
    let clock: SharedClock = manual.clone();
    let collector = TestCollector::start_with(clock.clone()).await;
    let refusal = async |token: &str| refusal(&collector, &clock, token).await;
    let mend = "ask for a new token and run `openwatch-agent enroll` again";

    says(
        &refusal("hunter2").await,
        &["no enrolment token", "begin with ow1_", "164 characters"],
    );

    let (good, id) = token(&collector, 1).await;
    let halved = refusal(&good[..good.len() / 2]).await;
    says(&halved, &["no enrolment token"]);

    // Of another installation: its pin is another authority's.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Authority::open(elsewhere.path(), clock.clone()).unwrap();
    let foreign = other.sign_token(uuid::Uuid::new_v4(), clock.now() + TimeDelta::hours(1));
    says(
        &refusal(&foreign).await,
        &["is not the collector that this host trusts"],
    );

    // Of this authority, by another key.
    let forger = tempfile::tempdir().unwrap();
    for file in ["authority.key", "authority.pem"] {
        let from = collector.folder().join("keys").join(file);
        fs::copy(from, forger.path().join(file)).unwrap();
    }
    let forger = Authority::open(forger.path(), clock.clone()).unwrap();
    let forged = forger.sign_token(id.parse().unwrap(), clock.now() + TimeDelta::hours(1));
    says(
        &refusal(&forged).await,
        &[
            "the token was not issued by this collector",
            "copied whole, from this collector",
        ],
    );

    // Signed by this collector, and not among its tokens.
    let authority = collector.server().authority();
    let unlisted = authority.sign_token(uuid::Uuid::new_v4(), clock.now() + TimeDelta::hours(1));
    says(&refusal(&unlisted).await, &["does not exist any more"]);

    let (revoked, revoked_id) = token(&collector, 1).await;
    let path = format!("/api/v1/enrollment-tokens/{revoked_id}");
    let gone = collector.api.send(reqwest::Method::DELETE, &path, None);
    assert!(gone.await.status().is_success());
    says(
        &refusal(&revoked).await,
        &["the token was revoked at", mend],
    );

    let (single, _) = token(&collector, 1).await;
    let address = collector.server().agents();
    RawHost::enrol_with(address, &single, clock.clone())
        .await
        .unwrap();
    says(
        &refusal(&single).await,
        &["the token was good for 1 hosts, all enrolled", mend],
    );

    manual.advance(TimeDelta::hours(2));
    says(&refusal(&good).await, &["the token expired at", mend]);

    assert_eq!(hosts(&collector).await.len(), 1, "the one that enrolled");
    let tokens = collector.api.all("/api/v1/enrollment-tokens").await;
    let unused = tokens.iter().find(|token| token["id"] == *id).unwrap();
    assert_eq!(unused["uses"], 0, "{unused}");
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_race_for_the_last_use_of_a_token_one_wins() {
    let collector = TestCollector::start().await;
    let (text, id) = token(&collector, 3).await;
    let address = collector.server().agents();
    let enrolments = (0..8).map(|_| RawHost::enrol_with(address, &text, SystemClock::shared()));
    let done = futures_util::future::join_all(enrolments).await;
    let (won, lost): (Vec<_>, Vec<_>) = done.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (3, 5));
    for refused in lost.into_iter().map(Result::unwrap_err) {
        assert_eq!(refused.reason, Refusal::TokenUsedUp, "{refused:?}");
    }
    assert_eq!(hosts(&collector).await.len(), 3);
    let tokens = collector.api.all("/api/v1/enrollment-tokens").await;
    assert_eq!(
        (&tokens[0]["id"], &tokens[0]["uses"]),
        (&json!(id), &json!(3))
    );
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_cannot_prove_who_it_is_gets_no_session_and_no_certificate() {
    let collector = TestCollector::start().await;
    let (host, other) = (
        RawHost::enrol(&collector).await,
        RawHost::enrol(&collector).await,
    );

    // A certificate of an authority that nobody knows, whatever it calls itself: TLS refuses.
    for protocol in [ALPN_SESSION, ALPN_RENEW] {
        let stranger = host.forged("Another authority");
        assert_eq!(stranger.turned_away(protocol).await, alert::UNKNOWN_CA);
        let impostor = host.forged("OpenWatch authority");
        assert_eq!(impostor.turned_away(protocol).await, alert::DECRYPT_ERROR);
    }

    // No certificate at all.
    for protocol in [ALPN_SESSION, ALPN_RENEW] {
        let closed = raw::end(host.dial_bare(protocol).await).await;
        assert_eq!(raw::code(&closed), Close::Refused as u64);
    }
    let metrics = collector.api.send(reqwest::Method::GET, "/metrics", None);
    let metrics = metrics.await.text().await.unwrap();
    says(
        &metrics,
        &["openwatch_refusals_total{reason=\"no_certificate\"} 2"],
    );

    // One's own certificate, another's name.
    let hello = Hello {
        host: other.id,
        ..host.hello()
    };
    let refused = host.greet(hello).await.unwrap_err();
    assert_eq!(refused.reason, Refusal::HostMismatch);
    says(
        &refused.message,
        &[&host.id.to_string(), &other.id.to_string()],
    );

    let unheard: i64 = sqlx::query_scalar("select count(*) from stream")
        .fetch_one(collector.server().db())
        .await
        .unwrap();
    assert_eq!(unheard, 0, "nobody had a session");
    host.session().await;
    collector.stop().await;
}

async fn state_of(collector: &TestCollector, host: HostId) -> Value {
    collector.api.get(&format!("/api/v1/hosts/{host}")).await
}

/// The last status that the agent wrote.
fn status(agent: &TestAgent) -> Option<Status> {
    Status::load(&StateDir::at(agent.folder())).unwrap()
}

async fn connected(agent: &TestAgent) {
    until("the agent is connected", async || {
        let status = status(agent);
        match status.as_ref().map(|status| &status.link.state) {
            Some(LinkState::Connected { .. }) => Ok(()),
            _ => Err(status),
        }
    })
    .await;
}

/// Waits until the status has these words.
async fn told(agent: &TestAgent, parts: &[&str]) -> String {
    until("the agent says why", async || {
        let fault = status(agent).and_then(|status| status.link.last_error);
        match fault {
            Some(fault) if parts.iter().all(|part| fault.message.contains(part)) => {
                Ok(fault.message)
            }
            other => Err(other),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_host_is_cut_off_at_once_and_stays_out() {
    let collector = TestCollector::start().await;
    let (host, bystander) = (
        RawHost::enrol(&collector).await,
        RawHost::enrol(&collector).await,
    );
    let session = host.session().await;
    let other_session = bystander.session().await;
    let tree = Tree::default();
    let mut agent = TestAgent::start(&collector, tree.host(SystemClock::shared())).await;
    connected(&agent).await;

    for (id, line) in [(host.id, Some(&session)), (agent.id, None)] {
        let mut owadm = tokio::process::Command::new(process::binary("owadm"));
        owadm.arg("--socket").arg(collector.server().socket());
        owadm.args(["host", "revoke", &id.to_string()]);
        let asked = Instant::now();
        let revoking = async {
            let output = owadm.output().await.unwrap();
            assert!(output.status.success(), "{output:?}");
        };
        let closing = async {
            if let Some(line) = line {
                assert_eq!(line.close_code().await, Close::Revoked as u64);
                // Nothing but the revocation can close it so soon: silence is borne for a minute.
                let late = asked.elapsed();
                eprintln!("closed {late:?} after `owadm host revoke` was started");
                assert!(late < Duration::from_secs(1), "{late:?}");
            }
        };
        tokio::join!(revoking, closing);
        let shown = state_of(&collector, id).await;
        assert_eq!(shown["state"], "revoked", "{shown}");
        assert!(shown["revoked_at"].is_string(), "{shown}");
    }

    // Neither a session nor a renewal.
    for protocol in [ALPN_SESSION, ALPN_RENEW] {
        assert_eq!(host.turned_away(protocol).await, alert::CERTIFICATE_REVOKED);
    }
    told(&agent, &["revoked at the collector", "enroll --force"]).await;
    // Also when it only learns it at the door.
    agent.halt().await;
    agent.resume();
    told(&agent, &["revoked at the collector", "enroll --force"]).await;

    assert!(other_session.connection.close_reason().is_none());
    assert_eq!(state_of(&collector, bystander.id).await["state"], "online");
    agent.stop().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_revoked_while_it_is_greeted_does_not_slip_in() {
    let collector = TestCollector::start().await;
    let host = RawHost::enrol(&collector).await;
    // The collector has decided to welcome it, and cannot say so, because the host does not listen.
    let mut line = host.narrow_line().await;
    line.say(&AgentMessage::Hello(host.hello())).await;
    let db = collector.server().db();
    until("the greeting is decided", async || {
        let streams: i64 = sqlx::query_scalar("select count(*) from stream")
            .fetch_one(db)
            .await
            .unwrap();
        if streams == 1 { Ok(()) } else { Err(streams) }
    })
    .await;
    let path = format!("/api/v1/hosts/{}/revoke", host.id);
    collector.api.post(&path, &json!({})).await;

    line.hear().await;
    assert_eq!(line.close_code().await, Close::Revoked as u64);
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clone_is_quarantined_and_the_original_goes_on() {
    let collector = TestCollector::start().await;
    let original = RawHost::enrol(&collector).await;
    let session = original.session().await;

    let mut clone = original.copy();
    clone.machine = [9; 32];
    let refused = clone.greet(clone.hello()).await.unwrap_err();
    assert_eq!(refused.reason, Refusal::HostQuarantined);
    says(&refused.message, &["another machine-id", "enroll --force"]);

    assert!(
        session.connection.close_reason().is_none(),
        "the original goes on"
    );
    let shown = state_of(&collector, original.id).await;
    assert_eq!(shown["state"], "quarantined", "{shown}");
    assert!(shown["connected_since"].is_string(), "{shown}");
    let note = shown["quarantine"].as_str().unwrap_or_default();
    says(note, &["another machine-id"]);

    // The original may also come again.
    drop(session);
    original.session().await;
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_on_a_cloned_disk_says_what_to_do() {
    let collector = TestCollector::start().await;
    let tree = Tree::default();
    let mut agent = TestAgent::start(&collector, tree.host(SystemClock::shared())).await;
    connected(&agent).await;
    agent.halt().await;
    tree.set_machine_id("fedcba9876543210fedcba9876543210");
    agent.resume();
    told(&agent, &["refused", "another machine-id", "enroll --force"]).await;
    agent.stop().await;
    collector.stop().await;
}
