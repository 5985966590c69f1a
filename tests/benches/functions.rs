//! Functions that both sides call for every row or every frame, timed by criterion: no floor, but
//! the numbers that the other parts are made of.

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, Throughput};
use shared::{
    digest::Digest,
    fact::{RowHash, canonical, parse_canonical},
    wire::{self, AgentMessage},
};

use crate::sample;

/// Packages of a plain server.
const PACKAGES: usize = 750;

/// Times them.
///
/// # Errors
/// When the sample cannot be made.
pub(crate) fn run() -> anyhow::Result<()> {
    let facts = sample::packages(0, PACKAGES, 0)?;
    let hashes: Vec<RowHash> = facts.iter().map(sample::hash).collect();
    let message = AgentMessage::Records(vec![sample::snapshot(1, 0, &facts)]);
    let frame = wire::seal(&message)?;
    let fact = &facts[0];
    let value = parse_canonical(&fact.value)?;

    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    let mut group = criterion.benchmark_group("row");
    group.throughput(Throughput::Bytes(fact.value.len() as u64));
    group.bench_function("canonical", |b| b.iter(|| canonical(black_box(&value))));
    group.bench_function("parse_canonical", |b| {
        b.iter(|| parse_canonical(black_box(&fact.value)));
    });
    group.bench_function("RowHash::of", |b| {
        b.iter(|| RowHash::of(fact.kind, black_box(&fact.key), &fact.value));
    });
    group.finish();
    let mut group = criterion.benchmark_group(format!("{PACKAGES} packages"));
    group.throughput(Throughput::Elements(PACKAGES as u64));
    group.bench_function("Digest::of", |b| b.iter(|| Digest::of(black_box(&hashes))));
    group.bench_function("wire::seal", |b| b.iter(|| wire::seal(black_box(&message))));
    group.bench_function("wire::open", |b| {
        b.iter(|| wire::open::<AgentMessage>(black_box(&frame)));
    });
    group.finish();
    let plain = wire::encode(&message)?.len();
    crate::report::say(&format!(
        "frame of {PACKAGES} packages: {} of {} bytes, {:.1} a row",
        frame.len(),
        plain,
        frame.len() as f64 / PACKAGES as f64
    ));
    Ok(())
}
