//! `bundle sign`: adds one publisher's signature.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::json;
use shared::{
    bundle::{Archive, Hash, Manifest},
    trust::{Role, Root, RootError, Sort},
};

use super::build::packed;
use crate::{documents, output::Output, signer::With};

pub(super) fn run(file: &Path, with: &With, output: &Output) -> anyhow::Result<()> {
    let mut archive = documents::archive(file)?;
    let root = newest(&archive).with_context(|| file.display().to_string())?;
    let manifest = Manifest::read(&archive.manifest.document)?;
    let signer = with.open()?;
    let id = signer.public.id();
    if !root.publisher.keys.contains(&id) {
        bail!("{} is no publisher of root {}", root.name(id), root.version);
    }
    let document = &archive.manifest.document;
    let hash = Hash::of(document);
    let signature = signer.sign(Sort::Bundle, document)?;
    archive.manifest.add(signature);
    documents::replace(file, &packed(&archive)?)?;
    let (serial, name) = (manifest.serial, root.name(id));
    let lacking = match root.count(Role::Publisher, &archive.manifest) {
        Err(RootError::TooFew { needed, signed, .. }) => needed - signed,
        _ => 0,
    };
    output.object(
        &json!({"serial": serial, "manifest": hash, "key": id, "lacking": lacking}),
        &format!("bundle {serial}, manifest {hash}, is signed by {name}\nsignatures that it lacks: {lacking}"),
    )
}

/// The newest root of an archive, which believes its own first one.
fn newest(archive: &Archive) -> anyhow::Result<Root> {
    let first = archive.roots.first().context("it has no root")?;
    Ok(Root::pinned(&first.document)?.follow(&archive.roots)?)
}
