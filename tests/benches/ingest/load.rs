//! Fifty hosts of one distribution: nine of ten packages are the same on all. Then some of them
//! are upgraded.

use collector::store::{self, host::NewHost, stream::Call};
use shared::{
    clock::{Clock as _, SystemClock, to_micros},
    digest::Digest,
    fact::Fact,
    id::{Epoch, HostId},
    wire::{Body, Record},
};
use sqlx::PgPool;

use crate::sample;

/// Hosts that report at once.
pub(crate) const HOSTS: usize = 50;
/// Those of them that are upgraded: three of ten.
pub(crate) const CHANGING: usize = 15;
/// Packages that every host has.
pub(crate) const SHARED: usize = 540;
/// Packages that a host alone has.
pub(crate) const OWN: usize = 60;
/// Packages that change with one record.
const CHANGES: usize = 40;

/// A host and its stream.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) host: HostId,
    pub(crate) host_no: i32,
    pub(crate) epoch: Epoch,
    facts: Vec<Fact>,
}

/// Adds hosts as enrolment and greeting do; `from` is the number of the first.
///
/// # Errors
/// sqlx's.
pub(crate) async fn enrol(db: &PgPool, from: usize) -> anyhow::Result<Vec<Target>> {
    let mut db = db.begin().await?;
    let mut targets = Vec::with_capacity(HOSTS);
    for n in from..from + HOSTS {
        let new = NewHost {
            id: HostId::new(),
            hostname: &format!("host-{n}"),
            group_name: "bench",
            machine: [0; 32],
            agent_version: "0.1.0",
            at: SystemClock.now(),
        };
        let host_no = store::host::insert(&mut db, &new).await?;
        let epoch = Epoch::random();
        let call = Call {
            epoch,
            last_seq: 0,
            acked: 0,
        };
        store::stream::open(&mut db, host_no, call).await?;
        targets.push(Target {
            host: new.id,
            host_no,
            epoch,
            facts: sample::packages(n, SHARED, OWN)?,
        });
    }
    db.commit().await?;
    Ok(targets)
}

/// Everything that each host has, as the first record of its stream.
pub(crate) fn snapshots(targets: &[Target]) -> Vec<(Target, Vec<Record>)> {
    let record = |target: &Target| sample::snapshot(1, now(), &target.facts);
    targets
        .iter()
        .map(|target| (target.clone(), vec![record(target)]))
        .collect()
}

/// Every package of each host in a new version, forty in a record. Nine of ten new versions are
/// the same on all hosts, too.
///
/// # Errors
/// As of [`sample::package`].
pub(crate) fn deltas(targets: &[Target]) -> anyhow::Result<Vec<(Target, Vec<Record>)>> {
    let upgraded = |fact: &Fact| sample::package(fact.key.trim_end_matches(":amd64"), 2);
    let mut all = Vec::new();
    for target in targets {
        let mut digest = sample::digest(&target.facts);
        let mut records = Vec::new();
        for (before, seq) in target.facts.chunks(CHANGES).zip(2..) {
            let after = before.iter().map(upgraded).collect::<Result<Vec<_>, _>>()?;
            digest = replaced(digest, before, &after);
            records.push(sample::delta(seq, now(), &after, digest));
        }
        all.push((target.clone(), records));
    }
    Ok(all)
}

fn replaced(digest: Digest, before: &[Fact], after: &[Fact]) -> Digest {
    let hashes = before.iter().map(sample::hash);
    let rest = hashes.fold(digest, |digest, hash| digest.without(&hash));
    let hashes = after.iter().map(sample::hash);
    hashes.fold(rest, |digest, hash| digest.with(&hash))
}

/// The rows that a record reports.
pub(crate) fn rows(record: &Record) -> usize {
    match &record.body {
        Body::Snapshot(snapshot) => snapshot.rows.len(),
        Body::Delta(delta) => delta.changes.len(),
        Body::Freshness(_) | Body::Gap(_) => 0,
    }
}

fn now() -> i64 {
    to_micros(SystemClock.now())
}
