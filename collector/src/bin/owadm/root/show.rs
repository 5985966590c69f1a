//! `root show` and `root verify`.

use std::{fmt::Write as _, path::Path};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use shared::trust::{MAX_ROOT, Role, Root, RootError, Signed};

use super::{before, called, pinned};
use crate::{
    documents,
    output::{Output, printable},
};

pub(super) fn run(file: &Path, output: &Output) -> anyhow::Result<()> {
    let signed = documents::read(file, MAX_ROOT)?;
    let root = Root::pinned(&signed.document).with_context(|| file.display().to_string())?;
    let before = before(file, &root)?;
    let roots: Vec<&Root> = before.iter().chain([&root]).collect();
    let lacking: Vec<String> = roots.iter().filter_map(|of| lacking(of, &signed)).collect();
    let mut told = words(&root);
    for one in &lacking {
        let _ = write!(told, "\n{one}");
    }
    let mut value: Value = serde_json::from_slice(&signed.document)?;
    value["lacking"] = json!(lacking);
    output.object(&value, &told)
}

pub(super) fn verify(folder: &Path, trusted: Option<&Path>, output: &Output) -> anyhow::Result<()> {
    let (mut newest, chain) = documents::chain(folder)?;
    let first = Root::pinned(&chain[0].document)?;
    first
        .count(Role::Root, &chain[0])
        .with_context(|| format!("the holders of root {} did not sign it", first.version))?;
    if let Some(trusted) = trusted {
        let trusted = pinned(trusted)?;
        if first.version > trusted.version + 1 {
            bail!(
                "{} begins with root {}, and root {} is trusted",
                folder.display(),
                first.version,
                trusted.version
            );
        }
        newest = trusted.follow(&chain)?;
    }
    let told = format!("The roots follow. The newest:\n{}", words(&newest));
    let (version, expires) = (newest.version, newest.expires);
    output.object(&json!({"version": version, "expires": expires}), &told)
}

/// What a root says.
fn words(root: &Root) -> String {
    let mut told = format!("root {}, until {}", root.version, root.expires);
    for role in Role::ALL {
        let Some(part) = root.part(role) else {
            continue;
        };
        let names: Vec<_> = part.keys.iter().map(|key| root.name(*key)).collect();
        let (role, threshold, names) = (called(role), part.threshold, names.join(", "));
        let _ = write!(
            told,
            "\n{role:<9} {threshold} of {}: {}",
            part.keys.len(),
            printable(&names)
        );
    }
    for revoked in &root.revoked {
        let (key, at, reason) = (revoked.key, revoked.at, printable(&revoked.reason));
        let _ = write!(told, "\nrevoked   {key} at {at}: {reason}");
    }
    told
}

/// Which signatures of its root keys a document lacks.
fn lacking(of: &Root, signed: &Signed) -> Option<String> {
    match of.count(Role::Root, signed) {
        Err(RootError::TooFew { needed, signed, .. }) => {
            let (lacking, version) = (needed - signed, of.version);
            Some(format!(
                "signatures of keys of root {version} that it lacks: {lacking}"
            ))
        }
        _ => None,
    }
}
