//! The way of a minute: from the host's kernel to what a person, or a Prometheus, reads.

use std::{fs, sync::Arc};

use agent::host::Host;
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use chrono::TimeDelta;
use prost::Message;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use shared::{
    clock::{Clock as _, ManualClock, SystemClock},
    wire::{AgentMessage, Body, CollectorMessage, Freshness, Metrics},
};
use support::{RawHost, TestAgent, TestCollector, raw::Line, until};
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};

/// A clock that a test moves past the minutes; both ends are on it.
fn clock() -> Arc<ManualClock> {
    ManualClock::at(SystemClock.now())
}

/// What `/proc/meminfo` of this machine says of its memory, bytes.
fn total_memory() -> f64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap();
    let line = text.lines().find(|line| line.starts_with("MemTotal:"));
    let kib: f64 = line
        .unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    kib * 1024.0
}

fn near(one: &Value, other: f64) -> bool {
    (one.as_f64().unwrap() - other).abs() <= other * 1e-6
}

/// Waits until the API has `name` of the host; a minute passes with each look.
async fn series(
    collector: &TestCollector,
    agent: &TestAgent,
    clock: &ManualClock,
    name: &str,
) -> Value {
    let path = format!("/api/v1/hosts/{}/metrics?name={name}&step=60", agent.id);
    until("a minute of metrics", async || {
        clock.advance(TimeDelta::minutes(1));
        let answer = collector.api.get(&path).await;
        let found = answer["series"][0]["points"].as_array();
        if found.is_some_and(|points| !points.is_empty()) {
            Ok(answer)
        } else {
            Err(answer)
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_of_this_machine_are_told_as_its_kernel_tells_them() {
    let clock = clock();
    let mut collector = TestCollector::start_with(clock.clone()).await;
    let host = Host::live(clock.clone());
    let mut agent = TestAgent::start_with(&collector, host, &[]).await;

    let memory = series(&collector, &agent, &clock, "memory.total_bytes").await;
    let point = &memory["series"][0]["points"][0];
    for value in ["min", "mean", "max", "last"] {
        assert!(near(&point[value], total_memory()), "{value} of {point}");
    }
    assert_eq!(
        (&memory["resolution"], &memory["step_s"]),
        (&"minute".into(), &60.into())
    );
    // What is read beside the samples, and what needs two of them.
    for name in ["filesystem.*", "cpu.user", "agent.sent_bytes"] {
        let found = series(&collector, &agent, &clock, name).await;
        let point = &found["series"][0]["points"][0];
        assert!(
            point["min"].as_f64() <= point["max"].as_f64(),
            "{name}: {point}"
        );
    }
    let listed = collector
        .api
        .get(&format!("/api/v1/hosts/{}/metrics", agent.id))
        .await;
    let names: Vec<&str> = listed["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    for name in [
        "agent.resident_bytes",
        "load.avg1",
        "process.threads",
        "tcp.established",
    ] {
        assert!(names.contains(&name), "{name} not in {names:?}");
    }

    // A collector that was away gets what was measured meanwhile, and an agent that begins anew
    // goes on.
    let stopped = collector.halt().await;
    clock.advance(TimeDelta::minutes(3));
    collector.resume(stopped).await;
    let before = stored(&collector).await;
    until("minutes after the break", async || {
        clock.advance(TimeDelta::minutes(1));
        let now = stored(&collector).await;
        if now > before { Ok(()) } else { Err(now) }
    })
    .await;
    agent.halt().await;
    agent.resume();
    let before = stored(&collector).await;
    until("minutes of the new process", async || {
        clock.advance(TimeDelta::minutes(1));
        let now = stored(&collector).await;
        if now > before { Ok(()) } else { Err(now) }
    })
    .await;
    let counted = text(&collector).await;
    assert!(
        !counted.contains("metric_minutes_dropped_total{"),
        "{counted}"
    );
    agent.stop().await;
    collector.stop().await;
}

async fn text(collector: &TestCollector) -> String {
    let answer = collector.api.send(Method::GET, "/metrics", None).await;
    answer.text().await.unwrap()
}

/// Minutes that this process of the collector has stored.
async fn stored(collector: &TestCollector) -> u64 {
    count(
        &text(collector).await,
        "openwatch_metric_minutes_stored_total",
    )
}

fn count(text: &str, name: &str) -> u64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or("0").parse().unwrap()
}

// What Prometheus publishes of its remote-write protocol, written once more, so that the sender is
// not tested against itself.

#[derive(Clone, PartialEq, Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

type Requests = mpsc::Sender<(HeaderMap, Bytes)>;

/// Is busy at first, then takes what comes.
async fn receive(State(requests): State<Requests>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let was_empty = requests.capacity() == requests.max_capacity();
    requests.send((headers, body)).await.unwrap();
    if was_empty {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::NO_CONTENT
    }
}

/// A receiver on this machine: where it is, and what comes.
async fn receiver() -> (String, mpsc::Receiver<(HeaderMap, Bytes)>, JoinSet<()>) {
    let (sender, requests) = mpsc::channel(1_000);
    let listener = TcpListener::bind("[::1]:0").await.unwrap();
    let url = format!("http://{}/api/v1/write", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/api/v1/write", post(receive))
        .with_state(sender);
    let mut receiver = JoinSet::new();
    receiver.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, requests, receiver)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_goes_to_an_address_of_this_machine_that_the_settings_do_not_allow() {
    let (url, mut requests, mut receiver) = receiver().await;
    // By its name too, which may be any address by the time that it is dialled.
    for url in [url.clone(), url.replace("[::1]", "localhost")] {
        let clock = clock();
        let flags = [("metrics.remote_write.url", url)];
        let collector = TestCollector::start_set(clock.clone(), &flags).await;
        let agent = TestAgent::start_with(&collector, Host::live(clock.clone()), &[]).await;
        series(&collector, &agent, &clock, "memory.total_bytes").await;
        until("samples are counted as not sent", async || {
            let text = text(&collector).await;
            let name = "openwatch_remote_write_samples_total{result=\"address_refused\"}";
            let counted = count(&text, name);
            if counted > 20 { Ok(()) } else { Err(text) }
        })
        .await;
        agent.stop().await;
        collector.stop().await;
    }
    receiver.shutdown().await;
    assert!(requests.recv().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_go_on_to_a_prometheus_once_it_takes_them() {
    let (url, mut requests, mut receiver) = receiver().await;
    let secrets = tempfile::tempdir().unwrap();
    let token = secrets.path().join("token");
    fs::write(&token, "hunter2\n").unwrap();
    let clock = clock();
    let flags = [
        ("metrics.remote_write.url", url),
        ("outbound.allow", "[\"::1\"]".into()),
        (
            "metrics.remote_write.bearer_token_file",
            token.display().to_string(),
        ),
    ];
    let collector = TestCollector::start_set(clock.clone(), &flags).await;
    let agent = TestAgent::start_with(&collector, Host::live(clock.clone()), &[]).await;
    series(&collector, &agent, &clock, "memory.total_bytes").await;

    let sent = until("samples are taken", async || {
        let text = text(&collector).await;
        let sent = count(
            &text,
            "openwatch_remote_write_samples_total{result=\"sent\"}",
        );
        if sent > 0 { Ok(sent) } else { Err(text) }
    })
    .await;
    assert!(sent > 20, "{sent}");
    let counted = text(&collector).await;
    assert!(
        count(&counted, "openwatch_remote_write_retries_total") > 0,
        "{counted}"
    );
    let (first, refused) = requests.recv().await.unwrap();
    let (headers, body) = requests.recv().await.unwrap();
    assert_eq!(refused, body, "what failed is sent again");
    for (name, value) in [
        ("authorization", "Bearer hunter2"),
        ("content-encoding", "snappy"),
        ("content-type", "application/x-protobuf"),
        ("x-prometheus-remote-write-version", "0.1.0"),
    ] {
        assert_eq!(
            (&first[name], &headers[name]),
            (&value.parse().unwrap(), &value.parse().unwrap())
        );
    }
    let plain = snap::raw::Decoder::new().decompress_vec(&body).unwrap();
    let request = WriteRequest::decode(&plain[..]).unwrap();
    let label = |series: &TimeSeries, name: &str| {
        let label = series.labels.iter().find(|label| label.name == name);
        label.map(|label| label.value.clone()).unwrap_or_default()
    };
    let memory = request
        .timeseries
        .iter()
        .find(|series| label(series, "__name__") == "openwatch_memory_total_bytes")
        .unwrap();
    assert_eq!(label(memory, "host_id"), agent.id.to_string());
    assert!(!label(memory, "host").is_empty());
    assert!(
        near(&memory.samples[0].value.into(), total_memory()),
        "{memory:?}"
    );
    assert_eq!(memory.samples[0].timestamp % 60_000, 0);
    for series in &request.timeseries {
        let names: Vec<_> = series.labels.iter().map(|label| &label.name).collect();
        assert!(names.is_sorted(), "{names:?}");
    }
    agent.stop().await;
    collector.stop().await;
    receiver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_that_are_nonsense_are_counted_and_take_no_fact_along() {
    let collector = TestCollector::start().await;
    let host = RawHost::enrol(&collector).await;
    let mut line = host.session().await;
    let minute = SystemClock.now().timestamp() / 60;
    let metrics = |number: u64, name: &str, minute: i64, level: f32| {
        AgentMessage::Metrics(Metrics {
            number,
            dropped: 0,
            names: vec![name.into()],
            minutes: vec![minute],
            shapes: vec![2],
            levels: vec![level.to_bits()],
            ..Metrics::default()
        })
    };
    let heard = async |line: &mut Line| line.hear().await.expect("the session goes on");
    line.say(&metrics(1, "cpu.user", minute - 3 * 24 * 60, 1.0))
        .await;
    assert_eq!(heard(&mut line).await, CollectorMessage::MetricsAck(1));
    line.say(&metrics(2, "cpu.user", minute, f32::NAN)).await;
    assert_eq!(heard(&mut line).await, CollectorMessage::MetricsAck(2));
    let freshness = Body::Freshness(Freshness {
        kind: "os".into(),
        stale: None,
    });
    line.say(&AgentMessage::Records(vec![host.record(1, freshness)]))
        .await;
    assert_eq!(heard(&mut line).await, CollectorMessage::Ack(1));

    // Another session is believed again.
    let mut line = host.session().await;
    line.say(&metrics(1, "cpu.user", minute, 1.0)).await;
    assert_eq!(heard(&mut line).await, CollectorMessage::MetricsAck(1));
    let counted = text(&collector).await;
    for (name, minutes) in [
        (
            "openwatch_metric_minutes_dropped_total{reason=\"untimely\"}",
            1,
        ),
        (
            "openwatch_metric_minutes_dropped_total{reason=\"malformed\"}",
            1,
        ),
        ("openwatch_metric_minutes_stored_total", 1),
    ] {
        assert_eq!(count(&counted, name), minutes, "{name}: {counted}");
    }
    collector.stop().await;
}
