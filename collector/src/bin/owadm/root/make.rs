//! `root new` and `root next`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use clap::Args;
use shared::trust::{Key, KeyId, Part, Revoked, Root};

use super::show;
use crate::{
    documents, keys,
    output::Output,
    time::{End, end, instant, now},
};

/// Fewest digits by which a key may be named.
const FEWEST_DIGITS: usize = 8;

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The folder of roots
    dir: PathBuf,
    #[command(flatten)]
    keys: Added,
    #[command(flatten)]
    thresholds: Thresholds,
    #[command(flatten)]
    times: Times,
}

#[derive(Debug, Args)]
pub(crate) struct Next {
    /// The folder of roots
    dir: PathBuf,
    #[command(flatten)]
    keys: Added,
    #[command(flatten)]
    thresholds: Thresholds,
    /// Take every part from a key, by its name or its first digits; nothing is wrong with it
    #[arg(long, value_name = "KEY")]
    remove: Vec<String>,
    /// Say for ever that a key is not to be trusted, by its name or its first digits
    #[arg(long, value_name = "KEY", requires = "reason")]
    revoke: Vec<String>,
    /// Why it is not
    #[arg(long, value_name = "TEXT", requires = "revoke")]
    reason: Option<String>,
    #[command(flatten)]
    times: Times,
}

/// Keys that take part, each as its FILE.pub.json.
#[derive(Debug, Args)]
struct Added {
    /// A key that may sign the next root; repeat it for each
    #[arg(long, value_name = "FILE")]
    root: Vec<PathBuf>,
    /// A key that may sign bundles; repeat it for each
    #[arg(long, value_name = "FILE")]
    publisher: Vec<PathBuf>,
    /// A key that may sign builds of the agent; repeat it for each
    #[arg(long, value_name = "FILE")]
    release: Vec<PathBuf>,
}

/// How many of those who may must sign. Of a new root one, when it is not given.
#[derive(Debug, Args)]
struct Thresholds {
    /// How many root keys must sign the next root
    #[arg(long, value_name = "N")]
    root_threshold: Option<u32>,
    /// How many publishers must sign a bundle
    #[arg(long, value_name = "N")]
    publisher_threshold: Option<u32>,
    /// How many release keys must sign a build
    #[arg(long, value_name = "N")]
    release_threshold: Option<u32>,
}

#[derive(Debug, Args)]
struct Times {
    /// When it ends: an instant, or a time such as 365d
    #[arg(long, value_name = "TIME", value_parser = end)]
    expires: End,
    /// When it is made; now when it is not given
    #[arg(long, value_name = "TIME", value_parser = instant)]
    created: Option<DateTime<Utc>>,
}

pub(super) fn first(asked: &New, output: &Output) -> anyhow::Result<()> {
    let root = Root {
        format: 1,
        version: 1,
        created: DateTime::UNIX_EPOCH,
        expires: DateTime::UNIX_EPOCH,
        keys: BTreeMap::new(),
        root: nobody(),
        publisher: nobody(),
        release: None,
        revoked: Vec::new(),
    };
    fs::create_dir_all(&asked.dir).with_context(|| format!("making {}", asked.dir.display()))?;
    write(
        root,
        &asked.dir,
        &asked.keys,
        &asked.thresholds,
        &asked.times,
        output,
    )
}

pub(super) fn next(asked: &Next, output: &Output) -> anyhow::Result<()> {
    let (mut root, _) = documents::chain(&asked.dir)?;
    root.version = root.version.checked_add(1).context("no version is left")?;
    let at = asked.times.created.unwrap_or_else(now);
    for text in &asked.revoke {
        let key = find(&root, text)?;
        let reason = asked.reason.clone().unwrap_or_default();
        remove(&mut root, key);
        root.revoked.push(Revoked { key, at, reason });
    }
    for text in &asked.remove {
        let key = find(&root, text)?;
        remove(&mut root, key);
    }
    write(
        root,
        &asked.dir,
        &asked.keys,
        &asked.thresholds,
        &asked.times,
        output,
    )
}

fn write(
    mut root: Root,
    folder: &Path,
    added: &Added,
    thresholds: &Thresholds,
    times: &Times,
    output: &Output,
) -> anyhow::Result<()> {
    root.created = times.created.unwrap_or_else(now);
    root.expires = times.expires.of(root.created)?;
    let mut release = root.release.take().unwrap_or_else(nobody);
    let parts = [
        (&mut root.root, &added.root, thresholds.root_threshold),
        (
            &mut root.publisher,
            &added.publisher,
            thresholds.publisher_threshold,
        ),
        (&mut release, &added.release, thresholds.release_threshold),
    ];
    for (part, files, threshold) in parts {
        part.threshold = threshold.unwrap_or(part.threshold);
        for file in files {
            let key = keys::read_public(file)?;
            part.keys.insert(key.public.id());
            root.keys.insert(key.public.id(), key);
        }
    }
    root.release = (!release.keys.is_empty()).then_some(release);
    let mut document = serde_json::to_vec_pretty(&root)?;
    document.push(b'\n');
    Root::pinned(&document).context("that would be no root")?;
    let path = documents::root_file(folder, root.version);
    documents::create(&path, &document)?;
    show::run(&path, output)
}

/// A part that keys are entered into.
fn nobody() -> Part {
    Part {
        threshold: 1,
        keys: [].into(),
    }
}

fn remove(root: &mut Root, key: KeyId) {
    root.keys.remove(&key);
    let parts = [
        Some(&mut root.root),
        Some(&mut root.publisher),
        root.release.as_mut(),
    ];
    for part in parts.into_iter().flatten() {
        part.keys.remove(&key);
    }
}

/// The key that is named.
fn find(root: &Root, text: &str) -> anyhow::Result<KeyId> {
    let is_meant = |(id, key): &(&KeyId, &Key)| {
        key.name == text || text.len() >= FEWEST_DIGITS && id.to_string().starts_with(text)
    };
    let mut found = root.keys.iter().filter(is_meant);
    match (found.next(), found.next()) {
        (Some((id, _)), None) => Ok(*id),
        (None, _) => bail!("root {} has no key {text:?}", root.version),
        (Some(_), Some(_)) => bail!("several keys are called {text:?}: name it by its digits"),
    }
}
