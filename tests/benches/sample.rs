//! Hosts that never were, with packages as dpkg's probe sends them. Most of a host's packages are
//! those of every other host, as in a fleet of one distribution.

use serde_json::json;
use shared::{
    digest::Digest,
    fact::{Fact, RowHash},
    wire::{Body, Delta, Record, Row, RowChange, Snapshot},
};

/// The kind of every row here.
pub(crate) const KIND: &str = "package";

/// The package `name` in a version that `version` chooses.
///
/// # Errors
/// None, as long as the value is a fact.
pub(crate) fn package(name: &str, version: u32) -> anyhow::Result<Fact> {
    let text = format!("1:{}.{}-{version}", name.len(), version % 7);
    let value = json!({
        "architecture": "amd64", "installed_at": null, "installed_bytes": 702_464 + version,
        "manager": "dpkg", "name": name, "reinstall_required": false, "source": name,
        "source_version": text, "status": "installed", "vendor": null, "version": text,
        "want": "install",
    });
    Ok(Fact::new(KIND, format!("{name}:amd64"), &value)?)
}

/// The packages of host number `host`: `shared` of them are on every host, `own` on this alone.
///
/// # Errors
/// As of [`package`].
pub(crate) fn packages(host: usize, shared: usize, own: usize) -> anyhow::Result<Vec<Fact>> {
    let common = (0..shared).map(|n| package(&format!("libcommon{n}-dev"), 1));
    let alone = (0..own).map(|n| package(&format!("site-{host}-tool{n}"), 1));
    common.chain(alone).collect()
}

/// The digest of these rows.
pub(crate) fn digest(facts: &[Fact]) -> Digest {
    let hashes = facts.iter().map(hash);
    hashes.fold(Digest::default(), |digest, hash| digest.with(&hash))
}

/// The hash of this row.
pub(crate) fn hash(fact: &Fact) -> RowHash {
    RowHash::of(fact.kind, &fact.key, &fact.value)
}

/// The record in which a host sends all its packages.
pub(crate) fn snapshot(seq: u64, at: i64, facts: &[Fact]) -> Record {
    let rows = facts.iter().map(|fact| Row {
        key: fact.key.clone(),
        value: fact.value.clone(),
    });
    let body = Body::Snapshot(Snapshot {
        kind: KIND.into(),
        rows: rows.collect(),
        last: true,
        digest: digest(facts),
    });
    Record { seq, at, body }
}

/// The record in which a host says that `changed` are what they are now; `digest` is of all.
pub(crate) fn delta(seq: u64, at: i64, changed: &[Fact], digest: Digest) -> Record {
    let changes = changed.iter().map(|fact| RowChange {
        key: fact.key.clone(),
        value: Some(fact.value.clone()),
    });
    let body = Body::Delta(Delta {
        kind: KIND.into(),
        changes: changes.collect(),
        digest,
    });
    Record { seq, at, body }
}
